//! A cell: one figure with its qualifications.

use super::{
    CellKey, Level, base, coverage,
    coverage::Gaps,
    drift::Relation,
    interval::{self, Choices, Interval},
    network::Network,
    series::Base,
    tally::{Amount, Part, Tally},
};
use crate::{
    id::{AreaCode, DefinitionHash},
    model::{
        indicator::{Definition, IndicatorType},
        number::Number,
        observation::Status,
    },
    time::Timestamp,
};

/// Decimals of a value that results from a division; its numerator and denominator are exact.
pub const VALUE_DECIMALS: u32 = 6;

/// Decimals of such a value in a table for people.
pub const TABLE_DECIMALS: u32 = 1;

/// Decimals of `denominator_covered`, a share between 0 and 1.
pub const COVERED_DECIMALS: u32 = 4;

/// The minimum share, in percent, that must be covered before a figure may be a headline or a point
/// in a chart.
pub const HEADLINE_PERCENT_MIN: i64 = 80;

/// One figure of a location or of the network.
///
/// The sums in it are exact. Parts that do not apply are empty, never zero.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    /// Its key.
    pub key: CellKey,
    /// Its texts.
    pub labels: Labels,
    /// The figure; `None` if there is none or it is contested.
    pub value: Option<Number>,
    /// The sum of the numerators.
    pub numerator: Option<Number>,
    /// The sum of the denominators of those rows that have a numerator.
    pub denominator: Option<Number>,
    /// The kind of figure, or the reason why there is none.
    pub status: Status,
    /// An explanation of the status, in words; empty if none is needed.
    pub status_reason: String,
    /// Number of locations that contribute.
    pub n_locations: usize,
    /// Number of locations that are expected to contribute.
    pub n_expected: usize,
    /// Number of areas that contribute.
    pub n_areas: usize,
    /// Number of areas that are expected to contribute.
    pub n_areas_expected: usize,
    /// The share of the known denominators that the figure covers, between 0 and 1, rounded at
    /// [`COVERED_DECIMALS`].
    pub denominator_covered: Option<Number>,
    /// Number of observations with several statements that are not settled.
    pub n_contested: usize,
    /// The range in which the contested ones leave the figure.
    pub interval: Option<Interval>,
    /// A statement that its base changed in this period, and who said so.
    pub base_changed: Option<String>,
    /// The lower end of a survey's 95 % interval, if the cell covers a single area.
    pub lower: Option<Number>,
    /// The upper end of that interval.
    pub upper: Option<Number>,
    /// The contributing areas, with the parts needed for a comparison with other periods.
    pub bases: Vec<Base>,
    /// When the latest of its statements was made, by the clock of the device that made it.
    pub updated_at: Option<Timestamp>,
}

/// The texts of a cell.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Labels {
    /// The indicator's name.
    pub indicator_name: String,
    /// The indicator's name in te reo Māori.
    pub indicator_name_mi: Option<String>,
    /// The version of the definition that the figure follows.
    pub definition_version: Option<u32>,
    /// The unit of the value, such as `percent`.
    pub unit: String,
    /// The location's name.
    pub location_name: Option<String>,
    /// Code and name of the area, if the cell covers just one.
    pub area: Option<(AreaCode, String)>,
}

impl Cell {
    /// Whether an expected area is missing from the figure.
    pub const fn is_partial(&self) -> bool {
        self.n_areas < self.n_areas_expected
    }

    pub(super) fn new(tally: &Tally<'_>, network: &Network) -> Self {
        let totals = Totals::of(tally);
        let base_changed = base::base_changed(tally, network);
        let (lower, upper) = survey_interval(tally);
        let gaps = Gaps::of(tally.gaps(), tally.key.level == Level::Network);
        let or_none = totals.interval.is_some_and(|interval| interval.or_none);
        let n_contested = tally.rows.iter().filter(|row| row.is_contested()).count();
        let times = tally
            .rows
            .iter()
            .flat_map(|row| &row.stated)
            .map(|stated| stated.at)
            .chain(tally.groups.iter().map(|group| group.sum.latest));
        Self {
            key: tally.key.clone(),
            labels: labels(tally, network),
            value: totals.value,
            numerator: totals.numerator,
            denominator: totals.denominator,
            status: status(tally, &gaps, base_changed.is_some()),
            status_reason: reason(tally, &gaps, (n_contested, or_none), base_changed.as_ref()),
            n_locations: tally.n_locations(),
            n_expected: tally.n_members,
            n_areas: tally.n_contributing(),
            n_areas_expected: tally.n_areas,
            denominator_covered: covered(tally),
            n_contested,
            interval: totals.interval,
            base_changed,
            lower,
            upper,
            bases: base::bases(tally),
            updated_at: times.flatten().max(),
        }
    }
}

