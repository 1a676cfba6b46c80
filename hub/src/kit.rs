//! Fixtures for the hub's tests: hubs in temporary directories, and devices without a node.

mod alone;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use tempfile::TempDir;
use weft_host::{clock, random::random_bytes};
use weft_shared::{
    document::{Document, EditError, Editor},
    id::{DeviceId, DeviceIndex, DocId, DocName, EntryHash, LocationCode, LocationId},
    identity::{
        DeviceKey, FoundingInvite, Invite, Operation, Role, RootKey, Roster, SignedOperation,
    },
    log::{
        entry::{Entry, HEADER_VERSION, Header, RunChanges, Tip},
        gate::{Admission, Batch, Gate, Height, LogState, Received},
    },
    model::observation::{Breakdown, Status},
    rollup::{Cell, Level, Slice, cell::Labels},
    time::Timestamp,
    wire::message::{Join, JoinProof, Joined},
};
use weft_store::{Transaction, host::Host as _};

use crate::{
    app::{AppHandle, AreaWord, InitOptions},
    directory::{AppendError, Known},
    enrol::{self, JoinError},
    peer::HubHost,
    store::{
        StoreError,
        entries::{self, Appended},
        rosters,
    },
};

/// The time of every edit in a test, so that two hubs can be compared.
pub(crate) const THEN: Timestamp = Timestamp::from_ms(1_795_000_000_000);

pub(crate) fn options() -> InitOptions {
    InitOptions {
        network: "Example: network".to_owned(),
        operator: "Example: operator".to_owned(),
        public_address: Some("127.0.0.1:4433".to_owned()),
        time_zone: None,
    }
}

/// Makes a hub with the shared vaccination definitions.
pub(crate) async fn hub() -> (TempDir, AppHandle) {
    let dir = TempDir::new().unwrap();
    let app = AppHandle::init(&dir.path().join("hub"), options())
        .await
        .unwrap();
    app.import_definitions(DEFINITIONS).await.unwrap();
    (dir, app)
}

pub(crate) async fn reopen(path: &Path) -> AppHandle {
    AppHandle::open(&path.join("hub")).await.unwrap()
}

/// A job after which every commit fails, its own included, until another lifts that. Jobs run.
pub(crate) fn commits_fail(
    fail: bool,
) -> impl FnOnce(&Transaction<'_>) -> Result<(), StoreError> + Send + 'static {
    move |conn| Ok(conn.commit_hook(fail.then_some(|| true))?)
}

pub(crate) async fn add_location(app: &AppHandle, code: &str, areas: &[&str]) -> LocationCode {
    let code = LocationCode::parse(code).unwrap();
    let areas = areas
        .iter()
        .map(|area| AreaWord::parse(&format!("{area}=Area")).unwrap());
    let name = format!("Example: {code}");
    app.add_location(code.clone(), name, None, areas.collect())
        .await
        .unwrap();
    code
}

pub(crate) async fn invite(app: &AppHandle, code: &LocationCode) -> FoundingInvite {
    let text = app.create_invite(code, 60_000).await.unwrap();
    match text.parse::<Invite>().unwrap() {
        Invite::Founding(invite) => invite,
        Invite::Device(_) => panic!("the hub makes founding invites"),
    }
}

/// Returns the JOIN of a founding device.
pub(crate) fn founding(invite: &FoundingInvite, root: &RootKey, key: &DeviceKey) -> Join {
    let operation = Operation::AddDevice {
        device: key.id(),
        name: "Front desk".to_owned(),
        role: Role::Admin,
    };
    let slot = Roster::new(root.public().location_id()).slot(clock::now());
    Join {
        version: 1,
        device: key.id(),
        proof: JoinProof::Founding {
            code: invite.code.clone(),
            secret: invite.secret,
        },
        operation: SignedOperation::sign_root(slot, operation, root).encode(),
    }
}

/// Answers the JOIN of `peer`.
pub(crate) async fn join(
    app: &AppHandle,
    peer: DeviceId,
    request: &Join,
    now: Timestamp,
) -> Result<Joined, JoinError> {
    let (host, request) = (HubHost::new(Arc::clone(&app.shared), peer), request.clone());
    let store = &app.shared.store;
    let shared = Arc::clone(&app.shared);
    let joined = store.write(move |tx| enrol::join((&shared, &host), tx, &peer, &request, now));
    joined.await
}

/// Appends operations to a location's roster.
pub(crate) async fn operate(
    app: &AppHandle,
    location: LocationId,
    operations: Vec<SignedOperation>,
    now: Timestamp,
) -> Result<Known, AppendError> {
    let host = HubHost::new(Arc::clone(&app.shared), DeviceId::new([0; 32]));
    let appended = app.shared.store.write(move |tx| {
        let before = host.rosters().uncommitted(tx, &location)?;
        let before = before.expect("the location has joined");
        host.rosters().append(tx, &host, &before, &operations, now)
    });
    appended.await
}

/// A device of a location that writes entries without a node around it.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) key: DeviceKey,
    pub(crate) location: LocationId,
    pub(crate) dix: DeviceIndex,
    pub(crate) roster: Roster,
    /// The time that its clock says.
    pub(crate) now: Timestamp,
    log: LogState,
    documents: BTreeMap<DocId, Document>,
}

