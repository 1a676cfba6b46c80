//! People's way to the hub: their roles, the routes that each role opens, and what proves who
//! somebody is. Nothing here knows the store.

pub(crate) mod bearer;
pub(crate) mod code;
pub(crate) mod pace;
pub(crate) mod passkey;
pub(crate) mod password;
pub mod roles;
pub mod routes;
pub mod scope;
pub(crate) mod sealed;
pub(crate) mod secret;
pub(crate) mod site;
pub(crate) mod visitor;
