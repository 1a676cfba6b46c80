//! The program around the commands: chooses the process for each, and the exit code.

use std::path::{Path, PathBuf};

use clap::Parser as _;
use weft_host::{
    control::{Call, Reach, reach},
    data_dir::DataDirError,
    failure::Failure,
    output::{ExitCode, Io, plain},
};

use crate::{
    app::{AppError, AppHandle},
    commands::{
        self,
        cli::{Cli, Command},
    },
    limits::LAYOUT,
    settings::{self, Flags},
};

/// Runs the command of this process.
#[must_use]
pub fn main() -> ExitCode {
    weft_host::log::start();
    let mut io = Io::of_process();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return io.parsed(&error.to_string(), error.use_stderr()),
    };
    let done = run(cli, &mut io);
    let code = match done {
        Ok(code) => code,
        Err(failure) => failure.tell(&mut io),
    };
    // A reader that closed the pipe has what it needs.
    let _gone = io.flush();
    code
}

fn run(cli: Cli, io: &mut Io) -> Result<ExitCode, Failure> {
    let mut flags = Flags {
        data_dir: cli.data_dir,
        config: cli.config,
        ..Flags::default()
    };
    if let Command::Run(args) = &cli.command {
        flags.listen.clone_from(&args.listen);
        flags.http.clone_from(&args.http);
        flags.admin.clone_from(&args.admin);
    }
    let (data_dir, config) = settings::resolve(&flags)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| could_not_start(&error))?;
    match cli.command {
        Command::Init(args) => {
            is_free(&data_dir)?;
            runtime.block_on(commands::init::run(args, &data_dir, io))
        }
        command => match reach(&data_dir, LAYOUT).map_err(no_data_dir)? {
            Reach::Running(_) if matches!(command, Command::Run(_)) => {
                Err(Failure::needs_action(format!(
                    "A hub is running on {} already. weft-hub status shows where it listens.",
                    data_dir.display()
                )))
            }
            Reach::Running(client) => {
                let call = Call::of_process();
                let done = client.run(&call.map_err(Failure::failed_error)?, io);
                done.map_err(Failure::failed_error)
            }
            Reach::Free(dir) => runtime.block_on(async {
                if let Command::Run(_) = command {
                    return commands::run::run(&config, dir, io).await;
                }
                let cwd = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
                let app = match command {
                    Command::Rebuild(_) => AppHandle::open_emptied(dir).await?,
                    _ => AppHandle::open_dir(dir).await?,
                };
                Ok(commands::run(&app, command, &cwd, io).await)
            }),
        },
    }
}

/// Refuses to make a hub in a directory that a program uses.
fn is_free(data_dir: &Path) -> Result<(), Failure> {
    let path = data_dir.to_owned();
    match reach(data_dir, LAYOUT) {
        Ok(Reach::Running(_)) | Err(DataDirError::Silent { .. }) => {
            Err(AppError::Exists { path }.into())
        }
        Err(error @ DataDirError::OtherProgram { .. }) => Err(no_data_dir(error)),
        // Opening the directory reports anything else that is wrong with it.
        Ok(Reach::Free(_)) | Err(_) => Ok(()),
    }
}

fn could_not_start(error: &std::io::Error) -> Failure {
    Failure::failed(format!(
        "The program could not start, because this computer gives it no more threads: {}. Nothing \
         was changed; close other programs and try again.",
        plain(error)
    ))
}

fn no_data_dir(error: DataDirError) -> Failure {
    AppError::from(error).into()
}
