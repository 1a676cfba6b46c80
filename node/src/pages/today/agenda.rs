//! Items of the national team that have no answer of ours, among what needs a person.

use weft_shared::{
    period::{Date, day_words},
    text::{capital, counted},
};

use super::{super::Fault, Task, Visit};
use crate::view::ItemRow;

impl Visit<'_> {
    /// The items that hope for our answer by a day, the soonest first, as far as they fit; then how
    /// many others wait. An item without a day waits in the menu alone.
    pub(super) fn answers_hoped_for(&mut self) -> Result<Vec<Task>, Fault> {
        if self.replica.is_alone() {
            return Ok(Vec::new());
        }
        let today = self.calendar.today();
        let rows = self.replica.agenda(today)?.into_iter();
        let waiting = rows.filter(ItemRow::is_waiting);
        let mut dated: Vec<(Date, ItemRow)> = waiting
            .filter_map(|row| Some((row.item.answer_by?, row)))
            .collect();
        dated.sort_by_key(|(by, row)| (*by, row.item.id));
        let more = dated.len().saturating_sub(ITEMS_SHOWN_MAX);
        let shown = dated.iter().take(ITEMS_SHOWN_MAX);
        let mut tasks: Vec<Task> = shown.map(|(by, row)| task(*by, row)).collect();
        if let (Some(last), true) = (tasks.last_mut(), more > 0) {
            let others = counted(more, "more item waits", "more items wait");
            last.more.push_str(&format!(" {others} on the agenda."));
        }
        Ok(tasks)
    }
}

fn task(by: Date, row: &ItemRow) -> Task {
    Task {
        chip: "to answer".to_owned(),
        presses: false,
        href: format!("/agenda/{}", row.item.id),
        what: row.item.title.clone(),
        more: format!(
            "{} of the national team. An answer is hoped for by {}.",
            capital(row.item.kind.label()),
            day_words(by)
        ),
    }
}

/// Items that are shown one by one.
const ITEMS_SHOWN_MAX: usize = 3;
