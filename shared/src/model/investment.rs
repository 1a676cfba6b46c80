//! Investments: who gives what to whom, from when to when and for what. Figures of years and places
//! are [lines](super::line) of them.

use std::collections::BTreeSet;

use super::{
    form::problem,
    label::is_invisible,
    number::Number,
    outcome::OutcomeRef,
    places::{ALL, Places},
    plan::{LINE, PROSE},
    record::{FieldProblem, FieldValue, Fields, Record},
    schema::{
        FieldKind as Kind, FieldSpec,
        RecordKind::{self, Initiative},
    },
    words,
};
use crate::{
    id::{CurrencyCode, RecordId},
    period::Date,
    text::BadText,
};

/// Maximum number of investments of one owner.
pub const INVESTMENTS_MAX: usize = 10_000;
/// Maximum number of investments in one document.
pub const DOCUMENT_INVESTMENTS_MAX: usize = 1_000;
/// Maximum number of lines of one investment.
pub const LINES_MAX: usize = 1_000;

/// The currency of an investment that names none.
pub const CURRENCY: &str = "NZD";
/// The first amount that is too large.
pub const AMOUNT_LIMIT: i64 = 1_000_000_000_000;
/// Maximum decimals of an amount.
pub const AMOUNT_DECIMALS: u32 = 2;

words! {
    /// The form of what is given.
    InvestmentKind, "kind of investment" {
        /// Money.
        Cash = "cash" / "money",
        /// Goods, rooms or services, at the value that somebody stated.
        InKind = "in_kind" / "in kind",
        /// The time of people who are paid by the funder.
        Staff = "staff" / "staff time",
    }
}

words! {
    /// Whether goods and services tax is in an amount.
    Gst, "treatment of GST" {
        /// It is not.
        Excluded = "excluded" / "GST excluded",
        /// It is.
        Included = "included" / "GST included",
        /// The source does not say.
        Unknown = "unknown" / "GST not stated",
    }
}

words! {
    /// The certainty of an investment.
    InvestmentStatus, "status of an investment" {
        /// Somebody proposed it; it is listed and in no sum.
        Proposed = "proposed" / "proposed",
        /// It was decided.
        Committed = "committed" / "committed",
        /// It was paid out or ran out.
        Ended = "ended" / "ended",
        /// It was called off; what was spent stays.
        Cancelled = "cancelled" / "cancelled",
        /// It was decided and its amount may not be shown yet; it is in no figure.
        Withheld = "withheld" / "amount withheld",
    }
}

/// Parses an amount of money: above zero, below [`AMOUNT_LIMIT`], written with at most
/// [`AMOUNT_DECIMALS`] decimals. With three, the point may separate thousands.
///
/// ```
/// use weft_shared::model::investment::amount;
/// assert_eq!(amount("120000.50").unwrap().to_string(), "120000.5");
/// assert!(amount("0").is_err() && amount("1000000000000").is_err() && amount("0.001").is_err());
/// assert!(amount("50.000").is_err());
/// ```
///
/// # Errors
/// If the text is not such a number.
pub fn amount(text: &str) -> Result<Number, BadText> {
    if text.contains(['e', 'E']) {
        let fault = "is shortened with an exponent, as spreadsheets do with long numbers: write \
                     all of its digits";
        return Err(BadText::new(text, fault));
    }
    let number: Number = text.parse()?;
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() <= AMOUNT_DECIMALS as usize && is_amount(number) {
        return Ok(number);
    }
    if decimals.len() == 3 && number >= Number::from(1_i64) {
        let rounded = number.round(AMOUNT_DECIMALS);
        let fault = format!("has three decimals: write {whole}{decimals} or {rounded}");
        return Err(BadText::new(text, fault));
    }
    let fault =
        "is not an amount: it is above 0, below 1,000,000,000,000, and has at most 2 decimals";
    Err(BadText::new(text, fault))
}

/// Parses an amount as people type it: with or without a dollar sign, and commas between thousands.
///
/// ```
/// use weft_shared::model::investment::typed_amount;
/// assert_eq!(typed_amount("$120,000.50").unwrap().to_string(), "120000.5");
/// assert!(typed_amount("1,5").is_err() && typed_amount("1,2500").is_err());
/// assert!(typed_amount("1.2E+11").is_err());
/// ```
///
/// # Errors
/// If the text is not such an amount.
pub fn typed_amount(text: &str) -> Result<Number, BadText> {
    let number = text.strip_prefix('$').unwrap_or(text);
    let ungrouped = ungrouped(number).unwrap_or_else(|| number.to_owned());
    amount(&ungrouped).map_err(|error| BadText::new(text, error.fault))
}

