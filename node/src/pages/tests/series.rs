//! Values of several periods and versions on the pages: breaks, bases, crosses and surveys.

use axum::http::StatusCode;
use weft_shared::{
    id::IndicatorCode,
    model::{
        Audience,
        observation::{ObservationKey, Statement, Status},
        profile::{Adoption, AdoptionStatus},
        schema::DocKind,
    },
};

use super::kit::{Form, Site};
use crate::{
    edits::{decision, observations::state},
    kit::{Kit, example, now},
    replica::{Edit, Replica},
};

/// A site whose hub published the indicators of prevention, all adopted.
async fn site() -> Site {
    let site = Site::of(Kit::publishing(example("indicators-prevention.toml"))).await;
    for code in ["SMOKING", "VOLUNTEERING", "ACTIVE_COMMUTE"] {
        site.adopt_one(code, "network").await;
    }
    site
}

/// States `numerator/denominator` for years, each under the version in force, and leaves every
/// question open.
async fn enter(site: &Site, code: &str, figures: &[(&str, &str, &str)]) {
    let code: IndicatorCode = code.parse().unwrap();
    let number = |text: &str| Some(text.replace(',', "").parse().unwrap());
    let figures: Vec<_> = figures
        .iter()
        .map(|(year, numerator, denominator)| {
            let key = format!("{code}/FAR_NORTH/{year}/total");
            let key: ObservationKey = key.parse().unwrap();
            (key, number(numerator), number(denominator))
        })
        .collect();
    let entered = site.node.call(move |replica: &mut Replica| {
        let row = replica.indicator(&code).unwrap().unwrap();
        let mut edit = Edit::default();
        for (key, numerator, denominator) in figures {
            let meant = row.stating(key.period, &[], None).unwrap().hash();
            let statement = Statement {
                numerator,
                denominator,
                ..Statement::without_figure(meant, Status::Normal, Audience::Network)
            };
            state(replica, &mut edit, &key, statement, None).unwrap();
        }
        replica.save(vec![edit], now(1)).unwrap();
    });
    entered.await.unwrap();
}

