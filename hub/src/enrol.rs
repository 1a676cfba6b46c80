//! Enrolment: what an unknown key may ask for, and what one invite admits.

use weft_shared::{
    id::{DeviceId, InviteKey, LocationCode, LocationId},
    identity::{
        FoundingInvite, Operation, Role, Roster, RosterError, SignedOperation, Signer,
        confirmation_words,
    },
    sync::JoinRefusal,
    time::Timestamp,
    wire::{
        NackCode,
        message::{Join, JoinProof, Joined},
    },
};
use weft_store::{
    Transaction,
    host::{Host, NotJoined},
};

use crate::{
    app::Shared,
    directory::{AppendError, Known},
    store::{
        StoreError, devices,
        invites::{self, Founding, Unredeemable},
        ledger, rosters,
    },
};

/// Why a JOIN is refused.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum JoinError {
    #[error("the device that asks is not the device that the request names")]
    NotYou,
    #[error("the request's roster operation is not one that admits the device that asks")]
    Malformed,
    #[error("the hub knows no invite {code} with this secret; ask the national team for a new one")]
    Unknown { code: LocationCode },
    #[error(
        "the invite for {code} was used before; each admits one device. A further device of the \
         same location joins with an invite made there: weft-node device invite"
    )]
    Spent { code: LocationCode },
    #[error("the invite for {code} was revoked; ask the national team for a new one")]
    Revoked { code: LocationCode },
    #[error("the invite for {code} has expired; ask the national team for a new one")]
    Expired { code: LocationCode },
    #[error(
        "{code} belongs to a location already. A further device joins with an invite made at one \
         of its devices: weft-node device invite"
    )]
    CodeBound { code: LocationCode },
    #[error("this device's keys stand for a location already; join with a new data directory")]
    Enrolled,
    #[error("the hub does not know this location; check the invite's address")]
    NoLocation,
    #[error("the roster has grown since this was signed")]
    Stale(Vec<SignedOperation>),
    #[error("the hub refuses service to this device; ask the national team why")]
    Blocked,
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error("the hub cannot use its store now; try again later")]
    Store(#[from] StoreError),
}

impl JoinError {
    pub(crate) const fn code(&self) -> NackCode {
        match self {
            Self::NotYou | Self::Malformed => NackCode::Malformed,
            Self::Unknown { .. } | Self::NoLocation => NackCode::InviteUnknown,
            Self::Spent { .. } | Self::Revoked { .. } => NackCode::InviteSpent,
            Self::Expired { .. } => NackCode::InviteExpired,
            Self::CodeBound { .. } | Self::Enrolled => NackCode::CodeBound,
            Self::Stale(_) => NackCode::RosterStale,
            Self::Blocked => NackCode::Blocked,
            Self::Append(error) => error.code(),
            Self::Store(_) => NackCode::Unavailable,
        }
    }
}

impl From<JoinError> for NotJoined {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Stale(operations) => Self::Refused(JoinRefusal::Stale(operations)),
            JoinError::Store(error) | JoinError::Append(AppendError::Store(error)) => {
                Self::Store(error)
            }
            other => Self::Refused(JoinRefusal::Refused {
                code: other.code(),
                text: other.to_string(),
            }),
        }
    }
}

/// Admits the device, or returns why not. A device may ask again if the answer was lost.
pub(crate) fn join(
    (shared, host): (&Shared, &impl Host),
    tx: &Transaction<'_>,
    peer: &DeviceId,
    request: &Join,
    now: Timestamp,
) -> Result<Joined, JoinError> {
    if request.device != *peer {
        return Err(JoinError::NotYou);
    }
    let operation =
        SignedOperation::decode(&request.operation).map_err(|_| JoinError::Malformed)?;
    let Operation::AddDevice { device, role, .. } = &operation.operation else {
        return Err(JoinError::Malformed);
    };
    if device != peer {
        return Err(JoinError::NotYou);
    }
    if devices::blocked(tx, peer)?.is_some() {
        return Err(JoinError::Blocked);
    }
    let location = match &request.proof {
        JoinProof::Founding { code, secret } => {
            if *role != Role::Admin {
                return Err(JoinError::Malformed);
            }
            match lost(host, tx, (code, peer), &operation)? {
                Some(known) => come_back(host, tx, (&known, code, secret), (operation, now))?,
                None => found(shared, tx, peer, (code, secret), &operation, now)?,
            }
        }
        JoinProof::Device { location, key } => {
            add_device(host, tx, (location, key), operation, now)?;
            *location
        }
    };
    Ok(joined((shared, host), tx, location, now)?)
}

/// The facts that a newly admitted device needs. Its location's name is added outside.
fn joined(
    (shared, host): (&Shared, &impl Host),
    tx: &Transaction<'_>,
    location: LocationId,
    server_time: Timestamp,
) -> Result<Joined, StoreError> {
    let mut bound = invites::bound_codes(tx)?.into_iter();
    let bound = bound.find(|bound| bound.location == location);
    let bound = bound.ok_or(StoreError::Damaged("codes"))?;
    let roster = rosters::operations(tx, bound.lix, 0)?;
    Ok(Joined {
        network: shared.network.clone(),
        operator: shared.operator.clone(),
        location,
        name: bound.code.to_string(),
        name_mi: None,
        code: bound.code,
        roster: roster.into_iter().map(Into::into).collect(),
        zero: host.zero(),
        server_time,
    })
}

