//! One obligation of one case: its open instance, and the order in which an event acts on it (section 2.3).

use crate::engine::case::Reach;
use crate::engine::exclusion::Change;
use crate::engine::facts::Facts;
use crate::engine::live::{End, Live, Opened, Reading, clocked};
use crate::engine::matcher::{Hit, Matcher, counts_towards, is_stateless};
use crate::engine::outcome::Evidence;
use crate::engine::plain::{Plain, Written};
use crate::engine::promise::{Role, Roles, halt};
use crate::engine::rule;
use crate::engine::truth::{LazyTier, Moment, Truth};
use crate::engine::world::World;
use crate::engine::{Happening, Sink};
use crate::event::Event;
use crate::id::ObligationId;
use crate::model::Retier;
use crate::plan::{Clocked, Start};
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// The instances of one obligation in one case.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TrackState {
    index: u32,
    seq: u32,
    /// The case's first start has been.
    started: bool,
    /// The latest instance ended at the case's last instant: it is read when that instant is over.
    over: bool,
    /// Until when it was told of the time.
    time: Instant,
    /// The latest instance, while it is open or over.
    live: Option<Live>,
    rest: Option<Box<Rest>>,
}

/// What few obligations have.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Rest {
    /// One for each version, where several events start one of them.
    starts: Vec<Matcher>,
    /// Those that ended at the case's last instant before the latest one did, in their order.
    over: Vec<Live>,
    /// Stopped, and not reopened so far.
    stopped: Option<(Live, Reading)>,
    /// Unknown from their start: read at as-of.
    unknown: Vec<Live>,
}

impl Rest {
    /// Something is still to be said of instances before the latest.
    fn waits(&self) -> bool {
        self.stopped.is_some() || !self.unknown.is_empty() || !self.over.is_empty()
    }
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
    /// What it can do to the case.
    pub(super) reach: Reach,
}

impl TrackState {
    pub(super) fn new(world: &World<'_>, index: usize) -> TrackState {
        let mut track = TrackState::blank(u32::try_from(index).expect("a spec is limited to far fewer obligations"));
        let starts = world.plan.tracks[index].0.iter().map(|id| world.obligation(*id).start());
        if starts.clone().flatten().any(|pattern| !is_stateless(pattern)) {
            track.rest = Some(Box::new(Rest { starts: starts.map(Matcher::of).collect(), ..Rest::default() }));
        }
        track
    }

    /// A promise that was kept as a plain one.
    pub(super) fn taken_up(
        world: &World<'_>,
        index: usize,
        (seq, started): (u32, bool),
        (live, over): (Option<Live>, bool),
        stopped: Option<(Live, Reading)>,
    ) -> TrackState {
        let mut track = TrackState { seq, started, live, over, ..TrackState::new(world, index) };
        if stopped.is_some() {
            track.rest.get_or_insert_default().stopped = stopped;
        }
        track
    }

    fn blank(index: u32) -> TrackState {
        TrackState { index, seq: 0, started: false, over: false, time: Instant::FIRST, live: None, rest: None }
    }

    fn index(&self) -> usize {
        self.index as usize
    }

    /// The instance that goes on.
    #[inline]
    fn open(&self) -> Option<&Live> {
        self.live.as_ref().filter(|_| !self.over)
    }

    #[inline]
    fn open_mut(&mut self) -> Option<&mut Live> {
        self.live.as_mut().filter(|_| !self.over)
    }

    /// Whether an instance is to be told that time goes on to `t`.
    #[inline]
    pub(super) fn asks_for(&self, t: Instant) -> bool {
        self.open().is_some_and(|live| live.asks_for(t))
    }

