//! Changes of a location's names and areas: what a change will do, and doing it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use weft_host::clock;
use weft_shared::{
    id::{AreaCode, LocationCode},
    model::{
        places::ALL,
        profile::{ALIASES_MAX, Area, AreaAlias, AreaChange, Place, area_changes},
        schema::DocKind,
    },
    period::Date,
};

use super::{
    AppError, AppHandle, AreaWord,
    network::clean_name,
    own::{Edit, Standing},
    unexpected::unexpected,
};

/// The day from which a location has the named areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// From the start, because the areas recorded before were wrong.
    Start,
    /// From this day on.
    Day(Date),
}

impl std::str::FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "start" {
            return Ok(Self::Start);
        }
        let day = text
            .parse::<Date>()
            .ok()
            .filter(|day| day.to_string() == text);
        day.map(Self::Day).ok_or_else(|| {
            format!("\"{text}\" is not a day: write 2024-01-01, or start for \"from the start\"")
        })
    }
}

impl Since {
    pub(super) const fn day(self) -> Option<Date> {
        match self {
            Self::Start => None,
            Self::Day(day) => Some(day),
        }
    }
}

/// The names and areas given for a location.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its code.
    pub code: LocationCode,
    /// Its name in English.
    pub name: String,
    /// Its name in te reo Māori. If none is given, it keeps its own.
    pub name_mi: Option<String>,
    /// Its areas. If none are given, it keeps its own.
    pub areas: Vec<AreaWord>,
    /// Codes that others use for its areas. It keeps those that it has.
    pub aliases: Vec<AreaAlias>,
    /// The day from which it has them.
    pub since: Option<Since>,
    /// Whether it has none from that day on, because the location ends.
    pub ends: bool,
}

/// The planned change of a location.
#[derive(Clone, Debug)]
pub struct PlacePlan {
    said: Said,
    place: Place,
    /// Whether its areas change from the start, because those recorded before were wrong.
    pub from_start: bool,
    /// Whether the location exists already.
    pub exists: bool,
    /// The changes of its areas; empty for a new location.
    pub changes: Vec<AreaChange>,
    /// The names that change: of an existing location, and of areas that it keeps.
    pub renamed: Vec<Renamed>,
    /// The codes of others that are new.
    pub aliased: Vec<AreaAlias>,
    /// The areas it keeps because none was named.
    pub kept: Vec<AreaCode>,
    /// The areas that no figure will expect any more, in words.
    pub warnings: Vec<String>,
}

/// A name that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The area; none if it is the location itself.
    pub area: Option<AreaCode>,
    /// Whether it is the name in te reo Māori.
    pub is_mi: bool,
    /// The name until now, if there was one.
    pub before: Option<String>,
    /// The name from now on.
    pub name: String,
}

impl fmt::Display for Renamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.area, self.is_mi) {
            (Some(area), _) => write!(f, "the name of {area}")?,
            (None, true) => f.write_str("the name in te reo Māori")?,
            (None, false) => f.write_str("the name")?,
        }
        match &self.before {
            Some(before) => write!(f, " was \"{before}\" and is \"{}\"", self.name),
            None => write!(f, " is \"{}\"", self.name),
        }
    }
}

impl AppHandle {
    /// Plans what [`AppHandle::put_location`] will do. A new location has its areas from the start;
    /// an existing one changes them on a day.
    ///
    /// # Errors
    /// If an area belongs to another location at that time, if the areas change and no day is
    /// given, if a day is given for a new location, or if the network's indicators have its code as
    /// their prefix.
    pub fn plan_location(&self, said: Said) -> Result<PlacePlan, AppError> {
        plan(said, &self.shared.own.standing())
    }

