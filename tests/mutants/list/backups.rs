//! Mistakes in backups.

use super::{Mistake, Suite};

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "a backup is put into the data directory",
        file: "shared/host/src/backup.rs",
        find: "match whole.starts_with(&self.root) {",
        replace: "match whole == self.root {",
        suite: Suite::Unit("weft-host"),
        test: "backup::tests::\
               a_place_that_is_lost_with_the_data_is_refused_and_the_reason_is_kept",
    },
    Mistake {
        name: "an archive names a place outside",
        file: "shared/host/src/backup/archive.rs",
        find: "&& !name.starts_with('.')",
        replace: "&& name != \".\"",
        suite: Suite::Unit("weft-host"),
        test: "backup::tests::an_archive_names_nothing_outside_and_nothing_but_its_list",
    },
    Mistake {
        name: "a link in an archive is taken for a file",
        file: "shared/host/src/backup/archive.rs",
        find: "header.entry_type() == tar::EntryType::Regular && *header",
        replace: "header.entry_type() != tar::EntryType::Directory && *header",
        suite: Suite::Unit("weft-host"),
        test: "backup::tests::an_archive_names_nothing_outside_and_nothing_but_its_list",
    },
    Mistake {
        name: "a backup of another program is restored",
        file: "shared/host/src/backup/restore.rs",
        find: "if manifest.program != layout.program {",
        replace: "if manifest.program.is_empty() {",
        suite: Suite::Unit("weft-host"),
        test: "backup::tests::a_backup_of_another_program_or_a_later_one_is_refused",
    },
    Mistake {
        name: "a restore that failed leaves its files",
        file: "shared/host/src/backup/restore.rs",
        find: "if settled.is_err() {",
        replace: "if settled.is_err() && dir.path(SCRATCH).exists() {",
        suite: Suite::Unit("weft-host"),
        test: "backup::tests::a_damaged_or_shortened_backup_is_refused_and_leaves_nothing",
    },
    Mistake {
        name: "the end of a backup is not read",
        file: "shared/host/src/backup/archive.rs",
        find: "let more = io::copy(&mut rest, &mut io::sink()).map_err(damaged)?;",
        replace: "let more = rest.limit() - rest.limit();",
        suite: Suite::Unit("weft-host"),
        test: "backup::tests::an_archive_names_nothing_outside_and_nothing_but_its_list",
    },
    Mistake {
        name: "files that only look like backups are removed",
        file: "shared/host/src/backup/plan.rs",
        find: "time.len() == TIME.len() && time",
        replace: "!time.is_empty() || time",
        suite: Suite::Unit("weft-host"),
        test: "backup::tests::backups_are_made_when_they_are_due_and_old_ones_go",
    },
    Mistake {
        name: "an attempt that failed is made again at once",
        file: "shared/host/src/backup/plan.rs",
        find: "passed(one.at, limits::BACKUP_RETRY_MS)",
        replace: "passed(one.at, limits::BACKUP_RETRY_MS / 2)",
        suite: Suite::Unit("weft-host"),
        test: "backup::tests::a_plan_knows_when_a_backup_is_due_and_when_it_is_late",
    },
    Mistake {
        name: "a restored hub goes on with its old log",
        file: "hub/src/app/backups.rs",
        find: "let log = Identity::new_log(dir).map_err(AppError::from)?;",
        replace: "let log = identity.log.clone();",
        suite: Suite::Programs,
        test: "backups::a_hub_restored_from_its_backup_goes_on_with_its_nodes",
    },
];
