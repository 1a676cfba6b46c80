//! Replies of commands: data for scripts on stdout, words for people on stderr.

use std::fmt::Display;

use serde::{Serialize, Serializer as _};
use weft_shared::time::Zone;

use crate::{
    failure::Failure,
    list::List,
    output::{ExitCode, Io},
    table::{self, Finding, Table},
    text,
};

/// The result of a command.
pub type Outcome = Result<ExitCode, Failure>;

impl Io {
    /// Writes data, without control characters: others may have written parts of it.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn say(&mut self, line: impl Display) -> Outcome {
        let line = text::printed(&line.to_string());
        writeln!(self.out(), "{line}")?;
        Ok(ExitCode::Ok)
    }

    /// Writes words for a person, in lines that fit, after the data that came before them.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn tell(&mut self, text: impl Display) -> Outcome {
        self.flush()?;
        text::say(self.err(), &text.to_string())?;
        Ok(ExitCode::Ok)
    }

    /// Writes data after a label, `width` columns wide. Further lines are indented to the same
    /// column.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn labelled(&mut self, label: &str, width: usize, words: &str) -> Outcome {
        table::field(self.out(), width, label, words)?;
        Ok(ExitCode::Ok)
    }

    /// Writes data as JSON.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn json(&mut self, value: &impl Serialize) -> Outcome {
        serde_json::to_writer_pretty(self.out(), value).map_err(std::io::Error::from)?;
        self.say("")
    }

    /// Writes a list as JSON, row by row: all rows of a full document at once take several times
    /// its memory.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn json_rows<T: Serialize>(&mut self, rows: impl IntoIterator<Item = T>) -> Outcome {
        let mut to = serde_json::Serializer::pretty(self.out());
        to.collect_seq(rows).map_err(std::io::Error::from)?;
        self.say("")
    }

    /// Writes data as a table.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn table(&mut self, table: &Table) -> Outcome {
        table.write(self.out())?;
        Ok(ExitCode::Ok)
    }

    /// Writes a list as JSON or as a table. An empty table has no headings either, and a message
    /// says that there is nothing.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn list<T>(&mut self, list: &List<T>, rows: &[T], json: bool, zone: &Zone) -> Outcome {
        if rows.is_empty() && !list.none.is_empty() {
            self.tell(list.none)?;
        }
        match (json, rows) {
            (true, rows) => self.json_rows(rows.iter().map(|row| list.json(row))),
            (false, []) => Ok(ExitCode::Ok),
            (false, rows) => self.table(&list.table(rows, zone)),
        }
    }

    /// Asks a person yes or no. Without a terminal the command itself says yes.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn agrees(&mut self, question: &str) -> Result<bool, Failure> {
        if !self.terminal() {
            return Ok(true);
        }
        let answer = self.prompt(&format!("{question} [y/N]"))?;
        Ok(answer.unwrap_or_default().trim().eq_ignore_ascii_case("y"))
    }

    /// Shows a person what is about to be lost for good, and asks. Without a terminal no one
    /// agrees.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn types_yes(&mut self, plan: &str, question: &str) -> Result<bool, Failure> {
        if !self.terminal() {
            return Ok(false);
        }
        self.tell(plan)?;
        let answer = self.prompt(&format!("{question} Type yes: "))?;
        Ok(answer.is_some_and(|answer| answer.trim().eq_ignore_ascii_case("yes")))
    }

    /// Writes the findings of `doctor`, and says by the exit code whether a person must act.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn findings(&mut self, all: &[Finding], json: bool) -> Outcome {
        match json {
            true => self.json(&all)?,
            false => {
                table::findings(self.out(), all)?;
                ExitCode::Ok
            }
        };
        Ok(match all.iter().all(|one| one.ok) {
            true => ExitCode::Ok,
            false => ExitCode::NeedsAction,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, BufWriter, Write},
        sync::{Arc, Mutex},
    };

    use super::*;

    /// A terminal, which shows both outputs in the order in which they come.
    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_message_comes_after_the_data_before_it() {
        let screen = Screen::default();
        let out = BufWriter::new(screen.clone());
        let mut io = Io::new(Box::new(out), Box::new(screen.clone()), None);
        io.say("the verdict").unwrap();
        io.tell("a remark").unwrap();
        let shown = screen.0.lock().unwrap().clone();
        assert_eq!(String::from_utf8(shown).unwrap(), "the verdict\na remark\n");
    }
}
