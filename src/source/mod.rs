//! Texts and places in them.
//!
//! A [`SourceMap`] owns the text of every spec that was read; a [`Span`] is a small, copyable place in one of them.
//! Nothing here opens a file.

use serde::{Deserialize, Serialize};

/// A file of the [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// The bytes `start..end` of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A place of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        let small = |n: usize| u32::try_from(n).expect("files are limited to far less than 4 GiB");
        Span { file, start: small(start), end: small(end) }
    }

    /// Whether another place lies inside of this one.
    pub fn holds(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// From the start of this place to the end of the other.
    pub fn to(self, other: Span) -> Span {
        Span { end: other.end.max(self.end), ..self }
    }
}

/// A place as a person names it: file, line and column, both counted from 1. Columns count characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The path as it was given.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    #[serde(skip)]
    pub column: u32,
}

/// One text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path as it was given.
    pub path: String,
    /// The whole text.
    pub text: String,
    line_starts: Vec<u32>,
}

/// All texts that were read, in the order in which they were read.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Takes a text in.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let text = text.into();
        let breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1);
        let line_starts = std::iter::once(0).chain(breaks).collect();
        self.files.push(SourceFile { path: path.into(), text, line_starts });
        FileId(self.files.len() as u32 - 1)
    }

    /// The file of an id.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files, with their ids.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(i as u32), f))
    }

    /// The text of a place.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// The place behind the last character, as file, line and column.
    pub fn end(&self, span: Span) -> Place {
        self.place(Span { start: span.end, ..span })
    }

    /// The place as file, line and column.
    pub fn place(&self, span: Span) -> Place {
        let file = self.file(span.file);
        let line = file.line_starts.partition_point(|s| *s <= span.start);
        let start = file.line_starts[line - 1] as usize;
        let column = file.text.get(start..span.start as usize).map_or(0, |t| t.chars().count());
        Place { file: file.path.clone(), line: line as u32, column: column as u32 + 1 }
    }
}
