//! An indicator at a glance, in words: its newest figure, how it changed, and what to know.

use weft_host::chart;
use weft_shared::{
    id::AreaCode,
    model::{
        indicator::{Adjustment, Definition},
        number::Number,
    },
    period::{Date, Period},
    rollup::{
        Coverage, Standing,
        cell::{COVERED_DECIMALS, HEADLINE_PERCENT_MIN},
        series::Step,
    },
    text::{capital, counted, listed, part_of, percent_unbroken, sentence, spelled},
};

use super::{
    drawn::{at, float},
    words::{Measure, NO_FIGURE},
};
use crate::{
    app::TargetView,
    figures::{Compared, Figure, Sketch, group},
};

/// An indicator at a glance.
#[derive(Clone, Debug)]
pub(crate) struct Glance {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) name_mi: Option<String>,
    pub(crate) page: String,
    /// The part of the population that it is about, unless that is the total.
    pub(crate) group: Option<String>,
    /// The other parts that have figures.
    pub(crate) others: String,
    /// The network's newest figure that stands alone, such as "15.7 %".
    pub(crate) value: Option<String>,
    /// Its period, in words.
    pub(crate) when: String,
    /// "eight years old", if its period ended more than three years ago.
    pub(crate) age: Option<String>,
    /// Why it cannot be compared with the figure before it.
    pub(crate) chip: Option<&'static str>,
    /// The change, as a sentence.
    pub(crate) change: String,
    /// The same after the value, "down 0.2 points since 2013", if the two can be compared.
    pub(crate) moved: Option<String>,
    /// Further remarks on it, as sentences.
    pub(crate) notes: Vec<String>,
    /// The areas in it: "all 14 areas".
    pub(crate) coverage: String,
    /// The network's target, and how far the figure is from it.
    pub(crate) target: Option<String>,
}

impl Glance {
    /// Describes an indicator on the day `today`; without a series, no one has reported it.
    /// `targets` are the network's.
    pub(crate) fn of(
        definition: &Definition,
        sketch: Option<&Sketch>,
        (targets, today): (&[TargetView], Date),
    ) -> Self {
        let mut glance = Self {
            code: definition.code.to_string(),
            name: definition.name.clone(),
            name_mi: definition.name_mi.clone(),
            page: format!("/indicators/{}", definition.code),
            group: None,
            others: String::new(),
            value: None,
            when: String::new(),
            age: None,
            chip: None,
            change: "No one has reported it yet.".to_owned(),
            moved: None,
            notes: Vec::new(),
            coverage: String::new(),
            target: None,
        };
        let Some(sketch) = sketch else {
            return glance;
        };
        let measure = Measure::of(definition);
        glance.group = sketch.breakdown.words();
        glance.others = others(sketch);
        let newest = sketch.newest();
        match newest.and_then(|figure| Some((figure, figure.headline()?))) {
            Some((figure, value)) => glance.tell(sketch, (figure, value), (definition, today)),
            None => "No figure stands alone yet.".clone_into(&mut glance.change),
        }
        let aim = Aim::of(targets, definition, sketch);
        glance.target = aim.map(|aim| aim.sentence(newest, &measure));
        glance.notes.extend(left_out(sketch, &measure));
        glance
    }

    fn tell(
        &mut self,
        sketch: &Sketch,
        (figure, value): (&Figure, Number),
        (definition, today): (&Definition, Date),
    ) {
        let measure = Measure::of(definition);
        let period = figure.cell.key.period;
        self.value = Some(measure.shown(value));
        self.when = period.words();
        self.age = age(figure, today);
        self.coverage = areas(figure);
        let changed = Changed::of(figure, &sketch.network, (definition, &measure));
        self.chip = changed.chip;
        self.change = changed.sentence;
        self.moved = changed.moved;
        if figure.is_partial() {
            self.notes.push(format!("{}.", capital(&self.coverage)));
        }
    }
}

