//! One obligation of one case: its open instance, and the order in which an event acts on it (section 2.3).

use crate::engine::clock::Halt;
use crate::engine::exclusion::Change;
use crate::engine::live::{End, Live, Opened, Reading, clocked};
use crate::engine::matcher::{Hit, Matcher};
use crate::engine::outcome::Evidence;
use crate::engine::promise::{Role, Roles};
use crate::engine::rule;
use crate::engine::truth::{LazyTier, Moment, Truth};
use crate::engine::world::World;
use crate::engine::{Happening, Sink};
use crate::event::Event;
use crate::id::ObligationId;
use crate::model::Retier;
use crate::plan::{Clocked, Pattern, Start};
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// The instances of one obligation in one case.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TrackState {
    index: u32,
    seq: u32,
    /// The case's first start has been.
    started: bool,
    /// Until when it was told of the time.
    time: Instant,
    live: Option<Box<Live>>,
    /// The last that ended at the case's last instant, with those before it: read when that instant is over.
    ended: Option<Box<Live>>,
    rest: Option<Box<Rest>>,
}

/// What few obligations have.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Rest {
    /// One for each version, where several events start one of them.
    starts: Vec<Matcher>,
    /// Stopped, and not reopened so far.
    stopped: Option<(Box<Live>, Reading)>,
    /// Unknown from their start: read at as-of.
    unknown: Vec<Live>,
}

/// What an event brings to a promise.
#[derive(Clone, Copy)]
pub(super) struct Turn<'a> {
    pub(super) moment: &'a Moment<'a>,
    pub(super) happening: Happening<'a>,
    pub(super) event: &'a Event<'a>,
    pub(super) tier: &'a LazyTier<'a>,
    /// What it can do to the promise.
    pub(super) roles: Roles,
}

impl TrackState {
    pub(super) fn new(world: &World<'_>, index: usize) -> TrackState {
        let starts: Vec<Matcher> = world.plan.tracks[index].0.iter().map(|id| Matcher::of(world.obligation(*id).start())).collect();
        let counts = starts.iter().any(Matcher::counts);
        let mut track = TrackState::blank(u32::try_from(index).expect("a spec is limited to far fewer obligations"));
        track.rest = counts.then(|| Box::new(Rest { starts, ..Rest::default() }));
        track
    }

    fn blank(index: u32) -> TrackState {
        TrackState { index, seq: 0, started: false, time: Instant::FIRST, live: None, ended: None, rest: None }
    }

    /// Nothing has happened yet.
    pub(super) fn begin_anew(&mut self) {
        let mut rest = self.rest.take();
        if let Some(rest) = &mut rest {
            rest.starts.iter_mut().for_each(Matcher::clear);
            (rest.stopped, rest.unknown) = (None, Vec::new());
        }
        *self = TrackState { rest, ..TrackState::blank(self.index) };
    }

    /// Reads a little of its instance.
    pub(super) fn touch(&self) -> i64 {
        self.live.as_ref().map_or(0, |live| live.touch())
    }

    fn index(&self) -> usize {
        self.index as usize
    }

    /// Time goes on to `t`; `moment` is the case as it was until then.
    pub(super) fn pass(&mut self, moment: &Moment<'_>, t: Instant, to_the_end: bool, sink: &mut Sink) {
        if t <= self.time && !to_the_end {
            return;
        }
        self.time = t;
        if let Some(live) = &mut self.live {
            live.pass(moment, t, to_the_end, sink);
        }
    }

    /// The instant is over at which instances ended.
    pub(super) fn close_instant(&mut self, moment: &Moment<'_>, sink: &mut Sink) {
        for live in self.take_ended() {
            let mut reading = sink.reading();
            reading.read(moment, live.obligation, live.decided_at(moment.time), live.start);
            let may_reopen = matches!(live.end, Some((_, End::Stop)))
                && moment.world.promises[live.obligation].clocked.is_some_and(|c| c.reopen.is_some());
            self.give_up(moment, sink);
            if may_reopen && self.live.is_none() {
                self.rest.get_or_insert_default().stopped = Some((live, reading));
            } else {
                sink.take(moment.world, moment.case, live, reading, moment.time);
            }
        }
    }

