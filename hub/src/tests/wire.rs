//! The hub over real QUIC: joining, pushing, hearing from others, and being disconnected.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use rusqlite::Connection;
use rusqlite_migration::M;
use tokio::{runtime::Handle, sync::mpsc, task::JoinSet, time::timeout};
use weft_host::{
    clock,
    drive::{self, Application, SessionHandle},
    quic::Dialer,
    random::random_bytes,
};
use weft_shared::{
    id::{DeviceIndex, LocationId},
    identity::{DeviceKey, Operation, RootKey, Roster, SignedOperation},
    log::gate::{Admission, Height},
    model::schema::Container,
    sync::{CloseReason, Event, Local, Replica, Session},
    wire::{NackCode, limits::LIVE_ENTRIES_BURST},
};
use weft_store::{
    Open, Readers, Transaction, Writer, WriterOptions,
    host::{self, Host, Rosters, Wish},
};

use super::shares::acknowledged;
use crate::{
    app::AppHandle,
    kit::{self, Device},
    serve,
    store::{LocationRow, StoreError, entries, rosters},
};

/// An event that a test receives from its session.
#[derive(Debug)]
pub(super) enum Heard {
    Joined,
    Live,
    Acknowledged(u64),
    Stored(LocationId, DeviceIndex, u64),
    Accepted,
    NotAppended(NackCode),
    /// Entries from this one on were handed to the session.
    Sent(u64),
    Refused(NackCode),
    Closed(CloseReason),
}

/// A device's end of a session.
pub(super) struct End {
    heard: mpsc::UnboundedSender<Heard>,
    /// Number of entries that it sends at once: none, one, or as many as fit.
    each: usize,
    /// None at a device that only joins.
    store: Option<Held>,
}

/// The store of a device, and the host that answers its session from it.
#[derive(Clone)]
struct Held {
    _folder: Arc<tempfile::TempDir>,
    writer: Writer,
    readers: Readers,
    rosters: Rosters,
    zero: LocationId,
}

impl Host for Held {
    fn rosters(&self) -> &Rosters {
        &self.rosters
    }

    fn zero(&self) -> LocationId {
        self.zero
    }
}

impl Application<Session> for End {
    fn handle_event(
        &mut self,
        mut event: Event,
        answers: &SessionHandle<Session>,
    ) -> ControlFlow<()> {
        let heard = match &mut event {
            Event::Joined(_) => Some(Heard::Joined),
            Event::Live => Some(Heard::Live),
            Event::Acknowledged { dseq, .. } => Some(Heard::Acknowledged(*dseq)),
            Event::RosterAccepted { .. } => Some(Heard::Accepted),
            Event::RosterRefused { code, .. } => Some(Heard::NotAppended(*code)),
            Event::Refused(refused) => Some(Heard::Refused(refused.code)),
            Event::Persist {
                location,
                dix,
                admission,
                ..
            } => Some(Heard::Stored(*location, *dix, admission.height().dseq)),
            Event::Load {
                from_dseq,
                bytes_aim,
                ..
            } => {
                let heard = Heard::Sent(*from_dseq);
                match self.each {
                    0 => *from_dseq = u64::from(u32::MAX),
                    1 => *bytes_aim = 1,
                    _ => {}
                }
                Some(heard)
            }
            Event::Closed { reason, .. } => {
                let _gone = self.heard.send(Heard::Closed(reason.clone()));
                return ControlFlow::Break(());
            }
            _ => None,
        };
        if let Some(heard) = heard {
            let _gone = self.heard.send(heard);
        }
        if let Some(held) = self.store.clone() {
            held.answer(event, answers.clone());
        }
        ControlFlow::Continue(())
    }
}

