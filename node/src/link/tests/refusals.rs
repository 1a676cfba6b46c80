//! A hub that is busy or has no room: when the link comes back, and what a person reads.

use std::{
    future::Future,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use rusqlite::Connection;
use weft_host::{
    drive::{self, Application, SessionHandle},
    output::ExitCode,
    quic::Listener,
};
use weft_shared::{
    id::{DeviceId, LocationId, RecordId},
    identity::{
        HubStatement, RootKey, location_zero,
        reads::{ReadPart, ReadsAfter},
    },
    log::gate::{Admission, LogState},
    model::{
        Audience,
        record::Fields,
        schema::{Container, DocKind, RecordKind},
    },
    sync::{Event, Persisted, Refused, Session},
    wire::{
        frame,
        limits::BATCHES_IN_FLIGHT_MAX,
        message::{NoticeLevel, Welcome},
    },
};
use weft_store::{
    Readers, StoreError, Transaction, Writer,
    host::{self, Host, HostReply, Member, Rosters, Wish},
};

use super::*;
use crate::{
    app::{AppHandle, Node},
    edits::records,
    kit,
    replica::Edit,
};

/// The answers of a hub of these tests.
#[derive(Clone)]
pub(super) enum Hub {
    /// It asks to come back after so many milliseconds.
    Busy(u64),
    /// It answers with this version of the protocol.
    Speaking(u8),
    /// It serves the location from a store.
    Serving(Served),
    /// As that, but it has lost each entry before it is to be stored.
    Losing(Served),
    /// As that, but the first session gets a notice and ends, which is kept in `told`. The next
    /// waits until it `may_go_on`.
    Telling {
        served: Served,
        told: Arc<AtomicBool>,
        may_go_on: Arc<AtomicBool>,
    },
}

/// The store of a hub, and the host that answers its sessions from it.
#[derive(Clone)]
pub(super) struct Served {
    writer: Writer,
    readers: Readers,
    rosters: Rosters,
    zero: LocationId,
    /// Whether it has room for entries.
    room: Arc<AtomicBool>,
    /// Whether its operator blocks the device.
    blocks: Arc<AtomicBool>,
    /// Whether it says what it has stored.
    says: Arc<AtomicBool>,
    /// Number of batches to store so far.
    judged: Arc<AtomicUsize>,
    /// Number of times that it was asked for the ledger of reads.
    pub(super) asked: Arc<AtomicUsize>,
}

impl Host for Served {
    fn rosters(&self) -> &Rosters {
        &self.rosters
    }

    fn zero(&self) -> LocationId {
        self.zero
    }

    fn decides(&self) -> bool {
        true
    }

    fn refuses(&self, _: &Connection, _: &DeviceId) -> Result<Option<Refused>, StoreError> {
        let blocks = self.blocks.load(Ordering::Acquire);
        Ok(blocks.then(|| host::refusal(NackCode::Blocked, "the operator blocks this device")))
    }

    fn reads(
        &self,
        _: &Transaction<'_>,
        _: &LocationId,
        _: ReadsAfter,
        _: Timestamp,
    ) -> Result<Option<ReadPart>, StoreError> {
        self.asked.fetch_add(1, Ordering::AcqRel);
        Ok(Some(kit::unsigned_reads()))
    }

    fn appended(
        &self,
        _: &Transaction<'_>,
        _: &Member,
        _: &Arc<Admission>,
    ) -> Result<(), StoreError> {
        match self.room.load(Ordering::Acquire) {
            true => Ok(()),
            false => Err(StoreError::Full),
        }
    }
}

impl Served {
    /// A hub that has room, and says at once what it has stored.
    fn of(kit: &Kit) -> Self {
        let writer = kit.hub_store().writer;
        Self {
            readers: writer.readers(1).unwrap(),
            writer,
            rosters: Rosters::default(),
            zero: kit.membership.zero,
            room: Arc::new(true.into()),
            blocks: Arc::default(),
            says: Arc::new(true.into()),
            judged: Arc::default(),
            asked: Arc::default(),
        }
    }

    /// Says what it has stored only once it `says` so, and counts the batches.
    pub(super) fn that_waits(self, says: Arc<AtomicBool>, judged: Arc<AtomicUsize>) -> Self {
        Self {
            says,
            judged,
            ..self
        }
    }

    /// Blocks the device as long as `blocks` is true.
    pub(super) fn that_blocks(self, blocks: Arc<AtomicBool>) -> Self {
        Self { blocks, ..self }
    }

    /// Has a table less.
    pub(super) fn that_is_damaged(self) -> Self {
        let lose = |tx: &Transaction<'_>| {
            tx.execute_batch("ALTER TABLE logs RENAME TO elsewhere")?;
            Ok::<_, StoreError>(())
        };
        self.writer.run_blocking(lose).unwrap();
        self
    }

    /// Commits, in the order of these calls, and waits until it may say so.
    fn commit(self, write: host::Write) -> impl Future<Output = HostReply> {
        let batch = write.entries().is_some();
        self.judged.fetch_add(batch.into(), Ordering::AcqRel);
        let (writer, served) = (self.writer.clone(), self.clone());
        let commit = async move { write.commit(&writer, served, clock::now()).await };
        let mut commit = Box::pin(tokio::task::unconstrained(commit));
        // This puts it into the writer's queue.
        let begun = commit
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        async move {
            let answer = match begun {
                Poll::Ready(answer) => answer,
                Poll::Pending => commit.await,
            };
            while batch && !self.says.load(Ordering::Acquire) {
                tokio::task::yield_now().await;
            }
            answer
        }
    }
}

