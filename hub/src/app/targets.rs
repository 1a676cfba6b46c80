//! The network's targets: records of the hub's document `agenda`, which every node receives.

use weft_host::{clock, random::random_bytes};
use weft_shared::{
    document::Editor,
    id::{IndicatorCode, RecordId},
    model::{
        Audience, clean_text,
        indicator::{Definition, Versions},
        number::Number,
        observation::Breakdown,
        record::{FieldProblem, Record},
        schema::{DocKind, RecordKind},
        target::{Reported, Target},
    },
    period::{Frequency, Period},
    text::listed,
    validation,
};

use super::{
    AppError, AppHandle, Counted, Snapshot,
    own::{Edit, Standing},
};
use crate::{
    aggregate::reader::{Label, Reader},
    limits::TARGETS_MAX,
};

/// A target as somebody asks for it.
#[derive(Clone, Debug)]
pub struct NewTarget {
    /// The indicator.
    pub indicator: IndicatorCode,
    /// The value hoped for.
    pub value: Number,
    /// The period by which it should be reached.
    pub period: Option<Period>,
    /// The part of the population as typed; empty for the total.
    pub breakdown: String,
    /// Whether each group is to reach it.
    pub every_group: bool,
    /// The people who hope for it.
    pub by: Option<String>,
    /// The reason for this value.
    pub why: String,
}

/// The goal that a target is known by: one indicator, one period, one part of the population.
#[derive(Clone, Debug)]
pub struct TargetKey {
    /// The indicator.
    pub indicator: IndicatorCode,
    /// The period; if none is given, the indicator's only target for the part is meant.
    pub period: Option<Period>,
    /// The part of the population as typed; empty for the total.
    pub breakdown: String,
}

/// The outcome of setting a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetSet {
    /// There was none, and there is one now.
    Added,
    /// There was another one, with this goal.
    Changed(String),
    /// It was there already.
    Same,
}

/// A target of the network with what must be known of it.
#[derive(Clone, Debug)]
pub struct TargetView {
    /// The target.
    pub target: Target,
    /// The newest definition of its indicator.
    pub definition: Option<Definition>,
    /// That its date has passed, or that only the total has figures, in phrases.
    pub remarks: Vec<String>,
}

impl TargetView {
    /// Returns the goal in words, such as `5 percent by 2025`.
    pub fn goal(&self) -> String {
        match &self.definition {
            Some(definition) => self.target.goal(definition),
            None => self.target.value.to_string(),
        }
    }
}

impl AppHandle {
    /// Sets a target of the network, in place of the one for the same period and part. Every node
    /// receives it.
    ///
    /// # Errors
    /// Returns all that is wrong with it.
    pub async fn set_target(&self, new: NewTarget) -> Result<TargetSet, AppError> {
        let decide = |standing: &Standing| {
            let definition = standing.newest(&new.indicator)?;
            let held = standing.targets();
            let known = find(&held, &definition, &new.breakdown, new.period);
            let target = checked(&new, &definition, known.map(|known| known.id))?;
            if known.is_none() && held.len() >= TARGETS_MAX {
                let most = format!("the network has {TARGETS_MAX} targets, and that is the most");
                return Err(AppError::TargetRefused(vec![most]));
            }
            let answer = match known {
                None => TargetSet::Added,
                Some(known) if *known == target => TargetSet::Same,
                Some(known) => TargetSet::Changed(known.goal(&definition)),
            };
            let subject = format!("{} {}", target.indicator, target.goal(&definition));
            let put = move |editor: &mut Editor<'_>| {
                let (kind, fields) = (RecordKind::Target, target.fields());
                editor.put_record(kind, &target.id, Audience::Released, &fields)
            };
            Ok(Edit::new(
                DocKind::Agenda,
                "target set",
                subject,
                answer,
                put,
            ))
        };
        self.shared.own.edit(self, decide).await
    }

    /// Removes a target of the network, and returns it. It stays in the history.
    ///
    /// # Errors
    /// If there is no such target, or several that could be meant.
    pub async fn remove_target(&self, key: TargetKey) -> Result<Target, AppError> {
        let decide = |standing: &Standing| {
            let definition = standing.newest(&key.indicator)?;
            let held = standing.targets();
            let target = wanted(&held, &definition, &key)?.clone();
            let subject = format!("{} {}", target.indicator, target.goal(&definition));
            let id = target.id;
            let remove =
                move |editor: &mut Editor<'_>| editor.remove_record(RecordKind::Target, &id);
            let act = "target remove";
            Ok(Edit::new(DocKind::Agenda, act, subject, target, remove))
        };
        self.shared.own.edit(self, decide).await
    }
}

impl Snapshot<'_> {
    /// Returns the network's targets by indicator, period and part, without remarks on groups.
    pub fn targets(&self) -> Vec<Target> {
        self.standing.targets()
    }
}

