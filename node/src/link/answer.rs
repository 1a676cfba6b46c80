//! Answers the session's requests from the replica.

use std::sync::Arc;

use weft_shared::{
    id::{Dix, LocationId},
    identity::{Roster, SignedOperation},
    log::{
        gate::{Admission, LogState},
        room::Left,
    },
    sync::{Event, Outgoing, Persisted, RosterRefusal, Session, Ticket},
    time::Timestamp,
    wire::NackCode,
};
use weft_store::StoreError;

use crate::{
    replica::{Replica, Stopped},
    store::Owner,
};

/// An answer to the session or to the link.
#[derive(Debug)]
pub(super) enum Answer {
    /// There was no request.
    Nothing,
    Log(Ticket, LogState),
    Persisted(Ticket, Persisted),
    Roster(Ticket, Box<Result<Roster, RosterRefusal>>),
    Loaded(Ticket, Outgoing),
    RosterLoaded(Ticket, Vec<SignedOperation>),
    /// The store failed.
    Failed(String),
}

impl Answer {
    /// Passes the answer to the session.
    pub(super) fn give(self, session: &mut Session, now: Timestamp) {
        match self {
            Self::Nothing | Self::Failed(_) => {}
            Self::Log(ticket, state) => session.handle_log(now, ticket, state),
            Self::Persisted(ticket, persisted) => session.handle_persisted(now, ticket, persisted),
            Self::Roster(ticket, outcome) => session.handle_roster(now, ticket, *outcome),
            Self::Loaded(ticket, outgoing) => session.handle_loaded(now, ticket, outgoing),
            Self::RosterLoaded(ticket, operations) => {
                session.handle_roster_loaded(now, ticket, &operations);
            }
        }
    }
}

/// Work for after the answer is sent: reading entries on disk into the documents.
pub(super) type After = Option<(Owner, Dix, Arc<Admission>)>;

/// Answers an event of the session.
pub(super) fn answer(replica: &mut Replica, event: Event, now: Timestamp) -> (Answer, After) {
    let answer = match event {
        Event::Persist {
            ticket,
            location,
            dix,
            admission,
        } => return persist(replica, (ticket, location, dix), admission, now),
        Event::PersistBlob {
            ticket,
            location,
            dix,
            dseq,
            hash,
            bytes,
        } => with_owner(replica, location, |replica, owner| {
            replica.persist_blob(owner, dix, dseq, hash, bytes, now)?;
            Ok(Answer::Persisted(ticket, Persisted::Stored))
        })
        .or_failed(ticket),
        Event::PersistRoster {
            ticket,
            location,
            after,
            operations,
        } => with_owner(replica, location, |replica, owner| {
            let outcome = replica.persist_roster(owner, after, &operations)?;
            Ok(Answer::Roster(ticket, Box::new(outcome)))
        }),
        Event::Acknowledged {
            location,
            dix,
            dseq,
            voids,
        } => with_owner(replica, location, |replica, owner| {
            replica.acknowledged(owner, dix, dseq, &voids, now)?;
            if let Err(error) = replica.say_lost_again(now) {
                tracing::error!(%error, "what the hub did not take is not said again yet");
            }
            Ok(Answer::Nothing)
        }),
        Event::Welcome {
            left: Some((left, above)),
            ..
        } => hear_room(replica, left, above, now),
        Event::OwnLog { batch, .. } => match replica.take_evidence(batch) {
            Ok(()) => Answer::Nothing,
            Err(error) => Answer::Failed(error.to_string()),
        },
        Event::Refused(refused) => take_refusal(replica, &refused),
        other => load(replica, other),
    };
    (answer, None)
}

