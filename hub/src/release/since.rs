//! The changes of a release's inputs since they were frozen. A figure that its team took back,
//! narrowed or corrected meanwhile must not go out as it was: its readers would take it for right.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::{DefinitionHash, IndicatorCode, LocationId},
    model::{
        Audience,
        indicator::{DefinitionKey, Setting},
        number::Number,
        observation::{ObservationKey, Statement, Status},
    },
    rollup::{Fact, Network},
};

use crate::{app::Counted, store::StoreError};

/// The statements about one indicator as they are today.
#[derive(Debug, Default)]
pub(super) struct Today {
    own: BTreeMap<Subject, Standing>,
    published: BTreeMap<Subject, Vec<Figure>>,
}

/// A change since the inputs were frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The change in words that go on from the name of the subject: `was taken back`.
    pub(super) words: String,
    /// Whether there is nothing that may go out in its place.
    pub(super) is_gone: bool,
}

type Subject = (LocationId, ObservationKey);

/// The state of a statement today.
#[derive(Debug)]
enum Standing {
    TakenBack,
    Narrowed,
    Contested,
    Stands(Box<Figure>),
}

/// The parts of a statement that a release shows or rests on.
#[derive(Debug, PartialEq)]
struct Figure {
    definition: DefinitionHash,
    counts: [Option<Number>; 2],
    value: Option<Number>,
    bounds: [Option<Number>; 2],
    status: Status,
}

impl Today {
    /// Reads what is stated about an indicator today.
    ///
    /// # Errors
    /// If the store fails.
    pub(super) fn read(now: &Counted<'_>, code: &IndicatorCode) -> Result<Self, StoreError> {
        let (reader, mut today) = (now.reader()?, Self::default());
        for label in reader.labels(Some(code))? {
            for fact in reader.facts(&label, None)?.into_values().flatten() {
                today.add(fact);
            }
        }
        Ok(today)
    }

    fn add(&mut self, fact: Fact) {
        if is_published(&fact) {
            let figures = published(&fact);
            self.published.insert((fact.location, fact.key), figures);
        } else {
            let standing = Standing::of(&fact);
            self.own.insert((fact.location, fact.key), standing);
        }
    }

    /// Returns the change of a frozen fact; none if it stands as it was.
    pub(super) fn change(&self, frozen: &Fact) -> Option<Change> {
        let subject = (frozen.location, frozen.key.clone());
        if is_published(frozen) {
            let (was, is) = (published(frozen), self.published.get(&subject));
            return match is {
                None => Some(Change::gone("was taken back by its publisher")),
                Some(is) if *is != was => Some(Change::corrected()),
                Some(_) => None,
            };
        }
        let [was] = frozen.stated.as_slice() else {
            return None;
        };
        match self.own.get(&subject) {
            None if self.published.contains_key(&subject) => {
                Some(Change::gone("was published by an office since"))
            }
            None | Some(Standing::TakenBack) => Some(Change::gone("was taken back")),
            Some(Standing::Narrowed) => Some(Change::gone("is not released any more")),
            Some(Standing::Contested) => Some(Change::gone("is contested")),
            Some(Standing::Stands(is)) => {
                (Figure::of(&was.statement) != **is).then(Change::corrected)
            }
        }
    }
}

impl Change {
    fn gone(words: &str) -> Self {
        Self {
            words: words.to_owned(),
            is_gone: true,
        }
    }

    /// Without the figures: who reads the check reads no location's record.
    fn corrected() -> Self {
        Self {
            words: "was corrected".to_owned(),
            is_gone: false,
        }
    }
}

impl Standing {
    fn of(fact: &Fact) -> Self {
        match fact.stated.as_slice() {
            [] => Self::TakenBack,
            all if all.iter().any(|one| one.statement.is_retraction()) => Self::TakenBack,
            _ if !is_released(fact) => Self::Narrowed,
            [one] => Self::Stands(Box::new(Figure::of(&one.statement))),
            _ => Self::Contested,
        }
    }
}

impl Figure {
    fn of(statement: &Statement) -> Self {
        Self {
            definition: statement.definition,
            counts: [statement.numerator, statement.denominator],
            value: statement.value,
            bounds: [statement.lower, statement.upper],
            status: statement.status,
        }
    }
}

