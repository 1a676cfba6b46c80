//! Checks an export against its signatures, and one that was changed.

mod places;

use std::{fs, path::Path};

use weft_shared::{
    id::DeviceIndex,
    log::gate::VoidCode,
    model::schema::{Container, DocKind},
};

use super::{Format, files, verify, write};
use crate::{
    kit::{self, Kit, now},
    replica::{Edit, Replica},
    store::Owner,
};

fn name(replica: &mut Replica, text: &'static str, at: i64) {
    let mut edit = Edit::default();
    edit.on(DocKind::Profile, move |editor| {
        editor.put_text(Container::Names, "en", text)
    });
    replica.save(vec![edit], now(at)).unwrap();
}

/// Replaces the first `old` in a file of the export.
fn change(folder: &Path, file: &str, old: &str, new: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{file} has no {old}");
    fs::write(path, text.replacen(old, new, 1)).unwrap();
}

fn complaints(folder: &Path) -> Vec<String> {
    let exceptions = verify(folder).unwrap().verified.exceptions.into_iter();
    exceptions.map(|exception| exception.what).collect()
}

#[test]
fn an_export_proves_itself_and_shows_what_was_changed() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    name(&mut one, "Example: one", 1);
    name(&mut one, "Example: two", 2);
    kit::offered(&mut one, DeviceIndex(1), 1);
    one.acknowledged(DeviceIndex(1), 2, &[(2, VoidCode::Counts)], now(3))
        .unwrap();
    one.say_lost_again(now(3)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let export = |to: &str, replica: &mut Replica| {
        let folder = dir.path().join(to);
        let all = files(replica, Format::Automerge, now(4)).unwrap();
        write(&folder, &all).unwrap();
        folder
    };
    let whole = export("whole", &mut one);
    let checked = verify(&whole).unwrap();
    let location = one.location(Owner::Location).to_string();
    assert_eq!(checked.location, Some(location));
    assert_eq!(checked.not_covered, ["README.txt", "manifest.json"]);
    let verified = checked.verified;
    assert_eq!(verified.exceptions, []);
    let counted = (verified.entries, verified.changes, verified.unsigned);
    assert_eq!(counted, (3, 2, 1), "the third is not offered yet");

    let text = export("text", &mut one);
    change(&text, "location/profile.json", "two", "2wo");
    assert_eq!(
        complaints(&text),
        ["location/profile.json is not what the document profile says"]
    );

    let cut = export("cut", &mut one);
    let log = fs::read_to_string(cut.join("log/1.jsonl")).unwrap();
    let kept: Vec<_> = log.lines().skip(1).collect();
    fs::write(cut.join("log/1.jsonl"), kept.join("\n")).unwrap();
    assert_eq!(complaints(&cut)[0], "the entry is missing");

    let forged = export("forged", &mut one);
    change(&forged, "log/1.jsonl", r#""tip":""#, r#""tip":"00"#);
    assert!(verify(&forged).is_err(), "a signature has 64 bytes");

    let others = export("others", &mut one);
    name(&mut one, "Example: three", 5);
    let later = export("later", &mut one);
    let file = "location/profile.automerge";
    fs::copy(later.join(file), others.join(file)).unwrap();
    let found = complaints(&others);
    let uncovered = "the document profile has a change that no entry covers";
    assert!(found.iter().any(|what| what == uncovered), "{found:?}");
}
