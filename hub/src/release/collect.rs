//! The input of a release: released statements of locations that said yes, and published figures.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use weft_shared::{
    disclosure::{self, CellKey, Contributions, Counts, Kind},
    id::{AreaCode, IndicatorCode, LocationCode},
    model::{
        Audience,
        indicator::{Adjustment, Definition, IndicatorType, Protect, RollupRule, Rows, Settings},
        observation::{ObservationKey, Status},
    },
    release::Counted as Input,
    rollup::{Cell, Explanation, Fact, Level, Network, Slice, cells, explain, explain::LinePart},
};

use super::{
    consent::{Consents, Refusal},
    plan::Plan,
    since::{Change, Today, is_published, is_released},
};
use crate::{app::Counted, store::StoreError};

/// All that a release counts.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) slices: Vec<SliceOf>,
    /// The statements of each location that are counted.
    pub(super) inputs: BTreeMap<LocationCode, Vec<Input>>,
    /// The released statements of each location that are not counted, with the reason.
    pub(super) apart: BTreeMap<LocationCode, Vec<(ObservationKey, String)>>,
    /// The locations whose own released statements were looked at, counted or not: a reviewer reads
    /// of all of them.
    pub(super) held: BTreeSet<LocationCode>,
    /// The indicators of which a location has released figures that it did not agree to show.
    pub(super) unagreed: Unagreed,
    /// The inputs that changed since they were frozen, in sentences. A release with one does not go
    /// out.
    pub(super) changed: Vec<String>,
    /// Notes for the reviewer: contested statements, values without counts, and figures that
    /// stand beside published ones. None of them is in the release.
    pub(super) left_out: Vec<String>,
}

/// Why a location's own figure is not counted if an office published one of the same.
pub(super) const OFFICES: &str = "an office published the figure, and that one is in the release";

/// The subjects as their locations spell them, by location and area.
type Keys = BTreeMap<(LocationCode, AreaCode), ObservationKey>;

/// The indicators that locations released and did not agree to show, each with the reason.
pub(super) type Unagreed = BTreeMap<LocationCode, BTreeMap<IndicatorCode, Refusal>>;

/// One indicator, period and part of the population.
#[derive(Debug)]
pub(super) struct SliceOf {
    pub(super) key: CellKey,
    pub(super) definition: Definition,
    pub(super) settings: Settings,
    pub(super) rows: Rows,
    /// The figures as they are: the network's, and each location's.
    pub(super) cells: Vec<Cell>,
    pub(super) made_of: MadeOf,
}

/// The matter of the figures of a slice.
#[derive(Debug)]
pub(super) enum MadeOf {
    /// Figures that an office published, which go out as they are.
    Published,
    /// Counts of locations, which are protected.
    Counts(Kind, Arc<Contributions>),
    /// Values of these locations that are not made of counts, each in a row of its own.
    Values(BTreeSet<LocationCode>),
}

impl MadeOf {
    /// Whether something that a location states of an area is in it.
    fn has(&self, code: &LocationCode, area: &AreaCode) -> bool {
        match self {
            Self::Published => true,
            Self::Counts(_, all) => all.get(code).is_some_and(|areas| areas.contains_key(area)),
            Self::Values(codes) => codes.contains(code),
        }
    }
}

impl SliceOf {
    /// The cell for disclosure control; none if the figures are not of counts.
    pub(super) fn cell(&self) -> Option<disclosure::Cell> {
        let MadeOf::Counts(kind, contributions) = &self.made_of else {
            return None;
        };
        let persons = match self.definition.person_level {
            true => Protect::Persons,
            false => Protect::None,
        };
        Some(disclosure::Cell {
            key: self.key.clone(),
            kind: *kind,
            factor: self.definition.factor,
            rows: self.rows,
            protect: self.settings.protect.unwrap_or(persons),
            contributions: Arc::clone(contributions),
        })
    }
}

/// Collects what a plan counts: statements of the plan's moment that are still released, by those
/// who agree to it today.
///
/// # Errors
/// If the store fails.
pub(super) fn collect(
    (then, now): (&Counted<'_>, &Counted<'_>),
    plan: &Plan,
) -> Result<Collected, StoreError> {
    let reader = then.reader()?.naming_entries();
    let consents = Consents::of(now.network());
    let mut collected = Collected::default();
    for (code, rows) in &plan.indicators {
        let allowed = Allowed {
            rows: *rows,
            consents: &consents,
            today: &Today::read(now, code)?,
        };
        for label in reader.labels(Some(code))? {
            for (period, facts) in reader.facts(&label, None)? {
                let in_range = plan.range().is_none_or(|range| range.contains(period));
                if in_range {
                    let slice = label.slice(period);
                    collected.add(then.network(), &slice, facts, &allowed);
                }
            }
        }
    }
    collected
        .slices
        .sort_by(|one, other| one.key.cmp(&other.key));
    Ok(collected)
}

/// The conditions under which statements about one indicator go out.
struct Allowed<'a> {
    rows: Rows,
    consents: &'a Consents<'a>,
    today: &'a Today,
}

