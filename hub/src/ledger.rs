//! The ledger as a file that is written while it is read, for commands and pages.

use std::io;

use serde_json::Value;
use tokio::sync::mpsc;
use weft_host::{csv, task};

use crate::{
    app::{AppError, AppHandle, LEDGER_FILE, LedgerAsked, LedgerLine, LedgerWay},
    figures::stream::{Piece, Pieces, pieces},
};

/// The form of a file of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// A line of words for each.
    Text,
    /// CSV. A text that looks like a formula has an apostrophe in front.
    Csv,
    /// JSON.
    Json,
}

impl Form {
    /// Writes the next lines. `is_first` if none were written before.
    fn write(self, lines: &[LedgerLine], is_first: bool) -> Vec<u8> {
        match self {
            Self::Text => {
                let lines = lines.iter().map(|line| line.words() + "\n");
                lines.collect::<String>().into_bytes()
            }
            Self::Csv if is_first => LEDGER_FILE.csv(lines, true),
            Self::Csv => csv::lines(lines.iter().map(|line| LEDGER_FILE.cells(line))),
            Self::Json => {
                let mut text = String::new();
                for (n, line) in lines.iter().enumerate() {
                    text += if is_first && n == 0 { "[\n" } else { ",\n" };
                    text += &Value::to_string(&LEDGER_FILE.json(line));
                }
                text.into_bytes()
            }
        }
    }

    /// The end of a file, after lines or none.
    const fn end(self, is_first: bool) -> &'static [u8] {
        match (self, is_first) {
            (Self::Json, true) => b"[]\n",
            (Self::Json, false) => b"\n]\n",
            (Self::Text | Self::Csv, _) => b"",
        }
    }
}

impl AppHandle {
    /// Writes the ledger, or a part of it, piece by piece, once the ledger says who reads it. To
    /// drop the pieces ends it.
    ///
    /// # Errors
    /// If there is no such location, the days are in the wrong order, or it cannot be recorded.
    pub(crate) async fn ledger_file(
        &self,
        asked: LedgerAsked,
        form: Form,
    ) -> Result<Pieces, AppError> {
        let way = self.open_ledger(asked).await?;
        let (to, pieces) = pieces();
        let app = self.clone();
        task::spawn(async move {
            let last = match app.write_ledger(way, form, &to).await {
                Ok(()) => Piece::End,
                Err(error) => Piece::Failed(io::Error::other(error)),
            };
            // If the reader is gone, no one needs the end.
            let _gone = to.send(last).await;
        });
        Ok(pieces)
    }

    async fn write_ledger(
        &self,
        mut way: LedgerWay,
        form: Form,
        to: &mpsc::Sender<Piece>,
    ) -> Result<(), AppError> {
        let mut is_first = true;
        loop {
            let lines;
            (lines, way) = self.ledger_lines(way).await?;
            let is_end = lines.is_empty();
            let bytes = match is_end {
                // Without a line, CSV has its headings all the same.
                true if is_first && form == Form::Csv => form.write(&[], true),
                true => form.end(is_first).to_vec(),
                false => form.write(&lines, is_first),
            };
            let is_gone = !bytes.is_empty() && to.send(Piece::Bytes(bytes)).await.is_err();
            if is_end || is_gone {
                return Ok(());
            }
            is_first = false;
        }
    }
}
