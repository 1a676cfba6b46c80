//! The start of the next page: the key of the last row, so that rows added or removed meanwhile
//! neither repeat nor hide others.

use data_encoding::BASE64URL_NOPAD;

use super::problem::Problem;
use crate::figures::FigureKey;

pub(super) fn write(last: &FigureKey) -> String {
    let parts = [
        &last.indicator,
        &last.period,
        &last.breakdown,
        &last.location,
    ];
    BASE64URL_NOPAD.encode(serde_json::json!(parts).to_string().as_bytes())
}

pub(super) fn read(text: &str) -> Result<FigureKey, Problem> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default();
    let parts: Result<[String; 4], _> = serde_json::from_slice(&bytes);
    let [indicator, period, breakdown, location] = parts.map_err(|_| {
        Problem::parameter(
            "cursor",
            "This cursor was not made here. Begin without one, then send what \"next\" says.",
            Vec::<String>::new(),
        )
    })?;
    Ok(FigureKey {
        indicator,
        period,
        breakdown,
        is_network: location.is_empty(),
        location,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_and_any_other_text_is_refused(
            parts in prop::array::uniform4(".{0,8}"),
            text in ".{0,40}",
        ) {
            let [indicator, period, breakdown, location] = parts;
            let is_network = location.is_empty();
            let key = FigureKey { indicator, period, breakdown, is_network, location };
            prop_assert_eq!(read(&write(&key)), Ok(key));
            if let Ok(key) = read(&text) {
                prop_assert_eq!(read(&write(&key)), Ok(key));
            }
        }
    }
}
