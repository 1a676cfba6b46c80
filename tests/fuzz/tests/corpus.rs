//! Runs every file of the corpus through the target that it was kept for.

use std::{fs, path::Path};

use weft_fuzz::TARGETS;

const FILES_MAX: usize = 400;
const FILE_BYTES_MAX: u64 = 4 << 10;

#[test]
fn the_corpus_breaks_nothing() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, run) in TARGETS {
        let files = fs::read_dir(corpus.join(name)).expect("each target has a folder");
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{name} has no files");
        assert!(
            files.len() <= FILES_MAX,
            "{name}: merge its files, see tests/all"
        );
        for file in files {
            let bytes = fs::read(&file).unwrap();
            assert!(
                bytes.len() as u64 <= FILE_BYTES_MAX,
                "{} is large",
                file.display()
            );
            run(&bytes);
        }
    }
}
