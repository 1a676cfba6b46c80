//! The node's single owner: a thread that holds the replica and wakes for a closed list of reasons.
//!
//! Commands, pages and the link hold an [`AppHandle`] and send it work. Nothing else touches the
//! store.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    thread,
    time::Duration,
};

use tokio::sync::{
    mpsc::{self, error::TryRecvError},
    oneshot, watch,
};
use weft_host::{clock, data_dir::DataDir, page::Guard, task};
use weft_shared::{
    id::{DeviceId, Dix},
    identity::{DeviceKey, Operation, Roster},
    log::gate::Height,
    model::Audience,
    sync,
    time::Zone,
};

use crate::{
    failure::Failure,
    limits::{BACKLOG_QUIET, BACKLOG_STEP, EVENTS_QUEUED_MAX},
    link::{Answer, Link, Phase},
    replica::{Edit, Replica, Saved},
    store::Owner,
    words::counted,
};

/// Work on the replica; it sends its own answer.
type Work = Box<dyn FnOnce(&mut Replica) + Send>;

/// The reasons for the owner to wake.
enum Event {
    /// A request from a handle.
    Command(Work),
    /// A request from the session with the hub, which waits for the answer.
    Link(Box<sync::Event>, oneshot::Sender<Answer>),
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
    pub(crate) log: Option<(Dix, Height)>,
    /// Number of times that the tail of that log was rewritten.
    pub(crate) rewrites: u64,
    /// Entries that the hub has not acknowledged.
    pub(crate) waiting: u64,
    /// The location's roster.
    pub(crate) roster: Arc<Roster>,
}

/// An open node. Clones share it; it ends with [`AppHandle::close`] or with the last clone.
#[derive(Clone)]
pub struct AppHandle {
    events: mpsc::Sender<Event>,
    heads: watch::Receiver<Head>,
    link: Link,
    folder: Arc<Path>,
    device: DeviceId,
    runtime: tokio::runtime::Handle,
    /// The guard that lets people into the page, while the page is served.
    pages: Arc<OnceLock<Arc<Guard>>>,
}

impl std::fmt::Debug for AppHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppHandle")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl AppHandle {
    /// Starts the owner's thread. The link stays quiet until it is asked.
    pub(crate) fn start(
        folder: Arc<DataDir>,
        key: DeviceKey,
        replica: Replica,
        runtime: &tokio::runtime::Handle,
    ) -> Result<Self, Failure> {
        let (events, inbox) = mpsc::channel(EVENTS_QUEUED_MAX);
        let (head, heads) = watch::channel(head_of(&replica));
        let root: Arc<Path> = folder.root().into();
        let device = key.id();
        let membership = replica.membership.clone();
        let owner = Keeper {
            replica,
            head,
            _folder: folder,
        };
        thread::Builder::new()
            .name("weft-node".to_owned())
            .spawn(move || owner.serve(inbox))
            .map_err(|error| {
                Failure::failed(format_args!("No thread could be started: {error}."))
            })?;
        let door = Door {
            events: events.downgrade(),
            heads: heads.clone(),
        };
        let link = Link::start(runtime, key, membership, door);
        task::spawn_on(runtime, tick(events.downgrade()));
        Ok(Self {
            events,
            heads,
            link,
            folder: root,
            device,
            runtime: runtime.clone(),
            pages: Arc::default(),
        })
    }

    /// Returns the data directory.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.to_path_buf()
    }

    /// Returns this device's id.
    #[must_use]
    pub const fn device(&self) -> DeviceId {
        self.device
    }

    /// Keeps the guard, which hands out links to the page.
    pub(crate) fn serves_pages(&self, guard: &Arc<Guard>) {
        // A node serves its page once in its life. A second guard would belong to no page.
        let _first_counts = self.pages.set(Arc::clone(guard));
    }

    /// Returns a new one-time link to the page, while the page is served.
    pub(crate) fn page_link(&self) -> Option<String> {
        self.pages.get().map(|guard| guard.launch_url())
    }

    /// Returns the link to the hub.
    pub(crate) const fn link(&self) -> &Link {
        &self.link
    }

    /// Waits until something changed since `version` (0 at first) and returns the present version.
    /// Returns `None` once the node has ended.
    pub async fn changed(&self, version: u64) -> Option<u64> {
        let mut heads = self.heads.clone();
        let head = heads.wait_for(|head| head.version != version).await.ok()?;
        Some(head.version)
    }

    /// Runs `work` with the replica, on its owner's thread.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let (answer, answered) = oneshot::channel();
        let event = command(work, answer);
        self.events.send(event).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())
    }

    /// Does the same as [`AppHandle::call`], outside the asynchronous runtime.
    pub(crate) fn call_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let (answer, answered) = oneshot::channel();
        let event = command(work, answer);
        self.events.blocking_send(event).map_err(|_| closed())?;
        answered.blocking_recv().map_err(|_| closed())
    }

    /// Reads or changes the replica, outside the asynchronous runtime.
    pub(crate) fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.call_blocking(work)
    }

    /// Returns the network's time zone, in which people read times.
    pub(crate) fn zone(&self) -> Zone {
        self.read(Replica::zone).unwrap_or_default()
    }

    /// Saves edits, all of them or none, outside the asynchronous runtime.
    pub(crate) fn save(
        &self,
        edits: impl FnOnce(&mut Replica) -> Result<Vec<Edit>, Failure> + Send + 'static,
    ) -> Result<Saved, Failure> {
        self.call_blocking(move |replica| {
            let edits = edits(replica)?;
            replica.save(edits, clock::now()).map_err(Failure::from)
        })?
    }

    /// Says in words where something saved with this audience is now.
    pub(crate) fn whereabouts(&self, audience: Audience) -> Result<String, Failure> {
        if audience == Audience::Team {
            let text = "Saved. It stays on this computer only: not backed up, not seen by your \
                        colleagues.";
            return Ok(text.to_owned());
        }
        let (revoked, waiting) = self.read(|replica| (replica.is_revoked(), replica.waiting()))?;
        let revoked = revoked?;
        let live = matches!(self.link.status().phase, Phase::Live | Phase::CatchingUp);
        Ok(match (revoked, live) {
            (true, _) => {
                "Saved on this computer. The hub refuses this device as revoked, so it is \
                          not shared: weft-node status says what to do."
                    .to_owned()
            }
            (false, true) => "Saved on this computer; it is being shared with the hub.".to_owned(),
            (false, false) => format!(
                "Saved on this computer; {}: weft-node sync --once shares now, weft-node run keeps \
                 sharing.",
                counted(waiting, "entry waits", "entries wait")
            ),
        })
    }

    /// Shares waiting work with the hub and takes what is new. Outside the asynchronous runtime.
    ///
    /// # Errors
    /// If the exchange fails. The work is safe on this computer.
    pub fn exchange(&self) -> Result<(), Failure> {
        Ok(self.runtime.block_on(self.link.exchange())?)
    }

    /// Sends a roster operation to the hub. Outside the asynchronous runtime.
    pub(crate) fn roster(&self, operation: Operation) -> Result<(), Failure> {
        Ok(self.runtime.block_on(self.link.roster(operation))?)
    }

    /// Keeps in touch with the hub from now on, or hangs up and stays quiet.
    pub async fn live(&self, live: bool) {
        self.link.live(live).await;
    }

    /// Ends the node. Saved work is on disk, and the hub gets a goodbye.
    pub async fn close(&self) {
        self.link.close().await;
        let (done, ended) = oneshot::channel();
        if self.events.send(Event::Shutdown(done)).await.is_ok() {
            let _ = ended.await;
        }
    }
}

