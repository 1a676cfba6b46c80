//! Applies many changes without holding them all in memory as parsed operations.

use super::{DeriveError, Derived, Parsed, is_held, parse};
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
    /// Applies the changes of many entries, in any order, at the cost of one fork. Each run is the
    /// changes of one entry to this document, and has one result. A fork and a trial cost as much
    /// as about ten changes, so pass many at once. If there is too much to hold in memory as parsed
    /// operations, it is applied in parts; a run that waits for a later part is tried again.
    pub fn apply_runs(&mut self, runs: &[&[Vec<u8>]]) -> Vec<Derived> {
        let mut left = 0..runs.len();
        let first = Bite::of(&mut left, runs);
        if left.is_empty() {
            return self.apply_parsed(runs, first.parsed);
        }
        let mut first = Some((first, left));
        let mut results: Vec<Derived> = runs.iter().map(|_| Ok(Touched::new())).collect();
        let mut waiting: Vec<usize> = (0..runs.len()).collect();
        loop {
            let before = waiting.len();
            let mut left = waiting.iter().copied();
            if let Some((bite, rest)) = first.take() {
                self.take_bite(runs, bite, &mut results);
                left = waiting[rest.start..].iter().copied();
            }
            while left.len() > 0 {
                let bite = Bite::of(&mut left, runs);
                self.take_bite(runs, bite, &mut results);
            }
            waiting.retain(|place| is_held(&results[*place]));
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        results
    }

    fn take_bite(&mut self, runs: &[&[Vec<u8>]], bite: Bite, results: &mut [Derived]) {
        let here: Vec<&[Vec<u8>]> = bite.places.iter().map(|place| runs[*place]).collect();
        let taken = self.apply_parsed(&here, bite.parsed);
        for (place, result) in bite.places.into_iter().zip(taken) {
            results[place] = result;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{DeviceId, DocName, LocationId},
        model::schema::Container,
        time::Timestamp,
    };

    /// An initial document, the same with `count` changes of 4,000 operations, and the changes.
    fn written(count: i64) -> (Document, Document, Vec<Vec<Vec<u8>>>) {
        let begin = Document::genesis(&LocationId::new([1; 16]), &DocName::first("profile"));
        let begin = begin.unwrap();
        let mut written = begin.clone();
        let author = DeviceId::new([2; 32]);
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
        let touched = |result: &Derived| result.as_ref().is_ok_and(|all| all.len() == 4_000);
        assert!(derived.iter().all(touched));
        assert_eq!(read.heads(), written.heads());
    }

    #[test]
    fn a_run_that_nothing_follows_is_held() {
        let (begin, _, runs) = written(12);
        let without_first: Vec<&[Vec<u8>]> = runs[1..].iter().map(Vec::as_slice).collect();
        let mut read = begin;
        let heads = read.heads();
        let derived = read.apply_runs(&without_first);
        assert!(derived.iter().all(is_held));
        assert_eq!(read.heads(), heads);
    }
}
