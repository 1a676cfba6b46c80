//! The power fails once the files of a release are in their place, and all of them are there.

use std::collections::BTreeMap;

use super::*;

/// A file or a folder, with what is flushed of it.
#[derive(Clone, Debug)]
enum Node {
    File {
        bytes: Vec<u8>,
        flushed: Option<Vec<u8>>,
    },
    Folder {
        names: BTreeMap<String, usize>,
        flushed: BTreeMap<String, usize>,
    },
}

const FOLDER: Node = Node::Folder {
    names: BTreeMap::new(),
    flushed: BTreeMap::new(),
};

/// A disk in memory that keeps nothing that was not flushed: neither a file's content nor a name.
struct Memory(Vec<Node>);

impl Memory {
    /// An empty disk.
    fn new() -> Self {
        Self(vec![FOLDER])
    }

    fn add(&mut self, node: Node) -> usize {
        self.0.push(node);
        self.0.len() - 1
    }

    fn names(&mut self, at: usize) -> &mut BTreeMap<String, usize> {
        match &mut self.0[at] {
            Node::Folder { names, .. } => names,
            Node::File { .. } => panic!("it is a file"),
        }
    }

    fn find(&mut self, path: &Path) -> Option<usize> {
        let mut at = 0;
        for name in parts(path) {
            at = *self.names(at).get(&name)?;
        }
        Some(at)
    }

    /// The folder that a path is in, and its own name there.
    fn place(&mut self, path: &Path) -> (usize, String) {
        let parent = path.parent().unwrap();
        let name = parts(path).pop().unwrap();
        (self.find(parent).expect("its folder is there"), name)
    }

    /// The files that are there after the power failed, by their paths.
    fn after_the_power_failed(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut found, mut folders) = (BTreeMap::new(), vec![(PathBuf::new(), 0)]);
        while let Some((path, at)) = folders.pop() {
            match &self.0[at] {
                Node::Folder { flushed, .. } => {
                    folders.extend(flushed.iter().map(|(name, at)| (path.join(name), *at)));
                }
                Node::File { flushed, .. } => {
                    found.extend(flushed.clone().map(|bytes| (path, bytes)));
                }
            }
        }
        found
    }
}

fn parts(path: &Path) -> Vec<String> {
    let names = path.iter().map(|name| name.to_str().unwrap().to_owned());
    names.collect()
}

impl Disk for Memory {
    fn remove(&mut self, folder: &Path) -> io::Result<()> {
        if self.find(folder).is_some() {
            let (parent, name) = self.place(folder);
            self.names(parent).remove(&name);
        }
        Ok(())
    }

    fn create(&mut self, folder: &Path) -> io::Result<()> {
        let mut at = 0;
        for name in parts(folder) {
            at = match self.names(at).get(&name) {
                Some(there) => *there,
                None => {
                    let made = self.add(FOLDER);
                    self.names(at).insert(name, made);
                    made
                }
            };
        }
        Ok(())
    }

    fn write(&mut self, path: &Path, bytes: &[u8], _mtime: SystemTime) -> io::Result<()> {
        let bytes = bytes.to_vec();
        let file = self.add(Node::File {
            bytes,
            flushed: None,
        });
        let (parent, name) = self.place(path);
        self.names(parent).insert(name, file);
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let (parent, name) = self.place(from);
        let moved = self.names(parent).remove(&name).unwrap();
        let (parent, name) = self.place(to);
        self.names(parent).insert(name, moved);
        Ok(())
    }

    fn sync(&mut self, path: &Path) -> io::Result<()> {
        let at = self.find(path).expect("it is there");
        match &mut self.0[at] {
            Node::Folder { names, flushed } => flushed.clone_from(names),
            Node::File { bytes, flushed } => *flushed = Some(bytes.clone()),
        }
        Ok(())
    }
}

#[test]
fn a_release_in_its_place_survives_a_loss_of_power_whole() {
    let (mut disk, shelf) = (Memory::new(), Shelf(PathBuf::from("releases")));
    let mut expected = BTreeMap::new();
    // The first release of a hub makes all folders, and a later one its own.
    for id in ["prevention/2026.1", "prevention/2026.2", "other/2026.1"] {
        let id: ReleaseId = id.parse().unwrap();
        // An earlier try was interrupted, and left other files at both places.
        let beside = shelf
            .dataset(&id.dataset)
            .join(format!(".{}.new", id.number));
        for left in [shelf.folder(&id), beside] {
            disk.create(&left).unwrap();
            let old = left.join("old.csv");
            disk.write(&old, b"old", SystemTime::UNIX_EPOCH).unwrap();
        }
        let files = ["a.csv", "manifest.json"].map(|name| File {
            name: name.to_owned(),
            bytes: format!("{id} {name}").into_bytes(),
        });
        shelf
            .put_on(&mut disk, &id, (&files, Timestamp::from_ms(0)))
            .unwrap();
        for file in files {
            expected.insert(shelf.folder(&id).join(&file.name), file.bytes);
        }
        assert_eq!(disk.after_the_power_failed(), expected);
    }
}

#[test]
fn the_computers_own_disk_has_the_files_as_they_were_put() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf(folder.path().join("releases"));
    let id: ReleaseId = "prevention/2026.1".parse().unwrap();
    let file = |bytes: &[u8]| File {
        name: "a.csv".to_owned(),
        bytes: bytes.to_vec(),
    };
    for bytes in [&b"first"[..], b"again"] {
        shelf
            .put(&id, &[file(bytes)], Timestamp::from_ms(1_795_000_000_000))
            .unwrap();
        assert_eq!(shelf.file(&id, "a.csv").unwrap(), bytes);
        assert_eq!(shelf.names(&id), ["a.csv"]);
    }
    let found = fs::metadata(shelf.folder(&id).join("a.csv")).unwrap();
    let since = found
        .modified()
        .unwrap()
        .duration_since(SystemTime::UNIX_EPOCH);
    assert_eq!(since.unwrap().as_secs(), 1_795_000_000);
}
