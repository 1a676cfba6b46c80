//! Takes in a bundle: a location's entries that somebody carried here in a file.

use std::{path::Path, sync::Arc};

use weft_host::clock;
use weft_store::{
    bundle::{self, Bundle, BundleError, Carried, Takes},
    host::{self, HostReply, Wish},
};

use super::link::HubHost;
use crate::{app::AppHandle, store::StoreError};

/// Takes in what is new in the file at `path`. Returns `None`, with nothing taken, if it is of no
/// location that has joined here.
///
/// # Errors
/// If it is no whole bundle: nothing was taken. If the store fails, what was taken until then
/// stays.
pub(crate) async fn apply(app: &AppHandle, path: &Path) -> Result<Option<Carried>, BundleError> {
    let (shared, path) = (Arc::clone(&app.shared), path.to_owned());
    let taken = tokio::task::spawn_blocking(move || {
        let bundle = Bundle::open(&path)?;
        let about = bundle.about;
        let conn = shared.store.writer().reader()?;
        let rosters = shared.directory.rosters().clone();
        let known = rosters.read(&conn, &about.location)?;
        let zero = shared.identity.zero;
        let known = known.filter(|_| about.zero == zero && about.location != zero);
        let Some(known) = known else {
            return Ok(None);
        };
        let device = known.roster.devices().next().map(|device| device.id);
        let Some(device) = device else {
            return Ok(None);
        };
        let link = HubHost::new(Arc::clone(&shared), device);
        let mut ask = |event| match host::sort(event, &link) {
            Wish::Read(read) => Ok(read.answer(&conn, &link)),
            Wish::Write(write) => {
                let writer = shared.store.writer();
                Ok(write.commit_blocking(writer, link.clone(), clock::now()).0)
            }
            Wish::News(_) => Ok(HostReply::Failed(StoreError::Damaged("no question"))),
        };
        // Entries of the hub itself come back with a restored hub's sessions, not with files.
        let of = (about, Takes::AtHub);
        let taken = bundle::apply(bundle.pieces()?, of, &rosters, &mut ask)?;
        Ok::<_, BundleError>(Some(taken))
    });
    taken.await.unwrap_or(Err(StoreError::Closed.into()))
}
