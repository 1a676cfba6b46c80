//! Advice that names a command, in the words of the pages: a person who reads a page has its
//! controls, and no command line.

/// Puts the names of the pages' controls in place of commands and their options.
pub(super) fn page_words(text: &str) -> String {
    let put = |text: String, (command, control): &(&str, &str)| text.replace(command, control);
    let text = SPANS.iter().fold(text.to_owned(), between);
    CONTROLS.iter().fold(text, put)
}

/// Replaces what stands between two texts, and these, as often as it is there.
fn between(text: String, (begin, end, control): &(&str, &str, &str)) -> String {
    let mut done = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once(begin) {
        let Some((_, after)) = after.split_once(end) else {
            break;
        };
        done.push_str(before);
        done.push_str(control);
        rest = after;
    }
    done.push_str(rest);
    done
}

/// Commands that name something, from their first words to their last.
const SPANS: [(&str, &str, &str); 2] = [
    (
        "`weft-node indicator adopt ",
        "or import with --audience",
        "decide about it under Indicators",
    ),
    (
        "(weft-node observation retract ",
        ")",
        "(its change stands under History)",
    ),
];

/// The longer text of two that begin alike comes first.
const CONTROLS: [(&str, &str); 20] = [
    ("with --sign", "under \"Signs\":"),
    ("with --ignore", "under \"Columns that change nothing\":"),
    ("--add-up", "under \"Add up over\":"),
    ("with --only", "under \"Only the rows with\""),
    ("--only", "under \"Only the rows with\":"),
    ("with --sheet", "under \"Sheet\""),
    (
        "in a file for --map, under [values.part]",
        "under \"Parts of the population\"",
    ),
    ("weft-node import list shows them.", "The list shows them."),
    (
        "weft-node indicator list shows",
        "the Indicators page shows",
    ),
    (
        "Run weft-node sync --once first",
        "Share now (under Sharing) first",
    ),
    (
        "Run weft-node sync --once, and try again",
        "Share now (under Sharing), and try again",
    ),
    (
        "weft-node sync --once takes them from the hub",
        "Share now (under Sharing) takes them from the hub",
    ),
    ("weft-node sync --once tries now", "Share now tries now"),
    ("weft-node run goes on", "this computer goes on"),
    ("weft-node run comes back", "this computer comes back"),
    ("weft-node run tries again", "this computer tries again"),
    ("weft-node history shows", "The history shows"),
    (
        "join again with a device invite (weft-node join INVITE) into a new --data-dir",
        "ask a colleague for a device invite (under Settings), and join again into a new folder",
    ),
    ("Upgrade weft-node", "Install the new version of Weft"),
    ("(weft-node device drop)", "(its command is device drop)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_own_controls() {
        for (command, page) in [
            ("choose one with --sheet", "choose one under \"Sheet\""),
            (
                "say which it is in a file for --map, under [values.part]",
                "say which it is under \"Parts of the population\"",
            ),
            (
                "A is not adopted: `weft-node indicator adopt A --audience network`, or import \
                 with --audience; B too",
                "A is not adopted: decide about it under Indicators; B too",
            ),
            (
                "weft-node run tries again by itself every quarter of an hour, and weft-node sync \
                 --once tries now",
                "this computer tries again by itself every quarter of an hour, and Share now tries \
                 now",
            ),
            (
                "`weft-node indicator adopt A",
                "`weft-node indicator adopt A",
            ),
        ] {
            assert_eq!(page_words(command), page);
        }
    }
}
