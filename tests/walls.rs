//! The walls of the house: who may import whom, and what must not come into the pure core.

mod repository;

use std::collections::{BTreeMap, BTreeSet};

use self::repository::{File, Problems, file, numbered, sources};

/// The modules of each crate from the ground up: a module imports only those in the lines above
/// its own. Where an order could be another one, the code decided:
///
/// - shared: an id carries a moment, so `time` is below `id`. `wire` is the form of frames and
///   messages with the limits of all that a peer may send; entries are bytes to it, and every part
///   of the log and of documents keeps to its limits, so it is below both.
/// - node and hub: `limits` is below `settings` and `registry`, which keep to them.
/// - hub: `commands` holds the command line, `registry` the places of strangers and the allowances
///   of devices.
/// - node: as at the hub, except that the thread that owns the replica (`owner`) is below the link,
///   so that the link needs nothing of `app`.
const ORDER: [Crate; 6] = [
    Crate {
        folder: "shared",
        modules: "
            text
            time period
            id
            identity model
            wire
            log seen validation
            document sync
            rollup
            alignment disclosure
            release",
        apart: &[
            // Of the rollup it uses the levels alone; nothing that signs, sends or stores.
            ("disclosure", "document identity log sync wire validation"),
            // The session knows a document as bytes, hashes and numbers, never as a model.
            ("sync", "model period validation"),
            ("wire", "model period"),
        ],
    },
    Crate {
        folder: "shared/host",
        modules: "
            answer assets browser chart clock csv intake limits problems qr random task text words
            file hook http output table
            config data_dir drive list log quic
            control failure page upload
            folder reply
            backup shell split",
        apart: &[],
    },
    Crate {
        folder: "shared/store",
        modules: "
            cache error limits mirror
            rows
            quarantine writer
            copy schema
            blobs documents rosters
            logs
            entries shares
            undone
            host
            bundle",
        apart: &[],
    },
    Crate {
        folder: "shared/tables",
        modules: "
            known limits number period roles
            grid headings plan
            sheet
            layout
            propose
            table",
        apart: &[],
    },
    Crate {
        folder: "node",
        modules: "
            limits words
            settings
            store
            replica
            view
            import curve
            edits
            owner
            link
            enrol
            app simulated
            verify
            export
            report
            pages commands
            program
            main",
        apart: &[("pages commands", "store")],
    },
    Crate {
        folder: "hub",
        modules: "
            limits query
            access keys registry
            settings
            store
            aggregate directory
            app
            alert enrol figures
            ledger release
            sight treatment
            api pages
            peer
            serve
            commands
            program
            main",
        apart: &[("api pages commands", "store aggregate directory keys")],
    },
];

/// A crate of the workspace: it imports only those above it in [`ORDER`]; node and hub, which never
/// name each other, are both on top.
struct Crate {
    folder: &'static str,
    /// Its modules, from the ground up; those of one line do not import each other.
    modules: &'static str,
    /// Modules that must not import some of those below them.
    apart: &'static [(&'static str, &'static str)],
}

#[test]
fn modules_import_only_from_below() {
    let files = sources(&[".rs"]);
    let mut problems = Problems::default();
    for one in &ORDER {
        let source = format!("{}/src/", one.folder);
        let files = files.iter().filter(|file| file.path.starts_with(&source));
        let files: Vec<&File> = files.collect();
        for (file, what) in one.breaches(&files) {
            problems.add(file, 0, &what);
        }
        for module in one.modules.split_whitespace() {
            if !files.iter().any(|file| one.place(file).0 == module) {
                problems.add(
                    files[0],
                    0,
                    &format!("the list names `{module}`, which is gone"),
                );
            }
        }
    }
    problems.report(
        "Modules import only from below; the list is ORDER in tests/walls.rs. Move what both need \
         down, or pass it as an argument. A new module goes into the list.",
    );
}

