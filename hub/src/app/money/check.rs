//! Things that a person should look at in the money of all teams: likely doubles, problems, and
//! amounts in which teams differ.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::list::{Column, DATA, Datum, List, TABLE};
use weft_shared::{
    alignment::money::{Difference, Double, InvestmentKey, Owner, Problem, Said, Subject},
    id::LocationCode,
    model::{investment::Investment, label::folded, places::Places},
    text::{counted, listed},
};

use crate::app::{AppError, Counted, OfLocations, Unrecorded};

/// One thing to look at.
#[derive(Clone, Debug)]
pub struct MoneyFinding {
    /// `problem`, `difference` or `double`.
    pub kind: &'static str,
    /// The investments that it is about, and their titles with who states each.
    pub investments: Vec<(InvestmentKey, String)>,
    /// It in words, with what to do.
    pub words: String,
    locations: BTreeSet<LocationCode>,
}

/// The things to look at, in a fixed order.
#[derive(Clone, Debug, Default)]
pub struct MoneyFindings(pub Vec<MoneyFinding>);

impl OfLocations for MoneyFindings {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let all = self.0.iter().flat_map(|one| one.locations.iter());
        all.cloned().collect()
    }
}

/// The things to look at, as `investment check` lists it.
pub const FINDINGS: List<MoneyFinding> = List::new(&[
    Column::new("kind", |one: &MoneyFinding| one.kind.into()),
    Column::new("investments", |one: &MoneyFinding| {
        let titles: Vec<&str> = one
            .investments
            .iter()
            .map(|(_, title)| title.as_str())
            .collect();
        titles.join("; ").into()
    })
    .words()
    .only(TABLE),
    Column::new("ids", |one: &MoneyFinding| {
        let ids = one.investments.iter().map(|((_, id), _)| id.to_string());
        Datum::Json(ids.collect())
    })
    .only(DATA),
    Column::new("words", |one: &MoneyFinding| (&*one.words).into()).words(),
])
.none("Nothing to look at: no likely double, no problem, and teams state the same amounts.");

impl Counted<'_> {
    /// The things that a person should look at in the money of all teams.
    ///
    /// # Errors
    /// If the store fails.
    pub fn check_money(&self) -> Result<Unrecorded<MoneyFindings>, AppError> {
        let aligned = self.aligned()?;
        let books = aligned.books();
        let named = Named(&aligned.recorded.investments);
        let mut findings = Vec::new();
        findings.extend(books.problems().map(|one| named.problem(one)));
        findings.extend(books.differences().iter().map(|one| named.difference(one)));
        findings.extend(named.spelled());
        findings.extend(books.doubles().iter().map(|one| named.double(one)));
        Ok(Unrecorded::new(MoneyFindings(findings)))
    }
}

/// The investments of all teams.
struct Named<'a>(&'a BTreeMap<InvestmentKey, Investment>);

impl Named<'_> {
    fn finding(&self, kind: &'static str, of: Vec<InvestmentKey>, words: String) -> MoneyFinding {
        let locations = of.iter().filter_map(|(owner, _)| owner.location());
        MoneyFinding {
            kind,
            locations: locations.cloned().collect(),
            words,
            investments: of
                .into_iter()
                .map(|key| (key.clone(), self.title(&key)))
                .collect(),
        }
    }

    fn title(&self, key: &InvestmentKey) -> String {
        match (self.0.get(key), key) {
            (Some(one), (Owner::Hub, _)) => one.title.clone(),
            (Some(one), (Owner::Location(code), _)) => format!("{} ({code})", one.title),
            (None, (_, id)) => id.to_string(),
        }
    }

    fn problem(&self, problem: &Problem) -> MoneyFinding {
        let words = problem.words(|key| self.title(key));
        self.finding("problem", problem.investments(), words)
    }

    fn difference(&self, difference: &Difference) -> MoneyFinding {
        let words = difference_words(difference);
        let said = difference.said.iter();
        let of = said.map(|one| (one.owner.clone(), one.id)).collect();
        self.finding("difference", of, words)
    }

    /// Identifiers that differ by case or width only.
    fn spelled(&self) -> impl Iterator<Item = MoneyFinding> {
        let mut alike: BTreeMap<String, BTreeMap<&str, Vec<InvestmentKey>>> = BTreeMap::new();
        for (key, one) in self.0 {
            if let Some(name) = &one.identifier {
                let spellings = alike.entry(folded(name)).or_default();
                spellings.entry(name).or_default().push(key.clone());
            }
        }
        let several = alike.into_values().filter(|spellings| spellings.len() > 1);
        several.map(|spellings| {
            let names: Vec<&str> = spellings.keys().copied().collect();
            let words = format!(
                "the identifiers {} look alike, and differ by capital letters or in width, so they \
                 are different investments: if they are one, write one of them in all",
                listed(&names, usize::MAX)
            );
            self.finding(
                "problem",
                spellings.into_values().flatten().collect(),
                words,
            )
        })
    }

    fn double(&self, double: &Double) -> MoneyFinding {
        let words = format!(
            "{} of {} at {} {} each, with dates that overlap: if they are one, give them one \
             identifier, or cancel the others",
            counted(double.investments.len(), "investment", "investments"),
            double.funder,
            double.currency,
            double.amount.grouped()
        );
        self.finding("double", double.investments.clone(), words)
    }
}

/// A difference in words: one team's amount, or the amounts of several.
fn difference_words(difference: &Difference) -> String {
    let subject = match &difference.subject {
        Subject::Amount => "the whole amount".to_owned(),
        Subject::Lines(what, Places::NotStated) => {
            format!("the {what} lines for places that are not stated")
        }
        Subject::Lines(what, places) => format!("the {what} lines for {places}"),
    };
    let identifier = &difference.identifier;
    let counts = |one: &Said| if one.counts { ", which counts" } else { "" };
    if let [only] = difference.said.as_slice() {
        return format!(
            "only {} states {subject} of {identifier}: {}{}",
            only.owner,
            only.amount.grouped(),
            counts(only)
        );
    }
    let said = difference.said.iter().map(|one| {
        let amount = one.amount.grouped();
        format!("{} says {amount}{}", one.owner, counts(one))
    });
    let all = match difference.said.len() {
        2 => "Both amounts",
        _ => "All amounts",
    };
    format!(
        "{identifier} is stated differently, {subject}: {}. {all} are kept until the \
         teams agree on one",
        said.collect::<Vec<_>>().join("; ")
    )
}

#[cfg(test)]
mod tests {
    use weft_shared::model::number::Number;

    use super::*;

    #[test]
    fn a_difference_says_how_many_teams_speak_and_which_counts() {
        let said = |code: &str, counts: bool| Said {
            owner: Owner::Location(code.parse().unwrap()),
            id: "0198bd3f-7a00-7000-8000-000000000001".parse().unwrap(),
            amount: Number::from(400),
            counts,
            periods: Vec::new(),
        };
        let words = |said: Vec<Said>| {
            difference_words(&Difference {
                identifier: "X-1".to_owned(),
                subject: Subject::Amount,
                said,
            })
        };
        let only = words(vec![said("FN", true)]);
        assert_eq!(
            only,
            "only FN states the whole amount of X-1: 400, which counts"
        );
        let two = words(vec![said("FN", true), said("WT", false)]);
        assert!(
            two.ends_with("WT says 400. Both amounts are kept until the teams agree on one"),
            "{two}"
        );
        let three = words(vec![said("FN", true), said("WT", false), said("IN", false)]);
        assert!(
            three.ends_with("All amounts are kept until the teams agree on one"),
            "{three}"
        );
    }
}
