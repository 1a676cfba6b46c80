//! The agenda, our line of sight, money and reviews, as a browser without scripts uses them.

use axum::http::StatusCode;

use weft_shared::{
    document::{EditError, Editor},
    model::{
        Audience,
        record::{FieldValue, Fields},
        schema::{DocKind, RecordKind},
    },
};

use super::kit::{Form, Site};
use crate::kit::{self, Kit, aligned::id};

async fn page(site: &Site, path: &str) -> String {
    let (status, page) = site.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page
}

#[tokio::test]
async fn an_item_waits_until_it_is_answered() {
    let site = Site::of(kit::aligned()).await;
    let item = format!("/agenda/{}", id(3));
    let before = page(&site, "/agenda").await;
    assert!(
        before.contains("1<span class=\"vh\"> waiting for our answer"),
        "{before}"
    );
    let shown = page(&site, &item).await;
    // A proposal has its own answers, and no other.
    for (word, offered) in [("agree", true), ("disagree", true), ("use", false)] {
        let option = format!("<option value=\"{word}\"");
        assert_eq!(shown.contains(&option), offered, "{word}");
    }
    let mut form = Form::to(&shown, &item);
    form.set("stance", "change");
    let (status, again) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.contains("href=\"#field-reason\""), "{again}");
    form.set("reason", "Example: <b>Māori</b> words");
    assert_eq!(site.done(&form).await, "/agenda?done=answered");
    let after = page(&site, &item).await;
    assert!(
        after.contains("we would change it: Example: &#60;b&#62;Māori"),
        "{after}"
    );
    assert!(
        !page(&site, "/agenda")
            .await
            .contains("waiting for our answer</span>")
    );
}

#[tokio::test]
async fn a_late_answer_to_another_location_shows_as_late_to_us() {
    let site = Site::of(kit::aligned()).await;
    let shown = page(&site, "/agenda").await;
    for said in [
        "Requests of other locations",
        "a guide</b>",
        "Late since 30 September 2025. The national team’s answer: no answer yet",
        "Answered late on 9 October 2025, after 38 days: it was due on 29 September 2025.",
        "The national team’s answer: partly: Example: a shorter one (national team)",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
}

#[tokio::test]
async fn a_question_of_our_column_is_answered_there_word_for_word() {
    let site = Site::of(kit::aligned()).await;
    let column = page(&site, "/sight?period=FY2027").await;
    for said in [
        "Example: clinics at kura",
        "NZD 120,000 committed, for this outcome and place alone (GST not stated)",
        "No figure shows the need here.",
        "not stated",
        "Money that other locations state for this place is not here",
    ] {
        assert!(column.contains(said), "{said}: {column}");
    }
    let question = "/sight/need_unknown/VAX";
    assert!(column.contains(question), "{column}");
    let mut form = Form::to(&page(&site, question).await, question);
    let (status, again) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.contains("href=\"#field-reason\""), "{again}");
    form.set("reason", "Example: we count it in 2027");
    assert_eq!(site.done(&form).await, "/sight?done=answered");
    let column = page(&site, "/sight?period=FY2027").await;
    assert!(column.contains("our explanation: Example: we count it in 2027 (team)"));
    let wrong = page(&site, "/sight?period=lately").await;
    assert!(wrong.contains("id=\"period-error\""), "{wrong}");
}

/// Adds an investment of money that is committed for a year, with these fields. Returns the address
/// that its form leads to.
async fn investment(site: &Site, fields: &[(&str, &str)]) -> String {
    let mut form = site.form("/plan/investments/add").await;
    let alike = [
        ("kind", "cash"),
        ("from", "2026-07-01"),
        ("to", "2027-06-30"),
        ("status", "committed"),
        ("audience", "network"),
    ];
    for (key, text) in alike.iter().chain(fields) {
        form.set(key, text);
    }
    site.done(&form).await
}

