//! Every limit of this crate, with its unit.

use std::time::Duration;

use weft_shared::wire::limits::{
    BATCH_BYTES_MAX, BATCH_OVERHEAD_BYTES_MAX, FRAME_BYTES_MAX, HANDSHAKES_MAX,
};

/// How long a second process waits for a short command that holds the data directory.
pub const LOCK_WAIT_MAX: Duration = Duration::from_secs(5);
/// How often it looks again meanwhile.
pub const LOCK_POLL_INTERVAL: Duration = Duration::from_millis(25);

/// Configuration file.
pub const CONFIG_BYTES_MAX: u64 = 64 << 10;
/// Secret file, such as a key.
pub const SECRET_BYTES_MAX: u64 = 64 << 10;

/// Jobs that wait for the writer thread; whoever brings more waits before it may queue.
pub const WRITER_QUEUE_JOBS_MAX: usize = 4_096;
/// Jobs in one commit.
pub const WRITER_GROUP_JOBS_MAX: usize = 512;
/// Bytes in one commit, as the jobs declare them.
pub const WRITER_GROUP_BYTES_MAX: usize = 2 << 20;
/// How long one commit gathers jobs.
pub const WRITER_GROUP_TIME_MAX: Duration = Duration::from_millis(3);
/// Statements that each connection keeps prepared.
pub const STATEMENTS_CACHED_MAX: usize = 128;
/// Write-ahead log, in pages, at which SQLite moves it into the database: 16 MiB.
pub const WAL_PAGES_BEFORE_CHECKPOINT: u32 = 4_096;
/// What is left of the write-ahead log's file after it was moved.
pub const WAL_BYTES_KEPT_MAX: u32 = 32 << 20;
/// A store up to this size is read whole for damage whenever it is opened.
pub const CHECKED_AT_OPEN_BYTES_MAX: u64 = 16 << 20;
/// How long a connection waits for another one's lock.
pub const BUSY_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long the writer waits for readers before it empties the log of changes later.
pub const SCRUB_WAIT_MAX: Duration = Duration::from_millis(250);
/// Read connections where the caller does not say.
pub const READERS_DEFAULT: usize = 4;

/// One command that is handed to the running program: arguments, directory, environment.
pub const CONTROL_CALL_BYTES_MAX: usize = 256 << 10;
/// Output of such a command that has not been taken yet; it waits beyond that.
pub const CONTROL_OUTPUT_BYTES_MAX: usize = 1 << 20;
/// One piece of such output.
pub const CONTROL_PIECE_BYTES_MAX: usize = 64 << 10;
/// Commands that the running program serves at once.
pub const CONTROL_CALLS_MAX: usize = 16;
/// How often the running program shows that it is at work on a command.
pub const CONTROL_PULSE_INTERVAL: Duration = Duration::from_secs(2);
/// A running program that says nothing for so long is not waited for.
pub const CONTROL_SILENCE_MAX: Duration = Duration::from_secs(15);
/// How long the running program waits for an answer to a question.
pub const CONTROL_ANSWER_WAIT_MAX: Duration = Duration::from_secs(600);

/// Body of a request to a page.
pub const PAGE_BODY_BYTES_MAX: usize = 16 << 20;
/// How long a page may take to begin its answer.
pub const PAGE_TIME_MAX: Duration = Duration::from_secs(60);
/// Connections to one loopback port at once; further ones wait.
pub const HTTP_CONNECTIONS_MAX: usize = 256;
/// How long a request's head may take to arrive, and a connection may lie idle between two.
pub const HTTP_HEADER_TIME_MAX: Duration = Duration::from_secs(10);
/// How long to wait where the system gives no more connections.
pub const HTTP_ACCEPT_PAUSE: Duration = Duration::from_millis(500);
/// One-time links to the pages that stand open at once.
pub const LAUNCH_TOKENS_MAX: usize = 16;

/// How long a node waits for a hub to answer. The first packet is repeated
/// after 1, 3 and 7 seconds.
pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(8);
/// How long a hub waits for a handshake to end.
pub const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// Handshakes in flight from which on a hub first makes strangers prove their address.
pub const HANDSHAKES_UNPROVEN_MAX: usize = HANDSHAKES_MAX / 4;
/// A connection on which nothing moves is dropped after this long.
pub const IDLE_TIME_MAX: Duration = Duration::from_secs(30 * 60);
/// Streams that a peer may open on one connection: the session, and a second for backlogs.
pub const STREAMS_MAX: u32 = 2;
/// Bytes in flight towards a hub on one stream.
pub const HUB_STREAM_WINDOW_BYTES: u32 = 128 << 10;
/// Bytes in flight towards a hub on one connection, and from it.
pub const HUB_CONNECTION_WINDOW_BYTES: u32 = 256 << 10;
/// Bytes in flight towards a node, which has few connections.
pub const NODE_WINDOW_BYTES: u32 = 1 << 20;

/// Bytes of one read from a stream.
pub const DRIVE_READ_BYTES_MAX: usize = 64 << 10;
/// Frames are gathered up to this many bytes before they are written to the stream.
pub const DRIVE_WRITE_BYTES_AIM: usize = 64 << 10;
/// What a session has to say and its peer has not read; from there on nothing is read of the peer
/// either. More than one full frame above what an honest end has in flight.
pub const DRIVE_UNREAD_BYTES_MAX: usize = 2 * FRAME_BYTES_MAX;
/// How long a peer may leave more than that unread.
pub const DRIVE_UNREAD_TIME_MAX: Duration = Duration::from_secs(60);
/// Answers of the application that wait for the driver of a session.
pub const DRIVE_ANSWERS_MAX: usize = 4_096;
/// How long a session that has ended waits until the peer has its last words.
pub const DRIVE_FAREWELL_TIME_MAX: Duration = Duration::from_secs(2);

const _: () = assert!(WRITER_GROUP_JOBS_MAX <= WRITER_QUEUE_JOBS_MAX);
const _: () = assert!(
    BATCH_BYTES_MAX + BATCH_OVERHEAD_BYTES_MAX + FRAME_BYTES_MAX <= DRIVE_UNREAD_BYTES_MAX,
    "what the credit allows never stops the reading by itself"
);
const _: () = assert!(CONTROL_PULSE_INTERVAL.as_secs() * 5 < CONTROL_SILENCE_MAX.as_secs());
const _: () = assert!(CONTROL_PIECE_BYTES_MAX <= CONTROL_OUTPUT_BYTES_MAX);
