//! The answers of locations as a reviewer reads them: a refusal is not silence.

use weft_shared::model::{
    Audience,
    profile::{Adoption, AdoptionStatus},
};

use super::{Scene, checking};

/// The location says no.
async fn refuse(scene: &mut Scene, at: usize) {
    let adoption = Adoption {
        status: AdoptionStatus::Adopted,
        definition: scene.hash,
        audience: Audience::Released,
        reason: None,
        releases: None,
        open: None,
    };
    let (code, adoption) = ("VAX_PRIMARY".parse().unwrap(), adoption.refusing());
    let entry = scene.devices[at].edit("profile", |editor| editor.put_adoption(&code, &adoption));
    scene.devices[at].push(&scene.app, entry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_and_a_yes_to_the_sum_alone_are_not_silence() {
    let mut scene = Scene::new().await;
    refuse(&mut scene, 0).await;
    let id = scene.propose().await;
    let checked = scene
        .app
        .check_release(&id, "operator", checking())
        .await
        .unwrap();
    let said = [checked.consents, checked.left_out].concat().join("\n");
    assert!(said.contains("EC said no to VAX_PRIMARY"), "{said}");
    assert!(said.contains("EC: it said no"), "{said}");
    assert!(!said.contains("still to answer"), "{said}");

    scene.app.drop_release(&id, "operator").await.unwrap();
    let code = "VAX_PRIMARY".parse().unwrap();
    let set = ["rows=locations".to_owned()];
    scene.app.set_definition(&code, 1, &set).await.unwrap();
    let id = scene.propose().await;
    let checked = scene
        .app
        .check_release(&id, "operator", checking())
        .await
        .unwrap();
    let said = [checked.consents, checked.left_out].concat().join("\n");
    let sum = "FN said yes to the sum alone of VAX_PRIMARY";
    assert!(said.contains(sum), "{said}");
    assert!(said.contains("FN: it said yes to the sum alone"), "{said}");
}
