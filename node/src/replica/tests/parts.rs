//! Documents that continue in a further one: a year of values, and a plan.

use weft_shared::{
    id::{DeviceIndex, DocName, RecordId},
    log::size::DocumentSize,
    model::{
        Audience,
        insight::{WORDS_SALT_BYTES, Words},
        observation::ObservationKey,
        record::Fields,
        schema::{Container, DocKind, RecordKind},
    },
    wire::limits::DOCUMENT_OPS_MAX,
};

use super::{carry, observation, set, values};
use crate::{
    edits::{observations, records, settlement},
    kit::{Kit, fill, now},
    limits::{DOCUMENT_FILL_PERCENT, DOCUMENTS_LOADED_BYTES_MAX, INITIATIVES_PER_DOCUMENT},
    replica::{
        Edit, Replica, SaveError,
        sizes::{DocumentFull, check_size},
    },
    store::Owner,
    view::describe,
};

const FIRST: DocKind = DocKind::Observations(2022, 1);
const SECOND: DocKind = DocKind::Observations(2022, 2);

fn state(replica: &mut Replica, key: &ObservationKey, value: &str, at: i64) {
    let (_, statement) = observation(value);
    let mut edit = Edit::default();
    observations::state(replica, &mut edit, key, statement, None).unwrap();
    replica.save(vec![edit], now(at)).unwrap();
}

/// Carries a log in as many batches as it takes.
fn carry_all(from: &mut Replica, to: &mut Replica, dix: DeviceIndex, at: i64) {
    let height = from.height(Owner::Location, dix).dseq;
    while to.height(Owner::Location, dix).dseq < height {
        carry(from, to, dix, at);
    }
}

fn said(replica: &mut Replica, kind: DocKind, key: &ObservationKey) -> Vec<String> {
    let observed = replica.own_document(kind).unwrap().observation(key);
    let stated = observed.into_iter().flat_map(|one| one.stated);
    stated
        .map(|one| one.statement.value.unwrap().to_string())
        .collect()
}

#[test]
fn a_full_year_goes_on_and_a_key_in_both_parts_is_contested_until_it_is_settled() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    set(&mut one, "50", 10);
    let (old, _) = observation("0");
    let new: ObservationKey = "VAX_PRIMARY/FAR_NORTH/2022-11/total".parse().unwrap();
    fill(&mut one, FIRST, DOCUMENT_FILL_PERCENT).unwrap();

    state(&mut one, &new, "7", 200);
    state(&mut one, &old, "51", 201);
    assert_eq!(said(&mut one, FIRST, &new), [""; 0]);
    assert_eq!(said(&mut one, SECOND, &new), ["7"]);
    assert_eq!(said(&mut one, FIRST, &old), ["51"], "corrected in place");
    assert_eq!(said(&mut one, SECOND, &old), [""; 0]);
    assert_eq!(values(&mut one), ["51"]);

    // The other device has not seen that part 1 is filled.
    state(&mut two, &new, "8", 210);
    carry_all(&mut one, &mut two, DeviceIndex(1), 220);
    carry_all(&mut two, &mut one, DeviceIndex(2), 220);
    for replica in [&mut one, &mut two] {
        let row = replica.observation(&new).unwrap().unwrap();
        assert_eq!(row.stated.len(), 2);
        let all = replica.observations(|key| *key == new).unwrap();
        assert_eq!((all.len(), all[0].stated.len()), (1, 2));
        assert_eq!(replica.conflicts().unwrap().len(), 1);
    }
    let rows = two.conflicts().unwrap();
    let values: Vec<_> = rows[0].values.iter().map(|one| &one.value).collect();
    assert!(values[0].contains('7') && values[1].contains('8'));
    let edit = settlement(&mut two, &rows[0], &rows[0].values[0], None).unwrap();
    two.save(vec![edit], now(230)).unwrap();
    carry_all(&mut two, &mut one, DeviceIndex(2), 240);
    for replica in [&mut one, &mut two] {
        assert!(replica.conflicts().unwrap().is_empty());
        let parts = [FIRST, SECOND].map(|part| said(replica, part, &new));
        assert_eq!(parts, [["7"], ["7"]]);
    }
    state(&mut one, &new, "9", 250);
    let parts = [FIRST, SECOND].map(|part| said(&mut one, part, &new));
    assert_eq!(parts, [["9"], ["9"]], "corrected wherever it stands");
    one.rebuild().unwrap();
    let row = one.observation(&new).unwrap().unwrap();
    assert_eq!(row.stated.len(), 1);
}

