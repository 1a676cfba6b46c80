//! An operation has one encoding, and a later version's operations are refused with a clear error.

use expect_test::expect;

use super::roster::{By, add, empty, office, revoke, signed};
use crate::identity::{BadOperation, Role, SignedOperation};

#[test]
fn operations_of_later_versions_are_refused() {
    let mut bytes = signed(&office(), By::Device(1), revoke(2)).encode();
    let number = bytes.windows(3).position(|at| at == [0x82, 3, 0x83]);
    for reserved in [4, 6, 7, 8] {
        bytes[number.unwrap() + 1] = reserved;
        let read = SignedOperation::decode(&bytes);
        assert_eq!(read, Err(BadOperation::Malformed), "{reserved}");
    }
}

#[test]
fn bytes_that_only_mean_the_same_are_refused() {
    let bytes = signed(&office(), By::Device(1), revoke(2)).encode();
    let trailing = [bytes.clone(), vec![0]].concat();
    assert_eq!(
        SignedOperation::decode(&trailing),
        Err(BadOperation::NotCanonical)
    );
    // The same six fields as an array of indefinite length.
    let loose = [vec![0x9f], bytes[1..].to_vec(), vec![0xff]].concat();
    assert_eq!(
        SignedOperation::decode(&loose),
        Err(BadOperation::Malformed)
    );
    assert_eq!(
        SignedOperation::decode(&[0x80; 4_000]),
        Err(BadOperation::TooLong)
    );
    assert_eq!(SignedOperation::decode(&[]), Err(BadOperation::Malformed));
    let wrapped = minicbor::to_vec(SignedOperation::decode(&bytes).unwrap()).unwrap();
    assert_eq!(
        minicbor::decode::<SignedOperation>(&wrapped)
            .unwrap()
            .encode(),
        bytes
    );
}

#[test]
fn the_encoding_stays_as_it_is() {
    let bytes = signed(&empty(), By::Root, add(1, Role::Admin)).encode();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let lines: Vec<&str> = (0..hex.len())
        .step_by(72)
        .map(|at| &hex[at..hex.len().min(at + 72)])
        .collect();
    let text = lines.join("\n");
    expect![[r#"
        8650d4dfcb2e2b5a0b07482daf3fcdf6a3b7582000000000000000000000000000000000
        000000000000000000000000000000001b000001a0c4506c0082008158208a88e3dd7409
        f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c82008358200e0bc2cace
        da4782369b15e3300e6067725865dd264bfaaaebc43a7a4c43e022684465766963652031
        0058406fb6a681e4ab05b333a022f8ba9f1bdd5436b303973e2b23df0dc54709f4922a60
        326564b28a745e60d04007ae949c77887d5363e461d72c01213a7248b1fc04"#]]
    .assert_eq(&text);
}
