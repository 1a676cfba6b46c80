//! The network as every seed finds it: a hub, and locations whose devices have joined. It is made
//! once by each thread, and each seed begins with copies of its disks.

use std::path::Path;

use tempfile::TempDir;
use weft_disk::{Disk, VFS};
use weft_host::{clock, random};
use weft_hub::app::{AreaWord, InitOptions};
use weft_node::Simulated;
use weft_shared::{
    id::{DefinitionHash, HubRootHash, LocationCode, LocationId, RosterHash},
    identity::{DeviceKey, Invite, Operation, Role, RootKey, Roster, SignedOperation},
    model::{
        Audience,
        indicator::{Definition, definitions_from_toml},
        observation::{Breakdown, ObservationKey},
        profile::{Adoption, AdoptionStatus},
        schema::DocKind,
    },
    sync::{Event, Session},
    time::Timestamp,
    wire::message::{Join, JoinProof, Joined},
};

use crate::{
    device::seeds,
    hub::{End, Running},
};

/// The time at which every simulation begins.
pub(crate) const BEGIN: Timestamp = Timestamp::from_ms(1_795_000_000_000);
/// The denominator of every statement.
pub(crate) const DENOMINATOR: i64 = 100_000;
/// Number of locations. A seed uses some of them.
pub(crate) const LOCATIONS: usize = 3;
/// Number of devices of each location that have joined.
pub(crate) const FOUNDERS: usize = 3;
/// Number of areas of each location.
const AREAS: usize = 2;

/// The network before anything happens.
pub(crate) struct Setting {
    /// The hub's data directory. Its store is on the disk.
    pub(crate) folder: TempDir,
    pub(crate) disk: Disk,
    pub(crate) root: HubRootHash,
    pub(crate) zero: LocationId,
    pub(crate) places: Vec<Place>,
}

/// A location.
pub(crate) struct Place {
    pub(crate) location: LocationId,
    pub(crate) devices: Vec<(DeviceKey, Disk)>,
    /// The head of its roster once all of them are in it.
    pub(crate) roster: RosterHash,
}

impl Setting {
    pub(crate) fn new() -> Self {
        clock::simulate(BEGIN);
        random::simulate([7; 32]);
        let folder = TempDir::new().expect("a folder for the hub's keys");
        let disk = Disk::new(0);
        let hub = Running::open(folder.path(), &disk).expect("a new hub");
        let app = hub.app.clone();
        let text = include_str!("../../examples/data/indicators.toml");
        hub.finish(async move { app.import_definitions(text).await })
            .expect("the example's definitions are valid");
        let places = (0..LOCATIONS).map(|n| Place::found(&hub, n)).collect();
        let root = hub.app.hub();
        Self {
            root,
            zero: weft_shared::identity::location_zero(&root),
            folder,
            disk,
            places,
        }
    }
}

impl Place {
    fn found(hub: &Running, n: usize) -> Self {
        let (app, code) = (hub.app.clone(), code(n));
        let named = code.clone();
        let text = hub.finish(async move {
            let areas = (0..AREAS).map(|area| format!("{}=Area", self::area(n, area)));
            let areas = areas.map(|area| AreaWord::parse(&area).expect("an area"));
            let name = format!("Location {n}");
            app.add_location(named.clone(), name, None, areas.collect())
                .await?;
            app.create_invite(&named, 60_000).await
        });
        let invite = match text.expect("an invite").parse() {
            Ok(Invite::Founding(invite)) => invite,
            other => panic!("no founding invite: {other:?}"),
        };
        let root = RootKey::from_seed(random::random_bytes());
        let keys: Vec<_> = (0..FOUNDERS)
            .map(|_| DeviceKey::from_seed(random::random_bytes()))
            .collect();
        let add = |device: usize| Operation::AddDevice {
            device: keys[device].id(),
            name: format!("{n}.{device}"),
            role: match device {
                2 => Role::Member,
                _ => Role::Admin,
            },
        };
        let slot = Roster::new(root.public().location_id()).slot(BEGIN);
        let join = Join {
            version: 1,
            device: keys[0].id(),
            proof: JoinProof::Founding {
                code: invite.code.clone(),
                secret: invite.secret,
            },
            operation: SignedOperation::sign_root(slot, add(0), &root).encode(),
        };
        let mut joined = hear_joined(hub, join, &keys[0]);
        let app = hub.app.clone();
        hub.finish(async move { app.confirm_location(&code).await })
            .expect("it has joined");
        let disks: Vec<_> = (0..FOUNDERS).map(|_| Disk::new(0)).collect();
        enter(&disks[0], hub, &joined);
        let mut first = open(&disks[0], &keys[0]);
        adopt(&mut first);
        let mut operations = Vec::new();
        let mut roster = first.holds().roster;
        for device in 1..FOUNDERS {
            let signed = SignedOperation::sign_root(roster.slot(BEGIN), add(device), &root);
            roster.apply(&signed).expect("the root adds devices");
            joined.roster.push(signed.encode().into());
            operations.push(signed);
        }
        offer(hub, &mut first, &keys[0], operations);
        disks[1..].iter().for_each(|disk| enter(disk, hub, &joined));
        Self {
            location: joined.location,
            roster: roster.head(),
            devices: keys.into_iter().zip(disks).collect(),
        }
    }
}

