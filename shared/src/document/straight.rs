//! Documents of values whose changes follow one another in one line, as those of one person do.
//! They need no Automerge: what such a change does is in its columns.
//!
//! **Invariant:** a [`Straight`] takes in only what a [`Document`](super::Document) would, with the
//! same outcome. It refuses everything else, and much that a document would take in: then the
//! document must be made of its changes.

use std::collections::BTreeMap;

use super::wrap::{ObjId, Origin};
use crate::{
    id::{DocName, LocationId},
    log::scan::plain::{PlainChange, PlainPut},
    model::{
        note::Note,
        schema::{Container, DocKind},
    },
    time::Timestamp,
    wire::limits::OP_COUNTER_MAX,
};

/// A document without concurrent changes, of texts under keys.
#[derive(Clone, Debug)]
pub struct Straight {
    kind: DocKind,
    /// The operations that made its maps, each with the values under its keys.
    maps: Vec<Map>,
    /// The last change, and the number of its last operation.
    head: [u8; 32],
    last_op: u64,
    authors: Vec<Author>,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Map {
    container: Container,
    actor: [u8; 16],
    op: u64,
    /// The operation that put the value under each key: its author's index, and its number.
    values: BTreeMap<Box<str>, (usize, u64)>,
}

/// An actor with its last change.
#[derive(Clone, Debug)]
struct Author {
    actor: [u8; 16],
    seq: u64,
    last: [u8; 32],
}

/// A text that a change puts under a key, in place of what is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Put<'a> {
    /// The map.
    pub container: Container,
    /// The key.
    pub key: &'a str,
    /// The text.
    pub text: &'a str,
    /// When the change was made, in whole seconds, by its device's clock.
    pub at: Timestamp,
}

impl Straight {
    /// The initial document; `None` if its kind holds more than texts under keys, or none here.
    pub fn genesis(location: &LocationId, name: &DocName) -> Option<Self> {
        let kind = DocKind::of(name).ok()?;
        let is_of_texts = |one| matches!(one, Container::Observations | Container::Notes);
        kind.containers().all(is_of_texts).then_some(())?;
        let origin = Origin::new(&name.id(location), kind.generations());
        let maps = kind.containers().map(|container| {
            let ObjId::Id(op, actor, _) = origin.id_of(container)? else {
                return None;
            };
            Some(Map {
                container,
                actor: actor.to_bytes().try_into().ok()?,
                op,
                values: BTreeMap::new(),
            })
        });
        let maps = maps.collect::<Option<_>>()?;
        let (head, last_op) = origin.tip()?;
        Some(Self {
            kind,
            maps,
            head,
            last_op,
            authors: Vec::new(),
            bytes: 0,
        })
    }

    /// Its kind.
    pub const fn kind(&self) -> DocKind {
        self.kind
    }

    /// Estimated bytes of memory.
    pub const fn memory_bytes(&self) -> u64 {
        (1 << 10) + self.bytes as u64
    }

    /// Takes in a change that today's scan accepts, with the hash that the scan gives it, and
    /// passes on what it puts, in order. Returns `None` if it cannot, or if `take` does: then this
    /// is no document any more.
    pub fn take<'a>(
        &mut self,
        (change, hash): (&'a [u8], [u8; 32]),
        mut take: impl FnMut(Put<'a>) -> Option<()>,
    ) -> Option<()> {
        let change = PlainChange::open(change, hash)?;
        let facts = change.facts;
        let author = self.follow(&change)?;
        let Self {
            maps,
            authors,
            bytes,
            ..
        } = self;
        // The indexes of the actors that the change names, among those of the document.
        let known: Vec<Option<usize>> = change
            .actors
            .iter()
            .map(|actor| authors.iter().position(|one| one.actor == *actor))
            .collect();
        let mut last = 0;
        let count = change.each(|put: PlainPut<'a>| {
            let (actor, op) = (change.actors[put.map.0], put.map.1);
            let is_it = |map: &Map| map.op == op && map.actor == *actor;
            if !is_it(&maps[last]) {
                last = maps.iter().position(is_it)?;
            }
            let map = &mut maps[last];
            let replaces = match put.replaces {
                Some((actor, op)) => Some((known[actor]?, op)),
                None => None,
            };
            let new = (author, put.op);
            let replaced = match map.values.get_mut(put.key) {
                Some(value) => Some(std::mem::replace(value, new)),
                None => {
                    *bytes += put.key.len() + KEY_BYTES;
                    map.values.insert(put.key.into(), new)
                }
            };
            (replaced == replaces).then_some(())?;
            // A note that no form accepts is left to those who show it.
            let is_note = map.container == Container::Notes;
            (!is_note || Note::decode(put.text).fits()).then_some(())?;
            take(Put {
                container: map.container,
                key: put.key,
                text: put.text,
                at: facts.at,
            })
        })?;
        let last_op = facts.start_op + count.checked_sub(1)?;
        (last_op <= OP_COUNTER_MAX).then_some(())?;
        (self.head, self.last_op) = (facts.hash, last_op);
        Some(())
    }

    /// Checks that a change follows all others, and records it as its author's last.
    fn follow(&mut self, change: &PlainChange<'_>) -> Option<usize> {
        let facts = &change.facts;
        (facts.start_op == self.last_op + 1).then_some(())?;
        let known = self
            .authors
            .iter()
            .position(|one| one.actor == *facts.actor);
        let mut deps = vec![self.head];
        let author = match known {
            Some(known) => {
                let author = &mut self.authors[known];
                (facts.seq == author.seq + 1).then_some(())?;
                if author.last != self.head {
                    deps.push(author.last);
                    deps.sort_unstable();
                }
                (author.seq, author.last) = (facts.seq, facts.hash);
                known
            }
            None => {
                (facts.seq == 1).then_some(())?;
                // One of the actors that every replica computes makes no other change.
                let is_origin = self.maps.iter().any(|map| map.actor == *facts.actor);
                (!is_origin).then_some(())?;
                self.authors.push(Author {
                    actor: facts.actor.try_into().ok()?,
                    seq: facts.seq,
                    last: facts.hash,
                });
                self.authors.len() - 1
            }
        };
        (facts.deps == deps).then_some(author)
    }
}

/// Bytes of memory that a key takes beside its text.
const KEY_BYTES: usize = 56;
