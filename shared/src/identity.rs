//! Who may write what: device and root keys, invites, the roster, the words read out over the phone.
