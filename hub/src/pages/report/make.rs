//! Puts a report in the order of its reader.

use weft_shared::{
    alignment::money::Owner,
    model::excerpt,
    period::{Date, day_words},
    text::{capital, counted},
};

use super::{
    Reader, Wanted, missing,
    money::{asked_money, money},
    place::{aims, place},
    read::Content,
    section::{Item, Report, Section},
};
use crate::{
    app::SharedRecord,
    pages::{agenda::place_of, shifted::status},
};

/// Entries of a list.
const LINES_MAX: usize = 6;
/// Characters of a condition before and after it shifted, of its evidence and of a decision.
const CHARS_MAX: usize = 200;

/// Makes the report.
pub(crate) fn make(content: &Content, wanted: &Wanted) -> Report {
    let aims = || aims(content);
    let shifted = || shifted(content);
    let money = || money(content, wanted.reader);
    let ask = || ask(content, wanted.reader);
    let place = || place(content);
    let mut sections = match wanted.reader {
        Reader::Minister => vec![aims(), shifted(), money(), ask(), place()],
        Reader::Funder => vec![aims(), money(), shifted(), ask(), place()],
        Reader::Community => vec![shifted(), ask(), aims(), place(), money()],
    };
    sections.push(missing::section(content));
    let so_far = if content.period.end() > content.today {
        ", so far"
    } else {
        ""
    };
    let as_of = match content.moment {
        Some(moment) => format!("as of {}", content.zone.minute(moment)),
        None => format!("as of {}", day_words(content.today)),
    };
    Report {
        title: wanted.reader.title().to_owned(),
        network: content.network.clone(),
        period: format!("{}{so_far}", capital(&content.period.words())),
        made: format!(
            "Made by the national team of {}, {as_of}. Hub run by {}.",
            content.network, content.operator
        ),
        sections,
    }
}

fn shifted(content: &Content) -> Section {
    let mut section = Section::new("shifted", "What shifted");
    let short = |text: &str| excerpt(text, CHARS_MAX);
    let place = |code: &str| match code.parse() {
        Ok(code) => place_of(&content.names, &code),
        Err(_) => code.to_owned(),
    };
    let meta = |code: &str, day: Option<Date>| {
        let day = day.map(|day| format!(" · {}", day_words(day)));
        format!("{}{}", place(code), day.unwrap_or_default())
    };
    let told = [("Before", "from"), ("Now", "to"), ("Evidence", "evidence")];
    let markers = content.learnt.markers.iter().map(|one| {
        let record = &one.record;
        let told = told
            .iter()
            .map(|(word, key)| (word, short(record.text(key))));
        let told = told.filter(|(_, text)| !text.is_empty());
        Item {
            what: record.text("condition").to_owned(),
            lines: told.map(|(word, text)| format!("{word}: {text}")).collect(),
            meta: meta(&record.location, record.text("on").parse().ok()),
        }
    });
    let moved = content.moved.iter().map(|one| Item {
        what: one.title.clone(),
        lines: moves(one).into_iter().collect(),
        meta: meta(
            &one.location,
            one.changed
                .as_ref()
                .map(|change| content.zone.day(change.at)),
        ),
    });
    let decided = content.learnt.reviews.iter().map(|one| {
        let code = one.location.as_ref().map(ToString::to_string);
        Item {
            what: one.text("question").to_owned(),
            lines: vec![format!("Decided: {}", short(one.text("decided")))],
            meta: meta(&code.unwrap_or_default(), one.on()),
        }
    });
    let items: Vec<Item> = markers.chain(moved).chain(decided).collect();
    if items.is_empty() {
        section.words("No location has released a word about what shifted in this period.");
    } else {
        section.list(items, (LINES_MAX, "markers.csv and reviews.csv"));
    }
    section
}

/// The change of an initiative's status in words.
fn moves(record: &SharedRecord) -> Option<String> {
    let label = |word: &str| status(word).words;
    let change = record.changed.as_ref()?;
    let now = label(record.text("status"));
    Some(match change.from.is_empty() {
        true => format!("Now {now}."),
        false => format!("From {} to {now}.", label(&change.from)),
    })
}

fn ask(content: &Content, reader: Reader) -> Section {
    let heading = match reader {
        Reader::Minister => "What we ask of central government",
        Reader::Funder => "What we ask of those who fund",
        Reader::Community => "What you could do",
    };
    let mut section = Section::new("ask", heading);
    let items = content.asks.iter().map(|one| {
        let code = one.location.parse();
        let place = code.map_or_else(
            |_| one.location.clone(),
            |code| place_of(&content.names, &code),
        );
        let by = one.text("needed_by").parse::<Date>().ok();
        let by = by.map(|day| format!(" · needed by {}", day_words(day)));
        let about = excerpt(one.text("description"), CHARS_MAX);
        Item {
            what: one.text("what").to_owned(),
            lines: Some(about)
                .filter(|text| !text.is_empty())
                .into_iter()
                .collect(),
            meta: format!("{place}{}", by.unwrap_or_default()),
        }
    });
    let items: Vec<Item> = items.collect();
    match items.len() {
        0 => section.words(match reader {
            Reader::Minister => {
                "No location has released an opportunity that central government could act on."
            }
            Reader::Funder => "No location has released an opportunity that anybody could act on.",
            Reader::Community => {
                "No location has released an opportunity that the community could act on."
            }
        }),
        many => {
            let verb = counted(many, "opportunity that is", "opportunities that are");
            section.words(format!("The locations named {verb} open."));
            section.list(items, (LINES_MAX, "opportunities.csv"));
        }
    }
    if reader != Reader::Community {
        asked_money(content, &mut section);
    }
    section
}

/// The name of the team of a record.
pub(super) fn team(content: &Content, owner: &Owner) -> String {
    match owner {
        Owner::Hub => "the national team".to_owned(),
        Owner::Location(code) => place_of(&content.names, code),
    }
}
