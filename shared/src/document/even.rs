//! Limits Automerge's memory after it has loaded a document or applied much at once.
//!
//! It then holds the bytes of all values in one piece. An insertion in the middle splits the piece,
//! and the first half keeps the capacity of the whole until the document is copied. So 400 values
//! put here and there into a document of 4 MB take a gigabyte for a moment, and much time. Split at
//! a few places first, with a copy after every few, the same takes tens of megabytes.

use automerge::{
    ActorId, Automerge, ObjId, ROOT, ReadDoc as _, ScalarValueRef, ValueRef,
    transaction::Transactable as _,
};

use super::wrap::{self, TRIAL_ACTOR};

/// Values that take less than this together are left in one piece.
const PIECE_WHOLE_BYTES: usize = 128 << 10;
/// Approximate size of the pieces afterwards; Automerge aims at 4 KiB.
const PIECE_BYTES: usize = 8 << 10;
/// Minimum size that a value counts for: its earlier values are stored beside it.
const VALUE_BYTES_MIN: usize = 64;
/// Number of pieces that one round makes of one before the document is copied.
const PIECES_A_ROUND: usize = 4;

/// Splits large pieces. The content of the document stays the same.
pub(super) fn even_out(document: &mut Automerge) {
    let places = places(document);
    if places.len() < PIECE_WHOLE_BYTES / PIECE_BYTES {
        return;
    }
    let mut split = document.clone();
    let mut distance = places.len().next_power_of_two();
    while distance > 1 {
        let before = distance;
        distance = (distance / PIECES_A_ROUND).max(1);
        let here = (0..places.len()).step_by(distance);
        // The others were split in an earlier round.
        let here = here.filter(|at| at % before != 0);
        let put = wrap::guarded(|| touch(&mut split, here.map(|at| &places[at])));
        if put.is_err() {
            return;
        }
        // A copy has no spare capacity.
        split = split.clone();
    }
    *document = split;
}

/// Puts a value at each place, and rolls it back.
fn touch<'a>(document: &mut Automerge, places: impl Iterator<Item = &'a (ObjId, String)>) {
    document.set_actor(ActorId::from(TRIAL_ACTOR));
    let mut transaction = document.transaction();
    for (map, key) in places {
        // If a put fails, there is one split less.
        let _ = transaction.put(map, key.as_str(), "x");
    }
    transaction.rollback();
}

/// Keys that are about [`PIECE_BYTES`] of values apart.
fn places(document: &Automerge) -> Vec<(ObjId, String)> {
    let (mut places, mut bytes) = (Vec::new(), 0);
    let mut maps = vec![ROOT];
    while let Some(map) = maps.pop() {
        let mut inner = Vec::new();
        for item in document.map_range(&map, ..) {
            bytes += match &item.value {
                ValueRef::Object(_) => {
                    inner.push(item.id());
                    0
                }
                ValueRef::Scalar(ScalarValueRef::Str(text)) => text.len().max(VALUE_BYTES_MIN),
                ValueRef::Scalar(_) => VALUE_BYTES_MIN,
            };
            if bytes >= PIECE_BYTES {
                bytes = 0;
                places.push((map.clone(), item.key.to_string()));
            }
        }
        maps.extend(inner.into_iter().rev());
    }
    places
}

#[cfg(test)]
mod tests {
    use crate::{
        document::Document,
        id::{DeviceId, DocName, LocationId},
        model::schema::Container,
        time::Timestamp,
    };

    #[test]
    fn a_document_says_the_same_after_it_was_evened_out() {
        let location = LocationId::new([1; 16]);
        let name = DocName::first("profile");
        let mut document = Document::genesis(&location, &name).unwrap();
        let author = DeviceId::new([2; 32]);
        let written = document.edit(author, Timestamp::from_ms(1), |editor| {
            (0..3_000).try_for_each(|key| {
                editor.put_text(Container::Names, &key.to_string(), &"word ".repeat(20))
            })
        });
        written.unwrap();
        let bytes = document.save().unwrap();
        let mut evened = Document::load(&location, &name, &bytes).unwrap();
        let places = super::places(&evened.inner);
        assert!((30..50).contains(&places.len()), "{}", places.len());
        super::even_out(&mut evened.inner);
        assert_eq!(evened.dump(), document.dump());
        assert_eq!(evened.heads(), document.heads());
        assert_eq!(evened.inner.save(), bytes);
    }
}
