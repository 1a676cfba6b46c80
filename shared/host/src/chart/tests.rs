//! Golden drawings, and coordinates read back to values as a reader would.

use expect_test::expect_file;
use proptest::prelude::*;

use super::*;

fn smoking() -> Trend<'static> {
    let thin = |values: [f64; 3]| {
        let [a, b, c] = values;
        Line::other(vec![
            Point::new(2006.0, a),
            Point::new(2013.0, b),
            Point::new(2018.0, c).loose(),
        ])
    };
    Trend {
        name: Name::Of("said"),
        unit: "%",
        ticks: [2006.0, 2013.0, 2018.0, 2025.0]
            .map(|year| Tick::new(year, &year.to_string()))
            .to_vec(),
        lines: vec![
            thin([30.8, 25.0, 23.7]),
            thin([18.9, 14.7, 12.4]),
            Line::own(
                "Network",
                vec![
                    Point::new(2006.0, 23.4).said("23.4"),
                    Point::new(2013.0, 17.7).said("17.7"),
                    Point::new(2018.0, 15.7).said("15.7 %").loose(),
                ],
            ),
        ],
        target: Some(Target {
            value: 5.0,
            until: Some(2025.0),
            words: "under 5 % by 2025".to_owned(),
        }),
        turns: vec![Turn::Base {
            between: (2013.0, 2018.0),
        }],
        ..Trend::default()
    }
}

fn travel() -> Trend<'static> {
    let points = |a: f64, b: f64, c: f64| {
        vec![
            Point::new(2006.0, a).said(&format!("{a}")),
            Point::new(2013.0, b).range(b - 0.4, b + 0.4),
            Point::new(2018.0, c).said(&format!("{c} %")).apart(),
        ]
    };
    Trend {
        name: Name::Words("Walk <or> \"cycle\""),
        unit: "%",
        ticks: [2006.0, 2013.0, 2018.0]
            .map(|year| Tick::new(year, &year.to_string()))
            .to_vec(),
        lines: vec![
            Line::network("Network", points(6.6, 6.3, 5.5)),
            Line::own("Far North", points(6.5, 6.1, 5.0)).gone(&[2010.0]),
        ],
        turns: vec![Turn::Question {
            between: (2013.0, 2018.0),
            before: "asked about census day".to_owned(),
            after: "from 2018 asked what is usual".to_owned(),
        }],
        ..Trend::default()
    }
}

#[test]
fn trends_look_as_they_were_approved() {
    expect_file!["golden/trend-base-changed.svg"].assert_eq(&smoking().svg());
    expect_file!["golden/trend-question-changed.svg"].assert_eq(&travel().svg());
}

#[test]
fn small_charts_look_as_they_were_approved() {
    let lines = travel().lines;
    let small = Small::over(&lines)
        .unit("%")
        .ticks(vec![Tick::new(2006.0, "’06"), Tick::new(2018.0, "’18")])
        .turns(&travel().turns);
    let both: Vec<&Line> = lines.iter().collect();
    expect_file!["golden/panel.svg"].assert_eq(&small.panel(&both, Name::Words("Far North")));
    expect_file!["golden/strip.svg"].assert_eq(&small.strip(&both, Name::Hidden));
    let row = [
        Dot::new(28.8, Age::Earlier),
        Dot::new(21.9, Age::Before).range(20.0, 24.0),
        Dot::new(21.0, Age::Now).loose(),
    ];
    let target = Target {
        value: 14.0,
        until: None,
        words: "target 14".to_owned(),
    };
    let dots = Dots::over([&row[..]])
        .unit("%")
        .network(15.7, "network 15.7")
        .target(&target);
    expect_file!["golden/dots-head.svg"].assert_eq(&dots.head());
    expect_file!["golden/dots-row.svg"].assert_eq(&dots.row(&row));
}

#[test]
fn nothing_joins_across_a_break_and_a_single_period_is_a_dot() {
    let svg = travel().svg();
    assert_eq!(svg.matches("<line class=\"own").count(), 1, "{svg}");
    assert_eq!(svg.matches("<line class=\"net").count(), 1, "{svg}");
    assert!(svg.contains("<circle class=\"dot net\""), "{svg}");
    assert_eq!(svg.matches("<path class=\"gone\"").count(), 1, "{svg}");
    let dotted = smoking().svg();
    assert_eq!(
        dotted.matches("<line class=\"own loose\"").count(),
        1,
        "{dotted}"
    );
}

