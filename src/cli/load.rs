//! Specs from files and folders, with what they import.

use crate::ast;
use crate::check;
use crate::cli::Failed;
use crate::diagnostic::{Code, Finding};
use crate::model::Model;
use crate::plan::{self, NotAPlan, Plan};
use crate::source::{FileId, SourceMap, Span};
use crate::syntax;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// So many files may belong to one spec.
const MOST_FILES: usize = 1000;

/// A spec with its imports, checked.
pub(super) struct Spec {
    pub(super) sources: SourceMap,
    pub(super) findings: Vec<Finding>,
    pub(super) model: Model,
    /// The trees of its files.
    pub(super) files: Vec<ast::File>,
}

impl Spec {
    /// The file that was named.
    pub(super) fn name(&self) -> String {
        self.sources.files().next().map_or_else(String::new, |(_, file)| file.path.clone())
    }

    pub(super) fn has_errors(&self) -> bool {
        self.findings.iter().any(Finding::is_error)
    }

    pub(super) fn plan(&self) -> Plan {
        plan::from_model(&self.model, &self.sources)
    }
}

/// One spec of each file that no other imports: what `check` and `test` look at.
pub(super) fn separate(paths: &[PathBuf]) -> Result<Vec<Spec>, Failed> {
    separate_as(paths, &HashMap::new())
}

/// The same as if some files had other texts.
pub(super) fn separate_as(paths: &[PathBuf], changed: &HashMap<PathBuf, String>) -> Result<Vec<Spec>, Failed> {
    let roots = roots(paths)?;
    let is_import = |root: &Root, imported: &[PathBuf]| root.path.as_ref().is_some_and(|p| imported.contains(&canonical(p)));
    let mut imported: Vec<PathBuf> = Vec::new();
    let mut loaded: Vec<(Root, Loader<'_>)> = Vec::new();
    for root in roots {
        if !is_import(&root, &imported) {
            let mut loader = Loader { changed: Some(changed), ..Loader::default() };
            loader.load(&root)?;
            imported.extend(loader.imported.iter().cloned());
            loaded.push((root, loader));
        }
    }
    // A later one may import an earlier one.
    Ok(loaded.into_iter().filter(|(root, _)| !is_import(root, &imported)).map(|(_, loader)| loader.spec()).collect())
}

/// All specs together as one: what `run` and `compile` look at.
pub(super) fn together(paths: &[PathBuf]) -> Result<Spec, Failed> {
    let mut loader = Loader::default();
    for root in &roots(paths)? {
        loader.load(root)?;
    }
    Ok(loader.spec())
}

/// A plan from specs, or from a compiled one.
pub(super) fn plan(paths: &[PathBuf]) -> Result<Plan, Failed> {
    if let [only] = paths
        && only.is_file()
    {
        let text = read(only)?;
        if text.trim_start().starts_with('{') {
            return compiled(only, &text);
        }
    }
    let spec = together(paths)?;
    if spec.has_errors() {
        let mut drawn = Vec::new();
        let errors: Vec<Finding> = spec.findings.iter().filter(|f| f.is_error()).cloned().collect();
        crate::report::findings::graphical(&errors, &spec.sources, crate::cli::output::look_of_stderr(), &mut drawn)?;
        let drawn = String::from_utf8_lossy(&drawn).into_owned();
        let n = errors.len();
        let noun = if n == 1 { "error" } else { "errors" };
        return Err(Failed(format!("{drawn}the spec has {n} {noun} and was not run")));
    }
    has_agreement(&spec, paths)?;
    Ok(spec.plan())
}

/// Without an agreement nothing is promised.
pub(super) fn has_agreement(spec: &Spec, paths: &[PathBuf]) -> Result<(), Failed> {
    if spec.model.agreements.is_empty() {
        let names: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
        return Err(Failed(format!(
            "error: there is no agreement in {}\n  help: write `agreement name \"Title\" {{ … }}`",
            names.join(", ")
        )));
    }
    Ok(())
}

fn compiled(path: &Path, text: &str) -> Result<Plan, Failed> {
    Plan::from_json(text).map_err(|e| {
        let name = path.display();
        Failed(match e {
            NotAPlan::Form(e) => format!("error: {name} is not a compiled spec: {e}"),
            NotAPlan::Version(v) => {
                format!("error: {name} is a plan of form {v}, and this program runs form {}\n  help: compile the spec again", plan::FORMAT)
            }
        })
    })
}

/// A file that was named, or one of a folder that was.
struct Root {
    /// Nothing for standard input.
    path: Option<PathBuf>,
    /// Imports are read only below it.
    within: PathBuf,
}

fn roots(paths: &[PathBuf]) -> Result<Vec<Root>, Failed> {
    let mut roots = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            roots.push(Root { path: None, within: PathBuf::from(".") });
        } else if path.is_dir() {
            let mut found: Vec<PathBuf> = ignore::WalkBuilder::new(path)
                .require_git(false)
                .build()
                .filter_map(|entry| Some(entry.ok()?.into_path()))
                .filter(|p| p.extension().is_some_and(|e| e == "sla") && p.is_file())
                .collect();
            found.sort();
            if found.is_empty() {
                return Err(Failed(format!("error: there is no .sla file in {}", path.display())));
            }
            roots.extend(found.into_iter().map(|p| Root { path: Some(p), within: path.clone() }));
        } else {
            let within = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf();
            roots.push(Root { path: Some(path.clone()), within });
        }
    }
    Ok(roots)
}

