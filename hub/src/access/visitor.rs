//! The people who ask for a page or for data.

use std::sync::Arc;

use weft_shared::time::{Timestamp, Zone};

use super::roles::{Role, Roles};

/// The name in the ledger of somebody at the hub's own computer who has not signed in. No person
/// may have it.
pub(crate) const HERE: &str = "the hub's own computer";

/// A person who asks.
#[derive(Clone, Debug, Default)]
pub(crate) enum Visitor {
    /// Somebody at the hub's own computer, while the hub has no people.
    #[default]
    Here,
    /// Somebody who has not signed in.
    Stranger,
    /// Somebody who has.
    Signed(Arc<Signed>),
}

impl Visitor {
    /// Returns the person who has signed in.
    pub(crate) fn signed(&self) -> Option<&Signed> {
        match self {
            Self::Signed(signed) => Some(signed),
            Self::Here | Self::Stranger => None,
        }
    }

    /// Whether they may open what this role opens.
    pub(crate) fn may(&self, role: Role) -> bool {
        match self {
            Self::Here => role == Role::National,
            Self::Stranger => false,
            Self::Signed(signed) => signed.roles.has(role),
        }
    }
}

/// A link with which somebody begins again, as the ledger has it.
#[derive(Clone, Debug)]
pub(crate) struct Reset {
    /// The row of the ledger.
    pub row: i64,
    pub at: Timestamp,
    /// The one who made the link.
    pub by: String,
    /// The one whom it lets in.
    pub person: String,
}

impl Reset {
    /// Says it in a line.
    pub(crate) fn words(&self, zone: &Zone) -> String {
        let (at, by, person) = (zone.minute(self.at), &self.by, &self.person);
        format!("{at}: {by} made a link with which {person} begins again.")
    }
}

/// A person who has signed in.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    /// The number of the session.
    pub session: i64,
    /// Their number.
    pub person: i64,
    /// Their name.
    pub name: String,
    /// Their organisation.
    pub organisation: String,
    /// Their roles in this session: without a passkey no one is an admin.
    pub roles: Roles,
    /// Whether they would be an admin with a passkey.
    pub needs_passkey: bool,
    /// The purpose that they gave.
    pub purpose: String,
    /// Whether they signed in with a passkey.
    pub by_passkey: bool,
    /// Whether they signed in lately.
    pub fresh: bool,
    /// Resets that they, an admin, have not seen.
    pub resets: Vec<Reset>,
}
