//! Starting alone: a location begins on this computer without a network, and may join one later.
//!
//! The operation that begins the location is signed once, and is the one that a founding invite
//! brings to a hub later. So the location, its roster and its log stay as they are when it joins.

use weft_host::{data_dir::DataDir, failure::Failure, output::explain};
use weft_shared::{
    identity::{DeviceKey, Invite, SignedOperation, Signer},
    wire::message::Joined,
};
use weft_store::Open;

use super::{
    ASKED, Enrolled, FOUNDING, Recovery, STORE, Wish, ask, asked, check_name, claimed, device_key,
    found, verify, words, write_down,
};
use crate::replica::{Membership, Replica, Store, begin_alone};

/// Begins a location in a data directory that this process has begun, and completes it. Nothing is
/// sent anywhere.
///
/// # Errors
/// If the name does not fit, an earlier attempt to join may have reached a hub, or something on
/// this computer fails.
pub(crate) fn start(
    dir: &DataDir,
    device_name: &str,
    recovery: Recovery<'_>,
) -> Result<(), Failure> {
    let device_name = check_name(device_name)?;
    if asked(dir)? {
        return Err(Failure::needs_action(
            "An earlier attempt to join a network may have reached its hub, so this computer does \
             not start alone. Join with that line again, or start alone in another --data-dir.",
        ));
    }
    let root = words::root(&words::Kept::Nothing, recovery)?;
    let key = device_key(dir)?;
    let founding = found(&root, &key, device_name);
    let location = root.public().location_id();
    let store = Store::open(&dir.path(STORE), Open::Create).map_err(Failure::failed_error)?;
    let written = store.write(move |db| begin_alone(db, &location, &founding));
    written.map_err(|error| Failure::failed(explain(&error)))?;
    drop(store);
    dir.complete().map_err(Failure::failed_error)?;
    // The request of an attempt to join that reached no hub serves nothing any more.
    let _ = dir.remove(FOUNDING);
    Ok(())
}

/// The hub's answer to a location that worked alone.
pub(crate) struct Admitted {
    membership: Membership,
    joined: Joined,
    words: String,
    enrolled: Enrolled,
}

/// Asks the hub of a founding invite to admit the location that began here with `founding`.
/// Outside the asynchronous runtime.
///
/// # Errors
/// If the invite founds no location, or the hub does not admit it. Nothing is changed here then.
pub(crate) fn admit(
    dir: &DataDir,
    (founding, key): (&SignedOperation, &DeviceKey),
    invite: &Invite,
    runtime: &tokio::runtime::Handle,
) -> Result<Admitted, Failure> {
    let Invite::Founding(invite) = invite else {
        return Err(Failure::needs_action(NO_FURTHER));
    };
    let Signer::Root(root) = founding.signer else {
        return Err(Failure::failed(
            "The beginning of this location is damaged. Restore the data directory from a backup.",
        ));
    };
    let wish = Wish::Found {
        invite,
        operation: founding.clone(),
        root,
    };
    let reached = || {
        dir.write_secret(ASKED, b"yes\n")
            .map_err(Failure::failed_error)
    };
    let joined = runtime.block_on(ask::ask(key, &wish, reached));
    let joined = joined.map_err(|failed| failed.failure.and(KEPT))?;
    let (membership, roster) = verify(&wish, key, &joined)?;
    let words = wish.words(&roster, key)?;
    Ok(Admitted {
        membership,
        words: words.to_string(),
        enrolled: Enrolled {
            words,
            claimed: claimed(&invite.names, &joined),
            network: joined.network.clone(),
            operator: joined.operator.clone(),
            location: joined.name.clone(),
            founded: true,
            back: false,
        },
        joined,
    })
}

impl Admitted {
    /// Writes the network beside what this computer has. The replica must be opened again.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn write(self, dir: &DataDir, replica: &Replica) -> Result<Enrolled, Failure> {
        let store = replica.store();
        let written = write_down(store, &self.membership, &self.joined, self.words);
        written.map_err(|error| Failure::failed(explain(&error)))?;
        // A mark that stays is harmless: only a new directory reads it.
        let _ = dir.remove(ASKED);
        Ok(self.enrolled)
    }
}

