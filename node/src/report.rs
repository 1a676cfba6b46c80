//! The report of a period, to a funder, a board or the community: what was worked on, what shifted,
//! what was heard, the location's own measures, and published figures about the place.
//!
//! [`read`] takes from the documents only what the reader may see, and [`make`] puts it in order
//! without touching the world. The command writes it as a file, the page shows it.
//!
//! The three readers differ:
//! - The **funder** reads work against plan first: for each initiative the actions that were due,
//!   done and late. It sees what may be released.
//! - The **board** reads first what needs it: late actions with the names of their owners. It sees
//!   what the network sees.
//! - The **community** reads first what was heard, and then what is done about it, without counts
//!   and owners. It sees what may be released.

pub(crate) mod file;
mod left_out;
mod read;
mod section;
mod span;
#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use weft_shared::{
    model::{Audience, plan::ActionState},
    period::{Date, day_words},
    text::{BadText, counted},
};

pub(crate) use self::{
    left_out::LeftOut,
    read::read,
    section::{Part, Place, Section},
    span::Span,
};
use crate::{
    curve::{Curve, PlaceFigure},
    words::excerpt,
};

/// Maximum initiatives in a report.
const WORK_MAX: usize = 8;
/// Maximum insights in a report: the latest.
const HEARD_MAX: usize = 4;
/// Maximum characters of the words of one.
const HEARD_CHARS_MAX: usize = 350;
/// Maximum characters of a condition before and after it shifted, and of its evidence.
const SHIFT_CHARS_MAX: usize = 200;
/// Maximum lines of a list of late actions, and of what shifted.
const LINES_MAX: usize = 5;
/// Maximum indicators with a chart.
pub(crate) const MEASURES_MAX: usize = 3;
/// Maximum indicators about the place with a chart.
pub(crate) const COUNTED_MAX: usize = 2;
/// Maximum published figures.
pub(crate) const PLACE_MAX: usize = 10;

/// The people whom a report is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Funder,
    Board,
    Community,
}

impl Reader {
    pub(crate) const ALL: [Self; 3] = [Self::Funder, Self::Board, Self::Community];

    /// Its word on the command line and in addresses.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Funder => "funder",
            Self::Board => "board",
            Self::Community => "community",
        }
    }

    /// The narrowest audience of what this reader sees.
    pub(crate) const fn sees(self) -> Audience {
        match self {
            Self::Funder | Self::Community => Audience::Released,
            Self::Board => Audience::Network,
        }
    }

    /// Whether this reader may see a record.
    pub(crate) fn may_see(self, audience: Audience) -> bool {
        audience >= self.sees()
    }
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Reader {
    type Err = BadText;

    fn from_str(word: &str) -> Result<Self, BadText> {
        let known = Self::ALL.into_iter().find(|one| one.word() == word);
        known.ok_or_else(|| BadText::new(word, "is no reader: write funder, board or community"))
    }
}

/// The content of a report: only what its reader may see.
#[derive(Default)]
pub(crate) struct Content {
    pub(crate) place: String,
    pub(crate) network: String,
    pub(crate) initiatives: Vec<Initiative>,
    pub(crate) actions: Vec<Action>,
    pub(crate) markers: Vec<Marker>,
    pub(crate) insights: Vec<Heard>,
    /// Measures of the work.
    pub(crate) measures: Vec<Measure>,
    /// Indicators about the place that this location counts: no team's result.
    pub(crate) counted: Vec<Measure>,
    pub(crate) figures: Vec<PlaceFigure>,
    /// The records and values that the reader may not see.
    pub(crate) left_out: LeftOut,
}

/// An initiative as it was in the period.
#[derive(Clone, Debug, Default)]
pub(crate) struct Initiative {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) description: String,
    /// Outcomes and partners by name.
    pub(crate) outcomes: Vec<String>,
    pub(crate) partners: Vec<String>,
    /// The status at the end of the period, in words; empty if it has none.
    pub(crate) status: String,
    /// Changes of status in the period: the day, and from what to what.
    pub(crate) moves: Vec<(Date, String, String)>,
}

/// An action of the period.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    pub(crate) what: String,
    pub(crate) owner: Option<String>,
    pub(crate) due: Option<Date>,
    pub(crate) state: Option<ActionState>,
    /// The id of its initiative, and its title.
    pub(crate) initiative: Option<(String, String)>,
}

/// A condition that shifted.
#[derive(Clone, Debug)]
pub(crate) struct Marker {
    pub(crate) condition: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) evidence: String,
    pub(crate) on: Option<Date>,
}

/// Something heard.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) words: String,
    /// The name of the person who said it, as they want to be named, the setting and the day.
    pub(crate) meta: String,
    pub(crate) on: Date,
}

