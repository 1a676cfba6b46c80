//! Canonical JSON text (RFC 8785): two people who state the same write the same bytes.

use std::cmp::Ordering;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The canonical text of `value`: keys in order of their UTF-16 units, no blanks.
///
/// Figures go through [`Number`](super::number::Number): every JSON parser keeps its digits.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by(|(a, _), (b, _)| in_order(a, b));
            write_all(out, ('{', '}'), members, |(key, member), out| {
                out.push_str(&string(key));
                out.push(':');
                write(member, out);
            });
        }
        Value::Array(items) => write_all(out, ('[', ']'), items, write),
        Value::String(text) => out.push_str(&string(text)),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::Null | Value::Bool(_) => out.push_str(&value.to_string()),
    }
}

fn write_all<T>(
    out: &mut String,
    (open, close): (char, char),
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

/// The order of keys in canonical text.
pub fn in_order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// A quoted JSON string; serde_json escapes exactly what RFC 8785 does.
pub fn string(text: &str) -> String {
    Value::from(text).to_string()
}

/// A JSON number as JavaScript writes it, as RFC 8785 requires.
pub fn number_text(number: &serde_json::Number) -> String {
    let Some(fraction) = number.as_f64().filter(|_| number.is_f64()) else {
        return number.to_string();
    };
    let size = fraction.abs();
    if fraction == 0.0 {
        "0".to_owned()
    } else if (1e-6..1e21).contains(&size) {
        fraction.to_string()
    } else {
        let text = format!("{fraction:e}");
        if size < 1.0 {
            text
        } else {
            text.replace('e', "e+")
        }
    }
}

/// Parses a number exactly from JSON; `None` if it has too many digits.
pub(super) fn number(number: &serde_json::Number) -> Option<super::number::Number> {
    let fraction = number.as_f64().filter(|_| number.is_f64());
    let text = fraction.map_or_else(|| number.to_string(), |fraction| fraction.to_string());
    text.parse().ok()
}

/// The text of an object whose members are canonical texts in their order; one that is `None` is
/// left out.
pub(super) fn members<const N: usize>(members: [(&str, Option<String>); N]) -> String {
    // Every statement that is read is written again, to see that it is canonical.
    let mut text = String::with_capacity(192);
    text.push('{');
    for (key, value) in members {
        let Some(value) = value else { continue };
        if text.len() > 1 {
            text.push(',');
        }
        text.extend(["\"", key, "\":", &value]);
    }
    text.push('}');
    text
}

/// The canonical text of a value, without its members that are `None`.
pub(crate) fn encode(value: &impl Serialize) -> String {
    let mut value = serde_json::to_value(value).unwrap_or(Value::Null);
    leave_out_nulls(&mut value);
    canonical(&value)
}

fn leave_out_nulls(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, member| !member.is_null());
        map.values_mut().for_each(leave_out_nulls);
    } else if let Value::Array(items) = value {
        items.iter_mut().for_each(leave_out_nulls);
    }
}

/// A text that is not such a scalar in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unreadable {what}: it is damaged, or of a newer version of Weft")]
pub struct Unreadable {
    /// The kind of scalar expected.
    pub what: &'static str,
}

/// Parses the text that `encode` makes of a value.
///
/// # Errors
/// If the text is another one, or the value does not fit.
pub(crate) fn decode<T: DeserializeOwned>(
    text: &str,
    what: &'static str,
    fits: fn(&T) -> bool,
    encode: fn(&T) -> String,
) -> Result<T, Unreadable> {
    let read = serde_json::from_str(text).ok();
    read.filter(|read| fits(read) && encode(read) == text)
        .ok_or(Unreadable { what })
}

/// Gives a type its canonical JSON text, one scalar in a document.
macro_rules! scalar {
    ($name:ident, $what:literal) => {
        impl $name {
            /// Its canonical JSON text.
            pub fn encode(&self) -> String {
                $crate::model::json::encode(self)
            }

            /// Parses its canonical JSON text.
            ///
            /// # Errors
            /// If the text is not in canonical form, has a part that is longer than a form accepts,
            /// or has parts that this version does not know.
            pub fn decode(text: &str) -> Result<Self, $crate::model::json::Unreadable> {
                let text = $crate::model::present_scalar(text);
                $crate::model::json::decode(&text, $what, Self::fits, Self::encode)
            }
        }
    };
}
pub(super) use scalar;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_and_escapes_as_the_standard_says() {
        // The examples of RFC 8785, 3.2.3 and 3.2.4.
        let value: Value = serde_json::from_str(
            "{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter\",\
             \"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji\",\"\\u0080\":\"Control\",\
             \"\\u00f6\":\"Latin\",\"n\":[56, 4.50, 2e-3, 1E30, 1e-27, 0.000001, -0.0, \
             true, null, \"\\u000f\\\"\\n/\"]}",
        )
        .unwrap();
        assert_eq!(
            canonical(&value),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\
             \"n\":[56,4.5,0.002,1e+30,1e-27,0.000001,0,\
             true,null,\"\\u000f\\\"\\n/\"],\"\u{80}\":\"Control\",\
             \"ö\":\"Latin\",\"€\":\"Euro Sign\",\"😀\":\"Emoji\",\"\u{fb33}\":\"Hebrew Letter\"}"
        );
    }
}
