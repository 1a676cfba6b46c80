//! Need: the latest figure of an indicator, its distance to a target, and its change. Each
//! indicator is by itself; nothing blends them.

use std::fmt;

use crate::{
    id::{AreaCode, IndicatorCode, RecordId},
    model::{
        indicator::{Definition, Direction, Versions},
        number::Number,
        observation::{Breakdown, Status},
        target::Target,
    },
    period::Period,
    rollup::{
        Cell,
        cell::VALUE_DECIMALS,
        drift::{Relation, relation},
        series::{Point, Step, step},
    },
};

/// Days between the ends of two periods that are compared, at least.
pub const CHANGE_DAYS_MIN: i32 = 365;

/// The targets that may hold for a location, and the part of the population that is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The versions of the indicator.
    pub versions: &'a Versions,
    /// The part of the population.
    pub part: &'a Breakdown,
    /// The areas of the location. A target for one area holds if it is the only one.
    pub areas: &'a [AreaCode],
    /// The location's own targets, of any indicator.
    pub own: &'a [Target],
    /// The network's targets, of any indicator.
    pub network: &'a [Target],
}

/// The need that one indicator shows in one part of a location's population.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    /// The indicator.
    pub indicator: IndicatorCode,
    /// The part of the population.
    pub part: Breakdown,
    /// The direction that is better.
    pub direction: Direction,
    /// The latest figure; `None` if no period that ended in time has any.
    pub figure: Option<Figure>,
    /// The target that holds.
    pub target: Option<Aim>,
    /// The distance to the target in the unit of the values, to 6 decimals: above zero as long as
    /// it is not reached. `None` without a value, a target or a direction.
    pub gap: Option<Number>,
    /// The change from an earlier figure.
    pub change: Option<Change>,
    /// Why something is blank, or must be read with care.
    pub remarks: Vec<Remark>,
}

/// A figure with its numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figure {
    /// Its period.
    pub period: Period,
    /// Number of areas that contribute.
    pub n_areas: usize,
    /// Number of areas that the location has.
    pub n_areas_expected: usize,
    /// The sum of the numerators.
    pub numerator: Option<Number>,
    /// The sum of the denominators.
    pub denominator: Option<Number>,
    /// The value; `None` if there is none, or it is contested.
    pub value: Option<Number>,
    /// The kind of figure, or the reason why there is none.
    pub status: Status,
    /// The status in words; empty if none are needed.
    pub status_reason: String,
}

/// The team whose target holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AimOf {
    /// The location's own.
    Location,
    /// The network's.
    Network,
}

impl AimOf {
    /// Its word in files: `location` or `network`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Location => "location",
            Self::Network => "network",
        }
    }
}

/// A target as it holds for a figure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Aim {
    /// Its record.
    pub id: RecordId,
    /// The value hoped for.
    pub value: Number,
    /// The period by which it should be reached.
    pub period: Option<Period>,
    /// The team that hopes for it.
    pub of: AimOf,
}

/// The change from an earlier figure. It is a change of the figure; why it changed is not computed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The earlier figure.
    pub before: Figure,
    /// The later value minus the earlier, to 6 decimals.
    pub by: Number,
    /// The change of the denominator in percent, to 6 decimals; `None` without denominators.
    pub base_percent: Option<Number>,
    /// Whether it is an improvement. `None` if it is none that can be judged: a changed base, or no
    /// direction, or no change.
    pub is_better: Option<bool>,
}

