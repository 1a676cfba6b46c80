//! An observation with two breakdowns at once: its cell, its row and its page.

use axum::http::StatusCode;
use weft_shared::model::{
    Audience,
    number::Number,
    observation::{ObservationKey, Statement, Status},
    profile::{Adoption, AdoptionStatus},
};

use super::web::Scene;
use crate::figures::RollupQuery;

const CROSSED: &str = r#"
[[indicator]]
code = "WALKING"
version = 1
name = "Walks to school"
type = "proportion"
unit = "people"
numerator = "Children who walk"
denominator = "Children"
factor = 100
direction = "up"
period = "month"
accountability = "population"
class = "better_off"
rollup = "sum"
person_level = true
source = "Example"
crossed = [["age", "sex"]]
[indicator.breakdowns]
age = ["5-11", "12+"]
sex = ["female", "male"]
"#;

/// Makes a scene that reported two areas for each of two crossed parts, and one uncrossed part.
async fn scene() -> Scene {
    let mut scene = Scene::new().await;
    scene.app.import_definitions(CROSSED).await.unwrap();
    let definitions = scene.app.definitions().unwrap();
    let of_code = |code: &str| definitions.iter().find(|one| one.code.as_str() == code);
    let definition = of_code("WALKING").unwrap().hash();
    let adoption = Adoption {
        status: AdoptionStatus::Adopted,
        definition,
        audience: Audience::Network,
        reason: None,
        releases: None,
        open: None,
    };
    let entry = scene.device.edit("profile", |editor| {
        editor.put_adoption(&"WALKING".parse().unwrap(), &adoption)
    });
    scene.device.push(&scene.app, entry).await;
    for (area, part, numerator) in [
        ("NORTH", "age=12%2B,sex=female", 30),
        ("SOUTH", "age=12%2B,sex=female", 50),
        ("NORTH", "age=12%2B,sex=male", 7),
        ("SOUTH", "age=12%2B,sex=male", 8),
        ("NORTH", "age=12%2B", 37),
        ("SOUTH", "age=12%2B", 58),
    ] {
        let key: ObservationKey = format!("WALKING/{area}/2023-01/{part}").parse().unwrap();
        let statement = Statement {
            numerator: Some(numerator.into()),
            denominator: Some(100.into()),
            ..Statement::without_figure(definition, Status::Normal, Audience::Network)
        };
        let entry = scene.device.edit("observations/2023", |editor| {
            editor.put_observation(&key, &statement, None)
        });
        scene.device.push(&scene.app, entry).await;
    }
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_told_apart_in_two_ways_reach_cell_row_and_page() {
    let scene = scene().await;
    let asked = RollupQuery {
        indicator: Some("WALKING".parse().unwrap()),
        ..RollupQuery::default()
    };
    let answer = scene.app.rollup(asked).await.unwrap().unshown();
    let network = answer.figures.iter().filter(|figure| figure.is_network());
    let cells: Vec<String> = network
        .map(|figure| {
            let (cell, part) = (&figure.cell, &figure.cell.key.breakdown);
            let number = |number: Option<Number>| number.unwrap().to_string();
            let numbers = [cell.numerator, cell.denominator, cell.value].map(number);
            format!("{} {} {}", part.name(), part.value(), numbers.join(" "))
        })
        .collect();
    assert_eq!(
        cells,
        [
            "age 12+ 95 200 47.5",
            "age,sex 12+,female 80 200 40",
            "age,sex 12+,male 15 200 7.5",
        ]
    );
    // The parts may come in either order, and percent-encoded as in a URL.
    for part in [
        "age=12%2B,sex=female",
        "sex=female,age=12%2B",
        "age%3D12%2B%2Csex%3Dfemale",
    ] {
        let path = format!("/api/v1/rollups?indicator=WALKING&level=network&breakdown={part}");
        let found = scene.read(&path).await;
        assert_eq!(found.status, StatusCode::OK, "{part}: {}", found.body);
        let rows = found.json()["data"].clone();
        assert_eq!(rows.as_array().unwrap().len(), 1, "{part}");
        assert_eq!(rows[0]["breakdown"], "age,sex");
        assert_eq!(rows[0]["breakdown_value"], "12+,female");
        assert_eq!(
            (&rows[0]["numerator"], &rows[0]["n_areas"]),
            (&80.into(), &2.into())
        );
    }
    let csv = scene
        .read("/api/v1/rollups?level=all&indicator=WALKING&format=csv")
        .await;
    assert!(
        csv.body.contains(",\"age,sex\",\"12+,female\","),
        "{}",
        csv.body
    );

    let path = "/indicators/WALKING?period=2023-01&breakdown=age%3D12%2B%2Csex%3Dmale";
    let page = scene.get(path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("7.5"), "{}", page.body);
    let chosen = page.body.contains("sex=male\" selected>");
    assert!(chosen, "{}", page.body);
    let csv = path.replace("WALKING?", "WALKING.csv?level=all&");
    let csv = scene.get(&csv).await;
    assert_eq!(csv.body.lines().count(), 3, "{}", csv.body);
    let code = "WALKING".parse().unwrap();
    let typed = scene.app.typed_breakdown("sex=female,age=12+", &code);
    let (part, month) = (typed.await.unwrap(), "2023-01".parse().unwrap());
    let explained = scene.app.explain(code, month, part, None);
    assert_eq!(explained.await.unwrap().unshown().lines.len(), 2);
}
