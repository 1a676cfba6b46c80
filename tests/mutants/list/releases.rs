//! Mistakes in releases.

use super::{Mistake, Suite};

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "a value that was narrowed after a proposal goes out",
        file: "hub/src/release/collect.rs",
        find: "} else if let Some(change) = allowed.today.change(&fact) {",
        replace: "} else if let Some(change) = None::<Change> {",
        suite: Suite::Unit("weft-hub"),
        test: "tests::releases::changed::what_a_team_changed_after_a_proposal_stops_it",
    },
    Mistake {
        name: "a release goes out though a location stored something while it was made",
        file: "hub/src/release/publish.rs",
        find: "if releases::stored_since(tx, &lixes, seen)? {",
        replace: "if false && releases::stored_since(tx, &lixes, seen)? {",
        suite: Suite::Unit("weft-hub"),
        test: "tests::releases::publication::what_is_stored_while_a_release_is_made_stops_it",
    },
    Mistake {
        name: "a published figure that was taken back since the proposal goes out",
        file: "hub/src/release/since.rs",
        find: "None => Some(Change::gone(\"was taken back by its publisher\")),",
        replace: "None => None,",
        suite: Suite::Unit("weft-hub"),
        test: "release::since::tests::what_an_office_takes_back_or_publishes_is_said_as_such",
    },
    Mistake {
        name: "a list of differences repeats a figure that its team took back",
        file: "hub/src/release/files.rs",
        find: "Some(was) if row.value.is_none() && has_figure(was) => (Kind::Gone, None),",
        replace: "Some(was) if false && has_figure(was) => (Kind::Gone, None),",
        suite: Suite::Unit("weft-hub"),
        test: "tests::releases::diff::two_versions_taken_back_or_corrected_are_not_repeated",
    },
    Mistake {
        name: "a location that has not said yes is in a release",
        file: "hub/src/release/consent.rs",
        find: "Rows::Network => yes.is_some(),",
        replace: "Rows::Network => true,",
        suite: Suite::Unit("weft-hub"),
        test: "tests::releases::who_has_not_said_yes_is_left_out_of_rows_and_sum",
    },
    Mistake {
        name: "a release goes out before its day",
        file: "hub/src/release/check.rs",
        find: "if today < plan.due {",
        replace: "if false && today < plan.due {",
        suite: Suite::Unit("weft-hub"),
        test: "tests::releases::a_release_waits_for_its_day_and_goes_out_once",
    },
    Mistake {
        name: "a sum tells the figure that was taken back",
        file: "hub/src/release/files.rs",
        find: "    forget_sums(&mut changes);\n",
        replace: "    let _ = forget_sums;\n",
        suite: Suite::Unit("weft-hub"),
        test: "tests::releases::diff::no_sum_is_repeated_that_held_a_figure_that_is_gone",
    },
];
