//! The values of a record, in whatever form a program keeps them.

use super::record::Record;

/// The values of a record: hub and node keep them in different forms and read them by the same
/// functions.
pub trait Values {
    /// The value of a plain field that every replica shows; `None` or empty if there is none.
    fn text(&self, key: &str) -> Option<&str>;

    /// The members of a set.
    fn members(&self, key: &str) -> Vec<&str>;

    /// The value of a plain field, if it is not empty.
    fn filled(&self, key: &str) -> Option<&str> {
        self.text(key).filter(|text| !text.is_empty())
    }
}

impl Values for Record {
    fn text(&self, key: &str) -> Option<&str> {
        Self::text(self, key)
    }

    fn members(&self, key: &str) -> Vec<&str> {
        Self::members(self, key).collect()
    }
}

impl<V: Values> Values for &V {
    fn text(&self, key: &str) -> Option<&str> {
        V::text(self, key)
    }

    fn members(&self, key: &str) -> Vec<&str> {
        V::members(self, key)
    }
}
