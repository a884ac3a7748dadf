//! `sla new`: a folder with an agreement to start from, its tests, a small log, and what a code host runs on each change.

use crate::cli::args::{New, Template};
use crate::cli::{Ended, Failed};
use std::io::Write;
use std::path::Path;

/// An agreement and a log that it can judge.
struct Texts {
    agreement: &'static str,
    log: &'static str,
}

macro_rules! texts {
    ($folder:literal) => {
        Texts {
            agreement: include_str!(concat!("templates/", $folder, "/agreement.sla")),
            log: include_str!(concat!("templates/", $folder, "/log.csv")),
        }
    };
}

impl Template {
    fn texts(self) -> Texts {
        match self {
            Template::Smarketing => texts!("smarketing"),
            Template::Helpdesk => texts!("helpdesk"),
            Template::Uptime => texts!("uptime"),
            Template::Vendor => texts!("vendor"),
        }
    }
}

pub(super) fn run(args: &New) -> Result<Ended, Failed> {
    let folder = &args.name;
    let shown = folder.display();
    let last = folder.file_name().map(|n| n.to_string_lossy().into_owned());
    let last = last.ok_or_else(|| Failed(format!("error: `{shown}` is no name\n  help: for example: `sla new support-desk`")))?;
    if folder.exists() && (folder.is_file() || std::fs::read_dir(folder)?.next().is_some()) {
        return Err(Failed(format!("error: {shown} is there already, and not empty\n  help: choose another name")));
    }
    let (name, title) = (identifier(&last), title(&last));
    let file = format!("{name}.sla");
    let filled = |text: &str| text.replace("NAME", &name).replace("TITLE", &title).replace("FILE", &file);
    let texts = args.template.texts();
    let written = [
        (Path::new(&file), filled(texts.agreement)),
        (Path::new("log.csv"), texts.log.to_string()),
        (Path::new("README.md"), filled(include_str!("templates/README.md"))),
        (Path::new("sla.toml"), include_str!("templates/sla.toml").to_string()),
        (Path::new(".github/workflows/agreement.yml"), include_str!("templates/workflow.yml").to_string()),
    ];
    let mut out = std::io::stdout().lock();
    for (path, text) in written {
        let path = folder.join(path);
        let failed = |e: std::io::Error| Failed(format!("error: {}: {e}", path.display()));
        std::fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(failed)?;
        std::fs::write(&path, text).map_err(failed)?;
        writeln!(out, "{}", path.display())?;
    }
    writeln!(out, "\nTry it:\n  cd {shown}\n  sla check .\n  sla test .\n  sla run . --log log.csv")?;
    Ok(Ended::Done)
}

/// A name of the language: letters, digits and `_`, beginning with a letter.
fn identifier(text: &str) -> String {
    let sound: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let sound = sound.trim_matches('_');
    if sound.starts_with(|c: char| c.is_ascii_lowercase()) && !crate::syntax::is_reserved(sound) {
        sound.to_string()
    } else {
        format!("agreement_{sound}").trim_end_matches('_').to_string()
    }
}

/// `support-desk` is `Support desk`.
fn title(text: &str) -> String {
    let words = text.replace(['-', '_'], " ").replace(['"', '\\'], "");
    let mut letters = words.trim().chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
