//! A copy of the tree in which one mistake at a time is planted, built and tested.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use anyhow::Context as _;

use super::list::{Mistake, Suite};

/// Seconds until a test that hangs because of a mistake is stopped.
const TEST_SECONDS_MAX: &str = "600";
/// Seeds of the simulator, of which its test takes a tenth: a mistake that needs more is noticed by
/// luck.
const SEEDS: &str = "1000";
/// Exit code of `timeout` if it stopped the program.
const TIMED_OUT: i32 = 124;

/// The outcome of one planted mistake. Only `Noticed` is good.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The named test failed with a panic.
    Noticed,
    /// The named test passed although the promise is broken.
    Missed,
    /// The test never ended.
    TimedOut,
    /// The copy does not compile with the mistake in it: the compiler's last lines.
    DoesNotCompile(String),
    /// The named test does not run, or fails without the mistake too.
    FailsAnyway(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Noticed => out.write_str("noticed"),
            Self::Missed => out.write_str("NOT NOTICED"),
            Self::TimedOut => out.write_str("TIMED OUT"),
            Self::DoesNotCompile(why) => write!(out, "DOES NOT COMPILE: {why}"),
            Self::FailsAnyway(why) => write!(out, "FAILS WITHOUT IT TOO: {why}"),
        }
    }
}

/// A copy of every file that git knows, with its own target folder.
pub(crate) struct Copy {
    tree: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// Copies the tree at `root` to a folder of target/mutants, or brings the copy up to date.
    /// Files that did not change keep their times, so that only what changed is compiled.
    pub(crate) fn make(root: &Path, lane: usize) -> anyhow::Result<Self> {
        let home = root.join("target/mutants").join(lane.to_string());
        let (tree, target) = (home.join("tree"), home.join("target"));
        fs::create_dir_all(&tree)?;
        let listed = output(
            Command::new("git")
                .arg("-C")
                .arg(root)
                .args(["ls-files", "-z"]),
        );
        let listed = String::from_utf8(listed.stdout)?;
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            let (from, to) = (root.join(path), tree.join(path));
            let Ok(wanted) = fs::read(&from) else {
                continue;
            };
            if fs::read(&to).is_ok_and(|known| known == wanted) {
                continue;
            }
            fs::create_dir_all(to.parent().context("a path of a file")?)?;
            fs::write(&to, wanted)?;
            let mode = fs::metadata(&from)?.permissions();
            fs::set_permissions(&to, mode)?;
        }
        Ok(Self { tree, target })
    }

    /// Runs each test once without a mistake. Returns what is said about those that fail.
    pub(crate) fn run_unbroken(&self, mistakes: &[&Mistake]) -> BTreeMap<&'static str, String> {
        let mut run = BTreeMap::new();
        for mistake in mistakes {
            run.entry(mistake.test).or_insert_with(|| {
                if let Err(why) = self.build(mistake) {
                    return Some(why);
                }
                let tested = self.test(mistake);
                let passes = tested.status.success() && ran_one(&tested);
                (!passes).then(|| tail(&tested))
            });
        }
        let failed = |(test, said): (_, Option<_>)| Some((test, said?));
        run.into_iter().filter_map(failed).collect()
    }

    /// Runs the mistake's test with the mistake.
    pub(crate) fn try_out(&self, mistake: &Mistake) -> anyhow::Result<Outcome> {
        let path = self.tree.join(mistake.file);
        let clean = fs::read_to_string(&path)?;
        fs::write(&path, clean.replacen(mistake.find, mistake.replace, 1))?;
        let outcome = match self.build(mistake) {
            Ok(()) => judge(&self.test(mistake)),
            Err(why) => Outcome::DoesNotCompile(why),
        };
        fs::write(&path, clean)?;
        Ok(outcome)
    }

    /// Builds the test, and the programs if the test starts them.
    fn build(&self, mistake: &Mistake) -> Result<(), String> {
        let mut builds = vec![self.cargo(mistake, &["--no-run"])];
        if mistake.suite == Suite::Programs {
            let mut programs = Command::new("cargo");
            programs.args(["build", "--locked", "--quiet", "--bins"]);
            self.set_up(&mut programs);
            builds.push(programs);
        }
        for mut build in builds {
            let built = output(&mut build);
            if !built.status.success() {
                return Err(tail(&built));
            }
        }
        Ok(())
    }

    fn test(&self, mistake: &Mistake) -> Output {
        output(&mut self.cargo(mistake, &[mistake.test, "--", "--exact"]))
    }

    fn cargo(&self, mistake: &Mistake, arguments: &[&str]) -> Command {
        let mut cargo = Command::new("timeout");
        let seconds = if arguments.contains(&"--exact") {
            TEST_SECONDS_MAX
        } else {
            "0"
        };
        cargo.args([seconds, "cargo", "test", "--locked", "--quiet", "-p"]);
        match mistake.suite {
            Suite::Unit(package) => cargo.args([package, "--lib"]),
            Suite::Integration(package, target) => cargo.args([package, "--test", target]),
            Suite::Programs => cargo.args(["weft", "--test", "e2e"]),
        };
        cargo.args(arguments);
        self.set_up(&mut cargo);
        cargo
    }

    fn set_up(&self, command: &mut Command) {
        command
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", "1")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_TERM_COLOR", "never")
            .env("RUST_BACKTRACE", "0")
            .env("WEFT_SEEDS", SEEDS);
    }
}

