//! The content of a report: only what people outside the network may have. Of records that is what
//! teams gave the audience `released`, and the network's own outcomes and targets; of figures it is
//! what releases show.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use weft_shared::{
    alignment::{money::Owner, need::Need, sight::Outcome},
    document::FieldChange,
    id::{IndicatorCode, LocationCode},
    model::{
        indicator::Definition,
        observation::Status,
        plan::{Actor, OpportunityState},
        release::ReleaseId,
        schema::RecordKind,
        target::Target,
    },
    period::{Date, Period, day_words},
    rollup::Level,
    time::{Timestamp, Zone},
};

use super::{Reader, chart::Chart};
use crate::{
    app::{
        AppError, AppHandle, Counted, Learnt, MoneyLine, MoneyRows, OfLocations, SharedRecord,
        Stated, StatusChanges, Unrecorded,
    },
    figures::released_series,
    pages::agenda::{Places, places},
    release::Standing,
    sight::{ReleasedNeeds, SightAsked, SightView},
};

/// Charts in a report.
const CHARTS_MAX: usize = 2;

/// The content of a report.
pub(crate) struct Content {
    pub(super) network: String,
    pub(super) operator: String,
    pub(super) period: Period,
    /// The day as of which it is, and the moment if it is one of the past.
    pub(super) today: Date,
    pub(super) moment: Option<Timestamp>,
    pub(super) zone: Zone,
    pub(super) names: Places,
    /// The locations that count.
    pub(super) counting: usize,
    /// Outcomes of the network by code, and those that locations named.
    pub(super) outcomes: Vec<Outcome>,
    pub(super) definitions: BTreeMap<IndicatorCode, Definition>,
    pub(super) targets: Vec<Target>,
    pub(super) learnt: Learnt,
    /// Initiatives whose status changed in the period, each with the status of then.
    pub(super) moved: Vec<SharedRecord>,
    /// Opportunities that this reader could act on.
    pub(super) asks: Vec<SharedRecord>,
    pub(super) sight: SightView,
    pub(super) investments: MoneyRows<Stated>,
    pub(super) lines: MoneyRows<MoneyLine>,
    pub(super) needs: ReleasedNeeds,
    pub(super) releases: Vec<Standing>,
    pub(super) charts: Vec<Chart>,
    /// The records of the period that locations share with the national team alone.
    pub(crate) left_out: usize,
}

impl Content {
    /// The releases of which it tells figures.
    pub(super) fn told(&self) -> impl Iterator<Item = &Standing> {
        let rows = &self.needs.rows;
        let releases = self.releases.iter();
        releases.filter(|one| rows.iter().any(|row| row.release == one.id))
    }
}

impl OfLocations for Content {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let records = self.moved.locations().into_iter();
        let records = records.chain(self.asks.locations());
        let money = (self.investments.locations().into_iter()).chain(self.lines.locations());
        let named = self.outcomes.iter();
        let named = named.filter_map(|one| one.owner.location().cloned());
        let made = self.releases.iter();
        let made = made.flat_map(|one| one.contributors.iter().cloned());
        let all = records.chain(money).chain(named).chain(made);
        all.chain(self.learnt.locations())
            .chain(self.needs.locations())
            .collect()
    }
}

/// A report as somebody asks for it.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) reader: Reader,
    pub(crate) period: Period,
    /// The network, and the legal person that runs its hub.
    network: String,
    operator: String,
}

impl Wanted {
    pub(crate) fn of(app: &AppHandle, reader: Reader, period: Period) -> Self {
        Self {
            reader,
            period,
            network: app.network().to_owned(),
            operator: app.operator().to_owned(),
        }
    }

    /// The name of its files, without an ending: `report-funder-FY2027`.
    pub(crate) fn name(&self) -> String {
        format!("report-{}-{}", self.reader, self.period)
    }
}

