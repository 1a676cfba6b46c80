//! Joining: this computer becomes a device of a new or existing location.
//!
//! Until the hub has admitted the device, only its key and its signed request are kept, so that
//! running an interrupted join again continues it.

pub(crate) mod alone;
mod ask;
mod left;
#[cfg(test)]
mod tests;
mod wish;
pub(crate) mod words;

use std::path::{Path, PathBuf};

use weft_host::{
    clock,
    data_dir::DataDir,
    failure::Failure,
    output::{Io, explain},
    random::random_bytes,
};
use weft_shared::{
    id::RosterHash,
    identity::{
        ConfirmationWords, DeviceKey, Invite, InviteNames, Operation, Role, RootKey, Roster,
        SignedOperation, Signer, Slot, location_zero,
    },
    wire::message::Joined,
};
use weft_store::Open;

pub(crate) use self::wish::Wish;
use crate::{
    limits::{DEVICE_NAME_BYTES_MAX, LAYOUT},
    replica::{Membership, Store},
    store::{
        LocationRow, StoreError, rosters,
        settings::{self, Key},
    },
};

/// The file with the device's key.
pub(crate) const DEVICE_KEY: &str = "device.key";
/// The database.
pub(crate) const STORE: &str = "node.db";
/// The signed request to found a location, until the hub has accepted it.
const FOUNDING: &str = "founding";
/// Exists once a hub may have heard of this device or its request.
const ASKED: &str = "asked";

/// A new location's choice of where its recovery words go.
pub enum Recovery<'a> {
    /// Writes them to a file that must not exist yet.
    File(&'a Path),
    /// Shows them on the terminal and has them typed back.
    Terminal(&'a mut Io),
    /// A page has shown them, or was given those of an earlier attempt.
    Held(Box<RootKey>),
}

impl std::fmt::Debug for Recovery<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::File(_) => "File",
            Self::Terminal(_) => "Terminal",
            Self::Held(_) => "Held",
        })
    }
}

/// The result of joining.
#[derive(Debug)]
pub struct Enrolled {
    /// The words to compare with the other end.
    pub words: ConfirmationWords,
    /// The network's name.
    pub network: String,
    /// The organisation that operates the hub.
    pub operator: String,
    /// The location's name.
    pub location: String,
    /// The names in the invite, if the hub's differ from them.
    pub claimed: Option<InviteNames>,
    /// Whether the location is new, and has to be confirmed by the national team.
    pub founded: bool,
    /// Whether it came back with its recovery words.
    pub back: bool,
}

/// Parses an invite, and checks its expiry by this computer's clock.
///
/// # Errors
/// If the invite is malformed or has expired.
pub fn read_invite(text: &str) -> Result<Invite, Failure> {
    let invite: Invite = text.trim().parse().map_err(Failure::usage_error)?;
    if invite.recovers() {
        return Err(Failure::needs_action(
            "That line brings back a location whose devices are lost, with its recovery words. In \
             the terminal: weft-node recover LINE. Nothing was joined.",
        ));
    }
    check_expiry(&invite)?;
    Ok(invite)
}

/// Parses the line of a way back, and checks its expiry by this computer's clock.
///
/// # Errors
/// If it is malformed, another kind of invite, or has expired.
pub fn read_way_back(text: &str) -> Result<Invite, Failure> {
    let invite: Invite = text.trim().parse().map_err(Failure::usage_error)?;
    if !invite.recovers() {
        return Err(Failure::usage(
            "That line is not a way back: weft-node join LINE joins with it. The national team \
             makes a way back for a location that lost its devices.",
        ));
    }
    check_expiry(&invite)?;
    Ok(invite)
}

fn check_expiry(invite: &Invite) -> Result<(), Failure> {
    let checked = invite.check_expiry(clock::now());
    checked.map_err(Failure::needs_action_error)
}

/// Joins, and leaves a complete data directory behind. Outside the asynchronous runtime only.
///
/// # Errors
/// If joining fails. Running it again continues from there.
pub fn join(
    folder: &Path,
    invite: &Invite,
    device_name: &str,
    recovery: Recovery<'_>,
    runtime: &tokio::runtime::Handle,
) -> Result<Enrolled, Failure> {
    let device_name = check_name(device_name)?;
    let dir = DataDir::open(folder, LAYOUT, true).map_err(Failure::failed_error)?;
    if !dir.is_new() {
        return Err(joined_already(folder));
    }
    let file = match &recovery {
        Recovery::File(path) => Some(path.to_path_buf()),
        Recovery::Terminal(_) | Recovery::Held(_) => None,
    };
    join_in(&dir, invite, device_name, recovery, runtime).map_err(|not_joined| {
        let attempt = left::Attempt {
            dir: &dir,
            invite,
            recovery: file.as_deref(),
        };
        match not_joined {
            NotJoined::Before(failure) => failure,
            NotJoined::Asked { failure, remains } => failure.and(attempt.words(remains)),
        }
    })
}

