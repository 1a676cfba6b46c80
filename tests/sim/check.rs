//! The conditions that must hold once everything has converged.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{Dix, EntryHash, LocationId},
    model::{number::Number, observation::ObservationKey},
    rollup::{Fact, Level, Stated, rollup},
};

use crate::{
    derived::Derived, host::numbers, mutant::Mutant, oracle::document, setting, store::Store,
    world::World,
};

impl World {
    /// Returns what is missing; none once all live nodes hold what the hub holds, and know it.
    pub(crate) fn unfinished(&self) -> Option<String> {
        let hub = &self.hosts[0].store;
        if let Some(host) = self
            .hosts
            .iter()
            .find(|host| !host.up || !host.jobs.is_empty())
        {
            return Some(format!("{} is busy", host.name));
        }
        if self.inviting > 0 {
            return Some("an invite is not handed out".into());
        }
        for (location, joiners) in &self.invited {
            let roster = hub.roster(*location);
            let is_in = |joiner: &&usize| roster.dix_of(&self.hosts[**joiner].key.id()).is_some();
            if joiners.iter().filter(is_in).count() != 1 {
                return Some("an invite admitted not exactly one device".into());
            }
        }
        for host in self
            .hosts
            .iter()
            .skip(1)
            .filter(|host| host.takes_part(host.location, hub))
        {
            for location in [host.location, self.zero] {
                if host.store.operations(location).len() != hub.operations(location).len() {
                    return Some(format!("{} holds another roster", host.name));
                }
                if host.store.heights(location) != hub.heights(location) {
                    return Some(format!("{} holds other logs", host.name));
                }
            }
            if host.outbox() > 0 {
                return Some(format!("{} knows of no acknowledgement", host.name));
            }
        }
        None
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        self.oracle.check_nothing_missing(&self.hosts)?;
        self.check_logs()?;
        let hub = Derived::rebuild(&self.hosts[0].store, false)?;
        self.check_documents(&hub)?;
        self.check_standing(&hub)?;
        self.check_rollup(&hub)
    }

    /// Every replica of a log is the same chain without a hole, ending where it was sealed.
    fn check_logs(&self) -> Result<(), String> {
        let hub = &self.hosts[0].store;
        for ((location, dix), log) in &hub.logs {
            let mut before = EntryHash::ZERO;
            for (n, (entry, void)) in (1..).zip(&log.entries) {
                let header = &entry.header;
                if header.dseq != n || header.prev != before || header.hash() != entry.hash {
                    return Err(format!("log {dix} at the hub is no chain at {n}"));
                }
                let author = self
                    .hosts
                    .iter()
                    .find(|host| host.location == *location && host.dix() == Some(*dix));
                if void.is_some() && author.is_none_or(|author| !author.store.spoilt) {
                    return Err(format!("an honest entry of log {dix} is void"));
                }
                let told = author.filter(|author| author.takes_part(*location, hub));
                let told = told.map(|author| author.store.is_void((*location, *dix), n));
                if told.is_some_and(|told| told != void.is_some()) {
                    return Err(format!(
                        "the author of log {dix} does not know of entry {n}"
                    ));
                }
                before = entry.hash;
            }
            let seal = hub
                .roster(*location)
                .device(*dix)
                .and_then(|device| device.sealed);
            if seal.is_some_and(|seal| (seal.dseq, seal.hash) != (log.height().dseq, before)) {
                return Err(format!("log {dix} does not end where it was sealed"));
            }
            for host in self
                .hosts
                .iter()
                .filter(|host| host.takes_part(*location, hub))
            {
                if hashes(&host.store, (*location, *dix)) != hashes(hub, (*location, *dix)) {
                    return Err(format!("{} holds another log {dix}", host.name));
                }
            }
        }
        Ok(())
    }

