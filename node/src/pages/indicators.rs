//! Indicators: the network's measures, this location's decisions about them, and its values.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use weft_shared::{
    id::IndicatorCode,
    model::{
        Audience, clean_text,
        indicator::Definition,
        observation::{Breakdown, Statement},
        profile::{Adoption, AdoptionStatus, Area, REASON_BYTES_MAX},
    },
    period::Period,
    text::capital,
};

use super::{
    Answered, Fault, Reply, Visit,
    audience::AudienceChoice,
    audience_phrase, done, figure,
    form::{Sent, field_id},
    goal,
    shell::{By, ErrorLink, Section, Shell},
};
use crate::{
    curve::{self, Curve},
    edits::{answer_after, decision, loses_yes},
    export::values::{self, Form},
    view::{IndicatorRow, ObservationRow, PublishedRow, Whose},
};

mod about;
pub(super) mod series;
mod widen;

use self::{
    about::About,
    series::{AnswerButton, Beside},
    widen::Widen,
};

#[derive(Template)]
#[template(path = "indicators.html")]
struct ListPage {
    shell: Shell,
    /// The network's indicators.
    network: Vec<Line>,
    /// This location's own.
    own: Vec<Line>,
}

/// One indicator in the list.
struct Line {
    code: String,
    name: String,
    name_mi: Option<String>,
    decision: &'static str,
    contested: bool,
    audience: &'static str,
    values: usize,
    newest: String,
}

#[derive(Template)]
#[template(path = "indicator.html")]
struct OnePage {
    shell: Shell,
    code: String,
    definition: Definition,
    hash: String,
    breakdowns: String,
    taking_part: bool,
    /// Whether it is this location's own.
    own: bool,
    decided: Option<Decided>,
    /// The figures over all areas, drawn; `None` if there are none.
    curve: Option<Curve>,
    /// Number of values that are for the team alone; the curve counts them.
    kept: usize,
    widen: Option<Widen>,
    about: About,
    /// Every target, a line each.
    targets: Vec<String>,
    published: Vec<PublishedLine>,
    tables: Vec<Table>,
    /// The settings of the versions, in words.
    settings: Vec<String>,
    /// The answers to "growth, or another base?".
    answers: Vec<AnswerButton>,
}

/// A figure that an office published about one of our areas.
struct PublishedLine {
    period: String,
    area: String,
    part: String,
    figure: String,
    source: String,
}

/// This location's decision, in words.
struct Decided {
    adopted: bool,
    contested: bool,
    audience: &'static str,
    reason: Option<String>,
    older: bool,
    /// The version that was adopted.
    version: u32,
}

/// The values of one area.
struct Table {
    area: String,
    code: String,
    headings: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    period: String,
    cells: Vec<Cell>,
}

/// One value; empty if there is none.
#[derive(Default)]
struct Cell {
    text: String,
    /// A remark on comparing it with the value before.
    beside: Option<Beside>,
    /// More than one where it is contested.
    answers: usize,
    local: bool,
    note: Option<String>,
    /// The device that stated it and the time, on one line.
    by: String,
}

