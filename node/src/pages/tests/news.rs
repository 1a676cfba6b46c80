//! Changes at the hub, and values for the team alone beside those that the location shares.

use axum::http::StatusCode;
use weft_host::{clock, failure::Failure};
use weft_shared::{
    id::DefinitionHash,
    model::{
        Audience,
        observation::{ObservationKey, Statement, Status},
        schema::{Container, DocKind},
    },
};

use super::kit::{Form, Site};
use crate::{
    edits::observations,
    kit::Kit,
    replica::{Edit, Replica},
};

#[tokio::test]
async fn a_change_of_areas_is_news_until_somebody_has_read_it() {
    let mut kit = Kit::new();
    kit.areas_changed = Some(clock::now());
    let site = Site::of(kit).await;
    let told = "The national team changed which areas this location has";
    let (_, today) = site.get("/").await;
    assert!(today.contains(told), "{today}");
    let named = "They are now: Far North District (FAR_NORTH).";
    assert!(today.contains(named), "{today}");
    // On other pages, a banner with a button would cost people what they have typed.
    let (_, plan) = site.get("/plan").await;
    assert!(!plan.contains(told), "{plan}");
    let mut form = Form::read(&today);
    form.set("at", "1");
    site.done(&form).await;
    assert!(site.get("/").await.1.contains(told), "another change");
    site.done(&Form::read(&today)).await;
    let (_, today) = site.get("/").await;
    assert!(!today.contains(told), "{today}");
}

/// The figure `value` for the month of this test.
fn figure(value: &str, audience: Audience) -> (ObservationKey, Statement) {
    let definition = DefinitionHash::new([1; 32]);
    let statement = Statement {
        value: Some(value.parse().unwrap()),
        ..Statement::without_figure(definition, Status::Normal, audience)
    };
    let key = "VAX_PRIMARY/FAR_NORTH/2022-12/age=12%2B".parse().unwrap();
    (key, statement)
}

#[tokio::test]
async fn a_kept_answer_is_shared_as_far_as_the_other_one() {
    let site = Site::open().await;
    let states = |replica: &mut Replica| {
        let mut edit = Edit::default();
        let (key, shared) = figure("5", Audience::Released);
        observations::state(replica, &mut edit, &key, shared, None)?;
        replica.save(vec![edit], clock::now())?;
        let mut edit = Edit::default();
        let (key, kept) = figure("7", Audience::Team);
        edit.on(DocKind::Team, move |editor| {
            editor.put_text(Container::Observations, &key.to_string(), &kept.encode())
        });
        replica.save(vec![edit], clock::now())?;
        Ok::<_, Failure>(())
    };
    site.node.call(states).await.unwrap().unwrap();
    let (_, page) = site.get("/conflicts").await;
    let buttons = ["Keep 5", ", and share it with the network and its releases"];
    assert!(buttons.iter().all(|words| page.contains(words)), "{page}");
    assert!(!page.contains("share it with the network<"), "{page}");
    // The team's own value is the second answer.
    let (_, second) = page.split_once("</form>").unwrap();
    let mut form = Form::read(second);
    form.set("audience", "network");
    let (status, _) = site.post(&form).await;
    assert_eq!(
        status,
        StatusCode::INTERNAL_SERVER_ERROR,
        "no button says so"
    );
    form.set("audience", "released");
    site.done(&form).await;
    let standing = |replica: &mut Replica| {
        let (key, _) = figure("7", Audience::Released);
        let row = replica.observation(&key)?.expect("it stands");
        Ok::<_, Failure>((row.audience(), row.stated[0].statement.value))
    };
    let (audience, value) = site.node.call(standing).await.unwrap().unwrap();
    assert_eq!(audience, Audience::Released);
    assert_eq!(value.map(|value| value.to_string()).as_deref(), Some("7"));
    assert!(site.get("/conflicts").await.1.contains("No one"));
}
