//! Answers about denominators, and the status that takes one back.

use super::*;

/// A correction of the rest keeps "another base"; a status that a person chose beside it does not.
#[test]
fn another_base_is_taken_back_by_a_status_that_says_otherwise() {
    let definition = of_kind("proportion");
    let (mut stands, _) = read(
        "
        NN/2022-07 45000/56393
        NN/2022-08 45100/59649
        ",
        &definition,
    );
    let key: ObservationKey = "VAX_PRIMARY/NN/2022-08/total".parse().unwrap();
    let stated = &mut stands.get_mut(&key).unwrap()[0];
    stated.status = Status::Break;
    stated.confirmed = BTreeSet::from(["base".to_owned(), "beside-56393".to_owned()]);
    let base = &stands[&key][0];
    let asked = |chosen: bool, status: Status| {
        let mut series = Series::default();
        for (key, stated) in &stands {
            series.stands(key, stated);
        }
        let comes = Statement {
            numerator: Some(45_200.into()),
            status,
            confirmed: BTreeSet::new(),
            ..base.clone()
        };
        if chosen {
            series.comes_with_status(&key, &comes);
        } else {
            series.comes(&key, &comes, None);
        }
        let terms = Terms {
            definition: &definition,
            base_from: &[],
        };
        let questions = series.questions(&BTreeMap::from([(definition.code.clone(), terms)]));
        let confirmed = questions.confirmed(&key, &Answers::NONE);
        (
            questions.open(&Answers::NONE).len(),
            confirmed.contains("base"),
        )
    };
    assert_eq!(asked(false, Status::Normal), (0, true));
    assert_eq!(asked(true, Status::Break), (0, false), "the status says it");
    assert_eq!(asked(true, Status::Normal), (1, false));
    assert_eq!(asked(true, Status::Estimated), (1, false));
}
