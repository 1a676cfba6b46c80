//! The hub: the product's own, on one thread. Its disk survives a crash; all else is opened again.

use std::{fmt, path::Path};

use rusqlite::Connection;
use tokio::{
    runtime::{Builder, Runtime},
    task::yield_now,
};
use weft_disk::{Disk, VFS};
use weft_host::drive::{self, Application, SessionHandle, SessionInbox};
use weft_hub::app::{AppError, AppHandle};
use weft_shared::{id::DeviceId, sync::Session, time::Timestamp};

use crate::setting::options;

/// Number of times that every task of the hub is looked at, which is more than any chain of tasks
/// that wake each other has links.
const TURNS: usize = 16;

/// A hub that runs.
pub(crate) struct Running {
    pub(crate) app: AppHandle,
    /// Sees what is committed.
    pub(crate) reader: Connection,
    // Last, so that its tasks end after all else.
    pub(crate) runtime: Runtime,
}

impl Running {
    pub(crate) fn open(folder: &Path, disk: &Disk) -> Result<Self, AppError> {
        let runtime = Builder::new_current_thread().enable_time().build();
        let runtime = runtime.expect("a thread has a runtime");
        let file = disk.path("hub.db");
        let store = (Path::new(&file), VFS);
        let app = runtime.block_on(AppHandle::simulate(&folder.join("hub"), store, options()))?;
        app.writer().hold();
        let reader = app.writer().reader()?;
        Ok(Self {
            app,
            reader,
            runtime,
        })
    }

    /// Lets all tasks go on as far as they can, and gives sessions their answers. Returns whether
    /// there was any.
    pub(crate) fn run<'a>(&self, ends: impl Iterator<Item = &'a mut End>, now: Timestamp) -> bool {
        self.runtime.block_on(async {
            for _ in 0..TURNS {
                yield_now().await;
            }
        });
        let mut moved = false;
        for end in ends {
            while end.inbox.try_give(&mut end.session, now) {
                moved = true;
            }
        }
        moved
    }

    /// Finishes an act of the operator, with whatever it waits for.
    pub(crate) fn finish<T: Send + 'static>(
        &self,
        act: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let act = self.runtime.spawn(act);
        while !act.is_finished() {
            self.run(std::iter::empty(), Timestamp::from_ms(0));
            while self.app.writer().commit(usize::MAX) > 0 {}
        }
        let done = self.runtime.block_on(act);
        done.expect("an act of the operator does not panic")
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}

/// The hub's end of a connection.
pub(crate) struct End {
    pub(crate) session: Session,
    desk: Box<dyn Application<Session>>,
    answers: SessionHandle<Session>,
    inbox: SessionInbox<Session>,
}

impl End {
    pub(crate) fn accept(hub: &Running, device: DeviceId) -> Self {
        let (session, desk) = weft_hub::accept(&hub.app, device);
        let (answers, inbox) = drive::channel();
        Self {
            session,
            desk: Box::new(desk),
            answers,
            inbox,
        }
    }

    /// Hands the hub what the session reports and asks.
    pub(crate) fn handle_events(&mut self, hub: &Running) {
        let _entered = hub.runtime.enter();
        while let Some(event) = self.session.poll_event() {
            if self.desk.handle_event(event, &self.answers).is_break() {
                self.session.close();
            }
        }
    }
}

impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("End").finish_non_exhaustive()
    }
}
