//! The session: one sans-IO state machine, driven by node, hub and simulator alike.
//!
//! The two ends exchange messages over one ordered byte stream. The *connector* (a node) sends JOIN
//! or HELLO first; the *acceptor* (the hub, or another device in its role) answers. After that both
//! ends do the same: they offer the entries of each log that the peer lacks, pass what arrives to
//! the gate, and acknowledge what their store has committed.
//!
//! The host moves bytes in and out, asks [`Session::poll_event`] what to do, and answers each event
//! that carries a [`Ticket`] with the `handle_*` method named there. Nothing is acknowledged to the
//! peer before the host reports that it is durable.
//!
//! A session exchanges two locations: the device's own, in both directions, and location zero (the
//! hub's documents), which only flows from the acceptor.

pub mod bundle;
mod event;
mod gather;
mod handshake;
mod heights;
mod hello;
mod inbox;
mod open;
mod packed;
mod reads;
mod receive;
mod roster;
mod scope_state;
mod send;
mod session;
mod voids;

pub use event::{
    Admittance, CloseReason, Event, JoinRefusal, Outgoing, OutgoingBlob, Persisted, Refused,
    Replica, RosterRefusal, SessionError, Side, Ticket,
};
pub use heights::{BatchBuilder, backoff_ms};
pub use inbox::Inboxes;
pub use session::{Local, Session};
