//! From entries to figures, on a thread of its own: documents, facts, and the rollup cells that a
//! changed fact touches.
//!
//! It lags behind ingest rather than slowing it: as long as more is being stored it takes larger
//! bites after longer pauses, unless somebody waits for a figure. All it makes can be thrown away
//! and made again.

mod context;
mod ended;
pub(crate) mod facts;
mod fold;
pub(crate) mod library;
pub(crate) mod origins;
mod slices;
#[cfg(test)]
mod tests;
mod touched;
mod writes;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::sync::{oneshot, watch};
use weft_shared::rollup::Network;

use self::fold::Folder;
use crate::{
    limits,
    store::{Store, StoreError},
};

/// How far the aggregation is.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    /// Every entry up to here is in the figures.
    pub(crate) hub_seq: u64,
    /// Up to this ask, whatever was dropped is out of the figures.
    pub(crate) answered: u64,
    /// Why it does not get on, where it does not.
    pub(crate) failed: Option<String>,
    /// The network as those figures see it.
    pub(crate) network: Arc<Network>,
}

impl Progress {
    /// Whether it is as far as entry `hub_seq` and ask `ask`.
    pub(crate) const fn reached(&self, hub_seq: u64, ask: u64) -> bool {
        self.hub_seq >= hub_seq && self.answered >= ask
    }
}

/// A handle to the aggregation; its thread ends with it.
#[derive(Debug)]
pub(crate) struct Aggregate {
    messages: Option<SyncSender<Message>>,
    progress: watch::Receiver<Progress>,
    waiting: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

enum Message {
    /// Something was stored.
    Poke,
    /// Throw all derived state away and make it again.
    Rebuild(oneshot::Sender<Result<(), StoreError>>),
}

impl Aggregate {
    pub(crate) fn start(store: &Store) -> Result<Self, StoreError> {
        // Opening may have to write, which a thread of the asynchronous runtime must not wait for.
        let opened = thread::scope(|scope| scope.spawn(|| Folder::open(store)).join());
        let folder = opened.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let (messages, inbox) = sync_channel(limits::COMMANDS_WAITING_MAX);
        let waiting = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (told, progress) = watch::channel(Progress {
            hub_seq: folder.folded(),
            answered: folder.answered(),
            failed: None,
            network: folder.network(),
        });
        let worker = Worker {
            folder,
            inbox,
            told,
            waiting: Arc::clone(&waiting),
            stop: Arc::clone(&stop),
        };
        let thread = thread::Builder::new().name("weft-aggregate".to_owned());
        let thread = thread.spawn(move || worker.run());
        let thread = thread.map_err(|error| {
            StoreError::Store(weft_host::store_error::StoreError::Failing {
                detail: error.to_string(),
            })
        })?;
        let aggregate = Self {
            messages: Some(messages),
            progress,
            waiting,
            stop,
            thread: Some(thread),
        };
        aggregate.poke();
        Ok(aggregate)
    }

    /// Says that something was stored. Where the queue is full it will be seen all the same.
    pub(crate) fn poke(&self) {
        let _looks_anyway = self.messages.as_ref().map(|m| m.try_send(Message::Poke));
    }

    /// Ends its pause, if it makes one: somebody waits.
    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        self.progress.borrow().clone()
    }

    /// Waits until every entry up to `hub_seq` is in the figures, and what was dropped up to `ask`
    /// is out of them; gives up after `most`.
    pub(crate) async fn reach(&self, (hub_seq, ask): (u64, u64), most: Duration) -> Progress {
        let mut progress = self.progress.clone();
        let _guard = Waiting::new(&self.waiting);
        self.poke();
        self.wake();
        let there = |p: &Progress| p.reached(hub_seq, ask) || p.failed.is_some();
        // Whether it arrived or time is over, what it reached is the answer.
        let _late = tokio::time::timeout(most, progress.wait_for(there))
            .await
            .is_err();
        self.progress()
    }

    /// Makes all derived state again from the entries.
    pub(crate) async fn rebuild(&self) -> Result<(), StoreError> {
        let closed = || StoreError::Store(weft_host::store_error::StoreError::Closed);
        let (answer, answered) = oneshot::channel();
        let messages = self.messages.clone().ok_or_else(closed)?;
        let _guard = Waiting::new(&self.waiting);
        self.wake();
        let sent = tokio::task::spawn_blocking(move || messages.send(Message::Rebuild(answer)));
        match sent.await {
            Ok(Ok(())) => answered.await.unwrap_or_else(|_| Err(closed())),
            Ok(Err(_)) | Err(_) => Err(closed()),
        }
    }
}

impl Drop for Aggregate {
    fn drop(&mut self) {
        // What is not folded yet is folded after the next start.
        self.stop.store(true, Ordering::Relaxed);
        self.wake();
        self.messages = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so; nothing is left to be done about it here.
            let _panicked = thread.join();
        }
    }
}

/// Counts those who wait for a figure: while there are any, nothing is put off.
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
    folder: Folder,
    inbox: Receiver<Message>,
    told: watch::Sender<Progress>,
    waiting: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Worker {
    fn run(mut self) {
        while let Some(rebuild) = self.next() {
            match rebuild {
                None => {
                    // It was told; the next look tries again.
                    let _failed = self.catch_up();
                }
                Some(answer) => {
                    let cleared = self.folder.begin_again();
                    self.tell(cleared.as_ref().err());
                    let rebuilt = cleared.and_then(|()| self.catch_up());
                    // Whoever asked may have gone: the work is done all the same.
                    let _gone = answer.send(rebuilt);
                }
            }
        }
    }

    /// Waits for a reason to work: nothing once the handle is gone.
    fn next(&mut self) -> Option<Option<oneshot::Sender<Result<(), StoreError>>>> {
        match self.inbox.recv_timeout(IDLE_TIME) {
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

    /// Folds until nothing is left, or the hub closes.
    fn catch_up(&mut self) -> Result<(), StoreError> {
        let mut told = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            let started = Instant::now();
            if told.elapsed() >= TELL_TIME {
                told = started;
                let (folded, stored) = (self.folder.folded(), self.folder.stored());
                tracing::warn!("{folded} of {stored} entries are in the figures");
            }
            let folded = self.folder.fold();
            self.tell(folded.as_ref().err());
            match folded {
                Ok(0) => return Ok(()),
                Ok(_) => self.give_way(started.elapsed()),
                Err(error) => {
                    tracing::error!(%error, "the aggregation failed and will be tried again");
                    thread::sleep(RETRY_TIME);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Leaves the processor to those who store, as long as somebody does and nobody waits for a
    /// figure: the longer the last bite took, the longer.
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
            network,
        });
    }
}

/// How often a long catching up says how far it is.
const TELL_TIME: Duration = Duration::from_secs(5);
/// After so long without news, documents are saved.
const IDLE_TIME: Duration = Duration::from_secs(1);
/// Between bites, as many times as long as the last one took.
const PAUSE_BITES: u32 = 4;
const PAUSE_TIME_MIN: Duration = Duration::from_millis(250);
const PAUSE_TIME_MAX: Duration = Duration::from_secs(2);
/// How often it looks meanwhile whether somebody waits, and whether more is being stored.
const LOOK_TIME: Duration = Duration::from_millis(20);
/// After a failure.
const RETRY_TIME: Duration = Duration::from_millis(500);
