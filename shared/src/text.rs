//! Texts: parsing errors, and words for people: numbers with their nouns, sentences, and lists that
//! are cut.

use std::{fmt, str::FromStr};

use serde::{Deserialize as _, Deserializer, de::Error as _};

/// Returns the name of the site, if a text is a web address: `example.org`. A page says it in place
/// of the whole address, which has no place where it may break.
pub fn site(text: &str) -> Option<&str> {
    let mut schemes = ["https://", "http://"].into_iter();
    let rest = schemes.find_map(|scheme| text.strip_prefix(scheme))?;
    let site = rest.split('/').next()?;
    (!site.is_empty() && !text.contains(char::is_whitespace)).then_some(site)
}

/// Maximum characters that an error repeats of a text.
const REPEATED_CHARS_MAX: usize = 64;

/// A text that cannot be parsed, with its fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" {fault}")]
pub struct BadText {
    /// The text, cut to 64 characters.
    pub text: String,
    /// The form that it fails to have, in words.
    pub fault: String,
}

impl BadText {
    /// An error about `text`; its words continue after the text.
    ///
    /// ```
    /// use weft_shared::text::BadText;
    /// let error = BadText::new("x", "is not a year: write 2023");
    /// assert_eq!(error.to_string(), "\"x\" is not a year: write 2023");
    /// ```
    pub fn new(text: &str, fault: impl Into<String>) -> Self {
        Self {
            text: text.chars().take(REPEATED_CHARS_MAX).collect(),
            fault: fault.into(),
        }
    }
}

/// Deserializes a value from its text.
pub(crate) fn parsed<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: fmt::Display>,
{
    String::deserialize(deserializer)?
        .parse()
        .map_err(D::Error::custom)
}

/// A number with its noun: `1 area`, `2 areas`.
///
/// ```
/// use weft_shared::text::counted;
/// assert_eq!(counted(1, "entry", "entries"), "1 entry");
/// assert_eq!(counted(0_u64, "entry", "entries"), "0 entries");
/// ```
pub fn counted<N: fmt::Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let noun = if count == N::from(1) { one } else { many };
    format!("{count} {noun}")
}

/// A key that sorts texts as people count, so that `age 5-9` comes before `age 10-14`: each run of
/// digits after the text before it.
///
/// ```
/// use weft_shared::text::counting_order;
/// let mut ages = ["age 65+", "age 10-14", "age 5-9"];
/// ages.sort_by_cached_key(|age| counting_order(age));
/// assert_eq!(ages, ["age 5-9", "age 10-14", "age 65+"]);
/// ```
#[must_use]
pub fn counting_order(text: &str) -> Vec<(String, usize, String)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let from = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (before, from_digits) = rest.split_at(from);
        let to = from_digits.find(|c: char| !c.is_ascii_digit());
        let (digits, after) = from_digits.split_at(to.unwrap_or(from_digits.len()));
        // Of two numbers without leading zeros the longer one is greater.
        let digits = digits.trim_start_matches('0');
        pieces.push((before.to_owned(), digits.len(), digits.to_owned()));
        rest = after;
    }
    pieces
}

/// A number as it is written in a sentence: a word up to twelve, digits from there on.
///
/// ```
/// use weft_shared::text::spelled;
/// assert_eq!((spelled(8), spelled(13)), ("eight".to_owned(), "13".to_owned()));
/// ```
#[must_use]
pub fn spelled(count: usize) -> String {
    const WORDS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    WORDS
        .get(count)
        .map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

/// A part of a whole with its noun and verb, which follows the part: `1 of 2 areas is`.
///
/// ```
/// use weft_shared::text::part_of;
/// assert_eq!(part_of(1, 2_u64, "area", "areas"), "1 of 2 areas is");
/// assert_eq!(part_of(2, 2_u64, "area", "areas"), "2 of 2 areas are");
/// assert_eq!(part_of(0, 1_u64, "area", "areas"), "0 of 1 area is");
/// ```
pub fn part_of<N: fmt::Display + PartialEq + From<u8>>(
    part: N,
    all: N,
    one: &str,
    many: &str,
) -> String {
    let single = part == N::from(1) || all == N::from(1);
    let verb = if single { "is" } else { "are" };
    format!("{part} of {} {verb}", counted(all, one, many))
}

/// A value with its unit, as people read it: `81.0%` or `3.2 per 1000 people`.
///
/// ```
/// use weft_shared::text::measured;
/// assert_eq!(measured("81.0", "percent"), "81.0%");
/// assert_eq!(measured("3.2", "per 1000 people"), "3.2 per 1000 people");
/// assert_eq!(measured("0.5", ""), "0.5");
/// ```
pub fn measured(value: &str, unit: &str) -> String {
    match unit {
        "" => value.to_owned(),
        "percent" => percent(value),
        unit => format!("{value} {unit}"),
    }
}

/// A number of percent in a terminal and in messages: without a space.
pub fn percent(number: impl fmt::Display) -> String {
    format!("{number}%")
}

/// A number of percent on a page, whose sign stays on its line.
///
/// ```
/// use weft_shared::text::percent_unbroken;
/// assert_eq!(percent_unbroken("81.0"), "81.0\u{a0}%");
/// ```
pub fn percent_unbroken(number: impl fmt::Display) -> String {
    format!("{number}\u{a0}%")
}

/// Whether a value is written as this text, without writing it first: keys have one spelling, and
/// a hundred thousand of them are compared at once.
///
/// ```
/// use weft_shared::text::is_written_as;
/// assert!(is_written_as(&12, "12"));
/// assert!(!is_written_as(&12, "012") && !is_written_as(&12, "1") && !is_written_as(&12, "123"));
/// ```
pub fn is_written_as(value: &impl fmt::Display, text: &str) -> bool {
    struct Rest<'t>(&'t str);
    impl fmt::Write for Rest<'_> {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
            Ok(())
        }
    }
    let mut rest = Rest(text);
    fmt::write(&mut rest, format_args!("{value}")).is_ok() && rest.0.is_empty()
}

