//! The page Sharing, and what would go out of values where their audience is chosen.

use axum::http::StatusCode;
use weft_host::{clock, failure::Failure};
use weft_shared::{
    document::{EditError, Editor},
    id::RosterHash,
    model::{
        Audience,
        indicator::Rows,
        number::Number,
        observation::{ObservationKey, Statement, Status},
        reader::{NEW_READER_MS, Reader, ReaderRole},
        release::{Notice, ReleaseState},
        schema::{Container, DocKind},
    },
    release::{Heights, Proof, Salt},
};

use super::kit::{Form, Site};
use crate::{
    edits::observations,
    kit::{Kit, example, notice, unsigned_reads},
    replica::{DocumentError, Edit, Replica},
    store::proofs,
};

fn name_readers(editor: &mut Editor<'_>) -> Result<(), EditError> {
    let now = clock::now();
    let reader = |organisation: &str, since| Reader {
        roles: [ReaderRole::National].into(),
        organisation: organisation.to_owned(),
        name: None,
        purpose: Some("Example: the yearly report".to_owned()),
        since,
        until: None,
    };
    let gone = Reader {
        name: Some("Example person".to_owned()),
        until: Some(now),
        purpose: None,
        ..reader("Example office", now)
    };
    let known = reader("Example ministry", now.plus_ms(-NEW_READER_MS));
    let readers = [(1, known), (2, reader("Example trust", now)), (3, gone)];
    readers.iter().try_for_each(|(number, reader)| {
        editor.put_text(Container::Readers, &number.to_string(), &reader.encode())
    })
}