impl Collected {
    fn add(&mut self, network: &Network, slice: &Slice, facts: Vec<Fact>, allowed: &Allowed<'_>) {
        let (mut facts, is_published) = self.chosen(network, slice, facts, allowed);
        let network_key = slice.at(Level::Network);
        let Some(explained) = explain(&network_key, &facts, network) else {
            return;
        };
        let keys = facts.iter().filter_map(|fact| {
            let member = network.expected_member(&fact.location)?;
            Some((
                (member.code.clone(), fact.key.area.clone()),
                fact.key.clone(),
            ))
        });
        let keys: Keys = keys.collect();
        let version = explained.cell.labels.definition_version;
        let definition = version.and_then(|version| network.version(&slice.indicator, version));
        let Some(definition) = definition else {
            return;
        };
        let made = match definition.kind {
            _ if is_published => Some(MadeOf::Published),
            IndicatorType::Index | IndicatorType::Ordinal => {
                self.values(slice, &facts, (network, allowed.rows))
            }
            _ => self.counts(&explained, definition, &keys),
        };
        let Some(made) = made else {
            return;
        };
        let suppressed = suppressed(network, &facts);
        // A statement that is in no count is in no number of locations either.
        facts.retain(|fact| {
            let member = network.expected_member(&fact.location);
            is_published || member.is_some_and(|member| made.has(&member.code, &fact.key.area))
        });
        let settings = network.settings(definition).cloned().unwrap_or_default();
        let mut cells = cells(slice, &facts, network);
        for cell in &mut cells {
            let of = cell.key.level.location();
            if cell.n_areas == 0 && of.is_some_and(|code| suppressed.contains(code)) {
                cell.status = Status::Suppressed;
            }
        }
        self.slices.push(SliceOf {
            key: CellKey::new(definition.key(), slice.period, &slice.breakdown),
            definition: definition.clone(),
            settings,
            rows: if is_published {
                Rows::Locations
            } else {
                allowed.rows
            },
            cells,
            made_of: made,
        });
    }

    /// The facts that a slice is made of, and whether an office published them: those stand alone.
    fn chosen(
        &mut self,
        network: &Network,
        slice: &Slice,
        facts: Vec<Fact>,
        allowed: &Allowed<'_>,
    ) -> (Vec<Fact>, bool) {
        let (mut published, own): (Vec<Fact>, Vec<Fact>) =
            facts.into_iter().partition(is_published);
        published.retain(|fact| match allowed.today.change(fact) {
            Some(change) => {
                self.changed.push(change_of(network, slice, fact, &change));
                !change.is_gone
            }
            None => true,
        });
        let own = self.released(network, slice, own, allowed);
        if published.is_empty() {
            return (own, false);
        }
        for fact in &own {
            self.set_apart(network, fact, OFFICES);
        }
        if !own.is_empty() {
            let all = said(slice);
            let beside = "figures of locations stand beside published ones";
            self.left_out
                .push(format!("{all}: {beside}, and are left out"));
        }
        (published, true)
    }

    /// The statements that may be counted: released, agreed to and not contested.
    fn released(
        &mut self,
        network: &Network,
        slice: &Slice,
        facts: Vec<Fact>,
        allowed: &Allowed<'_>,
    ) -> Vec<Fact> {
        let mut kept = Vec::new();
        for mut fact in facts {
            let Some(member) = network.expected_member(&fact.location) else {
                continue;
            };
            let is_whole = is_released(&fact);
            fact.stated
                .retain(|one| one.statement.audience >= Audience::Released);
            if fact.stated.is_empty() {
                continue;
            }
            self.held.insert(member.code.clone());
            if !is_whole {
                self.set_apart(network, &fact, "one of two statements is not released");
                continue;
            }
            let (consents, rows) = (allowed.consents, allowed.rows);
            if let Some(why) = consents.refusal(&member.code, &slice.indicator, rows) {
                let unagreed = self.unagreed.entry(member.code.clone()).or_default();
                unagreed.insert(slice.indicator.clone(), why);
                self.set_apart(network, &fact, why.of_location());
            } else if fact.stated.len() > 1 {
                let at = format!("{} {}", member.code, fact.key.area);
                self.left_out
                    .push(format!("{}: {at} is contested", said(slice)));
                self.set_apart(network, &fact, "it is contested");
            } else if let Some(change) = allowed.today.change(&fact) {
                self.changed.push(change_of(network, slice, &fact, &change));
                match change.is_gone {
                    true => self.set_apart(network, &fact, "it was narrowed or taken back since"),
                    false => kept.push(fact),
                }
            } else {
                kept.push(fact);
            }
        }
        kept
    }

    /// Notes that a statement is not counted, and why.
    fn set_apart(&mut self, network: &Network, fact: &Fact, why: &str) {
        if let Some(member) = network.expected_member(&fact.location) {
            let apart = self.apart.entry(member.code.clone()).or_default();
            apart.push((fact.key.clone(), why.to_owned()));
        }
    }

