//! A release that leaves out, doubles, alters or dates back a location's numbers is caught.

use super::*;
use crate::{
    id::{DefinitionHash, DeviceIndex, ManifestHash},
    model::{Audience, number::Number, observation::Status},
    release::{ManifestLocation, manifest::FORMAT, table::sample},
    time::Timestamp,
};

struct Scene {
    manifest: Manifest,
    proof: Proof,
    stated: BTreeMap<ObservationKey, Statement>,
    acknowledged: Heights,
    owed: BTreeSet<ObservationKey>,
    agreed: BTreeMap<IndicatorCode, Agreed>,
    is_open: bool,
    periods: Option<PeriodRange>,
}

fn key(area: &str) -> ObservationKey {
    format!("SMOKING/{area}/2018/total").parse().unwrap()
}

fn statement(numerator: i64) -> Statement {
    Statement {
        numerator: Some(Number::from(numerator)),
        denominator: Some(Number::from(900)),
        ..Statement::without_figure(
            DefinitionHash::new([3; 32]),
            Status::Normal,
            Audience::Released,
        )
    }
}

fn us() -> LocationId {
    LocationId::new([1; LocationId::LEN])
}

impl Scene {
    fn new() -> Self {
        let stated: BTreeMap<ObservationKey, Statement> = [("FAR_NORTH", 300), ("GORE", 20)]
            .map(|(area, n)| (key(area), statement(n)))
            .into();
        let counted = stated.iter().map(|(key, stated)| Counted {
            key: key.clone(),
            definition: stated.definition,
            entry: (DeviceIndex(1), 4),
            numerator: stated.numerator,
            denominator: stated.denominator,
            value: None,
        });
        let heights = Heights::from([(DeviceIndex(1), 9)]);
        let proof = Proof {
            release: "prevention/2026.1".parse().unwrap(),
            code: "FN".parse().unwrap(),
            roster: RosterHash::new([2; 32]),
            salt: Salt::new([5; 32]),
            counted: counted.collect(),
            rows: None,
            kept: Vec::new(),
            left_out: Vec::new(),
            heights: heights.clone(),
        };
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            dataset: "prevention".parse().unwrap(),
            release: "2026.1".parse().unwrap(),
            title: "Prevention".to_owned(),
            network: "Example network".to_owned(),
            operator: "Example operator".to_owned(),
            published_at: Timestamp::from_ms(0),
            notice_days: 14,
            second_person: true,
            profile: "frr3".to_owned(),
            secret_commitment: String::new(),
            code_version: String::new(),
            supersedes: None,
            indicators: vec!["SMOKING".to_owned()],
            files: Vec::new(),
            locations: vec![ours(&proof)],
            left_out: BTreeMap::new(),
            sources: BTreeSet::new(),
        };
        Self {
            manifest,
            proof,
            owed: stated.keys().cloned().collect(),
            stated,
            acknowledged: heights,
            agreed: [("SMOKING".parse().unwrap(), Agreed::default())].into(),
            is_open: false,
            periods: None,
        }
    }

    fn check(&self) -> Vec<Fault> {
        let text = self.manifest.encode();
        self.check_text(&text, Manifest::hash(&text))
    }

    fn check_text(&self, text: &str, chained: ManifestHash) -> Vec<Fault> {
        self.with(|own| check((text, &links(chained)), &self.proof, own))
    }

    /// The check of a location to which the hub sent no proof.
    fn check_unproven(&self, tables: Option<&Tables>) -> Unproven {
        let text = self.manifest.encode();
        let links = links(Manifest::hash(&text));
        let of = &self.proof.release;
        self.with(|own| check_unproven((&text, &links), of, tables, own))
    }

    fn with<T>(&self, check: impl Fn(&Own<'_>) -> T) -> T {
        check(&Own {
            location: us(),
            code: &"FN".parse().unwrap(),
            places: &crate::release::table::sample_places(),
            base_changes: &BTreeMap::new(),
            acknowledged: &self.acknowledged,
            stated: &self.stated,
            periods: self.periods,
            by_location: &BTreeSet::new(),
            owed: &self.owed,
            published: &BTreeSet::new(),
            versions: &BTreeMap::new(),
            earlier: &Earlier::default(),
            agreed: &self.agreed,
            is_open: self.is_open,
        })
    }

    /// Leaves us out of the manifest, for a reason if there is one.
    fn leave_out(&mut self, why: Option<&str>) {
        self.manifest.locations.clear();
        let reason = why.map(|why| (self.proof.code.clone(), why.to_owned()));
        self.manifest.left_out = reason.into_iter().collect();
    }
}

fn links(manifest: ManifestHash) -> BTreeMap<u32, Link> {
    let link = Link {
        n: 1,
        act: ReleaseAct::Published,
        release: "prevention/2026.1".parse().unwrap(),
        at: Timestamp::from_ms(0),
        manifest,
        before: None,
        supersedes: None,
        reason: None,
    };
    BTreeMap::from([(1, link)])
}

