//! Ways of reading, in words: one example of each way, and how often.

use std::collections::BTreeMap;

use crate::number::Manner;

/// Everything in a file that was written in another form than Weft's.
#[derive(Debug, Default)]
pub(super) struct Readings {
    numbers: BTreeMap<(&'static str, Manner), Example>,
    period: Option<Example>,
}

#[derive(Debug)]
struct Example {
    line: u64,
    text: String,
    read: String,
    more: usize,
}

impl Example {
    fn of(line: u64, text: &str, read: &str) -> Self {
        Self {
            line,
            text: text.to_owned(),
            read: read.to_owned(),
            more: 0,
        }
    }
}

impl Readings {
    pub(super) fn number(
        &mut self,
        line: u64,
        name: &'static str,
        text: &str,
        read: &str,
        manner: Manner,
    ) {
        let seen = self.numbers.entry((name, manner));
        seen.and_modify(|one| one.more += 1)
            .or_insert_with(|| Example::of(line, text, read));
    }

    pub(super) fn period(&mut self, line: u64, text: &str, read: &str) {
        if text == read {
            return;
        }
        match &mut self.period {
            Some(seen) => seen.more += 1,
            None => self.period = Some(Example::of(line, text, read)),
        }
    }

    pub(super) fn words(&self) -> Vec<String> {
        let period = self.period.iter().map(|one| words("the period", one, None));
        let numbers = self.numbers.iter();
        let numbers = numbers.map(|((name, manner), one)| words(name, one, Some(*manner)));
        period.chain(numbers).collect()
    }
}

fn words(what: &str, example: &Example, manner: Option<Manner>) -> String {
    let Example {
        line,
        text,
        read,
        more,
    } = example;
    let with = manner.map_or_else(String::new, |manner| format!(" with {}", manner.words()));
    let more = match more {
        0 => String::new(),
        more => format!(", and {more} more{with} in the same way"),
    };
    format!("{what} \"{text}\" was read as {read} (line {line}){more}")
}
