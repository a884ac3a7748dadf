//! One obligation of one case: its open instance, and the order in which an event acts on it (section 2.3).

use crate::engine::clock::Halt;
use crate::engine::exclusion::Change;
use crate::engine::live::{End, Live, Opened, Reading, clocked};
use crate::engine::matcher::{Hit, Matcher};
use crate::engine::outcome::Evidence;
use crate::engine::rule;
use crate::engine::truth::{Moment, Tiered, Truth};
use crate::engine::world::World;
use crate::engine::{Happening, Sink};
use crate::event::Event;
use crate::id::ObligationId;
use crate::model::Retier;
use crate::plan::{Clocked, Duty, Pattern, Start};
use crate::time::{Instant, Zone};

/// The instances of one obligation in one case.
pub(super) struct TrackState {
    index: usize,
    seq: u32,
    /// The case's first start has been.
    started: bool,
    /// One for each version.
    starts: Vec<Matcher>,
    live: Option<Box<Live>>,
    /// Ended at the case's last instant: read when that instant is over.
    ended: Vec<Live>,
    /// Stopped, and not reopened so far.
    stopped: Option<(Live, Reading)>,
    /// Unknown from their start: read at as-of.
    unknown: Vec<Live>,
}

impl TrackState {
    pub(super) fn new(world: &World<'_>, index: usize) -> TrackState {
        let starts = world.plan.tracks[index].0.iter().map(|id| match &world.obligation(*id).duty {
            Duty::Clock(c) => match &c.start {
                Start::On { pattern, .. } => Matcher::new(pattern),
                Start::Each { .. } => Matcher::default(),
            },
            Duty::Rule(_) => Matcher::default(),
        });
        let starts = starts.collect();
        TrackState { index, seq: 0, started: false, starts, live: None, ended: Vec::new(), stopped: None, unknown: Vec::new() }
    }

    /// Time goes on to `t`; `moment` is the case as it was until then.
    pub(super) fn pass(&mut self, moment: &Moment<'_>, t: Instant, to_the_end: bool, sink: &mut Sink) {
        if let Some(live) = &mut self.live {
            live.pass(moment, t, to_the_end, sink);
        }
        for live in std::mem::take(&mut self.ended) {
            let reading = Reading::at(moment, live.obligation, live.decided_at(t), live.start);
            let may_reopen = matches!(live.end, Some((_, End::Stop))) && reopens(moment.world, live.obligation);
            if let Some((before, reading)) = self.stopped.take() {
                sink.outcomes.push(before.outcome(moment.world, reading, t));
            }
            if may_reopen && self.live.is_none() {
                self.stopped = Some((live, reading));
            } else {
                sink.outcomes.push(live.outcome(moment.world, reading, t));
            }
        }
    }

    pub(super) fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// What the agreement excludes has changed between two events of the case.
    pub(super) fn exclude(&mut self, moment: &Moment<'_>, change: &Change) {
        if let Some(live) = &mut self.live {
            live.set_halt(moment.world, halt(moment, live.obligation), change.at, change.evidence);
        }
    }

    /// An event acts: an unknown tier settles; cancel; stop; reopen; retier or reset; start.
    pub(super) fn event(&mut self, moment: &Moment<'_>, happening: Happening<'_>, event: &Event, tier: Tiered, sink: &mut Sink) {
        let world = moment.world;
        let versions = &world.plan.tracks[self.index].0;
        if let Duty::Rule(_) = &world.obligation(versions[0]).duty {
            if let Some(id) = world.in_force(versions, event.time)
                && let Some(live) = rule::instance(moment, id, self.index, self.seq + 1, happening, event)
            {
                self.seq += 1;
                self.ended.push(live);
            }
            return;
        }
        match self.live.take() {
            Some(mut live) => match act(&mut live, moment, happening, event, tier, sink) {
                Fate::Goes => {
                    self.live = Some(live);
                    self.give_up_stopped(world, event.time, sink);
                }
                Fate::Never => self.forget(&live),
                Fate::Ends => self.ended.push(*live),
                Fate::Anew => {
                    self.ended.push(*live);
                    self.open_anew(moment, event, tier, sink);
                }
            },
            None => self.reopen(moment, happening, event, tier, sink),
        }
        self.start(moment, happening, event, tier, sink);
    }