impl Counted<'_> {
    /// Returns the network's targets, of one indicator or of all, each with what must be known of
    /// it today.
    ///
    /// # Errors
    /// If the store fails.
    pub fn targets_shown(
        &self,
        indicator: Option<&IndicatorCode>,
    ) -> Result<Vec<TargetView>, AppError> {
        let today = self.zone().day(clock::now());
        let reader = Reader::new(self.conn, &self.network)?;
        let mut views = Vec::new();
        for target in self.standing.targets() {
            if indicator.is_some_and(|code| *code != target.indicator) {
                continue;
            }
            let labels = reader.labels(Some(&target.indicator))?;
            let is_total = |one: &Label| one.breakdown == Breakdown::Total;
            let reported = Reported {
                total: labels.iter().any(is_total),
                parts: labels.iter().any(|one| !is_total(one)),
            };
            views.push(TargetView {
                definition: self.standing.newest(&target.indicator).ok(),
                remarks: target.remarks(today, reported),
                target,
            });
        }
        Ok(views)
    }
}

impl Standing {
    /// The network's targets by indicator, period and part.
    pub(super) fn targets(&self) -> Vec<Target> {
        let records = self.agenda().records(RecordKind::Target).into_iter();
        let live = records.filter(Record::is_live);
        let mut targets: Vec<Target> = live.filter_map(|one| Target::read(&one)).collect();
        targets.sort_by_cached_key(|one| {
            let end = one.period.map(Period::end);
            (one.indicator.clone(), end, one.breakdown.clone(), one.id)
        });
        targets
    }

    /// The newest definition of an indicator.
    pub(super) fn newest(&self, code: &IndicatorCode) -> Result<Definition, AppError> {
        let all = Versions::by_code(self.definitions().into_values(), &Default::default());
        let found = all.get(code).and_then(Versions::newest).cloned();
        found.ok_or_else(|| {
            let codes: Vec<_> = all.keys().collect();
            let there = match codes.as_slice() {
                [] => "there are no indicators yet: weft-hub definitions import FILE".to_owned(),
                codes => format!("it has {}", listed(codes, LISTED_MAX)),
            };
            AppError::TargetRefused(vec![format!(
                "the network has no indicator {code}: {there}"
            )])
        })
    }
}

/// Checks what somebody asks for. An existing target keeps its `id`.
fn checked(
    new: &NewTarget,
    definition: &Definition,
    id: Option<RecordId>,
) -> Result<Target, AppError> {
    let text = |text: &str| Some(clean_text(text)).filter(|text| !text.is_empty());
    let declared = definition.breakdowns.keys().map(String::as_str);
    let part = Breakdown::from_typed(&new.breakdown, declared);
    let breakdown = match &part {
        Ok(Breakdown::Total) => String::new(),
        Ok(part) => definition
            .spelled(part)
            .map_or_else(|| part.typed(), |one| one.typed()),
        Err(_) => new.breakdown.clone(),
    };
    let target = Target {
        id: id.unwrap_or_else(|| RecordId::from_parts(clock::now(), random_bytes())),
        indicator: new.indicator.clone(),
        value: new.value,
        period: new.period,
        area: None,
        breakdown,
        every_group: new.every_group,
        by: new.by.as_deref().and_then(text),
        why: text(&new.why),
    };
    let mut problems = validation::target(&target.fields(), definition);
    if let Err(more) = RecordKind::Target.check(&target.fields(), true) {
        problems.extend(more);
    }
    let mut problems: Vec<String> = problems.iter().map(FieldProblem::to_string).collect();
    if target.why.is_none() {
        problems.push("why: say in a sentence why this value".to_owned());
    }
    let pooled = |period: &Period| period.frequency() == Frequency::PooledYears;
    if let Some(period) = new.period.filter(pooled) {
        problems.push(format!(
            "period: {period} is several years together, and a target is for one: write the last"
        ));
    }
    match problems.is_empty() {
        true => Ok(target),
        false => Err(AppError::TargetRefused(problems)),
    }
}

fn find<'t>(
    held: &'t [Target],
    definition: &Definition,
    breakdown: &str,
    period: Option<Period>,
) -> Option<&'t Target> {
    let declared = definition.breakdowns.keys().map(String::as_str);
    let part = Breakdown::from_typed(breakdown, declared).ok()?;
    let mut held = held.iter().filter(|one| one.indicator == definition.code);
    held.find(|one| one.period == period && one.is_for(&part, definition))
}

/// The target that a key means.
fn wanted<'t>(
    held: &'t [Target],
    definition: &Definition,
    key: &TargetKey,
) -> Result<&'t Target, AppError> {
    if let Some(found) = find(held, definition, &key.breakdown, key.period) {
        return Ok(found);
    }
    let declared = definition.breakdowns.keys().map(String::as_str);
    let part = Breakdown::from_typed(&key.breakdown, declared).ok();
    let of_part = |one: &&Target| {
        let part = part.as_ref();
        one.indicator == key.indicator && part.is_some_and(|part| one.is_for(part, definition))
    };
    let of_part: Vec<&Target> = held.iter().filter(of_part).collect();
    match of_part.as_slice() {
        [only] if key.period.is_none() => Ok(only),
        _ => {
            let own = held.iter().filter(|one| one.indicator == key.indicator);
            let goals: Vec<String> = own.map(|one| one.goal(definition)).collect();
            let there = match goals.as_slice() {
                [] => format!("{} has none", key.indicator),
                goals => format!("{} has {}", key.indicator, goals.join("; ")),
            };
            let which = match of_part.len() {
                0 | 1 => "there is no such target",
                _ => "several targets could be meant, so name its period",
            };
            Err(AppError::TargetRefused(vec![format!("{which}: {there}")]))
        }
    }
}

/// Codes that an error names.
const LISTED_MAX: usize = 12;
