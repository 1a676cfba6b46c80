//! Runs the program, from arguments to an exit code, either here or in the program already running.

mod run;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Parser as _;
use weft_host::{
    control::{self, Call, Control, Handler, Reach},
    data_dir::DataDir,
    failure::Failure,
    output::{ExitCode, Io},
};

use crate::{
    app::{AppHandle, Node},
    commands::{
        self, Outcome,
        cli::{Cli, Command},
        conclude,
        verify::Verify,
    },
    limits::LAYOUT,
    settings::{self, Flags, unusable},
};

/// Runs this process's command line.
#[must_use]
pub fn run_process(runtime: &tokio::runtime::Runtime) -> ExitCode {
    weft_host::log::start();
    let mut io = Io::of_process();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return io.parsed(&error.to_string(), error.use_stderr()),
    };
    let outcome = start(cli, &mut io, runtime);
    conclude(outcome, &mut io)
}

fn start(cli: Cli, io: &mut Io, runtime: &tokio::runtime::Runtime) -> Outcome {
    let mut flags = Flags {
        data_dir: cli.data_dir,
        config: cli.config,
        ..Flags::default()
    };
    match cli.command {
        Command::Join(args) => {
            flags.device_name.clone_from(&args.device_name);
            let (folder, config) = settings::resolve(&flags)?;
            commands::join::run(&args, &folder, &config, io, runtime.handle())
        }
        Command::Run(args) => {
            flags.http = args.http;
            let (folder, config) = settings::resolve(&flags)?;
            match control::reach(&folder, LAYOUT).map_err(unusable)? {
                Reach::Running(_) => Err(commands::run::runs_already()),
                Reach::Free(dir) => run::run(dir, &config, io, runtime),
            }
        }
        // Anyone who was given an export can check it, with or without a node.
        Command::Verify(Verify {
            from: Some(from),
            json,
        }) => commands::verify::run_from(&from, json, io),
        command => {
            let (folder, _) = settings::resolve(&flags)?;
            elsewhere_or_here(command, &folder, io, runtime)
        }
    }
}

/// Passes the command to the program that is running on the directory, or runs it here.
fn elsewhere_or_here(
    command: Command,
    folder: &Path,
    io: &mut Io,
    runtime: &tokio::runtime::Runtime,
) -> Outcome {
    match control::reach(folder, LAYOUT).map_err(unusable)? {
        Reach::Running(client) => {
            let call = Call::of_process().map_err(|error| {
                Failure::failed(format_args!("The current directory is gone: {error}."))
            })?;
            client.run(&call, io).map_err(Failure::failed_error)
        }
        Reach::Free(dir) => {
            let node = Node::open_dir(Arc::new(dir), runtime.handle())?;
            let here = std::env::current_dir().unwrap_or_default();
            let arguments: Vec<String> = std::env::args_os()
                .map(|word| word.to_string_lossy().into_owned())
                .collect();
            let code = commands::run(&node, command, io, (&here, &arguments));
            runtime.block_on(node.close());
            Ok(code)
        }
    }
}

/// Runs a command line (starting with the program's name) on an open node, as the program would.
/// Outside the asynchronous runtime.
pub fn run_command(node: &AppHandle, arguments: &[String], io: &mut Io, folder: &Path) -> ExitCode {
    match Cli::try_parse_from(arguments) {
        Ok(cli) => commands::run(node, cli.command, io, (folder, arguments)),
        Err(error) => io.parsed(&error.to_string(), error.use_stderr()),
    }
}

/// Serves the commands of other processes while the node runs.
async fn serve_commands(dir: &DataDir, node: &AppHandle) -> Result<Control, Failure> {
    let served = node.clone();
    let handler: Handler = Arc::new(move |call: Call, io: &mut Io| {
        run_command(
            &served,
            &call.arguments,
            io,
            &PathBuf::from(&call.directory),
        )
    });
    Control::start(dir, handler)
        .await
        .map_err(Failure::failed_error)
}
