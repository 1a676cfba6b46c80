//! Our own column of the line of sight, of what we shared and what the hub published. It needs no
//! connection, and is made by the function that makes the hub's.

use std::{cmp::Reverse, collections::BTreeMap};

use weft_shared::{
    alignment::{
        money::{LineAmount, Owner as Team, Row},
        questions::questions,
        recorded::{Cells, KINDS, Needs, Recorded, Recording, Told},
        sight::{Cell, Outcome, Sight},
    },
    id::{IndicatorCode, LocationCode},
    model::{
        answer::{Answer, AnswerKey, Asked},
        indicator::Definition,
        investment::Investment,
        outcome::NetworkOutcome,
        places::Places,
        profile::Place,
        record::Record,
        schema::{DocKind, RecordKind},
    },
    period::{Date, Period},
    text::counted,
    time::Timestamp,
};

use super::{QuoteRow, RecordRow, Whose, first};
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
    words::sight as words,
};

/// Said beside our column: the records of other locations are not on this computer, so it cannot
/// know whether there are any.
const NOT_HERE: &str = "Money that other locations state for this place is not here, \
    because this computer does not have their records. The column at the hub has it.";

/// Said beside our column if money of ours is in none.
const UNPLACED: &str = "Some of our money of this period names no location, so it is in no \
    location's column: state the location on the page Money.";

/// Our column of the line of sight.
#[derive(Clone, Debug)]
pub(crate) struct OurSight {
    pub(crate) code: LocationCode,
    pub(crate) period: Period,
    pub(crate) today: Date,
    pub(crate) rows: Vec<OutcomeRow>,
    /// The newest definition of each indicator in it that the network has.
    pub(crate) definitions: Definitions,
    /// Whether we state money of the period without a place, which is in no location's column.
    pub(crate) unplaced: bool,
}

pub(crate) type Definitions = BTreeMap<IndicatorCode, Definition>;

/// One outcome in our location.
#[derive(Clone, Debug)]
pub(crate) struct OutcomeRow {
    pub(crate) head: Row,
    pub(crate) name: String,
    /// Whether this location named it, and not the network.
    pub(crate) ours: bool,
    pub(crate) cell: Cell,
    pub(crate) questions: Vec<QuestionRow>,
    /// The records of other locations for it that they let others see.
    pub(crate) others: Vec<QuoteRow>,
}

/// A question about an outcome, with our answers.
#[derive(Clone, Debug)]
pub(crate) struct QuestionRow {
    pub(crate) asked: Asked,
    pub(crate) key: AnswerKey,
    /// Our answers; several if two of us answered without knowing of each other.
    pub(crate) answers: Vec<Answer>,
}

impl QuestionRow {
    /// Its name in commands and addresses: `no_target/VAX`.
    pub(crate) fn name(&self) -> String {
        self.key.question_name().unwrap_or_default()
    }
}

impl OutcomeRow {
    /// Its code and name, and who named it if that is not the network.
    pub(crate) fn heading(&self) -> String {
        let Some(outcome) = self.head.outcome() else {
            return "Outcome not stated".to_owned();
        };
        let name = &self.name;
        match (outcome.code(), name.is_empty()) {
            (Some(code), false) => format!("{name} ({code})"),
            (Some(code), true) => format!("{code} (no longer an outcome of the network)"),
            (None, false) => format!("{name} (named by the location)"),
            (None, true) => "An outcome that is not shared".to_owned(),
        }
    }

    /// Its money in lines, with what is in no figure.
    pub(crate) fn money_lines(&self) -> Vec<String> {
        let cell = &self.cell;
        let mut lines: Vec<String> = cell
            .money
            .iter()
            .flat_map(|(purse, figures)| words::money(purse, figures))
            .collect();
        for (ids, what) in [
            (&cell.proposed, "proposed, in no figure"),
            (
                &cell.withheld,
                "without an amount that may be shown, in no figure",
            ),
        ] {
            if !ids.is_empty() {
                let count = counted(ids.len() as u64, "investment", "investments");
                lines.push(format!("{count} {what}"));
            }
        }
        if lines.is_empty() {
            lines.push("none stated".to_owned());
        }
        lines
    }
}

impl OurSight {
    /// The money that is not in it, in sentences.
    pub(crate) fn not_here(&self) -> String {
        match self.unplaced {
            true => format!("{UNPLACED} {NOT_HERE}"),
            false => NOT_HERE.to_owned(),
        }
    }

    /// All questions that are asked of us.
    pub(crate) fn questions(&self) -> impl Iterator<Item = &QuestionRow> {
        self.rows.iter().flat_map(|row| &row.questions)
    }
}

