//! Today: what waits for a person, and colleagues' changes.

mod agenda;
mod releases;

use std::collections::BTreeMap;

use askama::Template;
use weft_host::chart::Mark;
use weft_shared::{
    id::IndicatorCode,
    model::{
        observation::ObservationKey,
        plan::InitiativeStatus,
        schema::{Container, RecordKind},
    },
    period::{Date, Period, day_words},
    text::capital,
    time::Timestamp,
};

use super::{
    Answered, Fault, Reply, Visit, done, figure,
    form::Sent,
    moment::Moment,
    plan,
    shell::{By, Section, Shell},
};
use crate::{
    curve::{self, PlaceFigure},
    replica::Replica,
    view::{
        DueRow, HistoryRow, IndicatorRow, Seen, Written, describe, open_until, which, word_label,
    },
    words::excerpt,
};

/// Maximum number of colleagues' changes on the page.
const CHANGES_SHOWN_MAX: usize = 50;
/// Lines of the history that are read at once.
const CHANGES_READ_AT_ONCE: usize = 500;
/// Published figures in the margin.
const FIGURES_SHOWN_MAX: usize = 4;
/// Lines of what shifted in the margin.
const SHIFTED_SHOWN_MAX: usize = 4;
/// Days for which something is said to have shifted lately.
const SHIFTED_DAYS: i64 = 90;
/// Maximum number of indicators to decide on, and of indicators with values due, on the page.
const INDICATORS_SHOWN_MAX: usize = 8;

#[derive(Template)]
#[template(path = "today.html")]
struct TodayPage {
    shell: Shell,
    today: String,
    tasks: Vec<Task>,
    /// The number of tasks about indicators that are not shown.
    hidden: usize,
    waiting: u64,
    waiting_since: Option<Moment>,
    /// When somebody here said last that they have seen the changes.
    since: Option<Moment>,
    /// The last entry of each other device.
    mark: String,
    changes: Vec<Change>,
    /// Shifts of the last months, the latest first.
    shifted: Vec<Shifted>,
    figures: Vec<PlaceFigure>,
    /// The key to the lines of the figures, as SVG: the place, the network and its target.
    keys: [String; 3],
}

/// A condition that shifted, or an initiative whose status changed.
struct Shifted {
    what: String,
    href: String,
    /// The change and the day, on a line.
    change: String,
}

/// Something that waits for a person.
#[derive(Default)]
struct Task {
    /// The reason, in two or three words.
    chip: String,
    /// Whether it waits already, and is not only to come.
    presses: bool,
    href: String,
    what: String,
    more: String,
}

/// A change by a colleague.
struct Change {
    what: String,
    href: String,
    by: By,
}

