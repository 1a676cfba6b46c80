//! The only place that prints: the programs' output to people.

use std::{
    fmt,
    io::{self, BufRead as _, IsTerminal as _, Write},
};

use weft_shared::text;

use crate::text::narrowed;

/// The result of a command, as scripts see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Done, now or earlier.
    Ok,
    /// Something went wrong; the message says what to do.
    Failed,
    /// The command was not understood, lacks something, or names something that does not exist.
    Usage,
    /// Done as far as possible; a person must decide something.
    NeedsAction,
    /// There is no data directory yet.
    NoDataDir,
    /// The hub cannot be reached; the work is safe on this computer.
    HubUnreachable,
    /// The hub refused.
    Refused,
}

impl ExitCode {
    const ALL: [Self; 7] = [
        Self::Ok,
        Self::Failed,
        Self::Usage,
        Self::NeedsAction,
        Self::NoDataDir,
        Self::HubUnreachable,
        Self::Refused,
    ];

    /// The exit code of the process.
    pub const fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NeedsAction => 3,
            Self::NoDataDir => 10,
            Self::HubUnreachable => 20,
            Self::Refused => 21,
        }
    }

    /// Returns the code with this number; any other number is [`ExitCode::Failed`].
    pub fn from_number(number: u8) -> Self {
        let known = Self::ALL.into_iter().find(|code| code.number() == number);
        known.unwrap_or(Self::Failed)
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

/// Asks a person and waits for a line. Returns `None` if the input was closed.
pub type Asker = Box<dyn FnMut(&str) -> io::Result<Option<String>> + Send>;

/// A command's input and output: its own terminal, or that of the command line that a running
/// program serves.
pub struct Io {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    ask: Option<Asker>,
    at_end: Option<String>,
    input: Option<String>,
}

impl Io {
    /// Uses two writers. Give `ask` only if there is a person at a terminal.
    pub fn new(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, ask: Option<Asker>) -> Self {
        Self {
            out,
            err,
            ask,
            at_end: None,
            input: None,
        }
    }

    /// Gives it the text of the standard input of the command.
    pub fn give(&mut self, input: Option<String>) {
        self.input = input;
    }

    /// The text of the standard input, if the command line asks for it with `-`.
    pub fn input(&self) -> Option<&str> {
        self.input.as_deref()
    }

    /// Returns this process's own output and terminal.
    ///
    /// If a reader such as `head` closes its end early, the rest of the output is discarded and the
    /// command ends as it would have.
    pub fn of_process() -> Self {
        let ask: Option<Asker> = is_terminal().then(|| Box::new(ask_on_terminal) as Asker);
        Self::new(
            Box::new(io::BufWriter::new(UntilClosed::new(io::stdout()))),
            Box::new(UntilClosed::new(io::stderr())),
            ask,
        )
    }

    /// The output for data, which scripts read.
    pub fn out(&mut self) -> &mut dyn Write {
        &mut *self.out
    }

    /// The output for messages, which people read.
    pub fn err(&mut self) -> &mut dyn Write {
        &mut *self.err
    }

    /// Whether there is a person at a terminal, so that questions and progress bars make sense.
    pub fn terminal(&self) -> bool {
        self.ask.is_some()
    }

    /// Asks a person. Returns `None` without a terminal, or if the input was closed.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn prompt(&mut self, question: &str) -> io::Result<Option<String>> {
        self.flush()?;
        match &mut self.ask {
            Some(ask) => ask(question),
            None => Ok(None),
        }
    }

    /// Prints a message of the command-line parser in lines that fit: an error, or an answer such
    /// as help.
    pub fn parsed(&mut self, text: &str, is_mistake: bool) -> ExitCode {
        let (to, code) = match is_mistake {
            true => (&mut self.err, ExitCode::Usage),
            false => (&mut self.out, ExitCode::Ok),
        };
        let mut lines = narrowed(text).into_iter();
        let written = lines.try_for_each(|line| writeln!(to, "{line}"));
        // If no one reads any more, the exit code still tells.
        let _gone = written.and_then(|()| self.flush());
        code
    }

    /// Keeps a message until every thread of the program has ended.
    pub fn tell_at_end(&mut self, text: impl Into<String>) {
        self.at_end = Some(text.into());
    }

    /// Takes the message that was kept.
    pub(crate) fn take_end(&mut self) -> Option<String> {
        self.at_end.take()
    }

    /// Writes everything that is still buffered.
    ///
    /// # Errors
    /// If no one reads any more.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.err.flush()
    }
}

impl fmt::Debug for Io {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terminal = self.terminal();
        f.debug_struct("Io")
            .field("terminal", &terminal)
            .finish_non_exhaustive()
    }
}

