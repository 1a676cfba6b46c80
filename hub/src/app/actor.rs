//! The one who acts: somebody at the hub's own computer, or a person who has signed in.

use std::{net::IpAddr, sync::Arc};

use weft_shared::time::Timestamp;
use weft_store::Transaction;

use super::AppHandle;
use crate::{
    access::visitor::{HERE, Signed},
    store::{
        StoreError,
        ledger::{self, Act},
    },
};

/// The one whose acts the ledger has.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    who: String,
    purpose: String,
    from: Option<IpAddr>,
    /// Whether it is a person who has signed in.
    is_signed: bool,
}

impl Default for Actor {
    /// Anyone who can run commands on the hub's own computer.
    fn default() -> Self {
        Self {
            who: HERE.to_owned(),
            purpose: String::new(),
            from: None,
            is_signed: false,
        }
    }
}

impl Actor {
    /// The same, for a purpose of the act itself.
    pub(super) fn with_purpose(&self, purpose: &str) -> Self {
        Self {
            purpose: purpose.to_owned(),
            ..self.clone()
        }
    }

    /// Writes the row of an act of theirs, in the transaction of the act.
    pub(super) fn record(
        &self,
        tx: &Transaction<'_>,
        now: Timestamp,
        act: &str,
        subject: &str,
    ) -> Result<(), StoreError> {
        let act = Act {
            who: &self.who,
            act,
            subject,
            purpose: &self.purpose,
            from: self.from,
        };
        ledger::record_act(tx, now, &act)
    }
}

impl AppHandle {
    /// Returns a handle whose acts are those of a person who has signed in.
    pub(crate) fn acting_as(&self, signed: &Signed, from: Option<IpAddr>) -> Self {
        Self {
            by: Arc::new(Actor {
                who: signed.name.clone(),
                purpose: signed.purpose.clone(),
                from,
                is_signed: true,
            }),
            ..self.clone()
        }
    }

    /// Whether its acts are those of a person who has signed in.
    pub(crate) fn is_signed(&self) -> bool {
        self.by.is_signed
    }
}
