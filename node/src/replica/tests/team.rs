//! Records for the team alone: its devices read them, and no one else does.

use std::collections::BTreeSet;

use weft_shared::{
    identity::{SignedOperation, TeamKeys},
    log::sealed::{Envelope, are_sealed, team_document},
    model::insight::Words,
};

use super::*;
use crate::{edits::records, store::blobs};

pub(super) const WORDS: &str = "Example: the path is dark";

/// The text of an insight, and how far it may go.
pub(super) fn told(replica: &mut Replica, id: &RecordId) -> Option<(Option<String>, Audience)> {
    let row = replica.record(RecordKind::Insight, id).unwrap()?;
    Some((row.words, row.record.audience))
}

pub(super) fn for_team(text: &str) -> Option<(Option<String>, Audience)> {
    Some((Some(text.to_owned()), Audience::Team))
}

fn revoke(replica: &mut Replica, dix: DeviceIndex, at: i64) -> SignedOperation {
    let Height { dseq, hash } = replica.height(Owner::Location, dix);
    let revoked = Operation::RevokeDevice { dix, dseq, hash };
    let signed = replica.sign(revoked, now(at)).unwrap();
    session::grow(replica, signed.clone(), at);
    signed
}

fn envelope_of(replica: &Replica, dix: DeviceIndex, dseq: u64) -> Envelope {
    let db = &replica.store().reader;
    let stored = entries::one(db, LocationRow::OWN, dix, dseq)
        .unwrap()
        .unwrap();
    Envelope::decode(&stored.entry.sealed().unwrap().1.bytes).unwrap()
}

#[test]
fn a_colleagues_device_reads_what_is_for_the_team_words_and_all() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let id = add_insight_for(&mut one, WORDS, Audience::Team, 1);
    carry(&mut one, &mut two, DeviceIndex(1), 2);
    assert_eq!(told(&mut two, &id), for_team(WORDS));
    assert_eq!(two.brief().unwrap().sealed, 0);
    // It changes it, and the first has that too.
    let row = two.record(RecordKind::Insight, &id).unwrap().unwrap();
    let mut edit = Edit::default();
    let fields = records::say(&mut edit, "Example: it has lamps now").unwrap();
    records::change(&mut two, &mut edit, &row, fields, None, now(3)).unwrap();
    two.save(vec![edit], now(3)).unwrap();
    carry(&mut two, &mut one, DeviceIndex(2), 4);
    assert_eq!(told(&mut one, &id), for_team("Example: it has lamps now"));
    let history = two.history_rows(Some(&id.to_string())).unwrap();
    let by: Vec<_> = history.iter().map(|row| row.device.clone()).collect();
    let named = |name: &str| by.contains(&Some(name.to_owned()));
    assert!(named("Device 1") && named("Device 2"), "{by:?}");
    for replica in [&mut one, &mut two] {
        let before = replica.dumps().unwrap();
        replica.rebuild().unwrap();
        assert_eq!(replica.dumps().unwrap(), before);
        assert!(replica.verify().unwrap().exceptions.is_empty());
    }
    assert_eq!(one.dumps().unwrap(), two.dumps().unwrap());
}

/// Sealed words that are replaced or withdrawn leave every holder, the hub too: the entry says so
/// in the clear.
#[test]
fn words_that_are_replaced_or_withdrawn_are_named_for_those_who_cannot_read_the_record() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let id = add_insight_for(&mut one, WORDS, Audience::Team, 1);
    carry(&mut one, &mut two, DeviceIndex(1), 2);
    let hash = |replica: &mut Replica| {
        let row = replica.record(RecordKind::Insight, &id).unwrap().unwrap();
        Words::in_record(&row.record).map(|words| words.hash)
    };
    let first = hash(&mut one).unwrap();
    let row = one.record(RecordKind::Insight, &id).unwrap().unwrap();
    let mut edit = Edit::default();
    let fields = records::say(&mut edit, "Example: again").unwrap();
    records::change(&mut one, &mut edit, &row, fields, None, now(3)).unwrap();
    one.save(vec![edit], now(3)).unwrap();
    assert_eq!(envelope_of(&one, DeviceIndex(1), 2).forget, [first]);
    let second = hash(&mut one).unwrap();
    let row = one.record(RecordKind::Insight, &id).unwrap().unwrap();
    let (edit, _) = records::withdraw(&mut one, &row).unwrap();
    one.save(vec![edit], now(4)).unwrap();
    assert!(
        envelope_of(&one, DeviceIndex(1), 3)
            .forget
            .contains(&second)
    );
    carry(&mut one, &mut two, DeviceIndex(1), 5);
    for replica in [&mut one, &mut two] {
        for hash in [first, second] {
            let db = &replica.store().reader;
            assert_eq!(blobs::bytes(db, LocationRow::OWN, &hash).unwrap(), None);
        }
    }
}

