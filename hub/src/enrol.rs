//! Enrolment: what an unknown key may ask for, and what one invite admits.

use weft_shared::{
    id::{DeviceId, InviteKey, LocationCode, LocationId},
    identity::{
        FoundingInvite, Operation, Role, Roster, RosterError, SignedOperation, Signer,
        confirmation_words,
    },
    time::Timestamp,
    wire::{
        NackCode,
        message::{Join, JoinProof},
    },
};

use crate::{
    app::Shared,
    directory::{AppendError, Known},
    store::{
        StoreError, devices,
        invites::{self, Founding, Unredeemable},
        ledger,
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
    #[error("the hub refuses service to this device; ask the national team why")]
    Blocked,
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
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
            Self::Blocked => NackCode::Blocked,
            Self::Append(error) => append_code(error),
            Self::Store(_) => NackCode::Full,
        }
    }
}

pub(crate) const fn append_code(error: &AppendError) -> NackCode {
    match error {
        AppendError::Moved
        | AppendError::OtherHeight
        | AppendError::Roster(RosterError::OutOfPlace { .. }) => NackCode::RosterStale,
        AppendError::Roster(RosterError::InviteUnknown) => NackCode::InviteUnknown,
        AppendError::Roster(RosterError::InviteSpent | RosterError::InviteRevoked) => {
            NackCode::InviteSpent
        }
        AppendError::Roster(RosterError::InviteExpired { .. }) => NackCode::InviteExpired,
        AppendError::Roster(RosterError::TooManyDevices | RosterError::Full)
        | AppendError::Store(_) => NackCode::Full,
        AppendError::Roster(_) | AppendError::Elsewhere | AppendError::BuiltOn { .. } => {
            NackCode::RosterRefused
        }
    }
}

/// Admits the device durably, or returns why not. A device may ask again if the answer was lost.
pub(crate) async fn join(
    shared: &Shared,
    peer: DeviceId,
    request: &Join,
    now: Timestamp,
) -> Result<Known, JoinError> {
    if request.device != peer {
        return Err(JoinError::NotYou);
    }
    let operation =
        SignedOperation::decode(&request.operation).map_err(|_| JoinError::Malformed)?;
    let Operation::AddDevice { device, role, .. } = &operation.operation else {
        return Err(JoinError::Malformed);
    };
    if *device != peer {
        return Err(JoinError::NotYou);
    }
    let blocked = shared.store.read(move |conn| devices::blocked(conn, &peer));
    if blocked.await?.is_some() {
        return Err(JoinError::Blocked);
    }
    match &request.proof {
        JoinProof::Founding { code, secret } => {
            if *role != Role::Admin {
                return Err(JoinError::Malformed);
            }
            found(shared, peer, code.clone(), *secret, operation, now).await
        }
        JoinProof::Device { location, key } => {
            add_device(shared, peer, *location, *key, operation, now).await
        }
    }
}

async fn found(
    shared: &Shared,
    device: DeviceId,
    code: LocationCode,
    secret: [u8; 16],
    operation: SignedOperation,
    now: Timestamp,
) -> Result<Known, JoinError> {
    let Signer::Root(root) = operation.signer else {
        return Err(JoinError::Malformed);
    };
    let location = root.location_id();
    let mut roster = Roster::new(location);
    roster
        .apply(&operation)
        .map_err(|error| JoinError::Append(error.into()))?;
    let words = confirmation_words(&shared.identity.hub, &root, &device, &secret).to_string();
    let operation = operation.encode();
    let secret_hash = FoundingInvite::hash_secret(&secret);
    let bound = code.clone();
    let redeemed = shared
        .store
        .write(move |conn| {
            let founding = Founding {
                secret_hash,
                code: &bound,
                location,
                device,
                operation: &operation,
                words: &words,
                now,
            };
            let redeemed = invites::redeem(conn, &founding)?;
            if redeemed.is_ok() {
                ledger::record(conn, now, "invite", "location join", bound.as_str())?;
            }
            Ok::<_, StoreError>(redeemed)
        })
        .await?;
    match redeemed {
        Ok(_) => {}
        Err(why) => return Err(refusal(why, code)),
    }
    let known = shared.directory.roster(location).await?;
    known.ok_or(JoinError::NoLocation)
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

async fn add_device(
    shared: &Shared,
    device: DeviceId,
    location: LocationId,
    key: InviteKey,
    operation: SignedOperation,
    now: Timestamp,
) -> Result<Known, JoinError> {
    if operation.signer != Signer::Invite(key) {
        return Err(JoinError::Malformed);
    }
    let Some(known) = shared.directory.roster(location).await? else {
        return Err(JoinError::NoLocation);
    };
    // The answer to the first attempt may have been lost.
    if known.roster.position(&operation.hash()).is_some() {
        return Ok(known);
    }
    let appended = shared
        .directory
        .append(location, vec![operation], now)
        .await?;
    tracing::info!(%location, %device, "a device joined by an invite of its location");
    shared.roster_changed(&appended);
    Ok(appended)
}
