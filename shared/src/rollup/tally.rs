//! The working behind a cell: each expected area with its contribution, or why it has none.

mod gaps;

use std::collections::BTreeMap;

use super::{
    CellKey, Level, Stated,
    coverage::Reason,
    drift::{Drift, Relation},
    expected::{Day, Expected},
    found::{Found, is_report},
    interval::Choices,
    network::{Member, Network},
    places::PlaceSet,
    sums::Sum,
};
use crate::{
    id::{AreaCode, DefinitionHash},
    model::{
        indicator::{Adjustment, Definition, IndicatorType, RollupRule},
        number::Number,
        observation::{ObservationKey, Statement},
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
    /// Its place in the order of locations and areas.
    pub(super) rank: usize,
    /// The number it is counted under: that of its location, or in a location's cell its own.
    pub(super) unit: u32,
    /// The different statements about it, in the order of their text.
    pub(super) stated: Vec<&'a Stated>,
    pub(super) part: Part,
    /// Its denominator under the cell's definition; the greatest one if it is contested.
    pub(super) denominator: Option<Number>,
}

/// Areas whose statements have one definition, status and kind of amount: in effect one row.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) sum: &'a Sum,
    /// A set as large as that of their locations.
    pub(super) units: PlaceSet,
    pub(super) part: Part,
    /// The sum of their denominators under the cell's definition.
    pub(super) denominator: Option<Number>,
}

/// The expected places besides rows and groups, where a cell is made from sums.
#[derive(Debug)]
pub(super) struct Rest<'a> {
    pub(super) expected: &'a Expected,
    pub(super) day: &'a Day,
    /// The places that said nothing.
    pub(super) silent: PlaceSet,
}

/// The effect of an area on the figure.
#[derive(Debug)]
pub(super) enum Part {
    Counted(Amount),
    Contested(Choices),
    Left(Reason),
}

impl Part {
    pub(super) fn contributes(&self) -> bool {
        match self {
            Self::Counted(_) => true,
            Self::Contested(choices) => choices.iter().any(Option::is_some),
            Self::Left(_) => false,
        }
    }
}

impl Group<'_> {
    /// Whether each of its areas contributes with a denominator.
    pub(super) fn is_sized(&self) -> bool {
        matches!(self.part, Part::Counted(Amount::Share(..)))
    }
}

impl Row<'_> {
    pub(super) const fn is_contested(&self) -> bool {
        self.stated.len() > 1
    }

    pub(super) fn contributes(&self) -> bool {
        self.part.contributes()
    }
}

/// A cell before it is summed.
#[derive(Debug)]
pub(super) struct Tally<'a> {
    pub(super) key: &'a CellKey,
    pub(super) network: &'a Network,
    /// Number of locations that are expected to contribute.
    pub(super) n_members: usize,
    /// Number of their areas.
    pub(super) n_areas: usize,
    /// All areas; in a cell that is made from sums, those that are looked at one by one.
    pub(super) rows: Vec<Row<'a>>,
    pub(super) groups: Vec<Group<'a>>,
    /// The areas that are neither in rows nor in groups; `None` if each has a row.
    pub(super) rest: Option<Rest<'a>>,
    pub(super) drift: Drift,
    /// Number of locations (in a location's cell: areas) that reported anything.
    pub(super) users: usize,
    /// The cell's own definition; if nothing was stated, the one that holds for the period.
    pub(super) definition: Option<&'a Definition>,
}

impl<'a> Tally<'a> {
    /// The areas of a cell of a slice of which something is reported, there or elsewhere.
    pub(super) fn of(key: &'a CellKey, found: &Found<'a>, network: &'a Network) -> Option<Self> {
        let members: Vec<_> = match &key.level {
            Level::Location(code) => vec![network.member(code).filter(|member| member.counts())?],
            Level::Network => network.expected().collect(),
        };
        let mut rows: Vec<Row<'_>> = Vec::new();
        for (index, member) in members.iter().enumerate() {
            for (area, area_name) in member.areas_in(key.period) {
                let stated = found.0.get(&(&member.code, &area)).cloned();
                let rank = rows.len();
                let unit = match key.level {
                    Level::Location(_) => rank,
                    Level::Network => index,
                };
                rows.push(Row {
                    member,
                    area,
                    area_name,
                    rank,
                    unit: u32::try_from(unit).unwrap_or(u32::MAX),
                    stated: stated.unwrap_or_default(),
                    part: Part::Left(Reason::NotReported),
                    denominator: None,
                });
            }
        }
        Some(Self::judged(
            key,
            members.len(),
            rows,
            Vec::new(),
            None,
            network,
        ))
    }

    /// The network's cell, of which `sums` hold all areas but those in `found` and those that said
    /// nothing.
    pub(super) fn of_sums(
        key: &'a CellKey,
        sums: &'a [Sum],
        found: &Found<'a>,
        expected: &'a Expected,
    ) -> Option<Self> {
        let sums = || sums.iter().filter(|sum| !sum.places.is_empty());
        let (network, day) = (expected.network(), expected.day(key.period.end()));
        if !found.has_rows(&key.slice(), network) && !sums().any(Sum::is_report) {
            return None;
        }
        let mut silent = day.places.clone();
        let mut groups = Vec::new();
        for sum in sums() {
            silent = silent.minus(&sum.places);
            groups.push(Group {
                sum,
                units: expected.locations(&sum.places, day),
                part: Part::Left(Reason::NotReported),
                denominator: None,
            });
        }
        let mut rows: Vec<Row<'_>> = Vec::new();
        for ((code, area), stated) in &found.0 {
            let Some((member, rank)) = network.member(code).zip(expected.rank_of(code, area))
            else {
                continue;
            };
            let is_new = silent.remove(expected.place(rank));
            debug_assert!(is_new, "{code} {area} is in a sum and looked at alone");
            rows.push(Row {
                member,
                area: (*area).clone(),
                area_name: "",
                rank,
                unit: expected.location(rank, day),
                stated: stated.clone(),
                part: Part::Left(Reason::NotReported),
                denominator: None,
            });
        }
        let rest = Rest {
            expected,
            day,
            silent,
        };
        let n_members = expected.n_members();
        Some(Self::judged(
            key,
            n_members,
            rows,
            groups,
            Some(rest),
            network,
        ))
    }

