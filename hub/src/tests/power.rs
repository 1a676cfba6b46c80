//! The hub's store loses power at every write and sync, and its disk fails at each in turn.

use std::{error::Error, path::Path};

use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use weft_disk::{Disk, Failure, Operation, Remains, VFS, at_every_point};
use weft_host::clock;
use weft_shared::{
    id::LocationCode,
    identity::{Operation as RosterOperation, SignedOperation},
    log::gate::{Admission, Height},
    model::{Audience, insight::Words, schema::RecordKind},
};
use weft_store::integrity_problems;

use super::{
    figures::{adopt, definition, observe, statement},
    records::id,
};
use crate::{
    app::{AppError, AppHandle},
    figures::{LevelWord, RollupQuery},
    kit::{self, Device},
    store::{StoreError, blobs, entries::Appended, logs, rosters},
};

const TEXT: &str = "Example: what somebody said at the market";

/// A hub with a location of two devices, and what these are about to send.
struct Setting {
    dir: TempDir,
    disk: Disk,
    runtime: Runtime,
    devices: [Device; 2],
    code: LocationCode,
    words: Words,
    blob: Vec<u8>,
    sent: Vec<(usize, Admission)>,
    revocation: SignedOperation,
}

/// The answers that devices and people had.
#[derive(Default)]
struct Told {
    heights: [u64; 2],
    words: bool,
    withdrawn: bool,
    revoked: bool,
    added: bool,
}

async fn open(dir: &Path, disk: &Disk) -> Result<AppHandle, AppError> {
    let file = disk.path("hub.db");
    AppHandle::simulate(&dir.join("hub"), (file.as_ref(), VFS), kit::options()).await
}

impl Setting {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let (dir, disk) = (TempDir::new().unwrap(), Disk::new(0));
        let filled = runtime.block_on(Self::fill(dir, disk));
        filled(runtime)
    }

    async fn fill(dir: TempDir, disk: Disk) -> impl FnOnce(Runtime) -> Self {
        let app = open(dir.path(), &disk).await.unwrap();
        app.import_definitions(kit::DEFINITIONS).await.unwrap();
        let hash = definition(&app).await;
        let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
        let mut one = Device::found(&app, &code).await;
        let mut two = one.second(&app).await;
        let (words, blob) = Words::salted([7; 16], TEXT);
        let observed = |month: &'static str, n| observe("FAR_NORTH", month, statement(hash, n));
        let mut sent = vec![
            (0, one.edit("profile", adopt(hash))),
            (0, one.edit("observations/2023", observed("2023-05", 5))),
            (1, two.edit("observations/2023", observed("2023-06", 6))),
        ];
        let fields = words.fields();
        sent.push((
            0,
            one.edit("insights/2026", |editor| {
                editor.put_record(RecordKind::Insight, &id(1), Audience::Network, &fields)
            }),
        ));
        let withdrawal = one.edit("insights/2026", |editor| {
            editor.withdraw(RecordKind::Insight, &id(1))
        });
        sent.push((0, withdrawal));
        sent.push((1, two.edit("observations/2023", observed("2023-05", 7))));
        let Height { dseq, hash } = two.height();
        let revoke = RosterOperation::RevokeDevice {
            dix: two.dix,
            dseq,
            hash,
        };
        let slot = one.roster.slot(clock::now());
        let revocation = SignedOperation::sign_device(slot, revoke, one.dix, &one.key);
        drop(app);
        move |runtime| Self {
            dir,
            disk,
            runtime,
            devices: [one, two],
            code,
            words,
            blob,
            sent,
            revocation,
        }
    }

    /// Two devices send, figures are asked for, words are withdrawn, and a device is revoked.
    async fn run(&self, disk: &Disk, told: &mut Told) -> Result<(), Box<dyn Error>> {
        let app = open(self.dir.path(), disk).await?;
        for (n, (device, admission)) in self.sent.iter().enumerate() {
            if n == 3 {
                self.put_words(&app).await?;
                told.words = true;
            }
            let height = admission.height().dseq;
            let appended = self.devices[*device]
                .try_push(&app, admission.clone())
                .await?;
            assert!(matches!(appended, Appended::To(_)), "it follows");
            told.heights[*device] = height;
            if n == 1 || n == 4 {
                app.counted(|_| Ok(())).await?;
            }
        }
        // The words are deleted when their withdrawal is read.
        let heard = app.insights(None).await?.unshown();
        told.withdrawn = heard.iter().any(|heard| heard.withdrawn);
        let operations = vec![self.revocation.clone()];
        kit::operate(&app, self.devices[0].location, operations, clock::now()).await?;
        told.revoked = true;
        let code = LocationCode::parse("WK")?;
        app.add_location(code, "Example: later".to_owned(), None, Vec::new())
            .await?;
        told.added = true;
        app.rebuild().await?;
        Ok(())
    }

    async fn put_words(&self, app: &AppHandle) -> Result<(), StoreError> {
        let (location, dix) = (self.devices[0].location, self.devices[0].dix);
        let (hash, blob) = (self.words.hash, self.blob.clone());
        let stored = app.shared.store.write(move |conn| {
            let lix = rosters::lix(conn, &location)?.expect("the location has joined");
            let log = logs::log(conn, lix, dix)?;
            blobs::put(conn, log, 3, &hash, &blob, clock::now())
        });
        stored.await
    }

    /// Looks whether everything is there that somebody was told of.
    async fn check(&self, disk: &Disk, told: &Told, when: &str) {
        let app = open(self.dir.path(), disk).await;
        let app = app.unwrap_or_else(|error| panic!("{when}: {error}"));
        let reader = app.shared.store.reader().unwrap();
        assert_eq!(
            integrity_problems(&reader).unwrap(),
            Vec::<String>::new(),
            "{when}"
        );
        let location = self.devices[0].location;
        let lix = rosters::lix(&reader, &location).unwrap().unwrap();
        for (device, told) in self.devices.iter().zip(told.heights) {
            let log = logs::find(&reader, lix, device.dix).unwrap();
            let held = log.map_or(0, |log| logs::height(&reader, log).unwrap().dseq);
            assert!(
                held >= told,
                "{when}: {held} of {told} entries acknowledged"
            );
        }
        let words = blobs::bytes(&reader, lix, &self.words.hash).unwrap();
        if told.withdrawn {
            assert_eq!(words, None, "{when}");
            assert!(
                !disk.holds(TEXT.as_bytes()),
                "{when}: the withdrawn words are still there"
            );
        } else if told.words && told.heights[0] < 4 {
            assert!(words.is_some(), "{when}: the words are gone");
        }
        let known = app
            .shared
            .directory
            .roster(location)
            .await
            .unwrap()
            .unwrap();
        let two = known.roster.device(self.devices[1].dix).unwrap();
        assert!(
            two.sealed.is_some() || !told.revoked,
            "{when}: the revocation is gone"
        );
        let later = LocationCode::parse("WK").unwrap();
        let places = app.shared.own.standing().places();
        assert!(
            places.contains_key(&later) || !told.added,
            "{when}: a location is gone"
        );
        let figures = figures(&app).await;
        app.rebuild().await.unwrap();
        assert_eq!(
            figures,
            self::figures(&app).await,
            "{when}: derived is as rebuilt"
        );
        let code = &self.code;
        let more = kit::add_location(&app, "ZZ", &[]).await;
        assert_ne!(more, *code, "{when}: work goes on");
    }
}