/// A list that finds nothing holds nothing: every way to import is found in planted files.
#[test]
fn an_import_upwards_is_found() {
    let hub = ORDER.last().expect("the hub is on top");
    let lib = planted("hub/src/lib.rs", "pub use self::app::AppHandle;");
    for (path, text, found) in [
        ("store.rs", "use crate::app::AppHandle;", "app"),
        ("store.rs", "use crate::{limits, app::AppHandle};", "app"),
        ("store/a.rs", "use super::super::app::AppHandle;", "app"),
        ("store/a.rs", "use super::{b, super::{limits, app}};", "app"),
        ("store.rs", "use super::app::AppHandle;", "app"),
        ("store.rs", "fn f(app: &crate::app::AppHandle) {}", "app"),
        ("store.rs", "use\n    crate::{\n    app\n};", "app"),
        ("store.rs", "pub(crate) use crate::AppHandle;", "app"),
        ("store.rs", "use crate as hub;", "another name"),
        ("store.rs", "use crate::*;", "`*`"),
        ("store.rs", "use crate::{self as hub};", "`self`"),
        ("store.rs", "use crate::made_today::Thing;", "made_today"),
        ("made_today.rs", "", "made_today"),
        ("pages.rs", "use crate::api::Problem;", "api"),
        ("pages.rs", "use crate::store::LocationRow;", "store"),
        ("store.rs", "use weft_node::AppHandle;", "weft_node"),
        ("store.rs", "use weft_disk::Disk;", "weft_disk"),
        ("store.rs", "use weft_hub::app::AppHandle;", "app"),
    ] {
        let file = planted(&format!("hub/src/{path}"), text);
        let breaches = hub.breaches(&[&lib, &file]);
        let one = breaches.iter().filter(|(of, _)| of.path == file.path);
        let one: Vec<&String> = one.map(|(_, what)| what).collect();
        assert!(one.len() == 1 && one[0].contains(found), "{text}: {one:?}");
    }
    for (path, text) in [
        ("app.rs", "use crate::{limits, store::{self, LocationRow}};"),
        ("app/a.rs", "use super::{b, super::store};"),
        ("app/a.rs", "use super::super::store;"),
        ("app/a/b.rs", "use super::super::serve;"),
        ("store.rs", "/// See [`crate::app::AppHandle`]."),
        (
            "store.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::app;\n}",
        ),
        ("store/tests.rs", "use crate::app::AppHandle;"),
        ("main.rs", "fn main() { weft_hub::program::main() }"),
    ] {
        let file = planted(&format!("hub/src/{path}"), text);
        let breaches = hub.breaches(&[&lib, &file]);
        assert!(breaches.is_empty(), "{text}: {}", breaches[0].1);
    }
    let shared = planted("shared/src/sync.rs", "use crate::model::Audience;");
    assert_eq!(ORDER[0].breaches(&[&shared]).len(), 1);
    let host = planted("shared/host/src/page.rs", "use weft_store::Writer;");
    assert_eq!(ORDER[1].breaches(&[&host]).len(), 1);
}

