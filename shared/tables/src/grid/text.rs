//! Bytes as text: their encoding, and the character that separates the fields.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{Fault, records::Lines};

/// Text of a file.
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    /// A note on it for a person.
    pub(super) note: Option<String>,
}

/// Decodes UTF-8, UTF-16 or Windows-1252, the encodings in which spreadsheets save text.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, Fault> {
    if let Some((encoding, bytes)) = utf_16(bytes) {
        let (text, wrong) = encoding.decode_without_bom_handling(bytes);
        if wrong {
            let message = "this looks like UTF-16 (\"Unicode text\"), and parts of it are not \
                           text: save it as \"CSV UTF-8 (comma delimited)\"";
            return Err(Fault::new(1, message));
        }
        return Ok(Decoded { text, note: None });
    }
    if bytes.contains(&0) {
        let message = "this is not text: save the table as CSV or XLSX";
        return Err(Fault::new(1, message));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let valid_up_to = match std::str::from_utf8(bytes) {
        Ok(text) => {
            let text = Cow::Borrowed(text);
            return Ok(Decoded { text, note: None });
        }
        Err(error) => error.valid_up_to(),
    };
    let before = bytes.get(..valid_up_to).unwrap_or_default();
    let line = Lines::default().after(before);
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    // Five bytes stand for nothing in Windows-1252, and become controls.
    if text.contains(|c| ('\u{80}'..='\u{9f}').contains(&c)) {
        let message = "this line is neither UTF-8 nor Windows-1252 (\"ANSI\"): save the file as \
                       \"CSV UTF-8 (comma delimited)\"";
        return Err(Fault::new(line, message));
    }
    let note = format!(
        "the file is not UTF-8, first on line {line}, and was read as Windows-1252 (\"ANSI\"), \
         which has no macrons: look at names with accents"
    );
    Ok(Decoded {
        text,
        note: Some(note),
    })
}

/// Returns the byte order of UTF-16 and the bytes after its mark. Without a mark, the zero bytes
/// of the first letters tell.
fn utf_16(bytes: &[u8]) -> Option<(&'static Encoding, &[u8])> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => Some((UTF_16LE, rest)),
        [0xFE, 0xFF, rest @ ..] => Some((UTF_16BE, rest)),
        [a, 0, b, 0, ..] if *a > 0 && *b > 0 => Some((UTF_16LE, bytes)),
        [0, a, 0, b, ..] if *a > 0 && *b > 0 => Some((UTF_16BE, bytes)),
        _ => None,
    }
}

/// The separators that are tried, the commonest first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Number of lines that are looked at.
const LOOKED_AT: usize = 60;

/// Returns the separator, the line that the rows begin on, and the text of the rows. A first line
/// such as `sep=;` says it, as Excel writes and reads it.
pub(super) fn separator(text: &str) -> (u8, u64, &str) {
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    let (first, rest) = text.split_at(end);
    let said = first.trim_matches('"').strip_prefix("sep=");
    if let Some([separator]) = said.map(str::as_bytes)
        && separator.is_ascii()
        && !separator.is_ascii_alphanumeric()
        && *separator != b'"'
    {
        let rest = rest.strip_prefix('\r').unwrap_or(rest);
        let rest = rest.strip_prefix('\n').unwrap_or(rest);
        return (*separator, 2, rest);
    }
    let best = SEPARATORS
        .into_iter()
        .rev()
        .max_by_key(|one| agreement(text, *one));
    (best.unwrap_or(b','), 1, text)
}

/// The number of cells in the lines that have the commonest number of cells, if that is above one.
fn agreement(text: &str, separator: u8) -> usize {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    let records = reader.records().filter_map(Result::ok).take(LOOKED_AT);
    let mut counts: Vec<usize> = records.map(|record| record.len()).collect();
    counts.sort_unstable();
    let runs = counts.chunk_by(|a, b| a == b);
    let sizes = runs.filter(|run| run[0] > 1).map(|run| run.len() * run[0]);
    sizes.max().unwrap_or(0)
}
