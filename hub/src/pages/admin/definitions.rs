//! Definitions: importing them, and the settings of each version.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Form,
    extract::{Multipart, Path},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use weft_host::{
    file,
    list::{Column, Datum, List},
    upload,
};
use weft_shared::{
    id::IndicatorCode,
    model::indicator::{Definition, DefinitionKey, OverTime, Protect, Rows, Setting, Settings},
    period::{Period, day_words},
    text::{capital, counted},
    time::Zone,
};

use super::{
    Said, mendable, missing,
    table::{Act, Table},
};
use crate::{
    app::SettingSaid,
    limits,
    pages::{
        Web,
        frame::{Frame, PageFailure, html},
    },
};

/// A version of a definition, and its settings in words.
type Defined = (Definition, String);

const DEFINITIONS: List<Defined> = List::new(&[
    Column::new("code", |(one, _): &Defined| Datum::text(&one.code)).header(),
    Column::new("version", |(one, _): &Defined| {
        u64::from(one.version).into()
    })
    .number(),
    Column::new("name", |(one, _): &Defined| (&*one.name).into()).words(),
    Column::new("settings", |(_, settings): &Defined| (&**settings).into()).words(),
]);

#[derive(Template)]
#[template(path = "admin/definitions.html")]
struct Definitions {
    frame: Frame,
    title: String,
    said: Said,
    /// The outcome of an import, line by line.
    lines: Vec<String>,
    toml: String,
    /// The most that a file may have, in words.
    most: String,
    table: Table,
}

/// The form of a pasted text.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Pasted {
    #[serde(default)]
    toml: String,
}

pub(super) async fn list(web: Web) -> Result<Response, PageFailure> {
    show(&web, (Said::default(), Vec::new()), String::new()).await
}

async fn show(
    web: &Web,
    (said, lines): (Said, Vec<String>),
    toml: String,
) -> Result<Response, PageFailure> {
    let found = web.app.read(|at| {
        let definitions = at.definitions();
        Ok((definitions, at.definition_settings(), at.zone()))
    });
    let (mut definitions, settings, zone) = found.await?;
    definitions.sort_by(|a, b| (&a.code, a.version).cmp(&(&b.code, b.version)));
    let rows = definitions.into_iter().map(|one| {
        let words = settings.get(&one.key()).map(Settings::words);
        let words = words.unwrap_or_default();
        let words = words
            .iter()
            .map(|(setting, text)| format!("{}: {}", setting.label(), told(text)));
        let words: Vec<String> = words.collect();
        (one, words.join("\n"))
    });
    let rows: Vec<Defined> = rows.collect();
    let page = Definitions {
        frame: Frame::administration(web, "/definitions"),
        title: said.title("Definitions"),
        table: Table::of(
            ("Table of definitions", "Every version of every definition"),
            &DEFINITIONS,
            &rows,
            &zone,
            Some(&|(one, _)| {
                vec![Act::Link {
                    path: path(&one.key()),
                    label: format!("Settings of {}, version {}", one.code, one.version),
                }]
            }),
        ),
        said,
        lines,
        toml,
        most: file::size(limits::DEFINITIONS_BYTES_MAX as u64),
    };
    html(page.said.status(), &page)
}

fn path(key: &DefinitionKey) -> String {
    format!("/definitions/{key}")
}

pub(super) async fn import(web: Web, Form(pasted): Form<Pasted>) -> Result<Response, PageFailure> {
    if pasted.toml.trim().is_empty() {
        let said = Said::problem("toml", "Paste the text of a file of definitions.");
        return show(&web, (said, Vec::new()), pasted.toml).await;
    }
    take_in(&web, &pasted.toml, "toml").await
}

/// Imports a file that was chosen.
pub(super) async fn upload(web: Web, parts: Multipart) -> Result<Response, PageFailure> {
    let text = upload::received(parts).await.and_then(|(name, bytes)| {
        String::from_utf8(bytes).map_err(|_| {
            format!("{name} is not text in UTF-8. Save it as UTF-8, then choose it again.")
        })
    });
    match text {
        // Editors of one system begin a file with a mark of its encoding.
        Ok(text) => take_in(&web, text.trim_start_matches('\u{feff}'), "file").await,
        Err(why) => {
            show(
                &web,
                (Said::problem("file", why), Vec::new()),
                String::new(),
            )
            .await
        }
    }
}

