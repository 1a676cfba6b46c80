//! Attacks by an admitted device, each with its defined answer.

use std::cell::Cell;

use serde_json::Value;
use weft_shared::{
    id::{DefinitionHash, DocName},
    model::{
        Audience,
        observation::{Breakdown, ObservationKey, Statement, Status},
        schema::Container,
    },
};

use super::{
    client::{Claim, Hostile},
    forge,
};
use crate::{
    network::{Network, set},
    program::Program,
};

/// A network with an honest desk and its figure, and a hostile device that its steward admitted.
struct Scene {
    network: Network,
    desk: Program,
    hostile: Hostile,
}

impl Scene {
    fn new() -> Self {
        let network = Network::start();
        let desk = network.founded("FN", "desk");
        desk.run(&set("2022-12", "51324")).ok();
        let far = network.further(&desk, "far");
        desk.run(&["sync", "--once"]).ok();
        let hostile = Hostile::within(&network, &far);
        Self {
            network,
            desk,
            hostile,
        }
    }

    /// The honest desk saves and shares a figure, and the network's figure follows. The hub then
    /// restarts and rebuilds, and the figure stays the same.
    #[track_caller]
    fn honest_figures_stay_right(&mut self, numerator: &str) {
        self.desk.run(&set("2022-12", numerator)).ok();
        self.desk.run(&["sync", "--once"]).ok();
        let before = self.figures();
        assert_eq!(before, [numerator], "the honest figure and no other");
        self.network.kill_hub();
        self.network.hub.run(&["rebuild"]).ok();
        self.network.start_hub();
        assert_eq!(self.figures(), before, "after a rebuild");
        for command in ["status", "doctor"] {
            self.network.hub.run(&[command]);
            self.desk.run(&[command]);
        }
        self.network.hub.run(&["device", "list"]).ok();
        self.desk.run(&["rebuild"]).ok();
        let values = self.desk.run(&["observation", "list", "--json"]).json();
        assert!(holds(&values, numerator), "{values}");
    }

    /// Returns the numerators of the network's figures.
    fn figures(&self) -> Vec<String> {
        let rows = self.network.rollup();
        let network = rows.iter().filter(|row| row["level"] == "network");
        let counted = network.filter(|row| !row["numerator"].is_null());
        counted.map(|row| row["numerator"].to_string()).collect()
    }

    fn send(&mut self, claim: Claim) -> Result<Vec<u8>, String> {
        let mut wire = self.hostile.greet();
        self.hostile.send(&mut wire, &[claim]);
        let ack = self.hostile.answer(&mut wire)?;
        let own = self.hostile.dseq();
        let voids = ack.voids.unwrap_or_default().into_iter();
        Ok(voids
            .filter(|void| void.dseq == own)
            .map(|void| void.code)
            .collect())
    }
}

fn holds(values: &Value, numerator: &str) -> bool {
    let all = values.as_array().expect("a list");
    let numerator: i64 = numerator.parse().expect("a whole number");
    all.iter().any(|value| value["numerator"] == numerator)
}

const VOID_SCAN: u8 = 2;
const VOID_FULL: u8 = 10;

#[test]
fn a_change_that_claims_two_thousand_million_rows_is_void() {
    let mut scene = Scene::new();
    for claimed in [2_000_000_000, 20_000_000, 2, 0] {
        let document = DocName::first(format!("observations/{}", 2000 + claimed % 7));
        let bomb = forge::bomb(&scene.hostile, &document, claimed);
        assert!(bomb.raw.len() < 120, "{} bytes", bomb.raw.len());
        assert_eq!(scene.send(bomb), Ok(vec![VOID_SCAN]), "{claimed}");
    }
    scene.honest_figures_stay_right("51325");
}

#[test]
fn a_document_of_a_newer_version_is_kept_and_stops_nobody() {
    let mut scene = Scene::new();
    let document = DocName::first("weaving/2022");
    let plain = forge::plain(&scene.hostile, &document, 1);
    assert_eq!(scene.send(plain), Ok(vec![]));
    scene.honest_figures_stay_right("51325");
    let status = scene.desk.run(&["status"]).ok();
    assert!(status.contains("newer version"), "{status}");
}

