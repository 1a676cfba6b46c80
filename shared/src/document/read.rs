//! What a document says, in the model's words.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use automerge::{ActorId, ObjType, ReadDoc, Value};

use super::{Document, actor_bytes, dump, wrap, wrap::ObjId};
use crate::{
    id::{IndicatorCode, LocationCode, RecordId},
    model::{
        Audience,
        indicator::{Definition, DefinitionKey},
        observation::{ObservationKey, Statement},
        profile::{Adoption, Place, Profile},
        record::{Concurrent, Record},
        schema::{self, Container, DocKind, RecordKind},
    },
};

/// A statement, and who made it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stated {
    /// What was stated.
    pub statement: Statement,
    /// The Automerge actor that stated it.
    pub actor: [u8; 16],
    /// The operation's counter; [`Document::change_of`] tells when.
    pub op: u64,
}

/// What a document holds about one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Observed {
    /// What it is about.
    pub key: ObservationKey,
    /// The statements that differ, the one everybody shows first; more than one where it is
    /// contested.
    pub stated: Vec<Stated>,
    /// Texts under the key that are no statements here.
    pub unreadable: Vec<Concurrent>,
    /// The note.
    pub note: Option<String>,
}

impl Observed {
    /// Whether people stated different things and nobody has settled it.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        self.stated.len() + self.unreadable.len() > 1
    }

    /// How far it may travel: the narrowest where people chose at once.
    #[must_use]
    pub fn audience(&self) -> Audience {
        let audiences = self.stated.iter().map(|one| one.statement.audience);
        audiences.min().unwrap_or(Audience::Team)
    }
}

/// A scalar that people gave different values without knowing of each other's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// Where it stands.
    pub container: Container,
    /// Its key there, or its record's.
    pub key: String,
    /// The record's field.
    pub field: Option<String>,
    /// The values that differ, the one everybody shows first.
    pub values: Vec<Concurrent>,
}

impl Conflict {
    /// A stable name, such as `observations/VAX_PRIMARY/FAR_NORTH/2022-12/age=12%2B` or
    /// `initiatives/01936f2e-7c1a-7b2e-8a51-6d1c2f3e4a5b/status`.
    #[must_use]
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

/// Reads a document, or what it becomes within an edit.
#[derive(Debug)]
pub struct View<'a, R> {
    pub(super) doc: &'a R,
    pub(super) kind: DocKind,
    pub(super) genesis: &'a ActorId,
}

impl Document {
    /// Reads it.
    #[must_use]
    pub const fn view(&self) -> View<'_, automerge::Automerge> {
        View {
            doc: &self.inner,
            kind: self.kind,
            genesis: &self.genesis,
        }
    }

    /// Every observation, in order of their keys.
    #[must_use]
    pub fn observations(&self) -> Vec<Observed> {
        self.view().observations()
    }

    /// What is known about one key.
    #[must_use]
    pub fn observation(&self, key: &ObservationKey) -> Option<Observed> {
        self.view().observation(key)
    }

    /// Every record of a kind, removed ones too, in their order.
    #[must_use]
    pub fn records(&self, kind: RecordKind) -> Vec<Record> {
        self.view().records(kind)
    }

    /// One record.
    #[must_use]
    pub fn record(&self, kind: RecordKind, id: &RecordId) -> Option<Record> {
        self.view().record(kind, id)
    }

    /// What the location decided about indicators.
    #[must_use]
    pub fn adoptions(&self) -> BTreeMap<IndicatorCode, Adoption> {
        self.view().adoptions()
    }

    /// The network's locations.
    #[must_use]
    pub fn places(&self) -> BTreeMap<LocationCode, Place> {
        self.view().places()
    }

    /// The indicator definitions.
    #[must_use]
    pub fn definitions(&self) -> BTreeMap<DefinitionKey, Definition> {
        self.view().definitions()
    }

    /// The network's settings.
    #[must_use]
    pub fn settings(&self) -> BTreeMap<String, String> {
        self.view().texts(Container::Settings)
    }

    /// What the location says about itself.
    #[must_use]
    pub fn profile(&self) -> Profile {
        Profile {
            names: self.view().texts(Container::Names),
            providers: self.view().texts(Container::Providers),
            people: self.view().texts(Container::People),
        }
    }

    /// Every scalar with concurrent values that differ, but for the order of records.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        self.view().conflicts()
    }

    /// The conflict called `id`.
    #[must_use]
    pub fn conflict(&self, id: &str) -> Option<Conflict> {
        self.conflicts().into_iter().find(|one| one.id() == id)
    }
}

