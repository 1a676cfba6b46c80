//! The published figures: their locations, and plain sums to compare with the rollup.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, ensure};
use weft_host::output::plain;
use weft_hub::figures::Figure;
use weft_shared::model::number::Number;

/// A location as `locations.csv` lists it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Its code, such as `FN`.
    pub(crate) code: String,
    /// Its name.
    pub(crate) name: String,
    /// Codes and names of its areas; none for the two Auckland locations.
    pub(crate) areas: Vec<(String, String)>,
}

/// Indicator, period, breakdown value, and a location's code or `None` for the network.
type CellName = (String, String, String, Option<String>);

/// Sums of numerators and denominators, over the rows that have a numerator.
pub(crate) type Sums = BTreeMap<CellName, Option<(i64, i64)>>;

/// Returns the folder of the example data, from any folder of a checkout.
pub(crate) fn data_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data")
}

/// Returns the path of an example data file.
pub(crate) fn data_file(name: &str) -> PathBuf {
    data_folder().join(name)
}

/// Checks that every file the demonstration reads exists.
pub(crate) fn check_files(folder: &Path) -> Result<()> {
    for name in [LOCATIONS, INDICATORS, VACCINATION] {
        let path = folder.join(name);
        let opened = std::fs::File::open(&path);
        opened.map_err(|error| {
            anyhow!(
                "the demonstration cannot read its data file {}: {}. The file is part of the \
                 repository; bring it back with: git checkout -- examples/data",
                path.display(),
                plain(&error)
            )
        })?;
    }
    Ok(())
}

/// Returns the path of the vaccination figures.
pub(crate) fn vaccination_file() -> PathBuf {
    data_file(VACCINATION)
}

/// Reads the nine locations, in the order of the file.
pub(crate) fn places() -> Result<Vec<Place>> {
    let path = data_file(LOCATIONS);
    let mut rows = csv::Reader::from_path(&path).context("cannot read locations.csv")?;
    let places = rows
        .records()
        .map(|row| {
            let row = row?;
            let codes = row[2].split_whitespace().map(str::to_owned);
            let names = row[3].split(';').map(|name| name.trim().to_owned());
            Ok(Place {
                code: row[0].to_owned(),
                name: row[1].to_owned(),
                areas: codes.zip(names).collect(),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    ensure!(
        !places.is_empty(),
        "{} lists no locations; bring it back with: git checkout -- examples/data",
        path.display()
    );
    Ok(places)
}

/// Sums the CSV file. A row without a numerator adds neither numerator nor denominator.
pub(crate) fn plain_sums() -> Result<Sums> {
    let mut rows = csv::Reader::from_path(vaccination_file())?;
    let headers = rows.headers()?.clone();
    let column = |name: &str| {
        headers
            .iter()
            .position(|header| header == name)
            .with_context(|| format!("no {name}"))
    };
    let location = column("location_code")?;
    let names = [
        column("indicator_code")?,
        column("period")?,
        column("breakdown_value")?,
    ];
    let (numerator, denominator) = (column("numerator")?, column("denominator")?);
    let mut sums = Sums::new();
    for row in rows.records() {
        let row = row?;
        if row[location].is_empty() {
            continue;
        }
        let name = names.map(|at| row[at].to_owned());
        for level in [None, Some(row[location].to_owned())] {
            let [indicator, period, breakdown] = name.clone();
            let sum = sums
                .entry((indicator, period, breakdown, level))
                .or_default();
            if let Ok(above) = row[numerator].parse::<i64>() {
                let below: i64 = row[denominator].parse()?;
                let (sum_above, sum_below) = sum.unwrap_or_default();
                *sum = Some((sum_above + above, sum_below + below));
            }
        }
    }
    Ok(sums)
}

/// The comparison of a rollup with [`plain_sums`].
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// Network cells compared.
    pub(crate) network: usize,
    /// Location cells compared.
    pub(crate) location: usize,
    /// Number of equal cells.
    pub(crate) equal: usize,
    /// The other cells, in words.
    pub(crate) different: Vec<String>,
}

/// Compares the numerator and denominator of every cell with the plain sums.
pub(crate) fn compare(figures: &[Figure], sums: &Sums) -> Comparison {
    let by_name: BTreeMap<CellName, &Figure> = figures
        .iter()
        .map(|figure| (cell_name(figure), figure))
        .collect();
    let mut comparison = Comparison::default();
    for (name, sum) in sums {
        match name.3 {
            None => comparison.network += 1,
            Some(_) => comparison.location += 1,
        }
        let sum = sum.map(|(above, below)| (Number::from(above), Number::from(below)));
        let expected = sum.unzip();
        let found = by_name.get(name).map(|figure| &figure.cell);
        let found = found.map(|cell| (cell.numerator, cell.denominator));
        if found.as_ref() == Some(&expected) {
            comparison.equal += 1;
        } else {
            comparison
                .different
                .push(format!("{name:?}: expected {expected:?}, found {found:?}"));
        }
    }
    comparison
}

fn cell_name(figure: &Figure) -> CellName {
    let key = &figure.cell.key;
    (
        key.indicator.to_string(),
        key.period.to_string(),
        key.breakdown.value().into_owned(),
        key.level.location().map(ToString::to_string),
    )
}

/// Returns the numerator and denominator published for FAR_NORTH VAX_PRIMARY 12+ 2022-12.
pub(crate) fn contested_figure() -> Result<(i64, i64)> {
    let cell = ["VAX_PRIMARY", "2022-12", "12+"].map(str::to_owned);
    let [indicator, period, age] = cell;
    let sums = plain_sums()?;
    // Far North is one area, so its cell is its row.
    let sum = sums
        .get(&(indicator, period, age, Some("FN".to_owned())))
        .copied()
        .flatten();
    sum.context("the file has no such figure")
}

const LOCATIONS: &str = "locations.csv";
/// The definitions that the demonstration's hub imports.
pub(crate) const INDICATORS: &str = "indicators.toml";
const VACCINATION: &str = "nz-vaccination-by-territorial-authority.csv";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_named() {
        check_files(&data_folder()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in [LOCATIONS, INDICATORS] {
            let said = check_files(folder.path()).unwrap_err().to_string();
            assert!(said.contains(name), "{said}");
            assert!(said.contains("no such file"), "{said}");
            assert!(said.contains("git checkout -- examples/data"), "{said}");
            std::fs::write(folder.path().join(name), "").unwrap();
        }
    }
}
