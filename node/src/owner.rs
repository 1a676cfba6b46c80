//! The replica's single owner: a thread that holds it and wakes for a closed list of reasons.
//!
//! Commands and pages hold an [`OwnerHandle`] and send it work; so does the link, by a
//! [`WeakOwnerHandle`]. Nothing else uses the replica or its store.

use std::{io, sync::Arc, thread, time::Duration};

use tokio::sync::{
    mpsc::{self, error::TryRecvError},
    oneshot, watch,
};
use weft_host::{clock, data_dir::DataDir, task};
use weft_shared::{id::DeviceIndex, identity::Roster, log::gate::Height};

use crate::{
    limits::{BACKLOG_QUIET, BACKLOG_STEP, EVENTS_QUEUED_MAX, TIDY_INTERVAL},
    replica::Replica,
    store::Owner,
};

/// Work on the replica; it sends its own answer.
type Work = Box<dyn FnOnce(&mut Replica) + Send>;

/// The reasons for the owner to wake.
enum Event {
    /// A request from a person. It sees everything that is stored.
    Command(Work),
    /// A request from the session with the hub, which waits for no document.
    Session(Work),
    /// Nothing has happened for a while: time to tidy up.
    Timer,
    /// Refuses everything that is requested from now on.
    Shutdown(oneshot::Sender<()>),
}

/// State that others may read without a request. It changes with every save and every arrival.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// Number of changes so far.
    pub(crate) version: u64,
    /// This device's log.
    pub(crate) log: Option<(DeviceIndex, Height)>,
    /// Number of times that the tail of that log was rewritten.
    pub(crate) rewrites: u64,
    /// Entries that the hub has not acknowledged.
    pub(crate) waiting: u64,
    /// The location's roster.
    pub(crate) roster: Arc<Roster>,
}

/// A way to the owner. The thread ends with the last one, or by [`OwnerHandle::close`].
#[derive(Clone)]
pub(crate) struct OwnerHandle {
    events: mpsc::Sender<Event>,
    heads: watch::Receiver<Head>,
    versions: watch::Receiver<u64>,
}

/// A way to the owner that does not keep it running. Its methods return `None` once it has ended.
#[derive(Clone)]
pub(crate) struct WeakOwnerHandle {
    events: mpsc::WeakSender<Event>,
    pub(crate) heads: watch::Receiver<Head>,
}

impl OwnerHandle {
    /// Starts the thread, which keeps `folder` locked as long as it lives.
    ///
    /// # Errors
    /// If the system starts no further thread.
    pub(crate) fn start(
        folder: Arc<DataDir>,
        replica: Replica,
        runtime: &tokio::runtime::Handle,
    ) -> io::Result<Self> {
        let (events, inbox) = mpsc::channel(EVENTS_QUEUED_MAX);
        let (head, heads) = watch::channel(head_of(&replica));
        let (version, versions) = watch::channel(replica.version());
        let thread = OwnerThread {
            replica,
            head,
            version,
            _folder: folder,
        };
        thread::Builder::new()
            .name("weft-node".to_owned())
            .spawn(move || thread.serve(inbox))?;
        task::spawn_on(runtime, tick(events.downgrade()));
        Ok(Self {
            events,
            heads,
            versions,
        })
    }

    /// Returns a way for those who must not keep the thread running.
    pub(crate) fn downgrade(&self) -> WeakOwnerHandle {
        WeakOwnerHandle {
            events: self.events.downgrade(),
            heads: self.heads.clone(),
        }
    }

    /// Returns the number of changes so far, as it grows. It ends with the owner.
    pub(crate) fn versions(&self) -> watch::Receiver<u64> {
        self.versions.clone()
    }

    /// Waits until something changed since `version` (0 at first) and returns the present version.
    pub(crate) async fn changed(&self, version: u64) -> Option<u64> {
        let mut heads = self.heads.clone();
        let head = heads.wait_for(|head| head.version != version).await.ok()?;
        Some(head.version)
    }

    /// Runs `work` with the replica. Returns `None` if the owner has ended.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Option<T> {
        let (event, answered) = command(work);
        self.events.send(event).await.ok()?;
        answered.await.ok()
    }

    /// Does the same as [`OwnerHandle::call`], outside the asynchronous runtime.
    pub(crate) fn call_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Option<T> {
        let (event, answered) = command(work);
        self.events.blocking_send(event).ok()?;
        answered.blocking_recv().ok()
    }

    /// Ends the thread. What was saved is on disk.
    pub(crate) async fn close(&self) {
        let (done, ended) = oneshot::channel();
        if self.events.send(Event::Shutdown(done)).await.is_ok() {
            let _ = ended.await;
        }
    }
}

