//! The figures of rows are those of their counts, and the scores those that we stated.

use super::*;

/// A change of the rows of a release.
type Lie = fn(&mut [ReleaseRow; 3]);

fn of_kind(kind: IndicatorType) -> impl Fn(&mut Knows) {
    move |knows| knows.versions = versions(kind, Settings::default())
}

/// Our only figure, and the rows of a release, with a kind of figure.
fn scene(kind: IndicatorType, change: impl Fn(&mut [ReleaseRow; 3], &mut Counted)) -> Vec<String> {
    scene_with(kind, change, of_kind(kind))
}

fn scene_with(
    kind: IndicatorType,
    change: impl Fn(&mut [ReleaseRow; 3], &mut Counted),
    knows: impl Fn(&mut Knows),
) -> Vec<String> {
    let mut files = rows();
    for row in &mut files {
        row.unit = definition(kind).measure().to_string();
    }
    let mut ours = proof(&[]);
    ours.rows = None;
    ours.counted[0].definition = definition(kind).hash();
    change(&mut files, &mut ours.counted[0]);
    let mut tables = Tables::new(head(), 2);
    for row in &files {
        assert!(tables.add(Line::of(row, &head()).0));
    }
    let found = found(&tables, &ours, knows);
    found.iter().map(Fault::to_string).collect()
}

fn number(text: &str) -> Option<Number> {
    Some(text.parse().unwrap())
}

/// Each row with the value of its counts.
fn right(files: &mut [ReleaseRow; 3]) {
    for row in files {
        *row = valued(row);
    }
}

#[test]
fn a_value_beside_right_counts_that_is_not_theirs_is_caught() {
    let kind = IndicatorType::Proportion;
    assert_eq!(scene(kind, |files, _| right(files)), [""; 0]);
    let whose = ["the network", "FN", "IC"];
    let wants = ["27.833333", "33.333333", "22.333333"];
    for at in 0..3 {
        for (lie, shows) in [(number("97"), "the value 97"), (None, "no value")] {
            let said = scene(kind, |files, _| {
                right(files);
                files[at].value = lie;
            });
            let words = format!(
                "the row of {} for SMOKING 2018 shows {shows}, and what it is made of gives the \
                 value {}",
                whose[at], wants[at]
            );
            assert_eq!(said, [words]);
        }
    }
    // A count is its own value.
    let count = |value: &str| {
        scene(IndicatorType::Count, |files, ours| {
            for row in files.iter_mut() {
                (row.denominator, row.value) = (None, row.numerator);
            }
            ours.denominator = None;
            files[1].value = number(value);
        })
    };
    assert_eq!(count("300"), [""; 0]);
    assert_eq!(count("301").len(), 1);
}

#[test]
fn a_row_of_an_index_shows_what_we_stated_and_the_network_has_none() {
    let kind = IndicatorType::Index;
    let stated = |knows: &mut Knows| {
        of_kind(kind)(knows);
        let mut stated =
            Statement::without_figure(definition(kind).hash(), Status::Normal, Audience::Released);
        (stated.lower, stated.upper) = (number("3"), number("5"));
        let key = "SMOKING/FAR_NORTH/2018/total".parse().unwrap();
        knows.stated.insert(key, stated);
    };
    let said = |change: Lie| {
        let scene = |files: &mut [ReleaseRow; 3], ours: &mut Counted| {
            for row in files.iter_mut() {
                (row.numerator, row.denominator) = (None, None);
            }
            (ours.numerator, ours.denominator, ours.value) = (None, None, number("4"));
            (files[1].value, files[1].lower, files[1].upper) =
                (number("4"), number("3"), number("5"));
            change(files);
        };
        scene_with(kind, scene, stated)
    };
    assert_eq!(said(|_| {}), [""; 0]);
    let lies: [(Lie, &str); 5] = [
        (
            |files| files[1].value = number("9"),
            "the value 9, and what it is made of gives the value 4",
        ),
        (
            |files| files[1].value = None,
            "no value, and what it is made of gives the value 4",
        ),
        (
            |files| files[1].lower = number("1"),
            "the lower 1, and what it is made of gives the lower 3",
        ),
        (
            |files| files[1].upper = None,
            "no upper, and what it is made of gives the upper 5",
        ),
        (
            |files| files[0].value = number("4"),
            "the value 4, and what it is made of gives no value",
        ),
    ];
    for (lie, words) in lies {
        let said = said(lie);
        assert!(
            said.len() == 1 && said[0].contains(words),
            "{words}: {said:?}"
        );
    }
}

/// A score is never added, so its row follows the version under which it was stated.
#[test]
fn a_row_of_an_index_under_a_version_that_means_the_same_is_caught() {
    let kind = IndicatorType::Index;
    let said = |version: u32| {
        let scene = |files: &mut [ReleaseRow; 3], ours: &mut Counted| {
            for row in files.iter_mut() {
                (row.numerator, row.denominator) = (None, None);
            }
            (ours.numerator, ours.denominator, ours.value) = (None, None, number("4"));
            files[1].value = number("4");
            files[1].definition_version = Some(version);
        };
        scene_with(kind, scene, |knows| {
            let mapping = Mapping {
                version: 1,
                kind: MappingKind::Exact,
                reason: "the form changed".to_owned(),
            };
            let second = Definition {
                version: 2,
                from: Some(mapping),
                ..definition(kind)
            };
            knows.versions = Versions::by_code([definition(kind), second], &BTreeMap::new());
        })
    };
    assert_eq!(said(1), [""; 0]);
    let words = "the row of FN for SMOKING 2018 follows version 2 of its definition";
    assert!(said(2)[0].starts_with(words), "{:?}", said(2));
}