#[tokio::test]
async fn our_amount_and_the_networks_both_stand_and_lines_come_and_go() {
    let site = Site::of(kit::aligned()).await;
    let place = investment(
        &site,
        &[
            ("title", "Example: ours"),
            ("funder", "Example: a ministry"),
            ("amount", "100000"),
            ("identifier", "C-1"),
            ("source", "Example: our books"),
        ],
    )
    .await;
    let of = place.trim_start_matches("/plan/investments/");
    let of = of.split('?').next().unwrap().to_owned();
    let money = page(&site, "/money").await;
    for said in [
        "The national team states NZD 120,000",
        "We state NZD 100,000",
        "Both amounts are kept until you agree on one.",
        "Both amounts are kept until we agree on one.",
    ] {
        assert!(money.contains(said), "{said}: {money}");
    }
    let line = format!("/money/{of}/line");
    let mut form = Form::to(&page(&site, &line).await, &line);
    for (key, text) in [
        ("what", "committed"),
        ("period", "FY2027"),
        ("amount", "100001"),
        ("location", "FN"),
        ("outcome", "VAX"),
    ] {
        form.set(key, text);
    }
    let (status, again) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.contains("href=\"#field-amount\""), "{again}");
    form.set("amount", "60000");
    assert_eq!(site.done(&form).await, "/money?done=saved");
    let back = format!("{line}/back");
    let form = Form::to(&page(&site, "/money").await, &back);
    assert_eq!(site.done(&form).await, "/money?done=linetakenback");
    assert!(!page(&site, "/money").await.contains(&back));
    lines_say_what_they_replace(&site, &line).await;
}

/// A change of an investment is kept, also if its lines do not fit it any more: the team reads what
/// the national team reads of it.
#[tokio::test]
async fn a_change_below_the_lines_of_an_investment_is_put_to_its_team() {
    let site = Site::of(kit::aligned()).await;
    let place = investment(
        &site,
        &[
            ("title", "Example: ours alone"),
            ("funder", "Example: a trust"),
            ("amount", "100"),
            ("source", "Example: our books"),
        ],
    )
    .await;
    let record = place.split('?').next().unwrap().to_owned();
    let of = record.trim_start_matches("/plan/investments/");
    let line = format!("/money/{of}/line");
    let mut form = Form::to(&page(&site, &line).await, &line);
    for (key, text) in [
        ("what", "committed"),
        ("period", "FY2027"),
        ("amount", "60"),
        ("location", "FN"),
    ] {
        form.set(key, text);
    }
    site.done(&form).await;
    assert!(!page(&site, "/money").await.contains("To look at"));
    let mut form = site.form(&record).await;
    form.set("amount", "50");
    form.set("from", "2027-07-01");
    form.set("to", "2028-06-30");
    site.done(&form).await;
    let money = page(&site, "/money").await;
    for said in [
        "To look at: Its committed lines exceed its own amount by 10, so the rest counts as 0",
        "To look at: “Example: ours alone”: committed in the year to June 2027 at FN is of a \
         period outside the dates of its investment",
    ] {
        assert!(money.contains(said), "{said}: {money}");
    }
}

