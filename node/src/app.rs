//! The open node: what commands, pages and other programs ask of it.

mod backups;
mod devices;
mod node;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use weft_host::{backup::Backups, clock, data_dir::DataDir, failure::Failure, page::Guard};
use weft_shared::{
    id::DeviceId,
    identity::{DeviceKey, Operation},
    model::Audience,
    text::counted,
    time::Zone,
};

pub use self::node::Node;
pub(crate) use self::{backups::PROGRAM as BACKUP, devices::NOTHING_REVOKED};
use crate::{
    edits::import::Calls,
    link::{Link, Phase},
    owner::OwnerHandle,
    replica::{Edit, Replica, Saved},
};

/// An open node. Clones share it; it ends with [`AppHandle::close`] or with the last clone.
#[derive(Clone)]
pub struct AppHandle {
    owner: OwnerHandle,
    link: Link,
    folder: Arc<Path>,
    device: DeviceId,
    runtime: tokio::runtime::Handle,
    /// The guard that lets people into the page, while the page is served.
    pages: Arc<OnceLock<Arc<Guard>>>,
    /// Whether the page ends, and with it what open pages hear.
    ending: Arc<tokio::sync::watch::Sender<bool>>,
    backups: Arc<Backups>,
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
        let root: Arc<Path> = folder.root().into();
        let device = key.id();
        let membership = replica.membership().ok().cloned();
        let owner = OwnerHandle::start(folder, replica, runtime).map_err(|error| {
            Failure::failed(format_args!("No thread could be started: {error}."))
        })?;
        let link = match membership {
            Some(membership) => Link::start(runtime, key, membership, owner.downgrade()),
            None => Link::none(),
        };
        Ok(Self {
            owner,
            link,
            backups: backups::of(&root),
            folder: root,
            device,
            runtime: runtime.clone(),
            pages: Arc::default(),
            ending: Arc::default(),
        })
    }

    /// Returns the data directory.
    pub fn folder(&self) -> PathBuf {
        self.folder.to_path_buf()
    }

    /// Returns this device's id.
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

    /// Whether this computer has joined no network yet.
    pub(crate) const fn is_alone(&self) -> bool {
        self.link.is_none()
    }

    /// Ends the streams of open pages, so that the server can end.
    pub(crate) fn ends_pages(&self) {
        self.ending.send_replace(true);
    }

    /// Waits until the page ends.
    pub(crate) async fn pages_end(&self) {
        let mut ending = self.ending.subscribe();
        // The sender lives as long as this handle.
        let _ended = ending.wait_for(|ending| *ending).await;
    }

    /// Returns the number of changes so far, as it grows.
    pub(crate) fn versions(&self) -> tokio::sync::watch::Receiver<u64> {
        self.owner.versions()
    }

    /// Waits until something changed since `version` (0 at first) and returns the present version.
    /// Returns `None` once the node has ended.
    pub async fn changed(&self, version: u64) -> Option<u64> {
        self.owner.changed(version).await
    }

    /// Runs `work` with the replica, on its owner's thread.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.owner.call(work).await.ok_or_else(closed)
    }

    /// Reads or changes the replica, outside the asynchronous runtime.
    pub(crate) fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.owner.call_blocking(work).ok_or_else(closed)
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
        self.read(move |replica| {
            let edits = edits(replica)?;
            replica.save(edits, clock::now()).map_err(Failure::from)
        })?
    }

    /// Says in words where something saved with this audience is now.
    pub(crate) fn whereabouts(&self, audience: Audience) -> Result<String, Failure> {
        let is_sealed = audience == Audience::Team;
        let (revoked, waiting) = self.read(|replica| (replica.is_revoked(), replica.waiting()))?;
        let revoked = revoked?;
        if self.is_alone() && is_sealed {
            let text = "Saved on this computer, which works alone. Once it joins a network, only \
                        your team's devices can read this.";
            return Ok(text.to_owned());
        }
        if self.is_alone() {
            return Ok(format!(
                "Saved on this computer, which works alone. {} go to a network once it joins one.",
                counted(waiting, "entry will", "entries will")
            ));
        }
        if is_sealed && !revoked {
            let text = "Saved. Only your team's devices can read it; it goes to them sealed, by \
                        way of the hub.";
            return Ok(text.to_owned());
        }
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

    /// Finds out whether the hub serves this device, and its time. Nothing is shared for that.
    /// Outside the asynchronous runtime.
    ///
    /// # Errors
    /// If the hub cannot be reached, or refuses this device.
    pub(crate) fn probe(&self) -> Result<(), Failure> {
        Ok(self.runtime.block_on(self.link.probe())?)
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
        self.owner.close().await;
    }
}

impl Calls for AppHandle {
    fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.read(work)
    }
}

fn closed() -> Failure {
    Failure::failed("The node has ended; what was saved is safe. Start it again: weft-node run.")
}
