//! Notes belong to a figure, and a note about an unchanged figure confirms it.

use super::*;
use crate::model::note::Note;

fn noted(
    document: &mut Document,
    device: u8,
    numerator: u32,
    note: Option<&str>,
) -> Option<Vec<u8>> {
    let edited = document.edit::<EditError>(author(device), AT, |editor| {
        editor.put_observation(&key(FN), &stated(numerator), note)
    });
    edited.unwrap().change
}

fn exchange(a: &mut Document, from_a: Vec<u8>, b: &mut Document, from_b: Vec<u8>) {
    a.apply(&[from_b]).unwrap();
    b.apply(&[from_a]).unwrap();
    assert_eq!(a.dump(), b.dump());
}

/// The current figures, each with its note: "50: right" or "52: right (for 50)".
fn read(document: &Document) -> String {
    let observed = document.observation(&key(FN)).unwrap();
    let mut lines: Vec<String> = observed
        .stated
        .iter()
        .map(|one| {
            let figure = one.statement.numerator.unwrap();
            let note = Note::beside(&observed.notes, &one.statement);
            let note = note.map_or_else(String::new, |note| {
                let other = note.written_for(&one.statement);
                let other = other.map_or_else(String::new, |one| format!(" (for {})", one.words()));
                format!("{}{other}", note.text)
            });
            format!("{figure}: {note}")
        })
        .collect();
    lines.sort();
    lines.join(" | ")
}

#[test]
fn a_note_about_a_figure_never_stands_beside_another_one() {
    let (mut a, mut b) = (document("observations/2022"), document("observations/2022"));
    let first = state(&mut a, 1, FN, 50);
    b.apply(&[first]).unwrap();
    // One person checks 50 and confirms it; another, who does not know that, states 52.
    let from_a = noted(&mut a, 1, 50, Some("50 is right")).unwrap();
    let from_b = noted(&mut b, 2, 52, None).unwrap();
    exchange(&mut a, from_a, &mut b, from_b);
    assert_eq!(
        read(&a),
        "50: 50 is right | 52: 50 is right (for 50 of 1000)"
    );
    let ids: Vec<_> = a.conflicts().iter().map(Conflict::id).collect();
    assert_eq!(ids, [format!("observations/{FN}")]);
    let at = a.conflicts()[0]
        .values
        .iter()
        .position(|one| one.value == stated(52).encode());
    let settled = edit(&mut a, 1, |editor| {
        editor.settle(&b.conflicts()[0], at.unwrap() + 1).unwrap();
    });
    b.apply(&[settled]).unwrap();
    assert_eq!(read(&b), "52: 50 is right (for 50 of 1000)");
    // A new note is for the current figure, and the same note again is not a change.
    noted(&mut a, 1, 52, Some("counted again")).unwrap();
    assert_eq!(read(&a), "52: counted again");
    assert_eq!(noted(&mut a, 1, 52, Some("counted again")), None);
    assert_eq!(noted(&mut a, 1, 52, None), None);
    noted(&mut a, 1, 52, Some("")).unwrap();
    assert_eq!(read(&a), "52: ");
}

#[test]
fn notes_for_two_figures_stand_side_by_side() {
    let (mut a, mut b) = (document("observations/2022"), document("observations/2022"));
    let from_a = noted(&mut a, 1, 61, Some("by the council")).unwrap();
    let from_b = noted(&mut b, 2, 72, Some("by the clinic")).unwrap();
    exchange(&mut a, from_a, &mut b, from_b);
    assert_eq!(read(&a), "61: by the council | 72: by the clinic");
    assert_eq!(
        a.conflicts().len(),
        1,
        "the figures contradict each other, the notes do not"
    );

    // Two notes about one figure do conflict.
    let (mut a, mut b) = (document("observations/2022"), document("observations/2022"));
    let from_a = noted(&mut a, 1, 61, Some("by the council")).unwrap();
    let from_b = noted(&mut b, 2, 61, Some("by the clinic")).unwrap();
    exchange(&mut a, from_a, &mut b, from_b);
    let conflicts = a.conflicts();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].id(), format!("notes/{FN}"));
    edit(&mut a, 1, |editor| editor.settle(&conflicts[0], 2).unwrap());
    assert!(a.conflicts().is_empty());
}

#[test]
fn a_note_of_before_counts_for_the_figure_that_stands() {
    let mut a = document("observations/2022");
    state(&mut a, 1, FN, 50);
    edit(&mut a, 1, |editor| {
        editor
            .put_text(Container::Notes, FN, "as published")
            .unwrap();
    });
    let dump = a.dump();
    assert_eq!(read(&a), "50: as published");
    assert_eq!(noted(&mut a, 1, 50, None), None);
    assert_eq!(noted(&mut a, 1, 50, Some("as published")), None);
    assert_eq!(a.dump(), dump, "reading rewrites nothing");
    noted(&mut a, 1, 52, None).unwrap();
    assert_eq!(read(&a), "52: as published (for 50 of 1000)");
}

#[test]
fn marks_stay_when_the_figure_is_said_again() {
    let mut a = document("observations/2022");
    let marked = Statement {
        method: Some("as at 2022-12-31".to_owned()),
        confirmed: ["magnitude".to_owned()].into_iter().collect(),
        ..stated(50)
    };
    edit(&mut a, 1, |editor| {
        editor.put_observation(&key(FN), &marked, None).unwrap();
    });
    assert_eq!(
        noted(&mut a, 1, 50, None),
        None,
        "the same figure again writes nothing"
    );
    let more = Statement {
        confirmed: ["jump".to_owned()].into_iter().collect(),
        ..stated(50)
    };
    edit(&mut a, 1, |editor| {
        editor.confirm_observation(&key(FN), &more, None).unwrap();
    });
    let stands = a.observation(&key(FN)).unwrap().stated.remove(0).statement;
    assert_eq!(stands.method, marked.method);
    assert_eq!(stands.confirmed.len(), 2);
    // A repeated confirmation is written too: it stands beside an unseen edit.
    let mut b = a.clone();
    let from_a = edit(&mut a, 1, |editor| {
        editor.confirm_observation(&key(FN), &stands, None).unwrap();
    });
    let from_b = noted(&mut b, 2, 52, None).unwrap();
    exchange(&mut a, from_a, &mut b, from_b);
    assert!(a.observation(&key(FN)).unwrap().is_contested());
    assert_eq!(
        Note::of("x", &stands).encode(),
        Note::of("x", &stated(50)).encode()
    );
}
