//! Settings of a definition's version, which the network may change without making a new version.
//! They are not part of the hash; the history of their document keeps each change.

use std::{collections::BTreeSet, fmt, str::FromStr};

use super::{Definition, DefinitionKey};
use crate::{
    id::IndicatorCode,
    model::{clean_text, words},
    period::Period,
    text::BadText,
};

/// Maximum bytes of the text of one setting.
pub const SETTING_BYTES_MAX: usize = 2_000;
/// Maximum number of changes of base in one version.
pub const BASE_CHANGES_MAX: usize = 100;
/// Maximum days after the end of a period until its figures are due.
pub const DUE_DAYS_MAX: u16 = 3_650;

words! {
    /// A setting of a definition's version.
    Setting, "setting" {
        /// The first period for which the version holds.
        ValidFrom = "valid_from" / "holds from",
        /// A period from which the denominators are on another base, and why.
        BaseFrom = "base_from" / "base changed in",
        /// Days after the end of a period until its figures are due.
        DueDays = "due_days" / "due after",
        /// The first period that is reported.
        ReportedFrom = "reported_from" / "reported from",
        /// The small counts that releases protect.
        Protect = "protect" / "small counts protected",
        /// The indicator whose numerator includes this one's.
        PartOf = "part_of" / "part of",
        /// The relation between figures of consecutive periods.
        OverTime = "over_time" / "over time",
        /// The breakdowns whose values make up the total.
        Complete = "complete" / "complete breakdowns",
        /// The rows that releases have.
        Rows = "rows" / "rows in releases",
    }
}

words! {
    /// The small counts that a release protects.
    Protect, "value of protect" {
        /// Those of people.
        Persons = "persons" / "of persons",
        /// None: no person can be recognised in them.
        None = "none" / "none",
    }
}

words! {
    /// The relation between figures of consecutive periods.
    OverTime, "value of over_time" {
        /// Each figure includes those before it.
        Cumulative = "cumulative" / "cumulative",
    }
}

words! {
    /// The rows that a release has.
    Rows, "value of rows" {
        /// Only the sum of all locations.
        Network = "network" / "the network's sum alone",
        /// The rows of all contributing locations, and their sum.
        Locations = "locations" / "each location's, and their sum",
    }
}

/// A change of an indicator's denominators to another base.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BaseChange {
    /// The first period on the new base.
    pub period: Period,
    /// The reason.
    pub reason: String,
}

/// The settings of one version of a definition.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// The first period for which the version holds; without it, it holds from the start.
    pub valid_from: Option<Period>,
    /// The changes of the denominators' base, sorted by period.
    pub base_from: Vec<BaseChange>,
    /// Days after the end of a period until its figures are due.
    pub due_days: Option<u16>,
    /// The first period that is reported.
    pub reported_from: Option<Period>,
    /// The small counts that releases protect.
    pub protect: Option<Protect>,
    /// The indicator whose numerator includes this one's.
    pub part_of: Option<IndicatorCode>,
    /// The relation between figures of consecutive periods.
    pub over_time: Option<OverTime>,
    /// The breakdowns whose values make up the total.
    pub complete: BTreeSet<String>,
    /// The rows that releases have.
    pub rows: Option<Rows>,
}

/// The name of one setting in the document of definitions: `SMOKING/1/valid_from`, or
/// `SMOKING/1/base_from/2018`, because each change of base is a separate setting.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SettingKey {
    /// The version.
    pub definition: DefinitionKey,
    /// The setting.
    pub setting: Setting,
    /// The period of a change of base.
    pub at: Option<Period>,
}

impl fmt::Display for SettingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.definition, self.setting)?;
        self.at.iter().try_for_each(|period| write!(f, "/{period}"))
    }
}

