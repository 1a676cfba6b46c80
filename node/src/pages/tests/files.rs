//! The import page: nothing is saved before it was shown and confirmed, and an import is taken
//! back.

use axum::http::StatusCode;

use super::kit::{Form, Site};

const HEAD: &str =
    "indicator_code,area_code,period,breakdown,breakdown_value,numerator,denominator\n";

fn row(period: &str, numerator: &str) -> String {
    format!("VAX_PRIMARY,FAR_NORTH,{period},age,12+,{numerator},60000\n")
}

/// Sends a file, and returns the address of its page.
async fn chosen(site: &Site, name: &str, text: &str) -> String {
    let (status, place) = site.upload(name, text.as_bytes()).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{place}");
    place
}

async fn page(site: &Site, path: &str) -> String {
    let (status, page) = site.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page
}

/// Returns the form that saves the file of a page.
fn saves(page: &str, place: &str) -> Form {
    Form::to(page, &format!("{place}/save"))
}

#[tokio::test]
async fn a_file_is_shown_confirmed_saved_and_taken_back() {
    let site = Site::open().await;
    site.adopt("network").await;
    let other = "VAX_PRIMARY,ELSEWHERE,2022-12,age,12+,5,10\n";
    let text = [
        HEAD,
        &row("2022-12", "51000"),
        &row("2023-01", "51200"),
        other,
    ]
    .concat();
    let place = chosen(&site, "figures.csv", &text).await;
    let shown = page(&site, &place).await;
    for told in [
        "figures.csv: 3 rows, of which 1 row of other places are left out",
        "<b>2</b> new",
        "51,000 of 60,000 (85.0\u{a0}%)",
        "December 2022",
        "Import 2 rows",
        "ELSEWHERE",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    // Nothing is saved by looking.
    let curve = page(&site, "/indicators/VAX_PRIMARY").await;
    assert!(!curve.contains("51,200"), "{curve}");
    let done = site.done(&saves(&shown, &place)).await;
    assert!(done.starts_with("/import?done=imported"), "{done}");
    let list = page(&site, &done).await;
    assert!(
        list.contains("figures.csv: 2 values were imported."),
        "{list}"
    );
    let curve = page(&site, "/indicators/VAX_PRIMARY").await;
    assert!(curve.contains("51,200"), "{curve}");
    // The file waits no more, and says so.
    let (status, gone) = site.get(&place).await;
    assert_eq!(status, StatusCode::GONE);
    assert!(gone.contains("Choose the file again"), "{gone}");
    // The same file again changes nothing.
    let again = chosen(&site, "figures.csv", &text).await;
    let shown = page(&site, &again).await;
    assert!(shown.contains("<b>2</b> the same as saved"), "{shown}");
    assert!(shown.contains("here already"), "{shown}");
    assert!(!shown.contains("Import 0"), "{shown}");

    let undo = Form::to(&list, "/import/undo");
    let done = site.done(&undo).await;
    assert!(done.starts_with("/import?done=takenback"), "{done}");
    let list = page(&site, &done).await;
    assert!(list.contains("2 values are taken out"), "{list}");
    let curve = page(&site, "/indicators/VAX_PRIMARY").await;
    assert!(!curve.contains("51,200"), "{curve}");
    // Sent twice, it says that it is done.
    let (status, again) = site.post(&undo).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.contains("taken back already"), "{again}");
}

