//! Every limit of the protocol, named with its unit and checked against others by the compiler.
//!
//! The numbers are those of PROTOCOL.md. A peer that exceeds one gets a refusal, never a panic.

/// The minor version of the protocol that this code speaks.
pub const VERSION: u8 = 1;
/// The oldest minor version that it understands.
pub const VERSION_MIN: u8 = 1;
/// Its capabilities beyond that version, as bits of HELLO.
pub const CAPABILITIES: u32 = 0;
/// The bits of capabilities that the other end must have too.
pub const CAPABILITIES_NEEDED: u32 = 0xffff_0000;

/// One frame, without its length.
pub const FRAME_BYTES_MAX: usize = 1 << 20;
/// A JOIN frame: the only message from an unknown key.
pub const JOIN_BYTES_MAX: usize = 4 << 10;
/// Maximum time for an unknown key to send it, and for any first message to be answered.
pub const JOIN_MS_MAX: i64 = 10_000;
/// A HELLO frame.
pub const HELLO_BYTES_MAX: usize = 16 << 10;

/// Rows in one READS.
pub const READS_ROWS_MAX: usize = 256;
/// Bytes of their texts. The hub cuts a text of a row at [`READ_TEXT_BYTES_MAX`].
pub const READS_BYTES_MAX: usize = 512 << 10;
/// One proof about a release: with the rows it fits in a frame. The hub sends no longer one.
pub const PROOF_BYTES_MAX: usize = 384 << 10;
/// The national team's view of a location: a READS has it or a proof.
pub const SEEN_BYTES_MAX: usize = PROOF_BYTES_MAX;
/// One text of a row in the ledger of reads.
pub const READ_TEXT_BYTES_MAX: usize = 2 << 10;

/// The bodies of one entry as sent.
pub const ENTRY_WIRE_BYTES_MAX: usize = 256 << 10;
/// The bodies of one entry, inflated.
pub const ENTRY_RAW_BYTES_MAX: usize = 1 << 20;
/// Changes in one entry, over all its runs.
pub const ENTRY_CHANGES_MAX: u32 = 1_000;
/// Operations in one entry, over all its runs.
pub const ENTRY_OPS_MAX: u32 = 20_000;
/// Runs in one entry: the documents that one save touches. This limits the header, which is kept
/// even if the bodies are refused.
pub const ENTRY_RUNS_MAX: usize = 128;
/// The name of a document, such as `observations/2026`.
pub const DOC_NAME_BYTES_MAX: usize = 128;
/// One run, inflated.
pub const RUN_RAW_BYTES_MAX: usize = ENTRY_RAW_BYTES_MAX;
/// Maximum ratio of a body's inflated size to its own size.
pub const INFLATE_RATIO_MAX: usize = 64;

/// Team keys that one sealed run gives to devices.
pub const RUN_GRANTS_MAX: usize = 1_024;
/// Blobs that one sealed run has deleted.
pub const RUN_FORGETS_MAX: usize = 1_024;

/// Operations in one change.
pub const CHANGE_OPS_MAX: u32 = 10_000;
/// Changes that one change may name as its direct predecessors.
pub const CHANGE_DEPS_MAX: usize = 64;
/// Actors that one change may name besides its own.
pub const CHANGE_ACTORS_MAX: usize = 5_000;
/// Operations replaced by the operations of one change, in total.
pub const CHANGE_PREDS_MAX: u64 = 40_000;
/// Values under one key that a change may see there once it has put one: its own. Edits through
/// Automerge always replace all that they see. Only changes that have not seen each other leave
/// more, so a key has at most one value for each actor. A larger number would multiply by the 256
/// actors of a device, and whatever reads a key reads all its values.
pub const KEY_VALUES_SEEN_MAX: usize = 1;
/// A key in a map, or the name of a mark.
pub const CHANGE_KEY_BYTES_MAX: usize = 4 << 10;
/// All keys and names of marks in one change, counting each repetition by its operations.
pub const CHANGE_TEXT_BYTES_MAX: usize = 4 << 20;
/// One text, or other bytes, written by an operation: as much as one entry carries. The longest
/// that honest devices write is a definition with long lists of breakdowns, or a location with many
/// areas. Text that people type has shorter limits, which apply when documents are read.
pub const CHANGE_VALUE_BYTES_MAX: usize = 256 << 10;
/// The message of a change.
pub const CHANGE_MESSAGE_BYTES_MAX: usize = 256;
/// The greatest number of an operation; Automerge panics near the top of its range.
pub const OP_COUNTER_MAX: u64 = 500_000;

