//! The members of a location: revocations and invites.

use weft_shared::{
    id::InviteKey,
    identity::{DeviceKey, Operation, Role, Roster, SignedOperation},
};

use crate::{
    device::Joining,
    network::{Act, NODE, What},
    world::World,
};

/// Milliseconds for which a simulated invite is valid: seven days.
const INVITE_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

impl World<'_> {
    /// An admin offers the hub a revocation of a sibling.
    pub(crate) fn revoke(&mut self, by: usize, whom: usize) -> Result<(), String> {
        let Some(node) = &self.devices[by].node else {
            return Ok(());
        };
        let roster = node.holds().roster;
        let found = roster.dix_of(&self.devices[whom].key.id());
        let Some(dix) = found else {
            return Ok(());
        };
        if roster.device(dix).is_some_and(|one| one.sealed.is_some()) {
            return Ok(());
        }
        // The replica names the height that it holds.
        let (dseq, hash) = (0, weft_shared::id::EntryHash::ZERO);
        let operation = Operation::RevokeDevice { dix, dseq, hash };
        self.offer(by, operation, Act::Revoke { by, whom })
    }

    /// An admin opens an invite; the joiners try it as soon as the hub has it.
    pub(crate) fn invite(&mut self, by: usize, first: usize, count: usize) -> Result<(), String> {
        let invite = DeviceKey::from_seed(self.devices[first].key.seed().map(|byte| !byte));
        let key = InviteKey::new(*invite.id().as_bytes());
        let again = Act::Invite { by, first, count };
        let now = self.clock(Some(by));
        let Some(node) = &self.devices[by].node else {
            self.plan_in(1_000, What::Act(again));
            return Ok(());
        };
        let open = node.holds().roster.open_invite(&key, now).is_ok();
        if open && self.at_hub(by, &key) {
            self.inviting -= 1;
            let place = self.devices[by].place;
            self.invited.push((place, (first..first + count).collect()));
            for joiner in first..first + count {
                let roster = Roster::new(self.devices[joiner].location);
                let operation = self.admission(joiner, &roster, &invite);
                self.devices[joiner].joining = Some(Joining {
                    invite: invite.clone(),
                    operation,
                    refused: false,
                });
                self.retry(joiner);
            }
            return Ok(());
        }
        let operation = Operation::Invite {
            key,
            role: Role::Member,
            expires: self.clock(None).plus_ms(INVITE_LIFE_MS),
        };
        self.offer(by, operation, again)
    }

    /// Whether the hub knows an invite, or cannot be asked.
    fn at_hub(&self, by: usize, key: &InviteKey) -> bool {
        let location = self.devices[by].location;
        let roster = self.hub_roster(&location);
        roster.is_none_or(|roster| roster.open_invite(key, self.clock(None)).is_ok())
    }

    /// Offers an operation to the hub, and looks later whether it came through.
    fn offer(&mut self, by: usize, operation: Operation, again: Act) -> Result<(), String> {
        let now = self.clock(Some(by));
        let ms = self.random.between(1_000, 3_000);
        if self.unkind || matches!(again, Act::Invite { .. }) {
            self.plan_in(ms, What::Act(again));
        }
        let host = &self.devices[by];
        let (Some(connection), Some(node)) = (host.connection, &host.node) else {
            return Ok(());
        };
        let Ok(signed) = node.sign(operation, now) else {
            return Ok(());
        };
        let offered: Vec<SignedOperation> = vec![signed];
        self.with_session(connection, NODE, |session| {
            if session.is_live() {
                session.offer_roster(now, offered);
            }
        })
    }
}
