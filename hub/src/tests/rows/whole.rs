//! Two locations, queries about them, and the figures that whole series give.

use std::collections::BTreeMap;

use weft_shared::rollup::{Cell, CellKey, Level};

use super::super::{
    figures::{observe, statement},
    web::Scene,
};
use crate::{
    aggregate::reader::{CellFilter, Reader},
    app::{AppError, AppHandle},
    figures::{Compared, Figure, LevelWord, RollupQuery, compare::Before, rows::Place},
    kit::{self, Device},
};

/// Two locations with months and years, some of them without a figure.
pub(super) async fn series() -> Scene {
    let mut scene = Scene::new().await;
    let code = kit::add_location(&scene.app, "HV", &["EAST"]).await;
    let mut other = Device::found(&scene.app, &code).await;
    let definition = scene.definition;
    for (year, period, numerator) in [
        ("2022", "2022-11", 30),
        ("2022", "2022", 31),
        ("2023", "2023-02", 32),
        ("2023", "2023", 33),
        ("2024", "2024-01", 34),
    ] {
        let said = observe("EAST", period, statement(definition, numerator));
        let entry = other.edit(&format!("observations/{year}"), said);
        other.push(&scene.app, entry).await;
        let said = observe("NORTH", period, statement(definition, numerator + 20));
        let entry = scene.device.edit(&format!("observations/{year}"), said);
        scene.device.push(&scene.app, entry).await;
    }
    // Pooled years overlap: the order in which they end is not the order in which they begin.
    let yearly = kit::DEFINITIONS.replace("VAX_PRIMARY", "YEARLY");
    let yearly = yearly.replace("\"month\"", "\"year\"");
    scene.app.import_definitions(&yearly).await.unwrap();
    let definitions = scene.app.definitions().unwrap();
    let yearly = definitions.iter().find(|one| one.code.as_str() == "YEARLY");
    let yearly = yearly.unwrap().hash();
    for (year, period) in [
        ("2020", "Y2017-2020"),
        ("2019", "Y2018-2019"),
        ("2021", "Y2018-2021"),
        ("2020", "2020"),
    ] {
        let key = format!("YEARLY/EAST/{period}/age=12%2B").parse().unwrap();
        let entry = other.edit(&format!("observations/{year}"), |editor| {
            editor.put_observation(&key, &statement(yearly, 40), None)
        });
        other.push(&scene.app, entry).await;
    }
    scene
}

pub(super) fn of_network() -> RollupQuery {
    RollupQuery {
        level: Some(LevelWord::Network),
        ..RollupQuery::default()
    }
}

pub(super) fn queries() -> Vec<RollupQuery> {
    let all = RollupQuery::default();
    let network = of_network();
    let of_one = RollupQuery {
        location: Some("HV".parse().unwrap()),
        ..all.clone()
    };
    let unconfirmed = RollupQuery {
        location: Some("WT".parse().unwrap()),
        ..all.clone()
    };
    let ranges = ["2023-02..2023-03", "2024-01", "2023", "2025-01"].map(|range| RollupQuery {
        period: Some(range.parse().unwrap()),
        ..all.clone()
    });
    [vec![all, network, of_one, unconfirmed], ranges.to_vec()].concat()
}

/// The figures from the facts of whole series, each compared with the one before it, in the
/// order of their keys.
pub(super) async fn whole(app: &AppHandle, query: &RollupQuery) -> Vec<Figure> {
    let query = query.clone();
    let found = app.counted(move |at| {
        let reader = Reader::new(at.conn, &at.network)?;
        let mut cells = Vec::new();
        reader.cells(&CellFilter::from(&query), |cell| cells.push(cell))?;
        let mut order: Vec<usize> = (0..cells.len()).collect();
        order.sort_by_key(|at| cells[*at].key.period);
        let mut compared: BTreeMap<usize, Compared> = BTreeMap::new();
        let mut last: BTreeMap<_, Before> = BTreeMap::new();
        for (place, cell) in order.into_iter().map(|place| (place, &cells[place])) {
            let CellKey {
                indicator,
                period,
                breakdown,
                level,
            } = cell.key.clone();
            let series = (indicator, period.frequency(), breakdown.folded(), level);
            let versions = at.network.versions(&cell.key.indicator).unwrap();
            let Some(this) = Before::of(cell) else {
                continue;
            };
            if let Some(last) = last.get(&series) {
                let found = last.and(&this, versions, |_| Ok::<_, AppError>(Vec::new()));
                compared.insert(place, found?);
            }
            last.insert(series, this);
        }
        let figure = |(place, cell): (usize, Cell)| {
            let is_network = cell.key.level == Level::Network;
            let is_told = is_network && (cell.n_locations == 1 || at.as_of.is_some());
            let contributors = is_told.then(|| reader.contributors(&cell.key));
            let mut figure = Figure::from(cell);
            figure.compared = compared.remove(&place);
            if let Some(contributors) = contributors {
                figure.told_of = contributors?;
            }
            Ok::<_, AppError>(figure)
        };
        let figures = cells.into_iter().enumerate().map(figure);
        let mut figures: Vec<Figure> = figures.collect::<Result<_, _>>()?;
        figures.retain(|figure| {
            let period = figure.cell.key.period;
            query.period.is_none_or(|range| range.contains(period))
        });
        figures.sort_by_cached_key(|figure| {
            let (key, texts) = (&figure.cell.key, figure.key());
            let newest = at.network.newest(&key.indicator);
            let place = Place::of(newest, &key.breakdown);
            let level = (texts.is_network, texts.location);
            (texts.indicator, texts.period, place, level)
        });
        Ok(figures)
    });
    found.await.unwrap()
}