fn planted(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

impl Crate {
    /// Returns every import that is not downwards, with its file.
    fn breaches<'a>(&self, files: &[&'a File]) -> Vec<(&'a File, String)> {
        let lib = format!("{}/src/lib.rs", self.folder);
        let handed_on: BTreeMap<String, String> = files
            .iter()
            .filter(|file| file.path == lib)
            .flat_map(|file| paths(&code(file), |root| root == "self"))
            .filter_map(|path| Some((path.last()?.clone(), path.get(1)?.clone())))
            .collect();
        let mut found = Vec::new();
        for file in files
            .iter()
            .filter(|file| file.path != lib && !is_test(file))
        {
            let (module, _) = self.place(file);
            if self.height(module).is_none() {
                found.push((*file, format!("`{module}` is not in the list")));
                continue;
            }
            let code = code(file);
            if ["crate as ", "super as "]
                .iter()
                .any(|alias| code.contains(alias))
            {
                found.push((*file, "gives the crate another name".to_owned()));
            }
            for path in paths(&code, |root| {
                root.starts_with("weft_") || OWN.contains(&root)
            }) {
                let used = match self.used(file, &path) {
                    Used::Crate(true) => continue,
                    Used::Crate(false) => {
                        found.push((*file, format!("must not import `{}`", path[0])));
                        continue;
                    }
                    Used::Module(used) => handed_on.get(&used).cloned().unwrap_or(used),
                };
                if used != module && !self.is_below(&used, module) {
                    found.push((*file, format!("`{module}` must not import `{used}`")));
                }
            }
        }
        found.sort_by(|a, b| (&a.0.path, &a.1).cmp(&(&b.0.path, &b.1)));
        found.dedup_by(|a, b| a.0.path == b.0.path && a.1 == b.1);
        found
    }

    /// Returns the module of a file, and the depth of the file in it.
    fn place<'a>(&self, file: &'a File) -> (&'a str, usize) {
        let path = &file.path[self.folder.len() + "/src/".len()..];
        let module = path.split(['/', '.']).next().unwrap_or_default();
        (module, path.matches('/').count())
    }

    /// Returns the target of a path in `file`: a module of this crate, or another crate with
    /// whether this one may import it.
    fn used(&self, file: &File, path: &[String]) -> Used {
        let (module, depth) = self.place(file);
        let supers = path.iter().take_while(|part| *part == "super").count();
        let at = |index: usize| path.get(index).map_or("self", String::as_str).to_owned();
        match path[0].strip_prefix("weft_") {
            None if supers > depth => Used::Module(at(supers)),
            None if supers > 0 => Used::Module(module.to_owned()),
            None => Used::Module(at(1)),
            Some(name) if self.is_called(name) => Used::Module(at(1)),
            Some(name) => {
                let lower = ORDER.iter().take_while(|one| one.folder != self.folder);
                let top = ["node", "hub"].contains(&name);
                let mut lower = lower.filter(|_| !top);
                Used::Crate(lower.any(|one| one.is_called(name)))
            }
        }
    }

    fn is_called(&self, name: &str) -> bool {
        self.folder.rsplit('/').next() == Some(name)
    }

    fn height(&self, module: &str) -> Option<usize> {
        let lines = self.modules.trim().lines();
        let mut lines = lines.map(|line| line.split_whitespace().any(|name| name == module));
        lines.position(|has| has)
    }

    fn is_below(&self, lower: &str, upper: &str) -> bool {
        let named = |list: &str, module: &str| list.split(' ').any(|name| name == module);
        let mut apart = self.apart.iter();
        let is_apart = apart.any(|(of, from)| named(of, upper) && named(from, lower));
        let heights = self.height(lower).zip(self.height(upper));
        !is_apart && heights.is_some_and(|(lower, upper)| lower < upper)
    }
}

/// The target of a path.
enum Used {
    Module(String),
    /// Whether the crate is below.
    Crate(bool),
}

/// The beginnings of a path into the own crate.
const OWN: [&str; 2] = ["crate", "super"];

/// Returns every path in `code` that begins with a root: `root::{a, b::c}` is two.
fn paths(code: &str, is_root: impl Fn(&str) -> bool) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = code;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let name = name(rest);
        let length = match name.is_empty() {
            true => first.len_utf8(),
            // `a::crate_name` is no root, nor is a lone word.
            false if before != ':' && is_root(name) && rest[name.len()..].starts_with("::") => {
                let (tree, length) = tree(rest);
                found.extend(tree);
                length
            }
            false => name.len(),
        };
        before = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    found
}

/// Returns the paths of the tree that `text` begins with, and its length in bytes.
fn tree(text: &str) -> (Vec<Vec<String>>, usize) {
    let part = match text.starts_with('*') {
        true => "*",
        false => name(text),
    };
    let alone = vec![vec![part.to_owned()]];
    let Some(after) = text[part.len()..].strip_prefix("::") else {
        return (alone, part.len());
    };
    let start = text.len() - after.len();
    let (below, length) = match after.strip_prefix('{') {
        Some(group) => {
            let (mut below, mut at) = (Vec::new(), 0);
            while let Some(next) = group[at..].chars().next().filter(|next| *next != '}') {
                if next.is_whitespace() || next == ',' {
                    at += next.len_utf8();
                    continue;
                }
                let (more, length) = tree(&group[at..]);
                below.extend(more);
                // Another name may follow: `a as b`.
                at += length.max(1);
                at += group[at..].find([',', '}']).unwrap_or(0);
            }
            (below, at + 2)
        }
        None => tree(after),
    };
    let whole = below.into_iter().filter(|path| !path.concat().is_empty());
    let whole = whole.map(|path| [vec![part.to_owned()], path].concat());
    let whole: Vec<_> = whole.collect();
    match whole.is_empty() {
        true => (alone, start),
        false => (whole, start + length),
    }
}

