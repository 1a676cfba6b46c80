//! Sums that a release shows as an earlier one did, and the words about those who left them.

use std::fs;

use weft_shared::{
    model::{indicator::Rows, release::ReleaseId},
    release::Manifest,
};

use super::{Scene, related::count_of};

impl Scene {
    fn left_out(&self, id: &ReleaseId, code: &str) -> String {
        let text = fs::read_to_string(self.folder(id).join("manifest.json")).unwrap();
        let manifest = Manifest::decode(&text).unwrap();
        manifest.left_out[&code.parse().unwrap()].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_that_is_kept_names_its_release_to_the_reviewer_and_to_those_who_left() {
    let mut scene = Scene::new().await;
    let first = scene.publish().await;
    // Its count would be the difference of the two sums.
    scene.agree(0, None).await;
    let id = scene.propose().await;
    let kept = scene.checked(&id).await.kept;
    let sum = format!("VAX_PRIMARY/1 2023-05 age 12+: as in {first}");
    assert_eq!(kept, [sum.as_str()]);
    let published = scene.app.publish_release(&id, "operator", None).await;
    published.unwrap();
    let why = format!(
        "it has not said yes; sums that are kept as they were in {first} have its numbers of then"
    );
    assert_eq!(scene.left_out(&id, "EC"), why);

    let why = "A slip in one count.";
    let withdrawn = scene.app.withdraw_release(&first, why, "operator").await;
    withdrawn.unwrap();
    let id = scene.propose().await;
    let kept = scene.checked(&id).await.kept;
    assert_eq!(kept, [format!("{sum}, which was withdrawn")]);
    scene.app.drop_release(&id, "operator").await.unwrap();

    // It is back, so the sum is of all four again.
    scene.agree(0, Some(Rows::Network)).await;
    let id = scene.propose().await;
    assert_eq!(scene.checked(&id).await.kept, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_of_another_indicator_stops_no_release() {
    let mut scene = Scene::new().await;
    scene.publish().await;
    let whole = count_of("ASKED", "1");
    let whole = scene.define(&whole, &["rows=locations"]).await;
    let settings = ["rows=locations", "part_of=ASKED"];
    let hash = scene.define(&count_of("SEEN", "1"), &settings).await;
    scene.counts(whole, &[("ASKED/2023/total", 60)]).await;
    scene.counts(hash, &[("SEEN/2023/total", 30)]).await;
    let out = scene.propose_of(&["ASKED"]).await;
    let published = scene.app.publish_release(&out, "operator", None).await;
    published.unwrap();
    let id = scene.propose_of(&["SEEN"]).await;
    let set = async |code: &str, setting: &str| {
        let code = code.parse().unwrap();
        let given = [setting.to_owned()];
        let set = scene.app.set_definition(&code, 1, &given);
        set.await.unwrap();
    };
    set("VAX_PRIMARY", "complete=age").await;
    assert_eq!(scene.checked(&id).await.changed, [""; 0]);
    // The count that includes it says something of it.
    set("ASKED", "complete=sex").await;
    let words = "ASKED version 1: its setting complete was changed";
    assert_eq!(scene.checked(&id).await.changed, [words]);
}
