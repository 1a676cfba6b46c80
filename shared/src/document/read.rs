//! Reads a document in the model's terms.

mod records;
mod stated;

use std::{collections::BTreeMap, fmt};

use automerge::{ObjType, ReadDoc, Value};

pub use self::stated::StatedUnder;
use super::{
    Document, actor_bytes, dump, standing,
    wrap::{ObjId, Origin},
};
use crate::{
    id::{IndicatorCode, LocationCode, RecordId},
    model::{
        Audience,
        indicator::{Definition, DefinitionKey, SettingKey, Settings},
        note::Note,
        observation::{ObservationKey, Statement},
        present,
        profile::{Adoption, Place},
        reader::Reader,
        record::{Concurrent, Record},
        release::{Link, Notice, ReleaseId},
        schema::{self, Container, DocKind, RecordKind},
        source::Source,
    },
};

/// A statement and its author.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stated {
    /// The statement.
    pub statement: Statement,
    /// The Automerge actor that stated it.
    pub actor: [u8; 16],
    /// The operation's counter; [`Document::change_of`] returns the time.
    pub op: u64,
}

/// A document's content for one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Observed {
    /// The subject.
    pub key: ObservationKey,
    /// The different statements, with the one that every replica shows first; several if it is
    /// contested.
    pub stated: Vec<Stated>,
    /// Texts under the key that are not statements to this version.
    pub unreadable: Vec<Concurrent>,
    /// The different notes, with the one that every replica shows first.
    pub notes: Vec<Note>,
}

impl Observed {
    /// Whether people stated different things and no one has settled it.
    pub fn is_contested(&self) -> bool {
        self.stated.len() + self.unreadable.len() > 1
    }

    /// The statement, if there is only one.
    pub fn settled(&self) -> Option<&Statement> {
        match (self.stated.as_slice(), self.unreadable.as_slice()) {
            ([only], []) => Some(&only.statement),
            _ => None,
        }
    }

    /// The text of the only note, if it is an older one without a figure.
    pub(super) fn plain_note(&self) -> Option<&str> {
        match self.notes.as_slice() {
            [only] if only.figure.is_none() => Some(&only.text),
            _ => None,
        }
    }

    /// The audience; the narrowest if people chose concurrently.
    pub fn audience(&self) -> Audience {
        let audiences = self.stated.iter().map(|one| one.statement.audience);
        audiences.min().unwrap_or(Audience::Team)
    }
}

/// A scalar with different values that people wrote without knowing of each other's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// The container.
    pub container: Container,
    /// Its key, or its record's.
    pub key: String,
    /// The record's field.
    pub field: Option<String>,
    /// The different values, with the one that every replica shows first.
    pub values: Vec<Concurrent>,
}

impl Conflict {
    /// A stable name, such as `observations/VAX_PRIMARY/FAR_NORTH/2022-12/age=12%2B` or
    /// `initiatives/01936f2e-7c1a-7b2e-8a51-6d1c2f3e4a5b/status`.
    pub fn id(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.container, self.key)?;
        self.field
            .iter()
            .try_for_each(|field| write!(f, "/{field}"))
    }
}

/// Reads a document, or its state within an edit.
#[derive(Debug)]
pub struct View<'a, R> {
    pub(super) doc: &'a R,
    pub(super) origin: &'a Origin,
    pub(super) kind: DocKind,
}

