//! The shell around a program's commands: its settings, and the process that runs each command.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::{CommandFactory, Parser};
use tokio::runtime::{Builder, Runtime};

use crate::{
    config::{Config, Setting},
    control::{Call, Control, Reach, reach},
    data_dir::{DataDir, Layout, default_path},
    failure::Failure,
    file, limits, log,
    output::{ExitCode, Io, plain},
    reply::Outcome,
    text,
};

/// Runs the command line of this process.
pub fn main<C: Parser>(
    layout: Layout,
    run: impl FnOnce(C, &Runtime, &mut Io) -> Outcome,
) -> ExitCode {
    log::start();
    let mut io = Io::of_process();
    let cli = match parsed(layout, std::env::args_os(), &mut io) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Failure::failed(format_args!(
            "The program could not start, because this computer gives it no more threads: {}. \
             Nothing was changed; close other programs and try again.",
            plain(&error)
        ))
    });
    let outcome = runtime.and_then(|runtime| {
        let outcome = run(cli, &runtime, &mut io);
        end(runtime, limits::END_TIME_MAX, &mut io);
        outcome
    });
    conclude(outcome, &mut io)
}

/// Ends a runtime. A thread that still works after `patience`, such as one that reads a large file,
/// ends with the process: waiting for it would keep the process from ending. The last message comes
/// after that.
fn end(runtime: Runtime, patience: Duration, io: &mut Io) {
    runtime.shutdown_timeout(patience);
    if let Some(text) = io.take_end() {
        // If no one reads any more, no one needs it.
        let _gone = text::say(io.err(), &text);
    }
}

/// Parses a command line that starts with the program's name. If it cannot be run, prints why and
/// returns the exit code.
///
/// # Errors
/// Returns the exit code of help, or of a command line that makes no sense.
pub fn parsed<C: Parser>(
    layout: Layout,
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    io: &mut Io,
) -> Result<C, ExitCode> {
    let command = command::<C>(layout);
    let matches = command.try_get_matches_from(arguments);
    let cli = matches.and_then(|mut matches| C::from_arg_matches_mut(&mut matches));
    cli.map_err(|error| io.parsed(&error.to_string(), error.use_stderr()))
}

/// Returns the tree of a program's commands. The help of `--data-dir` names the default on this
/// computer.
pub fn command<C: CommandFactory>(layout: Layout) -> clap::Command {
    let folder = default_path(layout.program).map_or_else(String::new, |path| {
        format!(" [default: {}]", path.display())
    });
    let help = format!(
        "The folder of this {}'s keys and data{folder}",
        layout.holds
    );
    C::command().mut_arg("data_dir", |arg| arg.help(help))
}

/// Writes everything, reports a failure to the person, and returns the exit code.
pub fn conclude(outcome: Outcome, io: &mut Io) -> ExitCode {
    let written = outcome.and_then(|code| Ok(io.flush().map(|()| code)?));
    written.unwrap_or_else(|failure| {
        let code = failure.tell(io);
        // If no one reads the message any more, the exit code still tells.
        let _gone = io.flush();
        code
    })
}

/// Passes this process's command to the program that is running on `folder`, or runs it here.
///
/// # Errors
/// If the directory cannot be used, the running program does not answer, or `here` returns one.
pub fn elsewhere_or_here(
    folder: &Path,
    layout: Layout,
    io: &mut Io,
    here: impl FnOnce(DataDir, &mut Io) -> Outcome,
) -> Outcome {
    match reach(folder, layout)? {
        Reach::Running(client) => client.run(&call()?, io).map_err(Failure::failed_error),
        Reach::Free(dir) => here(dir, io),
    }
}

/// Returns the call of this process. An argument that is `-` asks for its standard input, which is
/// read to its end here: the program that runs the command may be another one.
///
/// # Errors
/// If the current directory is gone, or what the input gives is larger than 64 KiB or no text.
pub fn call() -> Result<Call, Failure> {
    let mut call = Call::of_process().map_err(|error| {
        let why = plain(&error);
        Failure::failed(format_args!("The current directory cannot be read: {why}."))
    })?;
    if call.arguments.iter().any(|argument| argument == "-") {
        let bytes = file::up_to(std::io::stdin().lock(), INPUT_BYTES_MAX);
        let text = bytes.and_then(file::to_text).map_err(|error| {
            let why = plain(&error);
            Failure::usage(format_args!("The standard input cannot be read: {why}."))
        })?;
        call.input = Some(text);
    }
    Ok(call)
}

/// Serves the commands of other processes until the result is dropped.
///
/// # Errors
/// If no loopback port is available, or the token file cannot be written.
pub async fn serve<C: Parser>(
    dir: &DataDir,
    run: impl Fn(C, &Call, &mut Io) -> ExitCode + Send + Sync + 'static,
) -> Result<Control, Failure> {
    let layout = dir.layout();
    let handler = move |call: Call, io: &mut Io| match parsed(layout, &call.arguments, io) {
        Ok(cli) => {
            io.give(call.input.clone());
            run(cli, &call, io)
        }
        Err(code) => code,
    };
    let control = Control::start(dir, Arc::new(handler)).await;
    control.map_err(Failure::failed_error)
}

