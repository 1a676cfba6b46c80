//! Documents of an epoch that this version does not know.

use weft_shared::id::DocName;

use super::{
    local::{admitted, written_into},
    observation, session, set, values,
};
use crate::kit::Kit;

#[test]
fn a_document_of_another_epoch_is_kept_and_passed_on_and_shown_nowhere() {
    let kit = Kit::new();
    let (mut one, two) = (kit.open(1), kit.open(2));
    set(&mut one, "5", 1);
    let name = DocName {
        name: "observations/2022".to_owned(),
        epoch: 5,
    };
    let entry = written_into(name, &two);
    let dix = two.dix().unwrap();
    let admission = admitted(&one, &two, entry);
    assert_eq!(admission.voids().count(), 0);
    let stored = session::store(&mut one, dix, admission, 2);
    one.read_soon(stored);
    one.read_in();
    for rebuilt in [false, true] {
        if rebuilt {
            one.rebuild().unwrap();
        }
        let (key, _) = observation("6");
        assert_eq!(values(&mut one), ["5"]);
        let listed = one.observations(|any| *any == key).unwrap();
        let stated: Vec<_> = listed.iter().map(|row| row.stated.len()).collect();
        assert_eq!(stated, [1], "{rebuilt}");
        let status = one.status().unwrap();
        assert_eq!((status.newer, status.conflicts), (1, 0));
    }
    let sent = session::offered(&mut one, dix, 1);
    assert_eq!(sent.entries.len(), 1);
}
