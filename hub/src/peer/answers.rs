//! Answers to what a session asks of the store: logs, entries, blobs, rosters.

use std::{
    future::Future,
    task::{Context, Waker},
};

use weft_host::{clock, drive::Answers, task};
use weft_shared::{
    id::{BlobHash, Dix, LocationId},
    identity::SignedOperation,
    log::gate::{Admission, LogState},
    sync::{Outgoing, Persisted, RosterRefusal, Session, Ticket},
};
use weft_store::Transaction;

use super::Link;
use crate::{
    directory, enrol,
    store::{
        Lix, StoreError, blobs, dropped,
        entries::{self, Appended},
        logs, rosters, shares, undone,
    },
};

/// The outcome of an append, with the log's state if the peer must hear it.
enum Outcome {
    Stored,
    Moved(Box<LogState>),
}

impl Link {
    pub(super) async fn load_log(
        self,
        answers: Answers<Session>,
        ticket: Ticket,
        location: LocationId,
        dix: Dix,
    ) {
        let held = self.shared.directory.known_device(&location, dix);
        let read = self.shared.store.read(move |conn| {
            let (lix, role) = match held {
                Some(held) => held,
                None => directory::read_device(conn, location, dix)?,
            };
            shares::log_state(conn, lix, dix, role)
        });
        match read.await {
            Ok(state) => {
                let answer = move |session: &mut Session, now| {
                    session.handle_log(now, ticket, state);
                };
                answers.send(answer).await;
            }
            Err(error) => close(&answers, &error).await,
        }
    }

    pub(super) async fn load_voids(
        self,
        answers: Answers<Session>,
        ticket: Ticket,
        (location, dix): (LocationId, Dix),
        above: u64,
    ) {
        let read = self.shared.store.read(move |conn| {
            let lix = known_lix(conn, &location)?;
            undone::voids(conn, lix, dix, above)
        });
        match read.await {
            Ok(voids) => {
                let answer = move |session: &mut Session, now| {
                    session.handle_voids(now, ticket, &voids);
                };
                answers.send(answer).await;
            }
            Err(error) => close(&answers, &error).await,
        }
    }

