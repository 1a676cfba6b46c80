//! The export as one JSON file, in the shapes of the commands.

use serde_json::{Value, json};
use weft_shared::model::indicator::{Definition, Settings};

use super::{
    Content, DEVICES, File,
    shapes::{observation_json, record_json},
    statements::{ANSWERS, LINES},
    told::told_json,
};

pub(super) fn files(content: &Content) -> Vec<File> {
    let observations: Vec<_> = content
        .observations
        .iter()
        .flat_map(observation_json)
        .collect();
    let records: serde_json::Map<String, Value> = content
        .records
        .iter()
        .map(|(kind, rows)| {
            let rows: Vec<_> = rows.iter().map(record_json).collect();
            (kind.container().word().to_owned(), json!(rows))
        })
        .collect();
    let devices = content.devices.iter().map(|device| DEVICES.json(device));
    let indicators = content.indicators.iter().map(|row| {
        json!({
            "definition": definition(&row.definition),
            "hash": row.definition.hash(),
            "versions": row.versions.iter().map(version).collect::<Vec<_>>(),
            "decision": row.decided(),
        })
    });
    let history = content.history.iter().map(|(touch, told)| {
        json!({
            "at": touch.at,
            "device": touch.entry.map(|(dix, _)| dix.0),
            "entry": touch.entry.map(|(_, dseq)| dseq),
            "document": touch.document,
            "record": format!("{}/{}", touch.container, touch.record),
            "values": told.iter().map(told_json).collect::<Vec<_>>(),
        })
    });
    let whole = json!({
        "weft": 1,
        "exported": content.at,
        "network": content.network,
        "location": { "code": content.code, "name": content.name },
        "devices": devices.collect::<Vec<_>>(),
        "indicators": indicators.collect::<Vec<_>>(),
        "observations": observations,
        "records": records,
        "lines": content.lines.iter().map(|row| LINES.json(row)).collect::<Vec<_>>(),
        "answers": content.answers.iter().map(|row| ANSWERS.json(row)).collect::<Vec<_>>(),
        "history": history.collect::<Vec<_>>(),
    });
    let bytes = serde_json::to_vec_pretty(&whole).unwrap_or_default();
    vec![File::new("weft.json", bytes)]
}

/// One version of an indicator, with its settings in words.
fn version((one, settings): &(Definition, Settings)) -> Value {
    let words = settings.words().into_iter();
    let words =
        words.map(|(setting, text)| json!({ "setting": setting.to_string(), "text": text }));
    json!({
        "definition": definition(one),
        "hash": one.hash(),
        "settings": words.collect::<Vec<_>>(),
    })
}

fn definition(one: &Definition) -> Value {
    serde_json::from_str(&one.encode()).unwrap_or(Value::Null)
}
