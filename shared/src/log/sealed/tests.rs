//! Sealed runs: who can open them, and what the gate makes of those that are not in order.

use super::*;
use crate::{
    identity::DeviceKey,
    log::{
        entry::{BadBody, Entry, RunChanges},
        gate::{Height, Received, VoidCode},
        kit::{Author, Forged, document, empty, put},
    },
};

const WORDS: &str = "Example: the path is dark";

fn key(seed: u8) -> TeamKey {
    TeamKey::from_seed([seed; 32])
}

fn keys(all: &[TeamKey]) -> TeamKeys {
    let mut keys = TeamKeys::default();
    for key in all {
        keys.insert(key.clone());
    }
    keys
}

fn place(author: &Author) -> Place {
    let context = author.context();
    Place {
        location: context.location,
        device: context.device,
        n: 0,
    }
}

/// Changes that the author's device makes to the team's document.
fn changes(author: &Author, texts: &[&str]) -> Vec<Vec<u8>> {
    let mut document = document(author.actor(&team_document(), 0));
    let texts = (1..).zip(texts);
    let changes = texts.map(|(n, text)| put(&mut document, &format!("key {n}"), text));
    changes.collect()
}

fn sealed(author: &Author, texts: &[&str]) -> Envelope {
    let changes = changes(author, texts);
    let none = (Vec::new(), Vec::new());
    Envelope::seal(&place(author), &changes, (&key(7), [5; 24]), none).unwrap()
}

fn entry(author: &Author, envelope: &Envelope) -> Entry {
    Entry::compose_sealed(author.context(), (1, true), envelope).unwrap()
}

/// The gate's verdict on the first entry of the author's log.
fn judged(author: &mut Author, entry: Entry) -> Option<VoidCode> {
    author.height = Height {
        dseq: entry.header.dseq,
        hash: entry.hash,
    };
    let batch = author.batch(Height::ZERO, vec![Received::from_entry(entry, None)]);
    let admission = author.gate().admit(&mut empty(), batch);
    admission.unwrap().unwrap().entries[0].void
}

#[test]
fn the_hub_takes_a_sealed_entry_and_only_its_key_opens_it() {
    let mut author = Author::new();
    let texts = [WORDS, "Example: and the bridge"];
    let envelope = sealed(&author, &texts);
    let entry = Entry::compose_sealed(author.context(), (2, true), &envelope).unwrap();
    let body = &entry.bodies[0].bytes;
    assert!(
        !body
            .windows(9)
            .any(|part| WORDS.as_bytes().starts_with(part))
    );
    let run = &entry.header.runs[0];
    assert_eq!((run.n_changes, run.n_ops, run.fills().raw_bytes), (2, 0, 0));
    assert_eq!(judged(&mut author, entry.clone()), None);

    assert_eq!(entry.scanned(&TeamKeys::NONE), []);
    assert_eq!(entry.check_bodies(), Ok(()));
    let no_key = Err(BadBody::Sealed(Unopened::NoKey));
    assert_eq!(entry.changes(&TeamKeys::NONE), no_key);
    assert_eq!(entry.changes(&keys(&[key(8)])), no_key);
    let opened = entry.changes(&keys(&[key(8), key(7)])).unwrap();
    assert_eq!(opened[0].changes, changes(&author, &texts));
    let scanned = entry.scanned(&keys(&[key(7)]));
    assert_eq!(scanned[0].changes, Ok(changes(&author, &texts)));

    let mut altered = entry;
    altered.bodies[0].bytes[70] ^= 1;
    assert_eq!(altered.check_bodies(), Err(BadBody::Altered));
}

/// A device of the same team puts a colleague's sealed run into its own log.
#[test]
fn a_sealed_run_opens_in_no_other_log() {
    let (author, thief) = (Author::new(), Author::new());
    let envelope = sealed(&author, &[WORDS]);
    let mut context = thief.context();
    context.device = DeviceKey::from_seed([0x77; 32]).id();
    let stolen = Entry::compose_sealed(context, (1, true), &envelope).unwrap();
    let opened = stolen.changes(&keys(&[key(7)]));
    assert_eq!(opened, Err(BadBody::Sealed(Unopened::Altered(Altered))));
    let mut other_actor = entry(&author, &envelope);
    other_actor.header.runs[0].n = 1;
    let opened = other_actor.changes(&keys(&[key(7)]));
    assert_eq!(opened, Err(BadBody::Sealed(Unopened::Altered(Altered))));
}

