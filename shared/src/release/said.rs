//! The words of a release about itself against what a location has from the network: its
//! announcement, its link in the chain, the network's names and the definitions.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fault, Manifest, Meaning, formats::Texts, meaning::FIELDS};
use crate::{
    disclosure::FRR3,
    id::IndicatorCode,
    model::{
        indicator::Versions,
        release::{Link, Notice},
    },
    period::{Date, day_words},
    text::listed,
    time::after_days,
};

/// A location's knowledge of a release, from the documents of the network.
#[derive(Clone, Debug)]
pub struct Announcement<'a> {
    /// The notice of the release.
    pub notice: &'a Notice,
    /// The link of the chain with which it went out.
    pub link: &'a Link,
    /// The day on which it went out, in the network's time zone.
    pub day: Date,
    /// The names that the network ever had.
    pub networks: &'a BTreeSet<String>,
    /// The names that its operator ever had.
    pub operators: &'a BTreeSet<String>,
    /// The versions of the definitions.
    pub versions: &'a BTreeMap<IndicatorCode, Versions>,
}

/// Holds the words of a manifest, and the lines of its table of meanings, against an announcement.
/// Returns every fault.
pub fn said(manifest: &Manifest, meanings: &[Texts], of: &Announcement<'_>) -> Vec<Fault> {
    let (notice, link) = (of.notice, of.link);
    let number = |number: Option<_>| number.map_or_else(nothing, |one| format!("{one}"));
    let names = |names: &BTreeSet<String>, said: &str| match names.contains(said) {
        true => said.to_owned(),
        false => listed(&names.iter().rev().collect::<Vec<_>>(), 1),
    };
    let known: Vec<String> = notice.indicators.keys().map(ToString::to_string).collect();
    let facts = [
        ("title", manifest.title.clone(), notice.title.clone()),
        (
            "network",
            manifest.network.clone(),
            names(of.networks, &manifest.network),
        ),
        (
            "operator",
            manifest.operator.clone(),
            names(of.operators, &manifest.operator),
        ),
        (
            "published_at",
            manifest.published_at.rfc3339(),
            link.at.rfc3339(),
        ),
        (
            "supersedes",
            number(manifest.supersedes),
            number(link.supersedes),
        ),
        (
            "indicators",
            manifest.indicators.join(", "),
            known.join(", "),
        ),
        ("profile", manifest.profile.clone(), FRR3.name.to_owned()),
    ];
    let other = facts.into_iter().filter(|(_, said, known)| said != known);
    let mut faults: Vec<Fault> = other
        .map(|(field, said, known)| Fault::Said { field, said, known })
        .collect();
    if after_days(notice.proposed, manifest.notice_days) != notice.due {
        faults.push(Fault::OtherNotice {
            days: manifest.notice_days,
            proposed: day_words(notice.proposed),
            due: day_words(notice.due),
        });
    }
    // The network may have set another time zone since, which moves the day by one.
    if of.day.tomorrow().is_ok_and(|next| next < notice.due) {
        faults.push(Fault::TooEarly {
            day: day_words(of.day),
            due: day_words(notice.due),
        });
    }
    faults.extend(meanings.iter().filter_map(|line| meaning(line, of)));
    faults
}

fn nothing() -> String {
    "nothing".to_owned()
}

/// The fault of a line of the table of meanings. What is not comparable is not held against
/// anything: it is said in settings, which may have changed since.
fn meaning(line: &Texts, of: &Announcement<'_>) -> Option<Fault> {
    let [code, version, ..] = line.as_slice() else {
        return None;
    };
    let versions = code
        .parse()
        .ok()
        .and_then(|code: IndicatorCode| of.versions.get(&code));
    let number = version.parse().ok();
    let Some((definition, settings)) = versions.zip(number).and_then(|(of, n)| of.version(n))
    else {
        return Some(Fault::NoMeaning {
            code: code.clone(),
            version: version.clone(),
        });
    };
    let known = Meaning::of(definition, settings).fields();
    let columns = FIELDS.iter().map(|(name, _)| *name).zip(line).zip(known);
    let mut other = columns.filter(|((name, said), known)| *name != "breaks" && *said != known);
    other
        .next()
        .map(|((column, said), expected)| Fault::Meaning {
            code: code.clone(),
            version: version.clone(),
            column,
            said: said.clone(),
            expected,
        })
}

#[cfg(test)]
mod tests;