    /// Heads and dumps are the same everywhere, whether kept up entry by entry or rebuilt.
    fn check_documents(&self, hub: &Derived) -> Result<(), String> {
        let at_hub = hub.summary();
        for host in self
            .hosts
            .iter()
            .skip(1)
            .filter(|h| h.takes_part(h.location, &self.hosts[0].store))
        {
            if host.derived.waiting() > 0 {
                return Err(format!("changes wait for ever at {}", host.name));
            }
            let anew = Derived::rebuild(&host.store, false)?.summary();
            for kept in [host.derived.summary(), anew] {
                for (key, (heads, dump)) in &kept {
                    let Some((hub_heads, hub_dump)) = at_hub.get(key) else {
                        return Err(format!("{} has a document that the hub has not", host.name));
                    };
                    if heads != hub_heads || dump != hub_dump {
                        return Err(format!("{} of {} differs from the hub's", key.1, host.name));
                    }
                }
                let own = |place: &LocationId| *place == host.location || *place == self.zero;
                let expected = at_hub.keys().filter(|(place, _)| own(place)).count();
                if kept.len() != expected {
                    return Err(format!("{} lacks a document", host.name));
                }
            }
        }
        Ok(())
    }

    /// The value under each key is that of the naive model.
    fn check_standing(&self, hub: &Derived) -> Result<(), String> {
        let expected = self.oracle.standing(&self.hosts[0].store);
        let mut found: BTreeMap<(LocationId, ObservationKey), BTreeSet<u64>> = BTreeMap::new();
        for (location, document) in hub.documents() {
            for observed in document.observations() {
                let stands = numbers(document, &observed.key);
                found.insert((*location, observed.key), stands);
            }
        }
        if found == expected {
            return Ok(());
        }
        Err(format!(
            "{} holds {found:?} where the naive model has {expected:?}",
            document()
        ))
    }

    /// The rollup is the plain sum of the standing values, except contested ones.
    fn check_rollup(&self, hub: &Derived) -> Result<(), String> {
        let cells = rollup(&self.facts(hub), &setting::network(&self.locations));
        let standing = self.oracle.standing(&self.hosts[0].store);
        let levels =
            (0..self.locations.len()).map(|n| (Level::Location(setting::code(n)), vec![n]));
        let all = (Level::Network, (0..self.locations.len()).collect());
        for (level, places) in levels.chain([all]) {
            let cell = cells.iter().find(|cell| cell.key.level == level);
            let here = standing.iter().filter(|((location, _), _)| {
                let place = self.locations.iter().position(|one| one == location);
                place.is_some_and(|place| places.contains(&place))
            });
            let (mut sum, mut rows, mut contested) = (0_i64, 0_i64, 0);
            for numbers in here.map(|(_, numbers)| numbers) {
                match numbers.iter().next() {
                    Some(only) if numbers.len() == 1 => {
                        sum += i64::try_from(*only).expect("few edits");
                        rows += 1;
                    }
                    _ => contested += 1,
                }
            }
            let Some(cell) = cell else {
                if rows + contested == 0 || standing.is_empty() {
                    continue;
                }
                return Err(format!("no cell of {level:?}"));
            };
            let counted = i64::try_from(cell.n_contested).expect("few areas");
            let numerator = (rows > 0).then(|| Number::from(sum));
            let denominator = (rows > 0).then(|| Number::from(rows * setting::DENOMINATOR));
            let sums =
                contested > 0 || (cell.numerator, cell.denominator) == (numerator, denominator);
            if counted != contested || !sums || (contested > 0 && cell.value.is_some()) {
                return Err(format!(
                    "the rollup of {level:?} is {:?} of {:?} with {counted} contested; plain sums \
                     give {sum} over {rows} rows with {contested} contested",
                    cell.numerator, cell.denominator
                ));
            }
        }
        Ok(())
    }

    fn facts(&self, hub: &Derived) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (location, document) in hub.documents() {
            for observed in document.observations() {
                let stated = observed.stated.into_iter().map(|stated| Stated {
                    statement: stated.statement,
                    device: None,
                    at: None,
                    entry: None,
                });
                let mut stated: Vec<Stated> = stated.collect();
                if self.mutant == Some(Mutant::AddContested) {
                    stated.truncate(1);
                }
                facts.push(Fact {
                    location: *location,
                    key: observed.key,
                    stated,
                });
            }
        }
        facts
    }
}

fn hashes(store: &Store, log: (LocationId, Dix)) -> Vec<EntryHash> {
    let entries = store.logs.get(&log).map(|log| &log.entries);
    let entries = entries.into_iter().flatten();
    entries.map(|(entry, _)| entry.hash).collect()
}