/// The network's target for what a page draws.
pub(crate) struct Aim<'a>(&'a TargetView);

impl<'a> Aim<'a> {
    /// Finds the target for all areas and this part of the population that is due last.
    pub(crate) fn of(
        targets: &'a [TargetView],
        definition: &Definition,
        sketch: &Sketch,
    ) -> Option<Self> {
        let fitting = targets.iter().filter(|one| {
            let target = &one.target;
            target.indicator == definition.code
                && target.area.is_none()
                && target.is_for(&sketch.breakdown, definition)
        });
        let last = fitting.max_by_key(|one| one.target.period.map(Period::end));
        last.map(Self)
    }

    /// Returns its value, by when, and its words, as charts draw it.
    pub(crate) fn drawn(&self, measure: &Measure) -> Option<chart::Target> {
        let target = &self.0.target;
        Some(chart::Target {
            value: float(target.value)?,
            until: target.period.map(at),
            words: self.goal(measure),
        })
    }

    /// Returns the period by which it is hoped for.
    pub(crate) const fn until(&self) -> Option<Period> {
        self.0.target.period
    }

    /// The goal with what must be known of it: "5.0 % by 2025; its date, 2025, has passed".
    pub(crate) fn told(&self, measure: &Measure) -> String {
        let remarks = self.0.remarks.iter().map(|remark| format!("; {remark}"));
        remarks.fold(self.goal(measure), |text, remark| text + &remark)
    }

    /// The value and by when: "5.0 % by 2025".
    fn goal(&self, measure: &Measure) -> String {
        let target = &self.0.target;
        let value = measure.shown(target.value);
        match target.period {
            Some(period) => format!("{value} by {}", period.words()),
            None => value,
        }
    }

    /// The distance of a figure from it: "10.7 points above"; none if there is no figure.
    pub(crate) fn distance(&self, figure: Option<&Figure>, measure: &Measure) -> Option<String> {
        let off = figure?.headline()? - self.0.target.value;
        if off.is_zero() {
            return Some("at".to_owned());
        }
        let side = if off.is_negative() { "below" } else { "above" };
        let points = if measure.percent { " points" } else { "" };
        Some(format!("{}{points} {side}", measure.amount(off.size())))
    }

    /// The value alone, without its unit: "5.0".
    pub(crate) fn bare(&self, measure: &Measure) -> String {
        measure.bare(self.0.target.value)
    }

    /// The distance of a figure from it with its sign: "+10.7"; none if there is no figure.
    pub(crate) fn off(&self, figure: Option<&Figure>, measure: &Measure) -> Option<String> {
        Some(measure.signed(figure?.headline()? - self.0.target.value))
    }

    fn sentence(&self, figure: Option<&Figure>, measure: &Measure) -> String {
        let goal = self.goal(measure);
        let mut text = match self.distance(figure, measure) {
            Some(distance) => format!("{} the target, {goal}.", capital(&distance)),
            None => format!("Target: {goal}."),
        };
        for remark in &self.0.remarks {
            text.push_str(&format!(" {}", sentence(remark)));
        }
        text
    }
}

/// The age of a figure, if its period ended more than three years before `today`.
pub(crate) fn age(figure: &Figure, today: Date) -> Option<String> {
    let years = figure.cell.key.period.age(today)?;
    Some(format!("{} years old", spelled(usize::from(years))))
}

/// Whether the word on ages belongs below a row of locations.
pub(crate) fn needs_ages(definition: &Definition, network: &[Figure]) -> bool {
    definition.adjustment == Adjustment::None && !network.is_empty()
}

/// Names the parts of the population beside the one that is drawn.
fn others(sketch: &Sketch) -> String {
    let others = sketch.groups.iter().filter(|one| **one != sketch.breakdown);
    let others: Vec<String> = others.map(group).collect();
    listed(&others, GROUPS_MAX)
}