impl Application<Session> for Hub {
    fn handle_event(&mut self, event: Event, answers: &SessionHandle<Session>) -> ControlFlow<()> {
        let served = match self {
            Self::Serving(served) => served.clone(),
            Self::Losing(served) => {
                if let Event::Persist { ticket, .. } = event {
                    let lost = Persisted::Conflict(LogState::default());
                    let lose = move |session: &mut Session, now| {
                        session.handle_persisted(now, ticket, lost);
                    };
                    assert!(answers.try_send(lose));
                    return ControlFlow::Continue(());
                }
                served.clone()
            }
            Self::Telling { served, told, .. } => {
                if matches!(event, Event::Live) && !told.swap(true, Ordering::AcqRel) {
                    assert!(answers.try_send(|session, _| {
                        session.notify(NoticeLevel::Warning, "the operator blocks this device");
                        session.close();
                    }));
                }
                served.clone()
            }
            Self::Busy(ms) if matches!(event, Event::Hello { .. }) => {
                let ms = *ms;
                assert!(answers.try_send(move |session, _| session.shed(ms)));
                return ControlFlow::Continue(());
            }
            Self::Busy(_) | Self::Speaking(_) => return ControlFlow::Continue(()),
        };
        let answers = answers.clone();
        let give = async move |answer: HostReply| {
            answers
                .send(|session: &mut Session, now| answer.give(session, now))
                .await;
        };
        match host::sort(event, &served) {
            Wish::Read(read) => {
                let readers = served.readers.clone();
                let answer = move |db: &Connection| Ok::<_, StoreError>(read.answer(db, &served));
                task::spawn(async move { give(readers.read(answer).await.unwrap()).await });
            }
            Wish::Write(write) => {
                let committed = served.commit(write);
                task::spawn(async move { give(committed.await).await });
            }
            Wish::News(_) => {}
        }
        ControlFlow::Continue(())
    }
}

/// A node with one entry that waits, its hub, and the number of calls that the hub has had.
pub(super) struct Scene {
    pub(super) runtime: tokio::runtime::Runtime,
    pub(super) node: AppHandle,
    pub(super) calls: Arc<AtomicUsize>,
    _kit: Kit,
}

impl Scene {
    pub(super) fn new(hub: impl FnOnce(Served) -> Hub) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _inside = runtime.enter();
        let (root, key) = (RootKey::from_seed([4; 32]), DeviceKey::from_seed([5; 32]));
        let statement = HubStatement::sign(&root, key.id());
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), &key, &statement).unwrap();
        let mut kit = Kit::new();
        kit.membership.address = listener.local_addr().unwrap().to_string();
        kit.membership.hub = root.public().hash();
        kit.membership.zero = location_zero(&kit.membership.hub);
        let node = Node::open(&kit.data_dir(), runtime.handle()).unwrap();
        let (hub, calls) = (hub(Served::of(&kit)), Arc::new(AtomicUsize::new(0)));
        task::spawn_on(runtime.handle(), answer(listener, hub, Arc::clone(&calls)));
        let scene = Self {
            runtime,
            node,
            calls,
            _kit: kit,
        };
        scene.save(|_| named("A name"));
        scene
    }

    pub(super) fn save(&self, edit: impl FnOnce(&mut Replica) -> Edit + Send + 'static) {
        self.node.save(|replica| Ok(vec![edit(replica)])).unwrap();
    }

    /// The words of a failed exchange, and the number of calls so far.
    fn fails(&self) -> (String, usize) {
        let failure = self.node.exchange().unwrap_err();
        (failure.to_string(), self.calls.load(Ordering::Acquire))
    }
}

