//! One conversation with the hub: connects, catches up, and stays in touch until something ends it.

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until, timeout},
};
use weft_host::{
    clock,
    drive::SessionHandle,
    failure::Failure,
    quic::{Dialer, Peer},
};
use weft_shared::{
    id::{DeviceIndex, LocationId},
    log::gate::Height,
    sync::{Event, Local, Refused, Session, Side},
    wire::NackCode,
};
use weft_store::{StoreError, host::HostReply};

use super::{
    Keeper, LinkError, Offer, Phase,
    error::ending,
    reads::{News, Reads},
    running::Running,
};
use crate::{
    limits::{
        CLOCK_OFF_MS_MAX, FORK_EVIDENCE_WAIT, KEEP_ALIVE, ROSTER_RETRY_WAIT, ROSTER_TRIES_MAX,
        SESSION_END_MAX, UNTAKEN_RETRY_WAIT,
    },
    owner::Head,
    replica::Replica,
    store::settings::Key,
};

/// The state of one conversation.
pub(super) struct Talk {
    pub(super) answers: SessionHandle<Session>,
    location: LocationId,
    /// Both ends hold the same.
    pub(super) live: bool,
    /// The state of our log and roster as last reported to the session.
    told: Head,
    /// The reason why the session is closing.
    ending: Option<LinkError>,
    /// A roster operation was handed to the session.
    offering: bool,
    /// The time to sign the next one, while waiting for news of what has changed.
    offer_at: Option<Instant>,
    /// The hub's refusal of our log, which leaves the rest of the session as it is.
    untaken: Option<Untaken>,
    /// The deadline for the hub to show the other work that it claims to hold of this device.
    doubted: Option<Instant>,
    /// The next step with the hub's ledger of reads.
    pub(super) reads: Reads,
    /// News of the hub since that was asked for.
    pub(super) news: News,
}

/// The hub's refusal of our log.
struct Untaken {
    error: LinkError,
    /// The time to try again.
    again: Instant,
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
        // Older than what the session begins with, so that nothing is missed between the two.
        let told = self.owner.heads.borrow().clone();
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
        let session = Session::connect(local, clock::now());
        let Running {
            answers,
            mut events,
            mut driving,
        } = Running::start(peer, session).await?;
        let mut talk = Talk {
            answers,
            location: self.membership.location,
            live: false,
            told,
            ending: None,
            offering: false,
            offer_at: None,
            untaken: None,
            doubted: None,
            reads: Reads::AskAt(Instant::now()),
            news: News::new(),
        };
        self.set_phase(Phase::CatchingUp);
        let outcome = match self.shares() {
            true => self.attend(&mut talk, &mut events).await,
            false => self.look(&mut talk, &mut events).await,
        };
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

    /// Waits for the hub's greeting, and answers no question of the session, so that nothing leaves
    /// the store. Returns whether the greeting came.
    async fn look(
        &mut self,
        talk: &mut Talk,
        events: &mut mpsc::Receiver<Event>,
    ) -> Result<bool, LinkError> {
        while let Some(event) = events.recv().await {
            match event {
                Event::Welcome { server_time, .. } => {
                    self.note_clock(server_time.since_ms(clock::now())).await;
                    self.answer_probes();
                    return Ok(true);
                }
                Event::Closed {
                    reason,
                    retry_after_ms,
                } => talk.ending = ending(&reason, retry_after_ms),
                _ => {}
            }
        }
        Ok(false)
    }

    fn answer_probes(&mut self) {
        for done in self.probes.drain(..) {
            let _ = done.send(Ok(()));
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
            talk.tell(&head).await;
            self.offer_next(talk).await?;
            self.ask_reads(talk).await?;
            self.settle(talk, &head).await;
            if self.closing.is_some() || (!self.wanted() && talk.is_done()) {
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
                order = self.inbox.recv() => {
                    self.take(order.ok_or(LinkError::Ending)?);
                    if !self.once.is_empty() {
                        talk.ask_reads_now();
                    }
                    if talk.live && talk.untaken.is_some() && !self.once.is_empty() {
                        // A new session offers again the entries that were refused.
                        return Ok(true);
                    }
                }
                () = at(talk.untaken.as_ref().map(|untaken| untaken.again)) => return Ok(true),
                () = at(talk.offer_at) => talk.offer_at = None,
                () = sleep_until(talk.reads_at()), if talk.live => {}
                () = at(talk.doubted) => return Err(LinkError::Doubted),
            }
        }
    }

