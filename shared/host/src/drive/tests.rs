//! A toy machine over loopback: it sends numbers, which the application stores and acknowledges.

use std::{
    collections::{BTreeSet, VecDeque},
    net::Ipv4Addr,
};

use weft_shared::identity::{DeviceKey, HubStatement, RootKey};

use super::*;
use crate::quic::{Dialer, Listener, Peer};

/// Sends the numbers below `to_send` and acknowledges those that the application has stored. Done
/// when all its own numbers are acknowledged.
#[derive(Default)]
struct Toy {
    to_send: u32,
    sent: u32,
    acknowledged: u32,
    partial: Vec<u8>,
    events: VecDeque<Event>,
    frames: VecDeque<Vec<u8>>,
    wake: Option<Timestamp>,
    disconnected: bool,
}

enum Event {
    Store(u32),
    Done,
    Woken,
}

#[derive(Debug, thiserror::Error)]
#[error("frame of type {0}")]
struct BadType(u8);

const NUMBER: u8 = 1;
const ACK: u8 = 2;
const GOODBYE: u8 = 3;
const FRAME: usize = 5;

impl Toy {
    fn frame(kind: u8, number: u32) -> Vec<u8> {
        let [a, b, c, d] = number.to_be_bytes();
        vec![kind, a, b, c, d]
    }

    fn handle_stored(&mut self, number: u32) {
        self.frames.push_back(Self::frame(ACK, number));
    }
}

impl Machine for Toy {
    type Event = Event;
    type Error = BadType;

    fn handle_bytes(&mut self, _: Timestamp, bytes: &[u8]) -> Result<(), BadType> {
        self.partial.extend_from_slice(bytes);
        let whole = self.partial.len() / FRAME * FRAME;
        let rest = self.partial.split_off(whole);
        for frame in std::mem::replace(&mut self.partial, rest).chunks_exact(FRAME) {
            let number = u32::from_be_bytes(frame[1..].try_into().unwrap());
            match frame[0] {
                NUMBER => self.events.push_back(Event::Store(number)),
                ACK => {
                    self.acknowledged += 1;
                    if self.acknowledged == self.to_send {
                        self.events.push_back(Event::Done);
                    }
                }
                GOODBYE => {}
                other => return Err(BadType(other)),
            }
        }
        Ok(())
    }

    fn handle_timeout(&mut self, _: Timestamp) {
        self.wake = None;
        self.events.push_back(Event::Woken);
    }

    fn handle_disconnected(&mut self) {
        self.disconnected = true;
    }

    fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        if let Some(frame) = self.frames.pop_front() {
            return Some(frame);
        }
        (self.sent < self.to_send).then(|| {
            self.sent += 1;
            Self::frame(NUMBER, self.sent - 1)
        })
    }

    fn unsent_bytes(&self) -> usize {
        self.frames.len() * FRAME
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        self.wake
    }

    fn is_over(&self) -> bool {
        self.disconnected
    }
}

/// Stores numbers in a separate task, a few at a time, as the writer does.
#[derive(Default)]
struct App {
    stored: BTreeSet<u32>,
    waiting: Vec<u32>,
    stop_when_done: bool,
    woken: bool,
}

