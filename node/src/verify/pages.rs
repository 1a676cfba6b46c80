//! The sizes that the pages of a Parquet file state. The library makes as much room as a page
//! says, before it has read it, so the statements are read first.
//!
//! A page's header is a struct of Thrift's compact protocol, as parquet.thrift of Apache Parquet
//! names its fields. Only what the hub writes is taken: the first version of data pages, with
//! dictionaries, and each field once, in order.

use parquet::file::metadata::ParquetMetaData;
use weft_shared::release::ROWS_MAX;

/// Maximum bytes of all pages of a file once they are unpacked. A release of the most rows that
/// there may be has about half of that.
pub(super) const UNPACKED_BYTES_MAX: u64 = 256 << 20;

/// Whether the pages of a file are as many bytes, values and forms as those of a release.
pub(super) fn are_bounded(file: &[u8], metadata: &ParquetMetaData) -> bool {
    let columns = metadata.row_groups().iter();
    let mut columns = columns.flat_map(|group| group.columns());
    let mut unpacked = 0;
    columns.all(|column| {
        let (start, length) = column.byte_range();
        let part = usize::try_from(start)
            .ok()
            .zip(usize::try_from(length).ok());
        let part = part.and_then(|(start, length)| file.get(start..start.checked_add(length)?));
        part.is_some_and(|part| take(part, &mut unpacked).is_some())
    })
}

/// Adds the unpacked bytes of one column's pages; none if they are too many, or of another form.
fn take(mut column: &[u8], unpacked: &mut u64) -> Option<()> {
    while !column.is_empty() {
        let mut reading = Compact(column);
        let page = reading.page()?;
        column = reading.0.get(page.packed..)?;
        // A page that is not compressed is as long as it is.
        *unpacked += page.unpacked.max(page.packed as u64);
        (*unpacked <= UNPACKED_BYTES_MAX).then_some(())?;
    }
    Some(())
}

/// The statements of a page's header.
struct Page {
    unpacked: u64,
    packed: usize,
}

/// Bytes of Thrift's compact protocol.
struct Compact<'a>(&'a [u8]);

/// The types of fields that are read here.
const I32: u8 = 5;
const STRUCT: u8 = 12;

/// The types of pages: of data in their first version, and of a dictionary.
const DATA: i64 = 0;
const DICTIONARY: i64 = 2;

/// The encodings of values: plain, two names of the same dictionary, and runs of flags.
const ENCODINGS: [i64; 4] = [0, 2, 3, 8];

impl Compact<'_> {
    fn page(&mut self) -> Option<Page> {
        let (mut unpacked, mut packed, mut of) = (None, None, None);
        let mut last = 0;
        while let Some((field, kind)) = self.field(&mut last)? {
            match (field, kind) {
                (1, I32) => {
                    let page = self.integer()?;
                    [DATA, DICTIONARY].contains(&page).then_some(())?;
                }
                (2, I32) => unpacked = u64::try_from(self.integer()?).ok(),
                (3, I32) => packed = usize::try_from(self.integer()?).ok(),
                // The content of a data page or of a dictionary. There is one of them.
                (5 | 7, STRUCT) if of.is_none() => of = self.content(),
                (4, I32) => {
                    self.integer()?;
                }
                _ => return None,
            }
        }
        of?;
        Some(Page {
            unpacked: unpacked?,
            packed: packed?,
        })
    }

    /// The number and the encoding of values, which are bounded.
    fn content(&mut self) -> Option<()> {
        let (mut values, mut encoding) = (None, None);
        let mut last = 0;
        while let Some((field, kind)) = self.field(&mut last)? {
            match (field, kind) {
                (1, I32) => values = usize::try_from(self.integer()?).ok(),
                (2, I32) => encoding = Some(self.integer()?),
                _ => self.skip(kind, NESTED_MAX)?,
            }
        }
        let is_bounded = values? <= ROWS_MAX && ENCODINGS.contains(&encoding?);
        is_bounded.then_some(())
    }

    /// The number and the type of the next field; none at the end of a struct. Fields come in
    /// their order.
    fn field(&mut self, last: &mut u8) -> Option<Option<(u8, u8)>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        // Without a step, the number would stand by itself, and could repeat one.
        let step = head >> 4;
        *last = last.checked_add(step).filter(|_| step > 0)?;
        Some(Some((*last, head & 0x0f)))
    }

    fn skip(&mut self, kind: u8, depth: u8) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            // A flag is in its type.
            1 | 2 => Some(()),
            3 => self.byte().map(|_| ()),
            4..=6 => self.varint().map(|_| ()),
            7 => self.bytes(8),
            8 => {
                let length = self.varint()?;
                self.bytes(usize::try_from(length).ok()?)
            }
            STRUCT => {
                let mut last = 0;
                while let Some((_, kind)) = self.field(&mut last)? {
                    self.skip(kind, depth)?;
                }
                Some(())
            }
            // No header of such a page has a list or a map.
            _ => None,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn bytes(&mut self, length: usize) -> Option<()> {
        self.0 = self.0.get(length..)?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for at in 0..VARINT_BYTES_MAX {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A number whose sign is in its lowest bit.
    fn integer(&mut self) -> Option<i64> {
        let value = self.varint()?;
        let size = i64::try_from(value >> 1).ok()?;
        Some(if value & 1 == 0 { size } else { -size - 1 })
    }
}

/// Maximum bytes of a number of 32 bits, and of the lengths of texts.
const VARINT_BYTES_MAX: u32 = 5;
/// Maximum depth of structs: a page's statistics are one in the content of a page.
const NESTED_MAX: u8 = 4;