#[test]
fn nothing_is_drawn_that_a_strict_page_forbids() {
    for svg in [
        smoking().svg(),
        travel().svg(),
        Mark::Square.svg(),
        steps(3),
    ] {
        for forbidden in [
            "<style", "style=", "<script", "href", "viewBox", "NaN", "inf",
        ] {
            assert!(!svg.contains(forbidden), "{forbidden}: {svg}");
        }
    }
    assert!(
        travel()
            .svg()
            .contains("aria-label=\"Walk &lt;or&gt; &quot;cycle&quot;\"")
    );
}

/// Finds the value of an attribute of a tag.
fn read(tag: &str, attribute: &str) -> f64 {
    let (_, rest) = tag.split_once(&format!(" {attribute}=\"")).unwrap();
    let (value, _) = rest.split_once('"').unwrap();
    value.trim_end_matches('%').parse().unwrap()
}

/// Reads the axis as a person does: the numbers beside it, and where each stands.
fn axis(svg: &str) -> Vec<(f64, f64)> {
    let labels = svg
        .lines()
        .filter(|line| line.contains("class=\"end\"") && line.contains("dx="));
    let read_label = |line: &str| {
        let (_, words) = line.split_once('>').unwrap();
        let words = words.split('<').next().unwrap().trim_end_matches(" %");
        let value: f64 = words.replace(',', "").replace('−', "-").parse().unwrap();
        (value, read(line, "y") - 5.0)
    };
    labels.map(read_label).collect()
}

/// The boxes of all words that are shown on a plot of `plot` pixels, where `hidden` is not.
fn boxes(svg: &str, plot: f64, hidden: &str) -> Vec<(String, [f64; 4])> {
    let words = svg
        .lines()
        .filter(|line| line.contains(" halo") && !line.contains(hidden));
    let of = |line: &str| {
        let (tag, rest) = line.split_once('>').unwrap();
        let text = rest.split('<').next().unwrap().to_owned();
        // Seven pixels a letter, which is what the typeface takes in bold at 16 pixels.
        let width = f64::from(u32::try_from(text.chars().count()).unwrap()) * 7.0;
        let dx = if tag.contains("dx=") {
            read(tag, "dx")
        } else {
            0.0
        };
        let x = read(tag, "x") / 100.0 * plot + dx;
        let left = match tag {
            tag if tag.contains(" mid") => x - width / 2.0,
            tag if tag.contains(" end") => x - width,
            _ => x,
        };
        let y = read(tag, "y");
        (text, [left, left + width, y - 10.0, y + 3.0])
    };
    words.map(of).collect()
}

