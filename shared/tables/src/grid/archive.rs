//! The parts of a packed workbook, each of which was unpacked once and kept to its bounds.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use zip::{ZipArchive, ZipWriter, result::ZipError};

use super::markup::Scan;
use crate::limits::{PART_BYTES_MAX, PARTS_MAX, UNPACKED_BYTES_MAX};

/// A packed workbook.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// The parts that are markup.
    markup: Vec<usize>,
}

impl<'a> Archive<'a> {
    /// Unpacks everything once, to see that it keeps to the bounds: what a part says of its own
    /// size may be wrong.
    ///
    /// # Errors
    /// If it does not, or cannot be unpacked; in words.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
        if zip.len() > PARTS_MAX {
            return Err(format!(
                "this workbook has more than {PARTS_MAX} parts: save the table alone in a new \
                 workbook"
            ));
        }
        let mut left = UNPACKED_BYTES_MAX;
        let mut markup = Vec::new();
        for at in 0..zip.len() {
            let part = zip.by_index(at).map_err(|error| packed(&error))?;
            let name = part.name().map_err(|error| packed(&error))?.into_owned();
            let (bytes, is_markup) = scanned(part, &name, left)?;
            left -= bytes;
            if is_markup {
                markup.push(at);
            }
        }
        Ok(Self { zip, markup })
    }

    /// Whether it has a part called `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// Returns a part as text.
    ///
    /// # Errors
    /// If it is no text; in words.
    pub(super) fn text(&mut self, name: &str) -> Result<String, String> {
        let part = self.zip.by_name(name).map_err(|error| damaged(&error))?;
        let mut text = String::new();
        let read = part.take(UNPACKED_BYTES_MAX).read_to_string(&mut text);
        read.map_err(|error| damaged(&error))?;
        Ok(text)
    }

    /// Returns the parts whose markup was checked as a file of their own, for another reader. It
    /// may read each a few times, not as often as the workbook names it.
    ///
    /// # Errors
    /// If they cannot be read; in words.
    pub(super) fn checked(&mut self) -> Result<Metered, String> {
        let mut copy = || -> Result<Vec<u8>, ZipError> {
            let mut copy = ZipWriter::new(Cursor::new(Vec::new()));
            for at in &self.markup {
                copy.raw_copy_file(self.zip.by_index_raw(*at)?)?;
            }
            Ok(copy.finish()?.into_inner())
        };
        let bytes = copy().map_err(|error| damaged(&error))?;
        let left = READINGS * bytes.len() + ONCE;
        let inner = Cursor::new(bytes);
        Ok(Metered { inner, left })
    }
}

/// The number of times that a workbook may be read as a whole, and bytes beyond those.
const READINGS: usize = 4;
const ONCE: usize = 1 << 20;

/// A file that can be read a few times only: a workbook may name one sheet thousands of times.
#[derive(Debug)]
pub(super) struct Metered {
    inner: Cursor<Vec<u8>>,
    left: usize,
}

impl Read for Metered {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        let left = self.left.checked_sub(read);
        self.left = left.ok_or_else(|| io::Error::other("it names the same parts too often"))?;
        Ok(read)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Unpacks a part, and returns its bytes and whether it is markup.
fn scanned(part: impl Read, name: &str, left: u64) -> Result<(u64, bool), String> {
    let lower = name.to_ascii_lowercase();
    let mut bounds = PART_BYTES_MAX.iter();
    let bound = bounds.find(|(end, _)| lower.ends_with(end));
    let own = bound.map_or(UNPACKED_BYTES_MAX, |(_, most)| *most);
    let mut scan = Scan::default();
    let read = io::copy(&mut part.take(left.min(own) + 1), &mut scan);
    if let Some(broken) = scan.fault {
        return Err(format!("in the part {name} of this workbook, {broken}"));
    }
    let bytes = read.map_err(|error| packed(&error))?;
    if bytes > own {
        return Err(format!(
            "the part {name} of this workbook unpacks to more than {} MiB: copy the table alone \
             into a new workbook, or save it as CSV",
            own >> 20
        ));
    }
    if bytes > left {
        return Err(format!(
            "this workbook unpacks to more than {} MiB: save the table alone, or as CSV",
            UNPACKED_BYTES_MAX >> 20
        ));
    }
    Ok((bytes, scan.is_markup()))
}

fn damaged(error: &dyn std::fmt::Display) -> String {
    format!("this is a workbook that cannot be read ({error}): save it as .xlsx again")
}

fn packed(error: &dyn std::fmt::Display) -> String {
    format!(
        "this is a workbook that cannot be unpacked ({error}): save it again without a password"
    )
}
