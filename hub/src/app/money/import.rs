//! An import of investments: all of a file or nothing, each problem with its line. A changed row is
//! an edit; what a file no longer has is named, and stays.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use weft_host::clock;
use weft_shared::{
    alignment::money::Purse,
    id::RecordId,
    model::{
        Audience,
        line::{Line, LineKey},
        number::Number,
    },
    text::counted,
    time::Zone,
};
use weft_tables::{ColumnPlan, Known, Sheet};

use super::{
    super::{AppError, AppHandle, Wrong, own::Standing},
    Decided,
    held::Held,
    merge, plan,
    rows::{self, Rows},
};
use crate::{
    limits::{FILES_READ_MAX, MONEY_PLANS_MAX},
    store,
};

/// A file of investments.
#[derive(Clone, Debug)]
pub struct NewMoney {
    /// The name of the file.
    pub file: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Which column is what, if the headings are not ours.
    pub given: ColumnPlan,
    /// The sheet of a workbook that has several.
    pub sheet: Option<String>,
    /// Whether what was guessed is right.
    pub confirmed: bool,
    /// Whether nothing is to be written.
    pub dry_run: bool,
}

/// The outcome of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedMoney {
    /// Investments that are new.
    pub added: usize,
    /// Investments of which a field changed.
    pub changed: usize,
    /// Investments that say what they said already.
    pub same: usize,
    /// Lines that are new or say something else.
    pub lines_changed: usize,
    /// Lines that say what they said already.
    pub lines_same: usize,
    /// The money of the file by kind and currency, its parts taken off their whole, so that each
    /// dollar is in it once. Proposed, cancelled and withheld money is not in it.
    pub totals: BTreeMap<Purse, Number>,
    /// Investments of the same funders and years that the file does not have; they stay.
    pub vanished: Vec<String>,
    /// Lines of the file's investments that it does not have; they stay.
    pub lines_vanished: usize,
    /// Notes for a person on what the file lacks and how it was read.
    pub notes: Vec<String>,
}

/// A plan of columns that was confirmed, by the headings of its file.
type Remembered = Vec<(String, String)>;

/// The key of the remembered plans among the facts of the store.
const REMEMBERED: &str = "money_plans";
/// Maximum bytes of headings under which a plan is remembered.
const SIGNATURE_BYTES_MAX: usize = 8 << 10;

impl AppHandle {
    /// Imports a file of investments, all of it or nothing. Every node receives them.
    ///
    /// # Errors
    /// Returns all problems of the file at once.
    pub async fn import_money(&self, new: NewMoney) -> Result<ImportedMoney, AppError> {
        let remembered = self.remembered_plans().await?;
        let (dry_run, known) = (new.dry_run, remembered.clone());
        let place = Arc::clone(&self.shared.files).try_acquire_owned();
        let place = place.map_err(|_| {
            AppError::PublishedRefused(format!(
                "{} are being read now, and that is the most: import it again once one is done",
                counted(FILES_READ_MAX, "other file", "other files")
            ))
        })?;
        let read = tokio::task::spawn_blocking(move || {
            let _place = place;
            read(&new, &known)
        });
        let read = read
            .await
            .map_err(|error| AppError::Own(error.to_string()))?;
        let (rows, used) = read?;
        let decide = move |standing: &Standing, held: &mut Held| {
            let merged = merge::merged(standing, held, rows)?;
            let writes = if dry_run { Vec::new() } else { merged.writes };
            Ok(Decided {
                subject: format!(
                    "{} investments",
                    merged.imported.added + merged.imported.changed
                ),
                writes,
                answer: merged.imported,
            })
        };
        let (imported, _) = self.edit_money("investment import", decide).await?;
        if let (Some(used), false) = (used, dry_run) {
            self.remember_plan(remembered, used).await?;
        }
        Ok(imported)
    }

    async fn remembered_plans(&self) -> Result<Remembered, AppError> {
        let held = self.shared.store.read(|conn| store::meta(conn, REMEMBERED));
        let held = held.await?.unwrap_or_default();
        // Plans that cannot be read are asked for again.
        Ok(serde_json::from_slice(&held).unwrap_or_default())
    }