impl Device {
    /// Founds a location with a new invite, and confirms it.
    pub(crate) async fn found(app: &AppHandle, code: &LocationCode) -> Self {
        let device = Self::unconfirmed(app, code).await;
        app.confirm_location(code).await.unwrap();
        device
    }

    pub(crate) async fn unconfirmed(app: &AppHandle, code: &LocationCode) -> Self {
        let invite = invite(app, code).await;
        let root = RootKey::from_seed(random_bytes());
        Self::join(app, &invite, &root, DeviceKey::from_seed(random_bytes())).await
    }

    pub(crate) async fn join(
        app: &AppHandle,
        invite: &FoundingInvite,
        root: &RootKey,
        key: DeviceKey,
    ) -> Self {
        let request = founding(invite, root, &key);
        let joined = join(app, key.id(), &request, clock::now()).await.unwrap();
        let known = app.shared.directory.roster(joined.location).await.unwrap();
        Self::new(key, (*known.unwrap().roster).clone())
    }

    pub(crate) fn new(key: DeviceKey, roster: Roster) -> Self {
        Self {
            dix: roster.dix_of(&key.id()).unwrap(),
            location: roster.location(),
            key,
            roster,
            now: THEN,
            log: LogState::default(),
            documents: BTreeMap::new(),
        }
    }

    /// Returns the height of its log.
    pub(crate) const fn height(&self) -> Height {
        self.log.height
    }

    /// Adds a second device of the same location, invited by this one.
    pub(crate) async fn second(&mut self, app: &AppHandle) -> Self {
        let seed = DeviceKey::from_seed(random_bytes());
        let key = DeviceKey::from_seed(random_bytes());
        let now = clock::now();
        let operation = Operation::Invite {
            key: weft_shared::id::InviteKey::new(*seed.id().as_bytes()),
            role: Role::Member,
            expires: now.plus_ms(60_000),
        };
        let invited =
            SignedOperation::sign_device(self.roster.slot(now), operation, self.dix, &self.key);
        self.roster.apply(&invited).unwrap();
        let operation = Operation::AddDevice {
            device: key.id(),
            name: "Field tablet".to_owned(),
            role: Role::Member,
        };
        let added = SignedOperation::sign_invite(self.roster.slot(now), operation, &seed);
        self.roster.apply(&added).unwrap();
        operate(app, self.location, vec![invited, added], now)
            .await
            .unwrap();
        Self::new(key, self.roster.clone())
    }

    /// Edits a document and returns the entry as admitted by the gate.
    pub(crate) fn edit(
        &mut self,
        name: &str,
        edit: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError>,
    ) -> Admission {
        self.edit_named(DocName::first(name), edit)
    }

