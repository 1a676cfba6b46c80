//! Numbers and bytes at the front of a slice, in their one valid form.

use super::ScanError;
use crate::wire::limits::CHANGE_DEPS_MAX;

/// Reads from the front of a slice, never past its end.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn byte(&mut self) -> Result<u8, ScanError> {
        let (first, rest) = self.0.split_first().ok_or(ScanError::Length)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn take(&mut self, len: u64) -> Result<&'a [u8], ScanError> {
        let len = usize::try_from(len).map_err(|_| ScanError::Length)?;
        let (taken, rest) = self.0.split_at_checked(len).ok_or(ScanError::Length)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Bytes after their length.
    pub(super) fn prefixed(
        &mut self,
        len_max: usize,
        error: ScanError,
    ) -> Result<&'a [u8], ScanError> {
        let len = self.uleb()?;
        if len > len_max as u64 {
            return Err(error);
        }
        self.take(len)
    }

    pub(super) fn hashes(&mut self, count: u64) -> Result<&'a [[u8; 32]], ScanError> {
        if count > CHANGE_DEPS_MAX as u64 {
            return Err(ScanError::Dependencies(count));
        }
        let (hashes, _) = self.take(count * 32)?.as_chunks();
        Ok(hashes)
    }

    /// An unsigned LEB128 number in its shortest form.
    pub(super) fn uleb(&mut self) -> Result<u64, ScanError> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(ScanError::Number);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                let overlong = byte == 0 && shift > 0;
                return if overlong {
                    Err(ScanError::Number)
                } else {
                    Ok(number)
                };
            }
        }
        Err(ScanError::Number)
    }

    /// A signed LEB128 number in its shortest form.
    pub(super) fn sleb(&mut self) -> Result<i64, ScanError> {
        let mut number = 0_i64;
        let mut previous = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 != 0 {
                previous = byte;
                continue;
            }
            let negative = byte & 0x40 != 0;
            let is_last = shift == LAST_SHIFT;
            if is_last && byte != 0 && byte != 0x7f {
                return Err(ScanError::Number);
            }
            let extends =
                (byte == 0 && previous & 0x40 == 0) || (byte == 0x7f && previous & 0x40 != 0);
            if shift > 0 && extends {
                return Err(ScanError::Number);
            }
            if negative && !is_last {
                number |= -1 << (shift + 7);
            }
            return Ok(number);
        }
        Err(ScanError::Number)
    }
}

/// Shift of the tenth and last byte of a 64-bit number.
const LAST_SHIFT: u32 = 63;
