//! The roles of people: what they may do at the hub. Roles add up.

use std::{fmt, str::FromStr};

/// One of the roles of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads releases.
    Analyst,
    /// Reads what locations shared with the network.
    National,
    /// Looks after people, invites, devices and tokens. Reads no community's words.
    Admin,
}

impl Role {
    /// Every role, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Analyst, Self::National, Self::Admin];

    /// The word for it in commands, pages and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Analyst => "analyst",
            Self::National => "national",
            Self::Admin => "admin",
        }
    }

    /// The word for it in a sentence about a person.
    pub const fn said(self) -> &'static str {
        match self {
            Self::Analyst => "an analyst",
            Self::National => "a member of the national team",
            Self::Admin => "an admin",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Analyst => 1,
            Self::National => 2,
            Self::Admin => 4,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no role; a role is analyst, national or admin")]
pub struct BadRole(String);

impl FromStr for Role {
    type Err = BadRole;

    fn from_str(text: &str) -> Result<Self, BadRole> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| BadRole(text.chars().take(SHOWN_CHARS_MAX).collect()))
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// Whether the role is among them.
    pub const fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns those that are in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns them as a sentence names them, such as "the roles national and admin".
    pub fn words(self) -> String {
        let words: Vec<&str> = self.iter().map(Role::as_str).collect();
        match words.as_slice() {
            [] => "no role".to_owned(),
            [only] => format!("the role {only}"),
            all => format!("the roles {}", and(all)),
        }
    }

    /// Returns what a person with them is, such as "an analyst and an admin".
    pub fn said(self) -> String {
        let words: Vec<&str> = self.iter().map(Role::said).collect();
        and(&words)
    }

    /// Returns them in their order.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }
}

/// Joins words, with "and" before the last.
fn and(words: &[&str]) -> String {
    match words.split_last() {
        None => String::new(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |all, role| all | role.bit()))
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.iter().map(Role::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

impl FromStr for Roles {
    type Err = BadRole;

    fn from_str(text: &str) -> Result<Self, BadRole> {
        text.split_whitespace().map(str::parse).collect()
    }
}

/// Characters of a wrong role that an error repeats.
const SHOWN_CHARS_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_add_up_and_are_read_as_they_are_written() {
        for text in ["", "analyst", "analyst admin", "analyst national admin"] {
            let roles: Roles = text.parse().unwrap();
            assert_eq!(roles.to_string(), text);
            assert_eq!(roles.is_empty(), text.is_empty());
            for role in Role::ALL {
                assert_eq!(
                    roles.has(role),
                    text.contains(role.as_str()),
                    "{text} {role}"
                );
            }
        }
        let words = |text: &str| text.parse::<Roles>().unwrap().words();
        assert_eq!(words(""), "no role");
        assert_eq!(words("admin"), "the role admin");
        assert_eq!(words("admin national"), "the roles national and admin");
        let all = "the roles analyst, national and admin";
        assert_eq!(words("admin national analyst"), all);
        let said = |text: &str| text.parse::<Roles>().unwrap().said();
        assert_eq!(said("national"), "a member of the national team");
        let all = "an analyst, a member of the national team and an admin";
        assert_eq!(said("admin national analyst"), all);
        let both: Roles = "admin national".parse().unwrap();
        let some: Roles = "analyst national".parse().unwrap();
        assert_eq!(both.and(some).to_string(), "national");
        let error = "national owner".parse::<Roles>().unwrap_err();
        assert!(
            error.to_string().contains("\"owner\" is no role"),
            "{error}"
        );
    }
}
