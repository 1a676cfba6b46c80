//! The meaning of each indicator in a release, and of what its periods do not have in common.

use serde::{Deserialize, Serialize};

use crate::{
    model::indicator::{Definition, MappingKind, Settings},
    text::capital,
};

/// One version of an indicator's definition, in the words of its people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Meaning {
    /// The indicator's code.
    pub code: String,
    /// The version of its definition.
    pub version: u32,
    /// Its name.
    pub name: String,
    numerator: String,
    denominator: String,
    unit: String,
    value: String,
    direction: String,
    source: String,
    licence: String,
    /// The breaks of its series, with their reasons, in sentences; empty if there are none.
    pub breaks: String,
}

impl Meaning {
    /// That of a version with these settings.
    pub fn of(definition: &Definition, settings: &Settings) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            code: definition.code.to_string(),
            version: definition.version,
            name: definition.name.clone(),
            numerator: text(&definition.numerator),
            denominator: text(&definition.denominator),
            unit: definition.unit.clone(),
            value: definition.measure().to_string(),
            direction: definition.direction.label().to_owned(),
            source: text(&definition.source),
            licence: text(&definition.licence),
            breaks: breaks(definition, settings),
        }
    }

    /// Its fields, in the order of [`FIELDS`].
    pub fn fields(&self) -> [String; FIELDS.len()] {
        [
            self.code.clone(),
            self.version.to_string(),
            self.name.clone(),
            self.numerator.clone(),
            self.denominator.clone(),
            self.unit.clone(),
            self.value.clone(),
            self.direction.clone(),
            self.source.clone(),
            self.licence.clone(),
            self.breaks.clone(),
        ]
    }

    /// Its name, with its code and version.
    pub fn title(&self) -> String {
        format!("{} ({}, version {})", self.name, self.code, self.version)
    }

    /// Its meaning in a sentence, without its name.
    pub fn sentence(&self) -> String {
        let numerator = match self.numerator.is_empty() {
            true => &self.unit,
            false => &self.numerator,
        };
        let of = match self.denominator.is_empty() {
            true => String::new(),
            false => format!(", of: {}", self.denominator),
        };
        capital(&format!(
            "{numerator}{of}. Value: {}; {}.",
            self.value, self.direction
        ))
    }
}

/// The breaks of a series that its people stated. They are about definitions, not about figures, so
/// they tell nothing of a withheld count.
fn breaks(definition: &Definition, settings: &Settings) -> String {
    let mut sentences = Vec::new();
    if let Some(from) = &definition.from {
        let how = match from.kind {
            MappingKind::Exact => None,
            MappingKind::Approximate => Some("close to"),
            MappingKind::Break => Some("not comparable with"),
        };
        sentences.extend(how.map(|how| {
            let since = settings
                .valid_from
                .map_or_else(String::new, |period| format!("from {} on ", period.words()));
            format!(
                "version {} {since}is {how} version {}: {}",
                definition.version, from.version, from.reason
            )
        }));
    }
    let bases = settings.base_from.iter();
    sentences.extend(bases.map(|base| {
        format!(
            "the base changed in {}, so figures before and after are not comparable: {}",
            base.period.words(),
            base.reason
        )
    }));
    let sentences = sentences.iter().map(|one| {
        let one = one.trim_end_matches('.');
        format!("{}.", capital(one))
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// The columns of the table, each with its meaning.
pub const FIELDS: [(&str, &str); 11] = [
    ("indicator_code", "Code of the indicator"),
    (
        "definition_version",
        "Version of the definition; with the code, the key of a row",
    ),
    ("indicator_name", "Its name in English"),
    ("numerator", "What the numerator counts"),
    ("denominator", "What the denominator counts"),
    ("unit", "Unit that is counted"),
    ("value", "Unit of the value"),
    ("direction", "The direction that is better"),
    ("source", "Source of the figures"),
    ("licence", "Licence of that source"),
    ("breaks", "What is not comparable with what, and why"),
];
/// The name of the table's file, without an ending.
pub const INDICATORS: &str = "indicators";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_says_since_when_and_why() {
        let text = r#"
            [[indicator]]
            code = "ACTIVE"
            version = 1
            name = "Walk to work"
            type = "proportion"
            unit = "people"
            numerator = "people who walk"
            denominator = "people with work"
            factor = 100
            direction = "up"
            period = "year"
            accountability = "population"
            class = "better_off"
            rollup = "sum"
            person_level = true
        "#;
        let mut definition = crate::model::indicator::definitions_from_toml(text)
            .expect("it is whole")
            .remove(0);
        let mut settings = Settings::default();
        assert_eq!(Meaning::of(&definition, &settings).breaks, "");
        definition.version = 2;
        definition.from = Some(crate::model::indicator::Mapping {
            version: 1,
            kind: MappingKind::Break,
            reason: "The question changed in 2018.".to_owned(),
        });
        settings.valid_from = Some("2018".parse().expect("a period"));
        let meaning = Meaning::of(&definition, &settings);
        assert_eq!(
            meaning.breaks,
            "Version 2 from 2018 on is not comparable with version 1: The question changed in \
             2018."
        );
        assert_eq!(
            meaning.sentence(),
            "People who walk, of: people with work. Value: percent; higher is better."
        );
        let fields = meaning.fields();
        assert_eq!(
            fields[..4],
            ["ACTIVE", "2", "Walk to work", "people who walk"]
        );
    }
}
