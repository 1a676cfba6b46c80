//! The files of a release as downloaded, against its manifest and against each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use weft_shared::release::{
    COLUMNS, Changed, Head, Manifest, ManifestFile, Tables,
    formats::{Texts, difference, rows_of_json},
    manifest::{CHANGES, MANIFEST},
    meaning::{FIELDS, INDICATORS},
};

use super::columnar::rows_of_parquet;

/// The files of a release.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReleaseFiles {
    /// The rows of its tables; none if a file is not as it should be: half of the rows would only
    /// say again what is wrong.
    pub(crate) tables: Option<Tables>,
    /// The lines of its table of meanings.
    pub(crate) meanings: Vec<Texts>,
    /// The faults of the files.
    pub(crate) faults: Vec<String>,
    /// Names of files that are as they went out, and of which nothing more was read.
    pub(crate) unread: Vec<String>,
    /// Names of files in the folder that are none of the release.
    pub(crate) strange: Vec<String>,
    /// Whether the list of changes is missing, and the hub gives it to no one.
    pub(crate) not_given: bool,
}

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
    let (unread, strange) = reading.others(&manifest);
    let (faults, meanings) = (reading.faults, reading.meanings);
    ReleaseFiles {
        tables: tables.filter(|_| faults.is_empty()),
        meanings,
        faults,
        unread,
        strange,
        not_given,
    }
}

/// The state of reading a release's files.
struct Reading {
    folder: PathBuf,
    /// The rows of each file that has some, by its name.
    rows: BTreeMap<String, Vec<Texts>>,
    meanings: Vec<Texts>,
    /// The lines of the list of changes; none without one.
    changes: Option<Vec<Changed>>,
    /// The files of which more was read than the manifest says of each.
    read: BTreeSet<String>,
    faults: Vec<String>,
}

impl Reading {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            rows: BTreeMap::new(),
            meanings: Vec::new(),
            changes: None,
            read: BTreeSet::new(),
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
            _ if name == CHANGES => {
                self.changes = changes(&bytes);
                return self.must_be(self.changes.is_some(), name, "list of changes");
            }
            _ if *name == meanings_file() => {
                let names: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
                let lines = lines_of(&bytes, &names);
                let is_table = lines.is_some();
                self.meanings = lines.unwrap_or_default();
                return self.must_be(is_table, name, "table of meanings");
            }
            _ if NOT_TABLES.contains(&name.as_str()) => return,
            Some((_, "csv")) => rows_of_csv(&bytes),
            Some((_, "json")) => rows_of_json(&bytes),
            Some((_, "parquet")) => rows_of_parquet(bytes),
            _ => return,
        };
        self.must_be(rows.is_some(), name, "table of a release");
        if let Some(rows) = rows {
            self.rows.insert(name.clone(), rows);
        }
    }

    fn must_be(&mut self, is_so: bool, name: &str, what: &str) {
        self.read.insert(name.to_owned());
        if !is_so {
            self.faults.push(format!("{name} is not a {what}"));
        }
    }

    /// Holds the rows of other formats against those of the CSV.
    fn compare(&mut self, manifest: &Manifest) {
        let tables = Tables::files(&manifest.dataset);
        for name in [&*tables[0], CHANGES, &meanings_file()] {
            if !manifest.files.iter().any(|file| file.name == name) {
                self.faults
                    .push(format!("its manifest does not have {name}"));
            }
        }
        for (name, found) in &self.rows {
            let stem = name.rsplit_once('.').map_or("", |(stem, _)| stem);
            let csv = format!("{stem}.csv");
            if *name == csv && tables.contains(&csv) {
                continue;
            }
            let is_table = tables.contains(&csv);
            let Some(expected) = self.rows.get(&csv).filter(|_| is_table) else {
                // A CSV that could not be read is a fault of its own, and says nothing of this.
                if !(is_table && manifest.files.iter().any(|file| file.name == csv)) {
                    let what = format!("{name} has rows that no CSV of the release has");
                    self.faults.push(what);
                }
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
        let path = self.folder.join(SUMS);
        if !path.exists() {
            return;
        }
        // Each line is a checksum and a name, so a longer list is another.
        let most = 512 * (manifest.files.len() as u64 + 1);
        let is_short = fs::metadata(&path).is_ok_and(|found| found.len() <= most);
        let found = is_short.then(|| fs::read(&path).ok()).flatten();
        let found = found.unwrap_or_default();
        let found = String::from_utf8_lossy(&found);
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
        let changes = self.changes.take();
        if let Some(row) = changes.and_then(|changes| tables.list(changes)) {
            let what = format!(
                "{CHANGES} has the {row} twice, or other than the tables have it, or it is in none"
            );
            self.faults.push(what);
        }
        Some(tables)
    }

    /// The files of which no more was read than the manifest says, and those in the folder that are
    /// none of the release.
    fn others(&self, manifest: &Manifest) -> (Vec<String>, Vec<String>) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        // A name of other letters is none of the release's, and is shown as far as it can be.
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let (dataset, number) = (&manifest.dataset, manifest.release);
        let archive = format!("{dataset}-{number}.zip");
        let is_read = |name: &str| self.read.contains(name) || [MANIFEST, SUMS].contains(&name);
        let is_named = |name: &String| {
            let mut files = manifest.files.iter();
            files.any(|file| file.name == *name) || [MANIFEST, SUMS, &*archive].contains(&&**name)
        };
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        let (ours, strange): (Vec<_>, Vec<_>) = names.into_iter().partition(is_named);
        let unread = ours.into_iter().filter(|name| !is_read(name)).collect();
        (unread, strange)
    }
}

/// Files with the ending of a table that are none.
const NOT_TABLES: [&str; 2] = ["dictionary.csv", "datapackage.json"];

