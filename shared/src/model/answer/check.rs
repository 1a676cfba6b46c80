//! Whether an answer fits what it answers: the same checks for commands, forms and files.

use super::{Answer, Stance};
use crate::{
    id::WordingHash,
    model::{
        form::Read,
        item::ItemType,
        plan::{LINE, PROSE},
        record::{FieldProblem, FieldValue, Fields},
        schema::{FieldKind as Kind, FieldSpec},
    },
};

/// The kind of what is answered; it says which stances there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answered {
    /// An item of the agenda, by a location.
    Item(ItemType),
    /// A request, by the hub.
    Request {
        /// Whether the hub has said already that it needs time.
        asked_for_time: bool,
    },
    /// A question that Weft asks, by the location that it is about.
    Asked,
}

impl Answered {
    /// The stances that answer it.
    #[must_use]
    pub const fn stances(self) -> &'static [Stance] {
        use Stance as S;
        match self {
            Self::Item(kind) => kind.stances(),
            Self::Request { .. } => &[S::Yes, S::Partly, S::No, S::PassedOn, S::NeedsTime],
            Self::Asked => &[S::Explain],
        }
    }

    /// Whether an answer of this stance may go without a reason. The hub's always has one.
    const fn needs_no_reason(self, stance: Stance) -> bool {
        !matches!(self, Self::Request { .. }) && stance.speaks_for_itself()
    }
}

/// The fields of an answer, in the order of a form. The program adds the wording.
pub const ANSWER: &[FieldSpec] = &[
    FieldSpec::required("stance", "Answer", Kind::Choice(Stance::WORDS)).hint("The position"),
    FieldSpec::optional("reason", "Reason", PROSE).hint("Why, in your own words"),
    FieldSpec::required("by", "By", LINE).hint("The role of those who answer, not a person's name"),
    FieldSpec::optional("until", "Until", Kind::Date)
        .hint("The day by which there will be another answer"),
];

/// Reads an answer from its fields.
///
/// # Errors
/// Returns all problems at once.
pub fn answer(
    fields: &Fields,
    answered: Answered,
    wording: Option<WordingHash>,
) -> Result<Answer, Vec<FieldProblem>> {
    let mut read = Read::of(ANSWER, fields);
    let stance = read.text("stance").and_then(|word| word.parse().ok());
    if let Some(wrong) = read.problems.iter_mut().find(|one| one.field == "stance")
        && let Some(given) = fields.get("stance").and_then(FieldValue::text)
        && !given.trim().is_empty()
    {
        wrong.message = not_fitting(given.trim(), answered);
    }
    if let Some(stance) = stance {
        check(&mut read, answered, stance);
    }
    match (stance, read.text("by")) {
        (Some(stance), Some(by)) if read.problems.is_empty() => Ok(Answer {
            stance,
            reason: read.text("reason").map(str::to_owned),
            by: by.to_owned(),
            until: read.text("until").and_then(|day| day.parse().ok()),
            wording,
            due: None,
        }),
        _ => Err(read.problems),
    }
}

/// The words that answer it, for someone who gave another.
fn not_fitting(given: &str, answered: Answered) -> String {
    let words = answered.stances().iter().map(|one| one.word());
    let words: Vec<_> = words.collect();
    format!(
        "\"{given}\" does not answer this: write {}",
        words.join(", ")
    )
}

fn check(read: &mut Read, answered: Answered, stance: Stance) {
    let stances = answered.stances();
    if !stances.contains(&stance) {
        read.wrong("stance", not_fitting(stance.word(), answered));
    }
    if read.is_left_out("reason") && !answered.needs_no_reason(stance) {
        read.wrong("reason", "say why");
    }
    if stance != Stance::NeedsTime {
        if read.text("until").is_some() {
            read.wrong("until", "only needs_time takes a day");
        }
        return;
    }
    if read.is_left_out("until") {
        read.wrong("until", "say by which day there will be an answer");
    }
    if answered
        == (Answered::Request {
            asked_for_time: true,
        })
    {
        read.wrong("stance", "needs_time was said once already: give an answer");
    }
}