#[test]
fn a_full_document_is_read_and_refuses_edits_in_words() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "50", 10);
    let refused = fill(&mut one, FIRST, u64::MAX).unwrap_err();
    let words = refused.to_string();
    assert!(matches!(refused, SaveError::Full(_)), "{words}");
    assert!(words.starts_with("Nothing was saved: the document observations/2022 is full"));
    assert_eq!(values(&mut one), ["50"], "it is read");
    let before = one.height(Owner::Location, DeviceIndex(1)).dseq;
    let (key, statement) = observation("51");
    let mut edit = Edit::default();
    let wide = "y".repeat(48 << 10);
    observations::state(&mut one, &mut edit, &key, statement, Some(wide.clone())).unwrap();
    edit.on(FIRST, move |editor| {
        (1..5).try_for_each(|n| editor.put_text(Container::Notes, &n.to_string(), &wide))
    });
    assert!(matches!(
        one.save(vec![edit], now(900)),
        Err(SaveError::Full(_))
    ));
    assert_eq!(one.height(Owner::Location, DeviceIndex(1)).dseq, before);
    assert_eq!(values(&mut one), ["50"]);
    let sizes = one.doctor(now(901)).unwrap();
    let sizes = sizes.iter().find(|one| one.check == "sizes").unwrap();
    assert!(sizes.ok && sizes.finding.contains("observations/2022"));
}

#[test]
fn what_is_past_the_limits_is_refused() {
    let name = DocName::first(FIRST.to_string());
    let past = DocumentSize {
        operations: DOCUMENT_OPS_MAX + 1,
        ..DocumentSize::default()
    };
    let full = Err(DocumentFull {
        kind: FIRST,
        name: name.clone(),
    });
    assert_eq!(check_size(FIRST, &name, past), full);
    assert!(check_size(DocKind::Team, &name, past).is_err());
    assert_eq!(check_size(FIRST, &name, DocumentSize::default()), Ok(()));
}

#[test]
fn a_full_document_says_what_can_still_be_saved_and_how_room_is_made() {
    let text = |kind: DocKind| {
        let name = DocName::first(kind.to_string());
        DocumentFull { kind, name }.to_string()
    };
    for (kind, goes_on) in [
        (FIRST, "go into a further part of their year"),
        (DocKind::Plan(1), "New records"),
        (DocKind::Insights(2022, 1), "New insights"),
        (DocKind::Profile, "There is no further part of it"),
    ] {
        let text = text(kind);
        assert!(text.contains(&kind.to_string()), "{text}");
        assert!(text.contains(goes_on), "{text}");
        assert!(text.contains("weft-node history"), "{text}");
        assert!(text.contains("weft-node device drop"), "{text}");
    }
    assert!(!text(DocKind::Profile).contains("year"));
}

/// A few large records fill a document before it holds many.
#[test]
fn a_new_record_goes_into_a_further_document_if_the_first_is_filled() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    let first = super::add_initiative(&mut one, Audience::Network, 1);
    fill_plan(&mut one);
    let second = super::add_initiative(&mut one, Audience::Network, 200);
    let document = |replica: &mut Replica, id| {
        let row = replica.record(RecordKind::Initiative, &id).unwrap();
        row.unwrap().document.to_string()
    };
    assert_eq!(document(&mut one, first), "plan");
    assert_eq!(document(&mut one, second), "plan/2");
}

/// Fills the plan with texts that another version of the program might write.
fn fill_plan(replica: &mut Replica) {
    let name = DocName::first(DocKind::Plan(1).to_string());
    let long = "x".repeat(48 << 10);
    for n in 2.. {
        let size = replica.size_of(Owner::Location, &name).unwrap();
        if size.percent_full() >= DOCUMENT_FILL_PERCENT {
            return;
        }
        let mut edit = Edit::default();
        let long = long.clone();
        edit.on(DocKind::Plan(1), move |editor| {
            (0..4).try_for_each(|i| editor.put_text(Container::Markers, &format!("{n}-{i}"), &long))
        });
        replica.save(vec![edit], now(n)).unwrap();
    }
}