/// Reads what a report of a period may tell its reader.
///
/// # Errors
/// If the period has not begun, or the store fails.
pub(crate) fn read(at: &Counted<'_>, wanted: &Wanted) -> Result<Unrecorded<Content>, AppError> {
    let period = wanted.period;
    let sight = at.released_sight(period)?;
    let today = sight.today();
    if period.start() > today {
        return Err(AppError::NoFigure(format!(
            "{period} begins on {}, so there is nothing to report yet; choose a period that has \
             begun",
            day_words(period.start())
        )));
    }
    let asked = SightAsked {
        period: Some(period),
        ..SightAsked::default()
    };
    let releases = at.standing_releases(at.moment())?;
    let needs = at.released_needs(&asked, &releases)?.unshown();
    let recorded = &sight.aligned.recorded;
    let mut outcomes = recorded.outcomes.clone();
    outcomes.sort_by(|one, other| (&one.owner, &one.of).cmp(&(&other.owner, &other.of)));
    let targets = recorded.targets.get(&Owner::Hub).cloned();
    let days = Days {
        of: (period.start(), period.end()),
        zone: at.zone(),
    };
    let mut learnt = at.learnt_released()?.unshown();
    days.keep(&mut learnt);
    let investments = at.released_money()?.unshown();
    let plan = at.released_plan()?.unshown();
    let of = |kind: RecordKind| plan.iter().filter(move |one| one.kind == kind.word());
    let moved = moved(at, &days, of(RecordKind::Initiative))?;
    let asks = of(RecordKind::Opportunity);
    let asks = asks.filter(|one| is_asked(one, wanted.reader));
    let mut asks: Vec<SharedRecord> = asks.cloned().collect();
    asks.sort_by(|one, other| (&one.location, &one.id).cmp(&(&other.location, &other.id)));
    Ok(Unrecorded::new(Content {
        network: wanted.network.clone(),
        operator: wanted.operator.clone(),
        moment: at.moment(),
        names: places(at),
        counting: at.network().expected().count(),
        definitions: sight.definitions.clone(),
        targets: targets.unwrap_or_default(),
        left_out: left_out(at, &days, (&learnt, investments.0.len()))?,
        lines: at.released_money_lines(Some(period))?.unshown(),
        charts: charts(at, (&outcomes, &needs), &releases, today),
        zone: days.zone,
        period,
        today,
        outcomes,
        learnt,
        moved,
        asks,
        sight,
        investments,
        needs,
        releases,
    }))
}

/// The days of a report.
struct Days {
    of: (Date, Date),
    zone: Zone,
}

impl Days {
    fn has(&self, day: Date) -> bool {
        self.of.0 <= day && day <= self.of.1
    }

    fn of_change(&self, change: &FieldChange) -> Date {
        self.zone.day(change.at)
    }

    /// Keeps the markers and the locations' reviews of the days.
    fn keep(&self, learnt: &mut Learnt) {
        learnt.markers.retain(|one| {
            let given = one.record.text("on").parse::<Date>().ok();
            let made = || one.record.made().map(|at| self.zone.day(at));
            given.or_else(made).is_some_and(|day| self.has(day))
        });
        learnt
            .reviews
            .retain(|one| one.location.is_some() && one.on().is_some_and(|day| self.has(day)));
        learnt.partners.clear();
    }
}

/// The initiatives whose status changed in these days, each with its last change in them. What
/// changed again since is read from its history, and so is what stood at a moment.
fn moved<'r>(
    at: &Counted<'_>,
    days: &Days,
    initiatives: impl Iterator<Item = &'r SharedRecord>,
) -> Result<Vec<SharedRecord>, AppError> {
    let mut of_location: BTreeMap<&str, StatusChanges> = BTreeMap::new();
    let mut moved = Vec::new();
    for one in initiatives {
        let last = one.changed.as_ref().map(|change| days.of_change(change));
        let is_known = at.moment().is_none() && last.is_none_or(|day| day <= days.of.1);
        if is_known {
            moved.extend(last.filter(|day| days.has(*day)).map(|_| one.clone()));
            continue;
        }
        let changes = match of_location.entry(&one.location) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(at.status_changes(&one.location)?),
        };
        let mut changes = changes.get(&one.id).into_iter().flatten();
        let within = changes.find(|(_, change)| days.has(days.of_change(change)));
        moved.extend(within.map(|(to, change)| one.moved_to(to, change)));
    }
    Ok(moved)
}

