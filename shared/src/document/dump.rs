//! A canonical dump of a whole document: equal on replicas that have equal changes.

use automerge::{ObjType, ROOT, ReadDoc as _, ScalarValue, Value};
use serde_json::{Map, json};

use super::{Document, wrap::ObjId};
use crate::model::json::canonical;

/// Maximum depth of objects; the schema needs two. A hostile change must not exhaust the stack.
const DEPTH_MAX: usize = 16;

impl Document {
    /// Returns the whole document as canonical JSON: under each key all concurrent values, each
    /// with its operation (`[["3@aa..", "value"], ..]`), so that replicas can be compared byte by
    /// byte. Automerge's own saves depend on the order of arrival.
    ///
    /// A container from a later generation is left out while it is empty. So a version that knows
    /// it and one that does not have equal dumps of earlier content.
    #[must_use]
    pub fn dump(&self) -> String {
        let mut all = self.object(&ROOT, ObjType::Map, 0);
        for container in self.origin.grown() {
            let id = self.origin.id_of(container);
            if id.is_some_and(|id| self.inner.length(&id) == 0)
                && let Some(root) = all.as_object_mut()
            {
                root.remove(container.word());
            }
        }
        canonical(&all)
    }

    fn object(&self, id: &ObjId, kind: ObjType, depth: usize) -> serde_json::Value {
        if depth > DEPTH_MAX {
            return json!({ "deeper": id.to_string() });
        }
        match kind {
            ObjType::Map | ObjType::Table => {
                let keys = self.inner.keys(id);
                let all = keys.map(|key| {
                    let values = self.inner.get_all(id, key.as_str()).unwrap_or_default();
                    (key, self.values(values, depth))
                });
                serde_json::Value::Object(all.collect::<Map<_, _>>())
            }
            ObjType::List => {
                let items = 0..self.inner.length(id);
                let all = items.map(|index| {
                    let values = self.inner.get_all(id, index).unwrap_or_default();
                    self.values(values, depth)
                });
                json!({ "list": all.collect::<Vec<_>>() })
            }
            ObjType::Text => json!({ "text": self.inner.text(id).unwrap_or_default() }),
        }
    }

    fn values(&self, values: Vec<(Value<'_>, ObjId)>, depth: usize) -> serde_json::Value {
        let one = |(value, id): (Value<'_>, ObjId)| {
            let shown = match value {
                Value::Scalar(value) => scalar_json(&value),
                Value::Object(kind) => self.object(&id, kind, depth + 1),
            };
            json!([id.to_string(), shown])
        };
        values.into_iter().map(one).collect::<Vec<_>>().into()
    }
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
        ScalarValue::Bytes(bytes) => json!({ "bytes": hex(bytes) }),
        ScalarValue::Unknown { type_code, bytes } => {
            json!({ "unknown": type_code, "bytes": hex(bytes) })
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
