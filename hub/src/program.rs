//! The program around the commands: chooses the process for each, and the exit code.

use std::path::Path;

use weft_host::{
    control::{Reach, reach},
    data_dir::DataDirError,
    failure::Failure,
    output::ExitCode,
    reply::Outcome,
    shell,
};

use crate::{
    app::{AppError, AppHandle},
    commands::{
        self,
        cli::{Cli, Command},
    },
    limits::LAYOUT,
    settings::KNOWN,
};

/// Runs the command of this process.
pub fn main() -> ExitCode {
    shell::main(LAYOUT, |cli: Cli, runtime, io| {
        let flags = match &cli.command {
            Command::Run(args) => args.flags(),
            _ => Vec::new(),
        };
        let (data_dir, config) = cli.place.resolve(LAYOUT, KNOWN, &flags)?;
        match cli.command {
            Command::Init(args) => {
                is_free(&data_dir)?;
                runtime.block_on(commands::init::run(args, &data_dir, io))
            }
            Command::Run(_) => match reach(&data_dir, LAYOUT)? {
                Reach::Running(_) => Err(Failure::needs_action(format_args!(
                    "A hub is running on {} already. weft-hub status shows where it listens.",
                    data_dir.display()
                ))),
                Reach::Free(dir) => runtime.block_on(commands::run::run(&config, dir, io)),
            },
            Command::Alert(command) => commands::alert::run(&command, &config, io),
            Command::Backup(args) if args.backup.is_apart() => {
                commands::backup::run_apart(&args, &data_dir, runtime, io)
            }
            command => shell::elsewhere_or_here(&data_dir, LAYOUT, io, |dir, io| {
                let call = shell::call()?;
                let cwd = call.directory;
                io.give(call.input);
                runtime.block_on(async {
                    let app = match command {
                        Command::Rebuild(_) => AppHandle::open_emptied(dir).await?,
                        _ => AppHandle::open_dir(dir).await?,
                    };
                    commands::run(&app, command, &cwd, io).await
                })
            }),
        }
    })
}

/// Refuses to make a hub in a directory that a program uses.
fn is_free(data_dir: &Path) -> Outcome {
    let path = data_dir.to_owned();
    match reach(data_dir, LAYOUT) {
        Ok(Reach::Running(_)) | Err(DataDirError::Silent { .. }) => {
            Err(AppError::Exists { path }.into())
        }
        Err(error @ (DataDirError::OtherProgram { .. } | DataDirError::Lost { .. })) => {
            Err(error.into())
        }
        // Opening the directory reports anything else that is wrong with it.
        Ok(Reach::Free(_)) | Err(_) => Ok(ExitCode::Ok),
    }
}