/// The change of a figure from the one before it.
pub(crate) struct Changed {
    pub(crate) chip: Option<&'static str>,
    pub(crate) sentence: String,
    pub(crate) moved: Option<String>,
}

impl Changed {
    /// Compares a figure with the one before it in `series`.
    pub(crate) fn of(
        figure: &Figure,
        series: &[Figure],
        (definition, measure): (&Definition, &Measure),
    ) -> Self {
        let Some(compared) = &figure.compared else {
            return Self {
                chip: Some("first figure"),
                sentence: "There is nothing to compare it with yet.".to_owned(),
                moved: None,
            };
        };
        let before = series
            .iter()
            .find(|one| one.cell.key.period == compared.before);
        let was = before.and_then(|one| one.cell.value);
        let was = was.map_or_else(|| NO_FIGURE.to_owned(), |value| measure.shown(value));
        let then = compared.before.words();
        if let Some(change) = compared.change {
            return Self::measured(compared, (change, measure), (&was, &then), definition);
        }
        let of = |figure: &Figure| figure.cell.denominator.map(Number::grouped);
        let (chip, why) = match &compared.step {
            Step::Break { reason, .. } => {
                let reason = reason.as_ref().map(|text| format!(" {}", sentence(text)));
                (
                    "question changed",
                    format!(".{} Not compared.", reason.unwrap_or_default()),
                )
            }
            Step::BaseChanged { .. } => {
                let bases = before.and_then(of).zip(of(figure));
                let bases = bases.map_or_else(String::new, |(one, other)| {
                    let (unit, now) = (&definition.unit, figure.cell.key.period.words());
                    format!(", of {one} {unit}; in {now}, of {other}")
                });
                (
                    "base changed",
                    format!("{bases}. Neither better nor worse."),
                )
            }
            Step::OtherAreas | Step::Comparable | Step::CheckBase { .. } => (
                "other areas",
                ", over other areas. Not compared.".to_owned(),
            ),
        };
        Self {
            chip: Some(chip),
            sentence: format!("{was} in {then}{why}"),
            moved: None,
        }
    }

    fn measured(
        compared: &Compared,
        (change, measure): (Number, &Measure),
        (was, then): (&str, &str),
        definition: &Definition,
    ) -> Self {
        let size = size(change, measure);
        let (mut sentence, moved) = match size {
            None => (
                format!("The same as in {then}."),
                format!("the same as in {then}"),
            ),
            Some(size) => (
                format!("{} from {was} in {then}.", capital(&size)),
                format!("{size} since {then}"),
            ),
        };
        let mut chip = None;
        if let Step::CheckBase { before, after } = &compared.step {
            chip = Some("check the base");
            sentence.push_str(&format!(
                " The same areas had {} {} then and {} now: growth, or another base?",
                before.grouped(),
                definition.unit,
                after.grouped()
            ));
        }
        Self {
            chip,
            sentence,
            moved: Some(moved),
        }
    }
}

/// A change in words, "down 0.2 points"; none if nothing changed.
pub(crate) fn size(change: Number, measure: &Measure) -> Option<String> {
    if change.is_zero() {
        return None;
    }
    let way = if change.is_negative() { "down" } else { "up" };
    let points = if measure.percent { " points" } else { "" };
    Some(format!("{way} {}{points}", measure.amount(change.size())))
}

/// The last figures after the newest one that stands alone; all are named as left out.
pub(crate) fn later(sketch: &Sketch) -> &[Figure] {
    let all = &sketch.network;
    let newest = sketch.newest().map(|figure| figure.cell.key.period.end());
    let after = all
        .iter()
        .rposition(|figure| newest.is_some_and(|end| figure.cell.key.period.end() <= end));
    let first = after.map_or(0, |at| at + 1);
    &all[first.max(all.len().saturating_sub(LEFT_OUT_MAX))..]
}