/// A number without commas between its thousands; `None` if a comma is elsewhere, where it may
/// stand for the decimal point.
#[must_use]
pub fn ungrouped(text: &str) -> Option<String> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let is_grouped = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    if text.contains(',') && (!is_grouped || decimals.contains(',')) {
        return None;
    }
    Some(text.replace(',', ""))
}

/// Whether a number is an amount of money; see [`amount`].
#[must_use]
pub fn is_amount(number: Number) -> bool {
    number > Number::ZERO
        && number < Number::from(AMOUNT_LIMIT)
        && number.round(AMOUNT_DECIMALS) == number
}

pub(super) const INVESTMENT: &[FieldSpec] = &[
    FieldSpec::required("title", "Title", LINE).hint("What it is called"),
    FieldSpec::required("funder", "Funder", LINE).hint("The organisation that gives"),
    FieldSpec::optional("funder_id", "Funder's identifier", Kind::Organisation)
        .hint("Such as NZ-NZBN-9429041901977"),
    FieldSpec::optional("recipient", "Recipient", LINE)
        .hint("The organisation that receives; never a person"),
    FieldSpec::optional("recipient_id", "Recipient's identifier", Kind::Organisation)
        .hint("Such as NZ-NZBN-9429041901977"),
    FieldSpec::required("kind", "Kind", Kind::Choice(InvestmentKind::WORDS))
        .hint("Money, in kind, or staff time"),
    FieldSpec::optional("amount", "Amount", Kind::Amount)
        .hint("All of it; leave it out only if it is withheld"),
    FieldSpec::optional("currency", "Currency", Kind::Currency).hint("NZD where left out"),
    FieldSpec::optional("gst", "GST", Kind::Choice(Gst::WORDS))
        .hint("Whether GST is in the amount; unknown where left out"),
    FieldSpec::optional("awarded", "Awarded", Kind::Date).hint("The day it was decided"),
    FieldSpec::required("from", "From", Kind::Date).hint("The first day it is for"),
    FieldSpec::required("to", "To", Kind::Date).hint("The last day it is for"),
    FieldSpec::optional("locations", "Locations", Kind::Locations)
        .hint("The locations that it is for, or ALL; leave it out if no place is stated"),
    FieldSpec::optional("outcomes", "Outcomes", Kind::Outcomes)
        .hint("What it is for; nothing if it is not stated"),
    FieldSpec::optional("initiatives", "Initiatives", Kind::References(Initiative))
        .hint("The work that it pays for")
        .location_only(),
    FieldSpec::optional("identifier", "Identifier", LINE)
        .hint("The number by which others know it, such as that of a contract"),
    FieldSpec::optional("part_of", "Part of", LINE)
        .hint("The identifier of the investment that it is taken from"),
    FieldSpec::required("status", "Status", Kind::Choice(InvestmentStatus::WORDS))
        .hint("How certain it is"),
    FieldSpec::optional("until", "Withheld until", Kind::Date)
        .hint("The day by which the amount can be shown"),
    FieldSpec::required("source", "Source", LINE).hint("The document or office that it is from"),
    FieldSpec::optional("note", "Note", PROSE).hint("Whatever else should be known"),
];

/// An investment as people read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Investment {
    /// The id of its record.
    pub id: RecordId,
    /// Its title.
    pub title: String,
    /// The organisation that gives, and its identifier.
    pub funder: (String, Option<String>),
    /// The organisation that receives, and its identifier; "Not stated" is for readers to say.
    pub recipient: (Option<String>, Option<String>),
    /// The form of what is given.
    pub kind: InvestmentKind,
    /// The amount; `None` if it is withheld.
    pub amount: Option<Number>,
    /// The currency.
    pub currency: CurrencyCode,
    /// Whether GST is in the amount.
    pub gst: Gst,
    /// The day it was decided.
    pub awarded: Option<Date>,
    /// The first day it is for.
    pub from: Date,
    /// The last day it is for.
    pub to: Date,
    /// The locations that it is for.
    pub places: Places,
    /// The outcomes that it is for; empty if they are not stated.
    pub outcomes: BTreeSet<OutcomeRef>,
    /// The location's initiatives that it pays for.
    pub initiatives: BTreeSet<RecordId>,
    /// The number by which others know it.
    pub identifier: Option<String>,
    /// The identifier, or the id, of the investment that it is taken from.
    pub part_of: Option<String>,
    /// Its certainty.
    pub status: InvestmentStatus,
    /// The day by which a withheld amount can be shown.
    pub until: Option<Date>,
    /// The document or office that it is from.
    pub source: String,
    /// Anything else should be known.
    pub note: Option<String>,
}

impl Investment {
    /// The amount that this takes off the investment that it is a part of: once it is committed or
    /// ended, and of the same kind and currency.
    #[must_use]
    pub fn takes_off(&self, whole: &Self) -> Option<Number> {
        let counts = matches!(
            self.status,
            InvestmentStatus::Committed | InvestmentStatus::Ended
        );
        let alike = self.kind == whole.kind && self.currency == whole.currency;
        self.amount.filter(|_| counts && alike)
    }

