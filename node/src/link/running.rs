//! A session in a task of its own.

use std::ops::ControlFlow;

use tokio::{sync::mpsc, task::JoinHandle};
use weft_host::{
    drive::{self, Application, SessionHandle, drive},
    quic::Peer,
    task,
};
use weft_shared::sync::{Event, Session};

use super::LinkError;
use crate::limits::SESSION_EVENTS_MAX;

/// A session that is driven over a stream of its own.
pub(crate) struct Running {
    pub(crate) answers: SessionHandle<Session>,
    pub(crate) events: mpsc::Receiver<Event>,
    /// Returns the reason why it ended.
    pub(crate) driving: JoinHandle<String>,
}

impl Running {
    /// Opens a stream to the peer, and drives the session over it.
    ///
    /// # Errors
    /// If the connection is lost.
    pub(crate) async fn start(peer: &Peer, mut session: Session) -> Result<Self, LinkError> {
        let streams = peer.connection.open_bi().await;
        let streams = streams.map_err(|error| LinkError::Lost {
            why: error.to_string(),
        })?;
        let (answers, inbox) = drive::channel();
        let (relay, events) = mpsc::channel(SESSION_EVENTS_MAX);
        let given = (answers.clone(), inbox);
        let driving = task::spawn(async move {
            let ended = drive(&mut session, streams, &mut Relay(relay), given).await;
            ended.to_string()
        });
        Ok(Self {
            answers,
            events,
            driving,
        })
    }
}

/// Passes on the session's events.
struct Relay(mpsc::Sender<Event>);

impl Application<Session> for Relay {
    fn handle_event(&mut self, event: Event, _: &SessionHandle<Session>) -> ControlFlow<()> {
        let over = matches!(event, Event::Closed { .. });
        // The session keeps far fewer requests pending than fit, so a full queue is a bug.
        match self.0.try_send(event) {
            Ok(()) if !over => ControlFlow::Continue(()),
            Ok(()) | Err(_) => ControlFlow::Break(()),
        }
    }
}
