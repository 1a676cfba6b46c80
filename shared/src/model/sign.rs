//! Signs that publishers write in place of a figure: that it is hidden, that there is none, or a
//! sign that only the publisher can explain.

use super::{
    label::{folded, is_invisible},
    spelling::without_footnotes,
};

/// Maximum bytes of a text that may be a sign.
const READ_BYTES_MAX: usize = 128;

/// The meaning of a text in place of a figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// There is a figure, and its publisher hides it: `..C`, `S`, `np`, `<5`, `Masked`.
    Suppressed,
    /// There is none, and no reason is given: `NA`.
    Missing,
    /// A sign with different meanings among publishers: `x`, `-`, `..`.
    Unclear,
}

impl Sign {
    /// Returns the meaning of `text`; `None` if it is not a sign that publishers use.
    ///
    /// Case, brackets, invisible characters and footnote marks make no difference.
    ///
    /// ```
    /// use weft_shared::model::sign::Sign;
    /// assert_eq!(Sign::read("[c]"), Some(Sign::Suppressed));
    /// assert_eq!(Sign::read("fewer than 5*"), Some(Sign::Suppressed));
    /// assert_eq!(Sign::read(".."), Some(Sign::Unclear));
    /// assert_eq!(Sign::read("many"), None);
    /// ```
    pub fn read(text: &str) -> Option<Self> {
        let plain = plain(text);
        if plain.is_empty() || text.len() > READ_BYTES_MAX {
            return None;
        }
        if is_threshold(&plain) {
            return Some(Self::Suppressed);
        }
        if plain.contains(|c: char| c.is_numeric()) {
            return None;
        }
        // Stats NZ writes ..C, Eurostat :c, others n.p. and n/p.
        let letters: String = plain.chars().filter(|c| c.is_alphabetic()).collect();
        let is_short = plain.chars().count() <= SHORT_MAX && !plain.starts_with('#');
        if HIDDEN.contains(&letters.as_str()) && is_short || says_hidden(&plain) {
            return Some(Self::Suppressed);
        }
        if letters == "na" && is_short && !plain.starts_with(['.', ':']) {
            return Some(Self::Missing);
        }
        let is_mark = letters.chars().count() <= MARK_LETTERS_MAX;
        (is_mark || UNCLEAR.contains(&plain.as_str())).then_some(Self::Unclear)
    }
}

/// Returns a sign in the form in which signs are compared: `..C¹` and `..c` are equal.
///
/// ```
/// assert_eq!(weft_shared::model::sign::plain("(S)*"), "s");
/// ```
pub fn plain(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let visible = visible.replace("&lt;", "<").replace("&gt;", ">");
    let words = folded(without_footnotes(&visible));
    let mut rest = words.as_str();
    for (open, close) in [('[', ']'), ('(', ')'), ('{', '}'), ('"', '"'), ('\'', '\'')] {
        let inner = rest.strip_prefix(open);
        rest = inner
            .and_then(|rest| rest.strip_suffix(close))
            .unwrap_or(rest)
            .trim();
    }
    without_footnotes(rest).to_owned()
}

/// Whether a text gives a bound instead of a figure: `<5`, `> 95%`, `under 6`, `4 or fewer`.
fn is_threshold(plain: &str) -> bool {
    let is_number = |text: &str| {
        let text = text.trim().trim_end_matches('%').trim_end();
        let digits = text.replace([',', ' '], "");
        NUMBERS.contains(&text)
            || digits.starts_with(|c: char| c.is_ascii_digit())
                && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    };
    let counted = |text: &str| {
        // A noun may follow: "fewer than 5 people".
        let noun = |(number, noun): (&str, &str)| {
            is_number(number) && noun.chars().all(char::is_alphabetic)
        };
        is_number(text) || text.trim().rsplit_once(' ').is_some_and(noun)
    };
    let after = |bound: &str| plain.strip_prefix(bound).is_some_and(counted);
    let before = |bound: &str| plain.strip_suffix(bound).is_some_and(is_number);
    BOUNDS_BEFORE.iter().any(|bound| after(bound)) || BOUNDS_AFTER.iter().any(|bound| before(bound))
}

/// Whether the words say that a figure is hidden. "Not masked" says the opposite.
fn says_hidden(plain: &str) -> bool {
    let words: Vec<&str> = plain
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .collect();
    let said = format!(" {}", words.join(" "));
    let stem = |word: &&str| STEMS.iter().any(|stem| word.starts_with(stem));
    let first = words.iter().position(stem);
    let denied = |at: usize| at > 0 && ["not", "no", "non", "never"].contains(&words[at - 1]);
    first.is_some_and(|at| !denied(at)) || PHRASES.iter().any(|phrase| said.contains(phrase))
}

/// Maximum letters of a short sign.
const SHORT_MAX: usize = 6;
/// Maximum letters of a text that may be an unknown mark.
const MARK_LETTERS_MAX: usize = 3;

