//! Figures as pages, the data interface and commands read them: queries, comparisons with the
//! period before, explanations, and the notice that goes with each.

mod about;
pub(crate) mod compare;
mod figure;
#[doc(hidden)]
pub mod measure;
mod missing;
mod read;
mod released;
pub(crate) mod rows;
mod sketch;
pub(crate) mod source;
pub(crate) mod stream;
mod summary;
pub(crate) mod workbook;

pub(crate) use self::{
    about::About,
    figure::{AS_OF, FigureKey, group},
    released::released_series,
    workbook::XLSX_TYPE,
};
pub use self::{
    compare::Compared,
    figure::Figure,
    missing::Missing,
    read::{FileLevel, LevelWord, RollupAnswer, RollupQuery},
    sketch::Sketch,
    summary::{Grid, Mark, Overview, Shared},
};

/// The notice on every answer with live figures. Releases have none.
pub(crate) const NOTICE: &str = "not disclosure-controlled, not for publication";

/// The header that carries [`NOTICE`].
pub(crate) const NOTICE_HEADER: &str = "weft-notice";

/// Returns the disposition of a file to download. A file loses its headers, so its name carries the
/// notice too.
pub(crate) fn attachment(name: &str, ending: &str) -> String {
    format!("attachment; filename=\"{name}-not-for-publication.{ending}\"")
}