impl Document {
    /// A view for reading.
    pub const fn view(&self) -> View<'_, automerge::Automerge> {
        View {
            doc: &self.inner,
            origin: &self.origin,
            kind: self.kind,
        }
    }

    /// Every observation, in order of their keys, one by one.
    pub fn observations(&self) -> impl Iterator<Item = Observed> + use<'_> {
        self.observations_where(|_| true)
    }

    /// The observations that `wanted` selects, in order of their keys, one by one: all those of a
    /// full document take many times its memory. No other is decoded.
    pub fn observations_where<W: Fn(&ObservationKey) -> bool>(
        &self,
        wanted: W,
    ) -> impl Iterator<Item = Observed> + use<'_, W> {
        self.view().observations(wanted)
    }

    /// The keys of all observations, in their order. Nothing is decoded.
    pub fn observation_keys(&self) -> impl Iterator<Item = ObservationKey> + use<'_> {
        let all = self.view().entries(Container::Observations);
        all.filter_map(|(text, _)| text.parse().ok().filter(|key| self.kind.holds(key)))
    }

    /// The keys of the observations of which a value stands, in their order: without those that
    /// were taken out again. Only what may be a retraction is decoded.
    pub fn observation_keys_standing(&self) -> impl Iterator<Item = ObservationKey> + use<'_> {
        let all = self.view().entries(Container::Observations);
        let is_out = |one: &Concurrent| Statement::is_retraction_text(&one.value);
        let standing = all.filter(move |(_, values)| !values.iter().all(is_out));
        standing.filter_map(|(text, _)| text.parse().ok().filter(|key| self.kind.holds(key)))
    }

    /// The observation under one key.
    pub fn observation(&self, key: &ObservationKey) -> Option<Observed> {
        self.view().observation(key)
    }

    /// Every record of a kind, including removed ones, in their order.
    pub fn records(&self, kind: RecordKind) -> Vec<Record> {
        let records = self.view().records(kind).into_iter();
        records.map(|one| self.with_dispute(one)).collect()
    }

    /// One record.
    pub fn record(&self, kind: RecordKind, id: &RecordId) -> Option<Record> {
        let record = self.view().record(kind, id)?;
        Some(self.with_dispute(record))
    }

    /// The location's decisions about indicators; see [`Adoption::until_settled`].
    pub fn adoptions(&self) -> BTreeMap<IndicatorCode, Adoption> {
        self.view().adoptions()
    }

    /// The network's locations.
    pub fn places(&self) -> BTreeMap<LocationCode, Place> {
        self.view().places()
    }

    /// One of the network's locations.
    pub fn place(&self, code: &LocationCode) -> Option<Place> {
        let values = self.view().values(Container::Locations, code.as_str());
        Place::decode(&values.first()?.value).ok()
    }

    /// The versions of one indicator's definition, and those of their settings that are set.
    pub fn definitions_of(
        &self,
        code: &IndicatorCode,
    ) -> (Vec<Definition>, BTreeMap<DefinitionKey, Settings>) {
        let all = self.view().scalars(Container::Definitions, |key, text| {
            let key: DefinitionKey = key
                .parse()
                .ok()
                .filter(|key: &DefinitionKey| key.code == *code)?;
            Some((key, Definition::decode(text).ok()?))
        });
        (all.into_values().collect(), self.definition_settings())
    }

    /// The indicator definitions.
    pub fn definitions(&self) -> BTreeMap<DefinitionKey, Definition> {
        self.view().definitions()
    }

    /// The settings of those indicator definitions that have any.
    pub fn definition_settings(&self) -> BTreeMap<DefinitionKey, Settings> {
        self.view().definition_settings()
    }

    /// The sources of published figures, by the number of their import.
    pub fn sources(&self) -> BTreeMap<u32, Source> {
        self.view().scalars(Container::Sources, |key, text| {
            Some((key.parse().ok()?, Source::decode(text).ok()?))
        })
    }

    /// The people who may read, by their numbers.
    pub fn readers(&self) -> BTreeMap<u32, Reader> {
        self.view().scalars(Container::Readers, |key, text| {
            Some((key.parse().ok()?, Reader::decode(text).ok()?))
        })
    }

    /// The notices of releases.
    pub fn notices(&self) -> BTreeMap<ReleaseId, Notice> {
        self.view().scalars(Container::Notices, |key, text| {
            Some((key.parse().ok()?, Notice::decode(text).ok()?))
        })
    }

    /// The links of the chain of releases, by their numbers.
    pub fn release_links(&self) -> BTreeMap<u32, Link> {
        self.view().scalars(Container::Releases, |key, text| {
            Some((key.parse().ok()?, Link::decode(text).ok()?))
        })
    }

    /// The network's settings.
    pub fn settings(&self) -> BTreeMap<String, String> {
        self.view().texts(Container::Settings)
    }

    /// The network's time zone, if its settings name one.
    pub fn time_zone(&self) -> Option<String> {
        self.settings().remove(schema::TIME_ZONE)
    }

    /// All concurrent contradictions: statements, notes for one figure, decisions, fields of
    /// records, and removals of records that another person kept or edited. The order of records is
    /// never a conflict, and a removed record has none.
    pub fn conflicts(&self) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        for container in self.kind.containers() {
            let found: Vec<_> = match RecordKind::of(container) {
                Some(kind) => {
                    let records = self.records(kind).into_iter();
                    records.flat_map(record_fields).collect()
                }
                None => {
                    let scalars = self.view().entries(container);
                    let scalars = scalars.map(|(key, mut values)| {
                        values.retain(|one| container.takes_text(&key, &one.value));
                        (key, None, values)
                    });
                    scalars.collect()
                }
            };
            conflicts.extend(found.into_iter().filter_map(|(key, field, values)| {
                let values = standing::contested(container, values);
                (values.len() > 1).then_some(Conflict {
                    container,
                    key,
                    field,
                    values,
                })
            }));
        }
        conflicts
    }

    /// The contradicting values under the key of a plain scalar; fewer than two if none do.
    pub fn standing(&self, container: Container, key: &str) -> Vec<Concurrent> {
        standing::contested(container, self.view().values(container, key))
    }
}

