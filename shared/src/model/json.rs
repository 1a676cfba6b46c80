//! Canonical JSON text (RFC 8785): two people who state the same write the same bytes.

use std::cmp::Ordering;

use serde_json::Value;

/// The canonical text of `value`: keys in order of their UTF-16 units, no blanks.
///
/// Figures go through [`Number`](super::number::Number): every JSON parser keeps its digits.
#[must_use]
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
#[must_use]
pub fn in_order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// A quoted JSON string; serde_json escapes exactly what RFC 8785 does.
#[must_use]
pub fn string(text: &str) -> String {
    Value::from(text).to_string()
}

/// A JSON number as JavaScript writes it, as RFC 8785 requires.
#[must_use]
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
#[must_use]
pub fn number(value: &Value) -> Option<super::number::Number> {
    match value {
        Value::Number(number) if number.is_f64() => number.as_f64()?.to_string().parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

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