/// Says which later figures are left out, and why. A reason that several share is given once.
fn left_out(sketch: &Sketch, measure: &Measure) -> Vec<String> {
    let mut words = Vec::new();
    let mut left: Vec<(String, Vec<String>)> = Vec::new();
    for figure in later(sketch) {
        let (period, cell) = (figure.cell.key.period.words(), &figure.cell);
        if figure.standing == Some(Standing::SoFar) {
            let value = cell.value;
            let value = value.map_or_else(|| NO_FIGURE.to_owned(), |one| measure.shown(one));
            let all = counted(cell.n_areas_expected, "area", "areas");
            let period = capital(&period);
            words.push(format!(
                "{period} so far, {} of {all}: {value}.",
                cell.n_areas
            ));
            continue;
        }
        let why = why_no_headline(figure, sketch);
        match left.last_mut().filter(|(before, _)| *before == why) {
            Some((_, periods)) => periods.push(period),
            None => left.push((why, vec![period])),
        }
    }
    let left = left.into_iter().map(|(why, periods)| {
        let named = capital(&periods.join(" and "));
        match (periods.len(), why.strip_prefix("it ")) {
            (1, _) => format!("{named} is left out: {why}."),
            (_, Some(rest)) => format!("{named} are left out: each {rest}."),
            (_, None) => format!("{named} are left out: {why}."),
        }
    });
    left.chain(words).collect()
}

/// The areas in a figure.
pub(crate) fn areas(figure: &Figure) -> String {
    let (part, all) = (figure.cell.n_areas, figure.cell.n_areas_expected);
    match figure.is_partial() || part < all {
        true => format!("{} in it", part_of(part, all, "area", "areas")),
        false => format!("all {}", counted(all, "area", "areas")),
    }
}

/// Explains why a figure may not stand alone.
pub(crate) fn why_no_headline(figure: &Figure, sketch: &Sketch) -> String {
    let contested = figure.cell.n_contested;
    if contested > 0 {
        let observations = counted(contested, "observation is", "observations are");
        return format!("{observations} contested until a person settles it");
    }
    let (part, all) = (figure.cell.n_areas, figure.cell.n_areas_expected);
    let areas = format!("{} in it", part_of(part, all, "area", "areas"));
    match &figure.standing {
        Some(Standing::Little(Coverage::Share(share))) => format!(
            "it covers {} of the denominators, counting each missing area as it last was; {areas}",
            short_of_enough(*share)
        ),
        Some(Standing::Little(Coverage::Unknown(unknown))) => {
            format!(
                "coverage unknown, because {}; {areas}",
                never_known(unknown, sketch)
            )
        }
        Some(_) | None => areas,
    }
}

/// Names the areas that have never had a denominator. Names none if the known denominators add up
/// to nothing.
fn never_known(areas: &[AreaCode], sketch: &Sketch) -> String {
    if areas.is_empty() {
        return "the denominators add up to nothing".to_owned();
    }
    let verb = if areas.len() == 1 { "has" } else { "have" };
    let names: Vec<String> = areas.iter().map(|code| sketch.area_name(code)).collect();
    format!("{} {verb} no denominator", listed(&names, AREAS_MAX))
}

/// A share in percent that is too little for a headline: 79.99 does not read as 80.0.
fn short_of_enough(share: Number) -> String {
    in_percent(share, HEADLINE_PERCENT_MIN)
}

/// A share of 1 in percent that does not read as `bound` unless it is.
fn in_percent(share: Number, bound: i64) -> String {
    let number = share.ratio(1.into(), 100.into(), COVERED_DECIMALS);
    number.map_or_else(String::new, |number| {
        percent_unbroken(number.shown(1, Some(bound.into())))
    })
}

/// Maximum number of areas named in one sentence; the rest are only counted.
const AREAS_MAX: usize = 3;
/// The same of parts of the population.
const GROUPS_MAX: usize = 3;
/// Maximum number of later figures that are named as left out.
const LEFT_OUT_MAX: usize = 2;

#[cfg(test)]
mod tests;