/// Judges a test run. A mistake is noticed only if its own test ran and failed by an assertion: one
/// of a recorded text ends in a panic without a message.
fn judge(tested: &Output) -> Outcome {
    let said = says(tested);
    let asserts = ["panicked at", "expect test failed"];
    if tested.status.code() == Some(TIMED_OUT) {
        Outcome::TimedOut
    } else if tested.status.success() {
        Outcome::Missed
    } else if asserts.iter().any(|words| said.contains(words)) && ran_one(tested) {
        Outcome::Noticed
    } else {
        Outcome::FailsAnyway(tail(tested))
    }
}

fn ran_one(tested: &Output) -> bool {
    says(tested).contains("running 1 test")
}

fn says(done: &Output) -> String {
    let out = String::from_utf8_lossy(&done.stdout);
    let err = String::from_utf8_lossy(&done.stderr);
    format!("{out}\n{err}")
}

/// Returns the last lines, joined into one.
fn tail(done: &Output) -> String {
    let text = says(done);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(4)..].join(" / ")
}

/// Returns the copied commit, and whether files differed from it.
pub(crate) fn commit(root: &Path) -> String {
    let git = |arguments: &[&str]| {
        let done = output(Command::new("git").arg("-C").arg(root).args(arguments));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    };
    let head = git(&["rev-parse", "--short=12", "HEAD"]);
    let changes = ["status", "--porcelain", "--untracked-files=no"];
    let but_results = ["--", ":!tests/mutants/RESULT.md"];
    if git(&[changes.as_slice(), &but_results].concat()).is_empty() {
        head
    } else {
        format!("{head}, with changes that were not committed")
    }
}

/// Whether these files are as they were in a commit; not if there is no such commit.
pub(crate) fn is_unchanged(root: &Path, commit: &str, paths: &[&str]) -> bool {
    let mut diff = Command::new("git");
    diff.arg("-C")
        .arg(root)
        .args(["diff", "--quiet", commit, "--"]);
    output(diff.args(paths)).status.success()
}

/// Whether a mistake was in its list in a commit as it is now.
pub(crate) fn is_listed(root: &Path, commit: &str, list: &str, mistake: &Mistake) -> bool {
    let shown = format!("{commit}:{list}");
    let then = output(
        Command::new("git")
            .arg("-C")
            .arg(root)
            .args(["show", &shown]),
    );
    // The list writes line ends and quotes in ways of its own.
    let bare = |text: &str| -> String {
        let letters = text.chars();
        letters
            .filter(|c| !c.is_whitespace() && *c != '\\')
            .collect()
    };
    let then = bare(&String::from_utf8_lossy(&then.stdout));
    [mistake.find, mistake.replace]
        .iter()
        .all(|text| then.contains(&bare(text)))
}

fn output(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"))
}
