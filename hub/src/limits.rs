//! The limits of the hub, named with their units.

use std::time::Duration;

use weft_host::data_dir::Layout;
use weft_shared::wire::limits::JOIN_MS_MAX;

/// The layout of the data directory that this version reads and writes.
pub const LAYOUT: Layout = Layout {
    program: "weft-hub",
    holds: "hub",
    begin: "Make one with weft-hub init",
    files: &[
        "log.key",
        "tls.key",
        "tls.statement",
        "hub.db",
        "root.words",
    ],
    movable: &["root.words"],
    version: 1,
};
/// The folder of published files, in the data directory.
pub(crate) const RELEASES_FOLDER: &str = "releases";

/// Time for making what the national team sees of a location, for the location itself. Its device
/// waits three seconds in all.
pub(crate) const SEEN_WAIT_MAX: Duration = Duration::from_millis(1_500);
/// Percentage of the disk that is used, at which the operator is called.
pub(crate) const ALERT_DISK_PERCENT: u8 = 85;
/// The same once that was told: below it, there is room again.
pub(crate) const ALERT_DISK_PERCENT_AGAIN: u8 = 80;
/// Minutes that figures are behind, at which the operator is called.
pub(crate) const ALERT_BEHIND_MINUTES: i64 = 10;
/// Ends within a day that no one asked for, at which the operator is called.
pub(crate) const ALERT_CRASHES: usize = 3;
/// Days without a word of a location, at which the operator is called.
pub(crate) const ALERT_SILENT_DAYS: i64 = 14;
/// Lines of one text to the operator.
pub(crate) const ALERT_LINES_MAX: usize = 50;
/// Pause between two looks for alerts.
pub(crate) const ALERT_LOOK_INTERVAL: Duration = Duration::from_secs(60);

const _: () = assert!(ALERT_DISK_PERCENT_AGAIN < ALERT_DISK_PERCENT);

/// Maximum time a rollup waits for the entries acknowledged before it was requested.
pub const ROLLUP_WAIT_MS_MAX: u64 = 10_000;

