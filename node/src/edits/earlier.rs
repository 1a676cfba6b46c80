//! Brings earlier values back, and takes out what was entered by mistake. The history keeps both.

use std::collections::BTreeSet;

use weft_host::failure::Failure;
use weft_shared::{
    document::Told,
    id::RecordId,
    model::{
        Audience,
        note::Note,
        observation::{ObservationKey, Statement},
        profile::Adoption,
        record::{FieldValue, Fields},
        schema::{self, Container, FieldKind, RecordKind},
    },
    time::Timestamp,
    validation::question::says_the_same,
};

use super::{decision, observations, records};
use crate::{
    replica::{DocumentError, Edit, Replica},
    view::{ObservationRow, RecordRow},
};

/// The offer beside a change of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    /// States this text again.
    Back(String),
    /// States what the author's last value replaced.
    Undo(String),
    /// Takes the author's value out of lists and figures: nothing was there before it.
    TakeOut,
}

/// The value that stands now where a change was made.
enum Standing {
    /// Nothing may be stated there: it was removed, or several answers stand there.
    Closed,
    Value(Option<Box<Statement>>),
    Decision(Option<Box<Adoption>>),
    Note(String),
    Field(Box<RecordRow>, String),
    Member(Box<RecordRow>, String, String),
}

impl Standing {
    fn read(replica: &mut Replica, told: &Told) -> Result<Self, DocumentError> {
        let key = told.key.parse::<ObservationKey>();
        Ok(match (told.container, key) {
            (Container::Observations, Ok(key)) => match replica.observation(&key)? {
                None => Self::Value(None),
                Some(row) => match row.settled() {
                    Some(one) => Self::Value(Some(Box::new(one.statement.clone()))),
                    None => Self::Closed,
                },
            },
            (Container::Notes, Ok(key)) => match replica.observation(&key)? {
                Some(row) if row.notes.len() < 2 && stands(&row) => {
                    let note = row.notes.first();
                    Self::Note(note.map_or_else(String::new, |note| note.text.clone()))
                }
                _ => Self::Closed,
            },
            (Container::Adoptions, _) => Self::decision(replica, told)?,
            _ => Self::field(replica, told)?.unwrap_or(Self::Closed),
        })
    }

    fn decision(replica: &mut Replica, told: &Told) -> Result<Self, DocumentError> {
        let Ok(code) = told.key.parse() else {
            return Ok(Self::Closed);
        };
        let decided = replica.indicator(&code)?.map(|row| row.decision);
        Ok(match decided {
            Some(None) => Self::Decision(None),
            Some(Some(one)) if !one.contested => Self::Decision(Some(Box::new(one.adoption))),
            Some(Some(_)) | None => Self::Closed,
        })
    }

    fn field(replica: &mut Replica, told: &Told) -> Result<Option<Self>, DocumentError> {
        let kind = RecordKind::of(told.container);
        let id = told.key.parse::<RecordId>().ok();
        let (Some(kind), Some(id), Some(field)) = (kind, id, told.field.as_deref()) else {
            return Ok(None);
        };
        let row = replica.record(kind, &id)?;
        let Some(row) = row.filter(|row| !row.record.withdrawn) else {
            return Ok(None);
        };
        if let Some((of, member)) = field.split_once('/') {
            let known = kind.field(of).is_some_and(|spec| spec.is_set());
            let standing = Self::Member(Box::new(row), of.to_owned(), member.to_owned());
            return Ok(known.then_some(standing));
        }
        let known = kind.field(field);
        let known = known.is_some_and(|spec| !spec.is_set() && spec.kind != FieldKind::Words);
        let values = row.record.fields.get(field).map_or(&[][..], Vec::as_slice);
        let text = match values {
            [] => String::new(),
            [one] => one.value.clone(),
            [_, ..] => return Ok(None),
        };
        Ok(known.then(|| Self::Field(Box::new(row), text)))
    }

    /// The offer to state this text again; `None` if it stands already or says nothing.
    fn back(&self, text: &str) -> Option<Offer> {
        let differs = match self {
            Self::Closed => false,
            Self::Value(standing) => {
                let said = Statement::decode(text).ok()?;
                let same = standing.as_ref().is_some_and(|one| same(one, &said));
                !said.is_retraction() && !same
            }
            Self::Decision(standing) => {
                let said = Adoption::decode(text).ok()?;
                let same = |one: &Adoption| {
                    (one.status, &one.reason, one.definition)
                        == (said.status, &said.reason, said.definition)
                };
                !standing.as_ref().is_some_and(|one| same(one))
            }
            Self::Note(standing) => {
                let said = Note::decode(text).text;
                !said.is_empty() && said != *standing
            }
            Self::Field(_, standing) => !text.is_empty() && text != standing,
            Self::Member(row, of, member) => {
                let member_now = row.record.members(of).any(|one| one == member);
                text == schema::SET && !member_now
            }
        };
        differs.then(|| Offer::Back(text.to_owned()))
    }

