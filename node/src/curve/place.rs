//! The newest published figure of each indicator about this location's place.

use weft_host::chart::{self, Line, Name, Small};
use weft_shared::{
    id::IndicatorCode,
    model::{
        observation::Breakdown,
        schema::{self, DocKind},
    },
    period::{Date, Period},
    text::spelled,
    time::Timestamp,
};

use super::{aim, line, position, series_of};
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
    view::{IndicatorRow, Whose},
    words::figure::with_unit,
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
    let mut found = Vec::new();
    for code in codes {
        if found.len() == max {
            break;
        }
        let Some(row) = replica.indicator(&code)? else {
            continue;
        };
        found.extend(figure(replica, &row, (until, today), now)?);
    }
    // All have one span of time, so that a single figure stands at its own period.
    let times = found.iter().flat_map(|(_, lines)| &lines.times);
    let times: Vec<f64> = times.copied().collect();
    let figures = found.into_iter().map(|(figure, lines)| PlaceFigure {
        chart: lines.strip(&times),
        ..figure
    });
    Ok(figures.collect())
}

/// The lines of a small chart, and the network's target.
struct Lines {
    own: Line,
    network: Line,
    target: Option<chart::Target>,
    times: Vec<f64>,
}

impl Lines {
    fn strip(&self, times: &[f64]) -> String {
        let small = Small::over([&self.own, &self.network]).times(times.iter().copied());
        let small = match &self.target {
            Some(target) => small.target(target),
            None => small,
        };
        small.strip(&[&self.network, &self.own], Name::Hidden)
    }
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
) -> Result<Option<(PlaceFigure, Lines)>, DocumentError> {
    let figures = replica.figures(row, &[], now)?;
    let of_total = |cells| {
        let mut series = series_of(cells, &Breakdown::Total, row);
        series.retain(|one| until.is_none_or(|until| one.period.start() <= until));
        series
    };
    let (series, network) = (of_total(&figures.published), of_total(&figures.network));
    let Some(newest) = series.last() else {
        return Ok(None);
    };
    let sources = replica.published(&row.definition.code)?;
    let source = sources
        .iter()
        .rev()
        .find(|one| one.key.period == newest.period);
    let drawn = series.iter().chain(&network);
    let lines = Lines {
        times: drawn.map(|one| position(one.period)).collect(),
        own: line(&row.definition, 0, "", &series),
        network: line(&row.definition, 1, "", &network),
        target: target(replica, row, now)?,
    };
    let figure = PlaceFigure {
        code: row.definition.code.clone(),
        name: row.definition.name.clone(),
        value: with_unit(&row.definition, newest.value),
        when: when(newest.period, today),
        source: source.map_or_else(String::new, |one| one.source.line()),
        chart: String::new(),
    };
    Ok(Some((figure, lines)))
}

/// The network's target for everybody.
fn target(
    replica: &mut Replica,
    row: &IndicatorRow,
    now: Timestamp,
) -> Result<Option<chart::Target>, DocumentError> {
    let targets = replica.targets(Some(&row.definition.code), now)?;
    let of_all = targets.iter().find(|one| {
        one.whose == Whose::Network
            && one.target.area.is_none()
            && one.target.is_for(&Breakdown::Total, &row.definition)
    });
    Ok(of_all.and_then(|one| aim(one, String::new())))
}

/// The name of a place for a label, which has little room: `Far North` of `Example team: Far
/// North`.
pub(super) fn label(name: &str) -> &str {
    name.rsplit(": ").next().unwrap_or(name)
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

#[cfg(test)]
mod tests {
    use weft_shared::{
        id::RecordId,
        model::{Audience, record::Fields, schema::RecordKind},
    };

    use super::*;
    use crate::{
        kit::{Kit, now},
        replica::Edit,
    };

    #[test]
    fn a_target_of_our_own_is_not_drawn_beside_the_place() {
        let mut replica = Kit::new().open_published();
        let code = "VAX_PRIMARY".parse().unwrap();
        let fields = [
            ("indicator", "VAX_PRIMARY"),
            ("value", "70"),
            ("period", "2026-05"),
            ("groups", "every"),
            ("why", "Example: agreed"),
        ];
        let fields: Fields = fields
            .map(|(key, text)| (key.to_owned(), text.into()))
            .into();
        let id = RecordId::from_parts(now(1), [1; 10]);
        let mut edit = Edit::default();
        edit.on(DocKind::Plan(1), move |editor| {
            editor.put_record(RecordKind::Target, &id, Audience::Released, &fields)
        });
        replica.save(vec![edit], now(2)).unwrap();
        assert_eq!(replica.targets(Some(&code), now(3)).unwrap().len(), 1);
        let row = replica.indicator(&code).unwrap().unwrap();
        assert!(target(&mut replica, &row, now(3)).unwrap().is_none());
    }

    #[test]
    fn a_part_with_a_target_leads_where_everybody_has_no_figure() {
        let mut replica = Kit::new().open_published();
        let code = "VAX_PRIMARY".parse().unwrap();
        let fields = [
            ("indicator", "VAX_PRIMARY"),
            ("value", "90"),
            ("period", "2026-05"),
            ("breakdown", "age=12+"),
            ("why", "Example: agreed"),
        ];
        let fields: Fields = fields
            .map(|(key, text)| (key.to_owned(), text.into()))
            .into();
        let id = RecordId::from_parts(now(1), [1; 10]);
        let mut edit = Edit::default();
        edit.on(DocKind::Plan(1), move |editor| {
            editor.put_record(RecordKind::Target, &id, Audience::Released, &fields)
        });
        replica.save(vec![edit], now(2)).unwrap();
        let targets = replica.targets(Some(&code), now(3)).unwrap();
        let row = replica.indicator(&code).unwrap().unwrap();
        let (young, old) = (Breakdown::by("age", "5-11"), Breakdown::by("age", "12+"));
        let mut parts = [young.clone(), old.clone()];
        crate::curve::lead(&mut parts, &targets, &row.definition);
        assert_eq!(parts, [old.clone(), young.clone()]);
        let mut parts = [Breakdown::Total, young.clone(), old.clone()];
        crate::curve::lead(&mut parts, &targets, &row.definition);
        assert_eq!(parts, [Breakdown::Total, young, old]);
    }
}
