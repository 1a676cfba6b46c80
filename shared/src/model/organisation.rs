//! Identifiers of organisations: the code of a list in [org-id.guide](https://org-id.guide) and the
//! number there, such as `NZ-NZBN-9429041901977`.

use std::{fmt, str::FromStr};

use crate::text::BadText;

/// The list of the New Zealand Business Number, whose numbers have a check digit.
const NZBN: &str = "NZ-NZBN";

/// Codes of lists in org-id.guide whose organisations fund, or are funded by, work in New Zealand.
/// Others are refused: an identifier that no one can look up is worse than none.
const LISTS: [&str; 33] = [
    NZBN,
    "NZ-CO",
    "NZ-COA",
    "NZ-CR",
    "AU-ABN",
    "AU-ACNC",
    "AU-ASIC",
    "AU-COA",
    "AU-CR",
    "GB-CHC",
    "GB-COH",
    "GB-EDU",
    "GB-GOR",
    "GB-GOV",
    "GB-GOVUK",
    "GB-LAE",
    "GB-LAS",
    "GB-MPR",
    "GB-NHS",
    "GB-NIC",
    "GB-REV",
    "GB-SC",
    "GB-UKPRN",
    "US-EIN",
    "US-SAM",
    "US-USAGOV",
    "XI-GRID",
    "XI-IATI",
    "XI-LEI",
    "XI-ROR",
    "XI-WIKIDATA",
    "XM-DAC",
    "XM-OCHA",
];

/// Maximum bytes of the number in its list.
const NUMBER_BYTES_MAX: usize = 64;

/// An organisation's identifier: a list's code, a hyphen and the number there.
///
/// ```
/// use weft_shared::model::organisation::OrganisationId;
/// let id: OrganisationId = "nz-nzbn-9429041901977".parse().unwrap();
/// assert_eq!(id.to_string(), "NZ-NZBN-9429041901977");
/// assert!("NZ-NZBN-9429041901978".parse::<OrganisationId>().is_err(), "its check digit is wrong");
/// assert!("NZ-CR-CC12345".parse::<OrganisationId>().is_ok());
/// assert!("MY-LIST-7".parse::<OrganisationId>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OrganisationId(String);

impl fmt::Display for OrganisationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for OrganisationId {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let id = text.trim().to_ascii_uppercase();
        let number = |list: &&str| id.strip_prefix(*list)?.strip_prefix('-');
        let Some((list, number)) = LISTS
            .iter()
            .find_map(|list| number(list).map(|number| (*list, number)))
        else {
            let form = "write the code of a list in org-id.guide and the number there, such as \
                        NZ-NZBN-9429041901977, or leave it out";
            return Err(BadText::new(
                text,
                format!("is no identifier of an organisation: {form}"),
            ));
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-/".contains(&b);
        if !(1..=NUMBER_BYTES_MAX).contains(&number.len()) || !number.bytes().all(plain) {
            let form = "its number has letters, digits, hyphens, dots and slashes";
            return Err(BadText::new(
                text,
                format!("is no number of {list}: {form}"),
            ));
        }
        if list == NZBN && !has_check_digit(number) {
            let form = "it has 13 digits, the last of which checks the others; look for a slip";
            return Err(BadText::new(
                text,
                format!("is no New Zealand Business Number: {form}"),
            ));
        }
        Ok(Self(id))
    }
}

/// Whether these are thirteen digits with the check digit of GS1: the sum of the digits from the
/// right, every second of them taken three times, is a multiple of ten.
fn has_check_digit(number: &str) -> bool {
    let digits: Option<Vec<u32>> = number.chars().map(|digit| digit.to_digit(10)).collect();
    digits.is_some_and(|digits| {
        let weighted = digits.iter().rev().zip([1, 3].into_iter().cycle());
        digits.len() == 13 && weighted.map(|(digit, weight)| digit * weight).sum::<u32>() % 10 == 0
    })
}
