//! The hub as the rest of the program sees it: one owner of the store and the keys, and a handle
//! shared by commands, pages, sessions and tests.

mod actor;
mod agenda;
mod aligned;
mod backups;
mod behind;
mod definitions;
mod desk;
mod devices;
mod entrance;
mod error;
mod front;
mod handover;
mod heard;
mod invites;
mod joining;
mod learning;
mod ledger;
mod lines;
mod moment;
mod money;
mod network;
mod once;
mod outside;
mod own;
mod people;
mod place;
mod published;
mod quotes;
mod readers;
mod reading;
mod records;
mod releases;
mod serving;
mod snapshot;
mod streams;
mod targets;
mod tokens;
mod unexpected;
mod upkeep;
mod wakes;
mod zone;

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use tokio::sync::Semaphore;
use weft_host::{backup::Backups, clock, data_dir::DataDir, random::random_bytes};
use weft_shared::{
    id::{DeviceId, DeviceIndex, HubRootHash},
    identity::{Operation, Role, RootKey, Roster, SignedOperation, address},
    sync::Inboxes,
    time::{Timestamp, Zone},
};
use weft_store::{Open, Writer};

use self::{actor::Actor, entrance::Entrance, own::OwnDocuments, serving::Serving, wakes::Wakes};
pub use crate::{
    keys::KeysError,
    store::{
        invites::InviteRow, ledger::LedgerRow, people::PersonRow, reads::ReadRow, tokens::TokenRow,
    },
};

pub use self::{
    agenda::{
        AGENDA_ROWS, ANSWER_ROWS, AnswerRow, AnswerView, ItemView, Published as AgendaPublished,
        REQUEST_ROWS, RequestView,
    },
    aligned::Aligned,
    behind::{Behind, Why},
    definitions::{ImportReport, SettingSaid},
    desk::LEDGER,
    devices::{DEVICES, DeviceState, DeviceView, HUB},
    error::AppError,
    front::{HEADLINE_MAX, TILE_COLUMNS_MAX, TILE_ROWS_MAX, Tile},
    handover::{AreaTo, Handover, HandoverPlan},
    learning::{
        Learnt, MARKER_ROWS, MarkerView, PARTNER_ROWS, PartnerView, REVIEW_ROWS, ReviewView,
        TIE_ROWS, TieView,
    },
    ledger::{LEDGER_FILE, LedgerAsked, LedgerLine, ledger_day},
    moment::Moment,
    money::{
        FINDINGS, INVESTMENTS, ImportedMoney, InvestmentView, LINES, MONEY, MoneyFinding,
        MoneyFindings, MoneyLine, MoneyRows, NewMoney, STATED, Stated, exported,
    },
    network::{AreaWord, Confirmation, INVITES, LOCATIONS, LocationState, LocationView, STATES},
    people::{Invitation, PEOPLE, PersonError, PersonView},
    place::{PlacePlan, Renamed, Said, Since},
    published::{NewPublished, Published, PublishedColumns, Wrong},
    reading::{OfLocations, READS, Reading, Unrecorded},
    records::SharedRecord,
    snapshot::{Counted, Snapshot},
    targets::{NewTarget, TargetKey, TargetSet, TargetView},
    tokens::{NewToken, TOKENS, TokenError},
    upkeep::{DISK_FULL, RebuildReport, Status},
};
pub(crate) use self::{
    backups::{PROGRAM as BACKUP, take_new_log},
    entrance::{EnrolError, Enrolled, LinkView, NewPassword, Offer, Proof, Refusal, Setup, SignIn},
    ledger::LedgerWay,
    once::Kept,
    people::Unseen,
    records::StatusChanges,
    releases::{Announced, OwnHeight, ReleaseEdit},
    serving::PagesServed,
    streams::{StreamPlace, Streams},
    tokens::TokenRefusal,
    zone::UNSET_ZONE,
};
use crate::{
    access::visitor::HERE,
    aggregate::{Aggregate, Running, reader::Overview},
    directory::Directory,
    keys::Identity,
    limits::{ADDRESS_KEPT_MS, FILES_READ_MAX, LAYOUT, STRANGERS_MAX},
    registry::{Allowances, SessionRegistry, Strangers, Synced, Views},
    store::{
        self, LocationRow, Store, StoreError, derived, ledger as acts, people as people_rows,
        rosters,
    },
};

/// The answers that `weft-hub init` needs.
#[derive(Clone, Debug)]
pub struct InitOptions {
    /// The network's name, such as "Healthy Families NZ".
    pub network: String,
    /// The legal entity that runs the hub; shown at joining.
    pub operator: String,
    /// The address that invites carry. If none is given, they carry the listening address.
    pub public_address: Option<String>,
    /// The network's time zone; UTC if none is set.
    pub time_zone: Option<Zone>,
}

impl InitOptions {
    fn cleaned(self) -> Result<Self, AppError> {
        Ok(Self {
            network: network::clean_name("network's name", &self.network)?,
            operator: network::clean_name("operator's name", &self.operator)?,
            public_address: self.public_address.as_deref().map(address).transpose()?,
            ..self
        })
    }
}