fn found(
    shared: &Shared,
    tx: &Transaction<'_>,
    device: &DeviceId,
    (code, secret): (&LocationCode, &[u8; 16]),
    operation: &SignedOperation,
    now: Timestamp,
) -> Result<LocationId, JoinError> {
    let Signer::Root(root) = operation.signer else {
        return Err(JoinError::Malformed);
    };
    let location = root.location_id();
    let mut roster = Roster::new(location);
    roster.apply(operation).map_err(AppendError::from)?;
    let hub = &shared.identity.hub;
    let founding = Founding {
        secret_hash: FoundingInvite::hash_secret(secret),
        code,
        location,
        device: *device,
        operation: &operation.encode(),
        words: &confirmation_words(hub, &root, device, secret).to_string(),
        now,
    };
    match invites::redeem(tx, &founding)? {
        Ok(true) => ledger::record(tx, now, "invite", "location join", code.as_str())?,
        // It joined before, and asks because the answer was lost.
        Ok(false) => {}
        Err(why) => return Err(refusal(why, code.clone())),
    }
    Ok(location)
}

/// The location that a code belongs to, if its own root signs and the device is not in its roster
/// yet: it comes back.
fn lost(
    host: &impl Host,
    tx: &Transaction<'_>,
    (code, device): (&LocationCode, &DeviceId),
    operation: &SignedOperation,
) -> Result<Option<Known>, JoinError> {
    let (Some(bound), Signer::Root(root)) = (invites::bound(tx, code)?, operation.signer) else {
        return Ok(None);
    };
    if bound.location != root.location_id() || bound.device == *device {
        return Ok(None);
    }
    let known = host.rosters().uncommitted(tx, &bound.location)?;
    Ok(Some(known.ok_or(StoreError::Damaged("roster"))?))
}

/// Admits a device by the word of the location's root. The hub alone cannot: it has no root.
fn come_back(
    host: &impl Host,
    tx: &Transaction<'_>,
    (known, code, secret): (&Known, &LocationCode, &[u8; 16]),
    (operation, now): (SignedOperation, Timestamp),
) -> Result<LocationId, JoinError> {
    let location = known.roster.location();
    let Operation::AddDevice { device, .. } = &operation.operation else {
        return Err(JoinError::Malformed);
    };
    // The answer to the first attempt may have been lost.
    let admitted = known.roster.dix_of(device);
    let admitted = admitted.and_then(|dix| known.roster.device(dix));
    if admitted.is_some_and(|device| device.sealed.is_none()) {
        return Ok(location);
    }
    let hash = FoundingInvite::hash_secret(secret);
    let invite = invites::open(tx, (&hash, code), now)?;
    let invite = invite.map_err(|why| refusal(why, code.clone()))?;
    match host.rosters().append(tx, host, known, &[operation], now) {
        Ok(_) => {
            invites::spend(tx, invite, now)?;
            ledger::record(tx, now, "invite", "location way back", code.as_str())?;
            Ok(location)
        }
        // Only a device that holds an open invite gets this far.
        Err(AppendError::Roster(RosterError::OutOfPlace { .. })) => {
            Err(JoinError::Stale(rosters::signed(tx, known.lix, 0)?))
        }
        Err(error) => Err(error.into()),
    }
}

fn refusal(why: Unredeemable, code: LocationCode) -> JoinError {
    match why {
        Unredeemable::Unknown => JoinError::Unknown { code },
        Unredeemable::Spent => JoinError::Spent { code },
        Unredeemable::Expired => JoinError::Expired { code },
        Unredeemable::Revoked => JoinError::Revoked { code },
        Unredeemable::CodeBound => JoinError::CodeBound { code },
        Unredeemable::Enrolled => JoinError::Enrolled,
    }
}

fn add_device(
    host: &impl Host,
    tx: &Transaction<'_>,
    (location, key): (&LocationId, &InviteKey),
    operation: SignedOperation,
    now: Timestamp,
) -> Result<(), JoinError> {
    if operation.signer != Signer::Invite(*key) {
        return Err(JoinError::Malformed);
    }
    let known = host.rosters().uncommitted(tx, location)?;
    let known = known.ok_or(JoinError::NoLocation)?;
    // The answer to the first attempt may have been lost.
    if known.roster.position(&operation.hash()).is_some() {
        return Ok(());
    }
    match host.rosters().append(tx, host, &known, &[operation], now) {
        Ok(_) => Ok(()),
        // Only a device that holds an open invite gets this far.
        Err(AppendError::Roster(RosterError::OutOfPlace { .. })) => {
            Err(JoinError::Stale(rosters::signed(tx, known.lix, 0)?))
        }
        Err(error) => Err(error.into()),
    }
}