    /// Time goes on to `t`; `facts` is the case as it was until then.
    #[inline]
    pub(super) fn pass(&mut self, world: &World<'_>, facts: &Facts, t: Instant, to_the_end: bool, sink: &mut Sink) {
        if t <= self.time && !to_the_end {
            return;
        }
        self.time = t;
        if let Some(live) = self.open_mut().filter(|live| live.asks_for(t)) {
            live.pass(&Moment::of(world, facts, facts.time), t, to_the_end, sink);
        }
    }

    /// The instant is over at which instances ended.
    #[inline]
    pub(super) fn close_instant(&mut self, moment: &Moment<'_>, sink: &mut Sink) {
        if let Some(rest) = &mut self.rest {
            for live in std::mem::take(&mut rest.over) {
                self.close(live, moment, sink);
            }
        }
        if std::mem::take(&mut self.over)
            && let Some(live) = self.live.take()
        {
            self.close(live, moment, sink);
        }
    }

    /// The instant is over at which an instance ended.
    fn close(&mut self, mut live: Live, moment: &Moment<'_>, sink: &mut Sink) {
        let may_reopen = matches!(live.end, Some((_, End::Stop))) && moment.world.promises[live.obligation].reopens;
        self.give_up(moment, sink);
        if may_reopen && !self.is_live() {
            let reading = Reading::at(moment, live.obligation, live.decided_at(moment.time), live.start);
            self.rest.get_or_insert_default().stopped = Some((live, reading));
        } else {
            sink.take_now(moment, &mut live, moment.time);
        }
    }

    /// The latest instance has ended.
    fn end(&mut self) {
        self.over = true;
    }

    /// The latest instance makes way for another.
    #[inline]
    fn set_aside(&mut self) {
        if std::mem::take(&mut self.over)
            && let Some(live) = self.live.take()
        {
            self.rest.get_or_insert_default().over.push(live);
        }
    }

    #[inline]
    pub(super) fn has_ended(&self) -> bool {
        self.over || self.rest.as_ref().is_some_and(|rest| !rest.over.is_empty())
    }

    /// Whether nothing is left that could be said of its case: what starts once has started and is over.
    #[inline]
    pub(super) fn is_spent(&self) -> bool {
        self.started && self.live.is_none() && !self.rest.as_deref().is_some_and(Rest::waits)
    }

    fn take_stopped(&mut self) -> Option<(Live, Reading)> {
        self.rest.as_mut()?.stopped.take()
    }

    /// The same as a plain promise, where nothing is to be remembered of it but an instance that has just begun, if one has.
    pub(super) fn plain(&self, world: &World<'_>, written: Option<&Written>) -> Option<Plain> {
        let holds = |rest: &Rest| !rest.starts.is_empty() || rest.waits();
        if self.over || self.rest.as_deref().is_some_and(holds) {
            return None;
        }
        match &self.live {
            None => Some(Plain::rested(self.seq, self.started)),
            Some(live) => Some(Plain::fresh(written?, world, &live.just_begun()?, self.started)),
        }
    }

    /// What was stopped can no longer be reopened.
    #[inline]
    fn give_up(&mut self, moment: &Moment<'_>, sink: &mut Sink) {
        if let Some((before, reading)) = self.take_stopped() {
            sink.take(moment.world, moment.case, before, reading, moment.time);
        }
    }

    #[inline]
    pub(super) fn is_live(&self) -> bool {
        self.open().is_some()
    }

    /// What the agreement excludes has changed between two events of the case.
    pub(super) fn exclude(&mut self, moment: &Moment<'_>, change: &Change) {
        if let Some(live) = self.open_mut() {
            live.set_halt(moment.world, halt(moment, live.obligation), change.at, change.evidence);
        }
    }

    /// An event acts: an unknown tier settles; cancel; stop; reopen; retier or reset; start.
    #[inline]
    pub(super) fn event(&mut self, turn: &Turn<'_>, sink: &mut Sink) {
        let world = turn.moment.world;
        let versions = world.plan.tracks[self.index()].0.as_slice();
        if world.promises[versions[0]].clocked.is_none() {
            return self.rule(turn, versions);
        }
        match self.open_mut() {
            Some(live) => {
                let fate = act(live, turn, sink);
                self.follow(fate, turn, sink);
            }
            None if turn.roles.may(Role::Reopen) => self.reopen(turn, sink),
            None => {}
        }
        if turn.roles.may(Role::Start) {
            self.start(turn, versions, sink);
        }
    }

