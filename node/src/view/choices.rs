//! The options of a form: words with their labels, indicators, areas and other records.

use std::collections::BTreeMap;

use weft_shared::{
    model::{
        Audience,
        answer::Stance,
        indicator::{
            Accountability, Adjustment, Class, Direction, IndicatorType, MappingKind, RollupRule,
        },
        insight::Attribution,
        investment::{Gst, InvestmentKind, InvestmentStatus},
        line::LineWhat,
        places::ALL,
        plan::{
            ActionState, Actor, InitiativeStatus, OpportunityState, PartnerKind, Peers, Priority,
            Tie,
        },
        schema::{FieldKind, FieldSpec, RecordKind},
    },
    period::Frequency,
};

use super::RecordRow;
use crate::replica::{DocumentError, Replica};

/// Records by kind, as lists of id and title.
type Titles = BTreeMap<RecordKind, Vec<(String, String)>>;

/// This location's data that forms offer as options.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    /// Codes and names.
    indicators: Vec<(String, String)>,
    /// Codes and names.
    areas: Vec<(String, String)>,
    records: Titles,
    /// The network's outcomes by code, and ours by id, with their names.
    outcomes: Vec<(String, String)>,
    /// Codes and names, after all locations at once.
    locations: Vec<(String, String)>,
}

impl Choices {
    /// Reads the options for forms of `kind`.
    pub(crate) fn read(replica: &mut Replica, kind: RecordKind) -> Result<Self, DocumentError> {
        let mut choices = Self::default();
        for field in kind.fields() {
            match field.kind {
                kind if kind == FieldKind::Indicator || names_indicators(field) => {
                    let rows = replica.indicators()?.into_iter();
                    choices.indicators = rows.map(|row| indicator(&row.definition)).collect();
                }
                FieldKind::Area => {
                    let areas = replica
                        .place()?
                        .map(|place| place.areas)
                        .unwrap_or_default();
                    let areas = areas.into_iter();
                    choices.areas = areas
                        .map(|area| (area.code.to_string(), area.name))
                        .collect();
                }
                FieldKind::Outcome | FieldKind::Outcomes if !replica.is_alone() => {
                    choices.outcomes = outcomes(replica)?;
                }
                FieldKind::Locations if !replica.is_alone() => {
                    choices.locations = locations(replica)?;
                }
                FieldKind::Reference(other) | FieldKind::References(other) => {
                    choices
                        .records
                        .insert(other, titles(&replica.records(other)?));
                }
                _ => {}
            }
        }
        Ok(choices)
    }

    /// Returns value and label of each option of a field, or `None` if it takes free text.
    pub(crate) fn of(&self, field: &FieldSpec) -> Option<Vec<(String, String)>> {
        match field.kind {
            FieldKind::Choice(words) => {
                // "yes" is the one word of two choices, so the field says which one it is.
                let label = |word: &str| match word.parse() {
                    Ok(priority) if field.key == "priority" => Priority::label(priority),
                    _ => word_label(words, word),
                };
                let each = words.iter();
                Some(
                    each.map(|word| ((*word).to_owned(), label(word).to_owned()))
                        .collect(),
                )
            }
            FieldKind::Indicator => Some(self.indicators.clone()),
            // As long as none is known, codes can still be typed.
            _ if names_indicators(field) && !self.indicators.is_empty() => {
                Some(self.indicators.clone())
            }
            FieldKind::Area => Some(self.areas.clone()),
            // One of the network's alone: ours have no code.
            FieldKind::Outcome if !self.outcomes.is_empty() => {
                let of_network = self.outcomes.iter().filter(|(code, _)| !code.contains('-'));
                Some(of_network.cloned().collect())
            }
            FieldKind::Outcomes if !self.outcomes.is_empty() => Some(self.outcomes.clone()),
            FieldKind::Locations if !self.locations.is_empty() => Some(self.locations.clone()),
            FieldKind::Reference(kind) | FieldKind::References(kind) => {
                Some(self.records.get(&kind).cloned().unwrap_or_default())
            }
            _ => None,
        }
    }

    /// The label of a field's stored value: labels for words, titles for ids.
    pub(crate) fn label(&self, field: &FieldSpec, value: &str) -> String {
        let known = self.of(field).into_iter().flatten();
        let label = known.into_iter().find(|(one, _)| one == value);
        label.map_or_else(|| value.to_owned(), |(_, label)| label)
    }
}

/// The network's outcomes by code, then ours by id.
fn outcomes(replica: &mut Replica) -> Result<Vec<(String, String)>, DocumentError> {
    let network = replica.network_outcomes()?.into_iter();
    let network = network.map(|one| (one.code.to_string(), format!("{} ({})", one.name, one.code)));
    let own = replica.records(RecordKind::Outcome)?.into_iter();
    let own = own.map(|row| (row.record.id.to_string(), row.title()));
    Ok(network.chain(own).collect())
}

