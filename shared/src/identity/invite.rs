//! Invites: one line of text, or a QR code, that admits one device.
//!
//! The text is `weft://HOST:PORT/#` and then base 32 in capitals, which a QR code packs tightly and
//! which can be read aloud: I and L are read as 1, O as 0. The last 32 bits are a checksum over
//! everything before them, including the address. It tells a typo from an invite that is wrong.

mod address;
mod base32;
mod names;
mod packed;

use std::{cmp::Ordering, fmt, str::FromStr};

pub use address::{BadAddress, address};
use base32::{base32, symbols_for, unbase32};
use names::NAMES_BYTES_MAX;
pub use names::{INVITE_NAME_BYTES_MAX, InviteNames};
use packed::{CODE_BYTES, MOMENT_BYTES, pack_code, pack_moment, unpack_code, unpack_moment};

use super::{
    INVITE_CHARS_MAX, INVITE_DAYS_MAX,
    keys::DeviceKey,
    operation::Role,
    words::{ConfirmationWords, confirmation_words},
};
use crate::{
    id::{DeviceId, HubRootHash, InviteKey, LocationCode, LocationId, RootPublic, sha256},
    time::{DAY_MS, Timestamp, parse_length_ms},
};

/// Parses the time that an invite is open to milliseconds. A number alone is a number of days.
///
/// # Errors
/// Returns the lengths that are possible.
pub fn invite_life_ms(text: &str) -> Result<i64, String> {
    let life = parse_length_ms(text).ok();
    let life = life.filter(|life| *life <= INVITE_DAYS_MAX * DAY_MS);
    life.ok_or_else(|| {
        format!(
            "an invite is open for more than no time and at most {INVITE_DAYS_MAX} days, so that \
             no one can use a lost one for long: write {INVITE_DAYS_MAX}d or less, such as 2d or \
             12h"
        )
    })
}

/// Made at the hub for a location code. The device that redeems it founds the location, or comes
/// back as one that lost its devices.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundingInvite {
    /// The hub's address, as [`address()`] returns it.
    pub address: String,
    /// The hub's root; no other hub is accepted.
    pub hub: HubRootHash,
    /// The names of the network and its operator, as the maker of the invite claims them.
    pub names: InviteNames,
    /// The location's code.
    pub code: LocationCode,
    /// Whether the location is there, and its root brings a device back to it.
    pub recovers: bool,
    /// Shown to the hub once; the hub keeps only its hash.
    pub secret: [u8; 16],
    /// The first moment at which it is no longer valid.
    pub expires: Timestamp,
}

impl FoundingInvite {
    /// The hash that the hub keeps in place of the secret.
    pub fn secret_hash(&self) -> [u8; 32] {
        Self::hash_secret(&self.secret)
    }

    /// The same hash, for a secret that a device presents.
    pub fn hash_secret(secret: &[u8; 16]) -> [u8; 32] {
        sha256("weft/invite-secret/1", &[secret])
    }

    /// The words that both ends show once `device` has founded a location with `root`.
    pub fn confirmation_words(&self, root: &RootPublic, device: &DeviceId) -> ConfirmationWords {
        confirmation_words(&self.hub, root, device, &self.secret)
    }
}

impl fmt::Debug for FoundingInvite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FoundingInvite")
            .field("address", &self.address)
            .field("hub", &self.hub)
            .field("names", &self.names)
            .field("code", &self.code)
            .field("recovers", &self.recovers)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Made at a node for a further device of its location.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceInvite {
    /// The hub's address, as [`address()`] returns it.
    pub address: String,
    /// The hub's root; no other hub is accepted.
    pub hub: HubRootHash,
    /// The location to join.
    pub location: LocationId,
    /// The names of the network and its operator, as the maker of the invite claims them.
    pub names: InviteNames,
    /// The location's code.
    pub code: LocationCode,
    /// The seed of the one-time key.
    pub seed: [u8; 32],
    /// The new device's role.
    pub role: Role,
    /// The first moment at which it is no longer valid.
    pub expires: Timestamp,
}