impl Replica {
    /// Returns our column for a period as of now. It has what we shared, and nothing that stays on
    /// this computer.
    ///
    /// # Errors
    /// If this computer works alone, or a document cannot be read.
    pub(crate) fn sight(
        &mut self,
        period: Period,
        now: Timestamp,
    ) -> Result<OurSight, DocumentError> {
        let code = self.membership()?.code.clone();
        let (recorded, unplaced) = self.recorded(&code, period)?;
        let needs = self.needs(&code, &recorded, period)?;
        let locations = self.places()?.into_keys().collect();
        let today = self.zone().day(now);
        let given = recorded.given((period, today), &locations, &needs);
        let sight = Sight::of_location(&given, &code);
        let mut asked: BTreeMap<Row, Vec<Asked>> = BTreeMap::new();
        for one in questions(&sight, &given) {
            asked.entry(one.row).or_default().push(one.asked);
        }
        let quotes = self.quotes()?;
        let mut rows = Vec::new();
        for (row, cell) in sight.column(&code) {
            let (mut of_row, mut others) = (Vec::new(), Vec::new());
            for asked in asked.remove(&row.head).unwrap_or_default() {
                let key = AnswerKey::Question(asked, row.head.outcome());
                of_row.push(QuestionRow {
                    asked,
                    answers: self.answers_to(&key)?,
                    key,
                });
            }
            if let Some(outcome) = row.head.outcome() {
                // The id of an outcome in a quote is one of the location that it quotes.
                let is_network = outcome.code().is_some();
                let about = quotes.iter().filter(|one| {
                    is_network && one.location != code && one.quote.outcomes.contains(&outcome)
                });
                others.extend(about.cloned());
            }
            rows.push(OutcomeRow {
                head: row.head.clone(),
                name: row.name.clone(),
                ours: row.owner.as_ref().is_some_and(|one| *one != Team::Hub),
                cell: cell.clone(),
                questions: of_row,
                others,
            });
        }
        let definitions = self.defined(&rows)?;
        Ok(OurSight {
            code,
            period,
            today,
            rows,
            definitions,
            unplaced,
        })
    }

    /// The definitions of the indicators that show a need.
    fn defined(&mut self, rows: &[OutcomeRow]) -> Result<Definitions, DocumentError> {
        let versions = self.versions()?;
        let codes = rows.iter().flat_map(|row| &row.cell.needs);
        let newest = codes.filter_map(|need| {
            let definition = versions.get(&need.indicator)?.newest()?;
            Some((need.indicator.clone(), definition.clone()))
        });
        Ok(newest.collect())
    }

    /// Returns the network's outcomes, by code.
    pub(crate) fn network_outcomes(&mut self) -> Result<Vec<NetworkOutcome>, DocumentError> {
        let agenda = self.document(Owner::Hub, &first(DocKind::Agenda))?;
        let records = agenda.records(RecordKind::Outcome).into_iter();
        let live = records.filter(Record::is_live);
        let mut outcomes: Vec<_> = live.filter_map(|one| NetworkOutcome::read(&one)).collect();
        outcomes.sort_by(|a, b| (&a.code, a.id).cmp(&(&b.code, b.id)));
        outcomes.dedup_by(|a, b| a.code == b.code);
        Ok(outcomes)
    }

    /// Returns the learning reviews of the national team, the latest first.
    pub(crate) fn network_reviews(&mut self) -> Result<Vec<Record>, DocumentError> {
        if self.is_alone() {
            return Ok(Vec::new());
        }
        let agenda = self.document(Owner::Hub, &first(DocKind::Agenda))?;
        let records = agenda.records(RecordKind::Review).into_iter();
        let mut live: Vec<Record> = records.filter(Record::is_live).collect();
        let held = |one: &Record| one.text("on").unwrap_or_default().to_owned();
        live.sort_by_cached_key(|one| Reverse((held(one), one.id)));
        Ok(live)
    }

    /// Returns all locations of the network, by code.
    pub(crate) fn places(&mut self) -> Result<BTreeMap<LocationCode, Place>, DocumentError> {
        let network = self.document(Owner::Hub, &first(DocKind::Network))?;
        Ok(network.places())
    }

    /// Returns the codes of all locations.
    pub(crate) fn location_codes(&mut self) -> Result<Vec<String>, DocumentError> {
        let codes = self.places()?.into_keys();
        Ok(codes.map(|code| code.to_string()).collect())
    }

