//! Removed records: who removed them and when, with a button to restore them.

use askama::Template;
use weft_shared::{
    id::RecordId,
    model::schema::{RecordKind, record_kind},
};

use super::{
    Answered, Fault, Reply, Visit, done,
    form::Sent,
    plan,
    shell::{By, Section, Shell},
};
use crate::{edits::records, view::RecordRow};

#[derive(Template)]
#[template(path = "removed.html")]
struct RemovedPage {
    shell: Shell,
    lines: Vec<Line>,
}

/// One removed record.
struct Line {
    kind: &'static str,
    title: String,
    restore: String,
    by: By,
}

#[derive(Template)]
#[template(path = "gone.html")]
struct GonePage {
    shell: Shell,
    line: Line,
}

impl Visit<'_> {
    pub(super) fn removed(&mut self, asked: &Sent) -> Answered {
        let shell = self.shell(Section::Plan, "Removed")?;
        let mut lines = Vec::new();
        for kind in RecordKind::ALL {
            let rows = self.replica.removed_records(*kind)?;
            lines.extend(rows.iter().map(|row| self.removed_line(row)));
        }
        let shell = shell.after(done(asked));
        Reply::page(false, &RemovedPage { shell, lines })
    }

    /// Shows the page that replaces a removed record's page.
    pub(super) fn gone(&mut self, kind: RecordKind, id: &str) -> Answered {
        let row = self.removed_row(kind, id)?;
        let shell = self.shell(Section::Plan, &row.title())?;
        let line = self.removed_line(&row);
        Reply::page(false, &GonePage { shell, line })
    }

    pub(super) fn restore(&mut self, kind: &str, id: &str) -> Answered {
        let kind = record_kind(kind).map_err(|_| Fault::NotFound)?;
        let row = self.removed_row(kind, id)?;
        let saved = self.save(vec![records::restore(&row)?])?;
        let place = plan::href(kind, &row.record.id);
        Ok(Reply::see(&place, saved, "restored"))
    }

    fn removed_row(&mut self, kind: RecordKind, id: &str) -> Result<RecordRow, Fault> {
        let id: RecordId = id.parse().map_err(|_| Fault::NotFound)?;
        let row = self.replica.removed_record(kind, &id)?;
        row.ok_or(Fault::NotFound)
    }

    fn removed_line(&self, row: &RecordRow) -> Line {
        let kind = row.record.kind;
        Line {
            kind: kind.label(),
            title: row.title(),
            restore: format!(
                "/plan/{}/{}/restore",
                kind.container().word(),
                row.record.id
            ),
            by: By::new(&row.written, &self.calendar),
        }
    }
}