impl Held {
    /// A store with the rosters that the device knows, and its entries.
    fn of(app: &AppHandle, device: &Device, log: &[Admission]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("device.db");
        let prepare = |db: &mut Connection| {
            let derived = |db: &Connection| Ok(db.execute_batch(weft_store::DERIVED)?);
            weft_store::migrate(db, "", vec![M::up("")], derived)
        };
        let writer = Writer::open(&path, Open::Create, WriterOptions::default(), prepare).unwrap();
        let hub = app.shared.store.reader().unwrap();
        let lix = rosters::lix(&hub, &device.location).unwrap().unwrap();
        let mut known = rosters::operations(&hub, lix, 0).unwrap();
        known.truncate(device.roster.len());
        let (zero, log, location) = (app.shared.identity.zero, log.to_vec(), device.location);
        let dix = device.dix;
        let fill = writer.run(move |tx: &Transaction<'_>| {
            rosters::put(tx, LocationRow::ZERO, &zero, kit::THEN)?;
            rosters::put(tx, LocationRow::OWN, &location, kit::THEN)?;
            for (position, operation) in known.iter().enumerate() {
                rosters::append(tx, LocationRow::OWN, position, operation)?;
            }
            for admission in &log {
                entries::append(tx, LocationRow::OWN, dix, admission, kit::THEN)?;
            }
            Ok::<_, StoreError>(())
        });
        tokio::task::block_in_place(|| Handle::current().block_on(fill)).unwrap();
        Self {
            readers: writer.readers(1).unwrap(),
            _folder: Arc::new(folder),
            writer,
            rosters: Rosters::default(),
            zero,
        }
    }

    /// Answers what the session asks.
    fn answer(self, event: Event, answers: SessionHandle<Session>) {
        let wish = host::sort(event, &self);
        tokio::spawn(async move {
            let answer = match wish {
                Wish::Read(read) => {
                    let device = self.clone();
                    let answer = self
                        .readers
                        .read(move |conn| Ok::<_, StoreError>(read.answer(conn, &device)));
                    answer.await.unwrap()
                }
                Wish::Write(write) => write.commit(&self.writer, self.clone(), clock::now()).await,
                Wish::News(_) => return,
            };
            answers
                .send(|session: &mut Session, now| answer.give(session, now))
                .await;
        });
    }
}

/// A running session: the events it receives, and a way to answer.
pub(super) struct Line {
    heard: mpsc::UnboundedReceiver<Heard>,
    answers: SessionHandle<Session>,
    _task: JoinSet<()>,
}

impl Line {
    /// Reports that the device has saved one more entry.
    pub(super) async fn saved(&self, device: &Device, admission: &Admission) {
        let (location, dix, height) = (device.location, device.dix, admission.height());
        let stored = move |session: &mut Session, now| {
            session.handle_stored(now, location, dix, height);
        };
        self.answers.send(stored).await;
    }

    /// Offers a roster operation that the device signs.
    pub(super) async fn offer(&self, device: &Device, operation: Operation) {
        let slot = device.roster.slot(clock::now());
        let signed = SignedOperation::sign_device(slot, operation, device.dix, &device.key);
        let offer = move |session: &mut Session, now| session.offer_roster(now, vec![signed]);
        self.answers.send(offer).await;
    }

    pub(super) async fn until<T>(&mut self, wanted: impl Fn(&Heard) -> Option<T>) -> T {
        let found = timeout(Duration::from_secs(20), async {
            loop {
                let heard = self.heard.recv().await.expect("the session still speaks");
                if let Some(found) = wanted(&heard) {
                    return found;
                }
            }
        });
        found.await.expect("it is heard in time")
    }
}

pub(super) fn speak(dialer: Dialer, address: String, mut session: Session, mut end: End) -> Line {
    let (heard, hears) = mpsc::unbounded_channel();
    end.heard = heard;
    let (answers, inbox) = drive::channel();
    let way_in = answers.clone();
    let mut task = JoinSet::new();
    task.spawn(async move {
        let peer = dialer.connect(&address, None).await.unwrap();
        let streams = peer.connection.open_bi().await.unwrap();
        drive::drive(&mut session, streams, &mut end, (answers, inbox)).await;
        peer.connection.close(0_u32.into(), b"");
    });
    Line {
        heard: hears,
        answers: way_in,
        _task: task,
    }
}

pub(super) fn no_one() -> End {
    End {
        heard: mpsc::unbounded_channel().0,
        each: usize::MAX,
        store: None,
    }
}

/// Starts a session of a device that holds `log`, its own entries.
pub(super) fn connect(
    app: &AppHandle,
    address: &str,
    device: &Device,
    log: &[Admission],
    each: usize,
) -> Line {
    connect_with(app, address, device, (log, log.len()), each)
}

