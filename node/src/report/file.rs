//! The report as files: a page of HTML, which prints on A4 and opens in a word processor with its
//! headings and tables, and a folder beside it with a picture of each chart. Word shows pictures
//! neither as SVG nor inside the page. A table has the newest figures of each picture.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use askama::Template;
use weft_host::failure::Failure;

use super::{Part, Reader, Report, Span};
use crate::export::File;

#[derive(Template)]
#[template(path = "report_file.html")]
struct FilePage<'a> {
    report: &'a Report,
    pictures: Option<&'a str>,
}

/// Makes the files: pictures first, and the page last.
///
/// # Errors
/// If the template cannot be filled in, which is a fault of Weft.
pub(crate) fn files(
    report: &Report,
    reader: Reader,
    span: &Span,
) -> Result<Vec<File>, askama::Error> {
    let name = name(reader, span);
    let folder = format!("{name}_files");
    let html = FilePage {
        report,
        pictures: Some(&folder),
    }
    .render()?;
    let charts = report.sections.iter().flat_map(|one| one.part.charts());
    let pictures = charts.map(|one| File {
        path: format!("{folder}/chart-{}.png", one.number),
        bytes: one.curve.picture().png,
    });
    let mut files: Vec<File> = pictures.collect();
    files.push(File {
        path: format!("{name}.html"),
        bytes: html.into_bytes(),
    });
    Ok(files)
}

/// The name of the files, without an ending: `report-funder-FY2027`. The period is of letters,
/// digits, dots and hyphens.
pub(crate) fn name(reader: Reader, span: &Span) -> String {
    format!("report-{reader}-{}", span.text.replace("..", "-to-"))
}

/// Writes files into `folder`, all of them or none, and over none that is there. Returns the path
/// of the page.
///
/// # Errors
/// If one of them is there already, or cannot be written.
pub(crate) fn write(folder: &Path, files: &[File]) -> Result<PathBuf, Failure> {
    let path = |file: &File| folder.join(&file.path);
    if let Some(there) = files.iter().map(path).find(|path| path.exists()) {
        return Err(Failure::usage(format_args!(
            "{} is there already. Nothing was written: move it away, or choose another folder with \
             --to.",
            there.display()
        )));
    }
    let mut written = Vec::new();
    for file in files {
        let path = path(file);
        let done = path.parent().map_or(Ok(()), fs::create_dir_all);
        let done = done.and_then(|()| create(&path, &file.bytes));
        if let Err(error) = done {
            for path in &written {
                // The error matters more than what is left.
                let _ = fs::remove_file(path);
            }
            return Err(Failure::failed(format_args!(
                "The report could not be written to {}: {error}. Choose another folder with --to.",
                path.display()
            )));
        }
        written.push(path);
    }
    Ok(written.pop().expect("a report has a page"))
}

/// Writes a new file whole, or none.
fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    let done = file.write_all(bytes).and_then(|()| file.sync_all());
    if done.is_err() {
        // The error matters more than what is left.
        let _ = fs::remove_file(path);
    }
    done
}
