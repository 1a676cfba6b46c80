//! Workbooks as somebody else's program reads them.

use std::{path::Path, process::Command};

use serde_json::Value;

use crate::network::{Network, data};

/// Columns that hold codes and periods, which a spreadsheet would take for dates and numbers.
const TEXTS: [&str; 4] = [
    "period",
    "breakdown_value",
    "location_code",
    "indicator_code",
];

#[test]
fn openpyxl_reads_what_the_hub_writes() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let published = data("nz-vaccination-by-territorial-authority.csv");
    desk.run(&["import", "observations", &published, "--own-areas"])
        .ok();
    desk.run(&["sync", "--once"]).ok();
    let rollup = |name: &str| {
        let to = network.path(name);
        let text = to.to_str().expect("the path is text");
        network
            .hub
            .run(&["rollup", "--level", "location", "--to", text])
            .ok();
        to
    };
    let read = cells(&rollup("figures.xlsx"));
    let rows = read.as_array().expect("rows");
    let mut file = csv::Reader::from_path(rollup("figures.csv")).expect("the file is there");
    let heads = file.headers().expect("it has a header").clone();
    let of_csv: Vec<_> = file.records().map(|row| row.expect("a row")).collect();
    assert!(of_csv.len() > 20, "{} rows", of_csv.len());
    assert_eq!(rows.len(), of_csv.len() + 1);
    let named = rows[0].as_array().expect("cells").iter();
    let named: Vec<&str> = named.filter_map(|cell| cell[1].as_str()).collect();
    let heads: Vec<&str> = heads
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}'))
        .collect();
    assert_eq!(named, heads);
    let mut parts = std::collections::BTreeSet::new();
    for (row, expected) in rows[1..].iter().zip(&of_csv) {
        let row = row.as_array().expect("cells").iter();
        for ((cell, expected), name) in row.zip(expected).zip(heads.iter().copied()) {
            assert!(is_same(cell, expected), "{name}: {cell}, not {expected}");
            if TEXTS.contains(&name) && !expected.is_empty() {
                assert_eq!(cell[0], "s", "{name}: {cell}");
                parts.insert(expected.to_owned());
            }
        }
    }
    for part in ["5-11", "2021-12", "FN"] {
        assert!(parts.contains(part), "{part}: {parts:?}");
    }
}

/// Returns the cells of a workbook's first sheet, row by row, as openpyxl reads them: each its type
/// and its value.
fn cells(workbook: &Path) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/python");
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/oracle-python/bin/python");
    assert!(
        python.exists(),
        "openpyxl is missing: run python3 -m venv target/oracle-python, then its pip install -r \
         tests/oracle/python/requirements.txt (tests/all does)"
    );
    let output = Command::new(python)
        .arg(folder.join("cells.py"))
        .arg(workbook)
        .output()
        .expect("Python starts");
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{wrong}");
    serde_json::from_slice(&output.stdout).expect("the script writes JSON")
}

/// Whether a cell is what the field of a CSV file says. A text that looks like a formula has an
/// apostrophe there.
fn is_same(cell: &Value, field: &str) -> bool {
    match &cell[1] {
        Value::Null => field.is_empty(),
        Value::Bool(flag) => field == flag.to_string(),
        Value::String(text) => cell[0] == "s" && (field == text || field == format!("'{text}")),
        Value::Number(number) => {
            let field: Option<f64> = field.parse().ok();
            cell[0] == "n" && number.as_f64() == field
        }
        Value::Array(_) | Value::Object(_) => false,
    }
}