/// As [`connect`], for a device with `saved` of its entries so far; [`Line::saved`] adds more.
pub(super) fn connect_with(
    app: &AppHandle,
    address: &str,
    device: &Device,
    (log, saved): (&[Admission], usize),
    each: usize,
) -> Line {
    let zero = Roster::new(app.shared.identity.zero);
    let height = log[..saved].last().map_or(Height::ZERO, Admission::height);
    let local = Local {
        device: device.key.id(),
        replica: Replica {
            roster: device.roster.clone(),
            heights: vec![(device.dix, height)],
            zero,
            zero_heights: Vec::new(),
        },
        outbox: saved as u64,
        wants_zero: true,
    };
    let mut end = no_one();
    end.each = each;
    end.store = Some(Held::of(app, device, log));
    let dialer = Dialer::new(&device.key, app.hub()).unwrap();
    let session = Session::connect(local, clock::now());
    speak(dialer, address.to_owned(), session, end)
}

/// The things that a listening hub needs to stay.
pub(super) type Kept = (tempfile::TempDir, serve::Listening);

pub(super) async fn listening() -> (Kept, AppHandle, String) {
    let (dir, app) = kit::hub().await;
    let any = "127.0.0.1:0".parse().unwrap();
    let listening = serve::listen(&app, any).await.unwrap();
    let address = listening.at().to_string();
    ((dir, listening), app, address)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_joins_at_once_over_quic_one_is_admitted() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let invite = kit::invite(&app, &code).await;
    let mut attempts = JoinSet::new();
    for _ in 0..64 {
        let root = RootKey::from_seed(random_bytes());
        let key = DeviceKey::from_seed(random_bytes());
        let session = Session::join(kit::founding(&invite, &root, &key), clock::now());
        let dialer = Dialer::new(&key, app.hub()).unwrap();
        let mut line = speak(dialer, address.clone(), session, no_one());
        attempts.spawn(async move {
            let outcome = line.until(|heard| match heard {
                Heard::Joined => Some(true),
                Heard::Closed(CloseReason::RefusedByPeer(NackCode::InviteSpent, _)) => Some(false),
                Heard::Closed(reason) => panic!("closed for another reason: {reason:?}"),
                _ => None,
            });
            outcome.await
        });
    }
    let outcomes = attempts.join_all().await;
    assert_eq!(outcomes.iter().filter(|joined| **joined).count(), 1);
    let devices = app.devices().await.unwrap();
    assert_eq!(
        devices
            .iter()
            .filter(|device| device.location == "FN")
            .count(),
        1
    );
}

