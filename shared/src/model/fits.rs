//! The limits of forms apply to reading documents too: a device need not use a form.
//!
//! A text that is too long hides nothing beside it. It stays in its document and is synced, but not
//! read. It counts as a newer version's content (`Document::unread`).

use super::{
    indicator::{DEFINITION_TEXT_BYTES_MAX, Definition},
    note::Note,
    observation::{
        BREAKDOWN_BYTES_MAX, BREAKDOWN_PARTS_MAX, CHECK_BYTES_MAX, CONFIRMED_MAX, METHOD_BYTES_MAX,
        NOTE_BYTES_MAX, SIGN_BYTES_MAX, Statement,
    },
    plan::LINE_BYTES_MAX,
    profile::{ALIAS_BYTES_MAX, ALIASES_MAX, Adoption, NAME_BYTES_MAX, Place, REASON_BYTES_MAX},
    schema::{Container, FieldKind, RecordKind},
};

/// Maximum bytes of the id of a name, a lead provider, a person or a setting of the network.
pub const TEXT_KEY_BYTES_MAX: usize = 128;

impl FieldKind {
    /// Maximum bytes of one value, or of one member of a set.
    pub const fn bytes_max(self) -> usize {
        if let Self::Text(max) | Self::Prose(max) | Self::Tags(max) = self {
            return max;
        }
        LINE_BYTES_MAX
    }
}

impl RecordKind {
    /// Maximum bytes of a value under `key`, or of one member of that set. `None` for a field of a
    /// newer version.
    pub fn bytes_max(self, key: &str) -> Option<usize> {
        let field = self.field(key).map(|field| field.kind.bytes_max());
        field.or_else(|| self.knows(key).then_some(LINE_BYTES_MAX))
    }
}

impl Container {
    /// Whether a plain text and its key are within the limits. Containers of other content have
    /// their own readers.
    pub const fn takes_text(self, key: &str, text: &str) -> bool {
        let plain = matches!(
            self,
            Self::Names | Self::Providers | Self::People | Self::Settings
        );
        !plain || (key.len() <= TEXT_KEY_BYTES_MAX && text.len() <= NAME_BYTES_MAX)
    }
}

impl Statement {
    /// Whether a form would have accepted its texts and marks.
    pub(super) fn fits(&self) -> bool {
        let short = |text: &Option<String>, max| text.as_ref().is_none_or(|it| it.len() <= max);
        short(&self.method, METHOD_BYTES_MAX)
            && short(&self.sign, SIGN_BYTES_MAX)
            && self.confirmed.len() <= CONFIRMED_MAX
            && self
                .confirmed
                .iter()
                .all(|name| name.len() <= CHECK_BYTES_MAX)
    }
}

impl Note {
    /// Whether a form would have accepted it.
    pub(crate) fn fits(&self) -> bool {
        self.text.len() <= NOTE_BYTES_MAX
    }
}

impl Adoption {
    /// Whether a form would have accepted its texts.
    pub(super) fn fits(&self) -> bool {
        let reason = self.reason.as_deref().unwrap_or_default();
        reason.len() <= REASON_BYTES_MAX
    }
}

impl Place {
    /// Whether a form would have accepted its texts.
    pub(super) fn fits(&self) -> bool {
        let areas = self.areas.iter().map(|area| &area.name);
        let mut names = areas.chain([&self.name]).chain(&self.name_mi);
        let short = |text: &String| text.len() <= ALIAS_BYTES_MAX;
        names.all(|name| name.len() <= NAME_BYTES_MAX)
            && self.aliases.len() <= ALIASES_MAX
            && (self.aliases.iter()).all(|alias| short(&alias.scheme) && short(&alias.code))
    }
}

impl Definition {
    /// Whether a file of definitions may contain its texts, breakdowns and crosses.
    pub(super) fn fits(&self) -> bool {
        let optional = [
            &self.name_mi,
            &self.numerator,
            &self.denominator,
            &self.source,
            &self.licence,
        ];
        let optional = optional.into_iter().flatten();
        let reason = self.from.as_ref().map(|from| &from.reason);
        let mut texts = optional.chain([&self.name, &self.unit]).chain(reason);
        let breakdowns = self.breakdowns.iter();
        let mut labels = breakdowns.flat_map(|(name, values)| values.iter().chain([name]));
        texts.all(|text| text.len() <= DEFINITION_TEXT_BYTES_MAX)
            && labels.all(|label| label.len() <= BREAKDOWN_BYTES_MAX)
            && self
                .crossed
                .iter()
                .all(|set| set.len() <= BREAKDOWN_PARTS_MAX)
    }
}