impl FromStr for SettingKey {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let form = "it looks like SMOKING/1/valid_from or SMOKING/1/base_from/2018";
        let bad = || BadText::new(text, format!("is not a setting: {form}"));
        let mut parts = text.splitn(4, '/');
        let (code, version, setting) = (parts.next(), parts.next(), parts.next());
        let setting: Setting = setting.and_then(|word| word.parse().ok()).ok_or_else(bad)?;
        let at = parts.next().map(|period| period.parse().map_err(|_| bad()));
        let key = Self {
            definition: format!("{}/{}", code.ok_or_else(bad)?, version.ok_or_else(bad)?)
                .parse()?,
            setting,
            at: at.transpose()?,
        };
        // A key has only one valid spelling, and only changes of base have a period.
        let has_period = key.at.is_some() == (setting == Setting::BaseFrom);
        if has_period && key.to_string() == text {
            Ok(key)
        } else {
            Err(bad())
        }
    }
}

/// A setting that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSetting {
    /// There is no such setting.
    #[error(transparent)]
    Unknown(#[from] BadText),
    /// The value does not fit the setting.
    #[error("{setting} cannot be \"{text}\": {rule}")]
    Value {
        /// The setting.
        setting: Setting,
        /// The text, cut to 64 characters.
        text: String,
        /// The rule for valid values.
        rule: String,
    },
}

/// One setting to be written; an empty text clears it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SettingChange {
    /// The setting and its version.
    pub key: SettingKey,
    /// Its text.
    pub text: String,
}

impl SettingChange {
    /// Parses a setting of `definition` as people type it: `valid_from` and `2018`, `base_from` and
    /// `2018: why`, `complete` and `age,sex`. An empty value clears a setting; `2018:`, without a
    /// reason, clears a change of base.
    ///
    /// # Errors
    /// If there is no such setting, or the value does not fit the definition.
    pub fn read(name: &str, value: &str, definition: &Definition) -> Result<Self, BadSetting> {
        let setting: Setting = name.trim().parse()?;
        let value = clean_text(value);
        let bad = |rule: String| BadSetting::Value {
            setting,
            text: value.chars().take(64).collect(),
            rule,
        };
        if value.len() > SETTING_BYTES_MAX {
            return Err(bad(format!("it has at most {SETTING_BYTES_MAX} bytes")));
        }
        let (at, text) = if setting == Setting::BaseFrom {
            let given = value.split_once(':').and_then(|(period, reason)| {
                let period: Period = period.trim().parse().ok()?;
                Some((period, reason)).filter(|_| definition.reports(period))
            });
            let (period, reason) = given.ok_or_else(|| bad(rule(setting, definition)))?;
            (Some(period), reason.trim().to_owned())
        } else {
            (None, value.clone())
        };
        if !text.is_empty() {
            let mut settings = Settings::default();
            let taken = settings.take(setting, at, &text);
            if !taken || !settings.fits(definition) {
                return Err(bad(rule(setting, definition)));
            }
        }
        let key = SettingKey {
            definition: definition.key(),
            setting,
            at,
        };
        Ok(Self { key, text })
    }
}

impl Settings {
    /// Applies one setting from a document. Returns false, and changes nothing, if the text cannot
    /// be parsed.
    pub fn take(&mut self, setting: Setting, at: Option<Period>, text: &str) -> bool {
        fn read<T: FromStr>(text: &str, into: &mut Option<T>) -> bool {
            let value = text.parse().ok();
            let reads = value.is_some();
            *into = value.or_else(|| into.take());
            reads
        }
        if text.len() > SETTING_BYTES_MAX {
            return false;
        }
        match setting {
            Setting::ValidFrom => read(text, &mut self.valid_from),
            Setting::BaseFrom => {
                let others = |period| {
                    let others = self.base_from.iter();
                    others.filter(|change| change.period != period).count()
                };
                let Some(period) = at.filter(|at| others(*at) < BASE_CHANGES_MAX) else {
                    return false;
                };
                self.base_from.retain(|change| change.period != period);
                let reason = text.to_owned();
                self.base_from.push(BaseChange { period, reason });
                self.base_from.sort();
                true
            }
            Setting::DueDays => {
                let days = text.parse().ok().filter(|days| *days <= DUE_DAYS_MAX);
                self.due_days = days.or(self.due_days);
                days.is_some()
            }
            Setting::ReportedFrom => read(text, &mut self.reported_from),
            Setting::Protect => read(text, &mut self.protect),
            Setting::PartOf => read(text, &mut self.part_of),
            Setting::OverTime => read(text, &mut self.over_time),
            Setting::Complete => {
                let names = text.split(',').map(|name| name.trim().to_owned());
                self.complete = names.filter(|name| !name.is_empty()).collect();
                true
            }
            Setting::Rows => read(text, &mut self.rows),
        }
    }

