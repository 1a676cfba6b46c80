//! Pages of rows in JSON. A cursor names the release, the query and the number of rows before it:
//! nothing that the rows before it did not say.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use weft_shared::{id::sha256_prefix, model::release::ReleaseId};

use super::{
    super::{answer::Format, problem::Problem, query::Query},
    which::foreign_cursor,
};

/// The rows of a table that one answer has.
#[derive(Clone, Debug)]
pub(super) struct Paging {
    /// Maximum number of rows.
    pub(super) most: usize,
    cursor: Option<Cursor>,
}

/// The start of a later page.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cursor {
    release: ReleaseId,
    query: String,
    from: usize,
}

impl Paging {
    /// Reads `limit` and `cursor`, which only JSON has.
    pub(super) fn read(query: &Query, format: Format) -> Result<Self, Problem> {
        let most = format.rows_max(query)?;
        let cursor = query.one("cursor").map(Cursor::read).transpose()?;
        Ok(Self { most, cursor })
    }

    /// The release of the pages before.
    pub(super) fn release(&self) -> Option<&ReleaseId> {
        self.cursor.as_ref().map(|cursor| &cursor.release)
    }

    /// The number of rows of `len` that are before the page of a query.
    ///
    /// # Errors
    /// Returns a problem if the cursor is of another query.
    pub(super) fn from(&self, words: &str, len: usize) -> Result<usize, Problem> {
        match &self.cursor {
            None => Ok(0),
            Some(cursor) if cursor.query == fingerprint(words) && cursor.from < len => {
                Ok(cursor.from)
            }
            Some(_) => Err(foreign_cursor()),
        }
    }

    /// The cursor of the page after that one, if there is one.
    pub(super) fn next(
        &self,
        release: &ReleaseId,
        words: &str,
        (from, len): (usize, usize),
    ) -> Option<String> {
        let from = from.saturating_add(self.most);
        let next = Cursor {
            release: release.clone(),
            query: fingerprint(words),
            from,
        };
        (from < len).then(|| next.write())
    }
}

impl Cursor {
    fn write(&self) -> String {
        let parts = (self.release.to_string(), &self.query, self.from);
        BASE64URL_NOPAD.encode(serde_json::json!(parts).to_string().as_bytes())
    }

    fn read(text: &str) -> Result<Self, Problem> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default();
        let parts = serde_json::from_slice::<(String, String, usize)>(&bytes).ok();
        let read = parts.and_then(|(release, query, from)| {
            let release = release.parse().ok()?;
            Some(Self {
                release,
                query,
                from,
            })
        });
        // Another spelling of the same was not made here.
        let made = read.filter(|read| read.write() == text);
        made.ok_or_else(foreign_cursor)
    }
}

/// The query of a cursor, which has one length however long it was.
fn fingerprint(words: &str) -> String {
    HEXLOWER.encode(&sha256_prefix::<8>("weft/query/1", &[words.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_and_any_other_text_is_refused(
            from in any::<usize>(),
            words in ".{0,40}",
            text in ".{0,60}",
        ) {
            let release = "prevention/2026.1".parse().unwrap();
            let cursor = Cursor { release, query: fingerprint(&words), from };
            prop_assert_eq!(Cursor::read(&cursor.write()), Ok(cursor));
            if let Ok(read) = Cursor::read(&text) {
                prop_assert_eq!(read.write(), text);
            }
        }
    }
}
