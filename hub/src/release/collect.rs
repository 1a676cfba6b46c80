//! The input of a release: released statements of locations that said yes, and published figures.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    disclosure::{self, Before, CellKey, Contributions, Counts, Kind},
    id::{AreaCode, IndicatorCode, LocationCode, LocationId},
    model::{
        Audience,
        indicator::{Adjustment, Definition, DefinitionKey, Protect, RollupRule, Rows, Settings},
        observation::{Breakdown, ObservationKey},
    },
    release::Counted as Input,
    rollup::{Cell, Explanation, Fact, Level, Network, Slice, cells, explain, explain::LinePart},
};

use super::{consent::Consents, plan::Plan};
use crate::{app::Counted, store::StoreError};

/// All that a release counts.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) slices: Vec<SliceOf>,
    /// The statements of each location that are counted.
    pub(super) inputs: BTreeMap<LocationCode, Vec<Input>>,
    /// The released statements of each location that are not counted, with the reason.
    pub(super) apart: BTreeMap<LocationCode, Vec<(ObservationKey, String)>>,
    /// The indicators of which a location has released figures that it did not agree to show.
    pub(super) unagreed: Unagreed,
    /// Notes for the reviewer: contested statements, values without counts, and figures that
    /// stand beside published ones. None of them is in the release.
    pub(super) left_out: Vec<String>,
}

/// The subjects as their locations spell them, by location and area.
type Keys = BTreeMap<(LocationCode, AreaCode), ObservationKey>;

