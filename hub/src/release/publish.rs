//! Publication: the files are written and moved to their place, and then one transaction makes the
//! release public. Killed at any point, there is a whole release or none.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use weft_host::clock;
use weft_shared::{
    id::ManifestHash,
    model::release::{ReleaseId, ReleaseNumber, ReleaseState},
    release::{
        Head, KeptRow, Manifest, ManifestLocation, ReleaseRow as Row, contribution,
        manifest::{FORMAT, MANIFEST},
    },
};

use super::{
    acts::{gone, next_link, plan, stood},
    check::stops,
    error::ReleaseError,
    files::{self, Content, File, Words},
    freeze::{self, Frozen, freeze},
    kept,
    plan::{Plan, notice_words},
    proofs::proofs,
    shelf::Shelf,
};
use crate::{
    app::{Announced, AppError, AppHandle, Counted, OwnHeight, ReleaseEdit},
    store::{releases, releases::Publication},
};

/// A release that went out.
#[derive(Clone, Debug)]
pub struct Published {
    /// The release.
    pub id: ReleaseId,
    /// Number of rows.
    pub rows: usize,
    /// The hash of its manifest.
    pub manifest: ManifestHash,
    /// Whether a second person published it.
    pub second_person: bool,
}

/// A release in memory, ready to go out.
#[derive(Debug)]
pub(crate) struct Made {
    content: Content,
    files: Vec<File>,
    manifest: ManifestHash,
    publication: Publication,
    second_person: bool,
    /// The release that it corrects.
    supersedes: Option<ReleaseNumber>,
    /// The last entry that was looked at for what locations agree to.
    seen: u64,
    /// The height of the hub's own log: people and settings are as it was made with up to there.
    own: OwnHeight,
}

impl AppHandle {
    /// Publishes a proposal. Its files are at their address once this returns, and every node
    /// receives the next link of the chain. It goes on if the caller does not wait for it. With
    /// `checked`, the hash of the rows that a reviewer checked, it publishes those rows alone.
    ///
    /// # Errors
    /// Returns all reasons why it cannot go out now; nothing happened then.
    pub async fn publish_release(
        &self,
        id: &ReleaseId,
        by: &str,
        checked: Option<&str>,
    ) -> Result<Published, ReleaseError> {
        // If another release went out meanwhile, this one would not know what it showed.
        let releasing = Arc::clone(&self.shared.releasing);
        let alone = Arc::clone(&releasing).try_lock_owned();
        let (app, id, by) = (self.clone(), id.clone(), by.to_owned());
        let checked = checked.map(ToOwned::to_owned);
        // A reader who closes the page would stop the future in the middle of it.
        let job = tokio::spawn(async move {
            let _alone = match alone {
                Ok(alone) => alone,
                Err(_) => releasing.lock_owned().await,
            };
            for _ in 0..TRIES_MAX {
                let made = app.ready_release(&id, &by, checked.as_deref()).await?;
                match app.put_out(&id, made).await {
                    Err(ReleaseError::App(AppError::Meanwhile)) => {}
                    done => return done,
                }
            }
            Err(AppError::Meanwhile.into())
        });
        job.await.map_err(ReleaseError::format)?
    }

    /// Makes a release in memory, as it would go out now.
    ///
    /// # Errors
    /// Returns all reasons why it cannot go out now.
    pub(crate) async fn ready_release(
        &self,
        id: &ReleaseId,
        by: &str,
        checked: Option<&str>,
    ) -> Result<Made, ReleaseError> {
        let row = self.one_in(id, ReleaseState::Proposed, "published").await?;
        let (plan, by) = (plan(&row)?, (by.to_owned(), self.is_signed()));
        let checked = checked.map(ToOwned::to_owned);
        let made = self.counted(move |at| {
            let by = (&*by.0, by.1);
            Ok(make(at, (&row, &plan), by, checked.as_deref()))
        });
        made.await?
    }

    /// Takes the files of a release away that was not published after all.
    pub(crate) async fn clear_release(&self, id: &ReleaseId) {
        // An error may come after the act as well: what readers were given stays.
        if self
            .one_in(id, ReleaseState::Proposed, "cleared")
            .await
            .is_ok()
        {
            // If files stay, the next try replaces them.
            let _kept = Shelf::of(self.data_dir()).take_away(id);
        }
    }

