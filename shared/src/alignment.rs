//! Need, a community's own priority, work and money side by side: where they meet, and where not.
//!
//! Plain values in, plain values out: nothing here reads a document, a store or a clock.
//!
//! # For a finance person
//!
//! - An investment is counted **once**, where somebody said that it went. Its parts (`part_of`) are
//!   taken off it; what is left is its own.
//! - A **line** says how much was committed or spent, in which period, for which locations and
//!   outcomes. It counts in a period if its own period lies in it. A line that only touches the
//!   period is named and is in no sum.
//! - What is stated for a year has what is stated for a month of it: a line is in a longer one of
//!   the same investment, kind, locations and outcomes. Where the longer counts the shorter does
//!   not, so each dollar is in a total once. Lines that differ in one of these are other money.
//! - What was committed or spent by lines is at most the investment's own amount. An excess is
//!   named, by whichever period, location or outcome it is cut, and what was spent counts whole.
//! - Money for exactly one location and one outcome is **divided**: it is in that cell and may
//!   be added up. Money for several is **shared**: it is shown in each of their cells, and counted
//!   once in the total. What is *not stated* has a last row and a last column.
//! - The rest of an investment that no line divides is **in force, not divided by year**: it is
//!   shown with its dates in every period that they overlap, and never spread over years.
//! - The total is divided plus shared. That holds by outcome, by location, by both and as a whole.
//! - Kinds and currencies are never added to each other. Amounts with and without goods and
//!   services tax are added as they are, and marked as mixed.
//! - Proposed money is listed and in no sum. Cancelled money keeps what was spent. Money that is
//!   withheld, or has no amount, is in no figure.
//! - One identifier, stated by the hub and by a location, is one investment, if the hub states it
//!   for that location, or both state the same places. If they differ, both stand: the hub's amount
//!   counts for what was committed, the location's for what was spent, and the figure has the
//!   lowest and the highest beside it.
//! - What a location spent is within the lines of the hub for more places that may be of the same
//!   money in the period that is asked for: it is taken off them, as a part is off its whole. If it
//!   states no outcome, it counts under theirs. If they are of several outcomes, or of no stated
//!   place, no one knows off which it is: the hub's count, and the location's is another reading.
//! - A part is taken off its whole only where both have days in common, and a location's off money
//!   that is for others too only if the part is for that location alone. Otherwise it is named.
//!
//! # Never computed
//!
//! A composite, a rank, money per point or per head, an equal split, a forecast, or a cause.

pub mod late;
pub mod money;
pub mod need;
pub mod questions;
pub mod read;
pub mod recorded;
pub mod sight;
