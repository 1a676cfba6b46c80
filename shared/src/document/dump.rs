//! A canonical dump of a whole document: equal on replicas that have equal changes.

use automerge::{ObjType, ROOT, ReadDoc as _, ScalarValue, Value};
use data_encoding::HEXLOWER;
use serde_json::json;

use super::{Document, wrap::ObjId};
use crate::id::Hasher;
use crate::model::{
    json::{canonical, in_order, string},
    schema::Container,
};

/// Maximum depth of objects; the schema needs two. A hostile change must not exhaust the stack.
const DEPTH_MAX: usize = 16;

impl Document {
    /// Returns the whole document as canonical JSON: under each key all concurrent values, each
    /// with its operation (`[["3@aa..", "value"], ..]`), so that replicas can be compared byte by
    /// byte. Automerge's own saves depend on the order of arrival.
    ///
    /// A container from a later generation is left out while it is empty. So a version that knows
    /// it and one that does not have equal dumps of earlier content.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        self.dump_to(&mut |piece| text.push_str(piece));
        text
    }

    /// SHA-256 of the [dump](Document::dump), in hexadecimal: replicas with equal content print one
    /// text.
    pub fn digest(&self) -> String {
        let mut hash = Hasher::new("weft/digest/1");
        self.dump_to(&mut |piece| hash.add(piece.as_bytes()));
        HEXLOWER.encode(&hash.finish())
    }

    /// As [`Document::dump`], piece by piece: the text of a full document, and what it is made of,
    /// takes many times the memory of the document.
    pub fn dump_to(&self, to: &mut dyn FnMut(&str)) {
        let left_out = |container: &Container| {
            let id = self.origin.id_of(*container);
            id.is_some_and(|id| self.inner.length(&id) == 0)
        };
        let left_out: Vec<_> = self.origin.grown().filter(left_out).collect();
        let mut keys: Vec<String> = self.inner.keys(&ROOT).collect();
        keys.retain(|key| left_out.iter().all(|container| container.word() != key));
        self.map(&ROOT, keys, 0, to);
    }

    fn object(&self, id: &ObjId, kind: ObjType, depth: usize, to: &mut dyn FnMut(&str)) {
        if depth > DEPTH_MAX {
            return to(&canonical(&json!({ "deeper": id.to_string() })));
        }
        match kind {
            ObjType::Map | ObjType::Table => {
                self.map(id, self.inner.keys(id).collect(), depth, to);
            }
            ObjType::List => {
                to("{\"list\":[");
                for index in 0..self.inner.length(id) {
                    to(comma(index));
                    let values = self.inner.get_all(id, index).unwrap_or_default();
                    self.values(values, depth, to);
                }
                to("]}");
            }
            ObjType::Text => {
                let text = self.inner.text(id).unwrap_or_default();
                to(&canonical(&json!({ "text": text })));
            }
        }
    }

    fn map(&self, id: &ObjId, mut keys: Vec<String>, depth: usize, to: &mut dyn FnMut(&str)) {
        keys.sort_unstable_by(|a, b| in_order(a, b));
        to("{");
        for (index, key) in keys.iter().enumerate() {
            to(comma(index));
            to(&string(key));
            to(":");
            let values = self.inner.get_all(id, key.as_str()).unwrap_or_default();
            self.values(values, depth, to);
        }
        to("}");
    }

    fn values(&self, values: Vec<(Value<'_>, ObjId)>, depth: usize, to: &mut dyn FnMut(&str)) {
        to("[");
        for (index, (value, id)) in values.into_iter().enumerate() {
            to(comma(index));
            to("[");
            to(&string(&id.to_string()));
            to(",");
            match value {
                Value::Scalar(value) => to(&canonical(&scalar_json(&value))),
                Value::Object(kind) => self.object(&id, kind, depth + 1, to),
            }
            to("]");
        }
        to("]");
    }
}

/// The text before an item of a list.
const fn comma(index: usize) -> &'static str {
    if index == 0 { "" } else { "," }
}

/// A scalar for people: text unchanged, anything else as canonical JSON.
pub(super) fn text(value: &ScalarValue) -> String {
    let shown = scalar_json(value);
    shown
        .as_str()
        .map_or_else(|| canonical(&shown), str::to_owned)
}

/// A scalar as JSON, with its type unless it is text, a boolean or null.
fn scalar_json(value: &ScalarValue) -> serde_json::Value {
    match value {
        ScalarValue::Str(text) => json!(text.as_str()),
        ScalarValue::Boolean(truth) => json!(truth),
        ScalarValue::Null => json!(null),
        ScalarValue::Int(number) => json!({ "int": number.to_string() }),
        ScalarValue::Uint(number) => json!({ "uint": number.to_string() }),
        ScalarValue::F64(number) => json!({ "f64": format!("{:016x}", number.to_bits()) }),
        ScalarValue::Counter(counter) => json!({ "counter": i64::from(counter).to_string() }),
        ScalarValue::Timestamp(ms) => json!({ "timestamp": ms.to_string() }),
        ScalarValue::Bytes(bytes) => json!({ "bytes": HEXLOWER.encode(bytes) }),
        ScalarValue::Unknown { type_code, bytes } => {
            json!({ "unknown": type_code, "bytes": HEXLOWER.encode(bytes) })
        }
    }
}
