//! The mistakes, each with the test that must notice it.

/// The test program that holds a mistake's test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// The test of the simulator.
const SIMULATOR: &str = "every_seed_ends_equal_with_nothing_acknowledged_missing";

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
        name: "a node shows documents of another epoch",
        file: "node/src/replica/documents.rs",
        find: "Some((DocKind::of(&name).ok()?, name))",
        replace: "Some((name.name.parse::<DocKind>().ok()?, name))",
        suite: Suite::Unit("weft-node"),
        test: "replica::tests::epochs::\
              a_document_of_another_epoch_is_kept_and_passed_on_and_shown_nowhere",
    },
    Mistake {
        name: "a document's size is not looked at again when an entry is stored",
        file: "shared/store/src/shares.rs",
        find: "if !size.fits() {",
        replace: "if !size.fits() && size.changes == 0 {",
        suite: Suite::Unit("weft-hub"),
        test: "tests::shares::\
              a_session_that_knew_a_document_with_room_is_refused_once_others_filled_it",
    },
    Mistake {
        name: "a location's room is not looked at again when an entry is stored",
        file: "shared/store/src/shares.rs",
        find: "let fits = left.fits(more) || admitted.void.is_some();",
        replace: "let fits = left.fits(more) || admitted.entry.header.dseq > 0;",
        suite: Suite::Unit("weft-hub"),
        test: "tests::shares::what_others_stored_meanwhile_counts_when_an_entry_is_stored",
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
        name: "entries are acknowledged before the commit",
        file: "shared/store/src/host/work.rs",
        find: "failing.outcome(writer.run_sized(bytes, job).await)",
        replace: "let queue = writer.run_sized(bytes, job); tokio::select! { biased; \
            answer = queue => failing.outcome(answer), \
            () = std::future::ready(()) => match failing { \
                Failing::Persist(ticket) => HostReply::Persisted(ticket, Persisted::Stored), \
                _ => failing.outcome(Err(StoreError::Closed.into())) } }",
        suite: Suite::Unit("weft-store"),
        test: "tests::host::nothing_is_acknowledged_before_its_commit_has_returned",
    },
    Mistake {
        name: "entries are acknowledged although their commit failed",
        file: "shared/store/src/host/work.rs",
        find: "Self::Persist(ticket) => HostReply::Persisted(ticket, Persisted::Failed),",
        replace: "Self::Persist(ticket) => HostReply::Persisted(ticket, Persisted::Stored),",
        suite: Suite::Unit("weft-store"),
        test: "tests::host::what_was_not_committed_is_not_acknowledged_and_comes_again",
    },
    Mistake {
        name: "a device sends what it has not marked as offered",
        file: "shared/store/src/host/work.rs",
        find: "logs::reach(tx, (lix, dix), Mark::Offered, tip.dseq)?;",
        replace: "",
        suite: Suite::Unit("weft-store"),
        test: "tests::host::what_is_offered_is_marked_first",
    },
    Mistake {
        name: "a roster in memory is ahead of its commit",
        file: "shared/store/src/host/roster.rs",
        find: "tx.on_commit(move || rosters.keep(keep));",
        replace: "rosters.keep(keep);",
        suite: Suite::Unit("weft-store"),
        test: "tests::host::\
              a_roster_in_memory_follows_the_commit_and_an_undone_operation_leaves_no_trace",
    },
    Mistake {
        name: "a commit that failed is answered as if it stood",
        file: "shared/store/src/writer/group.rs",
        find: "ran.tell(self.failed.clone().map_or(Ok(()), Err));",
        replace: "ran.tell(Ok(()));",
        suite: Suite::Unit("weft-hub"),
        test: "tests::wire::what_did_not_reach_the_disk_is_not_acknowledged",
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
        name: "a document stays with the revoked device that began it",
        file: "shared/store/src/undone.rs",
        find: "WHERE lix = ?1 AND doc = ?2 AND began = ?3",
        replace: "WHERE lix = ?1 AND doc = ?2 AND began = -?3",
        suite: Suite::Unit("weft-hub"),
        test: "tests::dropped::\
              a_document_that_a_dropped_log_began_counts_for_another_that_wrote_in_it",
    },
    Mistake {
        name: "a document that is begun again is evicted first",
        file: "shared/store/src/cache.rs",
        find: "loaded.used = self.clock;\n        self.loaded.insert",
        replace: "loaded.used = 0;\n        self.loaded.insert",
        suite: Suite::Unit("weft-hub"),
        test: "aggregate::library::tests::\
              a_document_that_is_begun_again_is_not_the_first_to_leave_memory",
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
        name: "withdrawn words stay in the hub's log of changes",
        file: "shared/store/src/blobs.rs",
        find: "conn.scrub();",
        replace: "();",
        suite: Suite::Unit("weft-hub"),
        test: "tests::records::a_withdrawn_insight_leaves_no_words_behind",
    },
    Mistake {
        name: "a page repeats the last row of the page before",
        file: "hub/src/figures/rows.rs",
        find: "*code.as_str() > *last.location",
        replace: "*code.as_str() >= *last.location",
        suite: Suite::Unit("weft-hub"),
        test: "tests::data::pages_by_cursor_give_each_row_once",
    },
    Mistake {
        name: "a page skips a row",
        file: "hub/src/figures/rows.rs",
        find: "(&**period, &**breakdown) >= last",
        replace: "(&**period, &**breakdown) > last",
        suite: Suite::Unit("weft-hub"),
        test: "tests::rows::rows_are_what_comparing_whole_series_gives",
    },
    Mistake {
        name: "the bodies of a dropped end stay at the node",
        file: "shared/store/src/undone.rs",
        find: "bodies = x'' WHERE log = ?1 AND dseq >= ?2",
        replace: "bodies = bodies WHERE log = ?1 AND dseq >= ?2",
        suite: Suite::Unit("weft-node"),
        test: "replica::tests::dropped::a_dropped_end_leaves_only_headers",
    },
    Mistake {
        name: "documents in memory have no bound in bytes",
        file: "shared/store/src/cache.rs",
        find: "let much = bytes > self.bytes_max && count > kept;",
        replace: "let much = bytes > self.bytes_max << 20 && count > kept;",
        suite: Suite::Unit("weft-node"),
        test: "replica::tests::parts::no_second_document_is_loaded_beside_one_that_fills_memory",
    },
    Mistake {
        name: "no room is made for another document",
        file: "node/src/replica/memory.rs",
        find: "self.evict_down_to(0);",
        replace: "self.evict_down_to(usize::MAX);",
        suite: Suite::Unit("weft-node"),
        test: "replica::tests::parts::no_second_document_is_loaded_beside_one_that_fills_memory",
    },
    Mistake {
        name: "documents are never pinned",
        file: "node/src/replica/edit.rs",
        find: "self.preparing = true;",
        replace: "self.preparing = false;",
        suite: Suite::Unit("weft-node"),
        test: "replica::tests::memory::a_snapshot_never_gets_ahead_of_the_disk",
    },
    Mistake {
        name: "places of waiting runs do not count as memory",
        file: "shared/store/src/cache.rs",
        find: "self.document.memory_bytes(self.raw_bytes) + self.waiting.memory_bytes()",
        replace: "self.document.memory_bytes(self.raw_bytes)",
        suite: Suite::Unit("weft-store"),
        test: "cache::tests::what_waits_counts_towards_memory",
    },
    Mistake {
        name: "all that waits is read at each arrival",
        file: "shared/store/src/cache/waiting.rs",
        find: "if !missing.iter().all(is_here) {",
        replace: "if !missing.iter().all(is_here) && missing.is_empty() {",
        suite: Suite::Unit("weft-node"),
        test: "replica::tests::memory::an_arrival_reads_nothing_that_waits_for_something_else",
    },
    Mistake {
        name: "what was said again keeps its old number after a recall",
        file: "node/src/replica/edit.rs",
        find: "lost::said_elsewhere(db, was, dseq)?;",
        replace: "lost::said_elsewhere(db, was, was)?;",
        suite: Suite::Unit("weft-node"),
        test: "replica::tests::voids::what_is_said_again_elsewhere_is_not_said_a_third_time",
    },
    Mistake {
        name: "the time of the last exchange is not noted",
        file: "node/src/link.rs",
        find: "replica.set_setting(Key::LastReached, now.ms())?;",
        replace: "replica.set_setting(Key::LastReached, 0_i64)?;",
        suite: Suite::Unit("weft-node"),
        test: "link::tests::whether_the_hub_was_there_is_noted",
    },
    Mistake {
        name: "an acknowledgement does not clear the outbox",
        file: "node/src/replica/receive.rs",
        find: "outbox::clear_to(db, dseq)?;",
        replace: "outbox::clear_to(db, 0)?;",
        suite: Suite::Unit("weft-node"),
        test: "replica::tests::an_edit_survives_a_restart_and_waits_for_the_hub",
    },
    Mistake {
        name: "an ACK after a conflict has no tag",
        file: "shared/src/sync/receive.rs",
        find: "log.ack_tag = true;",
        replace: "log.ack_tag = false;",
        suite: Suite::Unit("weft-shared"),
        test: "sync::tests::refusals::an_ack_after_a_conflict_names_the_entry_that_is_held",
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
        find: "if synced > period.end()",
        replace: "if synced >= period.end()",
        suite: Suite::Unit("weft-shared"),
        test: "rollup::tests::silence::\
              a_location_has_not_reported_if_it_synced_after_the_last_day_of_the_period",
    },
    Mistake {
        name: "a sync on the day after a period does not come after it",
        file: "shared/src/rollup/coverage.rs",
        find: "if synced > period.end()",
        replace: "if period.next().is_some_and(|next| synced > next.start())",
        suite: Suite::Unit("weft-shared"),
        test: "rollup::tests::silence::\
              a_location_has_not_reported_if_it_synced_after_the_last_day_of_the_period",
    },
    Mistake {
        name: "an entry is appended whatever it continues from",
        file: "shared/store/src/entries.rs",
        find: "header.dseq != height.dseq + 1 || header.prev != height.hash",
        replace: "header.dseq != height.dseq + 1",
        suite: Suite::Unit("weft-store"),
        test: "tests::entries_are_appended_where_their_log_ends_and_nowhere_else",
    },
    Mistake {
        name: "a sealed log goes on",
        file: "shared/store/src/entries.rs",
        find: "if sealed || header.dseq",
        replace: "if header.dseq",
        suite: Suite::Unit("weft-store"),
        test: "tests::entries_are_appended_where_their_log_ends_and_nowhere_else",
    },
    Mistake {
        name: "a commit is not flushed",
        file: "shared/store/src/writer.rs",
        find: r#""synchronous", "FULL""#,
        replace: r#""synchronous", "NORMAL""#,
        suite: Suite::Unit("weft-store"),
        test: "writer::tests::power::\
              nothing_acknowledged_is_missing_after_a_loss_of_power_at_any_point",
    },
    Mistake {
        name: "the log of changes is not emptied at the start",
        file: "shared/store/src/writer.rs",
        find: "let emptied = match server::empty_log(&connection) {",
        replace: "let emptied = match Ok(true) {",
        suite: Suite::Unit("weft-store"),
        test: "writer::tests::power::\
              nothing_acknowledged_is_missing_after_a_loss_of_power_at_any_point",
    },
    Mistake {
        name: "emptying the log of changes is tried once",
        file: "shared/store/src/writer/server.rs",
        find: "Ok(true) => None,",
        replace: "Ok(_) => None,",
        suite: Suite::Unit("weft-store"),
        test: "writer::tests::commits::what_was_deleted_is_in_no_file",
    },
    Mistake {
        name: "what follows a commit follows a job that was undone",
        file: "shared/store/src/writer/group.rs",
        find: "let standing = self.ran.iter_mut().filter(|ran| ran.stands);",
        replace: "let standing = self.ran.iter_mut();",
        suite: Suite::Unit("weft-store"),
        test: "writer::tests::commits::\
              what_follows_a_commit_runs_in_order_and_only_if_it_stands",
    },
    Mistake {
        name: "a saved entry is not in the outbox",
        file: "node/src/replica/edit.rs",
        find: "outbox::put(db, dseq, now)?;",
        replace: "outbox::put(db, 0, now)?;",
        suite: Suite::Unit("weft-node"),
        test: "replica::tests::an_edit_survives_a_restart_and_waits_for_the_hub",
    },
    Mistake {
        name: "words count as stored and are not",
        file: "shared/store/src/host/work.rs",
        find: "blobs::put(tx, log, dseq, &hash, &bytes, now)?;",
        replace: "let _ = (log, dseq, hash, bytes, now);",
        suite: Suite::Integration("weft", "sim"),
        test: SIMULATOR,
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
        name: "a device does not hear which of its entries are void",
        file: "shared/store/src/host/work.rs",
        find: "undone::voids(conn, lix(&location)?, dix, above)?",
        replace: "undone::voids(conn, lix(&location)?, dix, above.max(u64::MAX >> 1))?",
        suite: Suite::Integration("weft", "sim"),
        test: SIMULATOR,
    },
];
