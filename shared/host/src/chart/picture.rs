//! Draws a chart as a PNG, for programs that show no SVG.
//!
//! The looks repeat the light colours of `style/3-data.css`, which no stylesheet can bring here.
//! Words are set in Weft Sans, letter by letter.

use std::ops::RangeInclusive;

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash,
    Transform,
};
use ttf_parser::{Face, GlyphId, OutlineBuilder, Tag};

use super::canvas::{Canvas, Part, Shape};

/// A chart as a PNG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The bytes of the file.
    pub png: Vec<u8>,
}

impl Picture {
    /// The width at which its words have their usual size, in CSS pixels: that of an A4 page
    /// between margins of 2 cm.
    pub const WIDTH: u16 = 640;
    /// The height that goes with it.
    pub const HEIGHT: u16 = 376;

    pub(super) fn of(canvas: &Canvas) -> Self {
        let side = |pixels: u16| u32::from(pixels) * u32::from(SCALE);
        let pixmap = Pixmap::new(side(Self::WIDTH), side(Self::HEIGHT));
        let mut pixmap = pixmap.expect("the size is fixed and not zero");
        pixmap.fill(Color::WHITE);
        let mut paper = Paper {
            pixmap,
            faces: Faces::load(),
        };
        for part in canvas.parts() {
            paper.draw(part);
        }
        let png = paper.pixmap.encode_png();
        Self {
            png: png.expect("a picture of a fixed size is encoded in memory"),
        }
    }
}

struct Paper {
    pixmap: Pixmap,
    faces: Faces,
}

impl Paper {
    fn draw(&mut self, part: &Part) {
        let has = |word: &str| part.class.split(' ').any(|one| one == word);
        // A picture is as wide as a wide screen.
        if has("slim") {
            return;
        }
        match &part.shape {
            Shape::Line { from, to } => {
                let mut path = PathBuilder::new();
                let ((x1, y1), (x2, y2)) = (place(*from, 0.0), place(*to, 0.0));
                path.move_to(x1, y1);
                path.line_to(x2, y2);
                self.stroke(path.finish(), &Pen::of(&has));
            }
            Shape::Dot { at, radius } => {
                let (x, y) = place(*at, 0.0);
                let dot = PathBuilder::from_circle(x, y, single(*radius));
                let colour = match (has("net"), has("thin")) {
                    (true, _) => PAST,
                    (_, true) => THIN,
                    _ => ACCENT,
                };
                self.fill(dot.as_ref(), colour);
                if !has("thin") {
                    self.stroke(dot, &Pen::plain(WHITE, 1.5));
                }
            }
            Shape::Cross { at } => {
                let (x, y) = place(*at, 0.0);
                let mut path = PathBuilder::new();
                for (dy, to) in [(-4.0, 4.0), (4.0, -4.0)] {
                    path.move_to(x - 4.0, y + dy);
                    path.line_to(x + 4.0, y + to);
                }
                self.stroke(path.finish(), &Pen::plain(EDGE, 1.5));
            }
            Shape::Text { at, dx, words } => {
                let (colour, size, bold) = match (has("own"), has("aim")) {
                    (true, _) => (ACCENT, 16.0, true),
                    (_, true) => (AIM, 14.0, true),
                    _ => (QUIET, 14.0, false),
                };
                let anchor = match (has("mid"), has("end")) {
                    (true, _) => 0.5,
                    (_, true) => 1.0,
                    _ => 0.0,
                };
                let path = self.faces.set(words, place(*at, *dx), (size, anchor, bold));
                if has("halo") {
                    self.stroke(path.clone(), &Pen::halo());
                }
                self.fill(path.as_ref(), colour);
            }
        }
    }

    fn fill(&mut self, path: Option<&Path>, colour: [u8; 3]) {
        let Some(path) = path else { return };
        let (paint, transform) = (paint(colour), transform());
        self.pixmap
            .fill_path(path, &paint, FillRule::Winding, transform, None);
    }

    fn stroke(&mut self, path: Option<Path>, pen: &Pen) {
        let Some(path) = path else { return };
        let stroke = Stroke {
            width: pen.width,
            line_cap: pen.cap,
            line_join: LineJoin::Round,
            dash: StrokeDash::new(pen.dash.to_vec(), 0.0),
            ..Stroke::default()
        };
        let paint = paint(pen.colour);
        self.pixmap
            .stroke_path(&path, &paint, &stroke, transform(), None);
    }
}

/// The looks of a line.
struct Pen {
    colour: [u8; 3],
    width: f32,
    dash: &'static [f32],
    cap: LineCap,
}

impl Pen {
    const fn plain(colour: [u8; 3], width: f32) -> Self {
        Self {
            colour,
            width,
            dash: &[],
            cap: LineCap::Butt,
        }
    }

