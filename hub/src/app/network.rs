//! The network: its locations and the invites that found them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use weft_host::{
    clock,
    list::{Column, DATA, Datum, List, PAGE, TABLE},
    random::random_bytes,
};
use weft_shared::{
    id::{AreaCode, LocationCode},
    identity::{FoundingInvite, Invite},
    model::{
        profile::{Area, NAME_BYTES_MAX, Place},
        schema::DocKind,
    },
    period::Date,
    text::listed,
    time::Timestamp,
};
use weft_store::Transaction;

use super::{
    AppError, AppHandle,
    own::{Edit, Standing},
};
use crate::store::{
    StoreError, devices,
    invites::{self, BoundCode, InviteRow},
    logs,
};

/// An area as written on the command line: `FAR_NORTH=Far North District`.
#[derive(Clone, Debug)]
pub struct AreaWord {
    /// Its code.
    pub code: AreaCode,
    /// Its name.
    pub name: String,
}

impl AreaWord {
    /// Parses `CODE=NAME`.
    ///
    /// # Errors
    /// Returns the expected form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (code, name) = text
            .split_once('=')
            .ok_or_else(|| format!("\"{text}\" is not an area: write FAR_NORTH=\"Far North\""))?;
        let code = AreaCode::parse(code).map_err(|error| error.to_string())?;
        let name = clean_name("area's name", name).map_err(|error| error.to_string())?;
        Ok(Self { code, name })
    }
}

/// A location's progress towards confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocationState {
    /// It is in the network, and no invite for it is open.
    Added,
    /// An invite is open; no device has joined.
    Invited,
    /// The last invite expired before any device joined.
    InviteExpired,
    /// A device has joined, but the words were not compared, so it counts nowhere.
    Unconfirmed,
    /// It counts in rollups.
    Confirmed,
}

impl LocationState {
    /// The name of the state.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "not invited",
            Self::Invited => "invited",
            Self::InviteExpired => "invite expired",
            Self::Unconfirmed => "unconfirmed",
            Self::Confirmed => "confirmed",
        }
    }
}

impl LocationState {
    /// Whether a device has joined, confirmed or not.
    pub const fn has_joined(self) -> bool {
        match self {
            Self::Added | Self::Invited | Self::InviteExpired => false,
            Self::Unconfirmed | Self::Confirmed => true,
        }
    }

    /// The state of a location without devices, from its invites.
    fn before_joining(code: &LocationCode, invites: &[InviteRow]) -> Self {
        let own = invites.iter().filter(|invite| invite.code == *code);
        let states: Vec<_> = own.map(|invite| invite.state).collect();
        if states.contains(&"open") {
            Self::Invited
        } else if states.last() == Some(&"expired") {
            Self::InviteExpired
        } else {
            Self::Added
        }
    }
}

/// A location of the network.
#[derive(Clone, Debug)]
pub struct LocationView {
    /// Its code.
    pub code: LocationCode,
    /// Its name.
    pub name: String,
    /// Its name in te reo Māori.
    pub name_mi: Option<String>,
    /// Its areas, each with its first and last day.
    pub areas: Vec<Area>,
    /// Its progress towards confirmation.
    pub state: LocationState,
    /// The time at which its first device joined.
    pub joined: Option<Timestamp>,
    /// The time at which the hub last received one of its entries.
    pub received: Option<Timestamp>,
    /// Number of its devices that are not revoked.
    pub devices: usize,
    /// Number of these that the operator has blocked.
    pub blocked: usize,
}

/// Every location, as commands and pages list it.
pub const LOCATIONS: List<LocationView> = List::new(&[
    Column::new("code", |one: &LocationView| Datum::text(&one.code)).header(),
    Column::new("name", |one: &LocationView| (&*one.name).into()).words(),
    Column::new("name_mi", |one: &LocationView| one.name_mi.clone().into())
        .headed("name in te reo Māori")
        .lang("mi")
        .only(DATA | PAGE),
    Column::new("areas", |one: &LocationView| {
        Datum::Json(areas_json(&one.areas))
    })
    .shown(|one| listed(&one.areas, usize::MAX))
    .words()
    .only(DATA | TABLE),
    Column::new("areas", |_: &LocationView| Datum::Nothing)
        .shown(|one| {
            let areas = one.areas.iter();
            let areas: Vec<_> = areas.map(|area| format!("{area}: {}", area.name)).collect();
            areas.join("\n")
        })
        .only(PAGE),
    Column::new("state", |one: &LocationView| one.state.as_str().into()),
    Column::new("devices", |one: &LocationView| one.devices.into())
        .shown(LocationView::devices_in_words)
        .only(DATA | PAGE),
    Column::new("blocked", |one: &LocationView| one.blocked.into()).only(DATA),
    Column::new("joined", |one: &LocationView| one.joined.into()).only(DATA),
    LAST_RECEIVED,
])
.none("There are no locations yet. Next: weft-hub location add CODE --name NAME")
.notes(
    ". An area is {code, name, from, to}: from is null if it has had the area from the \
            start, to if it still has it. state is one of \"not invited\" (no invite is open), \
            \"invited\", \"invite expired\", \"unconfirmed\" (joined, but in no figure), \
            \"confirmed\". blocked counts those of its devices that the hub does not serve",
);

