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
    /// The name of its example team.
    pub(crate) name: String,
    /// Codes and names of its areas.
    pub(crate) areas: Vec<(String, String)>,
}

/// Indicator, period, breakdown value, and a location's code or `None` for the network.
pub(crate) type CellName = (String, String, String, Option<String>);

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
    for name in FILES {
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

/// Returns the definitions of the vaccination figures, without others of the same file.
pub(crate) fn vaccination_definitions() -> Result<String> {
    let text = std::fs::read_to_string(data_file(VACCINATION_INDICATORS))?;
    let blocks = text
        .split(HEAD)
        .filter(|block| block.contains("code = \"VAX_"));
    Ok(blocks.map(|block| format!("{HEAD}{block}")).collect())
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
                name: row[1].replace("Healthy Families ", "Example team: "),
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

/// Whether the vaccination file has figures of this place. It knows Auckland only as a whole, so
/// the two locations there have none.
pub(crate) fn has_vaccinations(place: &Place) -> Result<bool> {
    let sums = vaccination_sums(std::slice::from_ref(place))?;
    Ok(!sums.is_empty())
}

/// Sums the vaccination file alone.
pub(crate) fn vaccination_sums(places: &[Place]) -> Result<Sums> {
    let mut sums = Sums::new();
    add_file(&mut sums, VACCINATION, places)?;
    Ok(sums)
}

/// Sums both files. What a file has for some places stands for all of them, if only as a cell
/// without a figure.
pub(crate) fn plain_sums(places: &[Place]) -> Result<Sums> {
    let mut sums = vaccination_sums(places)?;
    add_file(&mut sums, PREVENTION, places)?;
    let cells: Vec<CellName> = sums.keys().cloned().collect();
    for (indicator, period, breakdown, level) in cells {
        if level.is_none() {
            for place in places {
                let name = [&indicator, &period, &breakdown].map(String::clone);
                let [indicator, period, breakdown] = name;
                let level = Some(place.code.clone());
                sums.entry((indicator, period, breakdown, level))
                    .or_default();
            }
        }
    }
    Ok(sums)
}

/// Adds the rows of a CSV file about areas of these places. A row without a numerator adds neither
/// numerator nor denominator.
fn add_file(sums: &mut Sums, file: &str, places: &[Place]) -> Result<()> {
    let place_of: BTreeMap<&str, &str> = places
        .iter()
        .flat_map(|place| place.areas.iter().map(|(area, _)| (&**area, &*place.code)))
        .collect();
    let mut rows = csv::Reader::from_path(data_file(file))?;
    let headers = rows.headers()?.clone();
    let column = |name: &str| {
        let found = headers.iter().position(|header| header == name);
        found.with_context(|| format!("{file} has no column {name}"))
    };
    let area = column("area_code")?;
    let names = [
        column("indicator_code")?,
        column("period")?,
        column("breakdown_value")?,
    ];
    let (numerator, denominator) = (column("numerator")?, column("denominator")?);
    for row in rows.records() {
        let row = row?;
        let Some(place) = place_of.get(&row[area]) else {
            continue;
        };
        let name = names.map(|at| row[at].to_owned());
        for level in [None, Some((*place).to_owned())] {
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
    Ok(())
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
    /// The other cells, each with its difference in words.
    pub(crate) different: Vec<(CellName, String)>,
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
            let words = format!("{name:?}: expected {expected:?}, found {found:?}");
            comparison.different.push((name.clone(), words));
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

/// Returns the published numerator and denominator of the figure that two devices contest.
pub(crate) fn contested_figure(places: &[Place]) -> Result<(i64, i64)> {
    let sums = vaccination_sums(places)?;
    // Far North is one area, so its cell is its row.
    let mut cells = sums.iter().filter(|(name, _)| is_contested(name));
    let sum = cells.find(|(name, _)| name.3.is_some());
    let (_, sum) = sum.context("the file has no such figure")?;
    sum.context("the file has no count there")
}

/// Whether the contested figure is in this cell.
pub(crate) fn is_contested((indicator, period, breakdown, level): &CellName) -> bool {
    let same = (&**indicator, &**period, &**breakdown);
    same == ("VAX_PRIMARY", CONTESTED_PERIOD, "12+")
        && level.as_ref().is_none_or(|level| level == "FN")
}

/// The month of the contested figure.
pub(crate) const CONTESTED_PERIOD: &str = "2022-12";
const LOCATIONS: &str = "locations.csv";
/// The line before each definition.
const HEAD: &str = "[[indicator]]";
const VACCINATION_INDICATORS: &str = "indicators.toml";
/// The definitions of the census figures.
pub(crate) const PREVENTION_INDICATORS: &str = "indicators-prevention.toml";
/// The census figures.
pub(crate) const PREVENTION: &str = "nz-census-prevention.csv";
const VACCINATION: &str = "nz-vaccination-by-territorial-authority.csv";
/// Every file that the demonstration reads.
const FILES: [&str; 5] = [
    LOCATIONS,
    VACCINATION_INDICATORS,
    PREVENTION_INDICATORS,
    PREVENTION,
    VACCINATION,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_named() {
        check_files(&data_folder()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in FILES {
            let said = check_files(folder.path()).unwrap_err().to_string();
            assert!(said.contains(name), "{said}");
            assert!(said.contains("no such file"), "{said}");
            assert!(said.contains("git checkout -- examples/data"), "{said}");
            std::fs::write(folder.path().join(name), "").unwrap();
        }
    }
}
