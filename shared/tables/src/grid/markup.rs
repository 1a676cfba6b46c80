//! Bounds of markup, counted while it streams by: before anything makes a tree or a list of it.
//!
//! A few bytes of markup can cost much: elements within elements, attributes that are compared with
//! one another, and short elements that become large entries. In doubt, this counts too much.

use std::io;

use super::Fault;
use crate::limits::{ATTRIBUTES_MAX, COPIED_BYTES_MAX, DEPTH_MAX, LISTED_MAX, NODES_MAX};

/// Elements whose text each format of a cell copies: the name of a font, and a form of numbers.
const COPIED: [&str; 2] = ["name", "numFmt"];
/// Bytes of a name that are compared.
const NAME_BYTES: usize = 24;

/// Checks markup that will be held as a tree.
///
/// # Errors
/// Returns the first bound that it breaks.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    let mut scan = Scan {
        is_tree: true,
        ..Scan::default()
    };
    scan.take(text.as_bytes()).map_err(|message| {
        let before = text.as_bytes().get(..scan.at).unwrap_or_default();
        let lines = before.iter().filter(|byte| **byte == b'\n').count();
        Fault::new(1 + lines as u64, message)
    })
}

/// The piece of markup that the next byte belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Within {
    /// Blanks at the beginning.
    #[default]
    Nothing,
    /// A file that is no markup.
    Other,
    Text,
    /// After `<`.
    Opened,
    Name,
    Tag,
    /// A value of an attribute, with its quote.
    Quoted(u8),
    EndTag,
    /// After `<!`.
    Bang,
    /// After `<!-`.
    BangDash,
    Comment,
    Characters,
    Instruction,
    Declaration,
}

/// Counts markup in pieces, of whatever length.
#[derive(Default, Debug)]
pub(super) struct Scan {
    is_tree: bool,
    within: Within,
    /// The two bytes before this one.
    before: [u8; 2],
    /// Bytes so far.
    at: usize,
    depth: usize,
    /// The name of the element without its prefix, its bytes, and its attributes.
    name: Vec<u8>,
    bytes: usize,
    attributes: usize,
    all_elements: usize,
    all_attributes: usize,
    listed: [usize; LISTED_MAX.len()],
    /// The bound that was broken.
    pub(super) fault: Option<String>,
}

impl Scan {
    /// Whether the bytes so far are markup.
    pub(super) const fn is_markup(&self) -> bool {
        !matches!(self.within, Within::Nothing | Within::Other)
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        while !bytes.is_empty() {
            let ends = match self.within {
                Within::Other => return Ok(()),
                Within::Text => bytes.iter().position(|byte| *byte == b'<'),
                Within::Quoted(quote) => bytes.iter().position(|byte| *byte == quote),
                Within::Nothing => bytes.iter().position(|byte| !byte.is_ascii_whitespace()),
                Within::Opened
                | Within::Name
                | Within::Tag
                | Within::EndTag
                | Within::Bang
                | Within::BangDash
                | Within::Comment
                | Within::Characters
                | Within::Instruction
                | Within::Declaration => Some(0),
            };
            let skipped = ends.unwrap_or(bytes.len());
            self.at += skipped;
            self.bytes += skipped;
            let Some((byte, rest)) = bytes[skipped..].split_first() else {
                return Ok(());
            };
            self.step(*byte)?;
            self.before = [self.before[1], *byte];
            self.at += 1;
            bytes = rest;
        }
        Ok(())
    }

