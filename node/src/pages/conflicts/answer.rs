//! An answer as its card shows it: a figure large, what tells it from the others marked, and the
//! words of its button.

/// Maximum characters of an answer that its button names.
const NAMED_CHARS_MAX: usize = 24;

/// A text, split around what tells it from the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marked {
    pub(super) before: String,
    pub(super) differs: String,
    pub(super) after: String,
}

/// The parts of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Card {
    /// The figure, which is shown large, or all words of an answer without one.
    pub(super) said: Marked,
    pub(super) is_figure: bool,
    /// The denominator of the figure.
    pub(super) of: Option<Marked>,
    /// The result of the figure, its kind and who sees it, a line each.
    pub(super) more: Vec<String>,
    /// The words of a button after "Keep".
    pub(super) named: Option<String>,
}

/// An answer in words, taken apart.
struct Parts<'a> {
    number: &'a str,
    of: Option<&'a str>,
    rest: String,
    /// The words for its readers.
    audience: &'a str,
}

/// Lays out figures: `10,770 of 51,171 (21.0 %); seen by the network`. Who sees them is left out
/// if it is the same for all. `None` if one of the answers is no figure.
pub(super) fn figures(answers: &[String]) -> Option<Vec<Card>> {
    let parts: Vec<Parts<'_>> = answers
        .iter()
        .map(|text| parts(text))
        .collect::<Option<_>>()?;
    let first = parts.first()?;
    let one_audience = parts.iter().all(|one| one.audience == first.audience);
    let numbers: Vec<&str> = parts.iter().map(|one| one.number).collect();
    let ofs: Vec<&str> = parts.iter().map(|one| one.of.unwrap_or_default()).collect();
    let one_of = ofs.iter().all(|of| *of == ofs[0]);
    let unlike = numbers.iter().any(|number| *number != numbers[0]);
    let cards = parts.iter().enumerate().map(|(at, one)| {
        let mut more = vec![one.rest.clone()];
        if !one_audience {
            more.push(one.audience.to_owned());
        }
        more.retain(|line| !line.is_empty());
        let named = match (one.of, unlike, one_of) {
            (Some(of), _, false) => Some(format!("{} of {of}", one.number)),
            (_, true, _) => Some(one.number.to_owned()),
            (_, false, _) => None,
        };
        Card {
            said: difference(&numbers, at),
            is_figure: true,
            of: one.of.map(|of| match one_of {
                true => plain(of),
                false => difference(&ofs, at),
            }),
            more,
            named,
        }
    });
    let mut cards: Vec<Card> = cards.collect();
    let names: Vec<Option<String>> = cards.iter().map(|card| card.named.clone()).collect();
    for card in &mut cards {
        // Two buttons of one name would not say which answer each keeps.
        let alike = names.iter().filter(|name| **name == card.named).count();
        card.named = card.named.take().filter(|_| alike == 1);
    }
    Some(cards)
}

/// Lays out any other answers. Short ones are named by their buttons.
pub(super) fn words(answers: &[String]) -> Vec<Card> {
    let texts: Vec<&str> = answers.iter().map(String::as_str).collect();
    let short = |text: &str| text.chars().count() <= NAMED_CHARS_MAX && !text.contains('\n');
    let all_short = texts.iter().all(|text| short(text));
    let cards = texts.iter().enumerate().map(|(at, text)| Card {
        said: match all_short {
            // Nothing needs a mark where the whole is read at once.
            true => plain(text),
            false => difference(&texts, at),
        },
        named: all_short.then(|| (*text).to_owned()),
        ..Card::default()
    });
    cards.collect()
}

fn parts(text: &str) -> Option<Parts<'_>> {
    let (figure, audience) = text.rsplit_once("; ")?;
    let end = figure.find(" (").into_iter().chain(figure.find(", "));
    let (head, rest) = figure.split_at(end.min().unwrap_or(figure.len()));
    let (number, of) = match head.split_once(" of ") {
        Some((number, of)) => (number, Some(of)),
        None => (head, None),
    };
    let digits = number.trim_start_matches('-');
    digits.starts_with(|c: char| c.is_ascii_digit()).then(|| {
        let inner = rest.trim_start_matches([' ', ',']);
        let rest = match inner.strip_prefix('(') {
            Some(inner) => inner.replacen(')', "", 1),
            None => inner.to_owned(),
        };
        Parts {
            number,
            of,
            rest,
            audience,
        }
    })
}

fn plain(text: &str) -> Marked {
    Marked {
        before: text.to_owned(),
        ..Marked::default()
    }
}