/// Entries that the aggregation takes from the log at once.
pub(crate) const FOLD_ENTRIES_MAX: usize = 4_096;
/// Bytes of changes, unpacked, that the aggregation takes from the log at once.
pub(crate) const FOLD_BYTES_MAX: u64 = 1 << 20;
/// Operations in these entries: each takes up to 1 KiB once parsed.
pub(crate) const FOLD_OPS_MAX: u64 = 16_384;
/// Documents that are looked at to be added to the sums at once.
pub(crate) const SETTLE_DOCUMENTS_MAX: usize = 2_048;
/// Facts after which no further document is added to the sums at once.
pub(crate) const SETTLE_FACTS_MAX: usize = 262_144;
/// Blocks of sums after which no further document is added at once: some 20 ms of the writer.
pub(crate) const SETTLE_BLOCKS_MAX: usize = 4_096;
/// Minimum number of entries folded since the last save after which a document is saved again.
pub(crate) const TAIL_CHANGES_MAX: u64 = 256;
/// Changes since its last save with which a document leaves memory unsaved; they are read again if
/// it is needed.
pub(crate) const TAIL_LEFT_CHANGES_MAX: u64 = 4;
/// Changes since its last save from which a document is read by Automerge and saved, although they
/// follow one another in one line.
pub(crate) const STRAIGHT_CHANGES_MAX: u64 = 4_096;
/// Approximate limit on the bytes of the documents that are read without Automerge.
pub(crate) const STRAIGHTS_BYTES_MAX: u64 = 16 << 20;
/// Those that are saved each second while nothing else is to be done.
pub(crate) const STRAIGHTS_SAVED_AT_ONCE: usize = 4;
/// Documents that the aggregation keeps loaded.
pub(crate) const DOCUMENTS_LOADED_MAX: usize = 256;
/// Approximate limit on their total bytes. A larger document stays until another is needed.
pub(crate) const DOCUMENTS_LOADED_BYTES_MAX: u64 = 48 << 20;
/// Commands that wait for the owner.
pub(crate) const COMMANDS_WAITING_MAX: usize = 1_024;
/// Read-only connections.
pub(crate) const READERS: usize = 4 + STREAMS_MAX;
/// Files of figures that are written at once. Each has a connection for as long as its client takes
/// to read it, so that slow ones leave some for pages.
pub(crate) const STREAMS_MAX: usize = 4;
/// The same of one reader.
pub(crate) const STREAMS_OF_A_READER_MAX: usize = 2;
/// Time for which a reader waits for a place among them.
pub(crate) const STREAM_WAIT_MAX: Duration = Duration::from_secs(10);
/// Time in which a client of the data interface takes an answer.
pub(crate) const ANSWER_TIME_MAX: Duration = Duration::from_secs(300);
const _: () = assert!(STREAMS_OF_A_READER_MAX < STREAMS_MAX, "others read as well");
/// Files of published figures that are read at once.
pub(crate) const FILES_READ_MAX: usize = 2;
/// Years for which a row of the ledger is kept, of acts and of reads. Older rows are deleted with
/// the next one that is written.
pub const LEDGER_KEPT_YEARS: i64 = 7;
/// Last days with rows from which that time is counted. A clock that runs years ahead is noticed
/// before there are so many.
pub const LEDGER_CLOCK_DAYS: usize = 7;
/// The same in milliseconds, leap days included.
pub const LEDGER_KEPT_MS: i64 = (LEDGER_KEPT_YEARS * 365 + 2) * 86_400_000;
const _: () = assert!(LEDGER_KEPT_YEARS >= 1, "a year at the very least");
/// Time within which the same reading raises the count of its row.
pub const READ_OPEN_MS: i64 = 600_000;
/// Rows of acts, and of reads, that are read at once for a file of the ledger.
pub(crate) const LEDGER_PAGE_ROWS: u32 = 1_000;
/// Rows of the ledger in one answer.
pub const LEDGER_ROWS_MAX: u32 = 1_000;
/// Size of a file of published figures.
pub(crate) const PUBLISHED_BYTES_MAX: u64 = 64 << 20;
/// Rows of such a file.
pub(crate) const PUBLISHED_ROWS_MAX: usize = 200_000;
/// Published figures in one document: some 4 MiB.
pub(crate) const PUBLISHED_DOCUMENT_FIGURES: usize = 20_000;
/// Published figures in one entry: some 200 KiB before it is packed.
pub(crate) const PUBLISHED_ENTRY_FIGURES: usize = 1_000;
/// Imports of published figures.
pub(crate) const SOURCES_MAX: usize = 1_000;
/// Documents of the hub's money: each takes a thousand investments, and fewer if they are long.
pub(crate) const MONEY_DOCUMENTS_MAX: u32 = 40;
/// Fill level of a document of money, in hundredths, from which new investments go into the next
/// one: the rest is for lines and edits.
pub(crate) const MONEY_DOCUMENT_NEW_PERCENT: u64 = 50;
/// Records and lines of money in one entry.
pub(crate) const MONEY_ENTRY_STATEMENTS: usize = 200;
/// Approximate bytes of them.
pub(crate) const MONEY_ENTRY_BYTES: usize = 128 << 10;
/// Size of a file of investments.
pub(crate) const MONEY_FILE_BYTES_MAX: u64 = 64 << 20;
/// Plans of columns of such files that are remembered; then the oldest goes.
pub(crate) const MONEY_PLANS_MAX: usize = 50;
/// Targets of the network.
pub(crate) const TARGETS_MAX: usize = 1_000;
/// Size of a definitions file.
pub(crate) const DEFINITIONS_BYTES_MAX: usize = 1 << 20;

/// Time for which nothing is taken of a device that has outrun its revocation, in milliseconds. Its
/// location receives the entries meanwhile, and signs again.
pub(crate) const REVOCATION_HOLD_MS: u64 = 10_000;
/// Devices whose allowance is kept. Beyond that, those that have not pushed lately are forgotten.
pub(crate) const ALLOWANCES_KEPT_MAX: usize = 16_384;
/// Connections of keys that are in no roster, whether or not they are about to join.
pub(crate) const STRANGERS_MAX: usize = 128;
/// Maximum time a connection may stay without an admitted session.
pub(crate) const ADMISSION_TIME_MAX: Duration = Duration::from_millis(JOIN_MS_MAX.unsigned_abs());