/// The options of every command.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Place {
    /// The folder of the program's keys and data.
    #[arg(long, global = true, env = DATA_DIR.env, value_name = "DIR", display_order = 900)]
    pub data_dir: Option<PathBuf>,

    /// The file of settings; flags and the environment override them [default: config.toml in
    /// the data directory].
    #[arg(
        long,
        global = true,
        env = "WEFT_CONFIG",
        value_name = "FILE",
        display_order = 901
    )]
    pub config: Option<PathBuf>,
}

impl Place {
    /// Returns the data directory and the settings: flag, then environment, then file, then
    /// default. `flags` are the settings on the command line.
    ///
    /// # Errors
    /// If there is no such file, or something in it cannot be used.
    pub fn resolve(
        &self,
        layout: Layout,
        known: &'static [Setting],
        flags: &[(&'static str, Option<String>)],
    ) -> Result<(PathBuf, Config), Failure> {
        let presumed = self.data_dir.clone();
        let presumed = presumed.or_else(|| default_path(layout.program));
        let presumed = presumed.ok_or_else(|| {
            Failure::usage("This system names no home directory. Give --data-dir DIR.")
        })?;
        if let Some(file) = self.config.as_ref().filter(|file| !file.exists()) {
            return Err(Failure::usage(format_args!(
                "There is no configuration file {}. Name another with --config, or leave it out.",
                file.display()
            )));
        }
        let file = self.config.clone();
        let file = file.unwrap_or_else(|| presumed.join(CONFIG_FILE));
        let given = self.data_dir.as_ref();
        let given = given.map(|path| path.to_string_lossy().into_owned());
        let flags = [&[(DATA_DIR.key, given)], flags].concat();
        let config = Config::resolve(known, &flags, environment, &file);
        let config = config.map_err(Failure::usage_error)?;
        let folder = config.value(DATA_DIR.key);
        let folder = folder.map_or(presumed, |value| PathBuf::from(&value.text));
        Ok((folder, config))
    }
}

/// Returns a variable of the environment, if it is text.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Maximum bytes of a standard input that is read whole.
const INPUT_BYTES_MAX: u64 = 64 << 10;

/// The setting that each program has: its data directory.
pub const DATA_DIR: Setting = Setting {
    key: "data-dir",
    env: "WEFT_DATA_DIR",
    default: None,
};

/// The file of settings in a data directory.
pub const CONFIG_FILE: &str = "config.toml";

/// Shown below the help of a program.
pub const EXIT_CODES: &str = "\
Data goes to stdout, talk to stderr. Exit codes: 0 ok, 1 failed, 2 usage, 3 needs action, \
10 no data directory, 20 hub unreachable (work is safe), 21 refused by the hub.";

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{
            atomic::{AtomicBool, Ordering},
            mpsc,
        },
    };

    use super::*;

    /// This would never end otherwise: the thread goes on until the test lets it.
    #[test]
    fn a_program_ends_although_one_of_its_threads_still_works() {
        let runtime = Runtime::new().unwrap();
        let (release, wait) = mpsc::channel::<()>();
        let (begun, has_begun) = mpsc::channel();
        let (done, is_done) = mpsc::channel();
        drop(runtime.spawn_blocking(move || {
            begun.send(()).unwrap();
            let released = wait.recv();
            done.send(released.is_ok())
        }));
        has_begun.recv().unwrap();
        end(runtime, Duration::ZERO, &mut Io::of_process());
        // It had not ended meanwhile.
        release.send(()).unwrap();
        assert!(is_done.recv().unwrap());
    }

    /// Notes whether a thread had ended by the time of the first line.
    struct Noted(Arc<AtomicBool>, mpsc::Sender<bool>);

    impl Write for Noted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _told = self.1.send(self.0.load(Ordering::SeqCst));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_program_says_that_it_has_stopped_once_its_threads_have_ended() {
        let runtime = Runtime::new().unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let (told, is_told) = mpsc::channel();
        let err = Box::new(Noted(Arc::clone(&ended), told));
        let mut io = Io::new(Box::new(io::sink()), err, None);
        io.tell_at_end("The hub has stopped.");
        let (begun, has_begun) = mpsc::channel();
        drop(runtime.spawn_blocking(move || {
            begun.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(100));
            ended.store(true, Ordering::SeqCst);
        }));
        has_begun.recv().unwrap();
        assert!(is_told.try_recv().is_err());
        end(runtime, Duration::from_secs(60), &mut io);
        assert!(is_told.recv().unwrap());
    }
}
