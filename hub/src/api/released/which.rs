//! The release that a query reads: named, or the current one, today or at a moment of the past.

use std::collections::BTreeMap;

use weft_shared::{
    model::release::{Dataset, ReleaseId, ReleaseNumber, ReleaseState},
    time::{Timestamp, Zone},
};

use super::super::{
    data,
    problem::Problem,
    query::{MOMENTS, Query},
};
use crate::{app::Moment, query::shown, release::ReleaseView};

/// A release as a query names it.
#[derive(Clone, Debug, Default)]
pub(super) struct Which {
    dataset: Option<String>,
    number: Option<String>,
    /// The moment at which it was current, as it was typed.
    as_of: Option<(String, Moment)>,
}

/// The releases that went out, in the order of the chain, and the time of the question.
pub(super) struct Catalogue {
    pub(super) all: Vec<ReleaseView>,
    pub(super) zone: Zone,
    pub(super) now: Timestamp,
}

impl Which {
    /// Reads `dataset`, `release` and `as_of`. A release is `latest`, a number such as `2026.1`,
    /// or either after its dataset and a slash, as in the address of its files.
    pub(super) fn read(query: &Query) -> Result<Self, Problem> {
        let (within, number) = match query.one("release") {
            None => (None, None),
            Some(text) => match text.split_once('/') {
                Some((dataset, number)) => (Some(dataset), Some(number)),
                None => (None, Some(text)),
            },
        };
        let dataset = query.one("dataset");
        if let Some((one, other)) = dataset.zip(within).filter(|(one, other)| one != other) {
            let detail = format!(
                "release says \"{}\" and dataset says \"{}\": say the same, or leave it out.",
                shown(other),
                shown(one)
            );
            return Err(Problem::parameter("dataset", detail, [""; 0]));
        }
        let which = Self {
            dataset: dataset.or(within).map(str::to_owned),
            number: number.filter(|it| *it != LATEST).map(str::to_owned),
            as_of: query.one("as_of").map(as_of).transpose()?,
        };
        if which.number.is_some() && which.as_of.is_some() {
            let detail = "release names one release and as_of another: leave one of them out.";
            return Err(Problem::parameter("as_of", detail, [""; 0]));
        }
        Ok(which)
    }

    /// Reads the release since which changes are asked for: a number, or a moment at which it was
    /// the current one of this dataset.
    pub(super) fn since(text: &str, dataset: &Dataset) -> Result<Self, Problem> {
        let (within, text) = match text.split_once('/') {
            Some((within, text)) => (Some(within), text),
            None => (None, text),
        };
        let of = Self {
            dataset: Some(within.unwrap_or(dataset.as_str()).to_owned()),
            ..Self::default()
        };
        if text.parse::<ReleaseNumber>().is_ok() {
            let number = Some(text.to_owned());
            return Ok(Self { number, ..of });
        }
        match Moment::in_query(text) {
            Ok(moment) => Ok(Self {
                as_of: Some((text.to_owned(), moment)),
                ..of
            }),
            Err(_) => {
                let detail = format!("\"{}\" is no release and no day.", shown(text));
                Err(Problem::parameter("since", detail, SINCE))
            }
        }
    }