/// A list in which at most `max` items are named: `AB, CD and 3 more`.
///
/// ```
/// use weft_shared::text::listed;
/// assert_eq!(listed(&["AB", "CD", "EF"], 2), "AB, CD and 1 more");
/// assert_eq!(listed(&["AB", "CD"], 2), "AB, CD");
/// ```
pub fn listed(items: &[impl fmt::Display], max: usize) -> String {
    let shown: Vec<String> = items.iter().take(max).map(ToString::to_string).collect();
    let shown = shown.join(", ");
    match items.len().saturating_sub(max) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The first `max` lines, followed by `and 3 more` if there are `all` of them and that is more.
///
/// ```
/// use weft_shared::text::first_lines;
/// let lines = ["one", "two", "three"].map(str::to_owned);
/// assert_eq!(first_lines(lines.clone(), 2, 3), ["one", "two", "and 1 more"]);
/// assert_eq!(first_lines(lines, 3, 3).len(), 3);
/// ```
pub fn first_lines(lines: impl IntoIterator<Item = String>, max: usize, all: usize) -> Vec<String> {
    let mut shown: Vec<String> = lines.into_iter().take(max).collect();
    if let more @ 1.. = all.saturating_sub(shown.len()) {
        shown.push(format!("and {more} more"));
    }
    shown
}

/// A number of bytes as people read it; a part of a kB counts as one.
///
/// ```
/// use weft_shared::text::size;
/// assert_eq!(size(999), "999 bytes");
/// assert_eq!(size(16_411), "17 kB");
/// assert_eq!(size(256 << 20), "268.4 MB");
/// ```
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

/// Quotes a word for a shell if it needs it, so that a line with it can be pasted.
///
/// ```
/// use weft_shared::text::quoted;
/// assert_eq!(quoted("A. Example"), "'A. Example'");
/// assert_eq!(quoted("VAX_PRIMARY"), "VAX_PRIMARY");
/// ```
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/=+-_.,:%@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A decimal with its thousands separated, as in New Zealand; it may follow a word.
///
/// ```
/// use weft_shared::text::grouped;
/// assert_eq!(grouped("999"), "999");
/// assert_eq!(grouped("-1234567.50"), "-1,234,567.50");
/// assert_eq!(grouped("over 1234.5"), "over 1,234.5");
/// ```
pub fn grouped(decimal: &str) -> String {
    let start = decimal.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let (before, number) = decimal.split_at(start);
    let end = number.find('.').unwrap_or(number.len());
    let (whole, part) = number.split_at(end);
    let mut grouped = before.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + part
}

/// A text whose first letter is a capital.
///
/// ```
/// use weft_shared::text::capital;
/// assert_eq!(capital("ōtaki"), "Ōtaki");
/// assert_eq!(capital(""), "");
/// ```
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// A text whose first letter is small, to go on with inside a sentence. A name in capitals stays.
///
/// ```
/// use weft_shared::text::uncapital;
/// assert_eq!(uncapital("Usually resident adults"), "usually resident adults");
/// assert_eq!(uncapital("NZ adults"), "NZ adults");
/// ```
pub fn uncapital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next();
    if letters.clone().next().is_none_or(char::is_uppercase) {
        return text.to_owned();
    }
    let first = first.into_iter().flat_map(char::to_lowercase);
    first.chain(letters).collect()
}

/// A message as a sentence, with a capital letter and a full stop. A path or a code keeps its case.
///
/// ```
/// use weft_shared::text::sentence;
/// assert_eq!(sentence("the disk is full"), "The disk is full.");
/// assert_eq!(sentence("a1_b is no code: which one?"), "a1_b is no code: which one?");
/// ```
pub fn sentence(text: &str) -> String {
    // Some foreign errors end with a line break.
    let text = text.trim_end();
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_word = first.chars().all(|c| c.is_alphabetic() || c == '\'');
    let mut text = if is_word {
        capital(text)
    } else {
        text.to_owned()
    };
    if !text.ends_with(['.', '?', '!']) {
        text.push('.');
    }
    text
}
