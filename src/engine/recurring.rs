//! Duties of each period, and rules about events of the top level: what has no case.

use crate::engine::case::Reach;
use crate::engine::clock::Halt;
use crate::engine::exclusion::Exclusions;
use crate::engine::facts::Facts;
use crate::engine::live::{End, Live, Reading, clocked};
use crate::engine::matcher::Hit;
use crate::engine::promise::{Role, Roles};
use crate::engine::rule;
use crate::engine::track::Turn;
use crate::engine::truth::{LazyTier, Moment};
use crate::engine::world::World;
use crate::engine::{Happening, Sink};
use crate::event::{Event, Value};
use crate::id::{EventId, FieldId, ObligationId, Table};
use crate::model::{Owner, Type};
use crate::plan::{Duty, Start, Track};
use crate::time::{Instant, Period, Unit};
use serde::{Deserialize, Serialize};

/// One obligation that has no case, in all its versions.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Recurring {
    index: usize,
    /// In the order in which they come into force.
    versions: Vec<Version>,
    groups: Vec<GroupRun>,
    /// The latest period that has begun, its first instant, and which version it is of.
    latest: Option<(ObligationId, Period, Instant)>,
    /// Instances of rules.
    ruled: Vec<Live>,
    /// Which of the world's exclusions are on.
    excluded: Vec<bool>,
    /// How many of their changes were taken.
    taken: usize,
    /// When the next period begins, once that was found out; the last instant where none does.
    #[serde(skip)]
    next: Option<Instant>,
    /// What each event can do to it, and what states can.
    #[serde(skip)]
    acting: Option<(Table<EventId, Roles>, Roles)>,
}

/// One version of it.
#[derive(Debug, Serialize, Deserialize)]
struct Version {
    id: ObligationId,
    unit: Option<Unit>,
    by: Vec<FieldId>,
    /// The next of the periods whose first instant lies in the version's term.
    next: Option<Period>,
}

/// The instances of one group; one for each period since the group was first seen.
#[derive(Debug, Serialize, Deserialize)]
struct GroupRun {
    group: Group,
    instances: Vec<Live>,
}

/// A value of the field that makes the groups; nothing where nothing makes any.
type Group = Option<Option<Value>>;

impl Recurring {
    pub(super) fn new(world: &World<'_>, index: usize, track: &Track) -> Recurring {
        let versions: Vec<Version> = track.0.iter().map(|id| Version::new(world, *id)).collect();
        let mut groups: Vec<Group> = Vec::new();
        for version in &versions {
            let Some(field) = version.by.first() else {
                groups.push(None);
                continue;
            };
            // An enumeration's members are all expected, seen or not.
            if let Type::Members(members) = &world.plan.fields[*field].ty {
                groups.extend((0..members.len() as u32).map(|m| Some(Some(Value::Member(m)))));
            }
        }
        let mut runs: Vec<GroupRun> = Vec::new();
        for group in groups {
            if !runs.iter().any(|g| g.group == group) {
                runs.push(GroupRun { group, instances: Vec::new() });
            }
        }
        Recurring {
            index,
            versions,
            groups: runs,
            latest: None,
            ruled: Vec::new(),
            excluded: vec![false; world.exclusions.len()],
            taken: 0,
            next: None,
            acting: None,
        }
    }

    /// What an event can do to it.
    fn roles(&mut self, world: &World<'_>, happening: Happening<'_>) -> Roles {
        let track = &world.plan.tracks[self.index];
        let (by_event, by_states) =
            self.acting.get_or_insert_with(|| (Roles::by_event(world.plan, &world.classes, track), Roles::by_states(world.plan, track)));
        let roles = happening.event.map_or_else(Roles::default, |event| by_event[event]);
        let states_moved = !happening.entered.is_empty() || !happening.left.is_empty();
        if states_moved { roles.or(*by_states) } else { roles }
    }

    pub(super) fn event(
        &mut self,
        world: &World<'_>,
        exclusions: &Exclusions,
        case: Option<&Facts>,
        happening: Happening<'_>,
        event: &Event<'_>,
        sink: &mut Sink,
    ) {
        let moment = Moment { world, case, own: event.own, time: event.time, start: None };
        if let Duty::Rule(_) = &world.obligation(self.versions[0].id).duty {
            let ids = &world.plan.tracks[self.index].0;
            if case.is_none()
                && let Some(id) = world.in_force(ids, event.time)
            {
                let seq = self.ruled.len() as u32 + 1;
                self.ruled.extend(rule::instance(&moment, id, self.index as u32, seq, happening, event));
            }
            return;
        }
        self.exclude(world, exclusions, sink);
        self.begin(world, event.time, sink);
        self.stop(&moment, happening, event, sink);
    }

    pub(super) fn finish(&mut self, world: &World<'_>, exclusions: &Exclusions, as_of: Instant, sink: &mut Sink) {
        let moment = Moment { world, case: None, own: &[], time: as_of, start: None };
        for live in std::mem::take(&mut self.ruled) {
            let reading = Reading::at(&moment, live.obligation, live.decided_at(as_of), live.start);
            sink.take(world, None, live, reading, as_of);
        }
        self.exclude(world, exclusions, sink);
        self.begin(world, as_of, sink);
        for mut live in std::mem::take(&mut self.groups).into_iter().flat_map(|g| g.instances) {
            live.pass(&moment, as_of, true, sink);
            let reading = Reading::at(&moment, live.obligation, live.decided_at(as_of), live.start);
            sink.take(world, None, live, reading, as_of);
        }
    }

