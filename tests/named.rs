//! Checks that each test exists that a document names in a command, or beside a sentence of
//! disclosure control.

mod repository;

use self::repository::{File, Problems, file, numbered, sources};

/// The rows of this part name tests of `disclosure::tests` without a command.
const SENTENCES: (&str, &str) = ("shared/DISCLOSURE.md", "## Each sentence and its test");

#[test]
fn every_test_that_a_document_names_exists() {
    let tests: Vec<Test> = sources(&[".rs"]).iter().flat_map(tests_of).collect();
    let exists = |folder: &str, name: &str| {
        let mut all = tests.iter();
        all.any(|test| test.file.starts_with(folder) && test.path.contains(name))
    };
    assert!(exists("tests/", "every_test_that_a_document_names_exists"));
    let manifests = sources(&["/Cargo.toml"]);
    let mut problems = Problems::default();
    for document in sources(&[".md"]) {
        for (line, text) in numbered(&document.text) {
            let quoted = text.split('`').skip(1).step_by(2);
            for command in quoted.filter_map(|code| code.strip_prefix("cargo test ")) {
                let (folder, name) = of_command(command, &manifests);
                // Two commands show where a name goes.
                if name.is_some_and(|name| !name.ends_with("NAME") && !exists(&folder, name)) {
                    problems.add(
                        &document,
                        line,
                        &format!("cargo test {command}: no such test"),
                    );
                }
            }
        }
    }
    let (path, heading) = SENTENCES;
    let document = file(path);
    let lines = numbered(&document.text).skip_while(|(_, line)| *line != heading);
    let rows: Vec<_> = lines.filter(|(_, line)| line.starts_with("| ")).collect();
    assert!(rows.len() > 30, "{path} has a row for each sentence");
    for (line, row) in rows
        .into_iter()
        .skip(1)
        .filter(|(_, row)| !row.contains("| ---"))
    {
        let named = row.rsplit_once(" | ").map_or("", |(_, named)| named);
        let codes: Vec<&str> = named.split('`').skip(1).step_by(2).collect();
        if codes.is_empty() {
            problems.add(&document, line, "the sentence has no test");
        }
        for code in codes.iter().filter(|code| !code.starts_with("cargo ")) {
            if !exists("shared/src/disclosure/tests", &format!("tests::{code}")) {
                problems.add(&document, line, &format!("there is no test {code}"));
            }
        }
    }
    problems.report("A document names a test that does not exist: name the one that there is now.");
}

/// A test: its file, and its path with its name, as a filter sees it.
struct Test {
    file: String,
    path: String,
}

fn tests_of(file: &File) -> Vec<Test> {
    let path = file.path.trim_end_matches(".rs").trim_end_matches("/mod");
    let mut path = path.replace('/', "::");
    let (mut tests, mut is_test) = (Vec::new(), false);
    for line in file.text.lines().map(str::trim) {
        if line == "mod tests {" {
            path.push_str("::tests");
        }
        if line.starts_with("#[") {
            is_test |= line.contains("test]") || line.contains("::test(");
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            tests.push(Test {
                file: file.path.clone(),
                path: format!("{path}::{name}"),
            });
            is_test = false;
        }
    }
    tests
}

/// The folder of the package of a command, and the name by which it chooses tests.
fn of_command<'c>(command: &'c str, manifests: &[File]) -> (String, Option<&'c str>) {
    let (mut folder, mut name) = (String::new(), None);
    let mut words = command.split_whitespace().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        match word {
            "-p" => folder = folder_of(words.next().unwrap_or_default(), manifests),
            "--test" | "--example" | "--bench" | "--features" => {
                words.next();
            }
            option if option.starts_with('-') => {}
            filter => name = name.or(Some(filter)),
        }
    }
    (folder, name)
}

/// The folder of a package, with a slash; empty for the one at the root.
fn folder_of(package: &str, manifests: &[File]) -> String {
    let name = format!("name = \"{package}\"");
    let of = manifests.iter().find(|file| file.text.contains(&name));
    of.map_or_else(String::new, |file| {
        file.path.trim_end_matches("Cargo.toml").to_owned()
    })
}
