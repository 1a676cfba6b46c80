//! The words of a file of figures about itself, in each of its rows: the source of the figures,
//! their licence, and that they are not for publication. A file loses its name and its headers.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::clock;
use weft_shared::{
    id::IndicatorCode,
    model::{indicator::Definition, source::Source},
    period::Date,
    rollup::COLUMNS,
    time::Timestamp,
};

use super::{AS_OF, Figure, NOTICE};
use crate::app::Counted;

/// The source of an indicator's figures, and its licence; empty if neither is stated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Credit {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) licence: String,
}

/// The facts about a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    /// The name of the network.
    pub(crate) network: String,
    /// The organisation that runs the hub.
    pub(crate) operator: String,
    /// The moment as of which the figures are, if it is not the present.
    pub(crate) as_of: Option<Timestamp>,
    /// The day on which the file is made.
    pub(crate) made: Option<Date>,
    credits: BTreeMap<(IndicatorCode, u32), Credit>,
}

impl About {
    pub(crate) fn of(at: &Counted<'_>) -> Self {
        let sources = at.sources().into_values();
        let sources: Vec<Source> = sources.filter(Source::is_live).collect();
        let credits = at.definitions().into_iter().map(|one| {
            let credit = credit(&one, &sources);
            ((one.code, one.version), credit)
        });
        Self {
            network: at.shared.network.clone(),
            operator: at.shared.operator.clone(),
            as_of: at.as_of,
            made: Some(at.network().zone().day(clock::now())),
            credits: credits.collect(),
        }
    }

    /// The columns of the file. One of the past has another that says as of when, so that no one
    /// takes it for the present.
    pub(crate) fn columns(&self) -> Vec<&'static str> {
        let mut names = COLUMNS.to_vec();
        names.extend(OWN);
        names.extend(self.as_of.map(|_| AS_OF));
        names
    }

    /// The fields of a figure in the order of [`columns`](Self::columns).
    pub(crate) fn row(&self, figure: &Figure) -> Vec<String> {
        let mut row = figure.row();
        row.extend(self.told(figure));
        row.extend(self.as_of.map(Timestamp::rfc3339));
        row
    }

    /// The fields of the file's own columns.
    pub(crate) fn told(&self, figure: &Figure) -> [String; OWN.len()] {
        let credit = self.credit(figure);
        [credit.source, credit.licence, NOTICE.to_owned()]
    }

    /// The indicators, each with the words of its newest version.
    pub(crate) fn credits(&self) -> impl Iterator<Item = (&IndicatorCode, &Credit)> {
        let newest: BTreeMap<&IndicatorCode, &Credit> = self
            .credits
            .iter()
            .map(|((code, _), credit)| (code, credit))
            .collect();
        newest.into_iter()
    }

    fn credit(&self, figure: &Figure) -> Credit {
        let (code, version) = (
            &figure.cell.key.indicator,
            figure.cell.labels.definition_version,
        );
        let found = version.and_then(|version| self.credits.get(&(code.clone(), version)));
        found.cloned().unwrap_or_default()
    }
}

/// The words of a definition; those of its published figures where it has none.
fn credit(definition: &Definition, sources: &[Source]) -> Credit {
    let of_it = || {
        sources
            .iter()
            .filter(|one| one.indicators.contains(&definition.code))
    };
    let joined = |words: BTreeSet<&str>| words.into_iter().collect::<Vec<_>>().join("; ");
    let publishers = || joined(of_it().map(|one| one.publisher.as_str()).collect());
    let licences = || joined(of_it().map(|one| one.licence.as_str()).collect());
    Credit {
        name: definition.name.clone(),
        source: definition.source.clone().unwrap_or_else(publishers),
        licence: definition.licence.clone().unwrap_or_else(licences),
    }
}

/// The columns that say what the file is.
pub(crate) const OWN: [&str; 3] = ["source", "licence", "notice"];
