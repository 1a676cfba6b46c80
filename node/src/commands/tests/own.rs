//! Indicators of this location's own, by command: defined, changed, filled and exported.

use expect_test::expect;

use super::desk::{Desk, check};

const DEFINE: &str = "indicator define FN_SWIM --name Swimmers --type proportion --unit children \
    --numerator swam --denominator asked --period month --direction up";

#[test]
fn a_location_defines_changes_and_fills_an_indicator_of_its_own() {
    check(
        &format!(
            "{DEFINE} --audience network
             {DEFINE} --audience network
             indicator define FN_SWIM --numerator swam-50-m
             indicator define FN_SWIM --numerator swam-50-m --mapping break --reason farther
             observation set FN_SWIM --area FAR_NORTH --period 2022-12 --numerator 9 \
             --denominator 12
             observation set FN_SWIM --area FAR_NORTH --period 2022-12 --numerator 13 \
             --denominator 12
             observation set FN_SWIM --area FAR_NORTH --period 2022 --numerator 9 --denominator 12
             observation list
             indicator list
             indicator show FN_SWIM
             target add --indicator FN_SWIM --value 90 --audience network
             target list"
        ),
        expect![[r#"
            # Defined FN_SWIM v1. It is this location's own, and in no figure of the network.
            # New values go to the network and its national team, unless one has its own
            # audience.
            # That is what it said already. Nothing was changed.
            # The indicator cannot be defined like this, and nothing was saved:
            # --mapping: this changes what the figures mean, so it becomes version 2: say how
            # its figures compare with those before
            # --reason: this changes what the figures mean, so it becomes version 2: say why
            # in a sentence
            exit 2
            # Defined FN_SWIM v2. It is this location's own, and in no figure of the network.
            # New values go to the network and its national team, unless one has its own
            # audience.
            FN_SWIM/FAR_NORTH/2022-12/total
            # Saved as 9 of 12 (75.0%), normal.
            # Saved on this computer; 3 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            # Nothing was saved: the numerator 13 is above the denominator 12, and FN_SWIM is
            # a proportion: check both, they may be swapped.
            exit 2
            # Nothing was saved: FN_SWIM is reported by month, and 2022 is a year: write a
            # month as 2024-03.
            exit 2
            id                               figure   status  audience
            FN_SWIM/FAR_NORTH/2022-12/total  9 of 12  A       network
            code         version  whose    decision  audience  name
            FN_SWIM      v2       own      adopted   network   Swimmers
            HEAT_MAIN    v1       network                      Main type of heating used
            VAX_PARTIAL  v1       network                      At least partially vaccinated
            VAX_PRIMARY  v1       network                      Completed primary course
            FN_SWIM v2  Swimmers
              whose        this location's own; in no figure of the network
              type         proportion, in percent
              numerator    swam-50-m
              denominator  asked
              period       month
              hash         9891068321821d4ca2dbd632c7b68dbaf03a94cc62955c51ff20cddf2baf1669
              decision     adopted
              audience     network
            ID
            # Saved on this computer; 4 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            target   audience  id
            FN_SWIM  network   ID-
        "#]],
    );
}

#[test]
fn a_code_without_our_prefix_is_refused() {
    check(
        &format!(
            "{}
             {}
             {}
             indicator define FN_SWIM --type count
             indicator list",
            DEFINE.replace("FN_SWIM", "SWIM"),
            DEFINE.replace("FN_SWIM", "WT_SWIM"),
            DEFINE.replace("FN_SWIM", "FN_"),
        ),
        expect![[r##"
            # SWIM is not a code of our own: write a code that begins with FN_, such as
            # FN_SWIM. The prefix keeps it apart from the network's indicators and from those
            # of other locations. Nothing was saved.
            exit 2
            # WT_SWIM is not a code of our own: write a code that begins with FN_, such as
            # FN_SWIM. The prefix keeps it apart from the network's indicators and from those
            # of other locations. Nothing was saved.
            exit 2
            # FN_ is not a code of our own: write a code that begins with FN_, such as
            # FN_SWIM. The prefix keeps it apart from the network's indicators and from those
            # of other locations. Nothing was saved.
            exit 2
            # The indicator cannot be defined like this, and nothing was saved:
            # --name: fill in "Name"
            # --unit: fill in "Unit"
            # --period: fill in "How often"
            # --direction: fill in "Better"
            exit 2
            code         version  whose    decision  audience  name
            HEAT_MAIN    v1       network                      Main type of heating used
            VAX_PARTIAL  v1       network                      At least partially vaccinated
            VAX_PRIMARY  v1       network                      Completed primary course
        "##]],
    );
}

#[test]
fn a_definition_travels_only_with_something_that_is_shared() {
    let desk = Desk::new();
    let in_profile = |desk: &Desk| {
        desk.with(|replica| {
            let kind = weft_shared::model::schema::DocKind::Profile;
            replica.own_document(kind).unwrap().definitions().len()
        })
    };
    assert_eq!(desk.run(DEFINE).code, 0);
    assert_eq!(in_profile(&desk), 0, "it is for the team alone");
    let set = "observation set FN_SWIM --area FAR_NORTH --period 2022-12 --numerator 9 \
               --denominator 12";
    assert_eq!(desk.run(set).code, 0);
    assert_eq!(in_profile(&desk), 0);
    let far = format!("{} --audience network", set.replace("2022-12", "2022-11"));
    let told = desk.run(&far);
    assert_eq!(told.code, 0, "{}", told.err);
    assert_eq!(in_profile(&desk), 1, "a shared value needs it");
    // A new version stays with the one that is shared.
    let later = "indicator define FN_SWIM --unit pupils --mapping exact --reason same";
    assert_eq!(desk.run(later).code, 0);
    assert_eq!(in_profile(&desk), 2);
}

/// Lines of values name the version that they were entered under, so a copy of everything has each.
#[test]
fn an_export_has_every_version_of_a_definition() {
    let desk = Desk::new();
    assert_eq!(desk.run(DEFINE).code, 0);
    let later = "indicator define FN_SWIM --unit pupils --mapping exact --reason same";
    assert_eq!(desk.run(later).code, 0);
    for format in ["csv", "json"] {
        let export = format!("export --to {format} --format {format}");
        assert_eq!(desk.run(&export).code, 0);
    }
    let file = desk.read("csv/indicators.csv");
    for version in ["FN_SWIM,1,", "FN_SWIM,2,"] {
        assert!(file.contains(version), "{file}");
    }
    let whole: serde_json::Value = serde_json::from_str(&desk.read("json/weft.json")).unwrap();
    let own = &whole["indicators"][0];
    let units = own["versions"].as_array().unwrap().iter();
    let units: Vec<_> = units.map(|one| &one["definition"]["unit"]).collect();
    assert_eq!(units, ["children", "pupils"], "{own}");
}
