//! The national team's view of one location. The page is made of it, and the location itself
//! receives it, so both show the same.

use std::collections::BTreeSet;

use weft_host::clock;
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::{indicator::Definition, profile::Place, schema::RecordKind},
    period::{Date, Period, day_words},
    seen::{AreaSeen, LocationSeen, RecordSeen},
    text::{capital, counted},
    time::{Timestamp, Zone},
};

use super::{
    super::{
        drawn,
        indicators::{newest_of_each, pages_of},
        insights::{Heard, told},
        locations::{areas, moment},
        shifted::Names,
        words::{Pages, place_page},
    },
    place::Strip,
    says, work,
};
use crate::{
    app::{
        AppError, Counted, LocationState, LocationView, OfLocations, SharedRecord, TargetView,
        Unrecorded,
    },
    figures::{Figure, Missing, Sketch},
};

/// The contents of the page, of one state of the hub.
pub(super) struct Seen {
    pub(super) now: Timestamp,
    pub(super) zone: Zone,
    pub(super) view: LocationView,
    place: Place,
    pub(super) definitions: Vec<Definition>,
    targets: Vec<TargetView>,
    plan: Vec<SharedRecord>,
    /// Insights, newest first.
    pub(super) insights: Vec<SharedRecord>,
    shifted: Vec<SharedRecord>,
    /// The number of indicators of which the location reported something.
    reported: usize,
    pub(super) sketches: Vec<Sketch>,
    pub(super) pages: Pages,
    /// Its reasons for not taking part, in its own words.
    declined: Vec<(String, String)>,
    late: Vec<Missing>,
}

impl OfLocations for Seen {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let of_others = self.sketches.locations().into_iter();
        let mut codes: BTreeSet<LocationCode> = of_others.collect();
        let is_shown = self.reported > 0
            || !self.declined.is_empty()
            || !(self.plan.is_empty() && self.insights.is_empty());
        codes.extend(is_shown.then(|| self.view.code.clone()));
        codes
    }
}

/// Returns what the national team sees of a location, for the location itself; `None` if the
/// network has no such location.
///
/// # Errors
/// If the store fails.
pub(crate) fn seen(
    at: &Counted<'_>,
    code: &LocationCode,
) -> Result<Option<LocationSeen>, AppError> {
    let found = Seen::read(at, code, (1, FIGURES_MAX))?;
    // A location that is shown itself is read by no one else.
    Ok(found.map(|found| {
        let seen = found.unshown();
        LocationSeen {
            records: seen.records(),
            ..seen.seen()
        }
    }))
}

impl Seen {
    /// Reads it, with the figures of one page of so many indicators; `None` if the network has no
    /// such location.
    pub(super) fn read(
        at: &Counted<'_>,
        code: &LocationCode,
        (page, indicators_max): (usize, usize),
    ) -> Result<Option<Unrecorded<Self>>, AppError> {
        let (now, zone) = (clock::now(), at.zone());
        let view = at.locations()?.into_iter().find(|one| one.code == *code);
        let Some((view, place)) = view.zip(at.place(code)) else {
            return Ok(None);
        };
        let definitions = newest_of_each(at.definitions());
        let overview = at.overview()?.unshown();
        let of_location = overview.lines().get(code);
        let has_figure = |one: &IndicatorCode| {
            let shared = of_location.and_then(|all| all.get(one));
            shared.is_some_and(|shared| shared.last.is_some())
        };
        let codes = definitions.iter().map(|one| one.code.clone());
        let codes: Vec<IndicatorCode> = codes.filter(has_figure).collect();
        let base = place_page(code.as_str());
        let (shown, pages) = pages_of(&codes, page, (&base, "page"), indicators_max);
        let shown: Vec<_> = shown.into_iter().map(|code| (code, None)).collect();
        let mut shifted = at.shifted()?.unshown();
        shifted.retain(|one| one.location == code.as_str());
        let mut late = at.missing(None)?.unshown();
        late.retain(|one| one.location == *code && one.is_late);
        let mut insights = at.insights(Some(code))?.unshown();
        insights.sort_by_key(|one| std::cmp::Reverse(Heard::day(one, &zone)));
        Ok(Some(Unrecorded::new(Self {
            targets: at.targets_shown(None)?,
            plan: at.plan(Some(code))?.unshown(),
            declined: says::declined(at.network(), code, &definitions),
            sketches: at.sketches(&shown, std::slice::from_ref(code))?.unshown(),
            reported: codes.len(),
            now,
            zone,
            view,
            place,
            definitions,
            insights,
            shifted,
            pages,
            late,
        })))
    }

    pub(super) fn today(&self) -> Date {
        self.zone.day(self.now)
    }

    /// Everything that the page says of the location, but the records themselves.
    pub(super) fn seen(&self) -> LocationSeen {
        let doing = work::doing(&self.plan, self.today());
        let names = Names::of(std::slice::from_ref(&self.view), (&self.zone, self.now));
        let figures = self.strips().into_iter().map(|strip| strip.line);
        let insights = self.heard().map(|one| told(one, &self.zone)).collect();
        LocationSeen {
            lede: self.lede(),
            facts: self.facts(doing.len()),
            doing,
            shifted: self
                .shifted
                .iter()
                .map(|one| names.shifted(one).seen)
                .collect(),
            sayings: says::sayings(&self.plan, &self.declined),
            matters: says::matters(&self.plan, &self.definitions, self.today()),
            insights,
            figures: figures.collect(),
            fresh: self.fresh(),
            areas: self.areas(),
            records: Vec::new(),
            more: 0,
        }
    }

    /// Insights that no one took back, newest first.
    pub(super) fn heard(&self) -> impl Iterator<Item = &SharedRecord> {
        self.insights.iter().filter(|one| !one.withdrawn)
    }