impl Visit<'_> {
    /// Returns the values of an indicator as a file.
    pub(super) fn values_csv(&mut self, code: &str) -> Answered {
        let row = self.indicator(code)?;
        let code = &row.definition.code;
        let rows = self.replica.observations(|key| key.indicator == *code)?;
        Ok(Reply::Csv {
            name: format!("weft-{code}"),
            bytes: values::csv(
                Form::Indicator,
                self.replica.membership()?.code.as_str(),
                std::slice::from_ref(&row),
                &rows,
            ),
        })
    }

    /// Shows the form for a decision about an indicator.
    pub(super) fn ask_decision(&mut self, code: &str) -> Answered {
        let row = self.indicator(code)?;
        let asked = row.decided();
        let reason = asked.and_then(|adoption| adoption.reason.clone());
        let form = Decision {
            status: asked.map(|adoption| adoption.status),
            audience: asked.map(|adoption| adoption.audience),
            reason: reason.unwrap_or_default(),
        };
        self.decide_page(&row, &form, Vec::new())
    }

    /// Finds the indicator that an address names.
    pub(super) fn indicator(&mut self, code: &str) -> Result<IndicatorRow, Fault> {
        let code: IndicatorCode = code.parse().map_err(|_| Fault::NotFound)?;
        self.replica.indicator(&code)?.ok_or(Fault::NotFound)
    }

    /// Returns our areas, including former ones.
    pub(super) fn all_areas(&mut self) -> Result<Vec<Area>, Fault> {
        Ok(self
            .replica
            .place()?
            .map(|place| place.areas)
            .unwrap_or_default())
    }

    pub(super) fn indicator_list(&mut self, asked: &Sent) -> Answered {
        let shell = self.shell(Section::Indicators, "Indicators")?;
        let mut values: BTreeMap<IndicatorCode, (usize, Option<Period>)> = BTreeMap::new();
        for key in self.replica.observation_keys_standing()? {
            let (count, newest) = values.entry(key.indicator).or_default();
            *count += 1;
            *newest = Some(key.period).max(*newest);
        }
        let line = |row: IndicatorRow| {
            let contested = row.is_contested();
            let code = row.definition.code;
            let (count, newest) = values.remove(&code).unwrap_or_default();
            let adoption = row.decision.map(|decision| decision.adoption);
            Line {
                contested,
                decision: match adoption.as_ref().map(|adoption| adoption.status) {
                    Some(AdoptionStatus::Adopted) => "adopted",
                    Some(AdoptionStatus::Declined) => "declined",
                    None => "not decided",
                },
                audience: adoption
                    .as_ref()
                    .map_or("", |adoption| audience_phrase(adoption.audience)),
                values: count,
                newest: newest.map_or_else(String::new, Period::words),
                code: code.to_string(),
                name: row.definition.name,
                name_mi: row.definition.name_mi,
            }
        };
        let rows = self.replica.indicators()?.into_iter();
        let (own, network): (Vec<IndicatorRow>, Vec<IndicatorRow>) =
            rows.partition(|row| row.whose == Whose::Own);
        let mut line = line;
        let page = ListPage {
            network: network.into_iter().map(&mut line).collect(),
            own: own.into_iter().map(&mut line).collect(),
            shell: shell.after(done(asked)),
        };
        Reply::page(false, &page)
    }

    pub(super) fn indicator_page(&mut self, code: &str, asked: &Sent) -> Answered {
        let row = self.indicator(code)?;
        let shell = self.shell(Section::Indicators, &row.definition.name)?;
        let hash = row.definition.hash();
        let code = row.definition.code.clone();
        let rows = self.replica.observations(|key| key.indicator == code)?;
        let now = self.calendar.now();
        let figures = self.replica.figures(&row, &rows, now)?;
        let targets = self.replica.targets(Some(&code), now)?;
        let place = (shell.location.as_str(), self.calendar.today());
        let curve = curve::curve(&row, &figures, &targets, place);
        let areas = self.all_areas()?;
        let about = self.about_indicator(&code)?;
        let published = self.published_lines(&row)?;
        // Values that were taken out again are in the history alone.
        let mut standing = rows;
        standing.retain(|row| !row.is_taken_out());
        let widen = widen::offer(&row, &standing);
        let tables = self.tables(&row, &standing)?;
        let settings = settings_words(&row);
        let decided = row.decision.map(|decision| Decided {
            contested: decision.contested,
            adopted: decision.adoption.status == AdoptionStatus::Adopted,
            audience: audience_phrase(decision.adoption.audience),
            older: decision.adoption.definition != hash,
            version: row.in_use.version,
            reason: decision.adoption.reason,
        });
        let breakdowns = row.definition.breakdowns.iter();
        let breakdowns = breakdowns.map(|(name, values)| {
            let values = values.join(", ").replace('*', "any");
            format!("{name}: {values}")
        });
        let page = OnePage {
            shell: shell.after(done(asked)),
            code: row.definition.code.to_string(),
            hash: hash.to_string(),
            breakdowns: breakdowns.collect::<Vec<_>>().join("; "),
            taking_part: decided.as_ref().is_some_and(|decided| decided.adopted),
            decided,
            own: row.whose == Whose::Own,
            curve,
            widen,
            kept: standing.iter().filter(|row| row.local).count(),
            about,
            targets: targets.iter().map(|one| goal::line(one, &areas)).collect(),
            published,
            tables,
            settings,
            answers: series::buttons(),
            definition: row.definition,
        };
        Reply::page(false, &page)
    }

    fn published_lines(&mut self, row: &IndicatorRow) -> Result<Vec<PublishedLine>, Fault> {
        let areas = self.all_areas()?;
        let published = self.replica.published(&row.definition.code)?;
        let line = |one: PublishedRow| PublishedLine {
            period: capital(&one.key.period.words()),
            area: figure::area_name(&areas, &one.key.area),
            part: capital(&figure::heading(&one.key.breakdown)),
            figure: figure::words(
                &one.statement,
                row.pinned(&one.statement)
                    .map(|(pinned, _)| pinned)
                    .or(Some(&row.definition)),
            ),
            source: one.source.line(),
        };
        // Newest first, as among our own.
        Ok(published.into_iter().rev().map(line).collect())
    }

    fn tables(&mut self, row: &IndicatorRow, rows: &[ObservationRow]) -> Result<Vec<Table>, Fault> {
        let areas = self.all_areas()?;
        let mut codes: Vec<_> = areas.iter().map(|area| area.code.clone()).collect();
        codes.extend(rows.iter().map(|row| row.key.area.clone()));
        let mut known = BTreeSet::new();
        codes.retain(|code| known.insert(code.clone()));
        let table = |code| {
            let own: Vec<&ObservationRow> =
                rows.iter().filter(|row| row.key.area == code).collect();
            Table {
                area: figure::area_name(&areas, &code),
                code: code.to_string(),
                headings: columns(&own).iter().map(figure::heading).collect(),
                rows: self.table_rows(&own, row),
            }
        };
        Ok(codes.into_iter().map(table).collect())
    }

    fn table_rows(&self, values: &[&ObservationRow], indicator: &IndicatorRow) -> Vec<Row> {
        let columns = columns(values);
        let beside = series::beside(values, indicator);
        let words = |statement: &Statement| {
            let pinned = indicator.pinned(statement).map(|(one, _)| one);
            figure::words(statement, pinned.or(Some(&indicator.definition)))
        };
        let periods: BTreeSet<Period> = values.iter().map(|row| row.key.period).collect();
        let by_place: BTreeMap<_, _> = values
            .iter()
            .map(|row| ((row.key.period, &row.key.breakdown), row))
            .collect();
        let cell = |period: Period, breakdown: &Breakdown| {
            let row = by_place.get(&(period, breakdown));
            row.map_or_else(Cell::default, |row| Cell {
                text: row
                    .stated
                    .first()
                    .map(|stated| words(&stated.statement))
                    .unwrap_or_default(),
                beside: beside.get(&row.key).cloned(),
                answers: row.answers(),
                local: row.local,
                note: row
                    .stated
                    .first()
                    .and_then(|stated| row.note_words(&stated.statement, figure::grouped_words)),
                by: row.stated.first().map_or_else(String::new, |stated| {
                    By::new(&stated.written, &self.calendar).line()
                }),
            })
        };
        // Newest first, because people look for the latest.
        let rows = periods.into_iter().rev().map(|period| Row {
            period: capital(&period.words()),
            cells: columns
                .iter()
                .map(|breakdown| cell(period, breakdown))
                .collect(),
        });
        rows.collect()
    }
}