/// The hub deletes the words that an entry names without reading why, so it must name no others.
#[test]
fn a_sealed_entry_has_sealed_words_deleted_and_no_others() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    add_initiative(&mut one, Audience::Team, 1);
    let (sealed, blob) = one.seal(WORDS.as_bytes()).unwrap();
    let (plain, words) = Words::salted([3; 16], WORDS);
    let kept = two.store().write(move |db| {
        let log = logs::log(db, LocationRow::OWN, DeviceIndex(2))?;
        blobs::put(db, log, 1, &sealed, &blob, now(1))?;
        blobs::put(db, log, 1, &plain.hash, &words, now(1))
    });
    kept.unwrap();
    one.gone.extend([sealed, plain.hash]);
    one.tend_team(now(2));
    carry(&mut one, &mut two, DeviceIndex(1), 3);
    let db = &two.store().reader;
    let held = |hash| blobs::bytes(db, LocationRow::OWN, &hash).unwrap().is_some();
    assert_eq!((held(sealed), held(plain.hash)), (false, true));
}

/// One device moves an insight to another audience while another withdraws it. Every copy goes.
#[test]
fn what_is_withdrawn_in_one_form_is_withdrawn_in_every_other() {
    let audiences = [Audience::Network, Audience::Team];
    for (from, to, moved_first) in [(0, 1, true), (0, 1, false), (1, 0, true), (1, 0, false)] {
        let kit = Kit::new();
        let (mut one, mut two) = (kit.open(1), kit.open(2));
        let id = add_insight_for(&mut one, WORDS, audiences[from], 1);
        carry(&mut one, &mut two, DeviceIndex(1), 2);
        let row = two.record(RecordKind::Insight, &id).unwrap().unwrap();
        let mut edit = Edit::default();
        let there = Some(audiences[to]);
        records::change(&mut two, &mut edit, &row, Fields::new(), there, now(3)).unwrap();
        two.save(vec![edit], now(3)).unwrap();
        let row = one.record(RecordKind::Insight, &id).unwrap().unwrap();
        let (edit, _) = records::withdraw(&mut one, &row).unwrap();
        one.save(vec![edit], now(4)).unwrap();
        let (replica, dix) = match moved_first {
            true => {
                carry(&mut two, &mut one, DeviceIndex(2), 5);
                (&mut one, DeviceIndex(1))
            }
            false => {
                carry(&mut one, &mut two, DeviceIndex(1), 5);
                (&mut two, DeviceIndex(2))
            }
        };
        let db = &replica.store().reader;
        let sql = "SELECT count(*) FROM blobs WHERE bytes NOT NULL";
        let held: u64 = db.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(held, 0, "from {from}, {moved_first}");
        replica.tend_team(now(6));
        for kind in replica.copies(RecordKind::Insight, &id).unwrap() {
            let copy = replica.own_document(kind).unwrap();
            let copy = copy.record(RecordKind::Insight, &id).unwrap();
            assert!(copy.withdrawn, "from {from}, {moved_first}, {kind}");
        }
        let height = replica.height(Owner::Location, dix);
        replica.tend_team(now(7));
        assert_eq!(replica.height(Owner::Location, dix), height);
    }
}