    /// Queues the write before it returns, so that one log's entries are stored in the order in
    /// which they came. The answer follows the commit.
    pub(super) fn persist(
        self,
        answers: Answers<Session>,
        ticket: Ticket,
        (location, dix): (LocationId, Dix),
        admission: Admission,
    ) {
        let now = clock::now();
        let height = admission.height();
        let bytes = admission.entries.iter().map(|one| one.entry.wire_bytes());
        let bytes = bytes.sum();
        let store = self.shared.store.clone();
        let held = self.shared.directory.known_device(&location, dix);
        let write = async move {
            let job = move |conn: &Transaction<'_>| {
                let (lix, role) = match held {
                    Some(held) => held,
                    None => directory::read_device(conn, location, dix)?,
                };
                // The session judged them against what was stored then; check what was stored or
                // dropped since.
                let orphaned = dropped::built_on(conn, lix, &admission)?;
                if orphaned.is_empty()
                    && shares::takes(conn, (lix, dix, role), &admission)?
                    && let Appended::To(_) = entries::append(conn, lix, dix, &admission, now)?
                {
                    return Ok(Outcome::Stored);
                }
                let mut state = shares::log_state(conn, lix, dix, role)?;
                state.dropped = orphaned;
                Ok(Outcome::Moved(Box::new(state)))
            };
            store
                .writer()
                .run_sized::<_, StoreError, _>(bytes, job)
                .await
        };
        let shared = self.shared;
        let by = self.seat.map(|seat| seat.number());
        queue_now(write, move |written| async move {
            if matches!(written, Ok(Outcome::Stored)) {
                shared.stored(location, dix, height, by);
            }
            persisted(&answers, ticket, written).await;
        });
    }

    pub(super) fn persist_blob(
        self,
        answers: Answers<Session>,
        ticket: Ticket,
        (location, dix, dseq): (LocationId, Dix, u64),
        (hash, bytes): (BlobHash, Vec<u8>),
    ) {
        let now = clock::now();
        let store = self.shared.store.clone();
        let write = async move {
            let size = bytes.len();
            let job = move |conn: &Transaction<'_>| {
                let lix = known_lix(conn, &location)?;
                let log = logs::log(conn, lix, dix)?;
                blobs::put(conn, log, dseq, &hash, &bytes, now)?;
                Ok(Outcome::Stored)
            };
            store
                .writer()
                .run_sized::<_, StoreError, _>(size, job)
                .await
        };
        queue_now(write, move |written| async move {
            persisted(&answers, ticket, written).await;
        });
    }

    pub(super) async fn persist_roster(
        self,
        answers: Answers<Session>,
        ticket: Ticket,
        location: LocationId,
        operations: Vec<SignedOperation>,
    ) {
        let shared = &self.shared;
        let appended = shared
            .directory
            .append(location, operations, clock::now())
            .await;
        let answer = match appended {
            Ok(known) => {
                shared.roster_changed(&known);
                Ok((*known.roster).clone())
            }
            Err(error) => {
                let code = enrol::append_code(&error);
                tracing::info!(%location, %error, "a roster operation was refused");
                match shared.directory.roster(location).await {
                    Ok(Some(known)) => Err(RosterRefusal {
                        roster: (*known.roster).clone(),
                        code,
                        text: error.to_string(),
                    }),
                    Ok(None) | Err(_) => return close(&answers, &error).await,
                }
            }
        };
        let answer = move |session: &mut Session, now| session.handle_roster(now, ticket, answer);
        answers.send(answer).await;
    }

    pub(super) async fn load(
        self,
        answers: Answers<Session>,
        ticket: Ticket,
        (location, dix): (LocationId, Dix),
        (from_dseq, bytes_aim): (u64, usize),
    ) {
        let read = self.shared.store.read(move |conn| {
            let lix = known_lix(conn, &location)?;
            entries::outgoing(conn, lix, dix, from_dseq, (bytes_aim, false))
        });
        let outgoing: Outgoing = match read.await {
            Ok(outgoing) => outgoing,
            Err(error) => return close(&answers, &error).await,
        };
        let answer = move |session: &mut Session, now| {
            session.handle_loaded(now, ticket, outgoing);
        };
        answers.send(answer).await;
    }

    pub(super) async fn load_roster(
        self,
        answers: Answers<Session>,
        ticket: Ticket,
        location: LocationId,
        after: usize,
    ) {
        let operations = match self.operations(location, after).await {
            Ok(operations) => operations,
            Err(error) => return close(&answers, &error).await,
        };
        let answer = move |session: &mut Session, now| {
            session.handle_roster_loaded(now, ticket, &operations);
        };
        answers.send(answer).await;
    }
}

/// Polls `write` once, which puts it into the writer's queue, and leaves the rest to a task.
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

async fn persisted(
    answers: &Answers<Session>,
    ticket: Ticket,
    written: Result<Outcome, StoreError>,
) {
    let answer = match written {
        Ok(Outcome::Stored) => Persisted::Stored,
        Ok(Outcome::Moved(state)) => Persisted::Conflict(*state),
        Err(error) => {
            tracing::error!(%error, "entries could not be stored");
            Persisted::Failed
        }
    };
    let answer = move |session: &mut Session, now| session.handle_persisted(now, ticket, answer);
    answers.send(answer).await;
}

/// Ends the session because the store cannot answer. The device will come back later.
async fn close(answers: &Answers<Session>, error: &(dyn std::error::Error + Sync)) {
    tracing::error!(%error, "a session ends because the store failed");
    answers
        .send(|session: &mut Session, _| session.close())
        .await;
}

fn known_lix(conn: &rusqlite::Connection, location: &LocationId) -> Result<Lix, StoreError> {
    rosters::lix(conn, location)?.ok_or(StoreError::Damaged("locations"))
}
