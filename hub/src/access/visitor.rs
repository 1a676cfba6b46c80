//! The people who ask for a page or for data.

use std::sync::Arc;

use super::roles::{Role, Roles};

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
}