async fn answer(listener: Listener, hub: Hub, calls: Arc<AtomicUsize>) {
    while let Some(knock) = listener.accept().await {
        calls.fetch_add(1, Ordering::AcqRel);
        let mut hub = hub.clone();
        task::spawn(async move {
            if let Hub::Telling {
                told, may_go_on, ..
            } = &hub
            {
                while told.load(Ordering::Acquire) && !may_go_on.load(Ordering::Acquire) {
                    tokio::task::yield_now().await;
                }
            }
            let peer = knock.open().await.unwrap();
            let mut streams = peer.connection.accept_bi().await.unwrap();
            if let Hub::Speaking(version) = hub {
                let mut bytes = Vec::new();
                frame::encode(&welcome(version).into(), &mut bytes);
                streams.0.write_all(&bytes).await.unwrap();
                peer.connection.closed().await;
                return;
            }
            let mut session = Session::accept(peer.device, clock::now());
            drive::drive(&mut session, streams, &mut hub, drive::channel()).await;
        });
    }
}

fn welcome(version: u8) -> Welcome {
    Welcome {
        version,
        flags: Welcome::SAME,
        server_time: clock::now(),
        roster: None,
        heights: None,
        zero_roster: None,
        zero_heights: None,
        credit: None,
        left: None,
    }
}

#[test]
fn a_hub_that_is_too_old_is_to_be_upgraded() {
    let scene = Scene::new(|_| Hub::Speaking(0));
    let failure = scene.node.exchange().unwrap_err();
    assert_eq!(failure.code(), ExitCode::Refused);
    let told = failure.to_string();
    for words in ["upgrade weft-hub", "safe on this computer"] {
        assert!(told.contains(words), "no \"{words}\" in {told}");
    }
    scene.runtime.block_on(scene.node.close());
}

#[test]
fn a_hub_that_asks_for_time_gets_it_whatever_is_ordered() {
    let scene = Scene::new(|_| Hub::Busy(300_000));
    let (told, calls) = scene.fails();
    assert!(
        told.contains("busy") && told.contains("in 300 seconds"),
        "{told}"
    );
    assert_eq!(calls, 1);
    // The link rests; another order is answered, and leaves the hub alone.
    let (told, calls) = scene.fails();
    assert!(told.contains("busy"), "{told}");
    assert_eq!(calls, 1);
    scene.runtime.block_on(scene.node.close());
}

#[test]
fn a_caller_waits_while_a_hub_is_busy_for_a_moment() {
    let scene = Scene::new(|_| Hub::Busy(10));
    let (told, calls) = scene.fails();
    assert!(told.contains("busy"), "{told}");
    assert_eq!(calls, 1 + BUSY_TRIES_MAX as usize);
    scene.runtime.block_on(scene.node.close());
}

#[test]
fn a_hub_that_is_busy_for_no_time_is_not_called_without_end() {
    let scene = Scene::new(|_| Hub::Busy(0));
    scene.runtime.block_on(scene.node.live(true));
    while scene.node.link().status().trouble.is_none() {
        std::thread::yield_now();
    }
    std::thread::sleep(Duration::from_millis(250));
    let calls = scene.calls.load(Ordering::Acquire);
    assert!(calls <= 2 + BUSY_TRIES_MAX as usize, "{calls} calls");
    scene.runtime.block_on(scene.node.close());
}

