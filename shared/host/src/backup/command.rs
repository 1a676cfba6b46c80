//! The commands of backups, which are the same for both programs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use weft_shared::{identity::RootKey, time::Zone};

use super::{
    BackupError, Backups, Every, Lock, Manifest, Of, Plan, Program, Schedule, Secret, To, plan,
    restore, verify,
};
use crate::{
    data_dir::{DataDir, write_new_secret},
    failure::Failure,
    file, limits,
    output::{ExitCode, Io, plain},
    random::random_bytes,
    reply::Outcome,
};

/// Back up everything, check a backup, or restore one.
///
/// A backup is one file, which only its words or its passphrase open. It holds the keys of this
/// computer too. Keep the words and the file in different places.
#[derive(Debug, clap::Args)]
pub struct Backup {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a backup now, while the program goes on.
    Create(Create),
    /// Read a backup to its end and check the database in it.
    Verify(Verify),
    /// Put a backup into a new data directory.
    ///
    /// Name the directory with --data-dir. It must be empty, or not exist yet. Restore only if the
    /// computer that was backed up is not used any more.
    Restore(Restore),
    /// Let the program make backups by itself while it runs; without options, show what is set.
    Schedule(Plans),
}

#[derive(Debug, clap::Args)]
struct Create {
    /// A folder, or a file that does not exist yet [default: the folder of the schedule].
    #[arg(long, value_name = "PATH")]
    to: Option<PathBuf>,
    #[command(flatten)]
    key: NewKey,
}

#[derive(Debug, clap::Args)]
struct Verify {
    /// The backup.
    file: PathBuf,
    #[command(flatten)]
    key: Key,
}

#[derive(Debug, clap::Args)]
struct Restore {
    /// The backup.
    file: PathBuf,
    #[command(flatten)]
    key: Key,
}

#[derive(Debug, clap::Args)]
struct Plans {
    /// The folder for backups, on another disk than the data.
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
    /// The time between backups [default: day].
    #[arg(long, value_name = "TIME", value_enum)]
    every: Option<Every>,
    /// Number of backups that stay; older ones are removed [default: 14].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    keep: Option<u16>,
    /// Make no more backups. Those that are there stay.
    #[arg(long, conflicts_with_all = ["to", "every", "keep", "words_file", "new_words_file"])]
    off: bool,
    #[command(flatten)]
    words: Words,
}

