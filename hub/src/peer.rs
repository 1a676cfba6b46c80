//! One session with a device: its questions go to the host of sessions, the answers come back.

mod admission;
pub(crate) mod bundle;
mod link;

use std::{
    future::Future,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Waker},
};

pub(crate) use self::{admission::AdmissionState, link::HubHost};

use quinn::{RecvStream, SendStream};
use weft_host::{
    clock,
    drive::{self, Application, SessionHandle},
    task,
};
use weft_shared::{
    id::{DeviceId, LocationId},
    identity::reads::SentSeen,
    seen::LocationSeen,
    sync::{Event, JoinRefusal, Persisted, Refused, Session, Side},
    time::Timestamp,
    wire::{
        limits::{DEVICE_SESSIONS_MAX, SEEN_BYTES_MAX},
        message::NoticeLevel,
    },
};
use weft_store::host::{self, HostReply, Wish};

use crate::{
    app::{AppHandle, Shared},
    limits::SEEN_WAIT_MAX,
    pages,
    registry::{Basis, Mailbox, Seat},
    store::{StoreError, derived::again, invites, rosters},
};

/// Serves one stream until either side ends it, and records when the device is admitted.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    device: DeviceId,
    streams: (SendStream, RecvStream),
    admission: Arc<AdmissionState>,
) {
    let (mut session, mut desk) = begin(shared, device, admission);
    let (answers, inbox) = drive::channel();
    let ended = drive::drive(&mut session, streams, &mut desk, (answers, inbox)).await;
    tracing::debug!(%device, %ended, "a session ended");
}

/// Accepts a session of a device that has proved its key, for a driver of the caller's own.
pub fn accept(app: &AppHandle, device: DeviceId) -> (Session, impl Application<Session> + use<>) {
    begin(
        Arc::clone(&app.shared),
        device,
        Arc::new(AdmissionState::new(None)),
    )
}

fn begin(shared: Arc<Shared>, device: DeviceId, admission: Arc<AdmissionState>) -> (Session, Desk) {
    let session = Session::accept(device, clock::now()).among(&shared.inboxes);
    let desk = Desk {
        link: HubHost::new(shared, device),
        admission,
        seat: None,
        exchange: Exchange::default(),
    };
    (session, desk)
}

/// One session's events at the hub.
#[derive(Clone)]
struct Desk {
    link: HubHost,
    admission: Arc<AdmissionState>,
    /// Taken at HELLO; delivers what other sessions store.
    seat: Option<Arc<Seat>>,
    exchange: Exchange,
}

/// The events of a session that decide whether its location has synced.
#[derive(Clone, Debug, Default)]
struct Exchange {
    location: Option<LocationId>,
    live: bool,
    refused: bool,
    /// Something that the device sent is stored here. Answers raise it, beside the session.
    stored: Arc<AtomicBool>,
}

impl Exchange {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::Hello { location, .. } => self.location = Some(*location),
            Event::Live => self.live = true,
            Event::Refused(refused) if refused.by == Side::Here && refused.log.is_some() => {
                self.refused = true;
            }
            _ => {}
        }
    }

    /// The location, if all that its device offered is stored here, or a part of it although
    /// another part was refused: one full log must not make a whole location look silent.
    fn synced(&self) -> Option<LocationId> {
        let exchanged = !self.refused || self.stored.load(Ordering::Acquire);
        self.location.filter(|_| self.live && exchanged)
    }
}

impl Application<Session> for Desk {
    fn handle_event(&mut self, event: Event, answers: &SessionHandle<Session>) -> ControlFlow<()> {
        self.exchange.hear(&event);
        match &event {
            Event::Join { .. } => self.admission.joins(),
            Event::Hello { location, .. } => self.sit(*location, answers),
            Event::Live => {
                let desk = self.clone();
                task::spawn(async move { desk.note_sync().await });
            }
            Event::Refused(refused) => log_refusal(&self.link.device, refused),
            Event::Closed { reason, .. } => {
                tracing::debug!(device = %self.link.device, ?reason, "a session closes");
                return ControlFlow::Break(());
            }
            _ => {}
        }
        let (desk, answers) = (self.clone(), answers.clone());
        match host::sort(event, &self.link) {
            Wish::Read(read) => {
                task::spawn(async move {
                    let link = desk.link.clone();
                    let store = &desk.link.shared.store;
                    let answer =
                        store.read(move |conn| Ok::<_, StoreError>(read.answer(conn, &link)));
                    let answer = answer.await.unwrap_or_else(HostReply::Failed);
                    desk.give(&answers, answer).await;
                });
            }
            Wish::Write(write) => {
                let (link, now) = (self.link.clone(), clock::now());
                let writer = link.shared.store.writer().clone();
                let write = async move { write.commit(&writer, link, now).await };
                queue_now(write, |answer| async move {
                    desk.give(&answers, answer).await;
                });
            }
            Wish::News(_) => {}
        }
        ControlFlow::Continue(())
    }
}