/// Two devices whose year has two parts. One stated a figure in the second, and the other wrote a
/// text in the first that only a newer version can read.
fn with_an_unreadable_text(kit: &Kit) -> (Replica, Replica, ObservationKey) {
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let key: ObservationKey = "VAX_PRIMARY/FAR_NORTH/2022-11/total".parse().unwrap();
    fill(&mut one, FIRST, DOCUMENT_FILL_PERCENT).unwrap();
    state(&mut one, &key, "7", 200);
    let (_, statement) = observation("8");
    let newer = statement.encode().replacen('{', "{\"accuracy\":1,", 1);
    let mut edit = Edit::default();
    let text = key.to_string();
    edit.on(FIRST, move |editor| {
        editor.put_text(Container::Observations, &text, &newer)
    });
    two.save(vec![edit], now(210)).unwrap();
    carry_all(&mut one, &mut two, DeviceIndex(1), 220);
    carry_all(&mut two, &mut one, DeviceIndex(2), 220);
    (one, two, key)
}

#[test]
fn a_contest_across_parts_shows_a_text_that_cannot_be_read() {
    let kit = Kit::new();
    let (mut one, mut two, key) = with_an_unreadable_text(&kit);
    for replica in [&mut one, &mut two] {
        let row = replica.observation(&key).unwrap().unwrap();
        assert_eq!(row.stated.len(), 1, "what can be read is shown");
        let rows = replica.conflicts().unwrap();
        let [row] = &rows[..] else { panic!("{rows:?}") };
        let shown = describe(replica, row).unwrap().answers;
        assert_eq!(shown.len(), 2, "{shown:?}");
        assert!(shown[0].starts_with('7'), "{shown:?}");
        assert!(shown[1].contains("does not read"), "{shown:?}");
    }
    let rows = two.conflicts().unwrap();
    let edit = settlement(&mut two, &rows[0], &rows[0].values[0], None).unwrap();
    two.save(vec![edit], now(230)).unwrap();
    carry_all(&mut two, &mut one, DeviceIndex(2), 240);
    for replica in [&mut one, &mut two] {
        assert!(replica.conflicts().unwrap().is_empty());
        let parts = [FIRST, SECOND].map(|part| said(replica, part, &key));
        assert_eq!(parts, [["7"], ["7"]]);
    }
}

#[test]
fn a_text_that_cannot_be_read_may_be_chosen_and_corrected_in_every_part() {
    let kit = Kit::new();
    let (mut one, mut two, key) = with_an_unreadable_text(&kit);
    let rows = one.conflicts().unwrap();
    let edit = settlement(&mut one, &rows[0], &rows[0].values[1], None).unwrap();
    one.save(vec![edit], now(230)).unwrap();
    carry_all(&mut one, &mut two, DeviceIndex(1), 240);
    for replica in [&mut one, &mut two] {
        assert!(replica.conflicts().unwrap().is_empty());
        let parts = [FIRST, SECOND].map(|part| said(replica, part, &key));
        assert_eq!(parts, [[""; 0], [""; 0]], "no older figure is shown for it");
        let row = replica.observation(&key).unwrap().unwrap();
        assert_eq!(row.stated.len(), 0);
    }
    state(&mut two, &key, "9", 250);
    carry_all(&mut two, &mut one, DeviceIndex(2), 260);
    for replica in [&mut one, &mut two] {
        assert!(replica.conflicts().unwrap().is_empty());
        let parts = [FIRST, SECOND].map(|part| said(replica, part, &key));
        assert_eq!(parts, [["9"], ["9"]]);
    }
}

