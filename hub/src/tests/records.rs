//! Shared plans and insights: listed while shared, gone when taken back; each read is recorded.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use weft_host::clock;
use weft_shared::{
    document::Editor,
    id::RecordId,
    model::{
        Audience,
        insight::{WORDS_SALT_BYTES, Words},
        observation::Statement,
        record::{FieldValue, Fields},
        schema::RecordKind,
    },
};

use super::{
    dropped::{files, holds, titled},
    figures::{adopt, definition, observe, statement},
};
use crate::{
    app::AppHandle,
    app::Reading,
    figures::RollupQuery,
    kit::{self, Device},
    store::{StoreError, blobs, entries, logs, rosters},
};

pub(super) fn id(n: u8) -> RecordId {
    RecordId::from_parts(kit::THEN, [n; 10])
}

pub(super) async fn put_words(app: &AppHandle, device: &Device, dseq: u64, text: &str) -> Words {
    let (words, blob) = Words::salted([7; WORDS_SALT_BYTES], text);
    let (location, dix) = (device.location, device.dix);
    let stored = app.shared.store.write(move |conn| {
        let lix = rosters::lix(conn, &location)?.expect("the location has joined");
        let log = logs::log(conn, lix, dix)?;
        blobs::put(conn, log, dseq, &words.hash, &blob, clock::now())
    });
    let stored: Result<(), StoreError> = stored.await;
    stored.unwrap();
    words
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_insight_leaves_no_words_behind() {
    let (dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut device = Device::found(&app, &code).await;
    let text = "Example: what somebody said at the market";
    let words = put_words(&app, &device, 1, text).await;
    let entry = device.edit("insights/2026", |editor| {
        let fields = words.fields();
        editor.put_record(RecordKind::Insight, &id(1), Audience::Network, &fields)
    });
    device.push(&app, entry).await;
    let heard = app.insights(None).await.unwrap().unshown();
    assert_eq!(heard[0].words.as_deref(), Some(text));
    assert!(holds(&files(dir.path()), text));

    let entry = device.edit("insights/2026", |editor| {
        editor.withdraw(RecordKind::Insight, &id(1))
    });
    device.push(&app, entry).await;
    let heard = app.insights(Some(&code)).await.unwrap().unshown();
    assert!(heard[0].withdrawn && heard[0].words.is_none());
    assert_eq!(app.insight_counts().await.unwrap()["FN"], 0);
    assert!(
        !holds(&files(dir.path()), text),
        "nor in the log of changes"
    );
    // Another device that still holds the words sends them again: they stay gone.
    put_words(&app, &device, 1, text).await;
    let location = device.location;
    let sent = app.shared.store.read(move |conn| {
        let lix = rosters::lix(conn, &location)?.expect("the location has joined");
        assert_eq!(blobs::bytes(conn, lix, &words.hash)?, None);
        entries::outgoing(
            conn,
            lix,
            weft_shared::id::DeviceIndex(1),
            1,
            (usize::MAX, false),
        )
    });
    let sent: Result<_, StoreError> = sent.await;
    assert!(sent.unwrap().blobs.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_go_on_if_the_log_of_changes_cannot_be_emptied() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut device = Device::found(&app, &code).await;
    let denied = app.shared.store.write(|conn| {
        let deny = |context: AuthContext<'_>| match context.action {
            AuthAction::Pragma {
                pragma_name: "wal_checkpoint",
                ..
            } => Authorization::Deny,
            _ => Authorization::Allow,
        };
        Ok::<_, StoreError>(conn.authorizer(Some(deny))?)
    });
    denied.await.unwrap();
    let words = put_words(&app, &device, 1, "Example: taken back").await;
    let entry = device.edit("insights/2026", |editor| {
        let fields = words.fields();
        editor.put_record(RecordKind::Insight, &id(1), Audience::Network, &fields)
    });
    device.push(&app, entry).await;
    let entry = device.edit("insights/2026", |editor| {
        editor.withdraw(RecordKind::Insight, &id(1))
    });
    device.push(&app, entry).await;
    let heard = app.insights(Some(&code)).await.unwrap().unshown();
    assert!(heard[0].withdrawn && heard[0].words.is_none());
    let entry = device.edit("plan", |editor| {
        let name = FieldValue::Text("Example: water".to_owned());
        let fields = Fields::from([("name".to_owned(), name)]);
        editor.put_record(RecordKind::Outcome, &id(2), Audience::Network, &fields)
    });
    device.push(&app, entry).await;
    assert_eq!(app.plan(Some(&code)).await.unwrap().unshown().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_listed_as_shared_and_the_read_is_in_the_ledger() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut device = Device::found(&app, &code).await;
    let named = |name: &str| {
        let name = FieldValue::Text(name.to_owned());
        Fields::from([("name".to_owned(), name)])
    };
    for (n, name) in [(1, "Example: gardens"), (2, "Example: water")] {
        let fields = named(name);
        let entry = device.edit("plan", |editor| {
            editor.put_record(RecordKind::Outcome, &id(n), Audience::Network, &fields)
        });
        device.push(&app, entry).await;
    }
    let entry = device.edit("plan", |editor| {
        editor.remove_record(RecordKind::Outcome, &id(2))
    });
    device.push(&app, entry).await;
    let plan = app.plan(Some(&code)).await.unwrap();
    let plan = app
        .shown(Reading::here("plan list", "FN"), plan)
        .await
        .unwrap();
    let titles: Vec<&str> = plan.iter().map(|record| record.title.as_str()).collect();
    assert_eq!(titles, ["Example: gardens"]);
    let newest = &app.reads(1).await.unwrap()[0];
    assert_eq!(
        (
            newest.code.as_str(),
            newest.act.as_str(),
            newest.subject.as_str()
        ),
        ("FN", "plan list", "FN")
    );
}

/// Our own nodes seal this, but any device of a location can send it in the clear.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_the_team_alone_is_listed_and_counted_nowhere() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let entry = device.edit("profile", adopt(hash));
    device.push(&app, entry).await;
    let (words, _) = Words::salted([7; WORDS_SALT_BYTES], "Example: what was heard");
    for (n, audience) in [(1, Audience::Network), (2, Audience::Team)] {
        let entry = device.edit("plan", |editor| {
            let fields = titled(&format!("Example: for the {audience}"));
            editor.put_record(RecordKind::Outcome, &id(n), audience, &fields)
        });
        device.push(&app, entry).await;
        let entry = device.edit("insights/2026", |editor| {
            editor.put_record(RecordKind::Insight, &id(n), audience, &words.fields())
        });
        device.push(&app, entry).await;
        let stated = Statement {
            audience,
            ..statement(hash, 7)
        };
        let month = format!("2023-0{n}");
        let entry = device.edit("observations/2023", observe("FAR_NORTH", &month, stated));
        device.push(&app, entry).await;
    }
    let titles = async || {
        let plan = app.plan(Some(&code)).await.unwrap().unshown();
        plan.into_iter()
            .map(|record| record.title)
            .collect::<Vec<_>>()
    };
    assert_eq!(titles().await, ["Example: for the network"]);
    assert_eq!(app.insights(None).await.unwrap().unshown().len(), 1);
    assert_eq!(app.insight_counts().await.unwrap()["FN"], 1);
    let figures = app.rollup(RollupQuery::default()).await.unwrap();
    let figures = figures.unshown().figures;
    let periods: Vec<String> = figures
        .iter()
        .map(|one| one.cell.key.period.to_string())
        .collect();
    assert_eq!(periods, ["2023-01", "2023-01"]);
    // It was taken back to the team.
    let entry = device.edit("plan", |editor| {
        editor.set_audience(RecordKind::Outcome, &id(1), Audience::Team)
    });
    device.push(&app, entry).await;
    assert_eq!(titles().await, [""; 0]);
}

/// The same where two devices wrote beside each other, so that the document is read as a whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_for_the_team_counts_nowhere_in_a_year_that_two_devices_wrote() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut first = Device::found(&app, &code).await;
    let mut second = first.second(&app).await;
    let entry = first.edit("profile", adopt(hash));
    first.push(&app, entry).await;
    for (device, month, audience) in [
        (&mut first, "2023-01", Audience::Network),
        (&mut second, "2023-02", Audience::Team),
    ] {
        let stated = Statement {
            audience,
            ..statement(hash, 7)
        };
        let edit = observe("FAR_NORTH", month, stated);
        let entry = device.edit("observations/2023", edit);
        device.push(&app, entry).await;
    }
    let figures = app.rollup(RollupQuery::default()).await.unwrap();
    let figures = figures.unshown().figures;
    let periods = figures.iter().map(|one| one.cell.key.period.to_string());
    assert_eq!(periods.collect::<Vec<_>>(), ["2023-01", "2023-01"]);
    // Not even that there was one.
    let (code, month) = ("VAX_PRIMARY".parse().unwrap(), "2023-02".parse().unwrap());
    let part = "age=12+".parse().unwrap();
    let explained = app.explain(code, month, part, None).await;
    let said = explained.map(|_| ()).unwrap_err().to_string();
    assert!(said.contains("no one reported"), "{said}");
}

/// Shows a plan whose records are in two documents, which came in this order.
async fn in_two_documents(first: usize) -> Vec<String> {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut device = Device::found(&app, &code).await;
    let outcome = RecordKind::Outcome;
    for at in [first, 1 - first] {
        let document = ["plan", "plan/2"][at];
        for n in 1..=3 {
            let name = format!("Example: {n} of {document}");
            let fields = Fields::from([("name".to_owned(), FieldValue::Text(name))]);
            let entry = device.edit(document, |editor| {
                editor.put_record(outcome, &id(n), Audience::Network, &fields)
            });
            device.push(&app, entry).await;
        }
        // The first went on in the second part, the second came back from it.
        let (gone, to) = [(1, "plan/2"), (2, "plan")][at];
        let entry = device.edit(document, |editor| editor.mark_moved(outcome, &id(gone), to));
        device.push(&app, entry).await;
        app.plan(Some(&code)).await.unwrap().unshown();
    }
    for at in [first, 1 - first] {
        let document = ["insights/2025", "insights/2026"][at];
        let (words, _) = Words::salted([7; WORDS_SALT_BYTES], "Example: what was heard");
        let fields = words.fields();
        let entry = device.edit(document, |editor| {
            editor.put_record(RecordKind::Insight, &id(9), Audience::Network, &fields)?;
            match at {
                0 => editor.withdraw(RecordKind::Insight, &id(9)),
                _ => Ok(()),
            }
        });
        device.push(&app, entry).await;
        let moved = |editor: &mut Editor<'_>| {
            editor.mark_moved(RecordKind::Insight, &id(9), "insights/2026")
        };
        if at == 0 {
            let entry = device.edit(document, moved);
            device.push(&app, entry).await;
        }
        app.insights(Some(&code)).await.unwrap().unshown();
    }
    let mut shown = Vec::new();
    for rebuilt in [false, true] {
        if rebuilt {
            app.rebuild().await.unwrap();
        }
        let plan = app.plan(Some(&code)).await.unwrap().unshown();
        let titles = plan.iter().map(|record| record.title.clone());
        let heard = app.insights(Some(&code)).await.unwrap().unshown();
        let heard = heard
            .iter()
            .map(|one| format!("withdrawn {}", one.withdrawn));
        let mut now: Vec<String> = titles.chain(heard).collect();
        now.sort();
        assert!(!rebuilt || now == shown, "{now:?}");
        shown = now;
    }
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_in_two_documents_is_shown_alike_in_any_order() {
    let expected = [
        "Example: 1 of plan/2",
        "Example: 2 of plan",
        "Example: 3 of plan",
        "withdrawn true",
    ];
    for first in [0, 1] {
        assert_eq!(in_two_documents(first).await, expected, "{first}");
    }
}
