//! A kind of document that grows: versions that know the growth, and versions that do not.

use super::*;
use crate::model::schema::Generations;

const BEFORE: Generations = &[&[Container::Observations, Container::Notes]];
const AFTER: Generations = &[
    &[Container::Observations, Container::Notes],
    &[Container::Targets, Container::Names],
];

fn known(generations: Generations) -> Document {
    let name = DocName::first("observations/2022");
    Document::begin(
        &LOCATION,
        &name,
        DocKind::Observations(2022, 1),
        generations,
    )
}

fn name(document: &mut Document, device: u8, text: &str) -> Vec<u8> {
    edit(document, device, |editor| {
        editor.put_text(Container::Names, "en", text).unwrap();
    })
}

fn names(document: &Document) -> Vec<String> {
    document
        .view()
        .texts(Container::Names)
        .into_values()
        .collect()
}

#[test]
fn growing_changes_nothing_of_what_was_there() {
    let (old, new) = (known(BEFORE), known(AFTER));
    let first = old.heads()[0];
    assert_eq!(old.change_meta(&first), new.change_meta(&first));
    assert_eq!((old.changes(), new.changes()), (1, 2));
    assert_eq!(old.dump(), new.dump(), "an empty container says nothing");
    let (mut old, mut new) = (old, new);
    let change = state(&mut old, 1, FN, 900);
    new.apply(&[change]).unwrap();
    assert_eq!(old.dump(), new.dump());
    assert_eq!(new.all_changes().len(), 1, "what is computed is not sent");
}

#[test]
fn a_version_that_knows_less_holds_what_it_cannot_read() {
    let (mut old, mut new) = (known(BEFORE), known(AFTER));
    let said = name(&mut new, 1, "Example");
    let refused = old.apply(&[said]).unwrap_err();
    assert!(matches!(refused, DeriveError::Held { .. }), "{refused:?}");
    let own = state(&mut old, 2, FN, 901);
    new.apply(&[own]).unwrap();
    assert_eq!(names(&new), ["Example"]);
    assert_eq!(new.observations().count(), 1);
}

#[test]
fn a_document_that_was_saved_before_its_kind_grew_grows_as_it_loads() {
    let mut old = known(BEFORE);
    let change = state(&mut old, 1, FN, 900);
    let mut grown = known(AFTER).with_saved(&old.save().unwrap()).unwrap();
    let mut fresh = known(AFTER);
    fresh.apply(&[change]).unwrap();
    assert_eq!(grown.heads(), fresh.heads());
    let said = name(&mut grown, 1, "Example");
    fresh.apply(&[said]).unwrap();
    let other = name(&mut fresh, 2, "Example: another");
    grown.apply(&[other]).unwrap();
    assert_eq!(grown.heads(), fresh.heads());
    assert_eq!(grown.dump(), fresh.dump());
    assert_eq!(names(&grown), ["Example: another"]);
    assert_eq!(
        known(AFTER)
            .with_saved(&grown.save().unwrap())
            .unwrap()
            .dump(),
        grown.dump()
    );
}

#[test]
fn a_change_may_not_pretend_to_be_the_growth() {
    let mut new = known(AFTER);
    let grown = new.inner.get_changes(&[]);
    let growth = grown.last().unwrap().raw_bytes().to_vec();
    let mut old = known(BEFORE);
    for document in [&mut old, &mut new] {
        let dump = document.dump();
        let tried = document.apply(std::slice::from_ref(&growth));
        assert!(tried.is_err(), "it makes maps outside of the schema");
        assert_eq!(document.dump(), dump);
    }
}

#[test]
fn a_change_writes_into_no_container_that_it_has_not_seen() {
    let new = known(AFTER);
    let said = name(&mut new.clone(), 1, "Example");
    let growth = new.inner.get_changes(&[]);
    let [begun, grown] = &growth[..] else {
        panic!("{} changes", growth.len());
    };
    let mut forged = Change::try_from(&said[..]).unwrap().decode();
    forged.hash = None;
    for (after, takes) in [(begun, false), (grown, true)] {
        forged.deps = vec![after.hash()];
        forged.start_op = (after.max_op() + 1).try_into().unwrap();
        let change = Change::from(forged.clone());
        let tried = new.clone().apply(&[change.raw_bytes().to_vec()]);
        assert_eq!(tried.is_ok(), takes, "{tried:?}");
    }
}
