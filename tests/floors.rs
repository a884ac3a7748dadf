//! The floors of the house: no module imports from one below it.

use std::path::{Path, PathBuf};

/// From the ground up. On one floor a later module may import an earlier one, but for floors of strangers.
const FLOORS: [&[&str]; 9] = [
    &["source", "id", "quantity", "time"],
    &["diagnostic"],
    &["ast"],
    &["syntax", "format"],
    &["model", "check"],
    &["event", "plan"],
    &["log", "engine"],
    &["report", "trial", "calc", "sample"],
    &["cli"],
];

/// Floors whose modules know nothing of each other.
const STRANGERS: [usize; 2] = [6, 7];

/// A module's position; within a floor, later ones may import earlier ones.
fn position(module: &str) -> Option<(usize, usize)> {
    FLOORS.iter().enumerate().find_map(|(floor, modules)| modules.iter().position(|m| *m == module).map(|at| (floor, at)))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The modules that a text names by `crate::`, anywhere.
fn named(text: &str) -> Vec<String> {
    let mut modules = Vec::new();
    for rest in text.split("crate::").skip(1) {
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if !name.is_empty() {
            modules.push(name);
        }
        // `use crate::{ast, check};`
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.split('}').next().unwrap_or_default();
            modules.extend(list.split(',').map(|p| p.trim().split("::").next().unwrap_or_default().to_string()));
        }
    }
    modules
}

#[test]
fn no_module_imports_from_a_floor_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, &mut all);
    let (mut wrong, mut arrows) = (Vec::new(), 0);
    for path in all {
        let relative = path.strip_prefix(&src).unwrap();
        let own = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_string();
        if matches!(own.as_str(), "lib" | "main") {
            continue;
        }
        let here = position(&own).unwrap_or_else(|| panic!("`{own}` has no floor"));
        let text = std::fs::read_to_string(&path).unwrap();
        for module in named(&text).into_iter().filter(|m| *m != own) {
            let Some(there) = position(&module) else { continue };
            arrows += 1;
            let strangers = there.0 == here.0 && STRANGERS.contains(&here.0);
            if there > here || strangers {
                wrong.push(format!("{} imports {module}", relative.display()));
            }
        }
        // pest and miette are known in one place each.
        for (library, home) in [("pest", "syntax"), ("miette", "report/findings")] {
            let used = text.contains(&format!("{library}::")) || text.contains(&format!("use {library}"));
            if used && !relative.starts_with(home) && !relative.with_extension("").starts_with(home) {
                wrong.push(format!("{} knows {library}", relative.display()));
            }
        }
    }
    assert!(arrows > 100, "only {arrows} imports were found: the reader of imports is broken");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
