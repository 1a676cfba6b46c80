//! The newest published figure of each indicator about this location's place.

use weft_host::chart::{self, Line, Name, Small};
use weft_shared::{
    id::IndicatorCode,
    model::{
        observation::Breakdown,
        schema::{self, DocKind},
    },
    period::{Date, Period},
    rollup::series::Step,
    text::spelled,
    time::Timestamp,
};

use super::{Drawn, plotted, position, series_of, with_unit};
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
    view::IndicatorRow,
};

/// A published figure about the place, over all its areas.
#[derive(Clone, Debug)]
pub(crate) struct PlaceFigure {
    pub(crate) code: IndicatorCode,
    pub(crate) name: String,
    /// The figure with its unit.
    pub(crate) value: String,
    /// Its period, with its age if it is old: `2018, eight years old`.
    pub(crate) when: String,
    /// Its publisher and licence.
    pub(crate) source: String,
    /// A small chart of all periods.
    pub(crate) chart: String,
}

/// Returns the newest published figure of each indicator that has one of every area: those that
/// the national team puts first, then the others by code.
pub(crate) fn place_figures(
    replica: &mut Replica,
    max: usize,
    until: Option<Date>,
    now: Timestamp,
) -> Result<Vec<PlaceFigure>, DocumentError> {
    let today = replica.zone().day(now);
    let published = replica.published_indicators()?;
    let mut codes = first_codes(replica)?;
    codes.retain(|code| published.contains(code));
    let rest = published.into_iter().filter(|code| !codes.contains(code));
    let rest: Vec<IndicatorCode> = rest.collect();
    codes.extend(rest);
    let mut figures = Vec::new();
    for code in codes {
        if figures.len() == max {
            break;
        }
        let Some(row) = replica.indicator(&code)? else {
            continue;
        };
        figures.extend(figure(replica, &row, (until, today), now)?);
    }
    Ok(figures)
}

/// The indicators that the national team puts first.
fn first_codes(replica: &mut Replica) -> Result<Vec<IndicatorCode>, DocumentError> {
    let network = crate::view::first(DocKind::Network);
    let mut settings = replica.document(Owner::Hub, &network)?.settings();
    let text = settings.remove(schema::HEADLINE).unwrap_or_default();
    let codes = text.split_whitespace().filter_map(|code| code.parse().ok());
    Ok(codes.collect())
}

fn figure(
    replica: &mut Replica,
    row: &IndicatorRow,
    (until, today): (Option<Date>, Date),
    now: Timestamp,
) -> Result<Option<PlaceFigure>, DocumentError> {
    let figures = replica.figures(row, &[], now)?;
    let mut series = series_of(&figures.published, &Breakdown::Total, row);
    series.retain(|one| until.is_none_or(|until| one.period.start() <= until));
    let Some(newest) = series.last() else {
        return Ok(None);
    };
    let sources = replica.published(&row.definition.code)?;
    let source = sources
        .iter()
        .rev()
        .find(|one| one.key.period == newest.period);
    Ok(Some(PlaceFigure {
        code: row.definition.code.clone(),
        name: row.definition.name.clone(),
        value: with_unit(&row.definition, newest.value),
        when: when(newest.period, today),
        source: source.map_or_else(String::new, |one| one.source.line()),
        chart: chart(&series),
    }))
}

/// A period with its age, if that must lead: `2018, eight years old`.
pub(crate) fn when(period: Period, today: Date) -> String {
    match period.age(today) {
        Some(age) => format!(
            "{}, {} years old",
            period.words(),
            spelled(usize::from(age))
        ),
        None => period.words(),
    }
}

fn chart(series: &[Drawn<'_>]) -> String {
    let points = series.iter().filter_map(|one| {
        let point = chart::Point::new(position(one.period), plotted(one.value)?);
        Some(match one.step {
            None | Some(Step::Comparable | Step::CheckBase { .. }) => point,
            Some(Step::BaseChanged { .. }) => point.loose(),
            Some(Step::Break { .. } | Step::OtherAreas) => point.apart(),
        })
    });
    let line = Line::own("", points.collect());
    Small::over([&line]).strip(&[&line], Name::Hidden)
}
