//! Areas that no figure expects any more once they change hands: only confirmed locations count.

use std::collections::BTreeMap;

use weft_shared::{
    id::LocationCode,
    model::profile::{Area, AreaChange, Place},
};

use super::place::Since;

type Places = BTreeMap<LocationCode, Place>;

/// Names the areas that leave a confirmed location and go to no one, or that go to a location which
/// is not confirmed. Figures do without them, and do not read as partial.
pub(super) fn unexpected<'a>(
    changed: impl IntoIterator<Item = (&'a LocationCode, &'a [AreaChange])>,
    since: Option<Since>,
    (before, after): (&Places, &Places),
) -> Vec<String> {
    let counts = |code: &LocationCode| after.get(code).is_some_and(is_confirmed);
    let from = since.and_then(Since::day);
    let from = from.map_or_else(String::new, |day| format!(" from {day} on"));
    let mut warnings = Vec::new();
    for (code, changes) in changed {
        for change in changes {
            match change {
                AreaChange::Lost(area) if counts(code) => {
                    let goes_on = |held: &Area| held.code == area.code && held.to.is_none();
                    if !after.iter().any(|(code, place)| has(code, place, goes_on)) {
                        warnings.push(format!(
                            "No location has {0}{from}: no figure expects {0} then, until a \
                             confirmed location has it.",
                            area.code
                        ));
                    }
                }
                AreaChange::Gained(area) if !counts(code) => {
                    let had = |held: &Area| held.code == area.code;
                    let mut others = before.iter().filter(|(other, _)| *other != code);
                    let had =
                        others.find(|(other, place)| is_confirmed(place) && has(other, place, had));
                    warnings.extend(had.map(|(other, _)| {
                        format!(
                            "{0} was with {other}, which is confirmed; {code} is not, so no \
                             figure expects {0}{from} until it is.",
                            area.code
                        )
                    }));
                }
                AreaChange::Lost(_) | AreaChange::Gained(_) => {}
            }
        }
    }
    warnings
}

fn is_confirmed(place: &Place) -> bool {
    place.location_id.is_some() && place.confirmed_at.is_some()
}

fn has(code: &LocationCode, place: &Place, such: impl Fn(&Area) -> bool) -> bool {
    place.held(code).iter().any(such)
}