proptest! {
    #[test]
    fn coordinates_read_back_to_values(
        values in prop::collection::vec(0.001_f64..5_000_000.0, 1..20),
        scaled in -3_i32..3,
    ) {
        let values: Vec<f64> = values.iter().map(|value| value * 10_f64.powi(scaled)).collect();
        let numbered = values.iter().zip(0_u32..);
        let points = numbered.map(|(value, at)| Point::new(f64::from(at), *value));
        let line = Line::own("Own", points.collect());
        let svg = Trend { unit: "%", lines: vec![line], ..Trend::default() }.svg();
        let axis = axis(&svg);
        let (zero, top) = (axis[0], axis[axis.len() - 1]);
        prop_assert_eq!(zero.0, 0.0);
        let largest = values.iter().copied().fold(0.0, f64::max);
        prop_assert!(top.0 >= largest * 0.999_999 && top.0 <= largest * 2.0 + 1e-9);
        let per_pixel = (top.0 - zero.0) / (zero.1 - top.1);
        let dots: Vec<&str> = svg.lines().filter(|line| line.starts_with("<circle")).collect();
        prop_assert_eq!(dots.len(), values.len());
        let mut x_before = -1.0;
        for (dot, value) in dots.iter().zip(&values) {
            let back = zero.0 + (zero.1 - read(dot, "cy")) * per_pixel;
            // A tenth of a pixel is the finest that is written.
            prop_assert!((back - value).abs() <= per_pixel * 0.16, "{back} for {value}");
            prop_assert!(read(dot, "cx") > x_before);
            x_before = read(dot, "cx");
        }
        // The rest of the numbers stand where they say.
        for (value, y) in &axis {
            prop_assert!((zero.0 + (zero.1 - y) * per_pixel - value).abs() <= per_pixel * 0.2);
        }
    }

    #[test]
    fn words_never_lie_over_each_other(
        own in prop::collection::vec(0.0_f64..100.0, 2..8),
        network in prop::collection::vec(0.0_f64..100.0, 2..8),
        target in 0.0_f64..100.0,
    ) {
        let points = |values: &[f64]| -> Vec<Point> {
            let numbered = values.iter().zip(0_u32..);
            let point = |(value, at): (&f64, u32)| Point::new(f64::from(at), *value);
            numbered.map(point).map(|point| point.said("12.3")).collect()
        };
        let trend = Trend {
            lines: vec![
                Line::network("Network", points(&network)),
                Line::own("Far North", points(&own)),
            ],
            target: Some(Target {
                value: target,
                until: None,
                words: "under 5 by 2025".to_owned(),
            }),
            turns: vec![Turn::Base { between: (0.0, 1.0) }],
            ..Trend::default()
        };
        let svg = trend.svg();
        for (plot, hidden) in [(250.0, "wide"), (559.0, "wide"), (560.0, "slim"), (900.0, "slim")] {
            let boxes = boxes(&svg, plot, hidden);
            prop_assert!(boxes.len() >= 3);
            for (index, (one, a)) in boxes.iter().enumerate() {
                for (other, b) in &boxes[index + 1..] {
                    let apart = a[1] <= b[0] || b[1] <= a[0] || a[3] <= b[2] || b[3] <= a[2];
                    prop_assert!(apart, "{one} over {other}");
                }
            }
        }
    }

    #[test]
    fn any_numbers_draw_without_panic(
        values in prop::collection::vec(any::<f64>(), 0..12),
        times in prop::collection::vec(any::<f64>(), 0..12),
        top in any::<f64>(),
    ) {
        let pairs = times.iter().zip(&values);
        let points = pairs.map(|(at, value)| Point::new(*at, *value).range(*value, top).said("x"));
        let line = Line::own("Own", points.collect());
        let small = Small::over([&line]);
        let panel = small.panel(&[&line], Name::Hidden);
        let strip = small.strip(&[&line], Name::Hidden);
        let row = values.iter().map(|value| Dot::new(*value, Age::Now)).collect::<Vec<_>>();
        let drawn = Dots::over([&row[..]]).row(&row);
        let trend = Trend { lines: vec![line], ..Trend::default() };
        prop_assert!(trend.picture().png.starts_with(b"\x89PNG"));
        let trend = trend.svg();
        for svg in [panel, strip, drawn, trend] {
            prop_assert!(!svg.contains("NaN"), "{svg}");
        }
    }
}

#[test]
fn strips_of_one_span_have_a_year_at_one_place() {
    let long = Line::own("", vec![Point::new(2006.0, 1.0), Point::new(2018.0, 2.0)]);
    let short = Line::own("", vec![Point::new(2018.0, 5.0)]);
    let last = |small: Small, line: &Line| {
        let strip = small.strip(&[line], Name::Hidden);
        let (_, from) = strip.rsplit_once("cx=\"").expect("a dot is drawn");
        from.split_once('"').expect("it has an end").0.to_owned()
    };
    let shared = |line: &Line| last(Small::over([line]).times([2006.0, 2018.0]), line);
    assert_eq!(shared(&long), shared(&short));
    assert_eq!(last(Small::over([&short]), &short), "50.00%");
}

#[test]
fn the_one_label_of_a_panel_stays_inside_it() {
    let line = Line::own("", vec![Point::new(2022.0, 1.0), Point::new(2023.0, 2.0)]);
    let label = |at: f64| {
        let small = Small::over([&line]).ticks(vec![Tick::new(at, "May ’23")]);
        let panel = small.panel(&[&line], Name::Hidden);
        let label = panel.lines().find(|line| line.contains("May"));
        label.expect("the label is written").to_owned()
    };
    assert!(label(2022.0).starts_with("<text class=\"yr\" x=\"0.00%\""));
    assert!(label(2022.5).starts_with("<text class=\"yr mid\" x=\"50.00%\""));
    assert!(label(2023.0).starts_with("<text class=\"yr end\" x=\"100.00%\""));
}
