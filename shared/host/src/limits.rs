//! The limits of this crate, with their units.

use std::time::Duration;

use weft_shared::wire::limits::{
    BATCH_BYTES_MAX, BATCH_OVERHEAD_BYTES_MAX, FRAME_BYTES_MAX, HANDSHAKES_MAX,
};

/// Maximum time a second process waits for a short command that holds the data directory.
pub const LOCK_WAIT_MAX: Duration = Duration::from_secs(5);
/// Interval at which it tries again.
pub const LOCK_POLL_INTERVAL: Duration = Duration::from_millis(25);

/// Room below which a disk counts as full: what nodes send comes in pieces of this size.
pub const DISK_ROOM_BYTES_MIN: usize = 1 << 20;

/// Size of the configuration file.
pub const CONFIG_BYTES_MAX: u64 = 64 << 10;
/// Size of a secret file, such as a key.
pub const SECRET_BYTES_MAX: u64 = 64 << 10;

/// One command handed to the running program: arguments, directory and environment.
pub const CONTROL_CALL_BYTES_MAX: usize = 256 << 10;
/// Output of such a command that has not been taken yet. Beyond that, the command waits.
pub const CONTROL_OUTPUT_BYTES_MAX: usize = 1 << 20;
/// One piece of such output.
pub const CONTROL_PIECE_BYTES_MAX: usize = 64 << 10;
/// Commands that the running program serves at once.
pub const CONTROL_CALLS_MAX: usize = 16;
/// Interval at which the running program shows that it is working on a command.
pub const CONTROL_PULSE_INTERVAL: Duration = Duration::from_secs(2);
/// Maximum silence of a running program before a command gives up on it.
pub const CONTROL_SILENCE_MAX: Duration = Duration::from_secs(15);
/// Maximum time the running program waits for an answer to a question.
pub const CONTROL_ANSWER_WAIT_MAX: Duration = Duration::from_secs(600);

/// Body of a request to a page.
pub const PAGE_BODY_BYTES_MAX: usize = 16 << 20;
/// Body of a request where strangers write: a few fields, and the answer of a passkey.
pub const PAGE_FORM_BYTES_MAX: usize = 64 << 10;
/// Maximum time for such a body to arrive.
pub const PAGE_FORM_TIME_MAX: Duration = Duration::from_secs(5);
/// Such bodies that arrive at once from one address. An office shares an address.
pub const PAGE_FORMS_OF_AN_ADDRESS_MAX: usize = 16;
/// Body that counts as large: it is held in memory until it has arrived whole.
pub const PAGE_LARGE_BODY_BYTES_MIN: u64 = 256 << 10;
/// Large bodies that are received at once.
pub const PAGE_LARGE_BODIES_MAX: usize = 4;
/// Body that is read to its end although it is too large, so that the answer arrives.
pub const PAGE_DRAINED_BYTES_MAX: u64 = 1 << 30;
/// Maximum time without any of such a body, after which the answer is given.
pub const PAGE_DRAIN_SILENCE_MAX: Duration = Duration::from_millis(500);
/// Maximum time until a page begins its answer.
pub const PAGE_TIME_MAX: Duration = Duration::from_secs(60);
/// Connections to one loopback port at once.
pub const HTTP_CONNECTIONS_MAX: usize = 256;
/// Further ones, for programs of this computer that ask whether all is well; the others wait.
pub const HTTP_CONNECTIONS_KEPT: usize = 16;
/// Maximum time for the head of a request on one of those.
pub const HTTP_KEPT_HEADER_TIME_MAX: Duration = Duration::from_secs(1);
/// Maximum time for a request's head to arrive, and for a connection to be idle between requests.
pub const HTTP_HEADER_TIME_MAX: Duration = Duration::from_secs(10);
/// Maximum time for which a client takes nothing of its answer. An answer may hold a reader of the
/// store, and as long as that sees an old state, no page of it can be used again.
pub const HTTP_TAKE_TIME_MAX: Duration = Duration::from_secs(60);
/// Pause after the system cannot accept a connection.
pub const HTTP_ACCEPT_PAUSE: Duration = Duration::from_millis(500);
/// Maximum time that a command of the operator's takes.
pub const HOOK_TIME_MAX: Duration = Duration::from_secs(60);
/// Time that threads have to end once the program has done everything else.
pub const END_TIME_MAX: Duration = Duration::from_secs(5);
/// Interval at which it is asked whether it has ended.
pub const HOOK_POLL_INTERVAL: Duration = Duration::from_millis(20);
/// Times that a free port is looked for which both addresses of this computer have.
pub const PORT_TRIES_MAX: usize = 16;
/// Time for which a browser that opened a one-time link may come back without another one.
pub const PAGE_SESSION_TIME_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// One-time links to the pages that are open at once.
pub const LAUNCH_TOKENS_MAX: usize = 16;

