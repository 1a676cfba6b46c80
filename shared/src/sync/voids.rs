//! The codes of voided entries, sent with each ACK. They include those of entries stored before
//! this session, or by another one whose ACK may never have arrived.

use super::{
    event::{Event, Ticket},
    open::{Link, Open, Question, Role},
    scope_state::Log,
};
use crate::{
    id::DeviceIndex,
    log::gate::VoidCode,
    wire::{
        limits::ACK_VOIDS_MAX,
        message::{Ack, Scope, Void},
    },
};

/// The peer's knowledge of the voided entries of a log.
#[derive(Debug, Default)]
pub(super) struct Codes {
    /// The height up to which it knows every code.
    told: u64,
    /// Higher codes that are known here, to be sent with the next ACK.
    due: Vec<Void>,
    /// Another session stored entries above `told`, so the store has to be asked.
    unknown: bool,
    /// That question; nothing of the log is acknowledged until the answer.
    asked: Option<Ticket>,
}

impl Codes {
    /// State for a peer that knows every code of a log and holds it as high as this end.
    pub(super) fn told(height: u64) -> Self {
        Self {
            told: height,
            ..Self::default()
        }
    }

    /// Adds the codes of entries that this session had stored.
    pub(super) fn add(&mut self, voids: &mut Vec<Void>) {
        self.due.append(voids);
    }

    /// Records that another session stored the entries above `told`.
    pub(super) const fn forget(&mut self) {
        self.unknown = true;
    }

    /// Records that the peer does not know the codes above `dseq`.
    pub(super) fn rewind(&mut self, dseq: u64) {
        if dseq < self.told {
            self.told = dseq;
            self.unknown = true;
        }
    }

    pub(super) const fn is_asking(&self) -> bool {
        self.asked.is_some()
    }

    /// Returns the codes for an ACK up to `dseq`.
    fn take(&mut self, dseq: u64) -> Option<Vec<Void>> {
        self.told = dseq;
        let mut voids = std::mem::take(&mut self.due);
        voids.sort_unstable_by_key(|void| void.dseq);
        voids.dedup_by_key(|void| void.dseq);
        (!voids.is_empty()).then_some(voids)
    }
}

impl Log {
    /// The acknowledgement of everything that is durable here.
    pub(super) fn ack(&mut self, scope: Scope, dix: DeviceIndex) -> Ack {
        let tag = self.ack_tag.then(|| self.mine.hash.tag());
        self.ack_tag = false;
        let dseq = self.mine.dseq;
        Ack {
            scope,
            dix,
            dseq,
            voids: self.codes.take(dseq),
            tag,
        }
    }
}

impl Open {
    /// Acceptor: handles a HELLO with `outbox` entries of the device's log that are not known to be
    /// acknowledged. Those that are held here are acknowledged at once, with their codes.
    pub(super) fn acknowledge_outbox(&mut self, link: &mut Link, height: u64, outbox: u64) {
        let Some(dix) = self.own.roster.dix_of(&self.device) else {
            return;
        };
        let log = self.own.log(dix);
        log.codes.rewind(height.saturating_sub(outbox));
        // A lower height may belong to another copy of this log: the next batch will tell.
        if outbox > 0 && log.mine.dseq == height && !log.stopped {
            self.acknowledge(link, Scope::Own, dix);
        }
    }

    /// Acknowledges a log with the next outgoing bytes, once every code is known.
    pub(super) fn acknowledge(&mut self, link: &mut Link, scope: Scope, dix: DeviceIndex) {
        self.ack_due.insert((scope, dix));
        // No peer asks a connector for the codes that it left out.
        let asks = self.role == Role::Acceptor;
        let codes = &self.scope_state(scope).log(dix).codes;
        if !asks || !codes.unknown || codes.is_asking() {
            return;
        }
        let above = codes.told;
        let ticket = self.ask(link, Question::LoadVoids(scope, dix));
        let scoped = self.scope_state(scope);
        scoped.log(dix).codes.asked = Some(ticket);
        link.emit(Event::LoadVoids {
            ticket,
            location: scoped.location,
            dix,
            above,
        });
    }

    pub(super) fn on_voids(&mut self, link: &mut Link, ticket: Ticket, voids: &[(u64, VoidCode)]) {
        let Some(Question::LoadVoids(scope, dix)) = self.questions.remove(&ticket) else {
            return;
        };
        let voids = &voids[..voids.len().min(ACK_VOIDS_MAX)];
        let log = self.scope_state(scope).log(dix);
        log.codes.asked = None;
        let told = voids.iter().map(|(dseq, code)| Void {
            dseq: *dseq,
            code: code.number(),
        });
        let mut told: Vec<Void> = told.collect();
        if voids.len() < ACK_VOIDS_MAX {
            log.codes.unknown = false;
            log.codes.add(&mut told);
            return;
        }
        // There may be more than fit into one ACK: it covers the entries up to the last that fits.
        let dseq = told.last().map_or(0, |void| void.dseq);
        log.codes.told = dseq;
        link.send(Ack {
            scope,
            dix,
            dseq,
            voids: Some(told),
            tag: None,
        });
        self.acknowledge(link, scope, dix);
    }
}
