//! The acts of people, and the times of faults: drawn from the seed before a run begins.

use weft_shared::{
    id::InviteKey,
    identity::SignedOperation,
    identity::{DeviceKey, Operation, Role},
};

use crate::{
    host::{Host, Job, Joining},
    mutant::Mutant,
    network::{Act, What},
    setting,
    world::World,
};

/// Milliseconds for which a simulated invite is valid: seven days.
const INVITE_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

impl World {
    /// Plans everything. Returns the time at which the faults end.
    pub(crate) fn plan(&mut self) -> u64 {
        let end = self.random.between(15_000, 60_000);
        let nodes = self.hosts.len();
        for host in 1..nodes {
            self.hosts[host].connecting = true;
            let ms = self.random.between(0, 5_000);
            self.plan_in(ms, What::Connect { host });
        }
        for _ in 0..self.random.between(8, 40) {
            let host = self.random.index(nodes);
            // People often save several things in a row.
            let begin = self.random.between(0, end);
            for n in 0..self.random.between(1, 4) {
                self.plan_act(begin + n * 7, Act::Edit { host });
            }
        }
        for _ in 0..self.random.between(0, 12) {
            let at = self.random.between(0, end);
            let host = 1 + self.random.index(nodes - 1);
            let act = match self.random.index(4) {
                0 => Act::Cut { host },
                1 => Act::Part {
                    host,
                    ms: self.random.between(500, 30_000),
                },
                _ => Act::Crash {
                    host: if self.random.chance(40) { 0 } else { host },
                    ms: self.random.between(100, 6_000),
                },
            };
            // The last crash is over before the faults end.
            self.plan_act(at.min(end - 7_000), act);
        }
        self.plan_people(end);
        end
    }

    /// Plans revocations and invites.
    fn plan_people(&mut self, end: u64) {
        let founders = self.hosts.len();
        for host in 1..founders {
            let location = self.hosts[host].location;
            let admin = self.first_of(location);
            if host != admin && self.random.chance(25) {
                let at = self.random.between(1_000, end);
                self.plan_act(
                    at,
                    Act::Revoke {
                        by: admin,
                        whom: host,
                    },
                );
            }
        }
        for location in self.locations.clone() {
            if !self.random.chance(50) {
                continue;
            }
            let count = if self.random.chance(30) { 2 } else { 1 };
            let first = self.hosts.len();
            for _ in 0..count {
                let key = DeviceKey::from_seed(self.random.bytes());
                let mut host = Host::new(format!("joiner {}", self.hosts.len()), key, location);
                host.derived.drops_held = self.mutant == Some(Mutant::DropHeld);
                self.hosts.push(host);
            }
            let by = self.first_of(location);
            let at = self.random.between(1_000, end);
            self.plan_act(at, Act::Invite { by, first, count });
            self.inviting += 1;
            for host in first..first + count {
                for _ in 0..3 {
                    let at = self.random.between(at, end + 1);
                    self.plan_act(at, Act::Edit { host });
                }
                let crash = Act::Crash { host: 0, ms: 900 };
                if self.random.chance(30) && at + 9_000 < end {
                    let later = self.random.between(0, 2_000);
                    self.plan_act(at + later, crash);
                }
            }
        }
    }

    fn first_of(&self, location: weft_shared::id::LocationId) -> usize {
        let found = self.hosts.iter().position(|host| host.location == location);
        found.expect("every location has devices")
    }

    fn plan_act(&mut self, at: u64, act: Act) {
        self.agenda.plan(at, What::Act(act));
    }

    pub(crate) fn edit(&mut self, host: usize) {
        if !self.hosts[host].up || (host > 0 && !self.hosts[host].has_joined()) {
            return;
        }
        self.edits += 1;
        let number = self.edits;
        let place = self
            .locations
            .iter()
            .position(|one| *one == self.hosts[host].location);
        let key = place.map(|place| setting::key(place, self.random.next() % 64));
        let words = key.is_some() && self.random.chance(25);
        if self.mutant == Some(Mutant::SavedEarly) && key.is_some() {
            self.oracle.saved(number);
        }
        if let Some(key) = key.clone().filter(|_| self.random.chance(3)) {
            return self.forge(host, number, key);
        }
        let spoilt = key.is_some() && self.random.chance(5);
        let edit = Job::Edit {
            number,
            key,
            words,
            spoilt,
        };
        self.enqueue(host, edit);
    }

    /// An admin offers the hub a revocation that seals a sibling's log at the height it last saw.
    pub(crate) fn revoke(&mut self, by: usize, whom: usize) -> Result<(), String> {
        let host = &self.hosts[by];
        let roster = host.roster();
        let (Some(admin), Some(dix)) = (host.dix(), roster.dix_of(&self.hosts[whom].key.id()))
        else {
            return Ok(());
        };
        if roster
            .device(dix)
            .is_some_and(|device| device.sealed.is_some())
        {
            return Ok(());
        }
        let height = host.store.height(host.location, dix);
        let operation = Operation::RevokeDevice {
            dix,
            dseq: height.dseq,
            hash: height.hash,
        };
        let slot = roster.slot(self.clock(by));
        let signed = SignedOperation::sign_device(slot, operation, admin, &host.key);
        self.offer(by, signed, Act::Revoke { by, whom })
    }

    /// An admin opens an invite; the joiners try it as soon as the hub has it.
    pub(crate) fn invite(&mut self, by: usize, first: usize, count: usize) -> Result<(), String> {
        let invite = DeviceKey::from_seed(self.hosts[first].key.seed().map(|byte| !byte));
        let host = &self.hosts[by];
        let Some(admin) = host.dix() else {
            return Ok(());
        };
        let key = InviteKey::new(*invite.id().as_bytes());
        let again = Act::Invite { by, first, count };
        let roster = host.roster();
        if roster.open_invite(&key, self.clock(by)).is_ok() {
            self.inviting -= 1;
            self.invited
                .push((host.location, (first..first + count).collect()));
            for joiner in first..first + count {
                let refused = false;
                let invite = invite.clone();
                self.hosts[joiner].joining = Some(Joining { invite, refused });
                self.retry(joiner);
            }
            return Ok(());
        }
        let operation = Operation::Invite {
            key,
            role: Role::Member,
            expires: self.clock(by).plus_ms(INVITE_LIFE_MS),
        };
        let slot = roster.slot(self.clock(by));
        let signed = SignedOperation::sign_device(slot, operation, admin, &host.key);
        self.offer(by, signed, again)
    }

    /// Offers an operation to the hub, and checks the outcome later.
    fn offer(&mut self, by: usize, signed: SignedOperation, again: Act) -> Result<(), String> {
        let live = self.hosts[by].connection.filter(|_| self.hosts[by].up);
        let now = self.clock(by);
        let ms = self.random.between(1_000, 3_000);
        if self.unkind || matches!(again, Act::Invite { .. }) {
            self.plan_in(ms, What::Act(again));
        }
        match live {
            Some(connection) => self.with_session(connection, crate::network::NODE, |session| {
                if session.is_live() {
                    session.offer_roster(now, vec![signed]);
                }
            }),
            None => Ok(()),
        }
    }
}
