//! Targets: the value hoped for, by when and why. The network's stand in the hub's document
//! `agenda`, a location's own in its plan; both are records of one kind.

use super::{
    indicator::Definition,
    number::Number,
    observation::Breakdown,
    plan::GroupGoal,
    record::{FieldValue, Fields, Record},
    schema::RecordKind,
};
use crate::{
    id::{AreaCode, IndicatorCode, RecordId},
    period::{Date, Period},
    text::measured,
};

/// Said of a target that is meant for every group, while only the total has figures.
pub const ONLY_TOTAL: &str = "it is meant for every group, and only the total is here";

/// The remark of a target for the total, where only parts of the population are reported.
pub const ONLY_PARTS: &str = "it is for the total, and only parts of the population are reported";

/// Of which of an indicator there are figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reported {
    /// Of the total.
    pub total: bool,
    /// Of parts of the population.
    pub parts: bool,
}

/// A target as people read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// The id of its record.
    pub id: RecordId,
    /// The indicator.
    pub indicator: IndicatorCode,
    /// The value hoped for, in the unit of the indicator's values.
    pub value: Number,
    /// The period by which it should be reached.
    pub period: Option<Period>,
    /// The area that it is for; all of them if there is none.
    pub area: Option<AreaCode>,
    /// The part of the population as typed, such as `age=12+`; empty for the total.
    pub breakdown: String,
    /// Whether each group is to reach it, and not only the total.
    pub every_group: bool,
    /// The people who hope for it.
    pub by: Option<String>,
    /// The reason for this value.
    pub why: Option<String>,
}

impl Target {
    /// Reads a record; `None` if it is no target, or its indicator or value cannot be read.
    #[must_use]
    pub fn read(record: &Record) -> Option<Self> {
        if record.kind != RecordKind::Target {
            return None;
        }
        let text = |key: &str| record.text(key).filter(|text| !text.is_empty());
        let owned = |key: &str| text(key).map(str::to_owned);
        Some(Self {
            id: record.id,
            indicator: text("indicator")?.parse().ok()?,
            value: text("value")?.parse().ok()?,
            period: text("period").and_then(|text| text.parse().ok()),
            area: text("area").and_then(|text| text.parse().ok()),
            breakdown: owned("breakdown").unwrap_or_default(),
            every_group: text("groups") == Some(GroupGoal::Every.word()),
            by: owned("by"),
            why: owned("why"),
        })
    }

    /// The fields of its record.
    #[must_use]
    pub fn fields(&self) -> Fields {
        let groups = self.every_group.then(|| GroupGoal::Every.word().to_owned());
        let fields = [
            ("indicator", Some(self.indicator.to_string())),
            ("value", Some(self.value.to_string())),
            ("period", self.period.map(|period| period.to_string())),
            ("area", self.area.as_ref().map(ToString::to_string)),
            ("breakdown", Some(self.breakdown.clone())),
            ("groups", groups),
            ("by", self.by.clone()),
            ("why", self.why.clone()),
        ];
        let field = |(key, text): (&str, Option<String>)| {
            (key.to_owned(), FieldValue::Text(text.unwrap_or_default()))
        };
        fields.into_iter().map(field).collect()
    }

    /// The part of the population that it is for; `None` if the definition cannot read it.
    #[must_use]
    pub fn part(&self, definition: &Definition) -> Option<Breakdown> {
        let declared = definition.breakdowns.keys().map(String::as_str);
        Breakdown::from_typed(&self.breakdown, declared).ok()
    }

    /// Whether it is for `part`, in any spelling.
    #[must_use]
    pub fn is_for(&self, part: &Breakdown, definition: &Definition) -> bool {
        let own = self.part(definition);
        own.is_some_and(|own| definition.spelled(&own) == definition.spelled(part))
    }

    /// Whether the last day of its period is before `today`.
    #[must_use]
    pub fn has_passed(&self, today: Date) -> bool {
        self.period.is_some_and(|period| period.end() < today)
    }

    /// The goal in words: `5 percent by 2025, age=12+`.
    #[must_use]
    pub fn goal(&self, definition: &Definition) -> String {
        let value = measured(&self.value.to_string(), &definition.measure().to_string());
        let by = self.period.map(|period| format!(" by {period}"));
        let part = match self.breakdown.as_str() {
            "" => String::new(),
            part => format!(", {part}"),
        };
        let area = self.area.as_ref();
        let area = area.map_or_else(String::new, |area| format!(", {area}"));
        format!("{value}{}{part}{area}", by.unwrap_or_default())
    }

    /// Remarks that must be beside it, in phrases: that its date has passed, that only the total
    /// has figures though it is meant for every group, and that only parts have figures though it
    /// is meant for the total. `reported` says of the total and of the parts whether they have any.
    #[must_use]
    pub fn remarks(&self, today: Date, reported: Reported) -> Vec<String> {
        let passed = self.period.filter(|_| self.has_passed(today));
        let passed = passed.map(|period| format!("its date, {}, has passed", period.words()));
        let groups = (self.every_group && !reported.parts).then(|| ONLY_TOTAL.to_owned());
        let is_total = self.breakdown.is_empty() && !self.every_group;
        let total = is_total && reported.parts && !reported.total;
        let total = total.then(|| ONLY_PARTS.to_owned());
        passed.into_iter().chain(groups).chain(total).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn target(period: &str) -> Target {
        Target {
            id: RecordId::from_parts(Timestamp::from_ms(1), [1; 10]),
            indicator: "SMOKING".parse().unwrap(),
            value: 5.into(),
            period: period.parse().ok(),
            area: None,
            breakdown: String::new(),
            every_group: true,
            by: None,
            why: None,
        }
    }

    #[test]
    fn a_target_says_that_its_date_has_passed_from_the_day_after() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (period, last, next) in [
            ("2025", "2025-12-31", "2026-01-01"),
            ("FY2025", "2025-06-30", "2025-07-01"),
            ("2024-02", "2024-02-29", "2024-03-01"),
        ] {
            assert!(!target(period).has_passed(day(last)), "{period}");
            assert!(target(period).has_passed(day(next)), "{period}");
        }
        assert!(!target("").has_passed(day("2199-01-01")));
    }

    #[test]
    fn a_goal_says_that_what_it_is_for_is_not_reported() {
        let day = "2026-01-01".parse().unwrap();
        let passed = "its date, 2025, has passed";
        let reported = |total, parts| Reported { total, parts };
        let of = |target: &Target, total, parts| target.remarks(day, reported(total, parts));
        assert_eq!(of(&target("2025"), true, false), [passed, ONLY_TOTAL]);
        assert_eq!(of(&target("2025"), true, true), [passed]);
        let of_total = Target {
            every_group: false,
            ..target("2025")
        };
        assert_eq!(of(&of_total, false, true), [passed, ONLY_PARTS]);
        assert_eq!(of(&of_total, true, true), [passed]);
        assert_eq!(of(&of_total, false, false), [passed]);
    }
}
