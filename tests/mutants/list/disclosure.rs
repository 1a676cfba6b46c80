//! Mistakes in disclosure control.

use super::{Mistake, Suite};

const UNIT: Suite = Suite::Unit("weft-shared");

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "rounding forgets the count",
        file: "shared/src/disclosure/rounding.rs",
        find: "code.update(raw.to_string().as_bytes());",
        replace: "code.update(b\"7\");",
        suite: UNIT,
        test: "disclosure::tests::vectors::counts_are_rounded_as_in_the_vectors",
    },
    Mistake {
        name: "a lost secret rounds in another way",
        file: "shared/src/disclosure/rounding.rs",
        find: "if let Some(shown) = self.before.shown(areas, raw) {",
        replace: "if let Some(shown) = self.before.shown(areas, raw).filter(|_| false) {",
        suite: UNIT,
        test: "disclosure::tests::rules::a_lost_secret_rounds_nothing_in_another_way",
    },
    Mistake {
        name: "the second largest contributor hides the largest",
        file: "shared/src/disclosure/rules.rs",
        find: "let [largest, _, rest @ ..] =",
        replace: "let [largest, rest @ ..] =",
        suite: UNIT,
        test: "disclosure::tests::vectors::sums_have_enough_contributors",
    },
    Mistake {
        name: "two that join change a sum",
        file: "shared/src/disclosure/rules.rs",
        find: "    moved.is_empty()\n",
        replace: "    moved.len() < 3\n",
        suite: UNIT,
        test: "disclosure::tests::vectors::few_that_join_or_leave_change_no_sum",
    },
    Mistake {
        name: "zero is not small",
        file: "shared/src/disclosure/rules.rs",
        find: "count.is_some_and(|count| count < profile.count_min);",
        replace: "count.is_some_and(|count| count > 0 && count < profile.count_min);",
        suite: UNIT,
        test: "disclosure::tests::vectors::small_counts_and_complements_are_withheld",
    },
    Mistake {
        name: "a complement may be small",
        file: "shared/src/disclosure/rules.rs",
        find: "} else if is_small(complement) {",
        replace: "} else if is_small(complement.filter(|_| false)) {",
        suite: UNIT,
        test: "disclosure::tests::repeated::all_but_a_few_is_as_hidden_as_a_few",
    },
    Mistake {
        name: "a part may be nearly the whole",
        file: "shared/src/disclosure/protect.rs",
        find: "rests.any(|rest| rest < Number::from(few))",
        replace: "rests.any(|rest| rest < Number::ZERO && few > 0)",
        suite: UNIT,
        test: "disclosure::tests::rules::nearly_all_of_an_including_count_is_withheld",
    },
    Mistake {
        name: "a change of rows touches released cells",
        file: "shared/src/disclosure/protect.rs",
        find: "before.all(|published| published.cell.rows == cell.rows)",
        replace: "before.all(|published| published.release > 0)",
        suite: UNIT,
        test: "disclosure::tests::rules::a_change_of_rows_does_not_touch_what_was_released",
    },
    Mistake {
        name: "amounts that are no persons need no contributors",
        file: "shared/src/disclosure/protect.rs",
        find: "if cell.rows == Rows::Network && !contributors(self.profile, cell) {",
        replace: "let persons = cell.protect == Protect::Persons;\n        \
                  if persons && !contributors(self.profile, cell) {",
        suite: UNIT,
        test: "disclosure::tests::rules::\
               amounts_that_are_no_persons_keep_the_rule_about_contributors",
    },
    Mistake {
        name: "a shown count moves with a revision of five",
        file: "shared/src/disclosure/protect.rs",
        find: "last.raw.abs_diff(count) < self.profile.revision_min",
        replace: "last.raw.abs_diff(count) + 1 < self.profile.revision_min",
        suite: UNIT,
        test: "disclosure::tests::vectors::a_shown_count_stays_until_the_count_has_moved_by_six",
    },
    Mistake {
        name: "a cumulative count is rounded each month",
        file: "shared/src/disclosure/protect.rs",
        find: "numerator.or_else(|| self.shown_earlier(&cell.key, &raw.level));",
        replace: "numerator;",
        suite: UNIT,
        test: "disclosure::tests::rules::a_cumulative_count_is_kept_from_period_to_period",
    },
    Mistake {
        name: "the audit is content with fewer candidates",
        file: "shared/src/disclosure/audit/system.rs",
        find: "        found >= candidates\n",
        replace: "        found + 2 >= candidates\n",
        suite: UNIT,
        test: "disclosure::tests::vectors::the_audit_finds_the_targets_of_the_vectors",
    },
    Mistake {
        name: "the audit forgets differences",
        file: "shared/src/disclosure/audit.rs",
        find: "        audit.differences();\n",
        replace: "",
        suite: UNIT,
        test: "disclosure::tests::audit::\
               a_small_difference_between_nested_rows_withholds_the_smaller",
    },
    Mistake {
        name: "the audit forgets earlier releases",
        file: "shared/src/disclosure/audit/rows.rs",
        find: "        for state in &group.states {\n",
        replace: "        node = rows.nodes.len() - group.keys.len();\n        \
                  for state in group.states.last() {\n",
        suite: UNIT,
        test: "disclosure::tests::random::no_attacker_narrows_a_hidden_count_to_fewer_than_five",
    },
    Mistake {
        name: "the audit withholds a count and leaves what tells it",
        file: "shared/src/disclosure/protect.rs",
        find: "            drafts[at].shown = Err(Reason::Audit);\n",
        replace: "            let _ = &drafts[at];\n",
        suite: UNIT,
        test: "disclosure::tests::audit::unlucky_coins_cost_the_smallest_part",
    },
    Mistake {
        name: "a value is derived from true counts",
        file: "shared/src/disclosure/protect.rs",
        find: "value: value(profile, (kind, factor), sum, (numerator, denominator)),",
        replace: "value: value(profile, (kind, factor), sum, \
                  (shown.numerator.map(|last| last.raw), denominator)),",
        suite: UNIT,
        test: "disclosure::tests::vectors::slices_are_protected_as_in_the_vectors",
    },
    Mistake {
        name: "a row is the same although it leaves another rest",
        file: "shared/src/disclosure/audit/rows.rs",
        find: "before.shown == row.shown && same_sets && self.rests(before).eq(self.rests(row))",
        replace: "before.shown == row.shown && same_sets",
        suite: UNIT,
        test: "disclosure::tests::sentences::\
               a_row_of_an_earlier_release_is_the_same_if_it_leaves_the_same",
    },
    Mistake {
        name: "a count that changed tells nothing of itself",
        file: "shared/src/disclosure/audit/revisions.rs",
        find: "if !self.history.is_kept {\n            return Vec::new();",
        replace: "if true || !self.history.is_kept {\n            return Vec::new();",
        suite: UNIT,
        test: "disclosure::tests::repeated::\
               a_shown_count_that_changed_tells_nothing_of_a_withheld_part",
    },
    Mistake {
        name: "what an office published is taken as rounded",
        file: "shared/src/disclosure/audit/atoms.rs",
        find: "is_exact: matches!(stated, Stated::Known(_)),",
        replace: "is_exact: matches!(stated, Stated::Known(_)) && false,",
        suite: UNIT,
        test: "disclosure::tests::audit::a_published_total_does_not_give_a_withheld_part",
    },
    Mistake {
        name: "those who join are compared with the last release alone",
        file: "shared/src/disclosure/protect.rs",
        find: "let stays = shown.any(|(then, _)| {",
        replace: "let stays = shown.take(1).any(|(then, _)| {",
        suite: UNIT,
        test: "disclosure::tests::sentences::\
               those_who_join_are_compared_with_each_earlier_release",
    },
    Mistake {
        name: "a count is compared with the last release alone, whatever its areas",
        file: "shared/src/disclosure/protect.rs",
        find: "let own = same.or_else(|| own.first())",
        replace: "let own = own.first().or(same)",
        suite: UNIT,
        test: "disclosure::tests::rules::\
               a_count_of_the_areas_of_an_earlier_release_is_compared_with_that_one",
    },
    Mistake {
        name: "an including count of an earlier release is forgotten",
        file: "shared/src/disclosure/protect.rs",
        find: "here.copied().or_else(last)",
        replace: "here.copied().or_else(|| last().filter(|_| false))",
        suite: UNIT,
        test: "disclosure::tests::rules::\
               nearly_all_of_a_count_that_was_released_before_is_withheld",
    },
    Mistake {
        name: "all releases have one number",
        file: "shared/src/disclosure/protect.rs",
        find: "let release = before.next_release();",
        replace: "let release = before.next_release().min(1);",
        suite: UNIT,
        test: "disclosure::tests::rules::releases_are_numbered_one_after_the_other",
    },
    Mistake {
        name: "the reviewer hears of nothing that earlier releases tell",
        file: "shared/src/disclosure/audit.rs",
        find: "        self.exposed.insert(Exposed {",
        replace: "        let _ = (Exposed {",
        suite: UNIT,
        test: "disclosure::tests::audit::what_earlier_releases_tell_is_named_to_the_reviewer",
    },
    Mistake {
        name: "the audit forgets a total that this release lacks",
        file: "shared/src/disclosure/audit/groups.rs",
        find: "now.chain(earlier).collect();",
        replace: "now.chain(earlier.take(0)).collect();",
        suite: UNIT,
        test: "disclosure::tests::audit::\
               the_total_of_an_earlier_release_is_held_against_its_parts",
    },
    Mistake {
        name: "the audit leaves zero alone",
        file: "shared/src/disclosure/audit/rows.rs",
        find: "!atoms.is_empty() && (0..least)",
        replace: "!atoms.is_empty() && (1..least)",
        suite: UNIT,
        test: "disclosure::tests::audit::zero_is_hidden_like_other_small_counts",
    },
    Mistake {
        name: "a later rounding of a count takes the place of the first",
        file: "shared/src/disclosure/rounding.rs",
        find: "counts.entry(raw).or_insert(shown);",
        replace: "counts.insert(raw, shown);",
        suite: UNIT,
        test: "disclosure::rounding::tests::the_first_rounding_of_a_count_stands",
    },
    Mistake {
        name: "the audit forgets what an earlier count says of one that only grows",
        file: "shared/src/disclosure/audit/groups.rs",
        find: "add(later, &mut [earlier].into_iter(), LinkKind::Cumulative);",
        replace: "let _ = (later, earlier, LinkKind::Cumulative);",
        suite: UNIT,
        test: "disclosure::tests::audit::\
               an_earlier_count_of_what_only_grows_does_not_give_a_withheld_part",
    },
    Mistake {
        name: "the audit forgets what offices published",
        file: "shared/src/disclosure/audit/groups.rs",
        find: "let now = cells.keys().chain(known.keys()).copied();",
        replace: "let now = cells.keys().copied();",
        suite: UNIT,
        test: "disclosure::tests::audit::a_published_total_does_not_give_a_withheld_part",
    },
    Mistake {
        name: "names on one side are held against no sum",
        file: "shared/src/disclosure/rests.rs",
        find: "if is_named(total) && shown.all(|part| is_named(part.cell)) {",
        replace: "if is_named(total) || shown.all(|part| is_named(part.cell)) {",
        suite: UNIT,
        test: "disclosure::tests::rests::\
               who_has_no_row_is_not_what_named_rows_leave_of_earlier_sums",
    },
    Mistake {
        name: "two breakdowns of a total are held against no other",
        file: "shared/src/disclosure/rests.rs",
        find: "totals.extend(made.iter().map(",
        replace: "totals.extend(made.iter().take(0).map(",
        suite: UNIT,
        test: "disclosure::tests::rests::\
               who_has_no_row_is_not_what_named_rows_leave_of_earlier_sums",
    },
    Mistake {
        name: "a part that one location dominates is what the others leave",
        file: "shared/src/disclosure/rests.rs",
        find: "if is_even && !parts.iter().any(|part| is_unfit(profile, part))",
        replace: "if is_even",
        suite: UNIT,
        test: "disclosure::tests::rests::\
               a_part_that_one_location_dominates_is_not_what_the_other_leaves",
    },
];
