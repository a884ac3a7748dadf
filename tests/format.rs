//! `sla fmt`: one form, and nothing but blanks changes.

use crate::common::{folder, random, sla, text};
use sla::format::{differ_in_blanks_only, format};
use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
}

/// Every text in the language that the repository holds: the gallery, and what stands in the pages.
fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut specs, mut pages) = (Vec::new(), vec![root.join("README.md")]);
    files(&root.join("specs"), "sla", &mut specs);
    files(&root.join("tests/spec"), "md", &mut pages);
    files(&root.join("docs"), "md", &mut pages);
    let mut texts: Vec<(String, String)> = specs.iter().map(|p| (p.display().to_string(), fs::read_to_string(p).unwrap())).collect();
    for page in pages {
        let whole = fs::read_to_string(&page).unwrap();
        let fences = whole.split("\n```sla").skip(1).filter_map(|rest| rest.split_once('\n')?.1.split_once("```"));
        texts.extend(fences.enumerate().map(|(i, (fence, _))| (format!("{}#{i}", page.display()), fence.to_string())));
    }
    assert!(texts.len() > 150, "{}", texts.len());
    texts
}

fn comments(text: &str) -> Vec<String> {
    let behind = |l: &str| l.find("//").map(|at| l[at..].trim_end().to_string());
    text.lines().filter_map(behind).collect()
}

/// A text with errors is left as it is.
fn can_be_read(text: &str) -> bool {
    let mut sources = sla::source::SourceMap::default();
    let file = sources.add("spec.sla", text);
    !sla::syntax::parse(&sources, file).1.iter().any(|f| f.is_error())
}

#[test]
fn every_text_keeps_its_meaning_and_comments_and_is_formatted_once_for_all() {
    for (name, text) in texts().into_iter().filter(|(_, text)| can_be_read(text)) {
        let once = format(&text);
        assert!(differ_in_blanks_only(&text, &once), "{name}");
        assert_eq!(comments(&text), comments(&once), "{name}");
        assert_eq!(format(&once), once, "{name}");
        let tree = |text: &str| {
            let mut sources = sla::source::SourceMap::default();
            let file = sources.add("spec.sla", text);
            let (tree, findings) = sla::syntax::parse(&sources, file);
            (without_places(&format!("{:?}", tree.items)), findings.len())
        };
        assert_eq!(tree(&text), tree(&once), "{name}");
    }
}

/// A thousand agreements that nobody wrote, with blanks thrown in and taken out where a text may have them.
#[test]
fn random_texts_keep_their_meaning_and_comments_too() {
    for seed in 0..1_000 {
        let mut r = random::Random::new(seed);
        let mut text = String::new();
        for line in random::agreement(&mut r).lines() {
            let (code, comment) = line.find("//").map_or((line, ""), |at| line.split_at(at));
            let wider: Vec<String> = code.split(' ').map(|word| format!("{word}{}", if r.once_in(8) { "  " } else { "" })).collect();
            // A quoted text keeps its blanks.
            let code = if code.contains('"') { code.to_string() } else { wider.join(" ") };
            text += &format!("{}{code}{comment}\n", " ".repeat(r.below(3)));
            if r.once_in(12) {
                text += "\n";
            }
            if r.once_in(20) {
                text += "  // said in passing\n";
            }
        }
        let once = format(&text);
        assert!(can_be_read(&text), "{seed}: {text}");
        assert!(differ_in_blanks_only(&text, &once), "{seed}: {text}");
        assert_eq!(comments(&text), comments(&once), "{seed}");
        assert_eq!(format(&once), once, "{seed}");
        let tree = |text: &str| {
            let mut sources = sla::source::SourceMap::default();
            let file = sources.add("spec.sla", text);
            without_places(&format!("{:?}", sla::syntax::parse(&sources, file).0.items))
        };
        assert_eq!(tree(&text), tree(&once), "{seed}");
    }
}