#[tokio::test]
async fn who_may_read_is_on_the_page_and_a_new_reader_is_marked() {
    let (_, page) = Site::open().await.get("/sharing").await;
    assert!(page.contains("The hub has named no one"), "{page}");
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Readers, name_readers)];
    let (status, page) = Site::of(kit).await.get("/sharing").await;
    assert_eq!(status, StatusCode::OK);
    for words in [
        "reader 2, Example trust <span class=\"chip line\">new</span>",
        "reader 1, Example ministry</th>",
        "Example person, Example office</th>",
        "reads nothing any more",
        "no read has come here yet",
        "national team: reads what you share with the network",
        "Example: the yearly report",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

/// States a figure of Far North for December 2022.
async fn state(site: &Site, numerator: i64, audience: Audience) {
    let states = move |replica: &mut Replica| {
        let rows = replica.indicators()?;
        let row = rows
            .iter()
            .find(|row| row.definition.code.as_str() == "VAX_PRIMARY");
        let definition = row.expect("it is published").definition.hash();
        let statement = Statement {
            numerator: Some(numerator.into()),
            denominator: Some(1_200.into()),
            ..Statement::without_figure(definition, Status::Normal, audience)
        };
        let key: ObservationKey = "VAX_PRIMARY/FAR_NORTH/2022-12/age=12%2B".parse().unwrap();
        let mut edit = Edit::default();
        observations::state(replica, &mut edit, &key, statement, None)?;
        replica.save(vec![edit], clock::now())?;
        Ok::<_, Failure>(())
    };
    site.node.call(states).await.unwrap().unwrap();
}

async fn says(site: &Site, words: &str) {
    let (_, page) = site.get("/indicators/VAX_PRIMARY/decide").await;
    let page: Vec<&str> = page.split_whitespace().collect();
    let page = page.join(" ");
    assert!(page.contains(words), "{words}: {page}");
}

#[tokio::test]
async fn a_team_reads_what_would_go_out_where_it_chooses_the_audience() {
    let site = Site::open().await;
    says(
        &site,
        "You have no value yet. One for releases would be added into the sum of the network’s",
    )
    .await;
    state(&site, 300, Audience::Network).await;
    says(
        &site,
        "None of your values is for releases, so none goes out.",
    )
    .await;
    says(
        &site,
        "1 value has a narrower audience, and is in no release.",
    )
    .await;
    state(&site, 300, Audience::Released).await;
    let sum = "Only the sum of the network’s locations: your 300 of 1,200 for December 2022, age \
               12+, is added in and not shown by itself.";
    says(&site, sum).await;

    let code = "code = \"VAX_PRIMARY\"\n";
    let definitions = example("indicators.toml");
    let definitions = definitions.replacen(code, &format!("{code}rows = \"locations\"\n"), 1);
    let kit = Kit::publishing(definitions);
    let site = Site::of(kit).await;
    state(&site, 300, Audience::Released).await;
    let row = "A row with your name: between 298 and 302 of between 1,198 and 1,202 for December \
               2022, age 12+.";
    says(&site, row).await;
    says(&site, "This holds for periods that are not released yet.").await;
    state(&site, 3, Audience::Released).await;
    says(
        &site,
        "A row with your name, which is empty for December 2022, age 12+,",
    )
    .await;
}

fn announce(editor: &mut Editor<'_>) -> Result<(), EditError> {
    let text = notice(Rows::Network).encode();
    editor.put_text(Container::Notices, "vaccination/2026.1", &text)
}

async fn yes_of(site: &Site) -> Option<Rows> {
    let read = |replica: &mut Replica| {
        let rows = replica.indicators()?;
        let mut rows = rows.iter().filter_map(|row| row.adopted());
        Ok::<_, DocumentError>(rows.find_map(|one| one.releases))
    };
    site.node.call(read).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_team_says_yes_to_a_release_on_the_page_and_takes_it_back() {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Releases, announce)];
    let site = Site::of(kit).await;
    let (_, page) = site.get("/sharing").await;
    assert!(
        page.contains("None of the indicators in it is yours."),
        "{page}"
    );
    site.adopt("network").await;
    let (_, page) = site.get("/sharing").await;
    for words in [
        "vaccination/2026.1, may go out from 11 December 2026",
        "no answer yet, so your figures stay out",
        "Only values for the network’s releases go out",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let mut form = Form::to(&page, "/sharing/releases");
    form.set("answer", "sum");
    site.done(&form).await;
    assert_eq!(yes_of(&site).await, Some(Rows::Network));
    let (_, page) = site.get("/sharing").await;
    let mut form = Form::to(&page, "/sharing/releases");
    form.set("answer", "no");
    let place = site.done(&form).await;
    assert_eq!(yes_of(&site).await, None);
    let (_, page) = site.get(&place).await;
    assert!(page.contains("Your no holds once the hub has it"), "{page}");
    let (_, page) = site.get("/sharing").await;
    assert!(page.contains("no, which waits on this computer"), "{page}");
    form.set("answer", "perhaps");
    assert_eq!(site.post(&form).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_alarm_about_the_ledger_is_accepted_with_a_reason_and_never_without() {
    let site = Site::open().await;
    let take = |replica: &mut Replica| replica.take_reads(&unsigned_reads()).unwrap();
    site.node.call(take).await.unwrap();
    let address = "/sharing/ledger";
    let (_, page) = site.get("/sharing").await;
    assert!(page.contains("does not verify"), "{page}");
    let mut form = Form::to(&page, address);
    form.set("reason", "ok");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
    assert!(page.contains("The reason has 2 characters"), "{page}");
    let mut form = Form::to(&page, address);
    form.set("reason", "Example: <b>restored</b>, they said by phone");
    let place = site.done(&form).await;
    let (_, page) = site.get(&place).await;
    assert!(!page.contains(address), "{page}");
    for words in [
        "Accepted, and kept with your reason",
        "Device 1",
        "they said by phone",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("<b>restored"), "{page}");
    // A form of a page that was open meanwhile does nothing more.
    assert_eq!(site.post(&form).await.0, StatusCode::SEE_OTHER);
}

/// A release that is announced, and six that went out, which were all proposed later.
fn announce_among_others(editor: &mut Editor<'_>) -> Result<(), EditError> {
    announce(editor)?;
    for n in 1..=6 {
        let notice = Notice {
            title: "Example: another".to_owned(),
            proposed: "2026-11-28".parse().unwrap(),
            due: "2026-11-28".parse().unwrap(),
            state: ReleaseState::Dropped,
            ..notice(Rows::Network)
        };
        let id = format!("another/2026.{n}");
        editor.put_text(Container::Notices, &id, &notice.encode())?;
    }
    Ok(())
}

#[tokio::test]
async fn an_announced_release_is_always_on_the_page_and_needs_a_person_on_today() {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Releases, announce_among_others)];
    let site = Site::of(kit).await;
    site.adopt("released").await;
    let (_, page) = site.get("/sharing").await;
    let at = |words: &str| {
        page.find(words)
            .unwrap_or_else(|| panic!("{words}: {page}"))
    };
    assert!(at("vaccination/2026.1") < at("another/2026.6"));
    assert!(at("another/2026.6") < at("another/2026.2"));
    assert!(!page.contains("another/2026.1,"), "{page}");
    assert!(page.contains("1 more: <code>weft-node release list"));
    assert!(!page.contains("Your answers for releases to come"));

    let named = "vaccination may go out from 11 December 2026";
    let (_, today) = site.get("/").await;
    let words = format!("{named}: say yes or no");
    assert!(today.contains(&words), "{today}");
    assert!(!today.contains("Nothing waits for you"), "{today}");
    let mut form = Form::to(&page, "/sharing/releases");
    form.set("answer", "sum");
    site.done(&form).await;
    let (_, today) = site.get("/").await;
    assert!(today.contains(&format!("{named} with your figures")));
    form.set("answer", "no");
    site.done(&form).await;
    let (_, today) = site.get("/").await;
    assert!(!today.contains(named), "{today}");
}

fn announce_open(editor: &mut Editor<'_>) -> Result<(), EditError> {
    let notice = Notice {
        open: true,
        ..notice(Rows::Locations)
    };
    editor.put_text(Container::Notices, "vaccination/2026.1", &notice.encode())
}

#[tokio::test]
async fn a_team_lets_anybody_read_a_release_on_the_page() {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Releases, announce_open)];
    let site = Site::of(kit).await;
    site.adopt("released").await;
    let (_, page) = site.get("/sharing").await;
    let mut form = Form::to(&page, "/sharing/releases");
    form.set("answer", "rows");
    site.done(&form).await;
    let (_, page) = site.get("/sharing").await;
    for words in [
        "yes, but not for anybody to read",
        "Yes, show your row of VAX_PRIMARY, for anybody to read",
        "Take your yes to VAX_PRIMARY back",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains("value=\"rows-open\""), "{page}");
    form.set("answer", "rows-open");
    site.done(&form).await;
    let open = |replica: &mut Replica| {
        let rows = replica.indicators()?;
        let mut rows = rows.iter().filter_map(|row| row.adopted());
        Ok::<_, DocumentError>(rows.find_map(|one| one.open))
    };
    let said = site.node.call(open).await.unwrap().unwrap();
    assert_eq!(
        (yes_of(&site).await, said),
        (Some(Rows::Locations), Some(true))
    );
    let (_, page) = site.get("/sharing").await;
    assert!(!page.contains("value=\"rows-open\""), "{page}");
    // A yes to less, from a page that was open meanwhile, takes nothing back.
    form.set("answer", "sum");
    site.done(&form).await;
    let said = site.node.call(open).await.unwrap().unwrap();
    assert_eq!(
        (yes_of(&site).await, said),
        (Some(Rows::Locations), Some(true))
    );
}