impl WeakOwnerHandle {
    /// A way to an owner that has ended.
    #[cfg(test)]
    pub(crate) fn of_ended() -> Self {
        let head = Head {
            version: 0,
            log: None,
            rewrites: 0,
            waiting: 0,
            roster: Arc::new(Roster::new(weft_shared::id::LocationId::new([0; 16]))),
        };
        Self {
            events: mpsc::channel(1).0.downgrade(),
            heads: watch::channel(head).1,
        }
    }

    /// Runs `work` with the way to a replica that serves meanwhile.
    #[cfg(test)]
    pub(crate) async fn to<T>(replica: &mut Replica, work: impl AsyncFnOnce(Self) -> T) -> T {
        let (events, mut inbox) = mpsc::channel(1);
        let owner = Self {
            events: events.downgrade(),
            ..Self::of_ended()
        };
        let work = async move {
            let outcome = work(owner).await;
            drop(events);
            outcome
        };
        let serve = async {
            while let Some(event) = inbox.recv().await {
                if let Event::Command(work) = event {
                    tokio::task::block_in_place(|| work(replica));
                }
            }
        };
        tokio::join!(work, serve).0
    }

    /// Runs `work` for a session, before what is stored has been read into the documents. It sends
    /// its own answer, so that it may go on after that.
    pub(crate) async fn serve(
        &self,
        work: impl FnOnce(&mut Replica) + Send + 'static,
    ) -> Option<()> {
        let events = self.events.upgrade()?;
        events.send(Event::Session(Box::new(work))).await.ok()
    }

    /// Runs `work` with the replica.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Option<T> {
        let (event, answered) = command(work);
        let events = self.events.upgrade()?;
        events.send(event).await.ok()?;
        drop(events);
        answered.await.ok()
    }
}

/// The state of the owner's thread.
struct OwnerThread {
    replica: Replica,
    head: watch::Sender<Head>,
    /// The same version, for pages that listen.
    version: watch::Sender<u64>,
    /// Locked as long as the thread lives.
    _folder: Arc<DataDir>,
}

impl OwnerThread {
    fn serve(mut self, mut inbox: mpsc::Receiver<Event>) {
        while let Some(event) = self.next(&mut inbox) {
            match event {
                Event::Command(work) => {
                    self.read_in();
                    work(&mut self.replica);
                }
                Event::Session(work) => work(&mut self.replica),
                Event::Timer => {
                    self.read_in();
                    self.replica.tidy();
                }
                Event::Shutdown(done) => {
                    inbox.close();
                    self.read_in();
                    self.replica.tidy();
                    drop(self);
                    let _ = done.send(());
                    return;
                }
            }
            self.replica.evict();
            self.publish();
        }
        self.read_in();
        self.replica.tidy();
    }

    /// Reads what has arrived, and gives and withdraws what follows from it for the team.
    fn read_in(&mut self) {
        let any = self.replica.has_backlog();
        self.replica.read_in();
        if any {
            self.replica.tend_team(clock::now());
        }
    }

    /// Returns the next reason to wake. Reads the backlog once no event has come for a moment.
    fn next(&mut self, inbox: &mut mpsc::Receiver<Event>) -> Option<Event> {
        let mut quiet = Duration::ZERO;
        while self.replica.has_backlog() {
            match inbox.try_recv() {
                Ok(event) => return Some(event),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) if quiet < BACKLOG_QUIET => {
                    thread::sleep(BACKLOG_STEP);
                    quiet += BACKLOG_STEP;
                }
                Err(TryRecvError::Empty) => {
                    self.read_in();
                    self.publish();
                }
            }
        }
        inbox.blocking_recv()
    }

    /// Shows the link and the pages the state of the replica.
    fn publish(&self) {
        let moved = self.head.send_if_modified(|head| {
            let moved = self.replica.version() != head.version;
            if moved {
                *head = head_of(&self.replica);
            }
            moved
        });
        if moved {
            self.version.send_replace(self.replica.version());
        }
    }
}

fn head_of(replica: &Replica) -> Head {
    let log = replica.dix();
    Head {
        version: replica.version(),
        log: log.map(|dix| (dix, replica.height(Owner::Location, dix))),
        rewrites: replica.rewrites(),
        waiting: replica.waiting(),
        roster: Arc::new(replica.roster(Owner::Location).clone()),
    }
}

fn command<T: Send + 'static>(
    work: impl FnOnce(&mut Replica) -> T + Send + 'static,
) -> (Event, oneshot::Receiver<T>) {
    let (answer, answered) = oneshot::channel();
    let work = move |replica: &mut Replica| {
        // The caller may have gone; the work still counts.
        let _ = answer.send(work(replica));
    };
    (Event::Command(Box::new(work)), answered)
}

async fn tick(events: mpsc::WeakSender<Event>) {
    loop {
        tokio::time::sleep(TIDY_INTERVAL).await;
        let Some(events) = events.upgrade() else {
            return;
        };
        if events.send(Event::Timer).await.is_err() {
            return;
        }
    }
}