/// The texts of specs, one by one, without their imports.
pub(super) fn texts(paths: &[PathBuf]) -> Result<Vec<(PathBuf, String)>, Failed> {
    let of = |root: Root| match root.path {
        Some(path) => read(&path).map(|text| (path, text)),
        None => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes)?;
            let name = PathBuf::from("-");
            text(&name, bytes).map(|text| (name, text))
        }
    };
    roots(paths)?.into_iter().map(of).collect()
}

pub(super) fn read(path: &Path) -> Result<String, Failed> {
    let bytes = std::fs::read(path).map_err(|e| unreadable(path, &e))?;
    text(path, bytes)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failed {
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_string(),
        std::io::ErrorKind::PermissionDenied => "you may not read it".to_string(),
        _ => error.to_string(),
    };
    Failed(format!("error: {}: {why}", path.display()))
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Failed> {
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = e.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
        Failed(format!("error: {}:{line}: the text is not UTF-8\n  help: save the spec as UTF-8", path.display()))
    })
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// The text of a file that a spec names, if it lies below the spec's folder.
fn beside(from: &Path, name: &str, within: &Path) -> Result<String, String> {
    let path = from.parent().unwrap_or(Path::new("")).join(name);
    if !path.is_file() {
        return Err("there is no such file".into());
    }
    if !canonical(&path).starts_with(canonical(within)) {
        return Err("it lies outside of the folder of the spec".into());
    }
    read(&path).map_err(|failed| failed.reason())
}

#[derive(Default)]
struct Loader<'c> {
    /// What is to be read in place of some files.
    changed: Option<&'c HashMap<PathBuf, String>>,
    sources: SourceMap,
    files: Vec<ast::File>,
    findings: Vec<Finding>,
    loaded: HashMap<PathBuf, FileId>,
    /// Files in the order in which they are read through: imports before what imports them.
    order: Vec<FileId>,
    /// Files that some other file imports.
    imported: Vec<PathBuf>,
}

impl Loader<'_> {
    fn load(&mut self, root: &Root) -> Result<(), Failed> {
        match &root.path {
            None => {
                let mut bytes = Vec::new();
                std::io::stdin().read_to_end(&mut bytes)?;
                let name = PathBuf::from("-");
                let text = text(&name, bytes)?;
                self.file(&name, text, &root.within, &mut Vec::new());
            }
            Some(path) => {
                if !self.loaded.contains_key(&canonical(path)) {
                    let text = self.read(path)?;
                    self.file(path, text, &root.within, &mut Vec::new());
                }
            }
        }
        Ok(())
    }

    fn read(&self, path: &Path) -> Result<String, Failed> {
        self.changed.and_then(|changed| changed.get(path)).cloned().map_or_else(|| read(path), Ok)
    }

    fn file(&mut self, path: &Path, text: String, within: &Path, chain: &mut Vec<PathBuf>) {
        let id = self.sources.add(path.display().to_string(), text);
        self.loaded.insert(canonical(path), id);
        let (mut file, findings) = syntax::parse(&self.sources, id);
        self.findings.extend(findings);
        file.beside = file.named_files().into_iter().map(|name| (name.span, beside(path, &name.text, within))).collect();
        chain.push(canonical(path));
        for item in &file.items {
            if let ast::Item::Import(import) = item {
                self.import(path, import, within, chain);
            }
        }
        chain.pop();
        self.order.push(id);
        self.files.push(file);
    }

    fn import(&mut self, from: &Path, import: &ast::Text, within: &Path, chain: &mut Vec<PathBuf>) {
        let path = from.parent().unwrap_or(Path::new("")).join(&import.text);
        let mut fail =
            |code: Code, span: Span, message: String, help: &str| self.findings.push(Finding::new(code, span, message).help(help));
        if !path.exists() {
            let message = format!("`{}` cannot be imported: there is no such file", import.text);
            return fail(Code::ImportFailed, import.span, message, "the path is relative to this file");
        }
        let wanted = canonical(&path);
        if !wanted.starts_with(canonical(within)) {
            let message = format!("`{}` lies outside of the folder of the spec", import.text);
            return fail(Code::ImportFailed, import.span, message, "imports are read only below the folder of the spec that was named");
        }
        if chain.contains(&wanted) {
            let message = format!("`{}` imports itself in a circle", import.text);
            return fail(Code::ImportFailed, import.span, message, "remove one of the imports of the circle");
        }
        if self.loaded.len() >= MOST_FILES {
            return fail(Code::TooManyImports, import.span, format!("a spec may have {MOST_FILES} files"), "join some of them");
        }
        self.imported.push(wanted.clone());
        if self.loaded.contains_key(&wanted) {
            return;
        }
        match self.read(&path) {
            Ok(text) => self.file(&path, text, within, chain),
            Err(failed) => {
                let why = failed.reason();
                let finding = Finding::new(Code::ImportFailed, import.span, format!("`{}` cannot be imported: {why}", import.text));
                self.findings.push(finding.help("the path is relative to this file"));
            }
        }
    }

    fn spec(self) -> Spec {
        let (model, found) = check::check(&self.files);
        let mut findings = self.findings;
        findings.extend(found);
        // What is wrong in an import may be why its importer is.
        let order = |f: &Finding| self.order.iter().position(|id| *id == f.span().file);
        findings.sort_by_key(|f| (order(f), f.span()));
        Spec { sources: self.sources, findings, model, files: self.files }
    }
}
