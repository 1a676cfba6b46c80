//! Runs the program, from arguments to an exit code, either here or in the program already running.

mod open;
mod run;

use std::{net::SocketAddr, path::Path, sync::Arc};

use tokio::runtime::Handle;
use weft_host::{
    control::{Reach, reach_or_begin},
    data_dir::DataDir,
    output::{ExitCode, Io},
    reply::Outcome,
    shell,
};

use crate::{
    app::{AppHandle, Node},
    commands::{
        self,
        cli::{Cli, Command},
        verify::Verify,
    },
    limits::LAYOUT,
    settings::KNOWN,
};

/// Runs this process's command line.
pub fn main() -> ExitCode {
    shell::main(LAYOUT, |cli: Cli, runtime, io| {
        let place = cli.place;
        match cli.command {
            Command::Join(args) => {
                let flags = [("device-name", args.device_name.clone())];
                let (folder, config) = place.resolve(LAYOUT, KNOWN, &flags)?;
                commands::join::run(&args, &folder, &config, io, runtime.handle())
            }
            Command::Recover(args) => {
                let flags = [("device-name", args.device_name.clone())];
                let (folder, config) = place.resolve(LAYOUT, KNOWN, &flags)?;
                commands::recover::run(&args, &folder, &config, io, runtime.handle())
            }
            Command::StartAlone(args) => {
                let flags = [("device-name", args.device_name.clone())];
                let (folder, config) = place.resolve(LAYOUT, KNOWN, &flags)?;
                commands::start_alone::run(&args, &folder, &config, io)
            }
            Command::Run(args) => {
                let flags = [("http", args.http.map(|address| address.to_string()))];
                let (folder, config) = place.resolve(LAYOUT, KNOWN, &flags)?;
                match reach_or_begin(&folder, LAYOUT)? {
                    Reach::Running(_) => Err(commands::run::runs_already()),
                    Reach::Free(dir) => {
                        run::run(dir, &config, &run::print_link, io, runtime.handle())
                    }
                }
            }
            Command::Open(args) => {
                let flags = [("http", args.http.map(|address| address.to_string()))];
                let (folder, config) = place.resolve(LAYOUT, KNOWN, &flags)?;
                match reach_or_begin(&folder, LAYOUT)? {
                    Reach::Running(node) => open::of_running(&node, io),
                    Reach::Free(dir) => run::run(dir, &config, &open::show, io, runtime.handle()),
                }
            }
            Command::Words(args) => commands::words::run(&args, Path::new(""), io),
            // Anyone who was given an export can check it, with or without a node.
            Command::Verify(Verify {
                from: Some(from),
                json,
            }) => commands::verify::run_from(&from, json, io),
            Command::Backup(args) if args.is_apart() => {
                let (folder, _) = place.resolve(LAYOUT, KNOWN, &[])?;
                commands::backup::run_apart(&args, &folder, io)
            }
            command => {
                let (folder, _) = place.resolve(LAYOUT, KNOWN, &[])?;
                shell::elsewhere_or_here(&folder, LAYOUT, io, |dir, io| {
                    let call = shell::call()?;
                    let node = Node::open_dir(Arc::new(dir), runtime.handle())?;
                    let at = (&*call.directory, &*call.arguments);
                    let outcome = commands::run(&node, command, io, at);
                    runtime.block_on(node.close());
                    outcome
                })
            }
        }
    })
}

/// Runs a command line (starting with the program's name) on an open node, as the program would.
/// Outside the asynchronous runtime.
pub fn run_command(node: &AppHandle, arguments: &[String], io: &mut Io, folder: &Path) -> ExitCode {
    match shell::parsed::<Cli>(LAYOUT, arguments, io) {
        Ok(cli) => {
            let outcome = commands::run(node, cli.command, io, (folder, arguments));
            shell::conclude(outcome, io)
        }
        Err(code) => code,
    }
}

/// Runs the node in `folder` as `weft-node run` does, with its page at `address`, until this
/// process is asked to end. `show` is given the link to the page. Outside the asynchronous runtime.
///
/// # Errors
/// If the folder cannot be used, or the address is taken.
pub fn run_in(
    folder: &Path,
    address: SocketAddr,
    show: &dyn Fn(&str),
    io: &mut Io,
    runtime: &Handle,
) -> Outcome {
    let dir = DataDir::open(folder, LAYOUT, false)?;
    let show = |link: &str, _: &mut Io| {
        show(link);
        Ok(())
    };
    run::run_at(dir, address, &show, io, runtime)
}
