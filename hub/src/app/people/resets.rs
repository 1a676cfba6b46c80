//! Links with which somebody begins again, new admins and unlocked ones: every admin hears of each,
//! until they say that they did.

use weft_store::Transaction;

use super::{AppError, AppHandle, Snapshot};
use crate::{
    access::{
        roles::Role,
        visitor::{Reset, Signed},
    },
    store::{
        ledger::resets::{self, SEEN},
        people,
    },
};

/// A reset, and the admins who have not seen it.
pub(crate) type Unseen = (Reset, Vec<String>);

impl Snapshot<'_> {
    /// Returns the resets that some admin has not seen, oldest first.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn unseen_resets(&self) -> Result<Vec<Unseen>, AppError> {
        let mut all: Vec<Unseen> = Vec::new();
        let people = people::list(self.conn)?.into_iter();
        for admin in people.filter(|one| one.is_in() && one.roles.has(Role::Admin)) {
            for reset in resets::unseen(self.conn, &admin.name, admin.invited)? {
                match all.iter_mut().find(|(known, _)| known.row == reset.row) {
                    Some((_, admins)) => admins.push(admin.name.clone()),
                    None => all.push((reset, vec![admin.name.clone()])),
                }
            }
        }
        all.sort_by_key(|(reset, _)| reset.row);
        Ok(all)
    }
}

impl AppHandle {
    /// Records that an admin saw the resets up to a row of the ledger. One that the page did not
    /// show, because it came since or there were too many, stays.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn saw_resets(&self, signed: &Signed, row: i64) -> Result<(), AppError> {
        let (name, person) = (signed.name.clone(), signed.person);
        let saw = move |tx: &Transaction<'_>, _| {
            let Some(person) = people::person(tx, person)? else {
                return Ok(None);
            };
            let unseen = resets::unseen(tx, &name, person.invited)?.into_iter();
            let last = unseen.map(|one| one.row).filter(|one| *one <= row).max();
            Ok(last.map(|last| (resets::subject(last), ())))
        };
        self.act(SEEN, saw).await.map(drop)
    }
}
