//! Every limit of the node, with its unit, and the layout of its data directory.

use std::time::Duration;

use weft_host::data_dir::Layout;

/// The layout of the data directory.
pub(crate) const LAYOUT: Layout = Layout {
    program: "weft-node",
    holds: "node",
    begin: "Join with an invite (weft-node join INVITE, or weft-node open for a page)",
    files: &["device.key", "node.db"],
    movable: &[],
    version: 1,
};
/// Changes replayed from the log before a document's snapshot is written again.
pub(crate) const SNAPSHOT_CHANGES_MAX: u64 = 500;
/// Documents kept in memory. Beyond this, the least recently used are dropped and read again later.
pub(crate) const DOCUMENTS_LOADED_MAX: usize = 128;
/// Approximate bytes that they may take together. A single larger document stays until another is
/// needed.
pub(crate) const DOCUMENTS_LOADED_BYTES_MAX: u64 = 24 << 20;
/// Requests waiting for the node's single owner.
pub(crate) const EVENTS_QUEUED_MAX: usize = 1_024;
/// Bytes of a file with recovery words.
pub(crate) const WORDS_FILE_BYTES_MAX: u64 = 4 << 10;
/// Bytes of one file of an export that is checked: a full log of a full location, as text.
pub(crate) const EXPORT_FILE_BYTES_MAX: u64 = 1 << 30;
/// Observations in one entry of an import.
pub(crate) const IMPORT_ROWS_PER_ENTRY: usize = 400;
/// Bytes of these, keys and notes included. An entry holds a good deal more on the wire.
pub(crate) const IMPORT_BYTES_PER_ENTRY: u64 = 160 << 10;
/// Number of times that an import begins again because something changed meanwhile. After that,
/// nothing else is served until it is done.
pub(crate) const IMPORT_TRIES_MAX: usize = 3;
/// Bytes of an imported file.
pub(crate) const IMPORT_BYTES_MAX: usize = weft_tables::limits::FILE_BYTES_MAX;
/// Imports that can be taken back, the latest ones.
pub(crate) const IMPORTS_KEPT_MAX: usize = 50;
/// Plans of columns that are remembered, the latest first.
pub(crate) const PLANS_REMEMBERED_MAX: usize = 64;
/// Percentage of its nearest limit to which a document of a year's values is filled before new keys
/// go into a further part of the year. The rest is for corrections.
pub(crate) const DOCUMENT_FILL_PERCENT: u64 = 75;
/// Insights in one document. The next ones go into another document.
pub(crate) const INSIGHTS_PER_DOCUMENT: usize = 25;
/// Initiatives in one plan document.
pub(crate) const INITIATIVES_PER_DOCUMENT: usize = 25;
/// Bytes of a device's name.
pub(crate) const DEVICE_NAME_BYTES_MAX: usize = 64;
/// Maximum time for one exchange with the hub before it counts as unreachable.
pub(crate) const EXCHANGE_MAX: Duration = Duration::from_secs(60);
/// Interval at which documents that have grown are tidied away to disk.
pub(crate) const TIDY_INTERVAL: Duration = Duration::from_secs(60);
/// Orders waiting for the link.
pub(crate) const ORDERS_QUEUED_MAX: usize = 256;
/// Events of a session waiting for the node.
pub(crate) const SESSION_EVENTS_MAX: usize = 4_096;
/// Longest wait, in milliseconds, that a caller of a busy hub waits with the link.
pub(crate) const BUSY_WAIT_MS_MAX: u64 = 15_000;
/// Number of such waits in a row, after which the caller hears of it.
pub(crate) const BUSY_TRIES_MAX: u32 = 3;
/// Maximum number of times that a roster operation is signed again because another was first, while
/// nothing new comes.
pub(crate) const ROSTER_TRIES_MAX: u32 = 5;
/// Wait for news of the change before signing again, times the tries so far.
pub(crate) const ROSTER_RETRY_WAIT: Duration = Duration::from_millis(200);
/// Maximum time for a session to end after it was hung up.
pub(crate) const SESSION_END_MAX: Duration = Duration::from_secs(5);
/// Maximum time for a hub to show the other work that it claims to hold of this device.
pub(crate) const FORK_EVIDENCE_WAIT: Duration = Duration::from_secs(5);
/// Maximum time for a hub to send what is new in its ledger of reads; an older one never does.
pub(crate) const READS_ANSWER_WAIT: Duration = Duration::from_secs(3);
/// Wait before it is asked again within one conversation.
pub(crate) const READS_ASK_WAIT: Duration = Duration::from_secs(600);
/// Longest wait before the hub is tried again, in milliseconds.
pub(crate) const RETRY_DELAY_MS_MAX: u64 = weft_shared::wire::limits::RETRY_MS_MAX;
/// Wait before a hub that refused this device's log is offered the same again.
pub(crate) const UNTAKEN_RETRY_WAIT: Duration = Duration::from_millis(RETRY_DELAY_MS_MAX);
/// Clock error beyond which a person hears of it, in milliseconds.
pub(crate) const CLOCK_OFF_MS_MAX: i64 = 10 * 60 * 1_000;
/// Offset from UTC of the first time zone to begin a day, in milliseconds.
pub(crate) const EARLIEST_ZONE_MS: i64 = 14 * 60 * 60 * 1_000;
/// Interval of keep-alive packets while the node runs.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Bytes of entries read into their documents at once after a crash.
pub(crate) const DERIVE_BYTES_AIM: usize = 1 << 20;
/// Changes waiting on disk that are read into their documents at once.
pub(crate) const BACKLOG_CHANGES_MAX: u64 = 16_384;
/// Operations waiting in the same way.
pub(crate) const BACKLOG_OPS_MAX: u64 = 32_768;
/// Bytes of waiting changes, unpacked.
pub(crate) const BACKLOG_BYTES_MAX: u64 = 4 << 20;
/// Quiet time after the last event before the backlog is read.
pub(crate) const BACKLOG_QUIET: Duration = Duration::from_millis(5);
/// Wait before checking again for another event.
pub(crate) const BACKLOG_STEP: Duration = Duration::from_millis(1);
/// Maximum number of indicators of a location's own.
pub(crate) const OWN_INDICATORS_MAX: usize = 500;
