//! The mistakes, each with the test that must notice it.

/// The test program that holds a mistake's test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite {
    /// The unit tests of a package's library.
    Unit(&'static str),
    /// One test program in a package's `tests` folder.
    #[expect(
        dead_code,
        reason = "the list grows: its first mistakes are in unit tests"
    )]
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

pub(crate) const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "a headline needs more than 80 %",
        file: "shared/src/rollup/standing.rs",
        find: "percent >= Number::from(HEADLINE_PERCENT_MIN)",
        replace: "percent > Number::from(HEADLINE_PERCENT_MIN)",
        suite: Suite::Unit("weft-shared"),
        test: "rollup::tests::series::eighty_percent_is_counted_in_people_and_not_rounded",
    },
    Mistake {
        name: "79.996 % is rounded up to a headline",
        file: "shared/src/rollup/cell.rs",
        find: "if is_more && (share == enough || share == one) {",
        replace: "if is_more && share == one {",
        suite: Suite::Unit("weft-shared"),
        test: "rollup::tests::series::eighty_percent_is_counted_in_people_and_not_rounded",
    },
];
