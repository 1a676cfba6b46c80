//! The encoding of a run's body: raw, or compressed if that is smaller.

use zstd::bulk::Decompressor;

use crate::wire::limits::{INFLATE_RATIO_MAX, RUN_RAW_BYTES_MAX};

/// Below this size, zstd's own frame costs more than it saves.
const COMPRESS_BYTES_MIN: usize = 256;
const ZSTD_LEVEL: i32 = 3;

/// A codec that this version reads and writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Codec {
    /// The raw change chunks.
    Raw = 0,
    /// One zstd frame of the raw change chunks.
    Zstd = 1,
    /// A sealed run; see [`sealed`](super::sealed).
    Sealed = 8,
}

impl Codec {
    /// Its number on the wire.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Returns the codec with this number. One more is reserved and not supported: 2 (stripped and
    /// zstd). A peer that sends it is asked for codec 0.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Raw),
            1 => Some(Self::Zstd),
            8 => Some(Self::Sealed),
            _ => None,
        }
    }
}

/// Compresses `raw`, unless the result would not be smaller or would exceed the caps at which
/// [`Inflater`] stops.
pub fn compress(raw: &[u8]) -> (Codec, Vec<u8>) {
    if raw.len() >= COMPRESS_BYTES_MIN
        && let Ok(packed) = zstd::bulk::compress(raw, ZSTD_LEVEL)
        && packed.len() < raw.len()
        && raw.len() <= inflated_bytes_max(packed.len())
    {
        return (Codec::Zstd, packed);
    }
    (Codec::Raw, raw.to_vec())
}

/// A body that does not inflate within the caps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InflateError {
    /// It declares itself longer than a run may be, or more than 64 times the body.
    #[error("a body inflates past {0} bytes")]
    TooLarge(usize),
    /// Not a zstd frame, or longer than the cap; zstd does not tell which.
    #[error("a body is no zstd frame of at most {0} bytes")]
    Malformed(usize),
    /// The decompressor could not be set up.
    #[error("no memory for a decompressor")]
    Setup,
}

fn inflated_bytes_max(body_bytes: usize) -> usize {
    body_bytes
        .saturating_mul(INFLATE_RATIO_MAX)
        .min(RUN_RAW_BYTES_MAX)
}

/// Inflates bodies one after another with one decompressor, created when first needed.
#[derive(Default)]
pub struct Inflater {
    zstd: Option<Decompressor<'static>>,
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inflater").finish_non_exhaustive()
    }
}

impl Inflater {
    /// Inflates a zstd body within the caps: 1 MiB, and 64 times its own size.
    ///
    /// # Errors
    /// If it is not a zstd frame, or exceeds a cap. Never allocates more than the cap.
    pub fn zstd(&mut self, body: &[u8]) -> Result<Vec<u8>, InflateError> {
        let bytes_max = inflated_bytes_max(body.len());
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            None => self
                .zstd
                .insert(Decompressor::new().map_err(|_| InflateError::Setup)?),
        };
        if Decompressor::upper_bound(body).is_some_and(|bytes| bytes > bytes_max) {
            return Err(InflateError::TooLarge(bytes_max));
        }
        zstd.decompress(body, bytes_max)
            .map_err(|_| InflateError::Malformed(bytes_max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packs `raw` as a sender would and as a careless one would, and inflates both.
    #[track_caller]
    fn check(raw: &[u8], codec: Codec, careless: Result<(), InflateError>) {
        let (chosen, packed) = compress(raw);
        assert_eq!(chosen, codec);
        let mut inflater = Inflater::default();
        match chosen {
            Codec::Raw => assert_eq!(packed, raw),
            Codec::Zstd => assert_eq!(inflater.zstd(&packed).as_deref(), Ok(raw)),
            Codec::Sealed => panic!("nothing is sealed by being packed"),
        }
        let forced = zstd::bulk::compress(raw, ZSTD_LEVEL).unwrap();
        let inflated = inflater.zstd(&forced);
        assert_eq!(inflated.map(|inflated| assert_eq!(inflated, raw)), careless);
    }

    #[test]
    fn what_is_packed_always_inflates() {
        let words = |count: u32| -> Vec<u8> {
            let mut words = (0..count).map(|at| at.wrapping_mul(2_654_435_761) >> 20);
            words
                .by_ref()
                .flat_map(|word| format!("word{word} ").into_bytes())
                .collect()
        };
        check(&[], Codec::Raw, Ok(()));
        check(b"short", Codec::Raw, Ok(()));
        check(&words(500), Codec::Zstd, Ok(()));
        check(&words(100_000), Codec::Zstd, Ok(()));
        let bytes_max = RUN_RAW_BYTES_MAX;
        check(
            &words(200_000),
            Codec::Raw,
            Err(InflateError::TooLarge(bytes_max)),
        );
        let zeros = vec![0; 100_000];
        let bytes_max = zstd::bulk::compress(&zeros, ZSTD_LEVEL).unwrap().len() * 64;
        check(&zeros, Codec::Raw, Err(InflateError::TooLarge(bytes_max)));
    }

    #[test]
    fn a_frame_that_hides_its_size_stops_at_the_cap() {
        let mut stream = zstd::stream::Encoder::new(Vec::new(), ZSTD_LEVEL).unwrap();
        std::io::Write::write_all(&mut stream, &vec![0; 4 << 20]).unwrap();
        let body = stream.finish().unwrap();
        assert_eq!(Decompressor::upper_bound(&body), None);
        let bytes_max = (body.len() * 64).min(RUN_RAW_BYTES_MAX);
        let refused = Inflater::default().zstd(&body);
        assert_eq!(refused, Err(InflateError::Malformed(bytes_max)));
    }

    #[test]
    fn codecs_that_are_not_spoken_are_unknown() {
        assert_eq!(Codec::from_number(0), Some(Codec::Raw));
        assert_eq!(Codec::from_number(1), Some(Codec::Zstd));
        assert_eq!(Codec::from_number(8), Some(Codec::Sealed));
        for number in (2..=u8::MAX).filter(|number| *number != 8) {
            assert_eq!(Codec::from_number(number), None);
        }
    }
}