/// A device of the team seals what the gate would refuse if it could read it.
#[test]
fn what_may_not_be_applied_is_refused_when_it_is_opened() {
    let author = Author::new();
    let mut foreign = document([9; 16]);
    let foreign = put(&mut foreign, "key", WORDS);
    let own = changes(&author, &[WORDS, "Example: and the bridge"]);
    let actor = author.actor(&team_document(), 0);
    let poisoned = Forged::new(actor, 1, DOCUMENT_OPS_MAX, 2).bytes();
    for (all, why) in [
        (vec![foreign], "a sealed change may not be applied"),
        (vec![own[1].clone(), own[0].clone()], "may not be applied"),
        (vec![poisoned], "may not be applied"),
        (vec![vec![1, 2, 3]], "may not be applied"),
    ] {
        let plain = padded(&packed(&all));
        let envelope = Envelope {
            key: key(7).id(),
            grants: Vec::new(),
            forget: Vec::new(),
            nonce: [5; 24],
            sealed: key(7).seal(&place(&author).context(), &[5; 24], &plain),
            first: 1,
        };
        let n_changes = u32::try_from(all.len()).unwrap();
        let entry = Entry::compose_sealed(author.context(), (n_changes, true), &envelope);
        let opened = entry.unwrap().changes(&keys(&[key(7)]));
        let told = opened.unwrap_err().to_string();
        assert!(told.contains(why), "{told}");
        let none = (Vec::new(), Vec::new());
        let own = Envelope::seal(&place(&author), &all, (&key(7), [5; 24]), none);
        assert!(own.is_err(), "nor is it sealed");
    }
}

#[test]
fn a_document_of_the_team_that_is_not_sealed_is_void_and_so_is_any_other_that_is() {
    let mut author = Author::new();
    let name = team_document();
    let plain = RunChanges {
        doc: name.id(&author.location),
        name: Some(name),
        n: 0,
        changes: changes(&author, &[WORDS]),
    };
    let plain = Entry::compose(author.context(), vec![plain]).unwrap();
    assert_eq!(judged(&mut author, plain), Some(VoidCode::Documents));

    let altered = |change: fn(&mut Run)| {
        let mut author = Author::new();
        let mut entry = entry(&author, &sealed(&author, &[WORDS]));
        change(&mut entry.header.runs[0]);
        entry.hash = entry.header.hash();
        judged(&mut author, entry)
    };
    let plan = |run: &mut Run| {
        let name = DocName::first("plan");
        run.doc = name.id(&Author::new().context().location);
        run.name = Some(name);
    };
    assert_eq!(altered(plan), Some(VoidCode::Documents));
    assert_eq!(altered(|run| run.name = None), Some(VoidCode::Documents));
    assert_eq!(altered(|run| run.n_changes = 0), Some(VoidCode::Counts));
    assert_eq!(altered(|run| run.n_ops = 1), Some(VoidCode::Counts));
    assert_eq!(altered(|run| run.n = 1), Some(VoidCode::Actor));
    let epoch = |run: &mut Run| {
        let (name, epoch) = (DocKind::Team.to_string(), 1);
        let name = DocName { name, epoch };
        run.doc = name.id(&Author::new().context().location);
        run.name = Some(name);
    };
    assert_eq!(altered(epoch), Some(VoidCode::Documents));
    assert_eq!(altered(|_| {}), None);
}

/// The hub left an entry out, and the next one builds on it: it falls too, and both are said again.
#[test]
fn sealed_changes_come_without_a_gap() {
    let all = changes(&Author::new(), &[WORDS, "Example: and the bridge"]);
    for (from, n_changes, void) in [(0, 1, None), (1, 1, Some(VoidCode::Seq)), (0, 2, None)] {
        let mut author = Author::new();
        let part = &all[from..from + n_changes];
        let beside = (Vec::new(), Vec::new());
        let seal = (&key(7), [5; 24]);
        let envelope = Envelope::seal(&place(&author), part, seal, beside).unwrap();
        let n_changes = u32::try_from(n_changes).unwrap();
        let entry = Entry::compose_sealed(author.context(), (n_changes, true), &envelope);
        assert_eq!(judged(&mut author, entry.unwrap()), void);
    }
    // A header that counts otherwise than what is inside is noticed by those who open it.
    let author = Author::new();
    let envelope = sealed(&author, &[WORDS]);
    let entry = Entry::compose_sealed(author.context(), (2, true), &envelope).unwrap();
    let opened = entry.changes(&keys(&[key(7)]));
    assert_eq!(opened, Err(BadBody::Sealed(Unopened::Counts)));
}

