//! Explains a figure down to its statements, devices and signed entries.

use std::{collections::BTreeMap, fmt};

use serde_json::{Value, json};

use super::{
    Cell, CellKey, Fact, Stated,
    cell::VALUE_DECIMALS,
    coverage::Reason,
    drift::{Drift, Relation},
    found::Found,
    network::Network,
    tally::{Part, Row, Tally},
};
use crate::{
    id::{AreaCode, DeviceId, LocationCode},
    model::{
        indicator::{Definition, IndicatorType, RollupRule},
        number::Number,
    },
    text::{counted, measured},
    time::{Timestamp, Zone},
};

/// A cell with everything that it was computed from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// The figure.
    pub cell: Cell,
    /// The definitions in it.
    pub drift: Drift,
    /// The rule that produces it, in words.
    pub rule: String,
    /// Each expected area, in the order of locations and areas.
    pub lines: Vec<Line>,
    /// The time zone for its dates and times.
    pub zone: Zone,
    /// A remark on the comparison with the figure before it, which its own facts cannot show: see
    /// [`series`](super::series).
    pub compared: Option<String>,
    /// The names of devices, as far as they are known: their own facts have keys alone.
    pub devices: BTreeMap<DeviceId, String>,
}

/// One expected area of a location.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The location.
    pub location: LocationCode,
    /// The area.
    pub area: AreaCode,
    /// The area's name.
    pub area_name: String,
    /// Its effect on the figure.
    pub part: LinePart,
    /// The statements about it; several are contested.
    pub sources: Vec<Source>,
}

/// The effect of an area on the figure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinePart {
    /// It is included.
    Counted,
    /// It is included as an interval, until a person settles it.
    Contested,
    /// It is left out.
    Left(Reason),
}

impl LinePart {
    /// Its word in files.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Contested => "contested",
            Self::Left(_) => "left_out",
        }
    }
}

/// A statement behind a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The statement, with its origin.
    pub stated: Stated,
    /// The version of its definition, if the network knows it.
    pub version: Option<u32>,
}

/// Explains the cell that [`cells`](fn@super::cells) makes from the same facts.
pub fn explain(key: &CellKey, facts: &[Fact], network: &Network) -> Option<Explanation> {
    let slice = key.slice();
    let found = Found::of(&slice, facts, network);
    let tally = found
        .has_rows(&slice, network)
        .then(|| Tally::of(key, &found, network))??;
    Some(Explanation {
        cell: Cell::new(&tally, network),
        drift: tally.drift.clone(),
        rule: rule(tally.definition),
        lines: tally.rows.iter().map(|row| line(row, network)).collect(),
        zone: network.zone().clone(),
        compared: None,
        devices: BTreeMap::new(),
    })
}

fn rule(definition: Option<&Definition>) -> String {
    let Some(definition) = definition else {
        return "no definition is known, so nothing is added".to_owned();
    };
    if definition.rollup == RollupRule::None {
        return "its definition says that it is never rolled up: only a single area has a value"
            .to_owned();
    }
    match definition.kind {
        IndicatorType::Count => "the sum of the counts".to_owned(),
        IndicatorType::Proportion | IndicatorType::Rate => format!(
            "sum of numerators / sum of denominators x {}, rounded half to even at \
             {VALUE_DECIMALS} decimals",
            definition.factor
        ),
        IndicatorType::Mean => format!(
            "sum of what was measured / number measured, rounded half to even at \
             {VALUE_DECIMALS} decimals"
        ),
        IndicatorType::Ordinal => {
            "a distribution, how many stand at which value: ranks are never averaged".to_owned()
        }
        IndicatorType::Index => {
            "an index is never rolled up: only a single area has a value".to_owned()
        }
    }
}

fn line(row: &Row<'_>, network: &Network) -> Line {
    Line {
        location: row.member.code.clone(),
        area: row.area.clone(),
        area_name: row.area_name.to_owned(),
        part: match &row.part {
            Part::Counted(_) => LinePart::Counted,
            Part::Contested(_) => LinePart::Contested,
            Part::Left(reason) => LinePart::Left(reason.clone()),
        },
        sources: row
            .stated
            .iter()
            .filter(|stated| !stated.statement.is_narrow())
            .map(|stated| source(stated, network))
            .collect(),
    }
}

fn source(stated: &Stated, network: &Network) -> Source {
    let definition = network.definition(&stated.statement.definition);
    Source {
        stated: stated.clone(),
        version: definition.map(|definition| definition.version),
    }
}

impl Explanation {
    /// The whole explanation as JSON, under stable names.
    pub fn json(&self) -> Value {
        let lines = self.lines.iter().map(Line::json);
        let used = self.drift.used.iter().map(|used| {
            json!({
                "definition": used.hash.to_string(),
                "version": used.version,
                "users": used.users,
                "added": used.relation < Relation::Broken,
            })
        });
        json!({
            "cell": self.cell.json(),
            "rule": self.rule,
            "compared": self.compared,
            "definitions": used.collect::<Vec<_>>(),
            "areas": lines.collect::<Vec<_>>(),
        })
    }
}

impl Line {
    fn json(&self) -> Value {
        let reason = match &self.part {
            LinePart::Counted | LinePart::Contested => None,
            LinePart::Left(reason) => Some(reason.to_string()),
        };
        json!({
            "location_code": self.location.as_str(),
            "area_code": self.area.as_str(),
            "area_name": self.area_name,
            "part": self.part.as_str(),
            "reason": reason,
            "statements": self.sources.iter().map(Source::json).collect::<Vec<_>>(),
        })
    }
}