/// An indicator that the location reports, drawn.
pub(crate) struct Measure {
    /// Its place among the charts of the report, from 1.
    pub(crate) number: usize,
    pub(crate) name: String,
    /// The people who are counted.
    pub(crate) who: String,
    pub(crate) curve: Curve,
}

/// The words in place of a measure's chart.
pub(crate) fn alt(measure: &Measure) -> String {
    format!("{}: {}.", measure.name, measure.curve.headline)
}

/// A report that is ready to be shown.
pub(crate) struct Report {
    pub(crate) title: String,
    pub(crate) place: String,
    pub(crate) period: String,
    /// The day on which it was made, and whether the period goes on.
    pub(crate) made: String,
    pub(crate) source: String,
    pub(crate) sections: Vec<Section>,
    /// A sentence about those for our team only; empty if there are none.
    pub(crate) left_out: String,
    /// A sentence about the others that the reader may not see, for the team alone.
    pub(crate) further: String,
}

/// An initiative against its plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WorkRow {
    pub(crate) title: String,
    /// Outcomes and partners, in a line.
    pub(crate) about: String,
    pub(crate) status: String,
    /// Actions that were due or done in the period, those that are done, and those that are late.
    pub(crate) planned: usize,
    pub(crate) done: usize,
    pub(crate) late: usize,
}

/// An action that is late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LateRow {
    pub(crate) what: String,
    pub(crate) initiative: String,
    pub(crate) owner: String,
    pub(crate) due: String,
}

/// Something that shifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(crate) what: String,
    pub(crate) change: String,
    /// Evidence and day, in a line.
    pub(crate) meta: String,
}

/// Puts a report in the order of its reader.
pub(crate) fn make(content: Content, reader: Reader, span: &Span, today: Date) -> Report {
    let (place, network) = (content.place.clone(), content.network.clone());
    let left_out = content.left_out.clone();
    let work = || work(&content, span, today);
    let shifted = shifted(&content);
    let late = late(&content, span, today);
    let doing: Vec<Initiative> = content.initiatives.clone();
    let work_section = match reader {
        Reader::Funder | Reader::Board => work(),
        Reader::Community => section("work", "What we are doing", "", Part::Doing(doing)),
    };
    let heard = heard(content.insights, reader);
    let measures = section(
        "measures",
        "Our own measures",
        "What this location counts itself, over all its areas.",
        Part::Measures(content.measures),
    );
    let figures = section(
        "place",
        "About the place",
        "Figures about the place. They describe everybody who lives there, and are no team’s \
         result.",
        Part::Place(Place {
            published: content.figures,
            counted: content.counted,
        }),
    );
    let late = section(
        "late",
        "What needs the board",
        "Actions whose day has passed.",
        Part::Late(late),
    );
    let order = match reader {
        Reader::Funder => vec![work_section, shifted, measures, heard, figures],
        Reader::Board => vec![late, work_section, shifted, measures, heard, figures],
        Reader::Community => vec![heard, work_section, shifted, measures, figures],
    };
    let sections = order.into_iter().filter(|one| !one.is_empty());
    let mut sections: Vec<Section> = sections.map(Section::cut).collect();
    let charts = sections.iter_mut().flat_map(|one| one.part.charts_mut());
    for (number, measure) in (1..).zip(charts) {
        measure.number = number;
    }
    let so_far = if span.to > today { ", so far" } else { "" };
    Report {
        title: match reader {
            Reader::Funder => "Report to our funder",
            Reader::Board => "Report to our board",
            Reader::Community => "Report to our community",
        }
        .to_owned(),
        period: format!("{}{so_far}", weft_shared::text::capital(&span.words)),
        made: day_words(today),
        source: format!("{place}’s own records in {network}, kept with Weft"),
        sections,
        place,
        left_out: left_out.words(),
        further: left_out.further_words(reader),
    }
}

fn section(id: &'static str, heading: &'static str, lede: &str, part: Part) -> Section {
    Section {
        id,
        heading,
        lede: lede.to_owned(),
        part,
        more: String::new(),
    }
}

