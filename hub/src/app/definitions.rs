//! The network's indicator definitions, and the settings of their versions.

use std::collections::BTreeMap;

use weft_shared::{
    id::IndicatorCode,
    model::{
        indicator::{
            Defined, Definition, DefinitionKey, SettingChange, SettingKey, Settings, file_from_toml,
        },
        schema::DocKind,
    },
    time::Timestamp,
};

use super::{
    AppError, AppHandle, Snapshot,
    own::{Edit, Standing},
};
use crate::limits;

/// The result of importing definitions.
#[derive(Clone, Debug, Default)]
pub struct ImportReport {
    /// Definitions that were added, as `CODE/version`.
    pub added: Vec<String>,
    /// Settings that changed, in words: `Set CODE/version setting value`.
    pub set: Vec<String>,
    /// Number of definitions that were there already with the same content.
    pub unchanged: usize,
}

/// One change of a setting, as the hub's document records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingSaid {
    /// The time of the change.
    pub at: Timestamp,
    /// The setting and the version it belongs to.
    pub key: SettingKey,
    /// The new value; none if the setting was cleared.
    pub text: Option<String>,
}

impl AppHandle {
    /// Imports definitions and their settings, all of the file or nothing. A setting that the file
    /// does not name stays as it is.
    ///
    /// # Errors
    /// Returns all problems of the file at once.
    pub async fn import_definitions(&self, text: &str) -> Result<ImportReport, AppError> {
        if text.len() > limits::DEFINITIONS_BYTES_MAX {
            return Err(AppError::DefinitionsRefused(vec![format!(
                "the file has {} bytes, and at most {} are read: split it",
                text.len(),
                limits::DEFINITIONS_BYTES_MAX
            )]));
        }
        let imported =
            file_from_toml(text).map_err(|problems| AppError::Definitions { problems })?;
        let import = move |standing: &Standing| {
            let (report, new, settings) = compare(imported, standing)?;
            let set: Vec<String> = settings.iter().map(said).collect();
            let subject = [report.added.as_slice(), &set].concat().join(" ");
            Ok(put("definitions import", subject, report, new, settings))
        };
        self.shared.own.edit(self, import).await
    }

    /// Changes settings of one version, given as `name=value`, all or none. Returns the changes in
    /// words.
    ///
    /// Returns all problems with the settings, or an error if there is no such version.
    pub async fn set_definition(
        &self,
        code: &IndicatorCode,
        version: u32,
        given: &[String],
    ) -> Result<Vec<String>, AppError> {
        let set = |standing: &Standing| {
            let settings = read_settings(standing, code, version, given)?;
            let settings = changed(settings, standing);
            let subject: Vec<String> = settings.iter().map(said).collect();
            let (act, subject) = ("definitions set", subject.join(" "));
            let answer = settings.iter().map(told).collect();
            Ok(put(act, subject, answer, Vec::new(), settings))
        };
        self.shared.own.edit(self, set).await
    }
}

impl Snapshot<'_> {
    /// Returns every definition, by code and version.
    pub fn definitions(&self) -> Vec<Definition> {
        self.standing.definitions().into_values().collect()
    }

    /// Names indicators in this order, by their newest definitions: "Regular smokers (SMOKING)".
    pub(crate) fn indicators_in_words(&self, codes: &[IndicatorCode]) -> String {
        let all = self.definitions();
        let named = codes.iter().map(|code| {
            let of_code = all.iter().filter(|one| one.code == *code);
            let newest = of_code.max_by_key(|one| one.version);
            newest.map_or_else(|| code.to_string(), |one| format!("{} ({code})", one.name))
        });
        named.collect::<Vec<_>>().join(", ")
    }

    /// Returns the settings of the definitions that have any.
    pub fn definition_settings(&self) -> BTreeMap<DefinitionKey, Settings> {
        self.standing.definition_settings()
    }

    /// Whether any indicator has a reporting calendar.
    pub fn has_calendar(&self) -> bool {
        let settings = self.standing.definition_settings().into_values();
        settings.into_iter().any(|one| one.reported_from.is_some())
    }

    /// Returns every change of a setting of an indicator's versions, oldest first.
    pub fn setting_history(&self, code: &IndicatorCode) -> Vec<SettingSaid> {
        let all = self.standing.setting_history().into_iter();
        let of_code = all.filter(|(_, key, _)| key.definition.code == *code);
        let said = of_code.map(|(at, key, text)| SettingSaid { at, key, text });
        said.collect()
    }
}