/// Time for which an invite of a person may be used.
pub(crate) const PERSON_INVITE_MS: i64 = 72 * 3_600_000;
/// The same for a link with which somebody begins again.
pub(crate) const PERSON_RESET_MS: i64 = 3_600_000;
/// People of a hub, those who have left included.
pub(crate) const PEOPLE_MAX: u32 = 10_000;
/// Characters of a password, and bytes.
pub(crate) const PASSWORD_CHARS_MIN: usize = 16;
/// Maximum length of a password.
pub(crate) const PASSWORD_BYTES_MAX: usize = 512;
/// Passwords that are hashed at once.
pub(crate) const PASSWORDS_AT_ONCE: usize = 2;
/// Passwords that wait for that; another is refused.
pub(crate) const PASSWORDS_WAITING_MAX: usize = 8;
/// Wrong passwords or codes after which the password is locked.
pub(crate) const PASSWORD_FAILURES_MAX: u32 = 3;
/// Time for which it is locked.
pub(crate) const PASSWORD_LOCK_MS: i64 = 900_000;
/// Locks within a day after which it is locked until a reset.
pub(crate) const PASSWORD_LOCKS_A_DAY_MAX: u32 = 4;
/// Attempts to sign in a minute from one address. An office shares an address.
pub(crate) const ATTEMPTS_OF_AN_ADDRESS_A_MINUTE: u32 = 30;
/// The same from all addresses together from which no one signed in lately.
pub(crate) const ATTEMPTS_OF_STRANGERS_A_MINUTE: u32 = 80;
/// The same once those are used up, from networks with few attempts.
pub(crate) const ATTEMPTS_LEFT_FOR_QUIET_A_MINUTE: u32 = 40;
/// Attempts a minute of such a network: 256 addresses of IPv4, or the 48 bits of one of IPv6.
pub(crate) const ATTEMPTS_OF_A_QUIET_NETWORK_A_MINUTE: u32 = 5;
/// Records of one location that are quoted to the others.
pub(crate) const LOCATION_QUOTES_MAX: usize = 200;
/// Time after which quotes follow what locations share.
pub(crate) const QUOTE_PAUSE: Duration = Duration::from_secs(1);
/// Days of a token that was made before people signed in.
pub(crate) const TOKEN_DAYS: u32 = 90;
/// Days that a token lasts at most.
pub(crate) const TOKEN_DAYS_MAX: u32 = 365;
/// Tokens of one person that stand at once.
pub(crate) const TOKENS_OF_A_PERSON_MAX: usize = 20;
/// Requests a minute with one token.
pub(crate) const TOKEN_REQUESTS_A_MINUTE: u32 = 120;
/// Requests at once with one token.
pub(crate) const TOKEN_REQUESTS_AT_ONCE: usize = 4;
/// Addresses whose pace is kept before those that have been quiet are forgotten.
pub(crate) const PACED_MAX: usize = 16_384;
/// Time in which a ceremony with a passkey must be ended.
pub(crate) const CEREMONY_MS: i64 = 300_000;
/// Letters of a ceremony as its page carries it.
pub(crate) const CEREMONY_BYTES_MAX: usize = 1_024;
/// Sign-ins that were ended and would not be over yet: each was proven by a passkey.
pub(crate) const CEREMONIES_ENDED_MAX: usize = 4_096;
/// Passkeys that one person may have.
pub(crate) const PASSKEYS_MAX: usize = 20;
/// Time in which an authenticator app must be set up.
pub(crate) const CODE_SETUP_MS: i64 = 1_800_000;
/// Time without a request after which a session ends.
pub(crate) const SESSION_IDLE_MS: i64 = 1_800_000;
/// Time after which it ends in any case.
pub(crate) const SESSION_MS_MAX: i64 = 12 * 3_600_000;
/// Time after a sign-in in which people may change what matters.
pub(crate) const SESSION_FRESH_MS: i64 = 600_000;
/// Time after which the last use of a session is written again.
pub(crate) const SESSION_USED_MS: i64 = 60_000;
/// Characters of a purpose, at least and at most.
pub(crate) const PURPOSE_CHARS: std::ops::RangeInclusive<usize> = 10..=200;
/// Time for which the address is kept from which somebody did something.
pub(crate) const ADDRESS_KEPT_MS: i64 = 30 * 86_400_000;