impl<'a, R: ReadDoc> View<'a, R> {
    /// The observations that `wanted` selects, in order of their keys. No other is decoded.
    pub fn observations<W: Fn(&ObservationKey) -> bool>(
        &self,
        wanted: W,
    ) -> impl Iterator<Item = Observed> + use<'a, R, W> {
        let mut notes: BTreeMap<_, _> = self.entries(Container::Notes).collect();
        let kind = self.kind;
        let all = self.entries(Container::Observations);
        all.filter_map(move |(text, values)| {
            let notes = notes.remove(&text).unwrap_or_default();
            let key = text
                .parse()
                .ok()
                .filter(|key| kind.holds(key) && wanted(key))?;
            Some(observed(key, values, notes))
        })
    }

    /// The observation under one key.
    pub fn observation(&self, key: &ObservationKey) -> Option<Observed> {
        let text = key.to_string();
        let values = self.values(Container::Observations, &text);
        if values.is_empty() || !self.kind.holds(key) {
            return None;
        }
        let notes = self.values(Container::Notes, &text);
        Some(observed(key.clone(), values, notes))
    }

    /// The location's decisions about indicators; see [`Adoption::until_settled`].
    pub fn adoptions(&self) -> BTreeMap<IndicatorCode, Adoption> {
        let entries = self.entries(Container::Adoptions);
        let read = entries.filter_map(|(code, values)| {
            let all = values
                .iter()
                .filter_map(|one| Adoption::decode(&one.value).ok());
            Some((code.parse().ok()?, Adoption::until_settled(all)?))
        });
        read.collect()
    }

    /// The network's locations.
    pub fn places(&self) -> BTreeMap<LocationCode, Place> {
        self.scalars(Container::Locations, |code, text| {
            Some((code.parse().ok()?, Place::decode(text).ok()?))
        })
    }

    /// The indicator definitions.
    pub fn definitions(&self) -> BTreeMap<DefinitionKey, Definition> {
        self.scalars(Container::Definitions, |key, text| {
            Some((key.parse().ok()?, Definition::decode(text).ok()?))
        })
    }

    /// The settings of those indicator definitions that have any. A setting of a newer version of
    /// Weft is ignored.
    pub fn definition_settings(&self) -> BTreeMap<DefinitionKey, Settings> {
        let mut all: BTreeMap<DefinitionKey, Settings> = BTreeMap::new();
        for (key, text) in self.texts(Container::Definitions) {
            if let Ok(SettingKey {
                definition,
                setting,
                at,
            }) = key.parse()
            {
                let settings = all.entry(definition).or_default();
                settings.take(setting, at, &text);
            }
        }
        all
    }

    /// The texts of a container of plain scalars, without those that no form would accept.
    pub fn texts(&self, container: Container) -> BTreeMap<String, String> {
        let entries = self.entries(container);
        let read = entries.filter_map(|(key, values)| {
            let mut values = values.into_iter();
            let text = values.find(|one| container.takes_text(&key, &one.value))?;
            Some((key, text.value))
        });
        read.collect()
    }

    pub(super) fn container(&self, container: Container) -> Option<ObjId> {
        self.origin.id_of(container)
    }

    pub(super) fn record_map(&self, kind: RecordKind, id: &RecordId) -> Option<ObjId> {
        let container = self.container(kind.container())?;
        match self.doc.get(&container, id.to_string()) {
            Ok(Some((Value::Object(ObjType::Map), map))) => Some(map),
            Ok(_) | Err(_) => None,
        }
    }

    pub(super) fn keys(&self, container: Container) -> Vec<String> {
        let keys = self.container(container).map(|id| self.doc.keys(&id));
        keys.into_iter().flatten().collect()
    }

    pub(super) fn values(&self, container: Container, key: &str) -> Vec<Concurrent> {
        let container = self.container(container);
        container.map_or_else(Vec::new, |container| self.values_in(&container, key))
    }

    pub(super) fn entries(
        &self,
        container: Container,
    ) -> impl Iterator<Item = (String, Vec<Concurrent>)> + use<'a, R> {
        let container = self.container(container);
        let entries = container.map(|container| self.entries_in(&container));
        entries.into_iter().flatten()
    }

    /// The scalars under every key of a map. One walk over it is ten times as fast as a lookup of
    /// each key.
    pub(super) fn entries_in(
        &self,
        map: &ObjId,
    ) -> impl Iterator<Item = (String, Vec<Concurrent>)> + use<'a, R> {
        let (doc, map) = (self.doc, map.clone());
        let entries = doc.map_range(&map, ..).map(move |item| {
            let values = if item.conflict {
                values_in(doc, &map, &item.key)
            } else {
                let id = item.id();
                let value = item.value.into_value();
                concurrent(&item.key, &value, &id).into_iter().collect()
            };
            (item.key.into_owned(), values)
        });
        entries.filter(|(_, values)| !values.is_empty())
    }

    /// All concurrent scalars under a key, with the one that every replica shows first.
    pub(super) fn values_in(&self, map: &ObjId, key: &str) -> Vec<Concurrent> {
        values_in(self.doc, map, key)
    }

    fn scalars<K: Ord, V>(
        &self,
        container: Container,
        read: impl Fn(&str, &str) -> Option<(K, V)>,
    ) -> BTreeMap<K, V> {
        let entries = self.entries(container);
        let read = |(key, values): (String, Vec<Concurrent>)| read(&key, &values.first()?.value);
        entries.filter_map(read).collect()
    }
}

