//! The figures that a release holds back because of others: parts of a total, counts within
//! counts, periods, versions, figures of offices, and what was shown before.

use std::collections::BTreeSet;

use rusqlite::params;
use weft_shared::{
    id::DefinitionHash,
    model::{
        Audience,
        indicator::Rows,
        number::Number,
        observation::{Statement, Status},
        release::ReleaseId,
    },
};

use super::{Scene, checking};
use crate::{
    release::{Checked, NewRelease},
    store::StoreError,
    tests::{commands::run, published::import_lines},
};

/// The place of FN among the locations: the one that states the counts of these tests.
const FN: usize = 1;

/// A count of people by sex, by its code and the version with the rest of its definition.
pub(super) fn count_of(code: &str, version: &str) -> String {
    format!(
        "[[indicator]]\ncode = \"{code}\"\nname = \"Example: {code}\"\ntype = \"count\"\n\
         unit = \"people\"\nnumerator = \"People\"\ndirection = \"up\"\nperiod = \"year\"\n\
         accountability = \"population\"\nclass = \"better_off\"\nrollup = \"sum\"\n\
         person_level = true\nsource = \"Example\"\nbreakdowns = {{ sex = [\"f\", \"m\"] }}\n\
         version = {version}\n"
    )
}

impl Scene {
    /// Adds a definition with some settings. All locations agree to rows of their own.
    pub(super) async fn define(&mut self, text: &str, settings: &[&str]) -> DefinitionHash {
        let before = self.app.definitions().unwrap();
        self.app.import_definitions(text).await.unwrap();
        let mut all = self.app.definitions().unwrap();
        all.retain(|one| !before.iter().any(|old| old.key() == one.key()));
        let definition = all.pop().unwrap();
        let (code, version, hash) = (&definition.code, definition.version, definition.hash());
        let settings: Vec<String> = settings.iter().map(|&one| one.to_owned()).collect();
        let set = self.app.set_definition(code, version, &settings);
        set.await.unwrap();
        for at in 0..self.devices.len() {
            let of = (code.as_str(), hash);
            self.agree_to(at, of, Some(Rows::Locations)).await;
        }
        hash
    }

    /// States counts of FN: each by its subject, such as `SEEN/2023/sex=f`.
    pub(super) async fn counts(&mut self, hash: DefinitionHash, counts: &[(&str, i64)]) {
        for (subject, count) in counts {
            let statement = Statement {
                numerator: Some(Number::from(*count)),
                ..Statement::without_figure(hash, Status::Normal, Audience::Released)
            };
            let (code, rest) = subject.split_once('/').unwrap();
            self.put(FN, &format!("{code}/NORTH/{rest}"), statement)
                .await;
        }
    }

    pub(super) async fn put(&mut self, at: usize, key: &str, statement: Statement) {
        let key = key.parse().unwrap();
        let put = |editor: &mut weft_shared::document::Editor<'_>| {
            editor.put_observation(&key, &statement, None)
        };
        let entry = self.devices[at].edit("observations/2023", put);
        self.devices[at].push(&self.app, entry).await;
    }

    /// Sets how counts of FN's one area are shown.
    async fn coins(&self, coins: &'static [(u64, u64)]) {
        let write = self.app.shared.store.write(move |tx| {
            for (raw, shown) in coins {
                let sql = "INSERT INTO rounded (areas, raw, shown) VALUES ('NORTH', ?, ?)";
                tx.execute(sql, params![raw, shown])?;
            }
            Ok::<_, StoreError>(())
        });
        write.await.unwrap();
    }

    pub(super) async fn propose_of(&self, codes: &[&str]) -> ReleaseId {
        let new = NewRelease {
            dataset: "people".parse().unwrap(),
            indicators: codes.iter().map(|code| code.parse().unwrap()).collect(),
            ..self.new_release()
        };
        let proposed = self.app.propose_release(new, "operator").await;
        proposed.unwrap().id
    }

    pub(super) async fn checked(&self, id: &ReleaseId) -> Checked {
        let checked = self.app.check_release(id, "operator", checking()).await;
        checked.unwrap()
    }
}

/// The rows of locations that would be withheld, each with the rule.
fn withheld(checked: &Checked) -> BTreeSet<String> {
    let rows = checked.withheld.iter();
    let own = rows.filter_map(|(row, rule)| Some((row.strip_suffix(", FN")?, rule)));
    own.map(|(row, rule)| format!("{row}: {rule}")).collect()
}

/// Checks which rows a proposal of SEEN withholds.
async fn check(scene: &Scene, expected: &[&str]) {
    let id = scene.propose_of(&["SEEN"]).await;
    check_of(scene, &id, expected).await;
}

