//! Answers and lines of money: one spelling of each key, and all values of a contested one.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::{
    id::{LocationCode, OutcomeCode, WordingHash},
    model::{
        answer::{Answer, AnswerKey, Asked, Stance},
        line::{Line, LineKey, LineWhat},
        outcome::OutcomeRef,
        places::Places,
    },
};

fn outcomes() -> impl Strategy<Value = BTreeSet<OutcomeRef>> {
    let code = "[A-Z][A-Z0-9_]{1,12}".prop_map(|code| OutcomeCode::parse(&code).unwrap());
    let own = any::<u8>().prop_map(|n| OutcomeRef::Own(record_id(n)));
    let one = prop_oneof![code.prop_map(OutcomeRef::Network), own];
    prop::collection::btree_set(one, 0..5)
}

fn places() -> impl Strategy<Value = Places> {
    let code = "[A-Z]{2,8}".prop_filter("no location is called ALL", |code| code != "ALL");
    let code = code.prop_map(|code| LocationCode::parse(&code).unwrap());
    let some = prop::collection::vec(code, 0..5).prop_map(Places::of);
    prop_oneof![Just(Places::All), some]
}

fn line_keys() -> impl Strategy<Value = LineKey> {
    let what = prop::sample::select(LineWhat::ALL);
    let period = prop::sample::select(vec!["2026", "FY2027", "2026-Q1", "2026-03", "2026-W05"]);
    (any::<u8>(), what, period, places(), outcomes()).prop_map(
        |(n, what, period, places, outcomes)| LineKey {
            investment: record_id(n),
            what,
            period: period.parse().unwrap(),
            places,
            outcomes: outcomes.into(),
        },
    )
}

fn answer_keys() -> impl Strategy<Value = AnswerKey> {
    let item = any::<u8>().prop_map(|n| AnswerKey::Item(record_id(n)));
    let code = "[A-Z]{2,8}".prop_map(|code| LocationCode::parse(&code).unwrap());
    let request = (code, any::<u8>()).prop_map(|(code, n)| AnswerKey::Request(code, record_id(n)));
    let asked = (prop::sample::select(Asked::ALL), outcomes());
    let asked =
        asked.prop_map(|(asked, outcomes)| AnswerKey::Question(asked, outcomes.into_iter().next()));
    prop_oneof![item, request, asked]
}

fn money(amount: i64, note: Option<&str>) -> Line {
    Line {
        amount: amount.into(),
        source: None,
        note: note.map(str::to_owned),
    }
}

fn yes(reason: &str) -> Answer {
    Answer {
        stance: Stance::Change,
        reason: Some(reason.to_owned()),
        by: "leadership group".to_owned(),
        until: None,
        wording: Some(WordingHash::new([7; 32])),
        due: None,
    }
}

proptest! {
    #[test]
    fn keys_have_one_spelling_and_read_back(line in line_keys(), answer in answer_keys()) {
        prop_assert_eq!(line.to_string().parse::<LineKey>(), Ok(line.clone()));
        prop_assert_eq!(answer.to_string().parse::<AnswerKey>(), Ok(answer.clone()));
        for text in [line.to_string(), answer.to_string()] {
            let other = text.to_lowercase();
            if other != text {
                prop_assert!(other.parse::<LineKey>().is_err());
                prop_assert!(other.parse::<AnswerKey>().is_err());
            }
        }
    }

    #[test]
    fn no_text_panics(text in "(?s).{0,80}", shaped in "[A-Za-z0-9/+:{}\",. -]{0,80}") {
        for text in [text, shaped] {
            let read = text.parse::<LineKey>().map(|key| key.to_string());
            prop_assert!(read.is_err() || read == Ok(text.clone()));
            let read = text.parse::<AnswerKey>().map(|key| key.to_string());
            prop_assert!(read.is_err() || read == Ok(text.clone()));
            let read = Line::decode(&text).map(|line| line.encode());
            prop_assert!(read.is_err() || read == Ok(text.clone()));
            let read = Answer::decode(&text).map(|answer| answer.encode());
            prop_assert!(read.is_err() || read == Ok(text.clone()));
        }
    }

    #[test]
    fn statements_are_read_back_or_refused(
        key in line_keys(),
        amount in -5_i64..2_000_000_000_000,
        note in "(?s).{0,40}",
    ) {
        let mut document = document("money");
        let line = money(amount, Some(&note));
        let said = document.edit(author(1), AT, |editor| editor.say(&key, &line));
        let fits = amount > 0 && amount < 1_000_000_000_000 && !note.is_empty();
        prop_assert_eq!(said.is_ok(), fits);
        let read = document.said::<Line>(&key);
        prop_assert_eq!(read.as_ref().and_then(|under| under.settled()), fits.then_some(&line));
        prop_assert_eq!(document.unread(), 0);
    }
}

#[test]
fn a_contested_answer_gives_all_values_until_it_is_settled() {
    let key = AnswerKey::Item(record_id(1));
    let (mut a, mut b) = (document("answers/2026"), document("answers/2026"));
    let from_a = edit(&mut a, 1, |editor| editor.say(&key, &yes("ours")).unwrap());
    let from_b = edit(&mut b, 2, |editor| {
        editor.say(&key, &yes("theirs")).unwrap()
    });
    a.apply(&[from_b]).unwrap();
    b.apply(&[from_a]).unwrap();
    let both = a.said::<Answer>(&key).unwrap();
    assert_eq!(Some(&both), b.said::<Answer>(&key).as_ref());
    assert!(both.is_contested() && both.settled().is_none());
    assert_eq!(both.said.len(), 2);
    assert_eq!(a.conflicts().len(), 1);
    // The same once more writes nothing; another one settles it.
    edit(&mut a, 1, |editor| {
        editor.say(&key, &yes("agreed")).unwrap()
    });
    let settled = a.said::<Answer>(&key).unwrap();
    assert_eq!(settled.settled(), Some(&yes("agreed")));
    let heads = a.heads();
    let again = a.edit(author(1), AT, |editor| editor.say(&key, &yes("agreed")));
    assert_eq!(again.unwrap().change, None);
    assert_eq!(a.heads(), heads);
    edit(&mut a, 1, |editor| {
        editor.take_back::<Answer>(&key).unwrap()
    });
    assert_eq!(a.said::<Answer>(&key), None);
}

#[test]
fn what_a_newer_version_says_is_kept_and_counted_and_hides_nothing() {
    let key = AnswerKey::Item(record_id(1));
    let newer = r#"{"by":"team","colour":"red","stance":"agree"}"#;
    let mut document = document("answers/2026");
    edit(&mut document, 1, |editor| {
        let place = (Container::Answers, key.to_string());
        editor.put_scalar(place.0, &place.1, newer).unwrap();
        editor
            .say(&AnswerKey::Item(record_id(2)), &yes("ours"))
            .unwrap();
    });
    assert_eq!(document.unread(), 1);
    assert!(document.is_unread(Container::Answers, &key.to_string()));
    let under = document.said::<Answer>(&key).unwrap();
    assert_eq!((under.said.len(), under.unreadable), (0, 1));
    assert_eq!(document.all_said::<Answer>().count(), 2);
    assert!(document.dump().contains("colour"));
}
