//! A data directory that has lost some of its files.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use weft_host::{
    control::reach,
    data_dir::{DataDir, DataDirError},
    output::ExitCode,
};

use crate::{
    app::{AppError, AppHandle},
    kit,
    limits::LAYOUT,
};

fn files(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(path).unwrap().map(Result::unwrap);
    let file = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    };
    entries.map(file).collect()
}

/// Without its file `version`, a hub counted as none, and a new one took the place of its keys and
/// its database.
#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_lost_a_file_is_not_made_again() {
    let (dir, app) = kit::hub().await;
    drop(app);
    let path = dir.path().join("hub");
    // The writer's thread closes the store, and removes the files beside it.
    for _ in 0..500 {
        if !path.join("hub.db-wal").exists() && !path.join("hub.db-shm").exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    fs::remove_file(path.join("version")).unwrap();
    // The root's words are kept elsewhere, as init advises.
    fs::remove_file(path.join("root.words")).unwrap();
    let all = files(&path);
    let check = async |lost: &str| {
        let before = files(&path);
        let made = AppHandle::init(&path, kit::options()).await.unwrap_err();
        let opened = AppHandle::open(&path).await.unwrap_err();
        let reached: AppError = reach(&path, LAYOUT).unwrap_err().into();
        for error in [made, opened, reached] {
            let told = error.to_string();
            assert!(told.contains(lost), "{told}");
            assert!(told.contains("restore it from a backup"), "{told}");
            assert_eq!(error.exit_code(), ExitCode::Failed);
        }
        assert_eq!(files(&path), before);
    };
    check("has lost the file `version`,").await;
    fs::remove_file(path.join("tls.key")).unwrap();
    fs::remove_file(path.join("hub.db")).unwrap();
    check("has lost the files `version`, `tls.key`, `hub.db`,").await;
    // One file of a hub is enough.
    for kept in LAYOUT.files {
        for name in files(&path).keys() {
            fs::remove_file(path.join(name)).unwrap();
        }
        fs::write(path.join(kept), b"kept").unwrap();
        let refused = DataDir::open(&path, LAYOUT, true).unwrap_err();
        assert!(
            matches!(refused, DataDirError::Lost { .. }),
            "{kept}: {refused}"
        );
        assert_eq!(fs::read(path.join(kept)).unwrap(), b"kept");
    }
    for (name, bytes) in all {
        fs::write(path.join(name), bytes).unwrap();
    }
    fs::write(path.join("version"), "weft-hub 1\n").unwrap();
    kit::reopen(dir.path()).await;
}
