//! The line of sight in words: need, work and money of one outcome, for a command and a page.

use weft_shared::{
    alignment::{
        money::{Figures, Gsts, Purse, Range, Totals},
        need::{AimOf, Figure, Need},
        sight::{Priority, Stage, Work},
    },
    model::{
        indicator::{Definition, Measure},
        investment::{Gst, InvestmentKind},
        number::Number,
    },
    period::{Date, day_words},
    text::{counted, percent_unbroken},
};

use super::figure;

/// Decimals of a value or a gap of which no definition is known.
const DECIMALS: u32 = 1;

/// The name of a need's indicator, with the part of the population that it is of.
pub(crate) fn named(need: &Need, of: Option<&Definition>) -> String {
    let name = of.map_or_else(|| need.indicator.to_string(), |of| of.name.clone());
    let part = need.part.words().map(|part| format!(", {part}"));
    format!("{name}{}", part.unwrap_or_default())
}

/// The latest figure of a need, or why there is none: `51.5 % in 2023-12 (412 of 800)`.
pub(crate) fn figure(need: &Need, of: Option<&Definition>) -> String {
    match &need.figure {
        Some(figure) if figure.value.is_some() => dated(figure, of),
        Some(figure) => format!("no value for {}", figure.period.words()),
        None => "no figure".to_owned(),
    }
}

/// A value with its unit, period and counts.
fn dated(figure: &Figure, of: Option<&Definition>) -> String {
    let value = figure.value.map(|value| with_unit(value, of));
    let counts = match (figure.numerator, figure.denominator) {
        (Some(part), Some(all)) => format!(" ({} of {})", part.grouped(), all.grouped()),
        _ => String::new(),
    };
    let period = figure.period.words();
    format!("{} in {period}{counts}", value.unwrap_or_default())
}

fn with_unit(value: Number, of: Option<&Definition>) -> String {
    of.map_or_else(
        || value.round(DECIMALS).grouped(),
        |of| figure::with_unit(of, value),
    )
}

/// The target that holds, whose it is, and whether its day has passed.
pub(crate) fn target(need: &Need, of: Option<&Definition>, today: Date) -> Option<String> {
    let target = need.target.as_ref()?;
    let by = target
        .period
        .map(|period| format!(" by {}", period.words()));
    let whose = match target.of {
        AimOf::Location => "our own",
        AimOf::Network => "the network’s",
    };
    let value = target.value.grouped();
    let value = match of.is_some_and(|of| of.measure() == Measure::Percent) {
        true => percent_unbroken(value),
        false => value,
    };
    let passed = match target.period.is_some_and(|period| period.end() < today) {
        true => ", which has passed",
        false => "",
    };
    let by = by.unwrap_or_default();
    Some(format!("{value}{by}{passed} ({whose})"))
}

/// The distance to the target; `None` if there is none to say.
pub(crate) fn gap(need: &Need, of: Option<&Definition>) -> Option<String> {
    let gap = need.gap?;
    Some(match need.is_reached() {
        Some(true) => "reached".to_owned(),
        _ => format!("{} to go", apart(gap, of)),
    })
}

/// The size of a difference with its unit.
fn apart(amount: Number, of: Option<&Definition>) -> String {
    let known = of.and_then(|of| figure::difference(of, amount));
    known.map_or_else(|| amount.size().round(DECIMALS).grouped(), |(size, _)| size)
}

/// The change from an earlier figure, with both counts. A base that changed is remarked beside it,
/// and then it is never called better or worse.
pub(crate) fn change(need: &Need, of: Option<&Definition>) -> Option<String> {
    let change = need.change.as_ref()?;
    let before = dated(&change.before, of);
    if change.by.is_zero() {
        return Some(format!("as in {before}"));
    }
    let way = if change.by.is_negative() {
        "less"
    } else {
        "more"
    };
    let judged = match change.is_better {
        Some(true) => ": better",
        Some(false) => ": worse",
        None => "",
    };
    let size = apart(change.by, of);
    Some(format!("{size} {way} than {before}{judged}"))
}

/// Why something of a need is blank, or must be read with care.
pub(crate) fn remarks(need: &Need) -> String {
    let remarks: Vec<String> = need.remarks.iter().map(ToString::to_string).collect();
    remarks.join("; ")
}

/// A location's own word, with its date, or that there is none.
pub(crate) fn priority(said: Option<&Priority>) -> String {
    let Some(said) = said else {
        return "not stated".to_owned();
    };
    let by = said.by.as_ref().map(|by| format!(" by {by}"));
    let by = by.unwrap_or_default();
    let on = day_words(said.on);
    format!("named as a priority{by}, {on}")
}

