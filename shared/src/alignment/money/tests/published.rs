//! The published funding of Healthy Families NZ: three figures; two are parts of the third.

use super::*;

const FUNDING: &str = include_str!("../../../../../examples/data/hfnz-published-funding.csv");

/// The fields of a line of CSV, of which some are in quotes.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

fn funding() -> Vec<Invested> {
    let mut lines = FUNDING.lines();
    let names = fields(lines.next().unwrap());
    let rows = lines.map(|line| {
        let row: BTreeMap<String, String> = names.iter().cloned().zip(fields(line)).collect();
        let some = |name: &str| Some(row[name].clone()).filter(|text| !text.is_empty());
        Invested {
            owner: Owner::Hub,
            id: id(&row["identifier"][5..9]),
            identifier: some("identifier"),
            funder: row["funder"].clone(),
            recipient: some("recipient"),
            kind: row["kind"].parse().unwrap(),
            currency: row["currency"].parse().unwrap(),
            gst: Gst::Unknown,
            status: row["status"].parse().unwrap(),
            amount: row["amount"].parse().ok(),
            from: row["from"].parse().unwrap(),
            to: row["to"].parse().unwrap(),
            places: row["locations"].replace(';', "+").parse().unwrap(),
            outcomes: BTreeSet::new(),
            part_of: some("part_of"),
            until: None,
            lines: Vec::new(),
        }
    });
    rows.collect()
}

#[test]
fn the_published_funding_is_40_million_and_not_46_6() {
    let all: Number = funding().iter().filter_map(|one| one.amount).sum();
    assert_eq!(all, Number::from(46_596_420));
    let books = Books::of(funding(), &BTreeMap::new());
    assert_eq!(books.problems().count(), 0);
    let nine = ["EC", "FN", "HV", "IN", "OC", "RT", "SA", "WR", "WT"];
    let nine: BTreeSet<LocationCode> = nine.iter().map(|code| code.parse().unwrap()).collect();
    for year in ["FY2015", "FY2018", "2016"] {
        let money = books.count(period(year), &nine);
        let [(purse, pot)] = &money.pots.iter().collect::<Vec<_>>()[..] else {
            panic!("one kind and currency")
        };
        assert_eq!(purse.to_string(), "cash NZD");
        let whole = |of: i64| Range::of(of.into(), of.into());
        // Nothing is phased: no line divides it by year.
        assert_eq!(pot.total.committed, Range::default());
        assert_eq!(pot.total.spent, Range::default());
        assert_eq!(pot.total.in_force, whole(40_000_000));
        assert_eq!(pot.locations.shared.in_force, whole(33_403_580));
        let columns = pot.locations.of.keys();
        let codes = nine.iter().cloned().map(Column::Of);
        assert!(columns.eq(codes.collect::<Vec<_>>().iter()));
        for (column, figures) in &pot.locations.of {
            assert_eq!(figures.shared.in_force, whole(33_403_580));
            let own = match column.to_string().as_str() {
                "WT" => 4_696_420,
                "IN" => 1_900_000,
                _ => 0,
            };
            assert_eq!(figures.divided.in_force, whole(own), "{column}");
        }
        // No outcome is stated, so all of it is in the last row.
        assert_eq!(
            pot.outcomes.of.keys().collect::<Vec<_>>(),
            [&Row::NotStated]
        );
    }
    assert_eq!(books.count(period("FY2019"), &nine).pots.len(), 0);
}
