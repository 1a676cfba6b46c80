//! Announced releases among what needs a person: each that waits for an answer, and each to which
//! the location said yes, because the announcement is its chance to say no.

use weft_shared::period::day_words;

use super::{super::Fault, Task, Visit};
use crate::view::NoticeRow;

impl Visit<'_> {
    /// The announced releases that wait for an answer, then those that may have our figures.
    pub(super) fn releases_to_come(&mut self) -> Result<Vec<Task>, Fault> {
        let mut rows = self.replica.release_notices()?;
        rows.retain(|row| row.waits() || row.takes_ours());
        rows.sort_by_key(|row| !row.waits());
        Ok(rows.iter().map(task).collect())
    }
}

fn task(row: &NoticeRow) -> Task {
    let (title, due) = (&row.notice.title, day_words(row.notice.due));
    let presses = row.waits();
    Task {
        chip: if presses { "to answer" } else { "announced" }.to_owned(),
        presses,
        href: "/sharing#releases".to_owned(),
        what: match presses {
            true => format!("{title} may go out from {due}: say yes or no"),
            false => format!("{title} may go out from {due} with your figures"),
        },
        more: match presses {
            true => format!("{}.", row.answer_words()),
            false => format!(
                "{}. You can take a yes back before it goes out.",
                row.answer_words()
            ),
        },
    }
}