impl<R: ReadDoc> View<'_, R> {
    /// Every observation, in order of their keys.
    #[must_use]
    pub fn observations(&self) -> Vec<Observed> {
        let keys = self.keys(Container::Observations);
        let keys = keys.iter().filter_map(|key| key.parse().ok());
        keys.filter_map(|key| self.observation(&key)).collect()
    }

    /// What is known about one key.
    #[must_use]
    pub fn observation(&self, key: &ObservationKey) -> Option<Observed> {
        let text = key.to_string();
        let (mut stated, mut unreadable) = (Vec::new(), Vec::new());
        for one in distinct(self.values(Container::Observations, &text)) {
            match Statement::decode(&one.value) {
                Ok(statement) => stated.push(Stated {
                    statement,
                    actor: one.actor,
                    op: one.op,
                }),
                Err(_) => unreadable.push(one),
            }
        }
        if stated.is_empty() && unreadable.is_empty() {
            return None;
        }
        Some(Observed {
            key: key.clone(),
            stated,
            unreadable,
            note: self.value(Container::Notes, &text),
        })
    }

    /// Every record of a kind, removed ones too, in their order.
    #[must_use]
    pub fn records(&self, kind: RecordKind) -> Vec<Record> {
        let ids = self.keys(kind.container());
        let ids = ids.iter().filter_map(|id| id.parse().ok());
        let mut records: Vec<_> = ids.filter_map(|id| self.record(kind, &id)).collect();
        records.sort_by(|a, b| (&a.order, a.id).cmp(&(&b.order, b.id)));
        records
    }

    /// One record.
    #[must_use]
    pub fn record(&self, kind: RecordKind, id: &RecordId) -> Option<Record> {
        let map = self.record_map(kind, id)?;
        let mut fields: BTreeMap<String, Vec<Concurrent>> = BTreeMap::new();
        let mut sets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for key in self.doc.keys(&map) {
            if let Some((field, member)) = schema::split_member(&key) {
                sets.entry(field.to_owned())
                    .or_default()
                    .insert(member.to_owned());
                continue;
            }
            let values = self.values_in(&map, &key);
            if !values.is_empty() {
                fields.insert(key, values);
            }
        }
        let text = |key: &str| Some(fields.get(key)?.first()?.value.clone());
        let audiences = fields.get(schema::AUDIENCE).into_iter().flatten();
        let audiences = audiences.map(|one| Audience::or_team(Some(&one.value)));
        Some(Record {
            id: *id,
            kind,
            audience: audiences.min().unwrap_or(Audience::Team),
            removed: fields.contains_key(schema::REMOVED),
            moved: text(schema::MOVED),
            withdrawn: fields.contains_key(schema::WITHDRAWN),
            order: text(schema::ORDER).unwrap_or_default(),
            fields,
            sets,
        })
    }

    /// What the location decided about indicators.
    #[must_use]
    pub fn adoptions(&self) -> BTreeMap<IndicatorCode, Adoption> {
        self.scalars(Container::Adoptions, |code, text| {
            Some((code.parse().ok()?, Adoption::decode(text).ok()?))
        })
    }

    /// The network's locations.
    #[must_use]
    pub fn places(&self) -> BTreeMap<LocationCode, Place> {
        self.scalars(Container::Locations, |code, text| {
            Some((code.parse().ok()?, Place::decode(text).ok()?))
        })
    }

    /// The indicator definitions.
    #[must_use]
    pub fn definitions(&self) -> BTreeMap<DefinitionKey, Definition> {
        self.scalars(Container::Definitions, |key, text| {
            Some((key.parse().ok()?, Definition::decode(text).ok()?))
        })
    }

    /// The texts of a container of plain scalars.
    #[must_use]
    pub fn texts(&self, container: Container) -> BTreeMap<String, String> {
        self.scalars(container, |key, text| {
            Some((key.to_owned(), text.to_owned()))
        })
    }

    /// Every scalar with concurrent values that differ, but for the order of records.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        for container in self.kind.containers().iter().copied() {
            let record = RecordKind::of(container);
            for key in self.keys(container) {
                let found = match record {
                    Some(kind) => self.record_conflicts(kind, &key),
                    None => vec![(None, self.values(container, &key))],
                };
                conflicts.extend(found.into_iter().filter_map(|(field, values)| {
                    let values = distinct(values);
                    (values.len() > 1).then(|| Conflict {
                        container,
                        key: key.clone(),
                        field,
                        values,
                    })
                }));
            }
        }
        conflicts
    }

    fn record_conflicts(
        &self,
        kind: RecordKind,
        key: &str,
    ) -> Vec<(Option<String>, Vec<Concurrent>)> {
        let record = key.parse().ok().and_then(|id| self.record(kind, &id));
        let fields = record.into_iter().flat_map(|record| record.fields);
        // The length of words goes with their hash, and an order is nobody's opinion.
        let fields = fields
            .filter(|(field, _)| ![schema::ORDER, schema::WORDS_BYTES].contains(&field.as_str()));
        fields
            .map(|(field, values)| (Some(field), values))
            .collect()
    }

    pub(super) fn container(&self, container: Container) -> Option<ObjId> {
        wrap::container_id(self.genesis, self.kind, container)
    }

    pub(super) fn record_map(&self, kind: RecordKind, id: &RecordId) -> Option<ObjId> {
        let container = self.container(kind.container())?;
        match self.doc.get(&container, id.to_string()) {
            Ok(Some((Value::Object(ObjType::Map), map))) => Some(map),
            Ok(_) | Err(_) => None,
        }
    }

    fn keys(&self, container: Container) -> Vec<String> {
        let keys = self.container(container).map(|id| self.doc.keys(&id));
        keys.into_iter().flatten().collect()
    }

    fn values(&self, container: Container, key: &str) -> Vec<Concurrent> {
        let container = self.container(container);
        container.map_or_else(Vec::new, |container| self.values_in(&container, key))
    }

    /// All concurrent scalars under a key, the one that everybody shows first.
    pub(super) fn values_in(&self, map: &ObjId, key: &str) -> Vec<Concurrent> {
        let all = self.doc.get_all(map, key).unwrap_or_default();
        let scalars = all.into_iter().rev().filter_map(|(value, id)| {
            let (Value::Scalar(value), ObjId::Id(op, actor, _)) = (value, id) else {
                return None;
            };
            Some(Concurrent {
                value: dump::text(&value),
                actor: actor_bytes(&actor),
                op,
            })
        });
        scalars.collect()
    }

    fn value(&self, container: Container, key: &str) -> Option<String> {
        let first = self.values(container, key).into_iter().next()?;
        Some(first.value)
    }

    fn scalars<K: Ord, V>(
        &self,
        container: Container,
        read: impl Fn(&str, &str) -> Option<(K, V)>,
    ) -> BTreeMap<K, V> {
        let keys = self.keys(container);
        let read = |key: &String| read(key, &self.value(container, key)?);
        keys.iter().filter_map(read).collect()
    }
}

/// The values that differ in their text; of equal ones the first.
pub(super) fn distinct(values: Vec<Concurrent>) -> Vec<Concurrent> {
    let mut seen = BTreeSet::new();
    let mut values = values;
    values.retain(|one| seen.insert(one.value.clone()));
    values
}
