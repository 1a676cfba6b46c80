//! Founding invites, and the codes that they bind to locations.

use rusqlite::{Connection, params, params_from_iter};
use weft_shared::{
    id::{DeviceId, LocationCode, LocationId},
    time::Timestamp,
};

use weft_store::rows;

use super::{LocationRow, StoreError, devices, rosters};

/// A founding invite as the hub keeps it: its secret only as a hash.
#[derive(Clone, Debug)]
pub struct InviteRow {
    /// Its number, for `invite revoke`.
    pub number: i64,
    /// The code that it binds.
    pub code: LocationCode,
    /// When it was made.
    pub created: Timestamp,
    /// When it expires.
    pub expires: Timestamp,
    /// When a device joined with it.
    pub spent: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    /// Whether a device has founded the location since, with this invite or another one.
    pub joined: bool,
    /// "open", "used", "expired", "revoked" or "not needed".
    pub state: &'static str,
}

impl InviteRow {
    fn state_at(&self, now: Timestamp) -> &'static str {
        match (self.spent, self.revoked) {
            (Some(_), _) => "used",
            (None, Some(_)) => "revoked",
            (None, None) if now >= self.expires => "expired",
            (None, None) if self.joined => "not needed",
            (None, None) => "open",
        }
    }
}

/// A code bound to a location.
#[derive(Clone, Debug)]
pub(crate) struct BoundCode {
    /// The code.
    pub(crate) code: LocationCode,
    /// The location's row.
    pub(crate) lix: LocationRow,
    /// The location.
    pub(crate) location: LocationId,
    /// The device that founded it.
    pub(crate) device: DeviceId,
    /// The four words that both ends show.
    pub(crate) words: String,
    /// When the invite was redeemed.
    pub(crate) bound: Timestamp,
}

/// Why a founding invite admits no one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unredeemable {
    /// No invite has this secret for this code.
    Unknown,
    /// It was redeemed before.
    Spent,
    /// Its time is over.
    Expired,
    /// The hub revoked it.
    Revoked,
    /// The code belongs to a location already.
    CodeBound,
    /// The device, or the location's root, is enrolled already.
    Enrolled,
}

/// The rows that a redeemed invite writes, all in the transaction that spends it.
#[derive(Debug)]
pub(crate) struct Founding<'a> {
    pub(crate) secret_hash: [u8; 32],
    pub(crate) code: &'a LocationCode,
    pub(crate) location: LocationId,
    pub(crate) device: DeviceId,
    pub(crate) operation: &'a [u8],
    pub(crate) words: &'a str,
    pub(crate) now: Timestamp,
}

pub(crate) fn create(
    conn: &Connection,
    code: &LocationCode,
    secret_hash: &[u8; 32],
    now: Timestamp,
    expires: Timestamp,
) -> Result<i64, StoreError> {
    conn.prepare_cached(
        "INSERT INTO invites (code, secret_hash, created_ms, expires_ms) VALUES (?, ?, ?, ?)",
    )?
    .execute(params![code.as_str(), secret_hash, now.ms(), expires.ms()])?;
    Ok(conn.last_insert_rowid())
}

pub(crate) fn list(conn: &Connection, now: Timestamp) -> Result<Vec<InviteRow>, StoreError> {
    let sql = "SELECT invite, code, created_ms, expires_ms, spent_ms, revoked_ms,
               EXISTS (SELECT 1 FROM codes WHERE codes.code = invites.code
                       AND codes.bound_ms >= invites.created_ms)
               FROM invites ORDER BY invite";
    rows::all(conn, sql, [], |row| {
        let moment = |at: Option<i64>| at.map(Timestamp::from_ms);
        let mut invite = InviteRow {
            number: row.get(0)?,
            code: LocationCode::parse(row.get_ref(1)?.as_str()?)
                .map_err(|_| StoreError::Damaged("invites.code"))?,
            created: Timestamp::from_ms(row.get(2)?),
            expires: Timestamp::from_ms(row.get(3)?),
            spent: moment(row.get(4)?),
            revoked: moment(row.get(5)?),
            joined: row.get(6)?,
            state: "",
        };
        invite.state = invite.state_at(now);
        Ok(invite)
    })
}

/// Revokes invites that are still open: one by its number, or all of a code.
pub(crate) fn revoke(
    conn: &Connection,
    number: Option<i64>,
    code: Option<&LocationCode>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    Ok(conn.execute(
        "UPDATE invites SET revoked_ms = ?1 WHERE spent_ms IS NULL AND revoked_ms IS NULL
         AND (invite = ?2 OR code = ?3)",
        params![now.ms(), number, code.map(LocationCode::as_str)],
    )?)
}

