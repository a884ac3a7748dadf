//! What was written, with its places; nothing is looked up here.
//!
//! One struct for each construct of the grammar. A clause that did not parse is not here: it is a finding of `syntax`.

mod agreement;
mod calendar;
mod case;
mod expr;
mod source;
mod test;

pub use agreement::*;
pub use calendar::*;
pub use case::*;
pub use expr::*;
pub use source::*;
pub use test::*;

use crate::source::Span;

/// A word that the user chose, or one that refers to such a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A text in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Without its quotes, escapes resolved.
    pub text: String,
    /// Where, with the quotes.
    pub span: Span,
}

/// A whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The number.
    pub value: u32,
    /// Where.
    pub span: Span,
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Its declarations, in order.
    pub items: Vec<Item>,
    /// Names that clauses declare which could not be read: they have a finding, and are not unknown.
    pub half_read: Vec<String>,
    /// Every clause of it was read.
    pub whole: bool,
    /// The texts of files that it names, by the place of the name; or why they cannot be read. Whoever opens files fills it.
    pub beside: Vec<(Span, Result<String, String>)>,
    /// Findings that its comments allow.
    pub allows: Vec<Allow>,
}

/// `// sla: allow(no-contact) the desk moves in March`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The comment.
    pub span: Span,
    /// The codes of findings.
    pub codes: Vec<Name>,
    /// Why; may be empty.
    pub reason: String,
    /// The line that it is about: its own, or the next one where it stands alone.
    pub line: Span,
}

impl File {
    /// The files beside the spec that it names.
    pub fn named_files(&self) -> Vec<&Text> {
        let calendars = self.items.iter().filter_map(|i| if let Item::Calendar(c) = i { Some(&c.body) } else { None });
        let clauses = calendars.filter_map(|body| if let CalendarBody::Clauses(clauses, _) = body { Some(clauses) } else { None });
        let holidays = clauses.flatten().filter_map(|c| if let CalendarClause::Holidays(file, _) = c { Some(file) } else { None });
        let tables = self.items.iter().filter_map(|i| if let Item::Table(t) = i { Some(&t.file) } else { None });
        holidays.chain(tables).collect()
    }
}

/// A declaration of the top level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `import "people.sla"`
    Import(Text),
    /// `party …`
    Party(Party),
    /// `calendar …`
    Calendar(Calendar),
    /// `event …` of no case
    Event(Event),
    /// `case …`
    Case(Case),
    /// `table …`
    Table(Table),
    /// `agreement …`
    Agreement(Agreement),
    /// `test …`
    Test(Test),
    /// `source …`
    Source(Source),
}

/// `table fees from "fees.csv" by customer { fee: money }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Where.
    pub span: Span,
    /// The lines of `///` above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// The file.
    pub file: Text,
    /// The columns that name a row.
    pub keys: Vec<Name>,
    /// The other columns.
    pub fields: Vec<Field>,
}

/// Somebody who owes or is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Where.
    pub span: Span,
    /// The lines of `///` above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// How to reach it.
    pub contacts: Vec<Text>,
}
