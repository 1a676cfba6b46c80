//! The history: every change of this location in plain words, with earlier values to bring back.

mod line;

use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weft_host::{
    failure::Failure,
    words::{Lang, words},
};
use weft_shared::{
    document::Told,
    model::schema::{Container, RecordKind},
    text::capital,
};

use self::line::LineView;
pub(super) use self::line::{Lines, PartView};
use super::{
    Answered, Fault, Reply, Visit, done,
    form::{Sent, seen},
    moment::Moment,
    shell::{Section, Shell},
};
use crate::{
    edits::earlier::{self, Offer},
    view::{ChangeFilter, ChangeRow, SaveId, SaveRow},
};

/// Maximum characters of a search.
const SEARCH_CHARS_MAX: usize = 100;

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    shell: Shell,
    heading: String,
    filter: Filter,
    kinds: Vec<KindOption>,
    saves: Vec<SaveView>,
    newer: Option<String>,
    older: Option<String>,
}

/// A kind of change that the list can be narrowed to.
struct KindOption {
    word: &'static str,
    label: String,
    chosen: bool,
}

/// One save with its changes.
struct SaveView {
    at: Moment,
    device: String,
    state: &'static str,
    waits: bool,
    lines: Vec<LineView>,
    /// Number of further changes, and their page.
    more: usize,
    href: String,
}

/// The query of the address.
#[derive(Clone, Default)]
pub(super) struct Filter {
    words: String,
    kind: Option<&'static Kind>,
    record: String,
    save: Option<SaveId>,
    page: usize,
}

/// A kind of change: its word in addresses, its label, and its containers.
struct Kind {
    word: &'static str,
    label: &'static str,
    containers: &'static [Container],
}

const KINDS: [Kind; 16] = [
    kind(
        "values",
        "values and their notes",
        &[Container::Observations, Container::Notes],
    ),
    kind("definitions", "own indicators", &[Container::Definitions]),
    kind(
        "decisions",
        "decisions about indicators",
        &[Container::Adoptions],
    ),
    kind("insights", "insights", &[Container::Insights]),
    kind("outcomes", "outcomes", &[Container::Outcomes]),
    kind("initiatives", "initiatives", &[Container::Initiatives]),
    kind("actions", "actions", &[Container::Actions]),
    kind("partners", "partners", &[Container::Partners]),
    kind(
        "relationships",
        "relationships",
        &[Container::Relationships],
    ),
    kind(
        "opportunities",
        "opportunities",
        &[Container::Opportunities],
    ),
    kind("markers", "system-change markers", &[Container::Markers]),
    kind("targets", "targets", &[Container::Targets]),
    kind(
        "investments",
        "investments and their lines",
        &[Container::Investments, Container::Lines],
    ),
    kind("reviews", "learning reviews", &[Container::Reviews]),
    kind("answers", "answers", &[Container::Answers]),
    kind(
        "profile",
        "names and people",
        &[Container::Names, Container::Providers, Container::People],
    ),
];

const fn kind(word: &'static str, label: &'static str, containers: &'static [Container]) -> Kind {
    Kind {
        word,
        label,
        containers,
    }
}

impl Filter {
    fn of(asked: &Sent) -> Self {
        let page: usize = asked.first("page").parse().unwrap_or(1);
        Self {
            words: asked
                .first("q")
                .trim()
                .chars()
                .take(SEARCH_CHARS_MAX)
                .collect(),
            kind: KINDS.iter().find(|kind| kind.word == asked.first("kind")),
            record: asked.first("record").trim().to_owned(),
            save: SaveId::parse(asked.first("save")),
            page: page.clamp(1, PAGES_MAX),
        }
    }

    /// The address of one page of what this lets through.
    fn href(&self, page: usize) -> String {
        let save = self.save.map(SaveId::word).unwrap_or_default();
        let page = page.to_string();
        let pairs = [
            ("q", self.words.as_str()),
            ("kind", self.kind.map_or("", |kind| kind.word)),
            ("record", &self.record),
            ("save", &save),
            ("page", if page == "1" { "" } else { &page }),
        ];
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        let pairs = pairs.map(|(name, value)| {
            format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
        });
        format!("/history?{}", pairs.collect::<Vec<_>>().join("&"))
    }

    /// The fields of a form that leads back to this page.
    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("q", self.words.clone()),
            ("kind", self.kind.map_or("", |kind| kind.word).to_owned()),
            ("record", self.record.clone()),
            ("save", self.save.map(SaveId::word).unwrap_or_default()),
            ("page", self.page.to_string()),
        ]
    }

    fn is_any(&self) -> bool {
        self.kind.is_some()
            || self.save.is_some()
            || !self.words.is_empty()
            || !self.record.is_empty()
    }

    fn wanted(&self) -> ChangeFilter {
        ChangeFilter {
            containers: self
                .kind
                .map_or_else(Vec::new, |kind| kind.containers.to_vec()),
            words: self.words.clone(),
            record: Some(self.record.clone()).filter(|record| !record.is_empty()),
            save: self.save,
        }
    }
}

/// Number of pages after which the list asks for a narrower question.
const PAGES_MAX: usize = 100_000;

