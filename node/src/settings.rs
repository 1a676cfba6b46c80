//! This program's settings, taken from flag, environment, file and default, in this order.

use weft_host::{config::Setting, shell::DATA_DIR};

/// The settings that `config.toml` may hold.
pub(crate) const KNOWN: &[Setting] = &[
    DATA_DIR,
    Setting {
        key: "device-name",
        env: "WEFT_DEVICE_NAME",
        default: Some("Unnamed device"),
    },
    Setting {
        key: "http",
        env: "WEFT_HTTP",
        // Fixed, so that a bookmark and the browser's session stay good. The hub has 8433.
        default: Some("127.0.0.1:8434"),
    },
];