/// The words of new backups.
#[derive(Debug, Default, clap::Args)]
struct Words {
    /// A file with the 24 recovery words that open the backups; later backups need it no more.
    #[arg(long, value_name = "FILE")]
    words_file: Option<PathBuf>,
    /// Make 24 new words, and write them to this new file.
    #[arg(long, value_name = "FILE", conflicts_with = "words_file")]
    new_words_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct NewKey {
    #[command(flatten)]
    words: Words,
    /// A file with a passphrase, for this backup alone; - reads it from the input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["words_file", "new_words_file"])]
    passphrase_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Key {
    /// A file with the 24 words; - reads them from the input.
    #[arg(long, value_name = "FILE")]
    words_file: Option<PathBuf>,
    /// A file with the passphrase; - reads it from the input.
    #[arg(long, value_name = "FILE", conflicts_with = "words_file")]
    passphrase_file: Option<PathBuf>,
}

/// The open program, as its backups name it.
#[derive(Debug)]
pub struct Named<'n> {
    /// Its backups.
    pub backups: &'n Backups,
    /// The location or network.
    pub of: Of,
    /// The words that lock a backup if none are given, such as those of the hub's own root.
    pub own: Option<RootKey>,
    /// The time zone of what is printed.
    pub zone: Zone,
}

impl Backup {
    /// Whether the command needs no open program.
    #[must_use]
    pub const fn is_apart(&self) -> bool {
        matches!(self.command, Command::Verify(_) | Command::Restore(_))
    }
}

/// Runs a command of an open program. Relative paths begin at `folder`. It may take minutes.
///
/// # Errors
/// If it cannot be done, with what to do next.
pub fn run(named: &Named<'_>, backup: Backup, folder: &Path, io: &mut Io) -> Outcome {
    match backup.command {
        Command::Create(args) => create(named, args, folder, io),
        Command::Schedule(args) => schedule(named, args, folder, io),
        Command::Verify(_) => Err(Failure::needs_action(
            "A backup is checked by a process of its own.",
        )),
        Command::Restore(_) => Err(Failure::needs_action(format_args!(
            "This data directory is in use. Name an empty one: {} backup restore FILE --data-dir \
             NEW.",
            named.backups.command()
        ))),
    }
}

/// Runs a command that needs no open program: `verify`, or `restore` into `to`. `settle` does what
/// the program needs after a restore, with the words if there are any; `next` says what to do then.
///
/// # Errors
/// If it cannot be done, with what to do next.
pub fn run_apart(
    backup: &Backup,
    (program, to): (&Program, &Path),
    io: &mut Io,
    settle: impl FnOnce(&DataDir, &Secret) -> Result<(), Failure>,
    next: &str,
) -> Outcome {
    let zone = Zone::utc();
    match &backup.command {
        Command::Verify(args) => {
            let secret = secret(&args.key, io)?;
            let manifest =
                verify(&args.file, &secret, program).map_err(|error| unread(&args.file, error))?;
            io.tell(format_args!(
                "The backup is whole, and its database is sound. {}",
                words(&manifest, &zone)
            ))
        }
        Command::Restore(args) => {
            let secret = secret(&args.key, io)?;
            // An attempt to join that is there may be the only copy of its keys.
            if !is_empty(to) {
                return Err(Failure::usage(format_args!(
                    "{} holds something already, so nothing was restored. Name an empty directory \
                     with --data-dir.",
                    to.display()
                )));
            }
            let dir = DataDir::open(to, program.layout, true)?;
            let opens = secret.clone();
            let restored = restore(&args.file, &secret, (&dir, program), |dir, _| {
                settle(dir, &opens)
            });
            let manifest = restored.map_err(|why| {
                Failure::new(why.code(), format_args!("Nothing was restored. {why}"))
            })?;
            io.tell(format_args!(
                "Restored into {}. {} {next} No schedule of backups is set: {} backup schedule \
                 --to FOLDER.",
                dir.root().display(),
                words(&manifest, &zone),
                program.layout.program
            ))
        }
        Command::Create(_) | Command::Schedule(_) => Ok(ExitCode::Ok),
    }
}

/// Whether there is nothing in a folder but what a new disk has.
fn is_empty(folder: &Path) -> bool {
    let inside = fs::read_dir(folder).into_iter().flatten().flatten();
    inside
        .map(|one| one.file_name())
        .all(|name| name == "lost+found")
}

/// Says what a backup is of.
fn words(manifest: &Manifest, zone: &Zone) -> String {
    format!(
        "It is of {}, made on {} by {} {}.",
        crate::text::printed(&manifest.of),
        zone.minute(manifest.made),
        manifest.program,
        crate::text::printed(&manifest.version)
    )
}

fn unread(file: &Path, error: BackupError) -> Failure {
    let failure = Failure::from(error);
    Failure::new(
        failure.code(),
        format_args!("{}: {failure}", file.display()),
    )
}

fn create(named: &Named<'_>, args: Create, folder: &Path, io: &mut Io) -> Outcome {
    let plan = named.backups.plan()?;
    let to = args.to.map(|to| folder.join(to));
    let to = to.or_else(|| Some(PathBuf::from(&plan.schedule.as_ref()?.folder)));
    let to = to.ok_or_else(|| {
        Failure::usage("Say where the backup goes: --to FOLDER. There is no schedule that does.")
    })?;
    let to = match to.is_dir() {
        true => To::Folder(to),
        false if plan::is_named(&to) || to.extension().is_some() => To::File(to),
        false => return Err(BackupError::NoFolder(to).into()),
    };
    let passphrase = args.key.passphrase_file.as_ref();
    let passphrase = passphrase.map(|file| passphrase_of(&folder.join(file), io));
    let lock = match passphrase.transpose()? {
        Some(secret) => secret.lock(),
        None => {
            let given = args.key.words.lock(folder, io)?;
            let kept = given.or_else(|| plan.lock());
            let own = || named.own.as_ref().map(Lock::of_words);
            kept.or_else(own).ok_or(BackupError::NoLock)?
        }
    };
    let done = named.backups.create(&named.of, &to, &lock)?;
    // The words of later backups change with the schedule alone.
    if let Some(kept) = lock.kept().filter(|_| plan.lock.is_none()) {
        named.backups.change(|plan| plan.lock = Some(kept))?;
    }
    io.say(format_args!("backup {}", done.file))?;
    io.tell(format_args!(
        "Made, and read again: {}. Keep what opens it in another place.",
        file::size(done.bytes)
    ))
}

fn schedule(named: &Named<'_>, args: Plans, folder: &Path, io: &mut Io) -> Outcome {
    let plan = named.backups.plan()?;
    if args.off {
        named.backups.schedule(None, None)?;
        return io.tell("No more backups are made by themselves. Those that are there stay.");
    }
    let changes = args.to.is_some() || args.every.is_some() || args.keep.is_some();
    let gives_words = args.words.words_file.is_some() || args.words.new_words_file.is_some();
    if !changes && !gives_words {
        return shown(named, &plan, io);
    }
    let standing = plan.schedule.as_ref();
    let to = args.to.map(|to| folder.join(to).display().to_string());
    let to = to.or_else(|| Some(standing?.folder.clone()));
    let schedule = Schedule {
        folder: to.ok_or_else(|| Failure::usage("Say where backups go: --to FOLDER."))?,
        every: args
            .every
            .or_else(|| standing.map(|one| one.every))
            .unwrap_or_default(),
        keep: args
            .keep
            .or_else(|| standing.map(|one| one.keep))
            .unwrap_or(KEEP),
    };
    let given = args.words.lock(folder, io)?;
    let own = || {
        named
            .own
            .as_ref()
            .filter(|_| plan.lock.is_none())
            .map(Lock::of_words)
    };
    let lock = given.or_else(own);
    let words = schedule.words();
    named.backups.schedule(Some(schedule), lock.as_ref())?;
    io.tell(format_args!(
        "A backup is made {words}, while the program runs; the first one within a minute."
    ))
}

fn shown(named: &Named<'_>, plan: &Plan, io: &mut Io) -> Outcome {
    let words = plan.words(&named.zone, named.backups.command());
    io.labelled("last backup", LABEL, &words)
}

impl Words {
    /// The lock of these words, if any are given. New ones are on the disk then.
    fn lock(&self, folder: &Path, io: &mut Io) -> Result<Option<Lock>, Failure> {
        if let Some(path) = &self.words_file {
            return Ok(Some(words_of(&folder.join(path), io)?.lock()));
        }
        let Some(path) = self.new_words_file.as_ref().map(|path| folder.join(path)) else {
            return Ok(None);
        };
        let words = RootKey::from_seed(random_bytes());
        let text = format!("{}\n", words.recovery_words());
        write_new_secret(&path, text.as_bytes()).map_err(|error| {
            Failure::usage(format_args!(
                "The words could not be written to {}: {}. Name a file that does not exist yet.",
                path.display(),
                plain(&error)
            ))
        })?;
        io.tell(format_args!(
            "24 new words are in {}. Print them, keep them where only your stewards find them, and \
             delete the file: without them no backup can be opened.",
            path.display()
        ))?;
        Ok(Some(Lock::of_words(&words)))
    }
}

/// Reads the secret that opens a backup; asks for the words at a terminal if none is named.
fn secret(key: &Key, io: &mut Io) -> Result<Secret, Failure> {
    match (&key.words_file, &key.passphrase_file) {
        (Some(file), _) => words_of(file, io),
        (None, Some(file)) => passphrase_of(file, io),
        (None, None) => {
            let typed = match io.terminal() {
                true => io.prompt("The 24 words that open the backup:")?,
                false => None,
            };
            let typed = typed.ok_or_else(|| {
                Failure::usage(
                    "Say what opens the backup: --words-file FILE, or --passphrase-file FILE.",
                )
            })?;
            Ok(Secret::of_words(&typed)?)
        }
    }
}

fn words_of(file: &Path, io: &Io) -> Result<Secret, Failure> {
    Ok(Secret::of_words(&read(file, io)?)?)
}

fn passphrase_of(file: &Path, io: &Io) -> Result<Secret, Failure> {
    Ok(Secret::of_passphrase(&read(file, io)?)?)
}

/// Reads a file, or what the standard input gave if it is named `-`.
fn read(file: &Path, io: &Io) -> Result<String, Failure> {
    if let (Some(input), true) = (io.input(), file.ends_with("-")) {
        return Ok(input.to_owned());
    }
    let text = match file == Path::new("-") {
        true => {
            let mut text = String::new();
            let input = std::io::stdin().lock();
            let mut input = std::io::Read::take(input, limits::BACKUP_SECRET_BYTES_MAX);
            std::io::Read::read_to_string(&mut input, &mut text).map(|_| text)
        }
        false => file::read_text(file, limits::BACKUP_SECRET_BYTES_MAX),
    };
    text.map_err(|error| {
        let why = match fs::exists(file) {
            Ok(false) => "there is no such file".to_owned(),
            _ => plain(&error),
        };
        Failure::usage(format_args!("{} cannot be read: {why}.", file.display()))
    })
}

/// Backups that stay if no number is given.
pub(super) const KEEP: u16 = 14;
/// Width of the label column.
const LABEL: usize = 13;
