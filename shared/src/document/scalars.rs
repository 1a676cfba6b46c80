//! Statements that are one scalar under a key: answers, lines of money, quotes. All are written and
//! read the same way.

use std::{fmt::Display, str::FromStr};

use automerge::ReadDoc;

use super::{
    Document, Editor, View,
    edit::{EditError, reads_back},
    standing::distinct,
};
use crate::model::{
    answer::{Answer, AnswerKey},
    json::Unreadable,
    line::{Line, LineKey},
    quote::{Quote, QuoteKey},
    record::Concurrent,
    schema::Container,
};

/// A statement that is one scalar under its key, so that people's statements never mix.
pub trait Scalar: Sized {
    /// Its subject, which is the key in documents.
    type Key: FromStr + Display + Ord + Clone;
    /// The container that holds such statements.
    const CONTAINER: Container;

    /// Its canonical text.
    fn to_scalar(&self) -> String;

    /// Parses its canonical text.
    ///
    /// # Errors
    /// If the text is damaged, or of a newer version.
    fn from_scalar(text: &str) -> Result<Self, Unreadable>;

    /// Parses a text that was checked before it was kept, such as one in a derived table.
    ///
    /// # Errors
    /// If the text is damaged.
    fn from_kept(text: &str) -> Result<Self, Unreadable>;
}

macro_rules! scalars {
    ($($name:ident, $key:ident, $container:ident;)+) => {
        $(impl Scalar for $name {
            type Key = $key;
            const CONTAINER: Container = Container::$container;

            fn to_scalar(&self) -> String {
                self.encode()
            }

            fn from_scalar(text: &str) -> Result<Self, Unreadable> {
                Self::decode(text)
            }

            fn from_kept(text: &str) -> Result<Self, Unreadable> {
                serde_json::from_str(text).map_err(|_| Unreadable { what: "statement" })
            }
        })+
    };
}

scalars! {
    Answer, AnswerKey, Answers;
    Line, LineKey, Lines;
    Quote, QuoteKey, Quotes;
}

/// A statement and its author.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said<T> {
    /// The statement.
    pub value: T,
    /// The Automerge actor that made it.
    pub actor: [u8; 16],
    /// The operation's counter; [`Document::change_of`] returns the time.
    pub op: u64,
}

/// A document's content under one key of such statements.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Under<T: Scalar> {
    /// The subject.
    pub key: T::Key,
    /// The different statements, with the one that every replica shows first; several if it is
    /// contested.
    pub said: Vec<Said<T>>,
    /// Number of texts that are no such statement to this version.
    pub unreadable: usize,
}

impl<T: Scalar> Under<T> {
    fn of(key: T::Key, values: Vec<Concurrent>) -> Self {
        let values = distinct(values);
        let all = values.len();
        let said = values.into_iter().filter_map(|one| {
            Some(Said {
                value: T::from_scalar(&one.value).ok()?,
                actor: one.actor,
                op: one.op,
            })
        });
        let said: Vec<_> = said.collect();
        Self {
            key,
            unreadable: all - said.len(),
            said,
        }
    }

    /// Whether people stated different things and no one has settled it.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        self.said.len() + self.unreadable > 1
    }

    /// The statement, if there is only one.
    #[must_use]
    pub fn settled(&self) -> Option<&T> {
        match self.said.as_slice() {
            [only] if self.unreadable == 0 => Some(&only.value),
            _ => None,
        }
    }
}

impl Document {
    /// All statements of a type, in the order of their keys' texts, one key at a time.
    pub fn all_said<T: Scalar>(&self) -> impl Iterator<Item = Under<T>> + use<'_, T> {
        self.view().all_said()
    }

    /// The statements under one key; `None` if there are none.
    pub fn said<T: Scalar>(&self, key: &T::Key) -> Option<Under<T>> {
        self.view().said(key)
    }
}

impl<'a, R: ReadDoc> View<'a, R> {
    /// All statements of a type, in the order of their keys' texts, one key at a time. A key that
    /// this version cannot read is left out, and counted as unread.
    pub fn all_said<T: Scalar>(&self) -> impl Iterator<Item = Under<T>> + use<'a, R, T> {
        let entries = self.entries(T::CONTAINER);
        entries.filter_map(|(key, values)| Some(Under::of(key.parse().ok()?, values)))
    }

    /// The statements under one key; `None` if there are none.
    pub fn said<T: Scalar>(&self, key: &T::Key) -> Option<Under<T>> {
        let values = self.values(T::CONTAINER, &key.to_string());
        (!values.is_empty()).then(|| Under::of(key.clone(), values))
    }

    /// Whether there is content under a key that is no such statement to this version.
    pub(super) fn is_unread_scalar<T: Scalar>(&self, key: &str) -> bool {
        let values = self.values(T::CONTAINER, key);
        let reads = |one: &Concurrent| T::from_scalar(&one.value).is_ok();
        !values.is_empty() && (key.parse::<T::Key>().is_err() || !values.iter().all(reads))
    }
}

impl Editor<'_> {
    /// States something over all earlier statements under its key: it settles a contested one. The
    /// same statement again writes nothing.
    ///
    /// # Errors
    /// If this document holds no such statements, or it would not be read back.
    pub fn say<T: Scalar>(&mut self, key: &T::Key, value: &T) -> Result<(), EditError> {
        let (name, text) = (key.to_string(), value.to_scalar());
        let reads = name.parse().is_ok_and(|read: T::Key| read == *key);
        reads_back(&name, reads && T::from_scalar(&text).is_ok())?;
        self.put_scalar(T::CONTAINER, &name, &text)
    }

    /// Takes back all statements under a key.
    ///
    /// # Errors
    /// If this document holds no such statements.
    pub fn take_back<T: Scalar>(&mut self, key: &T::Key) -> Result<(), EditError> {
        self.put_scalar(T::CONTAINER, &key.to_string(), "")
    }
}
