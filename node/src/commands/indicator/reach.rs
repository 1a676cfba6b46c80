//! The words of an adoption about where new values go.

use weft_shared::{id::IndicatorCode, model::Audience, text::capital};

/// The reach of new values, and the time of which it is said what would go out. `said_yes` and
/// `said_no` are the answer to releases.
pub(super) fn words(
    audience: Audience,
    (said_yes, said_no): (bool, bool),
    code: &IndicatorCode,
) -> (String, &'static str) {
    let reach = reach(audience);
    if audience < Audience::Released || said_yes {
        return (sentence(audience), "now");
    }
    // The stop comes first: without a yes no value goes out with a release.
    let stop = match said_no {
        true => {
            format!(
                "Nothing goes out, because you said no. To say yes: weft-node release agree {code}"
            )
        }
        false => format!("Nothing goes out before you say yes: weft-node release agree {code}"),
    };
    (format!("{stop}. After that, {reach}"), "after a yes")
}

/// The reach of new values of an indicator, in a sentence.
pub(super) fn sentence(audience: Audience) -> String {
    capital(reach(audience))
}

const fn reach(audience: Audience) -> &'static str {
    match audience {
        Audience::Team => "new values are for your team only, unless one has its own audience.",
        Audience::Network => {
            "new values go to the network and its national team, unless one has its own audience."
        }
        Audience::Released => {
            "new values go to the network’s releases, and to all who hold one, unless one has its \
             own audience."
        }
    }
}
