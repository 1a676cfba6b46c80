//! The check of a published release at the hub: its files against its manifest, and the manifest
//! against the chain.

use weft_shared::{
    identity::ConfirmationWords,
    model::release::{ReleaseAct, ReleaseId, ReleaseState, check_chain},
    release::{Manifest, chain_words, manifest::MANIFEST},
};

use super::{error::ReleaseError, shelf::Shelf};
use crate::app::AppHandle;

/// A release that is as it was published.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The release.
    pub id: ReleaseId,
    /// Number of files that its manifest lists.
    pub files: usize,
    /// Four words of the chain up to its last link.
    pub words: ConfirmationWords,
}

impl AppHandle {
    /// Checks the files of a release and the chain of releases.
    ///
    /// # Errors
    /// Returns all that differs.
    pub async fn verify_release(&self, id: &ReleaseId) -> Result<Verified, ReleaseError> {
        let row = self.one_in(id, ReleaseState::Published, "verified").await?;
        let links = self.read(|at| Ok(at.release_links())).await?;
        let (shelf, id) = (Shelf::of(self.data_dir()), id.clone());
        let mut wrong = Vec::new();
        if let Err(broken) = check_chain(&links, &Default::default()) {
            wrong.push(format!("the chain of releases is broken: {broken}"));
        }
        let linked = links.values().any(|link| {
            link.release == id
                && link.act == ReleaseAct::Published
                && Some(link.manifest) == row.manifest
        });
        if !linked {
            wrong.push("the chain of releases does not name this manifest".to_owned());
        }
        let Some(manifest) = shelf.manifest(&row) else {
            wrong.push(format!(
                "{MANIFEST} is missing, or is not the one that was published"
            ));
            return Err(ReleaseError::Refused(wrong));
        };
        for file in &manifest.files {
            match shelf.file(&id, &file.name) {
                Ok(bytes) if Manifest::checksum(&bytes) == file.sha256 => {}
                Ok(_) => wrong.push(format!("{} is not as it was published", file.name)),
                Err(error) => wrong.push(format!("{} cannot be read: {error}", file.name)),
            }
        }
        match wrong.is_empty() {
            true => Ok(Verified {
                id,
                files: manifest.files.len(),
                words: chain_words(&links),
            }),
            false => Err(ReleaseError::Refused(wrong)),
        }
    }
}