fn values_in(doc: &impl ReadDoc, map: &ObjId, key: &str) -> Vec<Concurrent> {
    let all = doc.get_all(map, key).unwrap_or_default();
    let all = all.iter().rev();
    all.filter_map(|(value, id)| concurrent(key, value, id))
        .collect()
}

fn observed(key: ObservationKey, values: Vec<Concurrent>, notes: Vec<Concurrent>) -> Observed {
    let (stated, unreadable) = standing::statements(values);
    Observed {
        key,
        stated,
        unreadable,
        notes: standing::notes(notes),
    }
}

/// The fields of a record that people may disagree about. The length of words goes with their hash,
/// and the order is never a conflict.
fn record_fields(record: Record) -> Vec<(String, Option<String>, Vec<Concurrent>)> {
    let key = record.id.to_string();
    let removal = [(schema::REMOVED.to_owned(), record.disputed.clone())];
    let live = record.is_live() && !record.withdrawn;
    let fields = record.fields.into_iter();
    let fields = fields.filter(|(field, _)| live && !schema::QUIET.contains(&field.as_str()));
    removal
        .into_iter()
        .chain(fields)
        .map(|(field, values)| (key.clone(), Some(field), values))
        .collect()
}

pub(super) fn concurrent(key: &str, value: &Value<'_>, id: &ObjId) -> Option<Concurrent> {
    let (Value::Scalar(value), ObjId::Id(op, actor, _)) = (value, id) else {
        return None;
    };
    Some(Concurrent {
        value: present(key, dump::text(value)),
        actor: actor_bytes(actor),
        op: *op,
    })
}
