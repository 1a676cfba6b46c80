//! Taking in much without holding all of it in memory as parsed operations.

use std::ops::Range;

use super::{DeriveError, Derived};
use crate::{
    document::{Document, Touched},
    log::{scan, size::DocumentSize},
};

/// Operations that are parsed at once; each takes up to 1 KiB while it is tried. One run may have
/// more, and is then a bite by itself.
const BITE_OPS_MAX: u64 = 16_384;
/// Changes that are parsed at once, for the same reason. A bite costs a copy of the document.
const BITE_CHANGES_MAX: u64 = 4_096;
/// Bytes of changes that are parsed at once.
const BITE_BYTES_MAX: u64 = 1 << 20;

impl Document {
    /// As [`Document::apply_runs`]: a run that waits for a later bite is tried again after it.
    pub(super) fn apply_in_bites(&mut self, runs: &[&[Vec<u8>]]) -> Derived {
        let sizes: Vec<DocumentSize> = runs.iter().map(|run| size(run)).collect();
        let mut waiting: Vec<usize> = (0..runs.len()).collect();
        if bite(&sizes, &waiting, 0).len() == waiting.len() {
            return self.apply_bite(runs);
        }
        let mut derived = Derived {
            touched: Touched::new(),
            each: runs.iter().map(|_| Touched::new()).collect(),
            results: runs.iter().map(|_| Ok(())).collect(),
        };
        loop {
            let before = waiting.len();
            let mut from = 0;
            while from < waiting.len() {
                let places = bite(&sizes, &waiting, from);
                from = places.end;
                let places = &waiting[places];
                let taken: Vec<&[Vec<u8>]> = places.iter().map(|place| runs[*place]).collect();
                let taken = self.apply_bite(&taken);
                let each = taken.each.into_iter().zip(taken.results);
                for (place, (touched, result)) in places.iter().zip(each) {
                    derived.each[*place].extend(touched);
                    derived.results[*place] = result;
                }
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
}

/// As many of the waiting runs from `from` on as are parsed at once, but at least one.
fn bite(sizes: &[DocumentSize], waiting: &[usize], from: usize) -> Range<usize> {
    let mut sum = DocumentSize::default();
    let fits = waiting[from..].iter().take_while(|place| {
        sum += sizes[**place];
        sum.operations <= BITE_OPS_MAX
            && sum.changes <= BITE_CHANGES_MAX
            && sum.raw_bytes <= BITE_BYTES_MAX
    });
    let end = from + fits.count().max(1);
    from..end.min(waiting.len())
}

/// What a run holds, without parsing its operations. What cannot be scanned is refused later.
fn size(run: &[Vec<u8>]) -> DocumentSize {
    let mut size = DocumentSize::default();
    for change in run {
        size += DocumentSize {
            raw_bytes: change.len() as u64,
            operations: scan::read(change).map_or(0, |facts| facts.n_ops.into()),
            changes: 1,
        };
    }
    size
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

    #[test]
    fn much_is_taken_in_bite_by_bite_in_any_order() {
        let begin = Document::genesis(&LocationId::new([1; 16]), &DocName::first("profile"));
        let begin = begin.unwrap();
        let mut written = begin.clone();
        let author = Author {
            device: DeviceId::new([2; 32]),
            n: 0,
        };
        let runs: Vec<Vec<Vec<u8>>> = (0..9)
            .map(|turn| {
                let edited = written.edit(author, Timestamp::from_ms(turn), |editor| {
                    (0..4_000).try_for_each(|key| {
                        editor.put_text(Container::Names, &key.to_string(), &turn.to_string())
                    })
                });
                vec![edited.unwrap().change.unwrap()]
            })
            .collect();
        let sizes: Vec<_> = runs.iter().map(|run| size(run)).collect();
        let places: Vec<_> = (0..runs.len()).collect();
        assert_eq!(bite(&sizes, &places, 0), 0..4);
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
        let begin = Document::genesis(&LocationId::new([1; 16]), &DocName::first("profile"));
        let begin = begin.unwrap();
        let mut written = begin.clone();
        let author = Author {
            device: DeviceId::new([2; 32]),
            n: 0,
        };
        let runs: Vec<Vec<Vec<u8>>> = (0..12)
            .map(|turn| {
                let edited = written.edit(author, Timestamp::from_ms(turn), |editor| {
                    (0..4_000).try_for_each(|key| {
                        editor.put_text(Container::Names, &key.to_string(), &turn.to_string())
                    })
                });
                vec![edited.unwrap().change.unwrap()]
            })
            .collect();
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