fn log_refusal(device: &DeviceId, refused: &Refused) {
    let Refused {
        by,
        code,
        log,
        text,
    } = refused;
    match by {
        Side::Here => tracing::warn!(%device, ?code, ?log, text, "entries were refused"),
        Side::Peer => tracing::warn!(%device, ?code, ?log, text, "the device refused entries"),
    }
}

impl Desk {
    /// Takes a seat before the store is read, so that nothing stored from now on is missed.
    fn sit(&mut self, location: LocationId, answers: &SessionHandle<Session>) {
        let sessions = &self.link.shared.sessions;
        let seat = sessions.sit(location, self.link.device, DEVICE_SESSIONS_MAX);
        task::spawn(deliver(Arc::clone(&seat.mailbox), answers.clone()));
        self.link.by = Some(seat.number());
        self.seat = Some(Arc::new(seat));
    }

    /// Gives an answer to the session, with what only the hub adds to it.
    async fn give(self, answers: &SessionHandle<Session>, mut answer: HostReply) {
        let HubHost { shared, device, .. } = self.link.clone();
        match &mut answer {
            HostReply::Joined(_, joined) => match &mut **joined {
                Ok(joined) => {
                    if let Some(place) = shared.own.standing().places().remove(&joined.code) {
                        (joined.name, joined.name_mi) = (place.name, place.name_mi);
                    }
                    self.admission.admit();
                }
                Err(JoinRefusal::Refused { code, text }) => {
                    tracing::info!(%device, ?code, ?text, "a join was refused");
                    self.admission.is_refused();
                }
                Err(JoinRefusal::Stale(_)) => {}
            },
            HostReply::Admitted(_, admitted) if admitted.is_ok() => self.admission.admit(),
            // A proof takes the room; the device asks again at once.
            HostReply::Reads(_, Some(part)) if part.proof.is_none() => {
                part.seen = self.seen().await;
            }
            HostReply::Persisted(_, Persisted::Stored) => {
                self.exchange.stored.store(true, Ordering::Release);
                self.note_sync().await;
            }
            _ => {}
        }
        let give = move |session: &mut Session, now| {
            if let HostReply::Admitted(_, admitted) = &mut answer
                && let Ok(admitted) = &mut **admitted
            {
                admitted.allowance = Some(shared.allowances.of(device, now));
            }
            answer.give(session, now);
        };
        answers.send(give).await;
    }

    /// Returns what the national team sees of the session's location; none if making it takes too
    /// long, or is going on for another session of the location. What is made after the wait is
    /// kept for the next time. A view that is too large even without its lists is not sent.
    async fn seen(&self) -> Option<SentSeen> {
        let location = self.exchange.location?;
        let shared = &self.link.shared;
        let work = shared.views.begin(location)?;
        let synced = shared.synced.last(&location);
        let made = shared.counted(move |at| {
            let day = at.standing.zone().day(clock::now());
            let basis: Basis = (at.hub_seq, again::answered(at.conn)?, day, synced);
            if let Some(bytes) = work.made(basis) {
                return Ok(Some(bytes));
            }
            let lix = rosters::lix(at.conn, &location)?;
            let code = lix.map(|lix| invites::code_of(at.conn, lix)).transpose()?;
            let seen = code
                .flatten()
                .map(|code| pages::seen(at, &code))
                .transpose()?;
            let bytes = seen.flatten().map(LocationSeen::pack);
            let bytes = bytes.filter(|bytes| bytes.len() <= SEEN_BYTES_MAX);
            if let Some(bytes) = &bytes {
                work.keep(basis, bytes);
            }
            Ok(bytes)
        });
        match tokio::time::timeout(SEEN_WAIT_MAX, made).await {
            Ok(Ok(seen)) => seen.map(|bytes| SentSeen::new(clock::now(), bytes)),
            Ok(Err(error)) => {
                tracing::warn!(%error, %location, "what is seen of a location is not made");
                None
            }
            Err(_) => None,
        }
    }

