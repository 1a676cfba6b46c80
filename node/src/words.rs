//! Short wordings that commands and pages share.

pub(crate) mod figure;
pub(crate) mod sight;

pub(crate) use weft_shared::model::excerpt;
use weft_shared::{
    model::{Audience, answer::Answer, observation::Statement},
    period::{Date, day_words},
    text::counted,
};

/// An answer on one line, its reason word for word: `we would change it: the aim (team)`.
pub(crate) fn answer_line(answer: &Answer) -> String {
    let reason = answer.reason.as_ref().map(|reason| format!(": {reason}"));
    let until = answer
        .until
        .map(|day| format!(", until {}", day_words(day)));
    format!(
        "{}{}{} ({})",
        answer.stance.label(),
        until.unwrap_or_default(),
        reason.unwrap_or_default(),
        answer.by
    )
}

/// An answer on one line, with the day on which it was given.
pub(crate) fn dated_line(answer: &Answer, on: Option<Date>) -> String {
    let on = on.map(|on| format!(", {}", day_words(on)));
    format!("{}{}", answer_line(answer), on.unwrap_or_default())
}

/// The status of a statement. A value that was taken back is not one that is missing.
pub(crate) fn status_words(statement: &Statement) -> &'static str {
    match statement.is_retraction() {
        true => "taken back",
        false => statement.status.label(),
    }
}

/// An audience in words, for a table or a sentence.
pub(crate) fn audience_phrase(audience: Audience) -> &'static str {
    match audience {
        Audience::Team => "our team only",
        Audience::Network => "the network",
        Audience::Released => "the network and its releases",
    }
}

/// The message about saves of this device that the hub did not take.
pub(crate) fn not_taken(saves: u64) -> String {
    format!(
        "The hub did not take what {} of this device said, so no one else has it: weft-node doctor \
         lists it, and says why and what to do.",
        counted(saves, "save", "saves")
    )
}

/// Says which value a new one replaced: `It replaces 5, normal, which stays in the history.`
pub(crate) fn replaces(before: &[String]) -> String {
    let stay = match before.len() {
        0 | 1 => ", which stays",
        2 => "; both stay",
        _ => "; all of them stay",
    };
    format!("It replaces {}{stay} in the history.", before.join(" and "))
}

/// That conflicts are open, after an exchange that may have brought some; `None` if there are none.
pub(crate) fn several_answers(conflicts: u64) -> Option<String> {
    let things = counted(conflicts, "thing has", "things have");
    (conflicts > 0).then(|| format!("{things} more than one answer: weft-node conflicts"))
}

/// Says that entries which the team sealed cannot be read here yet, and what brings the key. Only a
/// backup does if this is the team's last device.
pub(crate) fn no_key(sealed: u64, is_last: bool) -> String {
    let saves = counted(sealed, "save", "saves");
    match is_last {
        true => format!(
            "{saves} for our team that this device cannot read: it has no key, and no other \
             device is left to give it one, so only a backup has the words"
        ),
        false => format!(
            "{saves} for our team that this device cannot read yet; it can once one of our other \
             devices has been in touch with the hub"
        ),
    }
}

/// The hub's refusal for lack of room, and what to do next.
pub(crate) const HUB_FULL: &str = "The hub had no room for what this device saved, when it was \
    last tried. All of it is safe on this computer. The people who run the hub can make room; \
    weft-node run tries again by itself every quarter of an hour, and weft-node sync --once tries \
    now.";

/// The advice if the hub refuses to serve this device.
pub(crate) const HUB_BLOCKS: &str = "The people who run the hub have blocked this device, as it \
    said when it was last tried: nothing is shared, and nothing arrives. Everything on this \
    computer is kept, and you can go on with it. Ask the national team why.";

#[cfg(test)]
mod tests {
    use weft_shared::text::quoted;

    use super::*;

    #[test]
    fn words_are_quoted_as_a_shell_takes_them() {
        for (word, shown) in [
            ("--own-areas", "--own-areas"),
            ("age=12+", "age=12+"),
            ("two words", "'two words'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }

    #[test]
    fn what_a_value_replaces_stays_in_the_history() {
        let before = ["5", "6"].map(str::to_owned);
        assert_eq!(
            replaces(&before[..1]),
            "It replaces 5, which stays in the history."
        );
        assert_eq!(
            replaces(&before),
            "It replaces 5 and 6; both stay in the history."
        );
        assert_eq!(several_answers(0), None);
        let two = "2 things have more than one answer: weft-node conflicts";
        assert_eq!(several_answers(2).as_deref(), Some(two));
    }
}
