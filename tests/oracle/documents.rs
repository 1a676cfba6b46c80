//! Documents in every state, read by `@automerge/automerge` (`tests/oracle/js/check.mjs`).

use std::fs;

use weft_shared::{
    document::{Document, EditError, Editor},
    id::{DefinitionHash, DeviceId, DocName, LocationId, RecordId},
    model::{
        Audience,
        insight::Words,
        observation::{ObservationKey, Statement, Status},
        record::{FieldValue, Fields},
        schema::RecordKind,
    },
    time::Timestamp,
};

use crate::judge::check;

const LOCATION: LocationId = LocationId::new([5; 16]);
const AT: Timestamp = Timestamp::from_ms(1_795_000_000_000);

#[test]
fn javascript_reads_what_weft_saves() {
    let export = tempfile::tempdir().unwrap();
    let folder = export.path().join("location");
    fs::create_dir(&folder).unwrap();
    let mut manifest = Vec::new();
    for document in [plan(), observations(), insights(), Pair::new("profile").0] {
        let stem = document.name().to_string().replace('/', "-");
        let file = format!("location/{stem}.automerge");
        let heads = document.heads().into_iter().map(hex).collect::<Vec<_>>();
        manifest.push(serde_json::json!({ "file": file, "heads": heads }));
        fs::write(export.path().join(file), document.save().unwrap()).unwrap();
        fs::write(folder.join(format!("{stem}.json")), document.dump()).unwrap();
    }
    let listed = serde_json::to_vec(&manifest).unwrap();
    fs::write(export.path().join("manifest.json"), listed).unwrap();
    assert_eq!(
        check(export.path()),
        Ok("4 documents read, 0 differences\n".to_owned())
    );

    // The judge must be able to say no.
    let spoilt = folder.join("plan.json");
    let text = fs::read_to_string(&spoilt).unwrap();
    fs::write(&spoilt, text.replacen("kai", "Kai", 1)).unwrap();
    let said = check(export.path()).unwrap_err();
    assert!(said.contains("plan.automerge differs at"), "{said}");
}

/// One document on two devices that have not synced yet.
struct Pair(Document, Document);

impl Pair {
    fn new(name: &str) -> Self {
        let document = Document::genesis(&LOCATION, &DocName::first(name)).expect("a known name");
        Self(document.clone(), document)
    }

    /// Writes on the first device; both know it from then on.
    fn both(&mut self, write: impl Fn(&mut Editor<'_>) -> Result<(), EditError>) {
        let change = edit(&mut self.0, 1, &write);
        self.1.apply(&[change]).expect("what an editor wrote");
    }

    /// Writes on both at once, each with its number; the first then receives the second's changes.
    fn apart(mut self, write: impl Fn(&mut Editor<'_>, u8) -> Result<(), EditError>) -> Document {
        edit(&mut self.0, 1, |editor| write(editor, 1));
        let change = edit(&mut self.1, 2, |editor| write(editor, 2));
        self.0.apply(&[change]).expect("what an editor wrote");
        self.0
    }
}

fn edit(
    document: &mut Document,
    device: u8,
    write: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError>,
) -> Vec<u8> {
    let author = DeviceId::new([device; 32]);
    let edited = document.edit(author, AT, write);
    edited.expect("an edit that fits").change.expect("a change")
}

fn plan() -> Document {
    let kind = RecordKind::Initiative;
    let mut pair = Pair::new("plan");
    pair.both(|editor| {
        let name = "Example: Māra kai \u{1F331} \"quoted\"\u{2028}";
        editor.put_record(kind, &id(1), Audience::Network, &fields(&[("name", name)]))?;
        let gone = fields(&[("what", "Example: removed"), ("owner", "Example")]);
        editor.put_record(RecordKind::Action, &id(2), Audience::Network, &gone)?;
        editor.remove_record(RecordKind::Action, &id(2))
    });
    pair.apart(|editor, device| {
        let status = ["testing", "scaling"][usize::from(device) - 1];
        editor.set_field(kind, &id(1), "status", &status.into())?;
        let partners = FieldValue::Set([id(device).to_string()].into());
        editor.set_field(kind, &id(1), "partners", &partners)?;
        editor.set_field(RecordKind::Action, &id(2), "owner", &"".into())?;
        // A record that only one of them has.
        let own = fields(&[("name", "Ōpōtiki"), ("note", "Rangitīkei\nwhānau")]);
        editor.put_record(
            RecordKind::Partner,
            &id(10 + device),
            Audience::Released,
            &own,
        )
    })
}

fn observations() -> Document {
    let mut pair = Pair::new("observations/2022");
    let keys = [
        "VAX_PRIMARY/FAR_NORTH/2022-12/age=12%2B",
        "HEAT_MAIN/NTL/2022/m%C4%81=%5F",
    ];
    pair.both(|editor| {
        let key: ObservationKey = keys[0].parse().expect("a key");
        editor.put_observation(&key, &stated("51324.5"), Some("as published"))
    });
    pair.apart(|editor, device| {
        for key in keys.iter().filter_map(|key| key.parse().ok()) {
            let value = format!("0.{device}25");
            editor.put_observation(&key, &stated(&value), Some(&value))?;
        }
        Ok(())
    })
}

fn insights() -> Document {
    let kind = RecordKind::Insight;
    let mut pair = Pair::new("insights/2026");
    pair.both(|editor| {
        let mut all = Words::salted([7; 16], "Example: no one said this")
            .0
            .fields();
        let themes = ["kai", "whenua/land"].map(str::to_owned);
        all.insert("themes".to_owned(), FieldValue::Set(themes.into()));
        editor.put_record(kind, &id(3), Audience::Network, &all)
    });
    pair.apart(|editor, _| editor.withdraw(kind, &id(3)))
}

fn stated(numerator: &str) -> Statement {
    let definition = DefinitionHash::new([9; 32]);
    Statement {
        numerator: numerator.parse().ok(),
        ..Statement::without_figure(definition, Status::Provisional, Audience::Network)
    }
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let pairs = pairs.iter().copied();
    pairs
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect()
}

fn id(number: u8) -> RecordId {
    RecordId::from_parts(AT, [number; 10])
}

fn hex(bytes: [u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
