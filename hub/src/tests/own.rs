//! Indicators of a location's own: their values travel, and are in no figure of the network.

use axum::http::StatusCode;
use weft_host::output::ExitCode;
use weft_shared::model::{
    Audience,
    indicator::{Definition, definitions_from_toml},
    number::Number,
    observation::{Statement, Status},
    profile::{Adoption, AdoptionStatus},
};

use super::{commands::run, web::Scene};
use crate::kit;

const OWN: &str = r#"
    [[indicator]]
    code = "FN_SWIM"
    version = 1
    name = "Example: children who can swim"
    type = "count"
    unit = "children"
    direction = "up"
    period = "month"
    accountability = "performance"
    class = "how_much"
    rollup = "sum"
    person_level = true
"#;

fn definition() -> Definition {
    definitions_from_toml(OWN).unwrap().remove(0)
}

/// States a value of the own indicator, with its definition beside it or without.
async fn state(scene: &mut Scene, is_defined: bool) {
    let definition = definition();
    if is_defined {
        let adoption = Adoption {
            status: AdoptionStatus::Adopted,
            definition: definition.hash(),
            audience: Audience::Network,
            reason: None,
            releases: None,
            open: None,
        };
        let entry = scene.device.edit("profile", |editor| {
            editor.put_definition(&definition)?;
            editor.put_adoption(&definition.code, &adoption)
        });
        scene.device.push(&scene.app, entry).await;
    }
    for area in ["NORTH", "SOUTH"] {
        let key = format!("FN_SWIM/{area}/2023-03/total").parse().unwrap();
        let statement = Statement {
            numerator: Some(Number::from(4321)),
            ..Statement::without_figure(definition.hash(), Status::Normal, Audience::Network)
        };
        let entry = scene.device.edit("observations/2023", |editor| {
            editor.put_observation(&key, &statement, None)
        });
        scene.device.push(&scene.app, entry).await;
    }
}

/// Returns the text of every page, file and command that has figures of the network.
async fn whole(scene: &Scene) -> String {
    let mut all = String::new();
    for path in [
        "/",
        "/indicators",
        "/indicators/VAX_PRIMARY",
        "/coverage",
        "/definitions",
        "/definitions.csv",
        "/coverage.csv",
        "/indicators.csv",
    ] {
        let answer = scene.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        all.push_str(&answer.body);
    }
    for path in ["/api/v1/rollups", "/api/v1/indicators", "/api/v1/missing"] {
        all.push_str(&scene.read(path).await.body);
    }
    for line in [
        &["rollup"][..],
        &["rollup", "--format", "csv"],
        &["missing"],
        &["definitions", "list"],
    ] {
        let (_, out, err) = run(&scene.app, line).await;
        all.push_str(&out);
        all.push_str(&err);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locations_own_indicator_is_in_no_figure_of_the_network() {
    for is_defined in [true, false] {
        let mut scene = Scene::new().await;
        let before = whole(&scene).await;
        state(&mut scene, is_defined).await;
        let after = whole(&scene).await;
        for told in ["FN_SWIM", "4321", "4,321", "8642", "can swim"] {
            assert!(!after.contains(told), "{told}, defined: {is_defined}");
        }
        assert!(before.contains("VAX_PRIMARY") && after.contains("VAX_PRIMARY"));
        let one = scene.get("/indicators/FN_SWIM").await;
        assert_eq!(one.status, StatusCode::NOT_FOUND);
        let only = ["rollup", "--indicator", "FN_SWIM", "--json"];
        let (code, out, err) = run(&scene.app, &only).await;
        assert!(code != ExitCode::Ok || out.trim() == "[]", "{out} {err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_network_leaves_the_codes_of_locations_to_them() {
    let scene = Scene::new().await;
    let refused = scene.app.import_definitions(OWN).await.unwrap_err();
    let said = refused.to_string();
    assert!(
        said.contains("FN_SWIM begins with the code of a location"),
        "{said}"
    );
    let other = OWN.replace("FN_SWIM", "FNS_SWIM");
    scene.app.import_definitions(&other).await.unwrap();
    // No location may be added whose own indicators these would then be.
    let add = |code: &str| {
        let code = code.parse().unwrap();
        scene
            .app
            .add_location(code, "Example".to_owned(), None, Vec::new())
    };
    let said = add("FNS").await.unwrap_err().to_string();
    assert!(said.contains("indicator FNS_SWIM begins with it"), "{said}");
    kit::add_location(&scene.app, "SWIM", &[]).await;
    // A location of old, with a code that the network had used before, may still be renamed.
    add("FN").await.unwrap();
}
