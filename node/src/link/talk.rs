//! One conversation with the hub: connects, catches up, and stays in touch until something ends it.

use std::ops::ControlFlow;

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until, timeout},
};
use weft_host::{
    clock,
    drive::{self, Answers, Application, drive},
    quic::{Dialer, Peer},
    task,
};
use weft_shared::{
    id::{Dix, LocationId},
    log::gate::Height,
    sync::{CloseReason, Event, Local, Session},
    wire::NackCode,
};
use weft_store::{StoreError, host::Answer};

use super::{Keeper, LinkError, Offer, Phase};
use crate::{
    limits::{
        CLOCK_OFF_MS_MAX, FORK_EVIDENCE_WAIT, KEEP_ALIVE, ROSTER_RETRY_WAIT, ROSTER_TRIES_MAX,
        SESSION_END_MAX, SESSION_EVENTS_MAX,
    },
    owner::Head,
    replica::Replica,
    store::settings::Key,
};

/// The state of one conversation.
struct Talk {
    answers: Answers<Session>,
    location: LocationId,
    /// Both ends hold the same.
    live: bool,
    /// The state of our log and roster as last reported to the session.
    told: Option<Head>,
    /// The reason why the session is closing.
    ending: Option<LinkError>,
    /// A roster operation was handed to the session.
    offering: bool,
    /// The time to sign the next one, while waiting for news of what has changed.
    offer_at: Option<Instant>,
    /// The deadline for the hub to show the other work that it claims to hold of this device.
    doubted: Option<Instant>,
}

/// Passes a session's events on to the link's task.
struct Relay(mpsc::Sender<Event>);

impl Application<Session> for Relay {
    fn handle_event(&mut self, event: Event, _: &Answers<Session>) -> ControlFlow<()> {
        let over = matches!(event, Event::Closed { .. });
        // The session keeps far fewer requests pending than fit, so a full queue is a bug.
        match self.0.try_send(event) {
            Ok(()) if !over => ControlFlow::Continue(()),
            Ok(()) | Err(_) => ControlFlow::Break(()),
        }
    }
}

impl Keeper {
    /// Connects and talks until there is nothing more to do, or something breaks.
    pub(super) async fn converse(&mut self) -> Result<(), LinkError> {
        self.set_phase(Phase::Connecting);
        let peer = self.connect().await?;
        let outcome = self.talk(&peer).await;
        peer.hang_up().await;
        outcome
    }

    async fn connect(&mut self) -> Result<Peer, LinkError> {
        let dialer = match &self.dialer {
            Some(dialer) => dialer.clone(),
            None => {
                let dialer =
                    Dialer::new(&self.key, self.membership.hub).map_err(LinkError::connect)?;
                self.dialer.insert(dialer).clone()
            }
        };
        let keep_alive = self.live.then_some(KEEP_ALIVE);
        let address = self.membership.address.clone();
        let connecting = dialer.connect(&address, keep_alive);
        tokio::pin!(connecting);
        loop {
            tokio::select! {
                connected = &mut connecting => return connected.map_err(LinkError::connect),
                order = self.inbox.recv() => match order {
                    Some(order) => self.take(order),
                    None => return Err(LinkError::Ending),
                },
            }
            if self.closing.is_some() {
                return Err(LinkError::Ending);
            }
        }
    }

    async fn talk(&mut self, peer: &Peer) -> Result<(), LinkError> {
        let streams = peer
            .connection
            .open_bi()
            .await
            .map_err(|error| LinkError::Lost {
                why: error.to_string(),
            })?;
        let replica = self
            .owner
            .call(|replica| (replica.for_session(), replica.waiting()));
        let (replica, waiting) = replica.await.ok_or(LinkError::Ending)?;
        let local = Local {
            device: self.key.id(),
            replica,
            outbox: waiting,
            wants_zero: true,
        };
        let mut session = Session::connect(local, clock::now());
        let (answers, inbox) = drive::answers();
        let (relay, mut events) = mpsc::channel(SESSION_EVENTS_MAX);
        let mut talk = Talk {
            answers: answers.clone(),
            location: self.membership.location,
            live: false,
            told: None,
            ending: None,
            offering: false,
            offer_at: None,
            doubted: None,
        };
        let mut driving = task::spawn(async move {
            drive(&mut session, streams, &mut Relay(relay), (answers, inbox))
                .await
                .to_string()
        });
        self.set_phase(Phase::CatchingUp);
        let outcome = self.attend(&mut talk, &mut events).await;
        // Close the session too, or it would wait for as long as the hub is there.
        let hung_up = talk.answers.try_send(|session, _| session.close());
        drop(events);
        let ended = match timeout(SESSION_END_MAX, &mut driving).await {
            Ok(Ok(why)) => Some(why),
            Ok(Err(_)) => None,
            Err(_) => {
                tracing::warn!(hung_up, "the session did not end by itself");
                driving.abort();
                None
            }
        };
        let why = ended.unwrap_or_else(|| "the session broke".to_owned());
        match (talk.ending, outcome) {
            (Some(error), _) | (None, Err(error)) => Err(error),
            (None, Ok(true)) => Ok(()),
            (None, Ok(false)) => Err(LinkError::Lost { why }),
        }
    }

