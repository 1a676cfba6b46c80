//! The signed log: entries, codecs, the change scan and the gate.
//!
//! An [`Entry`](entry::Entry) is one save by one device. A device numbers its entries without gaps
//! and chains them by hash; a signed [`Tip`](entry::Tip) vouches for everything below it.
//! Everything from a peer goes through the [`Gate`](gate::Gate) before any other code sees it.
//!
//! **Invariant:** nothing here calls Automerge; changes are read by [`scan`], within fixed bounds.

pub mod allowance;
pub mod built_on;
pub mod codec;
pub mod entry;
pub mod gate;
#[cfg(test)]
pub(crate) mod kit;
pub mod lost;
pub mod room;
pub mod scan;
pub mod sealed;
pub mod size;