/// Everything that is derived, as people see it.
async fn figures(app: &AppHandle) -> String {
    let answer = app.rollup(RollupQuery::default()).await.unwrap();
    let of_network = RollupQuery {
        level: Some(LevelWord::Network),
        ..RollupQuery::default()
    };
    let of_network = app.rollup(of_network).await.unwrap().unshown();
    let heard = app.insights(None).await.unwrap().unshown();
    let of_network = of_network.figures;
    format!("{:?}\n{of_network:?}\n{heard:?}", answer.unshown().figures)
}

/// Each takes a minute on an idle core, so what may remain on the disk has a test each.
#[test]
fn nothing_acknowledged_is_missing_after_a_loss_of_power_at_any_point_that_leaves_nothing() {
    lose_power(Remains::Nothing);
}

#[test]
fn nothing_acknowledged_is_missing_after_a_loss_of_power_at_any_point_that_leaves_a_torn_part() {
    lose_power(Remains::Torn);
}

#[test]
fn nothing_acknowledged_is_missing_after_a_loss_of_power_at_any_point_that_leaves_any_sectors() {
    lose_power(Remains::Reordered);
}

fn lose_power(remains: Remains) {
    let setting = Setting::new();
    at_every_point(
        (&setting.disk, &[remains]),
        |disk, told: &mut Told| {
            let done = setting.runtime.block_on(setting.run(disk, told));
            assert!(done.is_ok() || disk.is_dead(), "{done:?}");
        },
        |disk, told, when| setting.runtime.block_on(setting.check(disk, told, when)),
    );
}

#[test]
fn nothing_acknowledged_is_missing_after_a_failure_of_the_disk() {
    let setting = Setting::new();
    let ways = [
        (Operation::Write, Failure::Full, 90),
        (Operation::Write, Failure::Io, 90),
        (Operation::Sync, Failure::Io, 40),
        (Operation::Checkpoint, Failure::Full, 30),
        (Operation::Checkpoint, Failure::Io, 30),
        (Operation::Read, Failure::Io, 60),
    ];
    let mut failures = 0;
    for (operation, failure, most) in ways {
        for after in (0..most).step_by(3) {
            let (disk, mut told) = (setting.disk.copy(after), Told::default());
            disk.fail(operation, after, failure);
            let _ends_anywhere = setting.runtime.block_on(setting.run(&disk, &mut told));
            failures += usize::from(disk.heal());
            disk.restart(Remains::Reordered);
            let when = format!("{operation:?} {failure:?} after {after}");
            setting.runtime.block_on(setting.check(&disk, &told, &when));
        }
    }
    assert!(failures > 50, "only {failures} failures happened");
}
