//! The parts that every simulated network has in common: one indicator, a few areas, one month.

use std::{collections::BTreeMap, sync::OnceLock};

use weft_shared::{
    id::{AreaCode, LocationCode, LocationId},
    model::{
        Audience,
        indicator::{Definition, definitions_from_toml},
        observation::{Breakdown, ObservationKey},
        profile::{Adoption, AdoptionStatus, Area, Place},
    },
    rollup::{Member, Network},
    time::Timestamp,
};

/// The denominator of every statement.
pub(crate) const DENOMINATOR: i64 = 100_000;

/// Number of areas of each location.
pub(crate) const AREAS: u64 = 2;

pub(crate) fn definition() -> &'static Definition {
    static DEFINITION: OnceLock<Definition> = OnceLock::new();
    DEFINITION.get_or_init(|| {
        let text = include_str!("../../examples/data/indicators.toml");
        let definitions = definitions_from_toml(text).expect("the example's definitions are valid");
        let mut definitions = definitions.into_iter();
        definitions
            .find(|definition| definition.code.as_str() == "VAX_PRIMARY")
            .expect("the examples define it")
    })
}

/// Returns an area of a location.
pub(crate) fn area(location: usize, area: u64) -> AreaCode {
    let letter = |n: u8| char::from(b'A' + n);
    let place = u8::try_from(location).expect("few locations");
    let area = u8::try_from(area).expect("few areas");
    let code = format!("AREA_{}{}", letter(place), letter(area));
    AreaCode::parse(&code).expect("letters and an underscore")
}

pub(crate) fn key(location: usize, number: u64) -> ObservationKey {
    ObservationKey {
        indicator: definition().code.clone(),
        area: area(location, number % AREAS),
        period: "2023-05".parse().expect("a month"),
        breakdown: Breakdown::by("age", "12+"),
    }
}

pub(crate) fn code(location: usize) -> LocationCode {
    let letter = char::from(b'A' + u8::try_from(location).expect("few locations"));
    LocationCode::parse(&format!("L{letter}")).expect("letters")
}

/// The network as the national team sees it: every location is confirmed.
pub(crate) fn network(locations: &[LocationId]) -> Network {
    let members = locations.iter().enumerate().map(|(n, id)| {
        let area = |number| Area {
            code: area(n, number),
            name: format!("Area {number} of {n}"),
            from: None,
            to: None,
        };
        let adoption = Adoption {
            status: AdoptionStatus::Adopted,
            definition: definition().hash(),
            audience: Audience::Network,
            reason: None,
        };
        Member {
            code: code(n),
            place: Place {
                name: format!("Location {n}"),
                name_mi: None,
                areas: (0..AREAS).map(area).collect(),
                areas_changed: None,
                location_id: Some(*id),
                confirmed_at: Some(Timestamp::from_ms(1)),
            },
            adoptions: BTreeMap::from([(definition().code.clone(), adoption)]),
            synced: None,
        }
    });
    Network::new(members, [definition().clone()])
}