    /// Those that ended at the last instant, in their order.
    fn take_ended(&mut self) -> impl Iterator<Item = Box<Live>> + use<> {
        // The last leads to those before it: the chain is turned round.
        let (mut first, mut last) = (None, self.ended.take());
        while let Some(mut live) = last {
            last = live.replace_before(first);
            first = Some(live);
        }
        std::iter::from_fn(move || {
            let mut live = first.take()?;
            first = live.replace_before(None);
            Some(live)
        })
    }

    fn end(&mut self, mut live: Box<Live>) {
        live.replace_before(self.ended.take());
        self.ended = Some(live);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Whether nothing is left that could be said of its case: what starts once has started and is over.
    pub(super) fn is_spent(&self) -> bool {
        let waits = |rest: &Rest| rest.stopped.is_some() || !rest.unknown.is_empty();
        self.started && self.live.is_none() && self.ended.is_none() && !self.rest.as_deref().is_some_and(waits)
    }

    fn take_stopped(&mut self) -> Option<(Box<Live>, Reading)> {
        self.rest.as_mut()?.stopped.take()
    }

    /// What was stopped can no longer be reopened.
    fn give_up(&mut self, moment: &Moment<'_>, sink: &mut Sink) {
        if let Some((before, reading)) = self.take_stopped() {
            sink.take(moment.world, moment.case, before, reading, moment.time);
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
    pub(super) fn event(&mut self, turn: &Turn<'_>, sink: &mut Sink) {
        let world = turn.moment.world;
        let versions = &world.plan.tracks[self.index()].0;
        if world.promises[versions[0]].clocked.is_none() {
            if turn.roles.may(Role::Start)
                && let Some(id) = world.in_force(versions, turn.event.time)
                && let Some(live) = rule::instance(turn.moment, id, self.index(), self.seq + 1, turn.happening, turn.event)
            {
                self.seq += 1;
                self.end(Box::new(live));
            }
            return;
        }
        match self.live.take() {
            Some(mut live) => match act(&mut live, turn, sink) {
                Fate::Goes => {
                    self.live = Some(live);
                    self.give_up_stopped(turn.moment, sink);
                }
                Fate::Never => self.forget(&live),
                Fate::Ends => self.end(live),
                Fate::Anew => {
                    self.end(live);
                    self.open_anew(turn, sink);
                }
            },
            None => self.reopen(turn, sink),
        }
        if turn.roles.may(Role::Start) {
            self.start(turn, sink);
        }
    }

    /// A new instance from a reset, if an agreement is in force.
    fn open_anew(&mut self, turn: &Turn<'_>, sink: &mut Sink) {
        let world = turn.moment.world;
        let versions = &world.plan.tracks[self.index()].0;
        if let Some(id) = world.in_force(versions, turn.event.time) {
            self.open(id, Truth::True, turn, sink);
        }
    }

    /// Withdraws the last stop, where the event says so and no other instance is open.
    fn reopen(&mut self, turn: &Turn<'_>, sink: &mut Sink) {
        if !turn.roles.may(Role::Reopen) {
            return;
        }
        let Turn { moment, event, .. } = *turn;
        let world = moment.world;
        let just_stopped = self.ended.as_ref().is_some_and(|l| matches!(l.end, Some((_, End::Stop))));
        let waiting = if just_stopped { self.take_last_ended().map(|l| (l, None)) } else { None };
        let Some((mut live, reading)) = waiting.or_else(|| self.take_stopped().map(|(l, r)| (l, Some(r)))) else { return };
        let duty = clocked(world, live.obligation);
        let reopened = duty.reopen.as_ref().is_some_and(|p| live.step(Role::Reopen, p, turn) == Hit::Yes);
        if !reopened {
            match reading {
                Some(reading) => self.rest.get_or_insert_default().stopped = Some((live, reading)),
                None => self.end(live),
            }
            return;
        }
        live.withdraw_stop(world, halt(moment, live.obligation), event, reading);
        let fate = if !live.settle_tier(moment, turn.tier, event, sink) {
            Fate::Never
        } else if resets(&mut live, duty, turn) {
            end(&mut live, world, End::Reset, event);
            Fate::Anew
        } else {
            retier(&mut live, duty, turn)
        };
        match fate {
            Fate::Goes => self.live = Some(live),
            Fate::Never => self.forget(&live),
            Fate::Ends => self.end(live),
            Fate::Anew => {
                self.end(live);
                self.open_anew(turn, sink);
            }
        }
    }

    /// A start, where no instance is open.
    fn start(&mut self, turn: &Turn<'_>, sink: &mut Sink) {
        let Turn { moment, happening, event, roles, .. } = *turn;
        let world = moment.world;
        let versions = &world.plan.tracks[self.index()].0;
        let current = world.in_force(versions, event.time);
        let mut counting = self.rest.as_mut().map_or(&mut [][..], |rest| &mut rest.starts);
        let (mut first, mut truth) = (false, Truth::False);
        for id in versions {
            let mut matcher = counting.split_off_first_mut();
            let Start::On { once, pattern } = &clocked(world, *id).start else { continue };
            if *once && self.started && matcher.is_none() {
                continue;
            }
            let hit = roles.step(Role::Start, pattern, matcher.as_deref_mut(), happening, moment, &world.term(*id).zone);
            match (hit, matcher) {
                (Hit::Yes, matcher) => {
                    matcher.into_iter().for_each(Matcher::clear);
                    first = true;
                }
                (Hit::Perhaps(_), Some(matcher)) => matcher.forget_perhaps(),
                (Hit::Perhaps(_), None) | (Hit::No, _) => {}
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
            opened_unknown = self.open(id, truth, turn, sink);
        }
        self.started |= first && !opened_unknown;
    }

    /// Opens an instance; true if it is one that is unknown at once.
    fn open(&mut self, id: ObligationId, truth: Truth, turn: &Turn<'_>, sink: &mut Sink) -> bool {
        let moment = turn.moment;
        let promise = &moment.world.promises[id];
        let applies = if promise.is_about_all { truth } else { truth.and(moment.is_about(&promise.obligation.about)) };
        if applies == Truth::False {
            return false;
        }
        let mut live = sink.live(id, self.index(), self.seq + 1, turn.event.time);
        live.note(turn.event);
        match live.open(moment, applies, turn.tier.get(), halt(moment, id)) {
            Opened::Nothing => return false,
            Opened::UnknownInstance(live) => {
                self.seq += 1;
                self.rest.get_or_insert_default().unknown.push(*live);
                return true;
            }
            Opened::Instance(live) => {
                self.seq += 1;
                self.live = Some(live);
            }
        }
        self.give_up_stopped(moment, sink);
        false
    }

    /// Another instance follows: the one before it can no longer be reopened. One that waits for its tier may turn out
    /// never to have been.
    fn give_up_stopped(&mut self, moment: &Moment<'_>, sink: &mut Sink) {
        if self.rest.is_some() && self.live.as_ref().is_some_and(|live| !live.is_waiting()) {
            self.give_up(moment, sink);
        }
    }

    /// The last that ended at this instant.
    fn take_last_ended(&mut self) -> Option<Box<Live>> {
        let mut live = self.ended.take()?;
        self.ended = live.replace_before(None);
        Some(live)
    }

    /// There was no instance: its number is free again, unless others followed.
    fn forget(&mut self, live: &Live) {
        if live.seq == self.seq {
            self.seq -= 1;
        }
    }

    pub(super) fn finish(mut self, moment: &Moment<'_>, as_of: Instant, sink: &mut Sink) {
        let world = moment.world;
        self.give_up(moment, sink);
        let ended: Vec<Box<Live>> = self.take_ended().collect();
        let unknown = self.rest.into_iter().flat_map(|rest| rest.unknown);
        for live in ended.into_iter().chain(unknown.map(Box::new)).chain(self.live) {
            let reading = Reading::at(moment, live.obligation, live.decided_at(as_of), live.start);
            sink.take(world, moment.case, live, reading, as_of);
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
fn act(live: &mut Live, turn: &Turn<'_>, sink: &mut Sink) -> Fate {
    let Turn { moment, happening, event, tier, roles } = *turn;
    let world = moment.world;
    let promise = &world.promises[live.obligation];
    let duty = clocked(world, live.obligation);
    if promise.halts {
        live.set_halt(world, halt(moment, live.obligation), event.time, Some(Evidence::of(event)));
    }
    if !live.settle_tier(moment, tier, event, sink) {
        return Fate::Never;
    }
    if let (true, Some(cancel)) = (roles.may(Role::Cancel), &duty.cancel) {
        match live.step(Role::Cancel, cancel, turn) {
            Hit::Yes => return end(live, world, End::Cancel, event),
            Hit::Perhaps(gap) => live.could_have_ended(event.time, gap),
            Hit::No => {}
        }
    }
    if roles.may(Role::Stop) {
        match live.step(Role::Stop, &duty.stop, turn) {
            Hit::Yes => return end(live, world, End::Stop, event),
            Hit::Perhaps(gap) => live.could_have_ended(event.time, gap),
            Hit::No => {
                if counts_towards(&duty.stop, happening) {
                    live.note(event);
                }
            }
        }
    }
    if resets(live, duty, turn) {
        end(live, world, End::Reset, event);
        return Fate::Anew;
    }
    retier(live, duty, turn)
}

fn end(live: &mut Live, world: &World<'_>, how: End, event: &Event<'_>) -> Fate {
    live.close(world, how, event);
    Fate::Ends
}

fn resets(live: &mut Live, duty: &Clocked, turn: &Turn<'_>) -> bool {
    turn.roles.may(Role::Reset) && duty.reset.as_ref().is_some_and(|p| live.step(Role::Reset, p, turn) == Hit::Yes)
}

/// A change of tier.
fn retier(live: &mut Live, duty: &Clocked, turn: &Turn<'_>) -> Fate {
    let Turn { moment: Moment { world, .. }, event, tier, .. } = *turn;
    if duty.retier == Retier::Keep || !live.tier_changed(tier.get(), event.time) {
        return Fate::Goes;
    }
    if duty.retier == Retier::Carry {
        live.carry(world, tier.get(), event);
        return if live.end.is_some() { Fate::Ends } else { Fate::Goes };
    }
    end(live, world, End::Reset, event);
    Fate::Anew
}

/// Whether the clock of a case's instance runs now.
fn halt(moment: &Moment<'_>, id: ObligationId) -> Halt {
    let (world, Some(case)) = (moment.world, moment.case) else { return Halt::Runs };
    if !world.promises[id].halts {
        Halt::Runs
    } else if world.is_excluded(id, case.excluded()) {
        Halt::Excluded
    } else if clocked(world, id).pause.iter().any(|s| case.is_on(world, *s)) {
        Halt::Paused
    } else {
        Halt::Runs
    }
}

/// Whether an event is one that a pattern of several counts.
fn counts_towards(pattern: &Pattern, happening: Happening<'_>) -> bool {
    let several = pattern.any.iter().any(|all| all.len() > 1 || !all[0].is_single());
    several && pattern.any.iter().flatten().any(|atom| crate::engine::matcher::happens(atom.on, happening))
}
