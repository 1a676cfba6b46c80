//! Invites parse, and each way to spoil one gives an error that the reader can act on.

use expect_test::expect;
use proptest::prelude::*;

use crate::{
    id::{HubRootHash, LocationCode, LocationId},
    identity::{
        BadInvite, DeviceInvite, FoundingInvite, INVITE_NAME_BYTES_MAX, Invite, InviteNames, Role,
        address, invite_life_ms,
    },
    time::{DAY_MS, Timestamp},
};

fn founding() -> Invite {
    Invite::Founding(FoundingInvite {
        address: "hub.example.org.nz:4433".to_owned(),
        hub: HubRootHash::new([0xa7; 32]),
        names: InviteNames::new("Example network", "Te Rōpū Tauira Trust"),
        code: LocationCode::parse("FN").unwrap(),
        recovers: false,
        secret: [0x5c; 16],
        expires: Timestamp::parse_rfc3339("2026-11-28T09:30:00Z").unwrap(),
    })
}

fn device() -> Invite {
    Invite::Device(DeviceInvite {
        address: "hub.example.org.nz:4433".to_owned(),
        hub: HubRootHash::new([0xa7; 32]),
        names: InviteNames::new("Example network", "Te Rōpū Tauira Trust"),
        location: LocationId::new([0x31; 16]),
        code: LocationCode::parse("FN").unwrap(),
        seed: [0x5c; 32],
        role: Role::Member,
        expires: Timestamp::parse_rfc3339("2026-11-28T09:30:00Z").unwrap(),
    })
}

fn read(text: &str) -> Result<Invite, BadInvite> {
    text.parse()
}

