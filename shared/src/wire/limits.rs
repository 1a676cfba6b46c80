//! Every limit of the protocol, with its unit in its name.
//!
//! Both ends hold them: a sender keeps within them, a receiver refuses what exceeds them.

/// Bytes of one frame, its type included and its length prefix not.
pub const FRAME_BYTES_MAX: usize = 1 << 20;
/// Bytes of everything that a device may say before it is known.
pub const JOIN_BYTES_MAX: usize = 4 << 10;
/// Bytes of a HELLO.
pub const HELLO_BYTES_MAX: usize = 16 << 10;
/// Milliseconds within which the first message, and the answer to it, must arrive.
pub const HANDSHAKE_MS_MAX: i64 = 10_000;

/// Body bytes a sender may have in flight before the first CREDIT.
pub const CREDIT_BYTES_START: u32 = 256 << 10;
/// Body bytes a receiver may grant in all; a greater grant is misbehaviour.
pub const CREDIT_BYTES_MAX: u32 = 16 << 20;
/// Body bytes of one ENTRIES; no more than the credit at start, or a batch could never be sent.
pub const BATCH_BYTES_MAX: u32 = CREDIT_BYTES_START;
/// Body bytes a sender asks its store for at a time, so that several batches are in flight.
pub const BATCH_BYTES_AIM: u32 = 64 << 10;
/// Entries of one ENTRIES.
pub const BATCH_ENTRIES_MAX: usize = 2_048;
/// Bytes of one ENTRIES that are not bodies: hashes, moments, document names.
pub const BATCH_OVERHEAD_BYTES_MAX: usize = 512 << 10;
/// Body bytes of one entry on the wire.
pub const ENTRY_BYTES_MAX: u32 = 256 << 10;
/// Bytes of one blob: the words of an insight.
pub const BLOB_BYTES_MAX: usize = 64 << 10;
/// Documents in the table of one session and direction.
pub const SESSION_DOCUMENTS_MAX: usize = 20_000;
/// Frames a receiver keeps while it waits for its own store.
pub const INBOX_FRAMES_MAX: usize = 20_000;
/// Bytes a receiver keeps while it waits for its own store.
pub const INBOX_BYTES_MAX: usize = 4 * FRAME_BYTES_MAX + CREDIT_BYTES_MAX as usize;

/// Logs one location may have: devices ever added, sealed ones included.
pub const LOGS_MAX: usize = 512;
/// Roster operations of one ROSTER.
pub const ROSTER_OPERATIONS_MAX: usize = 512;
/// Bytes of one encoded roster operation.
pub const ROSTER_OPERATION_BYTES_MAX: usize = 1 << 10;
/// Bytes of a text for people: a notice, a name, the words of a refusal.
pub const TEXT_BYTES_MAX: usize = 1 << 10;

/// Live entries a device may send in a row.
pub const LIVE_ENTRIES_BURST: u32 = 5_000;
/// Live entries a device may send each minute, once its burst is spent.
pub const LIVE_ENTRIES_PER_MINUTE: u32 = 600;

/// Milliseconds without any frame after which an end that waits for an answer asks for a sign of
/// life.
pub const QUIET_MS_MAX: i64 = 20_000;
/// Milliseconds within which a PING must be answered.
pub const PING_MS_MAX: i64 = 20_000;
/// Milliseconds before the first new attempt after a failure.
pub const RETRY_MS_MIN: u64 = 1_000;
/// Milliseconds before a new attempt, however often it failed.
pub const RETRY_MS_MAX: u64 = 15 * 60 * 1_000;
/// Times one entry is sent again on the same refusal before its log waits for news.
pub const RESENDS_MAX: u8 = 3;

const _: () = assert!(JOIN_BYTES_MAX < FRAME_BYTES_MAX);
const _: () = assert!(HELLO_BYTES_MAX < FRAME_BYTES_MAX);
const _: () = assert!(BATCH_BYTES_MAX <= CREDIT_BYTES_START);
const _: () = assert!(CREDIT_BYTES_START <= CREDIT_BYTES_MAX);
const _: () = assert!(ENTRY_BYTES_MAX <= BATCH_BYTES_MAX);
const _: () = assert!(BLOB_BYTES_MAX < CREDIT_BYTES_START as usize);
const _: () =
    assert!(BATCH_BYTES_MAX as usize + BATCH_OVERHEAD_BYTES_MAX + (16 << 10) < FRAME_BYTES_MAX);
const _: () = assert!(ROSTER_OPERATIONS_MAX * ROSTER_OPERATION_BYTES_MAX < FRAME_BYTES_MAX);
const _: () = assert!(LOGS_MAX * 20 < HELLO_BYTES_MAX);