async fn page(site: &Site, code: &str) -> String {
    let (status, page) = site.get(&format!("/indicators/{code}")).await;
    assert_eq!(status, StatusCode::OK);
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_break_and_a_changed_base_stand_beside_their_values() {
    let site = site().await;
    let figures = [("2013", "1,000", "10,000"), ("2018", "1,100", "10,100")];
    enter(&site, "SMOKING", &figures).await;
    enter(&site, "ACTIVE_COMMUTE", &figures).await;
    let smoking = page(&site, "SMOKING").await;
    let told = "New base from 2018: not comparable with 2013 (The 2018 census filled gaps from \
                administrative records)";
    assert!(smoking.contains(told), "{smoking}");
    assert!(
        smoking.contains("version 1: base changed in 2018: The 2018 census"),
        "{smoking}"
    );
    let commute = page(&site, "ACTIVE_COMMUTE").await;
    let told = "Not comparable with 2013 (version 1): The question changed in 2018";
    assert!(commute.contains(told), "{commute}");
    assert!(commute.contains("version 2: holds from 2018"), "{commute}");
    let (_, csv) = site.get("/indicators/ACTIVE_COMMUTE/values.csv").await;
    assert!(csv.contains("2013,1000,10000,,,,A,,,1,"), "{csv}");
    assert!(csv.contains("2018,1100,10100,,,,A,,,2,"), "{csv}");
}

#[tokio::test]
async fn the_curve_leads_with_the_age_of_its_newest_figure_and_joins_no_break() {
    let site = site().await;
    let empty = page(&site, "SMOKING").await;
    assert!(empty.contains("The curve of this location stands here once"));
    assert!(!empty.contains("class=\"plot\""), "{empty}");
    let figures = [("2013", "1,000", "10,000"), ("2018", "1,100", "10,100")];
    for code in ["SMOKING", "ACTIVE_COMMUTE", "VOLUNTEERING"] {
        enter(&site, code, &figures).await;
    }
    let smoking = page(&site, "SMOKING").await;
    let headline = |page: &str| {
        let (_, rest) = page.split_once("<h2 id=\"said\">").unwrap();
        rest.split_once("</h2>").unwrap().0.to_owned()
    };
    let said = headline(&smoking);
    // Nothing but the age depends on the day of the test.
    let (age, figure) = said.split_once(" years old: ").unwrap();
    assert!(age.starts_with("2018, "), "{said}");
    assert_eq!(figure, "10.9 %");
    assert!(smoking.contains("class=\"own loose\""), "{smoking}");
    assert!(smoking.contains(">base changed<"), "{smoking}");
    let commute = page(&site, "ACTIVE_COMMUTE").await;
    assert!(!commute.contains("<line class=\"own"), "{commute}");
    let volunteering = headline(&page(&site, "VOLUNTEERING").await);
    assert!(
        volunteering.ends_with(" years old: 10.9 %, 0.9 points more than in 2013"),
        "{volunteering}"
    );
}

#[tokio::test]
async fn growth_or_another_base_is_asked_until_it_is_answered() {
    let site = site().await;
    let figures = [
        ("2013", "1000", "10000"),
        ("2014", "1100", "12000"),
        ("2015", "1200", "14000"),
    ];
    enter(&site, "VOLUNTEERING", &figures).await;
    let asked = page(&site, "VOLUNTEERING").await;
    assert!(
        asked.contains("Check the base: 10,000 people in 2013, 12,000 now"),
        "{asked}"
    );
    assert!(
        asked.contains("Check the base: 12,000 people in 2014, 14,000 now"),
        "{asked}"
    );
    // The newest comes first: 2015 is answered as growth, 2014 as another base.
    for answer in ["growth", "base"] {
        let mut form = Form::read(&site.get("/indicators/VOLUNTEERING").await.1);
        form.set("answer", answer);
        site.done(&form).await;
    }
    let answered = page(&site, "VOLUNTEERING").await;
    assert!(!answered.contains("Check the base"), "{answered}");
    let told = "New base from 2014: not comparable with 2013";
    assert!(answered.contains(told), "{answered}");
    assert!(
        answered.contains("12,000 (9.2 %), base changed"),
        "{answered}"
    );
    let (_, csv) = site.get("/indicators/VOLUNTEERING/values.csv").await;
    assert!(
        csv.contains("2014,1100,12000,,,,B,,base; beside-10000,1,"),
        "{csv}"
    );
    assert!(
        csv.contains("2015,1200,14000,,,,A,,beside-12000; growth,1,"),
        "{csv}"
    );
}

#[tokio::test]
async fn a_newer_definition_is_named_as_what_it_is() {
    let both = example("indicators.toml") + &example("indicators-v2.toml");
    let site = Site::of(Kit::publishing(both)).await;
    let adopted = site.node.call(|replica: &mut Replica| {
        let code: IndicatorCode = "VAX_PRIMARY".parse().unwrap();
        let row = replica.indicator(&code).unwrap().unwrap();
        let adoption = Adoption {
            status: AdoptionStatus::Adopted,
            definition: row.versions.hash(1).unwrap(),
            audience: Audience::Network,
            reason: None,
            releases: None,
            open: None,
        };
        let edit = decision(replica, &code, adoption).unwrap();
        replica.save(vec![edit], now(1)).unwrap();
        let row = replica.indicator(&code).unwrap().unwrap();
        let period = "2023-05".parse().unwrap();
        row.stating(period, &[], None).map(|one| one.version)
    });
    assert_eq!(adopted.await.unwrap(), Ok(1));
    let shown = page(&site, "VAX_PRIMARY").await;
    assert!(
        shown.contains("published version 2 of the definition"),
        "{shown}"
    );
    assert!(
        shown.contains("Values are entered under version 1 at most until"),
        "{shown}"
    );
}

#[tokio::test]
async fn crosses_and_surveys_have_fields_where_they_are_asked_for() {
    let crossed = example("indicators.toml").replacen(
        "factor = 100",
        "crossed = [[\"age\", \"sex\"]]\nfactor = 100",
        1,
    );
    let crossed = crossed.replacen(
        "age = [\"12+\", \"5-11\"]",
        "age = [\"12+\", \"5-11\"]\nsex = [\"female\", \"male\"]",
        1,
    );
    let site = Site::of(Kit::publishing(crossed)).await;
    site.adopt("network").await;
    let path = "/indicators/VAX_PRIMARY/enter?from=2023-05&to=2023-05";
    let (_, plain) = site.get(path).await;
    assert!(plain.contains("age by sex</option>"), "{plain}");
    assert!(!plain.contains("age 12+, sex female"), "{plain}");
    let path = format!("{path}&cross=age%2Csex&survey=on");
    let (_, page) = site.get(&path).await;
    for heading in ["age 12+, sex female", "age 5-11, sex male"] {
        assert!(
            page.contains(&format!(">{heading}</th>")),
            "{heading}: {page}"
        );
    }
    let mut form = Form::read(&page.replace("method=\"get\"", ""));
    let key = "VAX_PRIMARY/FAR_NORTH/2023-05/age=12%2B,sex=female";
    for (field, value) in [("v", "80.5"), ("l", "78"), ("u", "83.25")] {
        form.set(&format!("{field}:{key}"), value);
    }
    let place = site.done(&form).await;
    assert!(
        place.contains("survey=on") && place.contains("cross=age%2Csex"),
        "{place}"
    );
    let (_, csv) = site.get("/indicators/VAX_PRIMARY/values.csv").await;
    let row = "\"age,sex\",\"12+,female\",2023-05,,,80.5,78,83.25,A,,,1,";
    assert!(csv.contains(row), "{csv}");
    form.set(&format!("u:{key}"), "79");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("80.5 is not between 78 and 79"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_answers_are_counted_and_figures_of_notes_are_grouped() {
    let site = site().await;
    enter(&site, "SMOKING", &[("2022", "48,950", "60,463")]).await;
    let said = site.node.call(|replica: &mut Replica| {
        let rows = replica.observations(|_| true).unwrap();
        let (key, first) = (rows[0].key.clone(), rows[0].stated[0].statement.clone());
        let other = |numerator: i64| Statement {
            numerator: Some(numerator.into()),
            ..first.clone()
        };
        let mut edit = Edit::default();
        state(
            replica,
            &mut edit,
            &key,
            first.clone(),
            Some("checked".to_owned()),
        )
        .unwrap();
        replica.save(vec![edit], now(2)).unwrap();
        let mut edit = Edit::default();
        state(replica, &mut edit, &key, other(48_951), None).unwrap();
        for (part, numerator) in [(2, 48_952), (3, 48_953)] {
            let (key, statement) = (key.clone(), other(numerator));
            edit.on(DocKind::Observations(2022, part), move |editor| {
                editor.put_observation(&key, &statement, None)
            });
        }
        replica.save(vec![edit], now(3)).unwrap();
    });
    said.await.unwrap();
    let page = page(&site, "SMOKING").await;
    assert!(page.contains(">3 answers</a>"), "{page}");
    assert!(
        page.contains("written for 48,950 of 60,463: checked"),
        "{page}"
    );
    let (_, grid) = site
        .get("/indicators/SMOKING/enter?from=2022&to=2022")
        .await;
    assert!(grid.contains(">3 answers</a>"), "{grid}");
}