/// Offers operations on a location's roster to the hub, which accepts them.
fn offer(hub: &Running, first: &mut Simulated, key: &DeviceKey, operations: Vec<SignedOperation>) {
    let session = first.session(BEGIN);
    let mut offers = Some(operations);
    converse(hub, session, key, |event, session| {
        if matches!(event, Event::Live)
            && let Some(operations) = offers.take()
        {
            session.offer_roster(BEGIN, operations);
        }
        let answer = first.answer(event, BEGIN).expect("nothing fails yet");
        if let Some(answer) = answer {
            answer.give(session, BEGIN);
        }
    });
    let operations = first.holds().roster.len();
    assert_eq!(operations, FOUNDERS, "the hub accepted them");
}

fn enter(disk: &Disk, hub: &Running, joined: &Joined) {
    let path = disk.path("node.db");
    Simulated::join((Path::new(&path), VFS), hub.app.hub(), joined).expect("an empty disk");
}

fn open(disk: &Disk, key: &DeviceKey) -> Simulated {
    let path = disk.path("node.db");
    let node = Simulated::open(
        (Path::new(&path), VFS),
        key.clone(),
        seeds(key, BEGIN),
        BEGIN,
    );
    node.expect("a sound disk").expect("it has joined")
}

fn adopt(node: &mut Simulated) {
    let adopted = node.save(
        DocKind::Profile,
        Vec::new(),
        |editor| {
            let adoption = Adoption {
                status: AdoptionStatus::Adopted,
                definition: definition(),
                audience: Audience::Network,
                reason: None,
                releases: None,
                open: None,
            };
            editor.put_adoption(&"VAX_PRIMARY".parse().expect("a code"), &adoption)
        },
        BEGIN,
    );
    assert!(adopted.expect("there is room"), "an entry says so");
}

fn hear_joined(hub: &Running, join: Join, key: &DeviceKey) -> Joined {
    let mut heard = None;
    converse(hub, Session::join(join, BEGIN), key, |event, _| {
        if let Event::Joined(joined) = event {
            heard = Some(*joined);
        }
    });
    heard.expect("the hub admits it")
}

/// Lets a device talk to the hub until nothing moves any more.
fn converse(
    hub: &Running,
    mut session: Session,
    key: &DeviceKey,
    mut hear: impl FnMut(Event, &mut Session),
) {
    let mut end = End::accept(hub, key.id());
    loop {
        let mut moved = false;
        while let Some(event) = session.poll_event() {
            hear(event, &mut session);
            moved = true;
        }
        if let Some(bytes) = session.poll_transmit() {
            let handled = end.session.handle_bytes(BEGIN, &bytes);
            handled.expect("an honest device");
            moved = true;
        }
        end.handle_events(hub);
        while hub.app.writer().commit(usize::MAX) > 0 {}
        moved |= hub.run([&mut end].into_iter(), BEGIN);
        if let Some(bytes) = end.session.poll_transmit() {
            session.handle_bytes(BEGIN, &bytes).expect("an honest hub");
            moved = true;
        }
        if !moved {
            return;
        }
    }
}

pub(crate) fn options() -> InitOptions {
    InitOptions {
        network: "Simulated".to_owned(),
        operator: "No company".to_owned(),
        public_address: None,
        time_zone: None,
    }
}

pub(crate) fn definition() -> DefinitionHash {
    let text = include_str!("../../examples/data/indicators.toml");
    let definitions = definitions_from_toml(text).expect("the example's definitions are valid");
    let mut all = definitions.into_iter();
    let found = all.find(|definition: &Definition| definition.code.as_str() == "VAX_PRIMARY");
    found.expect("the examples define it").hash()
}

/// Returns the code of an area of a location.
fn area(location: usize, area: usize) -> String {
    let letter = |n: usize| char::from(b'A' + u8::try_from(n).expect("few"));
    format!("AREA_{}{}", letter(location), letter(area))
}

pub(crate) fn key(location: usize, number: usize) -> ObservationKey {
    ObservationKey {
        indicator: "VAX_PRIMARY".parse().expect("a code"),
        area: area(location, number % AREAS).parse().expect("an area"),
        period: "2023-05".parse().expect("a month"),
        breakdown: Breakdown::by("age", "12+"),
    }
}

pub(crate) fn code(location: usize) -> LocationCode {
    let letter = char::from(b'A' + u8::try_from(location).expect("few locations"));
    LocationCode::parse(&format!("L{letter}")).expect("letters")
}
