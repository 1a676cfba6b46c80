//! Mistakes in the check of a release by a location, and in what the hub sends it for that.

use super::{Mistake, Suite};

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "a kept sum that the list of changes lacks is not missed",
        file: "shared/src/release/table/kept.rs",
        find: ".is_some_and(|listed| listed.get(&row) != Some(&release))",
        replace: ".is_some_and(|listed| listed.is_empty() && listed.contains_key(&row))",
        suite: Suite::Unit("weft-shared"),
        test: "release::table::tests::kept::\
               what_the_list_of_changes_keeps_and_what_the_hub_sent_are_the_same",
    },
    Mistake {
        name: "a kept sum that the hub does not tell is not missed",
        file: "shared/src/release/table/kept.rs",
        find: "proofs.any(|proof| in_row(proof, row) > 0)",
        replace: "proofs.any(|proof| in_row(proof, row) > 1)",
        suite: Suite::Unit("weft-shared"),
        test: "release::table::tests::kept::\
               what_the_list_of_changes_keeps_and_what_the_hub_sent_are_the_same",
    },
    Mistake {
        name: "a kept sum of which no word has come passes",
        file: "node/src/verify/release.rs",
        find: "Unproven::Out(_) if before.waits =>",
        replace: "Unproven::Out(_) if before.waits && before.kept.len() > 1_000 =>",
        suite: Suite::Unit("weft-node"),
        test: "commands::tests::kept::\
               a_kept_sum_that_the_hub_does_not_tell_us_or_does_not_list_is_caught",
    },
    Mistake {
        name: "a number that was counted before is missed in no other release",
        file: "shared/src/release/table/kept.rs",
        find: "if !now.contains(&SliceName::of(&one.key)) {",
        replace: "if now.is_empty() && !now.contains(&SliceName::of(&one.key)) && gone.len() > 9 {",
        suite: Suite::Unit("weft-shared"),
        test: "release::table::tests::kept::\
               what_an_earlier_release_of_the_dataset_counted_is_missed_unless_the_hub_says_why",
    },
    Mistake {
        name: "a release goes out before its day, and a location does not see it",
        file: "shared/src/release/said.rs",
        find: "is_ok_and(|next| next < notice.due)",
        replace: "is_ok_and(|next| next > notice.due && next < notice.due)",
        suite: Suite::Unit("weft-shared"),
        test: "release::said::tests::a_release_that_went_out_before_its_day_is_caught",
    },
    Mistake {
        name: "a manifest may say another notice than there was",
        file: "shared/src/release/said.rs",
        find: "if after_days(notice.proposed, manifest.notice_days) != notice.due {",
        replace: "if after_days(notice.proposed, manifest.notice_days) < notice.due {",
        suite: Suite::Unit("weft-shared"),
        test: "release::said::tests::\
               each_word_of_a_manifest_that_the_network_told_us_is_held_against_it",
    },
    Mistake {
        name: "rows of locations wait for a yes to open reading that no one asked for",
        file: "hub/src/release/freeze.rs",
        find: "for slice in slices.iter().filter(|_| plan.open) {",
        replace: "for slice in slices.iter() {",
        suite: Suite::Unit("weft-hub"),
        test: "tests::releases::ranks::\
               an_open_release_needs_a_yes_to_that_for_rows_of_an_index_too",
    },
    Mistake {
        name: "a location that left the network is sent nothing of a kept sum",
        file: "hub/src/release/proofs.rs",
        find: "let of = (frozen, Vec::new(), PartOf::Kept);",
        replace: "let of = (frozen, Vec::new(), PartOf::About);\n            continue;",
        suite: Suite::Unit("weft-hub"),
        test: "tests::releases::kept::\
               a_location_that_left_the_network_is_sent_the_sums_that_have_its_numbers",
    },
];
