//! A definition as a person types it, field by field: for a location's own indicators.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use super::{
    Accountability, Adjustment, Class, DEFINITION_TEXT_BYTES_MAX, Definition, Direction,
    IndicatorType, Mapping, MappingKind, RollupRule, Setting, SettingChange, Settings, Versions,
};
use crate::{
    model::{
        clean_text,
        number::Number,
        observation::{BREAKDOWN_PARTS_MAX, Breakdown},
        plan::LINE_BYTES_MAX,
        record::FieldProblem,
        schema::{FieldKind as Kind, FieldSpec},
    },
    period::Frequency,
    text::BadText,
};

/// Maximum number of breakdowns, and of values of one, in a draft.
const PARTS_MAX: usize = 100;

const LINE: Kind = Kind::Text(LINE_BYTES_MAX);
const TEXT: Kind = Kind::Text(DEFINITION_TEXT_BYTES_MAX);
const PROSE: Kind = Kind::Prose(DEFINITION_TEXT_BYTES_MAX);

/// The fields of a draft, in the order of a form.
pub const DRAFT: &[FieldSpec] = &[
    FieldSpec::required("name", "Name", LINE).hint("What people call it"),
    FieldSpec::required("type", "Kind of figure", Kind::Choice(IndicatorType::WORDS))
        .hint("A count, part of a whole, or events for each of a population"),
    FieldSpec::required("unit", "Unit", LINE).hint("What is counted, such as people or lessons"),
    FieldSpec::optional("numerator", "What is counted", TEXT)
        .hint("The count, or the upper number of a proportion or a rate"),
    FieldSpec::optional("denominator", "Out of", TEXT)
        .hint("The lower number of a proportion, a rate or a mean"),
    FieldSpec::optional("factor", "Per how many", Kind::Number)
        .hint("100 for percent, 1000 for a rate per 1,000 people"),
    FieldSpec::required("period", "How often", Kind::Choice(Frequency::WORDS))
        .hint("The period that each figure covers"),
    FieldSpec::required("direction", "Better", Kind::Choice(Direction::WORDS))
        .hint("Whether higher or lower is better"),
    FieldSpec::optional("breakdowns", "Parts", PROSE)
        .hint("The groups it is reported for, one kind a line, such as age: 5-11, 12+"),
    FieldSpec::optional("crossed", "Parts together", PROSE)
        .hint("Kinds of groups that are combined, one set a line, such as age, sex"),
    FieldSpec::optional("person_level", "People", Kind::Choice(YES_OR_NO))
        .hint("Whether it counts people, so that small counts matter; yes if left out"),
    FieldSpec::optional("rollup", "Areas together", Kind::Choice(RollupRule::WORDS))
        .hint("Whether the figures of several areas may be added up"),
    FieldSpec::optional(
        "accountability",
        "About",
        Kind::Choice(Accountability::WORDS),
    )
    .hint("A whole population, or the work of a programme; performance if left out"),
    FieldSpec::optional("class", "Asks", Kind::Choice(Class::WORDS))
        .hint("How much, how well, or whether anyone is better off; how much if left out"),
    FieldSpec::optional("adjustment", "Adjusted", Kind::Choice(Adjustment::WORDS))
        .hint("Whether values are age-standardised, and so never added up"),
    FieldSpec::optional("name_mi", "Name in te reo Māori", LINE)
        .hint("The name that its people gave it"),
    FieldSpec::optional("source", "Source", TEXT).hint("Where the figures come from"),
    FieldSpec::optional("licence", "Licence", TEXT).hint("What others may do with the figures"),
    FieldSpec::optional("valid_from", "Holds from", Kind::Period)
        .hint("The first period of this version; every period if left out"),
    FieldSpec::optional("due_days", "Due after", Kind::Number)
        .hint("Days after the end of a period until its figure is due"),
    FieldSpec::optional("reported_from", "Reported from", Kind::Period)
        .hint("The first period that is due"),
    FieldSpec::optional(
        "mapping",
        "Compared with before",
        Kind::Choice(MappingKind::WORDS),
    )
    .hint("For a new version: how its figures compare with those of the version before"),
    FieldSpec::optional("reason", "Why it changes", TEXT)
        .hint("For a new version: the reason, in a sentence"),
];