/// A handle to an open hub. Cheap to clone; the hub closes with the last clone.
#[derive(Clone, Debug)]
pub struct AppHandle {
    /// Sessions do not hold it: the last of them may end on the writer's thread.
    _aggregation: Arc<Running>,
    pub(crate) shared: Arc<Shared>,
    /// The one whose acts the ledger has.
    by: Arc<Actor>,
}

/// State shared by sessions and commands.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) identity: Identity,
    pub(crate) directory: Directory,
    pub(crate) sessions: Arc<SessionRegistry>,
    pub(crate) strangers: Arc<Strangers>,
    pub(crate) allowances: Allowances,
    pub(crate) synced: Arc<Synced>,
    pub(crate) views: Arc<Views>,
    pub(crate) inboxes: Inboxes,
    pub(crate) own: OwnDocuments,
    pub(crate) aggregate: Aggregate,
    /// The network's name and operator, as sent in JOINED.
    pub(crate) network: String,
    pub(crate) operator: String,
    /// The files of figures that may be written at once.
    pub(crate) streams: Arc<Streams>,
    /// The files of published figures that may be read at once.
    pub(crate) files: Arc<Semaphore>,
    /// Held while a release is published: what was shown before must not change meanwhile.
    pub(crate) releasing: Arc<tokio::sync::Mutex<()>>,
    /// The state of signing in.
    pub(crate) entrance: Entrance,
    /// The records from which the line of sight is made, of the states asked for last.
    pub(crate) aligned: Kept<Aligned>,
    /// The same of what may leave the network.
    pub(crate) aligned_released: Kept<Aligned>,
    /// The figures that locations shared, of the states asked for last.
    pub(crate) overviews: Kept<Overview>,
    serving: Mutex<Serving>,
    backups: Arc<Backups>,
    data_dir: DataDir,
}

impl AppHandle {
    /// Creates a hub in `path`: its keys, its store and its first documents.
    ///
    /// # Errors
    /// Returns an error if `path` holds something already, or the directory cannot be used.
    pub async fn init(path: &Path, options: InitOptions) -> Result<Self, AppError> {
        let options = options.cleaned()?;
        let data_dir = DataDir::open(path, LAYOUT, true)?;
        if !data_dir.is_new() {
            let path = data_dir.root().to_owned();
            return Err(AppError::Exists { path });
        }
        // An interrupted set-up starts over with new keys, so its store goes too.
        for file in STORE_FILES {
            data_dir.remove(file)?;
        }
        let file = data_dir.path(STORE_FILES[0]);
        Self::init_dir(data_dir, (&file, Open::Create), options).await
    }

