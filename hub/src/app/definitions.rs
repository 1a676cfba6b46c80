//! The network's indicator definitions, and the settings of their versions.

use std::collections::BTreeMap;

use weft_shared::{
    id::IndicatorCode,
    model::indicator::{
        Defined, Definition, DefinitionKey, SettingChange, SettingKey, Settings, file_from_toml,
    },
    time::Timestamp,
};

use super::{AppError, AppHandle};
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
        let held = self.definitions().await?;
        let mut report = ImportReport::default();
        let mut problems = Vec::new();
        let mut new: Vec<Definition> = Vec::new();
        let mut settings: Vec<SettingChange> = Vec::new();
        for Defined {
            definition,
            settings: given,
        } in imported
        {
            let same_key = held.iter().find(|held| held.key() == definition.key());
            match same_key {
                Some(same) if same.hash() == definition.hash() => report.unchanged += 1,
                Some(_) => problems.push(format!(
                    "{} exists with other content; a definition that changes needs a new version",
                    definition.key()
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
        let settings = self.changed(settings).await;
        report.set = settings.iter().map(told).collect();
        if !new.is_empty() || !settings.is_empty() {
            let set: Vec<String> = settings.iter().map(said).collect();
            let subject = [report.added.as_slice(), &set].concat().join(" ");
            self.act("definitions import", &subject).await?;
            let own = &self.shared.own;
            own.put_definitions(&self.shared, new, settings).await?;
        }
        Ok(report)
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
        let all = self.definitions().await?;
        let of_code = || all.iter().filter(|one| one.code == *code);
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
        let settings = self.changed(settings).await;
        let changed: Vec<String> = settings.iter().map(told).collect();
        if !changed.is_empty() {
            let subject: Vec<String> = settings.iter().map(said).collect();
            self.act("definitions set", &subject.join(" ")).await?;
            let own = &self.shared.own;
            own.put_definitions(&self.shared, Vec::new(), settings)
                .await?;
        }
        Ok(changed)
    }

    /// Returns the settings whose value would change.
    async fn changed(&self, settings: Vec<SettingChange>) -> Vec<SettingChange> {
        let held = self.shared.own.setting_texts().await;
        let differs = |change: &SettingChange| {
            let text = held.get(&change.key).map_or("", String::as_str);
            text != change.text
        };
        settings.into_iter().filter(differs).collect()
    }

    /// Returns every definition, by code and version.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn definitions(&self) -> Result<Vec<Definition>, AppError> {
        Ok(self.shared.own.definitions().await.into_values().collect())
    }

    /// Returns the settings of the definitions that have any.
    pub async fn definition_settings(&self) -> BTreeMap<DefinitionKey, Settings> {
        self.shared.own.definition_settings().await
    }

    /// Returns every change of a setting of an indicator's versions, oldest first.
    pub async fn setting_history(&self, code: &IndicatorCode) -> Vec<SettingSaid> {
        let all = self.shared.own.setting_history().await.into_iter();
        let of_code = all.filter(|(_, key, _)| key.definition.code == *code);
        let said = of_code.map(|(at, key, text)| SettingSaid { at, key, text });
        said.collect()
    }
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
