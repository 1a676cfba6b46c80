//! The names, dates and states in rows against the documents of the network, and against each
//! other. A true figure under another name, or of another year, is a lie about somebody.

use super::{Line, RowName, Tables};
use crate::{
    id::LocationCode,
    model::{observation::Status, profile::Place},
    period::Period,
    release::{
        Fault, Own,
        row::{self, SUPPRESSED, State, WITHHELD},
    },
    rollup::areas_in,
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
    pub(super) fn words(&self, own: &Own<'_>, faults: &mut Vec<Fault>) {
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

/// The names of a location and of its area, as the network ever gave them: no row has the name of
/// another.
fn of_location(name: &RowName, line: &Line, own: &Own<'_>, faults: &mut Vec<Fault>) {
    let Some(text) = name.location() else {
        let columns = ["location_name", "area_code", "area_name"];
        let other = columns
            .into_iter()
            .filter(|column| !line.get(column).is_empty());
        faults.extend(other.map(|column| line.other(name, column, "")));
        return;
    };
    // Another spelling of a code is none.
    let code = text.parse::<LocationCode>().ok();
    let code = code.filter(|read| read.as_str() == text);
    let of = code.and_then(|code| own.places.get_key_value(&code));
    let Some((code, places)) = of else {
        faults.push(Fault::RowStranger(name.clone()));
        return;
    };
    let shown = line.get("location_name");
    if !places.iter().any(|place| place.name == shown) {
        let expected = places.last().map_or("", |place| &place.name);
        faults.push(line.other(name, "location_name", expected));
    }
    of_area(name, line, (code, places), faults);
}

/// A row has its area if that is the only one of its location in the period.
fn of_area(
    name: &RowName,
    line: &Line,
    (code, places): (&LocationCode, &[Place]),
    faults: &mut Vec<Fault>,
) {
    let Some(period) = name.period() else {
        return;
    };
    let only = |place| match areas_in(code, place, period).as_slice() {
        [(area, name)] => (area.to_string(), (*name).to_owned()),
        _ => Default::default(),
    };
    let only: Vec<(String, String)> = match line.get("status_reason") {
        WITHHELD => vec![Default::default()],
        _ => places.iter().map(only).collect(),
    };
    let shown = (line.get("area_code"), line.get("area_name"));
    if only.iter().any(|(code, name)| (&**code, &**name) == shown) {
        return;
    }
    if let Some((code, area)) = only.last() {
        let columns = [("area_code", shown.0, code), ("area_name", shown.1, area)];
        let other = columns
            .iter()
            .filter(|(_, shown, expected)| shown != expected);
        faults.extend(other.map(|(column, _, expected)| line.other(name, column, expected)));
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