/// Why a part of a [`Need`] is blank, or must be read with care.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Remark {
    /// The location is not confirmed as a member of the network, so it could report nothing.
    NotJoined,
    /// No period that ended in time has any figure.
    NotReported,
    /// Only parts of the population have figures, and this is the total.
    OnlyParts,
    /// The latest period has no value, for this reason.
    NoValue(Status),
    /// The value is contested.
    Contested,
    /// Some areas are missing from the value: so many of so many contribute.
    Partial(usize, usize),
    /// Neither direction is better, so there is no gap.
    NoDirection,
    /// Neither the location nor the network has a target.
    NoTarget,
    /// There is no whole figure of a period that ended a year or more before.
    NothingBefore,
    /// The earlier figure covers other areas.
    OtherAreas,
    /// The earlier figure follows a definition that is not comparable, for this reason.
    Broken(Option<String>),
    /// The earlier figure follows a definition that is nearly the same.
    Approximate,
    /// It was stated that the base changed, from this period.
    BaseChanged(Period),
    /// The denominators, earlier and later, differ by more than growth explains.
    CheckBase(Number, Number),
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJoined => f.write_str("not joined yet"),
            Self::NotReported => f.write_str("not reported"),
            Self::OnlyParts => f.write_str("reported for parts of the population only"),
            Self::NoValue(status) => f.write_str(status.label()),
            Self::Contested => f.write_str("contested"),
            Self::Partial(part, all) => write!(f, "{part} of {all} areas"),
            Self::NoDirection => f.write_str("neither direction is better"),
            Self::NoTarget => f.write_str("no target"),
            Self::NothingBefore => f.write_str("no whole figure a year before"),
            Self::OtherAreas => f.write_str("the earlier figure covers other areas"),
            Self::Broken(None) => f.write_str("not comparable"),
            Self::Broken(Some(reason)) => write!(f, "not comparable: {reason}"),
            Self::Approximate => f.write_str("the definition is nearly the same"),
            Self::BaseChanged(_) => f.write_str("base changed"),
            Self::CheckBase(before, after) => write!(
                f,
                "check the base: {} before, {} now",
                before.grouped(),
                after.grouped()
            ),
        }
    }
}

impl Need {
    /// The need by the end of `period`, from the cells of one indicator and one location. Cells of
    /// other parts of the population only tell that the total alone is missing. `None` if the
    /// indicator has no definition.
    #[must_use]
    pub fn of(cells: &[Cell], asked: &Asked<'_>, period: Period) -> Option<Self> {
        let newest = asked.versions.newest()?;
        let label = asked.part.folded();
        let of_part = cells.iter().filter(|cell| {
            let part = &cell.key.breakdown;
            part == asked.part || part.folded() == label
        });
        let in_time = of_part.filter(|cell| cell.key.period.end() <= period.end());
        let in_time: Vec<&Cell> = in_time.collect();
        let order = |cell: &&&Cell| (cell.key.period.end(), cell.key.period);
        // A cell of which the location stated nothing is there because others reported its period,
        // and where there are no others it is not: it says nothing.
        let stated = in_time.iter().filter(|cell| is_stated(cell));
        let latest = stated.max_by_key(order).copied();
        let definition = latest.and_then(|cell| version_of(cell, asked.versions));
        let definition = definition.unwrap_or(newest);
        let target = asked.aim(definition);
        let mut need = Self {
            indicator: newest.code.clone(),
            part: asked.part.clone(),
            direction: definition.direction,
            figure: latest.map(Figure::of),
            target,
            gap: None,
            change: None,
            remarks: Vec::new(),
        };
        let is_reported = |cell: &Cell| {
            let in_time = cell.key.period.end() <= period.end();
            in_time && cell.n_areas > 0 && cell.key.breakdown != Breakdown::Total
        };
        let Some((cell, value)) = need.take_value(latest) else {
            let is_total = need.part == Breakdown::Total;
            if is_total && latest.is_none() && cells.iter().any(is_reported) {
                need.remarks = vec![Remark::OnlyParts];
            }
            return Some(need);
        };
        need.set_gap(cell, value, definition);
        need.set_change((cell, value), &in_time, asked.versions);
        Some(need)
    }

    /// The value of its figure; `None` if there is none.
    #[must_use]
    pub fn value(&self) -> Option<Number> {
        self.figure.as_ref()?.value
    }

    /// Whether the target is reached; `None` without a gap.
    #[must_use]
    pub fn is_reached(&self) -> Option<bool> {
        self.gap.map(|gap| gap <= Number::ZERO)
    }

