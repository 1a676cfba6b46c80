//! The pages of the demonstration, while it stays up.

use std::{
    net::SocketAddr,
    path::Path,
    sync::mpsc,
    thread::{self, JoinHandle},
};

use anyhow::{Context as _, Result, anyhow};
use tokio::runtime::Handle;
use weft_host::{control::shutdown_asked, output::Io};
use weft_hub::{
    commands::run::{keep_quotes, take_commands},
    serve,
};

use crate::{
    release::say_line,
    story::{HOST, Story},
    team::Sink,
    voice::{heading, item, say, show},
};

/// Things for a visitor to try, in the order of the pages.
const TRY: [&str; 5] = [
    "Settle what the two laptops disagree about: on the team's page, under To settle. Then \
     look at \"Completed primary course\" for December 2022 at the hub.",
    "Give the overdue action of the team's plan another day, or the initiative another status. \
     The hub's overview has it when it is loaded again.",
    "Write an insight for the team alone, and look at what is shared: its words are on no page of \
     the hub.",
    "At the hub, open \"Walk, jog or cycle to work\", where the question changed in 2018, and \
     \"Regular smokers\", where the base did and the target's date has passed.",
    "At the hub, open the coverage of the vaccination months: some figures were masked by the \
     publisher, and no Auckland team has any. Each gap has its reason.",
];

impl Story {
    /// Serves the hub and one team's node, says where they are, and waits until the person ends it.
    pub(crate) fn stay(self, release: &str) -> Result<()> {
        // The visitor's commands open the other teams' data themselves, so nothing else must run.
        self.close_devices();
        let any: SocketAddr = "127.0.0.1:0".parse()?;
        let control = self.runtime.block_on(take_commands(&self.hub))?;
        let pages = self.runtime.block_on(serve::pages(&self.hub, any, any))?;
        let (asked, quoting) = {
            let _context = self.runtime.enter();
            (shutdown_asked(), keep_quotes(&self.hub))
        };
        let node = self.folder.join(format!("node-{HOST}"));
        let (team, node) = serve_node(&node, any, &self.runtime)?;
        heading("Three links");
        show(&format!("  A team's page  {team}"));
        show(&format!("  The hub        {}", pages.url()));
        if let Some(link) = self.hub.administration_link() {
            show(&format!("  Its admin      {link}"));
        }
        say("The first and the third work once, in the browser that opens them.");
        say_line(pages.url(), release);
        heading("Five things to try");
        for (at, text) in TRY.iter().enumerate() {
            item(at + 1, text);
        }
        self.say_commands();
        self.runtime.block_on(asked);
        let ended = node.join().map_err(|_| anyhow!("the node panicked"));
        drop(quoting);
        drop(control);
        self.runtime.block_on(pages.stop());
        self.runtime.block_on(self.listening.close());
        ended?
    }

    fn say_commands(&self) {
        heading("Commands");
        let folder = self.folder.display();
        say("After \"cargo build --release --bins\", every command works on these data, such as:");
        show(&format!(
            "  WEFT_DATA_DIR={folder}/node-{HOST} target/release/weft-node conflicts"
        ));
        show(&format!(
            "  WEFT_DATA_DIR={folder}/hub target/release/weft-hub rollup"
        ));
        say(
            "The hub and Far North's front desk laptop run. The other teams' nodes and the field \
             laptop do not: their data are beside, in node-WT, node-FN-field and so on.",
        );
        say("Ctrl-C ends the demonstration.");
    }
}

/// Runs the node in `folder` on a thread of its own until this process is asked to end. Returns the
/// link to its page.
fn serve_node(
    folder: &Path,
    at: SocketAddr,
    runtime: &Handle,
) -> Result<(String, JoinHandle<Result<()>>)> {
    let (send, links) = mpsc::channel();
    let (folder, runtime) = (folder.to_owned(), runtime.clone());
    let node = thread::spawn(move || {
        let mut io = Io::new(Box::new(Sink::default()), Box::new(Sink::default()), None);
        // No one waits for a second link.
        let show = |link: &str| drop(send.send(link.to_owned()));
        let outcome = weft_node::run_in(&folder, at, &show, &mut io, &runtime);
        outcome.map(drop).context("the node has stopped")
    });
    match links.recv() {
        Ok(link) => Ok((link, node)),
        Err(_) => {
            let ended = node.join().map_err(|_| anyhow!("the node panicked"))?;
            Err(ended
                .err()
                .context("the node ended before it served its page")?)
        }
    }
}