    /// What an event made of the open instance happens.
    #[inline]
    fn follow(&mut self, fate: Fate, turn: &Turn<'_>, sink: &mut Sink) {
        match fate {
            Fate::Goes => self.give_up_stopped(turn.moment, sink),
            Fate::Never => self.forget(),
            Fate::Ends => self.end(),
            Fate::Anew => {
                self.end();
                self.open_anew(turn, sink);
            }
        }
    }

    /// An event is an instance of a rule, if it is one that the rule is about.
    fn rule(&mut self, turn: &Turn<'_>, versions: &[ObligationId]) {
        if turn.roles.may(Role::Start)
            && let Some(id) = turn.moment.world.in_force(versions, turn.event.time)
            && let Some(live) = rule::instance(turn.moment, id, self.index, self.seq + 1, turn.happening, turn.event)
        {
            self.seq += 1;
            self.set_aside();
            self.live = Some(live);
            self.end();
        }
    }

    /// A new instance from a reset, if an agreement is in force.
    fn open_anew(&mut self, turn: &Turn<'_>, sink: &mut Sink) {
        let world = turn.moment.world;
        let versions = &world.plan.tracks[self.index()].0;
        if let Some(id) = world.in_force(versions, turn.event.time) {
            self.begin(id, Truth::True, turn, sink);
        }
    }