    /// Moves the files to their place and commits the publication.
    ///
    /// # Errors
    /// If the files cannot be written, or a location in it stored something meanwhile.
    pub(crate) async fn put_out(
        &self,
        id: &ReleaseId,
        made: Made,
    ) -> Result<Published, ReleaseError> {
        let shelf = Shelf::of(self.data_dir());
        let published = Published {
            id: id.clone(),
            rows: made.content.network.len() + made.content.locations.len(),
            manifest: made.manifest,
            second_person: made.second_person,
        };
        let (at, files) = (made.content.head.at, made.files);
        let of = id.clone();
        let put = tokio::task::spawn_blocking(move || shelf.put(&of, &files, at));
        put.await
            .map_err(ReleaseError::format)?
            .map_err(ReleaseError::format)?;
        let (id, supersedes) = (id.clone(), made.supersedes);
        let (manifest, mut publication) = (made.manifest, made.publication);
        let (seen, own) = (made.seen, made.own);
        let decide = move |announced: &Announced| {
            // A role that ended, or another protection: it is made again, with what is so now.
            if announced.own != own {
                return Err(AppError::Meanwhile);
            }
            let mut notice = announced.notices.get(&id).cloned().ok_or_else(gone)?;
            notice.state = ReleaseState::Published;
            let mut link = next_link(&announced.links, (&id, manifest, at));
            link.supersedes = supersedes;
            publication.link = link.n;
            Ok(ReleaseEdit {
                act: "release publish",
                id: id.clone(),
                by: publication.by.clone(),
                notice,
                link: Some(link),
                beside: Box::new(move |tx, _| {
                    let lixes: Vec<_> = publication.proofs.iter().map(|one| one.lix).collect();
                    if releases::stored_since(tx, &lixes, seen)? {
                        return Err(AppError::Meanwhile);
                    }
                    stood(releases::publish(tx, &publication)?)
                }),
                answer: (),
            })
        };
        if let Err(error) = self.edit_releases(decide).await {
            self.clear_release(&published.id).await;
            return Err(error.into());
        }
        Ok(published)
    }
}

/// Makes a release in memory.
fn make(
    at: &Counted<'_>,
    (row, plan): (&releases::ReleaseRow, &Plan),
    (by, is_signed): (&str, bool),
    checked: Option<&str>,
) -> Result<Made, ReleaseError> {
    let secret = freeze::secret(at.conn)?;
    let frozen = freeze(at, plan, &secret)?;
    let stops = stops(at, (row, plan), &frozen, by)?;
    if !stops.is_empty() {
        return Err(ReleaseError::Stopped(stops));
    }
    if let Some(checked) = checked
        && checked != frozen.rows_hash()?
    {
        return Err(ReleaseError::refused(
            "what would go out now is not what was checked. Nothing was published. Read the check \
             again, and publish it then",
        ));
    }
    let now = clock::now();
    let head = Head {
        dataset: row.id.dataset.clone(),
        number: row.id.number,
        at: now,
    };
    let (before, was_corrected) = latest_rows(at, row, plan)?;
    // In a shell one person can give two names: two who signed in are two people.
    let second_person = is_signed && plan.is_signed && by != row.proposed_by;
    let content = content(at, plan, &frozen, head, (&before, was_corrected));
    let (files, manifest) = finished(at, plan, &frozen, &content, second_person)?;
    let rows = RowsKept {
        network: frozen.network.clone(),
        locations: frozen.locations.clone(),
        words: content.words.clone(),
    };
    let publication = Publication {
        row: row.row,
        at: now,
        by: by.to_owned(),
        // It is known once the document is written.
        link: 0,
        manifest,
        rows: kept::packed(&rows)?,
        inputs: kept::packed(&frozen.collected.inputs)?,
        cells: kept::pack(&frozen.protected.published)?,
        rounded: kept::roundings(&frozen.protected.rounded),
        proofs: proofs(at, plan, &row.id, &frozen)?,
    };
    Ok(Made {
        content,
        files,
        manifest,
        publication,
        second_person,
        supersedes: plan.supersedes,
        seen: at.hub_seq,
        own: at.own_height(),
    })
}

/// The rows of a release in the store.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct RowsKept {
    pub(crate) network: Vec<Row>,
    pub(crate) locations: Vec<Row>,
    /// Its words about itself.
    pub(crate) words: Words,
}

