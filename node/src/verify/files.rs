//! The files of a release as downloaded, against its manifest and against each other.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use weft_shared::release::{
    COLUMNS, Head, Manifest, ManifestFile, Tables,
    formats::{Texts, difference, rows_of_json},
    manifest::MANIFEST,
};

use super::columnar::rows_of_parquet;

/// The files of a release.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReleaseFiles {
    /// The rows of its tables; none if a file is not as it should be: half of the rows would only
    /// say again what is wrong.
    pub(crate) tables: Option<Tables>,
    /// The faults of the files.
    pub(crate) faults: Vec<String>,
    /// Names of files that were not looked into.
    pub(crate) unread: Vec<String>,
    /// Whether the list of changes is missing, and the hub gives it to no one.
    pub(crate) not_given: bool,
}

/// The list of what changed since the release before.
pub(crate) const CHANGES: &str = "CHANGES.csv";

/// The list of checksums, which the manifest cannot name: it has that of the manifest.
const SUMS: &str = "SHA256SUMS";

/// Reads the files that a manifest names in a folder. `repeats` says that the list of changes
/// repeats a release that was withdrawn, so that the hub does not give it any more.
pub(crate) fn release_files(folder: &Path, text: &str, repeats: bool) -> ReleaseFiles {
    let Ok(manifest) = Manifest::decode(text) else {
        // The check of the manifest says so.
        return ReleaseFiles::default();
    };
    let mut reading = Reading::new(folder);
    let not_given = repeats && !folder.join(CHANGES).exists();
    for file in &manifest.files {
        if file.name != CHANGES || !not_given {
            reading.take(file);
        }
    }
    reading.compare(&manifest);
    reading.sums(&manifest, text);
    let tables = reading.tables(&manifest);
    let unread = reading.unread(&manifest);
    let faults = reading.faults;
    ReleaseFiles {
        tables: tables.filter(|_| faults.is_empty()),
        faults,
        unread,
        not_given,
    }
}

/// The state of reading a release's files.
struct Reading {
    folder: PathBuf,
    /// The rows of each file that has some, by its name.
    rows: BTreeMap<String, Vec<Texts>>,
    faults: Vec<String>,
}

impl Reading {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            rows: BTreeMap::new(),
            faults: Vec::new(),
        }
    }

    /// Holds one file against its entry, and reads its rows if it has some.
    fn take(&mut self, file: &ManifestFile) {
        let name = &file.name;
        // A name is never a path: it is another's text.
        let is_name = Path::new(name).file_name() == Some(name.as_ref());
        let path = self.folder.join(name);
        let found = is_name.then(|| fs::metadata(&path).ok()).flatten();
        let Some(found) = found else {
            self.faults.push(format!("{name} is missing"));
            return;
        };
        // The length comes first: nothing is read that is longer than the manifest says.
        let bytes = (found.len() == file.bytes).then(|| fs::read(&path).ok());
        let bytes = bytes.flatten();
        let bytes = bytes.filter(|bytes| Manifest::checksum(bytes) == file.sha256);
        let Some(bytes) = bytes else {
            self.faults
                .push(format!("{name} is not as its manifest says"));
            return;
        };
        let rows = match name.rsplit_once('.') {
            _ if NOT_TABLES.contains(&name.as_str()) => return,
            Some((_, "csv")) => rows_of_csv(&bytes),
            Some((_, "json")) => rows_of_json(&bytes),
            Some((_, "parquet")) => rows_of_parquet(bytes),
            _ => return,
        };
        match rows {
            Some(rows) => {
                self.rows.insert(name.clone(), rows);
            }
            None => {
                let what = format!("{name} is not a table of a release");
                self.faults.push(what);
            }
        }
    }

    /// Holds the rows of other formats against those of the CSV.
    fn compare(&mut self, manifest: &Manifest) {
        let tables = Tables::files(&manifest.dataset);
        if !manifest.files.iter().any(|file| file.name == tables[0]) {
            let what = format!("its manifest does not have the table {}", tables[0]);
            self.faults.push(what);
        }
        for (name, found) in &self.rows {
            let stem = name.rsplit_once('.').map_or("", |(stem, _)| stem);
            let csv = format!("{stem}.csv");
            if *name == csv && tables.contains(&csv) {
                continue;
            }
            let Some(expected) = self.rows.get(&csv).filter(|_| tables.contains(&csv)) else {
                let what = format!("{name} has rows that no CSV of the release has");
                self.faults.push(what);
                continue;
            };
            if let Some(difference) = difference(found, expected) {
                let what = format!("{name} says other things than {csv}: {difference}");
                self.faults.push(what);
            }
        }
    }

    /// Holds the list of checksums, if it was downloaded, against the manifest.
    fn sums(&mut self, manifest: &Manifest, text: &str) {
        let Ok(found) = fs::read_to_string(self.folder.join(SUMS)) else {
            return;
        };
        let own = Manifest::checksum(text.as_bytes());
        let files = manifest.files.iter();
        let all = files.map(|file| (file.sha256.as_str(), file.name.as_str()));
        let mut expected: Vec<_> = all.chain([(own.as_str(), MANIFEST)]).collect();
        let lines = found.lines().map(|line| line.split_once("  "));
        let mut listed: Vec<_> = lines.map(Option::unwrap_or_default).collect();
        expected.sort_unstable();
        listed.sort_unstable();
        if expected != listed {
            let what = format!("{SUMS} does not list the checksums that the manifest has");
            self.faults.push(what);
        }
    }

    /// The rows of the CSV files.
    fn tables(&mut self, manifest: &Manifest) -> Option<Tables> {
        let head = Head {
            dataset: manifest.dataset.clone(),
            number: manifest.release,
            at: manifest.published_at,
        };
        let mut tables = Tables::new(head, manifest.locations.len());
        for name in Tables::files(&manifest.dataset) {
            let mut rows = self.rows.remove(&name).into_iter().flatten();
            if !rows.all(|row| tables.add(row)) {
                return None;
            }
        }
        Some(tables)
    }

    /// The files of which the figures were not read: those that the manifest does not name, and
    /// workbooks.
    fn unread(&self, manifest: &Manifest) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let read = |name: &str| {
            let is_named = manifest.files.iter().any(|file| file.name == name);
            is_named && !name.ends_with(".xlsx") || [MANIFEST, SUMS].contains(&name)
        };
        let mut unread: Vec<String> = names.filter(|name| !read(name)).collect();
        unread.sort_unstable();
        unread
    }
}