    /// The amount that is left for its own lines if its parts take so much off it. It is never
    /// below 0; `None` if it has no amount.
    #[must_use]
    pub fn own(&self, parts: Number) -> Option<Number> {
        let own = self.amount? - parts;
        Some(own.max(Number::ZERO))
    }

    /// Reads a record; `None` if it is no investment, or a field that it must have cannot be read.
    #[must_use]
    pub fn read(record: &Record) -> Option<Self> {
        if record.kind != RecordKind::Investment {
            return None;
        }
        let text = |key: &str| record.text(key).filter(|text| !text.is_empty());
        let owned = |key: &str| text(key).map(str::to_owned);
        // Two identifiers that look the same are the same.
        let visible = |key: &str| {
            let visible = |c: &char| !is_invisible(*c);
            let text: String = text(key)?.chars().filter(visible).collect();
            let text = text.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let day = |key: &str| text(key).and_then(|day| day.parse::<Date>().ok());
        let outcomes = record.members("outcomes");
        let initiatives = record.members("initiatives");
        Some(Self {
            id: record.id,
            title: owned("title")?,
            funder: (owned("funder")?, owned("funder_id")),
            recipient: (owned("recipient"), owned("recipient_id")),
            kind: text("kind")?.parse().ok()?,
            amount: text("amount").and_then(|text| amount(text).ok()),
            currency: text("currency").unwrap_or(CURRENCY).parse().ok()?,
            gst: text("gst").map_or(Some(Gst::Unknown), |word| word.parse().ok())?,
            awarded: day("awarded"),
            from: day("from")?,
            to: day("to")?,
            places: places(record.members("locations")),
            outcomes: outcomes.filter_map(|text| text.parse().ok()).collect(),
            initiatives: initiatives.filter_map(|text| text.parse().ok()).collect(),
            identifier: visible("identifier"),
            part_of: visible("part_of"),
            status: text("status")?.parse().ok()?,
            until: day("until"),
            source: owned("source")?,
            note: owned("note"),
        })
    }
}

/// The places that the members of a set name. Two people may have stated `ALL` and some locations
/// without knowing of each other: all locations include the others.
pub fn places<'m>(members: impl IntoIterator<Item = &'m str>) -> Places {
    let members: BTreeSet<&str> = members.into_iter().collect();
    if members.contains(ALL) {
        return Places::All;
    }
    Places::of(members.iter().filter_map(|code| code.parse().ok()))
}

/// The problems with the fields of an investment together.
pub(super) fn across(fields: &Fields) -> Vec<FieldProblem> {
    let text = |key: &str| fields.get(key)?.text().filter(|text| !text.is_empty());
    let day = |key: &str| text(key)?.parse::<Date>().ok();
    let mut problems = Vec::new();
    if let (Some(from), Some(to)) = (day("from"), day("to"))
        && to < from
    {
        problems.push(problem(
            "to",
            format!("it ends before it begins, on {from}"),
        ));
    }
    if let Some(FieldValue::Set(members)) = fields.get("locations")
        && members.len() > 1
        && members.contains(ALL)
    {
        let message = "it names all locations and some of them: write ALL alone, or the codes";
        problems.push(problem("locations", message));
    }
    match (text("status"), text("amount")) {
        (Some(status), Some(_)) if status == InvestmentStatus::Withheld.word() => {
            let message = "leave it out while the amount is withheld";
            problems.push(problem("amount", message));
        }
        (Some(status), None) if status != InvestmentStatus::Withheld.word() => {
            problems.push(problem(
                "amount",
                "fill in \"Amount\", or say that it is withheld",
            ));
        }
        _ => {}
    }
    if text("status") == Some(InvestmentStatus::Withheld.word()) {
        if text("until").is_none() {
            problems.push(problem("until", "say by which day the amount can be shown"));
        }
        if text("note").is_none() {
            problems.push(problem("note", "say why the amount is withheld"));
        }
    } else if text("until").is_some() {
        problems.push(problem("until", "only a withheld amount takes a day"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_with_three_decimals_may_be_of_thousands() {
        for (text, either) in [
            ("50.000", "write 50000 or 50"),
            ("1250.500", "write 1250500 or 1250.5"),
        ] {
            let refused = amount(text).unwrap_err().to_string();
            assert!(refused.ends_with(either), "{refused}");
        }
        for text in ["0.001", "50.0000", "-50.000"] {
            let refused = amount(text).unwrap_err().to_string();
            assert!(refused.contains("is not an amount"), "{refused}");
        }
        assert_eq!(amount("50.00"), Ok(Number::from(50)));
    }
}