    /// The changes that set all of this for a version.
    pub fn changes(&self, definition: &Definition) -> Vec<SettingChange> {
        let words = self.words().into_iter();
        let read = |(setting, text): (Setting, String)| {
            SettingChange::read(setting.word(), &text, definition).ok()
        };
        words.filter_map(read).collect()
    }

    /// Whether its periods, codes and breakdowns fit `definition`.
    fn fits(&self, definition: &Definition) -> bool {
        let own = |period: Option<Period>| {
            period.is_none_or(|period| period.frequency() == definition.period)
        };
        own(self.valid_from)
            && own(self.reported_from)
            && self.part_of.as_ref() != Some(&definition.code)
            && self
                .complete
                .iter()
                .all(|name| definition.breakdowns.contains_key(name))
    }

    /// Whether the version holds for `period`.
    pub fn covers(&self, period: Period) -> bool {
        let from = self.valid_from.map(Period::start);
        from.is_none_or(|from| from <= period.start())
    }

    /// The first change of base after `before` and up to `period`.
    pub fn base_changed(&self, before: Option<Period>, period: Period) -> Option<&BaseChange> {
        let mut changes = self.base_from.iter();
        changes.find(|change| match before {
            Some(before) => change.period.begins_between(before, period),
            None => change.period.start() == period.start(),
        })
    }

    /// The settings that are set, each with its value in words.
    pub fn words(&self) -> Vec<(Setting, String)> {
        fn one<T: ToString>(setting: Setting, value: Option<&T>) -> Option<(Setting, String)> {
            Some((setting, value?.to_string()))
        }
        let changes = self.base_from.iter().map(|change| {
            let text = format!("{}: {}", change.period, change.reason);
            (Setting::BaseFrom, text)
        });
        let names: Vec<_> = self.complete.iter().cloned().collect();
        let names = (!names.is_empty()).then(|| names.join(","));
        let first = one(Setting::ValidFrom, self.valid_from.as_ref()).into_iter();
        let rest = [
            one(Setting::DueDays, self.due_days.as_ref()),
            one(Setting::ReportedFrom, self.reported_from.as_ref()),
            one(Setting::Protect, self.protect.as_ref()),
            one(Setting::PartOf, self.part_of.as_ref()),
            one(Setting::OverTime, self.over_time.as_ref()),
            one(Setting::Complete, names.as_ref()),
            one(Setting::Rows, self.rows.as_ref()),
        ];
        first
            .chain(changes)
            .chain(rest.into_iter().flatten())
            .collect()
    }
}

/// The rule for valid values of a setting.
fn rule(setting: Setting, definition: &Definition) -> String {
    let example = definition.period.example();
    match setting {
        Setting::ValidFrom | Setting::ReportedFrom => {
            let noun = definition.period.as_str().replace('_', " ");
            format!("write a {noun} such as {example}")
        }
        Setting::BaseFrom => format!(
            "write a period and why, such as \"{example}: rebased\"; \"{example}:\" clears the \
             change of that period"
        ),
        Setting::DueDays => format!("write a whole number of days, at most {DUE_DAYS_MAX}"),
        Setting::Protect => format!("write {}", Protect::WORDS.join(" or ")),
        Setting::PartOf => "write the code of another indicator".to_owned(),
        Setting::OverTime => format!("write {}", OverTime::WORDS.join(" or ")),
        Setting::Complete => {
            let names: Vec<_> = definition.breakdowns.keys().cloned().collect();
            match names.as_slice() {
                [] => format!("{} has no breakdowns", definition.code),
                names => format!("its breakdowns are {}", names.join(", ")),
            }
        }
        Setting::Rows => format!("write {}", Rows::WORDS.join(" or ")),
    }
}

#[cfg(test)]
mod tests;
