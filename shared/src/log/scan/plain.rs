//! Changes that only put texts into maps, read in place and in order. Most changes of observations
//! are of this kind, and a large import is one of them.
//!
//! Automerge encodes a change again when it saves its document, so a change in any other encoding
//! would never load again. Runs must therefore be as long as they can be, and no actor may be
//! listed that no operation names. What this reads, Automerge reads and writes alike; it refuses
//! many that Automerge reads.

use super::{ChangeFacts, columns, reader::Reader, runs::Item};

/// A change that only puts texts into maps.
#[derive(Clone, Debug)]
pub(crate) struct PlainChange<'a> {
    /// Its header.
    pub(crate) facts: ChangeFacts<'a>,
    /// The actors that its operations name: its own, and then the others.
    pub(crate) actors: Vec<&'a [u8]>,
    columns: [&'a [u8]; columns::COUNT],
}

/// An operation that puts a text under a key of a map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PlainPut<'a> {
    /// The number of the operation.
    pub(crate) op: u64,
    /// The operation that made the map: the index of its actor, and its number.
    pub(crate) map: (usize, u64),
    /// The key.
    pub(crate) key: &'a str,
    /// The text.
    pub(crate) text: &'a str,
    /// The only operation that it replaces, if it replaces any.
    pub(crate) replaces: Option<(usize, u64)>,
}

impl<'a> PlainChange<'a> {
    /// Reads the header of a change that [`read`](super::read) accepts and that has this hash;
    /// `None` if it has a message.
    pub(crate) fn open(chunk: &'a [u8], hash: [u8; 32]) -> Option<Self> {
        let (data_at, _) = super::frame(chunk).ok()?;
        let mut data = Reader(&chunk[data_at..]);
        let header = super::header(&mut data, hash).ok()?;
        let mut actors = vec![header.facts.actor];
        actors.extend(header.others);
        let columns = columns::cut(&mut data).ok()?;
        (header.message.is_empty()).then_some(Self {
            facts: header.facts,
            actors,
            columns,
        })
    }

    /// Passes on every operation, and returns their number. Returns `None` if one is of another
    /// kind, if `take` does, or if the change is not in the form in which Automerge writes it. What
    /// was passed on then says nothing.
    pub(crate) fn each(&self, mut take: impl FnMut(PlainPut<'a>) -> Option<()>) -> Option<u64> {
        let [
            object_actor,
            object_counter,
            key_actor,
            key_counter,
            key,
            insert,
            action,
            value_meta,
            value,
            replaced_count,
            replaced_actor,
            replaced_counter,
            expand,
            mark_name,
        ] = self.columns;
        for never in [key_actor, key_counter, expand, mark_name] {
            never.is_empty().then_some(())?;
        }
        let mut maps = (
            Tight::<u64>::new(object_actor),
            Tight::<u64>::new(object_counter),
        );
        let (mut keys, mut actions) = (Tight::<&str>::new(key), Tight::<u64>::new(action));
        let (mut metas, mut texts) = (Tight::<u64>::new(value_meta), Reader(value));
        let mut counts = Tight::<u64>::new(replaced_count);
        let mut replaced = (
            Tight::<u64>::new(replaced_actor),
            Tight::<i64>::new(replaced_counter),
        );
        let (mut names, mut before) = (Named::of(self.actors.len())?, 0_u64);
        let mut op = self.facts.start_op;
        while !actions.is_used_up() {
            (actions.next()? == columns::SET).then_some(())?;
            let map = (names.name(maps.0.next()?)?, maps.1.next()?);
            let meta = metas.next()?;
            (meta & 0xf == columns::TEXT).then_some(())?;
            let text = std::str::from_utf8(texts.take(meta >> 4).ok()?).ok()?;
            let replaces = match counts.next()? {
                0 => None,
                1 => {
                    before = before.checked_add_signed(replaced.1.next()?)?;
                    Some((names.name(replaced.0.next()?)?, before))
                }
                _ => return None,
            };
            take(PlainPut {
                op,
                map,
                key: keys.next()?,
                text,
                replaces,
            })?;
            op = op.checked_add(1)?;
        }
        let count = op - self.facts.start_op;
        let mut flags = Reader(insert);
        let inserts_none = flags.uleb().ok()? == count && flags.0.is_empty();
        let ends = maps.0.is_used_up()
            && maps.1.is_used_up()
            && keys.is_used_up()
            && metas.is_used_up()
            && texts.0.is_empty()
            && counts.is_used_up()
            && replaced.0.is_used_up()
            && replaced.1.is_used_up();
        (inserts_none && ends && names.are_all_named()).then_some(count)
    }
}

/// The actors that some operation names, as bits; the change's own is always named.
struct Named {
    actors: usize,
    named: u64,
}

impl Named {
    fn of(actors: usize) -> Option<Self> {
        (actors < 64).then_some(Self { actors, named: 1 })
    }

    fn name(&mut self, actor: u64) -> Option<usize> {
        let actor = usize::try_from(actor).ok()?;
        (actor < self.actors).then_some(())?;
        self.named |= 1 << actor;
        Some(actor)
    }

    const fn are_all_named(&self) -> bool {
        self.named == (1 << self.actors) - 1
    }
}

/// A column of runs that are as long as they can be, without nulls.
struct Tight<'a, T> {
    rest: Reader<'a>,
    left: u64,
    /// The item that this run repeats; `None` if its items differ.
    same: Option<T>,
    /// Whether the items of this run, or of the one before, differ.
    differ: bool,
    last: Option<T>,
}

impl<'a, T: Item<'a> + PartialEq> Tight<'a, T> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: Reader(bytes),
            left: 0,
            same: None,
            differ: false,
            last: None,
        }
    }

    fn next(&mut self) -> Option<T> {
        if self.left == 0 {
            self.begin_run()?;
        }
        self.left -= 1;
        if let Some(same) = self.same {
            return Some(same);
        }
        let item = self.other()?;
        self.last = Some(item);
        Some(item)
    }

    fn begin_run(&mut self) -> Option<()> {
        let count = self.rest.sleb().ok()?;
        self.left = count.unsigned_abs();
        self.same = match count {
            2.. => {
                self.differ = false;
                Some(self.other()?)
            }
            ..0 if !self.differ => {
                self.differ = true;
                None
            }
            _ => return None,
        };
        if self.same.is_some() {
            self.last = self.same;
        }
        Some(())
    }

    /// The next item, which is another than the one before.
    fn other(&mut self) -> Option<T> {
        let item = T::read(&mut self.rest).ok()?;
        (self.last != Some(item)).then_some(item)
    }

    const fn is_used_up(&self) -> bool {
        self.left == 0 && self.rest.0.is_empty()
    }
}
