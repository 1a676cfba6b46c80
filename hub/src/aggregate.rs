//! Turns entries into documents and facts on a separate thread. Figures are made of facts when they
//! are read; none is stored.
//!
//! It lags behind ingest instead of slowing it. While more is being stored it takes larger bites
//! after longer pauses, unless someone waits for a figure. Everything it makes can be thrown away
//! and made again.

mod context;
mod ended;
mod facts;
mod fold;
pub(crate) mod library;
pub(crate) mod measure;
mod moments;
mod origins;
pub(crate) mod past;
pub(crate) mod reader;
pub(crate) mod seen;
pub(crate) mod sources;
pub(crate) mod stood;
mod straight;
#[cfg(test)]
mod tests;
pub(crate) mod told;
mod touched;
mod writes;

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread::{self, JoinHandle, Thread},
    time::{Duration, Instant},
};

use tokio::sync::{oneshot, watch};
use weft_store::Transaction;

use self::{fold::Aggregator, seen::Seen};
use crate::{
    limits,
    store::{Store, StoreError},
};

/// The progress of the aggregation.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    /// Every entry up to here is in the figures.
    pub(crate) hub_seq: u64,
    /// Everything dropped up to this ask is out of the figures.
    pub(crate) answered: u64,
    /// Why it is stuck; none if it is not.
    pub(crate) failed: Option<String>,
    /// Whether everything is made again.
    pub(crate) is_rebuilding: bool,
    /// The network as those figures see it.
    pub(crate) network: Arc<Seen>,
}

impl Progress {
    /// Whether it has reached entry `hub_seq` and ask `ask`.
    pub(crate) const fn reached(&self, hub_seq: u64, ask: u64) -> bool {
        self.hub_seq >= hub_seq && self.answered >= ask
    }
}

/// A handle to the aggregation. Dropping it ends nothing and waits for nothing.
#[derive(Debug)]
pub(crate) struct Aggregate {
    bell: Bell,
    progress: watch::Receiver<Progress>,
    waiting: Arc<AtomicUsize>,
    thread: Option<Thread>,
    /// One more than the entries that were counted when a reader last had everything made again.
    mended: AtomicU64,
    /// In a simulation, the work of the thread. It is done when somebody waits for it.
    worker: Option<Mutex<Worker>>,
}

/// Ends the aggregation's thread on drop, and waits for it. The thread may be waiting for the
/// writer, so nothing that the writer's thread drops may hold this.
#[derive(Debug)]
pub(crate) struct Running {
    bell: Bell,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Wakes the aggregation. A clone keeps nothing alive, and to drop the last one waits for nothing.
#[derive(Clone, Debug)]
pub(crate) struct Bell(SyncSender<Message>);

impl Bell {
    /// Rings once the transaction is committed.
    pub(crate) fn ring(&self, tx: &Transaction<'_>) {
        let bell = self.clone();
        tx.on_commit(move || bell.poke());
    }

    /// If the queue is full, the thread looks anyway.
    fn poke(&self) {
        let _looks_anyway = self.0.try_send(Message::Poke);
    }
}

#[derive(Debug)]
enum Message {
    /// New entries were stored.
    Poke,
    /// Discard all derived state and derive it again.
    Rebuild(oneshot::Sender<Result<(), StoreError>>),
}

impl Aggregate {
    pub(crate) fn start(store: &Store) -> Result<(Self, Running), StoreError> {
        // Opening may write, which must not block a thread of the asynchronous runtime.
        let opened = thread::scope(|scope| scope.spawn(|| Aggregator::open(store)).join());
        let folder = opened.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let (messages, inbox) = sync_channel(limits::COMMANDS_WAITING_MAX);
        let waiting = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (told, progress) = watch::channel(Progress {
            hub_seq: folder.folded(),
            answered: folder.answered(),
            failed: None,
            is_rebuilding: false,
            network: folder.network(),
        });
        let worker = Worker {
            folder,
            is_rebuilding: false,
            inbox,
            told,
            waiting: Arc::clone(&waiting),
            stop: Arc::clone(&stop),
        };
        let bell = Bell(messages);
        bell.poke();
        let mut aggregate = Self {
            bell: bell.clone(),
            progress,
            waiting,
            thread: None,
            mended: AtomicU64::new(0),
            worker: None,
        };
        let mut running = Running {
            bell,
            stop,
            thread: None,
        };
        if store.writer().is_simulated() {
            aggregate.worker = Some(Mutex::new(worker));
            return Ok((aggregate, running));
        }
        let thread = thread::Builder::new().name("weft-aggregate".to_owned());
        let thread = thread.spawn(move || worker.run());
        let thread = thread.map_err(|error| StoreError::Failing {
            detail: error.to_string(),
        })?;
        aggregate.thread = Some(thread.thread().clone());
        running.thread = Some(thread);
        Ok((aggregate, running))
    }