/// The settings of definitions that changed since the inputs were frozen, in sentences. They say
/// which counts are protected, how figures add up, and which rows there are: a proposal that went
/// out by the old ones would not have the protection that the network has decided on.
pub(super) fn settings<'k>(
    keys: impl Iterator<Item = &'k DefinitionKey>,
    then: &Network,
    now: &Network,
) -> Vec<String> {
    let of = |network: &Network, key: &DefinitionKey| {
        let definition = network.version(&key.code, key.version);
        let settings = definition.and_then(|one| network.settings(one));
        let words = settings.map(|one| one.words()).unwrap_or_default();
        words
            .into_iter()
            // The day on which a figure is due is in no file of a release.
            .filter(|(setting, _)| *setting != Setting::DueDays)
            .map(|(setting, text)| (setting.word(), text))
            .collect::<BTreeSet<_>>()
    };
    let mut changed = Vec::new();
    for key in keys {
        let (was, is) = (of(then, key), of(now, key));
        let names: BTreeSet<_> = was
            .symmetric_difference(&is)
            .map(|(name, _)| *name)
            .collect();
        changed.extend(names.iter().map(|name| {
            format!(
                "{} version {}: its setting {name} was changed",
                key.code, key.version
            )
        }));
    }
    changed
}

/// Whether a figure is one that an office published.
pub(super) fn is_published(fact: &Fact) -> bool {
    fact.stated.iter().any(|one| one.published.is_some())
}

/// Whether all statements about a subject may go out, and none takes one back.
pub(super) fn is_released(fact: &Fact) -> bool {
    fact.stated
        .iter()
        .all(|one| one.statement.audience >= Audience::Released && !one.statement.is_retraction())
}

fn published(fact: &Fact) -> Vec<Figure> {
    let published = fact.stated.iter().filter(|one| one.published.is_some());
    published.map(|one| Figure::of(&one.statement)).collect()
}

#[cfg(test)]
mod tests {
    use weft_shared::rollup::Stated;

    use super::*;

    fn fact(statements: &[(i64, Audience)]) -> Fact {
        let stated = statements.iter().map(|(count, audience)| Stated {
            statement: Statement {
                numerator: Some(Number::from(*count)),
                status: Status::Normal,
                ..Statement::without_figure(DefinitionHash::new([1; 32]), Status::Normal, *audience)
            },
            device: None,
            at: None,
            entry: None,
            published: None,
        });
        Fact {
            location: LocationId::new([2; 16]),
            key: "VISITS/GORE/2023/total".parse().unwrap(),
            stated: stated.collect(),
        }
    }

    #[test]
    fn two_answers_today_are_a_change_and_a_new_reason_for_the_same_figure_is_none() {
        let frozen = fact(&[(300, Audience::Released)]);
        let change = |today: &[(i64, Audience)]| {
            let mut of = Today::default();
            of.add(fact(today));
            of.change(&frozen).map(|change| change.words)
        };
        let says = |words: &str| Some(words.to_owned());
        assert_eq!(change(&[(300, Audience::Released)]), None);
        let two = [(300, Audience::Released), (310, Audience::Released)];
        assert_eq!(change(&two), says("is contested"));
        let narrowed = [(300, Audience::Network)];
        assert_eq!(change(&narrowed), says("is not released any more"));
        assert_eq!(change(&[]), says("was taken back"));
        let other = [(310, Audience::Released)];
        assert_eq!(change(&other), says("was corrected"));
    }

    #[test]
    fn other_bounds_of_the_same_value_are_a_correction() {
        let frozen = fact(&[(300, Audience::Released)]);
        for at in 0..2 {
            let mut today = frozen.clone();
            let statement = &mut today.stated[0].statement;
            let bound = [&mut statement.lower, &mut statement.upper];
            let [lower, upper] = bound;
            *(if at == 0 { lower } else { upper }) = Some(Number::from(290 + 20 * at));
            let mut of = Today::default();
            of.add(today);
            let words = of.change(&frozen).map(|change| change.words);
            assert_eq!(words.as_deref(), Some("was corrected"), "{at}");
        }
    }

    #[test]
    fn what_an_office_takes_back_or_publishes_is_said_as_such() {
        let own = fact(&[(300, Audience::Released)]);
        let mut published = own.clone();
        published.stated[0].published = Some("Example: census".to_owned());
        let says = |frozen: &Fact, today: Option<&Fact>| {
            let mut of = Today::default();
            if let Some(fact) = today {
                of.add(fact.clone());
            }
            let change = of.change(frozen);
            change.map(|change| (change.words, change.is_gone))
        };
        let gone = |words: &str| Some((words.to_owned(), true));
        assert_eq!(
            says(&published, None),
            gone("was taken back by its publisher")
        );
        assert_eq!(
            says(&published, Some(&own)),
            gone("was taken back by its publisher")
        );
        assert_eq!(says(&published, Some(&published)), None);
        assert_eq!(says(&own, None), gone("was taken back"));
        assert_eq!(
            says(&own, Some(&published)),
            gone("was published by an office since")
        );
    }
}
