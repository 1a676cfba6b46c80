//! A hundred thousand changes as real devices write them: the scan accepts every one.

use super::*;
use crate::{id::IndicatorCode, log::scan, model::schema};

/// Number of changes in each test; 4 tests for each of 4 kinds of document make 100,000.
const CHANGES: u32 = 6_250;
/// Number of changes after which a new document begins: more would not alter what is written.
const DOCUMENT_CHANGES: u32 = 100;

/// Pseudo-random numbers, the same in each run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 % u64::from(bound)).unwrap()
    }

    fn text(&mut self, letters_max: u32) -> String {
        const LETTERS: [char; 8] = ['a', 'ā', ' ', '"', '9', '\n', '漢', '🌱'];
        (0..self.below(letters_max + 1))
            .map(|_| LETTERS[self.below(8) as usize])
            .collect()
    }
}

/// Two devices that edit a document and receive each other's changes.
struct Pair {
    documents: [Document; 2],
    heard: [usize; 2],
    changes: Vec<Vec<u8>>,
    written: u32,
}

impl Pair {
    fn new(name: &str) -> Self {
        Self {
            documents: [document(name), document(name)],
            heard: [0; 2],
            changes: Vec::new(),
            written: 0,
        }
    }

    fn edit(
        &mut self,
        draws: &mut Draws,
        edit: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError>,
    ) {
        let at = draws.below(2) as usize;
        if draws.below(20) == 0 {
            let news = self.changes[self.heard[at]..].to_vec();
            self.documents[at].apply(&news).unwrap();
            self.heard[at] = self.changes.len();
        }
        let by = author(u8::try_from(at).unwrap() + 1);
        let moment = Timestamp::from_ms(i64::from(draws.below(u32::MAX)));
        let Ok(edited) = self.documents[at].edit(by, moment, edit) else {
            return;
        };
        let Some(change) = edited.change else {
            return;
        };
        let facts = scan::read(&change).unwrap_or_else(|error| panic!("{error}: {change:02x?}"));
        if draws.below(8) == 0 {
            let known = Change::try_from(change.as_slice()).unwrap();
            assert_eq!(facts.n_ops as usize, known.len());
        }
        self.changes.push(change);
        self.written += 1;
    }
}

/// Edits documents of this name until there are enough changes; `part` is the seed.
fn write(part: u64, name: &str, mut act: impl FnMut(&mut Pair, &mut Draws)) {
    let mut draws = Draws(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(part));
    let (mut written, mut acts) = (0, 0);
    while written < CHANGES {
        let mut pair = Pair::new(name);
        while pair.written < DOCUMENT_CHANGES {
            act(&mut pair, &mut draws);
            acts += 1;
            assert!(acts < 40 * CHANGES, "most acts write nothing");
        }
        written += pair.written;
    }
}

/// A test for each part of each kind, so that none of them takes long.
macro_rules! parts {
    ($($test:ident: $kind:ident,)*) => {$(
        mod $test {
            #[test]
            fn part_1() {
                super::$kind(1);
            }

            #[test]
            fn part_2() {
                super::$kind(2);
            }

            #[test]
            fn part_3() {
                super::$kind(3);
            }

            #[test]
            fn part_4() {
                super::$kind(4);
            }
        }
    )*};
}

parts! {
    the_scan_lets_observations_and_settlements_through: observations_and_settlements,
    the_scan_lets_records_through: records,
    the_scan_lets_insights_and_their_withdrawal_through: insights_and_their_withdrawal,
    the_scan_lets_texts_and_decisions_through: texts_and_decisions,
}

fn observations_and_settlements(part: u64) {
    write(part, "observations/2022", |pair, draws| {
        let area = ["AB", "CD", "FAR_NORTH"][draws.below(3) as usize];
        let band = ["total", "age=12%2B", "sex=T%C4%81ne"][draws.below(3) as usize];
        let key = key(&format!(
            "A{}/{area}/2022-{:02}/{band}",
            draws.below(3),
            1 + draws.below(12)
        ));
        let mut statement = stated(draws.below(1_000));
        statement.method = Some(draws.text(20)).filter(|text| !text.is_empty());
        let note = (draws.below(3) == 0).then(|| draws.text(200));
        let settles = draws.below(8) == 0;
        let at = draws.below(2) as usize;
        let conflicts = if settles {
            pair.documents[at].conflicts()
        } else {
            Vec::new()
        };
        let many = if draws.below(50) == 0 {
            draws.below(60)
        } else {
            1
        };
        pair.edit(draws, |editor| {
            if let Some(conflict) = conflicts.first() {
                return editor.settle(conflict, conflict.values.len());
            }
            for more in 0..many {
                let mut key = key.clone();
                key.indicator = IndicatorCode::parse(&format!("I{more}")).unwrap_or(key.indicator);
                editor.put_observation(&key, &statement, note.as_deref())?;
            }
            Ok(())
        });
    });
}

fn records(part: u64) {
    write(part, "plan", |pair, draws| {
        let id = record_id(u8::try_from(draws.below(12)).unwrap());
        let name = format!("Example {}", draws.text(60));
        let setting = draws.text(30);
        let partners = (0..draws.below(4)).map(|one| record_id(one.to_le_bytes()[0]).to_string());
        let all = Fields::from([
            ("name".to_owned(), name.as_str().into()),
            ("setting".to_owned(), setting.as_str().into()),
            ("partners".to_owned(), FieldValue::Set(partners.collect())),
        ]);
        let act = draws.below(9);
        let kind = RecordKind::Initiative;
        pair.edit(draws, |editor| match act {
            0 => editor.remove_record(kind, &id),
            1 => editor.restore_record(kind, &id),
            2 => editor.set_audience(kind, &id, Audience::Network),
            3 => editor.mark_moved(kind, &id, "plan/2"),
            4 => editor.put_raw(kind, &id, schema::ORDER, "a"),
            5 => editor.set_field(kind, &id, "setting", &setting.as_str().into()),
            _ => editor.put_record(kind, &id, Audience::Team, &all),
        });
    });
}

fn insights_and_their_withdrawal(part: u64) {
    write(part, "insights/2022", |pair, draws| {
        let id = record_id(u8::try_from(draws.below(20)).unwrap());
        let hash: String = (0..64)
            .map(|_| char::from_digit(draws.below(16), 16).unwrap())
            .collect();
        let bytes = draws.below(60_000).to_string();
        let act = draws.below(8);
        let kind = RecordKind::Insight;
        pair.edit(draws, |editor| match act {
            0 => editor.withdraw(kind, &id),
            1 => editor.forget_words(kind, &id),
            2 => editor.remove_record(kind, &id),
            _ => {
                editor.make_record(kind, &id)?;
                editor.put_raw(kind, &id, schema::WORDS_HASH, &hash)?;
                editor.put_raw(kind, &id, schema::WORDS_BYTES, &bytes)
            }
        });
    });
}

fn texts_and_decisions(part: u64) {
    write(part, "profile", |pair, draws| {
        let text = draws.text(120);
        let key = format!("key-{}", draws.below(30));
        let containers = [Container::Names, Container::People, Container::Adoptions];
        let container = containers[draws.below(3) as usize];
        let clears = draws.below(4) == 0;
        pair.edit(draws, |editor| {
            editor.put_text(container, &key, if clears { "" } else { &text })
        });
    });
}
