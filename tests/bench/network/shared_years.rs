//! The log that a location of `NAT` shares in eight years.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::Value;
use weft_host::clock;
use weft_shared::{
    document::Document,
    id::{AreaCode, DefinitionHash, DocName},
    log::entry::RunChanges,
    model::{
        Audience,
        observation::{Breakdown, ObservationKey, Statement, Status},
        profile::{Adoption, AdoptionStatus},
    },
    period::Period,
};

use crate::{
    device::Device,
    full::Writer,
    log::Log,
    made_up::{At, GROUPS, INDICATORS, code},
};

const YEAR: u64 = 2016;
pub(crate) const YEARS: u64 = 8;

/// The definitions that statements pin, by code.
pub(crate) type Hashes = BTreeMap<String, DefinitionHash>;

/// The entries that a location pushes: its decisions, then a document a year, each made by one
/// change; or, if `single`, a change for each value, each in its own entry.
pub(crate) fn log(
    device: &Device,
    area: &str,
    (location, years): (u64, u64),
    hashes: &Hashes,
    single: bool,
) -> Result<Log> {
    let mut writer = Writer::new(device);
    let profile = DocName::first("profile");
    let mut document = Document::genesis(&device.location, &profile)?;
    let author = device.key.id();
    let adopted = document.edit(author, clock::now(), |editor| {
        hashes.iter().try_for_each(|(code, definition)| {
            let adoption = Adoption {
                status: AdoptionStatus::Adopted,
                definition: *definition,
                audience: Audience::Network,
                reason: None,
                releases: None,
                open: None,
            };
            editor.put_adoption(&code.parse().expect("it was one"), &adoption)
        })
    })?;
    writer.append(run(&document, Some(profile), adopted.change)?)?;
    for year in 0..years {
        let name = DocName::first(format!("observations/{}", YEAR + year).as_str());
        let mut document = Document::genesis(&device.location, &name)?;
        let stated = year_of(area, (location, year), hashes)?;
        let each = if single { 1 } else { stated.len() };
        for (turn, some) in stated.chunks(each).enumerate() {
            let edited = document.edit(author, clock::now(), |editor| {
                some.iter()
                    .try_for_each(|(key, one)| editor.put_observation(key, one, None))
            })?;
            let named = (turn == 0).then(|| name.clone());
            writer.append(run(&document, named, edited.change)?)?;
        }
    }
    Ok(writer.finish())
}

fn run(document: &Document, name: Option<DocName>, change: Option<Vec<u8>>) -> Result<RunChanges> {
    Ok(RunChanges {
        doc: *document.id(),
        name,
        n: 0,
        changes: vec![change.context("the change changed nothing")?],
    })
}

/// A location's statements about a year.
fn year_of(
    area: &str,
    (location, year): (u64, u64),
    hashes: &Hashes,
) -> Result<Vec<(ObservationKey, Statement)>> {
    let area: AreaCode = area.parse()?;
    let mut stated = Vec::new();
    for indicator in 0..INDICATORS {
        let code = code(indicator);
        let definition = *hashes.get(&code).context("no such definition")?;
        for month in 0..12 {
            let period: Period = format!("{}-{:02}", YEAR + year, month + 1).parse()?;
            for (group, name) in (0..).zip(GROUPS) {
                let (numerator, denominator) = At {
                    location,
                    indicator,
                    period: year * 12 + month,
                    group,
                }
                .counts();
                let key = ObservationKey {
                    indicator: code.parse()?,
                    area: area.clone(),
                    period,
                    breakdown: Breakdown::by("age", name),
                };
                let without =
                    Statement::without_figure(definition, Status::Normal, Audience::Network);
                let statement = Statement {
                    numerator: Some(numerator.into()),
                    denominator: Some(denominator.into()),
                    ..without
                };
                stated.push((key, statement));
            }
        }
    }
    Ok(stated)
}

/// The made-up definitions in the hub's answer.
pub(crate) fn hashes(answer: &Value) -> Result<Hashes> {
    let all = answer.as_object().context("no definitions")?.iter();
    let made_up = all.filter(|(code, _)| code.starts_with("MADE_UP"));
    made_up
        .map(|(code, hash)| {
            let hash = hash.as_str().context("no hash")?.parse()?;
            Ok((code.clone(), hash))
        })
        .collect()
}
