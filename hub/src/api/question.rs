//! A request for figures, with who asks. What it may reach is a matter of types: a handler gets
//! the hub from a [`Live`] request alone, and one of releases sees what went out and nothing else.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Uri, request::Parts},
};
use weft_shared::{period::Period, time::Zone};

use super::{
    data,
    problem::Problem,
    query::has_one,
    released::{Held, Shelves},
    token::{self, Reader},
};
use crate::{
    access::visitor::Visitor,
    app::{
        AppError, AppHandle, Counted, Moment, MoneyLine, MoneyRows, OfLocations, Snapshot, Stated,
        StreamPlace, Unrecorded,
    },
    release::ReleaseView,
};

/// The state of the routes for figures. No handler can look into it.
#[derive(Clone, Debug)]
pub(super) struct Source {
    app: AppHandle,
    shelves: Shelves,
}

/// A request for figures: of releases, or of today where they may be read and no release is named.
pub(super) enum Wanted {
    Released(Question),
    Live(Live),
}

/// A request for what went out.
pub(super) struct Question {
    source: Source,
    pub(super) reader: Reader,
    pub(super) headers: HeaderMap,
    pub(super) uri: Uri,
}

/// A request for live figures, of somebody who may read them: there is no other.
pub(super) struct Live {
    app: AppHandle,
    pub(super) reader: Reader,
    pub(super) headers: HeaderMap,
    pub(super) uri: Uri,
}

/// The releases that went out, from one state of the hub.
pub(super) struct OutThere<'a> {
    at: &'a Snapshot<'a>,
    shelves: &'a Shelves,
}

impl Source {
    pub(super) fn new(app: &AppHandle) -> Self {
        Self {
            app: app.clone(),
            shelves: Shelves::default(),
        }
    }
}

impl Live {
    pub(super) const fn app(&self) -> &AppHandle {
        &self.app
    }

    /// Returns what is about to be shown of locations, once its reading is in the ledger.
    pub(super) async fn shown<T: OfLocations>(
        &self,
        name: &'static str,
        what: Unrecorded<T>,
    ) -> Result<T, Problem> {
        let reading = self.reader.reads("read a file", name);
        Ok(self.app.shown(reading, what).await?)
    }
}

impl FromRequestParts<Source> for Live {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, source: &Source) -> Result<Self, Problem> {
        match Wanted::from_request_parts(parts, source).await? {
            Wanted::Live(live) => Ok(live),
            Wanted::Released(_) => Err(Problem::not_found(NOT_RELEASED, [""; 0])),
        }
    }
}

/// Said to a program that asks for a list of the national team as if it were in releases.
const NOT_RELEASED: &str = "This list is in no release: it is the national team's. A token of one \
    of its people with the scope live reads it, without dataset and release.";

impl Question {
    /// Looks at the releases. Only a few requests do so at once, each until its place is dropped;
    /// further ones wait a little, as those for files of live figures do.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&OutThere<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<(T, StreamPlace), Problem> {
        let Source { app, shelves } = self.source.clone();
        let permit = app.shared.streams.place(&self.reader.key()).await?;
        let found = app.read(move |at| {
            let shelves = &shelves;
            Ok(look(&OutThere { at, shelves }))
        });
        Ok((found.await??, permit))
    }

    /// The same, with the figures and records of the hub beside the releases: what of those may go
    /// out is for `look` to see to.
    pub(super) async fn weigh<T: Send + 'static>(
        &self,
        look: impl FnOnce(&OutThere<'_>, &Counted<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let Source { app, shelves } = self.source.clone();
        let _permit = app.shared.streams.place(&self.reader.key()).await?;
        let found = app.counted(move |at| {
            let shelves = &shelves;
            Ok(look(&OutThere { at, shelves }, at))
        });
        found.await?
    }

    /// The investments whose audience lets them go to all who hold a release.
    pub(super) async fn investments(
        &self,
        act: (&'static str, &str),
    ) -> Result<MoneyRows<Stated>, Problem> {
        let found = self.source.app.counted(|at| at.released_money()).await?;
        self.shown(act, found).await
    }

    /// The lines and rests of these investments, as they stand or stood at a moment.
    pub(super) async fn money(
        &self,
        (period, moment): (Option<Period>, Option<Moment>),
        subject: &str,
    ) -> Result<MoneyRows<MoneyLine>, Problem> {
        let found = self.source.app.counted(move |now| {
            let at = now.at(moment)?;
            at.released_money_lines(period)
        });
        self.shown(("read money", subject), found.await?).await
    }

    /// Returns what is about to be shown, once its reading is in the ledger.
    pub(super) async fn shown<T: OfLocations>(
        &self,
        (act, subject): (&'static str, &str),
        what: Unrecorded<T>,
    ) -> Result<T, Problem> {
        let reading = self.reader.reads(act, subject);
        Ok(self.source.app.shown(reading, what).await?)
    }
}

impl OutThere<'_> {
    /// Every release that went out, in the order of the chain.
    pub(super) fn releases(&self) -> Result<Vec<ReleaseView>, Problem> {
        let all = self.at.releases().map_err(data::problem)?.into_iter();
        Ok(all.filter(|one| one.row.published.is_some()).collect())
    }

    /// Whether a later one corrects this one.
    pub(super) fn is_corrected(&self, view: &ReleaseView) -> Result<bool, Problem> {
        self.at.is_corrected(&view.row.id).map_err(data::problem)
    }

    /// The content of one of them.
    pub(super) fn held(&self, view: &ReleaseView) -> Result<Arc<Held>, Problem> {
        self.shelves.get(view.row.row, || {
            let content = self.at.release_content(view).map_err(AppError::from)?;
            let of = self.at.release_contributors(view).map_err(AppError::from)?;
            Ok(Held::new(content, of))
        })
    }

    pub(super) fn zone(&self) -> Zone {
        self.at.zone()
    }
}

impl FromRequestParts<Source> for Question {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, source: &Source) -> Result<Self, Problem> {
        let reader = match parts.extensions.get() {
            // A hub for trying out: its releases need no token, like their files.
            Some(Visitor::Here) => Some(Reader::here()),
            visitor => visitor.and_then(Reader::of),
        };
        Ok(Self {
            source: source.clone(),
            reader: reader.ok_or_else(|| Problem::no_token(token::MISSING).of_releases())?,
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
        })
    }
}

impl FromRequestParts<Source> for Wanted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, source: &Source) -> Result<Self, Problem> {
        if has_one(&parts.uri, &["dataset", "release"]) {
            let question = Question::from_request_parts(parts, source).await?;
            return Ok(Self::Released(question));
        }
        // Live figures need a person or a token, on a hub for trying out as well.
        let reader = parts.extensions.get().and_then(Reader::of);
        let reader = reader.ok_or_else(|| Problem::no_token(token::MISSING))?;
        let (source, headers, uri) = (source.clone(), parts.headers.clone(), parts.uri.clone());
        Ok(match reader.reads_live() {
            true => Self::Live(Live {
                app: source.app,
                reader,
                headers,
                uri,
            }),
            false => Self::Released(Question {
                source,
                reader,
                headers,
                uri,
            }),
        })
    }
}
