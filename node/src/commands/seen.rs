//! `seen`: shows what others see of this location, made by the functions that make it for them.

use clap::{Args, ValueEnum};
use serde_json::json;
use weft_host::{
    failure::Failure,
    reply::Outcome,
    text::{fitted, one_line},
};
use weft_shared::{
    seen::LocationSeen,
    text::counted,
    time::{Timestamp, Zone},
};

use super::{Context, Json};
use crate::view::SeenByAnalysts;

/// Number of releases that are shown.
const RELEASES_MAX: usize = 12;

/// Show what others see of this location.
///
/// The national team sees the page of this location at the hub, and each record that was shared.
/// Analysts see rows of releases, with small counts withheld. The hub makes both by the functions
/// that make its own pages and files, and sends them with an exchange, to this location alone.
#[derive(Args, Debug)]
#[command(
    after_help = "With --json: for the national team, an object with made (when the hub made \
    it) and seen; for analysts, a list of objects with release, title, state, open, counted, rows \
    (null if they were too many to be sent) and left_out."
)]
pub(crate) struct Seen {
    /// By whom it is seen.
    #[arg(long, value_enum)]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// Somebody who sees something of this location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// The national team, on the hub's pages.
    National,
    /// Analysts, in releases.
    Analyst,
}

pub(crate) fn run(context: &mut Context<'_>, args: &Seen) -> Outcome {
    match args.by {
        By::National => national(context, args.json.json),
        By::Analyst => analyst(context, args.json.json),
    }
}

fn national(context: &mut Context<'_>, as_json: bool) -> Outcome {
    let kept = context.node.read(|replica| replica.seen_by_team())??;
    let Some(kept) = kept else {
        return Err(Failure::needs_action(
            "The hub has not said yet what the national team sees of you. Next: weft-node sync \
             --once",
        ));
    };
    let Some(seen) = kept.content else {
        return Err(Failure::needs_action(
            "The hub’s word of what the national team sees cannot be read by this version. Next: \
             upgrade weft-node to the hub’s version, then weft-node sync --once",
        ));
    };
    if as_json {
        return context.io.json(&json!({ "made": kept.at, "seen": seen }));
    }
    let zone = context.node.zone();
    context
        .io
        .say(fitted(text(&seen, kept.at, &zone).trim_end()).join("\n"))
}

/// The page as lines.
fn text(seen: &LocationSeen, at: Timestamp, zone: &Zone) -> String {
    let mut lines = vec![
        format!("As the national team saw you {}.", zone.minute(at)),
        one_line(&seen.lede),
    ];
    for (title, all) in parts(seen) {
        lines.push(format!("\n{title}:"));
        if all.is_empty() {
            lines.push("  nothing".to_owned());
        }
        lines.extend(all.into_iter().map(|line| format!("  {line}")));
    }
    if seen.more > 0 {
        let more = counted(seen.more, "line is", "lines are");
        lines.push(format!("\nAnd {more} too many to be sent here."));
    }
    lines.push(format!("\n{BESIDE}"));
    lines.join("\n")
}

/// Each part of the page, with its lines.
fn parts(seen: &LocationSeen) -> Vec<(&'static str, Vec<String>)> {
    let doing = seen.doing.iter();
    let doing =
        doing.map(|one| joined(&[&one.name, &one.status.words, &one.description, &one.meta]));
    let shifted = seen.shifted.iter().map(|one| {
        let status = one.status.as_ref().map_or("", |status| &status.words);
        joined(&[&one.words, status, &one.more.join("; "), &one.when])
    });
    let sayings = seen.sayings.iter();
    let sayings = sayings.map(|one| joined(&[&one.what, &one.words, &one.meta]));
    let matters = seen.matters.iter().map(|one| {
        let named = one.priority.as_ref();
        let (named, why) = named.map_or(("", ""), |named| (&named.words, &named.why));
        joined(&[&one.what, &one.meta, &one.words, named, why])
    });
    let insights = seen.insights.iter().map(|one| {
        let words = one.words.as_deref();
        joined(&[words.unwrap_or(NO_WORDS), &one.naming, &one.meta])
    });
    let figures = seen.figures.iter().map(|one| {
        let group = one.group.as_deref().unwrap_or_default();
        let moved = one.moved.as_deref().unwrap_or_default();
        joined(&[&one.name, group, &one.own, &one.when, moved])
    });
    let records = seen.records.iter().map(|one| {
        let back = if one.withdrawn { "taken back" } else { "" };
        joined(&[&one.kind, &one.title, &one.audience, back])
    });
    vec![
        ("Initiatives", doing.collect()),
        ("What shifted", shifted.collect()),
        ("What you say", sayings.collect()),
        ("What matters to you", matters.collect()),
        ("Insights", insights.collect()),
        ("Newest figures", figures.collect()),
        (
            "How fresh",
            seen.fresh.iter().map(|line| one_line(line)).collect(),
        ),
        ("Records that they can open", records.collect()),
    ]
}

