//! Applies many changes without holding them all in memory as parsed operations.

use super::{DeriveError, Derived, Parsed, parse};
use crate::document::{Document, Touched};

/// Number of operations that ends a bite; each takes up to 1 KiB while it is tried.
const BITE_OPS: usize = 16_384;
/// Number of changes that ends a bite, for the same reason. A bite costs a copy of the document.
const BITE_CHANGES: usize = 4_096;
/// Size of changes that ends a bite.
const BITE_BYTES: usize = 1 << 20;

/// Runs that are parsed and tried together.
#[derive(Default)]
struct Bite {
    /// Indices of the waiting runs.
    places: Vec<usize>,
    parsed: Vec<Result<Vec<Parsed>, DeriveError>>,
    operations: usize,
    changes: usize,
    bytes: usize,
}

impl Bite {
    /// Takes the next runs, until the bite is full.
    fn of(left: &mut impl Iterator<Item = usize>, runs: &[&[Vec<u8>]]) -> Self {
        let mut bite = Self::default();
        while !bite.is_full()
            && let Some(place) = left.next()
        {
            bite.add(place, runs[place]);
        }
        bite
    }

    const fn is_full(&self) -> bool {
        self.operations >= BITE_OPS || self.changes >= BITE_CHANGES || self.bytes >= BITE_BYTES
    }

    fn add(&mut self, place: usize, run: &[Vec<u8>]) {
        let parsed = parse(run);
        for one in parsed.iter().flatten() {
            self.operations += one.operations.len();
        }
        self.changes += run.len();
        self.bytes += run.iter().map(Vec::len).sum::<usize>();
        self.places.push(place);
        self.parsed.push(parsed);
    }
}

impl Document {
    /// Like [`Document::apply_runs`]; a run that waits for a later bite is tried again after it.
    pub(super) fn apply_in_bites(&mut self, runs: &[&[Vec<u8>]]) -> Derived {
        let mut left = 0..runs.len();
        let first = Bite::of(&mut left, runs);
        if left.is_empty() {
            return self.apply_parsed(runs, first.parsed);
        }
        let mut first = Some((first, left));
        let mut derived = Derived {
            touched: Touched::new(),
            each: runs.iter().map(|_| Touched::new()).collect(),
            results: runs.iter().map(|_| Ok(())).collect(),
        };
        let mut waiting: Vec<usize> = (0..runs.len()).collect();
        loop {
            let before = waiting.len();
            let mut left = waiting.iter().copied();
            if let Some((bite, rest)) = first.take() {
                self.take_bite(runs, bite, &mut derived);
                left = waiting[rest.start..].iter().copied();
            }
            while left.len() > 0 {
                let bite = Bite::of(&mut left, runs);
                self.take_bite(runs, bite, &mut derived);
            }
            let is_held = |place: &usize| {
                let result = &derived.results[*place];
                matches!(result, Err(DeriveError::Held { .. }))
            };
            waiting.retain(is_held);
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        derived.touched = derived.each.iter().flatten().cloned().collect();
        derived
    }

    fn take_bite(&mut self, runs: &[&[Vec<u8>]], bite: Bite, derived: &mut Derived) {
        let Bite { places, parsed, .. } = bite;
        let here: Vec<&[Vec<u8>]> = places.iter().map(|place| runs[*place]).collect();
        let taken = self.apply_parsed(&here, parsed);
        let each = taken.each.into_iter().zip(taken.results);
        for (place, (touched, result)) in places.into_iter().zip(each) {
            derived.each[place].extend(touched);
            derived.results[place] = result;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        document::Author,
        id::{DeviceId, DocName, LocationId},
        model::schema::Container,
        time::Timestamp,
    };

    /// An initial document, the same with `count` changes of 4,000 operations, and the changes.
    fn written(count: i64) -> (Document, Document, Vec<Vec<Vec<u8>>>) {
        let begin = Document::genesis(&LocationId::new([1; 16]), &DocName::first("profile"));
        let begin = begin.unwrap();
        let mut written = begin.clone();
        let author = Author {
            device: DeviceId::new([2; 32]),
            n: 0,
        };
        let runs = (0..count).map(|turn| {
            let edited = written.edit(author, Timestamp::from_ms(turn), |editor| {
                (0..4_000).try_for_each(|key| {
                    editor.put_text(Container::Names, &key.to_string(), &turn.to_string())
                })
            });
            vec![edited.unwrap().change.unwrap()]
        });
        let runs = runs.collect();
        (begin, written, runs)
    }

    #[test]
    fn much_is_taken_in_bite_by_bite_in_any_order() {
        let (begin, written, runs) = written(9);
        let mut first = Bite::default();
        let taken = runs.iter().take_while(|run| {
            let more = !first.is_full();
            if more {
                first.add(0, run);
            }
            more
        });
        assert_eq!(taken.count(), 5, "the first bite");
        let mut backwards: Vec<&[Vec<u8>]> = runs.iter().map(Vec::as_slice).collect();
        backwards.reverse();
        let mut read = begin;
        let derived = read.apply_runs(&backwards);
        assert!(derived.results.iter().all(Result::is_ok));
        assert!(derived.each.iter().all(|touched| touched.len() == 4_000));
        assert_eq!(read.heads(), written.heads());
    }

    #[test]
    fn a_run_that_nothing_follows_is_held() {
        let (begin, _, runs) = written(12);
        let without_first: Vec<&[Vec<u8>]> = runs[1..].iter().map(Vec::as_slice).collect();
        let mut read = begin;
        let heads = read.heads();
        let derived = read.apply_runs(&without_first);
        let is_held =
            |result: &Result<(), DeriveError>| matches!(result, Err(DeriveError::Held { .. }));
        assert!(derived.results.iter().all(is_held));
        assert_eq!(read.heads(), heads);
    }
}