#[test]
fn a_sealed_run_is_alone_in_its_entry() {
    let mut author = Author::new();
    let mut both = entry(&author, &sealed(&author, &[WORDS]));
    let plan = DocName::first("plan");
    let mut document = document(author.actor(&plan, 0));
    let run = RunChanges {
        doc: plan.id(&author.location),
        name: Some(plan),
        n: 0,
        changes: vec![put(&mut document, "key", WORDS)],
    };
    let shared = Entry::compose(author.context(), vec![run]).unwrap();
    both.header.runs.extend(shared.header.runs);
    both.bodies.extend(shared.bodies);
    both.hash = both.header.hash();
    assert_eq!(judged(&mut author, both), Some(VoidCode::Documents));
}

#[test]
fn a_body_that_is_no_envelope_is_void() {
    let author = Author::new();
    let good = sealed(&author, &[WORDS]);
    let grant = Grant {
        key: key(7).id(),
        to: place(&author).device,
        sealed: [0; GRANT_BYTES],
    };
    let empty = Envelope {
        sealed: Vec::new(),
        first: 0,
        ..good.clone()
    };
    let deletes = Envelope {
        forget: vec![BlobHash::new([1; 32])],
        ..empty.clone()
    };
    let gives = Envelope {
        grants: vec![grant.clone()],
        ..empty.clone()
    };
    let many = Envelope {
        grants: vec![grant; RUN_GRANTS_MAX + 1],
        ..good.clone()
    };
    let forgets = Envelope {
        forget: vec![BlobHash::new([1; 32]); RUN_FORGETS_MAX + 1],
        ..good.clone()
    };
    for (envelope, void) in [
        (good, None),
        (gives, None),
        (deletes, None),
        (empty, Some(VoidCode::Scan)),
        (many, Some(VoidCode::Scan)),
        (forgets, Some(VoidCode::Scan)),
    ] {
        let mut author = Author::new();
        let entry = entry(&author, &envelope);
        assert_eq!(judged(&mut author, entry), void);
    }
}

/// The lengths of what is sealed say little of what was said.
#[test]
fn lengths_come_in_a_few_steps() {
    let lengths: std::collections::BTreeSet<usize> = (0..32_000)
        .map(|bytes| padded(&vec![1; bytes]).len())
        .collect();
    assert_eq!(lengths.into_iter().collect::<Vec<_>>(), STEPS);
    for bytes in [0, 1, 507, 508, 509, 32_764, 32_765, 200_000] {
        let content = vec![1; bytes];
        let padded = padded(&content);
        assert_eq!(unpadded(&padded), Ok(content.as_slice()));
        let is_step = STEPS.contains(&padded.len()) || padded.len().is_multiple_of(STEPS[3]);
        assert!(
            is_step && padded.len() >= bytes + 4,
            "{bytes}: {}",
            padded.len()
        );
    }
    assert_eq!(unpadded(&[0, 0, 0]), Err(Altered));
    assert_eq!(unpadded(&[0, 0, 0, 2, 1]), Err(Altered));
}

#[test]
fn sealed_words_open_at_their_location_with_their_key_alone() {
    let (here, there) = (LocationId::new([1; 16]), LocationId::new([2; 16]));
    let blob = seal_words(&here, (&key(7), [5; 24]), WORDS.as_bytes());
    assert!(are_sealed(&blob) && !are_sealed(WORDS.as_bytes()));
    assert!(
        !blob
            .windows(9)
            .any(|part| WORDS.as_bytes().starts_with(part))
    );
    let open = |location, all: &[TeamKey]| open_words(location, &keys(all), &blob);
    assert_eq!(open(&here, &[key(7)]), Ok(WORDS.as_bytes().to_vec()));
    assert_eq!(open(&here, &[key(8)]), Err(Unopened::NoKey));
    assert_eq!(open(&there, &[key(7)]), Err(Unopened::Altered(Altered)));
    let longest = vec![b'a'; crate::model::insight::WORDS_BYTES_MAX + 16];
    let blob = seal_words(&here, (&key(7), [5; 24]), &longest);
    assert!(
        blob.len() <= crate::wire::limits::BLOB_BYTES_MAX,
        "{}",
        blob.len()
    );
    for cut in [0, 10, 19, 30, 50, blob.len() - 1] {
        assert!(open_words(&here, &keys(&[key(7)]), &blob[..cut]).is_err());
    }
}