    /// Serves the session until it ends (`false`) or is no longer needed (`true`).
    async fn attend(
        &mut self,
        talk: &mut Talk,
        events: &mut mpsc::Receiver<Event>,
    ) -> Result<bool, LinkError> {
        let mut heads = self.owner.heads.clone();
        loop {
            let head = heads.borrow_and_update().clone();
            talk.tell(&head).await?;
            self.offer_next(talk).await?;
            self.settle(talk, &head).await;
            if self.closing.is_some() || (!self.wanted() && talk.live) {
                talk.hang_up().await;
                while let Some(event) = events.recv().await {
                    self.hear(talk, event).await?;
                }
                talk.ending = None;
                return Ok(true);
            }
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.hear(talk, event).await?,
                    None => return Ok(false),
                },
                moved = heads.changed() => moved.map_err(|_| LinkError::Ending)?,
                order = self.inbox.recv() => match order {
                    Some(order) => self.take(order),
                    None => return Err(LinkError::Ending),
                },
                () = at(talk.offer_at) => talk.offer_at = None,
                () = at(talk.doubted) => return Err(LinkError::Doubted),
            }
        }
    }

    /// Reports success to waiting callers once both ends hold the same and nothing waits.
    async fn settle(&mut self, talk: &Talk, head: &Head) {
        if !talk.live || head.waiting > 0 || talk.doubted.is_some() {
            return;
        }
        self.set_phase(Phase::Live);
        let reachable = self.status.borrow().reachable;
        if reachable != Some(true) {
            self.status.send_modify(|status| {
                status.reachable = Some(true);
                status.trouble = None;
            });
            self.note(true, false).await;
        }
        for done in self.once.drain(..) {
            let _ = done.send(Ok(()));
        }
    }

    async fn hear(&mut self, talk: &mut Talk, event: Event) -> Result<(), LinkError> {
        match &event {
            Event::Live => talk.live = true,
            Event::Welcome { server_time, .. } => {
                let behind = server_time.since_ms(clock::now());
                self.note_clock(behind).await;
            }
            Event::Notice { text, .. } => {
                self.status
                    .send_modify(|status| status.notice = Some(text.clone()));
            }
            Event::RosterAccepted { location } if *location == talk.location => {
                self.offer_done(talk, Ok(()));
            }
            Event::RosterRefused { code, text, .. } => {
                self.offer_refused(talk, *code, text.clone());
            }
            Event::Refused(refused) => {
                // A person is told in words, by whoever waits for the exchange.
                tracing::info!(?refused, "something was refused");
                if refused.code == NackCode::Fork && talk.is_own(refused.log) {
                    // The hub's unproven claim stops no work: see `host::Device::appended`.
                    talk.doubted = Some(Instant::now() + FORK_EVIDENCE_WAIT);
                }
            }
            Event::Closed { reason, .. } => talk.ending = ending(reason),
            _ => {}
        }
        let may_stop = match &event {
            Event::Refused(_) | Event::OwnLog { .. } => true,
            // Entries in our own log from somebody else, signed with our key.
            Event::Persist { location, dix, .. } => talk.is_own(Some((*location, *dix, 0))),
            _ => false,
        };
        match self.ask(event).await.ok_or(LinkError::Ending)? {
            Ok(None) => {}
            Err(error) | Ok(Some(Answer::Failed(error))) => {
                return Err(LinkError::Store(error.to_string()));
            }
            Ok(Some(answer)) => {
                let give = move |session: &mut Session, now| answer.give(session, now);
                talk.answers.send(give).await;
            }
        }
        if may_stop {
            self.check_stopped().await?;
        }
        Ok(())
    }

    /// Answers what the session wants from the replica; `None` if the node has ended.
    async fn ask(&self, event: Event) -> Option<Result<Option<Answer>, StoreError>> {
        let (answer_to, answered) = oneshot::channel();
        let work = move |replica: &mut Replica| match replica.answer(event, clock::now()) {
            Ok((answer, after)) => {
                let _ = answer_to.send(Ok(answer));
                replica.read_soon(after);
            }
            Err(error) => {
                let _ = answer_to.send(Err(error));
            }
        };
        self.owner.serve(work).await?;
        answered.await.ok()
    }

    /// Records the error of this computer's clock, if it is large enough to mention.
    async fn note_clock(&self, behind_ms: i64) {
        let far = behind_ms.saturating_abs() > CLOCK_OFF_MS_MAX;
        let behind_ms = if far { behind_ms } else { 0 };
        let noted = self.owner.call(move |replica| {
            let before: Option<i64> = replica.setting(Key::ClockBehind)?;
            // Most clocks are right and stay so, which needs no write.
            if before.unwrap_or(0) == behind_ms {
                return Ok(());
            }
            replica.set_setting(Key::ClockBehind, behind_ms)
        });
        if let Some(Err(error)) = noted.await {
            tracing::warn!(%error, "could not take down by how much the clock is off");
        }
    }

    /// Checks after a refusal whether this device may go on at all.
    async fn check_stopped(&self) -> Result<(), LinkError> {
        let halted = self.owner.call(|replica| replica.halted()).await;
        match halted.ok_or(LinkError::Ending)? {
            Some(halted) => Err(LinkError::Stopped(halted)),
            None => Ok(()),
        }
    }

    /// Signs the next roster operation on the current roster and hands it to the session.
    async fn offer_next(&mut self, talk: &mut Talk) -> Result<(), LinkError> {
        if talk.offering || !talk.live || talk.offer_at.is_some() {
            return Ok(());
        }
        let Some(offer) = self.roster.first_mut() else {
            return Ok(());
        };
        offer.tries += 1;
        let operation = offer.operation.clone();
        let signed = self
            .owner
            .call(move |replica| replica.sign(operation, clock::now()))
            .await
            .ok_or(LinkError::Ending)?;
        match signed {
            Ok(signed) => {
                talk.offering = true;
                talk.answers
                    .send(move |session, now| session.offer_roster(now, vec![signed]))
                    .await;
            }
            Err(text) => self.offer_refused(talk, NackCode::RosterRefused, text),
        }
        Ok(())
    }

    fn offer_refused(&mut self, talk: &mut Talk, code: NackCode, text: String) {
        let tries = self.roster.first().map_or(0, |offer| offer.tries);
        if code == NackCode::RosterStale && (1..ROSTER_TRIES_MAX).contains(&tries) {
            // News is on its way: a roster, or entries of a log that is to be sealed.
            talk.offering = false;
            talk.offer_at = Some(Instant::now() + ROSTER_RETRY_WAIT * tries);
        } else {
            self.offer_done(talk, Err(LinkError::Refused { code, text }));
        }
    }

    fn offer_done(&mut self, talk: &mut Talk, outcome: Result<(), LinkError>) {
        talk.offering = false;
        if !self.roster.is_empty() {
            let Offer { done, .. } = self.roster.remove(0);
            let _ = done.send(outcome);
        }
    }
}

