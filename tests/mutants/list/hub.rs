//! Mistakes in the hub.

use super::{Mistake, SIMULATOR, Suite};

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "the hub derives documents of another epoch",
        file: "hub/src/aggregate/library.rs",
        find: "if DocKind::of(&name).is_err() {",
        replace: "if name.name.parse::<DocKind>().is_err() {",
        suite: Suite::Unit("weft-hub"),
        test: "tests::epochs::\
              a_document_of_another_epoch_is_kept_and_passed_on_and_contests_nothing",
    },
    Mistake {
        name: "the hub reads the network from a profile of another epoch",
        file: "hub/src/aggregate/library.rs",
        find: "if DocKind::of(&name).is_err() {",
        replace: r#"if DocKind::of(&name).is_err() && name.name != "profile" {"#,
        suite: Suite::Unit("weft-hub"),
        test: "tests::epochs::a_profile_of_another_epoch_adopts_and_declines_nothing",
    },
    Mistake {
        name: "the hub does not count documents of another epoch",
        file: "hub/src/store/unread.rs",
        find: "if DocKind::of(&named.name).is_err() {",
        replace: "if named.name.name.parse::<DocKind>().is_err() {",
        suite: Suite::Unit("weft-hub"),
        test: "tests::epochs::\
              a_document_of_another_epoch_is_kept_and_passed_on_and_contests_nothing",
    },
    Mistake {
        name: "nothing is looked at again when an entry is stored",
        file: "hub/src/peer/link.rs",
        find: "&& shares::takes(tx, (lix, dix, role), admission)?",
        replace: "&& (shares::takes(tx, (lix, dix, role), admission)? || dix.0 > 0)",
        suite: Suite::Unit("weft-hub"),
        test: "tests::shares::\
              a_session_that_had_room_is_refused_what_no_longer_fits_when_it_is_stored",
    },
    Mistake {
        name: "each session has an allowance of its own",
        file: "hub/src/peer.rs",
        find: "admitted.allowance = Some(shared.allowances.of(device, now));",
        replace: "admitted.allowance = None;",
        suite: Suite::Unit("weft-hub"),
        test: "tests::wire::what_one_session_pushes_is_charged_to_its_device_in_all_of_them",
    },
    Mistake {
        name: "a device that comes back has a full allowance",
        file: "hub/src/registry/allowances.rs",
        find: "allowance.or_insert_with(|| Allowance::new(ours)).clone()",
        replace: "drop(allowance); Allowance::new(ours)",
        suite: Suite::Unit("weft-hub"),
        test: "registry::allowances::tests::a_device_that_comes_back_has_what_it_left",
    },
    Mistake {
        name: "the hub lists records that are for the team alone",
        file: "hub/src/aggregate/touched.rs",
        find: "record.audience >= Audience::Network",
        replace: "record.audience >= Audience::Team",
        suite: Suite::Unit("weft-hub"),
        test: "tests::records::what_is_for_the_team_alone_is_listed_and_counted_nowhere",
    },
    Mistake {
        name: "the hub counts observations that are for the team alone",
        file: "hub/src/aggregate/facts.rs",
        find: "stated.statement.audience >= Audience::Network",
        replace: "stated.statement.audience >= Audience::Team",
        suite: Suite::Unit("weft-hub"),
        test: "tests::records::what_is_for_the_team_alone_is_listed_and_counted_nowhere",
    },
    Mistake {
        name: "a page repeats the last row of the page before",
        file: "hub/src/api/rollups.rs",
        find: "figure.key() <= *after",
        replace: "figure.key() < *after",
        suite: Suite::Unit("weft-hub"),
        test: "tests::data::pages_by_cursor_give_each_row_once",
    },
    Mistake {
        name: "a page skips a row",
        file: "hub/src/api/rollups.rs",
        find: "shown.truncate(self.rows_max);",
        replace: "let past = shown.get(self.rows_max).map(|one| cursor::write(&one.key())); \
            shown.truncate(self.rows_max); if past.is_some() { return (shown, past); }",
        suite: Suite::Unit("weft-hub"),
        test: "tests::data::rows_that_come_between_two_pages_neither_repeat_nor_hide_others",
    },
    Mistake {
        name: "a location's other sessions do not hear what one of them stored",
        file: "hub/src/app/wakes.rs",
        find: "self.sessions.stored(tx, log, height, by);",
        replace: "let _ = (height, by);",
        suite: Suite::Integration("weft", "sim"),
        test: SIMULATOR,
    },
    Mistake {
        name: "an edit is decided before its lock is taken",
        file: "hub/src/app/own.rs",
        find: "let alone = Arc::clone(&self.editing).lock_owned().await;\n\
            \x20       let mut next = Standing::clone(&self.standing());\n\
            \x20       let edit = decide(&next)?;",
        replace: "let mut next = Standing::clone(&self.standing());\n\
            \x20       let edit = decide(&next)?;\n\
            \x20       let alone = Arc::clone(&self.editing).lock_owned().await;",
        suite: Suite::Unit("weft-hub"),
        test: "tests::beside::one_area_is_given_to_one_location",
    },
    Mistake {
        name: "a location that is renamed is put back as it was when shown",
        file: "hub/src/app/place.rs",
        find: "let place = plan.place;",
        replace: "let place = shown.place;",
        suite: Suite::Unit("weft-hub"),
        test: "tests::beside::a_location_is_renamed_beside_its_confirmation",
    },
    Mistake {
        name: "locations that exchange areas are put back as they were when shown",
        file: "hub/src/app/handover.rs",
        find: r#"(DocKind::Network, "location areas", plan.places)"#,
        replace: r#"(DocKind::Network, "location areas", shown.places)"#,
        suite: Suite::Unit("weft-hub"),
        test: "tests::beside::areas_change_hands_beside_other_edits_of_their_locations",
    },
    Mistake {
        name: "a file of definitions is compared outside the lock",
        file: "hub/src/app/definitions.rs",
        find: "let import = move |standing: &Standing| {\n\
            \x20           let (report, new, settings) = compare(imported, standing)?;",
        replace: "let compared = compare(imported, &self.shared.own.standing())?;\n\
            \x20       let import = move |_: &Standing| {\n\
            \x20           let (report, new, settings) = compared;",
        suite: Suite::Unit("weft-hub"),
        test: "tests::beside::one_version_of_a_definition_has_one_content",
    },
    Mistake {
        name: "the ledger has a row for invites that were not revoked",
        file: "hub/src/app/network.rs",
        find: "Ok((revoked > 0).then_some((subject, revoked)))",
        replace: "Ok(Some((subject, revoked)))",
        suite: Suite::Unit("weft-hub"),
        test: "tests::beside::an_act_that_did_not_happen_leaves_no_row",
    },
    Mistake {
        name: "an act stands without its row in the ledger",
        file: "hub/src/app/desk.rs",
        find: "ledger::record(tx, now, OPERATOR, act, &subject)?;",
        replace: "let _unwritten = ledger::record(tx, now, OPERATOR, act, &subject);",
        suite: Suite::Unit("weft-hub"),
        test: "tests::beside::what_the_ledger_cannot_record_does_not_happen",
    },
    Mistake {
        name: "an edit stands without its row in the ledger",
        file: "hub/src/app/own.rs",
        find: "ledger::record(tx, now, OPERATOR, act, &subject)?;",
        replace: "let _unwritten = ledger::record(tx, now, OPERATOR, act, &subject);",
        suite: Suite::Unit("weft-hub"),
        test: "tests::beside::what_the_ledger_cannot_record_does_not_happen",
    },
    Mistake {
        name: "what a location shared is shown although the reading is not recorded",
        file: "hub/src/app/reading.rs",
        find: "record.await.map_err(AppError::Unrecorded)?;",
        replace: "let _unrecorded: Result<(), crate::store::StoreError> = record.await;",
        suite: Suite::Unit("weft-hub"),
        test: "tests::reads::what_cannot_be_recorded_is_not_shown",
    },
    Mistake {
        name: "the same reading again is not counted",
        file: "hub/src/store/reads.rs",
        find: "SET count = count + 1",
        replace: "SET count = count + 0",
        suite: Suite::Unit("weft-hub"),
        test: "tests::reads::a_row_closes_after_ten_minutes_and_goes_after_seven_years",
    },
    Mistake {
        name: "a sync is noted although entries were refused",
        file: "hub/src/peer.rs",
        find: "self.live && !self.refused",
        replace: "self.live",
        suite: Suite::Unit("weft-hub"),
        test: "peer::tests::a_location_has_synced_once_all_that_it_offered_is_stored",
    },
    Mistake {
        name: "a sync is noted with the greeting",
        file: "hub/src/peer.rs",
        find: "self.live && !self.refused",
        replace: "!self.refused",
        suite: Suite::Unit("weft-hub"),
        test: "peer::tests::a_location_has_synced_once_all_that_it_offered_is_stored",
    },
    Mistake {
        name: "what a live session exchanges on a later day is no sync",
        file: "hub/src/peer.rs",
        find: "HostReply::Persisted(_, Persisted::Stored) => self.note_sync().await,",
        replace: "",
        suite: Suite::Unit("weft-hub"),
        test: "tests::synced::what_a_session_exchanges_on_a_later_day_is_a_sync",
    },
    Mistake {
        name: "the day of a sync is that of UTC",
        file: "hub/src/aggregate/context.rs",
        find: ".map(|at| self.zone.day(*at)),",
        replace: ".map(|at| Zone::default().day(*at)),",
        suite: Suite::Unit("weft-hub"),
        test: "aggregate::fold::tests::\
              a_sync_on_the_morning_after_a_period_counts_as_after_it",
    },
    Mistake {
        name: "a busy device outruns its revocation",
        file: "hub/src/peer/link.rs",
        find: "self.shared.allowances.hold(*device, REVOCATION_HOLD_MS);",
        replace: "let _ = (device, REVOCATION_HOLD_MS);",
        suite: Suite::Unit("weft-hub"),
        test: "tests::refusals::a_busy_device_cannot_outrun_its_revocation",
    },
    Mistake {
        name: "a sync is remembered before its commit",
        file: "hub/src/registry/synced.rs",
        find: "tx.on_commit(move || {\n\
            \x20           lock(&synced.0).insert(location, at);\n\
            \x20       });",
        replace: "let _ = tx; lock(&synced.0).insert(location, at);",
        suite: Suite::Unit("weft-hub"),
        test: "tests::commits::a_commit_that_fails_tells_nobody_and_changes_no_memory",
    },
    Mistake {
        name: "an edit of the hub's own documents is in memory before its commit",
        file: "hub/src/app/own.rs",
        find: "beside(tx, now)?;",
        replace: "beside(tx, now)?; let mut early = committed.write().unwrap(); \
            *early = Arc::new(next.clone()); drop(early);",
        suite: Suite::Unit("weft-hub"),
        test: "tests::commits::a_commit_that_fails_tells_nobody_and_changes_no_memory",
    },
];
