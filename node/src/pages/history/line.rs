//! One change of the history in words, with the buttons beside it.

use weft_shared::{
    document::Told,
    id::IndicatorCode,
    model::{
        indicator::{DefinitionKey, SettingKey},
        observation::ObservationKey,
        profile::Area,
        schema::{self, Container, RecordKind},
    },
    text::capital,
};

use super::{
    super::{Fault, form::seen, plan},
    mark,
};
use crate::{
    edits::earlier::{self, Offer},
    replica::Replica,
    view::{ChangeRow, RecordRow, SaveRow, Teller, ToldWords, value_title},
    words::excerpt,
};

/// Maximum characters of a text in the list.
const TEXT_CHARS_MAX: usize = 600;
/// Maximum characters of a value on a button.
const BUTTON_CHARS_MAX: usize = 60;

/// One thing that a save changed.
pub(crate) struct LineView {
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) href: Option<String>,
    /// Whether the save made the record.
    pub(super) new: bool,
    pub(super) parts: Vec<PartView>,
}

/// One part of a change.
pub(crate) struct PartView {
    /// The part of the record; empty if the whole is one value.
    pub(crate) part: String,
    /// The words for what happened.
    pub(crate) what: String,
    /// The value before it.
    pub(crate) instead: Option<String>,
    /// The other answers that it did not keep.
    pub(crate) not_chosen: Vec<String>,
    pub(crate) buttons: Vec<ButtonView>,
}

