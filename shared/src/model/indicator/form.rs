//! Parses definitions from the TOML form that people write, and returns all problems at once.

mod settings;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    ops::Range,
    str::FromStr,
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Adjustment, Definition, Mapping, SettingChange};
use crate::model::{
    clean_text,
    number::Number,
    observation::{BREAKDOWN_BYTES_MAX, BREAKDOWN_PARTS_MAX, Breakdown},
};

/// Maximum number of indicators in one file.
pub(super) const FILE_INDICATORS_MAX: usize = 1_000;
/// Maximum bytes of one text in a definition.
pub const DEFINITION_TEXT_BYTES_MAX: usize = 2_000;

/// One problem in a file of definitions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// The problem, and how to correct it.
    pub message: String,
}

/// A definition from a file, with the settings of its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defined {
    /// The definition.
    pub definition: Definition,
    /// Its settings.
    pub settings: Vec<SettingChange>,
}

/// The definitions of a file, without their settings; see [`file_from_toml`].
///
/// # Errors
/// Returns every problem of the file, in order of its lines.
pub fn definitions_from_toml(text: &str) -> Result<Vec<Definition>, Vec<Problem>> {
    let all = file_from_toml(text)?.into_iter();
    Ok(all.map(|one| one.definition).collect())
}

/// Parses `[[indicator]]` tables, with `[indicator.breakdowns]` and `[indicator.from]`. Unknown
/// keys are problems, because a misspelt one would change the meaning of figures.
///
/// # Errors
/// Returns every problem of the file, in order of its lines.
pub fn file_from_toml(text: &str) -> Result<Vec<Defined>, Vec<Problem>> {
    let mut problems = Problems {
        text,
        list: Vec::new(),
    };
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        problems.add(&error.span().unwrap_or(0..0), error.message());
    }
    let mut definitions: Vec<Defined> = Vec::new();
    for (key, value) in document.get_ref() {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("indicator", DeValue::Array(tables)) => {
                if tables.iter().len() > FILE_INDICATORS_MAX {
                    let text = format!("a file may have {FILE_INDICATORS_MAX} indicators");
                    problems.add(&value.span(), text);
                }
                for table in tables.iter().take(FILE_INDICATORS_MAX) {
                    let Some(read) = indicator(table, &mut problems) else {
                        continue;
                    };
                    let key = read.definition.key();
                    if definitions.iter().any(|one| one.definition.key() == key) {
                        problems.add(&table.span(), format!("{key} stands here twice"));
                    }
                    definitions.push(read);
                }
            }
            _ => problems.add(&key.span(), format!("unknown key \"{}\"", key.get_ref())),
        }
    }
    if definitions.is_empty() && problems.list.is_empty() {
        problems.add(&(0..0), "the file has no [[indicator]]");
    }
    if problems.list.is_empty() {
        return Ok(definitions);
    }
    problems.list.sort();
    problems.list.dedup();
    Err(problems.list)
}

struct Problems<'a> {
    text: &'a str,
    list: Vec<Problem>,
}

impl Problems<'_> {
    fn add(&mut self, at: &Range<usize>, message: impl Into<String>) {
        let before = self.text.as_bytes().iter().take(at.start);
        self.list.push(Problem {
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
            message: message.into(),
        });
    }
}

/// One table, read field by field. Any field not read at the end is unknown.
struct Table<'t, 'i, 'p, 'a> {
    at: Range<usize>,
    fields: BTreeMap<String, (Range<usize>, &'t Spanned<DeValue<'i>>)>,
    problems: &'p mut Problems<'a>,
}

