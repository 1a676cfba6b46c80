//! The figures of rows against the counts that they are made of. A value beside right counts is as
//! easily changed as a count, and a row of an index is a value alone.

use std::collections::BTreeSet;

use super::{Line, RowName, SliceName, Tables};
use crate::{
    disclosure::{FRR3, Kind, shown_value},
    model::{
        indicator::{Definition, Versions},
        number::Number,
        observation::{Statement, Status},
    },
    release::{
        Counted, Fault, Own, Proof,
        earlier::{Sums, by_slice, may_keep},
        row,
    },
    rollup::drift::{Relation, relation},
    validation::slips::says_base_changed,
};

/// A row whose figure has numbers of ours in it.
struct Holding<'a> {
    name: &'a RowName,
    line: &'a Line,
    slice: &'a SliceName,
    counted: &'a [&'a Counted],
    definition: &'a Definition,
}

impl Line {
    fn version(&self) -> Option<u32> {
        self.get("definition_version").parse().ok()
    }

    /// Whether a column has this number, or is empty if there is none.
    fn has(&self, part: &str, expected: Option<Number>) -> bool {
        match expected {
            Some(_) => self.number(part) == expected,
            None => self.get(part).is_empty(),
        }
    }

    /// The shown numerator over the shown denominator.
    fn ratio(&self, factor: Number) -> Option<Number> {
        let (numerator, denominator) = (self.number("numerator")?, self.number("denominator")?);
        numerator.ratio(denominator, factor, FRR3.value_decimals)
    }
}

impl Tables {
    /// Checks the figures of all rows whose definition is known, and those with numbers of ours
    /// more closely.
    pub(super) fn figures(&self, proof: &Proof, own: &Own<'_>, faults: &mut Vec<Fault>) {
        let counted = by_slice(&proof.counted);
        let mut seen: BTreeSet<(Option<&str>, &SliceName)> = BTreeSet::new();
        for (name, line) in &self.lines {
            let versions = own.versions_of(name.indicator());
            let definition = versions.and_then(|all| all.version(line.version()?));
            faults.extend(definition.and_then(|(one, _)| of_unit(name, line, one)));
            let location = name.location();
            let is_about = location.is_none_or(|code| code == own.code.as_str());
            let slice = name.of().filter(|_| is_about);
            let holds = slice.and_then(|slice| counted.get_key_value(&slice));
            let Some((slice, counted)) = holds else {
                faults.extend(versions.and_then(|all| of_others(name, line, all)));
                continue;
            };
            if line.has_figure() && !seen.insert((location, slice)) {
                faults.push(Fault::RowDoubled(name.clone()));
            }
            let bound = versions.zip(definition.map(|(one, _)| one));
            let Some((_, definition)) =
                bound.filter(|(all, definition)| is_bound(definition, counted, all))
            else {
                faults.push(Fault::RowVersion {
                    row: name.clone(),
                    version: line.get("definition_version").to_owned(),
                });
                continue;
            };
            let row = Holding {
                name,
                line,
                slice,
                counted,
                definition,
            };
            row.of_state(own, faults);
            match Kind::of(definition.kind) {
                Some(kind) => row.of_counts(kind, own, faults),
                None => row.of_values(own, faults),
            }
        }
    }
}

/// Whether what was counted may be added under a definition. A score is never added, so its row
/// follows the definition under which it was stated.
fn is_bound(definition: &Definition, counted: &[&Counted], versions: &Versions) -> bool {
    let is_score = Kind::of(definition.kind).is_none();
    counted.iter().all(|one| {
        let stated = versions.pinned(&one.definition);
        stated.is_some_and(|(stated, _)| match is_score {
            true => stated.key() == definition.key(),
            false => relation(stated, definition, versions).0 < Relation::Broken,
        })
    })
}

/// A value in another unit than that of its definition.
fn of_unit(name: &RowName, line: &Line, definition: &Definition) -> Option<Fault> {
    let (shown, expected) = (line.get("unit"), definition.measure().to_string());
    (shown != expected).then(|| Fault::RowFigure {
        row: name.clone(),
        shown: format!("the unit {shown}"),
        expected: format!("the unit {expected}"),
    })
}