/// Number of markers, reviews and investments that are for the national team alone.
fn left_out(
    at: &Counted<'_>,
    days: &Days,
    (learnt, investments): (&Learnt, usize),
) -> Result<usize, AppError> {
    let mut all = at.learnt()?.unshown();
    days.keep(&mut all);
    let shared = all.markers.len() + all.reviews.len();
    let released = learnt.markers.len() + learnt.reviews.len();
    let money = at.aligned()?.recorded.investments.len();
    Ok(shared.saturating_sub(released) + money.saturating_sub(investments))
}

/// Whether an opportunity is open, and this reader could act on it.
fn is_asked(record: &SharedRecord, reader: Reader) -> bool {
    let open = match record.text("state").parse::<OpportunityState>() {
        Ok(OpportunityState::Open) => true,
        Ok(OpportunityState::TakenUp | OpportunityState::Closed) => false,
        Err(_) => record.text("state").is_empty(),
    };
    let actor = record.text("who");
    let is_known = actor.is_empty() || actor.parse::<Actor>().is_ok();
    open && is_known && reader.is_asked(actor.parse().ok())
}

/// The charts of the headline indicators that have enough figures in releases.
fn charts(
    at: &Counted<'_>,
    (outcomes, needs): (&[Outcome], &ReleasedNeeds),
    releases: &[Standing],
    today: Date,
) -> Vec<Chart> {
    let mut charts: Vec<Chart> = Vec::new();
    let network = outcomes.iter().filter(|one| one.owner == Owner::Hub);
    for code in network.filter_map(|one| one.indicators.first()) {
        let known = charts.iter().any(|chart| chart.definition.code == *code);
        let need = headline(needs, code);
        let found = at.network().versions(code).zip(need);
        let Some((versions, (release, need))) = found.filter(|_| !known) else {
            continue;
        };
        let release = releases.iter().find(|one| one.id == *release);
        let label = need.part.folded();
        let cells = release
            .into_iter()
            .flat_map(Standing::cells)
            .filter(|cell| {
                let key = &cell.key;
                key.level == Level::Network
                    && key.indicator == *code
                    && key.breakdown.folded() == label
                    && need
                        .figure
                        .as_ref()
                        .is_some_and(|last| key.period.end() <= last.period.end())
            });
        let figures = released_series(cells.collect(), versions, today);
        let newest = versions.newest();
        charts.extend(
            newest
                .filter(|_| figures.len() > 1)
                .map(|definition| Chart {
                    number: charts.len() + 1,
                    definition: definition.clone(),
                    part: need.part.clone(),
                    target: need.target.as_ref().map(|aim| (aim.value, aim.period)),
                    figures,
                }),
        );
        if charts.len() == CHARTS_MAX {
            break;
        }
    }
    charts
}

/// The need of the whole network that stands for an indicator: of the first part with a value, or
/// else of the first whose figure is withheld.
pub(super) fn headline<'n>(
    needs: &'n ReleasedNeeds,
    code: &IndicatorCode,
) -> Option<(&'n ReleaseId, &'n Need)> {
    let of_code = needs
        .rows
        .iter()
        .filter(|row| row.line.column().is_none() && row.line.need.indicator == *code);
    let of_code = of_code.map(|row| (&row.release, &row.line.need));
    let with_value = of_code.clone().find(|(_, need)| need.value().is_some());
    let withheld = || {
        of_code.clone().find(|(_, need)| {
            let figure = need.figure.as_ref();
            figure.is_some_and(|figure| figure.status == Status::Suppressed)
        })
    };
    let found = with_value.or_else(withheld);
    found.or_else(|| of_code.clone().next())
}