impl Visit<'_> {
    pub(super) fn read_news(&mut self, sent: &Sent) -> Answered {
        if let Ok(ms) = sent.first("at").parse() {
            self.replica.read_of_areas(Timestamp::from_ms(ms))?;
        }
        Ok(Reply::See("/".to_owned()))
    }

    /// Remembers on this computer how far a person has seen the changes.
    pub(super) fn see_changes(&self, sent: &Sent) -> Answered {
        let seen = Seen::of_mark(Some(self.calendar.now()), sent.first("seen"));
        self.replica.saw_changes(&seen)?;
        Ok(Reply::See("/".to_owned()))
    }

    pub(super) fn today(&mut self, asked: &Sent) -> Answered {
        let shell = self.shell(Section::Today, "Today")?;
        let indicators = self.replica.indicators()?;
        let named = |row: &IndicatorRow| (row.definition.code.clone(), row.definition.name.clone());
        let names: BTreeMap<_, _> = indicators.iter().map(named).collect();
        let mut tasks = self.unsettled()?;
        tasks.extend(self.releases_to_come()?);
        tasks.extend(self.answers_hoped_for()?);
        tasks.extend(self.actions()?);
        let mut of_indicators = self.values_due()?;
        // No location enters what an office published for its place.
        let published = self.replica.published_indicators()?;
        let undecided = indicators
            .iter()
            .filter(|row| row.decision.is_none() && !published.contains(&row.definition.code));
        let place = shell.location.clone();
        of_indicators.push(undecided.map(|row| to_decide(row, &place)).collect());
        let mut hidden = 0;
        for mut some in of_indicators {
            hidden += some.len().saturating_sub(INDICATORS_SHOWN_MAX);
            some.truncate(INDICATORS_SHOWN_MAX);
            tasks.extend(some);
        }
        let seen = self.replica.changes_seen()?;
        let all = self.replica.changes_of_others();
        let changes = match seen.has_all(&all) {
            true => Vec::new(),
            false => self.changes(&names, &seen)?,
        };
        let waiting_since = self.replica.waiting_since()?;
        let now = self.calendar.now();
        let page = TodayPage {
            today: self.calendar.today().strftime("%A %-d %B %Y").to_string(),
            tasks,
            hidden,
            waiting: shell.brief.waiting,
            waiting_since: waiting_since.map(|at| self.calendar.moment(at)),
            since: seen.at.map(|at| self.calendar.moment(at)),
            mark: all.mark(),
            changes,
            shifted: self.shifted()?,
            figures: curve::place_figures(self.replica, FIGURES_SHOWN_MAX, None, now)?,
            keys: [Mark::OwnLine, Mark::NetworkLine, Mark::TargetLine].map(Mark::svg),
            shell: shell.after(done(asked)),
        };
        Reply::page(false, &page)
    }

    /// Returns what has more than one answer: the first by name, and how many more there are.
    fn unsettled(&mut self) -> Result<Vec<Task>, Fault> {
        let conflicts = self.replica.conflicts()?;
        let Some(first) = conflicts.first() else {
            return Ok(Vec::new());
        };
        let described = describe(self.replica, first)?;
        let more = match conflicts.len() - 1 {
            0 => String::new(),
            1 => ", and one more".to_owned(),
            many => format!(", and {many} more"),
        };
        let answers_said = without_same_audience(&described.answers);
        let said = first.values.iter().zip(&answers_said);
        let said: Vec<String> = said
            .map(|(value, answer)| match &value.written.device {
                Some(device) => format!("{device} says {}", excerpt(answer, ANSWER_CHARS_MAX)),
                None => excerpt(answer, ANSWER_CHARS_MAX),
            })
            .collect();
        Ok(vec![Task {
            chip: answers(first.values.len()),
            presses: true,
            href: "/conflicts".to_owned(),
            what: format!("{}{more}", capital(&described.title)),
            more: format!("{}. Nothing is lost.", said.join(", ")),
        }])
    }

    /// Returns the open actions that are late or due soon, the most urgent first.
    fn actions(&mut self) -> Result<Vec<Task>, Fault> {
        let today = self.calendar.today();
        let soon = today.saturating_add(jiff::Span::new().days(plan::DUE_WITHIN_DAYS));
        let initiatives: BTreeMap<String, String> = self
            .replica
            .records(RecordKind::Initiative)?
            .iter()
            .map(|row| (row.record.id.to_string(), row.record.title()))
            .collect();
        let mut due: Vec<(Date, Task)> = Vec::new();
        for row in self.replica.records(RecordKind::Action)? {
            let record = &row.record;
            let Some(on) = open_until(record).filter(|on| *on <= soon) else {
                continue;
            };
            let initiative = record.text("initiative");
            let initiative = initiative.and_then(|id| initiatives.get(id)).cloned();
            let was_due = (on < today).then(|| format!("was due {}", on.strftime("%-d %B")));
            let owner = record.text("owner").map(str::to_owned);
            let more = [owner, initiative, was_due].into_iter().flatten();
            due.push((
                on,
                Task {
                    chip: due_words(on, today),
                    presses: on < today,
                    href: plan::href(RecordKind::Action, &record.id),
                    what: record.title(),
                    more: more.collect::<Vec<_>>().join(" · "),
                },
            ));
        }
        due.sort_by_key(|(on, _)| *on);
        Ok(due.into_iter().map(|(_, task)| task).collect())
    }

    /// Returns the indicators with values that are late, and those with values due soon.
    fn values_due(&mut self) -> Result<Vec<Vec<Task>>, Fault> {
        let today = self.calendar.today();
        let soon = today.saturating_add(jiff::Span::new().days(plan::DUE_WITHIN_DAYS));
        let mut by_indicator: BTreeMap<IndicatorCode, Vec<DueRow>> = BTreeMap::new();
        for row in self.replica.due(self.calendar.now())? {
            let rows = by_indicator.entry(row.indicator.clone()).or_default();
            rows.push(row);
        }
        let (mut late, mut coming) = (Vec::new(), Vec::new());
        for (code, rows) in by_indicator {
            let href = format!("/indicators/{code}/enter");
            let missing: Vec<&DueRow> = rows.iter().filter(|row| row.is_late).collect();
            let periods: Vec<Period> = missing.iter().map(|row| row.due.period).collect();
            let soon = rows
                .iter()
                .find(|row| !row.is_late && row.due.by <= soon)
                .filter(|_| missing.is_empty());
            match (missing.first(), soon) {
                (Some(first), _) => late.push(Task {
                    chip: "missing".to_owned(),
                    presses: true,
                    href,
                    what: match missing.len() {
                        1 => format!("{}, {}", first.name, first.due.period.words()),
                        many => format!("{}, {many} periods", first.name),
                    },
                    more: match missing.len() {
                        1 => format!("Late since {}.", day_words(first.due.late_since())),
                        _ => format!(
                            "{}. Late since {}.",
                            capital(&which(&periods, Period::words)),
                            day_words(first.due.late_since())
                        ),
                    },
                }),
                (None, Some(row)) => coming.push(Task {
                    chip: due_words(row.due.by, today),
                    presses: false,
                    href,
                    what: format!("{}, {}", row.name, row.due.period.words()),
                    more: "No value is entered yet.".to_owned(),
                }),
                (None, None) => {}
            }
        }
        Ok(vec![late, coming])
    }

    /// Returns the markers of the last months, and the initiatives whose status changed in them.
    fn shifted(&mut self) -> Result<Vec<Shifted>, Fault> {
        let today = self.calendar.today();
        let since = today.saturating_sub(jiff::Span::new().days(SHIFTED_DAYS));
        let mut shifted: Vec<(Date, Shifted)> = Vec::new();
        for row in self.replica.records(RecordKind::Marker)? {
            let on = row.record.text("on").and_then(|on| on.parse::<Date>().ok());
            let made = || Some(self.calendar.zone().day(row.record.id.made()?));
            let Some(on) = on.or_else(made).filter(|on| since <= *on && *on <= today) else {
                continue;
            };
            let to = row
                .record
                .text("to")
                .map(|to| excerpt(to, ANSWER_CHARS_MAX));
            let change = [to, Some(day_words(on))].into_iter().flatten();
            shifted.push((
                on,
                Shifted {
                    what: row.title(),
                    href: plan::href(RecordKind::Marker, &row.record.id),
                    change: change.collect::<Vec<_>>().join(" · "),
                },
            ));
        }
        for row in self.replica.records(RecordKind::Initiative)? {
            let Some(change) = self.replica.status_change(&row)? else {
                continue;
            };
            let on = self.calendar.zone().day(change.at);
            let label = |word: &str| word_label(InitiativeStatus::WORDS, word);
            let to = label(row.record.text("status").unwrap_or_default());
            if on < since {
                continue;
            }
            let words = format!("from {} to {to} · {}", label(&change.from), day_words(on));
            shifted.push((
                on,
                Shifted {
                    what: row.title(),
                    href: plan::href(RecordKind::Initiative, &row.record.id),
                    change: words,
                },
            ));
        }
        shifted.sort_by_key(|(on, _)| std::cmp::Reverse(*on));
        shifted.truncate(SHIFTED_SHOWN_MAX);
        Ok(shifted.into_iter().map(|(_, one)| one).collect())
    }

    /// Returns the last changes by colleagues that no one here has seen, one for each thing that
    /// they changed.
    fn changes(&mut self, names: &Names, seen: &Seen) -> Result<Vec<Change>, Fault> {
        let mut changes: Vec<Change> = Vec::new();
        let mut read = 0;
        loop {
            let rows = self.replica.history_of_others(read, CHANGES_READ_AT_ONCE)?;
            if rows.is_empty() {
                return Ok(changes);
            }
            read += rows.len();
            for row in rows {
                if seen.has(&row) {
                    continue;
                }
                let Some((what, href)) = subject(self.replica, &row, names)? else {
                    continue;
                };
                let mut shown = changes.iter();
                if shown.any(|change| change.href == href && change.what == what) {
                    continue;
                }
                let written = Written {
                    device: row.device.clone(),
                    at: Some(row.at),
                };
                changes.push(Change {
                    what,
                    href,
                    by: By::new(&written, &self.calendar),
                });
                if changes.len() == CHANGES_SHOWN_MAX {
                    return Ok(changes);
                }
            }
        }
    }
}

