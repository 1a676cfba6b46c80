//! Outgoing entries and blobs, within the peer's credit, and the peer's answers to them.

use super::{
    event::{CloseReason, Event, Outgoing, OutgoingBlob, Side, Ticket},
    open::{Link, Misbehaved, Open, Question, Ready, Role, Step, refused_by_peer},
    packed::Packer,
    scope_state::Log,
};
use crate::{
    id::DeviceIndex,
    log::{
        entry::{Entry, Tip},
        gate::VoidCode,
    },
    time::Timestamp,
    wire::{
        Nack, NackCode,
        limits::{
            BATCH_BYTES_AIM, BATCH_BYTES_MAX, BATCHES_IN_FLIGHT_MAX, CREDIT_BYTES_MAX, RESENDS_MAX,
            RETRY_MS_MAX,
        },
        message::{self, Ack, Credit, Scope},
    },
};

/// An item that waits for credit.
#[derive(Debug)]
pub(super) enum Cargo {
    Blob(OutgoingBlob),
    Batch {
        entries: Vec<Entry>,
        voids: Vec<(u64, VoidCode)>,
        tip: Tip,
    },
}

impl Open {
    /// Asks the store for the next entries of each log that the peer does not hold completely.
    pub(super) fn want_loads(&mut self, link: &mut Link, now: Timestamp) {
        for scope in [Scope::Zero, Scope::Own] {
            if self.scope_state(scope).loading.is_some() {
                continue;
            }
            if scope == Scope::Own && self.is_backlog_coming() {
                // Entries that only the device holds are secured before it receives those of
                // others.
                continue;
            }
            let wanted = self.zero_wanted;
            let scoped = self.scope_state(scope);
            let hungry = scoped.logs.iter().filter(|(_, log)| {
                let waits = log.wait_until.is_some_and(|until| until > now);
                let catching_up = scope == Scope::Own || wanted || log.sent < log.at_hello;
                let empty = log.empty_at == Some(log.mine.dseq);
                let crowded = log.in_flight.len() >= BATCHES_IN_FLIGHT_MAX;
                let may = !log.stopped || log.shows;
                let idle = may && !waits && !empty && !crowded && log.loading.is_none();
                idle && catching_up && log.sent < log.mine.dseq
            });
            let hungry: Vec<(DeviceIndex, u64)> =
                hungry.map(|(dix, log)| (*dix, log.sent + 1)).collect();
            for (dix, from_dseq) in hungry {
                if self.ready_bytes >= self.credit_left.max(1) {
                    return;
                }
                let ticket = self.ask(link, Question::Load(scope, dix));
                let log = self.scope_state(scope).log(dix);
                log.loading = Some(ticket);
                // Raw bodies may be 64 times as long, so send one entry at a time.
                let bytes_aim = if log.raw_only { 1 } else { BATCH_BYTES_AIM };
                // Reserve it before loading, so that several logs do not use the same credit.
                self.ready_bytes += BATCH_BYTES_AIM;
                link.emit(Event::Load {
                    ticket,
                    location: self.scope_state(scope).location,
                    dix,
                    from_dseq,
                    bytes_aim,
                });
            }
        }
    }

    /// Whether the connector's own backlog is on its way to this acceptor.
    fn is_backlog_coming(&self) -> bool {
        self.role == Role::Acceptor && self.own.logs.values().any(Log::is_backlog_coming)
    }

