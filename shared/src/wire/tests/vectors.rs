//! At least one message of each type, with fields that are easy to find in the bytes.

use crate::{
    id::{
        BlobHash, DeviceId, DeviceIndex, DocId, DocName, InviteKey, LocationCode, LocationId,
        ReadHash, RosterHash, Signature,
    },
    identity::reads::{ReadChain, ReadHead, ReadRow, SentProof, SentSeen},
    time::Timestamp,
    wire::{
        Message, Nack, NackCode,
        message::{
            Ack, Blob, Credit, Entries, GetReads, Hello, Join, JoinProof, Joined, LogMark, Notice,
            NoticeLevel, Ping, Reads, RetryAfter, RoomLeft, RosterMark, RosterPart, Scope, Sub,
            Void, Voided, Welcome, WireEntry, WireRun,
        },
    },
};

const LOCATION: LocationId = LocationId::new([0x10; 16]);
const DEVICE: DeviceId = DeviceId::new([0x20; 32]);
const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

/// Titles and messages, in the order of the file.
pub(super) fn vectors() -> Vec<(&'static str, Message)> {
    let mut all = joins();
    all.extend(greetings());
    all.extend(logs());
    all.extend(refusals());
    all.extend(the_rest());
    all
}

fn joins() -> Vec<(&'static str, Message)> {
    let code = LocationCode::parse("FN").unwrap();
    let founding = Join {
        version: 1,
        device: DEVICE,
        proof: JoinProof::Founding {
            code: code.clone(),
            secret: [0x30; 16],
        },
        operation: vec![0x31, 0x32, 0x33],
    };
    let device = Join {
        proof: JoinProof::Device {
            location: LOCATION,
            key: InviteKey::new([0x34; 32]),
        },
        ..founding.clone()
    };
    let joined = Joined {
        network: "Healthy Families NZ".into(),
        operator: "Legal name".into(),
        location: LOCATION,
        code,
        name: "Healthy Families Far North".into(),
        name_mi: Some("Te Hiku".into()),
        roster: vec![vec![0x31, 0x32, 0x33].into()],
        zero: LocationId::new([0x40; 16]),
        server_time: NOW,
    };
    vec![
        ("with a founding invite", founding.into()),
        ("with a device invite", device.into()),
        ("the device is in the roster", joined.into()),
    ]
}

fn mark(dix: u16, dseq: u64, tag: u8) -> LogMark {
    LogMark {
        dix: DeviceIndex(dix),
        dseq,
        tag: [tag; 8],
    }
}

fn greetings() -> Vec<(&'static str, Message)> {
    let roster = |len, tag| RosterMark { len, tag: [tag; 8] };
    let hello = Hello {
        version: 1,
        capabilities: 0,
        location: LOCATION,
        device: DEVICE,
        roster: roster(2, 0x52),
        heights: vec![mark(1, 300, 0x53), mark(2, 7, 0x54)],
        zero_roster: roster(1, 0x55),
        zero_heights: vec![mark(1, 12, 0x56)],
        outbox: 0,
        sealed: None,
    };
    let full = Hello {
        outbox: 3,
        sealed: Some([0x57; 16]),
        ..hello.clone()
    };
    let same = Welcome {
        version: 1,
        flags: Welcome::SAME,
        server_time: NOW,
        roster: None,
        heights: None,
        zero_roster: None,
        zero_heights: None,
        credit: None,
        left: None,
    };
    let roomy = Welcome {
        left: Some(RoomLeft {
            documents: 1_250,
            bytes: 60 << 20,
            headers: 64 << 20,
        }),
        ..same.clone()
    };
    let differs = Welcome {
        flags: 0,
        roster: Some(roster(3, 0x58)),
        heights: Some(vec![mark(1, 299, 0x59), mark(3, 4, 0x5a)]),
        zero_heights: Some(vec![mark(1, 13, 0x5b)]),
        credit: Some(1 << 20),
        ..same
    };
    let list = Welcome {
        flags: Welcome::LIST_SEALED,
        ..same.clone()
    };
    vec![
        ("two devices, nothing waiting", hello.into()),
        ("with a digest of sealed logs", full.into()),
        ("the same", same.into()),
        ("the same, and what is left", roomy.into()),
        ("what differs", differs.into()),
        ("list the sealed logs", list.into()),
    ]
}

fn run(document: u32, codec: u8, bytes: &[u8], name: Option<&str>) -> WireRun {
    WireRun {
        document,
        n: 0,
        codec,
        bytes: bytes.to_vec(),
        n_changes: 1,
        n_ops: 2,
        name: name.map(DocName::first),
    }
}

