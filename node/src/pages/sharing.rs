//! Sharing: the records that others may read, those for the team alone, and those that wait.

mod reads;
mod releases;

use std::time::Duration;

use askama::Template;
use axum::{Router, extract::State, routing::post};
use weft_shared::model::{Audience, schema::RecordKind};

use self::{
    reads::{ReaderView, Reads},
    releases::Releases,
};
use super::{
    Answered, Fault, Pages, Reply, Visit,
    controls::page_words,
    done,
    form::Sent,
    moment::{Calendar, Moment},
    shell::{Section, Shell},
    shows, takes,
};
use crate::{
    link::{Phase, Status},
    view::ObservationRow,
    words::{HUB_BLOCKS, HUB_FULL},
};

/// Maximum time that the page waits for an exchange that a person requested.
const EXCHANGE_WAIT_MAX: Duration = Duration::from_secs(12);

#[derive(Template)]
#[template(path = "sharing.html")]
struct SharingPage {
    shell: Shell,
    hub: String,
    state: String,
    trouble: Option<String>,
    waiting: u64,
    waiting_since: Option<Moment>,
    saved: Option<Moment>,
    last_shared: Option<Moment>,
    last_reached: Option<Moment>,
    team_only: usize,
    /// Records that others than the team may read.
    shared: usize,
    kinds: Vec<Kind>,
    readers: Vec<ReaderView>,
    reads: Reads,
    releases: Releases,
    devices: Vec<Device>,
}

/// Number of records of one kind for each audience.
struct Kind {
    label: String,
    /// The number that is for the team alone.
    kept: usize,
    counts: Vec<usize>,
}

struct Device {
    name: String,
    this: bool,
    role: &'static str,
    entries: u64,
    revoked: bool,
}

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/sharing", shows(|visit, (), asked| visit.sharing(asked)))
        .route("/sharing/now", post(share))
        .route(
            "/sharing/national",
            shows(|visit, (), _| visit.seen_by_team()),
        )
        .route(
            "/sharing/analyst",
            shows(|visit, (), _| visit.seen_by_analysts()),
        )
        .route(
            "/sharing/ledger",
            takes(|visit, (), sent| visit.accept_reads(sent)),
        )
        .route(
            "/sharing/releases",
            takes(|visit, (), sent| visit.answer_release(sent)),
        )
}

async fn share(State(pages): State<Pages>) -> Answered {
    let exchange = pages.node.link().exchange();
    let done = match tokio::time::timeout(EXCHANGE_WAIT_MAX, exchange).await {
        Ok(Ok(())) => "shared",
        Ok(Err(error)) if error.reached() => "refused",
        Ok(Err(_)) | Err(_) => "unreached",
    };
    Ok(Reply::See(format!("/sharing?done={done}")))
}

impl Visit<'_> {
    pub(super) fn sharing(&mut self, asked: &Sent) -> Answered {
        let page = self.sharing_page(asked)?;
        Reply::page(false, &page)
    }

    fn sharing_page(&mut self, asked: &Sent) -> Result<SharingPage, Fault> {
        let shell = self.shell(Section::Sharing, "Sharing")?;
        let brief = shell.brief.clone();
        let kinds = self.kinds()?;
        let releases = self.releases()?;
        let moment = |at| self.calendar.moment(at);
        let travels = kinds.iter().flat_map(|kind| kind.counts.iter().skip(1));
        let kept = kinds.iter().map(|kind| kind.kept).sum();
        Ok(SharingPage {
            releases,
            reads: self.reads()?,
            shared: travels.sum(),
            shell: shell.after(done(asked)),
            hub: self.replica.membership()?.address.clone(),
            state: state(&self.link, &self.calendar),
            trouble: self
                .link
                .trouble
                .clone()
                .or_else(|| brief.hub_blocks.then(|| HUB_BLOCKS.to_owned()))
                .or_else(|| brief.hub_full.then(|| HUB_FULL.to_owned()))
                .map(|text| page_words(&text)),
            waiting: brief.waiting,
            waiting_since: self.replica.waiting_since()?.map(moment),
            saved: brief.saved.map(moment),
            last_shared: brief.last_shared.map(moment),
            last_reached: brief.last_reached.map(moment),
            team_only: kept,
            kinds,
            readers: self.readers()?,
            devices: self.devices(),
        })
    }

    fn kinds(&mut self) -> Result<Vec<Kind>, Fault> {
        let mut observations = self.replica.observations(|_| true)?;
        observations.retain(|row| !row.is_taken_out());
        let audiences = observations.iter().map(ObservationRow::audience).collect();
        let decisions = self.replica.decisions()?.into_values();
        let decisions = decisions.map(|one| one.adoption.audience).collect();
        let mut kinds = vec![
            Kind::new("indicator values".to_owned(), audiences),
            Kind::new("decisions about indicators".to_owned(), decisions),
        ];
        for kind in RecordKind::ALL {
            let rows = self.replica.records(*kind)?;
            let audiences = rows.iter().map(|row| row.record.audience).collect();
            kinds.push(Kind::new(kind.container().label().to_owned(), audiences));
        }
        kinds.retain(|kind| kind.counts.iter().any(|count| *count > 0));
        Ok(kinds)
    }

    fn devices(&self) -> Vec<Device> {
        let devices = self.replica.devices().into_iter();
        let devices = devices.map(|row| Device {
            this: row.this,
            role: if row.admin { "admin" } else { "member" },
            entries: row.entries,
            revoked: row.revoked,
            name: row.name,
        });
        devices.collect()
    }
}

impl Kind {
    const fn has_kept(&self) -> bool {
        self.kept > 0
    }

    fn new(label: String, audiences: Vec<Audience>) -> Self {
        let count = |wanted: &Audience| audiences.iter().filter(|one| *one == wanted).count();
        Self {
            label,
            kept: count(&Audience::Team),
            counts: Audience::ALL.iter().map(count).collect(),
        }
    }
}

/// The link's current activity, in words.
fn state(link: &Status, calendar: &Calendar) -> String {
    match link.phase {
        Phase::Quiet => "This computer is not in touch with the hub now.".to_owned(),
        Phase::Connecting => "This computer is calling the hub.".to_owned(),
        Phase::CatchingUp => "This computer and the hub are exchanging what is new.".to_owned(),
        Phase::Live => "In touch with the hub: what you save is shared at once.".to_owned(),
        Phase::Waiting(until) if link.reachable == Some(true) => format!(
            "The hub takes nothing of this computer now. Everything is safe here; the next try is \
             at {}.",
            calendar.moment(until).text
        ),
        Phase::Waiting(until) => format!(
            "The hub cannot be reached now. Everything is safe on this computer; the next try is \
             at {}.",
            calendar.moment(until).text
        ),
    }
}