    /// The offer to take back the value that stands, if its author asks.
    fn undo(&self, told: &Told) -> Option<Offer> {
        let Self::Value(Some(standing)) = self else {
            return None;
        };
        let said = Statement::decode(told.value.as_deref()?).ok()?;
        if said.is_retraction() || !same(standing, &said) {
            return None;
        }
        let before = told.before.as_deref();
        let earlier = before.and_then(|text| Statement::decode(text).ok());
        let earlier = earlier.filter(|one| !one.is_retraction() && !same(one, &said));
        match (earlier, before) {
            (Some(_), Some(text)) => Some(Offer::Undo(text.to_owned())),
            // A confirmation of the same figure, or an answer to two: nothing to go back to.
            (None, Some(text)) if is_same_figure(text, &said) => None,
            _ if !told.not_chosen.is_empty() => None,
            _ => Some(Offer::TakeOut),
        }
    }

    /// The text of what stands, for a mark that a form sends back.
    fn text(&self) -> String {
        match self {
            Self::Closed | Self::Value(None) | Self::Decision(None) => String::new(),
            Self::Value(Some(one)) => one.encode(),
            Self::Decision(Some(one)) => one.encode(),
            Self::Note(text) | Self::Field(_, text) => text.clone(),
            Self::Member(row, of, _) => row.record.members(of).collect::<Vec<_>>().join("; "),
        }
    }
}

/// The offers beside a change, and the text of what stands there now.
pub(crate) fn offers(
    replica: &mut Replica,
    told: &Told,
    own: bool,
) -> Result<(Vec<Offer>, String), DocumentError> {
    let standing = Standing::read(replica, told)?;
    let mut offers: Vec<Offer> = Vec::new();
    offers.extend(standing.undo(told).filter(|_| own));
    // A member that was taken out of a set comes back as one.
    let is_member = matches!(standing, Standing::Member(..));
    let texts = match is_member {
        true => vec![schema::SET],
        false => told.value.as_deref().into_iter().collect(),
    };
    let others = told.not_chosen.iter().map(String::as_str);
    offers.extend(
        texts
            .into_iter()
            .chain(others)
            .filter_map(|text| standing.back(text)),
    );
    Ok((offers, standing.text()))
}

/// Does what was offered.
///
/// # Errors
/// If the value may not be stated any more, with the reason.
pub(crate) fn take(
    replica: &mut Replica,
    told: &Told,
    offer: &Offer,
    now: Timestamp,
) -> Result<Edit, Failure> {
    let mut edit = Edit::default();
    let text = match offer {
        Offer::Back(text) | Offer::Undo(text) => text.as_str(),
        Offer::TakeOut => "",
    };
    let unreadable = || Failure::failed("That value cannot be read by this version. Upgrade Weft.");
    match Standing::read(replica, told)? {
        Standing::Closed => return Err(closed()),
        Standing::Value(standing) => {
            let key = told.key.parse().map_err(|_| unreadable())?;
            let statement = match (offer, &standing) {
                (Offer::TakeOut, Some(one)) => Statement::retraction(one.definition, one.audience),
                (Offer::TakeOut, None) => return Err(closed()),
                (Offer::Back(_) | Offer::Undo(_), _) => {
                    Statement::decode(text).map_err(|_| unreadable())?
                }
            };
            // No one has said that the earlier value may go further than it went.
            let audience = standing.map_or(statement.audience, |one| {
                one.audience.min(statement.audience)
            });
            let statement = Statement {
                audience,
                ..statement
            };
            observations::state(replica, &mut edit, &key, statement, None)?;
        }
        Standing::Decision(standing) => {
            let code = told.key.parse().map_err(|_| unreadable())?;
            let mut said = Adoption::decode(text).map_err(|_| unreadable())?;
            said.audience = standing.map_or(said.audience, |one| one.audience);
            return Ok(decision(replica, &code, said)?);
        }
        Standing::Note(_) => {
            let key: ObservationKey = told.key.parse().map_err(|_| unreadable())?;
            let row = replica.observation(&key)?;
            let stated = row.as_ref().and_then(ObservationRow::settled);
            let statement = stated.ok_or_else(closed)?.statement.clone();
            let note = Note::decode(text).text;
            observations::state(replica, &mut edit, &key, statement, Some(note))?;
        }
        Standing::Field(row, _) => {
            let field = told.field.clone().unwrap_or_default();
            let fields = Fields::from([(field, FieldValue::Text(text.to_owned()))]);
            records::change(replica, &mut edit, &row, fields, None, now)?;
        }
        Standing::Member(row, of, member) => {
            let members = row.record.members(&of).map(str::to_owned);
            let members: BTreeSet<String> = members.chain([member]).collect();
            let fields = Fields::from([(of, FieldValue::Set(members))]);
            records::change(replica, &mut edit, &row, fields, None, now)?;
        }
    }
    Ok(edit)
}

fn closed() -> Failure {
    Failure::needs_action(
        "Nothing was changed: meanwhile it was removed, or it has several answers. Look at the \
         history again; several answers are settled under To settle.",
    )
}

/// Whether a value stands there that people can add a note to.
fn stands(row: &ObservationRow) -> bool {
    row.settled()
        .is_some_and(|one| !one.statement.is_retraction())
}

/// Whether two statements give the same figure, however far they travel.
fn same(standing: &Statement, said: &Statement) -> bool {
    let narrow = |one: &Statement| Statement {
        audience: Audience::Team,
        ..one.clone()
    };
    says_the_same(&narrow(standing), &narrow(said)) || narrow(standing) == narrow(said)
}

fn is_same_figure(text: &str, said: &Statement) -> bool {
    Statement::decode(text).is_ok_and(|one| same(&one, said))
}
