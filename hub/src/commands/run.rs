//! `weft-hub run`: serve nodes and pages until stopped.

use tokio::{runtime::Handle, task::JoinHandle};
use weft_host::{
    config::Config,
    control::{Control, shutdown_asked},
    data_dir::DataDir,
    output::{ExitCode, Io},
    reply::Outcome,
    shell, task,
};

use super::{Failure, cli::Cli};
use crate::{
    alert,
    app::AppHandle,
    serve,
    settings::{ALERT_COMMAND, Settings},
};

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The address for nodes (UDP); port 0 takes any free one [default: 127.0.0.1:4433].
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// The address of the pages, on this computer only; port 0 takes any free one [default:
    /// 127.0.0.1:8433].
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub http: Option<String>,
    /// The address of the administration, on this computer only; weft-hub admin prints a link
    /// into it [default: any free port of 127.0.0.1].
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub admin: Option<String>,
}

impl Args {
    /// Returns them as settings.
    pub(crate) fn flags(&self) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("listen", self.listen.clone()),
            ("http", self.http.clone()),
            ("admin", self.admin.clone()),
        ]
    }
}

pub(crate) async fn run(config: &Config, data_dir: DataDir, io: &mut Io) -> Outcome {
    let settings = Settings::of(config);
    let settings = settings.map_err(Failure::usage_error)?;
    let app = AppHandle::open_dir(data_dir).await?;
    let control = take_commands(&app).await?;
    let pages = serve::pages_at(&app, settings.web, settings.admin).await;
    let pages = pages.map_err(|error| match error.is_usage() {
        true => Failure::usage_error(error),
        false => Failure::failed_error(error),
    })?;
    let nodes = serve::listen(&app, settings.listen).await?;
    alert::began(&app).await;
    let command = config.value(ALERT_COMMAND);
    let watching = command.map(|set| task::spawn(alert::watch(app.clone(), set.text.clone())));
    let quoting = keep_quotes(&app);
    let keeping = app.keeps_backups();
    let own = task::spawn(app.clone().keep_own_documents());
    // A reader of the ready line may stop the hub at once, so listen for signals first.
    let asked = shutdown_asked();
    writeln!(io.out(), "sync {}", nodes.at())?;
    writeln!(io.out(), "pages {}", pages.url())?;
    io.flush()?;
    asked.await;
    own.abort();
    drop(keeping);
    drop(quoting);
    if let Some(watching) = watching {
        watching.abort();
    }
    drop(control);
    pages.stop().await;
    nodes.close().await;
    alert::stopped(&app).await;
    io.tell_at_end(STOPPED);
    Ok(ExitCode::Ok)
}

/// Takes the commands of other processes on this hub's data directory, until the result is dropped.
///
/// # Errors
/// If no loopback port is available, or the token file cannot be written.
pub async fn take_commands(app: &AppHandle) -> Result<Control, Failure> {
    let (served, runtime) = (app.clone(), Handle::current());
    let control = shell::serve(app.data_dir(), move |cli: Cli, call, io| {
        let done = super::run(&served, cli.command, &call.directory, io);
        let done = runtime.block_on(done);
        shell::conclude(done, io)
    });
    control.await
}

/// Keeps what locations let each other see in the agenda, until the result is dropped.
///
/// # Panics
/// If called outside a runtime.
#[must_use]
pub fn keep_quotes(app: &AppHandle) -> Quoting {
    Quoting(task::spawn(app.clone().keep_quotes()))
}

/// A hub that keeps its quotes of locations; see [`keep_quotes`].
#[derive(Debug)]
pub struct Quoting(JoinHandle<()>);

impl Drop for Quoting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Printed once nothing is served any more and every thread has ended.
const STOPPED: &str = "The hub has stopped. All that it acknowledged is on disk.";
