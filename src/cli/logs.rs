//! Logs from files, folders and standard input.

use crate::cli::Failed;
use crate::cli::rejects::Rejects;
use crate::log::{self, Data, Input, Log, Options, Unreadable};
use crate::plan::Plan;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Finds all files, those of folders in the order of their names.
pub(super) fn inputs(paths: &[PathBuf]) -> Result<Vec<Input>, Failed> {
    let mut inputs = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            inputs.push(piped("-", std::io::stdin().lock()).map_err(|e| Failed(format!("error: standard input: {e}")))?);
        } else if path.is_dir() {
            let mut files: Vec<PathBuf> = Vec::new();
            for entry in std::fs::read_dir(path).map_err(|e| unreadable(path, &e))? {
                let file = entry?.path();
                let hidden = file.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
                if file.is_file() && !hidden {
                    files.push(file);
                }
            }
            files.sort();
            if files.is_empty() {
                return Err(Failed(format!("error: {}: the folder holds no log", path.display())));
            }
            for file in files {
                inputs.push(input(&file)?);
            }
        } else {
            inputs.push(input(path)?);
        }
    }
    Ok(inputs)
}

fn input(path: &Path) -> Result<Input, Failed> {
    let file = std::fs::File::open(path).and_then(|file| Ok((file.metadata()?, file)));
    let (metadata, file) = file.map_err(|e| unreadable(path, &e))?;
    let name = path.display().to_string();
    if !metadata.is_file() {
        // A pipe with a name.
        return piped(&name, file).map_err(|e| unreadable(path, &e));
    }
    Ok(Input { name, data: Arc::new(OnDisk { file, size: metadata.len() }) })
}

/// What comes through a pipe can be read only once, and from its beginning: where it is much it is kept on disk.
fn piped(name: &str, mut pipe: impl Read) -> std::io::Result<Input> {
    const MUCH: u64 = 16 << 20;
    let mut bytes = Vec::new();
    pipe.by_ref().take(MUCH).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < MUCH {
        return Ok(Input::of(name, bytes));
    }
    let no_room = |e| std::io::Error::other(format!("it cannot be kept on disk: {e}; name a folder with room: `TMPDIR=/folder sla run …`"));
    let mut file = tempfile::tempfile().map_err(no_room)?;
    let mut size = 0;
    while !bytes.is_empty() {
        file.write_all(&bytes).map_err(no_room)?;
        size += bytes.len() as u64;
        bytes.clear();
        pipe.by_ref().take(MUCH).read_to_end(&mut bytes)?;
    }
    Ok(Input { name: name.to_string(), data: Arc::new(OnDisk { file, size }) })
}

/// A file on disk.
struct OnDisk {
    file: std::fs::File,
    size: u64,
}

impl Data for OnDisk {
    fn size(&self) -> u64 {
        self.size
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, into, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, into, offset)
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failed {
    let why = if error.kind() == std::io::ErrorKind::NotFound { "there is no such log".to_string() } else { error.to_string() };
    Failed(format!("error: {}: {why}", path.display()))
}

/// Reads the log; rows that cannot be read are left in it as such.
pub(super) fn read_what_can_be(plan: &Plan, inputs: Vec<Input>, options: &Options) -> Result<Log, Failed> {
    log::read(plan, inputs, options).map_err(said)
}

/// Why a log cannot be read at all.
pub(super) fn said(e: Unreadable) -> Failed {
    let file = e.file.map_or(String::new(), |f| format!("{f}: "));
    let help = e.help.map_or(String::new(), |h| format!("\n  help: {h}"));
    Failed(format!("error: {file}{}{help}", e.message))
}

/// Reads the log; rows that cannot be read stop the run, or are written to a file if one is named.
pub(super) fn read(plan: &Plan, inputs: Vec<Input>, options: &Options, rejects: Option<&Path>) -> Result<Log, Failed> {
    let log = read_what_can_be(plan, inputs, options)?;
    let mut found = Rejects::new(rejects);
    found.take(&log.rejected);
    found.end()?;
    Ok(log)
}