#[derive(Default)]
struct Totals {
    value: Option<Number>,
    numerator: Option<Number>,
    denominator: Option<Number>,
    interval: Option<Interval>,
}

impl Totals {
    fn of(tally: &Tally<'_>) -> Self {
        let (mut shares, mut sums, mut only) = (Vec::new(), Vec::new(), None);
        let mut contested: Vec<Choices> = Vec::new();
        for part in tally.parts() {
            match part {
                Part::Counted(Amount::Share(numerator, denominator)) => {
                    shares.push((*numerator, *denominator));
                }
                Part::Counted(Amount::Sum(sum)) => sums.push(*sum),
                Part::Counted(Amount::Only(value)) => only = Some(*value),
                Part::Contested(choices) => contested.push(choices.clone()),
                Part::Left(_) => {}
            }
        }
        let Some(definition) = tally.definition else {
            return Self::default();
        };
        let total = |part: fn(&(Number, Number)) -> Number| shares.iter().map(part).sum::<Number>();
        let settled = (total(|share| share.0), total(|share| share.1));
        let sum = sums.iter().copied().reduce(|a, b| a + b);
        let value = |numerator: Number, denominator| {
            numerator.ratio(denominator, definition.factor, VALUE_DECIMALS)
        };
        if !contested.is_empty() {
            let interval = contested_interval(settled, sum, &contested, definition);
            let is_settled = !shares.is_empty() || sum.is_some() || only.is_some();
            let nothing = |choices: &Choices| choices.iter().any(Option::is_none);
            return Self {
                denominator: common_denominator(settled.1, &contested),
                interval: Some(Interval {
                    or_none: !is_settled && contested.iter().all(nothing),
                    ..interval
                }),
                ..Self::default()
            };
        }
        if !shares.is_empty() {
            return Self {
                value: value(settled.0, settled.1),
                numerator: Some(settled.0),
                denominator: Some(settled.1),
                interval: None,
            };
        }
        Self {
            value: only.or(sum),
            ..Self::default()
        }
    }
}

fn contested_interval(
    settled: (Number, Number),
    sum: Option<Number>,
    contested: &[Choices],
    definition: &Definition,
) -> Interval {
    let value = |numerator: Number, denominator| {
        numerator.ratio(denominator, definition.factor, VALUE_DECIMALS)
    };
    let amounts = || contested.iter().flatten().flatten();
    if definition.kind == IndicatorType::Count {
        return interval::sums(sum, contested);
    }
    if amounts().any(|amount| matches!(amount, Amount::Only(_))) {
        // Only a cell of a single area accepts such a value, so there is nothing to add it to.
        return interval::values(amounts().map(|amount| match *amount {
            Amount::Share(numerator, denominator) => value(numerator, denominator),
            Amount::Sum(only) | Amount::Only(only) => Some(only),
        }));
    }
    interval::shares(settled, contested, value)
}

/// The sum of the denominators, if settling the contested ones cannot change it.
fn common_denominator(settled: Number, contested: &[Choices]) -> Option<Number> {
    let mut total = settled;
    for choices in contested {
        let mut denominators = choices.iter().map(|choice| match choice {
            Some(Amount::Share(_, denominator)) => Some(*denominator),
            Some(Amount::Sum(_) | Amount::Only(_)) | None => None,
        });
        let first = denominators.next()??;
        if denominators.any(|one| one != Some(first)) {
            return None;
        }
        total += first;
    }
    Some(total)
}

fn covered(tally: &Tally<'_>) -> Option<Number> {
    let all: Number = tally.denominators().map(|(one, _)| one).sum();
    let reached = tally.denominators().filter(|(_, contributes)| *contributes);
    covered_share(reached.map(|(one, _)| one).sum(), all)
}

/// The share `reached / all`, rounded half to even at [`COVERED_DECIMALS`], but never up to the
/// headline threshold or to the whole: 79.996 % is not 80 %, and all but one person is not the
/// whole. `None` if `all` is not above zero.
pub(super) fn covered_share(reached: Number, all: Number) -> Option<Number> {
    let one = Number::from(1);
    let share = reached.ratio(all, one, COVERED_DECIMALS)?;
    let enough = Number::from(HEADLINE_PERCENT_MIN).ratio(100.into(), one, COVERED_DECIMALS)?;
    let is_more = Number::compare_products((share, all), (reached, one)).is_gt();
    if is_more && (share == enough || share == one) {
        let step = one.ratio(10_000.into(), one, COVERED_DECIMALS)?;
        return Some(share - step);
    }
    Some(share)
}

