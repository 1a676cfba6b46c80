//! The session: one sans-IO state machine, driven by node, hub and simulator alike.
//!
//! Two ends speak over one ordered stream of bytes. The *connector* (a node) says JOIN or HELLO
//! first; the *acceptor* (the hub, or another device that plays its part) answers. After that both
//! do the same: they offer what the peer lacks of each log, judge what arrives by the gate, and
//! acknowledge what their store has committed.
//!
//! The host moves bytes in and out, asks [`Session::poll_event`] what to do, and answers each event
//! that carries a [`Ticket`] with the `handle_*` method named at it. Nothing is acknowledged to the
//! peer before the host says that it is durable.
//!
//! A session exchanges two locations: the device's own, both ways, and location zero (the hub's
//! documents), which only flows from the acceptor.

mod event;
mod gather;
mod half;
mod handshake;
mod heights;
mod inbox;
mod open;
mod receive;
mod roster;
mod send;
mod session;
mod voids;

#[cfg(test)]
mod tests;

pub use event::{
    Admittance, CloseReason, Event, JoinRefusal, Outgoing, OutgoingBlob, Persisted, Refused,
    Replica, RosterRefusal, SessionError, Side, Ticket,
};
pub use heights::{Cut, backoff_ms};
pub use inbox::Inboxes;
pub use session::{Local, Session};
