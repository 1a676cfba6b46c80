//! Figures as a file that is written while it is read. One reader sees one state of the store, and
//! the file is never in memory as a whole.

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
    future::poll_fn,
    io::{self, Write},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    thread,
};

use data_encoding::HEXLOWER;
use futures_core::Stream;
use tokio::sync::{mpsc, oneshot};
use weft_host::{csv::CsvWriter, task};
use weft_shared::{
    id::{Hasher, LocationCode},
    rollup::{COLUMNS, Level},
};

use super::{Figure, RollupQuery, read::check_known, rows::Rows};
use crate::{
    aggregate::{measure::Facts, reader::Reader},
    app::{AppError, AppHandle, OfLocations, Unrecorded},
    store::{
        StoreError,
        derived::{self, again},
    },
};

/// Figures, each of which may be an error of the store instead; then there are no more.
pub(crate) type Figures<'a> = dyn Iterator<Item = io::Result<Figure>> + 'a;

/// Writes figures in some format.
pub(crate) type WriteRows = fn(&mut Figures<'_>, &mut dyn Write) -> io::Result<()>;

/// Figures that are about to be read. The state of the store that they come from is fixed.
#[derive(Debug)]
pub(crate) struct RowStream {
    /// Whether there are none.
    pub(crate) is_empty: bool,
    locations: BTreeSet<LocationCode>,
    begin: oneshot::Sender<WriteRows>,
    pieces: Pieces,
}

impl RowStream {
    /// Begins to read. To drop the pieces ends it.
    pub(crate) fn begin(self, write: WriteRows) -> Pieces {
        // If the reader is gone, the pieces say so.
        let _gone = self.begin.send(write);
        self.pieces
    }
}

/// Every location that it may have figures of: they are known before the first is read.
impl OfLocations for RowStream {
    fn locations(&self) -> BTreeSet<LocationCode> {
        self.locations.clone()
    }
}

/// The pieces of a file, in order.
#[derive(Debug)]
pub(crate) struct Pieces {
    from: mpsc::Receiver<Piece>,
    has_ended: bool,
}

#[derive(Debug)]
enum Piece {
    Bytes(Vec<u8>),
    Failed(io::Error),
    /// The file is whole. One that lacks this is not.
    End,
}

impl Pieces {
    pub(crate) async fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Pieces {
    type Item = io::Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let Poll::Ready(piece) = self.from.poll_recv(context) else {
            return Poll::Pending;
        };
        self.has_ended = !matches!(piece, Some(Piece::Bytes(_)));
        Poll::Ready(match piece {
            Some(Piece::Bytes(bytes)) => Some(Ok(bytes)),
            Some(Piece::Failed(error)) => Some(Err(error)),
            Some(Piece::End) => None,
            None => Some(Err(io::ErrorKind::UnexpectedEof.into())),
        })
    }
}

/// Collects what is written, and passes it on piece by piece. It waits until there is room.
struct PieceWriter {
    to: mpsc::Sender<Piece>,
    bytes: Vec<u8>,
}

impl Write for PieceWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.bytes);
        let sent = self.to.blocking_send(Piece::Bytes(bytes));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// What is known of a file before its first piece.
struct Head {
    tag: String,
    is_empty: bool,
    locations: BTreeSet<LocationCode>,
}

/// The ends of a stream at which figures are made.
struct Source {
    head: oneshot::Sender<Result<Head, StoreError>>,
    begin: oneshot::Receiver<WriteRows>,
    pieces: mpsc::Sender<Piece>,
}

/// The ends of a stream at which figures are taken.
struct Sink {
    head: oneshot::Receiver<Result<Head, StoreError>>,
    begin: oneshot::Sender<WriteRows>,
    pieces: mpsc::Receiver<Piece>,
}

fn ends() -> (Source, Sink) {
    let (tell, head) = oneshot::channel();
    let (begin, begun) = oneshot::channel();
    let (put, pieces) = mpsc::channel(PIECES_MAX);
    let source = Source {
        head: tell,
        begin: begun,
        pieces: put,
    };
    let sink = Sink {
        head,
        begin,
        pieces,
    };
    (source, sink)
}

impl AppHandle {
    /// Returns figures that count every entry acknowledged before the call, to be written to a file
    /// while they are read, and their entity tag: it differs wherever any of them may differ. A few
    /// streams at a time have a reader; further ones wait for it.
    ///
    /// # Errors
    /// If counting them takes longer than ten seconds, or the query names something unknown.
    pub(crate) async fn stream_rows(
        &self,
        query: RollupQuery,
    ) -> Result<(String, Unrecorded<RowStream>), AppError> {
        let streams = Arc::clone(&self.shared.streams);
        let closed = |_| AppError::from(StoreError::Closed);
        let permit = streams.acquire_owned().await.map_err(closed)?;
        let (_, network) = self.counted().await?;
        check_known(&query, &network)?;
        let (source, sink) = ends();
        let app = self.clone();
        drop(task::spawn(async move {
            let read = app.read_figures(&network, move |reader| {
                write(reader, &query, source);
                Ok(())
            });
            // Without a head, the caller knows.
            let _failed = read.await;
            drop(permit);
        }));
        let head = sink.head.await.map_err(|_| StoreError::Closed)??;
        let stream = RowStream {
            is_empty: head.is_empty,
            locations: head.locations,
            begin: sink.begin,
            pieces: Pieces {
                from: sink.pieces,
                has_ended: false,
            },
        };
        Ok((head.tag, Unrecorded::new(stream)))
    }
}

