//! The link to the hub: one task that connects, drives a session, and tries again when it breaks.

mod error;
mod reads;
pub(crate) mod running;
mod talk;
#[cfg(test)]
mod tests;

pub(crate) use self::error::{LinkError, reason, seconds};

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep},
};
use weft_host::{clock, failure::Failure, quic::Dialer, task};
use weft_shared::{
    identity::{DeviceKey, Operation},
    sync::backoff_ms,
    time::Timestamp,
    wire::NackCode,
};

use crate::{
    limits::{
        BUSY_TRIES_MAX, BUSY_WAIT_MS_MAX, EXCHANGE_MAX, ORDERS_QUEUED_MAX, RETRY_DELAY_MS_MAX,
    },
    owner::WeakOwnerHandle,
    replica::Membership,
    store::settings::Key,
};

/// A handle to the link.
#[derive(Clone)]
pub(crate) struct Link {
    /// `None` if there is no hub.
    orders: Option<mpsc::Sender<Order>>,
    status: watch::Receiver<Status>,
}

/// A request to the link.
enum Order {
    /// Keep in touch from now on, or stay quiet.
    Live(bool),
    /// Share what waits and take what is new, then report the result.
    Once(oneshot::Sender<Result<(), LinkError>>),
    /// Find out whether the hub serves this device, and share nothing for that.
    Probe(oneshot::Sender<Result<(), LinkError>>),
    /// Send a roster operation to the hub, then report whether it was accepted.
    Roster(Box<Operation>, oneshot::Sender<Result<(), LinkError>>),
    /// Say goodbye and end.
    Close(oneshot::Sender<()>),
}

/// The state of the link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) phase: Phase,
    /// Whether the last attempt reached the hub; `None` before the first.
    pub(crate) reachable: Option<bool>,
    /// The reason why the last attempt failed.
    pub(crate) trouble: Option<String>,
    /// A notice from the hub.
    pub(crate) notice: Option<String>,
}

impl Status {
    /// The hub's notice in words, if there is one.
    pub(crate) fn said(&self) -> Option<String> {
        let notice = self.notice.as_deref()?.trim_end_matches('.');
        Some(format!("The hub says: {notice}."))
    }
}

/// The link's current activity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// There is no request.
    #[default]
    Quiet,
    Connecting,
    /// The session is open and both ends are catching up.
    CatchingUp,
    /// Both ends hold the same.
    Live,
    /// The last attempt failed; the next is at this time.
    Waiting(Timestamp),
}

impl Phase {
    /// The error if an exchange that is in this phase has taken too long.
    const fn overdue(self) -> LinkError {
        match self {
            Self::CatchingUp | Self::Live => LinkError::Unfinished,
            Self::Quiet | Self::Connecting | Self::Waiting(_) => LinkError::TooSlow,
        }
    }
}

impl Link {
    /// Starts the task; it stays quiet until it gets an order.
    pub(crate) fn start(
        runtime: &tokio::runtime::Handle,
        key: DeviceKey,
        membership: Membership,
        owner: WeakOwnerHandle,
    ) -> Self {
        let (orders, inbox) = mpsc::channel(ORDERS_QUEUED_MAX);
        let (status, watched) = watch::channel(Status::default());
        let keeper = Keeper {
            key,
            membership,
            owner,
            inbox,
            status,
            live: false,
            once: Vec::new(),
            probes: Vec::new(),
            roster: Vec::new(),
            closing: None,
            dialer: None,
            away_until: None,
        };
        task::spawn_on(runtime, keeper.run());
        Self {
            orders: Some(orders),
            status: watched,
        }
    }

    /// The link of a computer that works alone: every order is refused.
    pub(crate) fn none() -> Self {
        Self {
            orders: None,
            status: watch::channel(Status::default()).1,
        }
    }

    /// Whether there is no hub.
    pub(crate) const fn is_none(&self) -> bool {
        self.orders.is_none()
    }

