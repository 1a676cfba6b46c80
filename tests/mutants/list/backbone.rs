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
        find: "may_meet && rank(whole) <= rank(one)",
        replace: "(may_meet || true) && rank(whole) <= rank(one)",
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
    Mistake {
        name: "money for one location is shown as money for several",
        file: "hub/src/sight/rows.rs",
        find: "cash(one, (Measure::InForce, false), |range| range.value)",
        replace: "cash(one, (Measure::InForce, true), |range| range.value)",
        suite: Suite::Unit("weft-hub"),
        test: "tests::sight::sums::each_sum_has_its_range_its_status_and_its_tax",
    },
    Mistake {
        name: "a line that only touches the period counts in the file of money",
        file: "hub/src/app/money/stated.rs",
        find: "line.of.is_counted().into()",
        replace: "line.of.counts.into()",
        suite: Suite::Unit("weft-hub"),
        test: "tests::sight::sums::the_file_of_money_has_the_heads_of_the_matrix",
    },
    Mistake {
        name: "the first word on a priority stands for ever",
        file: "shared/src/alignment/sight.rs",
        find: "if words(priority) > words(said) {",
        replace: "if words(priority) < words(said) {",
        suite: Suite::Unit("weft-shared"),
        test: "alignment::sight::tests::the_latest_word_on_a_priority_stands",
    },
    Mistake {
        name: "staff time is taken off money",
        file: "shared/src/model/investment.rs",
        find: "self.kind == whole.kind && self.currency == whole.currency",
        replace: "self.currency == whole.currency",
        suite: Suite::Unit("weft-hub"),
        test: "tests::money::\
              a_part_of_another_kind_leaves_all_of_it_and_too_large_parts_leave_nothing",
    },
    Mistake {
        name: "a location takes a part off what the hub states for others",
        file: "shared/src/alignment/money/chain.rs",
        find: "Voice::of(whole, code).is_place()",
        replace: "(Voice::of(whole, code).is_place() || true)",
        suite: Suite::Unit("weft-shared"),
        test: "alignment::money::tests::apart::\
              what_the_hub_states_for_others_stays_as_it_is",
    },
    Mistake {
        name: "a location takes a part off money of which the hub states no place",
        file: "shared/src/alignment/money/chain.rs",
        find: "Voice::of(whole, code).is_place()",
        replace: "Voice::of(whole, code).can_differ()",
        suite: Suite::Unit("weft-shared"),
        test: "alignment::money::tests::parts::\
              a_location_takes_nothing_off_money_of_which_no_place_is_stated",
    },
    Mistake {
        name: "an identifier is meant before the id of a record",
        file: "shared/src/alignment/money/chain.rs",
        find: "[by_id, by_identifier].into_iter().find_map",
        replace: "[by_identifier, by_id].into_iter().find_map",
        suite: Suite::Unit("weft-shared"),
        test: "alignment::money::tests::parts::\
              the_id_of_a_record_is_meant_before_an_identifier_that_looks_like_it",
    },
    Mistake {
        name: "the tax of parts is not that of what is left",
        file: "shared/src/alignment/money/chain.rs",
        find: "of.gst = of.gst.and(Gsts::one(part.gst));",
        replace: "",
        suite: Suite::Unit("weft-shared"),
        test: "alignment::money::tests::parts::what_is_left_has_the_tax_of_the_parts_too",
    },
    Mistake {
        name: "what a location cancelled is an investment of its own",
        file: "shared/src/alignment/money/stated.rs",
        find: "rank(whole) <= rank(one)",
        replace: "rank(whole) == rank(one)",
        suite: Suite::Unit("weft-shared"),
        test: "alignment::money::tests::spent::\
              what_a_location_cancelled_or_only_proposes_is_the_investment_of_the_hub",
    },
    Mistake {
        name: "a figure that is withheld reads as none",
        file: "hub/src/pages/report/place.rs",
        find: "Status::Suppressed => \"withheld\",",
        replace: "Status::Suppressed => \"no figure\",",
        suite: Suite::Unit("weft-hub"),
        test: "pages::report::place::tests::only_what_protects_people_is_called_withheld",
    },
    Mistake {
        name: "a location's line for others counts in the hub's contract",
        file: "shared/src/alignment/money/merge.rs",
        find: "voice != Voice::None && self.places.is_only(code)",
        replace: "voice != Voice::None",
        suite: Suite::Unit("weft-shared"),
        test: "alignment::money::tests::apart::\
              a_location_s_line_for_others_changes_nothing_in_a_contract_that_it_is_in",
    },
    Mistake {
        name: "spent money of a month is added to that of its year",
        file: "shared/src/alignment/money/count.rs",
        find: "true => Part::Within,",
        replace: "true => Part::Counts,",
        suite: Suite::Unit("weft-shared"),
        test: "alignment::money::tests::rules::\
              what_is_spent_in_a_month_is_in_what_is_spent_in_its_year",
    },
    Mistake {
        name: "another location's outcome with the id of ours takes our money over",
        file: "shared/src/alignment/money/heads.rs",
        find: "OutcomeRef::Own(id) => shared.get(&(owner.clone(), *id)),",
        replace: "OutcomeRef::Own(id) => {\n                \
                  let of = shared.iter().find(|((_, one), _)| one == id);\n                \
                  of.map(|(_, code)| code).filter(|_| *owner != Owner::Hub)\n            }",
        suite: Suite::Unit("weft-shared"),
        test: "alignment::sight::tests::\
              an_outcome_with_the_id_of_anothers_moves_nothing_of_its_cells",
    },
    Mistake {
        name: "a read of the line of sight is in no ledger of those whose money it shows",
        file: "hub/src/sight.rs",
        find: "locations.extend(named.chain(&stated)",
        replace: "locations.extend(named.chain(stated.iter().take(0))",
        suite: Suite::Unit("weft-hub"),
        test: "tests::sight::sums::a_read_is_in_the_ledger_of_all_whose_money_is_shown",
    },
    Mistake {
        name: "what a location asks of its council is a request to the national team",
        file: "node/src/view/requests.rs",
        find: "is(\"who\", Actor::Backbone.word()) && is(\"peers\", Peers::Yes.word())",
        replace: "is(\"who\", Actor::Backbone.word()) || is(\"peers\", Peers::Yes.word())",
        suite: Suite::Unit("weft-node"),
        test: "commands::tests::alignment::\
              requests_of_all_locations_are_listed_with_what_is_late_and_how_long_answers_took",
    },
    Mistake {
        name: "other words of the hub later make an answer late that was in time",
        file: "shared/src/document/history.rs",
        find: "Some(self.first_answer(request, wording).unwrap_or(last))",
        replace: "Some(self.first_answer(request, wording).map_or(last, |_| last))",
        suite: Suite::Unit("weft-shared"),
        test: "document::tests::worded::an_answer_in_time_stays_so_whatever_is_said_later",
    },
    Mistake {
        name: "the days of a request go on from its earlier wording",
        file: "hub/src/aggregate/touched.rs",
        find: "contains(&field) || is_worded(kind, field)",
        replace: "contains(&field) && !is_worded(kind, field)",
        suite: Suite::Unit("weft-hub"),
        test: "tests::agenda::\
              the_days_of_a_new_wording_begin_with_it_and_go_to_all_locations",
    },
    Mistake {
        name: "a request counts as received before it asks the national team",
        file: "hub/src/aggregate/touched.rs",
        find: "[schema::AUDIENCE, \"who\", \"peers\"]",
        replace: "[schema::AUDIENCE, \"peers\"]",
        suite: Suite::Unit("weft-hub"),
        test: "tests::agenda::\
              the_days_of_a_new_wording_begin_with_it_and_go_to_all_locations",
    },
];