/// The link's way to the owner. It does not keep the node open.
#[derive(Clone)]
pub(crate) struct Door {
    events: mpsc::WeakSender<Event>,
    pub(crate) heads: watch::Receiver<Head>,
}

impl Door {
    /// The way to a node that has ended.
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
        let door = Self {
            events: events.downgrade(),
            ..Self::of_ended()
        };
        let work = async move {
            let outcome = work(door).await;
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

    /// Passes on what the session wants; nothing where the node has ended.
    pub(crate) async fn ask(&self, event: sync::Event) -> Option<Answer> {
        let (answer, answered) = oneshot::channel();
        let events = self.events.upgrade()?;
        events
            .send(Event::Link(Box::new(event), answer))
            .await
            .ok()?;
        drop(events);
        answered.await.ok()
    }

    /// Runs `work` with the replica. Returns `None` if the node has ended.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let events = self.events.upgrade()?;
        events.send(command(work, answer)).await.ok()?;
        drop(events);
        answered.await.ok()
    }
}

/// The state of the owner's thread.
struct Keeper {
    replica: Replica,
    head: watch::Sender<Head>,
    /// Locked as long as the thread lives.
    _folder: Arc<DataDir>,
}

impl Keeper {
    fn serve(mut self, mut inbox: mpsc::Receiver<Event>) {
        while let Some(event) = self.next(&mut inbox) {
            match event {
                Event::Command(work) => {
                    // The caller sees everything that is stored.
                    self.replica.read_in();
                    work(&mut self.replica);
                }
                Event::Link(event, answer) => {
                    let (reply, after) =
                        crate::link::answer(&mut self.replica, *event, clock::now());
                    let _ = answer.send(reply);
                    self.replica.read_soon(after);
                }
                Event::Timer => {
                    self.replica.read_in();
                    self.replica.tidy();
                }
                Event::Shutdown(done) => {
                    inbox.close();
                    self.replica.read_in();
                    self.replica.tidy();
                    drop(self);
                    let _ = done.send(());
                    return;
                }
            }
            self.replica.evict();
            self.publish();
        }
        self.replica.read_in();
        self.replica.tidy();
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
                    self.replica.read_in();
                    self.publish();
                }
            }
        }
        inbox.blocking_recv()
    }

    /// Tells the link and the pages the state of the replica.
    fn publish(&self) {
        self.head.send_if_modified(|head| {
            let moved = self.replica.version() != head.version;
            if moved {
                *head = head_of(&self.replica);
            }
            moved
        });
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
    answer: oneshot::Sender<T>,
) -> Event {
    Event::Command(Box::new(move |replica| {
        // The caller may have gone; the work still counts.
        let _ = answer.send(work(replica));
    }))
}

async fn tick(events: mpsc::WeakSender<Event>) {
    loop {
        tokio::time::sleep(crate::limits::TIDY_INTERVAL).await;
        let Some(events) = events.upgrade() else {
            return;
        };
        if events.send(Event::Timer).await.is_err() {
            return;
        }
    }
}

fn closed() -> Failure {
    Failure::failed("The node has ended; what was saved is safe. Start it again: weft-node run.")
}
