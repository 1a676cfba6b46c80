//! Documents that fill memory, and runs that wait.

use std::cell::RefCell;

use weft_shared::{
    id::{DeviceId, DocName, LocationId},
    model::schema::Container,
};

use super::*;

const DOCUMENTS_MAX: usize = 4;
const BYTES_MAX: u64 = 48 << 20;

type Cache = DocumentCache<u64, u64, ()>;

fn empty() -> Loaded<u64, ()> {
    let location = LocationId::new([1; 16]);
    let document = Document::genesis(&location, &DocName::first("profile")).unwrap();
    Loaded::new(document, ())
}

/// So many edits of one author, each on the one before.
fn edits(count: u64) -> Vec<Run<u64>> {
    let mut written = empty().document;
    let author = DeviceId::new([2; 32]);
    let created = Timestamp::from_ms(1);
    let run = |place| {
        let text = format!("name {place}");
        let edited = written.edit(author, created, |editor| {
            editor.put_text(Container::Names, "en", &text)
        });
        Run {
            place,
            created,
            changes: vec![edited.unwrap().change.unwrap()],
            refused: None,
        }
    };
    (1..=count).map(run).collect()
}

fn take_in(loaded: &mut Loaded<u64, ()>, runs: &[Run<u64>], all: &[Run<u64>]) -> Taken<u64> {
    let read = |place| Ok::<_, ()>(all.iter().find(|run| run.place == place).cloned());
    let queue = loaded.queue(runs.to_vec(), read, |_| None).unwrap();
    loaded.take_in(queue, None)
}

#[test]
fn no_second_document_is_loaded_beside_one_that_fills_memory() {
    let mut cache = Cache::new(DOCUMENTS_MAX, BYTES_MAX);
    for (n, large) in [(1, false), (2, true), (3, false), (4, true), (5, true)] {
        // As before each document that is opened.
        cache.make_room();
        let mut loaded = empty();
        loaded.assume_bytes(if large { BYTES_MAX } else { 1_000 });
        cache.put(n, loaded);
        let sizes = cache.iter().map(|(_, one)| one.raw_bytes);
        assert!(
            sizes.filter(|bytes| *bytes == BYTES_MAX).count() <= 1,
            "{n}"
        );
        assert_eq!(cache.holds(&1), n <= 2, "{n}");
    }
    assert!(cache.surplus(1).is_empty(), "the last one stays");
}

#[test]
fn the_document_that_was_used_last_stays() {
    let mut cache = Cache::new(DOCUMENTS_MAX, BYTES_MAX);
    for n in 0..=DOCUMENTS_MAX as u64 {
        cache.put(n, empty());
    }
    cache.get_mut(&0).unwrap();
    cache.make_room();
    let held: Vec<_> = cache.iter().map(|(key, _)| *key).collect();
    assert_eq!(held, [0, 2, 3, 4]);
}

#[test]
fn what_waits_is_read_again_once_all_of_it_has_come() {
    let runs = edits(4);
    let mut loaded = empty();
    let taken = take_in(&mut loaded, &runs[2..], &runs);
    let held: Vec<_> = taken.held.iter().map(|(place, _)| *place).collect();
    assert_eq!((held, loaded.first_waiting(..)), (vec![3, 4], Some(3)));
    let read = RefCell::new(Vec::new());
    let find = |place: u64| {
        read.borrow_mut().push(place);
        Ok::<_, ()>(runs.iter().find(|run| run.place == place).cloned())
    };
    loaded.queue(runs[..1].to_vec(), find, |_| None).unwrap();
    assert!(read.borrow().is_empty(), "nothing that they wait for");
    loaded.queue(runs[1..2].to_vec(), find, |_| None).unwrap();
    assert_eq!(*read.borrow(), [3, 4], "the fourth waits for the third");

    let taken = take_in(&mut loaded, &runs[..2], &runs);
    let applied: Vec<_> = taken
        .applied
        .iter()
        .map(|one| (one.place, one.waited))
        .collect();
    assert_eq!(applied, [(1, false), (2, false), (3, true), (4, true)]);
    assert_eq!((loaded.waiting_bytes(), loaded.fresh()), (0, 4));
}

#[test]
fn what_waits_counts_towards_memory() {
    let runs = edits(2);
    let mut loaded = empty();
    let before = loaded.memory_bytes();
    take_in(&mut loaded, &runs[1..], &runs);
    assert!(loaded.memory_bytes() >= before + 32);
    assert_eq!(loaded.fresh(), 0, "it is not in the document");
}

#[test]
fn what_cannot_be_taken_in_is_named_and_everything_else_goes_on() {
    let mut runs = edits(4);
    runs[1].refused = Some("it is too old".to_owned());
    let mut loaded = empty();
    let left_out = |place| (place == 4).then(|| "the program ended at it".to_owned());
    let queue = loaded.queue(runs, |_| Ok::<_, ()>(None), left_out).unwrap();
    assert_eq!(queue.places().collect::<Vec<_>>(), [1, 3]);
    let taken = loaded.take_in(queue, None);
    let expected = [
        (2, "the rules of today refuse it: it is too old".to_owned()),
        (4, "the program ended at it".to_owned()),
    ];
    assert_eq!(taken.quarantined, expected);
    assert_eq!(taken.applied.len(), 1);
    assert_eq!(
        taken.held[0].0, 3,
        "what builds on one that is left out waits"
    );
}