/// The network's settings for each version, in words.
fn settings_words(row: &IndicatorRow) -> Vec<String> {
    let versions = row.versions.iter();
    let words = versions.flat_map(|(one, settings)| {
        let version = one.version;
        let words = settings.words().into_iter();
        words.map(move |(setting, text)| format!("version {version}: {} {text}", setting.label()))
    });
    words.collect()
}

fn columns(values: &[&ObservationRow]) -> Vec<Breakdown> {
    let columns: BTreeSet<&Breakdown> = values.iter().map(|row| &row.key.breakdown).collect();
    let mut columns: Vec<Breakdown> = columns.into_iter().cloned().collect();
    columns.sort_by_cached_key(Breakdown::order);
    columns
}

#[derive(Template)]
#[template(path = "decide.html")]
struct DecidePage {
    shell: Shell,
    code: String,
    name: String,
    name_mi: Option<String>,
    /// Whether it is this location's own.
    own: bool,
    adopting: bool,
    declining: bool,
    status_error: Option<String>,
    audience: AudienceChoice,
    reason: String,
    reason_error: Option<String>,
}

/// The choices in a submitted form.
struct Decision {
    status: Option<AdoptionStatus>,
    audience: Option<Audience>,
    reason: String,
}

impl Visit<'_> {
    fn decide_page(
        &mut self,
        row: &IndicatorRow,
        form: &Decision,
        errors: Vec<ErrorLink>,
    ) -> Answered {
        let title = format!("Decide on {}", row.definition.name);
        let mut shell = self.shell(Section::Indicators, &title)?;
        let legend = "Who may see this location's values?";
        let kept = self.replica.team_only()?;
        let mut audience = AudienceChoice::new(legend, &shell.operator, kept, form.audience);
        audience.say_released(&self.replica.outgoing(row)?);
        let error = |id: &str| errors.iter().find(|error| error.id == id);
        let error = |id: &str| error(id).map(|error| error.text.clone());
        audience.error = error(AudienceChoice::FIRST_ID);
        let (status_error, reason_error) = (error(STATUS_ID), error(&field_id("reason")));
        let refused = !errors.is_empty();
        if refused {
            shell.refuse(errors);
        }
        let page = DecidePage {
            shell,
            code: row.definition.code.to_string(),
            name: row.definition.name.clone(),
            name_mi: row.definition.name_mi.clone(),
            own: row.whose == Whose::Own,
            adopting: form.status == Some(AdoptionStatus::Adopted),
            declining: form.status == Some(AdoptionStatus::Declined),
            status_error,
            audience,
            reason: form.reason.clone(),
            reason_error,
        };
        Reply::page(refused, &page)
    }

    pub(super) fn decide(&mut self, code: &str, sent: &Sent) -> Answered {
        let row = self.indicator(code)?;
        let form = Decision {
            status: sent.first("status").parse().ok(),
            audience: sent.first("audience").parse().ok(),
            reason: clean_text(sent.first("reason")),
        };
        let mut errors = Vec::new();
        let mut miss = |id: &str, text: &str| {
            errors.push(ErrorLink {
                id: id.to_owned(),
                text: text.to_owned(),
            });
        };
        if form.status.is_none() {
            miss(STATUS_ID, "Choose whether this location takes part.");
        }
        if form.audience.is_none() {
            miss(AudienceChoice::FIRST_ID, "Choose who may see it.");
        }
        if form.status == Some(AdoptionStatus::Declined) && form.reason.is_empty() {
            miss(&field_id("reason"), "Say in a sentence why not.");
        }
        if form.reason.len() > REASON_BYTES_MAX {
            miss(&field_id("reason"), "Say it in fewer words.");
        }
        let (Some(status), Some(audience), true) = (form.status, form.audience, errors.is_empty())
        else {
            return self.decide_page(&row, &form, errors);
        };
        let declined = status == AdoptionStatus::Declined;
        let (releases, open) = answer_after(row.decided(), status, audience);
        let adoption = Adoption {
            status,
            definition: row.definition.hash(),
            audience,
            reason: declined.then_some(form.reason),
            releases,
            open,
        };
        let said = match loses_yes(row.decided(), &adoption) {
            true => "yes-taken",
            false => "saved",
        };
        let edit = decision(self.replica, &row.definition.code, adoption)?;
        let saved = self.save(vec![edit])?;
        let place = format!("/indicators/{}", row.definition.code);
        Ok(Reply::see(&place, saved, said))
    }
}

const STATUS_ID: &str = "status-adopted";
