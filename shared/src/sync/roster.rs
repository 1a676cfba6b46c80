//! Rosters in both directions: sent to a peer that lacks operations, and offered for appending.

use super::{
    event::{Event, RosterRefusal, Ticket},
    heights::roster_mark,
    open::{Link, Misbehaved, Open, Question, Role, Step, offer_head, refused_by_peer},
};
use crate::{
    identity::{Roster, SignedOperation},
    wire::{
        Nack, NackCode,
        limits::ROSTER_PART_OPERATIONS_MAX,
        message::{RosterPart, Scope},
    },
};

impl Open {
    /// Asks the host for the operations that the peer lacks.
    pub(super) fn send_rosters(&mut self, link: &mut Link) {
        for scope in [Scope::Zero, Scope::Own] {
            let sends = self.sends_roster(scope);
            let scoped = self.scope_state(scope);
            if !sends || scoped.loading.is_some() {
                continue;
            }
            if scoped.peer_len < scoped.roster.len() {
                let (location, after) = (scoped.location, scoped.peer_len);
                let ticket = self.ask(link, Question::LoadRoster(scope, after));
                self.scope_state(scope).loading = Some(ticket);
                link.emit(Event::LoadRoster {
                    ticket,
                    location,
                    after,
                });
            } else if let Some(refusal) = scoped.refusal.take() {
                link.send(refusal);
            }
        }
    }

    pub(super) fn on_roster_loaded(
        &mut self,
        link: &mut Link,
        ticket: Ticket,
        operations: &[SignedOperation],
    ) {
        let Some(Question::LoadRoster(scope, after)) = self.questions.remove(&ticket) else {
            return;
        };
        let scoped = self.scope_state(scope);
        scoped.loading = None;
        if scoped.peer_len != after {
            // The peer has since said that it holds less: ask again.
            return;
        }
        scoped.peer_len += operations.len();
        parts(scope, after, operations).for_each(|part| link.send(part));
    }

    /// Offers operations of the device's own location for the peer to append.
    pub(super) fn offer_roster(&mut self, link: &mut Link, operations: &[SignedOperation]) {
        self.own.offer = offer_head(operations);
        let after = self.own.roster.len();
        parts(Scope::Own, after, operations).for_each(|part| link.send(part));
    }

    pub(super) fn on_roster(&mut self, link: &mut Link, part: RosterPart) -> Step {
        let scope = part.scope;
        if scope == Scope::Zero && self.role == Role::Acceptor {
            return Err(Misbehaved("location zero only flows from the acceptor"));
        }
        let after = part.after as usize;
        let role = self.role;
        let scoped = self.scope_state(scope);
        let held = scoped.roster.len();
        let (mark, location) = (roster_mark(&scoped.roster), scoped.location);
        // A connector's message may be an offer, which is not in its own roster yet.
        if role == Role::Connector {
            scoped.announced_len = scoped.announced_len.max(after + part.operations.len());
            scoped.peer_len = scoped.peer_len.max(scoped.announced_len);
        }
        let Some(known) = held.checked_sub(after) else {
            link.send(Nack {
                scope: Some(scope),
                roster: Some(mark),
                ..Nack::of_message(
                    NackCode::RosterStale,
                    0x05,
                    "operations before these are missing",
                )
            });
            return Ok(());
        };
        let new = part.operations.iter().skip(known);
        let decoded: Result<Vec<_>, _> = new.map(|bytes| SignedOperation::decode(bytes)).collect();
        let operations =
            decoded.map_err(|_| Misbehaved("a roster operation that does not read"))?;
        if operations.is_empty() {
            return Ok(());
        }
        let last = operations.last().map(SignedOperation::hash);
        let last = last.expect("there is at least one");
        let ticket = self.ask(link, Question::PersistRoster(scope, last));
        self.paused = Some(ticket);
        link.emit(Event::PersistRoster {
            ticket,
            location,
            after: held,
            operations,
        });
        Ok(())
    }

