//! Files that are no bundle, or no whole one, are refused before anything is taken from them.

use weft_shared::{id::LocationId, time::Timestamp};

use super::*;

fn about() -> About {
    About {
        location: LocationId::new([1; 16]),
        zero: LocationId::new([2; 16]),
        made: Timestamp::from_ms(3),
    }
}

/// A bundle that holds nothing, as it is inflated.
fn empty() -> Vec<u8> {
    let mut bytes = Vec::new();
    about().write(&mut bytes);
    bundle::write_end(&mut bytes);
    bytes
}

fn packed(content: &[u8]) -> Vec<u8> {
    let packed = zstd::stream::encode_all(content, ZSTD_LEVEL).unwrap();
    [MAGIC, packed.as_slice()].concat()
}

fn opened(bytes: &[u8]) -> Result<About, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fn.weft-bundle");
    fs::write(&path, bytes).unwrap();
    let opened = Bundle::open(&path).map(|bundle| bundle.about);
    opened.map_err(|error| error.to_string())
}

#[test]
fn a_whole_bundle_is_read_and_a_shortened_one_is_not() {
    let whole = packed(&empty());
    assert_eq!(opened(&whole), Ok(about()));
    for cut in 0..whole.len() {
        let told = opened(&whole[..cut]).unwrap_err();
        let named = ["no bundle", "cut short", "cannot be used"];
        assert!(named.iter().any(|one| told.contains(one)), "{cut}: {told}");
    }
    // The compression is whole, and what is inside ends early.
    let content = empty();
    for cut in 0..content.len() {
        let told = opened(&packed(&content[..cut])).unwrap_err();
        assert!(told.contains("cut short"), "{cut}: {told}");
    }
}

/// The name that a file has while it is written is ours alone.
#[test]
fn a_bundle_that_cannot_be_written_is_named_as_it_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no such folder").join("fn.weft-bundle");
    let conn = rusqlite::Connection::open_in_memory().unwrap();
    let mut ask = |_| unreachable!("nothing is asked before there is a file");
    let told = create(&path, &about(), &conn, &mut ask).unwrap_err();
    let told = told.to_string();
    assert!(told.contains(&format!("{} ", path.display())), "{told}");
    assert!(!told.contains(".part"), "{told}");
}

#[test]
fn damage_is_refused_in_words() {
    let whole = packed(&empty());
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        // A byte that zstd does not use may change: then it is whole all the same.
        if let Err(told) = opened(&damaged) {
            assert!(told.contains("fn.weft-bundle"), "{at}: {told}");
        }
    }
    let frame = |bytes: &[u8]| {
        let mut content = Vec::new();
        about().write(&mut content);
        content.extend_from_slice(bytes);
        opened(&packed(&content)).unwrap_err()
    };
    assert!(
        frame(&[3, 0x12, 0x82, 0x01]).contains("damaged"),
        "a body that does not read"
    );
    assert!(
        frame(&[4, 0x12, 0x82, 0x01, 0xf4]).contains("no bundle has"),
        "a ping"
    );
    assert!(
        frame(&[0xff, 0xff, 0xff, 0xff, 0x0f]).contains("damaged"),
        "a frame of 4 GiB"
    );
}

/// A few bytes that inflate without end are stopped.
#[test]
fn a_bomb_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb");
    let mut file = File::create(&path).unwrap();
    file.write_all(MAGIC).unwrap();
    let mut out = zstd::stream::Encoder::new(file, 1).unwrap();
    let mut begun = Vec::new();
    about().write(&mut begun);
    out.write_all(&begun).unwrap();
    // Frames of a type that may be skipped.
    let mut skipped = vec![0; 1 << 20];
    skipped[..4].copy_from_slice(&[0xfd, 0xff, 0x3f, 0xff]);
    for _ in 0..1_100 {
        out.write_all(&skipped).unwrap();
    }
    out.finish().unwrap();
    assert!(fs::metadata(&path).unwrap().len() < 1 << 20);
    let told = Bundle::open(&path).unwrap_err().to_string();
    assert!(told.contains("holds more than"), "{told}");
}
