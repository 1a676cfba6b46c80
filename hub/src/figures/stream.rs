//! Figures as a file that is written while it is read. One reader sees one state of the store, and
//! the file is never in memory as a whole.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    fmt::{self, Write as _},
    future::poll_fn,
    io::{self, Write},
    pin::Pin,
    task::{Context, Poll},
};

use data_encoding::HEXLOWER;
use futures_core::Stream;
use tokio::sync::{mpsc, oneshot};
use tracing::instrument::WithSubscriber as _;
use weft_host::{
    clock,
    csv::{CsvWriter, MARK},
    task,
};
use weft_shared::{
    id::{Hasher, LocationCode},
    period::Date,
    rollup::Level,
    time::Timestamp,
};

use super::{About, Figure, RollupQuery, about::OWN, rows::Rows};
use crate::{
    app::{AppError, AppHandle, Counted, OfLocations, Reading, Unrecorded},
    store::{
        derived::{self, again},
        reads,
    },
};

/// Figures, each of which may be an error of the store instead; then there are no more.
pub(crate) type Figures<'a> = dyn Iterator<Item = io::Result<Figure>> + 'a;

/// Writes figures in some format, with what the file says of itself.
pub(crate) type WriteRows = fn(&mut Figures<'_>, &About, &mut dyn Write) -> io::Result<()>;

/// The parts of an answer that are known before its first piece.
#[derive(Debug)]
pub(crate) struct Head {
    /// Its entity tag: it differs wherever any figure may differ.
    pub(crate) tag: String,
    /// Whether there are no figures.
    pub(crate) is_empty: bool,
    /// The moment as of which they are, if it is not the present.
    pub(crate) as_of: Option<Timestamp>,
    made: Option<Date>,
}

impl Head {
    /// The entity tag of the same figures in another format.
    pub(crate) fn tag_of(&self, format: &str) -> String {
        format!("\"{}-{format}\"", self.tag.trim_matches('"'))
    }

    /// The entity tag of the same figures in a workbook, which names the day on which it is made.
    pub(crate) fn workbook_tag(&self) -> String {
        let day = self.made.map_or_else(String::new, |day| day.to_string());
        self.tag_of(&format!("xlsx-{day}"))
    }
}

/// The figures that are asked for, and the hub of the past if they are as of a moment.
pub(crate) type Asked<'a> = (Option<Counted<'a>>, RollupQuery);

/// Figures that are about to be read. The state of the store that they come from is fixed.
#[derive(Debug)]
pub(crate) struct RowStream {
    /// Every location that it may have figures of. Of a file of the network alone, those that are
    /// alone in its first figure: of the others, the ledger has a row before they leave the hub.
    locations: BTreeSet<LocationCode>,
    begin: oneshot::Sender<Begin>,
    pieces: Pieces,
}

/// The format of the file, and its reader.
pub(super) type Begin = (WriteRows, Reading);

impl OfLocations for RowStream {
    fn locations(&self) -> BTreeSet<LocationCode> {
        self.locations.clone()
    }
}

/// The pieces of a file, in order.
#[derive(Debug)]
pub(crate) struct Pieces {
    /// The first piece, if it was waited for.
    first: Option<Vec<u8>>,
    pub(super) from: mpsc::Receiver<Piece>,
    has_ended: bool,
}

#[derive(Debug)]
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    Failed(io::Error),
    /// The file is whole. One that lacks this is not.
    End,
}

impl Pieces {
    /// Waits for the first piece, so that what fails before it is said in words.
    ///
    /// # Errors
    /// If it failed before that.
    pub(crate) async fn begun(mut self) -> Result<Self, AppError> {
        let first = self.next().await.transpose();
        self.first = first.map_err(|error| match error.downcast::<AppError>() {
            Ok(error) => error,
            Err(error) => AppError::Aggregation(error.to_string()),
        })?;
        Ok(self)
    }

