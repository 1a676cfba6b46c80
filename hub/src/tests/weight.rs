//! The weight of the overview of a large network: 100 locations and 60 indicators.

use std::sync::Arc;

use axum::{Router, body::to_bytes};
use weft_host::{
    clock,
    page::{self, Guard},
};
use weft_shared::{
    id::{DefinitionHash, RecordId},
    model::{
        Audience,
        indicator::Definition,
        observation::{Breakdown, ObservationKey, Statement, Status},
        profile::{Adoption, AdoptionStatus},
        record::Fields,
        schema::RecordKind,
    },
};

use super::web::{HOST, response};
use crate::{
    app::{AppHandle, HEADLINE_MAX},
    kit::{self, Device},
    serve,
};

const LOCATIONS: usize = 100;
const INDICATORS: usize = 60;
/// Months of each headline indicator; of the others there is the last one.
const MONTHS: usize = 30;
/// Most bytes of a first page with its assets, over the wire.
const FIRST_PAGE_BYTES_MAX: usize = 60_000;

const ASSETS: [&str; 4] = [
    "/assets/weft.css",
    "/assets/weft.js",
    "/assets/weft-sans-latin.woff2",
    "/assets/weft-sans-macrons.woff2",
];

fn code(indicator: usize) -> String {
    let letter = |at: usize| char::from(b'A' + u8::try_from(at % 26).unwrap());
    format!("MADE_UP_{}{}", letter(indicator / 26), letter(indicator))
}

/// Names as long as people's are, and none like another.
fn definitions() -> String {
    let who = [
        "Adults",
        "Children",
        "Households",
        "Young people",
        "Older people",
    ];
    let what = [
        "walk or cycle",
        "volunteer",
        "smoke",
        "grow food",
        "have a warm home",
        "swim",
    ];
    let all = (0..INDICATORS).map(|at| {
        let (who, what) = (who[at % who.len()], what[at % what.len()]);
        let name = format!("Example: {who} who {what} in week {at}");
        format!(
            "[[indicator]]\ncode = \"{}\"\nversion = 1\nname = \"{name}\"\ntype = \"proportion\"\n\
             unit = \"people\"\nnumerator = \"Some\"\ndenominator = \"People\"\nfactor = 100\n\
             direction = \"up\"\nperiod = \"month\"\naccountability = \"population\"\n\
             class = \"better_off\"\nrollup = \"sum\"\nperson_level = false\n\
             source = \"Example: survey {}\"\n",
            code(at),
            at % 4,
        )
    });
    all.collect()
}

/// Numbers without order, which compress badly.
struct Draws(u64);

impl Draws {
    fn below(&mut self, most: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        i64::try_from(self.0 >> 33).unwrap() % most
    }
}

fn adopted(definition: DefinitionHash) -> Adoption {
    Adoption {
        status: AdoptionStatus::Adopted,
        definition,
        audience: Audience::Network,
        reason: None,
        releases: None,
        open: None,
    }
}

/// The statements of a location about a year.
fn of_year(
    (area, year): (&str, usize),
    definitions: &[Definition],
    draws: &mut Draws,
) -> Vec<(ObservationKey, Statement)> {
    let mut stated = Vec::new();
    for (at, definition) in definitions.iter().enumerate() {
        for month in (0..MONTHS).filter(|month| month / 12 == year) {
            if at >= HEADLINE_MAX && month + 1 < MONTHS {
                continue;
            }
            let period = format!("{}-{:02}", 2023 + year, month % 12 + 1);
            let key = ObservationKey {
                indicator: definition.code.clone(),
                area: area.parse().unwrap(),
                period: period.parse().unwrap(),
                breakdown: Breakdown::Total,
            };
            let mut statement =
                Statement::without_figure(definition.hash(), Status::Normal, Audience::Network);
            let denominator = 1_000 + draws.below(9_000);
            statement.denominator = Some(denominator.into());
            statement.numerator = Some(draws.below(denominator).into());
            stated.push((key, statement));
        }
    }
    stated
}

/// A location that joins, takes part in everything and shares it.
async fn share(app: &AppHandle, number: usize, definitions: &[Definition]) {
    let letter = |at: usize| char::from(b'A' + u8::try_from(at % 26).unwrap());
    let name: String = [letter(number / 26), letter(number)].iter().collect();
    let area = format!("AREA_{name}");
    let code = kit::add_location(app, &name, &[&area]).await;
    let mut device = Device::found(app, &code).await;
    let entry = device.edit("profile", |editor| {
        definitions
            .iter()
            .try_for_each(|one| editor.put_adoption(&one.code, &adopted(one.hash())))
    });
    device.push(app, entry).await;
    // The page has shifts and news, too.
    if number < 8 {
        let fields = [
            ("condition", "Example: policies of the district council"),
            (
                "from",
                "Example: each club decided for itself, and few wrote it down",
            ),
            ("to", "Example: one rule covers all grounds of the district"),
            (
                "evidence",
                "Example: the minutes of the meeting that adopted it",
            ),
        ];
        let fields: Fields = fields
            .map(|(key, text)| (key.to_owned(), format!("{text}, {number}").as_str().into()))
            .into();
        let entry = device.edit("plan", |editor| {
            editor.put_record(
                RecordKind::Marker,
                &RecordId::from_parts(clock::now(), [1; 10]),
                Audience::Network,
                &fields,
            )
        });
        device.push(app, entry).await;
    }
    let mut draws = Draws(number as u64);
    for year in 0..MONTHS.div_ceil(12) {
        let stated = of_year((&area, year), definitions, &mut draws);
        let entry = device.edit(&format!("observations/{}", 2023 + year), |editor| {
            stated
                .iter()
                .try_for_each(|(key, one)| editor.put_observation(key, one, None))
        });
        device.push(app, entry).await;
    }
}

/// Bytes of an answer over the wire.
async fn bytes(router: &Router, path: &str) -> usize {
    let answer = response(router, path, &[("accept-encoding", "gzip")]).await;
    assert!(answer.status().is_success(), "{path}");
    to_bytes(answer.into_body(), 16 << 20).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_of_a_large_network_is_light() {
    let (_dir, app) = kit::hub().await;
    app.import_definitions(&definitions()).await.unwrap();
    let mut all = app.definitions().unwrap();
    all.retain(|one| one.code.as_str().starts_with("MADE_UP"));
    assert_eq!(all.len(), INDICATORS);
    for number in 0..LOCATIONS {
        share(&app, number, &all).await;
    }
    let guard = Arc::new(Guard::new(HOST.parse().unwrap(), &["/"], "/"));
    let router = page::protect(serve::national(&app, &super::web::site()), &guard);
    let mut assets = 0;
    for path in ASSETS {
        assets += bytes(&router, path).await;
    }
    for path in ["/", "/?places=2", "/?places=12"] {
        let page = bytes(&router, path).await;
        println!("{path}: {page} bytes, and {assets} of assets");
        assert!(page > 5_000, "{path} has {page} bytes");
        assert!(
            page + assets <= FIRST_PAGE_BYTES_MAX,
            "{path}: {page} + {assets}"
        );
    }
    let answer = response(&router, "/", &[]).await;
    let page = to_bytes(answer.into_body(), 16 << 20).await.unwrap();
    let page = String::from_utf8(page.to_vec()).unwrap();
    assert_eq!(
        page.matches("<div class=\"outcome\">").count(),
        HEADLINE_MAX
    );
    // Each of the others is one line.
    let lines = page
        .matches("<tr><th scope=\"row\"><a href=\"/indicators/MADE_UP")
        .count();
    assert_eq!(lines, INDICATORS - HEADLINE_MAX);
}