impl<'t, 'i, 'p, 'a> Table<'t, 'i, 'p, 'a> {
    fn new(value: &'t Spanned<DeValue<'i>>, problems: &'p mut Problems<'a>) -> Option<Self> {
        let Some(table) = value.get_ref().as_table() else {
            problems.add(&value.span(), "this should be a table");
            return None;
        };
        let fields = table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), (key.span(), value)))
            .collect();
        Some(Self {
            at: value.span(),
            fields,
            problems,
        })
    }

    fn take(&mut self, key: &str, required: bool) -> Option<&'t Spanned<DeValue<'i>>> {
        let found = self.fields.remove(key).map(|(_, value)| value);
        if found.is_none() && required {
            self.problems.add(&self.at, format!("\"{key}\" is missing"));
        }
        found
    }

    /// Takes a field's value as `read` returns it; a problem if it returns none. `form` says what
    /// it should be.
    fn read<T>(
        &mut self,
        key: &str,
        form: &str,
        read: impl Fn(&'t DeValue<'i>) -> Option<T>,
    ) -> Option<T> {
        let value = self.take(key, true)?;
        let found = read(value.get_ref());
        if found.is_none() {
            let message = format!("\"{key}\" should be {form}");
            self.problems.add(&value.span(), message);
        }
        found
    }

    fn text(&mut self, key: &str, required: bool) -> Option<String> {
        let value = self.take(key, required)?;
        let Some(text) = value.get_ref().as_str() else {
            let found = value.get_ref().type_str();
            let message = format!("\"{key}\" should be text in quotes, not a {found}");
            self.problems.add(&value.span(), message);
            return None;
        };
        let text = clean_text(text);
        if text.is_empty() || text.len() > DEFINITION_TEXT_BYTES_MAX {
            let message = format!("\"{key}\" should have 1 to {DEFINITION_TEXT_BYTES_MAX} bytes");
            self.problems.add(&value.span(), message);
        }
        Some(text)
    }

    fn word<T: FromStr<Err: Display>>(&mut self, key: &str) -> Option<T> {
        let at = self.fields.get(key).map(|(_, value)| value.span());
        let read = self.text(key, true)?.parse::<T>();
        if let (Err(error), Some(at)) = (&read, at) {
            self.problems.add(&at, format!("{key}: {error}"));
        }
        read.ok()
    }

    fn number(&mut self, key: &str) -> Option<Number> {
        self.read(key, "a number such as 100", |value| {
            let float = value.as_float().map(|float| float.as_str());
            float.or_else(|| whole(value))?.parse().ok()
        })
    }

    fn positive(&mut self, key: &str) -> Option<u32> {
        self.read(key, "a whole number from 1", |value| {
            let number = whole(value)?.parse().ok();
            number.filter(|number| *number > 0)
        })
    }

    fn truth(&mut self, key: &str) -> Option<bool> {
        self.read(key, "true or false", DeValue::as_bool)
    }

    fn finish(self) {
        for (key, (at, _)) in &self.fields {
            self.problems.add(at, format!("unknown key \"{key}\""));
        }
    }
}

/// The digits of a whole number that is written in decimal.
fn whole<'t>(value: &'t DeValue<'_>) -> Option<&'t str> {
    let whole = value.as_integer().filter(|whole| whole.radix() == 10);
    whole.map(|whole| whole.as_str())
}

