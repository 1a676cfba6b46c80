//! Enrolment: the messages of both ends of a JOIN.

use std::sync::{Arc, Mutex};

use expect_test::expect;
use weft_shared::{
    id::{InviteKey, LocationCode},
    identity::{DeviceKey, Operation, Role, RootKey, Roster, SignedOperation},
    sync::{CloseReason, Event, JoinRefusal, Session, SessionError},
    time::Timestamp,
    wire::{
        NackCode,
        message::{Join, JoinProof, Joined},
    },
};

use crate::world::{HUB, NODE, World};

fn joining(key: &DeviceKey, proof: JoinProof, operation: Vec<u8>) -> [Session; 2] {
    let now = Timestamp::from_ms(1_000);
    let join = Join {
        version: 1,
        device: key.id(),
        proof,
        operation,
    };
    [Session::join(join, now), Session::accept(key.id(), now)]
}

/// Moves bytes both ways; the hub's host answers each JOIN with the next of `answers`.
fn run_join(ends: &mut [Session; 2], answers: Vec<Result<Joined, JoinRefusal>>) -> Vec<Event> {
    let now = Timestamp::from_ms(1_000);
    let mut world = World::new();
    world.hub.store_mut().side.joins = Arc::new(Mutex::new(answers.into()));
    let mut told = Vec::new();
    for _ in 0..8 {
        for side in [NODE, HUB] {
            while let Some(bytes) = ends[side].poll_transmit() {
                let _over: Result<(), SessionError> = ends[1 - side].handle_bytes(now, &bytes);
            }
        }
        while let Some(event) = ends[HUB].poll_event() {
            if let Ok(answer) = world.hub.store().answer(event, now) {
                answer.give(&mut ends[HUB], now);
            }
        }
        while let Some(event) = ends[NODE].poll_event() {
            told.push(event);
        }
        if let Some(Event::JoinStale { .. }) = told.last() {
            ends[NODE].rejoin(vec![4, 2]);
        }
    }
    told
}

fn location() -> (RootKey, DeviceKey, Vec<SignedOperation>) {
    let (root, key) = (RootKey::from_seed([1; 32]), DeviceKey::from_seed([2; 32]));
    let slot = Roster::new(root.public().location_id()).slot(Timestamp::from_ms(5));
    let operation = Operation::AddDevice {
        device: key.id(),
        name: "laptop".into(),
        role: Role::Admin,
    };
    let signed = SignedOperation::sign_root(slot, operation, &root);
    (root, key, vec![signed])
}

fn joined(root: &RootKey, operations: &[SignedOperation]) -> Joined {
    Joined {
        network: "Network".into(),
        operator: "Legal name".into(),
        location: root.public().location_id(),
        code: LocationCode::parse("FN").unwrap(),
        name: "Far North".into(),
        name_mi: None,
        roster: operations
            .iter()
            .map(|operation| operation.encode().into())
            .collect(),
        zero: root.public().location_id(),
        server_time: Timestamp::from_ms(1_000),
    }
}

fn tell(events: &[Event]) -> String {
    let texts = events.iter().map(|event| match event {
        Event::Joined(joined) => format!("joined {}", joined.name),
        Event::JoinStale { operations } => format!("sign on {} operations", operations.len()),
        Event::Closed { reason, .. } => match reason {
            CloseReason::RefusedByPeer(code, text) => format!("refused: {code:?}, {text}"),
            reason => format!("closed: {reason:?}"),
        },
        other => format!("{other:?}"),
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_founding_join() {
    let (root, key, operations) = location();
    let code = LocationCode::parse("FN").unwrap();
    let secret = [5; 16];
    let proof = JoinProof::Founding { code, secret };
    let mut ends = joining(&key, proof, operations[0].encode());
    let told = run_join(&mut ends, vec![Ok(joined(&root, &operations))]);
    expect![[r#"
        joined Far North
        closed: JoinOver"#]]
    .assert_eq(&tell(&told));
}

#[test]
fn a_join_with_a_wrong_invite() {
    let (_, key, operations) = location();
    let code = LocationCode::parse("FN").unwrap();
    let secret = [6; 16];
    let proof = JoinProof::Founding { code, secret };
    let mut ends = joining(&key, proof, operations[0].encode());
    let refusal = JoinRefusal::Refused {
        code: NackCode::InviteUnknown,
        text: "this invite was not made here; ask for a new one".into(),
    };
    let told = run_join(&mut ends, vec![Err(refusal)]);
    expect!["refused: InviteUnknown, this invite was not made here; ask for a new one"]
        .assert_eq(&tell(&told));
}

#[test]
fn a_device_join_is_signed_on_the_roster_it_is_told() {
    let (root, key, operations) = location();
    let location = root.public().location_id();
    let proof = JoinProof::Device {
        location,
        key: InviteKey::new([3; 32]),
    };
    let mut ends = joining(&key, proof, vec![1]);
    let stale = JoinRefusal::Stale(operations.clone());
    let told = run_join(&mut ends, vec![Err(stale), Ok(joined(&root, &operations))]);
    expect![[r#"
        sign on 1 operations
        joined Far North
        closed: JoinOver"#]]
    .assert_eq(&tell(&told));
}

#[test]
fn an_oversized_join_is_refused() {
    let (root, key, _) = location();
    let proof = JoinProof::Device {
        location: root.public().location_id(),
        key: InviteKey::new([3; 32]),
    };
    let mut ends = joining(&key, proof, vec![1; 5_000]);
    let told = run_join(&mut ends, Vec::new());
    expect!["refused: Malformed, a JOIN beyond its limit"].assert_eq(&tell(&told));
}
