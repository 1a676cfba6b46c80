//! Records what this location decides about an indicator.

use weft_shared::{
    id::IndicatorCode,
    model::{
        Audience,
        profile::Adoption,
        schema::{Container, DocKind},
    },
};

use super::define;
use crate::replica::{DocumentError, Edit, Replica};

/// Writes a decision to the document for its audience, and removes it from the other. The
/// definition of an own indicator travels with a decision that is shared.
pub(crate) fn decision(
    replica: &mut Replica,
    code: &IndicatorCode,
    adoption: Adoption,
) -> Result<Edit, DocumentError> {
    let local = adoption.audience == Audience::Team;
    let (here, there) = if local {
        (DocKind::Team, DocKind::Profile)
    } else {
        (DocKind::Profile, DocKind::Team)
    };
    let mut edit = Edit::default();
    if replica.own_document(there)?.adoptions().contains_key(code) {
        let code = code.clone();
        edit.on(there, move |editor| {
            editor.put_text(Container::Adoptions, code.as_str(), "")
        });
    }
    if !local {
        define::share_definitions(replica, &mut edit, code)?;
    }
    let code = code.clone();
    edit.on(here, move |editor| editor.put_adoption(&code, &adoption));
    Ok(edit)
}
