//! The table beside this file names a test for each attack, and each test exists.

use std::{fs, path::Path};

#[test]
fn every_row_of_the_table_names_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("tests/hostile/README.md")).expect("the table");
    let rows: Vec<_> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| #") && !line.contains("---"))
        .collect();
    assert!(rows.len() >= 15, "{} rows", rows.len());
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [_, number, input, sender, answer, tests, _] = cells.as_slice() else {
            panic!("a row has five cells: {row}");
        };
        for cell in [number, input, sender, answer] {
            assert!(!cell.is_empty(), "an empty cell: {row}");
        }
        let named: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test: {row}");
        for name in named {
            let (function, file) = name.split_once(" in ").unwrap_or_else(|| {
                panic!("a test is named \"function in file\": {name}");
            });
            let text = fs::read_to_string(root.join(file));
            let text = text.unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(
                text.contains(&format!("fn {function}(")),
                "no {function} in {file}"
            );
        }
    }
}
