//! The repository as a test sees it: its files, and a list of problems with them.

use std::{fs, path::Path};

/// A file of the repository.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Problems, collected so that one run shows all of them.
#[derive(Default)]
pub(crate) struct Problems(Vec<String>);

impl Problems {
    /// Adds a problem of `file`, at `line` unless that is 0.
    pub(crate) fn add(&mut self, file: &File, line: usize, what: &str) {
        let place = match line {
            0 => file.path.clone(),
            line => format!("{}:{line}", file.path),
        };
        self.0.push(format!("  {place}: {what}"));
    }

    #[track_caller]
    pub(crate) fn report(self, rule: &str) {
        assert!(self.0.is_empty(), "{rule}\n{}", self.0.join("\n"));
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn file(path: &str) -> File {
    let bytes = fs::read(root().join(path));
    let bytes = bytes.unwrap_or_else(|error| panic!("{path} must be there: {error}"));
    File {
        path: path.to_owned(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// Returns every file of the repository that is not built or fetched.
pub(crate) fn files() -> Vec<File> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(root().join(&folder)).expect("folders of the repository open");
        for entry in entries {
            let entry = entry.expect("folders of the repository can be listed");
            let name = entry
                .file_name()
                .into_string()
                .expect("file names are plain text");
            let path = format!("{folder}{name}");
            let is_folder = entry.path().is_dir();
            if BUILT_OR_FETCHED.contains(&name.as_str()) {
                continue;
            }
            if is_folder {
                folders.push(format!("{path}/"));
            } else {
                found.push(file(&path));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Returns the files whose paths end in one of `endings`.
pub(crate) fn sources(endings: &[&str]) -> Vec<File> {
    let mut all = files();
    all.retain(|file| endings.iter().any(|ending| file.path.ends_with(ending)));
    all
}

pub(crate) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

/// `.git` is a file in a second working tree.
const BUILT_OR_FETCHED: &[&str] = &["target", "node_modules", ".git"];
