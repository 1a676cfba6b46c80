//! The network: its locations and the invites that found them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use weft_host::{
    clock,
    list::{Column, DATA, Datum, List, PAGE, TABLE},
};
use weft_shared::{
    id::{AreaCode, DeviceId, LocationCode, LocationId},
    model::{
        profile::{Area, NAME_BYTES_MAX, Place},
        schema::DocKind,
    },
    period::{Date, day_words},
    text::listed,
    time::Timestamp,
};

use super::{
    AppError, AppHandle, Snapshot,
    own::{Edit, Standing},
};
use crate::{
    directory::Known,
    store::{
        LocationRow, StoreError, devices,
        invites::{self, BoundCode, InviteRow},
        logs, rosters,
    },
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
    /// The last day of its last area has passed. It counts in figures of periods before.
    Ended,
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
            Self::Ended => "ended",
        }
    }
}

impl LocationState {
    /// Whether a device has joined, confirmed or not.
    pub const fn has_joined(self) -> bool {
        match self {
            Self::Added | Self::Invited | Self::InviteExpired => false,
            Self::Unconfirmed | Self::Confirmed | Self::Ended => true,
        }
    }

    /// The state of a location without devices, from the states of its invites.
    fn before_joining(invites: &[&str]) -> Self {
        if invites.contains(&"open") {
            Self::Invited
        } else if invites.last() == Some(&"expired") {
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
            let areas: Vec<_> = areas.map(area_words).collect();
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

/// Names an area, with the days between which the location has it: "Ōpōtiki District, until 30
/// June 2025".
fn area_words(area: &Area) -> String {
    let mut words = area.name.clone();
    for (side, day) in [("from", area.from), ("until", area.to)] {
        if let Some(day) = day {
            words.push_str(&format!(", {side} {}", day_words(day)));
        }
    }
    words
}

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
    Column::new("code", |invite: &InviteRow| Datum::text(&invite.code)).headed("location"),
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

impl Snapshot<'_> {
    /// Returns the locations of the network, by code.
    ///
    /// # Errors
    /// If the store fails.
    pub fn locations(&self) -> Result<Vec<LocationView>, AppError> {
        let conn = self.conn;
        let bound = invites::bound_codes(conn)?.into_iter();
        let mut bound: BTreeMap<_, _> = bound.map(|bound| (bound.code.clone(), bound)).collect();
        let mut invites: BTreeMap<LocationCode, Vec<&str>> = BTreeMap::new();
        for invite in self.invites()? {
            invites.entry(invite.code).or_default().push(invite.state);
        }
        let known = Devices {
            received: logs::received(conn)?,
            lens: rosters::lens(conn)?,
            blocked: devices::all_blocked(conn)?,
        };
        let places = self.standing.places().into_iter();
        let views = places.map(|(code, place)| {
            let invites = invites.remove(&code).unwrap_or_default();
            let bound = bound.remove(&code);
            self.location_view((code, place), bound, &invites, &known)
        });
        views.collect()
    }

    fn location_view(
        &self,
        (code, place): (LocationCode, Place),
        bound: Option<BoundCode>,
        invites: &[&str],
        known: &Devices,
    ) -> Result<LocationView, AppError> {
        let roster = match &bound {
            Some(bound) => self.roster(&bound.location, known.lens.get(&bound.lix))?,
            None => None,
        };
        let live = roster.iter().flat_map(|known| known.roster.devices());
        let live: Vec<_> = live.filter(|device| device.sealed.is_none()).collect();
        let blocked = live.iter().filter(|one| known.blocked.contains(&one.id));
        let today = self.zone().day(clock::now());
        let is_over = |area: &Area| area.to.is_some_and(|last| last < today);
        let has_ended = !place.areas.is_empty() && place.areas.iter().all(is_over);
        Ok(LocationView {
            code,
            name: place.name,
            name_mi: place.name_mi,
            areas: place.areas,
            state: match bound {
                None => LocationState::before_joining(invites),
                Some(_) if has_ended => LocationState::Ended,
                Some(_) if place.confirmed_at.is_none() => LocationState::Unconfirmed,
                Some(_) => LocationState::Confirmed,
            },
            joined: bound.as_ref().map(|bound| bound.bound),
            received: bound.and_then(|bound| known.received.get(&bound.lix).copied()),
            blocked: blocked.count(),
            devices: live.len(),
        })
    }

    /// Returns a location's roster, which has `len` operations in this state.
    pub(super) fn roster(
        &self,
        location: &LocationId,
        len: Option<&usize>,
    ) -> Result<Option<Known>, StoreError> {
        let rosters = self.shared.directory.rosters();
        rosters.seen(self.conn, location, len.copied().unwrap_or_default())
    }

    /// Returns the locations of the network as its document has them.
    pub(crate) fn places(&self) -> BTreeMap<LocationCode, Place> {
        self.standing.places()
    }

    /// Returns one of them.
    pub(crate) fn place(&self, code: &LocationCode) -> Option<Place> {
        self.standing.place(code)
    }

    /// Returns the names of all locations by their codes.
    pub(crate) fn names(&self) -> BTreeMap<String, String> {
        let places = self.standing.places().into_iter();
        places
            .map(|(code, place)| (code.to_string(), place.name))
            .collect()
    }

    /// Returns the codes and names of the locations that no device has joined.
    pub(crate) fn not_joined(&self) -> Result<Vec<(LocationCode, String)>, AppError> {
        let bound = invites::bound_codes(self.conn)?.into_iter();
        let bound: BTreeSet<LocationCode> = bound.map(|bound| bound.code).collect();
        let places = self.standing.places().into_iter();
        let open = places.filter(|(code, _)| !bound.contains(code));
        Ok(open.map(|(code, place)| (code, place.name)).collect())
    }

    /// Returns the state of a location's confirmation.
    ///
    /// # Errors
    /// If the network has no such location.
    pub fn confirmation(&self, code: &LocationCode) -> Result<Confirmation, AppError> {
        let place = place(self.standing, code)?;
        let Some(bound) = invites::bound(self.conn, code)? else {
            return Ok(Confirmation::NotJoined);
        };
        // The entry in the hub's document decides; the row only records the act.
        Ok(match place.confirmed_at {
            Some(_) => Confirmation::Confirmed { words: bound.words },
            None => Confirmation::Waiting { words: bound.words },
        })
    }

    /// Returns founding invites, oldest first.
    ///
    /// # Errors
    /// If the store fails.
    pub fn invites(&self) -> Result<Vec<InviteRow>, AppError> {
        Ok(invites::list(self.conn, clock::now())?)
    }
}

/// The rows of all locations' devices.
struct Devices {
    received: BTreeMap<LocationRow, Timestamp>,
    lens: BTreeMap<LocationRow, usize>,
    blocked: BTreeSet<DeviceId>,
}

impl AppHandle {
    /// Confirms the location that joined under this code. It counts from now on.
    ///
    /// # Errors
    /// If no device has joined under it.
    pub async fn confirm_location(&self, code: &LocationCode) -> Result<(), AppError> {
        let unknown = || AppError::UnknownLocation { code: code.clone() };
        let code = code.clone();
        let of = code.clone();
        let bound = self.read(move |at| Ok(invites::bound(at.conn, &of)?));
        let bound = bound.await?.ok_or_else(unknown)?;
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
        self.shared.own.edit(self, confirm).await
    }
}

/// A location of the network.
pub(super) fn place(standing: &Standing, code: &LocationCode) -> Result<Place, AppError> {
    let unknown = || AppError::UnknownLocation { code: code.clone() };
    standing.place(code).ok_or_else(unknown)
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