/// A row without numbers of ours: its value is that of its own counts, where it shows them.
fn of_others(name: &RowName, line: &Line, versions: &Versions) -> Option<Fault> {
    let version = line.version()?;
    let (definition, _) = versions.version(version)?;
    let expected = match Kind::of(definition.kind)? {
        Kind::Count => line.number("numerator"),
        Kind::Proportion | Kind::Rate => line.ratio(definition.factor),
        Kind::Mean => None,
    }?;
    // An office may have published under another version.
    let factors = versions.iter().map(|(one, _)| one.factor);
    let ratios: BTreeSet<Option<Number>> = factors.map(|factor| line.ratio(factor)).collect();
    let shown = line.number("value");
    let is_right = shown == Some(expected) || shown.is_some() && ratios.contains(&shown);
    (!is_right).then(|| off(name, line, "value", Some(expected)))
}

impl Holding<'_> {
    fn is_network(&self) -> bool {
        self.name.location().is_none()
    }

    fn off(&self, part: &str, expected: Option<Number>) -> Fault {
        off(self.name, self.line, part, expected)
    }

    /// The state of our own row, as the states and bases of what was counted give it.
    fn of_state(&self, own: &Own<'_>, faults: &mut Vec<Fault>) {
        let line = self.line;
        if self.is_network() || !line.has_figure() {
            return;
        }
        let stated = self
            .counted
            .iter()
            .filter_map(|one| own.stated.get(&one.key));
        let stated: Vec<&Statement> = stated.collect();
        // A difference from our statements is a fault of its own.
        if stated.len() != self.counted.len() {
            return;
        }
        let says_so = stated.iter().any(|one| says_base_changed(one));
        let period = self.counted.first().map(|one| one.key.period.start());
        let of = own.base_changes.get(&self.definition.code);
        let network = of.zip(period).is_some_and(|(of, day)| of.contains(&day));
        let shown = line.get("base_changed") == "true";
        if shown != says_so && !(shown && network) {
            faults.push(line.other(self.name, "base_changed", &says_so.to_string()));
        }
        let differs = |one: &Statement| one.definition != self.definition.hash();
        let worst = stated
            .iter()
            .map(|one| one.status)
            .max_by_key(|one| one.rank());
        let mut expected = worst.unwrap_or(Status::Normal);
        if expected == Status::Normal && shown {
            expected = Status::Break;
        }
        let found = line.get("obs_status");
        // A version that is nearly the same is added with a word.
        let is_drift = found == Status::DefinitionDiffers.word();
        let may_drift = is_drift && stated.iter().any(|one| differs(one));
        if found != expected.word() && !may_drift {
            faults.push(line.other(self.name, "obs_status", expected.word()));
        }
        let gap = row::gap_words(line.state());
        if line.get("status_reason") == row::published_words(gap.clone()) {
            faults.push(line.other(self.name, "status_reason", &gap.unwrap_or_default()));
        }
    }

    /// A row of counts: whole or withheld, with the value that its counts give.
    fn of_counts(&self, kind: Kind, own: &Own<'_>, faults: &mut Vec<Fault>) {
        let line = self.line;
        if !line.has_figure() {
            let is_withheld = line.get("conf_status") == "C";
            faults.extend((!is_withheld).then(|| Fault::RowBlank(self.name.clone())));
            return;
        }
        let parts = [
            ("numerator", kind != Kind::Mean),
            ("denominator", kind.is_ratio()),
        ];
        let mut is_whole = true;
        for (part, is_wanted) in parts {
            if is_wanted && line.number(part).is_none() {
                is_whole = false;
                let row = self.name.clone();
                faults.push(Fault::RowPartMissing { row, part });
            } else if !is_wanted && !line.has(part, None) {
                faults.push(self.off(part, None));
            }
        }
        for part in ["lower", "upper"] {
            if !line.has(part, None) {
                faults.push(self.off(part, None));
            }
        }
        let expected = match kind {
            Kind::Count => line.number("numerator"),
            Kind::Proportion | Kind::Rate => line.ratio(self.definition.factor),
            Kind::Mean => {
                faults.extend(self.of_mean(own));
                return;
            }
        };
        if is_whole && !line.has("value", expected) {
            faults.push(self.off("value", expected));
        }
    }

    /// The mean of our own row is our sum over the shown number. While that number is kept as it
    /// was shown, so is the sum.
    fn of_mean(&self, own: &Own<'_>) -> Option<Fault> {
        let now = Sums::of(self.counted);
        let shown = self.line.number("denominator")?;
        let shown = u64::try_from(shown.whole()?).ok();
        let grows = own.is_cumulative(self.name.indicator());
        if self.is_network() || own.earlier.is_unknown(self.name, grows) {
            return None;
        }
        let value = |sum: Number| {
            let kind = (Kind::Mean, self.definition.factor);
            shown_value(&FRR3, kind, sum, (None, shown))
        };
        let people = now.denominator?;
        let before = own.earlier.counted(self.slice);
        let kept = before.filter(|then| then.denominator.is_some_and(|it| may_keep(it, people)));
        let mut sums = kept.filter_map(|then| then.numerator);
        let expected = value(now.numerator?);
        let is_right =
            self.line.has("value", expected) || sums.any(|sum| self.line.has("value", value(sum)));
        (!is_right).then(|| self.off("value", expected))
    }

    /// A row of a score: as we stated it, with the ends of its interval. It is never added up, so
    /// the network has none.
    fn of_values(&self, own: &Own<'_>, faults: &mut Vec<Fault>) {
        let one = self.counted.first().filter(|_| !self.is_network());
        let stated = one.and_then(|one| own.stated.get(&one.key));
        let expected = [
            ("value", one.and_then(|one| one.value)),
            ("numerator", None),
            ("denominator", None),
            ("lower", stated.and_then(|stated| stated.lower)),
            ("upper", stated.and_then(|stated| stated.upper)),
        ];
        for (part, expected) in expected {
            if !self.line.has(part, expected) {
                faults.push(self.off(part, expected));
            }
        }
    }
}