impl DeviceInvite {
    /// The public half of the one-time key, which an admin device signs into the roster.
    pub fn key(&self) -> InviteKey {
        InviteKey::new(*self.signing_key().id().as_bytes())
    }

    /// The one-time key. It signs the new device's `AddDevice` and nothing else.
    pub fn signing_key(&self) -> DeviceKey {
        DeviceKey::from_seed(self.seed)
    }

    /// The words that both ends show once `device` has joined the location with `root`.
    pub fn confirmation_words(&self, root: &RootPublic, device: &DeviceId) -> ConfirmationWords {
        confirmation_words(&self.hub, root, device, self.key().as_bytes())
    }
}

impl fmt::Debug for DeviceInvite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceInvite")
            .field("address", &self.address)
            .field("hub", &self.hub)
            .field("names", &self.names)
            .field("location", &self.location)
            .field("code", &self.code)
            .field("role", &self.role)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// An invite of either kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Invite {
    /// Founds a location.
    Founding(FoundingInvite),
    /// Adds a device to a location.
    Device(DeviceInvite),
}

impl Invite {
    /// The hub's address.
    pub fn address(&self) -> &str {
        match self {
            Self::Founding(invite) => &invite.address,
            Self::Device(invite) => &invite.address,
        }
    }

    /// The hub's root.
    pub fn hub(&self) -> &HubRootHash {
        match self {
            Self::Founding(invite) => &invite.hub,
            Self::Device(invite) => &invite.hub,
        }
    }

    /// The names of the network and its operator, as the maker of the invite claims them.
    pub fn names(&self) -> &InviteNames {
        match self {
            Self::Founding(invite) => &invite.names,
            Self::Device(invite) => &invite.names,
        }
    }

    /// The location's code.
    pub fn code(&self) -> &LocationCode {
        match self {
            Self::Founding(invite) => &invite.code,
            Self::Device(invite) => &invite.code,
        }
    }

    /// The first moment at which the invite is no longer valid.
    pub fn expires(&self) -> Timestamp {
        match self {
            Self::Founding(invite) => invite.expires,
            Self::Device(invite) => invite.expires,
        }
    }

    /// Whether its device begins a new location.
    pub const fn founds(&self) -> bool {
        matches!(self, Self::Founding(invite) if !invite.recovers)
    }

    /// Whether its device comes back as a location that lost its devices.
    pub const fn recovers(&self) -> bool {
        matches!(self, Self::Founding(invite) if invite.recovers)
    }

    /// Refuses an invite that has expired by the caller's clock.
    ///
    /// # Errors
    /// If it has expired.
    pub fn check_expiry(&self, now: Timestamp) -> Result<(), InviteExpired> {
        let expires = self.expires();
        if now < expires {
            Ok(())
        } else {
            Err(InviteExpired { expires, now })
        }
    }

    fn payload(&self) -> Vec<u8> {
        let kind = match self {
            Self::Founding(invite) if invite.recovers => RECOVERY,
            Self::Founding(_) => FOUNDING,
            Self::Device(invite) => match invite.role {
                Role::Admin => DEVICE_ADMIN,
                Role::Member => DEVICE_MEMBER,
            },
        };
        let names = self.names().pack();
        let length = u8::try_from(names.len()).expect("names are bounded: checked by the compiler");
        let mut payload = vec![kind, length, !length];
        payload.extend(self.hub().as_bytes());
        payload.extend(pack_code(self.code()));
        match self {
            Self::Founding(invite) => payload.extend(invite.secret),
            Self::Device(invite) => {
                payload.extend(invite.location.as_bytes());
                payload.extend(invite.seed);
            }
        }
        payload.extend(names);
        payload.extend(pack_moment(self.expires()));
        let checksum = checksum(self.address(), &payload);
        payload.extend(checksum);
        payload
    }
}

impl fmt::Display for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{SCHEME}{}{SEPARATOR}{}",
            self.address(),
            base32(&self.payload())
        )
    }
}

impl FromStr for Invite {
    type Err = BadInvite;

