//! An entry that aborted the program three times, on its own.

use std::{fs::OpenOptions, io::Write as _, path::Path};

use weft_host::intake::Intake;
use weft_shared::{document::Witness as _, id::DocName};

use super::*;
use crate::store::settings::{self, Key};

/// Leaves the note of a process that aborted while it applied this entry alone.
fn end(note: &Path, document: &str, entry: &str) {
    let mut intake = Intake::open(note, env!("CARGO_PKG_VERSION"));
    let mut witness = intake.witness(document.to_owned(), vec![entry.to_owned()]);
    witness.note(&[0]);
    drop(witness);
    drop(intake);
    let mut file = OpenOptions::new().append(true).open(note).unwrap();
    file.write_all(b"X").unwrap();
}

#[test]
fn an_entry_that_ended_the_program_is_left_out_named_and_tried_again_by_rebuild() {
    let kit = Kit::new();
    let (mut a, mut b) = (kit.open(1), kit.open(2));
    set(&mut a, "90", 1);
    carry(&mut a, &mut b, DeviceIndex(1), 2);
    set(&mut a, "91", 3);
    deliver(&mut a, &mut b, DeviceIndex(1), 4);
    let location = b.location(Owner::Location);
    let name = DocName::first(DocKind::Observations(2022, 1).to_string());
    let document = format!("1/{}", name.id(&location));
    let note = b.store().writer.path().with_extension("intake");
    drop(b);
    for _ in 0..2 {
        end(&note, &document, "1.1.2.0");
        let mut b = kit.open(2);
        assert_eq!(b.status().unwrap().set_aside, [""; 0], "not yet");
        // It was applied, so the earlier aborts are forgotten.
        assert_eq!(values(&mut b), ["91"]);
    }
    for _ in 0..3 {
        end(&note, &document, "1.1.2.0");
    }
    for _ in 0..2 {
        let mut b = kit.open(2);
        assert_eq!(values(&mut b), ["90"]);
        let status = b.status().unwrap();
        assert_eq!(status.set_aside, ["entry 2 of device 1"]);
        assert_eq!((status.brief.quarantined, status.brief.held), (1, 0));
    }
    // A rebuild because of another version leaves it out, too.
    let stale = |db: &weft_store::Transaction<'_>| settings::set(db, Key::Derived, "0");
    kit.open(2).store().write(stale).unwrap();
    let mut b = kit.open(2);
    assert_eq!(values(&mut b), ["90"]);
    assert_eq!(b.status().unwrap().set_aside, ["entry 2 of device 1"]);
    let rebuilt = b.rebuild().unwrap();
    assert_eq!(rebuilt.quarantined, 0);
    assert_eq!(values(&mut b), ["91"]);
    assert_eq!(kit.open(2).status().unwrap().set_aside, [""; 0]);
}