fn ours(proof: &Proof) -> ManifestLocation {
    ManifestLocation {
        id: us(),
        code: proof.code.clone(),
        contribution: contribution(&proof.salt, &proof.roster, &proof.heights, &proof.counted),
    }
}

#[test]
fn a_release_that_counts_each_of_our_numbers_once_has_no_fault() {
    assert_eq!(Scene::new().check(), []);
}

#[test]
fn a_number_that_is_counted_without_our_yes_is_caught() {
    let mut scene = Scene::new();
    let code: IndicatorCode = "SMOKING".parse().unwrap();
    scene.is_open = true;
    let words =
        "anybody may read it without signing in, and we did not say yes to that for SMOKING";
    let said = scene.check();
    assert_eq!(said, [Fault::OpenUnagreed(code.clone())]);
    assert_eq!(said[0].to_string(), words);
    scene.agreed.get_mut(&code).unwrap().open = true;
    assert_eq!(scene.check(), []);
    scene.agreed.clear();
    let keys = scene.stated.keys().cloned();
    let expected: Vec<Fault> = keys.map(Fault::Unagreed).collect();
    assert_eq!(scene.check(), expected);
}

#[test]
fn a_location_that_is_left_out_of_the_manifest_is_caught() {
    let mut scene = Scene::new();
    scene.manifest.locations.clear();
    assert_eq!(scene.check(), [Fault::Missing]);
}

#[test]
fn a_number_that_is_omitted_is_caught_even_if_the_proof_fits() {
    let mut scene = Scene::new();
    scene.proof.counted.remove(1);
    scene.manifest.locations = vec![ours(&scene.proof)];
    assert_eq!(scene.check(), [Fault::Omitted(key("GORE"))]);
    let why = "it is contested".to_owned();
    scene.proof.left_out.push((key("GORE"), why.clone()));
    let key = key("GORE");
    assert_eq!(
        scene.check(),
        [Fault::Owed {
            key: key.clone(),
            why
        }]
    );
    // A reason that may hold is no fault.
    scene.owed.remove(&key);
    assert_eq!(scene.check(), []);
}

#[test]
fn a_location_that_is_left_out_without_a_word_never_hears_that_this_is_right() {
    let mut scene = Scene::new();
    assert_eq!(scene.check_unproven(None), Unproven::Named);
    scene.leave_out(None);
    scene.owed.clear();
    let unexplained = Unproven::Faults(vec![Fault::Unexplained]);
    assert_eq!(scene.check_unproven(None), unexplained);
    let why = "it has not said yes";
    scene.leave_out(Some(why));
    assert_eq!(scene.check_unproven(None), Unproven::Out(why.to_owned()));
    scene.manifest.release = "2026.2".parse().unwrap();
    let other = Unproven::Faults(vec![Fault::OtherRelease]);
    assert_eq!(scene.check_unproven(None), other);
}

#[test]
fn numbers_that_are_owed_are_caught_if_no_proof_came() {
    let mut scene = Scene::new();
    scene.owed.remove(&key("GORE"));
    scene.leave_out(None);
    let faults = vec![Fault::Unexplained, Fault::Omitted(key("FAR_NORTH"))];
    assert_eq!(scene.check_unproven(None), Unproven::Faults(faults));
    let why = "it has no released figures in it";
    scene.leave_out(Some(why));
    let Unproven::Faults(faults) = scene.check_unproven(None) else {
        panic!("it is a fault");
    };
    let said: Vec<String> = faults.iter().map(Fault::to_string).collect();
    let words = "SMOKING/FAR_NORTH/2018/total was left out because it has no released figures in \
                 it, and nothing on this computer says so";
    assert!(said[0].starts_with(words), "{said:?}");
    assert_eq!(said.len(), 1, "{said:?}");
}

#[test]
fn a_row_of_ours_without_a_proof_is_caught() {
    let mut scene = Scene::new();
    scene.owed.clear();
    scene.leave_out(Some("it has no released figures in it"));
    let tables = |rows: &[ReleaseRow]| crate::release::table::sample_tables(rows);
    let us = sample(Some("FN"), 300, 1);
    let Unproven::Faults(faults) = scene.check_unproven(Some(&tables(std::slice::from_ref(&us))))
    else {
        panic!("it is a fault");
    };
    assert!(matches!(faults[..], [Fault::RowUnproven(_)]), "{faults:?}");
    // A row without figures says nothing of us, and a row of another location neither.
    let empty = ReleaseRow {
        numerator: None,
        denominator: None,
        ..us
    };
    let rows = [empty, sample(Some("IC"), 300, 1), sample(None, 300, 1)];
    let found = scene.check_unproven(Some(&tables(&rows)));
    assert!(matches!(found, Unproven::Out(_)), "{found:?}");
    // Rows that are wrong in themselves are wrong for us too.
    let [_, theirs, whole] = rows;
    let twice = [theirs.clone(), theirs.clone()];
    let more = [
        theirs,
        ReleaseRow {
            numerator: Some(Number::from(390)),
            ..whole
        },
    ];
    for (rows, words) in [
        (
            &twice[..],
            "the files have the row of IC for SMOKING 2018 twice",
        ),
        (&more[..], "390"),
    ] {
        let Unproven::Faults(faults) = scene.check_unproven(Some(&tables(rows))) else {
            panic!("it is a fault: {words}");
        };
        let said: Vec<String> = faults.iter().map(Fault::to_string).collect();
        assert!(said.iter().any(|one| one.contains(words)), "{said:?}");
    }
}

