//! The limits of this machine, measured in the same run: a flush, a plain append log, a plain QUIC
//! echo. Our figures are given as ratios to these, because shared machines drift.

use std::{
    fs::OpenOptions,
    io::{Seek as _, SeekFrom, Write as _},
    net::Ipv4Addr,
    path::Path,
    time::Instant,
};

use anyhow::Result;
use weft_host::{
    quic::{Dialer, Listener, Peer},
    random::random_bytes,
};
use weft_shared::{
    id::HubRootHash,
    identity::{DeviceKey, HubStatement, RootKey},
};

use crate::figure::percentile;

/// The duration of a flush on this disk, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flush {
    /// The median.
    pub(crate) p50_ms: f64,
    /// The 99th percentile.
    pub(crate) p99_ms: f64,
}

/// Writes 4 KiB and flushes it, 400 times.
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

/// Rows per second of a bare SQLite table: a hundred per durable commit, 300 bytes a row.
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

/// The cost of a plain QUIC stream between two keys of this network, in one process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Echo {
    /// Round trip over an open stream, the median of 2,000, in milliseconds.
    pub(crate) round_trip_ms: f64,
    /// Bytes of UDP payload, both ways, of one such round trip.
    pub(crate) bytes: f64,
    /// Messages of 300 bytes per second over ten connections, four in flight on each.
    pub(crate) messages_per_s: f64,
}

const MESSAGE_BYTES: usize = 300;
const ECHO_CONNECTIONS: u32 = 10;
const ECHO_WINDOW: u32 = 4;

/// Sends messages back and forth without our protocol.
pub(crate) async fn echo() -> Result<Echo> {
    let (root, key) = (
        RootKey::from_seed(random_bytes()),
        DeviceKey::from_seed(random_bytes()),
    );
    let statement = HubStatement::sign(&root, key.id());
    let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into(), &key, &statement)?;
    let (address, pin) = (listener.local_addr()?.to_string(), root.public().hash());
    let serving = tokio::spawn(serve_echoes(listener));
    let alone = Caller::call(&address, pin).await?;
    let (mut times, before) = (Vec::new(), alone.bytes());
    let (mut send, mut receive) = alone.peer.connection.open_bi().await?;
    let turns = 2_000_u32;
    let mut message = [5; 32];
    for _ in 0..turns {
        let begin = Instant::now();
        send.write_all(&message).await?;
        receive.read_exact(&mut message).await?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    let bytes = (alone.bytes() - before) / f64::from(turns);
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..ECHO_CONNECTIONS {
        let caller = Caller::call(&address, pin).await?;
        crowd.spawn(async move { caller.pour(turns).await });
    }
    let begin = Instant::now();
    while let Some(poured) = crowd.join_next().await {
        poured??;
    }
    let messages_per_s = f64::from(ECHO_CONNECTIONS * turns) / begin.elapsed().as_secs_f64();
    serving.abort();
    Ok(Echo {
        round_trip_ms: percentile(&times, 0.5),
        bytes,
        messages_per_s,
    })
}

struct Caller {
    peer: Peer,
    /// Kept open for as long as the connection is.
    _dialer: Dialer,
}

impl Caller {
    async fn call(address: &str, pin: HubRootHash) -> Result<Self> {
        let dialer = Dialer::new(&DeviceKey::from_seed(random_bytes()), pin)?;
        let peer = dialer.connect(address, None).await?;
        Ok(Self {
            peer,
            _dialer: dialer,
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "some thousand bytes")]
    fn bytes(&self) -> f64 {
        let stats = self.peer.connection.stats();
        (stats.udp_tx.bytes + stats.udp_rx.bytes) as f64
    }

    async fn pour(self, messages: u32) -> Result<()> {
        let (mut send, mut receive) = self.peer.connection.open_bi().await?;
        let mut message = [6; MESSAGE_BYTES];
        for _ in 0..ECHO_WINDOW {
            send.write_all(&message).await?;
        }
        for _ in ECHO_WINDOW..messages {
            receive.read_exact(&mut message).await?;
            send.write_all(&message).await?;
        }
        for _ in 0..ECHO_WINDOW {
            receive.read_exact(&mut message).await?;
        }
        Ok(())
    }
}

async fn serve_echoes(listener: Listener) {
    while let Some(knock) = listener.accept().await {
        tokio::spawn(async move {
            let peer = knock.open().await?;
            let (mut send, mut receive) = peer.connection.accept_bi().await?;
            let mut bytes = vec![0; 64 << 10];
            while let Some(read) = receive.read(&mut bytes).await? {
                send.write_all(&bytes[..read]).await?;
            }
            anyhow::Ok(())
        });
    }
}