    /// Sorts the counts of a slice, and notes what is counted of each location. `None` if there is
    /// nothing to release.
    fn counts(
        &mut self,
        explained: &Explanation,
        definition: &Definition,
        keys: &Keys,
    ) -> Option<MadeOf> {
        let key = &explained.cell.key;
        let Some(kind) = Kind::of(definition.kind).filter(|_| adds_up(definition)) else {
            let why = "figures of this type are in no release yet";
            self.left_out.push(format!("{}: {why}", said(&key.slice())));
            for ((code, _), subject) in keys {
                let apart = self.apart.entry(code.clone()).or_default();
                apart.push((subject.clone(), why.to_owned()));
            }
            return None;
        };
        let mut contributions = Contributions::new();
        for line in &explained.lines {
            let Some(subject) = keys.get(&(line.location.clone(), line.area.clone())) else {
                continue;
            };
            let (LinePart::Counted, [source]) = (&line.part, line.sources.as_slice()) else {
                let why = match &line.part {
                    LinePart::Left(reason) => reason.to_string(),
                    LinePart::Counted | LinePart::Contested => {
                        let at = format!("{} {}", line.location, line.area);
                        let slice = said(&key.slice());
                        self.left_out.push(format!("{slice}: {at} is contested"));
                        "it is contested".to_owned()
                    }
                };
                let apart = self.apart.entry(line.location.clone()).or_default();
                apart.push((subject.clone(), why));
                continue;
            };
            let statement = &source.stated.statement;
            let Some(input) = Input::of(subject, &source.stated) else {
                continue;
            };
            let Some(numerator) = statement.numerator else {
                let at = format!("{} {}", line.location, line.area);
                let slice = said(&key.slice());
                self.left_out
                    .push(format!("{slice}: {at} has a value without its counts"));
                let apart = self.apart.entry(line.location.clone()).or_default();
                apart.push((subject.clone(), "a value without its counts".to_owned()));
                continue;
            };
            let counts = Counts {
                numerator,
                denominator: statement.denominator,
            };
            let of = contributions.entry(line.location.clone()).or_default();
            of.insert(line.area.clone(), counts);
            let of = self.inputs.entry(line.location.clone()).or_default();
            of.push(input);
        }
        (!contributions.is_empty()).then(|| MadeOf::Counts(kind, contributions.into()))
    }

    /// An index or an ordinal figure is never added up: it is in rows of locations alone, of those
    /// that have one area, or in none.
    fn values(
        &mut self,
        slice: &Slice,
        facts: &[Fact],
        (network, rows): (&Network, Rows),
    ) -> Option<MadeOf> {
        let all = cells(slice, facts, network);
        let with = all.iter().filter(|cell| cell.value.is_some());
        let with: BTreeSet<&LocationCode> =
            with.filter_map(|cell| cell.key.level.location()).collect();
        let mut codes = BTreeSet::new();
        for fact in facts {
            let Some(member) = network.expected_member(&fact.location) else {
                continue;
            };
            let stated = fact.stated.first();
            let has_counts = stated.is_some_and(|one| {
                one.statement.numerator.is_some() || one.statement.denominator.is_some()
            });
            let why = match (rows, stated.and_then(|one| Input::of(&fact.key, one))) {
                (Rows::Network, _) => "it is never added up, and has no rows here",
                (Rows::Locations, Some(input)) if with.contains(&member.code) && !has_counts => {
                    codes.insert(member.code.clone());
                    let of = self.inputs.entry(member.code.clone()).or_default();
                    of.push(input);
                    continue;
                }
                (Rows::Locations, _) => "it is never added up over areas, nor shown with counts",
            };
            let at = format!("{} {}", member.code, fact.key.area);
            self.left_out.push(format!("{}: {at}: {why}", said(slice)));
            self.set_apart(network, fact, why);
        }
        (!codes.is_empty()).then_some(MadeOf::Values(codes))
    }
}

/// The locations that say of an area that its publisher suppressed the figure. It is in no count,
/// and is not missing.
fn suppressed(network: &Network, facts: &[Fact]) -> BTreeSet<LocationCode> {
    let says = facts.iter().filter(|fact| {
        let mut stated = fact.stated.iter();
        stated.any(|one| one.statement.status == Status::Suppressed)
    });
    let members = says.filter_map(|fact| network.expected_member(&fact.location));
    members.map(|member| member.code.clone()).collect()
}

/// Whether figures of a definition may be added.
fn adds_up(definition: &Definition) -> bool {
    definition.rollup == RollupRule::Sum && definition.adjustment == Adjustment::None
}

/// A change of an input since it was frozen, in a sentence.
fn change_of(network: &Network, slice: &Slice, fact: &Fact, change: &Change) -> String {
    let member = network.expected_member(&fact.location);
    let code = member.map_or_else(String::new, |member| format!("{} ", member.code));
    format!("{}: {code}{} {}", said(slice), fact.key.area, change.words)
}

/// A slice in words.
fn said(slice: &Slice) -> String {
    let part = slice.breakdown.words();
    let part = part.map_or_else(String::new, |words| format!(", {words}"));
    format!("{} {}{part}", slice.indicator, slice.period)
}
