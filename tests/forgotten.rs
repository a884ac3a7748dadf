//! Nothing is forgotten: each file of tests is run, and each snapshot is held against something.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The names of what a folder holds that ends so, without the ending.
fn names(folder: &Path, ending: &str) -> BTreeSet<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(ending).map(String::from)).collect()
}

#[test]
fn every_file_of_tests_is_run() {
    let main = std::fs::read_to_string(tests().join("main.rs")).unwrap();
    let folders = names(&tests(), "").into_iter().filter(|name| tests().join(name).join("mod.rs").exists());
    let files: BTreeSet<String> = names(&tests(), ".rs").into_iter().filter(|name| name != "main").chain(folders).collect();
    let named = main.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    assert_eq!(named.map(String::from).collect::<BTreeSet<_>>(), files);
}

/// A snapshot is called after its file of tests and after its test, or by a name that the test gives it.
#[test]
fn every_snapshot_is_held_against_something() {
    for snapshot in names(&tests().join("snapshots"), ".snap") {
        let [_, file, name] = snapshot.split("__").collect::<Vec<_>>()[..] else { panic!("whose is {snapshot}?") };
        let text = std::fs::read_to_string(tests().join(format!("{file}.rs"))).unwrap_or_default();
        let is_named = text.contains(&format!("fn {name}()")) || text.contains(&format!("\"{name}\""));
        assert!(is_named, "nothing in tests/{file}.rs is held against {snapshot}");
    }
}
