//! Content that this version cannot read: a newer version wrote it, or it breaks the rules, such as
//! a text that is longer than any form accepts. It is kept, synced unchanged, and counted.

use super::Document;
use crate::{
    id::{IndicatorCode, LocationCode, RecordId},
    model::{
        answer::Answer,
        indicator::{Definition, DefinitionKey, SettingKey, Settings},
        line::Line,
        note::Note,
        observation::ObservationKey,
        profile::{Adoption, Place},
        quote::Quote,
        reader::Reader,
        release::{Link, Notice, ReleaseId},
        schema::{Container, RecordKind},
        source::Source,
    },
};

impl Document {
    /// Whether there is content under a key of a container that cannot be read here.
    pub fn is_unread(&self, container: Container, key: &str) -> bool {
        let texts = || self.view().values(container, key).into_iter();
        let any = |reads: fn(&str) -> bool| texts().any(|one| !reads(&one.value));
        if let Some(kind) = RecordKind::of(container) {
            return self.is_unread_record(kind, key);
        }
        match container {
            Container::Observations => match key.parse::<ObservationKey>() {
                Ok(key) => {
                    let observed = self.observation(&key);
                    observed.is_some_and(|observed| !observed.unreadable.is_empty())
                }
                Err(_) => texts().next().is_some(),
            },
            Container::Adoptions => {
                any(|text| Adoption::decode(text).is_ok()) || is_none::<IndicatorCode>(key)
            }
            Container::Locations => {
                any(|text| Place::decode(text).is_ok()) || is_none::<LocationCode>(key)
            }
            Container::Definitions => match key.parse() {
                Ok(SettingKey { setting, at, .. }) => {
                    texts().any(|one| !Settings::default().take(setting, at, &one.value))
                }
                Err(_) => {
                    any(|text| Definition::decode(text).is_ok()) || is_none::<DefinitionKey>(key)
                }
            },
            Container::Names | Container::Providers | Container::People | Container::Settings => {
                texts().any(|one| !container.takes_text(key, &one.value))
            }
            Container::Notes => any(|text| Note::decode(text).fits()),
            Container::Sources => any(|text| Source::decode(text).is_ok()) || is_none::<u32>(key),
            Container::Notices => {
                any(|text| Notice::decode(text).is_ok()) || is_none::<ReleaseId>(key)
            }
            Container::Readers => any(|text| Reader::decode(text).is_ok()) || is_none::<u32>(key),
            Container::Releases => any(|text| Link::decode(text).is_ok()) || is_none::<u32>(key),
            Container::Answers => self.view().is_unread_scalar::<Answer>(key),
            Container::Lines => self.view().is_unread_scalar::<Line>(key),
            Container::Quotes => self.view().is_unread_scalar::<Quote>(key),
            // Records, which were checked above.
            Container::Outcomes
            | Container::Initiatives
            | Container::Actions
            | Container::Partners
            | Container::Relationships
            | Container::Opportunities
            | Container::Markers
            | Container::Targets
            | Container::Insights
            | Container::Items
            | Container::Investments
            | Container::Reviews => false,
        }
    }

    /// Number of keys in the document with content that cannot be read here.
    pub fn unread(&self) -> usize {
        let containers = self.kind.containers();
        let keys = containers.flat_map(|container| {
            let keys = self.view().keys(container).into_iter();
            keys.map(move |key| (container, key))
        });
        keys.filter(|(container, key)| self.is_unread(*container, key))
            .count()
    }

    fn is_unread_record(&self, kind: RecordKind, key: &str) -> bool {
        let Ok(id) = key.parse::<RecordId>() else {
            return true;
        };
        self.record(kind, &id).is_some_and(|record| {
            let mut keys = record.fields.keys().chain(record.sets.keys());
            !record.unread.is_empty() || keys.any(|key| !kind.knows(key))
        })
    }
}

fn is_none<T: std::str::FromStr>(key: &str) -> bool {
    key.parse::<T>().is_err()
}
