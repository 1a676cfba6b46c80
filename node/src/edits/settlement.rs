//! Settles conflicts, for both commands and pages.

use weft_host::failure::Failure;
use weft_shared::model::{
    Audience,
    observation::Statement,
    profile::Adoption,
    schema::{Container, DocKind},
};

use super::{decision, observations};
use crate::{
    replica::{Edit, Replica},
    view::{ConflictRow, ConflictValue, observed_key},
};

/// Keeps one of the values; the others stay in the history. A value that was for the team
/// alone becomes the location's, and travels as far as `audience`.
pub(crate) fn settlement(
    replica: &mut Replica,
    row: &ConflictRow,
    chosen: &ConflictValue,
    audience: Option<Audience>,
) -> Result<Edit, Failure> {
    if chosen.local {
        return share(replica, row, chosen, audience);
    }
    let mut edit = Edit::default();
    // The list has the same order on every device, but the document has another.
    let values = &row.conflict.values;
    let at = values.iter().position(|one| one.value == chosen.value);
    let at = at.unwrap_or(0) + 1;
    if row.values.iter().any(|value| value.local) {
        let (container, key) = (row.conflict.container, row.conflict.key.clone());
        edit.on(DocKind::Team, move |editor| {
            if container == Container::Observations {
                editor.put_text(Container::Notes, &key, "")?;
            }
            editor.put_text(container, &key, "")
        });
    }
    if values.len() > 1 {
        for document in [&row.document].into_iter().chain(&row.also) {
            let kind: DocKind = document.name.parse().map_err(Failure::failed_error)?;
            let conflict = row.conflict.clone();
            edit.on(kind, move |editor| editor.settle(&conflict, at));
        }
    }
    Ok(edit)
}

/// Returns the audiences of the location's values. A value that replaces them may travel as far.
pub(crate) fn audiences(row: &ConflictRow) -> Vec<Audience> {
    let of = |value: &ConflictValue| match row.conflict.container {
        Container::Observations => Statement::decode(&value.value)
            .ok()
            .map(|said| said.audience),
        Container::Adoptions => Adoption::decode(&value.value)
            .ok()
            .map(|said| said.audience),
        _ => None,
    };
    let shared = row.values.iter().filter(|value| !value.local);
    let mut audiences: Vec<Audience> = shared.filter_map(of).collect();
    audiences.retain(|audience| *audience != Audience::Team);
    audiences.sort();
    audiences.dedup();
    if audiences.is_empty() {
        audiences.push(Audience::Network);
    }
    audiences
}

/// Shares a value that was for the team alone, in place of the location's.
fn share(
    replica: &mut Replica,
    row: &ConflictRow,
    chosen: &ConflictValue,
    audience: Option<Audience>,
) -> Result<Edit, Failure> {
    let audience = audience.filter(|audience| *audience != Audience::Team);
    let audience = audience.ok_or_else(|| {
        let others: Vec<String> = audiences(row).iter().map(ToString::to_string).collect();
        Failure::needs_action(format_args!(
            "That value is for your team only. If it is to stand for the whole location, say how \
             far it may travel: --audience {} is how far the other one travels. Nothing was \
             changed.",
            others.join(" or ")
        ))
    })?;
    let unreadable = || Failure::failed("The value cannot be read by this version. Upgrade Weft.");
    if let Some(key) = observed_key(&row.conflict) {
        let mut statement = Statement::decode(&chosen.value).map_err(|_| unreadable())?;
        statement.audience = audience;
        let mut edit = Edit::default();
        observations::confirm(replica, &mut edit, &key, statement, None)?;
        return Ok(edit);
    }
    let code = row.conflict.key.parse().map_err(|_| unreadable())?;
    let mut adoption = Adoption::decode(&chosen.value).map_err(|_| unreadable())?;
    adoption.audience = audience;
    Ok(decision(replica, &code, adoption)?)
}
