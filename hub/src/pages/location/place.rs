//! About the place: an indicator as a strip, the location beside the network.

use weft_host::chart::{Name, Small};
use weft_shared::{
    id::LocationCode,
    model::indicator::Definition,
    period::{Date, Period},
    rollup::series::Step,
    seen::FigureSeen,
};

use super::super::{
    drawn::{Said, Series, at, ends, turns},
    told::{Aim, Changed, age, needs_ages},
    words::Measure,
};
use crate::{
    app::TargetView,
    figures::{Figure, Sketch},
};

/// An indicator as a row.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    /// Its part about the location alone.
    pub(super) line: FigureSeen,
    pub(super) page: String,
    pub(super) chart: String,
    /// The network's value for the same period.
    pub(super) network: String,
    /// The difference between the two, before rounding.
    pub(super) apart: String,
    /// Whether any piece is dotted.
    pub(super) loose: bool,
    pub(super) aimed: bool,
    pub(super) not_standardised: bool,
}

impl Strip {
    /// Describes one indicator of the location `code` on the day `today`. Its strip is of the time
    /// from the start of the first period of `span` to that of the last.
    pub(super) fn of(
        definition: &Definition,
        sketch: &Sketch,
        (code, span): (&LocationCode, Option<(Period, Period)>),
        (targets, today): (&[TargetView], Date),
    ) -> Self {
        let measure = Measure::of(definition);
        let none = Vec::new();
        let own = sketch.locations.get(code).unwrap_or(&none);
        let aim = Aim::of(targets, definition, sketch);
        let drawn = aim.as_ref().and_then(|aim| aim.drawn(&measure));
        let of_network = Series::of(&sketch.network, &measure, Said::Nothing).network("Network");
        let of_own = Series::of(own, &measure, Said::Nothing).own("");
        let small = Small::over([&of_network, &of_own])
            .ticks(ends(&sketch.network))
            .times(
                span.into_iter()
                    .flat_map(|(first, last)| [at(first), at(last)]),
            )
            .turns(&turns(&sketch.network));
        let small = match &drawn {
            Some(target) => small.target(target),
            None => small,
        };
        let is_loose = |figure: &Figure| {
            let step = figure.compared.as_ref().map(|one| &one.step);
            matches!(step, Some(Step::BaseChanged { .. }))
        };
        let strip = Self {
            line: FigureSeen {
                code: definition.code.to_string(),
                name: definition.name.clone(),
                name_mi: definition.name_mi.clone(),
                group: sketch.breakdown.words(),
                target: aim.map(|aim| aim.told(&measure)),
                when: String::new(),
                own: "none".to_owned(),
                chip: None,
                moved: None,
                series: own
                    .iter()
                    .filter_map(|figure| {
                        let period = figure.cell.key.period.words();
                        Some((period, measure.shown(figure.headline()?)))
                    })
                    .collect(),
            },
            page: format!("/indicators/{}", definition.code),
            chart: small.strip(&[&of_network, &of_own], Name::Hidden),
            network: String::new(),
            apart: String::new(),
            loose: own.iter().chain(&sketch.network).any(is_loose),
            aimed: drawn.is_some(),
            not_standardised: needs_ages(definition, &sketch.network),
        };
        let newest = own.iter().rev().find(|one| one.headline().is_some());
        match newest {
            Some(figure) => strip.told(sketch, (own, figure), (definition, today)),
            None => strip,
        }
    }

    fn told(
        mut self,
        sketch: &Sketch,
        (own, figure): (&[Figure], &Figure),
        (definition, today): (&Definition, Date),
    ) -> Self {
        let measure = Measure::of(definition);
        let period = figure.cell.key.period;
        self.line.when = period.words();
        if let Some(age) = age(figure, today) {
            self.line.when = format!("{}, {age}", self.line.when);
        }
        let value = figure.headline().unwrap_or_default();
        let partial = if figure.is_partial() { "*" } else { "" };
        self.line.own = format!("{}{partial}", measure.shown(value));
        let mut of_network = sketch.network.iter();
        let network = of_network.find(|one| one.cell.key.period == period);
        // A network of this location alone says nothing beside it.
        let is_alone = network.is_some_and(|one| one.cell.n_locations == 1);
        let network = network.filter(|one| one.cell.n_locations > 1);
        match network.and_then(Figure::headline) {
            Some(of_all) => {
                self.network = measure.shown(of_all);
                let points = if measure.percent { " points" } else { "" };
                self.apart = format!("{}{points}", measure.signed(value - of_all));
            }
            None if network.is_some_and(|one| one.cell.value.is_some()) => {
                "covers too little".clone_into(&mut self.network);
            }
            None if is_alone => "this location alone".clone_into(&mut self.network),
            None => "none".clone_into(&mut self.network),
        }
        let changed = Changed::of(figure, own, (definition, &measure));
        (self.line.chip, self.line.moved) = (changed.chip.map(str::to_owned), changed.moved);
        self
    }
}