    /// Plans that a location ends: from a day on it has no areas, so no figure expects it. What it
    /// shared of earlier periods stays in their figures, and its devices keep what they have.
    ///
    /// # Errors
    /// If the network has no such location, if it has ended by then, or if it begins on that day
    /// or later.
    pub fn plan_end(&self, code: &LocationCode, day: Date) -> Result<PlacePlan, AppError> {
        let standing = self.shared.own.standing();
        let places = standing.places();
        let place = places
            .get(code)
            .ok_or_else(|| AppError::UnknownLocation { code: code.clone() })?;
        let said = Said {
            code: code.clone(),
            name: place.name.clone(),
            name_mi: None,
            areas: Vec::new(),
            aliases: Vec::new(),
            since: Some(Since::Day(day)),
            ends: true,
        };
        plan(said, &standing)
    }

    /// Carries out a plan; the location's devices hear of it.
    ///
    /// # Errors
    /// If the plan is out of date because the network changed meanwhile, or if the store fails.
    pub async fn put_location(&self, shown: PlacePlan) -> Result<(), AppError> {
        let put = move |standing: &Standing| {
            // The person may have thought for long, so plan again from the current state.
            let plan = plan(shown.said.clone(), standing)?;
            let code = plan.said.code;
            if (plan.exists, &plan.changes, &plan.kept)
                != (shown.exists, &shown.changes, &shown.kept)
            {
                return Err(AppError::NetworkMoved { code });
            }
            let changes = plan.changes.iter().map(ToString::to_string);
            let names = plan.renamed.iter().map(ToString::to_string);
            let aliases = plan.aliased.iter().map(ToString::to_string);
            let changes: Vec<_> = names.chain(changes).chain(aliases).collect();
            let subject = match changes.is_empty() {
                true => code.to_string(),
                false => format!("{code}: {}", changes.join("; ")),
            };
            let place = plan.place;
            let act = match plan.said.ends {
                true => "location end",
                false => "location add",
            };
            let kind = DocKind::Network;
            Ok(Edit::new(kind, act, subject, (), move |editor| {
                editor.put_place(&code, &place)
            }))
        };
        self.shared.own.edit(self, put).await
    }

    /// Adds a location that has its areas from the start, or renames a location.
    ///
    /// # Errors
    /// If an area belongs to another location, or if an existing location would change its areas.
    pub async fn add_location(
        &self,
        code: LocationCode,
        name: String,
        name_mi: Option<String>,
        areas: Vec<AreaWord>,
    ) -> Result<(), AppError> {
        let said = Said {
            code,
            name,
            name_mi,
            areas,
            aliases: Vec::new(),
            since: None,
            ends: false,
        };
        let plan = self.plan_location(said)?;
        self.put_location(plan).await
    }
}

/// Plans from what stands. A new location's code must not be the prefix of an indicator of the
/// network, which would then pass for the location's own.
fn plan(said: Said, standing: &Standing) -> Result<PlacePlan, AppError> {
    let plan = PlacePlan::of(said, &standing.places())?;
    let code = &plan.said.code;
    if code.as_str() == ALL && !plan.exists {
        return Err(AppError::CodeIsAll);
    }
    let definitions = standing.definitions();
    let mut codes = definitions.keys().map(|key| &key.code);
    let taken = codes.find(|one| one.location().as_ref() == Some(code));
    match taken.filter(|_| !plan.exists) {
        Some(indicator) => Err(AppError::CodeIsPrefix {
            code: code.clone(),
            indicator: indicator.clone(),
        }),
        None => Ok(plan),
    }
}

