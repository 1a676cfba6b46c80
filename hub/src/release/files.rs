//! The files of a release. All are made of the same rows in memory, so that none has other figures,
//! decimals or names than another.

mod book;
mod columnar;
mod described;
mod meaning;
mod part;
mod uneven;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use weft_shared::{
    model::release::ReleaseId,
    release::{
        COLUMNS, Head, KeptRow, Manifest, ManifestFile, ReleaseRow, manifest::CHANGES,
        meaning::INDICATORS,
    },
    rollup::columns::Field,
    time::Timestamp,
};

use super::ReleaseError;

pub(crate) use self::{
    described::changes,
    part::{CsvPieces, Part, locations_of},
    uneven::uneven,
    words::{Credit, Fact, Words},
};

/// The content of a release, before it is in files.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) head: Head,
    pub(crate) words: Words,
    /// The rows of the network, and those of locations, each in the order of their keys.
    pub(crate) network: Vec<ReleaseRow>,
    pub(crate) locations: Vec<ReleaseRow>,
    /// The rows that differ from those of the release before, with what they said there.
    pub(crate) changes: Vec<Change>,
}

/// A cell that differs from the release before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) row: ReleaseRow,
    pub(crate) kind: Kind,
    /// The row as it was, if it may be repeated.
    pub(crate) before: Option<ReleaseRow>,
    /// The earlier release, if it is a sum that is kept as that one showed it.
    pub(crate) kept_from: Option<ReleaseId>,
}

/// The kind of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The cell is new.
    Added,
    /// It says something else.
    Changed,
    /// It was shown, and is withheld now.
    Withheld,
    /// It is not there any more, or its row has no figure any more.
    Gone,
    /// It is a sum that stays as an earlier release showed it.
    Kept,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [
        Self::Added,
        Self::Changed,
        Self::Withheld,
        Self::Gone,
        Self::Kept,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Withheld => "withheld",
            Self::Gone => "gone",
            Self::Kept => "kept",
        }
    }
}

impl Change {
    /// The figures as they were, each with its column; none if it is new, withheld or gone, or a
    /// figure that was in it is. Then the release that a sum is kept from.
    pub(crate) fn before(&self) -> [(&'static str, Field); 5] {
        let was = self.before.as_ref();
        let status = was.map(|row| row.obs_status.as_str());
        let kept_from = self.kept_from.as_ref().map(ToString::to_string);
        [
            ("value_before", was.and_then(|row| row.value).into()),
            ("numerator_before", was.and_then(|row| row.numerator).into()),
            (
                "denominator_before",
                was.and_then(|row| row.denominator).into(),
            ),
            ("obs_status_before", status.into()),
            ("kept_from", kept_from.as_deref().into()),
        ]
    }
}

/// A file: its name and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl File {
    fn text(name: &str, text: String) -> Self {
        Self {
            name: name.to_owned(),
            bytes: text.into_bytes(),
        }
    }

    /// Its entry in the manifest.
    pub(crate) fn entry(&self) -> ManifestFile {
        ManifestFile {
            name: self.name.clone(),
            bytes: self.bytes.len() as u64,
            sha256: Manifest::checksum(&self.bytes),
        }
    }
}

impl Content {
    /// Makes every file but the manifest and the list of checksums.
    ///
    /// # Errors
    /// If a format cannot hold the rows.
    pub(crate) fn files(&self) -> Result<Vec<File>, ReleaseError> {
        let dataset = self.head.dataset.as_str();
        let mut files = Vec::new();
        for (name, rows) in self.tables() {
            files.push(File {
                name: format!("{name}.csv"),
                bytes: csv(&rows, &self.head, true)?,
            });
            files.push(File {
                name: format!("{name}.parquet"),
                bytes: columnar::parquet(&rows, &self.head).map_err(ReleaseError::format)?,
            });
            let text = json(&rows, &self.head, None);
            files.push(File::text(&format!("{name}.json"), text));
        }
        files.push(File {
            name: format!("{dataset}.xlsx"),
            bytes: self.book()?,
        });
        files.push(File {
            name: "dictionary.csv".to_owned(),
            bytes: described::dictionary()?,
        });
        files.push(File {
            name: format!("{}.csv", INDICATORS),
            bytes: meaning::table(&self.words.meanings)?,
        });
        files.push(File {
            name: CHANGES.to_owned(),
            bytes: changes(&self.changes, &self.head)?,
        });
        let package = described::package(self, &files);
        files.push(File::text("datapackage.json", package));
        files.push(File::text("README.txt", self.words.readme(self)));
        files.push(File::text("LICENCE.txt", self.words.licence()));
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(files)
    }