/// Maximum time a node waits for a hub to answer. The first packet is repeated after 1, 3 and 7
/// seconds.
pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(8);
/// Maximum time a hub waits for a handshake to finish.
pub const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// Handshakes in flight from which on a hub makes strangers prove their address first.
pub const HANDSHAKES_UNPROVEN_MAX: usize = HANDSHAKES_MAX / 4;
/// Idle time after which a connection is dropped.
pub const IDLE_TIME_MAX: Duration = Duration::from_secs(30 * 60);
/// Maximum time until the packet that closes a connection has left.
pub const HANG_UP_TIME_MAX: Duration = Duration::from_millis(200);
/// Interval at which a caller looks whether it has.
pub const HANG_UP_POLL_INTERVAL: Duration = Duration::from_millis(1);
/// Streams that a peer may open on one connection: the session, and a second for backlogs.
pub const STREAMS_MAX: u32 = 2;
/// Bytes in flight towards a hub on one stream.
pub const HUB_STREAM_WINDOW_BYTES: u32 = 128 << 10;
/// Bytes in flight towards a hub on one connection, and from it.
pub const HUB_CONNECTION_WINDOW_BYTES: u32 = 256 << 10;
/// Bytes in flight towards a node, which has few connections.
pub const NODE_WINDOW_BYTES: u32 = 1 << 20;

/// Pages that listen for changes at once. A browser opens six at most to one host, so this is
/// several browsers.
pub const PAGE_LISTENERS_MAX: usize = 32;
/// Interval of a sign of life to a page that listens.
pub const PAGE_LISTENER_PULSE_INTERVAL: Duration = Duration::from_secs(15);

/// Bytes of one read from a stream.
pub const DRIVE_READ_BYTES_MAX: usize = 64 << 10;
/// Bytes of frames gathered before they are written to the stream.
pub const DRIVE_WRITE_BYTES_AIM: usize = 64 << 10;
/// Output that a peer has not read, from which on nothing is read from the peer either. More than
/// one full frame above what an honest end has in flight.
pub const DRIVE_UNREAD_BYTES_MAX: usize = 2 * FRAME_BYTES_MAX;
/// Maximum time a peer may leave more than that unread.
pub const DRIVE_UNREAD_TIME_MAX: Duration = Duration::from_secs(60);
/// Answers of the application that wait for the driver of a session.
pub const DRIVE_ANSWERS_MAX: usize = 4_096;
/// Maximum time an ended session waits until the peer has its last frames.
pub const DRIVE_FAREWELL_TIME_MAX: Duration = Duration::from_secs(2);

const _: () = assert!(
    BATCH_BYTES_MAX + BATCH_OVERHEAD_BYTES_MAX + FRAME_BYTES_MAX <= DRIVE_UNREAD_BYTES_MAX,
    "what the credit allows never stops the reading by itself"
);
const _: () = assert!(CONTROL_PULSE_INTERVAL.as_secs() * 5 < CONTROL_SILENCE_MAX.as_secs());
const _: () = assert!(CONTROL_PIECE_BYTES_MAX <= CONTROL_OUTPUT_BYTES_MAX);

/// Files of a backup.
pub const BACKUP_FILES_MAX: usize = 100_000;
/// The list of them.
pub const BACKUP_MANIFEST_BYTES_MAX: u64 = 32 << 20;
/// Names in the path of one.
pub const BACKUP_DEPTH_MAX: usize = 4;
/// Bytes of each name. The head of tar holds two of them.
pub const BACKUP_NAME_BYTES_MAX: usize = 64;
/// Bytes after the last file: two empty blocks, and what fills up.
pub const BACKUP_END_BYTES_MAX: u64 = 64 << 10;
/// Interval at which a program looks whether a backup is due.
pub const BACKUP_LOOK_INTERVAL: Duration = Duration::from_secs(60);
/// Time after an attempt that failed, in milliseconds.
pub const BACKUP_RETRY_MS: i64 = 60 * 60 * 1_000;
/// Files of words or of a passphrase.
pub const BACKUP_SECRET_BYTES_MAX: u64 = 4 << 10;