impl Talk {
    /// Reports to the session what was saved since the last report.
    async fn tell(&mut self, head: &Head) -> Result<(), LinkError> {
        let told = self.told.replace(head.clone());
        let Some(told) = told else {
            return Ok(());
        };
        if told.rewrites != head.rewrites {
            // The session relies on our log as it was last reported, so a new session starts.
            return Err(LinkError::Lost {
                why: "something was taken back before it was shared".to_owned(),
            });
        }
        let location = self.location;
        if told.roster.head() != head.roster.head() {
            let roster = (*head.roster).clone();
            self.answers
                .send(move |session, now| session.handle_roster_changed(now, roster))
                .await;
        }
        let height = |head: &Head| head.log.map_or(Height::ZERO, |(_, height)| height);
        if let Some((dix, now_at)) = head.log
            && now_at != height(&told)
        {
            self.answers
                .send(move |session, now| session.handle_stored(now, location, dix, now_at))
                .await;
        }
        Ok(())
    }

    /// Whether a log is this device's own.
    fn is_own(&self, log: Option<(LocationId, Dix, u64)>) -> bool {
        let own = self.told.as_ref().and_then(|told| told.log);
        log.is_some_and(|(location, dix, _)| {
            location == self.location && own.is_some_and(|(own, _)| own == dix)
        })
    }

    async fn hang_up(&self) {
        self.answers.send(|session, _| session.close()).await;
    }
}

/// Waits until `moment`, or for ever if there is none.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Turns the end of a session into the error for waiting callers.
fn ending(reason: &CloseReason) -> Option<LinkError> {
    let refused = |code: &NackCode, text: &str| LinkError::Refused {
        code: *code,
        text: text.to_owned(),
    };
    match reason {
        CloseReason::Shutdown | CloseReason::JoinOver => None,
        CloseReason::Disconnected => Some(LinkError::Lost {
            why: "the connection was lost".to_owned(),
        }),
        CloseReason::TimedOut => Some(LinkError::TooSlow),
        CloseReason::RetryAfter => Some(LinkError::Lost {
            why: "the hub is busy and asks to come back later".to_owned(),
        }),
        CloseReason::RefusedByPeer(code, text) | CloseReason::RefusedHere(code, text) => {
            Some(refused(code, text))
        }
        CloseReason::StoreFailed => Some(LinkError::Store(
            "the disk may be full. Nothing is lost, the hub keeps it: free some space and try again"
                .to_owned(),
        )),
    }
}