/// Imports the text of a file; a problem stands at `field`, and a pasted text stays there.
async fn take_in(web: &Web, text: &str, field: &'static str) -> Result<Response, PageFailure> {
    match web.app.import_definitions(text).await {
        Ok(report) => {
            let added = report.added.iter().map(|key| format!("Added {key}"));
            let lines = added.chain(report.set.clone()).collect();
            let done = format!(
                "{}, {} already there. The change takes effect here at once, and at each node with \
                 its next sync.",
                counted(
                    report.added.len(),
                    "definition was added",
                    "definitions were added"
                ),
                report.unchanged
            );
            let said = Said {
                done,
                ..Said::default()
            };
            show(web, (said, lines), String::new()).await
        }
        Err(error) => {
            let said = mendable(error, field)?;
            let again = if field == "toml" { text } else { "" };
            show(web, (said, Vec::new()), again.to_owned()).await
        }
    }
}

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct SettingsPage {
    frame: Frame,
    title: String,
    said: Said,
    name: String,
    code: String,
    version: u32,
    path: String,
    fields: Vec<Field>,
    bases: Vec<String>,
    history: Vec<String>,
}

/// A field of the form: a setting.
struct Field {
    name: &'static str,
    label: String,
    hint: &'static str,
    value: String,
    /// The words to choose from, their labels, and whether each is chosen; empty if it is typed.
    choices: Vec<(&'static str, &'static str, bool)>,
}

