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
        find: "Sent::Mistyped => return Err(Problem::bad_token(MISTYPED).into_response()),",
        replace: "Sent::Mistyped => return Ok(None),",
        suite: Suite::Unit("weft-hub"),
        test: "tests::access::tokens::a_token_counts_alone_beside_a_session_and_nowhere_else",
    },
];