#[test]
fn a_value_in_another_unit_is_caught_in_each_row() {
    let kind = IndicatorType::Proportion;
    for at in 0..3 {
        let said = scene(kind, |files, _| {
            right(files);
            files[at].unit = "per 1000 people".to_owned();
        });
        let words = "shows the unit per 1000 people, and what it is made of gives the unit ";
        assert!(said.len() == 1 && said[0].contains(words), "{said:?}");
    }
}

#[test]
fn a_row_of_another_version_than_what_was_counted_is_caught() {
    let kind = IndicatorType::Proportion;
    for version in [Some(7), None] {
        let said = scene(kind, |files, _| {
            right(files);
            files[1].definition_version = version;
        });
        assert!(
            said[0].contains("row of FN for SMOKING 2018 follows version"),
            "{said:?}"
        );
    }
    // Versions that mean the same are added, and others are not.
    let mapped = |mapping: MappingKind| {
        move |knows: &mut Knows| {
            let first = definition(kind);
            let second = Definition {
                version: 2,
                from: Some(Mapping {
                    version: 1,
                    kind: mapping,
                    reason: "the form changed".to_owned(),
                }),
                ..first.clone()
            };
            knows.versions = Versions::by_code([first, second], &BTreeMap::new());
        }
    };
    let second = |files: &mut [ReleaseRow; 3], _: &mut Counted| {
        right(files);
        for row in files {
            row.definition_version = Some(2);
        }
    };
    assert_eq!(
        scene_with(kind, second, mapped(MappingKind::Exact)),
        [""; 0]
    );
    assert_eq!(
        scene_with(kind, second, mapped(MappingKind::Break)).len(),
        2
    );
}

#[test]
fn our_row_is_whole_or_withheld_and_there_once() {
    let kind = IndicatorType::Proportion;
    let empty = |row: &mut ReleaseRow| {
        (row.numerator, row.denominator, row.value) = (None, None, None);
    };
    let withheld = |conf: &'static str| {
        scene(kind, |files, _| {
            right(files);
            empty(&mut files[1]);
            files[1].conf_status = conf.to_owned();
            if conf == "C" {
                files[1].obs_status = "Q".to_owned();
                files[1].status_reason = Some("withheld".to_owned());
            }
        })
    };
    assert_eq!(withheld("C"), [""; 0]);
    assert!(withheld("F")[0].contains("does not say that it is withheld"));
    let bare = scene(kind, |files, _| {
        right(files);
        files[1].denominator = None;
    });
    assert!(bare[0].ends_with("without its denominator, and a number of ours was counted in it"));
    let survey = scene(kind, |files, _| {
        right(files);
        files[1].lower = number("30");
    });
    assert!(survey[0].contains("the lower 30, and what it is made of gives no lower"));
    let twice = scene(kind, |files, _| {
        right(files);
        files[2] = files[1].clone();
        files[2].breakdown_value = String::new();
        files[2].definition_version = Some(2);
    });
    assert!(
        twice
            .iter()
            .any(|said| said.ends_with("SMOKING 2018 twice")),
        "{twice:?}"
    );
}

/// Far North: 301 of a sum over 900 people; shown as 33.4 percent, or another sum of before.
#[test]
fn a_mean_is_our_sum_over_the_shown_number_and_the_networks_is_that_of_its_rows() {
    let kind = IndicatorType::Mean;
    let said = |values: [&str; 3], people: i64, knows: fn(&mut Knows)| {
        let scene = |files: &mut [ReleaseRow; 3], _: &mut Counted| {
            for (row, value) in files.iter_mut().zip(values) {
                (row.numerator, row.value) = (None, number(value));
            }
            files[0].denominator = Some(Number::from(people));
        };
        scene_with(kind, scene, |it| {
            of_kind(kind)(it);
            knows(it);
        })
    };
    let nothing: fn(&mut Knows) = |_| {};
    assert_eq!(said(["27.8", "33.4", "22.3"], 1_800, nothing), [""; 0]);
    let ours = said(["27.8", "33.5", "22.3"], 1_800, nothing);
    assert!(ours[0].contains("the value 33.5, and what it is made of gives the value 33.4"));
    let people = said(["27.8", "33.4", "22.3"], 18_000, nothing);
    assert!(
        people.iter().any(|it| it.contains("the denominator 18000")),
        "{people:?}"
    );
    let network = said(["35", "33.4", "22.3"], 1_800, nothing);
    assert!(
        network[0].contains("the value 35, and what it is made of gives about the value 27.85")
    );
    // While the number of people is kept, so is the sum.
    let before: fn(&mut Knows) = |knows| {
        let mut before = counted_before(370);
        before.counted[0].denominator = Some(Number::from(897));
        knows.earlier.add(Some(&notice(None)), Some(&before));
    };
    assert_eq!(said(["27.8", "41.1", "22.3"], 1_800, before), [""; 0]);
    assert_eq!(said(["27.8", "41.2", "22.3"], 1_800, before).len(), 1);
}