/// All locations at once, then each by its code.
fn locations(replica: &mut Replica) -> Result<Vec<(String, String)>, DocumentError> {
    let places = replica.places()?.into_iter();
    let each = places.map(|(code, place)| (code.to_string(), format!("{} ({code})", place.name)));
    let all = (ALL.to_owned(), "all locations".to_owned());
    Ok(std::iter::once(all).chain(each).collect())
}

/// Whether a set of texts is of codes of indicators.
fn names_indicators(field: &FieldSpec) -> bool {
    field.key == "indicators" && matches!(field.kind, FieldKind::Tags(_))
}

fn indicator(definition: &weft_shared::model::indicator::Definition) -> (String, String) {
    let code = definition.code.to_string();
    let label = format!("{} ({code})", definition.name);
    (code, label)
}

fn titles(rows: &[RecordRow]) -> Vec<(String, String)> {
    let title = |row: &RecordRow| (row.record.id.to_string(), row.record.title());
    rows.iter().map(title).collect()
}

/// The label of one of a field's words.
pub(crate) fn word_label(words: &'static [&'static str], word: &str) -> &'static str {
    let at = words.iter().position(|known| *known == word);
    let labels = LABELS.iter().find(|(known, _)| *known == words);
    let label = at.and_then(|at| labels.and_then(|(_, labels)| labels().get(at).copied()));
    label.or_else(|| at.map(|at| words[at])).unwrap_or_default()
}

/// The words of one choice, and their labels in the same order.
type Labels = (&'static [&'static str], fn() -> Vec<&'static str>);

const LABELS: [Labels; 22] = [
    (Stance::WORDS, || {
        Stance::ALL.iter().map(|one| one.label()).collect()
    }),
    (LineWhat::WORDS, || {
        LineWhat::ALL.iter().map(|one| one.label()).collect()
    }),
    (InvestmentKind::WORDS, || {
        InvestmentKind::ALL.iter().map(|one| one.label()).collect()
    }),
    (Gst::WORDS, || {
        Gst::ALL.iter().map(|one| one.label()).collect()
    }),
    (InvestmentStatus::WORDS, || {
        InvestmentStatus::ALL
            .iter()
            .map(|one| one.label())
            .collect()
    }),
    (Peers::WORDS, || {
        Peers::ALL.iter().map(|one| one.label()).collect()
    }),
    (Frequency::WORDS, || {
        Frequency::WORDS
            .iter()
            .map(|word| match *word {
                "fiscal_year" => "fiscal year, July to June",
                word => word,
            })
            .collect()
    }),
    (InitiativeStatus::WORDS, || {
        InitiativeStatus::ALL
            .iter()
            .map(|one| one.label())
            .collect()
    }),
    (ActionState::WORDS, || {
        ActionState::ALL.iter().map(|one| one.label()).collect()
    }),
    (PartnerKind::WORDS, || {
        PartnerKind::ALL.iter().map(|one| one.label()).collect()
    }),
    (Tie::WORDS, || {
        Tie::ALL.iter().map(|one| one.label()).collect()
    }),
    (Actor::WORDS, || {
        Actor::ALL.iter().map(|one| one.label()).collect()
    }),
    (OpportunityState::WORDS, || {
        OpportunityState::ALL
            .iter()
            .map(|one| one.label())
            .collect()
    }),
    (Audience::WORDS, || {
        Audience::ALL.iter().map(|one| one.label()).collect()
    }),
    (Attribution::WORDS, || {
        Attribution::ALL.iter().map(|one| one.label()).collect()
    }),
    (IndicatorType::WORDS, || {
        IndicatorType::ALL.iter().map(|one| one.label()).collect()
    }),
    (Direction::WORDS, || {
        Direction::ALL.iter().map(|one| one.label()).collect()
    }),
    (RollupRule::WORDS, || {
        RollupRule::ALL.iter().map(|one| one.label()).collect()
    }),
    (Accountability::WORDS, || {
        Accountability::ALL.iter().map(|one| one.label()).collect()
    }),
    (Class::WORDS, || {
        Class::ALL.iter().map(|one| one.label()).collect()
    }),
    (Adjustment::WORDS, || {
        Adjustment::ALL.iter().map(|one| one.label()).collect()
    }),
    (MappingKind::WORDS, || {
        MappingKind::ALL.iter().map(|one| one.label()).collect()
    }),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The label of a word is found by its list, so no two lists may be the same.
    #[test]
    fn each_field_has_labels_of_its_own() {
        for (at, (words, _)) in LABELS.iter().enumerate() {
            assert!(
                LABELS[at + 1..].iter().all(|(other, _)| other != words),
                "{words:?}"
            );
        }
        let label = |kind: RecordKind, key: &str| {
            let field = kind.field(key).unwrap();
            Choices::default().label(field, "yes")
        };
        assert_eq!(
            label(RecordKind::Outcome, "priority"),
            "named as a priority"
        );
        let peers = label(RecordKind::Initiative, "peers");
        assert_eq!(peers, "shown to the other locations");
    }
}
