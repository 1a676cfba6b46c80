//! Opens a node that has joined.

use std::{path::Path, sync::Arc};
use weft_host::{clock, data_dir::DataDir, failure::Failure};
use weft_shared::identity::Invite;
use weft_store::Open;

use super::AppHandle;
use crate::{
    enrol::{DEVICE_KEY, Enrolled, STORE, alone, read_device_key},
    limits::LAYOUT,
    replica::{Replica, Store},
};

/// The entry point for programs that hold a node themselves: tests, examples and `weft-node`.
#[derive(Debug)]
pub struct Node;

impl Node {
    /// Opens the node in `folder`. It connects to the hub only on request.
    ///
    /// # Errors
    /// If the data directory cannot be used. The failure says what to do.
    pub fn open(folder: &Path, runtime: &tokio::runtime::Handle) -> Result<AppHandle, Failure> {
        let dir = DataDir::open(folder, LAYOUT, false)?;
        Self::open_dir(Arc::new(dir), runtime)
    }

    /// Does the same as [`Node::open`], for a directory that is already locked.
    pub(crate) fn open_dir(
        dir: Arc<DataDir>,
        runtime: &tokio::runtime::Handle,
    ) -> Result<AppHandle, Failure> {
        let key = read_device_key(&dir)?.ok_or_else(|| {
            Failure::failed(format_args!(
                "The data directory {} has lost its file {DEVICE_KEY}. Restore it from a backup, \
                 or join again with a device invite into a new --data-dir.",
                dir.root().display()
            ))
        })?;
        let store = Store::open(&dir.path(STORE), Open::Existing).map_err(Failure::failed_error)?;
        let replica =
            Replica::open(store, key.clone(), clock::now()).map_err(Failure::failed_error)?;
        AppHandle::start(dir, key, replica, runtime)
    }

    /// Brings a node that works alone to the hub of a founding invite. Ends that node then, which
    /// must be opened again. Outside the asynchronous runtime.
    ///
    /// # Errors
    /// If the hub does not admit it. The node goes on alone then.
    pub(crate) fn join(
        node: &AppHandle,
        (dir, invite): (&Arc<DataDir>, &Invite),
        runtime: &tokio::runtime::Handle,
    ) -> Result<Enrolled, Failure> {
        let lost = || Failure::failed(format_args!("The file {DEVICE_KEY} is missing."));
        let key = read_device_key(dir)?.ok_or_else(lost)?;
        let founding = node.read(|replica| replica.founding())??;
        let admitted = alone::admit(dir, (&founding, &key), invite, runtime)?;
        let folder = Arc::clone(dir);
        let enrolled = node.read(move |replica| admitted.write(&folder, replica))??;
        node.ends_pages();
        runtime.block_on(node.close());
        Ok(enrolled)
    }
}
