//! Names of releases, and chains that are whole or broken.

use super::*;
use crate::model::json::Unreadable;

fn link(n: u32, before: Option<ReleaseHash>) -> Link {
    Link {
        n,
        act: ReleaseAct::Published,
        release: "prevention/2026.1".parse().unwrap(),
        at: Timestamp::parse_rfc3339("2026-11-27T02:00:00Z").unwrap(),
        manifest: ManifestHash::new([7; 32]),
        before,
        supersedes: None,
        reason: None,
    }
}

fn chain(length: u32) -> BTreeMap<u32, Link> {
    let mut links: BTreeMap<u32, Link> = BTreeMap::new();
    for n in 1..=length {
        let before = links.values().next_back().map(Link::hash);
        links.insert(n, link(n, before));
    }
    links
}

fn hashes(links: &BTreeMap<u32, Link>) -> BTreeMap<u32, ReleaseHash> {
    links.iter().map(|(n, link)| (*n, link.hash())).collect()
}

#[test]
fn names_of_releases_have_one_spelling() {
    for good in ["prevention/2026.1", "a1/2000.1", "housing-and-heat/9999.12"] {
        assert_eq!(good.parse::<ReleaseId>().unwrap().to_string(), good);
    }
    let bad = [
        "",
        "prevention",
        "Prevention/2026.1",
        "prevention/2026.0",
        "prevention/2026.01",
        "prevention/26.1",
        "prevention-/2026.1",
        "1a/2026.1",
        "../2026.1",
        "a/2026.1",
        "a\u{101}/2026.1",
        "prevention/2026.1/x",
        "prevention/2026",
        "prevention/latest",
    ];
    for text in bad {
        let refused = text.parse::<ReleaseId>().unwrap_err().to_string();
        assert!(
            refused.contains("2026.1") || refused.contains("hyphens"),
            "{refused}"
        );
    }
}

#[test]
fn numbers_of_releases_sort_by_year_and_then_as_numbers() {
    let read = |text: &str| text.parse::<ReleaseNumber>().unwrap();
    assert!(read("2026.2") < read("2026.10"));
    assert!(read("2026.10") < read("2027.1"));
}

#[test]
fn a_whole_chain_goes_on_from_what_was_seen() {
    let all = chain(4);
    check_chain(&all, &BTreeMap::new()).unwrap();
    check_chain(&all, &hashes(&chain(2))).unwrap();
    check_chain(&BTreeMap::new(), &BTreeMap::new()).unwrap();
}

#[test]
fn a_link_that_is_left_out_changed_or_put_in_later_breaks_the_chain() {
    let all = chain(4);
    let seen = hashes(&all);
    let mut without = all.clone();
    without.remove(&2);
    assert_eq!(check_chain(&without, &seen), Err(BrokenChain::Missing(2)));
    assert_eq!(check_chain(&chain(3), &seen), Err(BrokenChain::Missing(4)));

    let mut changed = all;
    let second = changed.get_mut(&2).unwrap();
    second.manifest = ManifestHash::new([8; 32]);
    assert_eq!(
        check_chain(&changed, &BTreeMap::new()),
        Err(BrokenChain::Unlinked(3))
    );
    assert_eq!(check_chain(&changed, &seen), Err(BrokenChain::Changed(2)));
}

#[test]
fn a_chain_that_was_written_anew_differs_from_what_was_seen() {
    let mut other: BTreeMap<u32, Link> = BTreeMap::new();
    for n in 1..=4 {
        let before = other.values().next_back().map(Link::hash);
        let manifest = ManifestHash::new([if n == 3 { 9 } else { 7 }; 32]);
        other.insert(
            n,
            Link {
                manifest,
                ..link(n, before)
            },
        );
    }
    check_chain(&other, &BTreeMap::new()).unwrap();
    let seen = hashes(&chain(4));
    assert_eq!(check_chain(&other, &seen), Err(BrokenChain::Changed(3)));
}

#[test]
fn a_link_that_no_form_would_have_written_is_unreadable() {
    let unreadable = Unreadable {
        what: "link of the chain of releases",
    };
    let first = link(1, None);
    assert_eq!(Link::decode(&first.encode()), Ok(first.clone()));
    let bad = [
        Link {
            n: 0,
            ..first.clone()
        },
        Link {
            n: 2,
            ..first.clone()
        },
        Link {
            before: Some(first.hash()),
            ..first.clone()
        },
        Link {
            act: ReleaseAct::Withdrawn,
            ..first.clone()
        },
        Link {
            reason: Some("a slip".to_owned()),
            ..first.clone()
        },
        Link {
            act: ReleaseAct::Withdrawn,
            reason: Some("x".repeat(REASON_BYTES_MAX + 1)),
            ..first
        },
    ];
    for link in bad {
        assert_eq!(
            Link::decode(&link.encode()),
            Err(unreadable.clone()),
            "{link:?}"
        );
    }
}