    pub(super) fn on_roster_persisted(
        &mut self,
        link: &mut Link,
        ticket: Ticket,
        answer: Result<Roster, RosterRefusal>,
    ) {
        let Some(Question::PersistRoster(scope, last)) = self.questions.remove(&ticket) else {
            return;
        };
        self.paused = None;
        match answer {
            Ok(roster) => self.take_roster(link, scope, roster),
            // Another session has since brought the same operations.
            Err(refusal) if refusal.roster.position(&last).is_some() => {
                self.take_roster(link, scope, refusal.roster);
            }
            Err(refusal) => {
                let nack = Nack {
                    scope: Some(scope),
                    roster: Some(roster_mark(&refusal.roster)),
                    ..Nack::of_message(refusal.code, 0x05, refusal.text)
                };
                self.take_roster(link, scope, refusal.roster);
                self.scope_state(scope).refusal = Some(nack);
            }
        }
    }

    /// Continues with the roster that the host now holds.
    pub(super) fn take_roster(&mut self, link: &mut Link, scope: Scope, roster: Roster) {
        let scoped = self.scope_state(scope);
        if roster.len() <= scoped.roster.len() {
            return;
        }
        scoped.roster = roster;
        // A stop for lack of a roster may be over.
        for log in scoped.logs.values_mut() {
            log.resent = (0, 0);
        }
        let accepted = scoped
            .offer
            .is_some_and(|head| scoped.roster.position(&head).is_some());
        if accepted {
            scoped.offer = None;
            let location = scoped.location;
            link.emit(Event::RosterAccepted { location });
        }
        if scope == Scope::Own && self.role == Role::Acceptor && self.device_is_sealed() {
            link.refuse(NackCode::Revoked, REVOKED_TEXT);
        }
    }

    fn device_is_sealed(&self) -> bool {
        let roster = &self.own.roster;
        let device = roster
            .dix_of(&self.device)
            .and_then(|dix| roster.device(dix));
        device.is_some_and(|device| device.sealed.is_some())
    }

    pub(super) fn on_roster_nack(&mut self, link: &mut Link, scope: Scope, nack: Nack) {
        let scoped = self.scope_state(scope);
        let location = scoped.location;
        if scoped.offer.take().is_some() {
            link.emit(Event::RosterRefused {
                location,
                code: nack.code,
                text: nack.text.unwrap_or_default(),
            });
            return;
        }
        let theirs = nack
            .roster
            .map_or(scoped.peer_len, |mark| mark.len as usize);
        // If two parts are in flight, both are refused for the same reason.
        if nack.code == NackCode::RosterStale && theirs < scoped.roster.len() {
            scoped.peer_len = scoped.peer_len.min(theirs);
            return;
        }
        link.emit(refused_by_peer(nack, None));
    }

    pub(super) fn on_roster_changed(&mut self, link: &mut Link, roster: Roster) {
        if let Some(scope) = self.scope_of(&roster.location()) {
            self.take_roster(link, scope, roster);
        }
    }
}

pub(super) const REVOKED_TEXT: &str =
    "this device was revoked; what it holds stays on it, and nothing more of it is taken";

/// Splits the operations after the first `after` into messages within the size limit.
pub(super) fn parts(
    scope: Scope,
    after: usize,
    operations: &[SignedOperation],
) -> impl Iterator<Item = RosterPart> {
    let chunks = operations.chunks(ROSTER_PART_OPERATIONS_MAX).enumerate();
    chunks.map(move |(n, chunk)| {
        let after = after + n * ROSTER_PART_OPERATIONS_MAX;
        let encoded = chunk.iter().map(|operation| operation.encode().into());
        RosterPart {
            scope,
            after: u32::try_from(after).expect("a roster's length is bounded far below"),
            operations: encoded.collect(),
        }
    })
}