/// The indicators that locations released and did not agree to show.
pub(super) type Unagreed = BTreeMap<LocationCode, BTreeSet<IndicatorCode>>;

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
    Counts(Kind, Contributions),
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
            contributions: contributions.clone(),
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
    let (reader, present) = (then.reader()?.naming_entries(), now.reader()?);
    let consents = Consents::of(now.network());
    let mut collected = Collected::default();
    for (code, rows) in &plan.indicators {
        let (mut still, mut published) = (BTreeSet::new(), BTreeSet::new());
        for label in present.labels(Some(code))? {
            for fact in present.facts(&label, None)?.into_values().flatten() {
                let subject = (fact.location, fact.key.clone());
                if is_published(&fact) {
                    published.insert(subject);
                } else if !fact.stated.is_empty() && is_released(&fact) {
                    still.insert(subject);
                }
            }
        }
        let allowed = Allowed {
            rows: *rows,
            consents: &consents,
            still: &still,
            published: &published,
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
    /// The subjects whose statements are released today.
    still: &'a BTreeSet<(LocationId, ObservationKey)>,
    /// The subjects of which figures are published today.
    published: &'a BTreeSet<(LocationId, ObservationKey)>,
}

/// Whether a figure is one that an office published.
fn is_published(fact: &Fact) -> bool {
    fact.stated.iter().any(|one| one.published.is_some())
}

/// Whether all statements about a subject may go out, and none takes one back.
fn is_released(fact: &Fact) -> bool {
    fact.stated
        .iter()
        .all(|one| one.statement.audience >= Audience::Released && !one.statement.is_retraction())
}

impl Collected {
    fn add(&mut self, network: &Network, slice: &Slice, facts: Vec<Fact>, allowed: &Allowed<'_>) {
        let (mut published, own): (Vec<Fact>, Vec<Fact>) =
            facts.into_iter().partition(is_published);
        published.retain(|fact| {
            let subject = (fact.location, fact.key.clone());
            allowed.published.contains(&subject)
        });
        let own = self.released(network, slice, own, allowed);
        let (mut facts, is_published) = match published.is_empty() {
            true => (own, false),
            false => {
                for fact in &own {
                    let why = "an office published the figure, and that one is in the release";
                    self.set_apart(network, fact, why);
                }
                if !own.is_empty() {
                    let all = said(slice);
                    let beside = "figures of locations stand beside published ones";
                    self.left_out
                        .push(format!("{all}: {beside}, and are left out"));
                }
                (published, true)
            }
        };
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
        let Some(made) = self.made_of(&explained, is_published, (network, &keys)) else {
            return;
        };
        let version = explained.cell.labels.definition_version;
        let definition = version.and_then(|version| network.version(&slice.indicator, version));
        let Some(definition) = definition else {
            return;
        };
        if let MadeOf::Counts(_, contributions) = &made {
            // A statement that is in no count is in no number of locations either.
            facts.retain(|fact| {
                let member = network.expected_member(&fact.location);
                let areas = member.and_then(|member| contributions.get(&member.code));
                areas.is_some_and(|areas| areas.contains_key(&fact.key.area))
            });
        }
        let settings = network.settings(definition).cloned().unwrap_or_default();
        self.slices.push(SliceOf {
            key: CellKey {
                definition: definition.key(),
                period: slice.period,
                breakdown: slice.breakdown.clone(),
            },
            definition: definition.clone(),
            settings,
            rows: if is_published {
                Rows::Locations
            } else {
                allowed.rows
            },
            cells: cells(slice, &facts, network),
            made_of: made,
        });
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
            fact.stated
                .retain(|one| one.statement.audience >= Audience::Released);
            let subject = (fact.location, fact.key.clone());
            if fact.stated.is_empty() {
                continue;
            }
            if !allowed.still.contains(&subject) {
                self.set_apart(network, &fact, "it was narrowed or taken back since");
                continue;
            }
            let (consents, rows) = (allowed.consents, allowed.rows);
            if !consents.agrees(&member.code, &slice.indicator, rows) {
                let unagreed = self.unagreed.entry(member.code.clone()).or_default();
                unagreed.insert(slice.indicator.clone());
                self.set_apart(network, &fact, "the location has not said yes");
            } else if fact.stated.len() > 1 {
                let at = format!("{} {}", member.code, fact.key.area);
                self.left_out
                    .push(format!("{}: {at} is contested", said(slice)));
                self.set_apart(network, &fact, "it is contested");
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

    /// Sorts the figures of a slice, and notes what is counted of each location. `None` if there is
    /// nothing to release.
    fn made_of(
        &mut self,
        explained: &Explanation,
        is_published: bool,
        (network, keys): (&Network, &Keys),
    ) -> Option<MadeOf> {
        if is_published {
            return Some(MadeOf::Published);
        }
        let key = &explained.cell.key;
        let version = explained.cell.labels.definition_version?;
        let definition = network.version(&key.indicator, version)?;
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
            let Some(entry) = source.stated.entry else {
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
            self.inputs
                .entry(line.location.clone())
                .or_default()
                .push(Input {
                    key: subject.clone(),
                    definition: statement.definition,
                    entry: (entry.dix, entry.dseq),
                    numerator: statement.numerator,
                    denominator: statement.denominator,
                    value: statement.value,
                });
        }
        (!contributions.is_empty()).then_some(MadeOf::Counts(kind, contributions))
    }
}

/// Whether figures of a definition may be added.
fn adds_up(definition: &Definition) -> bool {
    definition.rollup == RollupRule::Sum && definition.adjustment == Adjustment::None
}

/// A slice in words.
fn said(slice: &Slice) -> String {
    let part = slice.breakdown.words();
    let part = part.map_or_else(String::new, |words| format!(", {words}"));
    format!("{} {}{part}", slice.indicator, slice.period)
}

/// The relations between cells that definitions state: those of this release, and those that
/// earlier ones showed.
pub(super) fn relations(
    slices: &[SliceOf],
    before: &Before,
    network: &Network,
) -> disclosure::Relations {
    let shown = before.published().map(|one| &one.cell.key);
    let keys: BTreeSet<&CellKey> = slices.iter().map(|slice| &slice.key).chain(shown).collect();
    let mut relations = disclosure::Relations::default();
    let mut series: BTreeMap<(&DefinitionKey, &Breakdown), Vec<&CellKey>> = BTreeMap::new();
    for key in &keys {
        let DefinitionKey { code, version } = &key.definition;
        let Some(definition) = network.version(code, *version) else {
            continue;
        };
        let Some(settings) = network.settings(definition) else {
            continue;
        };
        relations.sums.extend(sums(key, definition, settings));
        if let Some(whole) = &settings.part_of {
            let mut wholes = keys.iter().filter(|other| {
                other.definition.code == *whole
                    && other.period == key.period
                    && other.breakdown == key.breakdown
            });
            let pair = wholes
                .next_back()
                .map(|whole| ((*key).clone(), (*whole).clone()));
            relations.part_of.extend(pair);
        }
        if settings.over_time.is_some() {
            let of = series.entry((&key.definition, &key.breakdown)).or_default();
            of.push(key);
        }
    }
    for mut of in series.into_values() {
        of.sort_by_key(|key| key.period);
        let pairs = of.windows(2).filter_map(|pair| match pair {
            [one, next] => Some(((*one).clone(), (*next).clone())),
            _ => None,
        });
        relations.cumulative.extend(pairs);
    }
    relations
}

/// The sums whose total is this cell: the values of each complete breakdown that it does not name.
fn sums(key: &CellKey, definition: &Definition, settings: &Settings) -> Vec<disclosure::Sum> {
    let parts = key.breakdown.parts();
    let named: BTreeSet<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
    let complete = settings.complete.iter();
    let complete = complete.filter(|name| !named.contains(name.as_str()));
    let sum = |name: &String| {
        let values = definition.breakdowns.get(name)?;
        let keys = values.iter().map(|value| {
            let with = parts.iter().cloned();
            let with = with.chain([(name.clone(), value.clone())]);
            let breakdown = Breakdown::crossed(with).ok()?;
            Some(CellKey {
                breakdown,
                ..key.clone()
            })
        });
        let parts: Option<Vec<CellKey>> = keys.collect();
        Some(disclosure::Sum {
            total: key.clone(),
            parts: parts.filter(|parts| !parts.is_empty())?,
            denominators: true,
        })
    };
    complete.filter_map(sum).collect()
}
