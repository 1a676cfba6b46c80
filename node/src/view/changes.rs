//! The history backwards: saves with the changes that people ask for, a page at a time.

use std::{collections::BTreeMap, ops::ControlFlow};

use weft_shared::{
    document::{Path, Told},
    id::{DeviceIndex, IndicatorCode, RecordId},
    model::{
        observation::ObservationKey,
        profile::Area,
        schema::{Container, RecordKind},
        spelling::folded_name,
    },
    text::capital,
    time::Timestamp,
};
use weft_store::StoreError;

use super::history::Save;
use crate::{
    replica::{DocumentError, Owner, Replica},
    store::touches::{self, Touch},
    words::figure,
};

/// The name of a save: its entry, or the time of a change that is in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SaveId {
    Entry(DeviceIndex, u64),
    Here(Timestamp),
}

impl SaveId {
    const fn of(touch: &Touch) -> Self {
        match touch.entry {
            Some((dix, dseq)) => Self::Entry(dix, dseq),
            None => Self::Here(touch.at),
        }
    }

    /// The name in an address: `1-5`, or `here-1795000000000`.
    pub(crate) fn word(self) -> String {
        match self {
            Self::Entry(dix, dseq) => format!("{}-{dseq}", dix.0),
            Self::Here(at) => format!("here-{}", at.ms()),
        }
    }

    /// Reads such a name; `None` if it is none.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let (of, number) = word.split_once('-')?;
        Some(match of {
            "here" => Self::Here(Timestamp::from_ms(number.parse().ok()?)),
            dix => Self::Entry(DeviceIndex(dix.parse().ok()?), number.parse().ok()?),
        })
    }
}

/// The changes that a person asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChangeFilter {
    /// The containers of the kinds of change; all if it is empty.
    pub(crate) containers: Vec<Container>,
    /// Words of the thing that changed, or of a device's name.
    pub(crate) words: String,
    /// One record, or the key of a value.
    pub(crate) record: Option<String>,
    /// One save.
    pub(crate) save: Option<SaveId>,
}

/// A save, with the changes of it that were asked for.
#[derive(Clone, Debug)]
pub(crate) struct SaveRow {
    pub(crate) id: SaveId,
    pub(crate) at: Timestamp,
    /// The device's name; `None` if the roster has no such device.
    pub(crate) device: Option<String>,
    /// Whether this device made it.
    pub(crate) own: bool,
    /// Whether the hub has it; `None` if it is in no entry.
    pub(crate) shared: Option<bool>,
    pub(crate) changes: Vec<ChangeRow>,
    /// Number of further changes of it that were asked for.
    pub(crate) more: usize,
}

/// One thing that a save changed.
#[derive(Clone, Debug)]
pub(crate) struct ChangeRow {
    pub(crate) container: Container,
    /// The record, or the key of a value.
    pub(crate) key: String,
    /// The values that it stated, everything of it.
    pub(crate) told: Vec<Told>,
}

/// A page of the history.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChangePage {
    pub(crate) saves: Vec<SaveRow>,
    /// Whether older ones follow.
    pub(crate) more: bool,
}

/// Saves on one page.
pub(crate) const SAVES_PER_PAGE: usize = 20;
/// Changes of one save that a page lists beside others.
const CHANGES_LISTED_MAX: usize = 6;
/// Changes on a page about one save.
const CHANGES_PER_PAGE: usize = 60;

/// Settlements in the list of what was settled lately.
const SETTLED_SHOWN_MAX: usize = 5;
/// Lines of the history in which settlements are looked for.
const SETTLED_READ_MAX: usize = 200;

/// A save and its touches, before its values are read.
struct Found {
    id: SaveId,
    at: Timestamp,
    touches: Vec<Touch>,
    /// Number of touches that were asked for.
    all: usize,
}

impl Replica {
    /// Returns one page of the history, newest first; the first page is 0.
    pub(crate) fn change_page(
        &mut self,
        filter: &ChangeFilter,
        page: usize,
    ) -> Result<ChangePage, DocumentError> {
        let names = match filter.words.is_empty() {
            true => None,
            false => Some(Names::read(self)?),
        };
        let (saves, lines) = match filter.save {
            None => (
                (page * SAVES_PER_PAGE, SAVES_PER_PAGE),
                (0, CHANGES_LISTED_MAX),
            ),
            Some(_) => ((0, 1), (page * CHANGES_PER_PAGE, CHANGES_PER_PAGE)),
        };
        let (found, mut more) = self.found_saves(filter, names.as_ref(), saves, lines)?;
        let mut rows = Vec::with_capacity(found.len());
        for one in found {
            let shown = one.touches.len();
            let row = self.save_row(one, lines.0 + shown)?;
            more |= filter.save.is_some() && row.more > 0;
            rows.push(row);
        }
        Ok(ChangePage { saves: rows, more })
    }