    /// The latest cell and its value. Without one, the reason is remarked.
    fn take_value<'c>(&mut self, latest: Option<&'c Cell>) -> Option<(&'c Cell, Number)> {
        let Some(cell) = latest else {
            self.remarks.push(Remark::NotReported);
            return None;
        };
        if cell.value.is_none() {
            self.remarks.push(match cell.n_contested {
                0 => Remark::NoValue(cell.status),
                _ => Remark::Contested,
            });
        } else if cell.is_partial() {
            let part = Remark::Partial(cell.n_areas, cell.n_areas_expected);
            self.remarks.push(part);
        }
        Some((cell, cell.value?))
    }

    fn set_gap(&mut self, cell: &Cell, value: Number, definition: &Definition) {
        let Some(target) = &self.target else {
            self.remarks.push(Remark::NoTarget);
            return;
        };
        let exact = Share::of(cell, value, definition);
        // The target as a share of the same denominator.
        let beyond = match exact {
            Some(share) => share.beyond(target.value, definition.factor),
            None => None,
        };
        let beyond = beyond.unwrap_or_else(|| (value - target.value).round(VALUE_DECIMALS));
        match self.direction {
            Direction::Up => self.gap = Some(Number::ZERO - beyond),
            Direction::Down => self.gap = Some(beyond),
            Direction::Neither => self.remarks.push(Remark::NoDirection),
        }
    }

    fn set_change(&mut self, (cell, value): (&Cell, Number), cells: &[&Cell], versions: &Versions) {
        let end = cell.key.period.end();
        let before = cells.iter().filter(|one| {
            let days = end.since(one.key.period.end()).map(|span| span.get_days());
            days.is_ok_and(|days| days >= CHANGE_DAYS_MIN)
                && one.key.period.frequency() == cell.key.period.frequency()
                && one.n_areas > 0
                && !one.is_partial()
        });
        let before = before.filter_map(|one| Some((*one, one.value?)));
        let before = before.max_by_key(|(one, _)| (one.key.period.end(), one.key.period));
        let Some((earlier, then)) = before else {
            self.remarks.push(Remark::NothingBefore);
            return;
        };
        let step = step(&Point::of_cell(earlier), &Point::of_cell(cell), versions);
        let step = match new_base(cells, earlier.key.period, cell.key.period) {
            Some(from) if step.is_comparable() => Step::BaseChanged { from, reason: None },
            _ => step,
        };
        match &step {
            Step::Comparable => {}
            Step::CheckBase { before, after } => {
                self.remarks.push(Remark::CheckBase(*before, *after));
            }
            Step::BaseChanged { from, .. } => self.remarks.push(Remark::BaseChanged(*from)),
            Step::OtherAreas => {
                self.remarks.push(Remark::OtherAreas);
                return;
            }
            Step::Break { reason, .. } => {
                self.remarks.push(Remark::Broken(reason.clone()));
                return;
            }
        }
        let (from, to) = (version_of(earlier, versions), version_of(cell, versions));
        if let (Some(from), Some(to)) = (from, to)
            && relation(from, to, versions).0 == Relation::Approximate
        {
            self.remarks.push(Remark::Approximate);
        }
        let shares = from
            .and_then(|from| Share::of(earlier, then, from))
            .zip(to.and_then(|to| Share::of(cell, value, to)));
        let factor = to.map(|to| to.factor);
        let same_factor = factor.filter(|_| factor == from.map(|from| from.factor));
        let by = shares
            .zip(same_factor)
            .and_then(|((then, now), factor)| now.minus(then, factor));
        let by = by.unwrap_or_else(|| (value - then).round(VALUE_DECIMALS));
        let is_better = match self.direction {
            _ if !step.is_comparable() || by.is_zero() => None,
            Direction::Up => Some(!by.is_negative()),
            Direction::Down => Some(by.is_negative()),
            Direction::Neither => None,
        };
        self.change = Some(Change {
            before: Figure::of(earlier),
            by,
            base_percent: base_percent(earlier.denominator, cell.denominator),
            is_better,
        });
    }
}

impl Figure {
    fn of(cell: &Cell) -> Self {
        Self {
            period: cell.key.period,
            n_areas: cell.n_areas,
            n_areas_expected: cell.n_areas_expected,
            numerator: cell.numerator,
            denominator: cell.denominator,
            value: cell.value,
            status: cell.status,
            status_reason: cell.status_reason.clone(),
        }
    }
}