fn logs() -> Vec<(&'static str, Message)> {
    let first = WireEntry {
        created_delta: NOW.ms(),
        runs: vec![run(0, 0, b"change", Some("plan"))],
        seen: Some([0x60; 32]),
        roster: Some(RosterHash::new([0x61; 32])),
        voided: None,
    };
    let second = WireEntry {
        created_delta: 1_500,
        runs: vec![run(0, 1, b"packed", None), run(1, 0, b"other", None)],
        seen: None,
        roster: None,
        voided: None,
    };
    let void = WireEntry {
        created_delta: 0,
        runs: Vec::new(),
        seen: None,
        roster: None,
        voided: Some(Voided {
            code: 3,
            header: b"header".to_vec(),
        }),
    };
    let entries = Entries {
        scope: Scope::Own,
        dix: DeviceIndex(1),
        first_dseq: 301,
        prev_tag: [0x62; 8],
        documents: vec![DocId::new([0x63; 16]), DocId::new([0x64; 16])],
        entries: vec![first, second, void],
        tip: Signature::new([0x65; 64]),
    };
    let ack = Ack {
        scope: Scope::Own,
        dix: DeviceIndex(1),
        dseq: 303,
        voids: None,
        tag: None,
    };
    let voids = Ack {
        voids: Some(vec![Void { dseq: 303, code: 3 }]),
        tag: Some([0x66; 8]),
        ..ack
    };
    let blob = Blob {
        scope: Scope::Own,
        dix: DeviceIndex(1),
        dseq: 302,
        hash: BlobHash::new([0x67; 32]),
        bytes: b"words".to_vec(),
    };
    vec![
        ("three entries, the last one void", entries.into()),
        ("plain", ack.into()),
        ("with a void entry, stored by another session", voids.into()),
        ("the words of an insight", blob.into()),
        ("64 KiB more", Credit { bytes: 65_536 }.into()),
    ]
}

fn refusals() -> Vec<(&'static str, Message)> {
    let of_log = |code| Nack::of_log(code, Scope::Own, DeviceIndex(1), 301);
    let stale = Nack {
        roster: Some(RosterMark {
            len: 2,
            tag: [0x70; 8],
        }),
        ..of_log(NackCode::RosterStale)
    };
    let limit = Nack {
        wait_ms: Some(1_200),
        ..of_log(NackCode::Limit)
    };
    let text = "this invite was used";
    vec![
        ("GAP", of_log(NackCode::Gap).into()),
        ("ROSTER_STALE", stale.into()),
        ("LIMIT", limit.into()),
        ("UNKNOWN_CODEC", of_log(NackCode::UnknownCodec).into()),
        ("FORK", of_log(NackCode::Fork).into()),
        ("BAD_TIP", of_log(NackCode::BadTip).into()),
        ("REVOKED", Nack::bare(NackCode::Revoked).into()),
        (
            "an invite that was used",
            Nack::of_message(NackCode::InviteSpent, 0x01, text).into(),
        ),
        (
            "a code of a later version",
            Nack::bare(NackCode::Other(99)).into(),
        ),
    ]
}

fn the_rest() -> Vec<(&'static str, Message)> {
    let part = RosterPart {
        scope: Scope::Own,
        after: 2,
        operations: vec![vec![0x31, 0x32].into(), vec![0x33].into()],
    };
    let notice = Notice {
        level: NoticeLevel::Warning,
        text: "The hub stops for an hour.".into(),
    };
    let zero = Sub { feed: Sub::ZERO };
    let ping = |answer| Ping { nonce: 7, answer };
    let read = ReadRow {
        n: 5,
        at: Timestamp::from_ms(1_795_000_000_000),
        reader: "Example reader".into(),
        organisation: "Example organisation".into(),
        act: "opened a page".into(),
        subject: "/locations/FN".into(),
        purpose: "Example: the yearly report".into(),
        count: 2,
    };
    let chain = |n, byte| ReadChain {
        n,
        hash: ReadHash::new([byte; 32]),
    };
    let reads = Reads {
        before: chain(4, 0x41),
        rows: vec![read],
        head: ReadHead {
            chain: chain(5, 0x42),
            device: DEVICE,
            signature: Signature::new([0x43; 64]),
        },
        proof: Some(Box::new(SentProof {
            n: 3,
            bytes: vec![1, 2, 3],
        })),
        seen: Some(SentSeen::new(
            Timestamp::from_ms(1_795_000_700_000),
            vec![4, 5, 6],
        )),
    };
    vec![
        (
            "after the fourth",
            GetReads {
                after: 4,
                proofs_after: 2,
                seen: [7; 8],
            }
            .into(),
        ),
        ("one page, opened twice", reads.into()),
        ("two operations after the second", part.into()),
        ("the hub's documents", zero.into()),
        ("a warning", notice.into()),
        ("in a minute", RetryAfter { ms: 60_000 }.into()),
        ("asked", ping(false).into()),
        ("answered", ping(true).into()),
    ]
}
