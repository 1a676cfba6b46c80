//! Disclosure control: what of a release may be shown, and as which numbers.
//!
//! [`protect`] is a pure function of the cells to be released, the relations between them and what
//! was shown before. It withholds rows, rounds the counts of the others, and audits all that would
//! be public afterwards: whatever small count it hides has at least five possible values.

mod audit;
mod before;
mod cell;
mod contributors;
mod ours;
mod profile;
mod protect;
mod rests;
mod rounding;
mod rows;
mod rules;
mod sets;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use self::value::value as shown_value;
pub use self::{
    before::{Before, Last, Published, Shown},
    cell::{Cell, CellKey, Contributions, Counts, Kind, Relations, Sum},
    contributors::Contributors,
    ours::{Ours, Span, ours},
    profile::{FRR3, Profile},
    protect::{Exposed, Kept, Protected, Reason, Row, Withheld, protect},
    rounding::{Areas, Rounded, SECRET_BYTES, Secret},
};