    /// White around words, so that lines do not cross them.
    const fn halo() -> Self {
        Self::plain(WHITE, 5.0)
    }

    fn of(has: &impl Fn(&str) -> bool) -> Self {
        let loose = has("loose");
        let line = |colour, (width, width_loose), dash| Self {
            cap: LineCap::Round,
            dash: if loose { dash } else { &[] },
            ..Self::plain(colour, if loose { width_loose } else { width })
        };
        if has("range") {
            let colour = match (has("own"), has("net")) {
                (true, _) => ACCENT,
                (_, true) => PAST,
                _ => THIN,
            };
            Self::plain(colour, 1.5)
        } else if has("own") {
            line(ACCENT, (3.0, 2.0), &[1.0, 5.0])
        } else if has("net") {
            line(PAST, (2.0, 1.5), &[1.0, 4.0])
        } else if has("each") {
            line(THIN, (1.0, 1.0), &[1.0, 4.0])
        } else if has("aim") {
            Self::plain(AIM, 2.0).dashed(&[6.0, 4.0])
        } else if has("break") {
            Self::plain(EDGE, 1.0).dashed(&[2.0, 3.0])
        } else {
            Self::plain(if has("grid") { LINE } else { EDGE }, 1.0)
        }
    }

    const fn dashed(mut self, dash: &'static [f32]) -> Self {
        self.dash = dash;
        self
    }
}

/// The typeface, in the weights of words.
struct Faces {
    plain: [Face<'static>; 2],
    bold: [Face<'static>; 2],
}

impl Faces {
    fn load() -> Self {
        let faces = |weight| {
            [LATIN, MACRONS].map(|file| {
                let mut face = Face::parse(file, 0).expect("the typeface is sound");
                // A face without this axis stays as it is.
                let _ = face.set_variation(Tag::from_bytes(b"wght"), weight);
                face
            })
        };
        Self {
            plain: faces(400.0),
            bold: faces(650.0),
        }
    }

    /// Sets words of a size in pixels with the share `anchor` of their width left of their place.
    fn set(
        &self,
        words: &str,
        (x, y): (f32, f32),
        (size, anchor, bold): (f32, f32, bool),
    ) -> Option<Path> {
        let faces = if bold { &self.bold } else { &self.plain };
        let letters: Vec<(&Face<'_>, GlyphId)> =
            words.chars().map(|one| letter(faces, one)).collect();
        let scale = |face: &Face<'_>| size / f32::from(face.units_per_em());
        let advance = |face: &Face<'_>, glyph| {
            f32::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * scale(face)
        };
        let width: f32 = letters
            .iter()
            .map(|(face, glyph)| advance(face, *glyph))
            .sum();
        let mut pen = Outline {
            path: PathBuilder::new(),
            at: (x - width * anchor, y),
            scale: 1.0,
        };
        for (face, glyph) in letters {
            pen.scale = scale(face);
            // A space has no outline.
            let _ = face.outline_glyph(glyph, &mut pen);
            pen.at.0 += advance(face, glyph);
        }
        pen.path.finish()
    }
}

/// Finds a letter; one that the typeface lacks is an empty box.
fn letter<'a, 'b>(faces: &'b [Face<'a>; 2], letter: char) -> (&'b Face<'a>, GlyphId) {
    let mut found = faces
        .iter()
        .filter_map(|face| Some((face, face.glyph_index(letter)?)));
    found.next().unwrap_or((&faces[0], GlyphId(0)))
}

/// Adds a letter to a path, where y grows downwards.
struct Outline {
    path: PathBuilder,
    at: (f32, f32),
    scale: f32,
}

impl Outline {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.at.0 + x * self.scale, self.at.1 - y * self.scale)
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2)) = (self.place(x1, y1), self.place(x2, y2));
        let (x, y) = self.place(x, y);
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

/// Converts a place on a canvas, `dx` pixels to the right, to pixels of the picture.
fn place((x, y): (f64, f64), dx: f64) -> (f32, f32) {
    (
        single(LEFT + x * PLOT_WIDTH + dx),
        single(TOP + y.clamp(*INSIDE.start(), *INSIDE.end())),
    )
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a pixel needs no more digits, and numbers stay near the picture"
)]
const fn single(number: f64) -> f32 {
    number as f32
}

fn paint([red, green, blue]: [u8; 3]) -> Paint<'static> {
    let mut paint = Paint {
        anti_alias: true,
        ..Paint::default()
    };
    paint.set_color_rgba8(red, green, blue, 255);
    paint
}

fn transform() -> Transform {
    Transform::from_scale(f32::from(SCALE), f32::from(SCALE))
}