    /// Reports to waiting callers once both ends hold the same and nothing waits, or the hub takes
    /// nothing of what waits.
    async fn settle(&mut self, talk: &Talk, head: &Head) {
        if talk.live {
            self.answer_probes();
        }
        if !talk.is_done() || talk.doubted.is_some() {
            return;
        }
        let outcome = match &talk.untaken {
            Some(Untaken { error, .. }) => Err(error.clone()),
            None if head.waiting > 0 => return,
            None => Ok(()),
        };
        self.set_phase(Phase::Live);
        let trouble = outcome
            .clone()
            .err()
            .map(|error| Failure::from(error).to_string());
        let moved = self.status.send_if_modified(|status| {
            let moved = (status.reachable, &status.trouble) != (Some(true), &trouble);
            (status.reachable, status.trouble) = (Some(true), trouble);
            moved
        });
        if moved {
            let refused = outcome.as_ref().err().and_then(LinkError::refused);
            self.note(true, refused).await;
        }
        for done in self.once.drain(..) {
            let _ = done.send(outcome.clone());
        }
    }

    async fn hear(&mut self, talk: &mut Talk, event: Event) -> Result<(), LinkError> {
        match &event {
            Event::Live => talk.live = true,
            Event::Welcome { server_time, .. } => {
                let behind = server_time.since_ms(clock::now());
                self.note_clock(behind).await;
                // A notice of an earlier session is over.
                self.status
                    .send_if_modified(|status| status.notice.take().is_some());
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
            Event::Reads(part) => self.take_reads(talk, part).await?,
            Event::Persist { location, .. } if *location == self.membership.zero => {
                talk.news.of_hub = true;
            }
            Event::Refused(refused) => {
                // A person reads it in words, in the answer to the exchange.
                tracing::info!(?refused, "something was refused");
                talk.take_refusal(refused);
            }
            Event::Closed {
                reason,
                retry_after_ms,
            } => talk.ending = ending(reason, *retry_after_ms),
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
            Err(error) | Ok(Some(HostReply::Failed(error))) => {
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
    async fn ask(&self, event: Event) -> Option<Result<Option<HostReply>, StoreError>> {
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
            tracing::warn!(%error, "could not record by how much the clock is off");
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
        if talk.told.version != std::mem::replace(&mut offer.version, talk.told.version) {
            offer.tries = 0;
        }
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
        let waits = self.roster.first().filter(|offer| !offer.done.is_closed());
        let tries = waits.map_or(0, |offer| offer.tries);
        if code == NackCode::RosterStale && (1..ROSTER_TRIES_MAX).contains(&tries) {
            // News is on its way: a roster, or entries of a log that is to be sealed.
            talk.offering = false;
            talk.offer_at = Some(Instant::now() + ROSTER_RETRY_WAIT * tries);
        } else {
            let refused = LinkError::Refused {
                code,
                text,
                wait_ms: None,
            };
            self.offer_done(talk, Err(refused));
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
    async fn tell(&mut self, head: &Head) {
        let told = std::mem::replace(&mut self.told, head.clone());
        let location = self.location;
        if told.roster.head() != head.roster.head() {
            let roster = (*head.roster).clone();
            self.answers
                .send(move |session, now| session.handle_roster_changed(now, roster))
                .await;
        }
        let height = |head: &Head| head.log.map_or(Height::ZERO, |(_, height)| height);
        let Some((dix, now_at)) = head.log else {
            return;
        };
        if told.rewrites != head.rewrites {
            self.answers
                .send(move |session, now| session.handle_rewritten(now, location, dix, now_at))
                .await;
        } else if now_at != height(&told) {
            self.answers
                .send(move |session, now| session.handle_stored(now, location, dix, now_at))
                .await;
        }
    }

    /// Takes note of a refusal of our own log that does not end the session.
    fn take_refusal(&mut self, refused: &Refused) {
        if !self.is_own(refused.log) {
            return;
        }
        let now = Instant::now();
        if refused.code == NackCode::Fork {
            // The hub's unproven claim stops no work: see `host::Device::appended`.
            self.doubted = Some(now + FORK_EVIDENCE_WAIT);
        } else if refused.by == Side::Peer {
            self.untaken = Some(Untaken {
                error: LinkError::Untaken {
                    code: refused.code,
                    text: refused.text.clone(),
                },
                again: now + UNTAKEN_RETRY_WAIT,
            });
        }
    }

    /// Whether a log is this device's own.
    fn is_own(&self, log: Option<(LocationId, DeviceIndex, u64)>) -> bool {
        let own = self.told.log;
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