/// Answers the events that only read. All others need nothing of the replica.
fn load(replica: &mut Replica, event: Event) -> Answer {
    match event {
        Event::LoadLog {
            ticket,
            location,
            dix,
        } => with_owner(replica, location, |replica, owner| {
            Ok(Answer::Log(ticket, replica.log_state(owner, dix)?))
        }),
        Event::Load {
            ticket,
            location,
            dix,
            from_dseq,
            bytes_aim,
        } => with_owner(replica, location, |replica, owner| {
            let outgoing = replica.outgoing(owner, dix, from_dseq, bytes_aim)?;
            Ok(Answer::Loaded(ticket, outgoing))
        }),
        Event::LoadRoster {
            ticket,
            location,
            after,
        } => with_owner(replica, location, |replica, owner| {
            let operations = replica.roster_operations(owner, after)?;
            Ok(Answer::RosterLoaded(ticket, operations))
        }),
        _ => Answer::Nothing,
    }
}

fn persist(
    replica: &mut Replica,
    (ticket, location, dix): (Ticket, LocationId, Dix),
    admission: Admission,
    now: Timestamp,
) -> (Answer, After) {
    let mut after = None;
    let admission = Arc::new(admission);
    let answer = with_owner(replica, location, |replica, owner| {
        let persisted = replica.persist(owner, dix, &admission, now)?;
        if matches!(persisted, Persisted::Stored) {
            after = Some((owner, dix, Arc::clone(&admission)));
        }
        Ok(Answer::Persisted(ticket, persisted))
    });
    (answer.or_failed(ticket), after)
}

/// Sends again what waited for room at the hub, if there is some now.
fn hear_room(replica: &mut Replica, left: Left, above: u64, now: Timestamp) -> Answer {
    if let Err(error) = replica.hear_room(left, above) {
        return Answer::Failed(error.to_string());
    }
    if let Err(error) = replica.say_lost_again(now) {
        tracing::error!(%error, "what the hub did not take is not said again yet");
    }
    Answer::Nothing
}

/// Handles refusals after which this device must stop. That another copy of it has written is not
/// one: anybody can say so. Only entries that our key signed prove it ([`Replica::persist`]).
fn take_refusal(replica: &mut Replica, refused: &weft_shared::sync::Refused) -> Answer {
    let ours = refused.log.is_none_or(|(location, dix, _)| {
        replica.owner_of(&location) == Some(Owner::Location) && Some(dix) == replica.dix()
    });
    if !ours || refused.code != NackCode::Revoked {
        return Answer::Nothing;
    }
    match replica.stop(Stopped::Revoked) {
        Ok(()) => Answer::Nothing,
        Err(error) => Answer::Failed(error.to_string()),
    }
}

fn with_owner(
    replica: &mut Replica,
    location: LocationId,
    work: impl FnOnce(&mut Replica, Owner) -> Result<Answer, StoreError>,
) -> Answer {
    let Some(owner) = replica.owner_of(&location) else {
        return Answer::Failed("the session spoke of a third location".to_owned());
    };
    work(replica, owner).unwrap_or_else(|error| {
        tracing::error!(%error, "the store refused what the session asked for");
        Answer::Failed(error.to_string())
    })
}

impl Answer {
    /// Reports a failed store to the session, which ends. The hub keeps everything.
    fn or_failed(self, ticket: Ticket) -> Self {
        match self {
            Self::Failed(_) => Self::Persisted(ticket, Persisted::Failed),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use weft_shared::sync::{Refused, Side};

    use super::*;
    use crate::kit::Kit;

    #[test]
    fn the_bare_word_of_a_hub_stops_nobodys_work() {
        let kit = Kit::new();
        let mut replica = kit.open(1);
        let log = (replica.location(Owner::Location), Dix(1), 1);
        for by in [Side::Here, Side::Peer] {
            let refused = Refused {
                by,
                code: NackCode::Fork,
                log: Some(log),
                text: String::new(),
            };
            let event = Event::Refused(refused);
            answer(&mut replica, event, Timestamp::from_ms(1));
        }
        assert_eq!(replica.stopped(), None);
    }
}
