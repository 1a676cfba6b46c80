//! The three encodings of a column, read one row at a time and never expanded.
//!
//! ```text
//! runs    count > 0: one item, repeated; count < 0: -count items; count 0: uleb nulls
//! deltas  runs of signed numbers, each added to the one before, from 0
//! flags   ulebs: so many false, so many true, so many false, ...
//! ```

use super::{ScanError, reader::Reader};
use crate::wire::limits::{CHANGE_KEY_BYTES_MAX, OP_COUNTER_MAX};

/// An item of a column of runs.
pub(super) trait Item<'a>: Copy {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ScanError>;
}

impl<'a> Item<'a> for u64 {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ScanError> {
        reader.uleb()
    }
}

impl<'a> Item<'a> for i64 {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ScanError> {
        reader.sleb()
    }
}

impl<'a> Item<'a> for &'a str {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ScanError> {
        let bytes = reader.prefixed(CHANGE_KEY_BYTES_MAX, ScanError::Key)?;
        std::str::from_utf8(bytes).map_err(|_| ScanError::Key)
    }
}

/// A column of runs. A column that is left out holds only nulls.
#[derive(Clone, Copy)]
pub(super) struct Runs<'a, T> {
    rest: Reader<'a>,
    left: u64,
    run: Run<T>,
    absent: bool,
}

#[derive(Clone, Copy)]
enum Run<T> {
    Nulls,
    Same(T),
    Each,
}

impl<'a, T: Item<'a>> Runs<'a, T> {
    /// The column with these bytes; an empty one counts as left out.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: Reader(bytes),
            left: 0,
            run: Run::Nulls,
            absent: bytes.is_empty(),
        }
    }

    /// The item of the next row; `None` is a null.
    pub(super) fn next(&mut self) -> Result<Option<T>, ScanError> {
        if self.absent {
            return Ok(None);
        }
        if self.left == 0 {
            self.begin_run()?;
        }
        self.left -= 1;
        match self.run {
            Run::Nulls => Ok(None),
            Run::Same(item) => Ok(Some(item)),
            Run::Each => T::read(&mut self.rest).map(Some),
        }
    }

    fn begin_run(&mut self) -> Result<(), ScanError> {
        if self.rest.0.is_empty() {
            return Err(ScanError::Rows);
        }
        let count = self.rest.sleb()?;
        (self.left, self.run) = match count {
            0 => (self.rest.uleb()?, Run::Nulls),
            1.. => (count.unsigned_abs(), Run::Same(T::read(&mut self.rest)?)),
            ..0 => (count.unsigned_abs(), Run::Each),
        };
        if self.left == 0 {
            return Err(ScanError::Rows);
        }
        Ok(())
    }

    /// Whether every row was read.
    pub(super) const fn is_used_up(&self) -> bool {
        self.left == 0 && self.rest.0.is_empty()
    }
}

/// A column of counters, each stored as the difference from the one before.
#[derive(Clone, Copy)]
pub(super) struct Deltas<'a> {
    runs: Runs<'a, i64>,
    counter: u64,
}

impl<'a> Deltas<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            runs: Runs::new(bytes),
            counter: 0,
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<u64>, ScanError> {
        let Some(delta) = self.runs.next()? else {
            return Ok(None);
        };
        let counter = self.counter.checked_add_signed(delta);
        let counter = counter.filter(|counter| *counter <= OP_COUNTER_MAX);
        self.counter = counter.ok_or(ScanError::Reference)?;
        Ok(Some(self.counter))
    }

    pub(super) const fn is_used_up(&self) -> bool {
        self.runs.is_used_up()
    }
}

/// A column of booleans. A column that is left out holds only false.
#[derive(Clone, Copy)]
pub(super) struct Flags<'a> {
    rest: Reader<'a>,
    left: u64,
    value: bool,
    /// No run has been read yet: only the first, of false, may be empty.
    fresh: bool,
    absent: bool,
}

impl<'a> Flags<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: Reader(bytes),
            left: 0,
            value: true,
            fresh: true,
            absent: bytes.is_empty(),
        }
    }

    pub(super) fn next(&mut self) -> Result<bool, ScanError> {
        if self.absent {
            return Ok(false);
        }
        while self.left == 0 {
            if self.rest.0.is_empty() {
                return Err(ScanError::Rows);
            }
            self.left = self.rest.uleb()?;
            self.value = !self.value;
            if self.left == 0 && !self.fresh {
                return Err(ScanError::Rows);
            }
            self.fresh = false;
        }
        self.left -= 1;
        Ok(self.value)
    }

    pub(super) const fn is_used_up(&self) -> bool {
        self.left == 0 && self.rest.0.is_empty()
    }
}
