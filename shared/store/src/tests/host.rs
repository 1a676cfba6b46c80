//! The host of sessions between two stores: a device's, and its hub's.

use std::{
    pin::Pin,
    sync::{Arc, mpsc},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use rusqlite::Connection;
use weft_shared::{
    identity::{Operation, Role, RootKey, Roster, SignedOperation},
    sync::{CloseReason, Event, Local, Replica, Session},
    wire::NackCode,
};

use super::*;
use crate::host::{self, Host, HostReply, Rosters, Wish};

/// An answer that waits for its commit.
type Pending = Pin<Box<dyn Future<Output = HostReply>>>;

/// A host of sessions: a hub, or a device with its own log.
#[derive(Clone)]
struct Side {
    rosters: Rosters,
    zero: LocationId,
    own: Option<(LocationId, Arc<DeviceKey>)>,
}

impl Host for Side {
    fn rosters(&self) -> &Rosters {
        &self.rosters
    }

    fn zero(&self) -> LocationId {
        self.zero
    }

    fn own_log(&self) -> Option<(LocationId, DeviceIndex, &DeviceKey)> {
        let (location, key) = self.own.as_ref()?;
        Some((*location, DIX, key))
    }

    fn decides(&self) -> bool {
        self.own.is_none()
    }
}

/// One end: its store, its session, the answers to come, and the news so far.
struct End {
    _folder: tempfile::TempDir,
    writer: Writer,
    side: Side,
    session: Session,
    pending: Vec<Pending>,
    heard: Vec<Event>,
}

impl End {
    fn new(rosters: &[SignedOperation; 2], side: Side, session: Session) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let writer = store_in(&folder);
        for (lix, signed) in [LocationRow::ZERO, LocationRow::OWN]
            .into_iter()
            .zip(rosters.clone())
        {
            let put = writer.run_blocking(move |tx| {
                rosters::put(tx, lix, &signed.slot.location, now(0))?;
                rosters::append(tx, lix, 0, &signed.encode())
            });
            put.unwrap();
        }
        Self {
            _folder: folder,
            writer,
            side,
            session,
            pending: Vec::new(),
            heard: Vec::new(),
        }
    }

    fn execute(&self, sql: &'static str) {
        let done = self
            .writer
            .run_blocking(move |tx| Ok::<_, StoreError>(tx.execute_batch(sql)?));
        done.unwrap();
    }

    fn reader(&self) -> Connection {
        self.writer.reader().unwrap()
    }

    /// Answers every question that needs no commit, and queues the others. Returns whether an
    /// answer came from a commit.
    fn serve(&mut self) -> bool {
        while let Some(event) = self.session.poll_event() {
            match host::sort(event, &self.side) {
                Wish::Read(read) => {
                    let answer = read.answer(&self.reader(), &self.side);
                    answer.give(&mut self.session, now(1));
                }
                Wish::Write(write) => {
                    let (writer, side) = (self.writer.clone(), self.side.clone());
                    let commit = async move { write.commit(&writer, side, now(1)).await };
                    self.pending.push(Box::pin(commit));
                }
                Wish::News(news) => self.heard.push(news),
            }
        }
        self.take(Waker::noop())
    }

    /// Gives the session those answers whose commits have returned. Returns whether there were any.
    fn take(&mut self, waker: &Waker) -> bool {
        let mut any = false;
        for mut pending in std::mem::take(&mut self.pending) {
            match pending.as_mut().poll(&mut Context::from_waker(waker)) {
                Poll::Ready(answer) => {
                    any = true;
                    answer.give(&mut self.session, now(1));
                }
                Poll::Pending => self.pending.push(pending),
            }
        }
        any
    }

    /// Waits for a commit, if there is one to come.
    fn wait(&mut self) -> bool {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        while !self.pending.is_empty() {
            if self.take(&waker) {
                return true;
            }
            thread::park();
        }
        false
    }

    /// The highest entry that the peer has acknowledged.
    fn acknowledged(&self) -> u64 {
        let dseq = |event: &Event| match event {
            Event::Acknowledged { dseq, .. } => *dseq,
            _ => 0,
        };
        self.heard.iter().map(dseq).max().unwrap_or(0)
    }

    fn closed(&self) -> Option<&CloseReason> {
        self.heard.iter().find_map(|event| match event {
            Event::Closed { reason, .. } => Some(reason),
            _ => None,
        })
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// A device with one entry, and its hub.
struct Pair {
    kit: Kit,
    device: End,
    hub: End,
}

impl Pair {
    fn new() -> Self {
        let roots = [RootKey::from_seed([1; 32]), RootKey::from_seed([2; 32])];
        let [zero, own] = roots.each_ref().map(|root| root.public().location_id());
        let mut kit = Kit::of(own);
        let keys = [DeviceKey::from_seed([8; 32]), kit.key.clone()];
        let signed = std::array::from_fn(|n| {
            let add = Operation::AddDevice {
                device: keys[n].id(),
                name: format!("Device {n}"),
                role: Role::Admin,
            };
            let location = [zero, own][n];
            SignedOperation::sign_root(Roster::new(location).slot(now(0)), add, &roots[n])
        });
        let side = |key: Option<Arc<DeviceKey>>| Side {
            rosters: Rosters::default(),
            zero,
            own: key.map(|key| (own, key)),
        };
        let [_, key] = keys;
        let accept = Session::accept(key.id(), now(1));
        let hub = End::new(&signed, side(None), accept);
        let accept = Session::accept(key.id(), now(1));
        let mut device = End::new(&signed, side(Some(Arc::new(key))), accept);
        let mut entry = kit.entry(Height::ZERO);
        entry.header.roster = signed[1].hash();
        entry.hash = entry.header.hash();
        let append = move |tx: &Transaction<'_>| {
            entries::append_own(tx, LocationRow::OWN, DIX, &entry, now(1))
        };
        device.writer.run_blocking(append).unwrap();
        device.session = device_session(&device);
        Self { kit, device, hub }
    }

    /// Begins another session.
    fn again(&mut self) {
        let device = self.kit.key.id();
        self.hub.session = Session::accept(device, now(1));
        self.device.session = device_session(&self.device);
        for end in [&mut self.device, &mut self.hub] {
            end.heard.clear();
            end.pending.clear();
        }
    }

    /// Goes on until nothing moves; the hub's commits are waited for if `patient`.
    fn talk(&mut self, patient: bool) {
        loop {
            let mut moved = false;
            for from_device in [true, false] {
                let (from, to) = match from_device {
                    true => (&mut self.device, &mut self.hub),
                    false => (&mut self.hub, &mut self.device),
                };
                moved |= from.serve();
                while let Some(bytes) = from.session.poll_transmit() {
                    moved = true;
                    if !to.session.is_over() {
                        to.session.handle_bytes(now(1), &bytes).unwrap();
                    }
                }
            }
            let waits = self.device.wait() || (patient && self.hub.wait());
            if !moved && !waits {
                return;
            }
        }
    }
}

/// A session of the device with what it holds.
fn device_session(device: &End) -> Session {
    let (conn, side) = (device.reader(), &device.side);
    let (own, key) = side.own.as_ref().unwrap();
    let known = |location| side.rosters.read(&conn, location).unwrap().unwrap();
    let heights = |lix| {
        let logs = logs::logs(&conn, lix).unwrap().into_iter();
        logs.map(|(dix, log)| (dix, log.height)).collect()
    };
    let local = Local {
        device: key.id(),
        replica: Replica {
            roster: (*known(own).roster).clone(),
            heights: heights(LocationRow::OWN),
            zero: (*known(&side.zero).roster).clone(),
            zero_heights: heights(LocationRow::ZERO),
        },
        outbox: 1,
        wants_zero: true,
    };
    Session::connect(local, now(1))
}

#[test]
fn nothing_is_acknowledged_before_its_commit_has_returned() {
    let mut pair = Pair::new();
    let (open, gate) = mpsc::channel::<()>();
    let (begun, begins) = mpsc::channel();
    let writer = pair.hub.writer.clone();
    let closed = thread::spawn(move || {
        writer.run_blocking(move |_| {
            begun.send(()).unwrap();
            gate.recv().unwrap();
            Ok::<_, StoreError>(())
        })
    });
    begins.recv().unwrap();
    pair.talk(false);
    assert_eq!(pair.hub.pending.len(), 1, "the entry waits for its commit");
    assert_eq!(pair.device.acknowledged(), 0);
    open.send(()).unwrap();
    closed.join().unwrap().unwrap();
    pair.talk(true);
    assert_eq!(pair.device.acknowledged(), 1);
    let held = logs::logs(&pair.hub.reader(), LocationRow::OWN).unwrap();
    assert_eq!(held[0].1.height.dseq, 1);
}

#[test]
fn what_was_not_committed_is_not_acknowledged_and_comes_again() {
    let mut pair = Pair::new();
    // An entry can be inserted, but the commit with it fails.
    pair.hub.execute(
        "CREATE TABLE kept (id INTEGER PRIMARY KEY);
         CREATE TABLE promised (id INTEGER REFERENCES kept DEFERRABLE INITIALLY DEFERRED);
         CREATE TRIGGER broken AFTER INSERT ON entries
         BEGIN INSERT INTO promised VALUES (1); END;",
    );
    pair.talk(true);
    assert_eq!(pair.device.acknowledged(), 0);
    let refused =
        |event: &Event| matches!(event, Event::Refused(one) if one.code == NackCode::Full);
    assert!(pair.hub.heard.iter().any(refused), "{:?}", pair.hub.heard);
    pair.hub.execute("DROP TRIGGER broken");
    pair.again();
    pair.talk(true);
    assert_eq!(pair.device.acknowledged(), 1);
}

#[test]
fn an_entry_is_not_stored_without_the_words_that_were_sent_before_it() {
    let mut pair = Pair::new();
    let words = b"what a family said".to_vec();
    let hash = BlobHash::of(&words);
    let put = move |tx: &Transaction<'_>| {
        let log = logs::log(tx, LocationRow::OWN, DIX)?;
        blobs::put(tx, log, 1, &hash, &words, now(1))
    };
    pair.device.writer.run_blocking(put).unwrap();
    // The disk has room for an entry and none for words.
    pair.hub.execute(
        "CREATE TRIGGER broken BEFORE INSERT ON blobs
         BEGIN SELECT raise(ABORT, 'not now'); END;",
    );
    pair.talk(true);
    assert_eq!(pair.device.acknowledged(), 0);
    assert_eq!(
        logs::logs(&pair.hub.reader(), LocationRow::OWN).unwrap(),
        []
    );
    pair.hub.execute("DROP TRIGGER broken");
    pair.again();
    pair.talk(true);
    assert_eq!(pair.device.acknowledged(), 1);
    let held = blobs::bytes(&pair.hub.reader(), LocationRow::OWN, &hash).unwrap();
    assert!(held.is_some(), "the words came with their entry");
}

