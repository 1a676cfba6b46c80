//! Every limit of the hub, named with its unit.

use std::time::Duration;

use weft_shared::wire::limits::JOIN_MS_MAX;

/// A rollup waits so long for the entries acknowledged before it was asked.
pub const ROLLUP_WAIT_MS_MAX: u64 = 10_000;

/// Entries that the aggregation takes from the log at once.
pub(crate) const FOLD_ENTRIES_MAX: usize = 4_096;
/// Bytes of changes, unpacked, that the aggregation takes from the log at once.
pub(crate) const FOLD_BYTES_MAX: u64 = 1 << 20;
/// Operations of these entries: parsed, each takes up to 1 KiB.
pub(crate) const FOLD_OPS_MAX: u64 = 16_384;
/// Entries folded since the last save after which a document is saved anew, at least.
pub(crate) const TAIL_ENTRIES_MAX: usize = 256;
/// Documents that the aggregation keeps loaded.
pub(crate) const DOCUMENTS_LOADED_MAX: usize = 256;
/// Roughly how many bytes they may take together. One that takes more by itself stays until another
/// is needed.
pub(crate) const DOCUMENTS_LOADED_BYTES_MAX: u64 = 48 << 20;
/// Commands that wait for the owner.
pub(crate) const COMMANDS_WAITING_MAX: usize = 1_024;
/// Read-only connections.
pub(crate) const READERS: usize = 4;
/// Rows of the ledger that one answer shows.
pub const LEDGER_ROWS_MAX: u32 = 1_000;
/// A definitions file.
pub(crate) const DEFINITIONS_BYTES_MAX: usize = 1 << 20;
/// How long a connection waits for another one's lock.
pub(crate) const BUSY_WAIT_MAX: Duration = Duration::from_secs(5);
/// Statements that a connection of our own keeps prepared.
pub(crate) const STATEMENTS_CACHED_MAX: usize = 64;

/// Devices whose allowance is kept; beyond it, those that have not pushed lately are forgotten.
pub(crate) const ALLOWANCES_KEPT_MAX: usize = 16_384;
/// Connections of keys that stand in no roster: about to join, or not.
pub(crate) const STRANGERS_MAX: usize = 128;
/// How long a connection may stay without a session that was admitted.
pub(crate) const ADMISSION_TIME_MAX: Duration = Duration::from_millis(JOIN_MS_MAX.unsigned_abs());
