//! Documents as replicas use them: edits, changes of others, conflicts and hostile bytes.

mod bounds;
mod changed;
mod earlier;
mod growth;
mod limits;
mod notes;
mod properties;
mod readback;
mod real;
mod scalars;
mod standing;
mod straight;
mod worded;

use expect_test::expect;

use super::*;
use crate::{
    id::{DefinitionHash, DeviceId, EntryHash, RecordId},
    model::{
        Audience,
        number::Number,
        observation::{ObservationKey, Statement, Status},
        record::{FieldValue, Fields},
        schema::RecordKind,
    },
};

const LOCATION: LocationId = LocationId::new([1; 16]);

fn document(name: &str) -> Document {
    Document::genesis(&LOCATION, &DocName::first(name)).unwrap()
}

fn author(device: u8) -> DeviceId {
    DeviceId::new([device; 32])
}

fn record_id(number: u8) -> RecordId {
    RecordId::from_parts(Timestamp::from_ms(1_000), [number; 10])
}

fn key(text: &str) -> ObservationKey {
    text.parse().unwrap()
}

fn stated(numerator: u32) -> Statement {
    Statement {
        numerator: Some(Number::from(i64::from(numerator))),
        denominator: Some(Number::from(1_000)),
        ..Statement::without_figure(
            DefinitionHash::new([9; 32]),
            Status::Normal,
            Audience::Network,
        )
    }
}

const AT: Timestamp = Timestamp::from_ms(1_795_000_000_500);

fn edit(document: &mut Document, device: u8, edit: impl FnOnce(&mut Editor<'_>)) -> Vec<u8> {
    let run = |editor: &mut Editor<'_>| {
        edit(editor);
        Ok::<(), EditError>(())
    };
    let edited = document.edit(author(device), AT, run).unwrap();
    edited.change.unwrap()
}

fn state(document: &mut Document, device: u8, at: &str, numerator: u32) -> Vec<u8> {
    edit(document, device, |editor| {
        let statement = stated(numerator);
        editor.put_observation(&key(at), &statement, None).unwrap();
    })
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let pairs = pairs.iter().copied();
    pairs
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect()
}

const FN: &str = "VAX_PRIMARY/FAR_NORTH/2022-12/age=12%2B";

