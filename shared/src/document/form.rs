//! Forms are saved against what their users saw, so that two forms never overwrite each other's
//! unchanged fields.

use automerge::{ActorId, ChangeHash, ReadDoc as _};

use super::{Assignment, Author, Document, EditError, Edited, Editor, lost_assignments};
use crate::{
    id::{DeviceId, actor},
    time::Timestamp,
};

impl Document {
    /// The document as it was when `heads` were its newest changes; `None` if it does not have all
    /// of them.
    #[must_use]
    pub fn at(&self, heads: &[[u8; 32]]) -> Option<Self> {
        let heads: Vec<_> = heads.iter().copied().map(ChangeHash).collect();
        if !self.inner.get_missing_deps(&heads).is_empty() {
            return None;
        }
        let since = self.inner.get_changes_meta(&heads);
        let since: std::collections::BTreeSet<_> = since.iter().map(|meta| meta.hash).collect();
        let mut past = Self::genesis(&self.location, &self.name).ok()?;
        let changes = self.inner.get_changes(&past.inner.get_heads());
        let before = changes
            .into_iter()
            .filter(|change| !since.contains(&change.hash()));
        past.inner.apply_changes(before.collect::<Vec<_>>()).ok()?;
        Some(past)
    }

    /// Edits from the state that a form showed: the document at `heads`.
    ///
    /// Only fields that the form changed are written. If no one has touched them since, the change
    /// goes on top of the newest; otherwise both values stay until a person settles it. Unknown
    /// heads (of a form from before a restore) count as current.
    ///
    /// # Errors
    /// Returns the error of `edit`.
    pub fn edit_from<T, E: From<EditError>>(
        &mut self,
        heads: &[[u8; 32]],
        device: DeviceId,
        at: Timestamp,
        edit: impl FnOnce(&mut Editor<'_>) -> Result<T, E>,
    ) -> Result<Edited<T>, E> {
        let now = Author { device, n: 0 };
        let seen = Some(heads).filter(|heads| **heads != self.heads());
        let past = seen.and_then(|heads| self.at(heads));
        let Some((mut past, n)) = past.and_then(|past| self.free(past, &device)) else {
            return self.edit(now, at, edit);
        };
        let seen = past.clone();
        let edited = past.edit(Author { device, n }, at, edit)?;
        let Some(change) = &edited.change else {
            return Ok(edited);
        };
        let said = lost_assignments(&seen, std::slice::from_ref(change));
        let differs = |one: &Assignment| seen.stands_at(one) != self.stands_at(one);
        if !said.iter().any(differs) {
            let again = self.edit(now, at, |editor| editor.say_again(&said))?;
            return Ok(Edited {
                value: edited.value,
                change: again.change,
                touched: again.touched,
                n: again.n,
            });
        }
        self.apply(std::slice::from_ref(change))
            .map_err(|error| EditError::Refused(error.to_string()))?;
        Ok(edited)
    }

    /// The first of the device's actors that has written nothing since `past`.
    fn free(&self, past: Self, device: &DeviceId) -> Option<(Self, u8)> {
        let changes = |document: &Self, n| {
            let actor = ActorId::from(actor(device, &self.id, n));
            let all = document.inner.get_changes_meta(&[]);
            all.iter().filter(|meta| *meta.actor == actor).count()
        };
        let n = (0..=u8::MAX).find(|n| changes(self, *n) == changes(&past, *n))?;
        Some((past, n))
    }
}