    async fn remember_plan(
        &self,
        mut remembered: Remembered,
        used: (String, String),
    ) -> Result<(), AppError> {
        if used.0.len() > SIGNATURE_BYTES_MAX || remembered.contains(&used) {
            return Ok(());
        }
        remembered.retain(|(signature, _)| *signature != used.0);
        remembered.push(used);
        let more = remembered.len().saturating_sub(MONEY_PLANS_MAX);
        remembered.drain(..more);
        let bytes = serde_json::to_vec(&remembered);
        let bytes = bytes.map_err(|error| AppError::Own(error.to_string()))?;
        let write = self
            .shared
            .store
            .write(move |tx| store::put_meta(tx, REMEMBERED, &bytes));
        Ok(write.await?)
    }
}

/// Reads a file by its plan of columns. Returns the plan too if it is to be remembered.
fn read(
    new: &NewMoney,
    remembered: &Remembered,
) -> Result<(Rows, Option<(String, String)>), AppError> {
    if new.bytes.trim_ascii_start().starts_with(b"{") {
        let message = "this is JSON, and investments come in as a table. Grants in the form of \
                       360Giving are also there as CSV: download that file from GrantNav, or \
                       convert this one with 360Giving's Data Quality Checker";
        let problems = vec![Wrong {
            line: 1,
            message: message.to_owned(),
        }];
        return Err(AppError::PublishedFile { problems });
    }
    let today = Zone::utc().day(clock::now());
    let known = Known::new([], [], None, today);
    let sheet = Sheet::read(&new.bytes, new.sheet.as_deref(), &known).map_err(|faults| {
        let problems = faults.into_iter().map(|fault| Wrong {
            line: fault.line,
            message: fault.message,
        });
        AppError::PublishedFile {
            problems: problems.collect(),
        }
    })?;
    let signature = sheet.signature();
    let last = remembered.iter().find(|(one, _)| *one == signature);
    let last = last.and_then(|(_, toml)| ColumnPlan::from_toml(toml).ok());
    let given = match last {
        // A statement of now goes before one of last time.
        Some(last) => last.with(&new.given),
        None => new.given.clone(),
    };
    let proposal = plan::propose(&sheet, &given, &new.file).map_err(|messages| {
        let line = sheet.header_line();
        let problems = messages.into_iter().map(|message| Wrong { line, message });
        AppError::PublishedFile {
            problems: problems.collect(),
        }
    })?;
    if !proposal.open().is_empty() || (proposal.guessed && !new.confirmed) {
        return Err(AppError::PublishedColumns(proposal.asked(&sheet)));
    }
    // The columns of a file of our own are no guess, and its letters may be.
    if sheet.is_guessed() && !new.confirmed {
        return Err(AppError::PublishedColumns(format!(
            "{}.\nIf its names are right when it is read like this, import it again with --yes. \
             Else save it as \"CSV UTF-8 (comma delimited)\".",
            sheet.notes().join(".\n")
        )));
    }
    let rows = rows::read(&sheet, &proposal);
    let rows = rows.map_err(|problems| AppError::PublishedFile { problems })?;
    let mut lasting = proposal.plan.clone();
    lasting
        .constants
        .retain(|field, text| field != "source" || *text != new.file);
    let used = (!proposal.is_own).then(|| (signature, lasting.to_toml()));
    Ok((rows, used))
}

/// The investments that a file names, by the lines that name them.
pub(super) type Lines = BTreeMap<RecordId, u64>;

/// The lines of money of one investment, by their keys.
pub(super) type LinesOf = BTreeMap<LineKey, Line>;

/// The audience of a row, if it names one.
pub(super) fn audience(text: Option<&str>) -> Result<Option<Audience>, String> {
    match text.map(str::parse::<Audience>).transpose() {
        Ok(Some(Audience::Team)) => Err(
            "audience: what the hub writes goes to all nodes: write network, or released".into(),
        ),
        Ok(audience) => Ok(audience),
        Err(error) => Err(format!("audience: {error}")),
    }
}

/// The members of a set as a file writes them.
pub(super) fn members(text: &str) -> BTreeSet<String> {
    let members = text.split([';', '+']).map(str::trim);
    members
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}
