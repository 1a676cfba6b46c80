//! For tests and benches of figures without entries. Nothing else uses it.

use std::{io, thread};

use super::{
    About, RollupQuery,
    rows::Rows,
    stream::{Piece, csv as write_csv, ends, write},
};
pub use crate::aggregate::measure::{Facts, Stated};
use crate::app::Reading;

/// Makes a CSV file of all figures as the data interface does, and passes its pieces on.
///
/// # Errors
/// If the store fails.
pub fn csv(facts: &Facts, mut take: impl FnMut(&[u8]) + Send) -> io::Result<()> {
    let (source, begin, mut pieces) = ends();
    let reader = facts.reader().map_err(io::Error::other)?;
    let rows = Rows::new(reader, &RollupQuery::default()).map_err(io::Error::other)?;
    thread::scope(|scope| {
        let taker = scope.spawn(move || {
            loop {
                match pieces.from.blocking_recv() {
                    Some(Piece::Bytes(bytes)) => take(&bytes),
                    Some(Piece::Failed(error)) => return Err(error),
                    Some(Piece::End) => return Ok(()),
                    None => return Err(io::ErrorKind::UnexpectedEof.into()),
                }
            }
        });
        let tell = |_, _| begin.send((write_csv, Reading::here("rollup", ""))).is_ok();
        write(
            rows,
            (String::new(), About::default()),
            source,
            tell,
            |_, _| Ok(()),
        );
        let taken = taker.join();
        taken.unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
    })
}
