//! Leftovers of a set-up that came to nothing.

use std::fs;

use super::{BEGUN, DataDir, LOCK, found};

impl DataDir {
    /// Removes what this process put into a directory that is still new, and the directory itself
    /// if this process made it and nothing else is in it. Leaves everything if a set-up has begun:
    /// one of the layout's files is there.
    ///
    /// `own` are the names of the program's other files there.
    pub fn give_up(&self, own: &[&str]) {
        if !self.is_new() || !found(&self.path, self.layout).is_empty() {
            return;
        }
        for name in own.iter().chain(&[BEGUN, LOCK]) {
            // A file that stays does no harm: an unfinished set-up may begin again.
            let _stays = fs::remove_file(self.path(name));
        }
        if self.made {
            // It stays if somebody else has put something into it.
            let _stays = fs::remove_dir(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_dir::Layout;

    const LAYOUT: Layout = Layout {
        program: "weft-test",
        holds: "test",
        begin: "Begin",
        files: &["device.key"],
        movable: &[],
        version: 1,
    };

    #[test]
    fn a_set_up_that_came_to_nothing_leaves_nothing_and_takes_nothing_along() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("node");
        let dir = DataDir::open(&path, LAYOUT, true).unwrap();
        dir.write_secret("page.key", b"key").unwrap();
        dir.give_up(&["page.key"]);
        assert!(!path.exists());
        drop(dir);
        // A directory that was there stays, and so does whatever has begun or is not ours.
        fs::create_dir(&path).unwrap();
        DataDir::open(&path, LAYOUT, true).unwrap().give_up(&[]);
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
        let dir = DataDir::open(&path, LAYOUT, true).unwrap();
        dir.write_secret("device.key", b"key").unwrap();
        dir.give_up(&[]);
        assert!(path.join(BEGUN).exists() && path.join("device.key").exists());
        dir.complete().unwrap();
        dir.give_up(&["device.key"]);
        assert!(path.join("device.key").exists());
    }
}