#[test]
fn what_a_hub_has_no_room_for_is_said_and_goes_out_once_it_has() {
    let room = Arc::new(AtomicBool::new(false));
    let scene = Scene::new(|hub| {
        let room = Arc::clone(&room);
        Hub::Serving(Served { room, ..hub })
    });
    let status = || scene.node.read(Replica::brief).unwrap().unwrap();
    let failure = scene.node.exchange().unwrap_err();
    assert_eq!(failure.code(), ExitCode::Refused);
    let told = failure.to_string();
    for word in ["disk may be full", "safe on this computer", "sync --once"] {
        assert!(told.contains(word), "no \"{word}\" in {told}");
    }
    assert!(status().hub_full);
    assert_eq!(status().waiting, 1);
    // A link that stays in touch says so too, and tries again when a person asks for it.
    scene.runtime.block_on(scene.node.live(true));
    let (_, calls) = scene.fails();
    assert_eq!(scene.node.link().status().phase, Phase::Live);
    let trouble = scene.node.link().status().trouble;
    assert_eq!(trouble.as_deref(), Some(told.as_str()));
    room.store(true, Ordering::Release);
    scene.node.exchange().unwrap();
    assert_eq!(scene.calls.load(Ordering::Acquire), calls + 1);
    assert!(!status().hub_full);
    assert_eq!(status().waiting, 0);
    assert_eq!(scene.node.link().status().trouble, None);
    scene.runtime.block_on(scene.node.close());
}

#[test]
fn a_recall_while_the_link_is_live_ends_no_session() {
    let released = Arc::new(AtomicBool::new(false));
    let judged = Arc::new(AtomicUsize::new(0));
    let scene = Scene::new(|hub| {
        let (says, judged) = (Arc::clone(&released), Arc::clone(&judged));
        Hub::Serving(hub.that_waits(says, judged))
    });
    scene.runtime.block_on(scene.node.live(true));
    // So many batches are on their way that the next entry stays here.
    for sent in 1..=BATCHES_IN_FLIGHT_MAX {
        while judged.load(Ordering::Acquire) < sent {
            std::thread::yield_now();
        }
        scene.save(move |_| named(&format!("name {sent}")));
    }
    let id = RecordId::from_parts(kit::now(1), [1; 10]);
    scene.save(move |replica| initiative(replica, id));
    scene.save(move |replica| recalled(replica, id));
    let rewrites = scene.node.read(|replica| replica.rewrites()).unwrap();
    assert_eq!(rewrites, 1, "it was taken back before it left");
    scene.save(|_| named("after it"));
    released.store(true, Ordering::Release);
    scene.node.exchange().unwrap();
    assert_eq!(scene.calls.load(Ordering::Acquire), 1);
    scene.runtime.block_on(scene.node.close());
}

#[test]
fn a_notice_ends_with_the_next_session() {
    let may_go_on = Arc::new(AtomicBool::new(false));
    let scene = Scene::new(|served| Hub::Telling {
        served,
        told: Arc::default(),
        may_go_on: Arc::clone(&may_go_on),
    });
    scene.runtime.block_on(scene.node.live(true));
    let said = || scene.node.link().status().said();
    let wait = |there: bool| {
        let until = Instant::now().checked_add(SOON).unwrap();
        while said().is_some() != there && Instant::now() < until {
            std::thread::yield_now();
        }
        said()
    };
    let words = wait(true);
    let expected = "The hub says: the operator blocks this device.";
    assert_eq!(words.as_deref(), Some(expected));
    may_go_on.store(true, Ordering::Release);
    assert_eq!(wait(false), None);
    scene.runtime.block_on(scene.node.close());
}

fn named(name: &str) -> Edit {
    let name = name.to_owned();
    let mut edit = Edit::default();
    edit.on(DocKind::Profile, move |editor| {
        editor.put_text(Container::Names, "en", &name)
    });
    edit
}

fn initiative(replica: &mut Replica, id: RecordId) -> Edit {
    let (kind, fields) = (RecordKind::Initiative, [("name".to_owned(), "Ours".into())]);
    let mut edit = Edit::default();
    let (audience, fields) = (Audience::Network, Fields::from(fields));
    records::add(replica, &mut edit, kind, id, audience, fields, kit::now(1)).unwrap();
    edit
}

/// Narrows the record to the team.
fn recalled(replica: &mut Replica, id: RecordId) -> Edit {
    let row = replica
        .record(RecordKind::Initiative, &id)
        .unwrap()
        .unwrap();
    let mut edit = Edit::default();
    let team = Some(Audience::Team);
    records::change(replica, &mut edit, &row, Fields::new(), team, kit::now(2)).unwrap();
    edit
}