    /// Notes that the location has synced, if it has: once a day of the network's time zone.
    async fn note_sync(&self) {
        let Some(location) = self.exchange.synced() else {
            return;
        };
        let shared = &self.link.shared;
        let (now, zone) = (clock::now(), shared.own.standing().zone());
        let is_today = move |at: Timestamp| zone.day(at) == zone.day(now);
        if shared.synced.last(&location).is_some_and(&is_today) {
            return;
        }
        let (wakes, last) = (shared.wakes(), Arc::clone(&shared.synced));
        let noted = shared.store.write(move |tx| {
            let lix = rosters::lix(tx, &location)?;
            let lix = lix.ok_or(StoreError::Damaged("locations"))?;
            let stored = rosters::synced_day(tx, lix)?;
            if !stored.is_some_and(is_today) {
                rosters::put_synced(tx, lix, now)?;
                wakes.synced(tx);
            }
            last.note(tx, location, now);
            Ok::<_, StoreError>(())
        });
        if let Err(error) = noted.await {
            tracing::error!(%error, "that a location synced is not noted");
        }
    }
}

/// Polls `write` once, which puts it into the writer's queue, so that one log's entries are stored
/// in the order in which they came. Leaves the rest to a task.
fn queue_now<T, F, Then, Done>(write: F, then: Then)
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
    Then: FnOnce(T) -> Done + Send + 'static,
    Done: Future<Output = ()> + Send + 'static,
{
    let mut write = Box::pin(tokio::task::unconstrained(write));
    let mut context = Context::from_waker(Waker::noop());
    match write.as_mut().poll(&mut context) {
        std::task::Poll::Ready(written) => task::spawn(then(written)),
        std::task::Poll::Pending => task::spawn(async move { then(write.await).await }),
    };
}

/// Delivers what others stored to the session, until it ends.
async fn deliver(mailbox: Arc<Mailbox>, answers: SessionHandle<Session>) {
    while let Some(pending) = mailbox.take().await {
        let deliver = move |session: &mut Session, now| {
            for (_, roster) in pending.rosters {
                session.handle_roster_changed(now, (*roster).clone());
            }
            for ((location, dix), height) in pending.heights {
                session.handle_stored(now, location, dix, height);
            }
            if pending.superseded {
                session.notify(NoticeLevel::Info, SUPERSEDED_TEXT);
                session.close();
            }
            if pending.blocked {
                session.notify(NoticeLevel::Warning, link::BLOCKED_TEXT);
                session.close();
            }
        };
        answers.send(deliver).await;
    }
}

/// Message to a session that newer sessions of its device replace.
const SUPERSEDED_TEXT: &str = "this device has opened newer connections, which go on in its place";

#[cfg(test)]
mod tests {
    use weft_shared::{id::DeviceIndex, wire::NackCode};

    use super::*;

    const LOCATION: LocationId = LocationId::new([1; 16]);

    fn refused(by: Side) -> Event {
        Event::Refused(Refused {
            by,
            code: NackCode::Full,
            log: Some((LOCATION, DeviceIndex(1), 1)),
            text: String::new(),
        })
    }

    fn heard(events: &[Event]) -> Exchange {
        let mut exchange = Exchange {
            location: Some(LOCATION),
            ..Exchange::default()
        };
        events.iter().for_each(|event| exchange.hear(event));
        exchange
    }

    #[test]
    fn a_refusal_beside_something_stored_stops_no_sync() {
        for events in [
            [Event::Live, refused(Side::Here)],
            [refused(Side::Here), Event::Live],
        ] {
            let exchange = heard(&events);
            assert_eq!(exchange.synced(), None);
            exchange.stored.store(true, Ordering::Release);
            assert_eq!(exchange.synced(), Some(LOCATION));
        }
        let greeting = heard(&[refused(Side::Here)]);
        greeting.stored.store(true, Ordering::Release);
        assert_eq!(greeting.synced(), None, "more is to come");
    }

    #[test]
    fn a_location_has_synced_once_all_that_it_offered_is_stored() {
        let synced = |events: &[Event]| heard(events).synced();
        let location = LOCATION;
        assert_eq!(synced(&[]), None);
        assert_eq!(synced(&[Event::Live]), Some(location));
        assert_eq!(synced(&[refused(Side::Here), Event::Live]), None);
        assert_eq!(synced(&[Event::Live, refused(Side::Here)]), None);
        assert_eq!(synced(&[Event::Live, refused(Side::Peer)]), Some(location));
    }
}