/// A line over another one, and one without a place, are told after they were saved.
async fn lines_say_what_they_replace(site: &Site, line: &str) {
    let mut form = Form::to(&page(site, line).await, line);
    for (amount, location, done) in [
        ("60000", "FN", "saved"),
        ("70000", "FN", "linereplaced"),
        ("5", "", "linenowhere"),
        ("6", "", "linereplacednowhere"),
    ] {
        for (key, text) in [
            ("what", "committed"),
            ("period", "FY2027"),
            ("amount", amount),
            ("location", location),
        ] {
            form.set(key, text);
        }
        assert_eq!(site.done(&form).await, format!("/money?done={done}"));
    }
    let column = page(site, "/sight?period=FY2027").await;
    assert!(
        column.contains("Some of our money of this period names no location"),
        "{column}"
    );
    let told = page(site, "/money?done=linenowhere").await;
    for said in [
        "No location is stated",
        "Parts that other locations state are not on this computer.",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
}

#[tokio::test]
async fn parts_that_are_more_than_their_whole_are_named_to_the_team_that_states_them() {
    let site = Site::of(kit::aligned()).await;
    investment(
        &site,
        &[
            ("title", "Example: a part"),
            ("funder", "Example: a ministry"),
            ("amount", "120030"),
            ("part_of", "C-1"),
            ("source", "Example: our books"),
        ],
    )
    .await;
    let money = page(&site, "/money").await;
    assert!(
        money.contains("are NZD 30 more than it is. Correct the amounts"),
        "{money}"
    );
    // The whole is named by its title, not by its code.
    let whole = money.split("Part of ").nth(1).unwrap_or_default();
    let whole = whole.split("</p>").next().unwrap_or_default();
    assert!(whole.ends_with("a contract"), "{whole}: {money}");
}

#[tokio::test]
async fn a_review_stands_on_its_page_with_what_was_decided() {
    let site = Site::of(kit::aligned()).await;
    let mut form = site.form("/plan/reviews/add").await;
    for (key, text) in [
        ("question", "Example: what moved?"),
        ("indicator", "VAX_PRIMARY"),
        ("period", "2026"),
        ("on", "2026-11-20"),
        ("story", "Example: a story"),
        ("decided", "Example: one more clinic"),
        ("audience", "network"),
    ] {
        form.set(key, text);
    }
    site.done(&form).await;
    let reviews = page(&site, "/reviews").await;
    for said in ["held on 20 November 2026", "one more clinic", "a story"] {
        assert!(reviews.contains(said), "{said}: {reviews}");
    }
}

fn reviewed(editor: &mut Editor<'_>) -> Result<(), EditError> {
    let fields = [
        ("question", "Example: what did all of us learn?"),
        ("period", "2026-Q3"),
        ("on", "2026-11-18"),
        ("story", "Example: the clinics knew"),
        ("decided", "Example: ask the clinics first"),
    ];
    let fields = fields.map(|(key, text)| (key.to_owned(), text.into()));
    let fields = Fields::from(fields);
    editor.put_record(RecordKind::Review, &id(1), Audience::Network, &fields)?;
    Ok(())
}

#[tokio::test]
async fn a_review_of_the_national_team_is_on_the_page_of_reviews() {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Agenda, reviewed)];
    let site = Site::of(kit).await;
    let reviews = page(&site, "/reviews").await;
    let theirs = reviews.split("Reviews of the national team").nth(1);
    let theirs = theirs.unwrap_or_default();
    for said in [
        "what did all of us learn?",
        "held on 18 November 2026",
        "ask the clinics",
    ] {
        assert!(theirs.contains(said), "{said}: {reviews}");
    }
}

fn asked(editor: &mut Editor<'_>) -> Result<(), EditError> {
    for n in 1..=5_u8 {
        let title = format!("Example: item {n}");
        let by = format!("2099-12-0{}", 6 - n);
        let mut given = vec![("type", "proposal"), ("title", title.as_str())];
        // One has no day, and waits in the menu alone.
        if n > 1 {
            given.push(("answer_by", by.as_str()));
        }
        let given = given.into_iter();
        let fields: Fields = given
            .map(|(key, text)| (key.to_owned(), text.into()))
            .collect();
        editor.put_record(RecordKind::Item, &id(n), Audience::Network, &fields)?;
    }
    Ok(())
}

#[tokio::test]
async fn today_names_the_items_that_hope_for_our_answer_soon() {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Agenda, asked)];
    let site = Site::of(kit).await;
    let today = page(&site, "/").await;
    let at = |words: &str| {
        today
            .find(words)
            .unwrap_or_else(|| panic!("{words}: {today}"))
    };
    assert!(at("item 5") < at("item 4") && at("item 4") < at("item 3"));
    at("An answer is hoped for by 1 December 2099.");
    at("1 more item waits on the agenda.");
    assert!(
        !today.contains("item 2") && !today.contains("item 1"),
        "{today}"
    );
}

