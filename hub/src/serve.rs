//! Everything that listens: for nodes over QUIC, and for browsers and programs over HTTP.

mod door;
mod nodes;
mod web;

#[cfg(test)]
pub(crate) use self::web::national;
pub(crate) use self::web::pages_at;
pub use self::{
    nodes::{Listening, listen},
    web::{Pages, pages},
};
