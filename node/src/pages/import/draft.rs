//! Files that were chosen and are not imported yet, with what was said about them. They are in
//! memory alone: an hour later, or once the program has ended, the file has to be chosen again.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Mutex as Alone, OwnedMutexGuard};
use weft_host::random::random_hex;
use weft_shared::{
    time::Timestamp,
    validation::question::{Answers as Confirmed, Row},
};

use super::super::form::Sent;
use crate::{
    edits::import::File,
    import::{Answers, Columns, Options},
};

/// Maximum number of files that wait. The oldest one goes first.
const DRAFTS_MAX: usize = 4;
/// Milliseconds for which a file waits.
const LIFE_MS: i64 = 60 * 60 * 1_000;
/// Maximum bytes of a name that is kept.
const NAME_BYTES_MAX: usize = 120;

/// A file that was chosen.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) name: String,
    bytes: Arc<[u8]>,
    at: Timestamp,
    pub(super) columns: Columns,
    pub(super) choices: Choices,
}

/// The choices beside the columns, as they were typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Choices {
    pub(super) replace: bool,
    pub(super) sheet: String,
    pub(super) signs: String,
    pub(super) ignored: String,
    pub(super) added_up: String,
    pub(super) only: String,
    pub(super) parts: String,
}

impl Choices {
    pub(super) fn of(sent: &Sent) -> Self {
        let text = |name: &str| sent.first(name).trim().to_owned();
        Self {
            replace: !sent.first("replace").is_empty(),
            sheet: text("sheet"),
            signs: text("signs"),
            ignored: text("ignored"),
            added_up: text("added-up"),
            only: text("only"),
            parts: text("parts"),
        }
    }

    /// Reads the lines. Returns the field that cannot be read otherwise, with the reason.
    pub(super) fn answers(&self) -> Result<Answers, (&'static str, String)> {
        self.parts().map_err(|why| ("parts", why))?;
        let signs = lines(&self.signs).into_iter().map(|line| line.parse());
        let only = lines(&self.only).into_iter().map(|line| line.parse());
        Ok(Answers {
            signs: signs
                .collect::<Result<_, String>>()
                .map_err(|why| ("signs", why))?,
            only: only
                .collect::<Result<_, String>>()
                .map_err(|why| ("only", why))?,
            ignored: lines(&self.ignored),
            added_up: lines(&self.added_up),
        })
    }

    /// Reads which part of the population each word of the file is.
    fn parts(&self) -> Result<BTreeMap<String, String>, String> {
        let pairs = lines(&self.parts).into_iter().map(|line| {
            let pair = line.split_once('=');
            let pair = pair.map(|(word, part)| (word.trim(), part.trim()));
            let pair = pair.filter(|(word, part)| !word.is_empty() && !part.is_empty());
            pair.map(|(word, part)| (word.to_owned(), part.to_owned()))
                .ok_or_else(|| {
                    format!(
                        "\"{line}\" does not say which part it is: write the file's own word, \
                         =, and the part, such as 12 and over=age=12+"
                    )
                })
        });
        pairs.collect()
    }