    fn step(&mut self, byte: u8) -> Result<(), String> {
        self.bytes += 1;
        let closes = byte == b'>';
        self.within = match (self.within, byte) {
            // The mark of UTF-8 may come first.
            (Within::Nothing, 0xEF | 0xBB | 0xBF) => Within::Nothing,
            (Within::Nothing | Within::Text, b'<') => Within::Opened,
            (Within::Nothing | Within::Other, _) => Within::Other,
            (Within::Opened, b'/') => Within::EndTag,
            (Within::Opened, b'!') => Within::Bang,
            (Within::Opened, b'?') => Within::Instruction,
            (Within::Opened, _) => {
                self.open();
                return self.named(byte);
            }
            (Within::Name, _) => return self.named(byte),
            (Within::Tag, _) => return self.tag(byte),
            (Within::Quoted(quote), _) if byte == quote => Within::Tag,
            (Within::EndTag, b'>') => {
                self.depth = self.depth.saturating_sub(1);
                Within::Text
            }
            (Within::Bang, b'-') => Within::BangDash,
            (Within::Bang, b'[') => Within::Characters,
            (Within::BangDash, b'-') => Within::Comment,
            (Within::Bang | Within::BangDash | Within::Declaration, _) if closes => Within::Text,
            (Within::Bang | Within::BangDash, _) => Within::Declaration,
            (Within::Comment, b'>') if self.before == *b"--" => Within::Text,
            (Within::Characters, b'>') if self.before == *b"]]" => Within::Text,
            (Within::Instruction, b'>') if self.before[1] == b'?' => Within::Text,
            (same, _) => same,
        };
        Ok(())
    }

    fn open(&mut self) {
        self.name.clear();
        (self.bytes, self.attributes) = (0, 0);
    }

    /// Takes a byte of an element's name, or the one after it.
    fn named(&mut self, byte: u8) -> Result<(), String> {
        self.within = Within::Name;
        match byte {
            b':' => self.name.clear(),
            b'/' | b'>' => return self.tag(byte),
            _ if byte.is_ascii_whitespace() => self.within = Within::Tag,
            _ if self.name.len() < NAME_BYTES => self.name.push(byte),
            _ => {}
        }
        Ok(())
    }

    /// Takes a byte of an element after its name.
    fn tag(&mut self, byte: u8) -> Result<(), String> {
        self.within = Within::Tag;
        match byte {
            b'"' | b'\'' => self.within = Within::Quoted(byte),
            b'=' => {
                self.attributes += 1;
                self.all_attributes += 1;
                if self.attributes > ATTRIBUTES_MAX {
                    return Err(format!(
                        "an element has more than {ATTRIBUTES_MAX} attributes: {SAVE_AGAIN}"
                    ));
                }
            }
            b'>' => {
                self.within = Within::Text;
                return self.close();
            }
            _ => {}
        }
        Ok(())
    }

    /// Counts an element whose tag is read.
    fn close(&mut self) -> Result<(), String> {
        if self.before[1] != b'/' {
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err(format!(
                    "more than {DEPTH_MAX} elements are within one another: {SAVE_AGAIN}"
                ));
            }
        }
        self.all_elements += 1;
        if self.is_tree && self.all_elements.max(self.all_attributes) > NODES_MAX {
            return Err(format!(
                "there are more than {NODES_MAX} elements or attributes: split the file, or save \
                 it as CSV"
            ));
        }
        for ((name, most), count) in LISTED_MAX.iter().zip(&mut self.listed) {
            *count += usize::from(name.as_bytes() == self.name);
            if *count > *most {
                return Err(format!(
                    "there are more than {most} elements <{name}>: {SAVE_AGAIN}"
                ));
            }
        }
        let is_copied = COPIED.iter().any(|name| name.as_bytes() == self.name);
        if is_copied && self.bytes > COPIED_BYTES_MAX {
            return Err(format!(
                "a name of a font or a form of numbers has more than {COPIED_BYTES_MAX} bytes: \
                 {SAVE_AGAIN}"
            ));
        }
        Ok(())
    }
}

/// The way out for markup that no office program writes.
const SAVE_AGAIN: &str = "copy the table alone into a new file, or save it as CSV";

impl io::Write for Scan {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.take(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(message) => {
                self.fault = Some(message);
                Err(io::Error::other("a bound is broken"))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