#[tokio::test]
async fn rows_with_problems_are_named_and_left_out_only_if_somebody_says_so() {
    let site = Site::open().await;
    site.adopt("network").await;
    let text = [
        HEAD,
        &row("2022-12", "51000"),
        &row("20018", "1"),
        &row("2023-01", "70000"),
    ];
    let place = chosen(&site, "figures.csv", &text.concat()).await;
    let shown = page(&site, &place).await;
    for told in [
        "2 rows need",
        "Row 3:",
        "Row 4:",
        "Leave out the 2 rows, import 1",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let (status, csv) = site.get(&format!("{place}/problems")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(csv.lines().count(), 3, "{csv}");
    site.done(&saves(&shown, &place)).await;
    let curve = page(&site, "/indicators/VAX_PRIMARY").await;
    assert!(
        curve.contains("51,000") && !curve.contains("70,000"),
        "{curve}"
    );
}

#[tokio::test]
async fn a_question_about_a_figure_is_answered_before_the_file_is_saved() {
    let site = Site::open().await;
    site.adopt("network").await;
    let text = [HEAD, &row("2022-12", "51000"), &row("2023-01", "5100")].concat();
    let place = chosen(&site, "figures.csv", &text).await;
    let shown = page(&site, &place).await;
    let mut form = saves(&shown, &place);
    let (status, refused) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert!(refused.contains("<title>Error: "), "{refused}");
    for (name, word) in [("confirm-tenfold", "tenfold"), ("confirm-jump", "jump")] {
        if refused.contains(&format!("href=\"#{name}\"")) {
            form.set(name, word);
        }
    }
    let done = site.done(&form).await;
    assert!(done.starts_with("/import?done=imported"), "{done}");
}

#[tokio::test]
async fn what_changed_meanwhile_is_shown_before_it_is_saved() {
    let site = Site::open().await;
    site.adopt("network").await;
    let text = [HEAD, &row("2022-12", "51000")].concat();
    let place = chosen(&site, "figures.csv", &text).await;
    let form = saves(&page(&site, &place).await, &place);
    // Another window imports another figure of the same month first.
    let other = chosen(
        &site,
        "other.csv",
        &[HEAD, &row("2022-12", "50000")].concat(),
    )
    .await;
    site.done(&saves(&page(&site, &other).await, &other)).await;
    let (status, refused) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert!(refused.contains("changed meanwhile"), "{refused}");
    assert!(refused.contains("stands, and stays"), "{refused}");
    // The file's values are taken only if somebody says so.
    site.done(&Form::to(&refused, &format!("{place}/choices")))
        .await;
    let shown = page(&site, &place).await;
    assert!(shown.contains("<b>1</b> replaced"), "{shown}");
    site.done(&saves(&shown, &place)).await;
    let curve = page(&site, "/indicators/VAX_PRIMARY").await;
    assert!(curve.contains("51,000"), "{curve}");
}

#[tokio::test]
async fn columns_are_proposed_corrected_and_remembered() {
    let site = Site::open().await;
    site.adopt("network").await;
    let text = |period: &str| {
        format!("Place,Month,Age,Done,Everyone\nFar North District,{period},12+,51000,60000\n")
    };
    let place = chosen(&site, "office.csv", &text("2022-12")).await;
    let shown = page(&site, &place).await;
    assert!(shown.contains("Check what goes where"), "{shown}");
    assert!(
        shown.contains("No column says it, so state it here"),
        "{shown}"
    );
    let mut form = Form::to(&shown, &format!("{place}/columns"));
    // Two columns cannot be one thing.
    form.set("column-3", "numerator");
    form.set("column-4", "numerator");
    let (status, refused) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.contains("One import takes one column as"),
        "{refused}"
    );
    form.set("column-2", "age");
    form.set("column-4", "denominator");
    form.set("constant-indicator", "VAX_PRIMARY");
    assert_eq!(site.done(&form).await, place);
    let shown = page(&site, &place).await;
    assert!(shown.contains("51,000 of 60,000"), "{shown}");
    site.done(&saves(&shown, &place)).await;
    // The next file of that shape is read as this one was, and its columns can still be changed.
    let next = chosen(&site, "office.csv", &text("2023-01")).await;
    let shown = page(&site, &next).await;
    assert!(shown.contains("Import 1 row"), "{shown}");
    let columns = page(&site, &format!("{next}?columns=on")).await;
    assert!(columns.contains("Check what goes where"), "{columns}");
}

#[tokio::test]
async fn what_is_no_file_of_values_is_refused_in_words() {
    let site = Site::open().await;
    let (status, page) = site.upload("", b"").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("Choose a file first"), "{page}");
    let (status, page) = site.upload("empty.csv", b"").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("is empty"), "{page}");
    let place = chosen(&site, "picture.png", "\u{89}PNG\r\n\u{1a}\n\0\0").await;
    let (status, page) = site.get(&place).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
    assert!(page.contains("Nothing was saved"), "{page}");
    // A file that is given up is forgotten.
    let place = chosen(&site, "figures.csv", HEAD).await;
    let shown = site.get(&place).await.1;
    let mut form = saves(&shown, &place);
    form.lead(&format!("{place}/drop"));
    assert_eq!(site.done(&form).await, "/import");
    assert_eq!(site.get(&place).await.0, StatusCode::GONE);
}

