//! Groups of one indicator: they come as its definition declares them, on every page.

use proptest::prelude::*;
use weft_shared::model::observation::Breakdown;

use super::{super::web::Scene, page};
use crate::{
    figures::{Figure, RollupQuery, rows::Place},
    kit,
    tests::figures::statement,
};

const GROUPS: [&str; 7] = [
    "total",
    "age=5-9",
    "age=10-14",
    "age=65+",
    "band=Low",
    "band=High",
    "age=10-14,band=Low",
];

async fn scene() -> Scene {
    let mut scene = Scene::new().await;
    let wide = kit::DEFINITIONS.replace("VAX_PRIMARY", "WIDE").replace(
        "age = [\"12+\", \"5-11\"]",
        "age = [\"*\"]\nband = [\"Low\", \"High\"]",
    );
    let wide = wide.replace(
        "factor = 100",
        "factor = 100\ncrossed = [[\"age\", \"band\"]]",
    );
    scene.app.import_definitions(&wide).await.unwrap();
    let definitions = scene.app.definitions().unwrap();
    let hash = definitions.iter().find(|one| one.code.as_str() == "WIDE");
    let hash = hash.unwrap().hash();
    for (at, group) in (1..).zip(GROUPS) {
        let group = Breakdown::from_typed(group, ["age", "band"]).unwrap().key();
        for period in ["2023-01", "2023-02"] {
            let key = format!("WIDE/NORTH/{period}/{group}");
            let key = key.parse().unwrap();
            let said = statement(hash, at);
            let entry = scene.device.edit("observations/2023", |editor| {
                editor.put_observation(&key, &said, None)
            });
            scene.device.push(&scene.app, entry).await;
        }
    }
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_come_as_declared_and_pages_together_are_the_whole() {
    let scene = scene().await;
    let query = RollupQuery {
        indicator: Some("WIDE".parse().unwrap()),
        ..RollupQuery::default()
    };
    let rows = async |after, most| page(&scene.app, &query, after, most).await;
    let whole = rows(None, usize::MAX).await;
    let told = |rows: &[Figure]| -> Vec<_> { rows.iter().map(Figure::key).collect() };
    let mut groups: Vec<String> = whole.iter().map(|one| one.key().breakdown).collect();
    groups.dedup();
    assert_eq!(groups, [GROUPS, GROUPS].concat());
    for most in 1..whole.len() {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let next = rows(after.take(), most).await;
            let Some(last) = next.last() else { break };
            after = Some(last.key());
            found.extend(next);
            assert!(found.len() <= whole.len(), "by {most}");
        }
        assert_eq!(told(&found), told(&whole), "by {most}");
    }
}

proptest! {
    #[test]
    fn no_two_groups_have_one_place(
        parts in prop::collection::vec(("[a-c]{1,2}", "[a-z0-9 ,+=-]{1,6}"), 2..5),
    ) {
        let groups: Vec<Breakdown> = parts
            .iter()
            .filter(|(name, value)| Breakdown::is_usable(name, value))
            .map(|(name, value)| Breakdown::by(name, value))
            .collect();
        for one in &groups {
            for other in &groups {
                let order = Place::of(None, one).cmp(&Place::of(None, other));
                prop_assert_eq!(order.is_eq(), one == other);
            }
        }
    }
}
