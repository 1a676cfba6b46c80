//! Notices of releases and their chain: the hub's document `releases`, which every node receives.

use std::collections::BTreeMap;

use super::{
    AppError, AppHandle, Snapshot,
    own::{Beside, Edit, Standing},
};
use weft_shared::{
    document::Editor,
    id::DeviceIndex,
    model::{
        release::{Link, Notice, ReleaseId},
        schema::{Container, DocKind},
    },
};

/// The document of releases as it stands.
pub(crate) struct Announced {
    pub(crate) notices: BTreeMap<ReleaseId, Notice>,
    pub(crate) links: BTreeMap<u32, Link>,
    /// The height of the hub's own log.
    pub(crate) own: OwnHeight,
}

/// The hub's own log and its height: while it is the same, all of the hub's own documents are.
pub(crate) type OwnHeight = (DeviceIndex, u64);

/// An edit of the document, decided from what stands.
pub(crate) struct ReleaseEdit<T> {
    pub(crate) act: &'static str,
    pub(crate) id: ReleaseId,
    /// The person who acts.
    pub(crate) by: String,
    pub(crate) notice: Notice,
    pub(crate) link: Option<Link>,
    /// Rows of the same transaction.
    pub(crate) beside: Beside,
    pub(crate) answer: T,
}

impl Snapshot<'_> {
    /// Returns the notices of releases.
    pub fn notices(&self) -> BTreeMap<ReleaseId, Notice> {
        self.standing.releases().notices()
    }

    /// Returns the links of the chain of releases, by their numbers.
    pub fn release_links(&self) -> BTreeMap<u32, Link> {
        self.standing.releases().release_links()
    }

    /// Returns the height of the hub's own log.
    pub(crate) fn own_height(&self) -> OwnHeight {
        self.standing.height()
    }
}

impl AppHandle {
    /// Writes a notice, and the next link of the chain with it, in one transaction with what
    /// belongs to them.
    ///
    /// # Errors
    /// Returns what `decide` refuses, or why it could not be stored; nothing happened then.
    pub(crate) async fn edit_releases<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&Announced) -> Result<ReleaseEdit<T>, AppError> + Send,
    ) -> Result<T, AppError> {
        let decide = |standing: &Standing| {
            let document = standing.releases();
            let announced = Announced {
                notices: document.notices(),
                links: document.release_links(),
                own: standing.height(),
            };
            let edit = decide(&announced)?;
            let (key, notice) = (edit.id.to_string(), edit.notice.encode());
            let link = edit.link.map(|link| (link.key(), link.encode()));
            let put = move |editor: &mut Editor<'_>| {
                if let Some((n, link)) = &link {
                    editor.put_text(Container::Releases, n, link)?;
                }
                editor.put_text(Container::Notices, &key, &notice)
            };
            let subject = format!("{} by {}", edit.id, edit.by);
            let own = Edit::new(DocKind::Releases, edit.act, subject, edit.answer, put);
            Ok(Edit {
                beside: edit.beside,
                ..own
            })
        };
        self.shared.own.edit(self, decide).await
    }
}