/// Makes a CSV file of all figures as the data interface does, and passes its pieces on.
#[doc(hidden)]
pub fn measure(facts: &Facts, mut take: impl FnMut(&[u8]) + Send) -> io::Result<()> {
    let (source, mut sink) = ends();
    let reader = facts.reader().map_err(io::Error::other)?;
    thread::scope(|scope| {
        let taker = scope.spawn(move || {
            let gone = || io::Error::from(io::ErrorKind::UnexpectedEof);
            let head = sink.head.blocking_recv().map_err(|_| gone())?;
            head.map_err(io::Error::other)?;
            sink.begin.send(csv).map_err(|_| gone())?;
            loop {
                match sink.pieces.blocking_recv() {
                    Some(Piece::Bytes(bytes)) => take(&bytes),
                    Some(Piece::Failed(error)) => return Err(error),
                    Some(Piece::End) => return Ok(()),
                    None => return Err(gone()),
                }
            }
        });
        write(reader, &RollupQuery::default(), source);
        taker
            .join()
            .unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
    })
}

/// Reads figures and writes them, as long as somebody takes them.
fn write(reader: Reader<'_>, query: &RollupQuery, source: Source) {
    let Source {
        head,
        begin,
        pieces,
    } = source;
    let tag = tag(&reader, query);
    let rows = tag.and_then(|tag| Ok((tag, Rows::new(reader, query)?)));
    let (tag, mut rows) = match rows {
        Ok(found) => found,
        Err(error) => {
            // If the caller is gone, no one needs the error.
            let _gone = head.send(Err(error));
            return;
        }
    };
    let levels = rows.levels().iter().filter_map(Level::location);
    let mut locations: BTreeSet<LocationCode> = levels.cloned().collect();
    let first = rows.next();
    if first.is_none() {
        locations.clear();
    }
    let told = Head {
        tag,
        is_empty: first.is_none(),
        locations,
    };
    if head.send(Ok(told)).is_err() {
        return;
    }
    let Ok(write) = begin.blocking_recv() else {
        return;
    };
    let mut out = PieceWriter {
        to: pieces,
        bytes: Vec::with_capacity(PIECE_BYTES),
    };
    let mut figures = first.into_iter().chain(rows);
    let mut figures = figures.by_ref().map(|one| one.map_err(io::Error::other));
    let written = write(&mut figures, &mut out).and_then(|()| out.flush());
    let last = match written {
        Ok(()) => Piece::End,
        Err(error) => {
            if error.kind() != io::ErrorKind::BrokenPipe {
                tracing::error!(%error, "figures could not be read to their end");
            }
            Piece::Failed(error)
        }
    };
    // If the client is gone, no one needs the end.
    let _gone = out.to.blocking_send(last);
}

/// Figures depend on the entries that are counted, on the network, on the query and on the program.
fn tag(reader: &Reader<'_>, query: &RollupQuery) -> Result<String, StoreError> {
    let mut digest = Digest(Hasher::new("weft/figures/1"));
    let conn = reader.conn();
    let (folded, answered) = (derived::folded(conn)?, again::answered(conn)?);
    let program = (env!("CARGO_PKG_VERSION"), derived::version());
    let network = reader.network();
    let written = write!(
        digest,
        "{program:?} {folded} {answered} {query:?} {network:?}"
    );
    written.expect("a hash takes every write");
    let hash = digest.0.finish();
    Ok(format!("\"{}\"", HEXLOWER.encode(&hash[..16])))
}

/// Hashes what is written, so that the text of a whole network is never in memory.
struct Digest(Hasher);

impl fmt::Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.add(text.as_bytes());
        Ok(())
    }
}

/// Writes a CSV file for machines.
pub(crate) fn csv(figures: &mut Figures<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut file = CsvWriter::new(out, COLUMNS)?;
    for figure in figures {
        file.row(figure?.row())?;
    }
    file.finish()?;
    Ok(())
}

/// Writes a list of JSON objects in one line.
pub(crate) fn json(figures: &mut Figures<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut mark = "[";
    for figure in figures {
        write!(out, "{mark}{}", figure?.json())?;
        mark = ",";
    }
    let begun = if mark == "[" { mark } else { "" };
    writeln!(out, "{begun}]")
}

/// Size of a piece.
const PIECE_BYTES: usize = 64 << 10;
/// Pieces that wait for the client.
const PIECES_MAX: usize = 4;
