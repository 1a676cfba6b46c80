//! The report as one file of HTML: it prints on A4, and opens in a word processor with its
//! headings, tables and pictures. Each chart is a picture inside the file, and a table beside it
//! has the same figures for programs that show no such pictures.

use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Part, Report};

/// Pixels of a picture: the chart, and the room for its labels around it.
const PICTURE: (u32, u32) = (680, 380);
/// Pixels of the chart within it.
const CHART: (u32, u32) = (560, 330);

#[derive(Template)]
#[template(path = "report_file.html")]
struct FilePage<'a> {
    report: &'a Report,
    charts: bool,
}

/// Writes the file.
///
/// # Errors
/// If the template cannot be filled in, which is a fault of Weft.
pub(crate) fn html(report: &Report) -> Result<String, askama::Error> {
    FilePage {
        report,
        charts: false,
    }
    .render()
}

/// The name of the file: `report-funder-FY2027.html`. The period is of letters, digits, dots and
/// hyphens.
pub(crate) fn name(reader: super::Reader, span: &super::Span) -> String {
    format!("report-{reader}-{}.html", span.text.replace("..", "-to-"))
}

/// A chart as the address of a picture. Its colours are written into it, because the stylesheet of
/// the page does not reach a picture.
pub(crate) fn picture(svg: &str) -> String {
    let (width, height) = PICTURE;
    let (inner_width, inner_height) = CHART;
    let body = svg.split_once('>').map_or("", |(_, body)| body);
    let body = body.strip_suffix("</svg>").unwrap_or(body);
    let picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\">\
         <style>{STYLE}</style><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\
         <svg x=\"48\" y=\"16\" width=\"{inner_width}\" height=\"{inner_height}\" \
         overflow=\"visible\">{body}</svg></svg>"
    );
    let encoded = utf8_percent_encode(&picture, NON_ALPHANUMERIC);
    format!("data:image/svg+xml,{encoded}")
}

/// The colours of `3-data.css` on paper.
const STYLE: &str = "\
text{font:14px Arial,'Liberation Sans',sans-serif;fill:#444}.slim{display:none}\
.end{text-anchor:end}.mid{text-anchor:middle}.grid{stroke:#bbb}.base{fill:none;stroke:#666}\
.break{stroke:#666;stroke-dasharray:2 3}.own{stroke:#0b5a75;stroke-width:3;stroke-linecap:round}\
.own.loose{stroke-width:2;stroke-dasharray:1 5}.net{stroke:#6a767f;stroke-width:2}\
.net.loose{stroke-width:1.5;stroke-dasharray:1 4}.each{stroke:#89949b}\
.aim{stroke:#8a4f00;stroke-width:2;stroke-dasharray:6 4}.range{stroke:#89949b;stroke-width:1.5}\
text.own{fill:#0b5a75;stroke:none;font-weight:bold;font-size:16px}\
text.net{fill:#444;stroke:none}text.aim{fill:#8a4f00;stroke:none;font-weight:bold}\
text.halo{stroke:none}.dot{fill:#0b5a75;stroke:#fff;stroke-width:1.5}.dot.net{fill:#6a767f}\
.gone{fill:none;stroke:#666}.tick{stroke:#fff;fill:none}.ink{fill:#000}";
