//! The order of the line of sight.

use std::str::FromStr;

use crate::text::BadText;

/// The orders in which the line of sight can be listed. None of them is by value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// By outcome, then by location.
    #[default]
    Outcome,
    /// By location, then by outcome.
    Location,
}

/// Why nothing is sorted by value.
pub const UNSORTED: &str = "the line of sight is in the order of outcomes and of the alphabet, and \
                            never by value: a list of locations by gap or by money would be a \
                            ranking, and need, priority, work and money are not one number";

impl Order {
    /// The words of the parameter `sort`.
    pub const WORDS: [&str; 2] = ["outcome", "location"];
}

impl FromStr for Order {
    type Err = BadText;

    /// Reads the parameter `sort`.
    ///
    /// ```
    /// use weft_shared::alignment::sight::Order;
    /// let refused = "gap".parse::<Order>().unwrap_err().to_string();
    /// assert!(refused.starts_with("\"gap\" is refused: the line of sight is in the order of"));
    /// assert_eq!("location".parse(), Ok(Order::Location));
    /// ```
    fn from_str(text: &str) -> Result<Self, BadText> {
        match text {
            "outcome" => Ok(Self::Outcome),
            "location" => Ok(Self::Location),
            _ => {
                let instead = "Leave it out, or write outcome or location";
                let why = format!("is refused: {UNSORTED}. {instead}");
                Err(BadText::new(text, why))
            }
        }
    }
}