    fn judged(
        key: &'a CellKey,
        n_members: usize,
        rows: Vec<Row<'a>>,
        groups: Vec<Group<'a>>,
        rest: Option<Rest<'a>>,
        network: &'a Network,
    ) -> Self {
        let (users, drift) = drift(&rows, &groups, key.period, network);
        let base = drift
            .base
            .as_ref()
            .and_then(|hash| network.definition(hash));
        let n_areas = match &rest {
            Some(rest) => rest.day.places.len(),
            None => rows.len(),
        };
        let mut tally = Self {
            key,
            network,
            n_members,
            n_areas,
            rows,
            groups,
            rest,
            drift,
            users,
            definition: base
                .or_else(|| network.holding(&key.indicator, key.period))
                .or_else(|| network.newest(&key.indicator)),
        };
        tally.judge();
        tally
    }

    /// The effects of rows and groups.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        let groups = self.groups.iter().map(|group| &group.part);
        self.rows.iter().map(|row| &row.part).chain(groups)
    }

    /// Those denominators that are known, and whether they are of areas that contribute.
    pub(super) fn denominators(&self) -> impl Iterator<Item = (Number, bool)> {
        let rows = self.rows.iter().map(|row| (row.denominator, &row.part));
        let groups = self.groups.iter();
        let groups = groups.map(|group| (group.denominator, &group.part));
        let all = rows.chain(groups);
        all.filter_map(|(denominator, part)| Some((denominator?, part.contributes())))
    }

    /// Number of areas that contribute.
    pub(super) fn n_contributing(&self) -> usize {
        let groups = self.groups.iter().filter(|group| group.part.contributes());
        let groups: usize = groups.map(|group| group.sum.places.len()).sum();
        self.rows.iter().filter(|row| row.contributes()).count() + groups
    }

    /// Number of locations that contribute.
    pub(super) fn n_locations(&self) -> usize {
        let mut rows = self.rows.iter().filter(|row| row.contributes());
        if self.key.level != Level::Network {
            return usize::from(rows.next().is_some());
        }
        let rows = rows.map(|row| row.unit).collect();
        let groups = self.groups.iter().filter(|group| group.part.contributes());
        groups
            .fold(rows, |all: PlaceSet, group| all.union(&group.units))
            .len()
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
        let judged: Vec<_> = self
            .groups
            .iter()
            .map(|group| self.part_of(group.sum))
            .collect();
        for (group, (part, denominator)) in self.groups.iter_mut().zip(judged) {
            group.part = part;
            group.denominator = denominator;
        }
    }

    /// The effect of the areas of a sum. Nothing in a sum is impossible.
    fn part_of(&self, sum: &Sum) -> (Part, Option<Number>) {
        let statement = sum.statement();
        let part = match self.amount_of(&statement, false) {
            Ok(amount) => Part::Counted(amount),
            Err(reason) => Part::Left(reason),
        };
        let believed = self.drift.relation(&sum.definition) < Relation::Broken;
        (part, statement.denominator.filter(|_| believed))
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
        match judged {
            [] => Part::Left(Reason::of_silence(row.member, self.key, self.network)),
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
        self.amount_of(statement, alone)
    }

    /// The contribution of a statement that can be true.
    fn amount_of(&self, statement: &Statement, alone: bool) -> Result<Amount, Reason> {
        if let Some(reason) = Reason::of_statement(statement) {
            return Err(reason);
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

/// Number of users of any definition, and the drift between the definitions.
fn drift(
    rows: &[Row<'_>],
    groups: &[Group<'_>],
    period: Period,
    network: &Network,
) -> (usize, Drift) {
    let mut users: BTreeMap<DefinitionHash, PlaceSet> = BTreeMap::new();
    for row in rows {
        let shared = row.stated.iter();
        for stated in shared.filter(|one| !one.statement.is_narrow()) {
            let of_definition = users.entry(stated.statement.definition).or_default();
            // A statement that nothing was collected uses no definition.
            if is_report(&stated.statement) {
                of_definition.insert(row.unit);
            }
        }
    }
    for group in groups {
        let of_definition = users.entry(group.sum.definition).or_default();
        if group.sum.is_report() {
            *of_definition = of_definition.union(&group.units);
        }
    }
    let all = users
        .values()
        .fold(PlaceSet::default(), |all, one| all.union(one));
    let users = users
        .iter()
        .map(|(hash, users)| (*hash, users.len()))
        .collect();
    (all.len(), Drift::of(&users, period, network))
}

/// The contribution that a statement would make under `definition`.
pub(super) fn read(statement: &Statement, definition: &Definition) -> Option<Amount> {
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
        || is_adjusted(definition)
}

pub(super) fn is_adjusted(definition: &Definition) -> bool {
    definition.adjustment != Adjustment::None
}

pub(super) fn is_added(definition: &Definition) -> bool {
    definition.rollup == RollupRule::Sum && definition.kind != IndicatorType::Index
}
