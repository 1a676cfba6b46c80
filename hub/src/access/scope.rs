//! The scope of a reader: releases alone, or live figures as well.

use std::{fmt, str::FromStr};

use super::roles::{Role, Roles};

/// The reach of what somebody may read. `Live` holds all that `Releases` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Figures of releases, which passed disclosure control.
    Releases,
    /// Those, and what locations share with the network today.
    Live,
}

impl Scope {
    /// Every scope, the narrow one first.
    pub const ALL: [Self; 2] = [Self::Releases, Self::Live];

    /// The word for it in commands, pages and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Releases => "releases",
            Self::Live => "live",
        }
    }

    /// Returns the widest scope of somebody with these roles; none if they read no figures.
    pub const fn of(roles: Roles) -> Option<Self> {
        if roles.has(Role::National) {
            Some(Self::Live)
        } else if roles.has(Role::Analyst) {
            Some(Self::Releases)
        } else {
            None
        }
    }

    /// Returns what is left of this scope for somebody with these roles.
    pub fn within(self, roles: Roles) -> Option<Self> {
        Self::of(roles).map(|widest| self.min(widest))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no scope; a scope is releases or live")]
pub struct BadScope(String);

impl FromStr for Scope {
    type Err = BadScope;

    fn from_str(text: &str) -> Result<Self, BadScope> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| BadScope(text.chars().take(SHOWN_CHARS_MAX).collect()))
    }
}

/// Characters of a wrong scope that an error repeats.
const SHOWN_CHARS_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_never_goes_beyond_the_roles() {
        let within = |scope: Scope, roles: &str| scope.within(roles.parse().unwrap());
        for (roles, live, releases) in [
            ("", None, None),
            ("admin", None, None),
            ("analyst", Some(Scope::Releases), Some(Scope::Releases)),
            ("national", Some(Scope::Live), Some(Scope::Releases)),
            (
                "analyst admin",
                Some(Scope::Releases),
                Some(Scope::Releases),
            ),
            ("analyst national", Some(Scope::Live), Some(Scope::Releases)),
        ] {
            assert_eq!(within(Scope::Live, roles), live, "{roles}");
            assert_eq!(within(Scope::Releases, roles), releases, "{roles}");
        }
        for scope in Scope::ALL {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        let error = "all".parse::<Scope>().unwrap_err().to_string();
        assert!(error.contains("releases or live"), "{error}");
    }
}
