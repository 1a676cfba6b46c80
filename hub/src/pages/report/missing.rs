//! The gaps of a report, in words: nothing that is missing reads as zero.

use std::collections::BTreeSet;

use weft_shared::{
    alignment::money::{Column, Measure, Owner, Row},
    model::investment::InvestmentStatus,
    period::day_words,
    text::{capital, counted, listed, part_of},
};

use super::{
    read::{Content, headline},
    section::{Item, Part, Section},
};

/// Names in one sentence.
const NAMES_MAX: usize = 6;

/// The section of what is missing.
pub(super) fn section(content: &Content) -> Section {
    let mut section = Section::new("missing", "What is missing");
    let mut lines = aims(content);
    lines.extend(figures(content));
    lines.extend(money(content));
    lines.extend(words(content));
    let items = lines.into_iter().map(|what| Item {
        what,
        ..Item::default()
    });
    section.parts.push(Part::List(items.collect()));
    section
}

/// Outcomes without an indicator, a released figure or a target.
fn aims(content: &Content) -> Vec<String> {
    let network = content
        .outcomes
        .iter()
        .filter(|one| one.owner == Owner::Hub);
    let (mut unmeasured, mut unreleased, mut aimless) = (Vec::new(), Vec::new(), Vec::new());
    for one in network {
        let Some(code) = one.indicators.first() else {
            unmeasured.push(&*one.name);
            continue;
        };
        let name = content
            .definitions
            .get(code)
            .map_or(code.as_str(), |of| &*of.name);
        if headline(&content.needs, code).is_none() {
            unreleased.push(name);
        }
        if !content
            .targets
            .iter()
            .any(|target| target.indicator == *code)
        {
            aimless.push(name);
        }
    }
    let line = |lead: &str, names: &[&str]| {
        (!names.is_empty()).then(|| format!("{lead}: {}.", listed(names, NAMES_MAX)))
    };
    let lines = [
        line("No indicator measures", &unmeasured),
        line("In no release, so without a figure here", &unreleased),
        line("Without a target of the network", &aimless),
    ];
    lines.into_iter().flatten().collect()
}

/// Withheld figures, and places that are not in the latest ones.
fn figures(content: &Content) -> Vec<String> {
    let mut lines = Vec::new();
    if content.releases.is_empty() {
        lines.push("No release has gone out yet.".to_owned());
    }
    for release in content.told() {
        let rows = &release.content.network;
        let withheld = rows.iter().filter(|row| row.is_withheld()).count();
        if withheld > 0 {
            lines.push(format!(
                "{}: {} withheld, to protect people.",
                release.content.words.title,
                part_of(
                    withheld,
                    rows.len(),
                    "figure of the network",
                    "figures of the network"
                )
            ));
        }
    }
    let mut partial: BTreeSet<String> = BTreeSet::new();
    for row in content
        .needs
        .rows
        .iter()
        .filter(|row| row.line.column().is_none())
    {
        let need = &row.line.need;
        let name = content.definitions.get(&need.indicator).map(|of| &of.name);
        let figure = need.figure.as_ref().filter(|_| need.value().is_some());
        let Some((name, figure)) = name.zip(figure) else {
            continue;
        };
        if figure.n_areas < figure.n_areas_expected {
            let areas = part_of(figure.n_areas, figure.n_areas_expected, "area", "areas");
            let when = figure.period.words();
            partial.insert(format!("{name}, {when}: {areas} in the figure."));
        }
    }
    lines.extend(partial);
    lines
}

/// Money that is not stated, or whose amount may not be told yet.
fn money(content: &Content) -> Vec<String> {
    let mut lines = Vec::new();
    for (purse, pot) in &content.sight.sight.money.pots {
        for measure in Measure::ALL {
            let place = pot.locations.of.get(&Column::NotStated);
            let place = place.map(|of| of.divided.get(measure).value);
            let outcome = pot.outcomes.of.get(&Row::NotStated);
            let outcome = outcome.map(|of| of.divided.get(measure).value);
            for (what, amount) in [("location", place), ("outcome", outcome)] {
                let amount = amount.filter(|amount| !amount.is_zero());
                lines.extend(amount.map(|amount| {
                    let measure = crate::sight::measure_words(measure);
                    let amount = amount.grouped();
                    capital(&format!(
                        "{purse} {amount} {measure}: the {what} is not stated."
                    ))
                }));
            }
        }
    }
    let withheld = content.investments.0.iter().map(|one| &one.investment);
    let withheld = withheld.filter(|one| one.status == InvestmentStatus::Withheld);
    lines.extend(withheld.take(NAMES_MAX).map(|one| {
        let until = one.until.map(|day| format!(" until {}", day_words(day)));
        let until = until.unwrap_or_default();
        format!(
            "{}: the amount is withheld{until}, and in no sum.",
            one.title
        )
    }));
    lines
}

/// Words that locations have not released.
fn words(content: &Content) -> Vec<String> {
    let markers = content
        .learnt
        .markers
        .iter()
        .map(|one| &*one.record.location);
    let moved = content.moved.iter().map(|one| &*one.location);
    let telling: BTreeSet<&str> = markers.chain(moved).collect();
    let mut lines = vec![format!(
        "{} of {} released something that shifted in this period.",
        telling.len(),
        counted(content.counting, "location", "locations")
    )];
    if content.moment.is_some() {
        lines.push(
            "Changes of an initiative’s status are known for the present alone, and are not here."
                .to_owned(),
        );
    }
    if !content.sight.aligned.gone.is_empty() {
        let text = "Something that was shared then was withdrawn since, and is not here.";
        lines.push(text.to_owned());
    }
    lines.push(
        "This report has what locations and the national team released, and figures of releases. \
         What is for the network alone is not in it, money included, so its sums can be less than \
         those on the national team's own pages."
            .to_owned(),
    );
    lines
}
