//! The note and its consequences: no files, no clock.

/// Number of times the process may end at one entry, alone, before the entry is set aside.
pub const ENDS_MAX: u32 = 3;

/// Fixed size of a note: each is written over the one before, so it must not grow.
pub(super) const NOTE_BYTES: usize = 1 << 10;

/// An entry of a document at which processes ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suspect {
    /// The document.
    pub document: String,
    /// The entry.
    pub entry: String,
}

/// A document in which processes ended. Once known, also the entry at which they ended, and how
/// often.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Wary {
    pub(super) document: String,
    pub(super) entry: Option<(String, u32)>,
}

/// The current work of the process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Doing {
    /// Nothing that a document could be blamed for.
    Nothing,
    /// Nothing, but the document still needs care.
    Wary(Wary),
    /// Several entries of one document at once.
    Many { document: String },
    /// One entry alone, at which `ends` processes ended before.
    One { suspect: Suspect, ends: u32 },
}

/// A note, with the data that tells how its process ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Note {
    pub(super) boot: String,
    pub(super) oom_kills: Option<u64>,
    pub(super) version: String,
    pub(super) doing: Doing,
}

impl Note {
    /// Encodes words between blanks, padded with blanks; a note that is too long says nothing.
    pub(super) fn encode(&self) -> Vec<u8> {
        let oom_kills = self
            .oom_kills
            .map_or_else(|| "-".to_owned(), |kills| kills.to_string());
        let head = format!("{HEAD} {} {oom_kills} {}", self.boot, self.version);
        let text = match &self.doing {
            Doing::Nothing => format!("{head} nothing\n"),
            Doing::Wary(Wary { document, entry }) => match entry {
                Some((entry, ends)) => format!("{head} wary {document} {entry} {ends}\n"),
                None => format!("{head} wary {document}\n"),
            },
            Doing::Many { document } => format!("{head} many {document}\n"),
            Doing::One { suspect, ends } => {
                format!("{head} one {} {} {ends}\n", suspect.document, suspect.entry)
            }
        };
        let mut bytes = text.into_bytes();
        if bytes.len() > NOTE_BYTES {
            bytes.clear();
        }
        bytes.resize(NOTE_BYTES, b' ');
        bytes
    }

    /// Decodes a note. Returns `None` if there is none.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes.get(..NOTE_BYTES)?).ok()?;
        let rest = text.strip_prefix(HEAD)?;
        let words: Vec<&str> = rest.split_ascii_whitespace().collect();
        let [boot, oom_kills, version, doing @ ..] = words.as_slice() else {
            return None;
        };
        let doing = match doing {
            ["nothing"] => Doing::Nothing,
            ["wary", document, entry @ ..] => Doing::Wary(Wary {
                document: (*document).to_owned(),
                entry: match entry {
                    [] => None,
                    [entry, ends] => Some(((*entry).to_owned(), ends.parse().ok()?)),
                    [..] => return None,
                },
            }),
            ["many", document] => Doing::Many {
                document: (*document).to_owned(),
            },
            ["one", document, entry, ends] => Doing::One {
                suspect: Suspect {
                    document: (*document).to_owned(),
                    entry: (*entry).to_owned(),
                },
                ends: ends.parse().ok()?,
            },
            _ => return None,
        };
        Some(Self {
            boot: (*boot).to_owned(),
            oom_kills: oom_kills.parse().ok(),
            version: (*version).to_owned(),
            doing,
        })
    }
}

const HEAD: &str = "weft-intake-1";

/// The way in which a process that left a note ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// By an abort, or because memory ran out: its work may be the cause.
    OfItself,
    /// By SIGKILL, or without a trace: its work is not the cause.
    FromOutside,
}

/// Precautions of a process because of how earlier ones ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Plan {
    /// The document that takes in its entries one at a time.
    pub(super) careful: Option<Wary>,
    /// The entry to set aside.
    pub(super) condemned: Option<Suspect>,
}

impl Plan {
    pub(super) fn after(note: Note, end: End, version: &str) -> Self {
        let (wary, more) = match note.doing {
            Doing::Nothing => return Self::default(),
            Doing::Wary(wary) => (wary, 0),
            Doing::Many { document } => {
                let entry = None;
                (Wary { document, entry }, 0)
            }
            Doing::One { suspect, ends } => {
                let Suspect { document, entry } = suspect;
                let entry = Some((entry, ends));
                let more = u32::from(end == End::OfItself);
                (Wary { document, entry }, more)
            }
        };
        let Wary { document, entry } = wary;
        let entry = entry.map(|(entry, ends)| {
            let known = note.version == version;
            (entry, if known { ends + more } else { 0 })
        });
        let guilty = entry.as_ref().filter(|(_, ends)| *ends >= ENDS_MAX);
        let condemned = guilty.map(|(entry, _)| Suspect {
            document: document.clone(),
            entry: entry.clone(),
        });
        let careful = Some(Wary { document, entry });
        Self { careful, condemned }
    }

    pub(super) fn is_careful(&self, document: &str) -> bool {
        let careful = self.careful.as_ref();
        careful.is_some_and(|wary| wary.document == document)
    }

    /// Records that the condemned entry is in the store. The others of its document are still taken
    /// in with care.
    pub(super) fn settle(&mut self) {
        if self.condemned.take().is_some()
            && let Some(wary) = &mut self.careful
        {
            wary.entry = None;
        }
    }

    /// Returns what to note between two documents.
    pub(super) fn between(&self) -> Doing {
        self.careful.clone().map_or(Doing::Nothing, Doing::Wary)
    }

    /// Returns what to note when `entry` is taken in alone.
    pub(super) fn one(&self, document: String, entry: String) -> Doing {
        let careful = self.careful.as_ref();
        let known = careful.filter(|wary| wary.document == document);
        let known = known.and_then(|wary| wary.entry.as_ref());
        let ends = known.filter(|(known, _)| *known == entry);
        Doing::One {
            ends: ends.map_or(0, |(_, ends)| *ends),
            suspect: Suspect { document, entry },
        }
    }
}