/// Returns the name that `text` begins with, or an empty one.
fn name(text: &str) -> &str {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    let end = text.find(|character| !is_name(character));
    &text[..end.unwrap_or(text.len())]
}

#[test]
fn shared_touches_nothing() {
    let banned = ["fs", "net", "env", "thread", "process", "os"];
    let mut problems = Problems::default();
    // Tests read their vectors.
    for file in rust_in("shared/src/").iter().filter(|file| !is_test(file)) {
        for path in paths(&code(file), |root| root == "std") {
            if banned.contains(&path[1].as_str()) {
                problems.add(file, 0, &format!("uses `std::{}`", path[1]));
            }
        }
    }
    problems.report("shared performs no I/O: take bytes, time and seeds as arguments.");
}

#[test]
fn documents_have_one_caller_and_one_dictionary() {
    let mut problems = Problems::default();
    let keys: BTreeSet<String> = constants(&file("shared/src/model/schema.rs").text).collect();
    assert!(
        keys.len() > 3,
        "schema.rs no longer declares keys as `pub const NAME: &str`"
    );
    for file in rust_in("shared/src/").iter().filter(|file| !is_test(file)) {
        let documents = file.path.starts_with("shared/src/document");
        let code = code(file);
        if !documents && code.contains("automerge::") {
            problems.add(file, 0, "calls Automerge outside shared/src/document");
        }
        for key in keys.iter().filter(|_| documents) {
            if code.contains(&format!("\"{key}\"")) {
                let what = format!("spells the key \"{key}\" instead of naming it");
                problems.add(file, 0, &what);
            }
        }
    }
    problems.report(
        "Only shared/src/document calls Automerge, and only shared/src/model/schema.rs knows how \
         documents name their keys.",
    );
}

#[test]
fn systems_differ_in_five_places() {
    let allowed = [
        "data_dir",
        "file.rs",
        "control.rs",
        "http/socket.rs",
        "intake/marks.rs",
    ];
    let allowed = allowed.map(|place| format!("shared/host/src/{place}"));
    let marks = ["cfg(", "cfg(not(", "std::os::"].map(|start| format!("{start}{}", "unix"));
    let mut problems = Problems::default();
    for file in sources(&[".rs"]) {
        let tests = file.path.starts_with("tests/");
        if tests || allowed.iter().any(|allowed| file.path.starts_with(allowed)) {
            continue;
        }
        for (number, line) in numbered(&file.text) {
            if marks.iter().any(|mark| line.contains(mark)) {
                problems.add(&file, number, line.trim());
            }
        }
    }
    problems.report(
        "Differences between systems are in host's data_dir, file, control, socket and marks.",
    );
}

fn is_test(file: &File) -> bool {
    let marks = ["tests.rs", "tests/", "/kit.rs", "/kit/"];
    marks.iter().any(|mark| file.path.contains(mark))
}

fn rust_in(folder: &str) -> Vec<File> {
    let mut all = sources(&[".rs"]);
    all.retain(|file| file.path.starts_with(folder));
    all
}

/// Returns a file without its comments and without the tests at its end.
fn code(file: &File) -> String {
    let lines = file.text.lines();
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    let tests = code.find("#[cfg(test)]\nmod ");
    let tests = tests.filter(|at| {
        code[*at..]
            .lines()
            .nth(1)
            .is_some_and(|line| line.ends_with('{'))
    });
    code[..tests.unwrap_or(code.len())].to_owned()
}

/// Returns the values of `pub const NAME: &str = "value";`.
fn constants(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let (_, value) = line.strip_prefix("pub const ")?.split_once(": &str = \"")?;
        Some(value.strip_suffix("\";")?.to_owned())
    })
}
