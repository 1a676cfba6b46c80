//! The parts of a check of a release, as a page lists them.

use weft_shared::text::first_lines;

use crate::release::Checked;

/// A part of the check: a heading, what it means, and its lines.
pub(super) struct Part {
    pub(super) id: &'static str,
    pub(super) heading: &'static str,
    pub(super) about: &'static str,
    pub(super) lines: Vec<String>,
}

/// The parts of a check that have something to say.
pub(super) fn parts(checked: &Checked) -> Vec<Part> {
    let withheld = checked.withheld.iter();
    let withheld = withheld
        .map(|(row, rule)| format!("{row}: {rule}"))
        .collect();
    let part = |id, heading, about, lines: Vec<String>| Part {
        id,
        heading,
        about,
        lines: {
            let all = lines.len();
            first_lines(lines, PART_LINES_MAX, all)
        },
    };
    let parts = [
        part(
            "changed",
            "Changed since it was proposed",
            "The inputs were frozen when it was proposed. Since then a team took these back, \
             narrowed or corrected them, an office published them, or a setting was changed, so it \
             cannot go out as it is. Drop it and propose it again.",
            checked.changed.clone(),
        ),
        part(
            "consents",
            "What the locations answered",
            "Their released figures go out only in rows to which they said yes. Who has not \
             answered is left out of rows and sum.",
            checked.consents.clone(),
        ),
        part(
            "left-out",
            "Not in it",
            "Contested figures, and locations without figures in it.",
            checked.left_out.clone(),
        ),
        part(
            "withheld",
            "Withheld, and by which rule",
            "For the reviewer alone: the rule is a bound for the figure, so it is in no file.",
            withheld,
        ),
        part(
            "exposed",
            "Narrowed by earlier releases",
            "For the reviewer alone. Earlier releases narrow these small counts to fewer values \
             than they should. This one adds nothing to it.",
            checked.exposed.clone(),
        ),
        part(
            "kept",
            "Sums that are kept as they were",
            "Too few locations joined or left, and the difference would tell what they have. The \
             sum stays as that release had it, with the numbers of those who have left.",
            checked.kept.clone(),
        ),
        part(
            "unprotected",
            "Small counts are shown",
            "These indicators do not count people.",
            checked.unprotected.clone(),
        ),
    ];
    let some = parts.into_iter().filter(|part| !part.lines.is_empty());
    some.collect()
}

/// Maximum number of lines in a part of a check: the command lists all.
const PART_LINES_MAX: usize = 200;
