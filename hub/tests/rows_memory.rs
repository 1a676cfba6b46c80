//! Memory that a file of a million figures takes. A separate program, because it counts every byte
//! that is allocated; what SQLite allocates is not in it, and is bounded by its page cache.

use std::collections::BTreeMap;

use peak_alloc::PeakAlloc;
use weft_hub::figures::measure::{Facts, Stated, csv};
use weft_shared::{
    id::{LocationCode, LocationId, sha256_prefix},
    model::{
        Audience,
        indicator::{Definition, definitions_from_toml},
        observation::{Breakdown, ObservationKey, Statement, Status},
        profile::{Adoption, AdoptionStatus, Place},
    },
    period::Period,
    rollup::{Member, Network},
    time::Timestamp,
};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const MORE_BYTES_MAX: usize = 16 << 20;
/// Beside these there is the network.
const LOCATIONS: usize = 999;
const MONTHS: usize = 1_000;
const DEFINITION: &str = r#"
[[indicator]]
code = "MADE_UP"
version = 1
name = "Made up"
type = "proportion"
unit = "percent"
numerator = "Some"
denominator = "People"
factor = 100
direction = "up"
period = "month"
accountability = "population"
class = "better_off"
rollup = "sum"
person_level = false
source = "Arithmetic"
"#;

fn definition() -> Definition {
    let definitions = definitions_from_toml(DEFINITION).expect("definitions");
    definitions.into_iter().next().expect("one")
}

fn location(at: usize) -> LocationId {
    LocationId::new(sha256_prefix("made up", &[&at.to_be_bytes()]))
}

fn network(definition: &Definition) -> Network {
    let adoption = Adoption {
        status: AdoptionStatus::Adopted,
        definition: definition.hash(),
        audience: Audience::Network,
        reason: None,
        releases: None,
        open: None,
    };
    let letter = |at: usize| char::from(b'A' + u8::try_from(at % 26).expect("a letter"));
    let members = (0..LOCATIONS).map(|at| {
        let letters = [letter(at / 676), letter(at / 26), letter(at)];
        let code: String = letters.iter().collect();
        Member {
            place: Place {
                name: format!("Location {code}"),
                name_mi: None,
                areas: Vec::new(),
                aliases: Vec::new(),
                areas_changed: None,
                location_id: Some(location(at)),
                confirmed_at: Some(Timestamp::from_ms(0)),
            },
            code: LocationCode::parse(&code).expect("a code"),
            adoptions: BTreeMap::from([(definition.code.clone(), adoption.clone())]),
            synced: None,
        }
    });
    Network::new(members, [definition.clone()])
}

/// The facts of one location: a file needs no more of them to have a row for each of the others.
fn facts(definition: &Definition, area: &str) -> Vec<Stated> {
    let mut years: BTreeMap<i16, Vec<(ObservationKey, Statement)>> = BTreeMap::new();
    let first: Period = "1900-01".parse().expect("a month");
    for period in std::iter::successors(Some(first), |period| period.next()).take(MONTHS) {
        let key = ObservationKey {
            indicator: definition.code.clone(),
            area: area.parse().expect("a code"),
            period,
            breakdown: Breakdown::Total,
        };
        let hash = definition.hash();
        let statement = Statement {
            numerator: Some(40.into()),
            denominator: Some(100.into()),
            ..Statement::without_figure(hash, Status::Normal, Audience::Network)
        };
        let year = years.entry(period.reporting_year()).or_default();
        year.push((key, statement));
    }
    let years = years.into_iter();
    years
        .map(|(year, stated)| (location(0), year, stated))
        .collect()
}

#[test]
fn a_million_rows_take_16_mib() {
    let dir = tempfile::TempDir::new().expect("a folder");
    let definition = definition();
    let file = dir.path().join("hub.db");
    let mut store = Facts::open(&file, network(&definition)).expect("a store");
    store.stage(facts(&definition, "AAA")).expect("facts");
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let (mut lines, mut bytes) = (0, 0);
    csv(&store, |piece| {
        bytes += piece.len();
        lines += piece.iter().filter(|byte| **byte == b'\n').count();
    })
    .expect("a file");
    let more = ALLOCATED.peak_usage().saturating_sub(before);
    assert_eq!(lines, MONTHS * (LOCATIONS + 1) + 1, "with the headings");
    assert!(bytes > 100_000_000, "{bytes}");
    assert!(more < MORE_BYTES_MAX, "{bytes} bytes took {more}");
}