    /// Every record that the hub shows of the location.
    fn records(&self) -> Vec<RecordSeen> {
        let all = self.plan.iter().chain(&self.insights);
        let records = all.map(|one| {
            let fields = one.fields.iter().chain(&one.sets);
            let filled = fields.filter(|(_, values)| values.iter().any(|text| !text.is_empty()));
            RecordSeen {
                id: one.id.clone(),
                kind: one.kind.clone(),
                title: says::title(one, &self.plan, &self.definitions),
                audience: one.audience.clone(),
                withdrawn: one.withdrawn,
                words: one.words.clone(),
                fields: filled
                    .map(|(name, values)| (name.clone(), values.clone()))
                    .collect(),
            }
        });
        records.collect()
    }

    /// The first and the last period of all strips on the page: they share one span of time.
    pub(super) fn span(&self) -> Option<(Period, Period)> {
        let figures = self.sketches.iter().flat_map(|one| {
            let own = one.locations.get(&self.view.code);
            one.network.iter().chain(own.into_iter().flatten())
        });
        let periods: Vec<Period> = figures.map(|one: &Figure| one.cell.key.period).collect();
        let in_time = |a: &&Period, b: &&Period| drawn::at(**a).total_cmp(&drawn::at(**b));
        let first = periods.iter().min_by(in_time)?;
        Some((*first, *periods.iter().max_by(in_time)?))
    }
    pub(super) fn strips(&self) -> Vec<Strip> {
        let span = self.span();
        let strips = self.sketches.iter().filter_map(|sketch| {
            let mut definitions = self.definitions.iter();
            let definition = definitions.find(|one| one.code == sketch.indicator)?;
            let of = (self.targets.as_slice(), self.today());
            Some(Strip::of(definition, sketch, (&self.view.code, span), of))
        });
        strips.collect()
    }

    fn lede(&self) -> String {
        let shared = "What this location chose to share with the network";
        match (self.view.state, self.view.received) {
            (LocationState::Ended, _) => {
                format!("{shared}. It has ended, so no later figure expects it.")
            }
            (LocationState::Unconfirmed, _) => format!(
                "{shared}. It has joined and is not confirmed, so it counts in no figure yet."
            ),
            (_, Some(at)) => format!(
                "{shared}. Last heard from {}.",
                moment(at, &self.zone, self.today())
            ),
            (LocationState::Confirmed, None) => format!("{shared}. It has sent nothing yet."),
            (_, None) => "It has not joined yet. What it chooses to share with the network \
                          appears here."
                .to_owned(),
        }
    }

    fn facts(&self, initiatives: usize) -> Vec<(String, String)> {
        let kind = RecordKind::Action.word();
        let actions = self.plan.iter().filter(|one| one.kind == kind).count();
        let facts = [
            ("Areas", Some(areas(&self.view.areas, self.today()))),
            ("Indicators", Some(self.reported.to_string())),
            ("Initiatives", Some(initiatives.to_string())),
            ("Actions", (actions > 0).then(|| actions.to_string())),
            ("Insights", Some(self.heard().count().to_string())),
        ];
        let facts = facts.into_iter();
        facts
            .filter_map(|(name, fact)| Some((name.to_owned(), fact?)))
            .collect()
    }

    /// When it was heard from, and what is late.
    fn fresh(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let today = self.today();
        if let Some(at) = self.view.joined {
            lines.push(format!("Joined {}.", moment(at, &self.zone, today)));
        }
        if let Some(at) = self.view.received {
            let at = moment(at, &self.zone, today);
            lines.push(format!("Last heard from {at}."));
        }
        let newest = self.sketches.iter().filter_map(|one| {
            let figures = one.locations.get(&self.view.code)?.iter();
            figures
                .map(|figure| figure.cell.key.period)
                .max_by_key(|period| period.end())
        });
        if let Some(period) = newest.max_by_key(|period| period.end()) {
            lines.push(format!("Newest figure here: {}.", period.words()));
        }
        let late = self.late.iter().take(LATE_MAX);
        lines.extend(late.map(|one| format!("Late: {}, {}.", one.name, which(one))));
        let more = self.late.len().saturating_sub(LATE_MAX);
        if more > 0 {
            lines.push(format!(
                "And {} late.",
                counted(more, "indicator is", "indicators are")
            ));
        }
        lines
    }

    fn areas(&self) -> Vec<AreaSeen> {
        let lines = self.place.areas.iter().map(|area| {
            let aliases = self
                .place
                .aliases
                .iter()
                .filter(|one| one.area == area.code);
            let aliases = aliases.map(|one| format!("{} in {}", one.code, one.scheme));
            let day = day_words;
            let when = match (area.from, area.to) {
                (Some(from), Some(to)) => format!("from {} to {}", day(from), day(to)),
                (Some(from), None) => format!("from {}", day(from)),
                (None, Some(to)) => format!("to {}", day(to)),
                (None, None) => String::new(),
            };
            AreaSeen {
                code: area.code.to_string(),
                name: area.name.clone(),
                when: capital(&when),
                aliases: aliases.collect::<Vec<_>>().join("; "),
            }
        });
        lines.collect()
    }
}

/// The late periods in words.
fn which(late: &Missing) -> String {
    let words = |due: &weft_shared::model::indicator::Due| due.period.words();
    match (
        late.periods.first(),
        late.periods.last(),
        late.periods.len(),
    ) {
        (Some(first), Some(last), 2..) => format!("{} to {}", words(first), words(last)),
        (Some(only), ..) => words(only),
        (None, ..) => String::new(),
    }
}

/// Indicators that a location is shown of itself.
const FIGURES_MAX: usize = 400;
const LATE_MAX: usize = 6;