/// Every replica computes these itself: if one of them changes, existing documents can no longer be
/// read. A kind that grows gets one more line here, after those that it has.
#[test]
fn what_everybody_begins_with_never_changes() {
    let names = [
        "profile",
        "plan",
        "observations/2026",
        "insights/2026",
        "money",
        "answers/2026",
        "team",
        "network",
        "definitions",
        "agenda",
        "sources",
        "published/3/2018",
        "readers",
    ];
    let lines = names.map(|name| {
        let changes = document(name).inner.get_changes(&[]);
        let hash = |change: &Change| format!("  {}\n", change.hash());
        let hashes: String = changes.iter().map(hash).collect();
        format!("{name}\n{hashes}")
    });
    expect_test::expect![[r#"
        profile
          e5b8982dc6d6755c2fb39e1c271e38def19b1d6b8e50e143a7fbfe4819a6dbf1
          9d9613e0eb9eeec1bd11e7ae84bcb80b6a6baaf7b0ef81eaaa49fd2163f13717
        plan
          265558dbd17218a4ac8008f3ecf6360ae7892a6aa64fcda66587468c0e893f88
        observations/2026
          bfd2898f7e55bb5580d6a8ca89e6c72d906162067b022639d7e96f93359bd600
        insights/2026
          6ee310ea0dc0c1167876030c1a724f7afe900e11cae5562009bcb77b0813a5ca
        money
          511a727e0f7265f80af0db1d3fb92b874d3a9bf7c62e37d452d9bc96587ffb14
        answers/2026
          50a21d2453d8f474f190a60390c53fc2aa1bbab7373a9667b4f893e09280cb47
        team
          c363bf7a7ab12ef143f31b93afa25e4fbec21496a15e463b41dca8a9ed14d2c7
          32d0b3612a0f66cb62e70edf742362c1e61c3e6fbd331549ecbe3cca70cbbefb
          f19f5f6d1cffa5ddd6b198a6e682e88cb89b31426964ffd3c75470f22fb09872
        network
          ecc5e6b02535228a7b941c6efcd0ebbfe20ef779f6141ddd0b9fe7d92231c8b5
        definitions
          efb8fd2a0a9cf41ba7834f9019c72dec8d2683d8940217d2ec8e7fe566c62700
        agenda
          90f451ebc784ab7bb79d79256ed81cd9726473b609a9c48d8b022df483634111
          4b8d00ba54d7437909ef053be2c2105e13a53a292a5a09aa145063cc689da573
        sources
          518cf89f9f20f914fad3e0d340c9fdf0963052bdd6d032e49d4c0af448b25502
        published/3/2018
          51eab4eb8cfd9cac77c11886018c3e388cf751425bd933f1949fbc1456a0da2f
        readers
          1f2250f69933ae28c575024128be635f557d7e424206426823ff1e2c9a670abe
    "#]]
    .assert_eq(&lines.concat());
}

#[test]
fn a_contested_observation_shows_both_values_until_it_is_settled() {
    let (mut a, mut b) = (document("observations/2022"), document("observations/2022"));
    let first = state(&mut a, 1, FN, 900);
    b.apply(&[first]).unwrap();
    let from_a = state(&mut a, 1, FN, 901);
    let from_b = state(&mut b, 2, FN, 902);
    a.apply(&[from_b]).unwrap();
    let touched = b.apply(&[from_a]).unwrap();
    assert_eq!(
        touched,
        Touched::from([(Container::Observations, FN.to_owned())])
    );
    assert_eq!(a.heads(), b.heads());
    assert_eq!(a.dump(), b.dump());

    let observed = a.observation(&key(FN)).unwrap();
    assert!(observed.is_contested());
    let mut numerators: Vec<_> = observed
        .stated
        .iter()
        .map(|one| one.statement.numerator.unwrap().to_string())
        .collect();
    numerators.sort();
    assert_eq!(numerators, ["901", "902"]);
    let meta = a
        .change_of(&observed.stated[0].actor, observed.stated[0].op)
        .unwrap();
    assert_eq!(meta.at, Timestamp::from_ms(1_795_000_000_000));

    let id = format!("observations/{FN}");
    let conflict = a.conflicts().into_iter().find(|one| one.id() == id);
    let conflict = conflict.unwrap();
    let wanted = conflict
        .values
        .iter()
        .position(|one| one.value == stated(901).encode());
    let settled = edit(&mut a, 1, |editor| {
        editor.settle(&conflict, wanted.unwrap() + 1).unwrap();
    });
    let told = a.told(std::slice::from_ref(&settled)).remove(0);
    assert_eq!((told.key.as_str(), told.field), (FN, None));
    assert_eq!(told.value, Some(stated(901).encode()));
    assert_eq!(told.not_chosen, [stated(902).encode()]);
    assert_eq!(told.before, None, "two stood there");
    b.apply(&[settled]).unwrap();
    assert!(b.conflicts().is_empty());
    assert_eq!(
        b.observation(&key(FN)).unwrap().stated[0].statement,
        stated(901)
    );
}

#[test]
fn a_change_tells_what_stood_there_before_it() {
    let mut a = document("observations/2022");
    let first = state(&mut a, 1, FN, 50);
    let second = state(&mut a, 1, FN, 52);
    let told = a.told(&[first, second]);
    let befores: Vec<_> = told.iter().map(|one| one.before.clone()).collect();
    assert_eq!(befores, [None, Some(stated(50).encode())]);
    assert!(told.iter().all(|one| one.not_chosen.is_empty()));
    let run = [state(&mut a, 1, FN, 53)];
    let about = |key: &str| a.told_about(&run, &|path| path.key == key).len();
    assert_eq!((about(FN), about("another")), (1, 0));
}

#[test]
fn two_devices_that_state_the_same_agree() {
    let (mut a, mut b) = (document("observations/2022"), document("observations/2022"));
    let from_a = state(&mut a, 1, FN, 900);
    let from_b = state(&mut b, 2, FN, 900);
    a.apply(&[from_b]).unwrap();
    b.apply(&[from_a]).unwrap();
    assert!(!a.observation(&key(FN)).unwrap().is_contested());
    assert!(a.conflicts().is_empty());
    let again = a.edit(author(1), AT, |editor| {
        editor.put_observation(&key(FN), &stated(900), None)
    });
    assert_eq!(again.unwrap().change, None);
}

#[test]
fn records_keep_everybodys_fields() {
    let (mut a, mut b) = (document("plan"), document("plan"));
    let (kind, id) = (RecordKind::Initiative, record_id(1));
    let made = edit(&mut a, 1, |editor| {
        let all = fields(&[("name", "Example: Māra kai"), ("status", "exploring")]);
        editor
            .put_record(kind, &id, Audience::Network, &all)
            .unwrap();
    });
    b.apply(&[made]).unwrap();
    let partners =
        |ids: &[u8]| FieldValue::Set(ids.iter().map(|id| record_id(*id).to_string()).collect());
    let from_a = edit(&mut a, 1, |editor| {
        editor
            .set_field(kind, &id, "status", &"testing".into())
            .unwrap();
        editor
            .set_field(kind, &id, "partners", &partners(&[7]))
            .unwrap();
    });
    let from_b = edit(&mut b, 2, |editor| {
        editor
            .set_field(kind, &id, "status", &"scaling".into())
            .unwrap();
        editor
            .set_field(kind, &id, "partners", &partners(&[8]))
            .unwrap();
        editor
            .set_field(kind, &id, "setting", &"marae".into())
            .unwrap();
        editor.remove_record(kind, &id).unwrap();
    });
    a.apply(&[from_b]).unwrap();
    b.apply(&[from_a]).unwrap();
    assert_eq!(a.dump(), b.dump());
    let record = a.record(kind, &id).unwrap();
    assert_eq!(record.members("partners").count(), 2);
    assert_eq!(record.text("setting"), Some("marae"));
    assert!(!record.disputed.is_empty() && record.is_live());
    assert!(record.unseen.contains("status"));
    let conflicts = a.conflicts();
    let ids: Vec<_> = conflicts.iter().map(Conflict::id).collect();
    let field = |field: &str| format!("initiatives/{id}/{field}");
    assert_eq!(ids, [field("removed"), field("status")]);
    let settled = edit(&mut b, 2, |editor| {
        for conflict in &conflicts {
            editor.settle(conflict, conflict.values.len()).unwrap();
        }
        editor
            .set_field(kind, &id, "partners", &partners(&[8]))
            .unwrap();
    });
    a.apply(&[settled]).unwrap();
    assert!(a.conflicts().is_empty());
    let record = a.record(kind, &id).unwrap();
    assert!(record.is_live());
    assert_eq!(record.members("partners").count(), 1);
}

#[test]
fn an_edit_that_fails_leaves_no_trace() {
    let mut plan = document("plan");
    let before = plan.dump();
    let result = plan.edit(author(1), AT, |editor| {
        let all = fields(&[("name", "Example")]);
        editor.put_record(RecordKind::Outcome, &record_id(1), Audience::Network, &all)?;
        editor.put_observation(&key(FN), &stated(1), None)
    });
    let error = result.unwrap_err().to_string();
    assert_eq!(error, "the document \"plan\" holds no observations");
    assert_eq!(plan.dump(), before);
    let empty = plan
        .edit(author(1), AT, |_| Ok::<(), EditError>(()))
        .unwrap();
    assert_eq!(empty.change, None);
    let unknown = plan.edit(author(1), AT, |editor| {
        editor.remove_record(RecordKind::Outcome, &record_id(1))
    });
    assert!(matches!(unknown, Err(EditError::UnknownRecord { .. })));
}

#[test]
fn changes_wait_for_those_before_them_and_saves_read_back() {
    let mut a = document("observations/2022");
    let first = state(&mut a, 1, FN, 1);
    let second = state(&mut a, 1, FN, 2);
    let mut b = document("observations/2022");
    let held = b.apply(std::slice::from_ref(&second)).unwrap_err();
    assert!(matches!(&held, DeriveError::Held { missing } if missing.len() == 1));
    let derived = b.apply_runs(&[&[second], &[first]]);
    assert!(derived.iter().all(Result::is_ok));
    assert_eq!(a.heads(), b.heads());

    let saved = b.save().unwrap();
    let name = DocName::first("observations/2022");
    let loaded = Document::load(&LOCATION, &name, &saved).unwrap();
    assert_eq!(loaded.heads(), b.heads());
    assert_eq!(loaded.dump(), b.dump());
    let other = DocName::first("observations/2023");
    let another = Document::load(&LOCATION, &other, &saved).unwrap_err();
    assert!(matches!(another, LoadError::Another(_)));
    let damaged = Document::load(&LOCATION, &name, &saved[..saved.len() / 2]).unwrap_err();
    assert!(matches!(damaged, LoadError::Damaged(_)));
}

#[test]
fn lost_changes_are_said_again() {
    let (mut a, b) = (document("plan"), document("plan"));
    let (kind, id) = (RecordKind::Action, record_id(3));
    let made = edit(&mut a, 1, |editor| {
        let all = fields(&[("what", "Example: call the council"), ("owner", "Example")]);
        editor
            .put_record(kind, &id, Audience::Network, &all)
            .unwrap();
    });
    let changed = edit(&mut a, 1, |editor| {
        editor.set_field(kind, &id, "owner", &"".into()).unwrap();
        editor
            .set_field(kind, &id, "state", &"doing".into())
            .unwrap();
    });
    let lost = Lost::of(&b).assignments(&[made, changed]);
    let mut again = b;
    edit(&mut again, 1, |editor| editor.say_again(&lost).unwrap());
    let (said, before) = (
        again.record(kind, &id).unwrap(),
        a.record(kind, &id).unwrap(),
    );
    assert_eq!(said.to_fields(), before.to_fields());
    assert_eq!(said.order, before.order);
}

#[test]
fn lost_changes_never_hide_what_others_wrote_since() {
    let mut a = document("plan");
    let (kind, id) = (RecordKind::Action, record_id(3));
    edit(&mut a, 1, |editor| {
        let all = fields(&[("what", "Example: plant"), ("owner", "Example")]);
        editor
            .put_record(kind, &id, Audience::Network, &all)
            .unwrap();
    });
    let mut base = a.clone();
    let lost = edit(&mut a, 1, |editor| {
        editor.set_field(kind, &id, "owner", &"Ana".into()).unwrap();
    });
    let after = edit(&mut a, 1, |editor| {
        editor
            .set_field(kind, &id, "owner", &"Mere".into())
            .unwrap();
        editor
            .set_field(kind, &id, "state", &"doing".into())
            .unwrap();
    });
    edit(&mut base, 2, |editor| {
        editor
            .set_field(kind, &id, "owner", &"Tama".into())
            .unwrap();
    });
    let mut reader = Lost::of(&base);
    let said = [reader.read(&[lost]), reader.read(&[after])];
    let words = |said: &[Assignment]| {
        let words = said.iter().map(ToString::to_string);
        let fields = words.map(|line| line.rsplit(", ").next().unwrap().to_owned());
        fields.collect::<Vec<_>>().join(" | ")
    };
    let lines = said.map(|said| format!("{} / {}", words(&said.again), words(&said.overtaken)));
    expect![[r#"
         / owner: Ana
        state: doing / owner: Mere"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn what_is_said_again_names_what_was_lost() {
    let mut plan = document("profile");
    let hash = EntryHash::new([7; 32]);
    let change = edit(&mut plan, 1, |editor| {
        editor.name_lost(&hash);
        editor.put_text(Container::Names, "en", "Example").unwrap();
    });
    let facts = crate::log::scan::read(&change).unwrap();
    assert_eq!(facts.n_ops, 1);
    let named = format!("again {hash}");
    assert!(change.windows(named.len()).any(|at| at == named.as_bytes()));
    let again = plan.edit::<EditError>(author(1), AT, |editor| {
        editor.name_lost(&hash);
        editor.put_text(Container::Names, "en", "Example")
    });
    assert_eq!(again.unwrap().change, None, "nothing is left to say");
}

#[test]
fn a_document_is_read_as_it_was() {
    let mut plan = document("plan");
    state_action(&mut plan, "Example: plant");
    let then = plan.inner.get_heads();
    state_action(&mut plan, "Example: water");
    let past = plan.at(&then).unwrap();
    assert_eq!(past.inner.get_heads(), then);
    assert_eq!(past.save().map(|_| ()), Ok(()));
    let record = past.record(RecordKind::Action, &record_id(4)).unwrap();
    assert_eq!(record.text("what"), Some("Example: plant"));
    assert!(plan.at(&[ChangeHash([7; 32])]).is_none());
}

fn state_action(plan: &mut Document, what: &str) {
    let (kind, id) = (RecordKind::Action, record_id(4));
    edit(plan, 1, |editor| {
        let fields = fields(&[("what", what)]);
        editor
            .put_record(kind, &id, Audience::Network, &fields)
            .unwrap();
    });
}
