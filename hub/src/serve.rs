//! Everything that listens: for nodes over QUIC, and for browsers and programs over HTTP.

mod door;
mod nodes;
mod web;

pub(crate) use self::web::pages_at;
#[cfg(test)]
pub(crate) use self::web::{guarding, national};
pub use self::{
    nodes::{Listening, listen},
    web::{Pages, pages},
};