    /// Returns every change of these fields of records in these containers, newest first.
    pub(crate) fn field_changes(
        &mut self,
        containers: &[Container],
        fields: &[&str],
    ) -> Result<Vec<(Timestamp, Told)>, DocumentError> {
        let wanted = |word: &str| containers.iter().any(|one| one.word() == word);
        let mut saves: Vec<Save> = Vec::new();
        touches::backwards::<StoreError>(&self.store().reader, &wanted, |touches| {
            let saved = touches.into_iter();
            saves.extend(saved.map(|touch| (touch.entry, touch.at, touch.document)));
            Ok(ControlFlow::Continue(()))
        })?;
        saves.dedup();
        let mut changes = Vec::new();
        for save in saves {
            let told = self.told_in(&save, &|path| {
                let field = path.field.as_deref();
                containers.contains(&path.container)
                    && field.is_some_and(|field| fields.contains(&field))
            })?;
            changes.extend(told.into_iter().map(|told| (save.1, told)));
        }
        Ok(changes)
    }

    /// Returns the last saves that settled something by a choice between answers, newest first,
    /// each with what it settled.
    pub(crate) fn settled_lately(&mut self) -> Result<Vec<SaveRow>, DocumentError> {
        let mut found = Vec::new();
        let mut read = 0;
        touches::backwards::<StoreError>(&self.store().reader, &|_| true, |touches| {
            read += 1;
            // A choice settles one thing; imports and grids enter many.
            if let [first] = touches.as_slice() {
                found.push(Found {
                    id: SaveId::of(first),
                    at: first.at,
                    all: touches.len(),
                    touches,
                });
            }
            Ok(match read < SETTLED_READ_MAX {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            })
        })?;
        let mut settled = Vec::new();
        for one in found {
            let mut row = self.save_row(one, 1)?;
            for change in &mut row.changes {
                change.told.retain(|told| !told.not_chosen.is_empty());
            }
            row.changes.retain(|change| !change.told.is_empty());
            if !row.changes.is_empty() {
                settled.push(row);
            }
            if settled.len() == SETTLED_SHOWN_MAX {
                break;
            }
        }
        Ok(settled)
    }