/// Makes a statement about VAX_PRIMARY in Far North under the desk's own definition.
fn stated(scene: &Scene, numerator: &str, denominator: &str) -> Statement {
    let values = scene.desk.run(&["observation", "list", "--json"]).json();
    let definition = values[0]["definition"]
        .as_str()
        .expect("a definition's hash");
    let definition: DefinitionHash = definition.parse().expect("a hash");
    Statement {
        numerator: numerator.parse().ok(),
        denominator: denominator.parse().ok(),
        ..Statement::without_figure(definition, Status::Normal, Audience::Network)
    }
}

fn key(period: &str, part: &str) -> ObservationKey {
    ObservationKey {
        indicator: "VAX_PRIMARY".parse().expect("a code"),
        area: "FAR_NORTH".parse().expect("a code"),
        period: period.parse().expect("a period"),
        breakdown: Breakdown::by("age", part),
    }
}

/// Checks that no row holds anything from these figures, except in the columns that give reasons.
#[track_caller]
fn counts_nowhere(scene: &Scene, period: &str) {
    for row in scene.network.rollup() {
        if row["period"] == period {
            assert!(
                row["value"].is_null() && row["numerator"].is_null(),
                "{row}"
            );
            let reason = row["status_reason"].as_str().unwrap_or_default();
            assert!(!reason.is_empty(), "no reason: {row}");
        }
    }
}

#[test]
fn impossible_figures_count_nowhere_and_say_why() {
    let mut scene = Scene::new();
    for (period, numerator, denominator) in [
        ("2023-01", "-5", "10"),
        ("2024-02", "100", "50"),
        ("2025-03", "999999999999999", "1"),
    ] {
        let statement = stated(&scene, numerator, denominator);
        let name = format!("observations/{}", &period[..4]);
        let claim = forge::edited(&scene.hostile, &name, |editor| {
            editor.put_observation(&key(period, "12+"), &statement, None)
        });
        assert_eq!(
            scene.send(claim),
            Ok(vec![]),
            "the hub does not look into documents"
        );
        counts_nowhere(&scene, period);
    }
    scene.honest_figures_stay_right("51325");
}

#[test]
fn keys_that_no_page_offers_count_nowhere() {
    let mut scene = Scene::new();
    let statement = stated(&scene, "7", "10");
    let tries = [
        // A breakdown that the definition does not have: with a line break, and as a formula.
        ("observations/2023", key("2023-01", "a\nb")),
        ("observations/2024", key("2024-01", "=HYPERLINK(\"x\")")),
        // A key whose year is not that of its document.
        ("observations/1999", key("2025-01", "12+")),
    ];
    for (document, key) in tries {
        let claim = forge::edited(&scene.hostile, document, |editor| {
            editor.put_observation(&key, &statement, None)
        });
        assert_eq!(
            scene.send(claim),
            Ok(vec![]),
            "the hub does not look into documents"
        );
        counts_nowhere(&scene, &key.period.to_string());
    }
    scene.honest_figures_stay_right("51325");
    let csv = scene
        .network
        .hub
        .run(&["rollup", "--level", "all", "--format", "csv"])
        .ok();
    let bare = |cell: &str| cell.trim_matches('"').starts_with('=');
    assert!(!csv.split([',', '\n']).any(bare), "{csv}");
}

/// Makes plain entries in one batch, each with `documents` new documents of an unknown kind.
fn many_documents(hostile: &Hostile, entries: usize, documents: usize) -> Vec<Vec<Claim>> {
    let name = |at| DocName::first(format!("weaving/{at}"));
    let numbers: Vec<usize> = (0..entries * documents).collect();
    let chunks = numbers.chunks(documents);
    chunks
        .map(|chunk| {
            chunk
                .iter()
                .map(|at| forge::plain(hostile, &name(at), 1))
                .collect()
        })
        .collect()
}

