//! The end of the link, whenever somebody asks for it, and its notes about the hub.

mod imports;
mod reasons;
mod refusals;

use std::time::Duration;

use tokio::time::timeout;

use super::*;
use crate::{
    kit::Kit,
    replica::{Halted, Replica},
};

/// Much longer than an end takes, and much shorter than the wait after a refusal.
const SOON: Duration = Duration::from_secs(20);

/// A link that is wanted, and the way to give it orders.
fn keeper() -> (Keeper, mpsc::Sender<Order>) {
    let membership = Kit::new().membership;
    let (orders, inbox) = mpsc::channel(ORDERS_QUEUED_MAX);
    let keeper = Keeper {
        key: DeviceKey::from_seed([1; 32]),
        membership,
        owner: WeakOwnerHandle::of_ended(),
        inbox,
        status: watch::channel(Status::default()).0,
        live: true,
        once: Vec::new(),
        probes: Vec::new(),
        roster: Vec::new(),
        closing: None,
        dialer: None,
        away_until: None,
    };
    (keeper, orders)
}

/// After this one it waits for a quarter of an hour.
fn refused() -> LinkError {
    LinkError::Stopped(Halted::REVOKED)
}

#[tokio::test]
async fn a_link_that_was_asked_to_close_while_its_session_was_refused_ends_at_once() {
    let (mut keeper, _orders) = keeper();
    let (done, ended) = oneshot::channel();
    // The session took the order, and failed before it could act on it.
    keeper.take(Order::Close(done));
    let rested = timeout(SOON, keeper.rest(1, &refused())).await;
    rested.expect("there is nothing to wait for");
    assert_eq!(keeper.status.borrow().phase, Phase::Quiet);
    let ran = timeout(SOON, keeper.run()).await;
    ran.expect("it ends");
    ended.await.expect("the one who asked hears of it");
}

#[tokio::test]
async fn a_link_that_rests_ends_once_it_is_asked_to() {
    let (mut keeper, orders) = keeper();
    let (done, ended) = oneshot::channel();
    let asked = orders.send(Order::Close(done)).await;
    assert!(asked.is_ok(), "the link listens");
    let rested = timeout(SOON, keeper.rest(1, &refused())).await;
    rested.expect("the order cuts the wait short");
    let ran = timeout(SOON, keeper.run()).await;
    ran.expect("it ends");
    ended.await.expect("the one who asked hears of it");
}

#[test]
fn whether_the_hub_was_there_is_noted() {
    // The store blocks, so it is opened outside the runtime.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let kit = Kit::new();
    let mut replica = kit.open(1);
    let noted = |replica: &mut Replica| {
        let status = replica.status().unwrap();
        (status.hub_reachable, status.brief.last_reached)
    };
    assert_eq!(noted(&mut replica), (None, None));
    let before = clock::now();
    let note = async |owner: WeakOwnerHandle| {
        let (mut keeper, _orders) = keeper();
        keeper.owner = owner;
        keeper.note(true, None).await;
    };
    runtime.block_on(WeakOwnerHandle::to(&mut replica, note));
    let (reachable, reached) = noted(&mut replica);
    assert_eq!(reachable, Some(true));
    assert!(reached.is_some_and(|at| at >= before), "{reached:?}");
    let fail = async |owner: WeakOwnerHandle| {
        let (mut keeper, _orders) = keeper();
        keeper.owner = owner;
        keeper.failed(&LinkError::TooSlow).await;
    };
    runtime.block_on(WeakOwnerHandle::to(&mut replica, fail));
    assert_eq!(noted(&mut replica), (Some(false), reached));
}

#[test]
fn a_hub_keeps_no_device_away_for_good() {
    let busy = |wait_ms| LinkError::Busy { wait_ms }.asked_ms();
    assert_eq!(busy(1_000), Some(1_000));
    assert_eq!(busy(u64::MAX), Some(RETRY_DELAY_MS_MAX));
}