    pub(super) fn on_loaded(&mut self, link: &mut Link, ticket: Ticket, outgoing: Outgoing) {
        let Some(Question::Load(scope, dix)) = self.questions.remove(&ticket) else {
            return;
        };
        self.ready_bytes -= BATCH_BYTES_AIM;
        let log = self.scope_state(scope).log(dix);
        if log.loading != Some(ticket) {
            // The log was rewound in the meantime; it is loaded again.
            return;
        }
        log.loading = None;
        let (Some(first), Some(last)) = (outgoing.entries.first(), outgoing.entries.last()) else {
            log.empty_at = Some(log.mine.dseq);
            log.shows = false;
            return;
        };
        if first.header.dseq <= log.sent {
            // The peer has since said that it holds some of it; the rest is loaded again.
            return;
        }
        assert_eq!(
            first.header.dseq,
            log.sent + 1,
            "the host loads what was asked for"
        );
        let tip = outgoing
            .tip
            .expect("the host hands a tip over with entries");
        assert_eq!(tip.hash, last.hash, "the tip is over the last entry");
        let raw = outgoing.entries.iter().map(raw_bytes).sum::<usize>();
        if log.raw_only && raw > BATCH_BYTES_MAX {
            log.stopped = true;
            let about = (log.sent + 1, NackCode::UnknownCodec);
            let log = (self.scope_state(scope).location, dix, about.0);
            link.emit(Event::log_refused(Side::Peer, about.1, log));
            return;
        }
        log.sent = last.header.dseq;
        log.shows = false;
        log.in_flight.push_back(log.sent);
        let blobs = outgoing.blobs.into_iter();
        let blobs: Vec<_> = blobs
            .map(|blob| (blob.bytes.len(), Cargo::Blob(blob)))
            .collect();
        let packed = outgoing.entries.iter().map(Entry::wire_bytes).sum();
        let bytes = if log.raw_only { raw } else { packed };
        assert!(
            bytes <= BATCH_BYTES_MAX,
            "the host builds batches with BatchBuilder"
        );
        let batch = Cargo::Batch {
            entries: outgoing.entries,
            voids: outgoing.voids,
            tip,
        };
        for (bytes, cargo) in blobs.into_iter().chain([(bytes, batch)]) {
            self.ready_bytes += bytes;
            self.ready.push_back(Ready {
                scope,
                dix,
                bytes,
                cargo,
            });
        }
    }

    /// Sends as much as the credit allows, in order.
    pub(super) fn send_ready(&mut self, link: &mut Link) {
        let affordable = |ready: &Ready, credit| ready.bytes <= credit;
        while self
            .ready
            .front()
            .is_some_and(|ready| affordable(ready, self.credit_left))
        {
            let ready = self.ready.pop_front().expect("the front was looked at");
            self.ready_bytes -= ready.bytes;
            self.credit_left -= ready.bytes;
            let (scope, dix) = (ready.scope, ready.dix);
            match ready.cargo {
                Cargo::Blob(blob) => link.send(message::Blob {
                    scope,
                    dix,
                    dseq: blob.dseq,
                    hash: blob.hash,
                    bytes: blob.bytes,
                }),
                Cargo::Batch {
                    entries,
                    voids,
                    tip,
                } => {
                    let batch = self.wire_entries(scope, dix, entries, &voids, &tip);
                    link.send(batch);
                }
            }
        }
    }

    fn wire_entries(
        &mut self,
        scope: Scope,
        dix: DeviceIndex,
        entries: Vec<Entry>,
        voids: &[(u64, VoidCode)],
        tip: &Tip,
    ) -> message::Entries {
        let raw_only = self.scope_state(scope).log(dix).raw_only;
        let packer = Packer::new(&mut self.numbers, raw_only);
        packer.entries((scope, dix), entries, voids, tip)
    }

    /// Forgets that a log was sent from `dseq` on, so that it is sent again.
    fn rewind(&mut self, scope: Scope, dix: DeviceIndex, dseq: u64) {
        let log = self.scope_state(scope).log(dix);
        let below = dseq.saturating_sub(1).min(log.mine.dseq);
        log.sent = below;
        log.in_flight.clear();
        log.peer = log.peer.min(below);
        log.loading = None;
        log.empty_at = None;
        let mut dropped = 0;
        self.ready.retain(|ready| {
            let keep = (ready.scope, ready.dix) != (scope, dix);
            if !keep {
                dropped += ready.bytes;
            }
            keep
        });
        self.ready_bytes -= dropped;
    }

    pub(super) fn on_credit(&mut self, credit: Credit) -> Step {
        self.credit_left += credit.bytes as usize;
        if self.credit_left > CREDIT_BYTES_MAX {
            return Err(Misbehaved("more credit than a receiver may grant"));
        }
        Ok(())
    }