fn areas_json(areas: &[Area]) -> Value {
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let area = |one: &Area| {
        let (from, to) = (day(one.from), day(one.to));
        json!({"code": one.code, "name": one.name, "from": from, "to": to})
    };
    areas.iter().map(area).collect()
}

/// Every location, as `status` lists it.
pub const STATES: List<LocationView> = List::new(&[
    Column::new("code", |one: &LocationView| Datum::text(&one.code)).headed("location"),
    Column::new("state", |one: &LocationView| one.state.as_str().into()),
    Column::new("devices", |one: &LocationView| one.devices.into())
        .shown(LocationView::devices_in_words),
    Column::new("blocked", |one: &LocationView| one.blocked.into()).only(DATA),
    LAST_RECEIVED,
]);

const LAST_RECEIVED: Column<LocationView> =
    Column::new("last_received", |one: &LocationView| one.received.into())
        .headed("last received")
        .or("never");

/// Every founding invite, as commands and pages list it.
pub const INVITES: List<InviteRow> = List::new(&[
    Column::new("invite", |invite: &InviteRow| invite.number.into())
        .number()
        .header(),
    Column::new("code", |invite: &InviteRow| Datum::text(&invite.code)),
    Column::new("created", |invite: &InviteRow| invite.created.into()).only(DATA | PAGE),
    Column::new("expires", |invite: &InviteRow| invite.expires.into()),
    Column::new("state", |invite: &InviteRow| invite.state.into()),
])
.none("There are no invites yet. Next: weft-hub invite create CODE")
.notes(
    ", state one of \"open\", \"used\", \"expired\", \"revoked\", \"not needed\" (the \
            location has joined with another one)",
);

impl LocationView {
    /// Formats the number of its devices. Blocked ones are named: a location without any other
    /// device cannot share anything, however confirmed it is.
    pub fn devices_in_words(&self) -> String {
        match (self.devices, self.blocked) {
            (all, 0) => all.to_string(),
            (1, _) => "1, blocked".to_owned(),
            (all, blocked) if all == blocked => format!("{all}, all blocked"),
            (all, blocked) => format!("{all}, {blocked} blocked"),
        }
    }
}

/// The state of a location's confirmation.
#[derive(Clone, Debug)]
pub enum Confirmation {
    /// No device has joined.
    NotJoined,
    /// The words wait to be compared.
    Waiting {
        /// Four words.
        words: String,
    },
    /// It was confirmed before.
    Confirmed {
        /// The four words that were compared.
        words: String,
    },
}

