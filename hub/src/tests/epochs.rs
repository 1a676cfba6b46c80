//! Documents of an epoch that this version does not know: kept, passed on and counted, but they say
//! nothing. Nodes do not show them, so no one there could correct what they say.

use weft_shared::{
    id::DocName,
    model::{
        Audience,
        profile::{Adoption, AdoptionStatus},
        schema::{Container, RecordKind},
    },
};

use super::{
    dropped::{drop_above, operate, revoke, titled},
    figures::{adopt, definition, observe, statement},
    records::id,
};
use crate::{
    app::AppHandle,
    figures::RollupQuery,
    kit::{self, Device},
    store::{StoreError, entries, rosters},
};

fn of_epoch(epoch: u32, name: &str) -> DocName {
    DocName {
        name: name.to_owned(),
        epoch,
    }
}

/// Returns the network as figures see it.
async fn network(app: &AppHandle) -> String {
    format!("{:#?}", app.network_context().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_another_epoch_is_kept_and_passed_on_and_contests_nothing() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut admin = Device::found(&app, &code).await;
    let mut member = admin.second(&app).await;
    let entry = admin.edit("profile", adopt(hash));
    admin.push(&app, entry).await;
    let stated = |numerator| observe("FAR_NORTH", "2023-05", statement(hash, numerator));
    let entry = admin.edit("observations/2023", stated(7));
    admin.push(&app, entry).await;
    let before = app.dump().await.unwrap();
    let entry = member.edit_named(of_epoch(5, "observations/2023"), stated(50));
    member.push(&app, entry).await;
    let entry = member.edit_named(of_epoch(1, "plan"), |editor| {
        let fields = titled("Example: gardens");
        editor.put_record(RecordKind::Outcome, &id(1), Audience::Network, &fields)
    });
    member.push(&app, entry).await;
    for rebuilt in [false, true] {
        if rebuilt {
            app.rebuild().await.unwrap();
        }
        let answer = app.rollup(RollupQuery::default()).await.unwrap().unshown();
        let figures = answer.figures.iter();
        let told = figures.map(|one| (one.cell.numerator, one.cell.n_contested));
        let seven = (Some(7.into()), 0);
        assert_eq!(told.collect::<Vec<_>>(), [seven, seven], "{rebuilt}");
        assert!(app.plan(Some(&code)).await.unwrap().unshown().is_empty());
        assert_eq!(app.dump().await.unwrap(), before);
        assert_eq!(app.status().await.unwrap().newer, 2);
    }
    let (location, dix) = (member.location, member.dix);
    let sent = app.shared.store.read(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        entries::outgoing(conn, lix, dix, 1, (usize::MAX, false))
    });
    let sent: Result<_, StoreError> = sent.await;
    let sent = sent.unwrap();
    assert_eq!((sent.entries.len(), sent.voids.len()), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_of_another_epoch_adopts_and_declines_nothing() {
    let (dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut admin = Device::found(&app, &code).await;
    let mut member = admin.second(&app).await;
    let entry = admin.edit("profile", adopt(hash));
    admin.push(&app, entry).await;
    let before = network(&app).await;
    let entry = member.edit_named(of_epoch(7, "profile"), |editor| {
        let declined = Adoption {
            status: AdoptionStatus::Declined,
            definition: hash,
            audience: Audience::Network,
            reason: Some("Example: not ours".to_owned()),
            releases: None,
            open: None,
        };
        editor.put_adoption(&"VAX_PRIMARY".parse().unwrap(), &declined)
    });
    member.push(&app, entry).await;
    assert_eq!(network(&app).await, before);
    let entry = admin.edit("profile", |editor| {
        editor.put_text(Container::Names, "en", "Example: Far North")
    });
    admin.push(&app, entry).await;
    assert_eq!(network(&app).await, before);
    drop(app);
    let app = kit::reopen(dir.path()).await;
    assert_eq!(network(&app).await, before, "after a restart");
    revoke(&app, &mut admin, &member).await;
    let end = drop_above(&member, 0);
    operate(&app, &mut admin, end).await.unwrap();
    assert_eq!(network(&app).await, before, "once it is dropped");
}