/// Documents of one location.
pub const LOCATION_DOCUMENTS_MAX: usize = 5_000;
/// Bytes that a hub stores of one location: headers, bodies and blobs.
pub const LOCATION_BYTES_MAX: u64 = 256 << 20;
/// The last part of those bytes, which takes only headers: entries without their bodies. After that
/// the log ends.
pub const LOCATION_HEADERS_BYTES_MAX: u64 = 16 << 20;
/// Quarters of a location's documents and bytes that the device of one member may fill.
pub const MEMBER_SHARE_QUARTERS: u64 = 1;
/// Quarters after which members may store no more; the rest is for admins.
pub const MEMBERS_SHARE_QUARTERS: u64 = 3;
/// Bytes of the changes of one document, uncompressed: every replica that derives it holds it in
/// memory. A full year continues in a further document.
pub const DOCUMENT_RAW_BYTES_MAX: u64 = 8 << 20;
/// Operations in one document, and the greatest number of one. Operations stored under an earlier,
/// higher limit are still read, up to [`OP_COUNTER_MAX`].
pub const DOCUMENT_OPS_MAX: u64 = 250_000;
/// Changes in one document: 50,000 take 56 MB to load, 500,000 take 518 MB.
pub const DOCUMENT_CHANGES_MAX: u64 = 50_000;
/// Devices of one location that are not revoked.
pub const DEVICES_LIVE_MAX: usize = crate::identity::DEVICES_LIVE_MAX;

/// Sessions that one device may hold at once.
pub const DEVICE_SESSIONS_MAX: usize = 4;
/// Handshakes that a hub processes at once.
pub const HANDSHAKES_MAX: usize = 512;
/// Live entries of one device that a hub accepts per minute in the long run.
pub const LIVE_ENTRIES_PER_MINUTE: u64 = 600;
/// Live entries of one device that a hub accepts at once after a quiet time.
pub const LIVE_ENTRIES_BURST: u64 = 5_000;
/// Entries above those held here that HELLO may announce as a backlog, which costs no tokens.
pub const BACKLOG_ENTRIES_MAX: u64 = 200_000;
/// Body bytes that a sender may have in flight when a session begins.
pub const CREDIT_BYTES_START: usize = 256 << 10;

/// Total body bytes that a receiver may grant; a greater grant is misbehaviour.
pub const CREDIT_BYTES_MAX: usize = 16 << 20;
/// The bodies of one ENTRIES: at most the initial credit, or a batch could never be sent.
pub const BATCH_BYTES_MAX: usize = CREDIT_BYTES_START;
/// Bytes that a sender requests from its store at a time, so that several batches are in flight.
pub const BATCH_BYTES_AIM: usize = 64 << 10;
/// Batches of one log that a sender has in flight. Entries saved in the meantime are sent together
/// under one signature, instead of waiting in a queue at the receiver.
pub const BATCHES_IN_FLIGHT_MAX: usize = 4;
/// Entries in one ENTRIES.
pub const BATCH_ENTRIES_MAX: usize = 2_048;
/// Codes of voided entries in one ACK.
pub const ACK_VOIDS_MAX: usize = 32_768;
/// Bytes of one ENTRIES besides bodies: hashes, timestamps, names, headers of voided entries.
pub const BATCH_OVERHEAD_BYTES_MAX: usize = 512 << 10;
/// One blob: the words of an insight, and what sealing adds to them.
pub const BLOB_BYTES_MAX: usize = (64 << 10) + 128;
/// Blobs that a log may send ahead of the entries that name them.
pub const BLOBS_AHEAD_BYTES_MAX: u64 = 4 << 20;
/// Minimum size that such a blob counts for.
pub const BLOB_BYTES_COUNTED_MIN: u64 = 1 << 10;
/// Documents in the table of one session and direction.
pub const SESSION_DOCUMENTS_MAX: usize = 4 * LOCATION_DOCUMENTS_MAX;
/// Bytes that a receiver keeps while it waits for its own store.
pub const INBOX_BYTES_MAX: usize = 4 * FRAME_BYTES_MAX + CREDIT_BYTES_MAX;
/// Bytes that all sessions of a process may keep in this way together. Above it no credit is
/// granted; earlier credit may still be used, up to [`CREDIT_BYTES_START`] for each session.
pub const INBOXES_BYTES_MAX: usize = 32 << 20;
/// Time until a session that waits for room there asks again.
pub const INBOXES_WAIT_MS: i64 = 100;

/// Logs of one location in one HELLO: all devices ever added.
pub const LOGS_MAX: usize = 512;
/// Roster operations in one ROSTER.
pub const ROSTER_PART_OPERATIONS_MAX: usize = 256;
/// A text for people: a notice, a name, or the text of a refusal.
pub const TEXT_BYTES_MAX: usize = 1 << 10;

/// Maximum silence while an answer is due, before the waiting end sends a PING.
pub const QUIET_MS_MAX: i64 = 20_000;
/// Maximum time until a PING is answered.
pub const PING_MS_MAX: i64 = 20_000;
/// Delay before the first new attempt after a failure.
pub const RETRY_MS_MIN: u64 = 1_000;
/// Maximum delay before a new attempt, regardless of the number of failures.
pub const RETRY_MS_MAX: u64 = 15 * 60 * 1_000;
/// Maximum resends of one entry after the same refusal, before its log waits for news.
pub const RESENDS_MAX: u8 = 3;

