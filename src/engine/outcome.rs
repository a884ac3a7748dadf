//! What is decided about one instance.

use crate::engine::truth::Gap;
use crate::event::{Event, Key, Origin, Texts, Value, packed};
use crate::id::{CalendarId, CaseId, EventId, ObligationId, TierId};
use crate::plan::Plan;
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// What became of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// Stopped at or before due.
    Met,
    /// Not stopped by due.
    Breached,
    /// Open, and not due yet.
    Pending,
    /// Ended without a fault before due.
    Void,
    /// A condition that it needs cannot be known.
    Unknown,
}

impl Verdict {
    /// All five, in the order of reports.
    pub const ALL: [Verdict; 5] = [Verdict::Met, Verdict::Breached, Verdict::Pending, Verdict::Void, Verdict::Unknown];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Met => "met",
            Verdict::Breached => "breached",
            Verdict::Pending => "pending",
            Verdict::Void => "void",
            Verdict::Unknown => "unknown",
        }
    }
}

/// Why an instance is void or unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reason {
    /// It was cancelled.
    Cancelled,
    /// It was reset.
    Reset,
    /// Its agreement waives it.
    Waived,
    /// Its tier changed to one for which nothing is promised.
    NoTarget,
    /// Its calendar ends before its due.
    Calendar,
    /// A field, or an event, was never seen.
    Missing(Missing),
}

/// What was never seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Missing {
    /// A field.
    Field(crate::id::FieldId),
    /// An event.
    Event(EventId),
}

impl Reason {
    pub(super) fn missing(gap: Gap) -> Reason {
        Reason::Missing(match gap {
            Gap::Field(field) => Missing::Field(field),
            Gap::Event(event) => Missing::Event(event),
        })
    }

    /// As the records have it: `cancelled`, `missing:score`.
    pub fn text(self, plan: &Plan) -> String {
        match self {
            Reason::Cancelled => "cancelled".into(),
            Reason::Reset => "reset".into(),
            Reason::Waived => "waived".into(),
            Reason::NoTarget => "none".into(),
            Reason::Calendar => "calendar".into(),
            Reason::Missing(Missing::Field(field)) => format!("missing:{}", plan.fields[field].name),
            Reason::Missing(Missing::Event(event)) => format!("missing:{}", plan.events[event].name),
        }
    }
}

/// The values of an obligation's keys: few, mostly.
pub(super) type KeyValues = SmallVec<[Option<Value>; 2]>;

/// Which filters of an obligation hold.
pub(super) type Held = SmallVec<[bool; 8]>;

/// How long each of a case's states was on.
pub(super) type StateTimes = SmallVec<[Duration; 4]>;

/// The rows that a verdict rests on: few, mostly.
pub(super) type Rows = SmallVec<[Evidence; 2]>;

/// An event that a verdict rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The event; nothing for a row that only changed fields.
    pub event: Option<EventId>,
    /// When.
    pub time: Instant,
    /// Where in the log.
    pub origin: Origin,
}

impl Evidence {
    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        let Evidence { event, time, origin } = self;
        packed::put_maybe_id(out, *event);
        packed::put_time(out, *time);
        packed::put_origin(out, *origin);
    }

    pub(super) fn unpack(from: &mut &[u8]) -> Option<Evidence> {
        let (event, time) = (packed::take_maybe_id(from)?, packed::take_time(from)?);
        Some(Evidence { event, time, origin: packed::take_origin(from)? })
    }

    pub(super) fn of(event: &Event<'_>) -> Evidence {
        Evidence { event: event.event, time: event.time, origin: event.origin }
    }
}

/// One instance of an obligation.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The obligation's place in the order of reports.
    pub track: usize,
    /// The obligation.
    pub obligation: ObligationId,
    /// The kind of case and its key; nothing for a duty of each period.
    pub case: Option<(CaseId, Key<Box<str>>)>,
    /// Which one of its case, from 1.
    pub seq: u32,
    /// The tier that was last in force.
    pub tier: Option<TierId>,
    /// The group of a duty of each period.
    pub group: Option<Option<Value>>,
    /// The row of targets that it was judged by, if one was.
    pub row: Option<usize>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, if it is void or unknown.
    pub reason: Option<Reason>,
    /// Its start.
    pub start: Instant,
    /// Its due, if it has one.
    pub due: Option<Instant>,
    /// What fulfilled it, if something did.
    pub stop: Option<Instant>,
    /// Stop, cancel, reset or, where it is open, as-of.
    pub end: Instant,
    /// Whether it goes on.
    pub open: bool,
    /// Running time until its end.
    pub elapsed: Option<Duration>,
    /// The open time that its target allows.
    pub target: Option<Duration>,
    /// Open time that was paused.
    pub paused: Option<Duration>,
    /// Running time after its due; only of a breached one.
    pub late: Duration,
    /// The obligation's keys, as they were at the deciding instant.
    pub keys: KeyValues,
    /// Which of the obligation's filters held then.
    pub filters: Held,
    /// Of a breached one: how long each of its case's states was on until it was due, in the order of the plan.
    pub states: StateTimes,
    /// The calendar of its clock.
    pub calendar: Option<CalendarId>,
    /// Its clock stands still now.
    pub halted: bool,
    /// The rows that made it.
    pub evidence: Rows,
}

/// How groups of a duty of each period follow each other.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum GroupOrder {
    Missing,
    Member(u32),
    Text(String),
    Other(String),
}

impl GroupOrder {
    pub(super) fn of(group: Option<Value>, texts: &Texts) -> GroupOrder {
        match group {
            None => GroupOrder::Missing,
            Some(Value::Text(text)) => GroupOrder::Text(texts.text(text).to_string()),
            Some(Value::Member(m)) => GroupOrder::Member(m),
            Some(other) => GroupOrder::Other(format!("{other:?}")),
        }
    }
}

/// Whether a notice warns or escalates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeKind {
    /// It warns the one who owes.
    Warn,
    /// It tells somebody else.
    Escalate,
}

/// A notice that was given.
#[derive(Clone, Copy, Debug)]
pub struct NoticeRecord<'n> {
    /// The obligation's place in the order of reports.
    pub track: usize,
    /// The obligation.
    pub obligation: ObligationId,
    /// The kind of case and its key.
    pub case: Option<(CaseId, &'n str)>,
    /// Which instance.
    pub seq: u32,
    /// When the instance started.
    pub start: Instant,
    /// Which of the obligation's notices.
    pub position: usize,
    /// Warning or escalation.
    pub kind: NoticeKind,
    /// When it is given.
    pub at: Instant,
    /// To whom.
    pub to: Option<&'n str>,
}