    fn book(&self) -> Result<Vec<u8>, ReleaseError> {
        let facts = self.facts(self.counts());
        let tables = self.tables().into_iter().map(|(_, rows)| rows);
        let sheets: Vec<_> = SHEETS.into_iter().zip(tables).collect();
        book::xlsx(&self.head, (&facts, &self.words.meanings), &sheets)
            .map_err(ReleaseError::format)
    }

    /// The facts that it states of itself, with the numbers of rows of the network and of
    /// locations.
    fn facts(&self, rows: (usize, usize)) -> Vec<Fact> {
        let mut facts = self.words.facts(&self.head, rows);
        let uneven = uneven(&self.network).into_iter();
        facts.extend(uneven.map(|(name, text)| ("Compare with care", format!("{name}: {text}"))));
        facts
    }

    /// The tables by the names of their files without an ending: one level each, so that a sum over
    /// a column counts nothing twice.
    pub(crate) fn tables(&self) -> Vec<(String, Vec<&ReleaseRow>)> {
        let dataset = self.head.dataset.as_str();
        let mut tables = vec![(dataset.to_owned(), self.network.iter().collect())];
        if !self.locations.is_empty() {
            let rows = self.locations.iter().collect();
            tables.push((format!("{dataset}-locations"), rows));
        }
        tables
    }

    /// All rows, those of the network first.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &ReleaseRow> {
        self.network.iter().chain(&self.locations)
    }

    /// Number of rows of the network, and of those of locations.
    fn counts(&self) -> (usize, usize) {
        (self.network.len(), self.locations.len())
    }
}

/// The CSV of machines: UTF-8 without a byte order mark, and every text as it is. A later piece of
/// a table has no line of names.
fn csv(rows: &[&ReleaseRow], head: &Head, names: bool) -> Result<Vec<u8>, ReleaseError> {
    let mut out = csv::Writer::from_writer(Vec::new());
    if names {
        let names = COLUMNS.iter().map(|column| column.name);
        out.write_record(names).map_err(ReleaseError::format)?;
    }
    for row in rows {
        let fields = COLUMNS.iter().map(|column| column.field(row, head).csv());
        out.write_record(fields).map_err(ReleaseError::format)?;
    }
    out.into_inner().map_err(ReleaseError::format)
}

/// A page of JSON: of the data interface, or of a file, which has every row. One row stands on each
/// line.
fn json(rows: &[&ReleaseRow], head: &Head, next: Option<&str>) -> String {
    page(rows.iter().map(|row| row.json(head)), next)
}

/// A page of JSON, with the cursor of the page after it.
pub(crate) fn page(rows: impl Iterator<Item = Value>, next: Option<&str>) -> String {
    let mut text = String::from("{\"data\":[");
    for (n, row) in rows.enumerate() {
        text.push_str(if n == 0 { "\n" } else { ",\n" });
        text.push_str(&row.to_string());
    }
    text.push_str(&format!("\n],\"next\":{}}}\n", Value::from(next)));
    text
}

/// All files in one archive, each with the moment of publication, so that the same files make the
/// same archive.
///
/// # Errors
/// If the archive cannot be written.
pub(crate) fn archive(
    files: &[File],
    (folder, at): (&str, Timestamp),
) -> Result<Vec<u8>, ReleaseError> {
    use std::io::Write as _;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .last_modified_time(words::moment(at))
        .unix_permissions(0o644);
    for file in files {
        zip.start_file(format!("{folder}/{}", file.name), options)
            .map_err(ReleaseError::format)?;
        zip.write_all(&file.bytes).map_err(ReleaseError::format)?;
    }
    let made = zip.finish().map_err(ReleaseError::format)?;
    Ok(made.into_inner())
}

/// The list of checksums, as `sha256sum --check` reads it.
pub(crate) fn sums(files: &[File]) -> File {
    let lines = files
        .iter()
        .map(|file| format!("{}  {}\n", Manifest::checksum(&file.bytes), file.name));
    File::text("SHA256SUMS", lines.collect())
}

