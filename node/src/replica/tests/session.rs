//! Questions and news of a session.

use weft_shared::{
    id::DeviceIndex,
    identity::SignedOperation,
    log::gate::Admission,
    sync::{Event, OutgoingBlob, Persisted, Refused, Side, Ticket},
    wire::NackCode,
};
use weft_store::host::HostReply;

pub(super) use crate::kit::offered;
use crate::{
    kit::{Kit, now},
    replica::{Replica, receive::After},
    store::Owner,
};

const TICKET: Ticket = Ticket(0);

/// Stores entries that passed the gate, without reading them.
pub(super) fn store(
    replica: &mut Replica,
    dix: DeviceIndex,
    admission: Admission,
    at: i64,
) -> After {
    let persist = Event::Persist {
        ticket: TICKET,
        location: replica.location(Owner::Location),
        dix,
        admission,
        beside: Vec::new(),
    };
    let (answer, after) = replica.answer(persist, now(at)).unwrap();
    let stored = matches!(
        answer,
        Some(HostReply::Persisted(TICKET, Persisted::Stored))
    );
    assert!(stored, "{answer:?}");
    after
}

pub(super) fn store_blob(replica: &mut Replica, dix: DeviceIndex, blob: OutgoingBlob) {
    let persist = Event::PersistBlob {
        ticket: TICKET,
        location: replica.location(Owner::Location),
        dix,
        dseq: blob.dseq,
        hash: blob.hash,
        bytes: blob.bytes,
    };
    let (answer, _) = replica.answer(persist, now(0)).unwrap();
    let stored = matches!(
        answer,
        Some(HostReply::Persisted(TICKET, Persisted::Stored))
    );
    assert!(stored, "{answer:?}");
}

/// The question that appends an operation to the location's roster.
pub(super) fn append(replica: &Replica, signed: SignedOperation) -> Event {
    Event::PersistRoster {
        ticket: TICKET,
        location: replica.location(Owner::Location),
        after: replica.roster(Owner::Location).len(),
        operations: vec![signed],
    }
}

/// Appends an operation to the location's roster.
pub(super) fn grow(replica: &mut Replica, signed: SignedOperation, at: i64) {
    let persist = append(replica, signed);
    let (answer, _) = replica.answer(persist, now(at)).unwrap();
    match answer {
        Some(HostReply::Roster(TICKET, grown)) if grown.is_ok() => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_bare_word_of_a_hub_stops_nobodys_work() {
    let kit = Kit::new();
    let mut replica = kit.open(1);
    let log = (replica.location(Owner::Location), DeviceIndex(1), 1);
    for by in [Side::Here, Side::Peer] {
        let refused = Refused {
            by,
            code: NackCode::Fork,
            log: Some(log),
            text: String::new(),
        };
        replica.answer(Event::Refused(refused), now(1)).unwrap();
    }
    assert_eq!(replica.stopped(), None);
}
