//! Golden vectors of every message, and tests of refused frames.

mod vectors;

use expect_test::expect_file;
use proptest::prelude::*;
use vectors::vectors;

use super::{BadFrame, Frame, FrameReader, Message, frame, limits::FRAME_BYTES_MAX};

/// The stored vectors: after each title the frame's bytes, then the message in words.
const GOLDEN: &str = include_str!("../../../tests/golden/wire.txt");

fn hex(bytes: &[u8]) -> String {
    let lines = bytes.chunks(32).map(|line| {
        let pairs = line.iter().map(|byte| format!("{byte:02x}"));
        pairs.collect::<String>()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The message in Rust's debug form, with runs of small numbers on one line.
fn words(message: &Message) -> String {
    let mut text = String::new();
    for line in format!("{message:#?}").lines() {
        let is_byte = line.trim_end_matches(',').trim().parse::<u8>().is_ok();
        match (is_byte, text.ends_with([' ', '['])) {
            (true, true) => text += line.trim(),
            (true, false) => text += &format!("\n{line}"),
            (false, _) => text += &format!("\n{}", line.trim_end()),
        }
        text += if is_byte { " " } else { "" };
    }
    let lines: Vec<&str> = text.lines().skip(1).map(str::trim_end).collect();
    lines.join("\n")
}

/// `UPDATE_EXPECT=1 cargo test -p weft-shared golden` rewrites the file. To change a vector that
/// has been released is to change the protocol.
#[test]
fn golden_vectors_are_what_is_encoded() {
    let mut text = String::from(
        "Golden vectors of the wire protocol: for each message its frame in hexadecimal, then the\n\
         same in words. shared/src/wire/tests.rs encodes and decodes each.\n",
    );
    for (title, message) in vectors() {
        let mut bytes = Vec::new();
        frame::encode(&message, &mut bytes);
        let label = message.label();
        text += &format!(
            "\n## {label}: {title}\n{}\n{}\n",
            hex(&bytes),
            words(&message)
        );
    }
    expect_file!["../../../tests/golden/wire.txt"].assert_eq(&text);
}

#[test]
fn golden_vectors_decode_to_their_messages() {
    let kept = GOLDEN.split("\n## ").skip(1).map(|vector| {
        let lines = vector.lines().skip(1);
        let digits: String = lines.take_while(|line| is_hex(line)).collect();
        let pairs = digits.as_bytes().chunks(2);
        let bytes =
            pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap());
        bytes.collect::<Vec<u8>>()
    });
    let kept: Vec<Vec<u8>> = kept.collect();
    assert_eq!(kept.len(), vectors().len());
    for (bytes, (title, message)) in kept.iter().zip(vectors()) {
        let mut reader = FrameReader::default();
        reader.push(bytes);
        let (frame, _) = reader.pull(FRAME_BYTES_MAX).unwrap().expect(title);
        assert_eq!(frame, Frame::Message(Box::new(message)), "{title}");
        assert_eq!(reader.waiting_bytes(), 0, "{title}");
    }
}

fn is_hex(line: &str) -> bool {
    !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[test]
fn every_message_has_a_vector() {
    for (number, label) in Message::ALL {
        let has = vectors()
            .iter()
            .any(|(_, message)| message.number() == *number);
        assert!(has, "{label} has no vector");
    }
}

fn pull(bytes: &[u8]) -> Result<Option<Frame>, BadFrame> {
    let mut reader = FrameReader::default();
    reader.push(bytes);
    Ok(reader.pull(FRAME_BYTES_MAX)?.map(|(frame, _)| frame))
}

#[test]
fn frames_that_are_refused() {
    assert_eq!(pull(&[0]), Err(BadFrame::NoHeader), "no type");
    assert_eq!(
        pull(&[0x82, 0x00, 1, 1]),
        Err(BadFrame::NoHeader),
        "a length longer than needed"
    );
    assert_eq!(
        pull(&[0x80, 0x80, 0x80]),
        Err(BadFrame::NoHeader),
        "a length without end"
    );
    assert_eq!(pull(&[1, 0x7f]), Err(BadFrame::UnknownType(0x7f)));
    for reserved in [0x08, 0x0c, 0x0d, 0x0f] {
        assert_eq!(pull(&[1, reserved]), Err(BadFrame::UnknownType(reserved)));
    }
    assert_eq!(pull(&[1, 0xff]), Ok(Some(Frame::Skipped(0xff))));
    assert_eq!(pull(&[0x80]), Ok(None), "the length is not whole");
    assert_eq!(pull(&[3, 0x0a]), Ok(None), "the body is not whole");
    let too_long = pull(&[0xff, 0xff, 0x7f]);
    assert_eq!(too_long, Err(BadFrame::TooLong { bytes: 2_097_151 }));
    let body = pull(&[4, 0x0a, 0x81, 0x01, 0x02]);
    assert!(
        matches!(body, Err(BadFrame::BadBody { number: 0x0a, .. })),
        "bytes after the body"
    );
}

#[test]
fn later_fields_are_skipped_and_optional_ones_may_lack() {
    // CREDIT with a second field that this version does not know.
    let credit = pull(&[5, 0x0a, 0x82, 0x07, 0x81, 0x01]).unwrap();
    let known = pull(&[3, 0x0a, 0x81, 0x07]).unwrap();
    assert_eq!(credit, known);
}

proptest! {
    /// However the bytes of the frames are split, the frames are the same.
    #[test]
    fn portions_do_not_matter(cuts in proptest::collection::vec(1_usize..200, 1..40)) {
        let messages: Vec<Message> = vectors().into_iter().map(|(_, message)| message).collect();
        let mut bytes = Vec::new();
        messages.iter().for_each(|message| frame::encode(message, &mut bytes));
        let mut reader = FrameReader::default();
        let mut read = Vec::new();
        let mut rest = &bytes[..];
        for cut in cuts.into_iter().chain([usize::MAX]) {
            let (portion, after) = rest.split_at(cut.min(rest.len()));
            reader.push(portion);
            rest = after;
            while let Some((Frame::Message(message), _)) = reader.pull(FRAME_BYTES_MAX).unwrap() {
                read.push(*message);
            }
        }
        prop_assert_eq!(read, messages);
    }

    #[test]
    fn noise_never_panics(
        noise in proptest::collection::vec(any::<u8>(), 0..400),
        kind in 0_u8..0x14,
    ) {
        let _refused = Frame::decode(&noise);
        let typed: Vec<u8> = [kind].into_iter().chain(noise).collect();
        let _refused = Frame::decode(&typed);
    }
}
