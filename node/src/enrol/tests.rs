//! Joining that is interrupted and started again.

use std::net::UdpSocket;

use weft_host::output::ExitCode;
use weft_shared::{
    id::{HubRootHash, LocationId, RootPublic},
    identity::{FoundingInvite, InviteNames},
    time::DAY_MS,
};

use super::*;

struct Place {
    dir: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    invite: Invite,
    /// A port that answers nothing and that no other program can take.
    _deaf: UdpSocket,
}

impl Place {
    fn new() -> Self {
        let deaf = UdpSocket::bind("127.0.0.1:0").unwrap();
        let invite = Invite::Founding(FoundingInvite {
            address: deaf.local_addr().unwrap().to_string(),
            hub: HubRootHash::new([7; 32]),
            names: InviteNames::new("Example network", "Example operator"),
            code: "FN".parse().unwrap(),
            recovers: false,
            secret: [9; 16],
            expires: clock::now().plus_ms(DAY_MS),
        });
        Self {
            dir: tempfile::tempdir().unwrap(),
            runtime: tokio::runtime::Runtime::new().unwrap(),
            invite,
            _deaf: deaf,
        }
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("node")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn join(&self, name: &str, file: &str) -> Failure {
        let file = self.file(file);
        let recovery = Recovery::File(&file);
        let handle = self.runtime.handle();
        join(&self.folder(), &self.invite, name, recovery, handle).unwrap_err()
    }

    /// The root that signed the kept request, and the device's name in it.
    fn wish(&self) -> (RootPublic, String) {
        let wish = std::fs::read(self.folder().join(FOUNDING)).unwrap();
        let wish = SignedOperation::decode(&wish).unwrap();
        let (Signer::Root(root), Operation::AddDevice { name, .. }) = (wish.signer, wish.operation)
        else {
            panic!("a founding wish is a device that the root adds");
        };
        (root, name)
    }

    fn root_in(&self, file: &str) -> RootPublic {
        let words = std::fs::read_to_string(self.file(file)).unwrap();
        let root = RootKey::from_recovery_words(&words);
        root.unwrap().public()
    }
}

#[test]
fn recovery_words_are_always_where_joining_says() {
    let place = Place::new();
    let failure = place.join("One", "first.txt");
    assert_eq!(failure.code(), ExitCode::HubUnreachable, "{failure}");
    assert_eq!(place.wish(), (place.root_in("first.txt"), "One".to_owned()));

    // The same file: the same root, and the new name.
    place.join("Two", "first.txt");
    assert_eq!(place.wish(), (place.root_in("first.txt"), "Two".to_owned()));
    let before = place.wish().0;

    // No hub has heard of the first root, whose words are gone, so another replaces it.
    std::fs::remove_file(place.file("first.txt")).unwrap();
    place.join("Three", "second.txt");
    let now = place.wish();
    assert_eq!(now, (place.root_in("second.txt"), "Three".to_owned()));
    assert_ne!(now.0, before);

    // A file with other contents is neither overwritten nor named.
    std::fs::write(place.file("other.txt"), "shopping").unwrap();
    let failure = place.join("Four", "other.txt");
    assert_eq!(failure.code(), ExitCode::Failed, "{failure}");
    assert_eq!(place.wish(), now);

    // A hub may have heard of this root, so a lost root is not replaced.
    std::fs::write(place.folder().join(ASKED), "yes").unwrap();
    let failure = place.join("Five", "third.txt");
    assert_eq!(failure.code(), ExitCode::NeedsAction, "{failure}");
    assert!(!place.file("third.txt").exists());
    assert_eq!(place.wish(), now);
}

/// Without its file `version`, a node counted as none, and a further join offered its key to the
/// hub again.
#[test]
fn a_node_that_lost_its_version_begins_nothing() {
    let place = Place::new();
    let folder = place.folder();
    let dir = DataDir::open(&folder, LAYOUT, true).unwrap();
    dir.write_secret(DEVICE_KEY, &[7; 32]).unwrap();
    dir.write_secret(STORE, b"store").unwrap();
    dir.complete().unwrap();
    drop(dir);
    std::fs::remove_file(folder.join("version")).unwrap();

    let joined = place.join("One", "first.txt");
    let opened = crate::app::Node::open(&folder, place.runtime.handle()).unwrap_err();
    for failure in [joined, opened] {
        let told = failure.to_string();
        assert!(told.contains("has lost the file `version`"), "{told}");
        assert!(told.contains("restore it from a backup"), "{told}");
    }
    assert!(!place.file("first.txt").exists());
    assert!(!folder.join(FOUNDING).exists());
    assert_eq!(std::fs::read(folder.join(DEVICE_KEY)).unwrap(), [7; 32]);
}

#[test]
fn names_that_the_hub_does_not_give_are_shown() {
    let joined = Joined {
        network: "Example network".to_owned(),
        operator: "Example operator".to_owned(),
        location: LocationId::new([1; 16]),
        name: "Far North".to_owned(),
        name_mi: None,
        code: "FN".parse().unwrap(),
        roster: Vec::new(),
        zero: LocationId::new([0; 16]),
        server_time: clock::now(),
    };
    let same = InviteNames::new("Example network", "Example operator");
    assert_eq!(claimed(&same, &joined), None);
    let other = InviteNames::new("Example network", "Another operator");
    assert_eq!(claimed(&other, &joined), Some(other));
}