impl PlacePlan {
    /// Plans from the network's locations as they stand.
    fn of(said: Said, places: &BTreeMap<LocationCode, Place>) -> Result<Self, AppError> {
        let name = clean_name("location's name", &said.name)?;
        let name_mi = said
            .name_mi
            .as_ref()
            .map(|name| clean_name("location's name", name))
            .transpose()?;
        let held = places.get(&said.code);
        let wanted = said.areas.iter().cloned();
        let wanted: Vec<(AreaCode, String)> = wanted.map(|area| (area.code, area.name)).collect();
        let mut kept = Vec::new();
        let areas = match held {
            Some(place) if said.ends => ended(&said, place)?,
            Some(place) if wanted.is_empty() => {
                kept.extend(place.lasting());
                place.areas.clone()
            }
            Some(place) => changed(&said.code, place, &wanted, said.since)?,
            None if matches!(said.since, Some(Since::Day(_))) => {
                return Err(AppError::NewFromDay { code: said.code });
            }
            None => whole(&wanted),
        };
        let mut place = Place {
            name,
            name_mi: name_mi.or_else(|| held?.name_mi.clone()),
            areas,
            aliases: held.map_or_else(Vec::new, |place| place.aliases.clone()),
            areas_changed: held.and_then(|place| place.areas_changed),
            location_id: held.and_then(|place| place.location_id),
            confirmed_at: held.and_then(|place| place.confirmed_at),
        };
        let aliased = add_aliases(&said.code, &mut place, &said.aliases)?;
        let (mut changes, mut renamed) = (Vec::new(), Vec::new());
        if let Some(held) = held {
            // Without areas it is one itself, before and after.
            changes = area_changes(&held.held(&said.code), &place.held(&said.code));
            renamed = names(&said.code, held, &place);
        }
        if !changes.is_empty() {
            place.areas_changed = Some(clock::now());
        }
        refuse_taken(&said.code, &place.held(&said.code), places)?;
        let mut after = places.clone();
        after.insert(said.code.clone(), place.clone());
        let warnings = unexpected(
            [(&said.code, changes.as_slice())],
            said.since,
            (places, &after),
        );
        Ok(Self {
            warnings,
            place,
            from_start: said.since == Some(Since::Start),
            said,
            exists: held.is_some(),
            changes,
            renamed,
            aliased,
            kept,
        })
    }
}

/// Adds codes that others use for areas of `place`. Returns those that are new.
fn add_aliases(
    code: &LocationCode,
    place: &mut Place,
    aliases: &[AreaAlias],
) -> Result<Vec<AreaAlias>, AppError> {
    let held = place.held(code);
    let mut new = Vec::new();
    for alias in aliases {
        if !held.iter().any(|area| area.code == alias.area) {
            return Err(AppError::AliasOfNoArea {
                alias: alias.to_string(),
                area: alias.area.clone(),
                code: code.clone(),
            });
        }
        if place.aliases.contains(alias) {
            continue;
        }
        // A code of a scheme means one area.
        let same = |one: &AreaAlias| (&one.scheme, &one.code) == (&alias.scheme, &alias.code);
        place.aliases.retain(|one| !same(one));
        place.aliases.push(alias.clone());
        new.push(alias.clone());
    }
    if place.aliases.len() > ALIASES_MAX {
        let code = code.clone();
        return Err(AppError::TooManyAliases { code });
    }
    place.aliases.sort();
    Ok(new)
}

/// Returns the names that differ.
fn names(code: &LocationCode, before: &Place, after: &Place) -> Vec<Renamed> {
    let own = |is_mi: bool, before: Option<&String>, name: Option<&String>| {
        let name = name.filter(|name| before != Some(*name))?;
        Some(Renamed {
            area: None,
            is_mi,
            before: before.cloned(),
            name: name.clone(),
        })
    };
    let own_names = [
        own(false, Some(&before.name), Some(&after.name)),
        own(true, before.name_mi.as_ref(), after.name_mi.as_ref()),
    ];
    let held = before.held(code);
    let areas = after.areas.iter().filter_map(|area| {
        let mut had = held.iter();
        let had = had.find(|one| (&one.code, one.from) == (&area.code, area.from))?;
        (had.name != area.name).then(|| Renamed {
            area: Some(area.code.clone()),
            is_mi: false,
            before: Some(had.name.clone()),
            name: area.name.clone(),
        })
    });
    own_names.into_iter().flatten().chain(areas).collect()
}