/// One device words a team's insight again while another withdraws it. The hub, which cannot read
/// either, learns that the new words go too.
#[test]
fn words_that_met_a_withdrawal_are_named_for_the_hub() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let id = add_insight_for(&mut one, WORDS, Audience::Team, 1);
    carry(&mut one, &mut two, DeviceIndex(1), 2);
    let row = two.record(RecordKind::Insight, &id).unwrap().unwrap();
    let mut edit = Edit::default();
    let fields = records::say(&mut edit, "Example: again").unwrap();
    records::change(&mut two, &mut edit, &row, fields, None, now(3)).unwrap();
    two.save(vec![edit], now(3)).unwrap();
    let row = two.record(RecordKind::Insight, &id).unwrap().unwrap();
    let newer = Words::in_record(&row.record).unwrap().hash;
    let row = one.record(RecordKind::Insight, &id).unwrap().unwrap();
    let (edit, _) = records::withdraw(&mut one, &row).unwrap();
    one.save(vec![edit], now(4)).unwrap();
    carry(&mut two, &mut one, DeviceIndex(2), 5);
    let db = &one.store().reader;
    assert_eq!(blobs::bytes(db, LocationRow::OWN, &newer).unwrap(), None);
    one.tend_team(now(6));
    let last = one.height(Owner::Location, DeviceIndex(1)).dseq;
    assert_eq!(envelope_of(&one, DeviceIndex(1), last).forget, [newer]);
}

/// The words as they are at other places: in no byte of what travels.
#[test]
fn what_was_sealed_and_later_shared_or_the_reverse_leaks_nothing_of_the_other() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    let id = add_insight_for(&mut one, WORDS, Audience::Team, 1);
    let row = one.record(RecordKind::Insight, &id).unwrap().unwrap();
    let sealed = Words::in_record(&row.record).unwrap().hash;
    let mut edit = Edit::default();
    let consent = Fields::from([("consent".to_owned(), "network".into())]);
    let wide = Some(Audience::Network);
    records::change(&mut one, &mut edit, &row, consent, wide, now(2)).unwrap();
    one.save(vec![edit], now(2)).unwrap();
    let row = one.record(RecordKind::Insight, &id).unwrap().unwrap();
    let plain = Words::in_record(&row.record).unwrap().hash;
    assert_ne!(plain, sealed);
    let dseq = one.height(Owner::Location, DeviceIndex(1)).dseq;
    assert_eq!(envelope_of(&one, DeviceIndex(1), dseq).forget, [sealed]);
    assert_eq!(row.words.as_deref(), Some(WORDS));
    // The shared entries and words name nothing of the sealed form.
    let outgoing = session::offered(&mut one, DeviceIndex(1), 1);
    for entry in outgoing
        .entries
        .iter()
        .filter(|entry| entry.sealed().is_none())
    {
        let changes = entry.changes(&TeamKeys::NONE).unwrap();
        let all: Vec<u8> = changes
            .iter()
            .flat_map(|run| run.changes.concat())
            .collect();
        let named = sealed.to_string();
        assert!(!all.windows(64).any(|part| part == named.as_bytes()));
    }
    let blobs = outgoing.blobs.iter().map(|blob| are_sealed(&blob.bytes));
    assert_eq!(
        blobs.collect::<Vec<_>>(),
        [false],
        "the sealed form is deleted"
    );
    // Back again: the words are sealed afresh, and those shared before stay, as the page says.
    let mut edit = Edit::default();
    let team = Some(Audience::Team);
    records::change(&mut one, &mut edit, &row, Fields::new(), team, now(3)).unwrap();
    one.save(vec![edit], now(3)).unwrap();
    let row = one.record(RecordKind::Insight, &id).unwrap().unwrap();
    let again = Words::in_record(&row.record).unwrap().hash;
    assert!(again != sealed && again != plain);
    let dseq = one.height(Owner::Location, DeviceIndex(1)).dseq;
    assert_eq!(
        envelope_of(&one, DeviceIndex(1), dseq).forget,
        [],
        "no plain one is named"
    );
    assert_eq!(told(&mut one, &id), for_team(WORDS));
}