/// The rows of the dataset's last release before this one, and whether this or another release
/// corrects that one.
fn latest_rows(
    at: &Counted<'_>,
    row: &releases::ReleaseRow,
    of: &Plan,
) -> Result<(Vec<Row>, bool), ReleaseError> {
    let all = releases::all(at.conn)?;
    let earlier = all.iter().filter(|one| {
        one.id.dataset == row.id.dataset
            && one.state == ReleaseState::Published
            && one.row != row.row
            // A file that anybody may read repeats nothing that only readers of this hub may.
            && (!of.open || plan(one).is_ok_and(|plan| plan.open))
    });
    let Some(last) = earlier.max_by_key(|one| one.link) else {
        return Ok(Default::default());
    };
    let kept = releases::rows_of(at.conn, last.row)?;
    let kept: RowsKept = kept.map_or_else(|| Ok(RowsKept::default()), |it| kept::unpacked(&it))?;
    let rows = kept.network.into_iter().chain(kept.locations).collect();
    let corrected = of.supersedes == Some(last.id.number) || at.is_corrected(&last.id)?;
    Ok((rows, corrected))
}

fn content(
    at: &Counted<'_>,
    plan: &Plan,
    frozen: &Frozen,
    head: Head,
    (before, was_corrected): (&[Row], bool),
) -> Content {
    let now: Vec<Row> = frozen
        .network
        .iter()
        .chain(&frozen.locations)
        .cloned()
        .collect();
    let kept: Vec<KeptRow> = frozen.kept.iter().map(|sum| sum.kept.clone()).collect();
    let mut changes = files::differences(before, (&now, &kept), was_corrected);
    if before.is_empty() {
        // Nothing of a first release is new, but a sum may be kept from another dataset.
        changes.retain(|change| change.kind == files::Kind::Kept);
    }
    Content {
        words: Words {
            title: plan.title.clone(),
            network: at.shared.network.clone(),
            operator: at.shared.operator.clone(),
            day: weft_shared::period::day_words(at.zone().day(head.at)),
            notice: notice_words(plan.notice_days),
            credits: frozen.credits.clone(),
            meanings: frozen.meanings.clone(),
            supersedes: plan.supersedes.map(|number| format!("release {number}")),
            kept,
        },
        head,
        network: frozen.network.clone(),
        locations: frozen.locations.clone(),
        changes,
    }
}

/// All files of a release, with its manifest, the list of checksums and the archive of all.
fn finished(
    at: &Counted<'_>,
    plan: &Plan,
    frozen: &Frozen,
    content: &Content,
    second_person: bool,
) -> Result<(Vec<File>, ManifestHash), ReleaseError> {
    let mut files = content.files()?;
    let places = plan.places.iter();
    let locations = places.filter_map(|(code, place)| {
        let counted = frozen.collected.inputs.get(code)?;
        Some(ManifestLocation {
            id: place.id,
            code: code.clone(),
            contribution: contribution(&place.salt, &place.roster, &place.heights, counted),
        })
    });
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        dataset: content.head.dataset.clone(),
        release: content.head.number,
        title: plan.title.clone(),
        network: at.shared.network.clone(),
        operator: at.shared.operator.clone(),
        published_at: content.head.at,
        notice_days: plan.notice_days,
        second_person,
        profile: weft_shared::disclosure::FRR3.name.to_owned(),
        secret_commitment: data_encoding::HEXLOWER.encode(&frozen.commitment),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        supersedes: plan.supersedes,
        indicators: plan.indicators.keys().map(ToString::to_string).collect(),
        files: files.iter().map(File::entry).collect(),
        locations: locations.collect(),
        left_out: frozen.left_out.clone(),
        sources: frozen
            .credits
            .iter()
            .map(|one| one.source.clone())
            .collect(),
    };
    let text = manifest.encode();
    let hash = Manifest::hash(&text);
    files.push(File {
        name: MANIFEST.to_owned(),
        bytes: text.into_bytes(),
    });
    files.push(files::sums(&files));
    let head = &content.head;
    let folder = format!("{}-{}", head.dataset, head.number);
    let archive = files::archive(&files, (&folder, head.at))?;
    files.push(File {
        name: format!("{}-{}.zip", content.head.dataset, content.head.number),
        bytes: archive,
    });
    Ok((files, hash))
}

/// A release is made again if a location stores something while it is made.
const TRIES_MAX: usize = 5;
