//! Reads that take long and that many ask for: done once for each state of the hub.

use std::sync::{Arc, Mutex, PoisonError};

use weft_shared::period::Date;

use super::{AppError, Counted};
use crate::{
    aggregate::reader::{Overview, Reader},
    store::derived::again,
};

/// The state of a hub. A read of one state finds the same for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct State {
    /// The last entry that is counted, and the last that there is.
    hub_seq: u64,
    most: u64,
    /// The last ask to take something out that was answered.
    answered: u64,
    today: Date,
}

/// The outcome of such a read, of the states that were asked for last.
#[derive(Debug)]
pub(crate) struct Kept<T>(Mutex<Vec<(State, Arc<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Kept<T> {
    fn get(&self, state: State) -> Option<Arc<T>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|(known, _)| *known == state)?;
        let found = all.remove(at);
        let kept = Arc::clone(&found.1);
        all.push(found);
        Some(kept)
    }

    fn put(&self, state: State, made: &Arc<T>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Of an earlier state of the hub nothing is asked again.
        all.retain(|(known, _)| {
            (known.most, known.answered) == (state.most, state.answered) && *known != state
        });
        if all.len() >= STATES_KEPT {
            all.remove(0);
        }
        all.push((state, Arc::clone(made)));
    }
}

impl Counted<'_> {
    /// Returns the outcome of a read of this state before, or makes it.
    pub(super) fn once<T>(
        &self,
        kept: &Kept<T>,
        make: impl FnOnce() -> Result<T, AppError>,
    ) -> Result<Arc<T>, AppError> {
        let state = State {
            hub_seq: self.hub_seq,
            most: self.newest,
            answered: again::answered(self.conn)?,
            today: self.today(),
        };
        if let Some(known) = kept.get(state) {
            return Ok(known);
        }
        let made = Arc::new(make()?);
        kept.put(state, &made);
        Ok(made)
    }

    /// The day as of which this is, in the network's time zone.
    pub(crate) fn today(&self) -> Date {
        let now = self.as_of.unwrap_or_else(weft_host::clock::now);
        self.network.zone().day(now)
    }

    /// The figures that locations shared of all indicators, and the last ones of the network.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn shared_figures(&self) -> Result<Arc<Overview>, AppError> {
        self.once(&self.shared.overviews, || {
            let until = self.as_of.map(|_| self.hub_seq);
            let reader = Reader::new(self.conn, &self.network)?.until(until);
            Ok(reader.overview()?)
        })
    }
}

/// Number of states of which something is kept: that of now, and a few of the past.
const STATES_KEPT: usize = 4;
