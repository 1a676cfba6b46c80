//! Records what this location decides about an indicator.

use weft_shared::{
    id::IndicatorCode,
    model::{
        Audience,
        indicator::Rows,
        profile::{Adoption, AdoptionStatus},
        schema::{Container, DocKind},
    },
};

use super::define;
use crate::replica::{DocumentError, Edit, Replica};

/// Returns the answer to releases that stands after a decision, as an adoption has it. Nothing of
/// an indicator that is for the team alone, or is declined, can go out: no answer is left.
pub(crate) fn answer_after(
    before: Option<&Adoption>,
    status: AdoptionStatus,
    audience: Audience,
) -> (Option<Rows>, Option<bool>) {
    let stays = status == AdoptionStatus::Adopted && audience != Audience::Team;
    let before = before.filter(|_| stays);
    before.map_or((None, None), |before| (before.releases, before.open))
}

/// Whether a decision takes a yes to releases away.
pub(crate) fn loses_yes(before: Option<&Adoption>, after: &Adoption) -> bool {
    let said_yes = before.is_some_and(|before| {
        before.status == AdoptionStatus::Adopted && before.releases.is_some()
    });
    said_yes && after.releases.is_none()
}

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