/// The words of a question that is answered with yes or no.
pub const YES_OR_NO: &[&str] = &["yes", "no"];

/// The settings of a version that a draft may say.
const SETTINGS: [Setting; 3] = [Setting::ValidFrom, Setting::DueDays, Setting::ReportedFrom];

/// The texts of a draft, by the keys of [`DRAFT`].
pub type Texts = BTreeMap<String, String>;

/// A draft that can be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drafted {
    /// The definition; a version that exists already if nothing of it changed.
    pub definition: Definition,
    /// The settings of that version, also those that are cleared.
    pub settings: Vec<SettingChange>,
}

impl Definition {
    /// Reads a draft of the indicator `code`, of which `versions` exist already. Other content than
    /// that of the newest version makes a new version.
    ///
    /// # Errors
    /// Returns every problem, each with its field.
    pub fn from_draft(
        code: &crate::id::IndicatorCode,
        texts: &Texts,
        versions: Option<&Versions>,
    ) -> Result<Drafted, Vec<FieldProblem>> {
        let mut reading = Reading {
            texts,
            problems: Vec::new(),
        };
        let newest = versions.and_then(Versions::newest);
        let definition = reading.definition(code).map(|read| match newest {
            Some(newest) => reading.version(read, newest),
            None => read,
        });
        let settings = definition.as_ref().map(|one| reading.settings(one));
        match (definition, settings) {
            (Some(definition), Some(settings)) if reading.problems.is_empty() => Ok(Drafted {
                definition,
                settings,
            }),
            _ => Err(reading.problems),
        }
    }

    /// The draft that says what it says, with the settings of its version.
    pub fn to_draft(&self, settings: &Settings) -> Texts {
        let lists = |sets: Vec<String>| sets.join("\n");
        let parts = self.breakdowns.iter();
        let parts = parts.map(|(name, values)| format!("{name}: {}", values.join(", ")));
        let crossed = self.crossed.iter().map(|set| set.join(", "));
        let people = if self.person_level { "yes" } else { "no" };
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut texts: Texts = [
            ("name", self.name.clone()),
            ("name_mi", optional(&self.name_mi)),
            ("type", self.kind.to_string()),
            ("unit", self.unit.clone()),
            ("numerator", optional(&self.numerator)),
            ("denominator", optional(&self.denominator)),
            ("factor", self.factor.to_string()),
            ("period", self.period.to_string()),
            ("direction", self.direction.to_string()),
            ("breakdowns", lists(parts.collect())),
            ("crossed", lists(crossed.collect())),
            ("person_level", people.to_owned()),
            ("rollup", self.rollup.to_string()),
            ("accountability", self.accountability.to_string()),
            ("class", self.class.to_string()),
            ("adjustment", self.adjustment.to_string()),
            ("source", optional(&self.source)),
            ("licence", optional(&self.licence)),
        ]
        .map(|(key, text)| (key.to_owned(), text))
        .into();
        let set = settings.words().into_iter();
        let set = set.filter(|(setting, _)| SETTINGS.contains(setting));
        texts.extend(set.map(|(setting, text)| (setting.word().to_owned(), text)));
        texts
    }
}

/// A draft being read, with its problems.
struct Reading<'a> {
    texts: &'a Texts,
    problems: Vec<FieldProblem>,
}