/// The shared work: initiatives by stage, actions and markers.
pub(crate) fn work(work: &Work) -> String {
    let mut parts: Vec<String> = work
        .initiatives
        .iter()
        .map(|(stage, count)| {
            let stage = match stage {
                Stage::Of(status) => status.label(),
                Stage::NotStated => "no stage stated",
            };
            format!(
                "{} ({stage})",
                counted(*count as u64, "initiative", "initiatives")
            )
        })
        .collect();
    if work.n_open > 0 {
        let overdue = match (work.n_open, work.n_overdue) {
            (_, 0) => String::new(),
            (1, _) => ", overdue".to_owned(),
            (_, late) => format!(", {late} overdue"),
        };
        let open = counted(work.n_open as u64, "open action", "open actions");
        parts.push(format!("{open}{overdue}"));
    }
    if work.n_markers > 0 {
        let markers = counted(work.n_markers as u64, "marker", "markers");
        parts.push(format!("{markers} in the period"));
    }
    match parts.is_empty() {
        true => "none shared".to_owned(),
        false => parts.join("; "),
    }
}

/// The money of one kind and currency, each sum by itself: what is for this alone may be added up,
/// what is shared with others is added in none.
pub(crate) fn money(purse: &Purse, figures: &Figures) -> Vec<String> {
    let Figures { divided, shared } = figures;
    let mut lines = sums(purse, divided, "for this outcome and place alone");
    lines.extend(sums(purse, shared, "shared with others, in no total"));
    let partly = divided.n_partly + shared.n_partly;
    if partly > 0 {
        lines.push(counted(
            partly as u64,
            "line runs beyond this period and is not added here",
            "lines run beyond this period and are not added here",
        ));
    }
    lines
}

fn sums(purse: &Purse, totals: &Totals, head: &str) -> Vec<String> {
    let sums = [
        (totals.committed, "committed"),
        (totals.spent, "spent"),
        (totals.in_force, "in force, not divided by year"),
    ];
    let stated = sums.into_iter().filter(|(range, _)| !range.is_zero());
    stated
        .map(|(range, what)| {
            let gst = tax(totals.gst).map(|tax| format!(" ({tax})"));
            let gst = gst.unwrap_or_default();
            if range.value.is_zero() {
                let stated = range.high.grouped();
                let unit = unit(purse);
                return format!(
                    "{what}, {head}{gst}: {} {stated}{unit} is stated, but another statement of \
                     the same money counts",
                    purse.currency
                );
            }
            format!("{} {what}, {head}{gst}", amount(purse, range))
        })
        .collect()
}

/// A sum with its currency, and the range in which differing statements leave it.
pub(crate) fn amount(purse: &Purse, range: Range) -> String {
    let text = format!(
        "{} {}{}",
        purse.currency,
        range.value.grouped(),
        unit(purse)
    );
    match range.is_provisional() {
        true => format!(
            "{text} (teams differ: {} to {})",
            range.low.grouped(),
            range.high.grouped()
        ),
        false => text,
    }
}

/// The kind of money after an amount.
const fn unit(purse: &Purse) -> &'static str {
    match purse.kind {
        InvestmentKind::Cash => "",
        InvestmentKind::InKind => " in kind",
        InvestmentKind::Staff => " of staff time",
    }
}

fn tax(gst: Gsts) -> Option<&'static str> {
    if gst.is_mixed() {
        return Some("with and without GST, added as stated");
    }
    let stated = [Gst::Included, Gst::Unknown].into_iter();
    stated.filter(|one| gst.has(*one)).map(Gst::label).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_of_which_another_statement_counts_is_no_sum_of_nothing() {
        let purse = Purse {
            kind: InvestmentKind::Cash,
            currency: "NZD".parse().unwrap(),
        };
        let said = |value: i64, low: i64, high: i64| {
            let mut figures = Figures::default();
            figures.divided.spent = Range {
                value: value.into(),
                low: low.into(),
                high: high.into(),
            };
            money(&purse, &figures).join("; ")
        };
        assert_eq!(
            said(0, 0, 30_000),
            "spent, for this outcome and place alone: NZD 30,000 is stated, but another statement \
             of the same money counts"
        );
        assert_eq!(
            said(25, 20, 30),
            "NZD 25 (teams differ: 20 to 30) spent, for this outcome and place alone"
        );
    }
}