#[test]
fn what_is_offered_is_marked_first() {
    let mut pair = Pair::new();
    pair.device.execute(
        "CREATE TRIGGER broken BEFORE UPDATE OF offered ON logs
        BEGIN SELECT raise(ABORT, 'not now'); END;",
    );
    pair.talk(true);
    assert!(matches!(pair.device.closed(), Some(CloseReason::Shutdown)));
    assert_eq!(
        logs::logs(&pair.hub.reader(), LocationRow::OWN).unwrap(),
        []
    );
    pair.device.execute("DROP TRIGGER broken");
    pair.again();
    pair.talk(true);
    let own = logs::logs(&pair.device.reader(), LocationRow::OWN).unwrap();
    assert_eq!((pair.device.acknowledged(), own[0].1.offered), (1, 1));
}

#[test]
fn a_roster_in_memory_follows_the_commit_and_an_undone_operation_leaves_no_trace() {
    let pair = Pair::new();
    let (hub, side) = (&pair.hub, &pair.hub.side);
    let own = pair.kit.location;
    let known = side.rosters.read(&hub.reader(), &own).unwrap().unwrap();
    let invite = |n| Operation::Invite {
        key: weft_shared::id::InviteKey::new(*DeviceKey::from_seed([n; 32]).id().as_bytes()),
        role: Role::Member,
        expires: now(60_000),
    };
    let sign = |roster: &Roster, n| {
        SignedOperation::sign_device(roster.slot(now(1)), invite(n), DIX, &pair.kit.key)
    };
    let grow = |signed: SignedOperation, fails: bool| {
        let (side, held) = (side.clone(), side.clone());
        hub.writer.run_blocking(move |tx| {
            let before = side.rosters.uncommitted(tx, &own)?.unwrap();
            side.rosters.append(tx, &side, &before, &[signed], now(1))?;
            let seen = held.rosters.held(&own).unwrap().roster.len();
            assert_eq!(seen, before.roster.len(), "nothing is committed yet");
            match fails {
                true => Err(StoreError::Full.into()),
                false => Ok::<_, host::AppendError>(()),
            }
        })
    };
    let first = sign(&known.roster, 20);
    grow(first.clone(), true).unwrap_err();
    assert_eq!(side.rosters.held(&own).unwrap().roster.len(), 1);
    grow(first, false).unwrap();
    assert_eq!(side.rosters.held(&own).unwrap().roster.len(), 2);
    let late = grow(sign(&known.roster, 21), false).unwrap_err();
    assert_eq!(late.code(), NackCode::RosterStale);
}

#[test]
fn a_roster_that_the_writer_has_read_is_kept_once_that_is_committed() {
    let pair = Pair::new();
    let (hub, own) = (&pair.hub, pair.kit.location);
    let look = |fails: bool| {
        let rosters = hub.side.rosters.clone();
        hub.writer.run_blocking(move |tx| {
            rosters.member(tx, &own, DIX)?;
            assert!(rosters.held(&own).is_none(), "nothing is committed yet");
            match fails {
                true => Err(StoreError::Full),
                false => Ok(()),
            }
        })
    };
    look(true).unwrap_err();
    assert!(hub.side.rosters.held(&own).is_none());
    look(false).unwrap();
    assert!(hub.side.rosters.held(&own).is_some());
}