    /// Keeps in touch with the hub from now on, or hangs up and stays quiet.
    pub(crate) async fn live(&self, live: bool) {
        if let Some(orders) = &self.orders {
            // If the node is ending there is nothing to keep.
            let _ = orders.send(Order::Live(live)).await;
        }
    }

    /// Shares what waits and takes what is new, once.
    pub(crate) async fn exchange(&self) -> Result<(), LinkError> {
        let (done, outcome) = oneshot::channel();
        self.ask(Order::Once(done), outcome).await
    }

    /// Finds out whether the hub serves this device, and its time. Nothing is shared for that.
    pub(crate) async fn probe(&self) -> Result<(), LinkError> {
        let (done, outcome) = oneshot::channel();
        self.ask(Order::Probe(done), outcome).await
    }

    /// Sends a roster operation to the hub. Once this returns `Ok`, the operation is accepted.
    pub(crate) async fn roster(&self, operation: Operation) -> Result<(), LinkError> {
        let (done, outcome) = oneshot::channel();
        self.ask(Order::Roster(Box::new(operation), done), outcome)
            .await
    }

    /// Says goodbye to the hub and ends the task.
    pub(crate) async fn close(&self) {
        let (done, ended) = oneshot::channel();
        let Some(orders) = &self.orders else {
            return;
        };
        if orders.send(Order::Close(done)).await.is_ok() {
            let _ = ended.await;
        }
    }

    /// Returns the link's current state.
    pub(crate) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    async fn ask(
        &self,
        order: Order,
        outcome: oneshot::Receiver<Result<(), LinkError>>,
    ) -> Result<(), LinkError> {
        let orders = self.orders.as_ref().ok_or(LinkError::Alone)?;
        let sent = orders.send(order).await;
        sent.map_err(|_| LinkError::Ending)?;
        match tokio::time::timeout(EXCHANGE_MAX, outcome).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(LinkError::Ending),
            Err(_) => Err(self.status().phase.overdue()),
        }
    }
}

/// A roster operation on its way, and the caller waiting for it.
struct Offer {
    operation: Operation,
    done: oneshot::Sender<Result<(), LinkError>>,
    /// Number of times that it was signed since something new came.
    tries: u32,
    /// The state of the replica when it was signed last.
    version: u64,
}

/// The state of the task.
struct Keeper {
    key: DeviceKey,
    membership: Membership,
    owner: WeakOwnerHandle,
    inbox: mpsc::Receiver<Order>,
    status: watch::Sender<Status>,
    live: bool,
    once: Vec<oneshot::Sender<Result<(), LinkError>>>,
    probes: Vec<oneshot::Sender<Result<(), LinkError>>>,
    roster: Vec<Offer>,
    closing: Option<oneshot::Sender<()>>,
    dialer: Option<Dialer>,
    /// The time until which the hub has asked this device to stay away.
    away_until: Option<Instant>,
}

impl Keeper {
    async fn run(mut self) {
        let mut attempt = 0;
        while self.closing.is_none() {
            if !self.wanted() {
                self.set_phase(Phase::Quiet);
                let Some(order) = self.inbox.recv().await else {
                    break;
                };
                self.take(order);
                continue;
            }
            if self.stays_away().await {
                continue;
            }
            match self.converse().await {
                Ok(()) => attempt = 0,
                Err(LinkError::Ending) => break,
                Err(error) => {
                    if error.reached() {
                        attempt = attempt.max(1);
                    }
                    let asked_ms = error.asked_ms();
                    self.away_until = asked_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
                    // A caller waits with the link while a hub is busy for a moment.
                    let short = asked_ms.is_some_and(|ms| ms <= BUSY_WAIT_MS_MAX);
                    if !short || attempt > BUSY_TRIES_MAX {
                        self.failed(&error).await;
                    }
                    attempt += 1;
                    self.rest(attempt, &error).await;
                }
            }
        }
        if let Some(done) = self.closing.take() {
            let _ = done.send(());
        }
    }

    fn wanted(&self) -> bool {
        self.shares() || !self.probes.is_empty()
    }

