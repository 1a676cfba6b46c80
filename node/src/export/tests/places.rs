//! The directory of an export, and who may read it.

use std::fs;

use weft_host::data_dir::is_private;

use crate::export::{File, write};

fn files() -> [File; 2] {
    [
        File::new("insights.csv", "kōrero"),
        File::new("words/1.txt", "kōrero"),
    ]
}

#[test]
fn an_export_fills_a_new_directory_or_an_empty_one_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    for to in [&new, &empty.join(".")] {
        write(to, &files()).unwrap_or_else(|failure| panic!("{}: {failure}", to.display()));
        let entries = fs::read_dir(to).unwrap().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        assert_eq!(names, ["insights.csv", "words"]);
        let words = fs::read_to_string(to.join("words/1.txt")).unwrap();
        assert_eq!(words, "kōrero");
        assert!(write(to, &files()).is_err(), "it is not empty any more");
    }
}

#[test]
fn an_export_is_for_nobody_elses_eyes() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("export");
    write(&to, &files()).unwrap();
    for path in ["", "words", "insights.csv", "words/1.txt"] {
        assert!(is_private(&to.join(path)).unwrap(), "{path}");
    }
}
