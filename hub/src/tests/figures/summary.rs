//! Data of pages about all locations at once agree with the figures.

use super::*;
use crate::figures::{Figure, Grid, Mark, Overview, Shared};

fn mark(figure: &Figure) -> Mark {
    let cell = &figure.cell;
    match cell.n_areas > 0 && !cell.is_partial() {
        true => Mark::Whole,
        false => Mark::Lacking {
            areas: cell.n_areas,
            of: cell.n_areas_expected,
            status: cell.status,
            why: cell.status_reason.clone(),
        },
    }
}

/// The grids of figures of locations.
fn grids_of(figures: &[&Figure]) -> Vec<Grid> {
    let mut grids: BTreeMap<_, Grid> = BTreeMap::new();
    let mut figures = figures.to_vec();
    figures.sort_by_key(|figure| figure.cell.key.period);
    for figure in figures {
        let key = &figure.cell.key;
        let grid = grids.entry(key.breakdown.clone()).or_insert_with(|| Grid {
            indicator: key.indicator.clone(),
            breakdown: key.breakdown.clone(),
            periods: Vec::new(),
            rows: BTreeMap::new(),
        });
        if grid.periods.last() != Some(&key.period) {
            grid.periods.push(key.period);
        }
        let code = key.level.location().unwrap().clone();
        grid.rows.entry(code).or_default().push(mark(figure));
    }
    grids.into_values().collect()
}

fn lines_of(figures: &[&Figure]) -> BTreeMap<String, Shared> {
    let mut lines: BTreeMap<String, Shared> = BTreeMap::new();
    for figure in figures {
        let cell = &figure.cell;
        let line = lines.entry(figure.location().to_owned()).or_default();
        if cell.n_areas > 0 {
            line.figures += 1;
            line.last = line.last.max(Some(cell.key.period));
        }
        line.not_collected |= cell.status == Status::NotCollected;
    }
    lines.retain(|_, line| *line != Shared::default());
    lines
}

/// The last figure of each label.
fn last_of<'f>(figures: impl Iterator<Item = &'f Figure>) -> Vec<String> {
    let mut last: BTreeMap<_, &Figure> = BTreeMap::new();
    for figure in figures {
        let known = last.entry(&figure.cell.key.breakdown).or_insert(figure);
        if known.cell.key.period < figure.cell.key.period {
            *known = figure;
        }
    }
    let texts = last.into_values().map(|figure| {
        let mut cell = figure.cell.clone();
        cell.bases.clear();
        let said = (&figure.standing, &figure.coverage, &figure.told_of);
        format!("{cell:?} {said:?}")
    });
    texts.collect()
}

/// Compares both for an indicator with what all of its figures say.
pub(super) async fn check(app: &AppHandle, when: &str) {
    let found = app.counted(|at| {
        let mut figures = at.rollup(&RollupQuery::default())?.unshown().figures;
        at.stand(&mut figures)?;
        let indicator = "VAX_PRIMARY".parse().unwrap();
        let grids = at.grids(&indicator)?.unshown();
        Ok((figures, grids, at.overview()?.unshown()))
    });
    let (figures, mut grids, overview) = found.await.unwrap();
    let Overview { last, .. } = overview.clone();
    let lines = overview.lines().clone();
    let (of_network, of_locations): (Vec<_>, Vec<_>) = figures
        .iter()
        .partition(|figure| figure.location().is_empty());
    grids.retain(|grid| !grid.periods.is_empty());
    grids.sort_by(|one, other| one.breakdown.cmp(&other.breakdown));
    assert_eq!(grids, grids_of(&of_locations), "{when}");
    let lines = lines.into_iter().flat_map(|(code, of_location)| {
        let shared = of_location.into_values().next();
        shared.map(|shared| (code.to_string(), shared))
    });
    let lines = lines.filter(|(_, line)| *line != Shared::default());
    assert_eq!(
        lines.collect::<BTreeMap<_, _>>(),
        lines_of(&of_locations),
        "{when}"
    );
    let expected = last_of(of_network.into_iter());
    assert_eq!(last_of(last.iter()), expected, "{when}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_of_one_location_names_no_other_whose_figure_is_not_in_it() {
    let (_dir, app) = kit::hub().await;
    let second = kit::DEFINITIONS.replace("version = 1", "version = 2");
    let second = format!(
        "{second}[indicator.from]\nversion = 1\nmapping = \"break\"\nreason = \"Another\"\n"
    );
    app.import_definitions(&second).await.unwrap();
    for one in app.definitions().unwrap() {
        let (code, area) = [("AA", "NORTH"), ("BB", "SOUTH")][usize::from(one.version == 2)];
        let code = kit::add_location(&app, code, &[area]).await;
        let mut device = Device::found(&app, &code).await;
        let edit = observe(area, "2023-05", statement(one.hash(), 5));
        let entry = device.edit("observations/2023", edit);
        device.push(&app, entry).await;
    }
    let figures = app.rollup(RollupQuery::default()).await.unwrap().unshown();
    let figures = figures.figures.iter().map(|one| {
        let codes = one.told_of.iter().map(ToString::to_string);
        (one.cell.n_areas, codes.collect::<Vec<_>>())
    });
    let [aa, bb] = ["AA", "BB"].map(|code| (1, vec![code.to_owned()]));
    assert_eq!(figures.collect::<Vec<_>>(), [aa, bb.clone(), bb]);
}

/// Two moments of a reader's choice, around one location's correction, differ by the correction.
#[tokio::test(flavor = "multi_thread")]
async fn a_sum_of_the_past_tells_of_each_location_in_it() {
    let (_dir, app) = kit::hub().await;
    app.import_definitions(kit::DEFINITIONS).await.unwrap();
    let hash = app.definitions().unwrap()[0].hash();
    for (code, area) in [("AA", "NORTH"), ("BB", "SOUTH")] {
        let code = kit::add_location(&app, code, &[area]).await;
        let mut device = Device::found(&app, &code).await;
        let entry = device.edit(
            "observations/2023",
            observe(area, "2023-05", statement(hash, 5)),
        );
        device.push(&app, entry).await;
    }
    for (is_past, expected) in [(false, vec![]), (true, vec!["AA", "BB"])] {
        let found = app.counted(move |now| {
            let moment = weft_host::clock::now().rfc3339().parse().unwrap();
            let past = is_past.then(|| now.as_of(moment)).transpose()?;
            let query = RollupQuery {
                level: Some(crate::figures::LevelWord::Network),
                ..RollupQuery::default()
            };
            past.as_ref().unwrap_or(now).rollup(&query)
        });
        let found = found.await.unwrap().unshown().figures;
        let codes = found.iter().flat_map(|one| &one.told_of);
        let codes: Vec<_> = codes.map(ToString::to_string).collect();
        assert_eq!(codes, expected, "{is_past}");
    }
}
