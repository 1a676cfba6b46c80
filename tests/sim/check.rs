//! The conditions that must hold once everything has converged.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OpenFlags};
use weft_disk::{Disk, VFS};
use weft_hub::figures::RollupQuery;
use weft_shared::{
    document::Document,
    id::{DeviceIndex, LocationId},
    identity::{Roster, SignedOperation},
    log::gate::{Height, VoidCode},
    model::{
        observation::ObservationKey,
        schema::{DocKind, RecordKind},
    },
    rollup::Level,
};
use weft_store::{StoreError, blobs, integrity_problems, logs, rosters};

use crate::{
    acts::{INSIGHTS, OBSERVATIONS, numbers},
    hostile::Hostile,
    setting::DENOMINATOR,
    world::World,
};

/// The hub's commits of one location.
struct Held {
    roster: Roster,
    heights: BTreeMap<DeviceIndex, Height>,
}

fn lost(error: StoreError) -> String {
    error.to_string()
}

fn refused(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl World<'_> {
    /// Returns a roster as the hub has committed it; none while the hub is down.
    pub(crate) fn hub_roster(&self, location: &LocationId) -> Option<Roster> {
        self.held(location).ok().map(|held| held.roster)
    }

    fn held(&self, location: &LocationId) -> Result<Held, String> {
        let hub = self.hub.as_ref().ok_or("the hub is down")?;
        let lix = rosters::lix(&hub.reader, location).map_err(lost)?;
        let lix = lix.ok_or("the hub forgot a location")?;
        let mut operations = Vec::new();
        for bytes in rosters::operations(&hub.reader, lix, 0).map_err(lost)? {
            operations.push(SignedOperation::decode(&bytes).map_err(refused)?);
        }
        let roster = Roster::replay(*location, &operations);
        let logs = logs::logs(&hub.reader, lix).map_err(lost)?.into_iter();
        Ok(Held {
            roster: roster.map_err(|error| error.1.to_string())?,
            heights: logs.map(|(dix, log)| (dix, log.height)).collect(),
        })
    }

    fn all_held(&self) -> Result<Vec<Held>, String> {
        (0..self.places)
            .map(|place| self.held(&self.location(place)))
            .collect()
    }

    /// The devices that in the end must hold what the hub holds.
    fn taking_part(&self, held: &[Held]) -> Vec<usize> {
        let part = self.devices.iter().enumerate().filter(|(_, device)| {
            let roster = &held[device.place].roster;
            let dix = roster.dix_of(&device.key.id());
            let here = dix.and_then(|dix| roster.device(dix));
            here.is_some_and(|here| here.sealed.is_none())
        });
        part.map(|(n, _)| n).collect()
    }

    /// Returns what is missing; none once all devices hold what the hub holds, and know it.
    pub(crate) fn unfinished(&self) -> Option<String> {
        self.look_for_unfinished().err()
    }

    fn look_for_unfinished(&self) -> Result<(), String> {
        if self.inviting > 0 {
            return Err("an invite is not handed out".to_owned());
        }
        let mut attacks = self.hostile.iter().flat_map(|one| &one.left);
        if let Some(attack) = attacks.next() {
            return Err(format!("the hub has not answered {attack:?}"));
        }
        let held = self.all_held()?;
        for (place, joiners) in &self.invited {
            let roster = &held[*place].roster;
            let is_in = |joiner: &&usize| {
                let key = self.devices[**joiner].key.id();
                roster.dix_of(&key).is_some()
            };
            let admitted = joiners.iter().filter(is_in).count();
            if admitted != 1 {
                return Err(format!("an invite admitted {admitted} devices"));
            }
        }
        let zero = self.held(&self.setting.zero)?;
        for n in self.taking_part(&held) {
            let device = &self.devices[n];
            let name = &device.name;
            let node = device
                .node
                .as_ref()
                .ok_or_else(|| format!("{name} is down"))?;
            let (here, there) = (node.holds(), &held[device.place]);
            if here.roster.len() != there.roster.len() || here.zero.len() != zero.roster.len() {
                return Err(format!("{name} holds another roster"));
            }
            if filled(here.heights) != there.heights || filled(here.zero_heights) != zero.heights {
                return Err(format!("{name} holds other logs"));
            }
            if node.waiting() > 0 {
                return Err(format!("{name} knows of no acknowledgement"));
            }
            // There is room, so nothing waits for it any more.
            let room = VoidCode::Room.to_string();
            let kept = self.kept(n)?;
            if let Some(text) = kept.iter().find(|text| text.starts_with(&room)) {
                return Err(format!("{name} still says {text}"));
            }
        }
        Ok(())
    }

    pub(crate) fn check(&mut self) -> Result<(), String> {
        let held = self.all_held()?;
        self.part = self.taking_part(&held);
        self.check_disks()?;
        check_seals(&held)?;
        if let Some(hostile) = &self.hostile {
            hostile.check(held[hostile.place].heights.get(&Hostile::DIX))?;
        }
        self.check_sums()?;
        self.check_documents()?;
        self.check_sums()?;
        let standing = self.check_standing()?;
        self.check_figures(&standing)?;
        self.check_words()?;
        self.check_kept()?;
        self.check_names()
    }

    fn check_disks(&self) -> Result<(), String> {
        let mut disks = vec![("the hub", &self.disk, "hub.db")];
        for device in self.devices.iter().filter(|one| one.node.is_some()) {
            disks.push((device.name.as_str(), &device.disk, "node.db"));
        }
        for (name, disk, file) in disks {
            let found = integrity_problems(&look(disk, file)?).map_err(lost)?;
            if let Some(first) = found.first() {
                return Err(format!("the store of {name} is damaged: {first}"));
            }
        }
        Ok(())
    }

    /// The network's figures from sums are those of the facts.
    fn check_sums(&self) -> Result<(), String> {
        let hub = self.hub.as_ref().ok_or("the hub is down")?;
        let app = hub.app.clone();
        let findings = hub.finish(async move { app.doctor().await });
        let findings = findings.map_err(refused)?;
        let sums = findings.iter().find(|one| one.check == "sums");
        match sums.ok_or("the doctor checks no sums")? {
            sums if sums.ok => Ok(()),
            sums => Err(format!("sums: {}", sums.finding)),
        }
    }

    /// Dumps are the same everywhere, whether kept up entry by entry or made again.
    fn check_documents(&mut self) -> Result<(), String> {
        let before = self.hub_dump()?;
        let hub = self.hub.as_ref().ok_or("the hub is down")?;
        let app = hub.app.clone();
        let rebuilt = hub.finish(async move { app.rebuild().await });
        rebuilt.map_err(refused)?;
        let after = self.hub_dump()?;
        if let Some((key, _)) = before
            .iter()
            .find(|(key, text)| after.get(*key) != Some(text))
        {
            return Err(format!("the hub's {key} differs once it is made again"));
        }
        // The team's document is the same on all its devices; the hub has none of it.
        let mut teams: BTreeMap<String, (String, String)> = BTreeMap::new();
        for n in self.part.clone() {
            let device = &mut self.devices[n];
            let name = device.name.clone();
            let node = device.node.as_mut().ok_or("it is down")?;
            let kept = node.dumps().map_err(refused)?;
            node.rebuild().map_err(refused)?;
            if node.dumps().map_err(refused)? != kept {
                return Err(format!(
                    "documents of {name} differ once they are made again"
                ));
            }
            for (at, dump) in kept {
                if at.ends_with(" team") {
                    let (first, said) = teams
                        .entry(at.clone())
                        .or_insert_with(|| (name.clone(), dump.clone()));
                    if *said != dump {
                        return Err(format!("{at} at {name} differs from that at {first}"));
                    }
                    continue;
                }
                let dump = &dump;
                if after.get(&format!("document {at}")) != Some(dump) {
                    return Err(format!("{at} at {name} differs from the hub's"));
                }
            }
        }
        Ok(())
    }

    fn hub_dump(&self) -> Result<BTreeMap<String, String>, String> {
        let hub = self.hub.as_ref().ok_or("the hub is down")?;
        let app = hub.app.clone();
        hub.finish(async move { app.dump().await }).map_err(refused)
    }

    /// A live device of a place, and its document.
    fn document_of(&mut self, place: usize, kind: DocKind) -> Result<Option<&Document>, String> {
        let mut part = self.part.iter();
        let of_place = part.find(|n| self.devices[**n].place == place);
        let Some(device) = of_place.copied() else {
            return Ok(None);
        };
        let node = self.devices[device].node.as_mut().ok_or("it is down")?;
        node.document(kind).map(Some).map_err(refused)
    }

    /// Whether the hub holds everything that a device wrote, or its log was sealed before.
    fn is_sealed(&self, device: usize) -> bool {
        !self.part.contains(&device)
    }

    /// Every value that was saved stands, unless somebody replaced it or decided against it.
    fn check_standing(
        &mut self,
    ) -> Result<BTreeMap<(usize, ObservationKey), BTreeSet<u64>>, String> {
        let mut standing = BTreeMap::new();
        for place in 0..self.places {
            let Some(document) = self.document_of(place, OBSERVATIONS)? else {
                continue;
            };
            for observed in document.observations() {
                let key = observed.key.clone();
                standing.insert((place, key), numbers(Some(observed)));
            }
        }
        let tried = &self.oracle.tried;
        if let Some(number) = standing.values().flatten().find(|n| !tried.contains_key(n)) {
            return Err(format!("{number} stands, and no person stated it"));
        }
        for (number, written) in &self.oracle.written {
            let at = (written.place, written.key.clone());
            let stands = standing
                .get(&at)
                .is_some_and(|there| there.contains(number));
            if stands || self.oracle.may_be_gone(*number) || self.is_sealed(written.device) {
                continue;
            }
            // A person sees what the hub did not take, and somebody has written over since.
            let kept = self.kept(written.device)?;
            let number_in_words = number.to_string();
            if kept.iter().any(|text| text.contains(&number_in_words)) {
                continue;
            }
            return Err(format!(
                "{} saved {number} in entry {} of log {}, and it is gone: {:?} stand",
                self.devices[written.device].name,
                written.dseq,
                written.dix,
                standing.get(&at)
            ));
        }
        Ok(standing)
    }

    /// Returns what a device shows to a person because the hub did not take it.
    fn kept(&self, device: usize) -> Result<Vec<String>, String> {
        let store = look(&self.devices[device].disk, "node.db")?;
        let kept = store.prepare("SELECT kept FROM lost WHERE kept IS NOT NULL");
        let mut kept = kept.map_err(refused)?;
        let texts = kept.query_map([], |row| row.get(0)).map_err(refused)?;
        texts.collect::<Result<_, _>>().map_err(refused)
    }

    /// Figures are the plain sums of the standing values, except contested ones.
    fn check_figures(
        &self,
        standing: &BTreeMap<(usize, ObservationKey), BTreeSet<u64>>,
    ) -> Result<(), String> {
        let hub = self.hub.as_ref().ok_or("the hub is down")?;
        let app = hub.app.clone();
        let answer =
            hub.finish(async move { app.counted(|at| at.rollup(&RollupQuery::default())).await });
        let figures = answer.map_err(refused)?.unshown().figures;
        let places = (0..self.places).map(|n| (Level::Location(self.code(n)), vec![n]));
        let all = (Level::Network, (0..self.places).collect());
        for (level, places) in places.chain([all]) {
            let here = standing.iter();
            let here = here.filter(|((place, _), _)| places.contains(place));
            let (mut sum, mut rows, mut contested) = (0_i64, 0_i64, 0);
            for numbers in here.map(|(_, numbers)| numbers) {
                match numbers.first() {
                    Some(only) if numbers.len() == 1 => {
                        sum += i64::try_from(*only).expect("few edits");
                        rows += 1;
                    }
                    Some(_) => contested += 1,
                    None => {}
                }
            }
            if rows == 0 || contested > 0 {
                continue;
            }
            let month = "2023-05".parse().ok();
            let cell = figures.iter().map(|figure| &figure.cell);
            let mut cell = cell.filter(|cell| Some(cell.key.period) == month);
            let cell = cell.find(|cell| cell.key.level == level);
            let cell = cell.ok_or_else(|| format!("no figure of {level:?}"))?;
            let found = (cell.numerator, cell.denominator);
            let expected = (sum, rows * DENOMINATOR);
            if found != (Some(expected.0.into()), Some(expected.1.into())) {
                return Err(format!(
                    "the figure of {level:?} is {found:?}, and plain sums give {expected:?}"
                ));
            }
        }
        Ok(())
    }

    /// Words are where their insight stands, and nowhere once it was taken back.
    fn check_words(&mut self) -> Result<(), String> {
        for (id, insight) in self.oracle.insights.clone() {
            if self.is_sealed(insight.device) {
                continue;
            }
            let mut by = self.oracle.taken_back.iter();
            let taken_back = by.any(|(taken, device)| *taken == id && !self.is_sealed(*device));
            let Some(document) = self.document_of(insight.place, INSIGHTS)? else {
                continue;
            };
            let record = document.record(RecordKind::Insight, &id);
            let record =
                record.ok_or_else(|| format!("the insight \"{}\" is gone", insight.text))?;
            if taken_back && !record.withdrawn {
                return Err(format!("\"{}\" was taken back, and stands", insight.text));
            }
            let hub = self.hub.as_ref().ok_or("the hub is down")?;
            let location = self.location(insight.place);
            let lix = rosters::lix(&hub.reader, &location).map_err(lost)?;
            let lix = lix.ok_or("the hub forgot a location")?;
            let held = blobs::bytes(&hub.reader, lix, &insight.hash).map_err(lost)?;
            match (record.withdrawn, held) {
                (false, None) => return Err(format!("the hub lacks \"{}\"", insight.text)),
                (true, _) if self.disk.holds(insight.text.as_bytes()) => {
                    return Err(format!("the hub's disk still has \"{}\"", insight.text));
                }
                _ => {}
            }
            for n in self.part.clone() {
                let device = &self.devices[n];
                let here = device.place == insight.place;
                if record.withdrawn && device.disk.holds(insight.text.as_bytes()) {
                    let (name, text) = (&device.name, &insight.text);
                    return Err(format!("the disk of {name} still has \"{text}\""));
                }
                let held = blobs::bytes(
                    &look(&device.disk, "node.db")?,
                    weft_store::LocationRow::OWN,
                    &insight.hash,
                );
                if here && !record.withdrawn && held.map_err(lost)?.is_none() {
                    return Err(format!("{} lacks \"{}\"", device.name, insight.text));
                }
            }
        }
        Ok(())
    }

    /// Records for the team alone are on its devices: not in a byte at the hub or in another place.
    fn check_kept(&mut self) -> Result<(), String> {
        for (device, text) in self.oracle.kept.clone() {
            // Of a device for which there was no room, an entry may wait for some.
            if self.part.contains(&device) && !self.oracle.voided.contains(&device) {
                let node = self.devices[device].node.as_mut().ok_or("it is down")?;
                let document = node.document(DocKind::Team).map_err(refused)?;
                if !document.dump().contains(&text) {
                    return Err(format!("\"{text}\" is gone"));
                }
            }
            let author = &self.devices[device];
            let others = self.devices.iter();
            let mut others = others.filter(|one| one.place != author.place);
            if self.disk.holds(text.as_bytes()) || others.any(|one| one.disk.holds(text.as_bytes()))
            {
                return Err(format!("\"{text}\" has left its team"));
            }
        }
        Ok(())
    }

    /// A location has the last name that the national team read is saved, or one given later.
    fn check_names(&self) -> Result<(), String> {
        let hub = self.hub.as_ref().ok_or("the hub is down")?;
        let app = hub.app.clone();
        let locations = hub.finish(async move { app.read(|at| at.locations()).await });
        let renamed = self.oracle.renamed.lock().map_err(refused)?;
        for location in locations.map_err(refused)? {
            let mut allowed: Vec<&str> = Vec::new();
            for (_, name, saved) in renamed.iter().filter(|(code, ..)| *code == location.code) {
                if *saved {
                    allowed.clear();
                }
                allowed.push(name);
            }
            let first = renamed
                .iter()
                .any(|(code, _, saved)| *code == location.code && *saved);
            if first && !allowed.contains(&location.name.as_str()) {
                return Err(format!("{} is called \"{}\"", location.code, location.name));
            }
        }
        Ok(())
    }
}

/// A log ends where it was sealed.
fn check_seals(held: &[Held]) -> Result<(), String> {
    for place in held {
        for device in place.roster.devices() {
            let height = place.heights.get(&device.dix).copied();
            let height = height.unwrap_or(Height::ZERO);
            let seal = device.sealed.as_ref();
            if seal.is_some_and(|seal| (seal.dseq, seal.hash) != (height.dseq, height.hash)) {
                return Err(format!("{} does not end at its seal", device.name));
            }
        }
    }
    Ok(())
}

/// The heights of logs that hold anything.
fn filled(heights: Vec<(DeviceIndex, Height)>) -> BTreeMap<DeviceIndex, Height> {
    let filled = heights.into_iter();
    filled.filter(|(_, height)| height.dseq > 0).collect()
}

/// Opens a store beside the program that uses it.
fn look(disk: &Disk, file: &str) -> Result<Connection, String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    Connection::open_with_flags_and_vfs(disk.path(file), flags, VFS).map_err(refused)
}
