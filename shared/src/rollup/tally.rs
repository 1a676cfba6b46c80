//! The working behind a cell: each expected area with its contribution, or why it has none.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    CellKey, Fact, Level, Slice, Stated,
    coverage::{Gap, Reason},
    drift::{Drift, Relation},
    interval::Choices,
    network::{Member, Network},
};
use crate::{
    id::{AreaCode, DefinitionHash, LocationCode},
    model::{
        indicator::{Adjustment, Definition, IndicatorType, RollupRule},
        number::Number,
        observation::{Breakdown, ObservationKey, Statement, one_of_each_figure},
    },
    period::{Frequency, Period},
    validation,
};

/// The contribution of a statement to a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Amount {
    /// A numerator and its denominator, above zero.
    Share(Number, Number),
    /// A count.
    Sum(Number),
    /// A value that is shown alone and never added.
    Only(Number),
}

/// One expected area of a location.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) member: &'a Member,
    pub(super) area: AreaCode,
    pub(super) area_name: &'a str,
    /// The different statements about it, in the order of their text.
    pub(super) stated: Vec<&'a Stated>,
    pub(super) part: Part,
    /// Its denominator under the cell's definition; the greatest one if it is contested.
    pub(super) denominator: Option<Number>,
}

/// The effect of an area on the figure.
#[derive(Debug)]
pub(super) enum Part {
    Counted(Amount),
    Contested(Choices),
    Left(Reason),
}

impl Row<'_> {
    pub(super) const fn is_contested(&self) -> bool {
        self.stated.len() > 1
    }

    pub(super) fn contributes(&self) -> bool {
        match &self.part {
            Part::Counted(_) => true,
            Part::Contested(choices) => choices.iter().any(Option::is_some),
            Part::Left(_) => false,
        }
    }
}

/// A cell before it is summed.
#[derive(Debug)]
pub(super) struct Tally<'a> {
    pub(super) key: &'a CellKey,
    pub(super) network: &'a Network,
    /// The locations that are expected to contribute.
    pub(super) members: Vec<&'a Member>,
    pub(super) rows: Vec<Row<'a>>,
    pub(super) drift: Drift,
    /// Number of locations (in a location's cell: areas) that reported anything.
    pub(super) users: usize,
    /// The cell's own definition; if nothing was stated, the one that holds for the period.
    pub(super) definition: Option<&'a Definition>,
}

/// The different statements of a slice by location and area, in the order of their text.
#[derive(Debug)]
pub(super) struct Found<'a>(BTreeMap<(&'a LocationCode, &'a AreaCode), Vec<&'a Stated>>);

impl<'a> Tally<'a> {
    pub(super) fn of(key: &'a CellKey, found: &Found<'a>, network: &'a Network) -> Option<Self> {
        if !found.is_reported() {
            return None;
        }
        let members: Vec<_> = match &key.level {
            Level::Location(code) => vec![network.member(code).filter(|member| member.counts())?],
            Level::Network => network.expected().collect(),
        };
        let mut rows: Vec<Row<'_>> = Vec::new();
        for member in &members {
            for (area, area_name) in member.areas_in(key.period) {
                let stated = found.0.get(&(&member.code, &area)).cloned();
                rows.push(Row {
                    member,
                    area,
                    area_name,
                    stated: stated.unwrap_or_default(),
                    part: Part::Left(Reason::NotReported),
                    denominator: None,
                });
            }
        }
        let (users, drift) = drift(&rows, key, network);
        let base = drift
            .base
            .as_ref()
            .and_then(|hash| network.definition(hash));
        let mut tally = Self {
            key,
            network,
            members,
            rows,
            drift,
            users,
            definition: base
                .or_else(|| network.holding(&key.indicator, key.period))
                .or_else(|| network.newest(&key.indicator)),
        };
        tally.judge();
        Some(tally)
    }

    /// Whether nothing is rolled up in the cell: it is that of a location with a single area. What
    /// may not be added is no figure of the network, even if the network has one area so far.
    pub(super) fn is_alone(&self) -> bool {
        self.key.level != Level::Network && self.rows.len() == 1
    }

    fn judge(&mut self) {
        let alone = self.is_alone();
        let judged: Vec<_> = self.rows.iter().map(|row| self.part(row, alone)).collect();
        for (row, (part, denominator)) in self.rows.iter_mut().zip(judged) {
            row.part = part;
            row.denominator = denominator;
        }
    }