impl Application<Toy> for App {
    fn handle_event(&mut self, event: Event, answers: &SessionHandle<Toy>) -> ControlFlow<()> {
        match event {
            Event::Store(number) => {
                assert!(self.stored.insert(number), "{number} came twice");
                self.waiting.push(number);
                if self.waiting.len() == 100 {
                    let (answers, batch) = (answers.clone(), std::mem::take(&mut self.waiting));
                    drop(tokio::spawn(async move {
                        answers
                            .send(move |toy, _| {
                                batch
                                    .into_iter()
                                    .for_each(|number| toy.handle_stored(number));
                            })
                            .await;
                    }));
                }
            }
            Event::Done if self.stop_when_done => return ControlFlow::Break(()),
            Event::Done => {}
            Event::Woken => {
                self.woken = true;
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }
}

struct Pair {
    node: Peer,
    hub: Peer,
    _ends: (Dialer, Listener),
}

async fn connected() -> Pair {
    let (root, key) = (RootKey::from_seed([1; 32]), DeviceKey::from_seed([2; 32]));
    let statement = HubStatement::sign(&root, key.id());
    let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into(), &key, &statement).unwrap();
    let dialer = Dialer::new(&DeviceKey::from_seed([3; 32]), root.public().hash()).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let knock = async { listener.accept().await.unwrap().open().await };
    let (node, hub) = tokio::join!(dialer.connect(&address, None), knock);
    Pair {
        node: node.unwrap(),
        hub: hub.unwrap(),
        _ends: (dialer, listener),
    }
}

/// Drives both sides until both have ended. Returns the machines.
async fn run(pair: &Pair, node: (Toy, App), hub: (Toy, App)) -> [(Toy, App, Ended<BadType>); 2] {
    let (mut node, mut hub) = (node, hub);
    let node_streams = pair.node.connection.open_bi().await.unwrap();
    let node_side = async {
        let ended = drive(&mut node.0, node_streams, &mut node.1, channel()).await;
        pair.node.connection.close(0_u32.into(), b"");
        ended
    };
    let hub_side = async {
        let streams = pair.hub.connection.accept_bi().await.unwrap();
        drive(&mut hub.0, streams, &mut hub.1, channel()).await
    };
    let (node_ended, hub_ended) = tokio::join!(node_side, hub_side);
    [(node.0, node.1, node_ended), (hub.0, hub.1, hub_ended)]
}

fn sends(numbers: u32) -> (Toy, App) {
    let toy = Toy {
        to_send: numbers,
        ..Toy::default()
    };
    let app = App {
        stop_when_done: true,
        ..App::default()
    };
    (toy, app)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_number_is_stored_once_and_acknowledged() {
    const NUMBERS: u32 = 50_000;
    let pair = connected().await;
    let hub = (Toy::default(), App::default());
    let [(node, _, node_ended), (hub, app, hub_ended)] = run(&pair, sends(NUMBERS), hub).await;
    assert!(matches!(node_ended, Ended::ByUs), "{node_ended:?}");
    assert!(
        matches!(hub_ended, Ended::ByPeer | Ended::Lost(_)),
        "{hub_ended:?}"
    );
    assert_eq!(node.acknowledged, NUMBERS);
    assert_eq!(app.stored.len(), NUMBERS as usize);
    assert!(hub.disconnected);
    // Each packet has 1,200 bytes, with forty of headers and tag: there is no packet per frame.
    let packets = pair.node.connection.stats().udp_tx.datagrams;
    assert!(
        packets < u64::from(NUMBERS) / 20,
        "{packets} packets for {NUMBERS} numbers"
    );
}

#[tokio::test]
async fn a_timer_wakes_the_session() {
    let pair = connected().await;
    let toy = Toy {
        wake: Some(crate::clock::now().plus_ms(30)),
        ..Toy::default()
    };
    let hub = (Toy::default(), App::default());
    let [(_, app, ended), _] = run(&pair, (toy, App::default()), hub).await;
    assert!(app.woken);
    assert!(matches!(ended, Ended::ByUs), "{ended:?}");
}

#[tokio::test]
async fn who_misbehaves_still_hears_our_last_words() {
    let pair = connected().await;
    let mut rude = Toy::default();
    rude.frames.push_back(Toy::frame(99, 0));
    // The rude side waits for the reply, then leaves.
    rude.to_send = 0;
    let mut polite = Toy::default();
    polite.frames.push_back(Toy::frame(GOODBYE, 0));
    let hub = (polite, App::default());
    let [(_, _, node_ended), (_, _, hub_ended)] = run(&pair, (rude, App::default()), hub).await;
    assert!(
        matches!(hub_ended, Ended::Misbehaved(BadType(99))),
        "{hub_ended:?}"
    );
    assert!(
        matches!(node_ended, Ended::ByPeer | Ended::StreamReset(_)),
        "{node_ended:?}"
    );
}

#[tokio::test]
async fn answers_to_a_session_that_is_over_are_no_mistake() {
    let (answers, inbox) = channel::<Toy>();
    drop(inbox);
    assert!(answers.is_over());
    assert!(!answers.try_send(|toy, _| toy.handle_stored(1)));
    answers.send(|toy, _| toy.handle_stored(1)).await;
}

/// Answers every byte with a kilobyte, which must not pile up.
#[derive(Default)]
struct Echo {
    asked: usize,
    unsent: Vec<u8>,
    unsent_max: usize,
}

impl Machine for Echo {
    type Event = Infallible;
    type Error = BadType;

    fn handle_bytes(&mut self, _: Timestamp, bytes: &[u8]) -> Result<(), BadType> {
        self.asked += bytes.len();
        self.answer(bytes.len());
        Ok(())
    }

    fn handle_timeout(&mut self, _: Timestamp) {}

    fn handle_disconnected(&mut self) {}

    fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        (!self.unsent.is_empty()).then(|| std::mem::take(&mut self.unsent))
    }

    fn unsent_bytes(&self) -> usize {
        self.unsent.len()
    }

    fn poll_event(&mut self) -> Option<Infallible> {
        None
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }

    fn is_over(&self) -> bool {
        false
    }
}

impl Echo {
    fn answer(&mut self, times: usize) {
        self.unsent.resize(self.unsent.len() + (times << 10), 0);
        self.unsent_max = self.unsent_max.max(self.unsent.len());
    }
}

struct Deaf;

impl Application<Echo> for Deaf {
    fn handle_event(&mut self, event: Infallible, _: &SessionHandle<Echo>) -> ControlFlow<()> {
        match event {}
    }
}

/// Drives an [`Echo`] at the hub against a node that uses the raw streams.
async fn echo<F: Future<Output = ()>>(
    patience: Duration,
    answers: (SessionHandle<Echo>, SessionInbox<Echo>),
    node: impl FnOnce(SendStream, RecvStream) -> F,
) -> (Echo, Ended<BadType>) {
    let pair = connected().await;
    let (mut send, receive) = pair.node.connection.open_bi().await.unwrap();
    // The peer sees a stream only once something was sent on it.
    send.write_all(&[0]).await.unwrap();
    let mut echo = Echo::default();
    let hub = async {
        let streams = pair.hub.connection.accept_bi().await.unwrap();
        drive_with(&mut echo, streams, &mut Deaf, answers, patience).await
    };
    let (ended, ()) = tokio::join!(hub, node(send, receive));
    (echo, ended)
}

/// One read of the stream may still be answered above the mark.
const UNSENT_BYTES_MAX: usize =
    limits::DRIVE_UNREAD_BYTES_MAX + (limits::DRIVE_READ_BYTES_MAX << 10);

#[tokio::test]
async fn who_never_reads_is_not_read_either_and_let_go() {
    let patience = Duration::from_millis(500);
    let (echo, ended) = echo(patience, channel(), |mut send, unread| async move {
        // The hub stops reading, then resets both directions.
        while send.write_all(&[0; 1 << 10]).await.is_ok() {}
        drop(unread);
    })
    .await;
    assert!(matches!(ended, Ended::Unread), "{ended:?}");
    assert!(
        echo.unsent_max <= UNSENT_BYTES_MAX && echo.asked <= limits::DRIVE_READ_BYTES_MAX * 2,
        "{} bytes were read, {} waited",
        echo.asked,
        echo.unsent_max
    );
}

#[tokio::test]
async fn answers_wait_while_the_peer_does_not_read() {
    let (given, inbox) = channel::<Echo>();
    let poking = tokio::spawn({
        let given = given.clone();
        async move {
            while !given.is_over() {
                given.send(|echo, _| echo.answer(64)).await;
            }
        }
    });
    let patience = Duration::from_millis(500);
    let (echo, ended) = echo(patience, (given, inbox), |send, mut unread| async move {
        // The hub resets the stream; nothing is read before.
        let _given_up = unread.received_reset().await;
        drop(send);
    })
    .await;
    poking.await.unwrap();
    assert!(matches!(ended, Ended::Unread), "{ended:?}");
    assert!(
        echo.unsent_max <= UNSENT_BYTES_MAX,
        "{} waited",
        echo.unsent_max
    );
}

#[tokio::test]
async fn who_reads_slowly_gets_every_answer() {
    const ASKED: usize = 16 << 10;
    let patience = limits::DRIVE_UNREAD_TIME_MAX;
    let (echo, ended) = echo(patience, channel(), |mut send, mut receive| async move {
        let asks = async {
            // One byte was sent already.
            send.write_all(&[0; ASKED - 1]).await.unwrap();
            send
        };
        let reads = async {
            let (mut got, mut buffer) = (0, vec![0; 64 << 10]);
            while got < ASKED << 10 {
                got += receive.read(&mut buffer).await.unwrap().unwrap();
                sleep(Duration::from_millis(1)).await;
            }
        };
        let (mut send, ()) = tokio::join!(asks, reads);
        send.finish().unwrap();
    })
    .await;
    assert!(
        matches!(ended, Ended::ByPeer | Ended::StreamReset(_)),
        "{ended:?}"
    );
    assert_eq!(echo.asked, ASKED);
}

/// A side that reads no more may have sent the reason just before: the other side reads it first.
#[tokio::test]
async fn what_was_sent_before_the_peer_stopped_reading_is_read() {
    for _ in 0..50 {
        let pair = connected().await;
        let (mut node, mut app) = sends(20_000);
        let (mut send, receive) = pair.hub.connection.open_bi().await.unwrap();
        // The stream begins with its first bytes.
        send.write_all(&Toy::frame(NUMBER, 1)).await.unwrap();
        let streams = pair.node.connection.accept_bi().await.unwrap();
        send.write_all(&Toy::frame(NUMBER, 2)).await.unwrap();
        send.finish().unwrap();
        drop(receive);
        // Both have arrived before the node looks at either.
        let _acknowledged = send.stopped().await;
        let ended = drive(&mut node, streams, &mut app, channel()).await;
        assert!(matches!(ended, Ended::ByPeer), "{ended:?}");
        assert_eq!(app.stored, [1, 2].into());
    }
}