fn plan(device: &mut Device, text: &str) -> Admission {
    device.edit("profile", |editor| {
        editor.put_text(Container::Names, "en", text)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_acknowledged_and_pushed_to_the_location_s_other_sessions() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut first = Device::found(&app, &code).await;
    let second = first.second(&app).await;
    let log = [plan(&mut first, "one"), plan(&mut first, "two")];

    let mut listens = connect(&app, &address, &second, &[], 1);
    let live = |heard: &Heard| matches!(heard, Heard::Live).then_some(());
    listens.until(live).await;
    let mut speaks = connect(&app, &address, &first, &log, 100);
    let acknowledged = speaks.until(|heard| match heard {
        Heard::Acknowledged(dseq) => Some(*dseq),
        _ => None,
    });
    assert_eq!(acknowledged.await, 2);
    let pushed = |heard: &Heard| match heard {
        Heard::Stored(location, dix, dseq) if *location == first.location => Some((*dix, *dseq)),
        _ => None,
    };
    assert_eq!(listens.until(pushed).await, (DeviceIndex(1), 2));

    // The hub's own entries go to every session.
    let zero = app.shared.identity.zero;
    kit::add_location(&app, "HV", &[]).await;
    let news = |heard: &Heard| match heard {
        Heard::Stored(location, _, dseq) if *location == zero => Some(*dseq),
        _ => None,
    };
    let last = app.status().await.unwrap().entries - 2;
    while listens.until(news).await < last {}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_reach_the_disk_is_not_acknowledged() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut device = Device::found(&app, &code).await;
    let log = [plan(&mut device, "one"), plan(&mut device, "two")];
    let first_of = |heard: &Heard| match heard {
        Heard::Acknowledged(_) | Heard::Refused(_) | Heard::Closed(_) => Some(format!("{heard:?}")),
        _ => None,
    };
    let mut line = connect_with(&app, &address, &device, (&log, 1), 1);
    assert_eq!(line.until(first_of).await, "Acknowledged(1)");
    // An entry can be inserted, but the commit with it fails, and not at once.
    let change = async |sql: &'static str| {
        let changed = app.shared.store.write(move |conn| {
            conn.execute_batch(sql)?;
            Ok::<_, StoreError>(())
        });
        changed.await.unwrap();
    };
    change(
        "CREATE TABLE kept (id INTEGER PRIMARY KEY);
         CREATE TABLE promised (id INTEGER REFERENCES kept DEFERRABLE INITIALLY DEFERRED);
         CREATE VIEW slow AS WITH RECURSIVE numbers (n) AS (
             SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000000
         ) SELECT max(n) FROM numbers;
         CREATE TRIGGER broken AFTER INSERT ON entries
         BEGIN INSERT INTO promised SELECT * FROM slow; END;",
    )
    .await;
    line.saved(&device, &log[1]).await;
    let heard = line.until(first_of).await;
    assert_eq!(heard, "Refused(Full)");
    change("DROP TRIGGER broken").await;
    let mut line = connect(&app, &address, &device, &log, 1);
    assert_eq!(line.until(first_of).await, "Acknowledged(2)");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_session_pushes_is_charged_to_its_device_in_all_of_them() {
    const PUSHED: usize = 300;
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut device = Device::found(&app, &code).await;
    let log: Vec<Admission> = (1..=PUSHED)
        .map(|n| plan(&mut device, &format!("name {n}")))
        .collect();
    let mut line = connect_with(&app, &address, &device, (&log, 0), PUSHED);
    line.until(|heard| matches!(heard, Heard::Live).then_some(()))
        .await;
    line.saved(&device, &log[PUSHED - 1]).await;
    acknowledged(&mut line, PUSHED as u64).await;
    // Half a minute later it would be full again.
    let now = clock::now();
    let another = app.shared.allowances.of(device.key.id(), now);
    assert!(another.spend(LIVE_ENTRIES_BURST, now).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_device_is_let_go_and_its_log_sealed() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut first = Device::found(&app, &code).await;
    let second = first.second(&app).await;
    let live = |heard: &Heard| matches!(heard, Heard::Live).then_some(());
    let mut revoked = connect(&app, &address, &second, &[], 1);
    revoked.until(live).await;
    let mut admin = connect(&app, &address, &first, &[], 1);
    admin.until(live).await;
    let operation = Operation::RevokeDevice {
        dix: second.dix,
        dseq: 0,
        hash: Height::ZERO.hash,
    };
    admin.offer(&first, operation).await;
    admin
        .until(|heard| matches!(heard, Heard::Accepted).then_some(()))
        .await;
    let closed = |heard: &Heard| match heard {
        Heard::Closed(reason) => Some(reason.clone()),
        _ => None,
    };
    let reason = revoked.until(closed).await;
    assert!(
        matches!(reason, CloseReason::RefusedByPeer(NackCode::Revoked, _)),
        "{reason:?}"
    );
    let mut again = connect(&app, &address, &second, &[], 1);
    let reason = again.until(closed).await;
    assert!(
        matches!(reason, CloseReason::RefusedByPeer(NackCode::Revoked, _)),
        "{reason:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_device_is_let_go() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let device = Device::found(&app, &code).await;
    let mut line = connect(&app, &address, &device, &[], 1);
    line.until(|heard| matches!(heard, Heard::Live).then_some(()))
        .await;
    app.block_device(device.key.id()).await.unwrap();
    let closed = |heard: &Heard| match heard {
        Heard::Closed(reason) => Some(reason.clone()),
        _ => None,
    };
    line.until(closed).await;
    let mut again = connect(&app, &address, &device, &[], 1);
    let reason = again.until(closed).await;
    assert!(
        matches!(reason, CloseReason::RefusedByPeer(NackCode::Blocked, _)),
        "{reason:?}"
    );
}
