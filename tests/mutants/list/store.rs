//! Mistakes in the store.

use super::{Mistake, SIMULATOR, Suite};

pub(super) const MISTAKES: &[Mistake] = &[
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
        name: "withdrawn words stay in the hub's log of changes",
        file: "shared/store/src/blobs.rs",
        find: "conn.scrub();",
        replace: "();",
        suite: Suite::Unit("weft-hub"),
        test: "tests::records::a_withdrawn_insight_leaves_no_words_behind",
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
        name: "words count as stored and are not",
        file: "shared/store/src/host/work.rs",
        find: "blobs::put(tx, log, dseq, &hash, &bytes, now)?;",
        replace: "let _ = (log, dseq, hash, bytes, now);",
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
    Mistake {
        name: "a store on a full disk does not open",
        file: "shared/store/src/writer.rs",
        find: "Err(StoreError::Full) => false,",
        replace: "",
        suite: Suite::Unit("weft-store"),
        test: "writer::tests::power::\
              a_store_on_a_full_disk_opens_and_is_scrubbed_once_there_is_room",
    },
    Mistake {
        name: "a log that could not be emptied at the start is left as it is",
        file: "shared/store/src/writer.rs",
        find: "Err(StoreError::Full) => false,",
        replace: "Err(StoreError::Full) => true,",
        suite: Suite::Unit("weft-store"),
        test: "writer::tests::power::\
              a_store_on_a_full_disk_opens_and_is_scrubbed_once_there_is_room",
    },
    Mistake {
        name: "an entry that is released stays in quarantine",
        file: "shared/store/src/quarantine.rs",
        find: "WHERE lix = ? AND doc = ? AND hub_seq = ?",
        replace: "WHERE lix = ? AND doc = ? AND hub_seq = -?",
        suite: Suite::Unit("weft-store"),
        test: "tests::quarantine::each_entry_in_quarantine_is_kept_counted_and_named",
    },
    Mistake {
        name: "another reason replaces that the program ended at an entry",
        file: "shared/store/src/quarantine.rs",
        find: "DO UPDATE SET state = ?4, reason = ?5\n\
            \x20              WHERE state <> 'ended'",
        replace: "DO UPDATE SET state = ?4, reason = ?5",
        suite: Suite::Unit("weft-store"),
        test: "tests::quarantine::an_entry_at_which_the_program_ended_stays_until_somebody_asks",
    },
    Mistake {
        name: "a rebuild tries again what the program ended at",
        file: "shared/store/src/quarantine.rs",
        find: r#""DELETE FROM quarantine WHERE state <> 'ended'", []"#,
        replace: r#""DELETE FROM quarantine", []"#,
        suite: Suite::Unit("weft-store"),
        test: "tests::quarantine::an_entry_at_which_the_program_ended_stays_until_somebody_asks",
    },
    Mistake {
        name: "what follows a commit runs although the commit failed",
        file: "shared/store/src/writer/group.rs",
        find: "standing.filter(|_| committed.is_ok())",
        replace: "standing.filter(|_| committed.is_ok() || committed.is_err())",
        suite: Suite::Unit("weft-store"),
        test: "writer::tests::commits::nothing_follows_a_commit_that_fails",
    },
];