    /// A new instance from a reset, if an agreement is in force.
    fn open_anew(&mut self, moment: &Moment<'_>, event: &Event, tier: Tiered, sink: &mut Sink) {
        let versions = &moment.world.plan.tracks[self.index].0;
        if let Some(id) = moment.world.in_force(versions, event.time) {
            self.open(moment, id, Truth::True, event, tier, sink);
        }
    }

    /// Withdraws the last stop, where the event says so and no other instance is open.
    fn reopen(&mut self, moment: &Moment<'_>, happening: Happening<'_>, event: &Event, tier: Tiered, sink: &mut Sink) {
        let world = moment.world;
        let just_stopped = self.ended.last().is_some_and(|l| matches!(l.end, Some((_, End::Stop))));
        let waiting = if just_stopped { self.ended.pop().map(|l| (l, None)) } else { None };
        let Some((mut live, reading)) = waiting.or_else(|| self.stopped.take().map(|(l, r)| (l, Some(r)))) else { return };
        let duty = clocked(world, live.obligation);
        let zone = &world.term(live.obligation).zone;
        let reopened = duty.reopen.as_ref().is_some_and(|p| live.reopen.step(p, happening, moment, zone) == Hit::Yes);
        if !reopened {
            match reading {
                Some(reading) => self.stopped = Some((live, reading)),
                None => self.ended.push(live),
            }
            return;
        }
        live.withdraw_stop(world, halt(moment, live.obligation), event, reading);
        let fate = if !live.settle_tier(moment, tier, event, sink) {
            Fate::Never
        } else if resets(&mut live, duty, happening, moment, zone) {
            end(&mut live, world, End::Reset, event);
            Fate::Anew
        } else {
            retier(&mut live, duty, world, event, tier)
        };
        match fate {
            Fate::Goes => self.live = Some(Box::new(live)),
            Fate::Never => self.forget(&live),
            Fate::Ends => self.ended.push(live),
            Fate::Anew => {
                self.ended.push(live);
                self.open_anew(moment, event, tier, sink);
            }
        }
    }

    /// A start, where no instance is open.
    fn start(&mut self, moment: &Moment<'_>, happening: Happening<'_>, event: &Event, tier: Tiered, sink: &mut Sink) {
        let world = moment.world;
        let versions = &world.plan.tracks[self.index].0;
        let current = world.in_force(versions, event.time);
        let (mut first, mut truth) = (false, Truth::False);
        for (id, matcher) in versions.iter().zip(&mut self.starts) {
            let Start::On { once, pattern } = &clocked(world, *id).start else { continue };
            let hit = matcher.step(pattern, happening, moment, &world.term(*id).zone);
            match hit {
                Hit::Yes => {
                    matcher.clear();
                    first = true;
                }
                Hit::Perhaps(_) => matcher.forget_perhaps(),
                Hit::No => {}
            }
            if Some(*id) == current && !(*once && self.started) {
                truth = match hit {
                    Hit::Yes => Truth::True,
                    Hit::Perhaps(gap) => Truth::Unknown(gap),
                    Hit::No => Truth::False,
                };
            }
        }
        let mut opened_unknown = false;
        if let Some(id) = current.filter(|_| truth != Truth::False && self.live.is_none()) {
            opened_unknown = self.open(moment, id, truth, event, tier, sink);
        }
        self.started |= first && !opened_unknown;
    }

    /// Opens an instance; true if it is one that is unknown at once.
    fn open(&mut self, moment: &Moment<'_>, id: ObligationId, truth: Truth, event: &Event, tier: Tiered, sink: &mut Sink) -> bool {
        let world = moment.world;
        let applies = truth.and(moment.is_about(&world.obligation(id).about));
        let halt = halt(moment, id);
        let case = moment.case.map(|c| (c.kind, c.key));
        let mut live = Live::blank(id, self.index, case, self.seq + 1, event.time);
        live.note(event);
        match live.open(moment, applies, tier, halt) {
            Opened::Nothing => return false,
            Opened::UnknownInstance(live) => {
                self.seq += 1;
                self.unknown.push(*live);
                return true;
            }
            Opened::Instance(live) => {
                self.seq += 1;
                self.live = Some(live);
            }
        }
        self.give_up_stopped(world, event.time, sink);
        false
    }

    /// Another instance follows: the one before it can no longer be reopened. One that waits for its tier may turn out
    /// never to have been.
    fn give_up_stopped(&mut self, world: &World<'_>, t: Instant, sink: &mut Sink) {
        if self.live.as_ref().is_some_and(|live| !live.is_waiting())
            && let Some((before, reading)) = self.stopped.take()
        {
            sink.outcomes.push(before.outcome(world, reading, t));
        }
    }