const _: () = assert!(VERSION_MIN <= VERSION);
const _: () = assert!(JOIN_BYTES_MAX < FRAME_BYTES_MAX);
const _: () = assert!(ENTRY_WIRE_BYTES_MAX < FRAME_BYTES_MAX);
const _: () = assert!(
    ENTRY_WIRE_BYTES_MAX <= CREDIT_BYTES_START,
    "an entry of the greatest size must be able to leave with the first credit"
);
const _: () = assert!(
    ENTRY_RUNS_MAX * (DOC_NAME_BYTES_MAX + 96) < ENTRY_WIRE_BYTES_MAX,
    "a header stays small beside the bodies"
);
const _: () = assert!(RUN_RAW_BYTES_MAX <= ENTRY_RAW_BYTES_MAX);
const _: () = assert!(ENTRY_RAW_BYTES_MAX as u64 <= DOCUMENT_RAW_BYTES_MAX);
const _: () = assert!(
    ENTRY_RAW_BYTES_MAX <= u32::MAX as usize,
    "lengths travel as u32"
);
const _: () = assert!(CHANGE_OPS_MAX <= ENTRY_OPS_MAX);
const _: () = assert!(CHANGE_OPS_MAX as u64 <= CHANGE_PREDS_MAX);
const _: () = assert!(
    CHANGE_TEXT_BYTES_MAX >= 2 * RUN_RAW_BYTES_MAX,
    "a change that deletes each key and puts it again names each twice"
);
const _: () = assert!(CHANGE_KEY_BYTES_MAX < CHANGE_VALUE_BYTES_MAX);
const _: () = assert!(CHANGE_VALUE_BYTES_MAX <= RUN_RAW_BYTES_MAX);
const _: () = assert!(CHANGE_VALUE_BYTES_MAX <= ENTRY_WIRE_BYTES_MAX);
const _: () = assert!(ENTRY_OPS_MAX as u64 <= OP_COUNTER_MAX);
const _: () = assert!(DOCUMENT_OPS_MAX <= OP_COUNTER_MAX);
const _: () = assert!(ENTRY_OPS_MAX as u64 <= DOCUMENT_OPS_MAX);
const _: () = assert!(ENTRY_CHANGES_MAX as u64 <= DOCUMENT_CHANGES_MAX);
const _: () = assert!(
    OP_COUNTER_MAX < u32::MAX as u64,
    "Automerge keeps counters in 32 bits"
);
const _: () = assert!(DOCUMENT_RAW_BYTES_MAX <= LOCATION_BYTES_MAX);
const _: () = assert!(MEMBER_SHARE_QUARTERS <= MEMBERS_SHARE_QUARTERS);
const _: () = assert!(MEMBERS_SHARE_QUARTERS < 4, "some of the room is for admins");
const _: () = assert!(
    LOCATION_BYTES_MAX.is_multiple_of(4) && LOCATION_HEADERS_BYTES_MAX.is_multiple_of(4),
    "a quarter is whole"
);
const _: () = assert!(INBOX_BYTES_MAX < INBOXES_BYTES_MAX);
const _: () = assert!(LIVE_ENTRIES_PER_MINUTE <= LIVE_ENTRIES_BURST);
const _: () = assert!(HELLO_BYTES_MAX < FRAME_BYTES_MAX);
const _: () = assert!(LOGS_MAX * 20 < HELLO_BYTES_MAX);
const _: () = assert!(
    READS_BYTES_MAX + READS_ROWS_MAX * 96 + PROOF_BYTES_MAX + (4 << 10) < FRAME_BYTES_MAX,
    "rows with a proof, or with what is seen, fit a frame"
);
const _: () = assert!(SEEN_BYTES_MAX <= PROOF_BYTES_MAX);
const _: () = assert!(ACK_VOIDS_MAX * 12 + 64 < FRAME_BYTES_MAX);
const _: () = assert!(BATCH_BYTES_MAX <= CREDIT_BYTES_START);
const _: () = assert!(BATCH_BYTES_AIM <= BATCH_BYTES_MAX);
const _: () = assert!(CREDIT_BYTES_START <= CREDIT_BYTES_MAX);
const _: () = assert!(BLOB_BYTES_MAX < CREDIT_BYTES_START);
const _: () = assert!(
    (BATCH_BYTES_AIM + BLOB_BYTES_MAX) as u64 <= BLOBS_AHEAD_BYTES_MAX,
    "the blobs of one batch may come ahead of it"
);
const _: () = assert!(ENTRY_WIRE_BYTES_MAX <= BATCH_BYTES_MAX);
const _: () = assert!(
    BATCH_BYTES_MAX + BATCH_OVERHEAD_BYTES_MAX + (64 << 10) < FRAME_BYTES_MAX,
    "a batch that keeps its own limits fits a frame"
);