/// Answers without the audience that all of them share.
fn without_same_audience(answers: &[String]) -> Vec<String> {
    let split = |text: &String| {
        let (figure, audience) = text.rsplit_once("; ")?;
        audience
            .starts_with("seen by ")
            .then(|| (figure.to_owned(), audience.to_owned()))
    };
    let parts: Option<Vec<(String, String)>> = answers.iter().map(split).collect();
    match parts {
        Some(parts) if parts.iter().all(|(_, audience)| *audience == parts[0].1) => {
            parts.into_iter().map(|(figure, _)| figure).collect()
        }
        Some(_) | None => answers.to_vec(),
    }
}

/// Maximum characters of an answer on the page.
const ANSWER_CHARS_MAX: usize = 60;

/// The question whether the location takes part in an indicator.
fn to_decide(row: &IndicatorRow, place: &str) -> Task {
    Task {
        chip: "to decide".to_owned(),
        presses: false,
        href: format!("/indicators/{}/decide", row.definition.code),
        what: format!("Does {place} take part in “{}”?", row.definition.name),
        more: "The network measures it. Your location decides whether to, and who sees its values."
            .to_owned(),
    }
}

fn answers(count: usize) -> String {
    match count {
        2 => "two answers".to_owned(),
        3 => "three answers".to_owned(),
        many => format!("{many} answers"),
    }
}

