//! Planted mistakes: each breaks one promise, and the test of that promise must notice.
//!
//! The ordinary run only checks that every mistake can still be planted and that its test exists.
//! `tests/all --mutants` plants each of them alone, in two copies of the tree, and writes each
//! outcome to tests/mutants/RESULT.md, beside the commit that it belongs to.

#[path = "../repository/mod.rs"]
mod repository;

mod list;
mod plant;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io::Write as _,
    sync::Mutex,
    thread,
};

use self::{
    list::Mistake,
    plant::{Copy, Outcome},
    repository::{File, Problems, file, numbered, root, sources},
};

/// The last outcome of each mistake.
const RESULT: &str = "tests/mutants/RESULT.md";

/// Copies of the tree in which mistakes are planted at the same time.
const LANES: usize = 2;

/// Plants every mistake, or only those with the first argument in their names or files. Those of
/// which the outcome still stands are not planted again, so a run that was stopped goes on.
fn main() -> anyhow::Result<()> {
    check_list();
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let commit = plant::commit(root());
    let meant = |it: &&Mistake| it.name.contains(&wanted) || it.file.contains(&wanted);
    let mut mistakes: Vec<_> = list::all().filter(|(_, it)| meant(it)).collect();
    anyhow::ensure!(
        !mistakes.is_empty(),
        "`{wanted}` is in no mistake's name or file"
    );
    let results = Results::read();
    let sources = sources(&[".rs"]);
    mistakes.retain(|(list, mistake)| !results.stands(list, mistake, &sources));
    let mut mistakes: Vec<_> = mistakes.into_iter().map(|(_, it)| it).collect();
    let tried = mistakes.len();
    // The next one needs most of the same compiled code.
    mistakes.sort_by_key(|mistake| (mistake.suite, mistake.file));
    let run = Mutex::new((results, 0));
    let each = mistakes.len().div_ceil(LANES).max(1);
    thread::scope(|scope| {
        let lanes = mistakes.chunks(each).enumerate().map(|(lane, some)| {
            let (run, commit) = (&run, &commit);
            scope.spawn(move || plant_all(lane, some, commit, run))
        });
        let lanes: Vec<_> = lanes.collect();
        let mut lanes = lanes.into_iter();
        lanes.try_for_each(|lane| lane.join().expect("a lane does not panic"))
    })?;
    let missed = run.into_inner().expect("no lane panicked").1;
    anyhow::ensure!(missed == 0, "{missed} of {tried} mistakes were not noticed");
    Ok(())
}

/// Plants some of the mistakes, one after another, in a copy of its own. `run` has all results and
/// the number of mistakes that were not noticed.
fn plant_all(
    lane: usize,
    mistakes: &[&Mistake],
    commit: &str,
    run: &Mutex<(Results, usize)>,
) -> anyhow::Result<()> {
    let copy = Copy::make(root(), lane)?;
    let unbroken = copy.run_unbroken(mistakes);
    for mistake in mistakes {
        let outcome = match unbroken.get(mistake.test) {
            Some(said) => Outcome::FailsAnyway(said.clone()),
            None => copy.try_out(mistake)?,
        };
        let mut run = run.lock().expect("no lane panicked");
        writeln!(std::io::stdout(), "{}: {outcome}", mistake.name)?;
        run.1 += usize::from(outcome != Outcome::Noticed);
        run.0.record(mistake, &outcome, commit)?;
    }
    Ok(())
}

/// Panics with all that is wrong with the list.
fn check_list() {
    let sources = sources(&[".rs"]);
    let (mut problems, mut names) = (Problems::default(), BTreeSet::new());
    for (list, mistake) in list::all() {
        let list = file(list);
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
        if !names.insert(mistake.name) {
            add("another mistake has the same name");
        }
        if declaring(mistake, &sources).next().is_none() {
            add(&format!("there is no test `{}`", mistake.test));
        }
    }
    problems.report("A planted mistake no longer fits the code: mend the list.");
}

/// The sources that have a function with the name of the mistake's test.
fn declaring<'s>(mistake: &Mistake, sources: &'s [File]) -> impl Iterator<Item = &'s File> {
    let function = mistake.test.rsplit("::").next().unwrap_or(mistake.test);
    let declared = format!("fn {function}(");
    sources
        .iter()
        .filter(move |source| source.text.contains(&declared))
}

/// The rows of the results, by the names of their mistakes.
struct Results(BTreeMap<String, String>);

impl Results {
    /// Reads what earlier runs found.
    fn read() -> Self {
        let text = std::fs::read_to_string(root().join(RESULT)).unwrap_or_default();
        let rows = text.lines().filter_map(|row| {
            let (name, _) = row.strip_prefix("| ")?.split_once(" |")?;
            Some((name.to_owned(), row.to_owned()))
        });
        Self(rows.collect())
    }

    /// Whether a mistake was noticed in a commit since which neither it, nor its file, nor its test
    /// has changed.
    fn stands(&self, list: &str, mistake: &Mistake, sources: &[File]) -> bool {
        let Some(row) = self.0.get(mistake.name) else {
            return false;
        };
        let of_test = format!("| `{}` | {} | ", mistake.test, Outcome::Noticed);
        let Some((_, commit)) = row.split_once(&of_test) else {
            return false;
        };
        let commit = commit.trim_end_matches([' ', '|']);
        let tests = declaring(mistake, sources).map(|source| source.path.as_str());
        let paths: Vec<&str> = tests.chain([mistake.file]).collect();
        plant::is_unchanged(root(), commit, &paths)
            && plant::is_listed(root(), commit, list, mistake)
    }

    /// Replaces one row, and writes all that belong to a mistake of the list.
    fn record(&mut self, of: &Mistake, outcome: &Outcome, commit: &str) -> anyhow::Result<()> {
        let Mistake {
            name, file, test, ..
        } = of;
        let row = format!("| {name} | `{file}` | `{test}` | {outcome} | {commit} |");
        self.0.insert((*name).to_owned(), row);
        let mut text = String::from(
            "# Planted mistakes: the last outcome of each\n\n\
             `tests/all --mutants` writes this file. Each mistake was planted alone in a copy of \
             the tree\nof that commit; the test named beside it passed before. \"Noticed\" means \
             that it then failed by\nan assertion.\n\n\
             | Mistake | File | Test | Outcome | Commit |\n|---|---|---|---|---|\n",
        );
        for row in list::all().filter_map(|(_, mistake)| self.0.get(mistake.name)) {
            writeln!(text, "{row}")?;
        }
        Ok(std::fs::write(root().join(RESULT), text)?)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_mistake_can_be_planted() {
        super::check_list();
    }
}
