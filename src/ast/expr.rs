//! Conditions, values and patterns.

use crate::ast::{Count, Name, Text};
use crate::quantity::{Currency, Exact};
use crate::source::Span;
use crate::time::{Duration, Unit};
use chrono::{NaiveDate, NaiveDateTime};

/// A condition or a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: ExprKind,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// A word.
    Name(Name),
    /// `replied.words`
    Path(Name, Name),
    /// `fees("acme").fee`
    Row(Name, Vec<Text>, Name),
    /// `count(created)`
    Call(Name, Vec<Argument>),
    /// `a and b and c`
    All(Vec<Expr>),
    /// `a or b or c`
    Any(Vec<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `a >= b`
    Compare(Box<Expr>, Comparison, Box<Expr>),
    /// `a in (b, c)`, or `not in`
    In {
        /// What is looked for.
        value: Box<Expr>,
        /// Among these.
        among: Vec<Expr>,
        /// `not in`
        negated: bool,
    },
    /// `a present`, or `a missing`
    Present(Box<Expr>, bool),
    /// `a + b`
    Arithmetic(Box<Expr>, Operator, Box<Expr>),
    /// `-a`
    Negative(Box<Expr>),
    /// `during office`
    During(Name),
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The argument itself.
    pub value: Expr,
    /// `except planned`
    pub except: Vec<Name>,
    /// `on always`
    pub on: Option<Name>,
    /// `per 5m`
    pub per: Option<Spanned<Duration>>,
}

/// A value and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub span: Span,
}

/// A value as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `12`, `2.5`
    Number(Exact),
    /// `2.5%` as 1/40
    Percent(Exact),
    /// `500 USD`
    Money(Exact, Currency),
    /// `1h30m`
    Duration(Duration),
    /// `2026-03-06`
    Date(NaiveDate),
    /// `2026-03-06 16:45`
    DateTime(NaiveDateTime),
    /// `16:45`, as minutes of the day
    Clock(u16),
    /// `"text"`
    Text(String),
}

/// `=`, `<` and their kin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::Unequal => "!=",
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::More => ">",
            Comparison::AtLeast => ">=",
        }
    }

    /// Whether it holds for two things in this order.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::Unequal => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::AtMost => order.is_le(),
            Comparison::More => order.is_gt(),
            Comparison::AtLeast => order.is_ge(),
        }
    }

    /// Whether it asks for a large value.
    pub fn is_lower_bound(self) -> bool {
        matches!(self, Comparison::More | Comparison::AtLeast)
    }
}

/// Arithmetic. `of` is multiplication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`, `of`
    Multiply,
    /// `/`
    Divide,
}

/// When something happens: any of some, each of which needs all of some counted events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Where.
    pub span: Span,
    /// Any of these; in each, all of those.
    pub any: Vec<Vec<Counted>>,
}

/// `[N] E [(condition)] [across N f] [spaced d] [in D] [while S]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Where.
    pub span: Span,
    /// How many; 1 where nothing is written.
    pub count: Option<Count>,
    /// What is counted.
    pub happening: Happening,
    /// `across 2 channel`
    pub across: Option<(Count, Name)>,
    /// `spaced 1h`
    pub spaced: Option<Spanned<Duration>>,
    /// `in 14 calendar days`
    pub last: Option<Lookback>,
    /// `while waiting`
    pub during: Option<Name>,
}

/// An event, or a change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// An event, perhaps under a condition.
    Event(EventRef),
    /// `entering resolved`
    Entering(Name),
    /// `leaving resolved`
    Leaving(Name),
}

/// `attempted(channel = phone)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRef {
    /// Where.
    pub span: Span,
    /// The event.
    pub name: Name,
    /// What must hold.
    pub condition: Option<Expr>,
}

/// How far back a count looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookback {
    /// `in 24h`
    Real(Spanned<Duration>),
    /// `in 14 calendar days`
    Calendar(CalendarSpan),
}

/// `14 calendar days`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalendarSpan {
    /// How many.
    pub count: Count,
    /// Days, weeks or months.
    pub unit: Unit,
    /// Where.
    pub span: Span,
}

impl Expr {
    /// The text, if it is a text.
    pub fn as_text(&self) -> Option<Text> {
        match &self.kind {
            ExprKind::Literal(Literal::Text(text)) => Some(Text { text: text.clone(), span: self.span }),
            _ => None,
        }
    }
}
