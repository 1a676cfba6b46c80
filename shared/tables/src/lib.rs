//! Tables as offices publish them: bytes in; a table, and a plan of its columns, out.
//!
//! Three steps, each pure:
//!
//! 1. [`Sheet::read`] finds the header and the rows of a file: CSV with any common separator and
//!    encoding, XLSX, ODS, SDMX-CSV, and what DHIS2 exports.
//! 2. [`propose`](propose::propose) makes a [`ColumnPlan`] of what the headings and the contents
//!    say and of what a person gave. A plan that is guessed in part is shown and confirmed; one
//!    that leaves something [open](Proposal::open) cannot be used.
//! 3. [`Sheet::table`] makes rows in the columns of Weft's own layout: wide tables are unfolded,
//!    and periods and numbers are in Weft's own form. What was read how is in [`Table::notes`].
//!
//! Whether a row's area is one of ours, and whether its figures can be, is judged by the caller,
//! with the rest of the rules for figures.
//!
//! ```
//! use weft_shared::{model::indicator::definitions_from_toml, period::Date};
//! use weft_tables::{ColumnPlan, Known, Sheet, propose};
//!
//! let definitions = definitions_from_toml(
//!     r#"[[indicator]]
//!     code = "VISITS"
//!     version = 1
//!     name = "Visits to the pool"
//!     type = "count"
//!     unit = "visits"
//!     numerator = "Visits"
//!     factor = 1
//!     direction = "up"
//!     period = "month"
//!     accountability = "performance"
//!     class = "how_much"
//!     rollup = "sum"
//!     person_level = false"#,
//! )
//! .unwrap();
//! let areas = ["NORTH".to_owned(), "Northland".to_owned()];
//! let known = Known::new(&definitions, areas, None, Date::constant(2026, 11, 27));
//! let file = "Visits by place\nPlace,Month,Visits\nNorthland,Mar-22,\"1,250\"\n";
//! let sheet = Sheet::read(file.as_bytes(), None, &known).unwrap();
//! let proposal = propose(&sheet, &known, &ColumnPlan::default()).unwrap();
//! assert!(proposal.guessed && proposal.open().is_empty());
//! let table = sheet.table(&known, &proposal).unwrap();
//! let row: Vec<&str> = table.rows[0].cells.iter().collect();
//! assert_eq!(row, ["VISITS", "Northland", "2022-03", "1,250", ""]);
//! ```
#![warn(missing_docs, clippy::wildcard_enum_match_arm)]

mod grid;
mod headings;
mod known;
mod layout;
pub mod limits;
pub mod number;
pub mod period;
mod plan;
mod propose;
mod roles;
mod sheet;
mod table;

pub use self::{
    grid::Fault,
    headings::Layout,
    known::Known,
    plan::{BadPlan, ColumnPlan, FigurePlan},
    propose::{Proposal, propose},
    roles::{COLUMNS, FIGURES, REQUIRED, plain},
    sheet::Sheet,
    table::{Table, TableColumn, TableRow},
};
