//! The people who ask for a page or for data.

use std::sync::Arc;

use weft_shared::{
    period::day_words,
    text::counted,
    time::{Timestamp, Zone},
};

use super::{
    roles::{Role, Roles},
    scope::Scope,
};

/// The name in the ledger of somebody at the hub's own computer who has not signed in. No person
/// may have it.
pub(crate) const HERE: &str = "the hub's own computer";
/// The same of anybody who reads what is open to all. Locations must not take them for the hub.
pub(crate) const ANYBODY: &str = "somebody who did not sign in";

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
    /// A program, with somebody's token.
    Token(Arc<Bearer>),
}

impl Visitor {
    /// Returns the person who has signed in.
    pub(crate) fn signed(&self) -> Option<&Signed> {
        match self {
            Self::Signed(signed) => Some(signed),
            Self::Here | Self::Stranger | Self::Token(_) => None,
        }
    }

    /// Returns who reads, as the ledgers of reads name them.
    pub(crate) fn reads_as(&self) -> Option<&ReadsAs> {
        match self {
            Self::Signed(signed) => Some(&signed.reads_as),
            Self::Token(bearer) => Some(&bearer.reads_as),
            Self::Here | Self::Stranger => None,
        }
    }

    /// Returns how far they may read; none if they read no figures.
    pub(crate) fn scope(&self) -> Option<Scope> {
        match self {
            Self::Here => Some(Scope::Live),
            Self::Stranger => None,
            Self::Signed(signed) => Scope::of(signed.roles),
            Self::Token(bearer) => Some(bearer.scope),
        }
    }

    /// Whether they may open what this role opens.
    pub(crate) fn may(&self, role: Role) -> bool {
        match self {
            Self::Here => role == Role::National,
            // Pages of a role are for its person, not for a program.
            Self::Stranger | Self::Token(_) => false,
            Self::Signed(signed) => signed.roles.has(role),
        }
    }
}

/// A link with which somebody begins again, or a new admin, as the ledger has it.
#[derive(Clone, Debug)]
pub(crate) struct Reset {
    /// The row of the ledger.
    pub row: i64,
    pub at: Timestamp,
    /// The one who did it.
    pub by: String,
    /// The one whom it lets in.
    pub person: String,
    /// The way in which it lets them in.
    pub let_in: LetIn,
    /// The number of acts after it that the admin has not seen either.
    pub later: u64,
}

/// The way in which an act lets a person in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LetIn {
    /// They have a link with which to begin again.
    Again,
    /// They became an admin.
    NewAdmin,
    /// They are an admin who was locked out.
    Unlocked,
}

impl Reset {
    /// Says it in a line.
    pub(crate) fn words(&self, zone: &Zone) -> String {
        let (by, person) = (&self.by, &self.person);
        let at = format!(
            "{}, {}",
            day_words(zone.day(self.at)),
            zone.time_of_day(self.at)
        );
        match self.let_in {
            LetIn::NewAdmin => format!("{at}: {by} made {person} an admin."),
            LetIn::Again => format!("{at}: {by} made a link with which {person} begins again."),
            LetIn::Unlocked => format!("{at}: {by} unlocked {person}, an admin."),
        }
    }

    /// Says each in a line, and last how many came later.
    pub(crate) fn lines(all: &[Self], zone: &Zone) -> Vec<String> {
        let later = all.last().map_or(0, |last| last.later);
        let more = (later > 0).then(|| {
            let acts = counted(later, "later act waits", "later acts wait");
            format!("{acts} until you have seen these.")
        });
        all.iter().map(|one| one.words(zone)).chain(more).collect()
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
    /// The same person in the ledgers of reads.
    pub reads_as: ReadsAs,
    /// Whether they signed in with a passkey.
    pub by_passkey: bool,
    /// Whether they signed in lately.
    pub fresh: bool,
    /// Resets that they, an admin, have not seen.
    pub resets: Vec<Reset>,
}

/// A program with a token that stands.
#[derive(Clone, Debug)]
pub(crate) struct Bearer {
    /// The scope that is left of it today.
    pub scope: Scope,
    /// The token's person in the ledgers of reads, and its purpose.
    pub reads_as: ReadsAs,
}

/// A reader in the ledgers of reads. Locations see all of it but the person's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadsAs {
    /// The person's number; none if it is of no person.
    pub person: Option<i64>,
    /// The reader.
    pub reader: String,
    /// The organisation; empty if there is no person.
    pub organisation: String,
    /// The purpose.
    pub purpose: String,
}

impl ReadsAs {
    /// One key for one reader, whether they ask with a session or with any of their tokens.
    pub(crate) fn key(&self) -> String {
        match self.person {
            Some(number) => format!("person {number}"),
            None => self.reader.clone(),
        }
    }

    /// A person: by their name if they agreed to that, or else by the number under which every
    /// node lists them.
    pub(crate) fn person(
        (number, name, named): (i64, &str, bool),
        organisation: &str,
        purpose: &str,
    ) -> Self {
        Self {
            person: Some(number),
            reader: match named {
                true => name.to_owned(),
                false => format!("reader {number}"),
            },
            organisation: organisation.to_owned(),
            purpose: purpose.to_owned(),
        }
    }
}