    /// Returns the touches of the saves that fit, and whether older ones follow.
    fn found_saves(
        &self,
        filter: &ChangeFilter,
        names: Option<&Names>,
        (skipped, saves_max): (usize, usize),
        (lines_skipped, lines_max): (usize, usize),
    ) -> Result<(Vec<Found>, bool), StoreError> {
        let wanted = |container: &str| {
            let mut containers = filter.containers.iter();
            filter.containers.is_empty() || containers.any(|one| one.word() == container)
        };
        let words = folded_name(&filter.words);
        let fits = |touch: &Touch| {
            filter.save.is_none_or(|save| save == SaveId::of(touch))
                && filter
                    .record
                    .as_ref()
                    .is_none_or(|one| *one == touch.record)
                && names.is_none_or(|names| names.fit(touch, &words))
        };
        let (mut found, mut count, mut more) = (Vec::<Found>::new(), 0, false);
        let mut last = None;
        touches::backwards::<StoreError>(&self.store().reader, &wanted, |mut touches| {
            touches.retain(|touch| fits(touch));
            let Some(first) = touches.first() else {
                return Ok(ControlFlow::Continue(()));
            };
            let (id, at) = (SaveId::of(first), first.at);
            if last != Some(id) {
                last = Some(id);
                count += 1;
                if count > skipped + saves_max {
                    more = true;
                    return Ok(ControlFlow::Break(()));
                }
                if count > skipped {
                    let (touches, all) = (Vec::new(), 0);
                    found.push(Found {
                        id,
                        at,
                        touches,
                        all,
                    });
                }
            }
            if let Some(save) = found.last_mut() {
                let skip = lines_skipped.saturating_sub(save.all);
                let room = lines_max - save.touches.len();
                save.all += touches.len();
                save.touches
                    .extend(touches.into_iter().skip(skip).take(room));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok((found, more))
    }

    /// Reads the values of a save, of which `shown` changes stand on this page or before it.
    fn save_row(&mut self, found: Found, shown: usize) -> Result<SaveRow, DocumentError> {
        let mut changes: Vec<ChangeRow> = Vec::new();
        for touch in &found.touches {
            let Ok(container) = touch.container.parse::<Container>() else {
                continue;
            };
            let about = |path: &Path| path.container == container && path.key == touch.record;
            let save: Save = (touch.entry, touch.at, touch.document.clone());
            let told = self.told_in(&save, &about)?;
            // The parts of a year that hold a key are all corrected alike.
            let known = changes
                .iter_mut()
                .find(|one| one.container == container && one.key == touch.record);
            match known {
                Some(known) => {
                    known.told.extend(told);
                    known.told.dedup();
                }
                None => changes.push(ChangeRow {
                    container,
                    key: touch.record.clone(),
                    told,
                }),
            }
        }
        let entry = match found.id {
            SaveId::Entry(dix, dseq) => Some((dix, dseq)),
            SaveId::Here(_) => None,
        };
        let log = entry.and_then(|(dix, _)| self.logs(Owner::Location).get(&dix));
        let own = entry.is_none_or(|(dix, _)| Some(dix) == self.dix());
        let device = match entry {
            Some((dix, _)) => self.roster(Owner::Location).device(dix),
            None => self.device(),
        };
        Ok(SaveRow {
            id: found.id,
            at: found.at,
            device: device.map(|device| device.name.clone()),
            own,
            shared: entry.map(|(_, dseq)| !own || log.is_some_and(|log| log.acknowledged >= dseq)),
            changes,
            more: found.all.saturating_sub(shown),
        })
    }
}

/// Names by which people find changes.
struct Names {
    indicators: BTreeMap<IndicatorCode, String>,
    areas: Vec<Area>,
    /// Titles by id, of removed records too.
    records: BTreeMap<RecordId, String>,
    devices: BTreeMap<DeviceIndex, String>,
    this: String,
}

impl Names {
    fn read(replica: &mut Replica) -> Result<Self, DocumentError> {
        let mut records = BTreeMap::new();
        for kind in RecordKind::ALL {
            let rows = replica.records_of_all_times(*kind)?.into_iter();
            records.extend(rows.map(|row| (row.record.id, folded_name(&row.title()))));
        }
        let rows = replica.indicators()?.into_iter();
        let named = |name: &str| folded_name(name);
        let devices = replica.roster(Owner::Location).devices();
        let devices = devices.map(|one| (one.dix, named(&one.name))).collect();
        let this = replica.device().map(|one| named(&one.name));
        Ok(Self {
            indicators: rows
                .map(|row| (row.definition.code, row.definition.name))
                .collect(),
            areas: replica.place()?.map(|one| one.areas).unwrap_or_default(),
            records,
            devices,
            this: this.unwrap_or_default(),
        })
    }

    /// Whether a change is about something that has these words in its name, or is by a device that
    /// has them.
    fn fit(&self, touch: &Touch, words: &str) -> bool {
        let device = match touch.entry {
            Some((dix, _)) => self.devices.get(&dix),
            None => Some(&self.this),
        };
        device.is_some_and(|name| name.contains(words)) || self.subject(touch).contains(words)
    }

    /// The thing that changed, in words that are folded for comparison.
    fn subject(&self, touch: &Touch) -> String {
        let Ok(container) = touch.container.parse::<Container>() else {
            return String::new();
        };
        if RecordKind::of(container).is_some() {
            let id = touch.record.parse().ok();
            let title = id.and_then(|id: RecordId| self.records.get(&id));
            return title.cloned().unwrap_or_default();
        }
        let name = |code: &IndicatorCode| self.indicators.get(code).map_or("", String::as_str);
        folded_name(&match touch.record.parse::<ObservationKey>() {
            Ok(key) => format!(
                "{} {}",
                key.indicator,
                value_title(name(&key.indicator), &key, &self.areas)
            ),
            Err(_) => {
                let code = touch.record.parse::<IndicatorCode>();
                code.map_or_else(|_| String::new(), |code| format!("{code} {}", name(&code)))
            }
        })
    }
}

/// The title of a value: `Smoking, Northland, December 2022, total`.
pub(crate) fn value_title(name: &str, key: &ObservationKey, areas: &[Area]) -> String {
    let parts = [
        capital(name),
        figure::area_name(areas, &key.area),
        key.period.words(),
        figure::heading(&key.breakdown),
    ];
    parts.join(", ")
}