/// Whether the data directory belongs to a computer that works alone.
pub(crate) fn is_alone(dir: &DataDir) -> bool {
    let store = Store::open(&dir.path(STORE), Open::Existing);
    store.is_ok_and(|store| crate::replica::is_alone(&store.reader))
}

/// The words if a computer that works alone is given the invite of a further device.
const NO_FURTHER: &str = "This line is for a further device of a location that exists, and this \
                          computer has begun a location of its own. Ask the national team for a \
                          line that founds a location, or join with this line in another \
                          --data-dir. Nothing was changed.";

/// The words for what is left of a failed attempt.
const KEPT: &str = "This computer works alone as before, and nothing of it is lost. Another \
                    attempt can use the same line.";

#[cfg(test)]
mod tests {
    use weft_shared::{
        id::{HubRootHash, LocationCode},
        identity::{DeviceInvite, InviteNames, Role, RootKey},
        time::Timestamp,
    };

    use super::*;
    use crate::{app::Node, limits::LAYOUT, store::Owner};

    fn begun() -> (tempfile::TempDir, RootKey, tokio::runtime::Runtime) {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(&folder.path().join("node"), LAYOUT, true).unwrap();
        let root = RootKey::from_seed([9; 32]);
        let held = Recovery::Held(Box::new(RootKey::from_seed([9; 32])));
        start(&dir, "Front desk laptop", held).unwrap();
        (folder, root, tokio::runtime::Runtime::new().unwrap())
    }

    #[test]
    fn a_location_that_starts_alone_has_the_root_and_a_roster_of_one() {
        let (folder, root, runtime) = begun();
        let node = Node::open(&folder.path().join("node"), runtime.handle()).unwrap();
        assert!(node.is_alone());
        let device = node.device();
        let (location, names, founding) = node
            .read(|replica| {
                let devices = replica.roster(Owner::Location).devices();
                let names: Vec<_> = devices.map(|one| (one.name.clone(), one.id)).collect();
                let founding = replica.founding().unwrap();
                (replica.location(Owner::Location), names, founding)
            })
            .unwrap();
        assert_eq!(location, root.public().location_id());
        assert_eq!(names, [("Front desk laptop".to_owned(), device)]);
        assert_eq!(founding.signer, Signer::Root(root.public()));
        let refused = node.exchange().unwrap_err().to_string();
        assert!(refused.contains("works alone"), "{refused}");
        assert!(refused.contains("weft-node join LINE"), "{refused}");
        runtime.block_on(node.close());
    }

    #[test]
    fn a_further_devices_invite_leaves_it_alone() {
        let (folder, _root, runtime) = begun();
        let dir = DataDir::open(&folder.path().join("node"), LAYOUT, false).unwrap();
        assert!(is_alone(&dir));
        let key = super::super::read_device_key(&dir).unwrap().unwrap();
        let invite = Invite::Device(DeviceInvite {
            address: "127.0.0.1:1".to_owned(),
            hub: HubRootHash::new([3; 32]),
            names: InviteNames::new("Example network", "Example operator"),
            location: RootKey::from_seed([8; 32]).public().location_id(),
            code: LocationCode::parse("FN").unwrap(),
            seed: [1; 32],
            role: Role::Member,
            expires: Timestamp::from_ms(0),
        });
        let founding = found(&RootKey::from_seed([9; 32]), &key, "Desk");
        let asked = admit(&dir, (&founding, &key), &invite, runtime.handle());
        let told = asked.err().unwrap().to_string();
        assert!(told.contains("further device"), "{told}");
        assert!(is_alone(&dir));
    }

    #[test]
    fn what_may_have_reached_a_hub_does_not_start_alone() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(&folder.path().join("node"), LAYOUT, true).unwrap();
        dir.write_secret(ASKED, b"yes\n").unwrap();
        let held = Recovery::Held(Box::new(RootKey::from_seed([9; 32])));
        let told = start(&dir, "Desk", held).unwrap_err().to_string();
        assert!(told.contains("may have reached its hub"), "{told}");
        assert!(dir.is_new());
    }
}