#[test]
fn a_list_over_several_documents_keeps_its_order() {
    const KIND: RecordKind = RecordKind::Initiative;
    let kit = Kit::new();
    let mut one = kit.open(1);
    let count = INITIATIVES_PER_DOCUMENT * 2 + 3;
    for number in 0..count {
        let at = i64::try_from(number).unwrap() + 10;
        // Every third one is for the team alone, in a document of its own.
        let audience = [Audience::Network, Audience::Network, Audience::Team][number % 3];
        // Ids that are no help: the last one is the smallest.
        let id = RecordId::from_parts(now(1_000 - at), [7; 10]);
        let fields = Fields::from([("name".to_owned(), format!("{number:02}").into())]);
        let mut edit = Edit::default();
        records::add(&mut one, &mut edit, KIND, id, audience, fields, now(at)).unwrap();
        one.save(vec![edit], now(at)).unwrap();
    }
    let names = |one: &mut Replica| -> Vec<String> {
        let rows = one.records(KIND).unwrap();
        rows.iter().map(|row| row.record.title()).collect()
    };
    let all: Vec<String> = (0..count).map(|number| format!("{number:02}")).collect();
    assert_eq!(names(&mut one), all);

    // One that is shared after all keeps its place.
    let rows = one.records(KIND).unwrap();
    let row = rows.iter().find(|row| row.is_sealed()).unwrap();
    let mut edit = Edit::default();
    let audience = Some(Audience::Network);
    records::change(&mut one, &mut edit, row, Fields::new(), audience, now(900)).unwrap();
    one.save(vec![edit], now(900)).unwrap();
    assert_eq!(names(&mut one), all);
}

#[test]
fn a_record_in_two_documents_is_shown_alike_in_any_order() {
    const KIND: RecordKind = RecordKind::Outcome;
    let id = |n: u8| RecordId::from_parts(now(0), [n; 10]);
    for first in [0, 1] {
        let kit = Kit::new();
        let mut one = kit.open(1);
        for (at, turn) in [(first, 1), (1 - first, 10)] {
            let part = [1, 2][at];
            let mut edit = Edit::default();
            edit.on(DocKind::Plan(part), move |editor| {
                for n in 1..=3 {
                    let name = format!("Example: {n} of {part}");
                    let fields = Fields::from([("name".to_owned(), name.into())]);
                    editor.put_record(KIND, &id(n), Audience::Network, &fields)?;
                }
                let (gone, to) = [(1, "plan/2"), (2, "plan")][at];
                editor.mark_moved(KIND, &id(gone), to)
            });
            one.save(vec![edit], now(turn)).unwrap();
        }
        for year in [[2025, 2026], [2026, 2025]][first] {
            let mut edit = Edit::default();
            edit.on(DocKind::Insights(year, 1), move |editor| {
                let (kind, id) = (RecordKind::Insight, id(9));
                let (words, _) = Words::salted([7; WORDS_SALT_BYTES], "Example: what was heard");
                editor.put_record(kind, &id, Audience::Network, &words.fields())?;
                if year == 2025 {
                    editor.withdraw(kind, &id)?;
                    editor.mark_moved(kind, &id, "insights/2026")?;
                }
                Ok(())
            });
            one.save(vec![edit], now(i64::from(year))).unwrap();
        }
        let rows = one.records(KIND).unwrap();
        let mut titles: Vec<String> = rows.iter().map(|row| row.record.title()).collect();
        titles.sort();
        let expected = ["Example: 1 of 2", "Example: 2 of 1", "Example: 3 of 1"];
        assert_eq!(titles, expected, "{first}");
        let heard = one.records(RecordKind::Insight).unwrap();
        assert!(heard.len() == 1 && heard[0].record.withdrawn, "{first}");
        let heard = one.record(RecordKind::Insight, &id(9)).unwrap();
        assert!(heard.unwrap().record.withdrawn, "{first}");
    }
}

#[test]
fn no_second_document_is_loaded_beside_one_that_fills_memory() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    one.own_document(DocKind::Profile).unwrap();
    for year in 2020..2024 {
        for loaded in one.documents.values_mut() {
            loaded.assume_bytes(DOCUMENTS_LOADED_BYTES_MAX);
        }
        one.own_document(DocKind::Observations(year, 1)).unwrap();
        assert_eq!(one.documents.iter().count(), 1, "{year}");
    }
}