    pub(crate) async fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Pieces {
    type Item = io::Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
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

/// The locations of which figures were written.
struct Seen {
    /// Those that are in the ledger.
    recorded: BTreeSet<LocationCode>,
    /// Those that are not.
    new: BTreeSet<LocationCode>,
}

/// Collects what is written, and passes it on piece by piece, once every location in it is in the
/// ledger. It waits until there is room.
struct PieceWriter<'a> {
    to: mpsc::Sender<Piece>,
    bytes: Vec<u8>,
    seen: &'a RefCell<Seen>,
    record: &'a dyn Fn(&BTreeSet<LocationCode>) -> io::Result<()>,
}

impl Write for PieceWriter<'_> {
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
        let mut seen = self.seen.borrow_mut();
        if !seen.new.is_empty() {
            (self.record)(&seen.new)?;
            let new = std::mem::take(&mut seen.new);
            seen.recorded.extend(new);
        }
        let bytes = std::mem::take(&mut self.bytes);
        let sent = self.to.blocking_send(Piece::Bytes(bytes));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// The ends of a stream at which figures are made.
pub(super) struct Source {
    begin: oneshot::Receiver<Begin>,
    pieces: mpsc::Sender<Piece>,
}

pub(super) fn ends() -> (Source, oneshot::Sender<Begin>, Pieces) {
    let (begin, begun) = oneshot::channel();
    let (put, pieces) = pieces();
    let source = Source {
        begin: begun,
        pieces: put,
    };
    (source, begin, pieces)
}

/// The two ends of a file: what is put into the one comes out of the other.
pub(crate) fn pieces() -> (mpsc::Sender<Piece>, Pieces) {
    let (put, from) = mpsc::channel(PIECES_MAX);
    let pieces = Pieces {
        first: None,
        from,
        has_ended: false,
    };
    (put, pieces)
}

impl AppHandle {
    /// Returns figures that count every entry acknowledged before the call, to be written to a file
    /// while they are read. `asked` says which, and sees the state that they come from: it is kept
    /// as long as the file is written. A few streams at a time have a connection to the store,
    /// and fewer of one reader; further ones wait for it a little.
    ///
    /// # Errors
    /// Returns the error of `asked`, or an error if counting takes longer than ten seconds, no
    /// place is free in as long, or the query names something unknown.
    pub(crate) async fn stream_rows<E: From<AppError> + Send + 'static>(
        &self,
        reader: &str,
        asked: impl for<'a> FnOnce(&Counted<'a>) -> Result<Asked<'a>, E> + Send + 'static,
    ) -> Result<(Head, Unrecorded<RowStream>), E> {
        let closed = || E::from(AppError::closed());
        let permit = self.shared.streams.place(reader).await?;
        let (tell, told) = oneshot::channel();
        let (source, begin, pieces) = ends();
        let app = self.clone();
        let read = async move {
            let ledger = app.clone();
            let read = app.counted(move |at| {
                let asked = asked(at);
                let past = asked.as_ref().ok().and_then(|(past, _)| past.clone());
                let at = past.as_ref().unwrap_or(at);
                let found = asked.and_then(|(_, query)| Ok((tag(at, &query)?, at.rows(&query)?)));
                match found {
                    Ok((tag, rows)) => {
                        let tell = |head, locations| tell.send(Ok((head, locations))).is_ok();
                        let record = |reading: &Reading, locations: &BTreeSet<LocationCode>| {
                            ledger.record(reading, locations)
                        };
                        write(rows, (tag, About::of(at)), source, tell, record);
                    }
                    // If the caller is gone, no one needs the error.
                    Err(error) => drop(tell.send(Err(error))),
                }
                Ok(())
            });
            let read = read.await;
            drop(permit);
            read
        };
        // A subscriber that counts the reads of this request counts this one too.
        let read = task::spawn(read.with_current_subscriber());
        let (head, locations) = match told.await {
            Ok(found) => found?,
            Err(_) => {
                let failed = read.await.ok().and_then(Result::err);
                return Err(failed.map_or_else(closed, E::from));
            }
        };
        let stream = RowStream {
            locations,
            begin,
            pieces,
        };
        Ok((head, Unrecorded::new(stream)))
    }

    /// Begins to write figures, once the ledger says who reads them. To drop the pieces ends it.
    ///
    /// # Errors
    /// If it cannot be recorded; then nothing may be shown.
    pub(crate) async fn shown_rows(
        &self,
        reading: Reading,
        rows: Unrecorded<RowStream>,
        write: WriteRows,
    ) -> Result<Pieces, AppError> {
        let stream = self.shown(reading.clone(), rows).await?;
        // If the reader is gone, the pieces say so.
        let _gone = stream.begin.send((write, reading));
        Ok(stream.pieces)
    }

    fn record(&self, reading: &Reading, locations: &BTreeSet<LocationCode>) -> io::Result<()> {
        let (reading, locations) = (reading.clone(), locations.clone());
        let writer = self.shared.store.writer();
        let record =
            writer.run_blocking(move |tx| reads::record(tx, clock::now(), &reading, &locations));
        record.map_err(|error| io::Error::other(AppError::Unrecorded(error)))
    }
}

