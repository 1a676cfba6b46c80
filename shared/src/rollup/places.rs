//! Places as bits.
//!
//! A place is an area of a location, known by a number of the store that holds it. The numbers mean
//! nothing elsewhere: a set answers which places, never in which order they are shown.

/// Number of places in one block of a [`PlaceSet`].
pub const BLOCK_PLACES: u32 = 256;

/// The bits of a block in bytes: the first byte has the first eight places, lowest bit first.
pub type Block = [u8; 32];

const WORDS: usize = 4;

/// A set of places, kept in blocks of [`BLOCK_PLACES`]. Ten thousand places take 1,280 bytes.
///
/// ```
/// use weft_shared::rollup::places::PlaceSet;
/// let mut places: PlaceSet = [3, 700].into_iter().collect();
/// assert!(places.insert(256) && !places.insert(3));
/// assert_eq!(places.iter().collect::<Vec<_>>(), [3, 256, 700]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PlaceSet {
    /// Blocks with any place, by their number.
    blocks: Vec<(u32, [u64; WORDS])>,
}

impl PlaceSet {
    /// Adds a place; `false` if it is in the set already.
    pub fn insert(&mut self, place: u32) -> bool {
        let (block, word, bit) = position(place);
        let at = match self.find(block) {
            Ok(at) => at,
            Err(at) => {
                self.blocks.insert(at, (block, [0; WORDS]));
                at
            }
        };
        let word = &mut self.blocks[at].1[word];
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Takes a place away; `false` if it is not in the set.
    pub fn remove(&mut self, place: u32) -> bool {
        let (block, word, bit) = position(place);
        let Ok(at) = self.find(block) else {
            return false;
        };
        let words = &mut self.blocks[at].1;
        let was_in = words[word] & bit != 0;
        words[word] &= !bit;
        if *words == [0; WORDS] {
            self.blocks.remove(at);
        }
        was_in
    }

    /// Whether the place is in the set.
    #[must_use]
    pub fn contains(&self, place: u32) -> bool {
        let (block, word, bit) = position(place);
        let found = self.find(block).ok();
        found.is_some_and(|at| self.blocks[at].1[word] & bit != 0)
    }

    /// Number of places.
    #[must_use]
    pub fn len(&self) -> usize {
        let words = self.blocks.iter().flat_map(|(_, words)| words);
        words.map(|word| word.count_ones() as usize).sum()
    }

    /// Whether it has no places.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The places of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.merged(other, |one, other| one | other)
    }

    /// The places that both have.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        self.merged(other, |one, other| one & other)
    }

    /// The places that `other` does not have.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.merged(other, |one, other| one & !other)
    }

    /// The places, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        let words = self.blocks.iter().flat_map(|(block, words)| {
            let words = (0..).zip(words);
            words.map(move |(at, word)| (block * BLOCK_PLACES + at * u64::BITS, *word))
        });
        words.flat_map(|(first, word)| bits(word).map(move |bit| first + bit))
    }

    /// The blocks that have any place, by number, as they are stored.
    pub fn blocks(&self) -> impl Iterator<Item = (u32, Block)> {
        self.blocks.iter().map(|(block, words)| {
            let mut bytes = [0; 32];
            for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
                bytes.copy_from_slice(&word.to_le_bytes());
            }
            (*block, bytes)
        })
    }

    /// Adds the places of a block as it is stored; `false` if no place has such a number.
    pub fn add_block(&mut self, block: u32, bytes: &Block) -> bool {
        if block > u32::MAX / BLOCK_PLACES {
            return false;
        }
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            let bytes = bytes.try_into().expect("a word has eight bytes");
            *word = u64::from_le_bytes(bytes);
        }
        if words == [0; WORDS] {
            return true;
        }
        // Blocks mostly come in ascending order.
        if self.blocks.last().is_none_or(|(last, _)| *last < block) {
            self.blocks.push((block, words));
        } else {
            *self = self.union(&Self {
                blocks: vec![(block, words)],
            });
        }
        true
    }

    fn find(&self, block: u32) -> Result<usize, usize> {
        match self.blocks.last() {
            // Places mostly come in ascending order.
            Some((last, _)) if *last == block => Ok(self.blocks.len() - 1),
            Some((last, _)) if *last > block => self
                .blocks
                .binary_search_by_key(&block, |(block, _)| *block),
            Some(_) | None => Err(self.blocks.len()),
        }
    }

    fn merged(&self, other: &Self, of: impl Fn(u64, u64) -> u64) -> Self {
        let mut blocks = Vec::with_capacity(self.blocks.len().max(other.blocks.len()));
        let (mut ours, mut theirs) = (
            self.blocks.iter().peekable(),
            other.blocks.iter().peekable(),
        );
        loop {
            let next = match (ours.peek(), theirs.peek()) {
                (Some((one, _)), Some((other, _))) => *one.min(other),
                (Some((one, _)), None) | (None, Some((one, _))) => *one,
                (None, None) => return Self { blocks },
            };
            let one = ours.next_if(|(block, _)| *block == next);
            let other = theirs.next_if(|(block, _)| *block == next);
            let (one, other) = (one.map_or([0; WORDS], |one| one.1), other);
            let other = other.map_or([0; WORDS], |other| other.1);
            let words = std::array::from_fn(|at| of(one[at], other[at]));
            if words != [0; WORDS] {
                blocks.push((next, words));
            }
        }
    }
}

