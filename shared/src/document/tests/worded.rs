//! Wordings that stood before, and when each was first answered.

use super::*;
use crate::{
    document::Path,
    id::WordingHash,
    model::{
        answer::{Answer, AnswerKey, Stance},
        item::{is_worded, wording},
    },
};

fn at(seconds: i64) -> Timestamp {
    AT.plus_ms(seconds * 1_000 - 500)
}

fn say(agenda: &mut Document, seconds: i64, answer: &Answer) {
    let edited = agenda.edit::<EditError>(author(1), at(seconds), |editor| {
        editor.say(&request(), answer)
    });
    edited.unwrap();
}

fn request() -> AnswerKey {
    AnswerKey::Request("FN".parse().unwrap(), record_id(1))
}

fn answer(stance: Stance, wording: WordingHash) -> Answer {
    Answer {
        stance,
        reason: Some("Example: why".to_owned()),
        by: "national team".to_owned(),
        until: None,
        wording: Some(wording),
        due: None,
    }
}

#[test]
fn an_answer_in_time_stays_so_whatever_is_said_later() {
    let (first, other) = (WordingHash::new([1; 32]), WordingHash::new([2; 32]));
    let mut agenda = document("agenda");
    let on = |agenda: &Document, wording| {
        let in_time = |said: Timestamp| said <= at(20);
        agenda.answered(&request(), &wording, in_time)
    };
    say(&mut agenda, 5, &answer(Stance::NeedsTime, first));
    assert_eq!(on(&agenda, first), None, "to ask for time is no answer");
    say(&mut agenda, 10, &answer(Stance::Yes, first));
    assert_eq!(on(&agenda, first), Some(at(10)));
    say(&mut agenda, 15, &answer(Stance::Partly, first));
    assert_eq!(on(&agenda, first), Some(at(15)), "the last one, if in time");
    say(&mut agenda, 30, &answer(Stance::No, first));
    assert_eq!(on(&agenda, first), Some(at(10)), "or else the first one");
    assert_eq!(on(&agenda, other), None, "it is to another wording");
    say(&mut agenda, 40, &answer(Stance::No, other));
    assert_eq!(on(&agenda, other), Some(at(40)));
    assert_eq!(on(&agenda, first), None, "it does not stand");
    assert_eq!(agenda.first_answer(&request(), &first), Some(at(10)));
}

#[test]
fn an_earlier_wording_is_found_with_its_texts_and_the_day_it_went() {
    let (kind, id) = (RecordKind::Item, record_id(1));
    let mut agenda = document("agenda");
    let mut put = |seconds: i64, given: &[(&str, &str)]| {
        let fields = fields(given);
        let edited = agenda.edit::<EditError>(author(1), at(seconds), |editor| {
            editor.put_record(kind, &id, Audience::Network, &fields)
        });
        edited.unwrap();
        wording(&agenda.record(kind, &id).unwrap()).unwrap()
    };
    let first = put(
        10,
        &[("type", "proposal"), ("title", "One"), ("text", "An aim")],
    );
    put(20, &[("closes", "2027-01-01")]);
    let second = put(30, &[("title", "Two")]);
    let third = put(40, &[("text", "")]);
    let was = |wording| agenda.worded(kind, &id, &wording);
    let (texts, went) = was(first).unwrap();
    assert_eq!((&*texts["title"], &*texts["text"]), ("One", "An aim"));
    assert_eq!(went, at(30));
    let (texts, went) = was(second).unwrap();
    assert_eq!((&*texts["title"], went), ("Two", at(40)));
    assert_eq!(was(third), None, "it stands");
    assert_eq!(was(WordingHash::new([7; 32])), None, "it never was");
}

#[test]
fn what_was_written_or_cleared_is_told_by_place() {
    let mut plan = document("plan");
    let kind = RecordKind::Opportunity;
    let put = |plan: &mut Document, device: u8, given: &[(&str, &str)]| {
        edit(plan, device, |editor| {
            let fields = fields(given);
            editor
                .put_record(kind, &record_id(1), Audience::Network, &fields)
                .unwrap();
        });
    };
    put(&mut plan, 1, &[("what", "Shade"), ("state", "open")]);
    put(&mut plan, 1, &[("description", "Hot")]);
    put(&mut plan, 2, &[("description", "")]);
    let is_text = |path: &Path| {
        let field = path.field.as_deref();
        field.is_some_and(|field| is_worded(kind, field))
    };
    let written = plan.writings(&is_text).into_iter();
    let fields = written.filter_map(|(path, _)| path.field);
    let fields: Vec<String> = fields.collect();
    assert_eq!(fields, ["what", "description", "description"]);
}
