//! Records as the line of sight counts them. Hub and node read them by these functions, or a
//! location's own column could differ from the one that the national team sees.

use std::collections::BTreeSet;

use super::{
    money::Owner,
    need::{Asked, Need, parts},
    sight::{Action, Initiative, Marker, Outcome, Priority},
};
use crate::{
    id::{AreaCode, IndicatorCode, LocationCode, RecordId},
    model::{
        indicator::Versions,
        outcome::{NetworkOutcome, OutcomeRef},
        plan,
        target::Target,
        values::Values,
    },
    period::{Date, Period},
    rollup::Cell,
};

impl Outcome {
    /// One of the network's outcomes, its headline indicator first and the others by code.
    #[must_use]
    pub fn of_network(one: &NetworkOutcome) -> Self {
        let others = one.indicators.iter();
        let others = others.filter(|code| Some(*code) != one.headline.as_ref());
        Self {
            of: OutcomeRef::Network(one.code.clone()),
            owner: Owner::Hub,
            name: one.name.clone(),
            indicators: one.headline.iter().chain(others).cloned().collect(),
            shared: None,
            priority: None,
        }
    }

    /// An outcome that a location named; `None` if it has no name. `said_on` is the day of the
    /// change that wrote its field `priority`, in the network's time zone.
    #[must_use]
    pub fn of_location(
        location: &LocationCode,
        id: RecordId,
        record: &impl Values,
        said_on: Option<Date>,
    ) -> Option<Self> {
        let owned = |key: &str| record.filled(key).map(str::to_owned);
        let mut indicators: Vec<IndicatorCode> = Vec::new();
        for text in record.members("indicators") {
            indicators.extend(text.parse().ok().filter(|code| !indicators.contains(code)));
        }
        indicators.sort();
        let is_priority = record.filled("priority") == Some(plan::Priority::Yes.word());
        Some(Self {
            of: OutcomeRef::Own(id),
            owner: Owner::Location(location.clone()),
            name: owned("name")?,
            indicators,
            shared: record.filled("shared").and_then(|code| code.parse().ok()),
            priority: said_on.filter(|_| is_priority).map(|on| Priority {
                on,
                by: owned("by"),
                why: owned("why"),
            }),
        })
    }
}

/// The initiatives that a location shares, each with those of its actions that it shares.
#[must_use]
pub fn initiatives<V: Values>(
    location: &LocationCode,
    initiatives: &[(RecordId, V)],
    actions: &[(RecordId, V)],
) -> Vec<Initiative> {
    let actions_of = |id: &RecordId| {
        let of = id.to_string();
        let actions = actions.iter();
        let actions = actions.filter(move |(_, one)| one.filled("initiative") == Some(of.as_str()));
        actions
            .map(|(id, one)| Action {
                id: *id,
                what: one.filled("what").unwrap_or_default().to_owned(),
                state: one.filled("state").and_then(|word| word.parse().ok()),
                due: one.filled("due").and_then(|day| day.parse().ok()),
            })
            .collect()
    };
    let read = |(id, record): &(RecordId, V)| Initiative {
        id: *id,
        name: record.filled("name").unwrap_or_default().to_owned(),
        location: location.clone(),
        outcomes: outcomes(record),
        status: record.filled("status").and_then(|word| word.parse().ok()),
        actions: actions_of(id),
    };
    initiatives.iter().map(read).collect()
}

/// A marker of system change that a location shares.
#[must_use]
pub fn marker(location: &LocationCode, id: RecordId, record: &impl Values) -> Marker {
    Marker {
        id,
        condition: record.filled("condition").unwrap_or_default().to_owned(),
        location: location.clone(),
        outcomes: outcomes(record),
        on: record.filled("on").and_then(|day| day.parse().ok()),
    }
}

/// The need of one indicator in a location by the end of `period`: the total, and each part of the
/// population with a target. `own` and `network` are the targets of the location and of the
/// network. Empty if the indicator has no definition.
#[must_use]
pub fn needs(
    cells: &[Cell],
    versions: &Versions,
    areas: &[AreaCode],
    (own, network): (&[Target], &[Target]),
    period: Period,
) -> Vec<Need> {
    let Some(newest) = versions.newest() else {
        return Vec::new();
    };
    let parts = parts(own.iter().chain(network), newest);
    let needs = parts.iter().filter_map(|part| {
        let asked = Asked {
            versions,
            part,
            areas,
            own,
            network,
        };
        Need::of(cells, &asked, period)
    });
    needs.collect()
}

fn outcomes(record: &impl Values) -> BTreeSet<OutcomeRef> {
    let members = record.members("outcomes").into_iter();
    members.filter_map(|text| text.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    /// An outcome with this word on whether it is a priority.
    struct Named<'w>(&'w str);

    impl Values for Named<'_> {
        fn text(&self, key: &str) -> Option<&str> {
            match key {
                "name" => Some("Example: kai"),
                "priority" => Some(self.0),
                _ => None,
            }
        }

        fn members(&self, _: &str) -> Vec<&str> {
            Vec::new()
        }
    }

    #[test]
    fn a_word_of_a_later_version_names_no_priority() {
        let id = RecordId::from_parts(Timestamp::from_ms(1), [0; 10]);
        let day: Date = "2026-08-01".parse().unwrap();
        for (word, is_priority) in [
            ("yes", true),
            ("no", false),
            ("perhaps", false),
            ("", false),
        ] {
            let location = "FN".parse().unwrap();
            let read = Outcome::of_location(&location, id, &Named(word), Some(day)).unwrap();
            assert_eq!(read.priority.is_some(), is_priority, "{word}");
        }
    }
}
