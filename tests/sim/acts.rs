//! The acts of people, and the times of faults: drawn from the seed before a run begins.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use weft_disk::Disk;
use weft_shared::{
    document::{Document, EditError, Editor, Observed},
    id::{BlobHash, RecordId},
    identity::DeviceKey,
    model::{
        Audience,
        insight::{WORDS_SALT_BYTES, Words},
        number::Number,
        observation::{ObservationKey, Statement, Status},
        record::{FieldValue, Fields},
        schema::{Container, DocKind, RecordKind},
    },
    wire::limits::{LOCATION_BYTES_MAX, LOCATION_HEADERS_BYTES_MAX},
};

use crate::{
    device::Device,
    network::{Act, What},
    oracle::{Insight, Written},
    setting::{self, DENOMINATOR},
    world::World,
};

/// The document of a location's observations in the simulated year.
pub(crate) const OBSERVATIONS: DocKind = DocKind::Observations(2023, 1);
/// The document of its insights.
pub(crate) const INSIGHTS: DocKind = DocKind::Insights(2026, 1);
/// Bytes by which a location is filled: few more fit.
pub(crate) const FILLED_BYTES: u64 = LOCATION_BYTES_MAX - LOCATION_HEADERS_BYTES_MAX - 3_000;

/// Writes a change.
type Apply = Box<dyn FnOnce(&mut Editor<'_>) -> Result<(), EditError> + Send>;

/// One change of one document.
struct Change {
    kind: DocKind,
    words: Vec<(BlobHash, Vec<u8>)>,
    apply: Apply,
}

impl Change {
    fn new(
        kind: DocKind,
        apply: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError> + Send + 'static,
    ) -> Self {
        Self {
            kind,
            words: Vec::new(),
            apply: Box::new(apply),
        }
    }
}

impl World<'_> {
    /// Plans everything. Returns the time at which the faults end.
    pub(crate) fn plan(&mut self) -> u64 {
        let end = self.random.between(15_000, 60_000);
        let devices = self.devices.len();
        for device in 0..devices {
            self.devices[device].connecting = true;
            let ms = self.random.between(0, 5_000);
            self.plan_in(ms, What::Connect { device });
        }
        for _ in 0..self.random.between(6, 24) {
            let device = self.random.index(devices);
            // People often save several things in a row.
            let begin = self.random.between(0, end);
            for n in 0..self.random.between(1, 4) {
                self.plan_act(begin + n * 7, Act::Edit { device });
            }
        }
        for _ in 0..self.random.between(0, 4) {
            let at = self.random.between(0, end);
            let place = self.random.index(self.places);
            let act = match self.random.index(4) {
                0 => Act::Rename { place },
                1 => Act::Fill { place },
                _ => Act::Look,
            };
            self.plan_act(at, act);
        }
        for _ in 0..self.random.between(0, 10) {
            // The last crash is over before the faults end.
            let at = self.random.between(0, end - 7_000);
            let act = self.fault(devices);
            self.plan_act(at, act);
        }
        self.plan_people(end);
        if self.hostile.is_some() {
            let at = self.random.between(0, 5_000);
            self.plan_act(at, Act::Attack);
        }
        end
    }

    fn fault(&mut self, devices: usize) -> Act {
        let device = self.random.index(devices);
        let anywhere = (!self.random.chance(40)).then_some(device);
        match self.random.index(6) {
            0 => Act::Cut { device },
            1 => Act::Part {
                device,
                ms: self.random.between(500, 30_000),
            },
            2 => Act::Fail { device: anywhere },
            _ => Act::Crash {
                device: anywhere,
                points: self.random.between(1, 24),
            },
        }
    }

    /// Plans revocations and invites.
    fn plan_people(&mut self, end: u64) {
        let founders = self.devices.len();
        for device in 0..founders {
            let admin = self.first_of(self.devices[device].place);
            if device != admin && self.random.chance(20) {
                let at = self.random.between(1_000, end);
                let revoke = Act::Revoke {
                    by: admin,
                    whom: device,
                };
                self.plan_act(at, revoke);
            }
        }
        for place in 0..self.places {
            if !self.random.chance(40) {
                continue;
            }
            let count = if self.random.chance(30) { 2 } else { 1 };
            let first = self.devices.len();
            for _ in 0..count {
                let key = DeviceKey::from_seed(self.random.bytes());
                let name = format!("joiner {}", self.devices.len());
                let disk = Disk::new(self.random.next());
                let at = (place, self.location(place));
                let mut device = Device::new(name, at, key, disk);
                device.up = true;
                self.devices.push(device);
            }
            let by = self.first_of(place);
            let at = self.random.between(1_000, end);
            self.plan_act(at, Act::Invite { by, first, count });
            self.inviting += 1;
            for device in first..first + count {
                for _ in 0..2 {
                    let at = self.random.between(at, end + 1);
                    self.plan_act(at, Act::Edit { device });
                }
            }
            if self.random.chance(30) && at + 9_000 < end {
                let (later, points) = (self.random.between(0, 2_000), self.random.between(1, 9));
                let device = None;
                self.plan_act(at + later, Act::Crash { device, points });
            }
        }
    }

    fn first_of(&self, place: usize) -> usize {
        let found = self.devices.iter().position(|one| one.place == place);
        found.expect("every location has devices")
    }

    fn plan_act(&mut self, at: u64, act: Act) {
        self.agenda.plan(at, What::Act(act));
    }

    /// A person at a device saves something.
    pub(crate) fn edit(&mut self, device: usize) -> Result<(), String> {
        if !self.devices[device].has_joined() {
            return Ok(());
        }
        self.edits += 1;
        match self.random.index(20) {
            0..=8 => self.state(device),
            9..=10 => self.note(device),
            11..=12 => self.settle_contest(device),
            13..=15 => self.change_plan(device),
            16..=17 => self.tell_insight(device),
            18 => self.withdraw_insight(device),
            _ => self.keep_here(device),
        }
    }

    /// Saves a change. Returns whether its author reads "saved"; an error must have its reason in
    /// the disk, in a revocation or in a full hub.
    fn save(&mut self, device: usize, change: Change) -> Result<bool, String> {
        let now = self.clock(Some(device));
        let place = self.devices[device].place;
        self.touched.insert(device);
        let author = &mut self.devices[device];
        let Some(node) = &mut author.node else {
            return Ok(false);
        };
        let saved = node.save(change.kind, change.words, change.apply, now);
        let Err(error) = saved else {
            return Ok(true);
        };
        let excused = node.is_halted()
            || node.is_closed()
            || author.disk.has_failed()
            || self.oracle.filled.contains(&place)
            || error.to_string().contains("room");
        match excused {
            true => Ok(false),
            false => Err(format!("{} cannot save: {error}", author.name)),
        }
    }

    fn document(&mut self, device: usize, kind: DocKind) -> Option<&Document> {
        self.devices[device].node.as_mut()?.document(kind).ok()
    }

    fn state(&mut self, device: usize) -> Result<(), String> {
        let number = self.edits;
        let place = self.devices[device].place;
        let key = setting::key(place, self.random.index(64));
        let audience = match self.random.index(10) {
            0 | 1 => Audience::Released,
            _ => Audience::Network,
        };
        let seen = Seen::default();
        let seen_there = Seen::clone(&seen);
        let (at, statement) = (key.clone(), statement(number, audience));
        let change = Change::new(OBSERVATIONS, move |editor| {
            note_seen(&seen_there, editor, &at);
            editor.put_observation(&at, &statement, None)
        });
        let saved = self.save(device, change)?;
        self.oracle.tried.insert(number, taken(&seen));
        if saved {
            let height = self.devices[device].height();
            let (dix, height) = height.ok_or("a device that saves is in its roster")?;
            let written = Written {
                device,
                dix,
                dseq: height.dseq,
                key,
                place,
            };
            self.oracle.written.insert(number, written);
        }
        Ok(())
    }

    fn note(&mut self, device: usize) -> Result<(), String> {
        let place = self.devices[device].place;
        let key = setting::key(place, self.random.index(64)).to_string();
        let text = format!("note {}", self.edits);
        let change = Change::new(OBSERVATIONS, move |editor| {
            editor.put_text(Container::Notes, &key, &text)
        });
        self.save(device, change).map(drop)
    }

    fn settle_contest(&mut self, device: usize) -> Result<(), String> {
        let choice = self.random.next();
        let Some(document) = self.document(device, OBSERVATIONS) else {
            return Ok(());
        };
        let mut conflicts = document.conflicts();
        conflicts.retain(|conflict| conflict.container == Container::Observations);
        let Some(conflict) = conflicts.pop() else {
            return self.state(device);
        };
        let key: ObservationKey = conflict.key.parse().map_err(|_| "a contest of no figure")?;
        let choice = usize::try_from(choice % conflict.values.len() as u64).expect("few") + 1;
        let seen = Seen::default();
        let seen_there = Seen::clone(&seen);
        let change = Change::new(OBSERVATIONS, move |editor| {
            note_seen(&seen_there, editor, &key);
            editor.settle(&conflict, choice)
        });
        self.save(device, change)?;
        // Even if it is not called saved, it may be.
        self.oracle.contested.extend(taken(&seen));
        Ok(())
    }

    /// Adds an initiative, or changes, removes or restores one.
    fn change_plan(&mut self, device: usize) -> Result<(), String> {
        let (pick, what, number) = (self.random.next(), self.random.index(6), self.edits);
        let kind = RecordKind::Initiative;
        let Some(document) = self.document(device, DocKind::Plan(1)) else {
            return Ok(());
        };
        let records = document.records(kind);
        let known = records.get(usize::try_from(pick % 8).expect("small"));
        let known = known.map(|record| record.id);
        let name: Fields = [(
            "name".to_owned(),
            FieldValue::Text(format!("initiative {number}")),
        )]
        .into();
        let change = match (known, what) {
            (Some(id), 0) => Change::new(DocKind::Plan(1), move |editor| {
                editor.remove_record(kind, &id)
            }),
            (Some(id), 1) => Change::new(DocKind::Plan(1), move |editor| {
                editor.restore_record(kind, &id)
            }),
            (Some(id), 2 | 3) => Change::new(DocKind::Plan(1), move |editor| {
                let value = FieldValue::Text(format!("initiative {number}"));
                editor.set_field(kind, &id, "name", &value)
            }),
            _ => {
                let id = self.record_id();
                Change::new(DocKind::Plan(1), move |editor| {
                    editor.put_record(kind, &id, Audience::Network, &name)
                })
            }
        };
        self.save(device, change).map(drop)
    }

    fn record_id(&mut self) -> RecordId {
        let mut random = [0; 10];
        random.copy_from_slice(&self.random.bytes()[..10]);
        RecordId::from_parts(self.clock(None), random)
    }

    fn tell_insight(&mut self, device: usize) -> Result<(), String> {
        let text = format!("Example: what person {} said", self.edits);
        let mut salt = [0; WORDS_SALT_BYTES];
        salt.copy_from_slice(&self.random.bytes()[..WORDS_SALT_BYTES]);
        let (words, blob) = Words::salted(salt, &text);
        let (id, fields) = (self.record_id(), words.fields());
        let mut change = Change::new(INSIGHTS, move |editor| {
            editor.put_record(RecordKind::Insight, &id, Audience::Network, &fields)
        });
        change.words.push((words.hash, blob));
        if self.save(device, change)? {
            let height = self.devices[device].height();
            let (dix, height) = height.ok_or("a device that saves is in its roster")?;
            let insight = Insight {
                device,
                place: self.devices[device].place,
                log: (dix, height.dseq),
                hash: words.hash,
                text,
                withdrawn: false,
            };
            self.oracle.insights.insert(id, insight);
        }
        Ok(())
    }

    fn withdraw_insight(&mut self, device: usize) -> Result<(), String> {
        let pick = self.random.next();
        let Some(document) = self.document(device, INSIGHTS) else {
            return Ok(());
        };
        let mut told = document.records(RecordKind::Insight);
        told.retain(|record| !record.withdrawn);
        if told.is_empty() {
            return self.tell_insight(device);
        }
        let id = told[usize::try_from(pick % told.len() as u64).expect("few")].id;
        let change = Change::new(INSIGHTS, move |editor| {
            editor.withdraw(RecordKind::Insight, &id)
        });
        if self.save(device, change)? {
            self.oracle.withdrawn(&id, device);
        }
        Ok(())
    }

    /// A record for the team stays with its devices.
    fn keep_here(&mut self, device: usize) -> Result<(), String> {
        let (id, number) = (self.record_id(), self.edits);
        let text = format!("for the team alone <{number}>");
        let fields: Fields = [("name".to_owned(), FieldValue::Text(text.clone()))].into();
        let change = Change::new(DocKind::Team, move |editor| {
            editor.put_record(RecordKind::Initiative, &id, Audience::Team, &fields)
        });
        if self.save(device, change)? {
            self.oracle.kept.push((device, text));
        }
        Ok(())
    }

    /// The national team looks at what locations shared.
    pub(crate) fn look(&self) -> Result<(), String> {
        let Some(hub) = &self.hub else {
            return Ok(());
        };
        let app = hub.app.clone();
        hub.runtime.spawn(async move {
            // A disk that fails meanwhile is looked at elsewhere.
            let _figures = app.counted(|at| at.rollup(&Default::default())).await;
            let _heard = app.counted(|at| at.insights(None)).await;
        });
        Ok(())
    }

    pub(crate) fn rename(&mut self, place: usize) -> Result<(), String> {
        let Some(hub) = &self.hub else {
            return Ok(());
        };
        self.edits += 1;
        let (app, code, number) = (hub.app.clone(), self.code(place), self.edits);
        let renamed = self.oracle.renamed.clone();
        hub.runtime.spawn(async move {
            let name = format!("Renamed {number}");
            let done = app.add_location(code.clone(), name.clone(), None, Vec::new());
            let outcome = done.await.is_ok();
            let mut renamed = renamed.lock().expect("nothing panics with it");
            renamed.push((code, name, outcome));
        });
        Ok(())
    }

    /// Uses up nearly all of a location's room at the hub, until the faults end.
    pub(crate) fn fill(&mut self, place: usize) -> Result<(), String> {
        let Some(hub) = &self.hub else {
            return Ok(());
        };
        let location = self.location(place);
        let writer = hub.app.writer().clone();
        self.oracle.filled.insert(place);
        hub.runtime.spawn(async move {
            let sql = "UPDATE logs SET body_bytes = body_bytes + ?2
                       WHERE log = (SELECT min(log) FROM logs JOIN locations USING (lix)
                                    WHERE location_id = ?1) AND body_bytes < ?2";
            let filled = writer.run(move |db| {
                db.execute(sql, (location.as_bytes(), FILLED_BYTES))?;
                Ok::<_, weft_store::StoreError>(())
            });
            let _failed = filled.await;
        });
        Ok(())
    }
}

fn statement(number: u64, audience: Audience) -> Statement {
    let numerator = i64::try_from(number).expect("far below");
    Statement {
        numerator: Some(Number::from(numerator)),
        denominator: Some(Number::from(DENOMINATOR)),
        ..Statement::without_figure(setting::definition(), Status::Normal, audience)
    }
}

/// Values that an author saw under a key while writing.
type Seen = Arc<Mutex<BTreeSet<u64>>>;

fn note_seen(seen: &Seen, editor: &Editor<'_>, key: &ObservationKey) {
    let mut seen = seen.lock().expect("nothing panics with it");
    *seen = numbers(editor.view().observation(key));
}

fn taken(seen: &Seen) -> BTreeSet<u64> {
    std::mem::take(&mut seen.lock().expect("nothing panics with it"))
}

/// Returns the numbers of the statements that stand under a key.
pub(crate) fn numbers(observed: Option<Observed>) -> BTreeSet<u64> {
    let stated = observed.into_iter().flat_map(|observed| observed.stated);
    let numbers = stated.filter_map(|stated| stated.statement.numerator);
    numbers
        .filter_map(|number| number.to_string().parse().ok())
        .collect()
}