    pub(super) fn on_ack(&mut self, link: &mut Link, ack: Ack) -> Step {
        self.check_dix(ack.dix)?;
        let scoped = self.scope_state(ack.scope);
        let location = scoped.location;
        let log = scoped.log(ack.dix);
        if ack.dseq > log.mine.dseq.max(log.sent) {
            return Err(Misbehaved("an ACK of what was never sent"));
        }
        let other = ack.dseq == log.mine.dseq && ack.tag.is_some_and(|t| t != log.mine.hash.tag());
        if other {
            log.stopped = true;
            let log = (location, ack.dix, ack.dseq);
            link.emit(Event::log_refused(Side::Peer, NackCode::Fork, log));
            return Ok(());
        }
        log.ack_follows = false;
        if ack.dseq >= log.resent.0 {
            log.resent = (0, 0);
        }
        self.peer_has(ack.scope, ack.dix, ack.dseq);
        let voids = ack.voids.unwrap_or_default().into_iter();
        link.emit(Event::Acknowledged {
            location,
            dix: ack.dix,
            dseq: ack.dseq,
            voids: voids
                .map(|void| (void.dseq, VoidCode::from_number(void.code)))
                .collect(),
        });
        Ok(())
    }

    pub(super) fn on_nack(&mut self, link: &mut Link, now: Timestamp, nack: Nack) -> Step {
        if let (Some(scope), Some(dix)) = (nack.scope, nack.dix) {
            self.check_dix(dix)?;
            self.on_log_nack(link, now, (scope, dix), nack);
            return Ok(());
        }
        match (nack.about, nack.scope) {
            (Some(0x05), Some(scope)) => self.on_roster_nack(link, scope, nack),
            (Some(_), _) => link.emit(refused_by_peer(nack, None)),
            (None, _) => {
                let text = nack.text.unwrap_or_default();
                link.close(CloseReason::RefusedByPeer(nack.code, text), nack.wait_ms);
            }
        }
        Ok(())
    }

    fn on_log_nack(
        &mut self,
        link: &mut Link,
        now: Timestamp,
        (scope, dix): (Scope, DeviceIndex),
        nack: Nack,
    ) {
        let dseq = nack.dseq.unwrap_or(0);
        let resend = match nack.code {
            NackCode::Gap => true,
            NackCode::Limit => {
                // A peer must not stop a log for good.
                let wait = nack.wait_ms.unwrap_or(0).clamp(1, RETRY_MS_MAX);
                let wait = i64::try_from(wait).expect("a quarter of an hour");
                self.rewind(scope, dix, dseq);
                self.scope_state(scope).log(dix).wait_until = Some(now.plus_ms(wait));
                return;
            }
            NackCode::UnknownCodec => {
                !std::mem::replace(&mut self.scope_state(scope).log(dix).raw_only, true)
            }
            NackCode::RosterStale => {
                let scoped = self.scope_state(scope);
                let theirs = nack.roster.map_or(0, |mark| mark.len as usize);
                scoped.peer_len = theirs;
                theirs < scoped.roster.len()
            }
            NackCode::BadTip | NackCode::Malformed => {
                let text = nack.text.unwrap_or_default();
                link.close(CloseReason::RefusedByPeer(nack.code, text), None);
                return;
            }
            NackCode::Fork
            | NackCode::Revoked
            | NackCode::UnknownDevice
            | NackCode::Blocked
            | NackCode::InviteUnknown
            | NackCode::InviteExpired
            | NackCode::InviteSpent
            | NackCode::CodeBound
            | NackCode::Full
            | NackCode::Version
            | NackCode::Unavailable
            | NackCode::Unsupported
            | NackCode::NotAllowed
            | NackCode::RosterRefused
            | NackCode::Other(_) => false,
        };
        if resend && self.may_resend(scope, dix, dseq) {
            self.rewind(scope, dix, dseq);
            return;
        }
        self.rewind(scope, dix, dseq);
        let scoped = self.scope_state(scope);
        scoped.log(dix).stopped = true;
        let log = (scoped.location, dix, dseq);
        link.emit(refused_by_peer(nack, Some(log)));
    }

    /// Counts the requests for one entry, so that two ends which disagree do not go round for ever.
    fn may_resend(&mut self, scope: Scope, dix: DeviceIndex, dseq: u64) -> bool {
        let log = self.scope_state(scope).log(dix);
        let times = if log.resent.0 == dseq {
            log.resent.1 + 1
        } else {
            1
        };
        log.resent = (dseq, times);
        times <= RESENDS_MAX
    }
}

/// Total of the raw bytes; zero if the bodies are void, because only the header is sent.
fn raw_bytes(entry: &Entry) -> usize {
    if entry.bodies.is_empty() {
        return 0;
    }
    entry
        .header
        .runs
        .iter()
        .map(|run| run.raw_len as usize)
        .sum()
}
