//! The table of meanings: the indicators of a release in the words of its people.

use serde_json::{Value, json};
use weft_shared::release::{Meaning, meaning::FIELDS};

use super::ReleaseError;

/// The table of meanings as a file.
pub(super) fn table(meanings: &[Meaning]) -> Result<Vec<u8>, ReleaseError> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let names = out.write_record(FIELDS.map(|(name, _)| name));
    names.map_err(ReleaseError::format)?;
    for meaning in meanings {
        let written = out.write_record(meaning.fields());
        written.map_err(ReleaseError::format)?;
    }
    out.into_inner().map_err(ReleaseError::format)
}

/// The fields of the table for programs.
pub(super) fn schema() -> Value {
    let fields = FIELDS.map(|(name, about)| {
        let kind = match name {
            "definition_version" => "integer",
            _ => "string",
        };
        json!({ "name": name, "type": kind, "description": about })
    });
    json!({ "fields": fields, "missingValues": [""] })
}
