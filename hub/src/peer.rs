//! One session with a device: the store's answers to the requests of the state machine.

mod answers;
mod door;
mod join;

use std::{ops::ControlFlow, sync::Arc};

pub(crate) use self::door::Door;

use quinn::{RecvStream, SendStream};
use weft_host::{
    clock,
    drive::{self, Answers, Application},
    task,
};
use weft_shared::{
    id::{DeviceId, LocationId},
    sync::{Event, Refused, Session, Side, Ticket},
    wire::{NackCode, limits::DEVICE_SESSIONS_MAX, message::NoticeLevel},
};

use crate::{
    app::Shared,
    registry::{Mailbox, Seat},
};

/// Serves one stream until either side ends it, and reports the device's admission to the `door`.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    device: DeviceId,
    streams: (SendStream, RecvStream),
    door: Arc<Door>,
) {
    let mut session = Session::accept(device, clock::now()).among(&shared.inboxes);
    let mut host = Host {
        link: Link {
            shared,
            device,
            door,
            seat: None,
        },
    };
    let (answers, inbox) = drive::answers();
    let ended = drive::drive(&mut session, streams, &mut host, (answers, inbox)).await;
    tracing::debug!(%device, %ended, "a session ended");
}

/// State for handling the session's events.
struct Host {
    link: Link,
}

/// One session's view of the hub.
#[derive(Clone)]
struct Link {
    shared: Arc<Shared>,
    device: DeviceId,
    door: Arc<Door>,
    /// Taken at HELLO; delivers what other sessions store.
    seat: Option<Arc<Seat>>,
}

impl Application<Session> for Host {
    #[expect(clippy::too_many_lines, reason = "one arm per event")]
    fn handle_event(&mut self, event: Event, answers: &Answers<Session>) -> ControlFlow<()> {
        let (link, answers) = (self.link.clone(), answers.clone());
        match event {
            Event::Join { ticket, request } => {
                task::spawn(link.join(answers, ticket, *request));
            }
            Event::Hello {
                ticket, location, ..
            } => self.hello(answers, ticket, location),
            Event::LoadLog {
                ticket,
                location,
                dix,
            } => {
                task::spawn(link.load_log(answers, ticket, location, dix));
            }
            Event::LoadVoids {
                ticket,
                location,
                dix,
                above,
            } => {
                task::spawn(link.load_voids(answers, ticket, (location, dix), above));
            }
            Event::Persist {
                ticket,
                location,
                dix,
                admission,
            } => link.persist(answers, ticket, (location, dix), admission),
            Event::PersistBlob {
                ticket,
                location,
                dix,
                dseq,
                hash,
                bytes,
            } => link.persist_blob(answers, ticket, (location, dix, dseq), (hash, bytes)),
            Event::PersistRoster {
                ticket,
                location,
                operations,
                ..
            } => {
                task::spawn(link.persist_roster(answers, ticket, location, operations));
            }
            Event::Load {
                ticket,
                location,
                dix,
                from_dseq,
                bytes_aim,
            } => {
                task::spawn(link.load(answers, ticket, (location, dix), (from_dseq, bytes_aim)));
            }
            Event::LoadRoster {
                ticket,
                location,
                after,
            } => {
                task::spawn(link.load_roster(answers, ticket, location, after));
            }
            Event::Refused(refused) => log_refusal(&self.link.device, &refused),
            Event::Closed { reason, .. } => {
                tracing::debug!(device = %self.link.device, ?reason, "a session closes");
                return ControlFlow::Break(());
            }
            Event::Joined(_)
            | Event::JoinStale { .. }
            | Event::Acknowledged { .. }
            | Event::RosterAccepted { .. }
            | Event::RosterRefused { .. }
            | Event::Welcome { .. }
            | Event::OwnLog { .. }
            | Event::Live
            | Event::Notice { .. } => {}
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

impl Host {
    /// Takes a seat first, so that nothing stored from now on is missed.
    fn hello(&mut self, answers: Answers<Session>, ticket: Ticket, location: LocationId) {
        let link = &mut self.link;
        let sessions = &link.shared.sessions;
        let seat = link
            .seat
            .clone()
            .unwrap_or_else(|| Arc::new(sessions.sit(location, link.device, DEVICE_SESSIONS_MAX)));
        if link.seat.is_none() {
            task::spawn(deliver(Arc::clone(&seat.mailbox), answers.clone()));
        }
        link.seat = Some(seat);
        task::spawn(link.clone().admit(answers, ticket, location));
    }
}

/// Delivers what others stored to the session, until it ends.
async fn deliver(mailbox: Arc<Mailbox>, answers: Answers<Session>) {
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
                session.notify(NoticeLevel::Warning, BLOCKED_TEXT);
                session.close();
            }
        };
        answers.send(deliver).await;
    }
}

fn refusal(code: NackCode, text: &str) -> Refused {
    Refused {
        by: Side::Here,
        code,
        log: None,
        text: text.to_owned(),
    }
}

/// Message to a session that newer sessions of its device replace.
const SUPERSEDED_TEXT: &str = "this device has opened newer connections, which go on in its place";

/// Message to the people at a device that the operator has blocked.
const BLOCKED_TEXT: &str = "the hub's operator has blocked this device; your work is safe on this \
    computer. Ask the national team why";
