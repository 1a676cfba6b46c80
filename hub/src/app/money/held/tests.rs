//! Investments as they are derived, beside what their documents say.

use weft_shared::model::record::Fields;

use super::*;
use crate::{
    app::{AppError, AppHandle},
    kit,
};

const TURNS: usize = 40;

fn fields(given: &[(&str, &str)]) -> Fields {
    let given = given.iter();
    given
        .map(|(key, text)| ((*key).to_owned(), (*text).into()))
        .collect()
}

/// One of several acts; the turn is its dice.
async fn act(app: &AppHandle, turn: usize) -> Result<(), AppError> {
    let known = turn / 4 + 1;
    let named = format!("EX-{}", turn / 4 * 7 % known * 4);
    let (amount, year) = (
        format!("{}", 10 + turn),
        format!("FY{}", 2027 + turn / 16 % 2),
    );
    let mut line = fields(&[("what", "spent"), ("period", &year), ("location", "FN")]);
    match turn % 4 {
        0 => {
            let identifier = format!("EX-{turn}");
            let new = fields(&[
                ("title", "Example: fund"),
                ("funder", "Example: ministry"),
                ("kind", "cash"),
                ("amount", "90000"),
                ("from", "2026-07-01"),
                ("to", "2028-06-30"),
                ("status", "committed"),
                ("identifier", &identifier),
                ("source", "Example: Budget"),
            ]);
            app.add_investment(new, None).await.map(drop)
        }
        1 => {
            let note = fields(&[("note", &amount)]);
            app.edit_investment(&named, note, None, None)
                .await
                .map(drop)
        }
        3 if known.is_multiple_of(3) => app.take_line_back(&named, line).await,
        _ => {
            line.insert("amount".to_owned(), amount.as_str().into());
            app.state_line(&named, line).await.map(drop)
        }
    }
}

/// The hub's money by a document itself.
fn said(document: &Document) -> Vec<(Record, Vec<(LineKey, Line)>)> {
    let records = document.records(RecordKind::Investment).into_iter();
    let lines: Vec<_> = document.all_said::<Line>().collect();
    let lines = |id: RecordId| {
        let own = lines.iter().filter(move |one| one.key.investment == id);
        let said = own.flat_map(|one| {
            let said = one.said.iter();
            said.map(|said| (one.key.clone(), said.value.clone()))
        });
        said.collect()
    };
    let live = records.filter(Record::is_live);
    live.map(|one| (one.clone(), lines(one.id))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_reads_what_the_documents_say() {
    let (_dir, app) = kit::hub().await;
    kit::add_location(&app, "FN", &[]).await;
    let mut done = 0;
    for turn in 0..TURNS {
        // An act that the dice make impossible is refused, and changes nothing.
        done += usize::from(act(&app, turn).await.is_ok());
        let zero = app.shared.identity.zero;
        let compared = app.counted(move |at| {
            let held = Held::load(at.conn, &zero)?;
            let known = held.all.iter().map(|one| {
                let fields = one.record.to_fields();
                (one.record.id, one.audience(), fields, one.stated())
            });
            let document = document(at.conn, &zero, 1)?;
            let said = said(&document).into_iter();
            let said = said.map(|(one, lines)| (one.id, one.audience, one.to_fields(), lines));
            assert_eq!(known.collect::<Vec<_>>(), said.collect::<Vec<_>>());
            assert_eq!((held.last.0, held.unread), (1, 0));
            assert_eq!(held.last.1.investments, held.all.len());
            Ok(())
        });
        compared.await.unwrap();
    }
    assert!(done > TURNS / 2, "{done}");
}
