//! Every limit of the node, with its unit.

use std::time::Duration;

/// Changes replayed from the log before a document's snapshot is taken anew.
pub(crate) const SNAPSHOT_CHANGES_MAX: u64 = 500;
/// Documents that are kept in memory; beyond it, those untouched for longest are read again.
pub(crate) const DOCUMENTS_LOADED_MAX: usize = 128;
/// Roughly how many bytes they may take together. One that takes more by itself stays until another
/// is needed.
pub(crate) const DOCUMENTS_LOADED_BYTES_MAX: u64 = 24 << 20;
/// Requests that wait for the node's one owner.
pub(crate) const EVENTS_QUEUED_MAX: usize = 1_024;
/// Bytes of a file with recovery words.
pub(crate) const WORDS_FILE_BYTES_MAX: u64 = 4 << 10;
/// Bytes of one file of an export that is checked: a full log of a full location, as text.
pub(crate) const EXPORT_FILE_BYTES_MAX: u64 = 1 << 30;
/// Observations in one entry of an import.
pub(crate) const IMPORT_ROWS_PER_ENTRY: usize = 400;
/// Bytes of these, keys and notes included: an entry holds a good deal more on the wire.
pub(crate) const IMPORT_BYTES_PER_ENTRY: u64 = 160 << 10;
/// Bytes of a file that is imported.
pub(crate) const IMPORT_BYTES_MAX: usize = 64 << 20;
/// Rows of a file that is imported, its header not counted.
pub(crate) const IMPORT_ROWS_MAX: usize = 500_000;
/// How full a document of a year's values may be, in hundredths of its nearest limit, before new
/// keys go into a further part of the year: the rest is for corrections.
pub(crate) const DOCUMENT_FILL_PERCENT: u64 = 75;
/// Insights in one document; the next ones go into a document of their own.
pub(crate) const INSIGHTS_PER_DOCUMENT: usize = 25;
/// Initiatives in one plan document.
pub(crate) const INITIATIVES_PER_DOCUMENT: usize = 25;
/// Bytes of a device's name.
pub(crate) const DEVICE_NAME_BYTES_MAX: usize = 64;
/// How long a device invite may hold.
pub(crate) const INVITE_LIFE_MS_MAX: i64 = 7 * weft_shared::time::DAY_MS;
/// How long one exchange with the hub may take before it counts as unreachable.
pub(crate) const EXCHANGE_MAX: Duration = Duration::from_secs(60);
/// How often documents that have grown are tidied away to disk.
pub(crate) const TIDY_INTERVAL: Duration = Duration::from_secs(60);
/// Orders that wait for the link.
pub(crate) const ORDERS_QUEUED_MAX: usize = 256;
/// What a session has to say that waits for the node.
pub(crate) const SESSION_EVENTS_MAX: usize = 4_096;
/// How often a roster operation is signed anew because somebody else was first.
pub(crate) const ROSTER_TRIES_MAX: u32 = 5;
/// How long such a signing waits for news of what has changed, times the tries so far.
pub(crate) const ROSTER_RETRY_WAIT: Duration = Duration::from_millis(200);
/// How long a session that was hung up may take to end.
pub(crate) const SESSION_END_MAX: Duration = Duration::from_secs(5);
/// How long a hub that says it holds other work of this device may take to show it.
pub(crate) const FORK_EVIDENCE_WAIT: Duration = Duration::from_secs(5);
/// Longest wait before the hub is tried again, in milliseconds.
pub(crate) const RETRY_DELAY_MS_MAX: u64 = 15 * 60 * 1_000;
/// A clock that is off by more than this is worth a word, in milliseconds.
pub(crate) const CLOCK_OFF_MS_MAX: i64 = 10 * 60 * 1_000;
/// By how much the first time zone to begin a day is ahead of UTC, in milliseconds.
pub(crate) const EARLIEST_ZONE_MS: i64 = 14 * 60 * 60 * 1_000;
/// How often the connection shows that it is alive while the node runs.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Bytes of entries read into their documents at once after a crash.
pub(crate) const DERIVE_BYTES_AIM: usize = 1 << 20;
/// Changes that wait on disk to be read into their documents at once.
pub(crate) const BACKLOG_CHANGES_MAX: u64 = 16_384;
/// Operations that wait so.
pub(crate) const BACKLOG_OPS_MAX: u64 = 32_768;
/// Bytes of changes, unpacked, that wait so.
pub(crate) const BACKLOG_BYTES_MAX: u64 = 4 << 20;
/// How long nothing more must come before what waits is read.
pub(crate) const BACKLOG_QUIET: Duration = Duration::from_millis(5);
/// How long to wait before looking again whether more comes.
pub(crate) const BACKLOG_STEP: Duration = Duration::from_millis(1);