    /// Opens the hub in `path`, or makes it, with its store on the SQLite VFS of this name: the hub
    /// of a simulation. It has no threads of its own.
    ///
    /// # Errors
    /// If the directory cannot be used, or the store fails.
    pub async fn simulate(
        path: &Path,
        (file, vfs): (&Path, &'static str),
        options: InitOptions,
    ) -> Result<Self, AppError> {
        let (data_dir, open) = (DataDir::open(path, LAYOUT, true)?, Open::Simulated(vfs));
        if data_dir.is_new() {
            return Self::init_dir(data_dir, (file, open), options.cleaned()?).await;
        }
        let identity = Identity::load(&data_dir)?;
        Self::start(data_dir, identity, Store::open(file, open)?).await
    }

    async fn init_dir(
        data_dir: DataDir,
        (file, open): (&Path, Open),
        options: InitOptions,
    ) -> Result<Self, AppError> {
        let (identity, root) = Identity::make(&data_dir)?;
        let store = Store::open(file, open)?;
        let now = clock::now();
        let empty = Roster::new(identity.zero);
        let first = admit_log_device(&empty, &identity.log_device(), (&root, now));
        let facts = [
            (NETWORK, options.network.into_bytes()),
            (OPERATOR, options.operator.clone().into_bytes()),
            (
                PUBLIC_ADDRESS,
                options.public_address.unwrap_or_default().into_bytes(),
            ),
            (HUB_LOG, random_bytes::<16>().to_vec()),
        ];
        let (zero, log_device) = (identity.zero, identity.log_device());
        let written = store.write(move |conn| {
            for (key, value) in facts {
                store::put_meta(conn, key, &value)?;
            }
            let lix = rosters::found(conn, &zero, now)?;
            assert_eq!(
                lix,
                LocationRow::ZERO,
                "location zero is the first location"
            );
            rosters::append(conn, lix, 0, &first.encode())?;
            store::devices::add_device(conn, lix, DeviceIndex(1), &log_device)?;
            acts::record(conn, now, HERE, "init", &options.operator)
        });
        written.await?;
        data_dir.complete()?;
        let hub = Self::start(data_dir, identity, store).await?;
        if let Some(zone) = &options.time_zone {
            hub.set_time_zone(zone).await?;
        }
        Ok(hub)
    }

    /// Opens the hub in `path` for this process alone.
    ///
    /// # Errors
    /// Returns an error if there is no hub, another process has it open, or it is damaged.
    pub async fn open(path: &Path) -> Result<Self, AppError> {
        Self::open_dir(DataDir::open(path, LAYOUT, false)?).await
    }

    /// Opens the hub in a data directory that is already locked.
    ///
    /// # Errors
    /// If the hub is damaged.
    pub async fn open_dir(data_dir: DataDir) -> Result<Self, AppError> {
        let identity = Identity::load(&data_dir)?;
        let store = Store::open(&data_dir.path(STORE_FILES[0]), Open::Existing)?;
        Self::start(data_dir, identity, store).await
    }

    /// As [`AppHandle::open_dir`], after discarding all derived state without reading it.
    ///
    /// # Errors
    /// If the directory is damaged.
    pub(crate) async fn open_emptied(data_dir: DataDir) -> Result<Self, AppError> {
        let identity = Identity::load(&data_dir)?;
        let store = Store::open(&data_dir.path(STORE_FILES[0]), Open::Existing)?;
        let writer = store.writer().clone();
        let cleared =
            tokio::task::spawn_blocking(move || writer.begin_again_blocking(derived::clear));
        cleared.await.expect("clearing panics nowhere")?;
        Self::start(data_dir, identity, store).await
    }

    async fn start(data_dir: DataDir, identity: Identity, store: Store) -> Result<Self, AppError> {
        let network = meta_text(&store, NETWORK).await?;
        let operator = meta_text(&store, OPERATOR).await?;
        let directory = Directory::new(store.clone());
        let zero = directory.roster(identity.zero).await?;
        let zero = zero.ok_or(StoreError::Damaged("roster"))?;
        let own = OwnDocuments::load(&store, &identity, &zero).await?;
        let has_people = store.read(people_rows::any).await?;
        let since = clock::now().plus_ms(-ADDRESS_KEPT_MS);
        let known = store.read(move |conn| acts::addresses(conn, since)).await?;
        let (aggregate, running) = Aggregate::start(&store)?;
        let shared = Arc::new(Shared {
            store,
            identity,
            directory,
            sessions: Arc::new(SessionRegistry::default()),
            strangers: Arc::new(Strangers::new(STRANGERS_MAX)),
            allowances: Allowances::new(),
            synced: Arc::default(),
            views: Arc::default(),
            aligned: Kept::default(),
            aligned_released: Kept::default(),
            overviews: Kept::default(),
            inboxes: Inboxes::default(),
            own,
            aggregate,
            network,
            operator,
            streams: Arc::new(Streams::new()),
            files: Arc::new(Semaphore::new(FILES_READ_MAX)),
            releasing: Arc::default(),
            entrance: Entrance::new(has_people, known),
            serving: Mutex::default(),
            backups: backups::of(&data_dir),
            data_dir,
        });
        let app = Self {
            _aggregation: Arc::new(running),
            shared,
            by: Arc::default(),
        };
        // If one of our own entries was set aside, none can follow it. All else still works.
        if let Err(error) = app.shared.own.name_network(&app).await {
            tracing::error!(%error, "the network's name could not be written");
        }
        Ok(app)
    }

    /// The open data directory, for the loopback port that commands use.
    pub fn data_dir(&self) -> &DataDir {
        &self.shared.data_dir
    }

    /// The store's writer, whose commits a simulation decides.
    pub fn writer(&self) -> &Writer {
        self.shared.store.writer()
    }

    /// The network's name.
    pub fn network(&self) -> &str {
        &self.shared.network
    }

    /// The legal entity that runs the hub.
    pub fn operator(&self) -> &str {
        &self.shared.operator
    }

    /// The hash of the hub's root, which every invite pins.
    pub fn hub(&self) -> HubRootHash {
        self.shared.identity.hub
    }
}

impl Shared {
    /// Returns what a transaction tells of its commit.
    pub(crate) fn wakes(&self) -> Wakes {
        Wakes::new(
            self.identity.zero,
            Arc::clone(&self.sessions),
            self.aggregate.bell(),
        )
    }
}

/// Signs the next operation of the hub's roster: it lets this device write the hub's own documents.
fn admit_log_device(
    roster: &Roster,
    device: &DeviceId,
    (root, now): (&RootKey, Timestamp),
) -> SignedOperation {
    let operation = Operation::AddDevice {
        device: *device,
        name: "hub".to_owned(),
        role: Role::Admin,
    };
    SignedOperation::sign_root(roster.slot(now), operation, root)
}

async fn meta_text(store: &Store, key: &'static str) -> Result<String, AppError> {
    Ok(text(store.read(move |conn| store::meta(conn, key)).await?)?)
}

/// Reads a value of `meta` as text; empty if there is none.
fn text(bytes: Option<Vec<u8>>) -> Result<String, StoreError> {
    let text = String::from_utf8(bytes.unwrap_or_default());
    text.map_err(|_| StoreError::Damaged("meta"))
}

const STORE_FILES: [&str; 3] = ["hub.db", "hub.db-wal", "hub.db-shm"];
const NETWORK: &str = "network";
const OPERATOR: &str = "operator";
const PUBLIC_ADDRESS: &str = "public_address";
const HUB_LOG: &str = "hub_log";