#[test]
fn a_member_that_fills_its_share_leaves_room_for_its_colleagues() {
    let mut scene = Scene::new();
    let batches = many_documents(&scene.hostile, 45, 112);
    let mut wire = scene.hostile.greet();
    let (mut taken, mut refused) = (0, 0);
    for entry in &batches {
        scene.hostile.send(&mut wire, entry);
        let ack = scene.hostile.answer(&mut wire).expect("it has tokens left");
        let voids = ack.voids.unwrap_or_default().len();
        refused += voids;
        taken += 1 - voids;
    }
    // A quarter of 5,000 documents, in entries of 112.
    assert_eq!((taken, refused), (11, 34));
    scene.honest_figures_stay_right("51325");
    let said = scene.desk.run(&["sync", "--once"]);
    assert!(!said.out.contains("not taken"), "{}", said.out);
}

#[test]
fn calling_again_gives_no_new_allowance() {
    let mut scene = Scene::new();
    let document = DocName::first("weaving/2022");
    let plain: Vec<Vec<Claim>> = (1..=7_000)
        .map(|seq| vec![forge::plain(&scene.hostile, &document, seq)])
        .collect();
    let mut refused = None;
    let mut wire = scene.hostile.greet();
    for batch in plain.chunks(1_000) {
        let batch: Vec<&[Claim]> = batch.iter().map(Vec::as_slice).collect();
        scene.hostile.send_all(&mut wire, &batch);
        if let Err(words) = scene.hostile.answer(&mut wire) {
            refused = Some(words);
            break;
        }
    }
    let words = refused.expect("7,000 live entries are more than a device may send at once");
    assert!(words.starts_with("Limit"), "{words}");
    for _ in 0..3 {
        let mut wire = scene.hostile.resume();
        // More than a busy minute's allowance restores.
        let next = scene.hostile.dseq() + 1;
        let batch: Vec<Vec<Claim>> = (next..next + 1_000)
            .map(|seq| vec![forge::plain(&scene.hostile, &document, seq)])
            .collect();
        let batch: Vec<&[Claim]> = batch.iter().map(Vec::as_slice).collect();
        scene.hostile.send_all(&mut wire, &batch);
        let again = scene.hostile.answer(&mut wire);
        assert!(again.is_err_and(|words| words.starts_with("Limit")));
    }
    scene.honest_figures_stay_right("51325");
}

#[test]
fn values_and_documents_end_at_their_limits() {
    let mut scene = Scene::new();
    let statement = stated(&scene, "7", "10");
    let long = |bytes: usize| Statement {
        method: Some("x".repeat(bytes)),
        ..statement.clone()
    };
    // A method too long for any form counts nowhere, and a document ends at 8 MiB.
    let count = Cell::new(0_i64);
    let claims = forge::edits(&scene.hostile, "observations/2023", 45, |editor| {
        count.set(count.get() + 1);
        let long = Statement {
            numerator: Some((count.get() % 10).into()),
            ..long(200_000)
        };
        let key = key("2023-01", "12+").to_string();
        editor.put_text(Container::Observations, &key, &long.encode())
    });
    let mut wire = scene.hostile.greet();
    let mut voids = Vec::new();
    for claim in claims {
        scene.hostile.send(&mut wire, &[claim]);
        let ack = scene.hostile.answer(&mut wire).expect("it has tokens left");
        voids.extend(ack.voids.unwrap_or_default().iter().map(|void| void.code));
    }
    assert_eq!(voids.first(), Some(&VOID_FULL), "{voids:?}");
    assert!((3..10).contains(&voids.len()), "{voids:?}");
    let claim = forge::edited(&scene.hostile, "observations/2024", |editor| {
        let key = key("2024-01", "12+").to_string();
        editor.put_text(Container::Observations, &key, &long(100_000).encode())
    });
    assert_eq!(scene.send(claim), Ok(vec![]));
    counts_nowhere(&scene, "2024-01");
    counts_nowhere(&scene, "2023-01");
    scene.honest_figures_stay_right("51325");
}