async fn check_of(scene: &Scene, id: &ReleaseId, expected: &[&str]) {
    let found = withheld(&scene.checked(id).await);
    let expected: BTreeSet<String> = expected.iter().map(|&row| row.to_owned()).collect();
    assert_eq!(found, expected);
    scene.app.drop_release(id, "operator").await.unwrap();
}

const SMALL: &str = "SEEN/1 2023 sex m: a small count";
const AUDITED: &str =
    "SEEN/1 2023 sex f: without it, a withheld count would have fewer than five candidates";

#[tokio::test(flavor = "multi_thread")]
async fn a_part_goes_with_a_small_one_if_they_make_up_their_total() {
    for (settings, expected) in [
        (
            &["rows=locations", "complete=sex"][..],
            &[SMALL, AUDITED][..],
        ),
        (&["rows=locations"], &[SMALL]),
    ] {
        let mut scene = Scene::new().await;
        // A shown 12 of f and 9 of all leave 0 or 1 for m.
        scene.coins(&[(10, 12), (11, 9)]).await;
        let hash = scene.define(&count_of("SEEN", "1"), settings).await;
        let counts = [
            ("SEEN/2023/total", 11),
            ("SEEN/2023/sex=f", 10),
            ("SEEN/2023/sex=m", 1),
        ];
        scene.counts(hash, &counts).await;
        check(&scene, expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nearly_all_of_a_count_that_includes_it_is_withheld() {
    for (settings, expected) in [
        (
            &["rows=locations", "part_of=ASKED"][..],
            &["SEEN/1 2023: nearly all of a count that includes it"][..],
        ),
        (&["rows=locations"], &[]),
    ] {
        let mut scene = Scene::new().await;
        let whole = count_of("ASKED", "1");
        let whole = scene.define(&whole, &["rows=locations"]).await;
        let hash = scene.define(&count_of("SEEN", "1"), settings).await;
        scene.counts(whole, &[("ASKED/2023/total", 32)]).await;
        scene.counts(hash, &[("SEEN/2023/total", 30)]).await;
        let id = scene.propose_of(&["ASKED", "SEEN"]).await;
        check_of(&scene, &id, expected).await;
    }
}

/// States f and m, with a total of 8 that an office publishes or not. A shown 6 of f stands for 6
/// to 8, so the total leaves three values of m.
async fn two_parts(scene: &mut Scene, settings: &[&str]) {
    let hash = scene.define(&count_of("SEEN", "1"), settings).await;
    let counts = [("SEEN/2023/sex=f", 6), ("SEEN/2023/sex=m", 2)];
    scene.counts(hash, &counts).await;
}

async fn publish_count(scene: &Scene, code: &str, count: u32) {
    let line = format!("{code},NORTH,2023,,,{count},,A");
    let (_, words) = import_lines(&scene.app, "2024-03-06", &[line]).await;
    assert!(words.contains("1 figure of Stats NZ"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_office_published_counts_in_the_audit_at_the_notice_and_after_it() {
    let mut scene = Scene::new().await;
    two_parts(&mut scene, &["rows=locations", "complete=sex"]).await;
    check(&scene, &[SMALL]).await;
    // Readers have it once it is published, although the inputs were frozen before.
    let id = scene.propose_of(&["SEEN"]).await;
    publish_count(&scene, "SEEN", 8).await;
    check_of(&scene, &id, &[SMALL, AUDITED]).await;
    let id = scene.propose_of(&["SEEN"]).await;
    check_of(&scene, &id, &[SMALL, AUDITED]).await;
    // One that was taken back since was read before.
    let id = scene.propose_of(&["SEEN"]).await;
    run(&scene.app, &["published", "remove", "1"]).await;
    let checked = scene.checked(&id).await;
    assert!(withheld(&checked).contains(AUDITED), "{checked:?}");
    let taken_back = "SEEN 2023: FN NORTH was taken back by its publisher";
    assert_eq!(checked.changed, [taken_back]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_office_published_of_an_including_count_is_known_although_no_release_has_it() {
    let mut scene = Scene::new().await;
    let whole = count_of("ASKED", "1");
    scene.define(&whole, &["rows=locations"]).await;
    let settings = ["rows=locations", "part_of=ASKED"];
    let hash = scene.define(&count_of("SEEN", "1"), &settings).await;
    scene.counts(hash, &[("SEEN/2023/total", 30)]).await;
    check(&scene, &[]).await;
    publish_count(&scene, "ASKED", 32).await;
    let nearly = "SEEN/1 2023: nearly all of a count that includes it";
    check(&scene, &[nearly]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_total_of_another_version_holds_for_its_parts_if_the_two_mean_the_same() {
    let small = "SEEN/2 2023 sex m: a small count";
    let audited = AUDITED.replace("SEEN/1", "SEEN/2");
    for (mapping, expected) in [
        ("exact", &[small, audited.as_str()][..]),
        ("break", &[small]),
    ] {
        let mut scene = Scene::new().await;
        let settings = ["rows=locations", "complete=sex"];
        scene.define(&count_of("SEEN", "1"), &settings).await;
        publish_count(&scene, "SEEN", 8).await;
        let second = count_of("SEEN", "2");
        let from = "[indicator.from]\nversion = 1\nreason = \"Example\"\n";
        let second = format!("{second}{from}mapping = \"{mapping}\"\n");
        let hash = scene.define(&second, &settings).await;
        let counts = [("SEEN/2023/sex=f", 6), ("SEEN/2023/sex=m", 2)];
        scene.counts(hash, &counts).await;
        check(&scene, expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_that_was_released_under_another_version_stops_a_release() {
    let mut scene = Scene::new().await;
    let hash = scene.define(&count_of("SEEN", "1"), &[]).await;
    scene.counts(hash, &[("SEEN/2023/total", 30)]).await;
    let id = scene.propose_of(&["SEEN"]).await;
    let published = scene.app.publish_release(&id, "operator", None).await;
    published.unwrap();
    let hash = scene.define(&count_of("SEEN", "2"), &[]).await;
    scene.counts(hash, &[("SEEN/2023/total", 31)]).await;
    let id = scene.propose_of(&["SEEN"]).await;
    let stops = scene.checked(&id).await.stops;
    let stops: Vec<String> = stops.iter().map(ToString::to_string).collect();
    let words = "SEEN 2023 was released under another version of its definition: the two together \
                 could tell a count. Propose it again with other periods";
    assert_eq!(stops, [words]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_only_grows_is_held_against_those_of_other_periods() {
    let january = "SEEN/1 2023-01 sex f: without it, a withheld count would have fewer than five \
                   candidates";
    let [small, audited] = [SMALL, AUDITED].map(|row| row.replace("2023", "2023-02"));
    let settings = ["rows=locations", "complete=sex", "over_time=cumulative"];
    for (settings, expected) in [
        // At least 10 in January are no fewer in February, and 9 of all leave 0 or 1 for m.
        (&settings[..], &[&*small, &*audited, january][..]),
        (&settings[..2], &[&*small, &*audited]),
    ] {
        let mut scene = Scene::new().await;
        scene.coins(&[(10, 12), (11, 9)]).await;
        let definition = count_of("SEEN", "1").replace("\"year\"", "\"month\"");
        let hash = scene.define(&definition, settings).await;
        let counts = [
            ("SEEN/2023-01/sex=f", 10),
            ("SEEN/2023-02/total", 11),
            ("SEEN/2023-02/sex=f", 10),
            ("SEEN/2023-02/sex=m", 1),
        ];
        scene.counts(hash, &counts).await;
        check(&scene, expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mean_stays_over_several_releases_as_long_as_its_number_of_people_does() {
    let mut scene = Scene::new().await;
    let definition = count_of("WAIT", "1")
        .replace("\"count\"", "\"mean\"")
        .replace(
            "numerator =",
            "denominator = \"People\"\nfactor = 1\nnumerator =",
        );
    let hash = scene.define(&definition, &["rows=locations"]).await;
    let mut values = Vec::new();
    // The sums of those who join differ much, and the number of people has moved by 2 at most.
    for (sum, people) in [(5_000, 100), (5_500, 101), (5_600, 102), (6_000, 106)] {
        let statement = Statement {
            numerator: Some(Number::from(sum)),
            denominator: Some(Number::from(people)),
            ..Statement::without_figure(hash, Status::Normal, Audience::Released)
        };
        scene.put(FN, "WAIT/NORTH/2023/total", statement).await;
        let id = scene.propose_of(&["WAIT"]).await;
        let checked = scene.checked(&id).await;
        let row = checked.first.iter().find(|row| row.location == "FN");
        let row = row.unwrap();
        values.push((row.value.clone(), row.denominator.clone()));
        let published = scene.app.publish_release(&id, "operator", None).await;
        published.unwrap();
    }
    let first = values[0].clone();
    assert_eq!(values[1], first);
    assert_eq!(values[2], first, "the sum that was shown is the first one");
    assert_ne!(values[3], first, "six have joined");
}
