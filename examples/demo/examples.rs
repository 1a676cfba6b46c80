//! Texts of the example teams: plans, partners, insights, and what shifted.
//!
//! Each text begins with "Example:", and no one is named as its author.

use anyhow::Result;
use weft_host::clock;
use weft_shared::time::Zone;

use crate::{backbone::OUTCOMES, team::Device};

/// The words of one team.
struct Words {
    /// The location's code.
    code: &'static str,
    outcome: &'static str,
    /// The indicator that shows the outcome.
    indicator: &'static str,
    initiative: &'static str,
    setting: &'static str,
    status: &'static str,
    action: &'static str,
    /// Days from today until the action is due.
    due: i64,
    partner: &'static str,
    partner_kind: &'static str,
    insight: &'static str,
    theme: &'static str,
}

/// A further outcome of the team whose pages are served, with an initiative towards it.
struct More {
    outcome: &'static str,
    indicator: &'static str,
    initiative: &'static str,
    setting: &'static str,
    status: &'static str,
    /// Each thing to do, the role that sees to it, how far it is, and the days from today until it
    /// is due.
    actions: [(&'static str, &'static str, &'static str, i64); 2],
}

/// A shift in the system, with the location that saw it.
struct Shift {
    code: &'static str,
    condition: &'static str,
    from: &'static str,
    to: &'static str,
    evidence: &'static str,
}

/// Writes a team's examples, shared with the national team.
pub(crate) fn write(device: &Device, code: &str, zone: &Zone) -> Result<()> {
    for words in WORDS.iter().filter(|words| words.code == code) {
        let initiative = write_plan(device, words, zone)?;
        for shift in SHIFTS.iter().filter(|shift| shift.code == code) {
            device.add(
                "marker",
                &[
                    ("condition", shift.condition),
                    ("from", shift.from),
                    ("to", shift.to),
                    ("evidence", shift.evidence),
                    ("on", &day(zone, -20)),
                    ("initiatives", &initiative),
                ],
            )?;
        }
        add_insight(device, words.insight, words.theme, &day(zone, -6))?;
    }
    Ok(())
}

/// Writes an outcome, an initiative and an action, with a partner. Returns the initiative's id.
fn write_plan(device: &Device, words: &Words, zone: &Zone) -> Result<String> {
    let outcome = add_outcome(device, words.outcome, words.indicator)?;
    let partner = [("name", words.partner), ("kind", words.partner_kind)];
    let partner = device.add("partner", &partner)?;
    let tie = [("partner", &*partner), ("tie", "coordinating")];
    device.add(
        "relationship",
        &[&tie[..], &[("on", &day(zone, -30))]].concat(),
    )?;
    let initiative = device.add(
        "initiative",
        &[
            ("name", words.initiative),
            ("setting", words.setting),
            ("status", words.status),
            ("outcomes", &outcome),
            ("partners", &partner),
            ("started", &day(zone, -120)),
        ],
    )?;
    device.add(
        "action",
        &[
            ("what", words.action),
            ("state", "doing"),
            ("due", &day(zone, words.due)),
            ("initiative", &initiative),
        ],
    )?;
    Ok(initiative)
}

/// Adds an outcome, as one of the network's if an outcome of the network has the same indicator.
/// No team says what is a priority for it: that would be invented in its name.
fn add_outcome(device: &Device, name: &str, indicator: &str) -> Result<String> {
    let mut fields = vec![("name", name), ("indicators", indicator)];
    let networks = OUTCOMES
        .iter()
        .find(|[_, _, headline]| *headline == indicator);
    fields.extend(networks.map(|[code, ..]| ("shared", *code)));
    device.add("outcome", &fields)
}

/// Writes what one team has besides: two more outcomes, a target of its own, and an insight that
/// stays with it.
pub(crate) fn write_more(device: &Device, zone: &Zone) -> Result<()> {
    for more in &MORE {
        let outcome = add_outcome(device, more.outcome, more.indicator)?;
        let initiative = [
            ("name", more.initiative),
            ("setting", more.setting),
            ("status", more.status),
            ("outcomes", &*outcome),
            ("started", &day(zone, -60)),
        ];
        let initiative = device.add("initiative", &initiative)?;
        for (what, owner, state, due) in more.actions {
            let action = [
                ("what", what),
                ("owner", owner),
                ("state", state),
                ("due", &day(zone, due)),
                ("initiative", &initiative),
            ];
            device.add("action", &action)?;
        }
    }
    device.add(
        "target",
        &[
            ("indicator", "SMOKING"),
            ("value", "15"),
            ("period", "2028"),
            (
                "why",
                "Example: halfway to the national goal by the census after next",
            ),
        ],
    )?;
    device.run(&[
        "insight",
        "add",
        "--text",
        "Example: this one is for the team alone, so only its devices can read it.",
        "--audience",
        "team",
        "--attribution",
        "none",
        "--heard-on",
        &day(zone, -2),
    ])?;
    Ok(())
}

/// Adds an insight whose teller is not named, for the national team to read.
pub(crate) fn add_insight(device: &Device, text: &str, theme: &str, day: &str) -> Result<()> {
    device.add(
        "insight",
        &[
            ("text", text),
            ("themes", theme),
            ("heard-on", day),
            ("consent", "network"),
            ("attribution", "none"),
        ],
    )?;
    Ok(())
}

/// Returns the day so many days from today, in the network's time zone.
pub(crate) fn day(zone: &Zone, days: i64) -> String {
    let at = clock::now().plus_ms(days * DAY_MS);
    zone.day(at).to_string()
}

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

const WORDS: [Words; 9] = [
    Words {
        code: "FN",
        outcome: "Example: fewer adults smoke",
        indicator: "SMOKING",
        initiative: "Example: smokefree sports grounds",
        setting: "Sports clubs",
        status: "testing",
        action: "Example: agree on signs with two more clubs",
        due: -3,
        partner: "Example: a sports club",
        partner_kind: "community",
        insight: "Example: parents say the sideline is pleasanter since no one smokes there.",
        theme: "smoking",
    },
    Words {
        code: "WT",
        outcome: "Example: more people walk or cycle to work",
        indicator: "ACTIVE_COMMUTE",
        initiative: "Example: safer crossings on the way to the station",
        setting: "Streets",
        status: "prototyping",
        action: "Example: count who crosses on a weekday morning",
        due: 12,
        partner: "Example: a council's transport team",
        partner_kind: "council",
        insight: "Example: people would walk to the train if the crossing felt safe.",
        theme: "walking",
    },
    Words {
        code: "SA",
        outcome: "Example: fewer homes are damp",
        indicator: "DAMP_HOME",
        initiative: "Example: a library of heaters and curtains",
        setting: "Homes",
        status: "scaling",
        action: "Example: find a second room for storage",
        due: 20,
        partner: "Example: a housing trust",
        partner_kind: "ngo",
        insight: "Example: tenants did not know whom to tell about damp walls.",
        theme: "housing",
    },
    Words {
        code: "RT",
        outcome: "Example: more children walk to school",
        indicator: "ACTIVE_SCHOOL",
        initiative: "Example: walking groups to school",
        setting: "Schools",
        status: "prototyping",
        action: "Example: map the routes with the pupils",
        due: 8,
        partner: "Example: a primary school",
        partner_kind: "school",
        insight: "Example: children want to walk with friends, not with adults.",
        theme: "walking",
    },
    Words {
        code: "EC",
        outcome: "Example: fewer adults smoke",
        indicator: "SMOKING",
        initiative: "Example: groups for quitting at work",
        setting: "Workplaces",
        status: "exploring",
        action: "Example: ask three employers what would help",
        due: 30,
        partner: "Example: a timber business",
        partner_kind: "business",
        insight: "Example: shift workers cannot come to anything at six in the evening.",
        theme: "smoking",
    },
    Words {
        code: "WR",
        outcome: "Example: more people help out",
        indicator: "VOLUNTEERING",
        initiative: "Example: one list of helpers for all events",
        setting: "Community halls",
        status: "testing",
        action: "Example: try the list at one event",
        due: 16,
        partner: "Example: a council's events team",
        partner_kind: "council",
        insight: "Example: the same six people are asked every time.",
        theme: "volunteering",
    },
    Words {
        code: "HV",
        outcome: "Example: every home can be kept warm",
        indicator: "UNHEATED_HOME",
        initiative: "Example: heating checks before winter",
        setting: "Homes",
        status: "testing",
        action: "Example: train four people to do the checks",
        due: 25,
        partner: "Example: a health service",
        partner_kind: "health",
        insight: "Example: some families heat one room and all sleep in it.",
        theme: "housing",
    },
    Words {
        code: "OC",
        outcome: "Example: more people walk or cycle to work",
        indicator: "ACTIVE_COMMUTE",
        initiative: "Example: bicycles to borrow at work",
        setting: "Workplaces",
        status: "embedded",
        action: "Example: write down how it is run",
        due: 40,
        partner: "Example: a large employer",
        partner_kind: "business",
        insight: "Example: a dry place to change matters more than the bicycle.",
        theme: "cycling",
    },
    Words {
        code: "IN",
        outcome: "Example: fewer homes have mould",
        indicator: "MOULDY_HOME",
        initiative: "Example: fans for rented kitchens",
        setting: "Homes",
        status: "exploring",
        action: "Example: meet the property managers",
        due: 14,
        partner: "Example: a property managers' group",
        partner_kind: "business",
        insight: "Example: landlords say they hear of mould only when somebody moves out.",
        theme: "housing",
    },
];

const MORE: [More; 2] = [
    More {
        outcome: "Example: homes are warm and dry",
        indicator: "DAMP_HOME",
        initiative: "Example: curtain bank",
        setting: "Homes",
        status: "prototyping",
        actions: [
            (
                "Example: collect the first forty curtains",
                "field team",
                "done",
                -28,
            ),
            (
                "Example: write down who asked and what fitted",
                "field team",
                "planned",
                21,
            ),
        ],
    },
    More {
        outcome: "Example: people take part",
        indicator: "VOLUNTEERING",
        initiative: "Example: one evening a month in the hall",
        setting: "Community halls",
        status: "exploring",
        actions: [
            (
                "Example: book the hall for December",
                "coordinator",
                "planned",
                1,
            ),
            ("Example: ask who has a key", "coordinator", "done", -4),
        ],
    },
];

const SHIFTS: [Shift; 3] = [
    Shift {
        code: "FN",
        condition: "Policies",
        from: "Example: each club decided for itself.",
        to: "Example: one smokefree rule covers all grounds of the district.",
        evidence: "Example: the minutes of the meeting that adopted it.",
    },
    Shift {
        code: "SA",
        condition: "Resource flows",
        from: "Example: heaters were bought one by one from donations.",
        to: "Example: a yearly budget line pays for them.",
        evidence: "Example: the budget as published.",
    },
    Shift {
        code: "OC",
        condition: "Practices",
        from: "Example: staff asked their manager for a bicycle.",
        to: "Example: every new member of staff is shown the shed on the first day.",
        evidence: "Example: the checklist for new staff.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::places;

    #[test]
    fn every_team_has_words_and_each_text_says_that_it_is_an_example() {
        for place in places().unwrap() {
            let count = WORDS
                .iter()
                .filter(|words| words.code == place.code)
                .count();
            assert_eq!(count, 1, "{}", place.code);
        }
        let plans = WORDS.iter().flat_map(|one| {
            [
                one.outcome,
                one.initiative,
                one.action,
                one.partner,
                one.insight,
            ]
        });
        let shifts = SHIFTS
            .iter()
            .flat_map(|one| [one.from, one.to, one.evidence]);
        let more = MORE.iter().flat_map(|one| {
            let [(first, ..), (second, ..)] = one.actions;
            [one.outcome, one.initiative, first, second]
        });
        for text in plans.chain(shifts).chain(more) {
            assert!(text.starts_with("Example: "), "{text}");
        }
    }
}
