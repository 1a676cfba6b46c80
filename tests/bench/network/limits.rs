//! What this machine can do at all, measured in the same run: a flush, a plain append log, a plain
//! QUIC echo. Ours stand beside these as ratios, because shared machines drift.

use std::{
    fs::OpenOptions,
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
    time::Instant,
};

use anyhow::Result;

use crate::figure::percentile;

/// How long a flush takes on this disk, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flush {
    /// The middle.
    pub(crate) p50_ms: f64,
    /// One in a hundred is slower.
    pub(crate) p99_ms: f64,
}

/// Writes 4 KiB and flushes it, 400 times over.
pub(crate) fn flush(dir: &Path) -> Result<Flush> {
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .open(dir.join("flush"))?;
    let block = [7_u8; 4096];
    let mut times = Vec::with_capacity(400);
    for turn in 0..400_u64 {
        file.seek(SeekFrom::Start((turn % 64) * 4096))?;
        let begin = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Flush {
        p50_ms: percentile(&times, 0.5),
        p99_ms: percentile(&times, 0.99),
    })
}

/// Rows a second that a bare SQLite table takes, a hundred to a durable commit, 300 bytes a row.
pub(crate) fn append_rows_per_s(dir: &Path) -> Result<f64> {
    let path = dir.join("append.db");
    let mut db = rusqlite::Connection::open(&path)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch("CREATE TABLE line (body BLOB NOT NULL) STRICT")?;
    let body = [3_u8; 300];
    let begin = Instant::now();
    let groups = 500;
    for _ in 0..groups {
        let transaction = db.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO line VALUES (?1)")?;
            for _ in 0..100 {
                insert.execute([&body[..]])?;
            }
        }
        transaction.commit()?;
    }
    Ok(f64::from(groups * 100) / begin.elapsed().as_secs_f64())
}