impl Visit<'_> {
    pub(super) fn history(&mut self, asked: &Sent) -> Answered {
        let shell = self.shell(Section::History, "History")?;
        let filter = Filter::of(asked);
        let found = self
            .replica
            .change_page(&filter.wanted(), filter.page - 1)?;
        let mut lines = Lines::read(self.replica, filter.fields())?;
        let mut saves = Vec::with_capacity(found.saves.len());
        for save in &found.saves {
            let mut views = Vec::with_capacity(save.changes.len());
            for change in &save.changes {
                views.push(lines.line(self.replica, save, change)?);
            }
            saves.push(self.save_view(save, views, &filter));
        }
        let kinds = KINDS.iter().map(|kind| KindOption {
            word: kind.word,
            label: capital(kind.label),
            chosen: filter.kind.is_some_and(|chosen| chosen.word == kind.word),
        });
        let page = HistoryPage {
            heading: words(Lang::English, "history").0,
            kinds: kinds.collect(),
            saves,
            newer: (filter.page > 1).then(|| filter.href(filter.page - 1)),
            older: found.more.then(|| filter.href(filter.page + 1)),
            filter,
            shell: shell.after(done(asked)),
        };
        Reply::page(false, &page)
    }

    fn save_view(&self, save: &SaveRow, lines: Vec<LineView>, filter: &Filter) -> SaveView {
        let device = save.device.clone();
        let href = Filter {
            save: Some(save.id),
            ..filter.clone()
        }
        .href(1);
        SaveView {
            at: self.calendar.moment(save.at),
            device: device.unwrap_or_else(|| "a device that is not known here".to_owned()),
            state: match save.shared {
                Some(true) => "shared",
                Some(false) => "waits to be shared",
                None => "from an earlier version, not shared",
            },
            waits: save.shared == Some(false),
            lines,
            more: if filter.save.is_some() { 0 } else { save.more },
            href,
        }
    }

    /// Brings an earlier value back, or takes a value out, as a button of the history offered.
    pub(super) fn bring_back(&mut self, sent: &Sent) -> Answered {
        let now = self.calendar.now();
        let (told, own) = self.told_of(sent)?.ok_or(Fault::NotFound)?;
        let mut chosen = None;
        for told in told {
            let (offers, standing) = earlier::offers(self.replica, &told, own)?;
            let offers = offers.into_iter();
            let mut offers = offers.filter(|offer| mark(offer) == sent.first("offer"));
            if seen(&standing) == sent.first("standing") {
                chosen = chosen.or_else(|| offers.next().map(|offer| (told, offer)));
            }
        }
        let Some((told, offer)) = chosen else {
            return Err(Fault::Failed(Failure::needs_action(
                "Meanwhile somebody changed this again, so nothing was changed now. Go back to \
                 the history and look again.",
            )));
        };
        let edit = earlier::take(self.replica, &told, &offer, now)?;
        let saved = self.save(vec![edit])?;
        let word = match (&offer, saved.changed) {
            (_, false) => "unchanged",
            (Offer::TakeOut, true) => "takenout",
            (Offer::Undo(_), true) => "undone",
            (Offer::Back(_), true) => "broughtback",
        };
        let back = match sent.first("back") {
            "conflicts" => "/conflicts?".to_owned(),
            _ => format!("{}&", Filter::of(sent).href(Filter::of(sent).page)),
        };
        Ok(Reply::See(format!("{back}done={word}")))
    }

    /// Returns the parts of the change that a form names, and whether this device made it.
    fn told_of(&mut self, sent: &Sent) -> Result<Option<(Vec<Told>, bool)>, Fault> {
        let save = SaveId::parse(sent.first("of"));
        let container = sent.first("container").parse::<Container>().ok();
        let (Some(save), Some(container)) = (save, container) else {
            return Ok(None);
        };
        let filter = ChangeFilter {
            containers: vec![container],
            record: Some(sent.first("key").to_owned()),
            save: Some(save),
            ..ChangeFilter::default()
        };
        let found = self
            .replica
            .change_page(&filter, 0)?
            .saves
            .into_iter()
            .next();
        let field = Some(sent.first("field")).filter(|field| !field.is_empty());
        Ok(found.map(|save| {
            let changes: Vec<ChangeRow> = save.changes;
            let told = changes.into_iter().flat_map(|change| change.told);
            (
                told.filter(|one| one.field.as_deref() == field).collect(),
                save.own,
            )
        }))
    }
}

/// A mark of an offer, to be sent back with its form.
fn mark(offer: &Offer) -> String {
    seen(&match offer {
        Offer::Back(text) => format!("back {text}"),
        Offer::Undo(text) => format!("undo {text}"),
        Offer::TakeOut => "take out".to_owned(),
    })
}

/// The address of the history of one record, or of one value.
pub(super) fn record_href(record: &str) -> String {
    let filter = Filter {
        record: record.to_owned(),
        ..Filter::default()
    };
    filter.href(1)
}

// A location has no items, and its answers are no records.
const _: () = assert!(KINDS.len() == RecordKind::ALL.len() + 4);
