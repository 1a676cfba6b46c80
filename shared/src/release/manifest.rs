//! The manifest of a release: its files, and what went into it. Its hash is in the chain.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::{
    id::{ContributionHash, LocationCode, LocationId, ManifestHash, sha256},
    model::{
        json::{self, Unreadable},
        release::{Dataset, ReleaseNumber},
    },
    time::Timestamp,
};

/// The name of the manifest's file.
pub const MANIFEST: &str = "manifest.json";
/// The file that lists what changed since the release before, and which sums are kept.
pub const CHANGES: &str = "CHANGES.csv";
/// The format of manifests that this version writes.
pub const FORMAT: &str = "weft/manifest/1";
/// Maximum bytes of a manifest.
pub const MANIFEST_BYTES_MAX: usize = 8 << 20;

/// The manifest of a release.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The dataset.
    pub dataset: Dataset,
    /// The number of the release.
    pub release: ReleaseNumber,
    /// The dataset's title.
    pub title: String,
    /// The name of the network.
    pub network: String,
    /// The legal person that runs the hub.
    pub operator: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// The days of notice that teams had before it could go out; 0 if it was published without.
    pub notice_days: u16,
    /// Whether a second person published it: proposer and publisher had signed in, and are two. If
    /// not, the network had no two people who could, or one of the two acts was done in a shell.
    pub second_person: bool,
    /// The profile of disclosure control.
    pub profile: String,
    /// The commitment to the secret that rounds counts.
    pub secret_commitment: String,
    /// The version of the program that made it.
    pub code_version: String,
    /// The release that it corrects.
    pub supersedes: Option<ReleaseNumber>,
    /// The indicators in it.
    pub indicators: Vec<String>,
    /// Its files, by name, without the manifest itself and the list of checksums.
    pub files: Vec<ManifestFile>,
    /// Each location that is in it, once.
    pub locations: Vec<ManifestLocation>,
    /// The locations that are not, each with the reason.
    pub left_out: BTreeMap<LocationCode, String>,
    /// The sources of published figures that are in it, with their licences.
    pub sources: BTreeSet<String>,
}

/// A file of a release.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// A location whose numbers are in a release.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestLocation {
    /// Its id.
    pub id: LocationId,
    /// Its code.
    pub code: LocationCode,
    /// The salted hash of what was counted.
    pub contribution: ContributionHash,
}

impl Manifest {
    /// Its canonical JSON, which is the file.
    pub fn encode(&self) -> String {
        json::encode(self)
    }

    /// Reads a manifest's file.
    ///
    /// # Errors
    /// If the text is too long, not canonical, or of another format.
    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        let fits = |read: &Self| read.format == FORMAT;
        match text.len() <= MANIFEST_BYTES_MAX {
            true => json::decode(text, "manifest", fits, Self::encode),
            false => Err(Unreadable { what: "manifest" }),
        }
    }

    /// The SHA-256 of some bytes in hexadecimal, as `sha256sum` prints it.
    pub fn checksum(bytes: &[u8]) -> String {
        HEXLOWER.encode(&sha256("", &[bytes]))
    }

    /// The hash of a manifest's file: its SHA-256, as any tool makes it.
    pub fn hash(text: &str) -> ManifestHash {
        ManifestHash::new(sha256("", &[text.as_bytes()]))
    }
}
