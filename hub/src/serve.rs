//! Everything that listens: for nodes over QUIC, and for browsers and programs over HTTP.

mod nodes;
mod web;

#[cfg(test)]
pub(crate) use self::web::national;
pub use self::{
    nodes::{Listening, listen},
    web::{Pages, pages},
};
