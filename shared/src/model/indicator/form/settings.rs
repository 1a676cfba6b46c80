//! The settings beside a definition in its file.

use std::ops::Range;

use toml::{Spanned, de::DeValue};

use super::{
    super::{Definition, Setting, SettingChange},
    Problems, Table, whole,
};

/// A setting from the file, before it is checked against its definition.
pub(super) struct Raw {
    at: Range<usize>,
    setting: Setting,
    value: String,
}

/// Removes the settings from a definition's table, each in the form that a command would use.
pub(super) fn take(table: &mut Table<'_, '_, '_, '_>) -> Vec<Raw> {
    let mut found = Vec::new();
    for setting in Setting::ALL.iter().copied() {
        let Some(field) = table.take(setting.word(), false) else {
            continue;
        };
        match texts(field, setting) {
            Some(texts) => {
                found.extend(
                    texts
                        .into_iter()
                        .map(|(at, value)| Raw { at, setting, value }),
                )
            }
            None => {
                let message = format!("\"{setting}\" should be {}", form(setting));
                table.problems.add(&field.span(), message);
            }
        }
    }
    found
}

/// The settings of `definition`. One that does not fit is a problem at its line.
pub(super) fn read(
    raw: Vec<Raw>,
    definition: &Definition,
    problems: &mut Problems<'_>,
) -> Vec<SettingChange> {
    let mut changes: Vec<SettingChange> = Vec::new();
    for Raw { at, setting, value } in raw {
        match SettingChange::read(setting.word(), &value, definition) {
            Ok(change) if change.text.is_empty() => {
                problems.add(&at, format!("\"{setting}\" is empty: leave it out"));
            }
            Ok(change) if changes.iter().any(|one| one.key == change.key) => {
                problems.add(&at, format!("\"{setting}\" names one period twice"));
            }
            Ok(change) => changes.push(change),
            Err(error) => problems.add(&at, error.to_string()),
        }
    }
    changes
}

/// Each value of a field, with its position; `None` if the field has the wrong form.
fn texts(field: &Spanned<DeValue<'_>>, setting: Setting) -> Option<Vec<(Range<usize>, String)>> {
    let at = field.span();
    match (setting, field.get_ref()) {
        (Setting::BaseFrom, DeValue::Array(changes)) => {
            let change = |change: &Spanned<DeValue<'_>>| {
                let table = change.get_ref().as_table()?;
                let text = |key: &str| table.get(key)?.get_ref().as_str();
                let (period, reason) = (text("period")?, text("reason")?);
                (table.iter().len() == 2).then(|| (change.span(), format!("{period}: {reason}")))
            };
            changes.iter().map(change).collect()
        }
        (Setting::Complete, DeValue::Array(names)) => {
            let names = names.iter().map(|name| name.get_ref().as_str());
            let names = names.collect::<Option<Vec<_>>>()?;
            Some(vec![(at, names.join(","))])
        }
        (Setting::BaseFrom | Setting::Complete, _) => None,
        (Setting::DueDays, days) => Some(vec![(at, whole(days)?.to_owned())]),
        (_, value) => Some(vec![(at, value.as_str()?.to_owned())]),
    }
}

fn form(setting: Setting) -> &'static str {
    match setting {
        Setting::BaseFrom => "a list such as [{ period = \"2018\", reason = \"rebased\" }]",
        Setting::Complete => "a list such as [\"age\"]",
        Setting::DueDays => "a whole number such as 30",
        Setting::ValidFrom
        | Setting::ReportedFrom
        | Setting::Protect
        | Setting::PartOf
        | Setting::OverTime
        | Setting::Rows => "text in quotes",
    }
}
