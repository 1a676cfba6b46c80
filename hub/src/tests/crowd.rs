//! Peers that hold connections without using them: idle strangers, and devices that do not read.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use weft_host::{
    clock,
    quic::{Dialer, Peer},
    random::random_bytes,
};
use weft_shared::{
    identity::{DeviceKey, RootKey, Roster},
    sync::{Local, Replica, Session},
    wire::{Message, frame, message::Sub},
};

use super::wire::{Heard, connect, listening, no_one, speak};
use crate::{
    app::AppHandle,
    kit::{self, Device},
    limits,
};

async fn dial(app: &AppHandle, address: &str, key: &DeviceKey) -> (Dialer, Peer) {
    let dialer = Dialer::new(key, app.hub()).unwrap();
    let peer = dialer.connect(address, None).await.unwrap();
    (dialer, peer)
}

fn alive(held: &[(Dialer, Peer)]) -> usize {
    let open = held.iter();
    open.filter(|(_, peer)| peer.connection.close_reason().is_none())
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_few_and_soon_gone() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let device = Device::found(&app, &code).await;
    let mut strangers = Vec::new();
    for _ in 0..limits::STRANGERS_MAX + 20 {
        let key = DeviceKey::from_seed(random_bytes());
        strangers.push(dial(&app, &address, &key).await);
    }
    // A known device still gets in, and stays.
    let mut line = connect(&app, &address, &device, &[], 1);
    line.until(|heard| matches!(heard, Heard::Live).then_some(()))
        .await;
    assert!(alive(&strangers) <= limits::STRANGERS_MAX);
    // A known key that sends nothing is disconnected too.
    strangers.push(dial(&app, &address, &device.key).await);
    sleep(limits::ADMISSION_TIME_MAX + Duration::from_secs(1)).await;
    assert_eq!(alive(&strangers), 0, "no one stays who was not admitted");
    let zero = app.shared.identity.zero;
    kit::add_location(&app, "HV", &[]).await;
    let news = |heard: &Heard| match heard {
        Heard::Stored(location, ..) if *location == zero => Some(()),
        _ => None,
    };
    line.until(news).await;
}

/// Opens `count` silent connections, holding a few more at a time than there are places.
async fn come_and_go(dialer: Dialer, address: String, count: usize, held: Arc<AtomicUsize>) {
    let mut silent = VecDeque::new();
    for _ in 0..count {
        // The oldest is dropped; a newer one may have been replaced meanwhile.
        silent.push_back(dialer.connect(&address, None).await.unwrap());
        if silent.len() > limits::STRANGERS_MAX + 12 {
            silent.pop_front();
        }
        held.store(silent.len(), Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_succeeds_while_silent_strangers_come_and_go() {
    let (_dir, app, address) = listening().await;
    let key = DeviceKey::from_seed(random_bytes());
    let dialer = Dialer::new(&key, app.hub()).unwrap();
    let held = Arc::new(AtomicUsize::new(0));
    let mut crowd = JoinSet::new();
    crowd.spawn(come_and_go(
        dialer,
        address.clone(),
        1_000,
        Arc::clone(&held),
    ));
    while held.load(Ordering::Relaxed) < limits::STRANGERS_MAX {
        sleep(Duration::from_millis(20)).await;
    }
    for letter in 'A'..='J' {
        let code = kit::add_location(&app, &format!("J{letter}"), &[]).await;
        let invite = kit::invite(&app, &code).await;
        let root = RootKey::from_seed(random_bytes());
        let key = DeviceKey::from_seed(random_bytes());
        let session = Session::join(kit::founding(&invite, &root, &key), clock::now());
        let dialer = Dialer::new(&key, app.hub()).unwrap();
        let mut line = speak(dialer, address.clone(), session, no_one());
        line.until(|heard| matches!(heard, Heard::Joined).then_some(()))
            .await;
    }
    while let Some(ended) = crowd.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_never_reads_is_not_read_either() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let device = Device::found(&app, &code).await;
    let local = Local {
        device: device.key.id(),
        replica: Replica {
            roster: device.roster.clone(),
            heights: Vec::new(),
            zero: Roster::new(app.shared.identity.zero),
            zero_heights: Vec::new(),
        },
        outbox: 0,
        wants_zero: false,
    };
    let mut session = Session::connect(local, clock::now());
    let (_dialer, peer) = dial(&app, &address, &device.key).await;
    let (mut send, mut receive) = peer.connection.open_bi().await.unwrap();
    send.write_all(&session.poll_transmit().unwrap())
        .await
        .unwrap();
    // The session is welcomed; from now on nothing is read.
    assert!(receive.read(&mut [0]).await.unwrap().is_some());
    // Each is answered with a refusal.
    let mut sub = Vec::new();
    frame::encode(&Message::from(Sub { feed: 1 }), &mut sub);
    let subs: Vec<u8> = sub.repeat(10_000);
    let mut sent = 0;
    while let Ok(written) = timeout(Duration::from_secs(5), send.write_all(&subs)).await {
        written.unwrap();
        sent += subs.len();
        assert!(sent < 16 << 20, "the hub takes and takes: {sent} bytes");
    }
}