    /// As [`Device::edit`], in a document of any epoch.
    pub(crate) fn edit_named(
        &mut self,
        name: DocName,
        edit: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError>,
    ) -> Admission {
        let doc = name.id(&self.location);
        let location = self.location;
        let document = self.documents.entry(doc);
        let document = document.or_insert_with(|| Document::genesis(&location, &name).unwrap());
        let author = self.key.id();
        let change = document
            .edit(author, self.now, edit)
            .unwrap()
            .change
            .unwrap();
        let first = !self.log.seqs.contains_key(&(doc, 0));
        let entry = Entry::compose(
            Header {
                version: HEADER_VERSION,
                runs: Vec::new(),
                location,
                device: self.key.id(),
                dseq: self.log.height.dseq + 1,
                prev: self.log.height.hash,
                roster: self.roster.head(),
                seen: [0; 32],
                created: self.now,
            },
            vec![RunChanges {
                doc,
                name: first.then_some(name),
                n: 0,
                changes: vec![change],
            }],
        );
        self.admit(entry.unwrap())
    }

    fn admit(&mut self, entry: Entry) -> Admission {
        let tip = Tip::sign(&self.key, entry.header.dseq, entry.hash);
        let prev: EntryHash = entry.header.prev;
        let batch = Batch {
            dix: self.dix,
            first_dseq: entry.header.dseq,
            prev_tag: prev.tag(),
            entries: vec![Received::from_entry(entry, None)],
            tip: tip.signature,
        };
        let gate = Gate {
            location: self.location,
            zero: false,
            roster: &self.roster,
            device: self.roster.device(self.dix).unwrap(),
        };
        gate.admit(&mut self.log, batch).unwrap().unwrap()
    }

    /// Merges another device's copy of a document.
    pub(crate) fn learn(&mut self, name: &str, from: &Self) {
        let doc = DocName::first(name).id(&self.location);
        if let Some(document) = from.documents.get(&doc) {
            self.documents.insert(doc, document.clone());
        }
    }

    /// Stores an entry at the hub.
    pub(crate) async fn push(&self, app: &AppHandle, admission: Admission) -> Appended {
        self.try_push(app, admission).await.unwrap()
    }

    /// As [`Device::push`], for a store that may fail.
    pub(crate) async fn try_push(
        &self,
        app: &AppHandle,
        admission: Admission,
    ) -> Result<Appended, StoreError> {
        let (location, dix) = (self.location, self.dix);
        let height = admission.height();
        let wakes = app.shared.wakes();
        let stored = app.shared.store.write(move |conn| {
            let lix = rosters::lix(conn, &location)?.expect("the location has joined");
            wakes.stored(conn, (location, dix), height, None);
            entries::append(conn, lix, dix, &admission, clock::now())
        });
        stored.await
    }
}

/// Returns the network's cell of an indicator and a period: nothing is reported.
pub(crate) fn cell(indicator: &str, period: &str) -> Cell {
    let slice = Slice {
        indicator: indicator.parse().unwrap(),
        period: period.parse().unwrap(),
        breakdown: Breakdown::Total,
    };
    Cell {
        key: slice.at(Level::Network),
        labels: Labels::default(),
        value: None,
        numerator: None,
        denominator: None,
        status: Status::Normal,
        status_reason: String::new(),
        n_locations: 0,
        n_expected: 0,
        n_areas: 0,
        n_areas_expected: 0,
        denominator_covered: None,
        n_contested: 0,
        interval: None,
        base_changed: None,
        lower: None,
        upper: None,
        bases: Vec::new(),
        updated_at: None,
    }
}

pub(crate) const DEFINITIONS: &str = r#"
[[indicator]]
code = "VAX_PRIMARY"
version = 1
name = "Completed primary course"
type = "proportion"
unit = "people"
numerator = "People vaccinated"
denominator = "People"
factor = 100
direction = "up"
period = "month"
accountability = "population"
class = "better_off"
rollup = "sum"
person_level = true
source = "Example"
[indicator.breakdowns]
age = ["12+", "5-11"]
"#;