#[test]
fn a_location_or_a_number_that_is_doubled_is_caught() {
    let mut scene = Scene::new();
    scene.manifest.locations.push(ours(&scene.proof));
    assert_eq!(scene.check(), [Fault::Doubled(2)]);

    let mut scene = Scene::new();
    let first = scene.proof.counted[0].clone();
    scene.proof.counted.push(first);
    scene.manifest.locations = vec![ours(&scene.proof)];
    assert_eq!(scene.check(), [Fault::Twice(key("FAR_NORTH"))]);
}

#[test]
fn a_number_that_is_altered_is_caught() {
    let mut scene = Scene::new();
    scene.proof.counted[0].numerator = Some(Number::from(301));
    assert!(matches!(scene.check()[0], Fault::OtherContribution));
    scene.manifest.locations = vec![ours(&scene.proof)];
    let said: Vec<String> = scene.check().iter().map(Fault::to_string).collect();
    let words = "SMOKING/FAR_NORTH/2018/total was counted as 301 of 900, and we stated 300 of 900";
    assert_eq!(said, [words]);
}

#[test]
fn a_number_that_we_never_released_is_caught() {
    let mut scene = Scene::new();
    scene.stated.remove(&key("GORE"));
    let said: Vec<String> = scene.check().iter().map(Fault::to_string).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].ends_with("and we stated nothing released"),
        "{said:?}"
    );
}

#[test]
fn a_release_that_is_dated_back_is_caught() {
    let mut scene = Scene::new();
    scene.proof.heights = Heights::from([(DeviceIndex(1), 8)]);
    scene.manifest.locations = vec![ours(&scene.proof)];
    let fault = Fault::BackDated {
        dix: 1,
        acknowledged: 9,
        counted: 8,
    };
    assert_eq!(scene.check(), [fault]);
    // A log of which the hub says nothing is dated back to its beginning.
    scene.proof.heights = Heights::new();
    scene.manifest.locations = vec![ours(&scene.proof)];
    let fault = Fault::BackDated {
        dix: 1,
        acknowledged: 9,
        counted: 0,
    };
    assert_eq!(scene.check(), [fault]);
}

#[test]
fn another_manifest_than_the_chain_names_is_caught() {
    let scene = Scene::new();
    let text = scene.manifest.encode();
    let other = ManifestHash::new([9; 32]);
    assert_eq!(scene.check_text(&text, other), [Fault::OtherManifest]);
    assert_eq!(
        scene.check_text("{}", Manifest::hash("{}")),
        [Fault::OtherManifest]
    );
    let mut scene = Scene::new();
    scene.manifest.release = "2026.2".parse().unwrap();
    assert_eq!(scene.check(), [Fault::OtherRelease]);
}

#[test]
fn a_number_outside_the_periods_of_a_release_is_not_missed_and_one_within_is() {
    let mut scene = Scene::new();
    scene.proof.counted.remove(1);
    scene.manifest.locations = vec![ours(&scene.proof)];
    for (periods, expected) in [
        ("2018..2018", vec![Fault::Omitted(key("GORE"))]),
        ("2019..2020", Vec::new()),
    ] {
        scene.periods = Some(periods.parse().unwrap());
        assert_eq!(scene.check(), expected, "{periods}");
    }
}

/// Under another code the hub would hold rows of its choice against our numbers.
#[test]
fn another_code_than_ours_is_caught_in_the_proof_and_in_the_manifest() {
    let other: LocationCode = "YY".parse().unwrap();
    let ours_is_other = Fault::OtherCode(other.clone());
    let words = "the hub calls our location YY in it, and that is not our code";
    assert_eq!(ours_is_other.to_string(), words);
    let mut scene = Scene::new();
    scene.proof.code = other.clone();
    assert_eq!(scene.check(), std::slice::from_ref(&ours_is_other));
    let mut scene = Scene::new();
    scene.manifest.locations[0].code = other.clone();
    assert_eq!(scene.check(), std::slice::from_ref(&ours_is_other));
    let mut scene = Scene::new();
    let mut theirs = ours(&scene.proof);
    theirs.id = LocationId::new([7; LocationId::LEN]);
    scene.manifest.locations.push(theirs);
    let code = "FN".parse().unwrap();
    assert_eq!(scene.check(), [Fault::CodeOfAnother(code)]);
    // A place that says why we are left out is that of our own code.
    scene.leave_out(Some("it has not said yes"));
    scene.manifest.left_out = [(other, "it has not said yes".to_owned())].into();
    let found = scene.check_unproven(None);
    let Unproven::Faults(faults) = found else {
        panic!("{found:?}");
    };
    assert!(faults.contains(&Fault::Unexplained), "{faults:?}");
}
