//! Defines this location's own indicators, which are in no figure of the network.

use weft_host::failure::Failure;
use weft_shared::{
    id::IndicatorCode,
    model::{
        Audience,
        indicator::{Definition, Drafted, Versions},
        profile::{Adoption, AdoptionStatus},
        record::FieldProblem,
        schema::DocKind,
    },
};

use super::decision;
use crate::{
    limits::OWN_INDICATORS_MAX,
    replica::{DocumentError, Edit, Replica},
    view::{IndicatorRow, Whose},
};

/// Reads the code of an own indicator as typed.
///
/// # Errors
/// Returns the problem in words: it is no code, or it has not our prefix.
pub(crate) fn own_code(replica: &Replica, text: &str) -> Result<IndicatorCode, String> {
    let membership = replica.membership().map_err(|alone| alone.to_string())?;
    let prefix = format!("{}_", membership.code);
    let form = format!("write a code that begins with {prefix}, such as {prefix}SWIM");
    let code: IndicatorCode = text.parse().map_err(|_| {
        let text: String = text.trim().chars().take(64).collect();
        format!("\"{text}\" is not an indicator code: {form}")
    })?;
    match replica.is_ours(&code) {
        true => Ok(code),
        false => Err(format!(
            "{code} is not a code of our own: {form}. The prefix keeps it apart from the network's \
             indicators and from those of other locations"
        )),
    }
}

/// Checks that another own indicator fits.
///
/// # Errors
/// Returns the problem in words, if the network has defined the code or there are too many.
fn has_room(
    replica: &mut Replica,
    code: &IndicatorCode,
    row: Option<&IndicatorRow>,
) -> Result<Result<(), String>, DocumentError> {
    if row.is_some_and(|row| row.whose == Whose::Network) {
        let text = format!("{code} is an indicator of the network: choose another code");
        return Ok(Err(text));
    }
    let rows = replica.indicators()?.into_iter();
    let own = rows.filter(|row| row.whose == Whose::Own).count();
    Ok(match row {
        None if own >= OWN_INDICATORS_MAX => Err(format!(
            "this location has {own} indicators of its own, and {OWN_INDICATORS_MAX} is the most"
        )),
        _ => Ok(()),
    })
}

/// Reads a draft of an own indicator.
///
/// # Errors
/// Returns every problem, each with its field.
pub(crate) fn drafted(
    replica: &mut Replica,
    code: &IndicatorCode,
    texts: &weft_shared::model::indicator::Texts,
) -> Result<Result<Drafted, Vec<FieldProblem>>, DocumentError> {
    let row = replica.indicator(code)?;
    let versions = row.as_ref().map(|row| &row.versions);
    let read = Definition::from_draft(code, texts, versions);
    let room = has_room(replica, code, row.as_ref())?;
    Ok(match (read, room) {
        (read, Ok(())) => read,
        (read, Err(message)) => {
            let mut problems = read.err().unwrap_or_default();
            let field = "code".to_owned();
            problems.insert(0, FieldProblem { field, message });
            Err(problems)
        }
    })
}

/// Writes a definition and its settings to the document for its audience, and that this location
/// reports it.
pub(crate) fn define(
    replica: &mut Replica,
    drafted: Drafted,
    audience: Audience,
) -> Result<Edit, DocumentError> {
    let Drafted {
        definition,
        settings,
    } = drafted;
    let code = definition.code.clone();
    let shared = is_shared(replica, &code)?;
    let document = match audience {
        Audience::Team if !shared => DocKind::Team,
        _ => DocKind::Profile,
    };
    let adoption = Adoption {
        status: AdoptionStatus::Adopted,
        definition: definition.hash(),
        audience,
        reason: None,
        releases: None,
        open: None,
    };
    let mut edit = decision(replica, &code, adoption)?;
    edit.on(document, move |editor| {
        editor.put_definition(&definition)?;
        let mut settings = settings.iter();
        settings.try_for_each(|change| editor.put_setting(change))
    });
    Ok(edit)
}

/// Whether a definition of the indicator has gone beyond the team, so that it cannot be recalled.
fn is_shared(replica: &mut Replica, code: &IndicatorCode) -> Result<bool, DocumentError> {
    let profile = replica.own_document(DocKind::Profile)?;
    Ok(!profile.definitions_of(code).0.is_empty())
}

/// Lets the definitions of an own indicator travel, because something that is shared needs them:
/// its values, or the decision about them.
pub(crate) fn share_definitions(
    replica: &mut Replica,
    edit: &mut Edit,
    code: &IndicatorCode,
) -> Result<(), DocumentError> {
    if !replica.is_ours(code) {
        return Ok(());
    }
    let (kept, settings) = replica.own_document(DocKind::Team)?.definitions_of(code);
    let (shared, _) = replica.own_document(DocKind::Profile)?.definitions_of(code);
    let is_shared = |one: &Definition| shared.iter().any(|known| known.version == one.version);
    let kept: Vec<Definition> = kept.into_iter().filter(|one| !is_shared(one)).collect();
    if kept.is_empty() {
        return Ok(());
    }
    let versions = Versions::by_code(kept, &settings);
    edit.on(DocKind::Profile, move |editor| {
        let mut versions = versions.values().flat_map(Versions::iter);
        versions.try_for_each(|(definition, settings)| {
            editor.put_definition(definition)?;
            let mut changes = settings.changes(definition).into_iter();
            changes.try_for_each(|change| editor.put_setting(&change))
        })
    });
    Ok(())
}

/// The problems of a draft in a failure for a command.
pub(crate) fn refused(problems: &[FieldProblem]) -> Failure {
    let lines = problems.iter().map(|one| {
        let field = one.field.replace('_', "-");
        format!("--{field}: {}", one.message)
    });
    let lines: Vec<String> = lines.collect();
    Failure::usage(format_args!(
        "The indicator cannot be defined like this, and nothing was saved:\n{}",
        lines.join("\n")
    ))
}
