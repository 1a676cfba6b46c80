//! Answers to JOIN and HELLO: whether a device is let in, and its initial state.

use weft_host::{clock, drive::Answers};
use weft_shared::{
    id::LocationId,
    identity::{RosterError, SignedOperation},
    log::room::Room,
    sync::{Admittance, JoinRefusal, Refused, Replica, Session, Ticket},
    time::Timestamp,
    wire::{
        NackCode,
        message::{Join, JoinProof, Joined},
    },
};

use super::{BLOCKED_TEXT, Link, refusal};
use crate::{
    directory::{AppendError, Known},
    enrol::{self, JoinError},
    store::{Lix, StoreError, derived, devices, invites, logs, rosters, shares},
};

impl Link {
    pub(super) async fn join(self, answers: Answers<Session>, ticket: Ticket, request: Join) {
        self.door.joins();
        let answer = self.joined(&request).await;
        if let Err(JoinRefusal::Refused { code, text }) = &answer {
            tracing::info!(device = %self.device, ?code, text, "a join was refused");
            self.door.is_refused();
        }
        if answer.is_ok() {
            self.door.admit();
        }
        let answer = move |session: &mut Session, now| session.handle_joined(now, ticket, answer);
        answers.send(answer).await;
    }

    async fn joined(&self, request: &Join) -> Result<Joined, JoinRefusal> {
        let known = match enrol::join(&self.shared, self.device, request, clock::now()).await {
            Ok(known) => known,
            Err(JoinError::Append(
                AppendError::Moved | AppendError::Roster(RosterError::OutOfPlace { .. }),
            )) => return Err(self.stale(request).await),
            Err(error) => return Err(refused(error.code(), &error)),
        };
        let joined = self.welcome(&known).await;
        joined.map_err(|error| refused(NackCode::Full, &error))
    }

    /// Returns what a newly admitted device needs to know.
    async fn welcome(&self, known: &Known) -> Result<Joined, StoreError> {
        let shared = &self.shared;
        let lix = known.lix;
        let read = shared.store.read(move |conn| {
            let bound = invites::bound_codes(conn)?;
            let code = bound.into_iter().find(|bound| bound.lix == lix);
            let code = code.ok_or(StoreError::Damaged("codes"))?.code;
            Ok::<_, StoreError>((code, rosters::operations(conn, lix, 0)?))
        });
        let (code, roster) = read.await?;
        let place = shared.own.places().await.remove(&code);
        let name = place.as_ref().map(|place| place.name.clone());
        Ok(Joined {
            network: shared.network.clone(),
            operator: shared.operator.clone(),
            location: known.roster.location(),
            name: name.unwrap_or_else(|| code.to_string()),
            name_mi: place.and_then(|place| place.name_mi),
            code,
            roster: roster.into_iter().map(Into::into).collect(),
            zero: shared.identity.zero,
            server_time: clock::now(),
        })
    }

    /// Refuses with the roster to sign on. Only someone who holds an open invite gets this far.
    async fn stale(&self, request: &Join) -> JoinRefusal {
        let JoinProof::Device { location, .. } = &request.proof else {
            return refused(NackCode::Malformed, &JoinError::Malformed);
        };
        match self.operations(*location, 0).await {
            Ok(operations) => JoinRefusal::Stale(operations),
            Err(error) => refused(NackCode::Full, &error),
        }
    }

    pub(super) async fn operations(
        &self,
        location: LocationId,
        after: usize,
    ) -> Result<Vec<SignedOperation>, StoreError> {
        let read = self.shared.store.read(move |conn| {
            let Some(lix) = rosters::lix(conn, &location)? else {
                return Ok(Vec::new());
            };
            rosters::operations(conn, lix, after)
        });
        let operations = read.await?;
        let decode = |bytes: &Vec<u8>| SignedOperation::decode(bytes);
        let decoded: Result<Vec<_>, _> = operations.iter().map(decode).collect();
        decoded.map_err(|_| StoreError::Damaged("roster"))
    }

    pub(super) async fn admit(
        self,
        answers: Answers<Session>,
        ticket: Ticket,
        location: LocationId,
    ) {
        let answer = match self.replica(location).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::error!(%error, "a session cannot begin");
                Err(refusal(NackCode::Full, STORE_TEXT))
            }
        };
        if answer.is_ok() {
            self.door.admit();
        }
        let answer = move |session: &mut Session, now| {
            let answer = answer.map(|(replica, room)| Admittance {
                replica,
                left: Some(room.left()),
                allowance: Some(self.shared.allowances.of(self.device, now)),
            });
            session.handle_admitted(now, ticket, answer);
        };
        answers.send(answer).await;
    }

    async fn replica(
        &self,
        location: LocationId,
    ) -> Result<Result<(Replica, Room), Refused>, StoreError> {
        let shared = &self.shared;
        let unknown = || Ok(Err(refusal(NackCode::UnknownDevice, UNKNOWN_TEXT)));
        let Some(known) = shared.directory.roster(location).await? else {
            return unknown();
        };
        let device = known.roster.dix_of(&self.device);
        let Some(device) = device.and_then(|dix| known.roster.device(dix)) else {
            return unknown();
        };
        if device.sealed.is_some() {
            return Ok(Err(refusal(NackCode::Revoked, REVOKED_TEXT)));
        }
        let Some(zero) = shared.directory.roster(shared.identity.zero).await? else {
            return Err(StoreError::Damaged("roster"));
        };
        let (id, lix, dix, role) = (self.device, known.lix, device.dix, device.role);
        let read = shared.store.read(move |conn| {
            let blocked = devices::blocked(conn, &id)?.is_some();
            let synced = derived::synced_day(conn, lix)?;
            let heights = |lix| {
                let logs = logs::logs(conn, lix)?.into_iter();
                Ok::<_, StoreError>(logs.map(|(dix, log)| (dix, log.height)).collect())
            };
            let room = shares::room(conn, lix, dix, role)?;
            let heights = (heights(lix)?, heights(Lix::ZERO)?);
            Ok::<_, StoreError>((blocked, synced, heights, room))
        });
        let (blocked, synced, (heights, zero_heights), room) = read.await?;
        if blocked {
            return Ok(Err(refusal(NackCode::Blocked, BLOCKED_TEXT)));
        }
        self.note_sync(lix, synced).await?;
        let replica = Replica {
            roster: (*known.roster).clone(),
            heights,
            zero: (*zero.roster).clone(),
            zero_heights,
        };
        Ok(Ok((replica, room)))
    }

    /// Records the day of the location's last sync, in the network's time zone: one write a day.
    async fn note_sync(&self, lix: Lix, synced: Option<Timestamp>) -> Result<(), StoreError> {
        let now = clock::now();
        let zone = self.shared.own.zone().await;
        if synced.is_some_and(|synced| zone.day(synced) >= zone.day(now)) {
            return Ok(());
        }
        let noted = self
            .shared
            .store
            .write(move |conn| derived::put_synced(conn, lix, now));
        noted.await?;
        self.shared.aggregate.poke();
        Ok(())
    }
}

fn refused(code: NackCode, error: &dyn std::error::Error) -> JoinRefusal {
    JoinRefusal::Refused {
        code,
        text: error.to_string(),
    }
}

const UNKNOWN_TEXT: &str = "this hub has no such device; join with an invite first";
const REVOKED_TEXT: &str = "this device was revoked by its location; its work stays on this \
    computer, and nothing more is shared. Ask the location's team for a new invite";
const STORE_TEXT: &str = "the hub cannot read its store now; everything is safe on your computer";
