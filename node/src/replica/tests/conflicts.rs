//! Concurrent changes by two devices: each is shown as a conflict, in words.

use std::fs;

use expect_test::expect;
use weft_shared::{
    id::{DeviceIndex, IndicatorCode, RecordId},
    model::{
        Audience,
        observation::{ObservationKey, Statement},
        profile::{Adoption, AdoptionStatus},
        record::Fields,
        schema::{Container, DocKind, RecordKind},
    },
};

use super::{carry, observation, set};
use crate::{
    edits::{decision, define, observations, records, settlement},
    export::{self, Format},
    kit::{Kit, now},
    replica::{Edit, Replica},
    view::describe,
};

const KIND: RecordKind = RecordKind::Initiative;

struct Pair {
    _kit: Kit,
    one: Replica,
    two: Replica,
    at: i64,
}

impl Pair {
    fn new() -> Self {
        let kit = Kit::new();
        let (one, two) = (kit.open(1), kit.open(2));
        let at = 10;
        Self {
            _kit: kit,
            one,
            two,
            at,
        }
    }

    fn exchange(&mut self) {
        self.at += 1;
        let Self { one, two, at, .. } = self;
        carry(one, two, DeviceIndex(1), *at);
        carry(two, one, DeviceIndex(2), *at);
    }

    fn decide(&mut self, by: u8, code: &str, status: AdoptionStatus, audience: Audience) {
        let at = self.next();
        let replica = self.by(by);
        let adoption = Adoption {
            status,
            definition: weft_shared::id::DefinitionHash::new([1; 32]),
            audience,
            reason: (status == AdoptionStatus::Declined).then(|| "not ours".to_owned()),
            releases: None,
            open: None,
        };
        let edit = decision(replica, &code_of(code), adoption).unwrap();
        replica.save(vec![edit], now(at)).unwrap();
    }

    fn define(&mut self, by: u8, unit: &str) {
        let at = self.next();
        let replica = self.by(by);
        let texts = [
            ("name", "Example: swimmers"),
            ("type", "count"),
            ("unit", unit),
            ("period", "month"),
            ("direction", "up"),
        ];
        let texts = texts.map(|(key, text)| (key.to_owned(), text.to_owned()));
        let drafted = define::drafted(replica, &code_of("FN_SWIM"), &texts.into());
        let edit = define::define(replica, drafted.unwrap().unwrap(), Audience::Network);
        replica.save(vec![edit.unwrap()], now(at)).unwrap();
    }

    fn state(&mut self, by: u8, value: &str, audience: Audience, note: Option<&str>) {
        let at = self.next();
        let replica = self.by(by);
        let (key, mut statement) = observation(value);
        statement.audience = audience;
        let mut edit = Edit::default();
        let note = note.map(str::to_owned);
        observations::state(replica, &mut edit, &key, statement, note).unwrap();
        replica.save(vec![edit], now(at)).unwrap();
    }

    fn change(&mut self, by: u8, id: RecordId, status: &str) {
        let at = self.next();
        let replica = self.by(by);
        let row = replica.record(KIND, &id).unwrap().unwrap();
        let fields = Fields::from([("status".to_owned(), status.into())]);
        let mut edit = Edit::default();
        records::change(replica, &mut edit, &row, fields, None, now(at)).unwrap();
        replica.save(vec![edit], now(at)).unwrap();
    }

    fn add(&mut self) -> RecordId {
        let at = self.next();
        let id = RecordId::from_parts(now(at), [7; 10]);
        let fields = Fields::from([("name".to_owned(), "Example: walking bus".into())]);
        let mut edit = Edit::default();
        records::add(
            &mut self.one,
            &mut edit,
            KIND,
            id,
            Audience::Network,
            fields,
            now(at),
        )
        .unwrap();
        self.one.save(vec![edit], now(at)).unwrap();
        self.exchange();
        id
    }

    fn remove(&mut self, by: u8, id: RecordId) {
        let at = self.next();
        let mut edit = Edit::default();
        edit.on(DocKind::Plan(1), move |editor| {
            editor.remove_record(KIND, &id)
        });
        self.by(by).save(vec![edit], now(at)).unwrap();
    }

    fn settle(&mut self, by: u8, id: &str, choose: usize, audience: Option<Audience>) -> bool {
        let at = self.next();
        let replica = self.by(by);
        let rows = replica.conflicts().unwrap();
        let row = rows.iter().find(|row| row.id.starts_with(id)).unwrap();
        let settled = settlement(replica, row, &row.values[choose - 1], audience);
        let Ok(edit) = settled else {
            return false;
        };
        replica.save(vec![edit], now(at)).unwrap();
        true
    }