/// A button that brings a value back, with the fields of its form.
pub(crate) struct ButtonView {
    pub(crate) text: String,
    /// The text for people who cannot see what it stands beside.
    pub(crate) label: String,
    pub(crate) fields: Vec<(&'static str, String)>,
}

/// Puts changes into words.
pub(crate) struct Lines {
    teller: Teller,
    /// The fields of each form that lead back to the page.
    back: Vec<(&'static str, String)>,
    areas: Vec<Area>,
}

/// The thing that a change is about.
struct Subject {
    kind: String,
    title: String,
    href: Option<String>,
    record: Option<RecordRow>,
}

impl Lines {
    /// Begins, with the fields of forms that lead back to the page.
    pub(crate) fn read(
        replica: &mut Replica,
        back: Vec<(&'static str, String)>,
    ) -> Result<Self, Fault> {
        let place = replica.place()?;
        Ok(Self {
            back,
            teller: Teller::default(),
            areas: place.map(|place| place.areas).unwrap_or_default(),
        })
    }

    /// Puts one change into words.
    pub(super) fn line(
        &mut self,
        replica: &mut Replica,
        save: &SaveRow,
        change: &ChangeRow,
    ) -> Result<LineView, Fault> {
        let subject = self.subject(replica, change)?;
        let mut parts = Vec::new();
        for told in &change.told {
            parts.extend(self.part(replica, save, told, &subject)?);
        }
        let made =
            |told: &Told| told.field.as_deref() == Some(schema::ORDER) && told.before.is_none();
        Ok(LineView {
            new: change.told.iter().any(made),
            kind: capital(&subject.kind),
            title: subject.title,
            href: subject.href,
            parts,
        })
    }

    /// Puts the settlement of a conflict into words, for the list of what was settled lately.
    pub(crate) fn settled(
        &mut self,
        replica: &mut Replica,
        save: &SaveRow,
        change: &ChangeRow,
    ) -> Result<Vec<(String, Option<String>, PartView)>, Fault> {
        let subject = self.subject(replica, change)?;
        let mut settled = Vec::new();
        for told in change
            .told
            .iter()
            .filter(|told| !told.not_chosen.is_empty())
        {
            let part = self.part(replica, save, told, &subject)?;
            let title = capital(&subject.title);
            settled.extend(part.map(|part| (title, subject.href.clone(), part)));
        }
        Ok(settled)
    }

    fn part(
        &mut self,
        replica: &mut Replica,
        save: &SaveRow,
        told: &Told,
        subject: &Subject,
    ) -> Result<Option<PartView>, Fault> {
        let words = self.teller.told(replica, told, subject.record.as_ref())?;
        let Some(words) = words else { return Ok(None) };
        let buttons = self.buttons(replica, (save, told), &words, subject)?;
        let text = |text: &str| excerpt(text, TEXT_CHARS_MAX);
        // The audience is said once if it stayed the same.
        let audience = words
            .to
            .rsplit_once("; ")
            .map_or("", |(_, audience)| audience);
        let before = |from: &str| {
            let same = from.rsplit_once("; ").filter(|(_, one)| *one == audience);
            let is_value = told.container == Container::Observations;
            text(same.filter(|_| is_value).map_or(from, |(figure, _)| figure))
        };
        let is_note = told.container == Container::Notes;
        let changed = |from: &String| *from != words.to && !(is_note && from.is_empty());
        Ok(Some(PartView {
            instead: words
                .from
                .as_ref()
                .filter(|from| changed(from))
                .map(|from| before(from)),
            what: match words.to.as_str() {
                "" if is_note => "no note any more".to_owned(),
                to => text(to),
            },
            not_chosen: words.not_chosen.iter().map(|one| text(one)).collect(),
            part: words.part,
            buttons,
        }))
    }

    fn buttons(
        &self,
        replica: &mut Replica,
        (save, told): (&SaveRow, &Told),
        words: &ToldWords,
        subject: &Subject,
    ) -> Result<Vec<ButtonView>, Fault> {
        let (offers, standing) = earlier::offers(replica, told, save.own)?;
        let mut buttons = Vec::with_capacity(offers.len());
        for offer in offers {
            let other = |text: &str| {
                let at = told.not_chosen.iter().position(|one| one == text)?;
                words.not_chosen.get(at)
            };
            let text = match &offer {
                Offer::TakeOut => "Take it out".to_owned(),
                Offer::Undo(_) => "Undo: put back what stood before".to_owned(),
                Offer::Back(text) => match other(text) {
                    Some(other) => {
                        let other = other.split(';').next().unwrap_or(other);
                        format!("Keep {} instead", excerpt(other, BUTTON_CHARS_MAX))
                    }
                    None => "Bring this back".to_owned(),
                },
            };
            let mut fields = vec![
                ("of", save.id.word()),
                ("container", told.container.word().to_owned()),
                ("key", told.key.clone()),
                ("field", told.field.clone().unwrap_or_default()),
                ("offer", mark(&offer)),
                ("standing", seen(&standing)),
            ];
            fields.extend(self.back.iter().cloned());
            buttons.push(ButtonView {
                label: format!("{text}: {}, {}", subject.title, words.to),
                text,
                fields,
            });
        }
        Ok(buttons)
    }

    fn subject(&self, replica: &mut Replica, change: &ChangeRow) -> Result<Subject, Fault> {
        let (container, key) = (change.container, change.key.as_str());
        if let Some(kind) = RecordKind::of(container) {
            let id = key.parse().ok();
            let row = id
                .map(|id| replica.record_anywhere(kind, &id))
                .transpose()?;
            let row = row.flatten();
            let unknown = || format!("{} that is not here", plan::with_article(kind));
            return Ok(Subject {
                kind: kind.label().to_owned(),
                title: row.as_ref().map_or_else(unknown, RecordRow::title),
                href: row.as_ref().map(|row| plan::href(kind, &row.record.id)),
                record: row,
            });
        }
        let alone = |kind: &str, title: String, href: Option<String>| Subject {
            kind: kind.to_owned(),
            title,
            href,
            record: None,
        };
        let name = |replica: &mut Replica, code: &IndicatorCode| -> Result<String, Fault> {
            let row = replica.indicator(code)?;
            Ok(row.map_or_else(|| code.to_string(), |row| row.definition.name))
        };
        if let Ok(key) = key.parse::<ObservationKey>() {
            let title = value_title(&name(replica, &key.indicator)?, &key, &self.areas);
            let kind = match container {
                Container::Notes => "note",
                _ => "value",
            };
            let href = format!("/indicators/{}", key.indicator);
            return Ok(alone(kind, title, Some(href)));
        }
        if let (Container::Adoptions, Ok(code)) = (container, key.parse::<IndicatorCode>()) {
            let title = name(replica, &code)?;
            return Ok(alone(
                "decision",
                title,
                Some(format!("/indicators/{code}")),
            ));
        }
        if let (Container::Definitions, Some((of, setting))) = (container, defined(key)) {
            let name = name(replica, &of.code)?;
            let setting = setting.map_or_else(String::new, |setting| format!(": {setting}"));
            let title = format!("{name}, version {}{setting}", of.version);
            let href = format!("/indicators/{}", of.code);
            return Ok(alone("definition", title, Some(href)));
        }
        if let Some(title) = replica.statement_title(container, key)? {
            let kind = match container {
                Container::Answers => "answer",
                _ => "line of money",
            };
            let href = plan::statement_href(container, key);
            return Ok(alone(kind, title, href));
        }
        Ok(alone(container.label(), key.to_owned(), None))
    }
}

/// Reads the key of a definition, or of a setting of one, which is put into words.
fn defined(key: &str) -> Option<(DefinitionKey, Option<String>)> {
    if let Ok(of) = key.parse() {
        return Some((of, None));
    }
    let key: SettingKey = key.parse().ok()?;
    let at = key
        .at
        .map_or_else(String::new, |at| format!(" {}", at.words()));
    Some((key.definition, Some(format!("{}{at}", key.setting.label()))))
}
