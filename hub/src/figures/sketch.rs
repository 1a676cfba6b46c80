//! Indicators as pages draw them: one part of the population over time, for the network and for
//! some of its locations.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use weft_shared::{
    id::{AreaCode, IndicatorCode, LocationCode},
    model::observation::Breakdown,
    period::{Frequency, Period},
    rollup::Level,
};

use super::{Figure, rows::Rows};
use crate::{
    aggregate::reader::{Label, Reader},
    app::{AppError, Counted, OfLocations, Unrecorded},
    store::StoreError,
};

/// The series of one part of the population.
#[derive(Clone, Debug)]
pub struct Sketch {
    /// The indicator.
    pub indicator: IndicatorCode,
    /// The part: what was asked for, else the total, else the first part by name.
    pub breakdown: Breakdown,
    /// All parts with figures, the total first.
    pub groups: Vec<Breakdown>,
    /// The network's figures, each with its standing. All are of one frequency, in order.
    pub network: Vec<Figure>,
    /// The same of each location that was asked for and counts.
    pub locations: BTreeMap<LocationCode, Vec<Figure>>,
    /// The names of all areas of the network.
    pub areas: Arc<BTreeMap<AreaCode, String>>,
}

impl Sketch {
    /// The network's newest figure that may stand alone.
    pub fn newest(&self) -> Option<&Figure> {
        let mut figures = self.network.iter().rev();
        figures.find(|figure| figure.headline().is_some())
    }

    /// Returns an area's name, or its code if no location has it.
    pub fn area_name(&self, code: &AreaCode) -> String {
        let name = self.areas.get(code);
        name.map_or_else(|| code.to_string(), Clone::clone)
    }
}

impl Counted<'_> {
    /// Returns the series of indicators that have figures, in this order: of the part of the
    /// population that is named, or else of the first. Locations' series are read for `locations`
    /// only.
    ///
    /// # Errors
    /// If the store fails.
    pub fn sketches(
        &self,
        wanted: &[(IndicatorCode, Option<Breakdown>)],
        locations: &[LocationCode],
    ) -> Result<Unrecorded<Vec<Sketch>>, AppError> {
        let mut reader = self.reader()?;
        let all = reader.labels(None)?;
        let areas = self.network.members().flat_map(|one| &one.place.areas);
        let areas = areas.map(|area| (area.code.clone(), area.name.clone()));
        let areas = Arc::new(areas.collect::<BTreeMap<_, _>>());
        let (mut chosen, mut sketches) = (Vec::new(), BTreeMap::new());
        for (at, (code, breakdown)) in wanted.iter().enumerate() {
            let labels: Vec<&Label> = all.iter().filter(|one| one.indicator == *code).collect();
            let Some((label, groups)) = choose(&reader, labels, breakdown.as_ref())? else {
                continue;
            };
            let sketch = Sketch {
                indicator: code.clone(),
                breakdown: label.breakdown.clone(),
                groups,
                network: Vec::new(),
                locations: BTreeMap::new(),
                areas: Arc::clone(&areas),
            };
            sketches.insert(code.clone(), (at, sketch));
            chosen.push(label);
        }
        chosen.sort_by(|one, other| one.indicator.cmp(&other.indicator));
        let levels = locations.iter().cloned().map(Level::Location);
        for level in [Level::Network].into_iter().chain(levels) {
            let mut rows = Rows::of_level(reader, &chosen, level.clone());
            let mut figures = rows.by_ref().collect::<Result<Vec<Figure>, _>>()?;
            reader = rows.into_reader();
            self.stand_with_value(&mut figures)?;
            for figure in figures {
                let of_code = sketches.get_mut(&figure.cell.key.indicator);
                if let Some((_, sketch)) = of_code {
                    sketch.series(&level).push(figure);
                }
            }
        }
        let mut sketches: Vec<(usize, Sketch)> = sketches.into_values().collect();
        sketches.sort_by_key(|(at, _)| *at);
        let sketches = sketches.into_iter().map(|(_, mut sketch)| {
            sketch.keep_one_frequency();
            sketch
        });
        Ok(Unrecorded::new(sketches.collect()))
    }

    /// Works out the standing of those that have a value: the others stand nowhere.
    fn stand_with_value(&self, figures: &mut [Figure]) -> Result<(), AppError> {
        figures.sort_by_key(|figure| figure.cell.value.is_none());
        let with_value = figures.partition_point(|figure| figure.cell.value.is_some());
        self.stand(&mut figures[..with_value])
    }
}

impl Sketch {
    fn series(&mut self, level: &Level) -> &mut Vec<Figure> {
        match level {
            Level::Network => &mut self.network,
            Level::Location(code) => self.locations.entry(code.clone()).or_default(),
        }
    }

    /// Keeps the figures of the frequency of the network's newest one, and sorts them by time:
    /// years that a survey pooled are no points between single ones.
    fn keep_one_frequency(&mut self) {
        let order = |period: Period| (period.end(), period);
        let newest = self.network.iter().map(|one| one.cell.key.period);
        let frequency = newest.max_by_key(|one| order(*one)).map(Period::frequency);
        let keep = |figures: &mut Vec<Figure>| {
            figures.retain(|one| frequency_of(one) == frequency);
            figures.sort_by_key(|one| order(one.cell.key.period));
        };
        keep(&mut self.network);
        self.locations.values_mut().for_each(keep);
    }
}

fn frequency_of(figure: &Figure) -> Option<Frequency> {
    Some(figure.cell.key.period.frequency())
}

/// Chooses the label that is drawn, among those of which the network has a figure, and names all of
/// these; `None` if there are none.
fn choose(
    reader: &Reader<'_>,
    mut labels: Vec<&Label>,
    breakdown: Option<&Breakdown>,
) -> Result<Option<(Label, Vec<Breakdown>)>, StoreError> {
    labels.sort_by_cached_key(|label| label.breakdown.order());
    let mut with_figures = Vec::new();
    for label in labels {
        let periods: Vec<Period> = reader.periods(label)?.into_iter().collect();
        if reader
            .last_of_network(label, &periods, |_| Some(()))?
            .is_some()
        {
            with_figures.push(label);
        }
    }
    let folded = breakdown.map(Breakdown::folded);
    let asked = with_figures
        .iter()
        .find(|label| Some(label.breakdown.folded()) == folded);
    let chosen = asked.or_else(|| with_figures.first());
    Ok(chosen.map(|label| {
        let groups = with_figures.iter().map(|one| one.breakdown.clone());
        ((*label).clone(), groups.collect())
    }))
}

/// Figures of locations are theirs; a sum of the network is one location's if no other is in it.
impl OfLocations for Vec<Sketch> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let of_network = self.iter().flat_map(|sketch| &sketch.network);
        let told_of = of_network.flat_map(|figure| figure.told_of.iter().cloned());
        let own = self.iter().flat_map(|sketch| &sketch.locations);
        let own = own.filter(|(_, figures)| figures.iter().any(is_shown));
        let own = own.map(|(code, _)| code.clone());
        own.chain(told_of).collect()
    }
}

/// Whether a location said anything in it, even that it hides the figure.
fn is_shown(figure: &Figure) -> bool {
    figure.cell.n_areas > 0 || !figure.cell.status_reason.is_empty()
}