    /// Parses one invite. Blanks and line breaks are allowed anywhere, because mail programs wrap
    /// long lines. So are lower-case letters.
    fn from_str(text: &str) -> Result<Self, BadInvite> {
        if text.chars().count() > INVITE_CHARS_MAX {
            return Err(BadInvite::NoInvite);
        }
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let text = text.to_ascii_lowercase();
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return Err(without_scheme(&text));
        };
        let Some((host, symbols)) = rest.split_once(SEPARATOR) else {
            // The hash sign was changed to another character, or everything after it is missing.
            let cut = rest.len() < INVITE_SYMBOLS_MIN;
            return Err(if cut {
                BadInvite::Truncated
            } else {
                BadInvite::Mistyped
            });
        };
        // Eight symbols are whole bytes; the first of them are the kind and a length.
        let start = symbols.as_bytes().get(..8).ok_or(BadInvite::Truncated)?;
        let length = match length(&unbase32(start)?) {
            Length::Known(length) => length,
            Length::Mistyped => return Err(BadInvite::Mistyped),
            Length::OfUnknownKind => {
                return Err(of_unknown_kind(host, &unbase32(symbols.as_bytes())?));
            }
        };
        // Compare lengths before the checksum: a truncated invite is not a mistyped one.
        match symbols.chars().count().cmp(&symbols_for(length)) {
            Ordering::Less => return Err(BadInvite::Truncated),
            Ordering::Greater => return Err(BadInvite::Overlong),
            Ordering::Equal => {}
        }
        let payload = unbase32(symbols.as_bytes())?;
        let (body, sum) = payload.split_at(length - CHECKSUM_BYTES);
        if checksum(host, body) != *sum {
            return Err(BadInvite::Mistyped);
        }
        let address = address(host).map_err(|_| BadInvite::Mistyped)?;
        read(address, body).ok_or(BadInvite::Mistyped)
    }
}

/// Text that is not an invite, by what the reader can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadInvite {
    /// Not an invite at all.
    #[error(
        "this is no Weft invite: an invite is one line that begins with weft://; copy the whole \
         line, or scan its QR code"
    )]
    NoInvite,
    /// The beginning of an invite.
    #[error(
        "the invite is not complete: part of it is missing; copy the whole line, or scan its QR \
         code"
    )]
    Truncated,
    /// An invite with extra characters.
    #[error(
        "the invite is too long: there is a character too many, or text after it; copy that one \
         line and no more"
    )]
    Overlong,
    /// The checksum does not match.
    #[error(
        "the invite is mistyped: at least one character is wrong; compare it with the original, \
         or copy and paste it"
    )]
    Mistyped,
    /// A complete invite of a kind that this version does not know.
    #[error("the invite was made by a newer version of Weft: update this program and try again")]
    Newer,
}

/// An invite that has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the invite expired at {expires}, and this computer's clock says {now}: ask for a new invite, \
     or set the clock if it is wrong"
)]
pub struct InviteExpired {
    /// When it expired.
    pub expires: Timestamp,
    /// The time by the clock that it was checked against.
    pub now: Timestamp,
}

/// Tells an invite with a mistyped or missing `weft://` from text that is something else.
fn without_scheme(text: &str) -> BadInvite {
    let symbols = text.rsplit_once('#').map_or("", |(_, symbols)| symbols);
    let payload = unbase32(symbols.as_bytes());
    let is_whole = |payload: Vec<u8>| match length(&payload) {
        Length::Known(length) => length == payload.len(),
        Length::Mistyped | Length::OfUnknownKind => false,
    };
    if payload.is_ok_and(is_whole) {
        BadInvite::Mistyped
    } else if text.len() >= SCHEME_CUT_MIN && SCHEME.starts_with(text) {
        BadInvite::Truncated
    } else {
        BadInvite::NoInvite
    }
}

/// The length of a payload, by its first bytes.
enum Length {
    Known(usize),
    /// The length of the names and its complement do not fit.
    Mistyped,
    OfUnknownKind,
}