/// A tree as text without where its parts stand.
fn without_places(tree: &str) -> String {
    let mut out = String::new();
    let mut rest = tree;
    while let Some((before, after)) = rest.split_once("Span {") {
        out.push_str(before);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    out + rest
}

#[test]
fn the_gallery_is_in_its_canonical_form() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checked = sla(root, &["fmt", "specs", "--check"]);
    assert!(checked.status.success(), "{}", text(&checked.stdout));
}

/// However the blanks of a text are changed, its form is the same: indentation, blanks at the ends of lines, wide gaps, and
/// empty lines.
#[test]
fn a_thousand_disarranged_texts_come_out_the_same() {
    let mut dice = 1u64;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (dice >> 33) % sides
    };
    let texts = texts();
    let specs: Vec<String> = texts.iter().filter(|(name, _)| name.ends_with(".sla")).map(|(_, text)| format(text)).collect();
    for round in 0..1000 {
        let wanted = &specs[round % specs.len()];
        let mut disarranged = String::new();
        for line in wanted.lines() {
            if line.is_empty() {
                disarranged.push_str(&"\n".repeat(1 + roll(3) as usize));
                continue;
            }
            disarranged.push_str(&" ".repeat(roll(12) as usize));
            disarranged.push_str(line.trim_start());
            disarranged.push_str(&" ".repeat(roll(4) as usize));
            disarranged.push_str(if roll(5) == 0 { "\r\n" } else { "\n" });
        }
        assert_eq!(&format(&disarranged), wanted);
    }
}

#[test]
fn columns_stand_under_each_other() {
    let written = "case lead{\nscore:number\n  email : text ?\nevent created\nevent won{amount:money}\n\
        tier A \"Hot\" when score>=80\ntier Cool otherwise\n}\n\n\n\nagreement a{\nversion \"1\"// first\neffective 2026-01-01\n\
        let fee=10 USD\nlet at_risk = 10%\n  of fee\n}\n";
    let wanted = "case lead {\n    score: number\n    email: text ?\n    event created\n    event won { amount: money }\n\
        \x20   tier A    \"Hot\" when score >= 80\n    tier Cool       otherwise\n}\n\nagreement a {\n    version   \"1\"  // first\n\
        \x20   effective 2026-01-01\n    let fee     = 10 USD\n    let at_risk = 10%\n        of fee\n}\n";
    assert_eq!(format(written), wanted);
}

#[test]
fn a_check_shows_what_would_change_and_writes_nothing() {
    let folder = folder("fmt");
    let spec = folder.join("a.sla");
    fs::write(&spec, "party us{ contact \"us@example.com\" }\n").unwrap();
    let checked = sla(&folder, &["fmt", "a.sla", "--check"]);
    assert_eq!(checked.status.code(), Some(1));
    let said = text(&checked.stdout);
    assert!(
        said.contains("-party us{ contact") && said.contains("+party us { contact") && said.contains("1 file, 1 to be formatted"),
        "{said}"
    );
    assert!(fs::read_to_string(&spec).unwrap().contains("us{"));
    assert_eq!(sla(&folder, &["fmt", "a.sla"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&spec).unwrap(), "party us { contact \"us@example.com\" }\n");
    assert_eq!(sla(&folder, &["fmt", "a.sla", "--check"]).status.code(), Some(0));
}

#[test]
fn a_text_with_errors_is_left_as_it_is() {
    let folder = folder("fmt_broken");
    let spec = folder.join("a.sla");
    fs::write(&spec, "party   us { contct \"x\" }\n").unwrap();
    let run = sla(&folder, &["fmt", "a.sla"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(text(&run.stderr).contains("did you mean `contact`?") && text(&run.stderr).contains("left as it is"), "{}", text(&run.stderr));
    assert_eq!(fs::read_to_string(&spec).unwrap(), "party   us { contct \"x\" }\n");
}
