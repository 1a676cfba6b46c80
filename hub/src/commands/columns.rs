//! The options of an import that say which column of a file is what.

use std::path::{Path, PathBuf};

use weft_host::{failure::Failure, file, output::plain};
use weft_tables::{ColumnPlan, limits::PLAN_BYTES_MAX};

/// Which column of a file is what, if its headings are not ours.
#[derive(Debug, clap::Args)]
pub struct ColumnArgs {
    /// A file that says which column is what, in TOML; weft-hub prints one with its proposal.
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
    /// Say what a column is, such as amount=Value or area=Place. Once for each column.
    #[arg(long, value_name = "WHAT=HEADING", value_parser = ColumnPlan::pair)]
    pub column: Vec<(String, String)>,
    /// Say what holds for every row, such as status=ended, period=2018 or dates="day first". Once
    /// for each.
    #[arg(long, value_name = "WHAT=TEXT", value_parser = ColumnPlan::pair)]
    pub constant: Vec<(String, String)>,
    /// The sheet of a workbook that has several.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// Take the proposed columns as they are.
    #[arg(long)]
    pub yes: bool,
}

impl ColumnArgs {
    /// The plan of the file `--map` with what the other options say, which goes before.
    pub(super) fn plan(&self, cwd: &Path) -> Result<ColumnPlan, Failure> {
        let mut given = match &self.map {
            None => ColumnPlan::default(),
            Some(map) => {
                let path = cwd.join(map);
                let wrong = |why: String| {
                    let name = path.display();
                    Failure::usage(format_args!("{name}: {why}. Nothing was imported."))
                };
                let text = file::read_text(&path, PLAN_BYTES_MAX as u64);
                let text = text.map_err(|error| wrong(plain(&error)))?;
                ColumnPlan::from_toml(&text).map_err(|error| wrong(error.to_string()))?
            }
        };
        given.columns.extend(self.column.iter().cloned());
        given.constants.extend(self.constant.iter().cloned());
        Ok(given)
    }
}

/// Reads a file that is to be imported. Returns its name too.
pub(super) fn read(path: &Path, bytes_max: u64) -> Result<(String, Vec<u8>), Failure> {
    let bytes = file::read(path, bytes_max).map_err(|error| {
        Failure::usage(format_args!(
            "The file {} cannot be read: {}. Nothing was imported; check the path.",
            path.display(),
            plain(&error)
        ))
    })?;
    let name = path.file_name().map(|name| name.to_string_lossy());
    Ok((name.unwrap_or_default().into_owned(), bytes))
}
