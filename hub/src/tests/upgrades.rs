//! Ends of different versions over real QUIC: the refusal says which one to upgrade.

use weft_host::quic::Dialer;
use weft_shared::{
    identity::{DeviceKey, RootKey, Roster},
    wire::{
        Frame, FrameReader, Message, NackCode, frame,
        limits::{CAPABILITIES_NEEDED, FRAME_BYTES_MAX, VERSION},
        message::{Hello, RosterMark},
    },
};

use super::wire::listening;
use crate::{
    app::AppHandle,
    kit::{self, Device},
};

/// Sends one message as the first of a session, and returns the first answer.
async fn ask(app: &AppHandle, address: &str, key: &DeviceKey, message: Message) -> Message {
    let dialer = Dialer::new(key, app.hub()).unwrap();
    let peer = dialer.connect(address, None).await.unwrap();
    let (mut send, mut receive) = peer.connection.open_bi().await.unwrap();
    let mut bytes = Vec::new();
    frame::encode(&message, &mut bytes);
    send.write_all(&bytes).await.unwrap();
    let mut reader = FrameReader::default();
    let mut buffer = [0; 4_096];
    loop {
        let read = receive.read(&mut buffer).await.unwrap().unwrap();
        reader.push(&buffer[..read]);
        if let Some((Frame::Message(message), _)) = reader.pull(FRAME_BYTES_MAX).unwrap() {
            return *message;
        }
    }
}

fn hello(device: &Device, version: u8, capabilities: u32) -> Message {
    Message::Hello(Hello {
        version,
        capabilities,
        location: device.location,
        device: device.key.id(),
        roster: mark(&device.roster),
        heights: Vec::new(),
        zero_roster: RosterMark::default(),
        zero_heights: Vec::new(),
        outbox: 0,
        sealed: None,
    })
}

fn mark(roster: &Roster) -> RosterMark {
    RosterMark::new(u32::try_from(roster.len()).unwrap(), &roster.head())
}

#[track_caller]
fn names(answer: Message, older: &str) {
    let Message::Nack(nack) = answer else {
        panic!("no refusal: {answer:?}");
    };
    assert_eq!((nack.code, nack.about), (NackCode::Version, None));
    let text = nack.text.unwrap_or_default();
    assert!(text.contains(&format!("upgrade {older}")), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_does_not_fit_hears_which_end_to_upgrade() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let device = Device::found(&app, &code).await;
    for (version, capabilities, older) in [
        (0, 0, "weft-node"),
        (VERSION, CAPABILITIES_NEEDED, "weft-hub"),
        (VERSION + 1, 1 << 16, "weft-hub"),
    ] {
        let message = hello(&device, version, capabilities);
        names(ask(&app, &address, &device.key, message).await, older);
    }
    // A newer device that needs nothing more is served, and so are capabilities that may lack.
    for (version, capabilities) in [(VERSION + 1, 0), (VERSION, 0xffff)] {
        let message = hello(&device, version, capabilities);
        let answer = ask(&app, &address, &device.key, message).await;
        assert!(matches!(answer, Message::Welcome(_)), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_device_is_told_before_its_invite_is_used() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let invite = kit::invite(&app, &code).await;
    let (root, key) = (RootKey::from_seed([1; 32]), DeviceKey::from_seed([2; 32]));
    let mut join = kit::founding(&invite, &root, &key);
    join.version = 0;
    names(
        ask(&app, &address, &key, join.clone().into()).await,
        "weft-node",
    );
    join.version = VERSION;
    let answer = ask(&app, &address, &key, join.into()).await;
    assert!(matches!(answer, Message::Joined(_)), "{answer:?}");
}
