//! Changes that no honest program writes: valid chunks with true checksums and false claims.

use weft_shared::{
    document::{Document, EditError, Editor},
    id::{DocName, actor},
};

use super::{
    bytes::{self, ACTION, ONE_SET, PREDECESSOR_COUNT, sleb},
    client::{Claim, Hostile},
};

/// One operation whose predecessor counts claim `claimed` rows by run length: a hundred bytes on
/// the wire, gigabytes for a reader that expands columns before it compares them.
pub(super) fn bomb(hostile: &Hostile, document: &DocName, claimed: i64) -> Claim {
    let columns = [
        (ACTION, vec![0x7f, 1]),
        (PREDECESSOR_COUNT, [sleb(claimed), vec![0]].concat()),
    ];
    change(hostile, document, 1, &columns)
}

/// A change that Automerge reads without complaint: number `seq` of this device, with one operation
/// that makes an object at the root of any document.
pub(super) fn plain(hostile: &Hostile, document: &DocName, seq: u64) -> Claim {
    let columns = ONE_SET.map(|(spec, bytes)| (spec, bytes.to_vec()));
    change(hostile, document, seq, &columns)
}

/// The single operation of a change, with the same number as the change.
fn change(hostile: &Hostile, document: &DocName, seq: u64, columns: &[(u64, Vec<u8>)]) -> Claim {
    let actor = actor(&hostile.key.id(), &document.id(&hostile.location), 0);
    Claim {
        document: document.clone(),
        raw: bytes::change(actor, seq, columns),
        n_changes: 1,
        n_ops: 1,
    }
}

/// A change written by the project's own editor, with content that no page or command accepts.
pub(super) fn edited(
    hostile: &Hostile,
    name: &str,
    write: impl Fn(&mut Editor<'_>) -> Result<(), EditError>,
) -> Claim {
    let mut claims = edits(hostile, name, 1, write);
    claims.pop().expect("one edit was asked for")
}

/// Makes `count` such changes, each after the one before.
pub(super) fn edits(
    hostile: &Hostile,
    name: &str,
    count: usize,
    write: impl Fn(&mut Editor<'_>) -> Result<(), EditError>,
) -> Vec<Claim> {
    let document = DocName::first(name);
    let mut copy = Document::genesis(&hostile.location, &document).expect("a known document");
    let author = hostile.key.id();
    let edits = (0..count).map(|_| {
        let before = copy.operations();
        let edited = copy
            .edit(author, hostile.at(), &write)
            .expect("the editor takes it");
        Claim {
            document: document.clone(),
            raw: edited.change.expect("a change"),
            n_changes: 1,
            n_ops: u32::try_from(copy.operations() - before).expect("a small change"),
        }
    });
    edits.collect()
}
