//! The reason why a figure is missing, around the last day of its period.

use super::{definitions, member};
use crate::{
    model::observation::Breakdown,
    rollup::{CellKey, Level, Network, coverage::Reason},
};

#[test]
fn a_location_has_not_reported_if_it_synced_after_the_last_day_of_the_period() {
    let definitions = definitions();
    let definition = definitions
        .iter()
        .find(|one| one.code.as_str() == "VAX_PRIMARY")
        .unwrap();
    let key = CellKey {
        indicator: definition.code.clone(),
        period: "2023-05".parse().unwrap(),
        breakdown: Breakdown::default(),
        level: Level::Network,
    };
    let reason = |synced: &str| {
        let mut member = member("AA", "A place", &[], &[definition]);
        member.synced = synced.parse().ok();
        Reason::of_silence(&member, &key, &Network::default())
    };
    for before in ["2023-05-30", "2023-05-31"] {
        assert_eq!(reason(before), Reason::NotSynced(before.parse().ok()));
    }
    for after in ["2023-06-01", "2023-06-02"] {
        assert_eq!(reason(after), Reason::NotReported, "{after}");
    }
    assert_eq!(reason("never"), Reason::NotSynced(None));
}