impl Reading<'_> {
    fn problem(&mut self, field: &str, message: impl Into<String>) {
        self.problems.push(FieldProblem {
            field: field.to_owned(),
            message: message.into(),
        });
    }

    /// A field's text, trimmed; `None` if it is empty or has a problem.
    fn text(&mut self, key: &str) -> Option<String> {
        let spec = DRAFT.iter().find(|spec| spec.key == key);
        let text = clean_text(self.texts.get(key).map_or("", String::as_str));
        let most = spec.map_or(DEFINITION_TEXT_BYTES_MAX, |spec| spec.kind.bytes_max());
        if text.is_empty() {
            if let Some(spec) = spec.filter(|spec| spec.required) {
                self.problem(key, format!("fill in \"{}\"", spec.label));
            }
            return None;
        }
        if text.len() > most {
            let bytes = text.len();
            self.problem(key, format!("it has {bytes} bytes, and {most} is the most"));
            return None;
        }
        let is_line = spec.is_some_and(|spec| matches!(spec.kind, Kind::Text(_)));
        match is_line {
            true => Some(text.split_whitespace().collect::<Vec<_>>().join(" ")),
            false => Some(text),
        }
    }

    /// A field's word; `other` if it is empty.
    fn word<T: FromStr<Err = BadText>>(&mut self, key: &str, other: Option<T>) -> Option<T> {
        let Some(text) = self.text(key) else {
            return other;
        };
        let read = text.to_lowercase().parse();
        read.map_err(|error: BadText| self.problem(key, error.to_string()))
            .ok()
    }

    /// The first version of the indicator, as the draft says it.
    fn definition(&mut self, code: &crate::id::IndicatorCode) -> Option<Definition> {
        let (name, name_mi) = (self.text("name"), self.text("name_mi"));
        let kind = self.word::<IndicatorType>("type", None);
        let unit = self.text("unit");
        let numerator = self.text("numerator");
        let denominator = self.denominator(kind);
        let factor = self.factor(kind);
        let (period, direction) = (self.word("period", None), self.word("direction", None));
        let breakdowns = self.breakdowns();
        let crossed = self.crossed(&breakdowns);
        let person_level = match self.text("person_level").as_deref() {
            None | Some("yes") => true,
            Some("no") => false,
            Some(_) => {
                self.problem("person_level", "write yes or no");
                true
            }
        };
        let adds = kind.is_some_and(|kind| kind.is_ratio() || kind == IndicatorType::Count);
        let rollup = match adds {
            true => RollupRule::Sum,
            false => RollupRule::None,
        };
        let rollup = self.word("rollup", Some(rollup));
        if rollup == Some(RollupRule::Sum) && kind.is_some() && !adds {
            self.problem("rollup", "a score cannot be added up: choose none");
        }
        let accountability = self.word("accountability", Some(Accountability::Performance));
        let class = self.word("class", Some(Class::HowMuch));
        let adjustment = self.word("adjustment", Some(Adjustment::None));
        let (source, licence) = (self.text("source"), self.text("licence"));
        Some(Definition {
            code: code.clone(),
            version: 1,
            name: name?,
            name_mi,
            kind: kind?,
            unit: unit?,
            numerator,
            denominator,
            factor: factor?,
            direction: direction?,
            period: period?,
            accountability: accountability?,
            class: class?,
            rollup: rollup?,
            person_level,
            source,
            licence,
            breakdowns,
            crossed,
            adjustment: adjustment?,
            from: None,
        })
    }

    fn denominator(&mut self, kind: Option<IndicatorType>) -> Option<String> {
        let text = self.text("denominator");
        match (kind.map(IndicatorType::is_ratio), &text) {
            (Some(true), None) => self.problem("denominator", "say out of what it is counted"),
            (Some(false), Some(_)) => {
                let message = "only a proportion, a rate or a mean has one: leave it out";
                self.problem("denominator", message);
            }
            _ => {}
        }
        text
    }

    fn factor(&mut self, kind: Option<IndicatorType>) -> Option<Number> {
        let text = self.text("factor");
        let given = text.as_ref().map(|text| text.parse::<Number>());
        match (given, kind) {
            (Some(Ok(factor)), _) if factor <= Number::ZERO => {
                self.problem("factor", "it must be above zero");
                None
            }
            (Some(Ok(factor)), Some(kind)) if !kind.is_ratio() && factor != Number::from(1) => {
                self.problem("factor", "only a proportion, a rate or a mean has one");
                None
            }
            (Some(Ok(factor)), _) => Some(factor),
            (Some(Err(error)), _) => {
                self.problem("factor", error.to_string());
                None
            }
            (None, Some(IndicatorType::Rate)) => {
                self.problem("factor", "say per how many, such as 1000");
                None
            }
            (None, Some(IndicatorType::Proportion)) => Some(Number::from(100)),
            (None, _) => Some(Number::from(1)),
        }
    }

    /// The breakdowns, one a line: `age: 5-11, 12+`.
    fn breakdowns(&mut self) -> BTreeMap<String, Vec<String>> {
        let mut breakdowns = BTreeMap::new();
        let text = self.text("breakdowns").unwrap_or_default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let (name, values) = line.split_once(':').unwrap_or((line, ""));
            let name = clean_text(name);
            let values = values.split(',').map(clean_text);
            let values: Vec<String> = values.filter(|value| !value.is_empty()).collect();
            let wrong = values.iter().find(|one| !Breakdown::is_usable(&name, one));
            if let Some(value) = wrong {
                let message = format!("no figure can be entered for \"{name}\" with \"{value}\"");
                self.problem("breakdowns", message);
            } else if name.is_empty() || values.is_empty() {
                let line = clean_text(line);
                let form = "write a name, a colon and the groups, such as age: 5-11, 12+";
                self.problem("breakdowns", format!("\"{line}\" names no groups: {form}"));
            } else if values.len() > PARTS_MAX || breakdowns.len() == PARTS_MAX {
                self.problem("breakdowns", format!("there are more than {PARTS_MAX}"));
                break;
            } else if breakdowns.insert(name.clone(), values).is_some() {
                self.problem("breakdowns", format!("\"{name}\" stands there twice"));
            }
        }
        breakdowns
    }

    /// The sets of breakdowns that are combined, one a line: `age, sex`.
    fn crossed(&mut self, declared: &BTreeMap<String, Vec<String>>) -> BTreeSet<Vec<String>> {
        let mut crossed = BTreeSet::new();
        if self.problems.iter().any(|one| one.field == "breakdowns") {
            return crossed;
        }
        let text = self.text("crossed").unwrap_or_default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let names: BTreeSet<String> = line.split(',').map(clean_text).collect();
            let unknown = names.iter().find(|name| !declared.contains_key(*name));
            if let Some(name) = unknown {
                self.problem(
                    "crossed",
                    format!("\"{name}\" is not among the parts above"),
                );
            } else if !(2..=BREAKDOWN_PARTS_MAX).contains(&names.len()) {
                let message = format!("each line names 2 to {BREAKDOWN_PARTS_MAX} kinds of groups");
                self.problem("crossed", message);
            } else {
                crossed.insert(names.into_iter().collect());
            }
        }
        crossed
    }

    /// The version that the draft makes: the newest if it says the same, else the next one.
    fn version(&mut self, read: Definition, newest: &Definition) -> Definition {
        let same = Definition {
            version: newest.version,
            from: newest.from.clone(),
            ..read.clone()
        };
        if same == *newest {
            return same;
        }
        let version = newest.version.saturating_add(1);
        let because =
            format!("this changes what the figures mean, so it becomes version {version}: ");
        let (kind, reason) = (self.text("mapping"), self.text("reason"));
        if kind.is_none() {
            let message = format!("{because}say how its figures compare with those before");
            self.problem("mapping", message);
        }
        if reason.is_none() {
            self.problem("reason", format!("{because}say why in a sentence"));
        }
        let kind = kind.and_then(|_| self.word("mapping", None));
        let from = kind.zip(reason).map(|(kind, reason)| Mapping {
            version: newest.version,
            kind,
            reason,
        });
        Definition {
            version,
            from,
            ..read
        }
    }

    fn settings(&mut self, definition: &Definition) -> Vec<SettingChange> {
        let mut changes = Vec::new();
        for setting in SETTINGS {
            let text = self.text(setting.word()).unwrap_or_default();
            match SettingChange::read(setting.word(), &text, definition) {
                Ok(change) => changes.push(change),
                Err(error) => self.problem(setting.word(), error.to_string()),
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests;
