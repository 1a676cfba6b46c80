//! "See it as they see it": this location as the national team sees it, and as analysts do. The hub
//! sends data, and these pages write it out; no markup of the hub's is ever shown.

use askama::Template;
use weft_shared::{release::RowLine, seen::LocationSeen};

use super::{
    Answered, Reply, Visit,
    moment::Moment,
    shell::{Section, Shell},
};
use crate::view::SeenByAnalysts;

#[derive(Template)]
#[template(path = "seen.html")]
struct NationalPage {
    shell: Shell,
    /// When the hub made it; none if it has not said anything yet.
    made: Option<Moment>,
    /// None if there is nothing yet, or if it cannot be read.
    seen: Option<LocationSeen>,
}

#[derive(Template)]
#[template(path = "seen-releases.html")]
struct AnalystPage {
    shell: Shell,
    releases: Vec<Released>,
}

/// The part of one release that is about this location.
struct Released {
    id: String,
    title: String,
    state: String,
    anybody: bool,
    /// The first rows, each with its indicator's name; none if they were too many to be sent.
    rows: Option<Vec<(String, RowLine)>>,
    more: usize,
    left_out: Vec<(String, String)>,
}

/// Number of releases on the page, and of rows of each; the command lists all rows.
const RELEASES_MAX: usize = 6;
const ROWS_MAX: usize = 200;

impl Visit<'_> {
    /// This location as the national team sees it.
    pub(super) fn seen_by_team(&mut self) -> Answered {
        let shell = self.shell(Section::Sharing, "As the national team sees us")?;
        let kept = self.replica.seen_by_team()?;
        let made = kept.as_ref().map(|kept| self.calendar.moment(kept.at));
        let page = NationalPage {
            shell,
            made,
            seen: kept.and_then(|kept| kept.content),
        };
        Reply::page(false, &page)
    }

    /// This location as analysts see it.
    pub(super) fn seen_by_analysts(&mut self) -> Answered {
        let shell = self.shell(Section::Sharing, "As an analyst sees us")?;
        let releases = self.replica.seen_by_analysts(RELEASES_MAX)?;
        let releases = releases.into_iter().map(Released::of).collect();
        Reply::page(false, &AnalystPage { shell, releases })
    }
}

impl Released {
    fn of(seen: SeenByAnalysts) -> Self {
        let notice = seen.notice.as_ref();
        let count = seen.rows.as_ref().map_or(0, Vec::len);
        let rows = seen.rows.map(|rows| {
            let lines = rows.iter().take(ROWS_MAX);
            let lines = lines.map(|row| (row.indicator_name.clone(), row.line()));
            lines.collect::<Vec<_>>()
        });
        let left_out = seen.left_out.into_iter();
        Self {
            title: notice.map_or_else(String::new, |notice| notice.title.clone()),
            state: notice.map_or_else(String::new, |notice| notice.state.label().to_owned()),
            anybody: notice.is_some_and(|notice| notice.open),
            id: seen.id.to_string(),
            more: count.saturating_sub(ROWS_MAX),
            rows,
            left_out: left_out
                .take(ROWS_MAX)
                .map(|(key, why)| (key.typed(), why))
                .collect(),
        }
    }
}
