//! The names, dates and states in rows against the documents of the network, and against each
//! other. A true figure under another name, or of another year, is a lie about somebody.

use super::{Line, RowName, Tables};
use crate::{
    id::LocationCode,
    model::observation::Status,
    period::Period,
    release::{
        Fault, Own,
        row::{self, SUPPRESSED, State, WITHHELD},
    },
};

impl Line {
    /// The fault of a column that has another content than it should.
    pub(super) fn other(&self, row: &RowName, column: &'static str, expected: &str) -> Fault {
        let quoted = |text: &str| match text {
            "" => "empty".to_owned(),
            text => format!("\"{text}\""),
        };
        Fault::RowWords {
            row: row.clone(),
            column,
            shown: quoted(self.get(column)),
            expected: quoted(expected),
        }
    }

    /// The numbers of places that it says it has.
    pub(super) fn state(&self) -> State {
        let number = |column| self.get(column).parse().ok();
        State {
            n_locations: number("n_locations"),
            n_expected: number("n_expected").unwrap_or_default(),
            n_areas: number("n_areas"),
            n_areas_expected: number("n_areas_expected").unwrap_or_default(),
        }
    }
}

impl Tables {
    /// Checks the words of all rows.
    pub(in super::super) fn words(&self, own: &Own<'_>, faults: &mut Vec<Fault>) {
        let (number, at) = (self.head.number.to_string(), self.head.at.rfc3339());
        for (name, line) in &self.lines {
            let level = name.location().map_or("network", |_| "location");
            let whole = line.state().covers_all();
            let fixed = [
                ("dataset", self.head.dataset.as_str()),
                ("release", &*number),
                ("updated_at", &*at),
                ("level", level),
                ("area_type", ""),
                ("n_contested", "0"),
                ("contested_low", ""),
                ("contested_high", ""),
                ("denominator_covered", if whole { "1" } else { "" }),
            ];
            let other = fixed
                .iter()
                .filter(|(column, text)| line.get(column) != *text);
            faults.extend(other.map(|(column, text)| line.other(name, column, text)));
            of_location(name, line, own, faults);
            of_indicator(name, line, own, faults);
            of_period(name, line, faults);
            of_state(name, line, faults);
        }
    }
}

/// The name of a location, as the network ever gave it: no row has the name of another.
fn of_location(name: &RowName, line: &Line, own: &Own<'_>, faults: &mut Vec<Fault>) {
    let shown = line.get("location_name");
    let Some(code) = name.location() else {
        faults.extend((!shown.is_empty()).then(|| line.other(name, "location_name", "")));
        return;
    };
    // Another spelling of a code is none.
    let names = code.parse::<LocationCode>().ok();
    let names = names.filter(|read| read.as_str() == code);
    let Some(names) = names.and_then(|code| own.names.get(&code)) else {
        faults.push(Fault::RowStranger(name.clone()));
        return;
    };
    if !names.contains(shown) {
        let expected = names.iter().next_back().map_or("", String::as_str);
        faults.push(line.other(name, "location_name", expected));
    }
}

/// The names of an indicator, in any of its versions.
fn of_indicator(name: &RowName, line: &Line, own: &Own<'_>, faults: &mut Vec<Fault>) {
    let Some(versions) = own.versions_of(name.indicator()) else {
        return;
    };
    let code = versions.iter().map(|(one, _)| one.code.as_str()).next();
    if let Some(code) = code.filter(|code| *code != name.indicator()) {
        faults.push(line.other(name, "indicator_code", code));
    }
    let shown = (line.get("indicator_name"), line.get("indicator_name_mi"));
    let names = versions
        .iter()
        .map(|(one, _)| (&*one.name, one.name_mi.as_deref().unwrap_or_default()));
    let names: Vec<(&str, &str)> = names.collect();
    if names.contains(&shown) {
        return;
    }
    if let Some((english, maori)) = names.last() {
        let columns = [
            ("indicator_name", shown.0, *english),
            ("indicator_name_mi", shown.1, *maori),
        ];
        let other = columns
            .iter()
            .filter(|(_, shown, expected)| shown != expected);
        faults.extend(other.map(|(column, _, expected)| line.other(name, column, expected)));
    }
}

/// The days and the frequency of a period.
fn of_period(name: &RowName, line: &Line, faults: &mut Vec<Fault>) {
    let Some(period) = name.period() else {
        faults.push(line.other(name, "period", "a period"));
        return;
    };
    let (start, end) = (period.start().to_string(), period.end().to_string());
    let spelling = Period::to_string(&period);
    let columns = [
        ("period", &*spelling),
        ("freq", period.frequency().as_str()),
        ("period_start", &*start),
        ("period_end", &*end),
    ];
    let other = columns
        .iter()
        .filter(|(column, text)| line.get(column) != *text);
    faults.extend(other.map(|(column, text)| line.other(name, column, text)));
}

/// The phrase about a figure follows from its own numbers, and no other words stand there.
fn of_state(name: &RowName, line: &Line, faults: &mut Vec<Fault>) {
    let shown = line.get("status_reason");
    if line.get("conf_status") == "C" {
        if ![WITHHELD, SUPPRESSED].contains(&shown) {
            faults.push(line.other(name, "status_reason", WITHHELD));
        }
        let suppressed = Status::Suppressed.word();
        if line.get("obs_status") != suppressed {
            faults.push(line.other(name, "obs_status", suppressed));
        }
        return;
    }
    if line.get("conf_status") != "F" {
        faults.push(line.other(name, "conf_status", "F"));
    }
    let reason = row::gap_words(line.state());
    let may_be = [reason.clone(), Some(row::published_words(reason.clone()))];
    if !may_be
        .iter()
        .any(|one| one.as_deref().unwrap_or_default() == shown)
    {
        faults.push(line.other(name, "status_reason", &reason.unwrap_or_default()));
    }
}