    /// The effect of an area on the figure, and its denominator if that is credible.
    fn part(&self, row: &Row<'_>, alone: bool) -> (Part, Option<Number>) {
        let judged: Vec<_> = row
            .stated
            .iter()
            .map(|stated| self.amount(row, &stated.statement, alone))
            .collect();
        let believed = row.stated.iter().zip(&judged).filter(|(stated, amount)| {
            let impossible = matches!(amount, Err(Reason::Impossible(_)));
            let relation = self.drift.relation(&stated.statement.definition);
            !impossible && relation < Relation::Broken
        });
        let denominators = believed.filter_map(|(stated, _)| stated.statement.denominator);
        (self.whole_part(row, &judged), denominators.max())
    }

    fn whole_part(&self, row: &Row<'_>, judged: &[Result<Amount, Reason>]) -> Part {
        let adoption = row.member.adoptions.get(&self.key.indicator);
        match judged {
            [] => Part::Left(Reason::of_silence(row.member, adoption, self.key.period)),
            [first, rest @ ..] if rest.iter().all(|one| one == first) => match first {
                Ok(amount) => Part::Counted(*amount),
                Err(reason) => Part::Left(reason.clone()),
            },
            several => match several.iter().filter_map(|one| one.as_ref().err()).min() {
                Some(reason) if several.iter().all(Result::is_err) => Part::Left(reason.clone()),
                Some(_) | None => Part::Contested(
                    several
                        .iter()
                        .map(|one| one.as_ref().ok().copied())
                        .collect(),
                ),
            },
        }
    }

    /// The contribution of one statement. A location's cell of a single area shows whatever was
    /// stated there, because nothing is rolled up in it.
    fn amount(&self, row: &Row<'_>, statement: &Statement, alone: bool) -> Result<Amount, Reason> {
        if let Some(reason) = Reason::of_statement(statement) {
            return Err(reason);
        }
        if let Some(why) = self.impossible(row, statement) {
            return Err(Reason::Impossible(why));
        }
        let Some(definition) = self.definition else {
            return Err(Reason::OtherDefinition(None));
        };
        if self.drift.relation(&statement.definition) == Relation::Broken {
            let version = self.drift.version(&statement.definition);
            return Err(Reason::OtherDefinition(version));
        }
        let amount = read(statement, definition).ok_or(Reason::NotReported)?;
        if alone {
            return Ok(amount);
        }
        if !is_added(definition) || is_survey(statement, definition, self.key.period) {
            return Err(Reason::NotAddable);
        }
        match amount {
            Amount::Only(_) if definition.kind.is_ratio() => Err(Reason::WithoutCounts),
            Amount::Only(_) => Err(Reason::NotAddable),
            Amount::Share(..) | Amount::Sum(_) => Ok(amount),
        }
    }

    /// Why a statement cannot be true, by the rules of its definition.
    fn impossible(&self, row: &Row<'_>, statement: &Statement) -> Option<String> {
        let definition = self.network.definition(&statement.definition)?;
        let key = ObservationKey {
            indicator: self.key.indicator.clone(),
            area: row.area.clone(),
            period: self.key.period,
            breakdown: self.key.breakdown.clone(),
        };
        validation::impossible(&key, statement, definition)
    }

    /// The gaps, by location and reason.
    pub(super) fn gaps(&self) -> Vec<Gap> {
        let mut gaps: BTreeMap<(&LocationCode, &Reason), Vec<AreaCode>> = BTreeMap::new();
        let mut expected: BTreeMap<&LocationCode, usize> = BTreeMap::new();
        for row in &self.rows {
            *expected.entry(&row.member.code).or_default() += 1;
            if let Part::Left(reason) = &row.part {
                let areas = gaps.entry((&row.member.code, reason)).or_default();
                areas.push(row.area.clone());
            }
        }
        let gap = |((location, reason), areas): ((&LocationCode, &Reason), Vec<AreaCode>)| Gap {
            location: location.clone(),
            areas,
            areas_expected: expected.get(location).copied().unwrap_or(0),
            reason: reason.clone(),
        };
        gaps.into_iter().map(gap).collect()
    }

    /// The unit that the drift counts: locations in the network's cell, areas in a location's.
    pub(super) const fn users_word(&self) -> &'static str {
        match (&self.key.level, self.users) {
            (Level::Network, 1) => "location",
            (Level::Network, _) => "locations",
            (Level::Location(_), 1) => "area",
            (Level::Location(_), _) => "areas",
        }
    }
}