#[tokio::test]
async fn a_team_takes_its_yes_back_while_no_release_is_announced() {
    let site = Site::open().await;
    site.adopt("released").await;
    let (_, page) = site.get("/sharing").await;
    assert!(!page.contains("action=\"/sharing/releases\""), "{page}");
    let say_yes = |replica: &mut Replica| {
        let rows = replica.indicators()?;
        let mut rows = rows.into_iter();
        let row = rows.find(|row| row.adopted().is_some()).unwrap();
        let yes = weft_shared::model::profile::Adoption {
            releases: Some(Rows::Locations),
            ..row.adopted().unwrap().clone()
        };
        let edit = crate::edits::decision(replica, &row.definition.code, yes)?;
        replica.save(vec![edit], clock::now())?;
        Ok::<_, Failure>(())
    };
    site.node.call(say_yes).await.unwrap().unwrap();
    let (_, page) = site.get("/sharing").await;
    assert!(
        page.contains("yes, in a row with your name and in the network’s sum"),
        "{page}"
    );
    let mut form = Form::to(&page, "/sharing/releases");
    form.set("answer", "no");
    site.done(&form).await;
    assert_eq!(yes_of(&site).await, None);
    let (_, page) = site.get("/sharing").await;
    assert!(page.contains("Yes, add your VAX_PRIMARY to the sum"));
}

/// A proof with a row of ours with this value, or a withheld one.
fn proof(value: Option<i64>) -> Proof {
    let is_shown = value.is_some();
    let row = serde_json::json!({
        "level": "location", "indicator_code": "VAX_PRIMARY", "indicator_name": "Primary course",
        "indicator_name_mi": null, "definition_version": 1, "location_code": "FN",
        "location_name": "Far North", "area_code": null, "area_name": null, "freq": "month",
        "period": "2022-12", "period_start": "2022-12-01", "period_end": "2022-12-31",
        "breakdown": "age", "breakdown_value": "12+", "value": value.map(Number::from),
        "unit": "percent", "numerator": null, "denominator": null, "obs_status": "A",
        "conf_status": if is_shown { "F" } else { "C" },
        "status_reason": if is_shown { None } else { Some("withheld") },
        "n_locations": 1, "n_expected": 1, "n_areas": 1, "n_areas_expected": 1,
        "base_changed": false, "lower": null, "upper": null,
    });
    Proof {
        release: "vaccination/2026.1".parse().unwrap(),
        code: "FN".parse().unwrap(),
        roster: RosterHash::new([1; 32]),
        heights: Heights::new(),
        salt: Salt::new([1; 32]),
        counted: Vec::new(),
        left_out: Vec::new(),
        rows: Some(vec![serde_json::from_value(row).unwrap()]),
        kept: Vec::new(),
    }
}

#[tokio::test]
async fn the_value_stands_beside_its_figure_as_analysts_see_it_and_so_does_its_absence() {
    for (value, cell) in [
        (Some(76), "76"),
        (None, "<span class=\"quiet\">withheld</span>"),
    ] {
        let site = Site::open().await;
        let put = move |replica: &mut Replica| {
            let bytes = proof(value).pack();
            let id = "vaccination/2026.1";
            replica
                .store()
                .write(move |db| proofs::put(db, 1, id, &bytes))
        };
        site.node.call(put).await.unwrap().unwrap();
        let (_, page) = site.get("/sharing/analyst").await;
        let words: Vec<&str> = page.split_whitespace().collect();
        let beside = format!("us, 2022-12, age 12+</span></th><td class=\"num\">{cell}</td>");
        assert!(words.join(" ").contains(&beside), "{beside}: {page}");
    }
}