pub(super) async fn settings(
    web: Web,
    Path((code, version)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    form(&web, (&code, &version), Said::default(), None).await
}

pub(super) async fn set(
    web: Web,
    Path((code, version)): Path<(String, String)>,
    Form(sent): Form<BTreeMap<String, String>>,
) -> Result<Response, PageFailure> {
    let Some((indicator, number)) = parsed(&code, &version) else {
        return none(&web);
    };
    let field = |name: &str| sent.get(name).map(|text| text.trim()).unwrap_or_default();
    let plain = Setting::ALL.iter().filter(|one| **one != Setting::BaseFrom);
    let plain = plain.filter(|one| sent.contains_key(one.word()));
    let mut given: Vec<String> = plain
        .map(|one| format!("{}={}", one.word(), field(one.word())))
        .collect();
    if !field("base_period").is_empty() {
        let (period, why) = (field("base_period"), field("base_why"));
        given.push(format!("base_from={period}:{why}"));
    }
    let said = match web.app.set_definition(&indicator, number, &given).await {
        Ok(changed) => Said {
            done: match changed.is_empty() {
                true => "That is what they are already. Nothing was changed.".to_owned(),
                false => format!("{}.", changed.join("; ")),
            },
            ..Said::default()
        },
        Err(error) => mendable(error, "settings")?,
    };
    let again = (said.status() != StatusCode::OK).then_some(&sent);
    form(&web, (&code, &version), said, again).await
}

fn parsed(code: &str, version: &str) -> Option<(IndicatorCode, u32)> {
    Some((code.parse().ok()?, version.parse().ok()?))
}

fn none(web: &Web) -> Result<Response, PageFailure> {
    let links = [("/definitions", "Definitions")];
    let text = "No definition of the network has this code and version.";
    missing(web, "There is no such definition", text, &links)
}

/// The form of one version, as it stands or as it was sent.
async fn form(
    web: &Web,
    (code, version): (&str, &str),
    said: Said,
    sent: Option<&BTreeMap<String, String>>,
) -> Result<Response, PageFailure> {
    let Some((indicator, number)) = parsed(code, version) else {
        return none(web);
    };
    let of = indicator.clone();
    let found = web.app.read(move |at| {
        let history = at.setting_history(&of);
        Ok((
            at.definitions(),
            at.definition_settings(),
            history,
            at.zone(),
        ))
    });
    let (definitions, settings, history, zone) = found.await?;
    let definition = definitions
        .into_iter()
        .find(|one| one.code == indicator && one.version == number);
    let Some(definition) = definition else {
        return none(web);
    };
    let words = settings.get(&definition.key()).map(Settings::words);
    let words = words.unwrap_or_default();
    let history = history
        .iter()
        .filter(|one| one.key.definition == definition.key());
    let page = SettingsPage {
        frame: Frame::administration(web, "/definitions"),
        title: said.title("Settings of a definition"),
        name: definition.name.clone(),
        code: definition.code.to_string(),
        version: definition.version,
        path: path(&definition.key()),
        fields: fields(&words, sent),
        bases: of_setting(&words, Setting::BaseFrom).map(told).collect(),
        history: history.rev().map(|one| line(one, &zone)).collect(),
        said,
    };
    html(page.said.status(), &page)
}

fn of_setting(words: &[(Setting, String)], setting: Setting) -> impl Iterator<Item = &str> {
    let of = words.iter().filter(move |(one, _)| *one == setting);
    of.map(|(_, text)| text.as_str())
}

fn fields(words: &[(Setting, String)], sent: Option<&BTreeMap<String, String>>) -> Vec<Field> {
    let plain = Setting::ALL.iter().filter(|one| **one != Setting::BaseFrom);
    let fields = plain.map(|setting| {
        let stands = of_setting(words, *setting).next().unwrap_or_default();
        let typed = sent.and_then(|sent| sent.get(setting.word()));
        let value = typed.map_or(stands, String::as_str);
        let choices = choices(*setting).into_iter();
        Field {
            name: setting.word(),
            label: capital(setting.label()),
            hint: hint(*setting),
            choices: choices
                .map(|(word, label)| (word, label, word == value))
                .collect(),
            value: value.to_owned(),
        }
    });
    fields.collect()
}

fn choices(setting: Setting) -> Vec<(&'static str, &'static str)> {
    match setting {
        Setting::Protect => words_of(Protect::ALL, |one| (one.word(), one.label())),
        Setting::OverTime => words_of(OverTime::ALL, |one| (one.word(), one.label())),
        Setting::Rows => words_of(Rows::ALL, |one| (one.word(), one.label())),
        _ => Vec::new(),
    }
}

fn words_of<T: Copy>(
    all: &[T],
    word: impl Fn(T) -> (&'static str, &'static str),
) -> Vec<(&'static str, &'static str)> {
    all.iter().map(|one| word(*one)).collect()
}

const fn hint(setting: Setting) -> &'static str {
    match setting {
        Setting::ValidFrom => "The first period for which the version holds, such as 2018",
        Setting::BaseFrom => "",
        Setting::DueDays => "Days after the end of a period until its figures are due",
        Setting::ReportedFrom => "The first period that is reported, such as 2023-01",
        Setting::Protect => "The small counts that releases protect",
        Setting::PartOf => "The code of the indicator whose numerator includes this one’s",
        Setting::OverTime => "Whether each figure includes those before it",
        Setting::Complete => "The breakdowns whose values make up the total: age,sex",
        Setting::Rows => "The rows of releases",
    }
}

/// A change of a setting, in words.
fn line(said: &SettingSaid, zone: &Zone) -> String {
    let at = said
        .key
        .at
        .map_or_else(String::new, |one| format!(" {}", told(&one.to_string())));
    let value = said.text.as_deref().unwrap_or("cleared");
    let (day, setting) = (day_words(zone.day(said.at)), said.key.setting.label());
    format!("{day}: {setting}{at}: {}", told(value))
}

/// Writes out the period that a setting is, or that it begins with before its reason.
fn told(text: &str) -> String {
    let (period, why) = text.split_once(": ").unwrap_or((text, ""));
    match (period.parse::<Period>(), why) {
        (Ok(period), "") => period.words(),
        (Ok(period), why) => format!("{}: {why}", period.words()),
        (Err(_), _) => text.to_owned(),
    }
}
