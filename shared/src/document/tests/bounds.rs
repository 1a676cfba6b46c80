//! What the content of one member can cost everyone who takes it in.

use super::{super::wrap::FORKS, *};

#[test]
fn a_tail_is_made_again_without_a_copy_for_each_change() {
    let mut below = document("observations/2022");
    state(&mut below, 2, FN, 1);
    let mut mine = below.clone();
    let changes: Vec<_> = (0..50).map(|turn| state(&mut mine, 1, FN, turn)).collect();
    let mut again = below.clone();
    let mut remake = Remake::of(&below).unwrap();
    let before = FORKS.get();
    for change in &changes {
        let device = DeviceId::new([1; 32]);
        let made = remake.make(&mut again, device, AT, change, &|_, _| false);
        assert!(made.unwrap().is_some());
    }
    assert_eq!(FORKS.get() - before, 1, "to see what the first had seen");
    assert_eq!(again.dump(), mine.dump());
    assert_eq!(again.heads(), mine.heads());
}
