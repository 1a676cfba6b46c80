//! Problems of a file for people: each message once, with the lines it is about.

use std::collections::BTreeMap;

/// Maximum number of line ranges listed for one message.
const RANGES_MAX: usize = 8;

/// Returns one line per message, such as `lines 2-65, 130 and 3 more: "unit" is missing`, in the
/// order in which the messages first occur.
pub fn grouped<'a>(problems: impl IntoIterator<Item = (u64, &'a str)>) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<u64>)> = Vec::new();
    let mut places = BTreeMap::new();
    for (line, message) in problems {
        let place = *places.entry(message).or_insert_with(|| {
            groups.push((message, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, lines)) = groups.get_mut(place) {
            lines.push(line);
        }
    }
    let words = |(message, lines): (&str, Vec<u64>)| format!("{}: {message}", line_words(&lines));
    groups.into_iter().map(words).collect()
}

/// Formats line numbers: `line 7`, or `lines 2-65, 130 and 3 more`.
pub fn line_words(lines: &[u64]) -> String {
    let ranges: Vec<&[u64]> = lines.chunk_by(|a, b| a + 1 == *b).collect();
    let shown = ranges.iter().take(RANGES_MAX).map(|range| match range {
        [first, .., last] => format!("{first}-{last}"),
        [only] => only.to_string(),
        [] => String::new(),
    });
    let shown: Vec<String> = shown.collect();
    let rest: usize = ranges
        .iter()
        .skip(RANGES_MAX)
        .map(|range| range.len())
        .sum();
    let noun = if lines.len() == 1 { "line" } else { "lines" };
    let more = if rest == 0 {
        String::new()
    } else {
        format!(" and {rest} more")
    };
    format!("{noun} {}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_stands_once_with_its_lines() {
        let mut problems = vec![(1, "first"), (2, "second"), (3, "first"), (4, "first")];
        assert_eq!(
            grouped(problems.clone()),
            ["lines 1, 3-4: first", "line 2: second"]
        );
        problems.extend((10..30).map(|n| (2 * n, "second")));
        let words = grouped(problems);
        assert_eq!(
            words[1],
            "lines 2, 20, 22, 24, 26, 28, 30, 32 and 13 more: second"
        );
    }
}