impl FromIterator<u32> for PlaceSet {
    fn from_iter<I: IntoIterator<Item = u32>>(places: I) -> Self {
        let mut set = Self::default();
        for place in places {
            set.insert(place);
        }
        set
    }
}

/// The block of a place, the word in it, and the bit in that.
const fn position(place: u32) -> (u32, usize, u64) {
    let rest = place % BLOCK_PLACES;
    let word = (rest / u64::BITS) as usize;
    (place / BLOCK_PLACES, word, 1 << (rest % u64::BITS))
}

/// The numbers of the bits that are set, lowest first.
fn bits(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros())?;
        word &= word - 1;
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn places() -> impl Strategy<Value = BTreeSet<u32>> {
        let place = prop_oneof![0_u32..600, 65_000_u32..65_600, Just(u32::MAX)];
        prop::collection::btree_set(place, 0..40)
    }

    proptest! {
        #[test]
        fn a_set_of_bits_is_a_set(one in places(), other in places(), place in 0_u32..600) {
            let set = |places: &BTreeSet<u32>| places.iter().copied().collect::<PlaceSet>();
            let (mut bits, more) = (set(&one), set(&other));
            prop_assert!(bits.iter().eq(one.iter().copied()));
            prop_assert_eq!((bits.len(), bits.is_empty()), (one.len(), one.is_empty()));
            prop_assert_eq!(bits.union(&more), set(&(&one | &other)));
            prop_assert_eq!(bits.common(&more), set(&(&one & &other)));
            prop_assert_eq!(bits.minus(&more), set(&(&one - &other)));
            prop_assert_eq!(bits.contains(place), one.contains(&place));
            prop_assert_eq!(bits.insert(place), !one.contains(&place));
            prop_assert!(bits.remove(place) && !bits.contains(place) && !bits.remove(place));
            let mut rest = one;
            rest.remove(&place);
            prop_assert_eq!(&bits, &set(&rest));
            let mut read = PlaceSet::default();
            for (block, bytes) in bits.blocks() {
                prop_assert!(read.add_block(block, &bytes));
            }
            prop_assert_eq!(read, bits);
        }
    }

    #[test]
    fn the_lowest_bit_is_the_first_place() {
        let places: PlaceSet = [0, 9, 255, 256].into_iter().collect();
        let blocks: Vec<_> = places.blocks().collect();
        assert_eq!((blocks[0].0, blocks[1].0), (0, 1));
        let (first, second) = (blocks[0].1, blocks[1].1);
        assert_eq!((first[0], first[1], first[31]), (1, 2, 0x80));
        assert_eq!((second[0], second[1..].iter().max()), (1, Some(&0)));
        assert!(!PlaceSet::default().add_block(1 << 24, &first));
    }
}
