//! Rollups compared with scripts, with plain sums of published figures, and with themselves.

mod incremental;
mod kinds;
mod labels;
mod order;
mod published;
mod scenario;
mod series;
mod silence;
mod steps;
mod sums;
mod survey;

use std::collections::BTreeMap;

use super::{Cell, Coverage, Fact, Member, Network, Standing, Stated};
use crate::{
    id::{IndicatorCode, LocationCode, LocationId},
    model::{
        Audience,
        indicator::{Definition, definitions_from_toml},
        observation::{ObservationKey, Statement, Status},
        profile::{Adoption, AdoptionStatus, Area, Place},
    },
    time::Timestamp,
};

const DEFINITIONS: &str = include_str!("../../../examples/data/indicators.toml");
const DEFINITIONS_V2: &str = include_str!("../../../examples/data/indicators-v2.toml");

/// All definitions of the examples, version 2 included.
fn definitions() -> Vec<Definition> {
    let mut definitions = definitions_from_toml(DEFINITIONS).unwrap();
    definitions.extend(definitions_from_toml(DEFINITIONS_V2).unwrap());
    definitions
}

/// A confirmed location that adopted `indicators` and synced today.
pub(crate) fn member(
    code: &str,
    name: &str,
    areas: &[(&str, &str)],
    indicators: &[&Definition],
) -> Member {
    let code = LocationCode::parse(code).unwrap();
    let area = |(code, name): &(&str, &str)| Area {
        code: code.parse().unwrap(),
        name: (*name).to_owned(),
        from: None,
        to: None,
    };
    let adopted = |definition: &&Definition| {
        let adoption = Adoption {
            status: AdoptionStatus::Adopted,
            definition: definition.hash(),
            audience: Audience::Network,
            reason: None,
            releases: None,
            open: None,
        };
        (definition.code.clone(), adoption)
    };
    Member {
        place: Place {
            name: name.to_owned(),
            name_mi: None,
            areas: areas.iter().map(area).collect(),
            aliases: Vec::new(),
            areas_changed: None,
            location_id: Some(location_id(&code)),
            confirmed_at: Some(Timestamp::from_ms(1)),
        },
        code,
        adoptions: indicators.iter().map(adopted).collect(),
        synced: "2026-11-21".parse().ok(),
    }
}

pub(crate) fn location_id(code: &LocationCode) -> LocationId {
    LocationId::new(crate::id::sha256_prefix(
        "test",
        &[code.as_str().as_bytes()],
    ))
}

fn decline(member: &mut Member, indicator: &str, reason: &str) {
    let indicator = IndicatorCode::parse(indicator).unwrap();
    let adoption = member.adoptions.get_mut(&indicator).unwrap();
    adoption.status = AdoptionStatus::Declined;
    adoption.reason = Some(reason.to_owned());
}

/// Parses `12/40` (numerator and denominator), `12`, `/40` (denominator) or `=1.5` (value).
pub(crate) fn statement(definition: &Definition, figure: &str, status: &str) -> Statement {
    let number = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
    let (value, share) = match figure.strip_prefix('=') {
        Some(value) => (number(value), ""),
        None => (None, figure),
    };
    let (numerator, denominator) = share.split_once('/').unwrap_or((share, ""));
    Statement {
        numerator: number(numerator),
        denominator: number(denominator),
        value,
        ..Statement::without_figure(
            definition.hash(),
            status.parse::<Status>().unwrap(),
            Audience::Network,
        )
    }
}

pub(crate) fn fact(
    location: &LocationCode,
    key: ObservationKey,
    statements: Vec<Statement>,
) -> Fact {
    let stated = |(index, statement)| Stated {
        statement,
        device: None,
        at: Some(Timestamp::from_ms(
            1_795_000_000_000 + 60_000 * i64::from(index),
        )),
        entry: None,
        published: None,
    };
    Fact {
        location: location_id(location),
        key,
        stated: (0_u16..).zip(statements).map(stated).collect(),
    }
}

/// Rows of a CSV file without quotes, by column name.
pub(crate) fn rows(csv: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| names.iter().copied().zip(line.split(',')).collect())
        .collect()
}

/// The nine locations of the examples.
fn network() -> Network {
    let definitions = definitions();
    let version_1: Vec<&Definition> = definitions.iter().filter(|one| one.version == 1).collect();
    let members = rows(include_str!("../../../examples/data/locations.csv"))
        .into_iter()
        .map(|row| {
            let codes = row["area_codes"].split(' ').filter(|code| !code.is_empty());
            let areas: Vec<_> = codes.zip(row["area_names"].split("; ")).collect();
            member(row["location_code"], row["name"], &areas, &version_1)
        })
        .collect::<Vec<_>>();
    Network::new(members, definitions)
}

/// The standing of a figure long after its period, in a few words.
fn stands(cell: &Cell, coverage: &Coverage) -> String {
    let (end, coverage) = (cell.key.period.end(), coverage.clone());
    let standing = Standing::of(
        cell.value.is_some(),
        cell.n_contested > 0,
        end,
        coverage,
        crate::period::Date::MAX,
    );
    match standing {
        Standing::Alone => "stands alone".to_owned(),
        Standing::SoFar => "so far".to_owned(),
        Standing::Contested => "contested".to_owned(),
        Standing::None => "no figure".to_owned(),
        Standing::Little(Coverage::Share(share)) => format!("little: {share}"),
        Standing::Little(Coverage::Areas(part, all)) => format!("little: {part} of {all} areas"),
        Standing::Little(Coverage::Unknown(areas)) if areas.len() > 4 => {
            format!("coverage unknown: {} areas", areas.len())
        }
        Standing::Little(Coverage::Unknown(areas)) => {
            let areas: Vec<_> = areas.iter().map(ToString::to_string).collect();
            format!("coverage unknown: {}", areas.join(" "))
        }
        Standing::Little(Coverage::Whole) => unreachable!("the whole is enough"),
    }
}
