//! Audiences of earlier versions, `government` and `public`, in every place that names one.

use super::*;
use crate::model::{
    profile::{Adoption, AdoptionStatus},
    schema::{self, Container},
};

const EARLIER: [&str; 2] = ["government", "public"];

/// A document in which two people wrote, without knowing of each other, what `write` writes for
/// each of the two words, after `first`.
fn by_two(name: &str, first: &[Vec<u8>], write: impl Fn(&mut Editor<'_>, &str)) -> Document {
    let (mut one, mut two) = (document(name), document(name));
    one.apply(first).unwrap();
    two.apply(first).unwrap();
    edit(&mut one, 1, |editor| write(editor, EARLIER[0]));
    let second = edit(&mut two, 2, |editor| write(editor, EARLIER[1]));
    one.apply(&[second]).unwrap();
    one
}

/// A text of this version as an earlier one wrote it.
fn earlier(text: &str, word: &str) -> String {
    let earlier = text.replacen("released", word, 1);
    assert_ne!(earlier, text);
    earlier
}

#[test]
fn statements_and_decisions_of_earlier_versions_are_for_releases_and_agree() {
    let released = Statement {
        audience: Audience::Released,
        ..stated(900)
    };
    let estimated = Statement {
        status: Status::Estimated,
        method: Some("by hand".to_owned()),
        ..released.clone()
    };
    for statement in [released, estimated] {
        let all = by_two("observations/2022", &[], |editor, word| {
            let text = earlier(&statement.encode(), word);
            let put = editor.put_scalar(Container::Observations, FN, &text);
            put.unwrap();
        });
        assert!(
            all.conflicts().is_empty(),
            "the two words mean one audience"
        );
        let observed = all.observation(&key(FN)).unwrap();
        assert_eq!(observed.settled(), Some(&statement));
        assert!(all.dump().contains(r#"\"audience\":\"government\""#));
    }
    let adoption = Adoption {
        status: AdoptionStatus::Adopted,
        definition: DefinitionHash::new([9; 32]),
        audience: Audience::Released,
        reason: None,
        releases: None,
        open: None,
    };
    let all = by_two("profile", &[], |editor, word| {
        let text = earlier(&adoption.encode(), word);
        let put = editor.put_scalar(Container::Adoptions, "VAX_PRIMARY", &text);
        put.unwrap();
    });
    assert!(all.conflicts().is_empty());
    assert_eq!(
        all.adoptions().into_values().collect::<Vec<_>>(),
        [adoption]
    );
}

#[test]
fn records_of_earlier_versions_are_for_releases_and_saving_them_again_writes_nothing() {
    let id = record_id(1);
    let first = edit(&mut document("plan"), 1, |editor| {
        let what = fields(&[("name", "Example: less smoke")]);
        let put = editor.put_record(RecordKind::Outcome, &id, Audience::Network, &what);
        put.unwrap();
    });
    let mut plan = by_two("plan", &[first], |editor, word| {
        let put = editor.put_raw(RecordKind::Outcome, &id, schema::AUDIENCE, word);
        put.unwrap();
    });
    let record = plan.record(RecordKind::Outcome, &id).unwrap();
    assert_eq!(record.audience, Audience::Released);
    let disputed: Vec<_> = plan.conflicts();
    assert!(disputed.is_empty(), "{disputed:?}");
    let again = plan.edit(author(1), AT, |editor| {
        editor.put_record(RecordKind::Outcome, &id, Audience::Released, &Fields::new())
    });
    assert_eq!(again.unwrap().change, None);
}

#[test]
fn no_upgrade_widens_what_a_person_agreed_to() {
    let id = record_id(1);
    for (word, read) in [("government", "network"), ("public", "released")] {
        let mut insights = document("insights/2026");
        edit(&mut insights, 1, |editor| {
            let kind = RecordKind::Insight;
            let (words, _) = crate::model::insight::Words::salted([7; 16], "Example: it is dark");
            editor
                .put_record(kind, &id, Audience::Network, &words.fields())
                .unwrap();
            let put = editor.put_raw(kind, &id, schema::CONSENT, word);
            put.unwrap();
        });
        let record = insights.record(RecordKind::Insight, &id).unwrap();
        assert_eq!(record.text(schema::CONSENT), Some(read), "{word}");
    }
}
