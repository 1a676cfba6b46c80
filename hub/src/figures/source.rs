//! The definitions that pages show beside figures.

use weft_shared::model::indicator::Definition;

use crate::app::Counted;

/// Returns the definitions that the network has, or had at the moment of the figures.
pub(crate) fn definitions(at: &Counted<'_>) -> Vec<Definition> {
    let mut all = at.definitions();
    if at.as_of.is_some() {
        all.retain(|one| at.network().definition(&one.hash()).is_some());
    }
    all
}

/// Returns the newest version of a definition.
pub(crate) fn newest<'a>(definitions: &'a [Definition], code: &str) -> Option<&'a Definition> {
    let versions = definitions.iter().filter(|one| one.code.as_str() == code);
    versions.max_by_key(|one| one.version)
}