/// The interval of a survey's value. It is shown beside the value and never added up.
fn survey_interval(tally: &Tally<'_>) -> (Option<Number>, Option<Number>) {
    match tally.rows.as_slice() {
        [row] if matches!(row.part, Part::Counted(_)) => {
            let statement = row.stated.first().map(|stated| &stated.statement);
            statement.map_or((None, None), |one| (one.lower, one.upper))
        }
        _ => (None, None),
    }
}

fn status(tally: &Tally<'_>, gaps: &Gaps<'_>, base_changed: bool) -> Status {
    if !tally.parts().any(Part::contributes) {
        return gaps.status_without_figure();
    }
    if tally.parts().any(|part| matches!(part, Part::Contested(_))) {
        return Status::Provisional;
    }
    let rows = tally.rows.iter().filter(|row| row.contributes());
    let rows = rows.flat_map(|row| &row.stated);
    let rows = rows.map(|stated| (stated.statement.definition, stated.statement.status));
    let groups = tally.groups.iter().filter(|group| group.part.contributes());
    let groups = groups.map(|group| (group.sum.definition, group.sum.status));
    let mut worst = Status::Normal;
    for (definition, status) in rows.chain(groups) {
        let approximate = tally.drift.relation(&definition) == Relation::Approximate;
        let status = if approximate {
            Status::DefinitionDiffers
        } else {
            status
        };
        if status.rank() > worst.rank() {
            worst = status;
        }
    }
    if worst == Status::Normal && base_changed {
        return Status::Break;
    }
    worst
}

fn reason(
    tally: &Tally<'_>,
    gaps: &Gaps<'_>,
    (n_contested, or_none): (usize, bool),
    base_changed: Option<&String>,
) -> String {
    let mut words = tally.drift.words(tally.users, tally.users_word());
    words.extend(base_changed.cloned());
    if n_contested > 0 {
        let (noun, verb) = match n_contested {
            1 => ("observation", "has"),
            _ => ("observations", "have"),
        };
        words.push(format!(
            "{n_contested} {noun} {verb} several values that nobody has settled"
        ));
    }
    if or_none {
        words.push("there may be no figure at all: that is one of the answers".to_owned());
    }
    words.extend(distribution(tally));
    words.extend(gaps.words());
    words.extend(unconfirmed(tally));
    words.join("; ")
}

fn unconfirmed(tally: &Tally<'_>) -> Option<String> {
    match (&tally.rest, &tally.key.level) {
        (Some(rest), _) => rest.day.unconfirmed.clone(),
        (None, Level::Network) => coverage::unconfirmed(tally.network, tally.key.period.end()),
        (None, Level::Location(_)) => None,
    }
}

/// The distribution that an ordinal indicator has instead of a sum: number of areas for each value.
fn distribution(tally: &Tally<'_>) -> Option<String> {
    let ordinal = |one: &&Definition| one.kind == IndicatorType::Ordinal;
    tally
        .definition
        .filter(ordinal)
        .filter(|_| !tally.is_alone())?;
    let is_other = |hash: &DefinitionHash| tally.drift.relation(hash) == Relation::Broken;
    let single = tally
        .rows
        .iter()
        .filter_map(|row| match row.stated.as_slice() {
            [one] if Status::is_without_figure(one.statement.status) => None,
            [one] if is_other(&one.statement.definition) => None,
            [one] => one.statement.value,
            [] | [_, _, ..] => None,
        });
    let mut values: Vec<Number> = single.collect();
    values.sort_unstable();
    let groups = values.chunk_by(|a, b| a == b).map(|same| {
        let noun = if same.len() == 1 { "area" } else { "areas" };
        let value = same.first().map(Number::to_string).unwrap_or_default();
        format!("{} {noun} at {value}", same.len())
    });
    let groups: Vec<_> = groups.collect();
    (!groups.is_empty()).then(|| groups.join(", "))
}

fn labels(tally: &Tally<'_>, network: &Network) -> Labels {
    let location = tally
        .key
        .level
        .location()
        .and_then(|code| network.member(code));
    let area = match (location, tally.rows.as_slice()) {
        (Some(_), [row]) => Some((row.area.clone(), row.area_name.to_owned())),
        (Some(_) | None, _) => None,
    };
    let definition = tally.definition;
    Labels {
        indicator_name: definition.map(|one| one.name.clone()).unwrap_or_default(),
        indicator_name_mi: definition.and_then(|one| one.name_mi.clone()),
        definition_version: definition.map(|one| one.version),
        unit: definition.map_or_else(String::new, |one| one.measure().to_string()),
        location_name: location.map(|member| member.place.name.clone()),
        area,
    }
}