/// Reads figures and writes them, as long as somebody takes them.
pub(super) fn write(
    mut rows: Rows<'_>,
    (tag, about): (String, About),
    source: Source,
    tell: impl FnOnce(Head, BTreeSet<LocationCode>) -> bool,
    record: impl Fn(&Reading, &BTreeSet<LocationCode>) -> io::Result<()>,
) {
    let levels = rows.levels().iter().filter_map(Level::location);
    let mut locations: BTreeSet<LocationCode> = levels.cloned().collect();
    let first = rows.next();
    match &first {
        Some(Ok(figure)) => locations.extend(figure.told_of.iter().cloned()),
        Some(Err(_)) => {}
        None => locations.clear(),
    }
    let head = Head {
        tag,
        is_empty: first.is_none(),
        as_of: about.as_of,
        made: about.made,
    };
    if !tell(head, locations.clone()) {
        return;
    }
    let Ok((write, reading)) = source.begin.blocking_recv() else {
        return;
    };
    let seen = RefCell::new(Seen {
        recorded: locations,
        new: BTreeSet::new(),
    });
    let mut out = PieceWriter {
        to: source.pieces,
        bytes: Vec::with_capacity(PIECE_BYTES),
        seen: &seen,
        record: &|locations| record(&reading, locations),
    };
    let mut figures = first.into_iter().chain(rows).map(|one| {
        let figure = one.map_err(io::Error::other)?;
        let mut seen = seen.borrow_mut();
        let new = figure.told_of.difference(&seen.recorded).cloned();
        let new: Vec<LocationCode> = new.collect();
        seen.new.extend(new);
        Ok(figure)
    });
    let written = write(&mut figures, &about, &mut out).and_then(|()| out.flush());
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

/// Figures depend on the entries that are counted, on the days of syncs, on the query and on the
/// program. What else the network has is in entries. Those of the past depend on later entries too:
/// what these withdraw is in none of them.
fn tag(at: &Counted<'_>, query: &RollupQuery) -> Result<String, AppError> {
    let mut digest = Digest(Hasher::new("weft/figures/1"));
    let folded = (at.hub_seq, derived::folded(at.conn)?);
    let answered = again::answered(at.conn)?;
    let program = (env!("CARGO_PKG_VERSION"), derived::version());
    let members = at.network().members();
    let as_of = at.as_of;
    let written = write!(
        digest,
        "{program:?} {folded:?} {answered} {as_of:?} {query:?}"
    )
    .and_then(|()| {
        members
            .into_iter()
            .try_for_each(|one| write!(digest, " {:?} {:?} {:?}", one.code, one.place, one.synced))
    });
    written.expect("a hash takes every write");
    let hash = digest.0.finish();
    Ok(format!("\"{}\"", HEXLOWER.encode(&hash[..16])))
}

/// Hashes what is written, so that the text of all members is never in memory.
struct Digest(Hasher);

impl fmt::Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.add(text.as_bytes());
        Ok(())
    }
}

/// Writes a CSV file for machines.
pub(crate) fn csv(figures: &mut Figures<'_>, about: &About, out: &mut dyn Write) -> io::Result<()> {
    let mut file = CsvWriter::new(out, &about.columns())?;
    for figure in figures {
        file.row(about.row(&figure?))?;
    }
    file.finish()?;
    Ok(())
}

/// The same for people, whose spreadsheets need a mark for macrons.
pub(crate) fn marked_csv(
    figures: &mut Figures<'_>,
    about: &About,
    out: &mut dyn Write,
) -> io::Result<()> {
    out.write_all(MARK.as_bytes())?;
    csv(figures, about, out)
}

/// Writes a list of JSON objects in one line, each with its source, licence and notice. One of the
/// past says in each as of when.
pub(crate) fn json(
    figures: &mut Figures<'_>,
    about: &About,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut mark = "[";
    for figure in figures {
        let figure = figure?;
        let mut row = figure.json_as_of(about.as_of);
        for (name, words) in OWN.into_iter().zip(about.told(&figure)) {
            row[name] = words.into();
        }
        write!(out, "{mark}{row}")?;
        mark = ",";
    }
    let begun = if mark == "[" { mark } else { "" };
    writeln!(out, "{begun}]")
}

/// Size of a piece.
const PIECE_BYTES: usize = 64 << 10;
/// Pieces that wait for the client.
const PIECES_MAX: usize = 4;
