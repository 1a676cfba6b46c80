//! The columns of the hub's investments and of their lines, wherever they are listed.

use weft_host::list::{Column, DATA, Datum, List, TABLE};
use weft_shared::model::{
    line::{Line, LineKey},
    number::Number,
    places::Places,
};

use super::InvestmentView;

/// The hub's investments.
pub const INVESTMENTS: List<InvestmentView> = List::new(&[
    Column::new("id", |one: &InvestmentView| Datum::text(one.investment.id)).only(DATA),
    Column::new("identifier", |one: &InvestmentView| {
        text(&one.investment.identifier)
    })
    .only(DATA),
    Column::new("title", |one: &InvestmentView| {
        (&*one.investment.title).into()
    })
    .words(),
    Column::new("investment", |one: &InvestmentView| one.name().into())
        .words()
        .id()
        .only(TABLE),
    Column::new("funder", |one: &InvestmentView| {
        (&*one.investment.funder.0).into()
    })
    .words(),
    Column::new("funder_id", |one: &InvestmentView| {
        text(&one.investment.funder.1)
    })
    .only(DATA),
    Column::new("recipient", |one: &InvestmentView| {
        text(&one.investment.recipient.0)
    })
    .only(DATA),
    Column::new("recipient_id", |one: &InvestmentView| {
        text(&one.investment.recipient.1)
    })
    .only(DATA),
    Column::new("kind", |one: &InvestmentView| {
        one.investment.kind.word().into()
    })
    .only(DATA),
    Column::new("amount", |one: &InvestmentView| {
        one.investment
            .amount
            .map_or(Datum::Nothing, |amount| Datum::Json(amount.json()))
    })
    .number()
    .shown(InvestmentView::amount_words),
    Column::new("currency", |one: &InvestmentView| {
        Datum::text(&one.investment.currency)
    })
    .only(DATA),
    Column::new("gst", |one: &InvestmentView| {
        one.investment.gst.word().into()
    })
    .only(DATA),
    Column::new("awarded", |one: &InvestmentView| {
        one.investment.awarded.map(Datum::text).into()
    })
    .only(DATA),
    Column::new("from", |one: &InvestmentView| {
        Datum::text(one.investment.from)
    })
    .only(DATA),
    Column::new("to", |one: &InvestmentView| Datum::text(one.investment.to)),
    Column::new("locations", |one: &InvestmentView| {
        stated(one.investment.places.to_string())
    })
    .only(DATA),
    Column::new("outcomes", |one: &InvestmentView| {
        stated(weft_shared::model::outcome::joined(
            &one.investment.outcomes,
        ))
    })
    .only(DATA),
    Column::new("part_of", |one: &InvestmentView| {
        text(&one.investment.part_of)
    })
    .only(DATA),
    Column::new("status", |one: &InvestmentView| {
        one.investment.status.word().into()
    }),
    Column::new("until", |one: &InvestmentView| {
        one.investment.until.map(Datum::text).into()
    })
    .only(DATA),
    Column::new("source", |one: &InvestmentView| {
        (&*one.investment.source).into()
    })
    .only(DATA),
    Column::new("note", |one: &InvestmentView| text(&one.investment.note)).only(DATA),
    Column::new("audience", |one: &InvestmentView| {
        one.audience.word().into()
    })
    .only(DATA),
    Column::new("lines", |one: &InvestmentView| one.lines.len().into()).only(DATA),
])
.none("The hub has no investments yet. Next: weft-hub investment add --help");

/// The lines of an investment.
pub const LINES: List<(LineKey, Line)> = List::new(&[
    Column::new("what", |one: &(LineKey, Line)| one.0.what.word().into()),
    Column::new("period", |one: &(LineKey, Line)| Datum::text(one.0.period)),
    Column::new("locations", |one: &(LineKey, Line)| {
        stated(one.0.places.to_string())
    })
    .or("not stated")
    .words(),
    Column::new("outcomes", |one: &(LineKey, Line)| {
        stated(weft_shared::model::outcome::joined(&one.0.outcomes))
    })
    .or("not stated")
    .words(),
    Column::new("amount", |one: &(LineKey, Line)| {
        Datum::Json(one.1.amount.json())
    })
    .number()
    .shown(|one| one.1.amount.grouped()),
    Column::new("source", |one: &(LineKey, Line)| text(&one.1.source)).words(),
    Column::new("note", |one: &(LineKey, Line)| text(&one.1.note)).only(DATA),
]);

impl InvestmentView {
    /// Its amount with the currency, or why there is none.
    pub fn amount_words(&self) -> String {
        let amount = self.investment.amount.map(Number::grouped);
        match amount {
            Some(amount) => format!("{} {amount}", self.investment.currency),
            None => self.investment.status.label().to_owned(),
        }
    }

    /// The organisation that receives, or that it is not stated.
    pub fn recipient_words(&self) -> &str {
        let recipient = self.investment.recipient.0.as_deref();
        recipient.unwrap_or("Not stated")
    }

    /// The places that it is for, in words.
    pub fn places_words(&self) -> String {
        match &self.investment.places {
            Places::NotStated => "not stated".to_owned(),
            Places::All => "all locations".to_owned(),
            Places::Of(codes) => {
                let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
                codes.join(", ")
            }
        }
    }
}

pub(super) fn text(of: &Option<String>) -> Datum {
    of.as_deref().map_or(Datum::Nothing, Datum::text)
}

/// A joined set; nothing if it is not stated.
pub(super) fn stated(text: String) -> Datum {
    match text.is_empty() {
        true => Datum::Nothing,
        false => text.into(),
    }
}
