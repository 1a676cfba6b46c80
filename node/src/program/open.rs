//! Opens the page in the person's browser.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use weft_host::{
    browser,
    control::{Call, Client},
    failure::Failure,
    output::{ExitCode, Io},
    reply::Outcome,
    shell, text,
};

use crate::limits::LAYOUT;

/// Opens the page of the node that is running.
pub(super) fn of_running(node: &Client, io: &mut Io) -> Outcome {
    let call = Call {
        arguments: [LAYOUT.program, "page"].map(str::to_owned).to_vec(),
        terminal: false,
        ..shell::call()?
    };
    let (link, complaint) = (Kept::default(), Kept::default());
    let mut aside = Io::new(Box::new(link.clone()), Box::new(complaint.clone()), None);
    let code = node.run(&call, &mut aside).map_err(Failure::failed_error)?;
    if code != ExitCode::Ok {
        return Err(Failure::new(code, complaint.text().trim()));
    }
    show(link.text().trim(), io)?;
    Ok(ExitCode::Ok)
}

/// Opens a one-time link. Prints it only if no browser can be opened: until it is used, it lets in
/// those who read it.
pub(super) fn show(link: &str, io: &mut Io) -> io::Result<()> {
    match browser::open(link) {
        Ok(()) => text::say(
            io.err(),
            "The page opens in your browser. If it does not, weft-node page prints a link.",
        ),
        Err(error) => {
            // The system's words are an exit status, which does not help to open the page.
            tracing::debug!(%error, "no browser could be opened");
            let told = "No browser could be opened on this computer. Open this link yourself; it \
                        works once.";
            text::say(io.err(), told)?;
            writeln!(io.out(), "pages {link}")
        }
    }
}

/// Output that is kept instead of printed.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
