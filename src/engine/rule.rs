//! `require` and `forbid`: every event is an instance, decided at once.

use crate::engine::Happening;
use crate::engine::live::Live;
use crate::engine::matcher::{Hit, Matcher};
use crate::engine::truth::{Gap, Moment, Truth};
use crate::event::Event;
use crate::id::ObligationId;
use crate::plan::Duty;

/// The instance that an event makes, if it is one of the rule's.
pub(super) fn instance(
    moment: &Moment<'_>,
    id: ObligationId,
    track: u32,
    seq: u32,
    happening: Happening<'_>,
    event: &Event<'_>,
) -> Option<Live> {
    let verdict = is_kept(moment, id, happening)?;
    let mut live = Live::blank(id, track, seq, event.time);
    live.note(event);
    Some(live.rule(verdict, moment.tier()))
}

/// Whether an event keeps the rule, if it is one of its instances; or what is missing to say so.
pub(super) fn is_kept(moment: &Moment<'_>, id: ObligationId, happening: Happening<'_>) -> Option<Result<bool, Gap>> {
    let world = moment.world;
    let obligation = world.obligation(id);
    let Duty::Rule(rule) = &obligation.duty else { return None };
    let hit = match Matcher::new(&rule.on).step(&rule.on, happening, moment, &world.term(id).zone) {
        Hit::No => return None,
        Hit::Yes => Truth::True,
        Hit::Perhaps(gap) => Truth::Unknown(gap),
    };
    let about = hit.and(moment.is_about(&obligation.about));
    let when = moment.allows(rule.when.as_ref());
    Some(match &rule.require {
        // `when` narrows what is required.
        Some(condition) => match about.and(when) {
            Truth::False => return None,
            Truth::Unknown(gap) => Err(gap),
            Truth::True => match moment.holds(condition) {
                Truth::True => Ok(true),
                Truth::False => Ok(false),
                Truth::Unknown(gap) => Err(gap),
            },
        },
        None => {
            let during = rule.during.is_none_or(|s| moment.case.is_some_and(|c| c.is_on(world, s)));
            match (about, Truth::from(during).and(when)) {
                (Truth::False, _) => return None,
                (Truth::Unknown(gap), _) => Err(gap),
                (Truth::True, Truth::True) => Ok(false),
                (Truth::True, Truth::False) => Ok(true),
                (Truth::True, Truth::Unknown(gap)) => Err(gap),
            }
        }
    })
}