    /// Whether something is to be exchanged, rather than only looked up.
    fn shares(&self) -> bool {
        self.live || !self.once.is_empty() || !self.roster.is_empty()
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Live(live) => self.live = live,
            Order::Once(done) => self.once.push(done),
            Order::Probe(done) => self.probes.push(done),
            Order::Roster(operation, done) => self.roster.push(Offer {
                operation: *operation,
                done,
                tries: 0,
                version: 0,
            }),
            Order::Close(done) => self.closing = Some(done),
        }
    }

    /// Reports the failure to all waiting callers.
    fn report(&mut self, error: &LinkError) {
        for done in self.once.drain(..).chain(self.probes.drain(..)) {
            let _ = done.send(Err(error.clone()));
        }
        for offer in self.roster.drain(..) {
            let _ = offer.done.send(Err(error.clone()));
        }
    }

    /// Records the failure, then reports it to all waiting callers: they may ask for the record.
    async fn failed(&mut self, error: &LinkError) {
        tracing::info!(%error, "no exchange with the hub");
        let reached = error.reached();
        self.status.send_modify(|status| {
            status.reachable = Some(reached);
            status.trouble = Some(Failure::from(error.clone()).to_string());
        });
        self.note(reached, error.refused()).await;
        self.report(error);
    }

    async fn note(&self, reached: bool, refused: Option<NackCode>) {
        let now = clock::now();
        let is = move |code| i64::from(refused == Some(code));
        let noted = self.owner.call(move |replica| {
            replica.set_setting(Key::HubReachable, i64::from(reached))?;
            if reached {
                replica.set_setting(Key::LastReached, now.ms())?;
                replica.set_setting(Key::SaidRevoked, is(NackCode::Revoked))?;
                replica.set_setting(Key::SaidBlocked, is(NackCode::Blocked))?;
                replica.set_setting(Key::SaidFull, is(NackCode::Full))?;
            }
            Ok::<_, weft_store::StoreError>(())
        });
        if let Some(Err(error)) = noted.await {
            tracing::warn!(%error, "could not record whether the hub was there");
        }
    }

    /// Waits before the next attempt; any order cuts the wait short.
    async fn rest(&mut self, attempt: u32, error: &LinkError) {
        // The program may have been asked to end meanwhile. Nothing else would wake it.
        if self.closing.is_some() || !self.wanted() {
            return;
        }
        let jitter = u64::from_be_bytes(weft_host::random::random_bytes());
        let wait_ms = match error {
            // It said for how long. One that says "at once" again and again is not believed.
            LinkError::Busy { .. } if attempt <= BUSY_TRIES_MAX + 1 => return,
            LinkError::Busy { .. } => backoff_ms(attempt - BUSY_TRIES_MAX - 2, jitter),
            // Nothing that this device can do will change the hub's mind.
            LinkError::Stopped(_) => RETRY_DELAY_MS_MAX,
            _ => backoff_ms(attempt, jitter),
        };
        self.wait(Duration::from_millis(wait_ms)).await;
    }

    /// Waits if the hub has asked this device to stay away. Returns whether to look again before
    /// calling it, because an order has come or the time is over.
    async fn stays_away(&mut self) -> bool {
        let Some(until) = self.away_until else {
            return false;
        };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            self.away_until = None;
            return false;
        }
        let wait_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        if wait_ms > BUSY_WAIT_MS_MAX {
            self.report(&LinkError::Busy { wait_ms });
        }
        if self.wanted() {
            self.wait(left).await;
        }
        true
    }

    /// Waits until then, or for an order.
    async fn wait(&mut self, time: Duration) {
        let ms = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.set_phase(Phase::Waiting(clock::now().plus_ms(ms)));
        tokio::select! {
            () = sleep(time) => {}
            order = self.inbox.recv() => match order {
                Some(order) => self.take(order),
                None => self.live = false,
            },
        }
    }

    fn set_phase(&self, phase: Phase) {
        self.status.send_if_modified(|status| {
            let moved = status.phase != phase;
            status.phase = phase;
            moved
        });
    }
}
