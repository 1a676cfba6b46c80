//! Memory that mirrors the store, and changes only with the proof of a commit.

use std::ops::Deref;

/// The proof that a transaction was committed. Only the writer makes one.
#[derive(Debug)]
pub struct Receipt(());

impl Receipt {
    pub(crate) const fn new() -> Self {
        Self(())
    }
}

/// The result of a job, with the proof that the job was committed.
#[derive(Debug)]
pub struct Committed<T> {
    /// The result.
    pub value: T,
    /// The proof.
    pub receipt: Receipt,
}

/// A copy of something in the store, for an owner that reads it often.
///
/// It can be read by anybody and changed by no one without a [`Receipt`], so that memory is never
/// ahead of the disk.
///
/// ```
/// # use weft_store::{Mirror, Open, StoreError, Writer, WriterOptions};
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("store.db");
/// # let writer = Writer::open(&path, Open::Create, WriterOptions::default(),
/// #     |db| Ok(db.execute_batch("CREATE TABLE line (text TEXT NOT NULL) STRICT")?))?;
/// let mut lines = Mirror::read(0);
/// let written = writer.commit_blocking(|db| -> Result<usize, StoreError> {
///     Ok(db.execute("INSERT INTO line VALUES ('kia ora')", [])?)
/// })?;
/// *lines.after(&written.receipt) += written.value;
/// assert_eq!(*lines, 1);
/// # Ok::<_, StoreError>(())
/// ```
#[derive(Debug, Default)]
pub struct Mirror<T>(T);

impl<T> Mirror<T> {
    /// Holds what was just read from the store.
    pub const fn read(value: T) -> Self {
        Self(value)
    }

    /// Returns the copy, to bring it in line with what was committed.
    pub const fn after(&mut self, _: &Receipt) -> &mut T {
        &mut self.0
    }
}

impl<T> Deref for Mirror<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