fn work(content: &Content, span: &Span, today: Date) -> Section {
    let mut rows: Vec<WorkRow> = Vec::new();
    for one in &content.initiatives {
        let partners = one.partners.join(", ");
        let about = [
            (!one.outcomes.is_empty()).then(|| format!("for {}", one.outcomes.join(", "))),
            (!partners.is_empty()).then(|| format!("with {partners}")),
        ];
        let about: Vec<String> = about.into_iter().flatten().collect();
        let mut row = WorkRow {
            title: one.title.clone(),
            about: about.join("; "),
            status: one.status.clone(),
            ..WorkRow::default()
        };
        let id = Some(&one.id);
        row.count(
            content.actions.iter().filter(|of| of.of() == id),
            span,
            today,
        );
        rows.push(row);
    }
    let mut alone = WorkRow {
        title: "Other actions".to_owned(),
        ..WorkRow::default()
    };
    let known = |id: &String| content.initiatives.iter().any(|one| one.id == *id);
    let without = |action: &&Action| !action.of().is_some_and(known);
    alone.count(content.actions.iter().filter(without), span, today);
    rows.extend((alone.planned > 0).then_some(alone));
    let sum = |of: fn(&WorkRow) -> usize| rows.iter().map(of).sum::<usize>();
    let (planned, done, late) = (
        sum(|row| row.planned),
        sum(|row| row.done),
        sum(|row| row.late),
    );
    let lede = match planned {
        0 => String::new(),
        planned => format!(
            "{}: {done} done, {late} late, {} still to come or given up.",
            counted(planned, "action was planned", "actions were planned"),
            planned - done - late
        ),
    };
    section("work", "What we planned and did", &lede, Part::Work(rows))
}

impl WorkRow {
    fn count<'a>(&mut self, actions: impl Iterator<Item = &'a Action>, span: &Span, today: Date) {
        for action in actions {
            self.planned += 1;
            self.done += usize::from(action.state == Some(ActionState::Done));
            self.late += usize::from(action.is_late(span, today));
        }
    }
}

impl Action {
    fn of(&self) -> Option<&String> {
        self.initiative.as_ref().map(|(id, _)| id)
    }

    /// Whether its day has passed and it is neither done nor given up.
    fn is_late(&self, span: &Span, today: Date) -> bool {
        let over = [Some(ActionState::Done), Some(ActionState::Dropped)];
        let passed = |due: Date| due < today && span.has(due);
        !over.contains(&self.state) && self.due.is_some_and(passed)
    }
}

fn late(content: &Content, span: &Span, today: Date) -> Vec<LateRow> {
    let late = content
        .actions
        .iter()
        .filter(|one| one.is_late(span, today));
    let mut late: Vec<&Action> = late.collect();
    late.sort_by_key(|one| one.due);
    let row = |one: &&Action| LateRow {
        what: one.what.clone(),
        initiative: one
            .initiative
            .as_ref()
            .map_or_else(String::new, |(_, title)| title.clone()),
        owner: one.owner.clone().unwrap_or_else(|| "not stated".to_owned()),
        due: one.due.map_or_else(String::new, day_words),
    };
    late.iter().map(row).collect()
}

fn shifted(content: &Content) -> Section {
    let markers = content.markers.iter().map(|one| {
        let short = |text: &str| excerpt(text, SHIFT_CHARS_MAX);
        let (from, to) = (short(&one.from), short(&one.to));
        let change = match (from.is_empty(), to.is_empty()) {
            (false, false) => format!("Before: {from} · Now: {to}"),
            (true, _) => to,
            (false, true) => format!("Before: {from}"),
        };
        let evidence = short(&one.evidence);
        let evidence = (!evidence.is_empty()).then(|| format!("Evidence: {evidence}"));
        let meta: Vec<String> = [evidence, one.on.map(day_words)]
            .into_iter()
            .flatten()
            .collect();
        Shift {
            what: one.condition.clone(),
            change,
            meta: meta.join(" · "),
        }
    });
    let moved = content.initiatives.iter().flat_map(|one| {
        one.moves.iter().map(|(on, from, to)| Shift {
            what: one.title.clone(),
            change: match from.is_empty() {
                true => format!("Now {to}."),
                false => format!("From {from} to {to}."),
            },
            meta: day_words(*on),
        })
    });
    let all = markers.chain(moved).collect();
    section("shifted", "What shifted", "", Part::Shifted(all))
}

fn heard(mut insights: Vec<Heard>, reader: Reader) -> Section {
    insights.sort_by_key(|one| std::cmp::Reverse(one.on));
    for one in &mut insights {
        one.words = excerpt(&one.words, HEARD_CHARS_MAX);
    }
    let heading = match reader {
        Reader::Funder | Reader::Board => "What we heard",
        Reader::Community => "What you told us",
    };
    let lede = "In people’s own words, each as far as the person who said it agreed.";
    section("heard", heading, lede, Part::Heard(insights))
}

/// A status as a sentence about the location goes on: `We are testing it`.
pub(crate) fn stage(status: &str) -> String {
    match status {
        "embedded" => "doing it as part of how things are done".to_owned(),
        "stopped" => "no longer doing it".to_owned(),
        doing => format!("{doing} it"),
    }
}