/// The columns of the list of changes before those of a row.
const CHANGE: [&str; 6] = [
    "change",
    "value_before",
    "numerator_before",
    "denominator_before",
    "obs_status_before",
    KEPT_FROM,
];
const KEPT_FROM: &str = "kept_from";

fn meanings_file() -> String {
    format!("{INDICATORS}.csv")
}

/// The words of the kinds of a change. One that is gone may be in no table.
const KINDS: [&str; 5] = ["added", "changed", "withheld", GONE, "kept"];
const GONE: &str = "gone";

/// The lines of a list of changes; none if it is no such list.
fn changes(bytes: &[u8]) -> Option<Vec<Changed>> {
    let names = COLUMNS.iter().map(|column| column.name);
    let names: Vec<&str> = CHANGE.into_iter().chain(names).collect();
    let from = CHANGE.len() - 1;
    let lines = lines_of(bytes, &names)?.into_iter();
    let changes = lines.map(|mut line| {
        let row = line.split_off(CHANGE.len());
        let kept_from = match line[from].as_str() {
            "" => None,
            from => Some(from.parse().ok()?),
        };
        KINDS.contains(&line[0].as_str()).then(|| Changed {
            row,
            is_gone: line[0] == GONE,
            kept_from,
        })
    });
    changes.collect()
}

/// Reads the rows of a CSV; none if it is not a table of a release.
fn rows_of_csv(bytes: &[u8]) -> Option<Vec<Texts>> {
    let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
    lines_of(bytes, &names)
}

/// Reads the lines of a CSV with just these columns.
fn lines_of(bytes: &[u8], names: &[&str]) -> Option<Vec<Texts>> {
    let mut reader = csv::Reader::from_reader(bytes);
    if !reader
        .headers()
        .is_ok_and(|found| found.iter().eq(names.iter().copied()))
    {
        return None;
    }
    let lines = reader.into_records();
    let lines = lines.map(|line| {
        let line = line.ok().filter(|line| line.len() == names.len())?;
        Some(line.iter().map(str::to_owned).collect())
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(files: Vec<ManifestFile>) -> Manifest {
        Manifest {
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
            files,
            locations: Vec::new(),
            left_out: BTreeMap::new(),
            sources: Default::default(),
        }
    }

    #[test]
    fn a_list_of_changes_is_missed_unless_it_repeats_a_withdrawn_release() {
        let folder = tempfile::tempdir().unwrap();
        let names = COLUMNS.iter().map(|column| column.name);
        let names: Vec<&str> = CHANGE.into_iter().chain(names).collect();
        let list = format!("{}\n", names.join(","));
        let file = |bytes: &[u8]| ManifestFile {
            name: CHANGES.to_owned(),
            bytes: bytes.len() as u64,
            sha256: Manifest::checksum(bytes),
        };
        let text = manifest(vec![file(list.as_bytes())]).encode();
        let read = |repeats| {
            let found = release_files(folder.path(), &text, repeats);
            let is_fault = found.faults.iter().any(|fault| fault.starts_with(CHANGES));
            (found.not_given, is_fault)
        };
        assert_eq!(read(false), (false, true), "it is missing");
        assert_eq!(read(true), (true, false), "no one can have it");
        // One that was kept from before is held against the manifest as ever.
        fs::write(folder.path().join(CHANGES), "another").unwrap();
        assert_eq!(read(true), (false, true), "it is another");
        fs::write(folder.path().join(CHANGES), &list).unwrap();
        assert_eq!(read(true), (false, false), "it is the one");
    }

    #[test]
    fn a_changed_csv_does_not_accuse_the_other_formats() {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        let csv = format!("{}\n", names.join(","));
        let file = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).unwrap();
            ManifestFile {
                name: name.to_owned(),
                bytes: text.len() as u64,
                sha256: Manifest::checksum(text.as_bytes()),
            }
        };
        let json = "{\"data\": []}";
        let of = |files: Vec<ManifestFile>| manifest(files).encode();
        let whole = of(vec![file("vax.csv", &csv), file("vax.json", json)]);
        let alone = of(vec![file("vax.json", json)]);
        let about = |text: &str, word: &str| {
            let found = release_files(folder.path(), text, false).faults.into_iter();
            let about = found.filter(|fault| fault.contains(word));
            about.collect::<Vec<_>>()
        };
        assert_eq!(about(&whole, "vax.json"), [""; 0]);
        fs::write(folder.path().join("vax.csv"), csv.replace(',', ";")).unwrap();
        assert_eq!(about(&whole, "vax.json"), [""; 0]);
        let changed = "vax.csv is not as its manifest says";
        assert_eq!(about(&whole, "vax.csv is"), [changed]);
        let none = "vax.json has rows that no CSV of the release has";
        assert_eq!(about(&alone, "vax.json"), [none]);
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

    #[test]
    fn a_list_of_checksums_that_is_no_text_is_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = manifest(Vec::new());
        let text = manifest.encode();
        let faults = |bytes: Option<&[u8]>| {
            if let Some(bytes) = bytes {
                fs::write(folder.path().join(SUMS), bytes).unwrap();
            }
            let mut reading = Reading::new(folder.path());
            reading.sums(&manifest, &text);
            reading.faults.len()
        };
        let own = format!("{}  {MANIFEST}\n", Manifest::checksum(text.as_bytes()));
        assert_eq!(faults(None), 0, "it was not downloaded");
        assert_eq!(faults(Some(own.as_bytes())), 0);
        assert_eq!(faults(Some(b"\xff\xfe")), 1);
        assert_eq!(faults(Some(&[b'a'; 4_096])), 1, "it is too long");
    }
}