fn joined(parts: &[&str]) -> String {
    let filled = parts.iter().copied().filter(|text| !text.is_empty());
    one_line(&filled.collect::<Vec<_>>().join("; "))
}

const NO_WORDS: &str = "its words have not arrived";
const BESIDE: &str = "Beside your figures they see the network’s. Those stay at the hub, because \
    they hold the figures of other locations.";

fn analyst(context: &mut Context<'_>, as_json: bool) -> Outcome {
    let releases = context
        .node
        .read(|replica| replica.seen_by_analysts(RELEASES_MAX))??;
    if as_json {
        return context.io.json_rows(releases.iter().map(object));
    }
    if releases.is_empty() {
        return context.io.tell(
            "Analysts see nothing of you that this computer knows of: none of your figures is in a \
             release, or the hub has not sent the proof of one yet. Next: weft-node sync --once",
        );
    }
    for one in &releases {
        context.io.say(fitted(&release_text(one)).join("\n"))?;
    }
    context.io.tell(
        "A row without numbers is withheld or has no figure, and its last words are all that \
         analysts read of why. weft-node release verify checks a release against its files.",
    )
}

fn object(one: &SeenByAnalysts) -> serde_json::Value {
    let notice = one.notice.as_ref();
    let left_out = one.left_out.iter();
    let left_out = left_out.map(|(key, why)| json!({ "key": key.typed(), "reason": why }));
    json!({
        "release": one.id.to_string(),
        "title": notice.map(|notice| &notice.title),
        "state": notice.map(|notice| notice.state.word()),
        "open": notice.map(|notice| notice.open),
        "counted": one.counted,
        "rows": one.rows,
        "left_out": left_out.collect::<Vec<_>>(),
    })
}

fn release_text(one: &SeenByAnalysts) -> String {
    let title = one.notice.as_ref().map_or("", |notice| &notice.title);
    let state = one
        .notice
        .as_ref()
        .map_or("", |notice| notice.state.label());
    let mut lines = vec![one_line(&format!("{} {title} ({state})", one.id))];
    match &one.rows {
        None => lines.push("  its rows are too many to be sent here".to_owned()),
        Some(rows) => lines.extend(rows.iter().map(|row| {
            let line = row.line();
            let whose = match line.location.is_empty() {
                true => "network",
                false => &line.location,
            };
            let figure = match (line.value.is_empty(), line.denominator.is_empty()) {
                (true, _) => "no numbers".to_owned(),
                (false, true) => line.value.clone(),
                (false, false) => {
                    format!(
                        "{} ({} of {})",
                        line.value, line.numerator, line.denominator
                    )
                }
            };
            let words = format!(
                "  {whose} {} {} {}: {figure} {} {}",
                line.indicator, line.period, line.part, line.status, line.reason
            );
            one_line(words.trim_end())
        })),
    }
    let left_out = one.left_out.iter();
    lines.extend(
        left_out
            .map(|(key, why)| one_line(&format!("  not in it: {}, because {why}", key.typed()))),
    );
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use weft_shared::seen::{Doing, Status};

    use super::*;

    #[test]
    fn what_the_hub_sends_makes_no_line_of_its_own() {
        let mut seen = LocationSeen::default();
        let evil = "x\nRecords that they can open:\u{1b}[2K";
        seen.lede = evil.to_owned();
        seen.fresh = vec![evil.to_owned()];
        let status = Status {
            words: evil.to_owned(),
            step: 1,
        };
        seen.doing.push(Doing {
            name: evil.to_owned(),
            status,
            description: String::new(),
            meta: String::new(),
        });
        let plain = text(
            &LocationSeen::default(),
            Timestamp::from_ms(0),
            &Zone::default(),
        );
        let shown = text(&seen, Timestamp::from_ms(0), &Zone::default());
        assert_eq!(shown.lines().count(), plain.lines().count());
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
}
