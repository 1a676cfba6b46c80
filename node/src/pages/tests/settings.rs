//! The settings page: devices, a copy of everything, and the language of the navigation.

use axum::http::StatusCode;

use super::kit::{Form, Site};

#[tokio::test]
async fn the_settings_name_devices_and_what_this_computer_has() {
    let site = Site::open().await;
    let (status, page) = site.get("/settings").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    for told in [
        "this\ncomputer",
        "/settings/devices/2/revoke",
        "127.0.0.1:1",
        "version ",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(page.contains(&site.node.folder().display().to_string()));
    // Without the hub no device is invited or removed, and the page says so.
    let (status, refused) = site.post(&Form::to(&page, "/settings/invite")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.contains("No invite was made"), "{refused}");
    let form = site.form("/settings/devices/2/revoke").await;
    let (status, refused) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.contains("the device can still share"), "{refused}");
    let this = "/settings/devices/1/revoke";
    for nothing in [this, "/settings/devices/9/revoke", "/settings/export/pdf"] {
        assert_eq!(
            site.get(nothing).await.0,
            StatusCode::NOT_FOUND,
            "{nothing}"
        );
    }
    // A line that is known no more leads back.
    assert_eq!(site.get("/settings/invite?said=1").await.1, "/settings");
}

#[tokio::test]
async fn a_copy_of_everything_is_one_archive() {
    let site = Site::open().await;
    for format in ["csv", "json", "automerge"] {
        let (status, bytes) = site.download(&format!("/settings/export/{format}")).await;
        assert_eq!(status, StatusCode::OK);
        let archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        assert!(!archive.is_empty(), "{format}");
    }
}

#[tokio::test]
async fn the_navigation_speaks_the_chosen_language_and_falls_back() {
    let site = Site::open().await;
    let (_, page) = site.get("/settings").await;
    let mut form = Form::to(&page, "/settings/language");
    form.set("language", "mi");
    assert_eq!(site.done(&form).await, "/settings?done=saved");
    let (_, page) = site.get("/plan").await;
    assert!(page.contains("lang=\"mi\">Mahere</span>"), "{page}");
    assert!(page.contains(">Sharing"), "{page}");
    form.set("language", "xx");
    assert_eq!(site.post(&form).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn backups_are_set_up_made_and_ended_on_the_page() {
    let site = Site::open().await;
    let (_, page) = site.get("/settings").await;
    assert!(page.contains("none yet"), "{page}");
    assert!(!page.contains("/settings/backup/now"), "{page}");
    let disk = tempfile::tempdir().unwrap();
    let folder = disk.path().display().to_string();
    let mut form = Form::to(&page, "/settings/backup");
    let none = disk.path().join("none").display().to_string();
    let inside = site.node.folder().display().to_string();
    for (field, value, words) in [
        ("folder", &*none, "There is no folder"),
        ("folder", "here", "not the whole path"),
        ("folder", &inside, "would be lost with it"),
        ("keep", "0", "a number from 1 to 1000"),
        ("typed", "river sea", "24 recovery words"),
    ] {
        form.set("folder", &folder);
        form.set("keep", "3");
        form.set("words", if field == "typed" { "typed" } else { "new" });
        form.set(field, value);
        let (status, refused) = site.post(&form).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {value}");
        assert!(refused.contains(words), "{words}: {refused}");
        // The form keeps what was typed.
        assert!(
            field == "typed" || refused.contains(value),
            "{value}: {refused}"
        );
    }
    form.set("folder", &folder);
    form.set("keep", "3");
    form.set("words", "new");
    let place = site.done(&form).await;
    let (_, shown) = site.get(&place).await;
    let words = shown.split("id=\"words\">").nth(1).unwrap_or_default();
    let words = words.split('<').next().unwrap_or_default();
    assert_eq!(words.split(' ').count(), 24, "{shown}");
    let (_, page) = site.get("/settings").await;
    assert!(page.contains("each day to"), "{page}");
    assert!(!page.contains(words), "the words are shown once");
    let made = site.done(&Form::to(&page, "/settings/backup/now")).await;
    assert_eq!(made, "/settings?done=backedup");
    let (_, page) = site.get("/settings").await;
    assert!(page.contains(".weft-backup"), "{page}");
    assert_eq!(std::fs::read_dir(disk.path()).unwrap().count(), 1);
    let mut form = Form::to(&page, "/settings/backup");
    form.set("folder", "");
    assert_eq!(site.done(&form).await, "/settings?done=nobackups");
    let (_, page) = site.get("/settings").await;
    assert!(page.contains("no schedule"), "{page}");
}
