//! One file whose figures fill one part of a year and continue in the next.

use weft_shared::model::schema::DocKind;

use super::desk::Desk;
use crate::{
    kit::{Kit, example, fill},
    limits::DOCUMENT_FILL_PERCENT,
};

const FIRST: DocKind = DocKind::Observations(2022, 1);
const SECOND: DocKind = DocKind::Observations(2022, 2);
const ROWS: usize = 12 * 25;

/// A desk where any age may be reported.
fn desk() -> Desk {
    let ages = example("indicators.toml").replace(r#"age = ["12+", "5-11"]"#, r#"age = ["*"]"#);
    let desk = Desk::of(Kit::publishing(ages));
    desk.run("indicator adopt VAX_PRIMARY --audience network");
    desk
}

/// Figures of a year, each with a note of more than a thousand bytes.
fn year() -> String {
    let mut file = "indicator_code,area_code,period,breakdown,breakdown_value,numerator,\
                    denominator,note\n"
        .to_owned();
    let note = "counted by hand ".repeat(75);
    for month in 1..=12 {
        for age in 1..=25 {
            let (numerator, row) = (500 + age * 10 + month, note.trim());
            file.push_str(&format!(
                "VAX_PRIMARY,FAR_NORTH,2022-{month:02},age,{age},{numerator},1000,{row} {age}\n"
            ));
        }
    }
    file
}

/// Number of figures in each part.
fn held(desk: &Desk) -> [usize; 2] {
    [FIRST, SECOND].map(|part| {
        desk.with(move |replica| {
            let document = replica.own_document(part).unwrap();
            document.observations().count()
        })
    })
}

#[test]
fn one_file_over_several_parts_of_a_year_is_whole() {
    let desk = desk();
    desk.with(|replica| fill(replica, FIRST, DOCUMENT_FILL_PERCENT - 3).unwrap());
    desk.file("year.csv", &year());
    let told = desk.run("import observations year.csv");
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("300 rows: 300 changed"), "{}", told.out);
    let [first, second] = held(&desk);
    assert!(first > 0 && second > 0, "{first} and {second}");
    assert_eq!(first + second, ROWS, "each figure is in one part");
    assert_eq!(desk.run("conflicts").code, 0);
    let again = desk.run("import observations year.csv");
    let unchanged = again.out.contains(": 0 changed, 300 unchanged");
    assert!(again.code == 0 && unchanged, "{}{}", again.out, again.err);

    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out");
    let exported = desk.run(&format!("export --to {}", to.display()));
    assert_eq!(exported.code, 0, "{}", exported.err);
    let file = to.join("observations.csv");
    let import = format!("import observations {}", file.display());
    let own = desk.run(&import);
    let unchanged = own.out.contains(": 0 changed, 300 unchanged");
    assert!(own.code == 0 && unchanged, "{}{}", own.out, own.err);

    let fresh = self::desk();
    let told = fresh.run(&import);
    assert_eq!(told.code, 0, "nothing is asked: {}", told.err);
    assert!(told.out.contains("300 rows: 300 changed"), "{}", told.out);
    let list = "observation list --json";
    let figures = |desk: &Desk| {
        let rows: serde_json::Value = serde_json::from_str(&desk.run(list).out).unwrap();
        let rows = rows.as_array().unwrap().clone();
        let kept = |row: &serde_json::Value| {
            let names = ["id", "numerator", "denominator", "note"];
            names.map(|name| row[name].to_string()).join(" ")
        };
        let mut rows: Vec<String> = rows.iter().map(kept).collect();
        rows.sort();
        rows
    };
    assert_eq!(figures(&fresh).len(), ROWS);
    assert_eq!(figures(&fresh), figures(&desk));

    // A correction goes to the part that holds the figure.
    let set = "observation set VAX_PRIMARY --area FAR_NORTH --denominator 1000 --breakdown";
    for (age, month) in [(1, 1), (25, 12)] {
        let line = format!("{set} age={age} --period 2022-{month:02} --numerator 600");
        let told = desk.run(&line);
        assert_eq!(told.code, 0, "{}", told.err);
    }
    assert_eq!(held(&desk), [first, second]);
}

/// `10-14` is before `5-9` by its letters, and after it for everybody who reads it.
#[test]
fn parts_of_a_population_stand_as_people_count() {
    let desk = desk();
    for age in ["65+", "10-14", "5-9"] {
        let set = format!(
            "observation set VAX_PRIMARY --area FAR_NORTH --period 2022-12 --breakdown age={age} \
             --numerator 500 --denominator 1000"
        );
        let told = desk.run(&set);
        assert_eq!(told.code, 0, "{}", told.err);
    }
    let places = |text: &str| ["5-9", "10-14", "65+"].map(|age| text.find(age).unwrap());
    let listed = desk.run("observation list").out;
    assert!(places(&listed).is_sorted(), "{listed}");
    assert_eq!(desk.run("export --to all --format csv").code, 0);
    let file = desk.read("all/observations.csv");
    assert!(places(&file).is_sorted(), "{file}");
}
