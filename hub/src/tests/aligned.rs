//! The records from which the line of sight is made: now, as of a moment, and after a rebuild.

use std::{sync::Arc, time::Duration};

use weft_shared::{
    alignment::money::Owner,
    document::{EditError, Editor},
    model::{
        Audience,
        line::{Line, LineKey},
        record::Fields,
        schema::RecordKind,
    },
    time::Timestamp,
};

use super::records::id;
use crate::{
    app::{Aligned, AppHandle, Moment},
    kit::{self, Device},
};

pub(super) fn fields(pairs: &[(&str, &str)]) -> Fields {
    let field = |(key, text): &(&str, &str)| ((*key).to_owned(), (*text).into());
    pairs.iter().map(field).collect()
}

/// The fields of an investment of this amount.
pub(super) fn money(title: &str, amount: &str) -> Fields {
    fields(&[
        ("title", title),
        ("funder", "Example funder"),
        ("kind", "cash"),
        ("amount", amount),
        ("from", "2026-07-01"),
        ("to", "2028-06-30"),
        ("status", "committed"),
        ("source", "Example contract"),
    ])
}

pub(super) fn put_line(editor: &mut Editor<'_>, key: &str, amount: i64) -> Result<(), EditError> {
    let key: LineKey = key.parse().unwrap();
    let line = Line {
        amount: amount.into(),
        source: None,
        note: None,
    };
    editor.say(&key, &line)
}

async fn now(app: &AppHandle) -> Arc<Aligned> {
    app.counted(|at| at.aligned()).await.unwrap()
}

async fn then(app: &AppHandle, moment: Timestamp) -> Arc<Aligned> {
    let read = app.counted(move |at| at.as_of(Moment::At(moment))?.aligned());
    read.await.unwrap()
}

/// The titles of what is known, with the amounts and lines of money.
fn told(aligned: &Aligned) -> Vec<String> {
    let outcomes = aligned.recorded.outcomes.iter();
    let outcomes = outcomes.map(|one| format!("{}, {:?}", one.name, one.priority.is_some()));
    let money = aligned.recorded.investments.iter().map(|(key, one)| {
        let known = aligned.books().investment(key).unwrap();
        let lines: Vec<String> = known
            .lines
            .iter()
            .map(|one| one.least.to_string())
            .collect();
        let amount = one.amount.map(|amount| amount.to_string());
        format!("{}: {} {amount:?} {lines:?}", key.0, one.title)
    });
    outcomes.chain(money).collect()
}

/// Acceptance 5 and 8: as of yesterday is yesterday's, after a rebuild too, and what was withdrawn
/// since is gone at any moment.
#[tokio::test(flavor = "multi_thread")]
async fn records_as_of_a_moment_stay_the_same_and_lack_what_was_taken_back() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut device = Device::found(&app, &code).await;
    let of = fields(&[("name", "Example: kai"), ("priority", "yes")]);
    let entry = device.edit("plan", |editor| {
        editor.put_record(RecordKind::Outcome, &id(1), Audience::Network, &of)?;
        let gone = fields(&[("name", "Example: taken back")]);
        editor.put_record(RecordKind::Outcome, &id(2), Audience::Network, &gone)?;
        let removed = fields(&[("name", "Example: removed")]);
        editor.put_record(RecordKind::Outcome, &id(3), Audience::Network, &removed)
    });
    device.push(&app, entry).await;
    let key = format!("{}/committed/FY2027/FN/", id(4));
    let entry = device.edit("money", |editor| {
        let invested = money("Example contract", "900");
        editor.put_record(RecordKind::Investment, &id(4), Audience::Network, &invested)?;
        put_line(editor, &key, 100)
    });
    device.push(&app, entry).await;
    let before = told(&*now(&app).await);
    assert_eq!(
        before,
        [
            "Example: kai, true",
            "Example: taken back, false",
            "Example: removed, false",
            "FN: Example contract Some(\"900\") [\"100\"]",
        ]
    );
    let first = weft_host::clock::now();
    tokio::time::sleep(Duration::from_millis(2)).await;
    let entry = device.edit("plan", |editor| {
        let team = fields(&[]);
        editor.put_record(RecordKind::Outcome, &id(2), Audience::Team, &team)?;
        editor.remove_record(RecordKind::Outcome, &id(3))
    });
    device.push(&app, entry).await;
    let entry = device.edit("money", |editor| {
        let invested = fields(&[("amount", "800")]);
        editor.put_record(RecordKind::Investment, &id(4), Audience::Network, &invested)?;
        put_line(editor, &key, 150)
    });
    device.push(&app, entry).await;
    let after = [
        "Example: kai, true",
        "FN: Example contract Some(\"800\") [\"150\"]",
    ];
    assert_eq!(told(&*now(&app).await), after);
    let as_of = then(&app, first).await;
    let kept = [&before[0], &before[2], &before[3]];
    assert_eq!(told(&as_of).iter().collect::<Vec<_>>(), kept);
    assert_eq!(as_of.gone.get(&code), Some(&1), "and a line says so");
    assert!(now(&app).await.gone.is_empty());

    app.rebuild().await.unwrap();
    assert_eq!(told(&*now(&app).await), after, "after a rebuild");
    assert_eq!(told(&*then(&app, first).await), told(&as_of), "and of then");
}

/// The books are read once for a state of the hub, and again when it has moved.
#[tokio::test(flavor = "multi_thread")]
async fn the_books_are_kept_until_the_store_moves() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut device = Device::found(&app, &code).await;
    let first = now(&app).await;
    assert!(Arc::ptr_eq(&first, &now(&app).await), "one for all");
    let entry = device.edit("money", |editor| {
        let invested = money("Example contract", "900");
        editor.put_record(RecordKind::Investment, &id(4), Audience::Network, &invested)?;
        // A line for money that somebody else states is none of theirs.
        put_line(editor, &format!("{}/spent/FY2027/FN/", id(9)), 5)
    });
    device.push(&app, entry).await;
    let second = now(&app).await;
    assert!(!Arc::ptr_eq(&first, &second));
    let owners: Vec<&Owner> = second
        .recorded
        .investments
        .keys()
        .map(|key| &key.0)
        .collect();
    assert_eq!(owners, [&Owner::Location(code)]);
    assert_eq!(second.recorded.investments.len(), 1);
}
