//! The report of a period, as a page to read and print and as a file.

use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weft_host::{
    failure::Failure,
    words::{Lang, words},
};
use weft_shared::period::Period;

use super::{
    Answered, Fault, Reply, Visit,
    form::Sent,
    shell::{Section, Shell},
};
use crate::{
    export,
    report::{self, Part, Reader, Report, Span},
    words::audience_phrase,
};

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    shell: Shell,
    heading: String,
    readers: Vec<ReaderOption>,
    period: String,
    error: Option<String>,
    report: Option<Report>,
    /// The audience of what the reader sees.
    reader_sees: &'static str,
    /// The address of the file.
    file: String,
    /// The folder of the pictures; none on the page, which has drawings.
    pictures: Option<&'static str>,
}

struct ReaderOption {
    word: &'static str,
    label: &'static str,
    chosen: bool,
}

impl Visit<'_> {
    /// Shows the report, or the form with what is wrong.
    pub(super) fn report(&mut self, asked: &Sent) -> Answered {
        let heading = words(Lang::English, "report").0;
        let mut shell = self.shell(Section::Report, &heading)?;
        let today = self.calendar.today();
        let reader = asked.first("for").parse().unwrap_or(Reader::Funder);
        let period = match asked.first("period").trim() {
            "" => Period::fiscal_year(today).to_string(),
            typed => typed.chars().take(PERIOD_CHARS_MAX).collect(),
        };
        let (report, error) = match Span::parse(&period, today) {
            Ok(span) => (Some(self.made(reader, &span)?), None),
            Err(error) => (None, Some(error.to_string())),
        };
        shell.error = error.is_some();
        let readers = Reader::ALL.map(|one| ReaderOption {
            word: one.word(),
            label: match one {
                Reader::Funder => "our funder",
                Reader::Board => "our board",
                Reader::Community => "our community",
            },
            chosen: one == reader,
        });
        let page = ReportPage {
            shell,
            heading,
            readers: readers.into(),
            file: format!(
                "/report/file?for={reader}&period={}",
                utf8_percent_encode(&period, NON_ALPHANUMERIC)
            ),
            period,
            reader_sees: audience_phrase(reader.sees()),
            pictures: None,
            report,
            error: error.clone(),
        };
        Reply::page(error.is_some(), &page)
    }

    /// Returns the report as an archive: a page and its pictures.
    pub(super) fn report_file(&mut self, asked: &Sent) -> Answered {
        let reader = asked.first("for").parse::<Reader>();
        let reader = reader.map_err(|_| Fault::NotFound)?;
        let span = Span::parse(asked.first("period"), self.calendar.today());
        let span = span.map_err(Failure::usage_error)?;
        let report = self.made(reader, &span)?;
        let files = report::file::files(&report, reader, &span).map_err(Failure::failed_error)?;
        Ok(Reply::Zip {
            name: report::file::name(reader, &span),
            bytes: export::archive(&files)?,
        })
    }

    fn made(&mut self, reader: Reader, span: &Span) -> Result<Report, Fault> {
        let now = self.calendar.now();
        let content = report::read(self.replica, reader, span, now)?;
        Ok(report::make(content, reader, span, self.calendar.today()))
    }
}

/// Maximum characters of a period.
const PERIOD_CHARS_MAX: usize = 40;
