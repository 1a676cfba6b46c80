//! Help: the first questions of a location's steward, in plain words.

use askama::Template;
use weft_host::words::{Lang, words};
use weft_shared::model::Audience;

use super::{
    Answered, Reply, Visit, audience_phrase,
    shell::{Section, Shell},
};

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    shell: Shell,
    heading: String,
    audiences: Vec<AudienceView>,
    version: &'static str,
}

/// An audience, and what choosing it does.
struct AudienceView {
    word: &'static str,
    means: &'static str,
}

impl Visit<'_> {
    pub(super) fn help(&mut self) -> Answered {
        let heading = words(Lang::English, "help").0;
        let audiences = Audience::ALL.iter().map(|one| AudienceView {
            word: audience_phrase(*one),
            means: means(*one),
        });
        let page = HelpPage {
            shell: self.shell(Section::Help, &heading)?,
            heading,
            audiences: audiences.collect(),
            version: env!("CARGO_PKG_VERSION"),
        };
        Reply::page(false, &page)
    }
}

const fn means(audience: Audience) -> &'static str {
    match audience {
        Audience::Team => {
            "Only your team’s devices can read it. The hub passes it on to them sealed: neither \
             the hub nor the national team can read it. If you lose every device, it comes back \
             only from a backup."
        }
        Audience::Network => {
            "Your location’s other devices and the hub hold it, and the national team reads it. \
             It is in no release, so analysts see none of it."
        }
        Audience::Released => {
            "As the network, and values count in the network’s releases, which analysts read: \
             they go to all who hold one. Records of the plan and insights are in no release; \
             their words may be in your reports to a funder or the community."
        }
    }
}