impl Source {
    fn json(&self) -> Value {
        let number = |number: Option<Number>| number.map_or(Value::Null, Number::json);
        let Stated {
            statement,
            device,
            at,
            entry,
            published,
        } = &self.stated;
        json!({
            "numerator": number(statement.numerator),
            "denominator": number(statement.denominator),
            "value": number(statement.value),
            "lower": number(statement.lower),
            "upper": number(statement.upper),
            "confirmed": statement.confirmed,
            "obs_status": statement.status.word(),
            "method": statement.method,
            "definition": statement.definition.to_string(),
            "definition_version": self.version,
            "device": device.map(|device| device.to_string()),
            "at": at.map(Timestamp::rfc3339),
            "entry": entry.map(|entry| entry.to_string()),
            "published": published,
        })
    }

    fn figure(&self) -> String {
        let statement = &self.stated.statement;
        match (statement.numerator, statement.denominator, statement.value) {
            (Some(numerator), Some(denominator), _) => format!("{numerator} of {denominator}"),
            (None, Some(denominator), None) => format!("- of {denominator}"),
            (Some(number), None, _) | (None, _, Some(number)) => number.to_string(),
            (None, None, None) => "-".to_owned(),
        }
    }

    /// The interval of a survey's value.
    fn interval(&self) -> Option<String> {
        let (lower, upper) = self
            .stated
            .statement
            .lower
            .zip(self.stated.statement.upper)?;
        Some(format!(" ({lower} to {upper})"))
    }

    fn write(&self, of: &Explanation, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let interval = self.interval().unwrap_or_default();
        let status = self.stated.statement.status.label();
        write!(f, "{}{interval}, {status}", self.figure())?;
        if let Some(version) = self.version {
            write!(f, ", v{version}")?;
        }
        if let Some(method) = &self.stated.statement.method {
            // Other people wrote this: it may contain line breaks and control characters.
            let words = method.split(|c: char| c.is_whitespace() || c.is_control());
            let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
            write!(f, ", {}", words.join(" "))?;
        }
        if let Some(source) = &self.stated.published {
            write!(f, ", published by {source}")?;
        }
        if let Some(at) = self.stated.at {
            write!(f, ", stated {}", of.zone.minute(at))?;
        }
        if let Some(device) = self.stated.device {
            match of.devices.get(&device) {
                Some(name) => write!(f, " by {name}")?,
                None => write!(f, " by device {:.8}", device.to_string())?,
            }
        }
        if let Some(entry) = self.stated.entry {
            write!(f, ", entry {}/{}", entry.dix, entry.dseq)?;
        }
        Ok(())
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cell { key, labels, .. } = &self.cell;
        let version = labels.definition_version.unwrap_or_default();
        let place = match key.level.location() {
            Some(code) => format!("{code} {}", labels.location_name.as_deref().unwrap_or("")),
            None => "the whole network".to_owned(),
        };
        writeln!(f, "{} v{version}: {}", key.indicator, labels.indicator_name)?;
        writeln!(f, "{}, {}, {place}", key.period, key.breakdown)?;
        writeln!(f, "Rule: {}", self.rule)?;
        for line in &self.lines {
            let part = match &line.part {
                LinePart::Counted => "counted".to_owned(),
                LinePart::Contested => "contested".to_owned(),
                LinePart::Left(reason) => format!("left out, {reason}"),
            };
            writeln!(f, "  {} {}: {part}", line.location, line.area)?;
            for source in &line.sources {
                f.write_str("    ")?;
                source.write(self, f)?;
                writeln!(f)?;
            }
        }
        write_result(f, &self.cell)?;
        match &self.compared {
            Some(words) => writeln!(f, "Compared: {words}"),
            None => Ok(()),
        }
    }
}

fn write_result(f: &mut fmt::Formatter<'_>, cell: &Cell) -> fmt::Result {
    let none = || "-".to_owned();
    let text = |number: Option<Number>| number.map_or_else(none, |number| number.to_string());
    let value = |number: Option<Number>| {
        let unit = &cell.labels.unit;
        number.map_or_else(none, |number| measured(&number.to_string(), unit))
    };
    match (cell.numerator, cell.interval) {
        (Some(numerator), _) => writeln!(
            f,
            "Result: {numerator} of {} = {}",
            text(cell.denominator),
            value(cell.value)
        )?,
        (None, Some(interval)) => {
            let (low, high) = (value(interval.value_low), value(interval.value_high));
            let ends = match (low == high, interval.or_none) {
                (true, false) => low,
                (true, true) => format!("{low} or no figure"),
                (false, false) => format!("between {low} and {high}"),
                (false, true) => format!("between {low} and {high}, or no figure"),
            };
            writeln!(f, "Result: {ends}, until somebody settles it")?;
        }
        (None, None) => writeln!(f, "Result: {}", value(cell.value))?,
    }
    let partial = cell.is_partial() && cell.n_areas > 0;
    writeln!(
        f,
        "Coverage: {} of {}, {} of {}{}",
        cell.n_locations,
        counted(cell.n_expected, "location", "locations"),
        cell.n_areas,
        counted(cell.n_areas_expected, "area", "areas"),
        if partial {
            ": the figure is partial"
        } else {
            ""
        }
    )?;
    if !cell.status_reason.is_empty() {
        writeln!(f, "Note: {}", cell.status_reason)?;
    }
    Ok(())
}
