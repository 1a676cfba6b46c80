//! Values that were saved for fewer people than the indicator's present audience, and the form
//! that lets them travel as far.

use weft_shared::{
    model::{Audience, observation::Statement},
    text::counted,
};

use super::super::{
    Answered, Reply, Visit, audience_phrase,
    form::{Sent, seen},
};
use crate::{
    edits::observations::widen,
    replica::Edit,
    view::{IndicatorRow, ObservationRow},
};

/// The offer to widen what was saved before.
pub(super) struct Widen {
    /// The values that would travel, and how far, in sentences.
    pub(super) words: String,
    pub(super) button: String,
    /// A mark of what the page showed: nothing else is shared.
    pub(super) mark: String,
}

/// Finds the values to offer.
fn narrower<'a>(
    indicator: &IndicatorRow,
    rows: &'a [ObservationRow],
) -> Option<(Audience, Vec<&'a ObservationRow>)> {
    let chosen = indicator.adopted()?.audience;
    if indicator.is_contested() {
        // Until somebody settles it, the narrower audience counts.
        return None;
    }
    let found = rows.iter().filter(|row| row.is_narrower(chosen));
    let found: Vec<&ObservationRow> = found.collect();
    (!found.is_empty()).then_some((chosen, found))
}

fn mark(chosen: Audience, found: &[&ObservationRow]) -> String {
    let lines = found.iter().map(|row| {
        let said = row
            .statements()
            .iter()
            .map(Statement::encode)
            .collect::<String>();
        format!("{} {said} {}", row.key, row.notes_in_words().join(" "))
    });
    let lines: Vec<String> = lines.collect();
    seen(&format!("{} {}", chosen.word(), lines.join("\n")))
}

/// Offers to widen what is narrower than was chosen; `None` if nothing is.
pub(super) fn offer(indicator: &IndicatorRow, rows: &[ObservationRow]) -> Option<Widen> {
    let (chosen, found) = narrower(indicator, rows)?;
    let count = found.len() as u64;
    let are = counted(count, "value was", "values were");
    // "Our team only" is said only if it is true of them all.
    let widest = found.iter().map(|row| row.audience()).max()?;
    let for_whom = match widest {
        Audience::Team => "for our team only",
        Audience::Network | Audience::Released => "for fewer people",
    };
    let first = found.iter().map(|row| row.key.period).min()?;
    let last = found.iter().map(|row| row.key.period).max()?;
    let when = match first == last {
        true => first.words(),
        false => format!("{} to {}", first.words(), last.words()),
    };
    let noted = found.iter().filter(|row| !row.notes.is_empty()).count() as u64;
    let notes = match noted {
        0 => String::new(),
        noted => format!(" and {}", counted(noted, "note", "notes")),
    };
    let to = audience_phrase(chosen);
    let (them, figures) = match count {
        1 => ("it", "Its figure"),
        _ => ("them", "Their figures"),
    };
    Some(Widen {
        words: format!(
            "{are} saved {for_whom} ({when}), before you chose {to}. {figures}{notes} would go to \
             {to}. What has been shared cannot be recalled."
        ),
        button: format!("Share {them} with {to}"),
        mark: mark(chosen, &found),
    })
}

impl Visit<'_> {
    /// Lets the values travel that the page showed, and no others.
    pub(in super::super) fn widen(&mut self, code: &str, sent: &Sent) -> Answered {
        let indicator = self.indicator(code)?;
        let code = indicator.definition.code.clone();
        let place = format!("/indicators/{code}");
        let rows = self.replica.observations(|key| key.indicator == code)?;
        let offered = narrower(&indicator, &rows);
        let offered = offered.filter(|(chosen, found)| mark(*chosen, found) == sent.first("mark"));
        let Some((audience, found)) = offered else {
            return Ok(Reply::See(place));
        };
        let mut edit = Edit::default();
        widen(self.replica, &mut edit, found, audience)?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see(&place, saved, "widened"))
    }
}
