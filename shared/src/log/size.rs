//! The size of a document. A program that derives it holds all of it in memory, so it has limits.

use std::ops::AddAssign;

use super::entry::Run;
use crate::wire::limits::{DOCUMENT_CHANGES_MAX, DOCUMENT_OPS_MAX, DOCUMENT_RAW_BYTES_MAX};

/// Fill level from which `doctor` warns, in hundredths of the nearest limit.
pub const DOCUMENT_WARN_PERCENT: u64 = 50;

/// Totals over the entries of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DocumentSize {
    /// Size of its changes, uncompressed.
    pub raw_bytes: u64,
    /// Number of operations.
    pub operations: u64,
    /// Number of changes.
    pub changes: u64,
}

impl DocumentSize {
    /// Whether a document of this size is within its limits.
    pub const fn fits(&self) -> bool {
        self.raw_bytes <= DOCUMENT_RAW_BYTES_MAX
            && self.operations <= DOCUMENT_OPS_MAX
            && self.changes <= DOCUMENT_CHANGES_MAX
    }

    /// Fill level in hundredths of the nearest limit; more than 100 if it is past one.
    pub fn percent_full(&self) -> u64 {
        let of = |held: u64, most: u64| held.saturating_mul(100) / most;
        of(self.raw_bytes, DOCUMENT_RAW_BYTES_MAX)
            .max(of(self.operations, DOCUMENT_OPS_MAX))
            .max(of(self.changes, DOCUMENT_CHANGES_MAX))
    }
}

impl From<&Run> for DocumentSize {
    fn from(run: &Run) -> Self {
        Self {
            raw_bytes: run.raw_len.into(),
            operations: run.n_ops.into(),
            changes: run.n_changes.into(),
        }
    }
}

impl AddAssign for DocumentSize {
    fn add_assign(&mut self, more: Self) {
        self.raw_bytes = self.raw_bytes.saturating_add(more.raw_bytes);
        self.operations = self.operations.saturating_add(more.operations);
        self.changes = self.changes.saturating_add(more.changes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_as_full_as_its_nearest_limit() {
        let full = DocumentSize {
            raw_bytes: DOCUMENT_RAW_BYTES_MAX,
            operations: DOCUMENT_OPS_MAX,
            changes: DOCUMENT_CHANGES_MAX,
        };
        assert!(full.fits());
        assert_eq!(full.percent_full(), 100);
        for more in [(1, 0, 0), (0, 1, 0), (0, 0, 1)] {
            let mut past = full;
            past += DocumentSize {
                raw_bytes: more.0,
                operations: more.1,
                changes: more.2,
            };
            assert!(!past.fits(), "{more:?}");
        }
        let half = DocumentSize {
            operations: DOCUMENT_OPS_MAX / 2,
            ..DocumentSize::default()
        };
        assert_eq!(half.percent_full(), 50);
        assert_eq!(DocumentSize::default().percent_full(), 0);
    }
}