/// A line of an investment begins with the places and outcomes of the whole.
#[tokio::test]
async fn a_line_begins_with_the_places_of_its_investment() {
    let site = Site::of(kit::aligned()).await;
    investment(
        &site,
        &[
            ("title", "Example: a grant"),
            ("funder", "Example: a trust"),
            ("amount", "100"),
            ("source", "Example: the trust"),
            ("locations", "FN"),
            ("outcomes", "VAX"),
        ],
    )
    .await;
    let money = page(&site, "/money").await;
    let line = money.split("href=\"/money/").nth(1).unwrap();
    let line = line.split('"').next().unwrap();
    let form = page(&site, &format!("/money/{line}")).await;
    for value in ["FN", "VAX"] {
        let input = form.split(&format!("value=\"{value}\"")).nth(1);
        let input = input.and_then(|rest| rest.split('>').next());
        assert!(
            input.is_some_and(|one| one.contains("checked")),
            "{value}: {form}"
        );
    }
}

/// A request that no one is sent says so.
#[tokio::test]
async fn a_request_that_stays_on_this_computer_says_that_no_one_has_it() {
    let site = Site::of(kit::aligned()).await;
    for (audience, says) in [("team", true), ("network", false)] {
        let mut form = site.form("/plan/opportunities/add").await;
        for (key, text) in [
            ("what", "Example: a clinic"),
            ("who", "backbone"),
            ("peers", "yes"),
            ("audience", audience),
        ] {
            form.set(key, text);
        }
        let done = site.done(&form).await;
        let unsent = done.ends_with("done=addedunsent");
        assert_eq!(unsent, says, "{audience}: {done}");
    }
}

/// More statements than two pages of the list have.
fn many(editor: &mut Editor<'_>) -> Result<(), EditError> {
    for n in 0..=200_u8 {
        let title = format!("Example: contract {n:03}");
        let fields = [
            ("title", title.as_str()),
            ("funder", "Example: a ministry"),
            ("kind", "cash"),
            ("amount", "1000"),
            ("from", "2026-07-01"),
            ("to", "2027-06-30"),
            ("status", "committed"),
            ("source", "Example: the ministry"),
        ];
        let fields = fields.map(|(key, text)| (key.to_owned(), text.into()));
        let mut fields = Fields::from(fields);
        let places = FieldValue::Set(["FN".to_owned()].into());
        fields.insert("locations".to_owned(), places);
        let kind = RecordKind::Investment;
        editor.put_record(kind, &id(n), Audience::Network, &fields)?;
    }
    Ok(())
}

#[tokio::test]
async fn the_page_of_money_lists_a_hundred_statements_at_a_time() {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Money(1), many)];
    let site = Site::of(kit).await;
    for (path, [first, last], [pages, link]) in [
        ("/money", [0, 99], ["Page 1 of 3", "page=2#theirs\">next"]),
        (
            "/money?page=2",
            [100, 199],
            ["Page 2 of 3", "page=1#theirs\">before"],
        ),
        (
            "/money?page=3",
            [200, 200],
            ["Page 3 of 3", "page=2#theirs\">before"],
        ),
        (
            "/money?page=900",
            [200, 200],
            ["Page 3 of 3", "page=2#theirs\">before"],
        ),
        (
            "/money?page=x",
            [0, 99],
            ["Page 1 of 3", "page=2#theirs\">next"],
        ),
    ] {
        let page = page(&site, path).await;
        for n in 0..=200 {
            let is_listed = page.contains(&format!("contract {n:03}"));
            assert_eq!(is_listed, (first..=last).contains(&n), "{path}: {n}");
        }
        for words in [pages, link] {
            assert!(page.contains(words), "{path}: {words}: {page}");
        }
    }
}