/// The number of the open invite that has this secret for this code, or why it admits no one.
pub(crate) fn open(
    conn: &Connection,
    (secret_hash, code): (&[u8; 32], &LocationCode),
    now: Timestamp,
) -> Result<Result<i64, Unredeemable>, StoreError> {
    let sql = "SELECT invite, expires_ms, spent_ms IS NOT NULL, revoked_ms IS NOT NULL
               FROM invites WHERE secret_hash = ? AND code = ?";
    let found = rows::one(conn, sql, params![secret_hash, code.as_str()], |row| {
        let number: i64 = row.get(0)?;
        let expires = Timestamp::from_ms(row.get(1)?);
        Ok(match (row.get(2)?, row.get(3)?) {
            (true, _) => Err(Unredeemable::Spent),
            (false, true) => Err(Unredeemable::Revoked),
            (false, false) if now >= expires => Err(Unredeemable::Expired),
            (false, false) => Ok(number),
        })
    })?;
    Ok(found.unwrap_or(Err(Unredeemable::Unknown)))
}

/// Spends an invite that stood open in this transaction.
pub(crate) fn spend(conn: &Connection, number: i64, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE invites SET spent_ms = ? WHERE invite = ? AND spent_ms IS NULL";
    let spent = conn
        .prepare_cached(sql)?
        .execute(params![now.ms(), number])?;
    assert_eq!(spent, 1, "the invite stood open in this transaction");
    Ok(())
}

/// Spends the invite, binds its code and admits the founding device; must run within one write
/// transaction, or two devices could found one location. Returns false if the same device had spent
/// it before.
pub(crate) fn redeem(
    conn: &Connection,
    founding: &Founding<'_>,
) -> Result<Result<bool, Unredeemable>, StoreError> {
    let invite = match open(conn, (&founding.secret_hash, founding.code), founding.now)? {
        Ok(invite) => invite,
        Err(Unredeemable::Spent) => {
            // The answer to the same device's first attempt may have been lost on its way.
            let bound = bound(conn, founding.code)?;
            let same =
                bound.filter(|b| b.device == founding.device && b.location == founding.location);
            return Ok(same.map(|_| false).ok_or(Unredeemable::Spent));
        }
        Err(why) => return Ok(Err(why)),
    };
    if bound(conn, founding.code)?.is_some() {
        return Ok(Err(Unredeemable::CodeBound));
    }
    let known = rosters::lix(conn, &founding.location)?.is_some();
    if known || devices::device(conn, &founding.device)?.is_some() {
        return Ok(Err(Unredeemable::Enrolled));
    }
    spend(conn, invite, founding.now)?;
    let lix = rosters::found(conn, &founding.location, founding.now)?;
    rosters::append(conn, lix, 0, founding.operation)?;
    devices::add_device(conn, lix, weft_shared::id::DeviceIndex(1), &founding.device)?;
    conn.prepare_cached(
        "INSERT INTO codes (code, lix, device_id, words, bound_ms) VALUES (?, ?, ?, ?, ?)",
    )?
    .execute(params![
        founding.code.as_str(),
        lix.0,
        founding.device.as_bytes(),
        founding.words,
        founding.now.ms()
    ])?;
    Ok(Ok(true))
}

/// The location that a code belongs to, if a device founded it.
pub(crate) fn bound(
    conn: &Connection,
    code: &LocationCode,
) -> Result<Option<BoundCode>, StoreError> {
    Ok(codes(conn, Some(code))?.pop())
}

/// Returns every code that a device founded a location with.
pub(crate) fn bound_codes(conn: &Connection) -> Result<Vec<BoundCode>, StoreError> {
    codes(conn, None)
}

fn codes(conn: &Connection, one: Option<&LocationCode>) -> Result<Vec<BoundCode>, StoreError> {
    let columns = "SELECT code, lix, location_id, device_id, words, bound_ms
                   FROM codes JOIN locations USING (lix)";
    let sql = match one {
        Some(_) => format!("{columns} WHERE code = ?"),
        None => format!("{columns} ORDER BY code"),
    };
    rows::all(
        conn,
        &sql,
        params_from_iter(one.map(LocationCode::as_str)),
        |row| {
            Ok(BoundCode {
                code: LocationCode::parse(row.get_ref(0)?.as_str()?)
                    .map_err(|_| StoreError::Damaged("codes.code"))?,
                lix: LocationRow(row.get(1)?),
                location: rows::bytes(row, 2, LocationId::from_slice, "locations.location_id")?,
                device: rows::bytes(row, 3, DeviceId::from_slice, "codes.device_id")?,
                words: row.get(4)?,
                bound: Timestamp::from_ms(row.get(5)?),
            })
        },
    )
}

/// Returns the code that belongs to a location, if a device founded it with one.
pub(crate) fn code_of(
    conn: &Connection,
    lix: LocationRow,
) -> Result<Option<LocationCode>, StoreError> {
    rows::one(
        conn,
        "SELECT code FROM codes WHERE lix = ?",
        [lix.0],
        |row| {
            let code = LocationCode::parse(row.get_ref(0)?.as_str()?);
            code.map_err(|_| StoreError::Damaged("codes.code"))
        },
    )
}

pub(crate) fn confirm(
    conn: &Connection,
    code: &LocationCode,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE codes SET confirmed_ms = coalesce(confirmed_ms, ?) WHERE code = ?";
    rows::write(conn, sql, params![now.ms(), code.as_str()])
}
