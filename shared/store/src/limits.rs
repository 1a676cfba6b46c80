//! Every limit of this crate, with its unit.

use std::time::Duration;

/// Jobs that wait for the writer thread. Beyond that, callers wait before they may queue.
pub const WRITER_QUEUE_JOBS_MAX: usize = 4_096;
/// Jobs in one commit.
pub const WRITER_GROUP_JOBS_MAX: usize = 512;
/// Bytes in one commit, as declared by the jobs.
pub const WRITER_GROUP_BYTES_MAX: usize = 2 << 20;
/// Maximum time one commit gathers jobs.
pub const WRITER_GROUP_TIME_MAX: Duration = Duration::from_millis(3);
/// Prepared statements cached by each connection.
pub const STATEMENTS_CACHED_MAX: usize = 128;
/// Pages in the write-ahead log at which SQLite checkpoints it into the database: 16 MiB.
pub const WAL_PAGES_BEFORE_CHECKPOINT: u32 = 4_096;
/// Size of the write-ahead log's file that is kept after a checkpoint.
pub const WAL_BYTES_KEPT_MAX: u32 = 32 << 20;
/// A store up to this size is checked whole for damage whenever it is opened.
pub const CHECKED_AT_OPEN_BYTES_MAX: u64 = 16 << 20;
/// Maximum time a connection waits for another connection's lock.
pub const BUSY_WAIT_MAX: Duration = Duration::from_secs(5);
/// Maximum time the writer waits for readers before it postpones emptying the write-ahead log.
pub const SCRUB_WAIT_MAX: Duration = Duration::from_millis(250);
/// Time after which the writer tries again to empty the write-ahead log.
pub const SCRUB_RETRY_INTERVAL: Duration = Duration::from_secs(1);

const _: () = assert!(WRITER_GROUP_JOBS_MAX <= WRITER_QUEUE_JOBS_MAX);