    fn worker(&self) -> Option<MutexGuard<'_, Worker>> {
        let worker = self.worker.as_ref()?;
        Some(worker.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns what wakes the thread after a commit.
    pub(crate) fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// Ends the thread's pause, if there is one, because someone waits.
    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }

    /// Tells of each further state of the figures.
    pub(crate) fn changes(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    pub(crate) fn progress(&self) -> Progress {
        self.progress.borrow().clone()
    }

    /// Waits until the figures hold every entry up to `hub_seq` and nothing that was dropped up to
    /// `ask`. Gives up after `most`.
    pub(crate) async fn reach(&self, (hub_seq, ask): (u64, u64), most: Duration) -> Progress {
        let mut progress = self.progress.clone();
        let _guard = Waiting::new(&self.waiting);
        if let Some(mut worker) = self.worker() {
            // The progress tells of a failure.
            let _failed = worker.catch_up();
            return self.progress();
        }
        self.bell.poke();
        self.wake();
        let there = |p: &Progress| p.reached(hub_seq, ask) || p.failed.is_some();
        // Return what it reached, whether it arrived or ran out of time.
        let _late = tokio::time::timeout(most, progress.wait_for(there))
            .await
            .is_err();
        self.progress()
    }

    /// Makes everything derived again, because a reader could not read it. It does so once for a
    /// number of entries: if it cannot be read as soon as it is derived, a person must look.
    pub(crate) async fn mend(&self) -> Result<(), StoreError> {
        let height = self.progress().hub_seq + 1;
        // While all is made again, fewer are counted.
        match self.mended.fetch_max(height, Ordering::Relaxed) >= height {
            true => Ok(()),
            false => self.rebuild().await,
        }
    }

    /// Derives all state again from the entries.
    pub(crate) async fn rebuild(&self) -> Result<(), StoreError> {
        let closed = || StoreError::Closed;
        let (answer, answered) = oneshot::channel();
        let Bell(messages) = self.bell.clone();
        let _guard = Waiting::new(&self.waiting);
        if let Some(mut worker) = self.worker() {
            return worker.begin_again();
        }
        self.wake();
        let sent = tokio::task::spawn_blocking(move || messages.send(Message::Rebuild(answer)));
        match sent.await {
            Ok(Ok(())) => answered.await.unwrap_or_else(|_| Err(closed())),
            Ok(Err(_)) | Err(_) => Err(closed()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Entries that are not folded yet are folded after the next start.
        self.stop.store(true, Ordering::Relaxed);
        self.bell.poke();
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A thread that panicked has logged it; nothing is left to do here.
            let _panicked = thread.join();
        }
    }
}

/// Counts the callers that wait for a figure. While there are any, nothing is postponed.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn new(waiting: &Arc<AtomicUsize>) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(waiting))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Worker {
    folder: Aggregator,
    is_rebuilding: bool,
    inbox: Receiver<Message>,
    told: watch::Sender<Progress>,
    waiting: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

impl Worker {
    fn run(mut self) {
        while let Some(rebuild) = self.next() {
            match rebuild {
                None => {
                    // The failure was logged; the next look tries again.
                    if self.catch_up().is_err() {
                        thread::sleep(RETRY_TIME);
                    }
                }
                Some(answer) => {
                    let rebuilt = self.begin_again();
                    // The caller may have gone; the work is done all the same.
                    let _gone = answer.send(rebuilt);
                }
            }
        }
    }

    fn begin_again(&mut self) -> Result<(), StoreError> {
        self.is_rebuilding = true;
        let cleared = self.folder.begin_again();
        self.tell(cleared.as_ref().err());
        cleared.and_then(|()| self.catch_up())
    }

    /// Waits for the next reason to work. Returns `None` once the handle is gone.
    fn next(&mut self) -> Option<Option<oneshot::Sender<Result<(), StoreError>>>> {
        let stops = || self.stop.load(Ordering::Relaxed);
        let first = match stops() {
            true => return None,
            false => self.inbox.recv_timeout(IDLE_TIME),
        };
        match first {
            _ if stops() => return None,
            Ok(Message::Rebuild(answer)) => return Some(Some(answer)),
            Ok(Message::Poke) => {}
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                if let Err(error) = self.folder.save_tails() {
                    tracing::warn!(%error, "documents could not be saved");
                }
                return Some(None);
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return None,
        }
        loop {
            match self.inbox.try_recv() {
                Ok(Message::Poke) => {}
                Ok(Message::Rebuild(answer)) => return Some(Some(answer)),
                Err(TryRecvError::Empty) => return Some(None),
                Err(TryRecvError::Disconnected) => return None,
            }
        }
    }

    /// Folds until nothing is left or the hub closes.
    fn catch_up(&mut self) -> Result<(), StoreError> {
        let mut told = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            let started = Instant::now();
            if told.elapsed() >= TELL_TIME {
                told = started;
                let (folded, stored) = (self.folder.folded(), self.folder.stored());
                // If all are in, only sums are being made.
                if folded < stored {
                    tracing::warn!("{folded} of {stored} entries are in the figures");
                }
            }
            let folded = self.folder.fold();
            self.is_rebuilding &= !matches!(folded, Ok(0));
            self.tell(folded.as_ref().err());
            match folded {
                Ok(0) => match self.folder.settle() {
                    // More may have come meanwhile.
                    Ok(true) => {}
                    Ok(false) => return Ok(()),
                    Err(error) => {
                        tracing::error!(%error, "sums could not be made and will be tried again");
                        return Err(error);
                    }
                },
                Ok(_) => self.give_way(started.elapsed()),
                Err(error) => {
                    tracing::error!(%error, "the aggregation failed and will be tried again");
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Yields the processor to writers while they are busy and no one waits for a figure. The pause
    /// grows with the time the last bite took.
    fn give_way(&self, bite: Duration) {
        let pause = (bite * PAUSE_BITES).clamp(PAUSE_TIME_MIN, PAUSE_TIME_MAX);
        let started = Instant::now();
        let mut stored = self.folder.stored();
        let hurry =
            || self.waiting.load(Ordering::Relaxed) > 0 || self.stop.load(Ordering::Relaxed);
        while started.elapsed() < pause && !hurry() {
            thread::park_timeout(LOOK_TIME);
            let now = self.folder.stored();
            if now == stored {
                return;
            }
            stored = now;
        }
    }

    fn tell(&self, error: Option<&StoreError>) {
        let hub_seq = self.folder.folded();
        let answered = self.folder.answered();
        let failed = error.map(ToString::to_string);
        let network = self.folder.network();
        self.told.send_replace(Progress {
            hub_seq,
            answered,
            failed,
            is_rebuilding: self.is_rebuilding,
            network,
        });
    }
}

/// Time between progress reports while catching up.
const TELL_TIME: Duration = Duration::from_secs(5);
/// Time without news after which documents are saved.
const IDLE_TIME: Duration = Duration::from_secs(1);
/// The pause between bites, as a multiple of the time the last one took: half of one processor is
/// enough for it to fall behind a busy network by seconds, not minutes.
const PAUSE_BITES: u32 = 1;
const PAUSE_TIME_MIN: Duration = Duration::from_millis(100);
const PAUSE_TIME_MAX: Duration = Duration::from_secs(1);
/// Interval at which a pause checks for waiting callers and new entries.
const LOOK_TIME: Duration = Duration::from_millis(20);
/// Time until the next try after a failure.
const RETRY_TIME: Duration = Duration::from_millis(500);