/// The reason why a device did not join.
pub(crate) enum NotJoined {
    /// Something on this computer failed; another attempt continues from there.
    Before(Failure),
    /// The hub did not answer, or did not admit it.
    Asked { failure: Failure, remains: Remains },
}

impl NotJoined {
    /// Whether nothing of the attempt can serve.
    pub(crate) const fn leaves_nothing(&self) -> bool {
        matches!(
            self,
            Self::Asked {
                remains: Remains::Nothing,
                ..
            }
        )
    }
}

impl From<Failure> for NotJoined {
    fn from(failure: Failure) -> Self {
        Self::Before(failure)
    }
}

/// The remains of an attempt that the hub did not admit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remains {
    /// The hub knows nothing of this attempt and never will, so none of it can serve.
    Nothing,
    /// The hub refused this invite, but an earlier attempt may have reached it.
    Earlier,
    /// Another attempt continues with the same keys.
    Kept,
}

/// Joins in a data directory that this process has begun, and completes it. Outside the
/// asynchronous runtime only. An attempt of which nothing can serve is not cleared up: see
/// [`clear_up`].
pub(crate) fn join_in(
    dir: &DataDir,
    invite: &Invite,
    device_name: &str,
    recovery: Recovery<'_>,
    runtime: &tokio::runtime::Handle,
) -> Result<Enrolled, NotJoined> {
    let before = asked(dir)?;
    let key = device_key(dir)?;
    let wish = match invite {
        Invite::Founding(lost) if lost.recovers => {
            Wish::come_back(lost, &key, device_name, recovery)?
        }
        Invite::Founding(founding) => Wish::found(dir, founding, &key, device_name, recovery)?,
        Invite::Device(device) => Wish::enter(device, &key, device_name),
    };
    let reached = || {
        dir.write_secret(ASKED, b"yes\n")
            .map_err(Failure::failed_error)
    };
    let joined = match runtime.block_on(ask::ask(&key, &wish, reached)) {
        Ok(joined) => joined,
        Err(ask::Failed {
            failure, refused, ..
        }) => {
            let remains = match (refused, before) {
                (true, false) => Remains::Nothing,
                (true, true) => Remains::Earlier,
                (false, _) => Remains::Kept,
            };
            return Err(NotJoined::Asked { failure, remains });
        }
    };
    let (membership, roster) = verify(&wish, &key, &joined)?;
    let words = wish.words(&roster, &key)?;
    let store = Store::open(&dir.path(STORE), Open::Create).map_err(Failure::failed_error)?;
    let written = write_down(&store, &membership, &joined, words.to_string());
    written.map_err(|error| Failure::failed(explain(&error)))?;
    dir.complete().map_err(Failure::failed_error)?;
    // The request has served. A copy that stays is harmless and is not read again.
    let _ = dir.remove(FOUNDING);
    let _ = dir.remove(ASKED);
    Ok(Enrolled {
        words,
        claimed: claimed(invite.names(), &joined),
        network: joined.network,
        operator: joined.operator,
        location: joined.name,
        founded: invite.founds(),
        back: invite.recovers(),
    })
}

/// Removes the keys of an attempt of which nothing can serve. Returns the files that could not be
/// removed.
pub(crate) fn clear_up(dir: &DataDir) -> Vec<PathBuf> {
    let names = [FOUNDING, ASKED, DEVICE_KEY].into_iter();
    let stays = names.filter(|name| dir.remove(name).is_err());
    stays.map(|name| dir.path(name)).collect()
}

/// Whether an earlier attempt to found a location may have reached a hub, so that another one needs
/// its recovery words.
pub(crate) fn needs_words(dir: &DataDir) -> Result<bool, Failure> {
    Ok(matches!(kept(dir)?, words::Kept::Root { asked: true, .. }))
}

/// The failure if the data directory already belongs to a node.
pub(crate) fn joined_already(folder: &Path) -> Failure {
    Failure::needs_action(format_args!(
        "This computer has joined already, in {}. To join another location or network, use another \
         --data-dir.",
        folder.display()
    ))
}

/// Signs the operation that begins a location, with its first device.
fn found(root: &RootKey, key: &DeviceKey, device_name: &str) -> SignedOperation {
    let add = Operation::AddDevice {
        device: key.id(),
        name: device_name.to_owned(),
        role: Role::Admin,
    };
    let slot = Slot {
        location: root.public().location_id(),
        prev: RosterHash::ZERO,
        at: clock::now(),
    };
    SignedOperation::sign_root(slot, add, root)
}

