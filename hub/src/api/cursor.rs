//! The start of the next page: the key of the last row, so that rows added or removed meanwhile
//! neither repeat nor hide others. Pages of the past are all of one moment: the cursor has it, and
//! the last entry that the first page counted.

use data_encoding::BASE64URL_NOPAD;
use weft_shared::time::Timestamp;

use super::problem::Problem;
use crate::figures::FigureKey;

/// A moment of the past in milliseconds since 1970, and the last entry that was counted.
pub(super) type Pinned = (Timestamp, u64);

pub(super) fn write(last: &FigureKey, pinned: Option<Pinned>) -> String {
    let pinned = pinned.map(|(at, hub_seq)| (at.ms(), hub_seq));
    let parts = (
        &last.indicator,
        &last.period,
        &last.breakdown,
        &last.location,
        pinned,
    );
    BASE64URL_NOPAD.encode(serde_json::json!(parts).to_string().as_bytes())
}

pub(super) fn read(text: &str) -> Result<(FigureKey, Option<Pinned>), Problem> {
    type Parts = (String, String, String, String, Option<(i64, u64)>);
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default();
    let parts: Result<Parts, _> = serde_json::from_slice(&bytes);
    let (indicator, period, breakdown, location, pinned) = parts.map_err(|_| {
        Problem::parameter(
            "cursor",
            "This cursor was not made here. Begin without one, then send what \"next\" says.",
            Vec::<String>::new(),
        )
    })?;
    let key = FigureKey {
        indicator,
        period,
        breakdown,
        is_network: location.is_empty(),
        location,
    };
    let pinned = pinned.map(|(ms, hub_seq)| (Timestamp::from_ms(ms), hub_seq));
    Ok((key, pinned))
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
            pinned in prop::option::of((any::<i64>(), any::<u64>())),
        ) {
            let [indicator, period, breakdown, location] = parts;
            let is_network = location.is_empty();
            let key = FigureKey { indicator, period, breakdown, is_network, location };
            let pinned = pinned.map(|(ms, seq)| (Timestamp::from_ms(ms), seq));
            prop_assert_eq!(read(&write(&key, pinned)), Ok((key, pinned)));
            if let Ok((key, pinned)) = read(&text) {
                prop_assert_eq!(read(&write(&key, pinned)), Ok((key, pinned)));
            }
        }
    }
}