impl<'a> Found<'a> {
    /// Collects the facts of `slice` among `facts`, in any spelling of its breakdown. Areas that
    /// are not the location's own in that period are ignored.
    pub(super) fn of(
        slice: &Slice,
        facts: impl IntoIterator<Item = &'a Fact>,
        network: &'a Network,
    ) -> Self {
        let mut found: BTreeMap<_, Vec<&Stated>> = BTreeMap::new();
        let label = slice.breakdown.folded();
        for fact in facts.into_iter().filter(|fact| is_in(slice, &label, fact)) {
            let Some(member) = network.expected_member(&fact.location) else {
                continue;
            };
            let mut areas = member.areas_in(slice.period).into_iter();
            if areas.any(|(area, _)| area == fact.key.area) {
                let stated = found.entry((&member.code, &fact.key.area)).or_default();
                stated.extend(&fact.stated);
            }
        }
        for stated in found.values_mut().filter(|stated| stated.len() > 1) {
            settle_order(stated);
        }
        Self(found)
    }

    /// Whether any location reported anything; otherwise the slice has no rows.
    fn is_reported(&self) -> bool {
        let mut statements = self.0.values().flatten();
        statements.any(|stated| is_report(&stated.statement))
    }
}

/// Sorts statements by their text and keeps one of each figure, the earliest of equal ones. So
/// neither the order of arrival nor repetition matters.
fn settle_order(stated: &mut Vec<&Stated>) {
    stated.sort_by_cached_key(|one| (one.statement.encode(), one.at, one.device, one.entry));
    *stated = one_of_each_figure(std::mem::take(stated), |one| &one.statement);
}

/// Whether the fact is in the slice; `label` is the slice's breakdown, folded.
fn is_in(slice: &Slice, label: &Breakdown, fact: &Fact) -> bool {
    let key = &fact.key;
    key.indicator == slice.indicator
        && key.period == slice.period
        && (key.breakdown == slice.breakdown || key.breakdown.folded() == *label)
}

/// Whether the statement reports something: a figure, or that its publisher hides one.
fn is_report(statement: &Statement) -> bool {
    match Reason::of_statement(statement) {
        None => statement.numerator.is_some() || statement.value.is_some(),
        Some(reason) => reason == Reason::Suppressed,
    }
}

fn drift(rows: &[Row<'_>], key: &CellKey, network: &Network) -> (usize, Drift) {
    let mut users: BTreeMap<DefinitionHash, BTreeSet<(&LocationCode, Option<&AreaCode>)>> =
        BTreeMap::new();
    let mut all = BTreeSet::new();
    for row in rows {
        let area = match key.level {
            Level::Location(_) => Some(&row.area),
            Level::Network => None,
        };
        for stated in &row.stated {
            let of_definition = users.entry(stated.statement.definition).or_default();
            // A statement that nothing was collected uses no definition.
            if !is_report(&stated.statement) {
                continue;
            }
            of_definition.insert((&row.member.code, area));
            all.insert((&row.member.code, area));
        }
    }
    let users = users
        .into_iter()
        .map(|(hash, users)| (hash, users.len()))
        .collect();
    (all.len(), Drift::of(&users, key.period, network))
}

fn read(statement: &Statement, definition: &Definition) -> Option<Amount> {
    let share = match (statement.numerator, statement.denominator) {
        (Some(numerator), Some(denominator)) if denominator > Number::ZERO => {
            Some(Amount::Share(numerator, denominator))
        }
        (Some(_) | None, Some(_) | None) => None,
    };
    let only = statement.value.map(Amount::Only);
    match definition.kind {
        IndicatorType::Count => statement.numerator.or(statement.value).map(Amount::Sum),
        IndicatorType::Index => only.or(share),
        IndicatorType::Proportion
        | IndicatorType::Rate
        | IndicatorType::Mean
        | IndicatorType::Ordinal => share.or(only),
    }
}

/// Whether it is a survey's estimate, an average of pooled years, or adjusted. Such a value is
/// shown but never added up.
fn is_survey(statement: &Statement, definition: &Definition, period: Period) -> bool {
    statement.lower.is_some()
        || statement.upper.is_some()
        || period.frequency() == Frequency::PooledYears
        || definition.adjustment != Adjustment::None
}

fn is_added(definition: &Definition) -> bool {
    definition.rollup == RollupRule::Sum && definition.kind != IndicatorType::Index
}