/// Splits an answer around what tells it from the others.
fn difference(texts: &[&str], at: usize) -> Marked {
    let text = texts[at];
    let others = || texts.iter().enumerate().filter(|(other, _)| *other != at);
    let alike = |other: &str| {
        let pairs = text.char_indices().zip(other.chars());
        let differing = pairs.into_iter().find(|((_, mine), theirs)| mine != theirs);
        differing.map_or_else(|| text.len().min(other.len()), |((index, _), _)| index)
    };
    let alike_at_end = |other: &str| {
        let pairs = text.chars().rev().zip(other.chars().rev());
        let same = pairs.take_while(|(mine, theirs)| mine == theirs);
        same.map(|(mine, _)| mine.len_utf8()).sum::<usize>()
    };
    let start = others().map(|(_, other)| alike(other)).min().unwrap_or(0);
    let end = others()
        .map(|(_, other)| alike_at_end(other))
        .min()
        .unwrap_or(0);
    let shortest = texts.iter().map(|text| text.len()).min().unwrap_or(start);
    let mut end = text.len() - end.min(shortest.saturating_sub(start));
    while !text.is_char_boundary(end) {
        end += 1;
    }
    Marked {
        before: text[..start].to_owned(),
        differs: text[start..end].to_owned(),
        after: text[end..].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(marked: &Marked) -> String {
        match marked.differs.is_empty() {
            true => format!("{}{}", marked.before, marked.after),
            false => format!("{}[{}]{}", marked.before, marked.differs, marked.after),
        }
    }

    fn cards(texts: &[&str]) -> Vec<String> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let cards = figures(&texts).unwrap_or_else(|| words(&texts));
        let line = |card: &Card| {
            let of = card.of.as_ref().map(|of| format!(" of {}", shown(of)));
            let more = card.more.join(" / ");
            let named = card.named.as_deref().unwrap_or("this answer");
            let said = shown(&card.said);
            format!("{said}{} | {more} | Keep {named}", of.unwrap_or_default())
        };
        cards.iter().map(line).collect()
    }

    #[test]
    fn what_tells_answers_apart_is_marked() {
        let parts = |texts: &[&str]| {
            let each = (0..texts.len()).map(|at| difference(texts, at));
            each.map(|one| format!("{}[{}]{}", one.before, one.differs, one.after))
                .collect::<Vec<_>>()
        };
        assert_eq!(parts(&["10,770", "10,707"]), ["10,7[70]", "10,7[07]"]);
        assert_eq!(parts(&["māra", "mara"]), ["m[ā]ra", "m[a]ra"]);
        assert_eq!(parts(&["aa", "aaa"]), ["aa[]", "aa[a]"]);
        assert_eq!(parts(&["alone"]), ["[alone]"]);
    }

    #[test]
    fn a_figure_is_marked_where_it_differs_and_named_by_its_button() {
        assert_eq!(
            cards(&[
                "49,461 of 59,649 (82.9 %); seen by the network",
                "49,581 of 59,649 (83.1 %), provisional; seen by the network",
            ]),
            [
                "49,[46]1 of 59,649 | 82.9 % | Keep 49,461",
                "49,[58]1 of 59,649 | 83.1 %, provisional | Keep 49,581",
            ]
        );
        assert_eq!(
            cards(&[
                "7 of 10 (70.0 %); seen by the network",
                "7 of 12 (58.3 %); for our team only",
            ]),
            [
                "7 of 1[0] | 70.0 % / seen by the network | Keep 7 of 10",
                "7 of 1[2] | 58.3 % / for our team only | Keep 7 of 12",
            ]
        );
        assert_eq!(
            cards(&["-3; seen by everybody", "-3; seen by the network"]),
            [
                "-3 | seen by everybody | Keep this answer",
                "-3 | seen by the network | Keep this answer",
            ]
        );
        // A name that two buttons would share is on neither.
        assert_eq!(
            cards(&[
                "5; seen by the network",
                "5, provisional; seen by the network",
                "7; seen by the network",
            ]),
            [
                "[5] |  | Keep this answer",
                "[5] | provisional | Keep this answer",
                "[7] |  | Keep 7",
            ]
        );
    }

    #[test]
    fn other_answers_are_whole() {
        assert_eq!(
            cards(&[
                "5 of 9; seen by the network",
                "suppressed; seen by the network"
            ]),
            [
                "[5 of 9]; seen by the network |  | Keep this answer",
                "[suppressed]; seen by the network |  | Keep this answer",
            ]
        );
        assert_eq!(
            cards(&["testing", "scaling"]),
            ["testing |  | Keep testing", "scaling |  | Keep scaling"]
        );
    }
}