/// A third device joins: it reads what was sealed before only once a colleague's has given it the
/// key, and then all of it, however much of that it had already read past.
#[test]
fn a_new_device_gets_the_key_from_a_colleagues() {
    let kit = Kit::new();
    let (mut one, mut three) = (kit.open(1), kit.open(3));
    let id = add_insight_for(&mut one, WORDS, Audience::Team, 1);
    set(&mut one, "5", 2);
    let admitted = kit.admission(&one, 3, now(3));
    session::grow(&mut three, admitted.clone(), 3);
    carry(&mut one, &mut three, DeviceIndex(1), 4);
    assert_eq!(told(&mut three, &id), None);
    assert_eq!(three.brief().unwrap().sealed, 1);
    let own = add_initiative(&mut three, Audience::Team, 5);
    // The entry that it could not open is behind the marks of a snapshot.
    three.tidy();
    drop(three);
    let mut three = kit.open(3);
    assert_eq!(three.brief().unwrap().sealed, 1);
    // The first hears of it, and gives it the key at once.
    session::grow(&mut one, admitted, 6);
    carry(&mut one, &mut three, DeviceIndex(1), 7);
    assert_eq!(told(&mut three, &id), for_team(WORDS));
    assert_eq!(three.brief().unwrap().sealed, 0);
    assert!(three.history(Some(&id.to_string())).unwrap().len() == 1);
    carry(&mut three, &mut one, DeviceIndex(3), 8);
    assert!(one.record(RecordKind::Initiative, &own).unwrap().is_some());
    let (dumps, history) = (three.dumps().unwrap(), three.history(None).unwrap());
    three.rebuild().unwrap();
    assert_eq!(
        (three.dumps().unwrap(), three.history(None).unwrap()),
        (dumps, history)
    );
    // It keeps the key of the third, too; after that it owes nothing.
    one.tend_team(now(9));
    let height = one.height(Owner::Location, DeviceIndex(1));
    one.tend_team(now(9));
    assert_eq!(one.height(Owner::Location, DeviceIndex(1)), height);
}

#[test]
fn a_revoked_device_reads_nothing_that_is_sealed_later() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let before = add_insight_for(&mut one, WORDS, Audience::Team, 1);
    let by_two = add_initiative(&mut two, Audience::Team, 2);
    carry(&mut one, &mut two, DeviceIndex(1), 3);
    carry(&mut two, &mut one, DeviceIndex(2), 4);
    let revoked = revoke(&mut one, DeviceIndex(2), 5);
    let after = add_initiative(&mut one, Audience::Team, 6);
    // Even with every entry in hand, the revoked device opens only what was sealed before.
    session::grow(&mut two, revoked, 7);
    carry(&mut one, &mut two, DeviceIndex(1), 7);
    assert_eq!(told(&mut two, &before), for_team(WORDS));
    assert!(
        two.record(RecordKind::Initiative, &after)
            .unwrap()
            .is_none()
    );
    assert_eq!(two.brief().unwrap().sealed, 1);
    for id in [by_two, after] {
        assert!(one.record(RecordKind::Initiative, &id).unwrap().is_some());
    }
    // The keys that it had, or gave, seal nothing more, after a restart and a rebuild too.
    let last = |one: &Replica| {
        let dseq = one.height(Owner::Location, DeviceIndex(1)).dseq;
        envelope_of(one, DeviceIndex(1), dseq).key
    };
    let fresh = last(&one);
    assert_ne!(fresh, envelope_of(&one, DeviceIndex(1), 1).key);
    for (at, rebuilt) in [(8, false), (9, true)] {
        drop(one);
        one = kit.open(1);
        if rebuilt {
            one.rebuild().unwrap();
        }
        add_initiative(&mut one, Audience::Team, at);
        assert_eq!(last(&one), fresh);
    }
}

/// The hub shows an older roster, in which a device is not revoked yet: it changes nothing.
#[test]
fn an_older_roster_brings_no_revoked_reader_back() {
    let kit = Kit::new();
    let (mut one, two) = (kit.open(1), kit.open(2));
    let older = two.roster(Owner::Location).clone();
    revoke(&mut one, DeviceIndex(2), 1);
    let revocation = one.roster(Owner::Location).len();
    assert!(older.len() < revocation);
    // Operations on the older head do not apply, and it does not matter who signs them.
    let signed = two.sign(
        Operation::RevokeDevice {
            dix: DeviceIndex(1),
            dseq: 0,
            hash: Height::ZERO.hash,
        },
        now(2),
    );
    let append = session::append(&one, signed.unwrap());
    let _refused = one.answer(append, now(2)).unwrap();
    assert_eq!(one.roster(Owner::Location).len(), revocation);
    add_initiative(&mut one, Audience::Team, 3);
    let grants = envelope_of(&one, DeviceIndex(1), 1).grants;
    assert!(
        grants.iter().all(|grant| grant.to == one.device_id()),
        "{grants:?}"
    );
}

