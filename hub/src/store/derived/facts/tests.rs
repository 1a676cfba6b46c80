//! Facts read back as they were put.

use weft_shared::model::{Audience, observation::Status};

use super::{super::names::Names, *};

/// The last entry.
const LAST: u64 = 12;
const PLACE: FactPlace = FactPlace {
    document: 1,
    series: 1,
    period: 7,
    place: 1,
};

fn form() -> Form {
    Form {
        definition: DefinitionHash::new([3; 32]),
        status: Status::Provisional,
        audience: Audience::Released,
    }
}

fn row(numerator: &str, entry: Option<u64>) -> FactRow {
    let Form {
        definition,
        status,
        audience,
    } = form();
    FactRow {
        form: 1,
        statement: Statement {
            numerator: numerator.parse().ok(),
            ..Statement::without_figure(definition, status, audience)
        },
        at: entry.map(|_| Timestamp::from_ms(1_795_000_000_000)),
        entry,
    }
}

/// Puts statements, and returns by how many there are more.
fn more(conn: &Connection, place: FactPlace, rows: &[FactRow], new: bool) -> i64 {
    let standing = Standing {
        since: if rows.is_empty() { LAST } else { 9 },
        withdraws: None,
        rows: rows.to_vec(),
    };
    let facts = BTreeMap::from([(place, vec![standing])]);
    let put = put(conn, &facts, |_| new).unwrap();
    put.more[&place.series]
}

/// The statements as of an entry; after the last one, also those that stand.
fn found(
    conn: &Connection,
    at: u64,
) -> Result<Vec<(FactPlace, Statement, Option<u64>)>, StoreError> {
    let (mut found, mut standing) = (Vec::new(), Vec::new());
    let form = |_| Some(form());
    past::each_at(conn, (1, 1), (7, 7), at, form, |place, row| {
        assert_eq!(row.at.is_some(), row.entry.is_some());
        found.push((place, row.statement, row.entry));
    })?;
    each(conn, (1, 1), (7, 7), form, |place, row| {
        standing.push((place, row.statement, row.entry));
    })?;
    if at == LAST {
        assert_eq!(found, standing);
    }
    Ok(found)
}

#[test]
fn facts_read_back_as_they_were_put() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(include_str!("../../derived.sql"))
        .unwrap();
    let mut full = row("-2.25", Some(9));
    full.statement = Statement {
        denominator: Some(Number::from(999_999_999_999_999)),
        value: "0.000000001".parse().ok(),
        lower: Some(Number::ZERO),
        upper: Some(Number::from(i64::MAX) + Number::from(i64::MAX)),
        method: Some("as printed".to_owned()),
        confirmed: ["jump", "a,\"b\""].map(str::to_owned).into(),
        sign: Some("..C".to_owned()),
        ..full.statement
    };
    let rows = [full, row("18", None)];
    assert_eq!(more(&conn, PLACE, &rows[..1], true), 1);
    assert_eq!(more(&conn, PLACE, &rows, false), 1);
    let elsewhere = FactPlace { period: 8, ..PLACE };
    more(&conn, elsewhere, &rows, true);
    let all = rows.map(|row| (PLACE, row.statement, row.entry));
    assert_eq!(found(&conn, LAST).unwrap(), all);
    assert_eq!(found(&conn, 8).unwrap(), [], "nothing had begun");
    assert_eq!(count(&conn).unwrap(), 2, "places, not statements");
    let whole = "SELECT typeof(numerator) FROM facts WHERE n = 1 AND period = 7";
    let whole: String = conn.query_row(whole, [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "integer");
    assert_eq!(more(&conn, PLACE, &[], false), -2);
    assert_eq!(found(&conn, 10).unwrap(), all, "it ended later");
    assert_eq!(found(&conn, LAST).unwrap(), []);
    for spoilt in ["numerator = 'x'", "upper = 1.5", "confirmed = 'x'"] {
        conn.execute("DELETE FROM facts WHERE period = 7", [])
            .unwrap();
        more(&conn, PLACE, &[row("1", None)], true);
        let spoil = format!("UPDATE facts SET {spoilt} WHERE period = 7");
        conn.execute(&spoil, []).unwrap();
        let damaged = found(&conn, LAST);
        assert!(
            matches!(damaged, Err(StoreError::Derived("facts"))),
            "{spoilt}"
        );
    }
}

#[test]
fn numbers_once_given_stay() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(include_str!("../../derived.sql"))
        .unwrap();
    let give = |names: &mut Names| {
        let spelled = |text: &str| weft_shared::model::observation::Breakdown::by("age", text);
        let (a, b) = ("VAX".parse().unwrap(), "MEASLES".parse().unwrap());
        let series = [
            (&a, "5-11"),
            (&a, "Over 60"),
            (&a, "over 60"),
            (&b, "over 60"),
        ];
        let series = series.map(|(code, age)| names.series(code, &spelled(age)));
        let areas = ["NORTH", "SOUTH"].map(|area| area.parse().unwrap());
        let places = areas.map(|area| names.place(LocationRow(4), &area));
        names.slice(1, "2023-05".parse().unwrap());
        let doc = weft_shared::id::DocId::new([5; 16]);
        let given = (series, places, names.form(form()));
        let given = (given, names.document(LocationRow(4), &doc, 2023));
        names.take_fresh().write(&conn).unwrap();
        given
    };
    let given = give(&mut Names::default());
    assert_eq!(given.0.0, [(1, 1), (2, 2), (3, 2), (4, 4)]);
    // It would fail to write a number twice.
    assert_eq!(give(&mut Names::read(&conn).unwrap()), given);
}
