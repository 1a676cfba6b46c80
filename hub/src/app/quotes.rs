//! Quotes: the title and outcomes of records whose location lets the other locations see them. They
//! stand in the agenda, which goes to every node, and are gone once the location says so no more.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::output::sentence;
use weft_shared::{
    alignment::money::Owner,
    document::{Editor, Under},
    id::{OutcomeCode, RecordId},
    model::{
        quote::{Dated, Quote, QuoteKey},
        schema::{DocKind, RecordKind},
    },
};

use super::{AppError, AppHandle, Counted, own::Edit, own::Standing};
use crate::limits::{LOCATION_QUOTES_MAX, QUOTE_PAUSE};

/// The kinds of records that are quoted.
const KINDS: [RecordKind; 4] = [
    RecordKind::Initiative,
    RecordKind::Opportunity,
    RecordKind::Marker,
    RecordKind::Partner,
];

type Quotes = BTreeMap<QuoteKey, Quote>;

impl AppHandle {
    /// Keeps the quotes as locations want them, until it is dropped.
    pub(crate) async fn keep_quotes(self) {
        let mut figures = self.shared.aggregate.changes();
        loop {
            if let Err(error) = self.quote_locations().await {
                tracing::error!(
                    error = sentence(&error),
                    "quotes of locations could not be brought up to date"
                );
            }
            // Records that arrive together are quoted together.
            tokio::time::sleep(QUOTE_PAUSE).await;
            if figures.changed().await.is_err() {
                return;
            }
        }
    }

    /// Brings the quotes in line with what locations share and let each other see.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn quote_locations(&self) -> Result<(), AppError> {
        let wanted = self.counted(|at| {
            // A half of the records would take away quotes that stand.
            match at.behind()?.why {
                Some(_) => Ok(None),
                None => at.wanted_quotes().map(Some),
            }
        });
        let Some(wanted) = wanted.await? else {
            return Ok(());
        };
        if changes(&self.shared.own.standing(), &wanted).is_empty() {
            return Ok(());
        }
        let decide = move |standing: &Standing| {
            let changes = changes(standing, &wanted);
            Ok(Edit {
                document: DocKind::Agenda,
                act: None,
                write: Box::new(move |editor: &mut Editor<'_>| {
                    changes.iter().try_for_each(|(key, quote)| match quote {
                        Some(quote) => editor.say(key, quote),
                        None => editor.take_back::<Quote>(key),
                    })
                }),
                beside: Box::new(|_, _| Ok(())),
                answer: (),
            })
        };
        self.shared.own.edit(self, decide).await
    }
}

/// The quotes that must be written, or taken back.
fn changes(standing: &Standing, wanted: &Quotes) -> Vec<(QuoteKey, Option<Quote>)> {
    let held: Vec<Under<Quote>> = standing.agenda().all_said().collect();
    let gone = held.iter().filter(|under| !wanted.contains_key(&under.key));
    let gone = gone.map(|under| (under.key.clone(), None));
    let stands = |key: &QuoteKey, quote: &Quote| {
        let under = held.iter().find(|under| under.key == *key);
        under.and_then(Under::settled) == Some(quote)
    };
    let new = wanted.iter().filter(|(key, quote)| !stands(key, quote));
    let new = new.map(|(key, quote)| (key.clone(), Some(quote.clone())));
    gone.chain(new).collect()
}

impl Counted<'_> {
    /// The quotes that confirmed locations want: at most [`LOCATION_QUOTES_MAX`] of each, the
    /// oldest records first.
    fn wanted_quotes(&self) -> Result<Quotes, AppError> {
        let stood = self.stood()?;
        let requests = self.requests()?.unshown().into_iter();
        let dated: BTreeMap<QuoteKey, Dated> = requests.map(|one| one.dated()).collect();
        let mut wanted = Quotes::new();
        for (owner, lix) in self.teams()? {
            let Owner::Location(location) = owner else {
                continue;
            };
            let outcomes = stood.records(lix, RecordKind::Outcome)?.told;
            let shared: BTreeMap<RecordId, OutcomeCode> = outcomes
                .iter()
                .filter_map(|one| {
                    let code = one.record.text("shared")?.parse().ok()?;
                    Some((one.record.id, code))
                })
                .collect();
            let mut quotes: BTreeSet<(RecordId, usize)> = BTreeSet::new();
            let mut found = Vec::new();
            for kind in KINDS {
                for one in stood.records(lix, kind)?.told {
                    let id = one.record.id;
                    if let Some(mut quote) = Quote::of(kind, &one.record, &shared) {
                        quotes.insert((id, found.len()));
                        let location = location.clone();
                        let key = QuoteKey { location, kind, id };
                        quote.request = dated.get(&key).copied();
                        found.push((key, quote));
                    }
                }
            }
            let first = quotes.into_iter().take(LOCATION_QUOTES_MAX);
            wanted.extend(first.map(|(_, at)| found[at].clone()));
        }
        Ok(wanted)
    }
}
