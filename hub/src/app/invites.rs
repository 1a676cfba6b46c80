//! Invites of the hub: to found a location, and to come back as one that lost its devices.

use weft_host::random::random_bytes;
use weft_shared::{
    id::LocationCode,
    identity::{FoundingInvite, Invite, InviteNames},
    time::Timestamp,
};
use weft_store::Transaction;

use super::{AppError, AppHandle, network::place};
use crate::store::invites;

impl AppHandle {
    /// Makes a founding invite: one line with which a device joins.
    ///
    /// # Errors
    /// If the code is unknown or has joined already, or if the hub's address is unknown.
    pub async fn create_invite(
        &self,
        code: &LocationCode,
        life_ms: i64,
    ) -> Result<String, AppError> {
        self.make_invite(code, life_ms, false).await
    }

    /// Makes a way back for a location that lost its devices: one line with which its recovery
    /// words admit a device.
    ///
    /// # Errors
    /// If no device ever joined as this code, or if the hub's address is unknown.
    pub async fn create_way_back(
        &self,
        code: &LocationCode,
        life_ms: i64,
    ) -> Result<String, AppError> {
        self.make_invite(code, life_ms, true).await
    }

    async fn make_invite(
        &self,
        code: &LocationCode,
        life_ms: i64,
        recovers: bool,
    ) -> Result<String, AppError> {
        place(&self.shared.own.standing(), code)?;
        let address = self.read(|at| at.address()).await?;
        let address = address.ok_or(AppError::NoAddress)?;
        let (hub, code) = (self.shared.identity.hub, code.clone());
        let names = InviteNames::new(&self.shared.network, &self.shared.operator);
        let create = move |tx: &Transaction<'_>, now: Timestamp| {
            match (invites::bound(tx, &code)?.is_some(), recovers) {
                (true, false) => return Err(AppError::CodeBound { code }),
                (false, true) => return Err(AppError::NothingLost { code }),
                (true, true) | (false, false) => {}
            }
            let invite = FoundingInvite {
                address,
                hub,
                names,
                code: code.clone(),
                recovers,
                secret: random_bytes(),
                expires: now.plus_ms(life_ms),
            };
            invites::create(tx, &code, &invite.secret_hash(), now, invite.expires)?;
            let line = Invite::Founding(invite).to_string();
            Ok(Some((code.to_string(), line)))
        };
        let act = if recovers {
            "way back create"
        } else {
            "invite create"
        };
        let created = self.act(act, create).await?;
        Ok(created.expect("an invite is created, or an error says why not"))
    }

    /// Revokes open invites. Returns their number.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn revoke_invites(
        &self,
        number: Option<i64>,
        code: Option<LocationCode>,
    ) -> Result<usize, AppError> {
        let revoke = move |tx: &Transaction<'_>, now| {
            let revoked = invites::revoke(tx, number, code.as_ref(), now)?;
            let subject = code.map_or_else(
                || number.unwrap_or_default().to_string(),
                |code| code.to_string(),
            );
            Ok((revoked > 0).then_some((subject, revoked)))
        };
        Ok(self.act("invite revoke", revoke).await?.unwrap_or(0))
    }
}
