//! Mistakes in the core.

use super::{Mistake, SIMULATOR, Suite};

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "a log is taken without a look at its signature",
        file: "shared/src/log/gate/open.rs",
        find: "tip.verify(&gate.device.id).map_err(|_| Refusal::BadTip)",
        replace: "let _ = (gate, tip); Ok(())",
        suite: Suite::Integration("weft", "sim"),
        test: SIMULATOR,
    },
    Mistake {
        name: "a hostile device's fork looks like a gap",
        file: "shared/src/log/gate/open.rs",
        find: "return Err(Refusal::Fork { dseq: height.dseq });\n    }\n    usize",
        replace: "return Err(Refusal::Gap { expected });\n    }\n    usize",
        suite: Suite::Integration("weft", "sim"),
        test: SIMULATOR,
    },
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
    Mistake {
        name: "a sum forgets to subtract",
        file: "shared/src/rollup/sums.rs",
        find: "self.numerator = self.numerator - numerator;",
        replace: "let _ = numerator;",
        suite: Suite::Unit("weft-shared"),
        test: "rollup::tests::sums::adding_and_taking_away_leaves_nothing",
    },
    Mistake {
        name: "an area that said nothing is missing from the reasons",
        file: "shared/src/rollup/tally/gaps.rs",
        find: "missing.extend(silent.map(|rank| (rank, None)));",
        replace: "drop(silent);",
        suite: Suite::Unit("weft-shared"),
        test: "rollup::tests::sums::sums_are_what_cells_says",
    },
    Mistake {
        name: "a document takes operation 250,001",
        file: "shared/src/log/gate/judge.rs",
        find: "last_op > DOCUMENT_OPS_MAX",
        replace: "last_op > DOCUMENT_OPS_MAX + 1",
        suite: Suite::Unit("weft-shared"),
        test: "log::gate::tests::limits::the_last_operation_has_the_number_250_000",
    },
    Mistake {
        name: "an ACK after a conflict has no tag",
        file: "shared/src/sync/receive.rs",
        find: "log.ack_tag = true;",
        replace: "log.ack_tag = false;",
        suite: Suite::Integration("weft-store", "sync"),
        test: "refusals::an_ack_after_a_conflict_names_the_entry_that_is_held",
    },
    Mistake {
        name: "an ACK after a conflict lacks the codes of what another session stored",
        file: "shared/src/sync/receive.rs",
        find: "log.ack_tag = true;
            log.codes.forget();",
        replace: "log.ack_tag = true;",
        suite: Suite::Integration("weft-store", "sync"),
        test: "voids::the_codes_of_what_another_session_stored_are_told_after_a_conflict",
    },
    Mistake {
        name: "a hub stops a log for as long as it likes",
        file: "shared/src/sync/send.rs",
        find: "clamp(1, RETRY_MS_MAX)",
        replace: "clamp(1, 2 * RETRY_MS_MAX)",
        suite: Suite::Integration("weft-store", "sync"),
        test: "refusals::a_limit_stops_a_log_for_a_quarter_of_an_hour_at_most",
    },
    Mistake {
        name: "a headline needs 79 %",
        file: "shared/src/rollup/standing.rs",
        find: "percent >= Number::from(HEADLINE_PERCENT_MIN)",
        replace: "percent >= Number::from(HEADLINE_PERCENT_MIN - 1)",
        suite: Suite::Unit("weft-shared"),
        test: "rollup::tests::series::eighty_percent_is_counted_in_people_and_not_rounded",
    },
    Mistake {
        name: "a sync on the last day of a period comes after it",
        file: "shared/src/rollup/coverage.rs",
        find: "if synced > key.period.end()",
        replace: "if synced >= key.period.end()",
        suite: Suite::Unit("weft-shared"),
        test: "rollup::tests::silence::\
              a_location_has_not_reported_if_it_synced_after_the_last_day_of_the_period",
    },
    Mistake {
        name: "a sync on the day after a period does not come after it",
        file: "shared/src/rollup/coverage.rs",
        find: "if synced > key.period.end()",
        replace: "if key.period.next().is_some_and(|next| synced > next.start())",
        suite: Suite::Unit("weft-shared"),
        test: "rollup::tests::silence::\
              a_location_has_not_reported_if_it_synced_after_the_last_day_of_the_period",
    },
    Mistake {
        name: "an older device is served and a newer one refused",
        file: "shared/src/sync/hello.rs",
        find: "if version < VERSION_MIN {",
        replace: "if version > VERSION_MIN {",
        suite: Suite::Unit("weft-hub"),
        test: "tests::upgrades::a_device_that_does_not_fit_hears_which_end_to_upgrade",
    },
    Mistake {
        name: "a capability that a device needs is not looked for",
        file: "shared/src/sync/hello.rs",
        find: "(lacks != 0).then(|| {",
        replace: "(lacks > CAPABILITIES_NEEDED).then(|| {",
        suite: Suite::Unit("weft-hub"),
        test: "tests::upgrades::a_device_that_does_not_fit_hears_which_end_to_upgrade",
    },
    Mistake {
        name: "an older hub is accepted and a newer one refused",
        file: "shared/src/sync/hello.rs",
        find: "(version < VERSION_MIN).then(|| {",
        replace: "(version > VERSION_MIN).then(|| {",
        suite: Suite::Unit("weft-node"),
        test: "link::tests::refusals::a_hub_that_is_too_old_is_to_be_upgraded",
    },
    Mistake {
        name: "a hub that can store nothing hangs up on those that read",
        file: "shared/src/sync/open.rs",
        find: "Persisted::Failed if self.role == Role::Acceptor =>",
        replace: "Persisted::Failed if self.role == Role::Acceptor && ticket.0 == u64::MAX =>",
        suite: Suite::Integration("weft-store", "sync"),
        test: "quotas::\
              a_hub_that_can_store_nothing_serves_what_it_holds_and_takes_more_once_it_can",
    },
    Mistake {
        name: "hex may have a sign",
        file: "shared/src/id.rs",
        find: "fits.then(|| HEXLOWER_PERMISSIVE.decode_mut(text.as_bytes(), &mut bytes))?
        .ok()?;",
        replace: "for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok().filter(|_| fits)?, 16).ok()?;
    }",
        suite: Suite::Unit("weft-shared"),
        test: "id::tests::an_id_is_digits_and_nothing_else",
    },
    Mistake {
        name: "a load goes on although a HELLO lowered what was sent",
        file: "shared/src/sync/hello.rs",
        find: "if most < log.sent {",
        replace: "if most > log.sent {",
        suite: Suite::Integration("weft-store", "sync"),
        test: "recall::\
              a_further_hello_while_entries_of_another_session_are_loaded_is_harmless",
    },
];