    /// Withdraws the last stop, where the event says so and no other instance is open.
    fn reopen(&mut self, turn: &Turn<'_>, sink: &mut Sink) {
        let Turn { moment, event, .. } = *turn;
        let world = moment.world;
        // One that has just stopped was not read yet.
        let just_stopped = self.live.as_ref().is_some_and(|l| matches!(l.end, Some((_, End::Stop))));
        let waiting = if just_stopped { self.live.take().map(|live| (live, None)) } else { None };
        let Some((mut live, reading)) = waiting.or_else(|| self.take_stopped().map(|(l, r)| (l, Some(r)))) else { return };
        let duty = clocked(world, live.obligation);
        let reopened = duty.reopen.as_ref().is_some_and(|p| live.step(Role::Reopen, p, turn) == Hit::Yes);
        if !reopened {
            match reading {
                Some(reading) => self.rest.get_or_insert_default().stopped = Some((live, reading)),
                None => self.live = Some(live),
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
        self.set_aside();
        self.live = Some(live);
        match fate {
            // Nothing else can have stopped: it was this one.
            Fate::Goes => {}
            fate => self.follow(fate, turn, sink),
        }
    }

    /// A start, where no instance is open.
    #[inline]
    fn start(&mut self, turn: &Turn<'_>, versions: &[ObligationId], sink: &mut Sink) {
        let Turn { moment, happening, event, roles, .. } = *turn;
        let world = moment.world;
        let current = world.in_force(versions, event.time);
        let mut counting = self.rest.as_mut().map_or(&mut [][..], |rest| &mut rest.starts);
        let (mut first, mut truth) = (false, Truth::False);
        for id in versions {
            let mut matcher = counting.split_off_first_mut();
            let Start::On { once, pattern } = &clocked(world, *id).start else { continue };
            if *once && self.started && matcher.is_none() {
                continue;
            }
            let hit = if roles.surely(Role::Start) {
                Hit::Yes
            } else {
                roles.step(Role::Start, pattern, matcher.as_deref_mut(), happening, moment, &world.term(*id).zone)
            };
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
        if let Some(id) = current.filter(|_| truth != Truth::False && !self.is_live()) {
            opened_unknown = self.begin(id, truth, turn, sink);
        }
        self.started |= first && !opened_unknown;
    }

    /// Opens an instance; true if it is one that is unknown at once.
    #[inline]
    fn begin(&mut self, id: ObligationId, truth: Truth, turn: &Turn<'_>, sink: &mut Sink) -> bool {
        let moment = turn.moment;
        let promise = &moment.world.promises[id];
        let applies = if promise.is_about_all { truth } else { truth.and(moment.is_about(&promise.obligation.about)) };
        if applies == Truth::False {
            return false;
        }
        self.set_aside();
        let live = self.live.insert(Live::blank(id, self.index, self.seq + 1, turn.event.time));
        live.note(turn.event);
        match live.open(moment, applies, turn.tier.get(), halt(moment, id)) {
            Opened::Nothing => {
                self.live = None;
                return false;
            }
            Opened::UnknownInstance => {
                self.seq += 1;
                let unknown = self.live.take();
                self.rest.get_or_insert_default().unknown.extend(unknown);
                return true;
            }
            Opened::Instance => self.seq += 1,
        }
        self.give_up_stopped(moment, sink);
        false
    }

    /// Another instance follows: the one before it can no longer be reopened. One that waits for its tier may turn out
    /// never to have been.
    #[inline]
    fn give_up_stopped(&mut self, moment: &Moment<'_>, sink: &mut Sink) {
        if self.rest.is_some() && self.open().is_some_and(|live| !live.is_waiting()) {
            self.give_up(moment, sink);
        }
    }

    /// There was no instance: its number is free again, unless others followed.
    fn forget(&mut self) {
        if let Some(live) = self.live.take()
            && live.seq == self.seq
        {
            self.seq -= 1;
        }
    }

    /// What is to be said of it as of an instant; then it is empty.
    pub(super) fn finish(&mut self, moment: &Moment<'_>, as_of: Instant, sink: &mut Sink) {
        let Rest { stopped, mut over, mut unknown, .. } = self.rest.take().map_or_else(Rest::default, |rest| *rest);
        if let Some((before, reading)) = stopped {
            sink.take(moment.world, moment.case, before, reading, moment.time);
        }
        over.iter_mut().for_each(|live| sink.take_now(moment, live, as_of));
        // One that is unknown from its start follows what ended, and comes before what goes on.
        let latest = self.live.as_mut();
        let (just_over, open) = if self.over { (latest, None) } else { (None, latest) };
        for live in just_over.into_iter().chain(&mut unknown).chain(open) {
            sink.take_now(moment, live, as_of);
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
#[inline]
fn act(live: &mut Live, turn: &Turn<'_>, sink: &mut Sink) -> Fate {
    let Turn { moment, happening, event, tier, roles, reach } = *turn;
    let world = moment.world;
    let promise = &world.promises[live.obligation];
    let duty = clocked(world, live.obligation);
    // Where nothing changes that the event does not act on, the clock goes on as it did.
    if promise.halts && reach == Reach::All {
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

#[inline]
fn resets(live: &mut Live, duty: &Clocked, turn: &Turn<'_>) -> bool {
    turn.roles.may(Role::Reset) && duty.reset.as_ref().is_some_and(|p| live.step(Role::Reset, p, turn) == Hit::Yes)
}

/// A change of tier.
#[inline]
fn retier(live: &mut Live, duty: &Clocked, turn: &Turn<'_>) -> Fate {
    let Turn { moment: Moment { world, .. }, event, tier, .. } = *turn;
    if !world.promises[live.obligation].retiers || !live.tier_changed(tier.get(), event.time) {
        return Fate::Goes;
    }
    if duty.retier == Retier::Carry {
        live.carry(world, tier.get(), event);
        return if live.end.is_some() { Fate::Ends } else { Fate::Goes };
    }
    end(live, world, End::Reset, event);
    Fate::Anew
}