/// Letters that mean a hidden figure and nothing else: Stats NZ, the ABS, Eurostat and the
/// statistical offices of the United Kingdom use them.
const HIDDEN: [&str; 8] = ["c", "s", "q", "np", "nfp", "conf", "sup", "supp"];
/// Beginnings of words that say so.
const STEMS: [&str; 10] = [
    "suppress",
    "confident",
    "mask",
    "withh",
    "hidden",
    "redact",
    "conceal",
    "censor",
    "privacy",
    "anonymi",
];
/// Phrases that say so; the last word may continue.
const PHRASES: [&str; 10] = [
    " not publish",
    " not releas",
    " not disclos",
    " not for publication",
    " disclosure",
    " too small",
    " too few",
    " small number",
    " small cell",
    " small count",
];
/// Words and signs with a different meaning for each publisher.
const UNCLEAR: [&str; 12] = [
    "null",
    "none",
    "not available",
    "not applicable",
    "not collected",
    "not stated",
    "missing",
    "no data",
    "unknown",
    "zero",
    "blank",
    "negligible",
];
const BOUNDS_BEFORE: [&str; 22] = [
    "<=",
    ">=",
    "=<",
    "=>",
    "<",
    ">",
    "≤",
    "≥",
    "⩽",
    "⩾",
    "under ",
    "below ",
    "over ",
    "above ",
    "less than ",
    "fewer than ",
    "lower than ",
    "smaller than ",
    "more than ",
    "greater than ",
    "up to ",
    "at most ",
];
const BOUNDS_AFTER: [&str; 8] = [
    " or fewer",
    " or less",
    " or under",
    " or below",
    " or more",
    " or over",
    " or above",
    " or lower",
];
/// Small numbers in words.
const NUMBERS: [&str; 12] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve",
    "twenty",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::number::Number;

    #[test]
    fn signs_of_many_publishers() {
        for (sign, texts) in [
            (
                Some(Sign::Suppressed),
                "..C|..c|S|s|c|C|np|NP|n.p.|N.P|nfp|:c|[c]|(S)|(c)|<5|< 5|<=4|≤ 4|＜5|&lt;5|\
                 >95%|> 95 %|Masked|MASKED|masked*|under 6|fewer than five|\
                 Less than 10 people|4 or fewer|suppressed|Supp.|supp|conf|Confidential|\
                 withheld|Withhold|not published|not for publication|not disclosed|\
                 data not released|too few to publish|suppressed (small numbers)|hidden¹|\
                 [c]†|c (2)|np[note 3]|S (a)|\u{200b}S\u{feff}|\
                 .. C|Q",
            ),
            (Some(Sign::Missing), "NA|n/a|N/A|n.a.|NA*|(na)"),
            (
                Some(Sign::Unclear),
                "x|X|-|–|—|..|...|…|.|:|*|**|#|#N/A|z|[z]|[x]|d|(D)|nil|none|null|r|e|\
                 not available|Not applicable|--|?|/|no",
            ),
            (
                None,
                "|0|5|-5|1,250|12*|5(c)|1-4|1 to 4|1M|many|not masked|unmasked|hello world|true|\
                 0..5|2024-01|5<|between 1 and 4|#VALUE!",
            ),
        ] {
            for text in texts.split('|') {
                assert_eq!(Sign::read(text), sign, "{text:?}");
            }
        }
    }

    /// A sign that hides a figure, of any kind.
    fn hiding() -> impl Strategy<Value = String> {
        let number = (1_u32..2_000, any::<bool>())
            .prop_map(|(number, share)| format!("{number}{}", if share { "%" } else { "" }));
        let bound = prop::sample::select(&["<", "< ", "<=", "≤", "under ", "fewer than "][..]);
        let after = prop::sample::select(&[" or fewer", " or less"][..]);
        let letters =
            prop::sample::select(&["c", "s", "np", "n.p.", "n/p", "conf", "..c", ":c"][..]);
        let word = prop::sample::select(
            &[
                "mask",
                "suppress",
                "confidential",
                "withheld",
                "redact",
                "not publish",
            ][..],
        );
        prop_oneof![
            (bound, number.clone()).prop_map(|(bound, number)| format!("{bound}{number}")),
            (number, after).prop_map(|(number, after)| format!("{number}{after}")),
            letters.prop_map(ToOwned::to_owned),
            (
                word,
                prop::sample::select(&["", "ed", " by the publisher"][..])
            )
                .prop_map(|(word, end)| format!("{word}{end}")),
        ]
    }

    proptest! {
        #[test]
        fn what_hides_a_figure_hides_it_in_any_dress(
            sign in hiding(),
            upper in any::<bool>(),
            bracket in prop::sample::select(&[("", ""), ("[", "]"), ("(", ")"), (" ", " ")][..]),
            mark in prop::sample::select(&["", "*", "†", "¹", " (2)", "[1]", "\u{200b}"][..]),
        ) {
            let sign = if upper { sign.to_uppercase() } else { sign };
            let text = format!("{}{sign}{}{mark}", bracket.0, bracket.1);
            prop_assert_eq!(Sign::read(&text), Some(Sign::Suppressed), "{}", text);
        }

        #[test]
        fn no_number_is_a_sign(text in "-?[0-9]{1,12}(\\.[0-9]{1,3})?") {
            prop_assert!(text.parse::<Number>().is_ok());
            prop_assert_eq!(Sign::read(&text), None);
        }

        #[test]
        fn a_text_is_compared_as_it_is_read(text in ".{0,40}") {
            let folded = plain(&text);
            prop_assert!(folded.len() <= 8 * text.len());
            prop_assert_eq!(Sign::read(&text), Sign::read(&format!(" {text} ")));
        }
    }
}