/// The rows that differ between two releases, and the sums that the later one kept, in its order;
/// those that are gone come last. Nothing is repeated of a release that was corrected: its readers
/// would take a wrong figure for one that was right then.
pub(crate) fn differences<'r>(
    before: impl IntoIterator<Item = &'r ReleaseRow>,
    (now, kept): (impl IntoIterator<Item = &'r ReleaseRow>, &[KeptRow]),
    was_corrected: bool,
) -> Vec<Change> {
    let kept: BTreeMap<_, &ReleaseId> = kept
        .iter()
        .map(|one| (key(&one.row), &one.release))
        .collect();
    let before = before.into_iter().map(|row| (key(row), row));
    let mut left: BTreeMap<_, &ReleaseRow> = before.collect();
    let mut changes = Vec::new();
    for row in now {
        let kept_from = kept.get(&key(row)).copied();
        let (kind, before) = match left.remove(&key(row)) {
            // It is as a release of another dataset showed it, or one before the last.
            None if kept_from.is_some() => (Kind::Kept, None),
            None => (Kind::Added, None),
            Some(was) if was == row && kept_from.is_some() => (Kind::Kept, None),
            Some(was) if was == row => continue,
            // The figure is withheld for a reason, so the list does not say it again.
            Some(was) if row.is_withheld() && !was.is_withheld() => (Kind::Withheld, None),
            // Its team took the figure back or narrowed it; the row stays beside those of others.
            Some(was) if row.value.is_none() && has_figure(was) => (Kind::Gone, None),
            Some(was) => (Kind::Changed, (!was_corrected).then(|| was.clone())),
        };
        changes.push(Change {
            row: row.clone(),
            kind,
            before,
            kept_from: kept_from.cloned(),
        });
    }
    // A cell that is gone stays gone: its key alone says which one it was.
    changes.extend(left.into_values().map(|row| Change {
        row: ReleaseRow {
            value: None,
            numerator: None,
            denominator: None,
            lower: None,
            upper: None,
            n_locations: None,
            n_areas: None,
            obs_status: String::new(),
            conf_status: String::new(),
            status_reason: None,
            ..row.clone()
        },
        kind: Kind::Gone,
        before: None,
        kept_from: None,
    }));
    forget_sums(&mut changes);
    changes
}

/// Of a sum nothing is repeated once a figure that was in it is gone or withheld: less the figures
/// that stay, it would be that one.
fn forget_sums(changes: &mut [Change]) {
    let of = |row: &ReleaseRow| {
        let version = row.definition_version;
        (row.indicator_code.clone(), version, row.period.clone())
    };
    let mut hidden: BTreeMap<_, BTreeSet<Option<String>>> = BTreeMap::new();
    for Change { row, kind, .. } in changes.iter() {
        if matches!(kind, Kind::Gone | Kind::Withheld) {
            let locations = hidden.entry(of(row)).or_default();
            locations.insert(row.location_code.clone());
        }
    }
    for change in changes.iter_mut().filter(|change| change.before.is_some()) {
        let whole = &change.row.location_code;
        let held = hidden.get(&of(&change.row));
        if held.is_some_and(|held| whole.is_none() || held.contains(whole)) {
            change.before = None;
        }
    }
}

fn has_figure(row: &ReleaseRow) -> bool {
    let figures = [
        row.value,
        row.numerator,
        row.denominator,
        row.lower,
        row.upper,
    ];
    figures.iter().any(Option::is_some)
}

/// The texts by which a row is known from one release to the next.
pub(crate) fn key(row: &ReleaseRow) -> (Option<u32>, [&str; 6]) {
    // Figures of two versions of a definition are of two things.
    let texts: [&str; 6] = [
        &row.indicator_code,
        &row.period,
        &row.breakdown,
        &row.breakdown_value,
        &row.level,
        row.location_code.as_deref().unwrap_or_default(),
    ];
    (row.definition_version, texts)
}

/// A field as text for people's tables.
fn shown(field: Field) -> String {
    field.csv()
}

/// The sheets of rows in a workbook.
const SHEETS: [&str; 2] = ["Network", "Locations"];