#[test]
fn the_text_is_one_short_line() {
    let lines = |invite: &Invite| {
        let text = invite.to_string().into_bytes();
        let lines = text.chunks(80).map(String::from_utf8_lossy);
        lines.collect::<Vec<_>>().join("\n")
    };
    expect![[r#"
        weft://hub.example.org.nz:4433/#94KDK9X7MYKTF9X7MYKTF9X7MYKTF9X7MYKTF9X7MYKTF9X7
        MYKTF9X76E000000BHE5RQ2WBHE5RQ2WBHE5RQ2WBH2QGRBDE1P6A83ECNT7EVVJDC058S90AB2RTW65
        NCG58RBND5S6282ME9TQ6X01M8GQTXE084VQ4GR"#]]
    .assert_eq(&lines(&founding()));
    expect![[r#"
        weft://hub.example.org.nz:4433/#VGKDK9X7MYKTF9X7MYKTF9X7MYKTF9X7MYKTF9X7MYKTF9X7
        MYKTF9X76E00000064RK2C9H64RK2C9H64RK2C9H65E5RQ2WBHE5RQ2WBHE5RQ2WBHE5RQ2WBHE5RQ2W
        BHE5RQ2WBHE5RHBRC5PQ0V3541Q6AX3QDXS6P02MCMG55HCDE32TP82MC5TPJWK141A74XBKEG0T48BX
        EQ040THPQG"#]]
    .assert_eq(&lines(&device()));
}

#[test]
fn slips_that_change_nothing_are_forgiven() {
    for invite in [founding(), device()] {
        let text = invite.to_string();
        assert_eq!(read(&text), Ok(invite.clone()));
        assert_eq!(read(&text.to_lowercase()), Ok(invite.clone()));
        assert_eq!(read(&text.to_uppercase()), Ok(invite.clone()));
        let (head, symbols) = text.split_once('#').unwrap();
        let alike = symbols.replace('1', "l").replace('0', "o");
        assert_eq!(read(&format!("{head}#{alike}")), Ok(invite.clone()));
        let wrapped = format!(" \r\n{}\r\n  {}\n", &text[..60], &text[60..]);
        assert_eq!(read(&wrapped), Ok(invite));
    }
}

#[test]
fn every_cut_is_called_a_cut() {
    for text in [founding().to_string(), device().to_string()] {
        for length in 4..text.len() {
            assert_eq!(
                read(&text[..length]),
                Err(BadInvite::Truncated),
                "{length} characters"
            );
        }
    }
}

#[test]
fn every_wrong_character_is_called_a_typo() {
    for invite in [founding(), device()] {
        let text = invite.to_string();
        for position in 0..text.len() {
            for wrong in "0Z7u*/#ā".chars() {
                let mut spoilt: Vec<char> = text.chars().collect();
                spoilt[position] = wrong;
                let spoilt: String = spoilt.into_iter().collect();
                match read(&spoilt) {
                    Ok(same) => assert_eq!(same, invite, "{spoilt}"),
                    Err(error) => assert_eq!(error, BadInvite::Mistyped, "{spoilt}"),
                }
            }
        }
    }
}

#[test]
fn what_is_no_invite_is_told_from_a_spoilt_one() {
    let text = founding().to_string();
    for foreign in [
        "",
        "we",
        "hello",
        "https://example.org/#1234",
        "weft-node join",
        "ā",
    ] {
        assert_eq!(read(foreign), Err(BadInvite::NoInvite), "{foreign}");
    }
    assert_eq!(read(&"weft://".repeat(1_000)), Err(BadInvite::NoInvite));
    assert_eq!(read(&format!("{text}{text}")), Err(BadInvite::Overlong));
    assert_eq!(
        read(&format!("{text}. Kind regards, Āwhina")),
        Err(BadInvite::Overlong)
    );
    // Complete, but of a kind that this version does not know: only the checksum shows that.
    let newer = crate::identity::invite::of_kind_for_test(0, "hub.example.org.nz:4433", &[1; 40]);
    assert_eq!(read(&newer), Err(BadInvite::Newer));
}

#[test]
fn expiry_is_read_off_without_asking_the_hub() {
    let invite = founding();
    let expires = invite.expires();
    assert_eq!(invite.check_expiry(expires.plus_ms(-1)), Ok(()));
    let error = invite.check_expiry(expires).unwrap_err();
    let text = error.to_string();
    let (what, next) = text.split_once(": ask").unwrap();
    let (what, clock) = what.split_once(", and").unwrap();
    expect!["the invite expired at 2026-11-28T09:30:00.000Z"].assert_eq(what);
    expect![" this computer's clock says 2026-11-28T09:30:00.000Z"].assert_eq(clock);
    expect![" for a new invite, or set the clock if it is wrong"].assert_eq(next);
}

#[test]
fn names_are_short_plain_and_never_missing() {
    let plain = |name: &str| InviteNames::new(name, "").network().to_owned();
    assert_eq!(plain("  Te  Rōpū\nTauira "), "Te Rōpū Tauira");
    assert_eq!(plain("safe\u{202e}evil\u{1b}[31m"), "safe evil [31m");
    assert_eq!(plain(" \u{200b}\0"), "(no name)");
    assert_eq!(InviteNames::new("a", "").operator(), "(no name)");
    let long = plain(&"Rōpū ".repeat(20));
    assert!(long.ends_with("Rō…") || long.ends_with("pū…"), "{long}");
    assert!(long.len() <= INVITE_NAME_BYTES_MAX, "{long}");
    assert_eq!(plain(&long), long);
}

#[test]
fn debug_shows_no_secret() {
    for invite in [founding(), device()] {
        let shown = format!("{invite:?}");
        assert!(
            !shown.contains("92, 92") && !shown.contains("5c5c"),
            "{shown}"
        );
    }
}

#[test]
fn addresses_have_a_host_and_a_port() {
    let fine = [
        "127.0.0.1:4433",
        "[::1]:4433",
        "localhost:1",
        "Hub.Example.org.nz:65535",
    ];
    for text in fine {
        assert_eq!(address(text), Ok(text.to_lowercase()));
    }
    for text in [
        "",
        "hub",
        "hub:",
        "hub:0",
        "hub:65536",
        ":4433",
        "a..b:1",
        "::1:4433",
        "a/b:1",
    ] {
        assert!(address(text).is_err(), "{text}");
    }
    for text in ["hub:+1", "https://hub:1", "[zz]:1", "h b:1"] {
        assert!(address(text).is_err(), "{text}");
    }
}

fn any_invite() -> impl Strategy<Value = Invite> {
    let parts = (
        prop_oneof![
            Just("127.0.0.1:4433"),
            Just("[::1]:1"),
            Just("hub.iwi.nz:65535")
        ],
        any::<([u8; 32], [u8; 16], [u8; 32], Option<bool>)>(),
        "[A-Z]{2,8}",
        0..(1_i64 << 48),
        any::<(String, String)>(),
    );
    parts.prop_map(
        |(address, (hub, short, seed, admin), code, expires, names)| {
            let names = InviteNames::new(&names.0, &names.1);
            let address = address.to_owned();
            let hub = HubRootHash::new(hub);
            let code = LocationCode::parse(&code).unwrap();
            let expires = Timestamp::from_ms(expires);
            let Some(admin) = admin else {
                let founding = FoundingInvite {
                    address,
                    hub,
                    names,
                    code,
                    recovers: seed[0] % 2 == 1,
                    secret: short,
                    expires,
                };
                return Invite::Founding(founding);
            };
            let role = if admin { Role::Admin } else { Role::Member };
            let location = LocationId::new(short);
            Invite::Device(DeviceInvite {
                address,
                hub,
                names,
                location,
                code,
                seed,
                role,
                expires,
            })
        },
    )
}

proptest! {
    #[test]
    fn any_invite_reads_back(invite in any_invite()) {
        prop_assert_eq!(read(&invite.to_string()), Ok(invite));
    }

    #[test]
    fn a_swap_of_neighbours_never_makes_another_invite(
        invite in any_invite(), position: prop::sample::Index,
    ) {
        let mut text: Vec<char> = invite.to_string().chars().collect();
        let position = position.index(text.len() - 1);
        text.swap(position, position + 1);
        let swapped: String = text.into_iter().collect();
        prop_assert!(read(&swapped).is_err() || read(&swapped) == Ok(invite));
    }

    #[test]
    fn any_text_is_read_without_panic(text: String, tail in "[0-9A-Za-z#/:.āŪ]{0,200}") {
        prop_assert!(read(&text).is_err());
        for start in ["weft://", "weft://h:1/#"] {
            let spoilt = format!("{start}{tail}");
            prop_assert!(read(&spoilt).is_err());
        }
        let _ = address(&text);
    }
}

#[test]
fn the_length_of_an_invite_is_more_than_nothing_and_seven_days_at_most() {
    for (typed, length) in [("7", 7 * DAY_MS), ("7d", 7 * DAY_MS), ("12h", DAY_MS / 2)] {
        assert_eq!(invite_life_ms(typed), Ok(length), "{typed}");
    }
    for typed in ["0", "0d", "8", "30d", "-1", "", "soon"] {
        let told = invite_life_ms(typed).unwrap_err();
        assert!(told.contains("at most 7 days"), "{typed}: {told}");
        assert!(told.contains("write 7d or less"), "{typed}: {told}");
    }
}