/// Compares a file with what stands: the report, the new definitions and the changed settings.
fn compare(
    imported: Vec<Defined>,
    standing: &Standing,
) -> Result<(ImportReport, Vec<Definition>, Vec<SettingChange>), AppError> {
    let held = standing.definitions();
    let mut report = ImportReport::default();
    let mut problems = Vec::new();
    let mut new: Vec<Definition> = Vec::new();
    let mut settings: Vec<SettingChange> = Vec::new();
    for Defined {
        definition,
        settings: given,
    } in imported
    {
        let same_key = held.get(&definition.key());
        match same_key {
            Some(same) if same.hash() == definition.hash() => report.unchanged += 1,
            Some(_) => problems.push(format!(
                "{} exists with other content; a definition that changes needs a new version",
                definition.key()
            )),
            None if is_own(&definition.code, standing) => problems.push(format!(
                "{} begins with the code of a location: such indicators are its own, and in no \
                 figure of the network; give this one another code",
                definition.code
            )),
            None => {
                report.added.push(definition.key().to_string());
                new.push(definition);
            }
        }
        settings.extend(given);
    }
    if !problems.is_empty() {
        return Err(AppError::DefinitionsRefused(problems));
    }
    let settings = changed(settings, standing);
    report.set = settings.iter().map(told).collect();
    Ok((report, new, settings))
}

/// Whether the code would be a location's own indicator. One that the network has defined before
/// the location was added stays the network's.
fn is_own(code: &IndicatorCode, standing: &Standing) -> bool {
    let location = code.location();
    let has_location = location.is_some_and(|one| standing.places().contains_key(&one));
    has_location && !standing.definitions().keys().any(|one| one.code == *code)
}

/// Reads the settings of one version, given as `name=value`.
fn read_settings(
    standing: &Standing,
    code: &IndicatorCode,
    version: u32,
    given: &[String],
) -> Result<Vec<SettingChange>, AppError> {
    let all = standing.definitions();
    let of_code = || all.values().filter(|one| one.code == *code);
    let Some(definition) = of_code().find(|one| one.version == version) else {
        let versions: Vec<String> = of_code().map(|one| one.version.to_string()).collect();
        let there = match versions.as_slice() {
            [] => "weft-hub definitions list shows the indicators there are".to_owned(),
            versions => format!("{code} has version {}", versions.join(", ")),
        };
        return Err(AppError::SettingsRefused(vec![format!(
            "there is no version {version} of {code}: {there}"
        )]));
    };
    let (mut settings, mut problems) = (Vec::new(), Vec::new());
    for text in given {
        let read = match text.split_once('=') {
            Some((name, value)) => SettingChange::read(name, value, definition),
            None => {
                problems.push(format!("\"{text}\" is no setting: write NAME=VALUE"));
                continue;
            }
        };
        match read {
            Ok(change) => settings.push(change),
            Err(error) => problems.push(error.to_string()),
        }
    }
    if !problems.is_empty() {
        return Err(AppError::SettingsRefused(problems));
    }
    Ok(settings)
}

/// Returns the settings whose value would change.
fn changed(settings: Vec<SettingChange>, standing: &Standing) -> Vec<SettingChange> {
    let held = standing.setting_texts();
    let differs = |change: &SettingChange| {
        let text = held.get(&change.key).map_or("", String::as_str);
        text != change.text
    };
    settings.into_iter().filter(differs).collect()
}

fn put<T>(
    act: &'static str,
    subject: String,
    answer: T,
    definitions: Vec<Definition>,
    settings: Vec<SettingChange>,
) -> Edit<T> {
    Edit::new(DocKind::Definitions, act, subject, answer, move |editor| {
        let mut definitions = definitions.iter();
        definitions.try_for_each(|definition| editor.put_definition(definition))?;
        let mut settings = settings.iter();
        settings.try_for_each(|change| editor.put_setting(change))
    })
}

/// Describes a change for the ledger: `SMOKING/1 base_from 2018: why`.
fn said(change: &SettingChange) -> String {
    let SettingKey {
        definition,
        setting,
        at,
    } = &change.key;
    let at = at.map_or_else(String::new, |period| format!(" {period}:"));
    let text = match change.text.as_str() {
        "" => "cleared",
        text => text,
    };
    format!("{definition} {setting}{at} {text}")
}

/// Describes a change for people: `Set SMOKING/1 due_days 60`, `Cleared SMOKING/1 base_from 2018`.
fn told(change: &SettingChange) -> String {
    if !change.text.is_empty() {
        return format!("Set {}", said(change));
    }
    let SettingKey {
        definition,
        setting,
        at,
    } = &change.key;
    let at = at.map_or_else(String::new, |period| format!(" {period}"));
    format!("Cleared {definition} {setting}{at}")
}