/// Files with the ending of a table that are none.
const NOT_TABLES: [&str; 5] = [
    "dictionary.csv",
    "indicators.csv",
    CHANGES,
    "datapackage.json",
    MANIFEST,
];

/// Reads the rows of a CSV; none if it is not a table of a release.
fn rows_of_csv(bytes: &[u8]) -> Option<Vec<Texts>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let names = COLUMNS.iter().map(|column| column.name);
    if !reader.headers().is_ok_and(|found| found.iter().eq(names)) {
        return None;
    }
    let lines = reader.into_records();
    let rows = lines.map(|line| {
        let line = line.ok().filter(|line| line.len() == COLUMNS.len())?;
        Some(line.iter().map(str::to_owned).collect())
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_changes_is_missed_unless_it_repeats_a_withdrawn_release() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = |bytes: &[u8]| Manifest {
            format: weft_shared::release::manifest::FORMAT.to_owned(),
            dataset: "vax".parse().unwrap(),
            release: "2026.2".parse().unwrap(),
            title: "Example: vaccination".to_owned(),
            network: "Example network".to_owned(),
            operator: "Example operator".to_owned(),
            published_at: weft_shared::time::Timestamp::from_ms(1_795_000_000_000),
            notice_days: 14,
            second_person: true,
            profile: "frr3".to_owned(),
            secret_commitment: String::new(),
            code_version: "0.1.0".to_owned(),
            supersedes: None,
            indicators: Vec::new(),
            files: vec![ManifestFile {
                name: CHANGES.to_owned(),
                bytes: bytes.len() as u64,
                sha256: Manifest::checksum(bytes),
            }],
            locations: Vec::new(),
            left_out: BTreeMap::new(),
            sources: Default::default(),
        };
        let read = |repeats| {
            let found = release_files(folder.path(), &manifest(b"change").encode(), repeats);
            let is_fault = found.faults.iter().any(|fault| fault.starts_with(CHANGES));
            (found.not_given, is_fault)
        };
        assert_eq!(read(false), (false, true), "it is missing");
        assert_eq!(read(true), (true, false), "no one can have it");
        // One that was kept from before is held against the manifest as ever.
        fs::write(folder.path().join(CHANGES), "another").unwrap();
        assert_eq!(read(true), (false, true), "it is another");
        fs::write(folder.path().join(CHANGES), "change").unwrap();
        assert_eq!(read(true), (false, false), "it is the one");
    }

    #[test]
    fn a_table_has_the_columns_of_a_release_and_nothing_else_is_one() {
        let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        let names = names.join(",");
        let blanks = ",".repeat(COLUMNS.len() - 1);
        let whole = format!("{names}\n{blanks}\n");
        let rows = rows_of_csv(whole.as_bytes()).unwrap();
        assert_eq!(rows, [vec![String::new(); COLUMNS.len()]]);
        for other in [
            blanks.clone(),
            format!("{names}\n{blanks},\n"),
            format!("{names}\n\u{0}\"\n"),
        ] {
            assert_eq!(rows_of_csv(other.as_bytes()), None, "{other:?}");
        }
        assert_eq!(rows_of_csv(b"\xff\xfe"), None);
    }
}