/// Reads what is left of an earlier attempt to found a location.
fn kept(dir: &DataDir) -> Result<words::Kept, Failure> {
    let wish = dir.read_secret(FOUNDING).map_err(Failure::failed_error)?;
    let wish = wish.and_then(|bytes| SignedOperation::decode(&bytes).ok());
    let asked = asked(dir)?;
    Ok(match wish.map(|wish| wish.signer) {
        Some(Signer::Root(root)) => words::Kept::Root { root, asked },
        // An unreadable request was never sent.
        Some(Signer::Device(_) | Signer::Invite(_)) | None => words::Kept::Nothing,
    })
}

/// Whether a hub may have heard of an earlier attempt.
pub(crate) fn asked(dir: &DataDir) -> Result<bool, Failure> {
    let asked = dir.read_secret(ASKED).map_err(Failure::failed_error)?;
    Ok(asked.is_some())
}

pub(crate) fn check_name(name: &str) -> Result<&str, Failure> {
    let name = name.trim();
    if name.is_empty() || name.len() > DEVICE_NAME_BYTES_MAX || name.chars().any(char::is_control) {
        return Err(Failure::usage(format_args!(
            "A device's name has 1 to {DEVICE_NAME_BYTES_MAX} bytes on one line, such as \"Front \
             desk laptop\". Give another --device-name."
        )));
    }
    Ok(name)
}

/// Returns the device's key, which is created once and kept through interrupted attempts.
fn device_key(dir: &DataDir) -> Result<DeviceKey, Failure> {
    if let Some(key) = read_device_key(dir)? {
        return Ok(key);
    }
    let seed: [u8; 32] = random_bytes();
    dir.write_secret(DEVICE_KEY, &seed)
        .map_err(Failure::failed_error)?;
    Ok(DeviceKey::from_seed(seed))
}

/// Reads the device's key, if there is one.
pub(crate) fn read_device_key(dir: &DataDir) -> Result<Option<DeviceKey>, Failure> {
    let Some(bytes) = dir.read_secret(DEVICE_KEY).map_err(Failure::failed_error)? else {
        return Ok(None);
    };
    let seed: [u8; 32] = bytes.try_into().map_err(|_| {
        Failure::failed(format_args!(
            "The file {DEVICE_KEY} in the data directory is damaged. Restore it from a backup, or \
             join again with a device invite into a new --data-dir."
        ))
    })?;
    Ok(Some(DeviceKey::from_seed(seed)))
}

/// Trusts none of the hub's claims about itself: location zero follows from the pinned root, and
/// the roster is replayed from the location's root.
fn verify(
    wish: &Wish<'_>,
    key: &DeviceKey,
    joined: &Joined,
) -> Result<(Membership, Roster), Failure> {
    let mut roster = wish.empty_roster();
    for bytes in &joined.roster {
        let operation = SignedOperation::decode(bytes).map_err(|_| lied("sent a broken roster"))?;
        roster
            .apply(&operation)
            .map_err(|_| lied("sent a roster that does not hold"))?;
    }
    if roster.dix_of(&key.id()).is_none() {
        return Err(lied("sent a roster without this device"));
    }
    let zero = location_zero(wish.hub());
    if joined.location != roster.location() || joined.zero != zero {
        return Err(lied("answered for another location"));
    }
    let membership = Membership {
        location: joined.location,
        code: joined.code.clone(),
        address: wish.address().to_owned(),
        hub: *wish.hub(),
        zero,
        network: joined.network.clone(),
        operator: joined.operator.clone(),
    };
    Ok((membership, roster))
}

/// Returns the names in the invite, if they are not those that the hub itself gives.
fn claimed(names: &InviteNames, joined: &Joined) -> Option<InviteNames> {
    let own = InviteNames::new(&joined.network, &joined.operator);
    (own != *names).then(|| names.clone())
}

fn lied(what: &str) -> Failure {
    Failure::refused(format_args!(
        "The hub {what}, so this device did not join it. Tell the people who run the hub; nothing \
         was shared."
    ))
}

/// Writes membership and roster in one transaction. What a computer that worked alone has stays.
pub(crate) fn write_down(
    store: &Store,
    membership: &Membership,
    joined: &Joined,
    words: String,
) -> Result<(), StoreError> {
    let membership = membership.clone();
    let operations: Vec<Vec<u8>> = joined.roster.iter().map(|bytes| bytes.to_vec()).collect();
    let written = store.write(move |db| {
        membership.save(db)?;
        settings::set(db, Key::Words, words)?;
        for (position, bytes) in operations.iter().enumerate() {
            rosters::append(db, LocationRow::OWN, position, bytes)?;
        }
        Ok::<_, StoreError>(())
    });
    written.map(drop)
}