/// Grants go to the roster's devices, and a device that is in no roster gets none.
#[test]
fn nobody_outside_the_roster_is_given_a_key() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    add_initiative(&mut one, Audience::Team, 1);
    let envelope = envelope_of(&one, DeviceIndex(1), 1);
    let roster = one.roster(Owner::Location).devices();
    let admitted: Vec<_> = roster.map(|device| device.id).collect();
    let given: Vec<_> = envelope.grants.iter().map(|grant| grant.to).collect();
    assert_eq!(given, admitted);
}

/// Sealed changes are looked into before the end of a log is dropped: nothing is left hanging.
#[test]
fn sealed_work_that_others_built_on_is_not_dropped() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    set(&mut two, "5", 1);
    add_initiative(&mut two, Audience::Team, 2);
    set(&mut two, "6", 3);
    carry(&mut two, &mut one, DeviceIndex(2), 4);
    assert_eq!(one.droppable(DeviceIndex(2), 0).unwrap().first, 1);
    add_insight_for(&mut one, WORDS, Audience::Team, 5);
    let end = one.droppable(DeviceIndex(2), 0).unwrap();
    assert_eq!((end.first, end.last), (3, 3));
    assert!(end.builders.contains("Device 1"), "{end:?}");
}

/// Every device keeps each key in its own log, so that no other log is needed to open its work.
#[test]
fn a_device_keeps_the_keys_that_it_uses_in_its_own_log() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    add_initiative(&mut two, Audience::Team, 1);
    carry(&mut two, &mut one, DeviceIndex(2), 2);
    add_insight_for(&mut one, WORDS, Audience::Team, 3);
    // It seals with a key of its own, and keeps that of the other.
    let theirs = envelope_of(&two, DeviceIndex(2), 1).key;
    let own = envelope_of(&one, DeviceIndex(1), 1);
    assert_ne!(own.key, theirs);
    let kept = own
        .grants
        .iter()
        .filter(|grant| grant.to == one.device_id());
    let kept: BTreeSet<_> = kept.map(|grant| grant.key).collect();
    assert_eq!(kept, [own.key, theirs].into());
    let theirs = own.grants.iter().filter(|grant| grant.key == theirs);
    assert_eq!(theirs.count(), 1, "its own device keeps it itself");
}

/// The hub leaves a sealed entry out. It is said again, with the keys in it.
#[test]
fn a_sealed_entry_that_the_hub_left_out_is_said_again() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let id = add_insight_for(&mut one, WORDS, Audience::Team, 1);
    session::offered(&mut one, DeviceIndex(1), 1);
    let voids = [(1, weft_shared::log::gate::VoidCode::Size)];
    one.acknowledged(DeviceIndex(1), 1, &voids, now(2)).unwrap();
    // Its key is in that entry alone, and stays.
    one.rebuild().unwrap();
    one.say_lost_again(now(2)).unwrap();
    assert_eq!(told(&mut one, &id), for_team(WORDS));
    one.rebuild().unwrap();
    assert_eq!(told(&mut one, &id), for_team(WORDS));
    carry(&mut one, &mut two, DeviceIndex(1), 3);
    assert_eq!(told(&mut two, &id), for_team(WORDS));
}

#[test]
fn what_travels_has_the_words_in_no_byte() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    add_insight_for(&mut one, WORDS, Audience::Team, 1);
    add_initiative(&mut one, Audience::Team, 2);
    let outgoing = session::offered(&mut one, DeviceIndex(1), 1);
    let bodies = outgoing.entries.iter().flat_map(|entry| &entry.bodies);
    let bodies = bodies.map(|body| body.bytes.clone());
    let blobs = outgoing.blobs.iter().map(|blob| blob.bytes.clone());
    for bytes in bodies.chain(blobs) {
        for words in ["the path is dark", "water fountains"] {
            let holds = bytes
                .windows(words.len())
                .any(|part| part == words.as_bytes());
            assert!(!holds, "{words}");
        }
    }
    assert_eq!(one.team(), team_document());
}