const LATIN: &[u8] = include_bytes!("../../assets/weft-sans-latin.ttf");
const MACRONS: &[u8] = include_bytes!("../../assets/weft-sans-macrons.ttf");

/// Pixels of the file for each pixel shown.
const SCALE: u16 = 2;
/// The plot within the picture: the rest is for the numbers of the axes, and for words that begin
/// at its right edge.
const LEFT: f64 = 48.0;
const TOP: f64 = 16.0;
const PLOT_WIDTH: f64 = 560.0;
/// Bounds of positions down the plot, far outside the picture.
const INSIDE: RangeInclusive<f64> = -1_000.0..=1_000.0;

/// Colours of `style/1-ground.css`.
const WHITE: [u8; 3] = [0xff, 0xff, 0xff];
const ACCENT: [u8; 3] = [0x0b, 0x5a, 0x75];
const AIM: [u8; 3] = [0x8a, 0x4f, 0x00];
const PAST: [u8; 3] = [0x6a, 0x76, 0x7f];
const THIN: [u8; 3] = [0x89, 0x94, 0x9b];
const EDGE: [u8; 3] = [0x7c, 0x88, 0x90];
const LINE: [u8; 3] = [0xdd, 0xe2, 0xe2];
const QUIET: [u8; 3] = [0x55, 0x60, 0x6a];

#[cfg(test)]
mod tests {
    //! Colours at places that the numbers give, and words within the picture.

    use super::*;
    use crate::chart::{Line, Point, Target, Tick, Trend};

    fn read(trend: &Trend<'_>) -> Pixmap {
        Pixmap::decode_png(&trend.picture().png).unwrap()
    }

    /// The colour at a place of the plot.
    fn colour(pixmap: &Pixmap, at: (f64, f64)) -> [u8; 3] {
        let (x, y) = place(at, 0.0);
        let whole = |one: f32| format!("{:.0}", one * f32::from(SCALE)).parse::<u32>();
        let pixel = pixmap.pixel(whole(x).unwrap(), whole(y).unwrap()).unwrap();
        [pixel.red(), pixel.green(), pixel.blue()]
    }

    #[test]
    fn a_picture_has_the_line_the_target_and_no_more() {
        let flat = |value: f64| vec![Point::new(0.0, value), Point::new(1.0, value)];
        let trend = Trend {
            lines: vec![Line::own("Ours", flat(10.0)), Line::network("", flat(5.0))],
            target: Some(Target {
                value: 15.0,
                until: None,
                words: String::new(),
            }),
            top: Some(20.0),
            ..Trend::default()
        };
        let pixmap = read(&trend);
        assert_eq!((pixmap.width(), pixmap.height()), (1280, 752));
        // The plot is 330 pixels high, from 20 down to 0.
        assert_eq!(colour(&pixmap, (0.4, 165.0)), ACCENT);
        assert_eq!(colour(&pixmap, (0.4, 247.5)), PAST);
        assert_eq!(colour(&pixmap, (0.4, 125.0)), WHITE);
        let dashes = (0..200_u8).map(|at| colour(&pixmap, (f64::from(at) / 250.0, 82.5)));
        let aims = dashes.filter(|one| *one == AIM).count();
        assert!((90..150).contains(&aims), "three in five of 200: {aims}");
    }

    #[test]
    fn words_are_drawn_with_their_macrons_and_nothing_is_cut() {
        let named = |name: &str| Trend {
            unit: "%",
            ticks: vec![Tick::new(0.0, "Jan 2024"), Tick::new(1.0, "Dec 2026")],
            lines: vec![Line::own(
                name,
                vec![
                    Point::new(0.0, 80.0).said("80.0"),
                    Point::new(1.0, 81.0).said("81.0 %"),
                ],
            )],
            ..Trend::default()
        };
        let [plain, macrons] = ["Opotiki", "Ōpōtiki"].map(|name| read(&named(name)));
        assert!(plain != macrons, "a macron is seen");
        // A letter that the typeface lacks is a box, and no letter is lost in silence.
        assert!(read(&named("Opotiki")) != read(&named("Opotiki\u{4e00}")));
        for pixmap in [
            plain,
            macrons,
            read(&named("Te Tai Tokerau and Tāmaki Makaurau")),
        ] {
            let (width, height) = (pixmap.width(), pixmap.height());
            let dark = |x: u32, y: u32| pixmap.pixel(x, y).unwrap().red() < 200;
            let cut = (0..height).find(|y| dark(0, *y) || dark(width - 1, *y));
            assert_eq!(cut, None, "nothing reaches the sides");
            let cut = (0..width).find(|x| dark(*x, 0) || dark(*x, height - 1));
            assert_eq!(cut, None, "nothing reaches the top or the bottom");
        }
    }
}