    /// There was no instance: its number is free again, unless others followed.
    fn forget(&mut self, live: &Live) {
        if live.seq == self.seq {
            self.seq -= 1;
        }
    }

    pub(super) fn finish(self, moment: &Moment<'_>, as_of: Instant, sink: &mut Sink) {
        let world = moment.world;
        if let Some((live, reading)) = self.stopped {
            sink.outcomes.push(live.outcome(world, reading, as_of));
        }
        for live in self.ended.into_iter().chain(self.unknown).chain(self.live.map(|live| *live)) {
            let reading = Reading::at(moment, live.obligation, live.decided_at(as_of), live.start);
            sink.outcomes.push(live.outcome(world, reading, as_of));
        }
    }
}

/// What an event makes of an open instance.
enum Fate {
    Goes,
    Ends,
    /// It ends, and another begins with the event.
    Anew,
    /// It turns out that nothing was promised: there was no instance.
    Never,
}

/// What an event does to an open instance.
fn act(live: &mut Live, moment: &Moment<'_>, happening: Happening<'_>, event: &Event, tier: Tiered, sink: &mut Sink) -> Fate {
    let world = moment.world;
    let id = live.obligation;
    let duty = clocked(world, id);
    let zone = &world.term(id).zone;
    live.set_halt(world, halt(moment, id), event.time, Some(Evidence::of(event)));
    if !live.settle_tier(moment, tier, event, sink) {
        return Fate::Never;
    }
    if let Some(cancel) = &duty.cancel {
        match live.cancel.step(cancel, happening, moment, zone) {
            Hit::Yes => return end(live, world, End::Cancel, event),
            Hit::Perhaps(gap) => live.could_have_ended(event.time, gap),
            Hit::No => {}
        }
    }
    match live.stop.step(&duty.stop, happening, moment, zone) {
        Hit::Yes => return end(live, world, End::Stop, event),
        Hit::Perhaps(gap) => live.could_have_ended(event.time, gap),
        Hit::No => {
            if counts_towards(&duty.stop, happening) {
                live.note(event);
            }
        }
    }
    if resets(live, duty, happening, moment, zone) {
        end(live, world, End::Reset, event);
        return Fate::Anew;
    }
    retier(live, duty, world, event, tier)
}

fn end(live: &mut Live, world: &World<'_>, how: End, event: &Event) -> Fate {
    live.close(world, how, event);
    Fate::Ends
}

fn resets(live: &mut Live, duty: &Clocked, happening: Happening<'_>, moment: &Moment<'_>, zone: &Zone) -> bool {
    duty.reset.as_ref().is_some_and(|p| live.reset.step(p, happening, moment, zone) == Hit::Yes)
}

/// A change of tier.
fn retier(live: &mut Live, duty: &Clocked, world: &World<'_>, event: &Event, tier: Tiered) -> Fate {
    if duty.retier == Retier::Keep || !live.tier_changed(tier, event.time) {
        return Fate::Goes;
    }
    if duty.retier == Retier::Carry {
        live.carry(world, tier, event);
        return if live.end.is_some() { Fate::Ends } else { Fate::Goes };
    }
    end(live, world, End::Reset, event);
    Fate::Anew
}

/// Whether the clock of a case's instance runs now.
fn halt(moment: &Moment<'_>, id: ObligationId) -> Halt {
    let (world, Some(case)) = (moment.world, moment.case) else { return Halt::Runs };
    if world.is_excluded(id, &case.excluded) {
        Halt::Excluded
    } else if clocked(world, id).pause.iter().any(|s| case.is_on(world, *s)) {
        Halt::Paused
    } else {
        Halt::Runs
    }
}

fn reopens(world: &World<'_>, id: ObligationId) -> bool {
    matches!(&world.obligation(id).duty, Duty::Clock(c) if c.reopen.is_some())
}

/// Whether an event is one that a pattern of several counts.
fn counts_towards(pattern: &Pattern, happening: Happening<'_>) -> bool {
    let several = pattern.any.iter().any(|all| all.len() > 1 || !all[0].is_single());
    several && pattern.any.iter().flatten().any(|atom| crate::engine::matcher::happens(atom.on, happening))
}