    /// Returns the outcomes that the line of sight has: the network's, and ours that we shared.
    pub(crate) fn outcomes_shared(
        &mut self,
        code: &LocationCode,
    ) -> Result<Vec<Outcome>, DocumentError> {
        let network = self.network_outcomes()?;
        let mut outcomes: Vec<Outcome> = network.iter().map(Outcome::of_network).collect();
        for row in self.records_shared(RecordKind::Outcome)? {
            let said_on = self.said_on(&row, "priority")?;
            let record = &row.record;
            outcomes.extend(Outcome::of_location(code, record.id, record, said_on));
        }
        Ok(outcomes)
    }

    /// Returns our records of a kind that go beyond the team.
    pub(crate) fn records_shared(
        &mut self,
        kind: RecordKind,
    ) -> Result<Vec<RecordRow>, DocumentError> {
        let mut rows = self.records(kind)?;
        rows.retain(|row| !row.is_sealed());
        Ok(rows)
    }

    /// Returns the day of the change that wrote a field; `None` if it has no value.
    fn said_on(&mut self, row: &RecordRow, key: &str) -> Result<Option<Date>, DocumentError> {
        let Some(said) = row.record.fields.get(key).and_then(|all| all.first()) else {
            return Ok(None);
        };
        let zone = self.zone();
        let document = self.document(Owner::Location, &row.document)?;
        let meta = document.change_of(&said.actor, said.op);
        Ok(meta.map(|meta| zone.day(meta.at)))
    }

    /// Reads what the hub published and what this location shared, as the hub reads it; and whether
    /// this location states money of a period without a place.
    fn recorded(
        &mut self,
        code: &LocationCode,
        period: Period,
    ) -> Result<(Recorded, bool), DocumentError> {
        let mut unplaced = false;
        let ours = Team::Location(code.clone());
        let mut recording = Recording::default();
        let agenda = self.document(Owner::Hub, &first(DocKind::Agenda))?;
        let of_hub = |record| Told {
            owner: Team::Hub,
            record,
            named_on: None,
        };
        for kind in [RecordKind::Outcome, RecordKind::Target] {
            let records = agenda.records(kind).into_iter();
            let live = records.filter(Record::is_live).map(of_hub);
            live.for_each(|one| recording.record(one));
        }
        for (owner, team) in [(Owner::Hub, &Team::Hub), (Owner::Location, &ours)] {
            self.each_money(owner, |record, lines| {
                unplaced |= *team == ours && is_unplaced(&record, &lines, period);
                lines
                    .into_iter()
                    .for_each(|line| recording.line(team, line));
                recording.record(Told {
                    owner: team.clone(),
                    record,
                    named_on: None,
                });
            })?;
        }
        for kind in KINDS
            .into_iter()
            .filter(|kind| *kind != RecordKind::Investment)
        {
            for row in self.records_shared(kind)? {
                recording.record(Told {
                    owner: ours.clone(),
                    named_on: self.said_on(&row, "priority")?,
                    record: row.record,
                });
            }
        }
        Ok((recording.end_with_books(), unplaced))
    }

    /// The need of each indicator here by the end of the period.
    fn needs(
        &mut self,
        code: &LocationCode,
        recorded: &Recorded,
        period: Period,
    ) -> Result<Needs, DocumentError> {
        let (mut cells, mut versions) = (Cells::new(), BTreeMap::new());
        for indicator in recorded.indicators_of(code) {
            // An indicator of our own is in no figure of the network.
            let row = self.indicator(&indicator)?;
            if let Some(row) = row.filter(|row| row.whose == Whose::Network) {
                let of_one = self.cells_shared(&row)?;
                cells.insert((code.clone(), indicator.clone()), of_one);
                versions.insert(indicator, row.versions);
            }
        }
        let areas = match self.place()? {
            Some(place) => {
                let areas = place.areas_on(period.end());
                areas.map(|area| area.code.clone()).collect()
            }
            None => Vec::new(),
        };
        let locations = BTreeMap::from([(code.clone(), areas)]);
        Ok(recorded.needs(&locations, &cells, |one| versions.get(one), period))
    }
}

/// Whether money of a period is stated without a place: a line, or what no line divides.
fn is_unplaced(record: &Record, lines: &[LineAmount], period: Period) -> bool {
    let (start, end) = (period.start(), period.end());
    let overlaps = |from: Date, to: Date| from <= end && to >= start;
    let line = lines.iter().map(|line| &line.key).any(|key| {
        key.places == Places::NotStated && overlaps(key.period.start(), key.period.end())
    });
    let whole = Investment::read(record);
    line || whole.is_some_and(|one| {
        one.places == Places::NotStated && lines.is_empty() && overlaps(one.from, one.to)
    })
}
