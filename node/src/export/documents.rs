//! The documents as Automerge saves them, for any program that reads Automerge.

use serde_json::json;
use weft_shared::{
    id::{BlobHash, DocName, sha256},
    log::sealed::are_sealed,
    model::insight::WORDS_SALT_BYTES,
};

use super::File;
use crate::{
    replica::{DocumentError, Replica},
    store::{LocationRow, Owner, blobs},
};

pub(super) fn files(replica: &mut Replica) -> Result<Vec<File>, DocumentError> {
    let (mut files, mut manifest) = (Vec::new(), Vec::new());
    for (owner, of) in [(Owner::Location, "location"), (Owner::Hub, "hub")] {
        for (_, name) in replica.documents_where(owner, |_| true) {
            let document = replica.document(owner, &name)?;
            let saved = document.save().map_err(|error| DocumentError::Unreadable {
                name: name.clone(),
                why: error.to_string(),
            })?;
            let dump = document.dump();
            let stem = format!("{of}/{}", stem(&name));
            let heads = document.heads().into_iter();
            let heads = heads.map(|head| BlobHash::new(head).to_string());
            manifest.push(json!({
                "name": name.name,
                "epoch": name.epoch,
                "of": of,
                "file": format!("{stem}.automerge"),
                "dump": format!("{stem}.json"),
                "dump_sha256": BlobHash::new(sha256("", &[dump.as_bytes()])).to_string(),
                "heads": heads.collect::<Vec<_>>(),
                "changes": document.changes(),
            }));
            files.push(File::new(format!("{stem}.automerge"), saved));
            files.push(File::new(format!("{stem}.json"), dump));
        }
    }
    for hash in replica.named_words()? {
        let found = blobs::bytes(&replica.store().reader, LocationRow::OWN, &hash)?;
        let Some(blob) = found else {
            continue;
        };
        let sealed = are_sealed(&blob);
        if let Some(blob) = replica.opened(blob)
            && let Some((salt, words)) = blob.split_first_chunk::<WORDS_SALT_BYTES>()
        {
            let salt = match sealed {
                true => super::log::SEALED.to_owned(),
                false => format!("{:032x}", u128::from_be_bytes(*salt)),
            };
            files.push(File::new(format!("words/{hash}-{salt}.txt"), words));
        }
    }
    files.extend(super::log::files(replica)?);
    let manifest = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    files.push(File::new("manifest.json", manifest));
    files.push(File::new("README.txt", README));
    Ok(files)
}

/// A name that any file system takes: `observations/2026` is `observations-2026`.
fn stem(name: &DocName) -> String {
    name.to_string().replace(['/', '@'], "-")
}

const README: &str = "\
Each .automerge file is one document with its whole history, as Automerge saves it; any program that
reads Automerge loads it. The .json file beside it is the same content as text: sorted keys, every
concurrent value. manifest.json lists them with the hashes of their newest changes (heads) and the
SHA-256 of the text. words/ holds what was heard: each text under its insight's text_hash and,
behind a dash, the 16 bytes before it in that hash, or \"sealed\" if the hash is that of the sealed
form. What was replaced or withdrawn is gone. The
document \"team\" is what is for our team alone: here it can be read, and in log/ it is sealed.

log/ is what signs it. roster.jsonl holds the operations of the location's roster, in order; N.jsonl
the entries of its device N, in order: dseq, hash, void (why the bodies count for nothing), header,
bodies (codec 0 raw, 1 zstd) and tip, the device's Ed25519 signature over \"weft/tip/1\" and the
hash. hub-log/ is the same for the hub's own documents, which lie in hub/.
Binary values are hexadecimal; their forms stand in shared/PROTOCOL.md and shared/src/log/entry.rs.
weft-node verify --from DIR checks all of it without the hub and without this node, and names the
files that no signature covers.
";
