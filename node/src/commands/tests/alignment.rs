//! The agenda, money and the line of sight, on a node without a hub that has what the hub said.

use serde_json::Value;

use super::desk::Desk;
use crate::kit::{self, aligned::id};

/// A node whose hub has an agenda and states one contract for us.
fn desk() -> Desk {
    Desk::of(kit::aligned())
}

const OUR_CONTRACT: &str = "investment add --title Example:~ours --funder Example:~a~ministry \
    --kind cash --amount 100000 --from 2026-07-01 --to 2027-06-30 --identifier C-1 --status \
    committed --source Example:~our~books";

fn ok(desk: &Desk, line: &str) -> String {
    let answer = desk.run(line);
    assert_eq!(answer.code, 0, "{line}: {}{}", answer.out, answer.err);
    answer.out.trim().to_owned()
}

/// The words of a command that does its work.
fn told(desk: &Desk, line: &str) -> String {
    let answer = desk.run(line);
    assert_eq!(answer.code, 0, "{line}: {}{}", answer.out, answer.err);
    let said = format!("{} {}", answer.out, answer.err);
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn refused(desk: &Desk, line: &str) -> String {
    let answer = desk.run(line);
    assert_eq!(answer.code, 2, "{line}: {}{}", answer.out, answer.err);
    answer.err.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sight(desk: &Desk) -> Value {
    let said = ok(desk, "line-of-sight --period FY2027 --json");
    serde_json::from_str(&said).unwrap()
}

#[test]
fn codes_that_the_network_lacks_are_named_with_those_that_are_like_them() {
    let desk = desk();
    let wrong = format!("{OUR_CONTRACT} --outcomes VAXX --locations FNN --audience network");
    let said = refused(&desk, &wrong);
    for part in [
        "locations: \"FNN\" is not a location of the network. There are: FN.",
        "outcomes: \"VAXX\" is not an outcome of the network. There are: VAX.",
        "Nothing was saved.",
    ] {
        assert!(said.to_lowercase().contains(&part.to_lowercase()), "{said}");
    }
    let said = refused(&desk, "outcome add --name Example:~safe --shared VAXX");
    assert!(said.contains("There are: VAX."), "{said}");
    assert_eq!(ok(&desk, "investment list"), "");
}

#[test]
fn a_line_that_replaces_another_and_money_without_a_place_say_so() {
    let desk = desk();
    let nowhere = "No location is stated, so no location’s column has it";
    let added = told(&desk, OUR_CONTRACT);
    assert!(added.contains(nowhere), "{added}");
    let placed = OUR_CONTRACT.replace("C-1", "C-2");
    let added = told(&desk, &format!("{placed} --locations FN"));
    assert!(!added.contains(nowhere), "{added}");
    let whole = added.split(' ').next().unwrap();
    let line = |amount: u32, place: &str| {
        let what = "--what committed --period FY2027";
        told(
            &desk,
            &format!("investment line {whole} {what} --amount {amount}{place}"),
        )
    };
    let first = line(60_000, " --location FN");
    assert!(first.ends_with("see it too."), "{first}");
    let second = line(50_000, " --location FN");
    let words = "It takes the place of 60,000, which stays in the history.";
    assert!(second.ends_with(words), "{second}");
    assert!(line(5_000, "").contains(nowhere));
}

/// Lines with days in common are never added, and the person who states the second one reads that.
#[test]
fn a_line_that_has_days_in_common_with_another_says_so() {
    let desk = desk();
    let added = told(&desk, &format!("{OUR_CONTRACT} --locations FN"));
    let whole = added.split(' ').next().unwrap();
    let line = |what: &str, period: &str| {
        let place = "--location FN --amount 1000";
        told(
            &desk,
            &format!("investment line {whole} --what {what} --period {period} {place}"),
        )
    };
    assert!(line("committed", "FY2027").ends_with("see it too."));
    let month = line("committed", "2027-03");
    let words = "It has days in common with the line for the year to June 2027, so the two are \
                 never added. Where both lie in the period that is asked for, the one that begins \
                 first counts, or the longer of two that begin on one day.";
    assert!(month.ends_with(words), "{month}");
    // Money that is spent is another line.
    let spent = line("spent", "2026-08");
    assert!(spent.ends_with("see it too."), "{spent}");
    let quarter = line("committed", "2027-Q1");
    let words = "with the lines for the year to June 2027, March 2027, so they are never added";
    assert!(quarter.contains(words), "{quarter}");
}

#[test]
fn a_line_is_stated_within_what_its_parts_leave_shown_and_taken_back() {
    let desk = desk();
    let whole = ok(&desk, OUR_CONTRACT);
    let part = format!("{OUR_CONTRACT} --part-of C-1").replace("100000", "40000");
    ok(&desk, &part.replace("--identifier C-1", "--identifier C-2"));
    let line = |amount: u32| {
        format!(
            "investment line {whole} --what committed --period FY2027 --amount {amount} --location \
             FN --outcome VAX"
        )
    };
    // 40,000 of the 100,000 are its part's.
    let said = refused(&desk, &line(60_001));
    assert!(said.contains("there is 60,000 for them"), "{said}");
    let said = refused(&desk, &line(60_000).replace("VAX", "VAXX"));
    assert!(said.contains("\"VAXX\" is not an outcome"), "{said}");
    ok(&desk, &line(60_000));
    let shown = ok(&desk, &format!("investment show {whole}"));
    let last = shown.lines().last().unwrap();
    let cells: Vec<&str> = last.split_whitespace().collect();
    assert_eq!(cells, ["committed", "FY2027", "FN", "VAX", "60,000"]);

    let back = format!("investment line {whole} --what committed --period FY2027 --take-back");
    let said = refused(&desk, &back);
    assert!(said.contains("has no such line"), "{said}");
    ok(&desk, &format!("{back} --location FN --outcome VAX"));
    let shown = ok(&desk, &format!("investment show {whole} --json"));
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["lines"], Value::Array(Vec::new()));
}

#[test]
fn money_that_cannot_be_is_refused() {
    let desk = desk();
    let wrong = format!("{OUR_CONTRACT} --currency QQQ");
    assert!(refused(&desk, &wrong).contains("ISO 4217"));
    let whole = ok(&desk, OUR_CONTRACT);
    let part =
        format!("{OUR_CONTRACT} --part-of C-1").replace("--identifier C-1", "--identifier C-2");
    let part = ok(&desk, &part);
    for (of, words) in [
        ("C-1", "a part of itself"),
        (&part, "is a part of this one"),
    ] {
        let edit = format!("investment edit {whole} --part-of {of} --locations FNN");
        let said = refused(&desk, &edit);
        assert!(said.contains(words) && said.contains("FNN"), "{said}");
    }
    let spent = format!("investment line {whole} --what spent --period FY2190 --amount 5");
    let said = refused(&desk, &format!("{spent} --location FNN"));
    for words in ["nothing was spent in it yet", "FNN"] {
        assert!(said.contains(words), "{said}");
    }
    let review = "review add --question Example:~what~moved --period 2026 --on 2190-01-01 \
        --decided Example:~more";
    assert!(refused(&desk, review).contains("has not come yet"));
    let review = "review add --question Example:~what~moved --period 2190 --on 2026-01-05 \
        --next 2026-01-04 --decided Example:~more";
    let said = refused(&desk, review);
    for words in ["2190 has not begun", "comes after this one"] {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn another_amount_for_our_contract_stands_beside_the_networks() {
    let desk = desk();
    let mine = ok(&desk, &format!("{OUR_CONTRACT} --audience network"));
    let line = format!(
        "investment line {mine} --what committed --period FY2027 --amount 100000 --location FN \
         --outcome VAX"
    );
    ok(&desk, &line);
    let column = sight(&desk);
    let vax = &column["outcomes"][0];
    assert_eq!(vax["outcome"], "VAX");
    let money = &vax["money"][0];
    for (key, amount) in [("value", 120_000), ("low", 100_000), ("high", 120_000)] {
        assert_eq!(money[key], amount, "{key}");
    }
    assert_eq!(
        (&money["measure"], &money["part"]),
        (&"committed".into(), &"divided".into())
    );
    assert_eq!(vax["questions"][1]["question"], "amounts_differ");
    let said = ok(&desk, "line-of-sight --period FY2027");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("(teams differ: 100,000 to 120,000)"),
        "{said}"
    );
    // A record for the team alone is in no column.
    ok(&desk, &format!("investment edit {mine} --audience team"));
    assert_eq!(sight(&desk)["outcomes"][0]["money"][0]["low"], 120_000);
}

#[test]
fn our_word_stands_in_our_column_and_a_question_is_answered_verbatim() {
    let desk = desk();
    let named = "outcome add --name Example:~tamariki --shared VAX --priority yes --by \
        leadership~group --why Example:~it~matters";
    ok(&desk, named);
    assert_eq!(
        sight(&desk)["outcomes"][0]["priority"],
        Value::Null,
        "it is for the team alone"
    );
    ok(&desk, &format!("{named} --audience network"));
    ok(&desk, "outcome add --name Example:~kai --audience network");
    let column = sight(&desk);
    let vax = &column["outcomes"][0];
    assert_eq!(vax["priority"]["by"], "leadership group");
    assert_eq!(vax["others"][0]["title"], "Example: clinics at kura");
    assert_eq!(vax["questions"][0]["question"], "need_unknown");
    // An outcome that only we named has its row.
    let own = &column["outcomes"][1];
    assert_eq!(
        (&own["name"], &own["named_by"]),
        (&"Example: kai".into(), &"location".into())
    );

    let answer = "agenda answer need_unknown/VAX --reason";
    let said = refused(&desk, "agenda answer need_unknown/VAX");
    assert!(said.contains("say why"), "{said}");
    let said = refused(
        &desk,
        "agenda answer need_unknown/NONE --reason x --period FY2027",
    );
    assert!(said.contains("is not asked of us in FY2027"), "{said}");
    // Money that other locations state is at the hub alone: it may ask what this computer does not.
    let said = told(
        &desk,
        "agenda answer ends_soon/VAX --reason x --period FY2027",
    );
    assert!(
        said.contains("This computer does not ask the question. The hub may"),
        "{said}"
    );
    // A question that is not asked takes no answer: it would stand beside nothing.
    let said = refused(
        &desk,
        "agenda answer no_target/VAX --reason x --period FY2027",
    );
    assert!(
        said.contains("The questions of FY2027 are need_unknown/VAX"),
        "{said}"
    );
    let asked = &sight(&desk)["outcomes"][0]["questions"];
    assert_eq!(asked[0]["answers"], serde_json::json!([]));
    let first = told(&desk, &format!("{answer} Example:~earlier --period FY2026"));
    assert!(!first.contains("in place of"), "{first}");
    let again = format!("{answer} Example:~\"we~count~it~in~2027\",~Māori~words");
    let said = told(&desk, &again);
    for words in [
        "Answered, in place of our earlier answer, our explanation: Example: earlier (team).",
        "A question has one answer, for all periods.",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let said = &sight(&desk)["outcomes"][0]["questions"][0]["answers"][0];
    assert_eq!(
        said["reason"],
        "Example: \"we count it in 2027\", Māori words"
    );
    assert_eq!(said["stance"], "explain");
}

#[test]
fn requests_of_all_locations_are_listed_with_what_is_late_and_how_long_answers_took() {
    let desk = desk();
    ok(
        &desk,
        "opportunity add --what Example:~shade --who local_government --peers yes --audience \
         network",
    );
    ok(
        &desk,
        "opportunity add --what Example:~a~van --who backbone --peers yes --audience network",
    );
    let said = ok(&desk, "request list --json");
    let rows: Value = serde_json::from_str(&said).unwrap();
    let told = |row: usize| {
        let of = |key: &str| rows[row][key].to_string();
        let keys = [
            "location", "what", "due", "late", "answered", "days", "stance",
        ];
        keys.map(of).join(" ")
    };
    assert_eq!(rows.as_array().unwrap().len(), 3, "{said}");
    // The hub has not listed ours yet, and what we ask of somebody else is no request.
    assert_eq!(
        told(0),
        "\"FN\" \"Example: a van\" null false null null null"
    );
    let late = "\"RT\" \"Example: a guide\" \"2025-09-29\" true null null null";
    assert_eq!(told(1), late);
    let answered = "\"RT\" \"Example: one form\" \"2025-09-29\" true \"2025-10-09\" 38 \"partly\"";
    assert_eq!(told(2), answered);
    let said = ok(&desk, "request list");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("late since 30 September"), "{said}");
}

#[test]
fn an_answer_that_the_hub_does_not_have_yet_says_so() {
    let desk = desk();
    let said = ok(&desk, "agenda list");
    assert!(said.contains("1 item still without our answer."), "{said}");
    let item = id(3).to_string();
    // The title is first, and the beginning of the id is enough for the commands.
    let short = &item[..13];
    let listed = said.lines().nth(1).unwrap();
    assert!(listed.starts_with("Example: one"), "{said}");
    assert!(
        said.contains(&format!(" {short} ")) && !said.contains(&item),
        "{said}"
    );
    ok(&desk, &format!("agenda answer {short} --stance agree"));
    let said = ok(&desk, "agenda list");
    assert!(said.contains("(written,"), "{said}");
    assert!(!said.contains("to go"), "{said}");
    let shown = ok(&desk, &format!("agenda show {item}"));
    let today = desk.with(|replica| replica.zone().day(weft_host::clock::now()));
    let on = shown
        .lines()
        .any(|line| line.starts_with("on ") && line.ends_with(&today.to_string()));
    assert!(on, "{shown}");
}

#[test]
fn days_that_do_not_fit_are_refused_with_all_else_that_is_wrong() {
    let desk = desk();
    let said = refused(
        &desk,
        "review add --question Example:~what~moved --period lately --on 9000-01-01 --decided x \
         --indicator NONE",
    );
    for part in ["has not come yet", "\"lately\"", "\"NONE\" is not"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let ask = "opportunity add --what Example:~a~van --who backbone --needed-by 2020-01-31";
    let said = refused(&desk, ask);
    for part in ["that day has passed", "say yes, or name another actor"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(ok(&desk, "opportunity list"), "");
    let id = ok(
        &desk,
        "opportunity add --what Example:~a~van --who local_government",
    );
    let said = refused(
        &desk,
        &format!("opportunity edit {id} --who backbone --needed-by 2020-01-31"),
    );
    for part in ["that day has passed", "say yes, or name another actor"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_wrong_answer_names_those_that_fit_its_item() {
    let desk = desk();
    let said = refused(&desk, &format!("agenda answer {} --stance maybe", id(3)));
    let fits = "\"maybe\" does not answer this: write agree, change, disagree, not_for_us";
    assert!(said.contains(fits), "{said}");
    assert!(!said.contains("passed_on"), "{said}");
}

#[test]
fn an_export_has_investments_lines_answers_and_reviews() {
    let desk = desk();
    let mine = ok(&desk, OUR_CONTRACT);
    let line = format!("investment line {mine} --what spent --period FY2027 --amount 5");
    ok(&desk, &line);
    ok(
        &desk,
        "agenda answer need_unknown/VAX --reason Example:~soon",
    );
    let item = id(3).to_string();
    ok(&desk, &format!("agenda answer {item} --stance agree"));
    ok(
        &desk,
        "review add --question Example:~what~moved --period 2026 --on 2026-11-01 --decided \
         Example:~more",
    );
    ok(&desk, "export --to out --format csv");
    for (file, said) in [
        ("out/investments.csv", "Example: our books"),
        ("out/lines.csv", "Example: ours,spent,FY2027,,,NZD,5"),
        ("out/answers.csv", "Example: one aim for all,agree"),
        ("out/answers.csv", "question/need_unknown/VAX"),
        ("out/reviews.csv", "Example: what moved"),
    ] {
        let text = desk.read(file);
        assert!(text.contains(said), "{file}: {text}");
    }
    ok(&desk, "export --to json --format json");
    let whole: Value = serde_json::from_str(&desk.read("json/weft.json")).unwrap();
    assert_eq!(whole["lines"][0]["amount"], 5);
    assert_eq!(whole["answers"][1]["reason"], "Example: soon");
}
