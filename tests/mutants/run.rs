//! Planted mistakes: each breaks one promise, and the test of that promise must notice.
//!
//! The ordinary run only checks that every mistake can still be planted and that its test exists.
//! `tests/all --mutants` plants them one after another in a copy of the tree and writes the
//! outcomes to tests/mutants/RESULT.md.

#[path = "../repository/mod.rs"]
mod repository;

mod list;
mod plant;

use std::{fmt::Write as _, io::Write as _};

use self::{
    list::{MISTAKES, Mistake},
    plant::{Copy, Outcome},
    repository::{Problems, file, numbered, root, sources},
};

/// The mistakes.
const LIST: &str = "tests/mutants/list.rs";
/// The results of the last whole run.
const RESULT: &str = "tests/mutants/RESULT.md";

/// Plants every mistake, or only those with the first argument in their names.
fn main() -> anyhow::Result<()> {
    check_list();
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let mut out = std::io::stdout().lock();
    let (copy, commit) = (Copy::make(root())?, plant::commit(root()));
    let named = |it: &&Mistake| it.name.contains(&wanted);
    let mut mistakes: Vec<&Mistake> = MISTAKES.iter().filter(named).collect();
    // What is compiled for one stays for the next.
    mistakes.sort_by_key(|mistake| (mistake.suite, mistake.file));
    let unbroken = copy.run_unbroken(&mistakes);
    let (mut lines, mut missed) = (Vec::new(), 0);
    for mistake in mistakes {
        let outcome = match unbroken.get(mistake.test) {
            Some(said) => Outcome::FailsAnyway(said.clone()),
            None => copy.try_out(mistake)?,
        };
        writeln!(out, "{}: {outcome}", mistake.name)?;
        missed += usize::from(outcome != Outcome::Noticed);
        lines.push(line(mistake, &outcome));
    }
    anyhow::ensure!(!lines.is_empty(), "no mistake has `{wanted}` in its name");
    if wanted.is_empty() {
        record(&commit, &lines)?;
    }
    anyhow::ensure!(
        missed == 0,
        "{missed} of {} mistakes were not noticed",
        lines.len()
    );
    Ok(())
}

/// Panics with all that is wrong with the list.
fn check_list() {
    let sources = sources(&[".rs"]);
    let list = file(LIST);
    let mut problems = Problems::default();
    for (at, mistake) in MISTAKES.iter().enumerate() {
        let mut lines = numbered(&list.text);
        let line = lines.find(|(_, text)| text.contains(mistake.name));
        let line = line.map_or(0, |(line, _)| line);
        let mut add = |what: &str| problems.add(&list, line, what);
        let count = file(mistake.file).text.matches(mistake.find).count();
        if count != 1 {
            add(&format!(
                "its text occurs {count} times in {}",
                mistake.file
            ));
        }
        if mistake.find == mistake.replace {
            add("it changes nothing");
        }
        if MISTAKES[..at].iter().any(|one| one.name == mistake.name) {
            add("another mistake has the same name");
        }
        let function = mistake.test.rsplit("::").next().unwrap_or(mistake.test);
        let declared = format!("fn {function}(");
        if !sources.iter().any(|source| source.text.contains(&declared)) {
            add(&format!("there is no test `{function}`"));
        }
    }
    problems.report("A planted mistake no longer fits the code: mend the list.");
}

/// Returns one row of the results.
fn line(mistake: &Mistake, outcome: &Outcome) -> String {
    let Mistake {
        name, file, test, ..
    } = mistake;
    format!("| {name} | `{file}` | `{test}` | {outcome} |")
}

/// Writes the results of a whole run, with the commit they belong to.
fn record(commit: &str, lines: &[String]) -> anyhow::Result<()> {
    let mut text = String::from(
        "# Planted mistakes: the last run\n\n\
         `tests/all --mutants` writes this file. Each mistake was planted alone in a copy of the\n\
         tree; the test named beside it passed before and failed by an assertion after.\n\n",
    );
    writeln!(text, "Commit {commit}.\n")?;
    text.push_str("| Mistake | File | Test | Outcome |\n|---|---|---|---|\n");
    for line in lines {
        writeln!(text, "{line}")?;
    }
    Ok(std::fs::write(root().join(RESULT), text)?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_mistake_can_be_planted() {
        super::check_list();
    }
}
