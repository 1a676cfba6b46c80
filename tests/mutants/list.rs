//! The mistakes, each with the test that must notice it.

mod access;
mod backbone;
mod backups;
mod disclosure;
mod hub;
mod node;
mod proofs;
mod releases;
mod sealed;
mod shared;
mod store;

/// The test program that holds a mistake's test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Suite {
    /// The unit tests of a package's library.
    Unit(&'static str),
    /// One test program in a package's `tests` folder.
    Integration(&'static str, &'static str),
    /// The end-to-end tests, which start the built programs.
    Programs,
}

/// One mistake: the text at one place in a file, and a careless replacement.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// The mistake in a few words.
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    /// Occurs once in the file.
    pub(crate) find: &'static str,
    pub(crate) replace: &'static str,
    pub(crate) suite: Suite,
    /// The full name of the test that must fail.
    pub(crate) test: &'static str,
}

/// The test of a tenth of the simulator's seeds.
const SIMULATOR: &str = "every_seed_ends_equal_with_nothing_acknowledged_missing_1";

/// All of them, each with the file that lists it.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static Mistake)> {
    let lists = [
        ("tests/mutants/list/access.rs", access::MISTAKES),
        ("tests/mutants/list/backbone.rs", backbone::MISTAKES),
        ("tests/mutants/list/backups.rs", backups::MISTAKES),
        ("tests/mutants/list/disclosure.rs", disclosure::MISTAKES),
        ("tests/mutants/list/hub.rs", hub::MISTAKES),
        ("tests/mutants/list/node.rs", node::MISTAKES),
        ("tests/mutants/list/proofs.rs", proofs::MISTAKES),
        ("tests/mutants/list/releases.rs", releases::MISTAKES),
        ("tests/mutants/list/sealed.rs", sealed::MISTAKES),
        ("tests/mutants/list/shared.rs", shared::MISTAKES),
        ("tests/mutants/list/store.rs", store::MISTAKES),
    ];
    let each = |(list, mistakes): (_, &'static [Mistake])| {
        mistakes.iter().map(move |mistake| (list, mistake))
    };
    lists.into_iter().flat_map(each)
}
