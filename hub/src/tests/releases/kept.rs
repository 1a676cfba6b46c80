//! Sums that a release shows as an earlier one did, and the words about those who left them.

use std::fs;

use weft_shared::{
    id::LocationCode,
    model::{indicator::Rows, release::ReleaseId},
    release::{Manifest, Proof},
};

use super::{CODES, Scene, related::count_of};
use crate::store::{releases, rosters};

impl Scene {
    fn left_out(&self, id: &ReleaseId, code: &str) -> String {
        let text = fs::read_to_string(self.folder(id).join("manifest.json")).unwrap();
        let manifest = Manifest::decode(&text).unwrap();
        manifest.left_out[&code.parse().unwrap()].clone()
    }

    /// The last proof that one of the locations is sent.
    async fn last_proof(&self, at: usize) -> Proof {
        let code: LocationCode = CODES[at].0.parse().unwrap();
        let found = self.app.read(move |at| {
            let id = at.place(&code).and_then(|place| place.location_id);
            let lix = rosters::lix(at.conn, &id.unwrap())?.unwrap();
            let (mut after, mut last) = (0, None);
            while let Some(sent) = releases::proof_after(at.conn, lix, after)? {
                (after, last) = (sent.n, Proof::unpack(&sent.bytes));
            }
            Ok(last)
        });
        found.await.unwrap().expect("there is one")
    }

    fn text(&self, id: &ReleaseId, name: &str) -> String {
        fs::read_to_string(self.folder(id).join(name)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_sum_is_named_in_the_files_and_proven_to_those_with_numbers_in_it() {
    let mut scene = Scene::new().await;
    let first = scene.publish().await;
    assert!(!scene.text(&first, "README.txt").contains("Kept: "));
    scene.agree(0, None).await;
    let second = scene.publish().await;
    // EC left, and three others stay: the sum has numbers of then of each.
    for (at, counted) in [(0, 0), (1, 1), (2, 1), (3, 1)] {
        let proof = scene.last_proof(at).await;
        assert_eq!((&proof.release, proof.counted.len()), (&second, counted));
        let [kept] = proof.kept.as_slice() else {
            panic!("{:?}", proof.kept);
        };
        assert_eq!(kept.release, first);
        let shown = |row: &weft_shared::release::ReleaseRow| row == &kept.row;
        assert!(proof.rows.unwrap().iter().any(shown), "{:?}", kept.row);
        assert_eq!(kept.row.n_locations, Some(4));
    }
    let readme = scene.text(&second, "README.txt");
    let line = format!("2023-05 age 12+: as in {first}. Too few locations joined or left since");
    assert!(
        readme.contains("\nKept: ") && readme.contains(&line),
        "{readme}"
    );
    let changes = scene.text(&second, "CHANGES.csv");
    let kept: Vec<&str> = changes.lines().skip(1).collect();
    assert!(
        kept[0].starts_with(&format!("kept,,,,,{first},")),
        "{changes}"
    );
    assert_eq!(kept.len(), 1, "{changes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_that_is_kept_from_another_dataset_is_in_the_list_of_changes() {
    let mut scene = Scene::new().await;
    let first = scene.publish().await;
    scene.agree(0, None).await;
    let other = crate::release::NewRelease {
        dataset: "children".parse().unwrap(),
        ..super::new_release()
    };
    let id = scene.app.propose_release(other, "operator").await;
    let id = id.unwrap().id;
    let published = scene.app.publish_release(&id, "operator", None).await;
    published.unwrap();
    let changes = scene.text(&id, "CHANGES.csv");
    let kept: Vec<&str> = changes.lines().skip(1).collect();
    let [line] = kept.as_slice() else {
        panic!("{changes}");
    };
    assert!(line.starts_with(&format!("kept,,,,,{first},")), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_left_the_network_is_sent_the_sums_that_have_its_numbers() {
    let mut scene = Scene::new().await;
    let first = scene.publish().await;
    scene.agree(0, None).await;
    let second = scene.propose().await;
    // EC was not in the network any more when the release was proposed.
    let forget = scene.app.shared.store.write(|tx| {
        let sql = "UPDATE releases SET plan = json_remove(plan, '$.places.EC')";
        Ok::<_, crate::store::StoreError>(tx.execute(sql, [])?)
    });
    forget.await.unwrap();
    let published = scene.app.publish_release(&second, "operator", None).await;
    published.unwrap();
    let proof = scene.last_proof(0).await;
    assert_eq!((&proof.release, proof.counted.len()), (&second, 0));
    let kept: Vec<_> = proof.kept.iter().map(|one| &one.release).collect();
    assert_eq!(kept, [&first]);
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
async fn the_hash_of_a_check_covers_who_is_left_out() {
    let mut scene = Scene::new().await;
    scene.publish().await;
    let id = scene.propose().await;
    let checked = scene.checked(&id).await.rows_hash;
    // EC takes its yes back: the sum stays as it was shown, and is a kept one.
    scene.agree(0, None).await;
    assert_ne!(scene.checked(&id).await.rows_hash, checked);
    let published = scene
        .app
        .publish_release(&id, "operator", Some(&checked))
        .await;
    let refused = super::refused(published);
    assert!(refused.contains("not what was checked"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joins_alone_hears_that_the_sum_is_that_of_before() {
    let mut scene = Scene::new().await;
    scene.agree(0, None).await;
    let first = scene.publish().await;
    scene.agree(0, Some(Rows::Network)).await;
    let second = scene.publish().await;
    let proof = scene.last_proof(0).await;
    assert_eq!((&proof.release, proof.counted.len()), (&second, 1));
    let kept: Vec<_> = proof
        .kept
        .iter()
        .map(|one| (&one.release, one.row.n_locations))
        .collect();
    assert_eq!(kept, [(&first, Some(3))]);
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