/// Returns the changed areas of an existing location; changing them needs a day.
fn changed(
    code: &LocationCode,
    place: &Place,
    wanted: &[(AreaCode, String)],
    since: Option<Since>,
) -> Result<Vec<Area>, AppError> {
    if let Some(since) = since {
        return Ok(place.areas_from(code, wanted, since.day()));
    }
    let held = place.held(code);
    let lasting = held.iter().filter(|area| area.to.is_none());
    let same: BTreeSet<&AreaCode> = wanted.iter().map(|(code, _)| code).collect();
    if lasting.map(|area| &area.code).collect::<BTreeSet<_>>() != same {
        return Err(AppError::AreasNeedDay { code: code.clone() });
    }
    let renamed = held.iter().cloned().map(|mut area| {
        if let Some((_, name)) = wanted.iter().find(|(code, _)| *code == area.code) {
            area.name.clone_from(name);
        }
        area
    });
    Ok(renamed.collect())
}

/// Returns the areas of a location that ends.
fn ended(said: &Said, place: &Place) -> Result<Vec<Area>, AppError> {
    let code = &said.code;
    let held = place.held(code);
    let areas = place.areas_from(code, &[], said.since.and_then(Since::day));
    if areas == held {
        let last = held.iter().filter_map(|area| area.to).max();
        return Err(AppError::Ended {
            code: code.clone(),
            last: last.map(|day| day.to_string()).unwrap_or_default(),
        });
    }
    if areas.is_empty() {
        return Err(AppError::EndsBeforeItBegins { code: code.clone() });
    }
    Ok(areas)
}

fn whole(wanted: &[(AreaCode, String)]) -> Vec<Area> {
    let area = |(code, name): &(AreaCode, String)| Area {
        code: code.clone(),
        name: name.clone(),
        from: None,
        to: None,
    };
    wanted.iter().map(area).collect()
}

/// No area belongs to two locations on one day; a location without areas is one under its code.
pub(super) fn refuse_taken(
    code: &LocationCode,
    areas: &[Area],
    places: &BTreeMap<LocationCode, Place>,
) -> Result<(), AppError> {
    for area in areas {
        let mut others = places.iter().filter(|(other, _)| *other != code);
        let overlaps = |held: &Area| {
            let after = |from: Option<Date>, to: Option<Date>| {
                from.zip(to).is_some_and(|(from, to)| to < from)
            };
            held.code == area.code && !after(held.from, area.to) && !after(area.from, held.to)
        };
        if let Some((other, _)) =
            others.find(|(other, place)| place.held(other).iter().any(overlaps))
        {
            return Err(AppError::AreaTaken {
                area: area.code.clone(),
                code: other.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_others_are_kept_and_mean_one_area_each() {
        let said = |aliases: &[&str]| Said {
            code: "AA".parse().unwrap(),
            name: "Example: AA".to_owned(),
            name_mi: None,
            areas: ["NORTH=North", "E06000001=East"]
                .map(|area| AreaWord::parse(area).unwrap())
                .into(),
            aliases: aliases.iter().map(|alias| alias.parse().unwrap()).collect(),
            since: None,
            ends: false,
        };
        let mut places = BTreeMap::new();
        let mut put = |aliases: &[&str]| {
            let plan = PlacePlan::of(said(aliases), &places)?;
            places.insert(said(&[]).code, plan.place.clone());
            let all = plan.place.aliases.iter().map(ToString::to_string);
            Ok::<_, AppError>((plan.aliased.len(), all.collect::<Vec<_>>()))
        };
        let first = ["stats_nz:002=E06000001", "stats_nz:001=NORTH"];
        let sorted = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        assert_eq!(put(&first).unwrap(), (2, sorted(&first)));
        assert_eq!(put(&["stats_nz:001=NORTH"]).unwrap(), (0, sorted(&first)));
        let moved = ["stats_nz:001=E06000001", "stats_nz:002=E06000001"];
        assert_eq!(put(&moved[..1]).unwrap(), (1, sorted(&moved)));
        let unknown = put(&["stats_nz:003=WEST"]).unwrap_err();
        assert!(
            matches!(unknown, AppError::AliasOfNoArea { .. }),
            "{unknown}"
        );
    }
}
