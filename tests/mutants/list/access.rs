//! Mistakes in who may read, and in what locations hear of them.

use super::{Mistake, Suite};

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "a token goes beyond the roles of its person",
        file: "hub/src/access/scope.rs",
        find: "self.min(widest)",
        replace: "self.max(widest)",
        suite: Suite::Unit("weft-hub"),
        test: "tests::access::tokens::a_token_reads_no_more_than_its_scope_and_the_roles_of_today",
    },
    Mistake {
        name: "a location sees the name of somebody who did not agree to that",
        file: "hub/src/access/visitor.rs",
        find: "reader: match named {",
        replace: "reader: match named || true {",
        suite: Suite::Unit("weft-hub"),
        test: "tests::access::tokens::acts::a_location_sees_a_name_only_if_its_person_agreed",
    },
    Mistake {
        name: "a session opens what a token beside it does not",
        file: "hub/src/api/token.rs",
        find: "Sent::Mistyped => return Err(refused(Problem::bad_token(MISTYPED))),",
        replace: "Sent::Mistyped => return Ok(None),",
        suite: Suite::Unit("weft-hub"),
        test: "tests::access::tokens::a_token_counts_alone_beside_a_session_and_nowhere_else",
    },
    Mistake {
        name: "an answer of a passkey that was heard signs in again",
        file: "hub/src/access/sealed.rs",
        find: "ended.insert(opened.seal, opened.since).is_none()",
        replace: "!ended.contains_key(&opened.seal)",
        suite: Suite::Unit("weft-hub"),
        test: "tests::access::passkeys::an_answer_that_was_heard_signs_no_second_browser_in",
    },
    Mistake {
        name: "of two answers of a passkey at once both sign in",
        file: "hub/src/app/entrance/passkeys.rs",
        find: "if !entrance.seals.end_signing(&begun, now) =>",
        replace: "if !entrance.seals.end_signing(&begun, now) && false =>",
        suite: Suite::Unit("weft-hub"),
        test: "tests::access::passkeys::of_two_answers_at_once_one_signs_in",
    },
    Mistake {
        name: "no office is known after a start",
        file: "hub/src/app/entrance.rs",
        find: "pace: Pace::new(known),",
        replace: "pace: Pace::new(known.into_iter().take(0)),",
        suite: Suite::Unit("weft-hub"),
        test: "tests::access::passkeys::\
               an_office_that_signed_in_is_known_at_once_and_after_a_start",
    },
    Mistake {
        name: "an office that signed in with a passkey is not known",
        file: "hub/src/app/entrance/passkeys.rs",
        find: "        entrance.pace.signed_in(from);\n",
        replace: "",
        suite: Suite::Unit("weft-hub"),
        test: "tests::access::passkeys::an_office_that_signed_in_with_a_passkey_is_known",
    },
    Mistake {
        name: "an office that signed in with a password is not known",
        file: "hub/src/app/entrance/sign.rs",
        find: "        entrance.pace.signed_in(from);\n",
        replace: "",
        suite: Suite::Unit("weft-hub"),
        test: "tests::access::passkeys::\
               an_office_that_signed_in_is_known_at_once_and_after_a_start",
    },
    Mistake {
        name: "a second passkey is made on a key that has one",
        file: "hub/src/app/entrance/passkeys.rs",
        find: "(&folded, name), &known)",
        replace: "(&folded, name), &known[..0])",
        suite: Suite::Unit("weft-hub"),
        test: "tests::access::passkeys::\
               a_page_that_offers_a_passkey_names_those_that_the_person_has",
    },
    Mistake {
        name: "locks of a week lock a password for good",
        file: "hub/src/store/sessions.rs",
        find: "now.plus_ms(-DAY_MS).ms();",
        replace: "now.plus_ms(-7 * DAY_MS).ms();",
        suite: Suite::Unit("weft-hub"),
        test: "tests::access::locks::locks_of_the_day_before_count_no_more",
    },
    Mistake {
        name: "a person has one passkey more than there may be",
        file: "hub/src/app/entrance/passkeys.rs",
        find: ".len() >= PASSKEYS_MAX",
        replace: ".len() > PASSKEYS_MAX",
        suite: Suite::Unit("weft-hub"),
        test: "tests::access::passkeys::a_person_has_twenty_passkeys_and_no_more",
    },
    Mistake {
        name: "nodes take one who was locked meanwhile for a reader",
        file: "hub/src/app/people.rs",
        find: "one.roles == other.roles && one.until.is_some() == other.until.is_some()",
        replace: "one.roles == other.roles",
        suite: Suite::Unit("weft-hub"),
        test: "tests::access::people::no_node_takes_one_who_was_locked_meanwhile_for_a_reader",
    },
    Mistake {
        name: "a location takes a stranger for the hub",
        file: "hub/src/store/reads.rs",
        find: "Visitor::Stranger => Self::by(ANYBODY, act, path),",
        replace: "Visitor::Stranger => Self::here(act, path),",
        suite: Suite::Unit("weft-hub"),
        test: "tests::releases::given::the_ledger_takes_no_stranger_for_the_hubs_own_computer",
    },
];
