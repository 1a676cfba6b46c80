//! Mistakes in the agenda, money, the line of sight and the report.

use super::{Mistake, Suite};

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "a form opened before somebody else saved overwrites their words",
        file: "hub/src/app/money.rs",
        find: "if seen.is_some_and(|seen| seen != mark(&kept.record)) {",
        replace: "if seen.is_some_and(|seen| seen.len() > 99) {",
        suite: Suite::Unit("weft-hub"),
        test: "tests::money::forms::\
              a_form_opened_before_somebody_else_saved_overwrites_nothing",
    },
    Mistake {
        name: "a report tells words for the network alone",
        file: "hub/src/app/outside.rs",
        find: "is_released && !one.withdrawn",
        replace: "(is_released || !one.withdrawn)",
        suite: Suite::Unit("weft-hub"),
        test: "tests::queries::outside::report::\
              a_report_tells_each_reader_what_was_released_and_nothing_else",
    },
    Mistake {
        name: "words that are no longer released are in a report of the past",
        file: "hub/src/app/outside.rs",
        find: "let narrow = told.filter(|one| one.record.audience < reach);",
        replace: "let narrow = told.filter(|one| one.record.audience < Audience::Network);",
        suite: Suite::Unit("weft-hub"),
        test: "tests::queries::outside::report::\
              a_report_as_of_the_past_is_the_same_for_ever_without_words_taken_back",
    },
    Mistake {
        name: "committed lines after the year do not count as money to come",
        file: "shared/src/alignment/money/count.rs",
        find: "if posting.measure != Measure::Spent {",
        replace: "if posting.measure == Measure::InForce {",
        suite: Suite::Unit("weft-shared"),
        test: "alignment::sight::tests::\
              money_ends_soon_if_its_last_lines_do_or_it_ends_within_a_year",
    },
    Mistake {
        name: "money that ends in two years ends soon",
        file: "shared/src/alignment/questions.rs",
        find: "ENDS_SOON_MONTHS: i32 = 12;",
        replace: "ENDS_SOON_MONTHS: i32 = 23;",
        suite: Suite::Unit("weft-shared"),
        test: "alignment::sight::tests::\
              money_ends_soon_if_its_last_lines_do_or_it_ends_within_a_year",
    },
    Mistake {
        name: "a short identifier makes one contract of two",
        file: "shared/src/alignment/money/stated.rs",
        find: "alike || (of_hub && !are_apart(&one.places, &other.places))",
        replace: "alike || of_hub || !are_apart(&one.places, &other.places)",
        suite: Suite::Unit("weft-shared"),
        test: "alignment::money::tests::merged::\
              two_contracts_with_one_short_identifier_are_both_counted",
    },
    Mistake {
        name: "a base that changed between two figures is not seen",
        file: "shared/src/alignment/need.rs",
        find: "end > earlier.end() && end <= latest.end() && one.base_changed.is_some()",
        replace: "end == latest.end() && end <= earlier.end() && one.base_changed.is_some()",
        suite: Suite::Unit("weft-shared"),
        test: "alignment::need::tests::\
              a_base_that_changed_between_the_two_figures_is_neither_better_nor_worse",
    },
    Mistake {
        name: "money that is stated for nothing is called divided",
        file: "hub/src/sight/words.rs",
        find: "divided: of(true),",
        replace: "divided: of(false),",
        suite: Suite::Unit("weft-hub"),
        test: "tests::money::files::\
              grants_of_others_come_in_by_a_plan_that_is_confirmed_and_remembered",
    },
    Mistake {
        name: "a year of two digits is of the first century",
        file: "hub/src/app/money/rows.rs",
        find: "format!(\"{year}-{month:0>2}",
        replace: "format!(\"{year:0>4}-{month:0>2}",
        suite: Suite::Unit("weft-hub"),
        test: "app::money::rows::tests::\
              amounts_and_days_of_others_are_read_only_if_they_are_plain",
    },
];
