//! A QR code as SVG, which scales and prints without a style of its own.

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the code, as ISO/IEC 18004 asks.
const QUIET: usize = 4;
/// Points of the side of a module.
const MODULE: usize = 4;

/// Returns the code of a text under a label for those who cannot see it; `None` if the text is too
/// long for one. Capitals and digits are packed tighter than small letters.
pub fn svg(text: &str, label: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        for (x, _) in row
            .iter()
            .enumerate()
            .filter(|(_, color)| **color == Color::Dark)
        {
            path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    let (side, all) = ((width + 2 * QUIET) * MODULE, width + 2 * QUIET);
    Some(format!(
        "<svg class=\"qr\" role=\"img\" aria-label=\"{label}\" width=\"{side}\" \
         height=\"{side}\" viewBox=\"0 0 {all} {all}\" shape-rendering=\"crispEdges\"><rect \
         width=\"{all}\" height=\"{all}\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use weft_shared::{
        id::{HubRootHash, LocationCode, LocationId},
        identity::{DeviceInvite, Invite, InviteNames, Role},
        time::Timestamp,
    };

    use super::*;

    #[test]
    fn a_code_has_its_three_corners_and_a_quiet_edge() {
        let svg = svg("WEFT://HUB.EXAMPLE:4433/#0123456789ABCDEF", "code").unwrap();
        // The corner of a finder is dark; the edge before it is light.
        assert!(svg.contains(&format!("M{QUIET} {QUIET}h1v1h-1z")), "{svg}");
        assert!(!svg.contains("M0 ") && !svg.contains(" 0h1v1h-1z"), "{svg}");
        let side = svg.split("viewBox=\"0 0 ").nth(1).unwrap();
        let side: usize = side.split(' ').next().unwrap().parse().unwrap();
        let far = side - QUIET - 1;
        for corner in [format!("M{far} {QUIET}h"), format!("M{QUIET} {far}h")] {
            assert!(svg.contains(&corner), "{corner}");
        }
        assert_eq!(super::svg(&"x".repeat(5_000), ""), None);
    }

    /// A phone reads a code of this size from a screen at arm's length.
    #[test]
    fn the_code_of_the_longest_names_is_still_small() {
        let long = "Te Rōpū Tauira o Te Tai Tokerau me ōna hoa ".repeat(3);
        let invite = Invite::Device(DeviceInvite {
            address: "weft.healthyfamilies.example.org.nz:4433".to_owned(),
            hub: HubRootHash::new([0xa7; 32]),
            names: InviteNames::new(&long, &long),
            location: LocationId::new([0x31; 16]),
            code: LocationCode::parse("FN").unwrap(),
            seed: [0x5c; 32],
            role: Role::Member,
            expires: Timestamp::from_ms(1_800_000_000_000),
        });
        let svg = svg(&invite.to_string().to_ascii_uppercase(), "").unwrap();
        let side = svg.split("viewBox=\"0 0 ").nth(1).unwrap();
        let side: usize = side.split(' ').next().unwrap().parse().unwrap();
        assert!(side - 2 * QUIET <= 65, "{side}");
    }
}