    fn by(&mut self, by: u8) -> &mut Replica {
        if by == 1 {
            &mut self.one
        } else {
            &mut self.two
        }
    }

    fn next(&mut self) -> i64 {
        self.at += 1;
        self.at
    }
}

fn code_of(text: &str) -> IndicatorCode {
    IndicatorCode::parse(text).unwrap()
}

/// All conflicts in words.
fn words(replica: &mut Replica) -> String {
    let mut text = String::new();
    for row in replica.conflicts().unwrap() {
        let described = describe(replica, &row).unwrap();
        let part = &described.part;
        text.push_str(&format!("{} ({part})\n", described.title));
        for (value, words) in row.values.iter().zip(described.answers) {
            let device = value.written.device.as_deref().unwrap_or("?");
            text.push_str(&format!("  {words}, from {device}\n"));
        }
    }
    text
}

#[test]
fn conflicts_of_every_kind_are_in_words() {
    let mut pair = Pair::new();
    let id = pair.add();
    pair.remove(1, id);
    pair.change(2, id, "scaling");
    pair.decide(1, "SMOKE", AdoptionStatus::Adopted, Audience::Network);
    pair.decide(2, "SMOKE", AdoptionStatus::Adopted, Audience::Released);
    pair.decide(1, "WALKERS", AdoptionStatus::Adopted, Audience::Network);
    pair.decide(2, "WALKERS", AdoptionStatus::Declined, Audience::Team);
    pair.state(1, "5", Audience::Network, Some("counted by the council"));
    pair.state(2, "7", Audience::Network, None);
    pair.exchange();
    expect![[r#"
        VAX_PRIMARY, FAR_NORTH, December 2022, age 12+ ()
          5; seen by the network, from Device 1
          7; seen by the network, from Device 2
        initiative: Example: walking bus (Whether it is removed)
          remove it from the lists, from Device 1
          keep it; changed meanwhile: status: scaling, from Device 2
        whether this location takes part: SMOKE ()
          adopted; its values are seen by the network, from Device 1
          adopted; its values are seen by the network and its releases, from Device 2
        whether this location takes part: WALKERS ()
          adopted; its values are seen by the network, from Device 1
          declined, because: not ours; that is for our team only, from Device 2
    "#]]
    .assert_eq(&words(&mut pair.two));
    assert!(words(&mut pair.one).contains("Device 2"));
}

#[test]
fn a_figure_beside_a_text_of_a_newer_version_is_contested_in_every_list() {
    let mut pair = Pair::new();
    pair.state(1, "5", Audience::Network, None);
    let at = pair.next();
    let (key, statement) = observation("7");
    let newer = statement
        .encode()
        .replacen('{', r#"{"a_newer_member":1,"#, 1);
    let text = key.to_string();
    let mut edit = Edit::default();
    edit.on(DocKind::Observations(2022, 1), move |editor| {
        editor.put_text(Container::Observations, &text, &newer)
    });
    pair.two.save(vec![edit], now(at)).unwrap();
    pair.exchange();
    for by in [1, 2] {
        let replica = pair.by(by);
        assert_eq!(replica.conflicts().unwrap().len(), 1);
        let row = replica.observation(&key).unwrap().unwrap();
        assert!(row.is_contested() && row.settled().is_none());
        assert_eq!(row.stated.len(), 1);
        let exported = |replica: &mut Replica, format, name: &str| {
            let folder = tempfile::tempdir().unwrap();
            let to = folder.path().join("all");
            export::write(&to, &export::files(replica, format, now(90)).unwrap()).unwrap();
            fs::read_to_string(to.join(name)).unwrap()
        };
        let json = exported(replica, Format::Json, "weft.json");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["observations"][0]["contested"], true);
        let csv = exported(replica, Format::Csv, "observations.csv");
        let mut lines = csv.lines().filter(|line| line.contains("FAR_NORTH"));
        let line = lines.next().unwrap();
        assert!(line.contains(",network,true,"), "{line}");
    }
}

#[test]
fn a_removal_against_an_edit_is_settled_by_a_person() {
    for (choose, live) in [(1, false), (2, true)] {
        let mut pair = Pair::new();
        let id = pair.add();
        pair.remove(1, id);
        pair.change(2, id, "scaling");
        pair.exchange();
        for by in [1, 2] {
            let replica = pair.by(by);
            assert!(
                replica.record(KIND, &id).unwrap().is_some(),
                "it stays until then"
            );
            assert_eq!(replica.conflicts().unwrap().len(), 1);
        }
        assert!(pair.settle(2, "initiatives/", choose, None));
        pair.exchange();
        for by in [1, 2] {
            let replica = pair.by(by);
            assert!(replica.conflicts().unwrap().is_empty());
            assert_eq!(replica.record(KIND, &id).unwrap().is_some(), live);
            assert_eq!(
                replica.removed_records(KIND).unwrap().len(),
                usize::from(!live)
            );
        }
    }
}

#[test]
fn a_removed_record_is_put_back() {
    let mut pair = Pair::new();
    let id = pair.add();
    pair.remove(1, id);
    pair.exchange();
    let row = pair.two.removed_record(KIND, &id).unwrap().unwrap();
    assert_eq!(row.written.device.as_deref(), Some("Device 1"));
    let edit = records::restore(&row).unwrap();
    let at = pair.next();
    pair.two.save(vec![edit], now(at)).unwrap();
    pair.exchange();
    for by in [1, 2] {
        let replica = pair.by(by);
        assert!(replica.record(KIND, &id).unwrap().is_some());
        assert!(replica.removed_records(KIND).unwrap().is_empty());
        assert!(replica.conflicts().unwrap().is_empty());
    }
}

#[test]
fn contested_decisions_take_the_narrower_audience() {
    for (first, second) in [
        (Audience::Network, Audience::Released),
        (Audience::Released, Audience::Network),
    ] {
        let mut pair = Pair::new();
        pair.decide(1, "SMOKE", AdoptionStatus::Adopted, first);
        pair.decide(2, "SMOKE", AdoptionStatus::Adopted, second);
        pair.exchange();
        for by in [1, 2] {
            let decided = pair.by(by).decisions().unwrap();
            let decision = &decided[&code_of("SMOKE")];
            assert!(decision.contested);
            assert_eq!(decision.adoption.audience, Audience::Network);
        }
        let widest = if first == Audience::Released { 1 } else { 2 };
        assert!(pair.settle(1, "adoptions/", widest, None));
        pair.exchange();
        let decided = pair.two.decisions().unwrap();
        assert!(!decided[&code_of("SMOKE")].contested);
        assert_eq!(
            decided[&code_of("SMOKE")].adoption.audience,
            Audience::Released
        );
    }
}

#[test]
fn a_decision_for_the_team_alone_is_said_beside_the_locations() {
    for choose in [1, 2] {
        let mut pair = Pair::new();
        pair.decide(1, "WALKERS", AdoptionStatus::Adopted, Audience::Network);
        pair.decide(2, "WALKERS", AdoptionStatus::Declined, Audience::Team);
        pair.exchange();
        assert_eq!(words(&mut pair.one), words(&mut pair.two));
        assert!(pair.two.decisions().unwrap()[&code_of("WALKERS")].contested);
        if choose == 2 {
            // Sharing the team's own value needs an audience.
            assert!(!pair.settle(2, "adoptions/", 2, None));
        }
        assert!(pair.settle(2, "adoptions/", choose, Some(Audience::Network)));
        pair.exchange();
        for by in [1, 2] {
            let replica = pair.by(by);
            let decided = replica.decisions().unwrap()[&code_of("WALKERS")].clone();
            let declined = decided.adoption.status == AdoptionStatus::Declined;
            assert_eq!((decided.contested, declined), (false, choose == 2));
            assert!(replica.conflicts().unwrap().is_empty());
        }
    }
}

#[test]
fn a_value_for_the_team_alone_is_said_beside_the_locations() {
    for choose in [1, 2] {
        let mut pair = Pair::new();
        pair.state(1, "5", Audience::Network, None);
        pair.state(2, "7", Audience::Team, Some("my own count"));
        pair.exchange();
        expect![[r#"
            VAX_PRIMARY, FAR_NORTH, December 2022, age 12+ ()
              5; seen by the network, from Device 1
              7; for our team only, from Device 2
        "#]]
        .assert_eq(&words(&mut pair.two));
        assert!(pair.settle(2, "observations/", choose, Some(Audience::Network)));
        pair.exchange();
        let (key, _) = observation("5");
        let stands = |replica: &mut Replica| {
            let row = replica.observation(&key).unwrap().unwrap();
            (
                row.stated.len(),
                row.stated[0].statement.value.unwrap().to_string(),
            )
        };
        let wanted = if choose == 1 { "5" } else { "7" };
        assert_eq!(stands(&mut pair.one), (1, wanted.to_owned()));
        assert_eq!(stands(&mut pair.two), (1, wanted.to_owned()));
        assert!(pair.two.conflicts().unwrap().is_empty());
    }
}

#[test]
fn a_confirmed_figure_contests_an_edit_that_had_not_seen_it() {
    let mut pair = Pair::new();
    set(&mut pair.one, "5", 11);
    pair.exchange();
    let (key, statement) = observation("5");
    let confirmed = Statement {
        confirmed: ["magnitude".to_owned()].into_iter().collect(),
        ..statement.clone()
    };
    let mut edit = Edit::default();
    observations::confirm(&mut pair.one, &mut edit, &key, confirmed, None).unwrap();
    let at = pair.next();
    assert!(pair.one.save(vec![edit], now(at)).unwrap().changed);
    // Stating the same again is no confirmation, and removes no mark.
    let mut edit = Edit::default();
    observations::state(&mut pair.one, &mut edit, &key, statement, None).unwrap();
    assert!(!pair.one.save(vec![edit], now(at)).unwrap().changed);
    set(&mut pair.two, "7", 20);
    pair.exchange();
    assert_eq!(super::values(&mut pair.two), ["5", "7"]);
}

#[test]
fn values_for_the_team_alone_contest_each_other_and_are_settled_within_it() {
    let mut pair = Pair::new();
    pair.state(1, "5", Audience::Team, None);
    pair.state(2, "7", Audience::Team, None);
    pair.exchange();
    assert_eq!(pair.one.conflicts().unwrap()[0].values.len(), 2);
    assert!(pair.settle(2, "observations/", 2, None));
    pair.exchange();
    for by in [1, 2] {
        let replica = pair.by(by);
        assert!(replica.conflicts().unwrap().is_empty());
        assert_eq!(replica.observations_kept().unwrap()[0].stated.len(), 1);
        let (key, _) = observation("5");
        assert!(replica.observation_shared(&key).unwrap().is_none());
    }
}

#[test]
fn a_note_goes_with_its_value_when_that_is_shared() {
    let mut pair = Pair::new();
    pair.state(1, "5", Audience::Team, Some("checked"));
    pair.state(1, "6", Audience::Team, None);
    pair.state(1, "6", Audience::Network, None);
    let (key, statement) = observation("6");
    let shared = |replica: &mut Replica| {
        let row = replica.observation(&key).unwrap().unwrap();
        assert!(!row.local);
        row.note_words(&statement, str::to_owned).unwrap()
    };
    assert_eq!(shared(&mut pair.one), "written for 5: checked");
    pair.exchange();
    assert_eq!(shared(&mut pair.two), "written for 5: checked");
    let team = pair.one.own_document(DocKind::Team).unwrap();
    let kept = team.standing(Container::Notes, &ObservationKey::to_string(&key));
    assert!(kept.is_empty());
}

#[test]
fn a_contested_record_is_shown_with_who_wrote_what_is_shown() {
    let mut pair = Pair::new();
    let id = pair.add();
    for (by, name) in [(2, "Example: one"), (1, "Example: two")] {
        let at = pair.next();
        let replica = pair.by(by);
        let row = replica.record(KIND, &id).unwrap().unwrap();
        let fields = Fields::from([("name".to_owned(), name.into())]);
        let mut edit = Edit::default();
        records::change(replica, &mut edit, &row, fields, None, now(at)).unwrap();
        replica.save(vec![edit], now(at)).unwrap();
    }
    pair.exchange();
    for replica in [&mut pair.one, &mut pair.two] {
        let row = replica.record(KIND, &id).unwrap().unwrap();
        let author = match row.record.text("name") {
            Some("Example: two") => "Device 1",
            _ => "Device 2",
        };
        assert_eq!(row.written.device.as_deref(), Some(author));
        let files = export::files(replica, Format::Csv, now(99)).unwrap();
        let file = files.iter().find(|file| file.path() == "initiatives.csv");
        let text = String::from_utf8(file.unwrap().bytes().to_vec()).unwrap();
        assert!(text.contains(",contested,"), "{text}");
        assert!(text.contains(&format!(",name,{author},")), "{text}");
    }
    // The name of an initiative is called its name.
    let rows = pair.one.conflicts().unwrap();
    assert_eq!(describe(&mut pair.one, &rows[0]).unwrap().part, "Name");
}

#[test]
fn two_definitions_of_one_version_are_shown_in_words_until_one_is_chosen() {
    let mut pair = Pair::new();
    pair.define(1, "children");
    pair.define(2, "lessons");
    pair.exchange();
    let rows = pair.two.conflicts().unwrap();
    let row = rows
        .iter()
        .find(|row| row.conflict.container == Container::Definitions);
    let row = row.expect("they differ").clone();
    let described = describe(&mut pair.two, &row).unwrap();
    assert_eq!(
        described.title,
        "what Example: swimmers measures, version 1"
    );
    let answers = described.answers.join(" | ");
    for unit in ["in children", "in lessons"] {
        assert!(answers.contains(unit), "{answers}");
    }
}
