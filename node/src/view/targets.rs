//! Targets of an indicator: the network's beside this location's own.

use std::collections::BTreeMap;

use weft_shared::{
    id::IndicatorCode,
    model::{
        indicator::Definition,
        observation::Breakdown,
        record::Record,
        schema::{DocKind, RecordKind},
        target::{Reported, Target},
    },
    time::Timestamp,
};

use super::first;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// The people who hope for a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Whose {
    /// The network: it is in the hub's documents.
    Network,
    /// This location.
    Own,
}

impl Whose {
    /// Its word in files and JSON.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Own => "own",
        }
    }
}

/// A target with what must be known of it.
#[derive(Clone, Debug)]
pub(crate) struct TargetRow {
    pub(crate) target: Target,
    pub(crate) whose: Whose,
    /// The newest definition of its indicator.
    pub(crate) definition: Option<Definition>,
    /// That its date has passed, or that only the total has figures, in phrases.
    pub(crate) remarks: Vec<String>,
}

impl TargetRow {
    /// Returns the goal in words: `5 percent by 2025`.
    pub(crate) fn goal(&self) -> String {
        match &self.definition {
            Some(definition) => self.target.goal(definition),
            None => self.target.value.to_string(),
        }
    }

    /// Returns the goal, whose it is and what must be known of it, in a line.
    pub(crate) fn line(&self) -> String {
        let whose = match self.whose {
            Whose::Network => "the network's",
            Whose::Own => "our own",
        };
        let remarks = self.remarks.iter().map(|remark| format!("; {remark}"));
        format!("{} ({whose}){}", self.goal(), remarks.collect::<String>())
    }
}

impl Replica {
    /// Returns the targets of one indicator, or of all, by indicator: the network's first, then
    /// this location's own, each by date and part. It needs no connection.
    pub(crate) fn targets(
        &mut self,
        code: Option<&IndicatorCode>,
        now: Timestamp,
    ) -> Result<Vec<TargetRow>, DocumentError> {
        let today = self.zone().day(now);
        let agenda = self.document(Owner::Hub, &first(DocKind::Agenda))?;
        let of_network = agenda.records(RecordKind::Target).into_iter();
        let of_network = of_network.filter(Record::is_live);
        let mut found: Vec<(Whose, Target)> = of_network
            .filter_map(|one| Some((Whose::Network, Target::read(&one)?)))
            .collect();
        let own = self.records(RecordKind::Target)?.into_iter();
        found.extend(own.filter_map(|row| Some((Whose::Own, Target::read(&row.record)?))));
        found.retain(|(_, one)| code.is_none_or(|code| *code == one.indicator));
        found.sort_by_cached_key(|(whose, one)| {
            let end = one.period.map(|period| period.end());
            let part = one.breakdown.clone();
            (one.indicator.clone(), *whose, end, part, one.id)
        });
        let whole = |one: &Target| one.every_group || one.breakdown.is_empty();
        let reported = match found.iter().any(|(_, one)| whole(one)) {
            true => self.reported()?,
            false => BTreeMap::new(),
        };
        let of = |code: &IndicatorCode| reported.get(code).copied().unwrap_or_default();
        let rows = self.versions()?;
        let row = |(whose, target): (Whose, Target)| TargetRow {
            whose,
            definition: rows
                .get(&target.indicator)
                .and_then(|one| one.newest())
                .cloned(),
            remarks: target.remarks(today, of(&target.indicator)),
            target,
        };
        Ok(found.into_iter().map(row).collect())
    }

    /// Returns of each indicator whether something is stated for the total and for parts of the
    /// population. No value is decoded.
    fn reported(&mut self) -> Result<BTreeMap<IndicatorCode, Reported>, DocumentError> {
        let mut found: BTreeMap<IndicatorCode, Reported> = BTreeMap::new();
        let with_values = |kind| matches!(kind, DocKind::Observations(..) | DocKind::Team);
        for name in self.own_documents(with_values) {
            let keys = self.document(Owner::Location, &name)?.observation_keys();
            for key in keys {
                let reported = found.entry(key.indicator).or_default();
                match key.breakdown == Breakdown::Total {
                    true => reported.total = true,
                    false => reported.parts = true,
                }
            }
        }
        Ok(found)
    }
}