fn indicator(value: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<Defined> {
    let mut table = Table::new(value, problems)?;
    let at = table.at.clone();
    let breakdowns = table.take("breakdowns", false);
    let crossed = table.take("crossed", false);
    let adjustment = match table.fields.contains_key("adjustment") {
        true => table.word("adjustment"),
        false => Some(Adjustment::None),
    };
    let from = table.take("from", false);
    let (code, version) = (table.word("code"), table.positive("version"));
    let (name, name_mi) = (table.text("name", true), table.text("name_mi", false));
    let kind = table.word::<super::IndicatorType>("type");
    let unit = table.text("unit", true);
    let numerator = table.text("numerator", false);
    let ratio = kind.is_some_and(super::IndicatorType::is_ratio);
    let denominator = table.text("denominator", ratio);
    let factor = factor(&mut table, kind);
    let (direction, period) = (table.word("direction"), table.word("period"));
    let (accountability, class) = (table.word("accountability"), table.word("class"));
    let (rollup, person_level) = (table.word("rollup"), table.truth("person_level"));
    let (source, licence) = (table.text("source", false), table.text("licence", false));
    let raw = settings::take(&mut table);
    table.finish();
    if factor.is_some_and(|factor| factor <= Number::ZERO) {
        problems.add(&at, "\"factor\" should be above zero");
    }
    let breakdowns = breakdowns.map_or_else(
        || Some(BTreeMap::new()),
        |value| read_breakdowns(value, problems),
    );
    let crossed = match (crossed, &breakdowns) {
        (Some(value), Some(declared)) => read_crossed(value, declared, problems),
        (None, _) | (_, None) => Some(BTreeSet::new()),
    };
    let from = match from {
        Some(value) => Some(mapping(value, version, problems)?),
        None => None,
    };
    let definition = Definition {
        code: code?,
        version: version?,
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
        person_level: person_level?,
        source,
        licence,
        breakdowns: breakdowns?,
        crossed: crossed?,
        adjustment: adjustment?,
        from,
    };
    let settings = settings::read(raw, &definition, problems);
    Some(Defined {
        definition,
        settings,
    })
}

/// Reads the multiplier of a ratio. It may be left out if nothing is divided.
fn factor(table: &mut Table<'_, '_, '_, '_>, kind: Option<super::IndicatorType>) -> Option<Number> {
    match kind {
        Some(kind) if !kind.is_ratio() && !table.fields.contains_key("factor") => {
            Some(Number::from(1))
        }
        _ => table.number("factor"),
    }
}

fn mapping(
    value: &Spanned<DeValue<'_>>,
    own: Option<u32>,
    problems: &mut Problems<'_>,
) -> Option<Mapping> {
    let mut table = Table::new(value, problems)?;
    let (version, kind) = (table.positive("version"), table.word("mapping"));
    let reason = table.text("reason", true);
    table.finish();
    if let (Some(version), Some(own)) = (version, own)
        && version >= own
    {
        let text = format!("\"from\" should name a version before {own}, not {version}");
        problems.add(&value.span(), text);
    }
    Some(Mapping {
        version: version?,
        kind: kind?,
        reason: reason?,
    })
}

fn read_breakdowns(
    value: &Spanned<DeValue<'_>>,
    problems: &mut Problems<'_>,
) -> Option<BTreeMap<String, Vec<String>>> {
    let Some(table) = value.get_ref().as_table() else {
        problems.add(&value.span(), "\"breakdowns\" should be a table");
        return None;
    };
    let mut breakdowns = BTreeMap::new();
    for (name, values) in table {
        let known = clean_text(name.get_ref());
        let listed = values.get_ref().as_array().into_iter().flatten();
        let listed = listed.filter_map(|value| Some((value, value.get_ref().as_str()?)));
        for (value, text) in listed {
            let text = clean_text(text);
            if !text.is_empty() && !Breakdown::is_usable(&known, &text) {
                let what = format!(
                    "no figure can be entered for the breakdown {known:?} with {text:?}: a name \
                     and a value have at most {BREAKDOWN_BYTES_MAX} bytes and no line breaks, tabs \
                     or other control characters, and a name has no \"=\" and no comma"
                );
                problems.add(&value.span(), what);
            }
        }
        let texts = values.get_ref().as_array().map(|values| {
            let texts = values.iter().map(|value| value.get_ref().as_str());
            let clean = |text: &str| Some(clean_text(text)).filter(|text| !text.is_empty());
            texts.map(|text| clean(text?)).collect::<Option<Vec<_>>>()
        });
        match texts {
            Some(Some(texts)) if !texts.is_empty() => {
                breakdowns.insert(clean_text(name.get_ref()), texts);
            }
            _ => problems.add(
                &values.span(),
                format!("breakdown \"{}\" should be a list of texts", name.get_ref()),
            ),
        }
    }
    Some(breakdowns)
}

/// Reads `crossed = [["age", "sex"]]`: sets of declared breakdowns, two to
/// [`BREAKDOWN_PARTS_MAX`] in each.
fn read_crossed(
    value: &Spanned<DeValue<'_>>,
    declared: &BTreeMap<String, Vec<String>>,
    problems: &mut Problems<'_>,
) -> Option<BTreeSet<Vec<String>>> {
    let names = |set: &Spanned<DeValue<'_>>| {
        let names = set.get_ref().as_array()?.iter();
        let names = names.map(|name| name.get_ref().as_str().map(clean_text));
        names.collect::<Option<BTreeSet<_>>>()
    };
    let sets = value
        .get_ref()
        .as_array()
        .map(|sets| sets.iter().map(names));
    let Some(sets) = sets.and_then(Iterator::collect::<Option<Vec<_>>>) else {
        let text = "\"crossed\" should be a list of lists, such as [[\"age\", \"sex\"]]";
        problems.add(&value.span(), text);
        return None;
    };
    for set in &sets {
        for name in set.iter().filter(|name| !declared.contains_key(*name)) {
            let text = format!("\"crossed\" names \"{name}\", which is not in breakdowns");
            problems.add(&value.span(), text);
        }
        if !(2..=BREAKDOWN_PARTS_MAX).contains(&set.len()) {
            let text = format!(
                "each list in \"crossed\" should name 2 to {BREAKDOWN_PARTS_MAX} breakdowns"
            );
            problems.add(&value.span(), text);
        }
    }
    Some(
        sets.into_iter()
            .map(|set| set.into_iter().collect())
            .collect(),
    )
}

#[cfg(test)]
mod tests;