fn off(name: &RowName, line: &Line, part: &str, expected: Option<Number>) -> Fault {
    let words = |text: &str| match text {
        "" => format!("no {part}"),
        text => format!("the {part} {text}"),
    };
    let expected = expected.map_or_else(String::new, |one| one.to_string());
    Fault::RowFigure {
        row: name.clone(),
        shown: words(line.get(part)),
        expected: words(&expected),
    }
}

/// The network's mean against those of its rows: each is its sum over its shown number, to three
/// digits. Returns the mean that the rows give, if the shown one is none that they may.
pub(super) fn mean_off(line: &Line, rows: &[&Line]) -> Option<Number> {
    let one = Number::from(1);
    let of = |line: &Line| {
        let (value, people) = (line.number("value")?, line.number("denominator")?);
        value.ratio(one, people, 9)
    };
    let sums: Option<Vec<Number>> = rows.iter().map(|row| of(row)).collect();
    let (sums, shown) = (sums?, of(line)?);
    let sum: Number = sums.iter().copied().sum();
    // Three digits leave at most half a percent to either side.
    let sizes: Number = sums.iter().map(|one| one.size()).sum();
    let most = (sizes + shown.size()).ratio(Number::from(200), one, 9)?;
    let people = line.number("denominator")?;
    let rest = people.ratio(Number::from(1_000_000), one, 9)?;
    let is_off = (shown - sum).size() > most + rest;
    is_off.then(|| sum.ratio(people, one, 3)).flatten()
}

/// The mean that rows of locations give, as the fault says it.
pub(super) fn mean_fault(name: &RowName, line: &Line, expected: Number) -> Fault {
    Fault::RowFigure {
        row: name.clone(),
        shown: format!("the value {}", line.get("value")),
        expected: format!("about the value {expected}"),
    }
}