    /// Takes what changed of the excluded time, in its order among the periods.
    fn exclude(&mut self, world: &World<'_>, exclusions: &Exclusions, sink: &mut Sink) {
        for change in &exclusions.changes[self.taken..] {
            self.begin(world, change.at, sink);
            self.excluded[change.exclusion] = change.on;
            for live in self.groups.iter_mut().flat_map(|g| &mut g.instances) {
                let moment = Moment { world, case: None, own: &[], time: change.at, start: None };
                live.pass(&moment, change.at, false, sink);
                live.set_halt(world, halt(world, live.obligation, &self.excluded), change.at, change.evidence);
            }
        }
        self.taken = exclusions.changes.len();
    }

    /// Opens the instances of all periods that have begun by `t`.
    fn begin(&mut self, world: &World<'_>, t: Instant, sink: &mut Sink) {
        if self.next.is_some_and(|next| t < next) {
            return;
        }
        let mut next = Instant::LAST;
        for version in &mut self.versions {
            let (Some(unit), term) = (version.unit, world.term(version.id)) else { continue };
            while let Some(period) = version.next.take() {
                let start = term.zone.midnight(period.from);
                if start > t || start >= term.to {
                    if start < term.to {
                        (version.next, next) = (Some(period), next.min(start));
                    }
                    break;
                }
                version.next = Some(period.next(unit, world.plan.agreement_of(version.id).fiscal));
                for run in self.groups.iter_mut().filter(|g| g.group.is_none() == version.by.is_empty()) {
                    // The instance before is not touched by later events, but its notices go on.
                    if let Some(live) = run.instances.last_mut() {
                        live.pass(&Moment { world, case: None, own: &[], time: start, start: None }, start, false, sink);
                    }
                    run.open(world, version.id, self.index, &period, start, halt(world, version.id, &self.excluded));
                }
                self.latest = Some((version.id, period, start));
            }
        }
        self.next = Some(next);
    }

    /// An event acts on the latest begun period's instance of its group.
    fn stop(&mut self, moment: &Moment<'_>, happening: Happening<'_>, event: &Event<'_>, sink: &mut Sink) {
        let world = moment.world;
        let roles = self.roles(world, happening);
        // An event that does nothing may still be the first to name a group.
        if roles.is_none() && self.versions.iter().all(|version| version.by.is_empty()) {
            return;
        }
        let latest = self.latest.as_ref().map_or(self.versions[0].id, |l| l.0);
        let by = self.versions.iter().find(|v| v.id == latest).map(|v| v.by.as_slice()).unwrap_or_default();
        let group = if by.is_empty() { None } else { Some(group_of(by, moment, event)) };
        // A value that is new makes a group: from the current period on, if that has not ended.
        if let Some(Some(_)) = group
            && !self.groups.iter().any(|g| g.group == group)
        {
            let mut run = GroupRun { group, instances: Vec::new() };
            if let Some((id, period, start)) = &self.latest
                && event.time < period.instants(&world.term(*id).zone).1
            {
                run.open(world, *id, self.index, period, *start, halt(world, *id, &self.excluded));
            }
            self.groups.push(run);
        }
        let Some(run) = self.groups.iter_mut().find(|g| g.group == group) else { return };
        let Some(live) = run.instances.last_mut().filter(|l| l.end.is_none()) else { return };
        live.pass(&Moment { case: None, own: &[], ..*moment }, event.time, false, sink);
        let duty = clocked(world, live.obligation);
        let tier = LazyTier::at(moment);
        let turn = Turn { moment, happening, event, tier: &tier, roles, reach: Reach::All };
        if let Some(cancel) = &duty.cancel {
            match live.step(Role::Cancel, cancel, &turn) {
                Hit::Yes => return live.close(world, End::Cancel, event),
                Hit::Perhaps(gap) => live.could_have_ended(event.time, gap),
                Hit::No => {}
            }
        }
        match live.step(Role::Stop, &duty.stop, &turn) {
            Hit::Yes => live.close(world, End::Stop, event),
            Hit::Perhaps(gap) => live.could_have_ended(event.time, gap),
            Hit::No => {}
        }
    }
}

impl Version {
    fn new(world: &World<'_>, id: ObligationId) -> Version {
        let (unit, by) = match &world.obligation(id).duty {
            Duty::Clock(clocked) => match &clocked.start {
                Start::Each { unit, by, .. } => (Some(*unit), by.clone()),
                Start::On { .. } => (None, Vec::new()),
            },
            Duty::Rule(_) => (None, Vec::new()),
        };
        let agreement = world.plan.agreement_of(id);
        let next = unit.map(|unit| {
            // Only periods whose first instant lies in the term.
            let first = Period::holding(agreement.from, unit, agreement.fiscal);
            if first.from >= agreement.from { first } else { first.next(unit, agreement.fiscal) }
        });
        Version { id, unit, by, next }
    }
}

/// Nothing pauses a duty of each period; only excluded time stops its clock.
fn halt(world: &World<'_>, id: ObligationId, excluded: &[bool]) -> Halt {
    if world.is_excluded(id, excluded) { Halt::Excluded } else { Halt::Runs }
}

/// The group that an event speaks of: the value of the field that it, or its case, has.
fn group_of(by: &[FieldId], moment: &Moment<'_>, event: &Event<'_>) -> Option<Value> {
    by.iter().find_map(|field| match moment.world.plan.fields[*field].owner {
        Owner::Event(of) if event.event != Some(of) => None,
        _ => moment.field(*field),
    })
}

impl GroupRun {
    fn open(&mut self, world: &World<'_>, id: ObligationId, index: usize, period: &Period, start: Instant, halt: Halt) {
        let seq = self.instances.len() as u32 + 1;
        let track = u32::try_from(index).expect("a spec is limited to far fewer obligations");
        self.instances.extend(Live::blank(id, track, seq, start).open_period(world, period.from, self.group, halt));
    }
}