impl Asked<'_> {
    /// The target that holds: the location's own that is due last, or else the network's.
    fn aim(&self, definition: &Definition) -> Option<Aim> {
        let of = |targets: &[Target], of: AimOf| {
            let targets = targets.iter().filter(|one| {
                let area = one.area.as_ref();
                one.indicator == definition.code
                    && area.is_none_or(|area| self.areas == std::slice::from_ref(area))
                    && one.is_for(self.part, definition)
            });
            let last = targets.max_by_key(|one| (one.period.map(Period::end), one.id))?;
            Some(Aim {
                id: last.id,
                value: last.value,
                period: last.period,
                of,
            })
        };
        of(self.own, AimOf::Location).or_else(|| of(self.network, AimOf::Network))
    }
}

/// The parts of the population that have a need of their own: the total, and each part for which
/// there is a target.
#[must_use]
pub fn parts<'t>(
    targets: impl IntoIterator<Item = &'t Target>,
    definition: &Definition,
) -> Vec<Breakdown> {
    let targets = targets
        .into_iter()
        .filter(|one| one.indicator == definition.code);
    let mut parts = vec![Breakdown::Total];
    for target in targets {
        let part = target.part(definition);
        let part = part.map(|part| definition.spelled(&part).unwrap_or(part));
        parts.extend(part.filter(|part| !parts.contains(part)));
    }
    parts[1..].sort();
    parts
}

/// The first period after `earlier` and up to `latest` of which it was stated that the base
/// changed. It holds for all later figures, so a figure between the two tells it as well.
fn new_base(cells: &[&Cell], earlier: Period, latest: Period) -> Option<Period> {
    let between = cells.iter().filter(|one| {
        let end = one.key.period.end();
        end > earlier.end() && end <= latest.end() && one.base_changed.is_some()
    });
    let periods = between.map(|one| one.key.period);
    periods.min_by_key(|period| (period.end(), *period))
}

/// Whether anything is stated in a cell, if only the reason why there is no figure.
#[must_use]
pub fn is_stated(cell: &Cell) -> bool {
    cell.n_areas > 0 || cell.n_contested > 0 || cell.status != Status::Missing
}

fn version_of<'v>(cell: &Cell, versions: &'v Versions) -> Option<&'v Definition> {
    let (definition, _) = versions.version(cell.labels.definition_version?)?;
    Some(definition)
}

/// A value as the exact ratio that it is.
#[derive(Clone, Copy)]
struct Share {
    numerator: Number,
    denominator: Number,
}

impl Share {
    /// The ratio of a cell; `None` if its value is no plain ratio.
    fn of(cell: &Cell, value: Number, definition: &Definition) -> Option<Self> {
        let (numerator, denominator) = cell.numerator.zip(cell.denominator)?;
        let plain = numerator.ratio(denominator, definition.factor, VALUE_DECIMALS);
        (plain == Some(value)).then_some(Self {
            numerator,
            denominator,
        })
    }

    /// The value minus `target`, rounded once.
    fn beyond(self, target: Number, factor: Number) -> Option<Number> {
        let over = product(self.numerator, factor)? - product(target, self.denominator)?;
        over.ratio(self.denominator, 1.into(), VALUE_DECIMALS)
    }

    /// The value minus an earlier one, rounded once.
    fn minus(self, before: Self, factor: Number) -> Option<Number> {
        let now = product(self.numerator, before.denominator)?;
        let then = product(before.numerator, self.denominator)?;
        let all = product(self.denominator, before.denominator)?;
        (now - then).ratio(all, factor, VALUE_DECIMALS)
    }
}

/// The exact product; `None` if it is too large or has too many decimals.
fn product(a: Number, b: Number) -> Option<Number> {
    let product = a.ratio(1.into(), b, u32::MAX)?;
    let is_exact = Number::compare_products((a, b), (product, 1.into())).is_eq();
    is_exact.then_some(product)
}

fn base_percent(before: Option<Number>, after: Option<Number>) -> Option<Number> {
    let (before, after) = before.zip(after)?;
    (after - before).ratio(before, 100.into(), VALUE_DECIMALS)
}

#[cfg(test)]
mod tests;
