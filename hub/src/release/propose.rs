//! A proposal: what was asked for, checked against the network, with its inputs frozen.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::random::random_bytes;
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::{
        clean_text,
        indicator::Rows,
        plan::LINE_BYTES_MAX,
        release::{RELEASE_INDICATORS_MAX, ReleaseId},
    },
    period::Date,
    release::Salt,
    time::{Timestamp, after_days},
};

use super::{
    acts::{NewRelease, ReleaseView},
    error::ReleaseError,
    plan::{PlaceAt, Plan},
};
use crate::{
    app::Counted,
    store::{StoreError, releases},
};

/// Plans a release as it stands now.
///
/// # Errors
/// Returns all that is wrong with what was asked.
pub(super) fn planned(
    at: &Counted<'_>,
    new: &NewRelease,
    now: Timestamp,
    today: Date,
) -> Result<Plan, ReleaseError> {
    let mut wrong = Vec::new();
    let known = at.releases()?;
    let of_dataset = known.iter().filter(|one| one.row.id.dataset == new.dataset);
    let last = of_dataset.max_by_key(|one| one.row.row);
    let title = new
        .title
        .as_deref()
        .map(clean_text)
        .filter(|title| !title.is_empty());
    let title = title.or_else(|| last.map(|last| last.title.clone()));
    let title = title.unwrap_or_else(|| {
        wrong.push("the first release of a dataset needs its title".to_owned());
        String::new()
    });
    if title.len() > LINE_BYTES_MAX {
        wrong.push(format!("a title has at most {LINE_BYTES_MAX} bytes"));
    }
    let indicators: BTreeSet<IndicatorCode> = match (new.indicators.is_empty(), last) {
        (true, Some(last)) => last.indicators.iter().cloned().collect(),
        _ => new.indicators.clone(),
    };
    if indicators.is_empty() {
        wrong.push("the release has no indicators: name at least one".to_owned());
    }
    if indicators.len() > RELEASE_INDICATORS_MAX {
        wrong.push(format!(
            "a release has at most {RELEASE_INDICATORS_MAX} indicators"
        ));
    }
    if new.notice_days > NOTICE_DAYS_MAX {
        wrong.push(format!("a notice has at most {NOTICE_DAYS_MAX} days"));
    }
    let mut rows = BTreeMap::new();
    for code in indicators {
        match at.network().newest(&code) {
            Some(definition) => {
                let settings = at.network().settings(definition);
                let of = settings.and_then(|one| one.rows).unwrap_or(Rows::Network);
                rows.insert(code, of);
            }
            None => wrong.push(format!(
                "the network has no indicator {code}; weft-hub definitions list shows those it has"
            )),
        }
    }
    let corrected = new.supersedes.map(|number| ReleaseId {
        dataset: new.dataset.clone(),
        number,
    });
    wrong.extend(corrected.and_then(|id| not_corrected(&known, &id)));
    if !wrong.is_empty() {
        return Err(ReleaseError::Refused(wrong));
    }
    Ok(Plan {
        title,
        indicators: rows,
        periods: new.periods.map(|range| range.to_string()),
        at: now,
        hub_seq: at.hub_seq,
        notice_days: new.notice_days,
        due: after_days(today, new.notice_days),
        open: new.open,
        supersedes: new.supersedes,
        is_signed: false,
        places: places(at)?,
    })
}

/// The reason why no release can correct this one; none if one can.
fn not_corrected(known: &[ReleaseView], id: &ReleaseId) -> Option<String> {
    match known.iter().find(|one| one.row.id == *id) {
        Some(one) if one.row.published.is_some() => None,
        // The chain would say that readers had wrong figures, and they had none.
        Some(_) => Some(format!(
            "release {id} did not go out, so no release corrects it"
        )),
        None => Some(format!(
            "there is no release {id} that this one could correct"
        )),
    }
}

/// The locations that count, each with the state of its logs now.
fn places(at: &Counted<'_>) -> Result<BTreeMap<LocationCode, PlaceAt>, StoreError> {
    let mut places = BTreeMap::new();
    for member in at.network().expected() {
        let Some(id) = member.place.location_id else {
            continue;
        };
        let Some((roster, heights)) = releases::standing(at.conn, &id, at.hub_seq)? else {
            continue;
        };
        let place = PlaceAt {
            id,
            roster,
            heights,
            salt: Salt::new(random_bytes::<32>()),
        };
        places.insert(member.code.clone(), place);
    }
    Ok(places)
}

/// Maximum days of notice.
const NOTICE_DAYS_MAX: u16 = 90;