impl AppHandle {
    /// Returns the locations of the network, by code.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn locations(&self) -> Result<Vec<LocationView>, AppError> {
        let places = self.shared.own.standing().places();
        let bound = self.shared.store.read(invites::bound_codes).await?;
        let bound: BTreeMap<_, _> = bound.into_iter().map(|b| (b.code.clone(), b)).collect();
        let invites = self.invites().await?;
        let mut views = Vec::with_capacity(places.len());
        for (code, place) in places {
            views.push(self.location_view(code, place, &bound, &invites).await?);
        }
        Ok(views)
    }

    async fn location_view(
        &self,
        code: LocationCode,
        place: Place,
        bound: &BTreeMap<LocationCode, BoundCode>,
        invites: &[InviteRow],
    ) -> Result<LocationView, AppError> {
        let bound = bound.get(&code);
        let mut ids = Vec::new();
        let mut blocked = 0;
        let mut received = None;
        if let Some(bound) = bound {
            let lix = bound.lix;
            let logs = self.shared.store.read(move |conn| logs::logs(conn, lix));
            received = logs.await?.iter().map(|(_, log)| log.stored).max();
            let known = self.shared.directory.roster(bound.location).await?;
            if let Some(known) = known {
                let live = known.roster.devices().filter(|d| d.sealed.is_none());
                ids.extend(live.map(|device| device.id));
            }
            let live = ids.clone();
            let stored = self.shared.store.read(move |conn| {
                let stored: Result<Vec<_>, StoreError> =
                    live.iter().map(|id| devices::blocked(conn, id)).collect();
                stored
            });
            blocked = stored.await?.iter().flatten().count();
        }
        let state = match bound {
            None => LocationState::before_joining(&code, invites),
            Some(_) if place.confirmed_at.is_none() => LocationState::Unconfirmed,
            Some(_) => LocationState::Confirmed,
        };
        Ok(LocationView {
            code,
            name: place.name,
            name_mi: place.name_mi,
            areas: place.areas,
            state,
            joined: bound.map(|bound| bound.bound),
            received,
            devices: ids.len(),
            blocked,
        })
    }

    /// Returns the state of a location's confirmation.
    ///
    /// # Errors
    /// If the network has no such location.
    pub async fn confirmation(&self, code: &LocationCode) -> Result<Confirmation, AppError> {
        let place = place(&self.shared.own.standing(), code)?;
        let Some(bound) = self.bound(code).await? else {
            return Ok(Confirmation::NotJoined);
        };
        // The entry in the hub's document decides; the row only records the act.
        Ok(match place.confirmed_at {
            Some(_) => Confirmation::Confirmed { words: bound.words },
            None => Confirmation::Waiting { words: bound.words },
        })
    }

    /// Confirms the location that joined under this code. It counts from now on.
    ///
    /// # Errors
    /// If no device has joined under it.
    pub async fn confirm_location(&self, code: &LocationCode) -> Result<(), AppError> {
        let unknown = || AppError::UnknownLocation { code: code.clone() };
        let bound = self.bound(code).await?.ok_or_else(unknown)?;
        let code = code.clone();
        let confirm = move |standing: &Standing| {
            let mut place = place(standing, &code)?;
            place.location_id = Some(bound.location);
            place.confirmed_at = Some(clock::now());
            let (act, subject, put) = ("location confirm", code.to_string(), code.clone());
            let mut edit = Edit::new(DocKind::Network, act, subject, (), move |editor| {
                editor.put_place(&put, &place)
            });
            edit.beside = Box::new(move |tx, now| Ok(invites::confirm(tx, &code, now)?));
            Ok(edit)
        };
        self.shared.own.edit(&self.shared, confirm).await
    }

    async fn bound(&self, code: &LocationCode) -> Result<Option<BoundCode>, AppError> {
        let code = code.clone();
        let bound = self
            .shared
            .store
            .read(move |conn| invites::bound(conn, &code));
        Ok(bound.await?)
    }

    /// Makes a founding invite: one line with which a device joins.
    ///
    /// # Errors
    /// If the code is unknown or has joined already, or if the hub's address is unknown.
    pub async fn create_invite(
        &self,
        code: &LocationCode,
        life_ms: i64,
    ) -> Result<String, AppError> {
        place(&self.shared.own.standing(), code)?;
        let address = self.address().await?.ok_or(AppError::NoAddress)?;
        let (hub, code) = (self.shared.identity.hub, code.clone());
        let create = move |tx: &Transaction<'_>, now: Timestamp| {
            if invites::bound(tx, &code)?.is_some() {
                return Err(AppError::CodeBound { code });
            }
            let invite = FoundingInvite {
                address,
                hub,
                code: code.clone(),
                secret: random_bytes(),
                expires: now.plus_ms(life_ms),
            };
            invites::create(tx, &code, &invite.secret_hash(), now, invite.expires)?;
            Ok(Some((
                code.to_string(),
                Invite::Founding(invite).to_string(),
            )))
        };
        let created = self.act("invite create", create).await?;
        Ok(created.expect("an invite is created, or an error says why not"))
    }

    /// Returns founding invites, oldest first.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn invites(&self) -> Result<Vec<InviteRow>, AppError> {
        let now = clock::now();
        let invites = self.shared.store.read(move |conn| invites::list(conn, now));
        Ok(invites.await?)
    }

    /// Revokes open invites. Returns their number.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn revoke_invites(
        &self,
        number: Option<i64>,
        code: Option<LocationCode>,
    ) -> Result<usize, AppError> {
        let revoke = move |tx: &Transaction<'_>, now| {
            let revoked = invites::revoke(tx, number, code.as_ref(), now)?;
            let subject = code.map_or_else(
                || number.unwrap_or_default().to_string(),
                |code| code.to_string(),
            );
            Ok((revoked > 0).then_some((subject, revoked)))
        };
        Ok(self.act("invite revoke", revoke).await?.unwrap_or(0))
    }
}

/// A location of the network.
pub(super) fn place(standing: &Standing, code: &LocationCode) -> Result<Place, AppError> {
    let unknown = || AppError::UnknownLocation { code: code.clone() };
    standing.places().remove(code).ok_or_else(unknown)
}

/// Cleans up a name for storing, or returns why it is not valid.
pub(super) fn clean_name(what: &'static str, text: &str) -> Result<String, AppError> {
    let name = weft_shared::model::clean_text(text);
    let good =
        !name.is_empty() && name.len() <= NAME_BYTES_MAX && !name.chars().any(char::is_control);
    if good {
        return Ok(name);
    }
    Err(AppError::Name {
        what,
        bytes_max: NAME_BYTES_MAX,
    })
}

/// Anyone who can run commands on the hub's computer.
pub(super) const OPERATOR: &str = "operator";