    /// Finds the one release that it names.
    ///
    /// # Errors
    /// Returns a problem if there is none, or it was withdrawn.
    pub(super) fn one<'c>(&self, of: &'c Catalogue) -> Result<&'c ReleaseView, Problem> {
        let known = of.datasets();
        let dataset = match &self.dataset {
            Some(name) => self.named(name, of)?,
            None => match known.as_slice() {
                [one] => one,
                [] => return Err(Problem::not_found(NONE_YET, [""; 0])),
                _ => {
                    let detail = "There are releases of several datasets, and an answer is of \
                                  one: name it.";
                    let allowed = known.iter().map(ToString::to_string);
                    return Err(Problem::parameter("dataset", detail, allowed));
                }
            },
        };
        let view = self.of(dataset, of)?;
        match view.row.state {
            ReleaseState::Withdrawn => Err(data::withdrawn(view, &of.all)),
            _ => Ok(view),
        }
    }

    /// Finds the release of each dataset; of one dataset if it names one.
    ///
    /// # Errors
    /// Returns a problem if it names what there is not, or a release of then was withdrawn since.
    pub(super) fn each<'c>(&self, of: &'c Catalogue) -> Result<Vec<&'c ReleaseView>, Problem> {
        if self.dataset.is_some() || self.number.is_some() {
            return Ok(vec![self.one(of)?]);
        }
        let Some((text, moment)) = &self.as_of else {
            let all = of.datasets().into_iter().map(|one| self.of(one, of));
            // A dataset whose releases were all withdrawn has nothing to list.
            return Ok(all.filter_map(Result::ok).collect());
        };
        let at = last_of(text, *moment, of)?;
        let mut current = BTreeMap::new();
        for view in of.all.iter().filter(|view| stood(view, at)) {
            current.insert(&view.row.id.dataset, view);
        }
        let is_gone = |view: &&&ReleaseView| view.row.state == ReleaseState::Withdrawn;
        if let Some(gone) = current.values().find(is_gone) {
            // A list without it would look whole.
            let standing = current.values().filter(|view| !is_gone(view));
            let standing = standing.map(|view| view.row.id.dataset.to_string());
            let gone = data::withdrawn_since(gone);
            return Err(gone.about("dataset").allowing(standing));
        }
        Ok(current.into_values().collect())
    }

    /// Finds the release of a page that a cursor continues.
    ///
    /// # Errors
    /// Returns a problem if there is none, the query names another, or it was withdrawn.
    pub(super) fn continued<'c>(
        &self,
        id: &ReleaseId,
        of: &'c Catalogue,
    ) -> Result<&'c ReleaseView, Problem> {
        let is_same = |view: &&ReleaseView| {
            let number = view.row.id.number.to_string();
            let dataset = self.dataset.as_deref();
            view.row.id == *id
                && dataset.is_none_or(|name| name == view.row.id.dataset.as_str())
                && self.number.as_ref().is_none_or(|one| *one == number)
        };
        let view = of.all.iter().find(is_same).ok_or_else(foreign_cursor)?;
        match view.row.state {
            ReleaseState::Withdrawn => Err(data::withdrawn(view, &of.all)),
            _ => Ok(view),
        }
    }

    fn named<'c>(&self, name: &str, of: &'c Catalogue) -> Result<&'c Dataset, Problem> {
        let mut all = of.all.iter().map(|view| &view.row.id.dataset);
        all.find(|one| one.as_str() == name).ok_or_else(|| {
            let detail = format!("There is no dataset \"{}\" here.", shown(name));
            let allowed = of.datasets().into_iter().map(ToString::to_string);
            Problem::parameter("dataset", detail, allowed)
        })
    }

    /// The release of a dataset that it names, whether or not that was withdrawn since.
    fn of<'c>(&self, dataset: &Dataset, of: &'c Catalogue) -> Result<&'c ReleaseView, Problem> {
        let all = of.all.iter().filter(|one| one.row.id.dataset == *dataset);
        if let Some(number) = &self.number {
            let mut named = all
                .clone()
                .filter(|one| one.row.id.number.to_string() == *number);
            return named.next().ok_or_else(|| {
                let detail = format!("There is no release {dataset}/{} here.", shown(number));
                let standing = all.filter(|one| one.row.state == ReleaseState::Published);
                let allowed = standing.map(|one| one.row.id.number.to_string());
                Problem::parameter("release", detail, allowed.chain([LATEST.to_owned()]))
            });
        }
        if let Some((text, moment)) = &self.as_of {
            let at = last_of(text, *moment, of)?;
            let mut stood = all.clone().filter(|one| stood(one, at));
            let first = all.filter_map(|one| one.row.published).min();
            return stood.next_back().ok_or_else(|| {
                let detail = format!("No release of {dataset} stood at \"{}\".", shown(text));
                let from = first.map(|at| format!("{} or later", at.rfc3339()));
                Problem::parameter("as_of", detail, from)
            });
        }
        let mut standing = all.filter(|one| one.row.state == ReleaseState::Published);
        standing.next_back().ok_or_else(data::all_withdrawn)
    }
}

impl Catalogue {
    /// The datasets with a release that stands; those that had one if none does.
    fn datasets(&self) -> Vec<&Dataset> {
        let of = |standing: bool| {
            let all = self.all.iter();
            let all = all.filter(|one| !standing || one.row.state == ReleaseState::Published);
            let mut names: Vec<&Dataset> = all.map(|one| &one.row.id.dataset).collect();
            names.sort();
            names.dedup();
            names
        };
        match of(true) {
            none if none.is_empty() => of(false),
            standing => standing,
        }
    }
}

/// Whether a release was out at a moment, and not withdrawn.
fn stood(view: &ReleaseView, at: Timestamp) -> bool {
    let withdrawn = view.row.withdrawn;
    view.row.published.is_some_and(|published| published <= at)
        && withdrawn.is_none_or(|withdrawn| withdrawn > at)
}

fn as_of(text: &str) -> Result<(String, Moment), Problem> {
    match Moment::in_query(text) {
        Ok(moment) => Ok((text.to_owned(), moment)),
        Err(_) => {
            let detail = format!("\"{}\" is neither a day nor a time.", shown(text));
            Err(Problem::parameter("as_of", detail, MOMENTS))
        }
    }
}

fn last_of(text: &str, moment: Moment, of: &Catalogue) -> Result<Timestamp, Problem> {
    let last = moment.last(&of.zone, of.now).filter(|at| *at <= of.now);
    last.ok_or_else(|| {
        let detail = format!("\"{}\" is in the future.", shown(text));
        Problem::parameter("as_of", detail, MOMENTS)
    })
}

/// A cursor that continues no page of this query.
pub(super) fn foreign_cursor() -> Problem {
    let detail = "This cursor was not made for this query: leave it out, then send what \"next\" \
                  says with the same query.";
    Problem::parameter("cursor", detail, [""; 0])
}

const LATEST: &str = "latest";
const NONE_YET: &str = "No release has gone out yet; /data lists those that have.";
/// The forms of `since`.
const SINCE: [&str; 3] = ["2026.1", "2026-06-01", "2026-06-01T09:00:00Z"];
