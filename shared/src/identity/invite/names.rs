//! The names of a network and of its operator, as an invite claims them.

/// Maximum length of each name. A longer one is cut, so that the line fits a QR code.
pub const INVITE_NAME_BYTES_MAX: usize = 48;

/// The names in an invite. They are the claim of the person who made it: after joining, the hub's
/// own words count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InviteNames {
    network: String,
    operator: String,
}

impl InviteNames {
    /// Takes names as the hub has them. A long one is cut and ends with an ellipsis, and what shows
    /// nothing, or changes the direction of the words around it, becomes a blank.
    ///
    /// ```
    /// use weft_shared::identity::InviteNames;
    ///
    /// let names = InviteNames::new("Example network", "Example operator\n(no legal person)");
    /// assert_eq!(names.network(), "Example network");
    /// assert_eq!(names.operator(), "Example operator (no legal person)");
    /// ```
    pub fn new(network: &str, operator: &str) -> Self {
        Self {
            network: plain(network),
            operator: plain(operator),
        }
    }

    /// The network's name.
    pub fn network(&self) -> &str {
        &self.network
    }

    /// The name of the organisation that runs the hub.
    pub fn operator(&self) -> &str {
        &self.operator
    }

    pub(super) fn pack(&self) -> Vec<u8> {
        [
            self.network.as_bytes(),
            &[BETWEEN],
            self.operator.as_bytes(),
        ]
        .concat()
    }

    /// Reads names that are as [`InviteNames::new`] makes them; others are refused.
    pub(super) fn unpack(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (network, operator) = text.split_once(char::from(BETWEEN))?;
        let names = Self::new(network, operator);
        ((&*names.network, &*names.operator) == (network, operator)).then_some(names)
    }
}

fn plain(name: &str) -> String {
    let seen = |c: char| if is_unseen(c) { ' ' } else { c };
    let name: String = name.chars().map(seen).collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return NAMELESS.to_owned();
    }
    if name.len() <= INVITE_NAME_BYTES_MAX {
        return name;
    }
    let end = name.floor_char_boundary(INVITE_NAME_BYTES_MAX - CUT.len_utf8());
    let kept = name[..end].trim_end();
    format!("{kept}{CUT}")
}

/// Whether a character shows nothing, or changes the direction of others.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

/// The byte between the two; no name holds it.
const BETWEEN: u8 = 0;
const CUT: char = '…';
const NAMELESS: &str = "(no name)";
/// Maximum length of both, packed.
pub(super) const NAMES_BYTES_MAX: usize = 2 * INVITE_NAME_BYTES_MAX + 1;
const _: () = assert!(NAMES_BYTES_MAX <= u8::MAX as usize);
