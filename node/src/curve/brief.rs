//! The newest figure of an indicator in a few words, with a strip.

use weft_host::chart::{Name, Small};
use weft_shared::{model::observation::Breakdown, period::Date, text::spelled};

use super::{holding, is_whole, line, parts, series_of};
use crate::{
    view::{Figures, IndicatorRow, TargetRow},
    words::figure::{self, with_unit},
};

/// The newest figure of an indicator in a few words, and its curve as a strip.
pub(crate) struct Brief {
    pub(crate) words: String,
    pub(crate) strip: String,
    /// Whether the figure is this location's own, not a published one.
    pub(crate) is_own: bool,
}

/// Says the newest figure over all areas, and draws the curve small; `None` if there is none that
/// covers every area. An old figure leads with its age.
pub(crate) fn brief(
    row: &IndicatorRow,
    figures: &Figures,
    targets: &[TargetRow],
    today: Date,
) -> Option<Brief> {
    let definition = &row.definition;
    let own = figures.own.iter().any(is_whole);
    let cells = if own {
        &figures.own
    } else {
        &figures.published
    };
    let parts = parts(cells, targets, definition);
    let part = parts.first()?;
    let series = series_of(cells, part, row);
    let newest = series.last()?;
    let figure = with_unit(definition, newest.value);
    let who = match part {
        Breakdown::Total => String::new(),
        part => format!(" ({})", figure::heading(part)),
    };
    let when = newest.period.words();
    let published = if own { "" } else { ", as published" };
    let words = match newest.period.age(today) {
        Some(age) => {
            let age = spelled(usize::from(age));
            format!("{when}, {age} years old: {figure}{who}{published}")
        }
        None => format!("{figure}{who} in {when}{published}"),
    };
    let drawn = line(definition, 0, "", &series);
    let of_network = if own { &[][..] } else { &figures.network };
    let of_network = series_of(of_network, part, row);
    let network = line(definition, 1, "", &of_network);
    let small = Small::over([&drawn, &network]);
    let aim = holding(targets, part, definition);
    let aim = aim.and_then(|row| super::aim(row, String::new()));
    let small = match &aim {
        Some(aim) => small.target(aim),
        None => small,
    };
    Some(Brief {
        words,
        is_own: own,
        strip: small.strip(&[&network, &drawn], Name::Hidden),
    })
}