/// Writes as long as the output has a reader, and discards the rest.
struct UntilClosed<W> {
    to: W,
    closed: bool,
}

impl<W> UntilClosed<W> {
    const fn new(to: W) -> Self {
        Self { to, closed: false }
    }

    fn pass<T>(&mut self, done: io::Result<T>, thrown_away: T) -> io::Result<T> {
        match done {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(thrown_away)
            }
            done => done,
        }
    }
}

impl<W: Write> Write for UntilClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let done = self.to.write(bytes);
        self.pass(done, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let done = self.to.flush();
        self.pass(done, ())
    }
}

/// Whether a person can be asked: input and messages are both a terminal.
pub fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Returns an error with its causes in one line: what happened, then why.
pub fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let system = error.downcast_ref::<io::Error>();
        let next = system.map_or_else(|| error.to_string(), plain);
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

/// Returns the system's reason in plain words, or in its own if there are none.
pub fn plain(error: &io::Error) -> String {
    use io::ErrorKind as Kind;

    let words = match error.kind() {
        Kind::NotFound => "there is no such file or folder",
        Kind::PermissionDenied => "you may not, with the permissions that you have here",
        Kind::AddrInUse => "another program uses it",
        Kind::AddrNotAvailable => "it is no address of this computer",
        Kind::AlreadyExists => "there is something of this name already",
        Kind::IsADirectory => "it is a folder, not a file",
        Kind::NotADirectory => "a part of the path is a file, not a folder",
        Kind::StorageFull => "the disk is full",
        Kind::QuotaExceeded => "your share of the disk is full",
        Kind::ReadOnlyFilesystem => "the disk can only be read",
        Kind::InvalidFilename => "the name is too long, or has characters that cannot be in it",
        Kind::FileTooLarge => "the file is too large",
        Kind::BrokenPipe => "its reader has stopped reading",
        Kind::ConnectionRefused => "nothing answers there",
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::UnexpectedEof => {
            "the other end broke off"
        }
        Kind::TimedOut => "it took too long",
        _ => {
            // The number is for programmers.
            let text = error.to_string();
            let words = text.split(" (os error ").next().unwrap_or(&text);
            return words.to_owned();
        }
    };
    // Messages of this program are plainer still.
    match error.get_ref() {
        Some(inner) => inner.to_string(),
        None => words.to_owned(),
    }
}

/// Returns an error with its causes as a sentence, with a capital letter and a full stop.
pub fn sentence(error: &dyn std::error::Error) -> String {
    text::sentence(&explain(error))
}

fn ask_on_terminal(question: &str) -> io::Result<Option<String>> {
    let mut talk = io::stderr();
    write!(talk, "{question} ")?;
    talk.flush()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_survives_its_number() {
        for code in ExitCode::ALL {
            assert_eq!(ExitCode::from_number(code.number()), code);
        }
        assert_eq!(ExitCode::from_number(99), ExitCode::Failed);
    }

    /// A pipe whose reader leaves after a few bytes.
    struct Leaving(usize);

    impl Write for Leaving {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self
                .0
                .checked_sub(bytes.len())
                .ok_or(io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_leaves_is_no_fault() {
        let out = UntilClosed::new(Leaving(6));
        let mut io = Io::new(Box::new(out), Box::new(io::sink()), None);
        for line in ["code", "FN", "HV"] {
            writeln!(io.out(), "{line}").unwrap();
        }
        io.flush().unwrap();
        let full = UntilClosed::new(io::Cursor::new([0; 2]));
        let mut io = Io::new(Box::new(full), Box::new(io::sink()), None);
        let error = writeln!(io.out(), "code").unwrap_err();
        assert_eq!(
            error.kind(),
            io::ErrorKind::WriteZero,
            "any other fault is reported"
        );
    }

    #[test]
    fn what_the_system_says_is_said_in_plain_words() {
        for (number, words) in [
            (2, "there is no such file or folder"),
            (13, "you may not, with the permissions that you have here"),
            (28, "the disk is full"),
            (98, "another program uses it"),
        ] {
            assert_eq!(plain(&io::Error::from_raw_os_error(number)), words);
        }
        let rare = plain(&io::Error::from_raw_os_error(86));
        assert!(!rare.contains("os error") && !rare.is_empty(), "{rare}");
        assert_eq!(plain(&io::Error::other("a word of ours")), "a word of ours");
    }

    #[test]
    fn without_a_terminal_nobody_is_asked() {
        let mut io = Io::new(Box::new(io::sink()), Box::new(io::sink()), None);
        assert!(!io.terminal());
        assert_eq!(io.prompt("really?").unwrap(), None);
    }
}