fn length(start: &[u8]) -> Length {
    let least = match start.first() {
        Some(&(FOUNDING | RECOVERY)) => FOUNDING_BYTES_MIN,
        Some(&(DEVICE_ADMIN | DEVICE_MEMBER)) => DEVICE_BYTES_MIN,
        Some(_) | None => return Length::OfUnknownKind,
    };
    match start {
        [_, names, complement, ..]
            if *names == !*complement && usize::from(*names) <= NAMES_BYTES_MAX =>
        {
            Length::Known(least + usize::from(*names))
        }
        _ => Length::Mistyped,
    }
}

/// The first byte is a typo, unless the checksum shows that the text is as it was made.
fn of_unknown_kind(host: &str, payload: &[u8]) -> BadInvite {
    let whole = payload
        .split_last_chunk::<CHECKSUM_BYTES>()
        .is_some_and(|(body, sum)| checksum(host, body) == *sum);
    if whole {
        BadInvite::Newer
    } else {
        BadInvite::Mistyped
    }
}

fn read(address: String, body: &[u8]) -> Option<Invite> {
    let ([kind, names, _complement], rest) = body.split_first_chunk::<LEAD_BYTES>()?;
    let (hub, rest) = rest.split_first_chunk::<32>()?;
    let (code, rest) = rest.split_first_chunk::<CODE_BYTES>()?;
    let (rest, expires) = rest.split_last_chunk::<MOMENT_BYTES>()?;
    let (rest, names) = rest.split_at_checked(rest.len().checked_sub(usize::from(*names))?)?;
    let names = InviteNames::unpack(names)?;
    let hub = HubRootHash::new(*hub);
    let code = unpack_code(code)?;
    let expires = unpack_moment(expires);
    if matches!(*kind, FOUNDING | RECOVERY) {
        let secret = rest.try_into().ok()?;
        return Some(Invite::Founding(FoundingInvite {
            address,
            hub,
            names,
            code,
            recovers: *kind == RECOVERY,
            secret,
            expires,
        }));
    }
    let role = if *kind == DEVICE_ADMIN {
        Role::Admin
    } else {
        Role::Member
    };
    let (location, seed) = rest.split_first_chunk::<16>()?;
    let location = LocationId::new(*location);
    let seed = seed.try_into().ok()?;
    Some(Invite::Device(DeviceInvite {
        address,
        hub,
        names,
        location,
        code,
        seed,
        role,
        expires,
    }))
}

fn checksum(address: &str, body: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let [a, b, c, d, ..] = sha256("weft/invite/1", &[address.as_bytes(), b"#", body]);
    [a, b, c, d]
}

const SCHEME: &str = "weft://";
const SEPARATOR: &str = "/#";
/// The kinds differ in both symbols that carry them, so no single typo turns one into another.
const FOUNDING: u8 = 0b0100_1001;
const RECOVERY: u8 = 0b0010_0111;
const DEVICE_ADMIN: u8 = 0b1001_0010;
const DEVICE_MEMBER: u8 = 0b1101_1100;
const CHECKSUM_BYTES: usize = 4;
/// The kind, the length of the names, and its complement: no single typo changes both.
const LEAD_BYTES: usize = 3;
/// Without names.
const FOUNDING_BYTES_MIN: usize = LEAD_BYTES + 32 + CODE_BYTES + 16 + MOMENT_BYTES + CHECKSUM_BYTES;
const DEVICE_BYTES_MIN: usize =
    LEAD_BYTES + 32 + CODE_BYTES + 16 + 32 + MOMENT_BYTES + CHECKSUM_BYTES;
const INVITE_SYMBOLS_MIN: usize = symbols_for(FOUNDING_BYTES_MIN);
const SCHEME_CUT_MIN: usize = 4;
/// The longest host name and its port beside the longest payload.
const _: () = assert!(
    SCHEME.len() + 253 + 6 + SEPARATOR.len() + symbols_for(DEVICE_BYTES_MIN + NAMES_BYTES_MAX)
        <= INVITE_CHARS_MAX
);

/// An invite's text with the given kind and body, and a checksum that matches.
#[cfg(test)]
pub(super) fn of_kind_for_test(kind: u8, address: &str, body: &[u8]) -> String {
    let mut payload = [&[kind], body].concat();
    payload.extend(checksum(address, &payload));
    format!("{SCHEME}{address}{SEPARATOR}{}", base32(&payload))
}
