//! The files that describe a release to programs: dictionary, data package and changes.

use serde_json::{Value, json};
use weft_shared::release::{COLUMNS, Head, Kind, Manifest, meaning::INDICATORS};

use super::{Change, Content, File, ReleaseError, meaning, shown};

/// The dictionary of columns.
pub(super) fn dictionary() -> Result<Vec<u8>, ReleaseError> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let written = out.write_record(["column", "type", "meaning"]);
    written.map_err(ReleaseError::format)?;
    for column in COLUMNS {
        let written = out.write_record([column.name, kind(column.kind), column.about]);
        written.map_err(ReleaseError::format)?;
    }
    out.into_inner().map_err(ReleaseError::format)
}

/// The cells that differ from the release before, and the sums that are kept. A first release has
/// none.
pub(crate) fn changes(changes: &[Change], head: &Head) -> Result<Vec<u8>, ReleaseError> {
    let names = COLUMNS.iter().map(|column| column.name);
    let own = [
        "change",
        "value_before",
        "numerator_before",
        "denominator_before",
    ];
    let own = own.into_iter().chain(["obs_status_before", "kept_from"]);
    let mut out = csv::Writer::from_writer(Vec::new());
    let written = out.write_record(own.chain(names));
    written.map_err(ReleaseError::format)?;
    for change in changes {
        let was = change.before().map(|(_, field)| shown(field));
        let kind = [change.kind.word().to_owned()];
        let fields = COLUMNS
            .iter()
            .map(|column| shown(column.field(&change.row, head)));
        let written = out.write_record(kind.into_iter().chain(was).chain(fields));
        written.map_err(ReleaseError::format)?;
    }
    out.into_inner().map_err(ReleaseError::format)
}

/// The descriptor of the data package (Frictionless Data), which names each table, its columns and
/// its checksum.
pub(super) fn package(content: &Content, files: &[File]) -> String {
    let (head, words) = (&content.head, &content.words);
    let fields: Vec<Value> = COLUMNS
        .iter()
        .map(|column| {
            json!({
                "name": column.name,
                "type": kind(column.kind),
                "description": column.about,
            })
        })
        .collect();
    let resource = |name: &str, ending: &str, more: Value| {
        let path = format!("{name}.{ending}");
        let file = files.iter().find(|file| file.name == path)?;
        let mut resource = json!({
            "path": path,
            "format": ending,
            "encoding": "utf-8",
            "bytes": file.bytes.len(),
            "hash": format!("sha256:{}", Manifest::checksum(&file.bytes)),
        });
        for (key, value) in more.as_object()? {
            resource[key] = value.clone();
        }
        Some(resource)
    };
    let tables = content.tables();
    let resources = tables.iter().flat_map(|(name, _)| {
        let csv = json!({
            "name": name,
            "profile": "tabular-data-resource",
            "mediatype": "text/csv",
            "schema": { "fields": fields, "missingValues": [""] },
        });
        // Frictionless reads JSON as a table only with a part that few have installed.
        let json = json!({
            "name": format!("{name}-json"),
            "type": "json",
            "profile": "data-resource",
            "mediatype": "application/json",
        });
        [resource(name, "csv", csv), resource(name, "json", json)]
    });
    let meanings = json!({
        "name": INDICATORS,
        "profile": "tabular-data-resource",
        "mediatype": "text/csv",
        "schema": meaning::schema(),
    });
    let meanings = resource(INDICATORS, "csv", meanings);
    let resources: Vec<Value> = resources.flatten().chain(meanings).collect();
    let package = json!({
        "profile": "data-package",
        "name": head.dataset.as_str(),
        "title": words.title,
        "version": head.number.to_string(),
        "created": head.at.rfc3339(),
        "licenses": words.licences(),
        "sources": words.sources(),
        "resources": resources,
    });
    let mut text = serde_json::to_string_pretty(&package).unwrap_or_default();
    text.push('\n');
    text
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "string",
        Kind::Date => "date",
        Kind::Count => "integer",
        Kind::Number => "number",
        Kind::Flag => "boolean",
    }
}