/// The page after the columns were used as they are proposed.
async fn laid(site: &Site, place: &str) -> String {
    let columns = page(site, place).await;
    assert!(columns.contains("Check what goes where"), "{columns}");
    site.done(&Form::to(&columns, &format!("{place}/columns")))
        .await;
    site.get(place).await.1
}

#[tokio::test]
async fn the_columns_of_a_known_layout_are_confirmed_once_and_a_page_names_no_command() {
    let site = Site::open().await;
    site.adopt("network").await;
    let text = include_str!("../../../../shared/tables/tests/published/dhis2-dataValueSet.csv");
    let place = chosen(&site, "dhis2.csv", text).await;
    let read = laid(&site, &place).await;
    let unknown = "here is no indicator MALARIA: the Indicators page shows the 3 that there are";
    assert!(read.contains(unknown), "{read}");
    assert!(!read.contains("weft-node"), "{read}");
}

#[tokio::test]
async fn two_columns_of_figures_are_imported_one_after_the_other() {
    let site = Site::open().await;
    site.adopt("network").await;
    let text = "District,Month,First,Second,People\nFar North District,2022-12,5,6,10\n";
    let place = chosen(&site, "doses.csv", text).await;
    let columns = page(&site, &place).await;
    assert!(
        columns.contains("If there are several, choose one"),
        "{columns}"
    );
    let mut form = Form::to(&columns, &format!("{place}/columns"));
    form.set("constant-indicator", "VAX_PRIMARY");
    form.set("column-2", "numerator");
    form.set("column-3", "numerator");
    let (status, refused) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.replace("&#34;", "\"");
    let told = "One import takes one column as \"Numerator\", and \"First\" and \"Second\" both \
                are. Leave one of them out, import the file, and then import it again with the \
                other one.";
    assert!(refused.contains(told), "{refused}");
}

#[tokio::test]
async fn the_files_word_for_a_part_is_explained_on_the_page() {
    let site = Site::open().await;
    site.adopt("network").await;
    let text = "Place,Month,Group,Done,Everyone\n\
                Far North District,2022-12,grown up,51000,60000\n";
    let place = chosen(&site, "parts.csv", text).await;
    let columns = page(&site, &place).await;
    let mut form = Form::to(&columns, &format!("{place}/columns"));
    form.set("constant-indicator", "VAX_PRIMARY");
    for (column, role) in [(2, "part"), (3, "numerator"), (4, "denominator")] {
        form.set(&format!("column-{column}"), role);
    }
    site.done(&form).await;
    let read = site.get(&place).await.1;
    let told = "say which it is under &#34;Parts of the population&#34;";
    assert!(read.contains(told), "{read}");
    let mut form = Form::to(&read, &format!("{place}/choices"));
    form.set("parts", "grown up");
    let (status, refused) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert!(
        refused.contains("does not say which part it is"),
        "{refused}"
    );
    form.set("parts", "grown up = age=12+");
    site.done(&form).await;
    let shown = page(&site, &place).await;
    assert!(
        shown.contains("<b>1</b> new") && shown.contains("age 12+"),
        "{shown}"
    );
}