    /// Whether anything but replacing was said.
    pub(super) fn is_open(&self) -> bool {
        [
            &self.sheet,
            &self.signs,
            &self.ignored,
            &self.added_up,
            &self.only,
            &self.parts,
        ]
        .iter()
        .any(|text| !text.is_empty())
    }
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

impl Draft {
    /// The file with all that was said about it. Rows with problems are left out, and shown.
    pub(super) fn file(&self, confirm: Confirmed, shown: Vec<Row>, now: Timestamp) -> File {
        let sheet = Some(&self.choices.sheet).filter(|name| !name.is_empty());
        let mut columns = self.columns.clone();
        columns.sheet = sheet.cloned();
        columns.confirms_layouts = true;
        // Lines that cannot be read were refused when they were sent.
        let parts = self.choices.parts().unwrap_or_default();
        if !parts.is_empty() {
            columns
                .given
                .values
                .entry("part".to_owned())
                .or_default()
                .extend(parts);
        }
        File {
            name: self.name.clone(),
            bytes: Arc::clone(&self.bytes),
            audience: None,
            options: Options {
                own_areas: true,
                skip_invalid: true,
                replace: self.choices.replace,
                columns,
                answers: self.choices.answers().unwrap_or_default(),
                confirm,
                shown: shown.into_iter().collect(),
            },
            now,
        }
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// The files that wait.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drafts {
    kept: Arc<Mutex<VecDeque<Draft>>>,
    /// Held while a file is read.
    reading: Arc<Alone<()>>,
}

impl Drafts {
    /// Keeps a file, and returns its id.
    pub(super) fn keep(&self, name: &str, bytes: Vec<u8>, now: Timestamp) -> String {
        let id = random_hex::<8>();
        let mut name: String = name.chars().filter(|c| !c.is_control()).collect();
        name.truncate(name.floor_char_boundary(NAME_BYTES_MAX));
        let mut drafts = self.living(now);
        if drafts.len() >= DRAFTS_MAX {
            drafts.pop_front();
        }
        drafts.push_back(Draft {
            id: id.clone(),
            name,
            bytes: bytes.into(),
            at: now,
            columns: Columns::default(),
            choices: Choices::default(),
        });
        id
    }

    /// Returns a file that still waits.
    pub(super) fn get(&self, id: &str, now: Timestamp) -> Option<Draft> {
        let drafts = self.living(now);
        drafts.iter().find(|draft| draft.id == id).cloned()
    }

    /// Waits until no file is being read, and keeps it so while the answer is held: reading may
    /// take as much memory as the node has to spare, and goes on if its asker has left.
    pub(super) async fn alone(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.reading).lock_owned().await
    }

    /// Keeps what was said about a file.
    pub(super) fn put(&self, draft: Draft, now: Timestamp) {
        let mut drafts = self.living(now);
        if let Some(kept) = drafts.iter_mut().find(|one| one.id == draft.id) {
            *kept = draft;
        }
    }

    /// Forgets a file.
    pub(super) fn forget(&self, id: &str, now: Timestamp) {
        self.living(now).retain(|draft| draft.id != id);
    }

    fn living(&self, now: Timestamp) -> MutexGuard<'_, VecDeque<Draft>> {
        let mut drafts = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        drafts.retain(|draft| (0..LIFE_MS).contains(&now.since_ms(draft.at)));
        drafts
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    #[test]
    fn files_are_read_one_after_another() {
        let drafts = Drafts::default();
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(first) = pin!(drafts.alone()).poll(&mut context) else {
            panic!("the first waits");
        };
        let other = drafts.clone();
        let mut second = pin!(other.alone());
        assert!(second.as_mut().poll(&mut context).is_pending());
        drop(first);
        assert!(second.as_mut().poll(&mut context).is_ready());
    }

    #[test]
    fn a_file_waits_for_an_hour_and_gives_way_to_later_ones() {
        let (drafts, begin) = (Drafts::default(), Timestamp::from_ms(1_000));
        let first = drafts.keep("first\n.csv", vec![1], begin);
        assert_eq!(drafts.get(&first, begin).unwrap().name, "first.csv");
        let last = begin.plus_ms(LIFE_MS - 1);
        assert!(drafts.get(&first, last).is_some());
        assert!(drafts.get(&first, begin.plus_ms(LIFE_MS)).is_none());
        let first = drafts.keep("first.csv", vec![1], begin);
        for _ in 1..DRAFTS_MAX {
            drafts.keep("next.csv", vec![2], begin);
        }
        assert!(drafts.get(&first, begin).is_some());
        drafts.keep("one more.csv", vec![3], begin);
        assert!(drafts.get(&first, begin).is_none());
    }
}
