//! `/indicators/{code}`: one indicator over time and by location, also as CSV.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weft_shared::{
    model::indicator::{Definition, IndicatorType, RollupRule},
    period::PeriodRange,
    time::Timestamp,
};

use super::{
    Web,
    asked::{self, Asked, with_moment},
    card::{Card, Row, groups},
    csv,
    frame::{Frame, PageFailure, PageLink, Past, html},
    words::Measure,
};
use crate::{
    app::{AppError, Moment, Reading, Unrecorded},
    figures::{Figure, group, source},
};

#[derive(Template)]
#[template(path = "indicator.html")]
struct Page {
    frame: Frame,
    card: Card,
    meaning: Vec<(&'static str, String)>,
    periods: Vec<Choice>,
    groups: Vec<Choice>,
    period: String,
    group: String,
    period_csv: String,
    locations: Vec<Row>,
    locations_partial: bool,
    rule: String,
}

/// An option in a list.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// Serves the page, or its figures as a file if the code ends in `.csv`.
pub(super) async fn page(
    State(web): State<Web>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    if let Some(code) = code.strip_suffix(".csv") {
        return csv(&web, code, &asked, &headers).await;
    }
    let mut frame = Frame::national(&web.app, "");
    let moment = asked::moment(&asked)?;
    let Read {
        definitions,
        found,
        past,
        ..
    } = read(&web, &code, moment).await?;
    frame.past = past;
    let (Some(definition), Some(found)) = (source::newest(&definitions, &code), found) else {
        return unknown(frame, &definitions);
    };
    let found = found.map(|mut figures| {
        let network: Vec<&Figure> = figures.iter().filter(|one| one.is_network()).collect();
        let chosen = Chosen::of(&network, &asked);
        figures.retain(|figure| figure.is_network() || chosen.takes(figure));
        (figures, chosen)
    });
    let reading = Reading::page(&format!("/indicators/{code}"));
    let (figures, chosen) = web.app.shown(reading, found).await?;
    frame.name_sources(&definitions, &figures);
    let network: Vec<&Figure> = figures
        .iter()
        .filter(|figure| figure.is_network())
        .collect();
    let mut card = Card::new(definition, &network);
    card.more = false;
    let csv_path = card.csv.clone();
    card.csv = with_moment(&csv_path, moment);
    let measure = Measure::of(definition);
    let locations = figures
        .iter()
        .filter(|figure| !figure.is_network())
        .map(|figure| Row::of(figure, &measure));
    let locations: Vec<Row> = locations.collect();
    let page = Page {
        meaning: meaning(definition),
        locations_partial: locations.iter().any(|row| row.partial),
        locations,
        period_csv: with_moment(&chosen.csv(&csv_path), moment),
        periods: chosen.periods,
        groups: chosen.groups,
        period: chosen.period,
        group: chosen.group,
        rule: rule(definition),
        card,
        frame,
    };
    html(StatusCode::OK, &page)
}

async fn csv(
    web: &Web,
    code: &str,
    asked: &Asked,
    headers: &HeaderMap,
) -> Result<Response, PageFailure> {
    let given = |name: &str| asked.get(name).filter(|value| !value.is_empty());
    let period = given("period").map(|text| text.parse::<PeriodRange>());
    let period = match period.transpose() {
        Ok(period) => period,
        Err(error) => {
            let frame = Frame::national(&web.app, "");
            let links = vec![PageLink::new(&format!("/indicators/{code}"), "Back")];
            let (status, text) = (StatusCode::BAD_REQUEST, format!("{error}."));
            return frame.message(status, "This is not a period", &text, links);
        }
    };
    let moment = asked::moment(asked)?;
    let Read {
        definitions,
        found,
        as_of,
        ..
    } = read(web, code, moment).await?;
    let Some(found) = found else {
        let frame = Frame::national(&web.app, "");
        return unknown(frame, &definitions);
    };
    let fitting = found.map(|mut figures| {
        figures.retain(|figure| {
            let key = &figure.cell.key;
            period.is_none_or(|range| range.contains(key.period))
                && given("breakdown").is_none_or(|wanted| *wanted == key.breakdown.to_string())
        });
        figures
    });
    let reading = Reading::page(&format!("/indicators/{code}.csv"));
    let fitting = web.app.shown(reading, fitting).await?;
    Ok(csv::figures(code, (&fitting, as_of), headers))
}

/// All figures of an indicator, before their reading is in the ledger.
type Found = Unrecorded<Vec<Figure>>;

/// The state of one indicator, read at once.
struct Read {
    definitions: Vec<Definition>,
    /// All its figures; none if it has no definition.
    found: Option<Found>,
    /// The moment of the past that they are of.
    past: Option<Past>,
    as_of: Option<Timestamp>,
}

/// Reads the definitions, and all figures of one indicator.
async fn read(web: &Web, code: &str, moment: Option<Moment>) -> Result<Read, AppError> {
    let code = code.to_owned();
    let found = web.app.counted(move |now| {
        let at = now.at(moment)?;
        let definitions = source::definitions(&at);
        let found = source::newest(&definitions, &code);
        let found = found.map(|one| source::of_indicator(&at, &one.code));
        Ok(Read {
            found: found.transpose()?,
            definitions,
            past: Past::of(&at, moment),
            as_of: at.as_of,
        })
    });
    found.await
}

fn unknown(frame: Frame, definitions: &[Definition]) -> Result<Response, PageFailure> {
    let mut links: Vec<PageLink> = definitions
        .iter()
        .map(|one| PageLink::new(&format!("/indicators/{}", one.code), &one.name))
        .collect();
    links.dedup_by(|a, b| a.path == b.path);
    let text = "The network has no indicator of this code. It has these:";
    frame.message(
        StatusCode::NOT_FOUND,
        "There is no such indicator",
        text,
        links,
    )
}

/// The period and group for which the page shows locations.
struct Chosen {
    period: String,
    breakdown: String,
    group: String,
    periods: Vec<Choice>,
    groups: Vec<Choice>,
}

impl Chosen {
    /// Chooses what was asked for, if it exists; else the newest period and its first group.
    fn of(network: &[&Figure], asked: &Asked) -> Self {
        let mut periods: Vec<_> = network.iter().map(|f| f.cell.key.period).collect();
        periods.sort_unstable();
        periods.dedup();
        periods.reverse();
        let periods: Vec<String> = periods.iter().map(ToString::to_string).collect();
        let period = asked
            .get("period")
            .filter(|period| periods.contains(period));
        let period = period
            .or_else(|| periods.first())
            .cloned()
            .unwrap_or_default();
        let groups = groups(network).into_iter();
        let groups: Vec<(String, String)> = groups
            .map(|breakdown| (breakdown.to_string(), group(&breakdown)))
            .collect();
        let in_period = |breakdown: &str| {
            let mut keys = network.iter().map(|figure| figure.key());
            keys.any(|key| key.period == period && key.breakdown == breakdown)
        };
        let chosen = asked
            .get("breakdown")
            .and_then(|asked| groups.iter().find(|(breakdown, _)| breakdown == asked))
            .or_else(|| groups.iter().find(|(breakdown, _)| in_period(breakdown)));
        let (breakdown, group) = chosen
            .or_else(|| groups.first())
            .cloned()
            .unwrap_or_default();
        let choice = |value: &String, label: &String, chosen: &String| Choice {
            value: value.clone(),
            label: label.clone(),
            chosen: value == chosen,
        };
        Self {
            periods: periods
                .iter()
                .map(|one| choice(one, one, &period))
                .collect(),
            groups: groups
                .iter()
                .map(|(value, label)| choice(value, label, &breakdown))
                .collect(),
            period,
            breakdown,
            group,
        }
    }