/// When something is due: `2 days late`, `due today`, `due 3 May`.
fn due_words(on: Date, today: Date) -> String {
    match today.since(on).map_or(0, |span| span.get_days()) {
        0 => "due today".to_owned(),
        -1 => "due tomorrow".to_owned(),
        1 => "1 day late".to_owned(),
        late @ 2.. => format!("{late} days late"),
        _ => format!("due {}", on.strftime("%-d %B")),
    }
}

/// The names of the network's indicators.
type Names = BTreeMap<IndicatorCode, String>;

/// The subject of a history line and its page, or `None` if it is in no list any more.
fn subject(
    replica: &mut Replica,
    row: &HistoryRow,
    names: &Names,
) -> Result<Option<(String, String)>, Fault> {
    let Ok(container) = row.container.parse::<Container>() else {
        return Ok(None);
    };
    if let Some(kind) = RecordKind::of(container) {
        let Ok(id) = row.record.parse() else {
            return Ok(None);
        };
        let record = replica.record(kind, &id)?;
        return Ok(record.map(|record| {
            let title = record.title();
            let what = capital(&format!("{}: {title}", kind.label()));
            (what, plan::href(kind, &id))
        }));
    }
    Ok(match container {
        Container::Adoptions => {
            let Ok(code) = row.record.parse() else {
                return Ok(None);
            };
            let name = named(names, &code);
            Some((format!("Decision on {name}"), format!("/indicators/{code}")))
        }
        Container::Definitions => {
            let code = row.record.split('/').next().unwrap_or_default();
            let Ok(code) = code.parse() else {
                return Ok(None);
            };
            let name = named(names, &code);
            Some((
                format!("Definition of {name}"),
                format!("/indicators/{code}"),
            ))
        }
        Container::Observations | Container::Notes => {
            let Ok(key) = row.record.parse::<ObservationKey>() else {
                return Ok(None);
            };
            let name = named(names, &key.indicator);
            let part = figure::heading(&key.breakdown);
            let text = format!("Value: {name}, {}, {part}", key.period.words());
            Some((text, format!("/indicators/{}", key.indicator)))
        }
        _ => None,
    })
}

/// The name of an indicator, or its code if the hub has not published it.
fn named(names: &Names, code: &IndicatorCode) -> String {
    let name = names.get(code).cloned();
    name.unwrap_or_else(|| code.to_string())
}