    fn takes(&self, figure: &Figure) -> bool {
        let key = figure.key();
        key.period == self.period && key.breakdown == self.breakdown
    }

    fn csv(&self, path: &str) -> String {
        let breakdown = utf8_percent_encode(&self.breakdown, NON_ALPHANUMERIC);
        format!("{path}?period={}&breakdown={breakdown}", self.period)
    }
}

/// Describes a definition in the words of its form.
pub(super) fn meaning(one: &Definition) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Type", one.kind.label().to_owned()),
        ("Figures in", Measure::of(one).axis),
        ("What is counted", one.unit.clone()),
    ];
    facts.extend(one.numerator.clone().map(|text| ("Numerator", text)));
    facts.extend(one.denominator.clone().map(|text| ("Denominator", text)));
    facts.push(("Better", one.direction.label().to_owned()));
    facts.push(("Reported each", one.period.as_str().replace('_', " ")));
    facts.push(("Answers for", one.accountability.label().to_owned()));
    facts.push(("Asks", one.class.label().to_owned()));
    facts.push((
        "Source",
        one.source.clone().unwrap_or_else(|| "not said".to_owned()),
    ));
    if let Some(from) = &one.from {
        let words = format!(
            "version {}: {}. {}",
            from.version,
            from.kind.label(),
            from.reason
        );
        facts.push(("Follows", words));
    }
    facts
}

/// Describes how figures of several areas are combined.
fn rule(one: &Definition) -> String {
    if one.rollup == RollupRule::None {
        return "Its definition says that it is never rolled up.".to_owned();
    }
    match one.kind {
        IndicatorType::Count => "The counts of all areas are added.".to_owned(),
        IndicatorType::Proportion | IndicatorType::Rate => format!(
            "The numerators of all areas are added, and their denominators; one sum is divided by \
             the other and multiplied by {}. A row without a numerator adds neither. Percentages \
             are never averaged.",
            one.factor
        ),
        IndicatorType::Mean => {
            "What was measured is added over all areas and divided by how many were measured."
                .to_owned()
        }
        IndicatorType::Ordinal => {
            "It says how many have which value; ranks are never averaged.".to_owned()
        }
        IndicatorType::Index => "An index is never rolled up.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Chosen;

    #[test]
    fn groups_survive_in_an_address() {
        let csv = |breakdown: &str| {
            let chosen = Chosen {
                periods: Vec::new(),
                groups: Vec::new(),
                period: "2023".to_owned(),
                breakdown: breakdown.to_owned(),
                group: String::new(),
            };
            chosen.csv("/csv")
        };
        assert_eq!(csv("age=12+"), "/csv?period=2023&breakdown=age%3D12%2B");
        assert_eq!(csv("a&b ō"), "/csv?period=2023&breakdown=a%26b%20%C5%8D");
    }
}
