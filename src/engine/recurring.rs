//! Duties of each period, and rules about events of the top level: what has no case.

use crate::engine::case::CaseState;
use crate::engine::live::{End, Live, Reading, clocked};
use crate::engine::matcher::Hit;
use crate::engine::rule;
use crate::engine::truth::Moment;
use crate::engine::world::World;
use crate::engine::{Happening, Sink};
use crate::event::{Event, Value};
use crate::id::{FieldId, ObligationId};
use crate::model::{Owner, Type};
use crate::plan::{Duty, Start, Track};
use crate::time::{Instant, Period, Unit};

/// One obligation that has no case.
pub(super) struct Recurring {
    index: usize,
    versions: Vec<Version>,
    /// Instances of rules.
    ruled: Vec<Live>,
}

/// One version of it, with its periods.
struct Version {
    id: ObligationId,
    /// The periods whose first instant lies in the version's term, in order, as far as they have begun.
    unit: Option<Unit>,
    by: Vec<FieldId>,
    next: Option<Period>,
    begun: Vec<(Period, Instant)>,
    groups: Vec<GroupRun>,
}

/// The instances of one group; one for each period since the group was first seen.
struct GroupRun {
    group: Option<Option<Value>>,
    /// Instances of earlier versions.
    before: u32,
    instances: Vec<Live>,
}

impl Recurring {
    pub(super) fn new(world: &World<'_>, index: usize, track: &Track) -> Recurring {
        let versions = track.0.iter().map(|id| Version::new(world, *id)).collect();
        Recurring { index, versions, ruled: Vec::new() }
    }

    pub(super) fn event(&mut self, world: &World<'_>, case: Option<&CaseState>, happening: Happening<'_>, event: &Event, sink: &mut Sink) {
        let moment = Moment { world, case, own: &event.own, time: event.time, start: None };
        if let Duty::Rule(_) = &world.obligation(self.versions[0].id).duty {
            let ids = &world.plan.tracks[self.index].0;
            if case.is_none()
                && let Some(id) = world.in_force(ids, event.time)
            {
                let seq = self.ruled.len() as u32 + 1;
                self.ruled.extend(rule::instance(&moment, id, self.index, seq, happening, event));
            }
            return;
        }
        self.begin(world, event.time, sink);
        // The latest begun period's instance takes the event, whichever version it is of.
        let latest = self.versions.iter_mut().filter(|v| !v.begun.is_empty()).max_by_key(|v| v.begun.last().map(|b| b.1));
        if let Some(version) = latest {
            version.event(&moment, self.index, happening, event, sink);
        }
    }

    /// Opens the instances of all periods that have begun by `t`. A later version goes on numbering where the one before
    /// it ended.
    fn begin(&mut self, world: &World<'_>, t: Instant, sink: &mut Sink) {
        let mut before: Vec<(Option<Option<Value>>, u32)> = Vec::new();
        for version in &mut self.versions {
            version.begin(world, self.index, t, &before, sink);
            for group in &version.groups {
                let count = group.before + group.instances.len() as u32;
                match before.iter_mut().find(|(g, _)| *g == group.group) {
                    Some(known) => known.1 = count,
                    None => before.push((group.group, count)),
                }
            }
        }
    }

    pub(super) fn finish(&mut self, world: &World<'_>, as_of: Instant, sink: &mut Sink) {
        let moment = Moment { world, case: None, own: &[], time: as_of, start: None };
        for live in std::mem::take(&mut self.ruled) {
            let reading = Reading::at(&moment, live.obligation, as_of, live.start);
            sink.outcomes.push(live.outcome(world, reading, as_of));
        }
        self.begin(world, as_of, sink);
        for version in &mut self.versions {
            for group in std::mem::take(&mut version.groups) {
                for mut live in group.instances {
                    live.pass(&moment, as_of, true, sink);
                    let reading = Reading::at(&moment, live.obligation, as_of, live.start);
                    sink.outcomes.push(live.outcome(world, reading, as_of));
                }
            }
        }
    }
}

impl Version {
    fn new(world: &World<'_>, id: ObligationId) -> Version {
        let mut version = Version { id, unit: None, by: Vec::new(), next: None, begun: Vec::new(), groups: Vec::new() };
        let Duty::Clock(clocked) = &world.obligation(id).duty else { return version };
        let Start::Each { unit, by, .. } = &clocked.start else { return version };
        let agreement = world.plan.agreement_of(id);
        version.unit = Some(*unit);
        version.by = by.clone();
        // Only periods whose first instant lies in the term.
        let first = Period::holding(agreement.from, *unit, agreement.fiscal);
        let begins = first.from >= agreement.from;
        version.next = Some(if begins { first } else { first.next(*unit, agreement.fiscal) });
        if by.is_empty() {
            version.groups.push(GroupRun { group: None, before: 0, instances: Vec::new() });
        }
        // An enumeration's members are all expected, seen or not.
        if let Some(field) = by.first()
            && let Type::Members(members) = &world.plan.fields[*field].ty
        {
            let groups =
                (0..members.len() as u32).map(|m| GroupRun { group: Some(Some(Value::Member(m))), before: 0, instances: Vec::new() });
            version.groups.extend(groups);
        }
        version
    }

    /// Opens the instances of all periods that have begun by `t`.
    fn begin(&mut self, world: &World<'_>, index: usize, t: Instant, before: &[(Option<Option<Value>>, u32)], sink: &mut Sink) {
        let (Some(unit), term) = (self.unit, world.term(self.id)) else { return };
        while let Some(period) = self.next.take() {
            let start = term.zone.midnight(period.from);
            if start > t || start >= term.to {
                self.next = (start < term.to).then_some(period);
                return;
            }
            self.next = Some(period.next(unit, world.plan.agreement_of(self.id).fiscal));
            for group in &mut self.groups {
                if group.instances.is_empty() {
                    group.before = before.iter().find(|(g, _)| *g == group.group).map_or(0, |(_, n)| *n);
                }
                // The instance before is not touched by later events, but its notices go on.
                if let Some(live) = group.instances.last_mut() {
                    live.pass(&Moment { world, case: None, own: &[], time: start, start: None }, start, false, sink);
                }
                group.open(world, self.id, index, &period, start);
            }
            self.begun.push((period, start));
        }
    }

    fn event(&mut self, moment: &Moment<'_>, index: usize, happening: Happening<'_>, event: &Event, sink: &mut Sink) {
        let world = moment.world;
        let duty = clocked(world, self.id);
        let group = if self.by.is_empty() { None } else { Some(self.group_of(moment, event)) };
        // A value that is new makes a group from the current period on.
        if let Some(Some(value)) = group
            && !self.groups.iter().any(|g| g.group == group)
        {
            let mut run = GroupRun { group: Some(Some(value)), before: 0, instances: Vec::new() };
            let ends = |period: &Period| period.instants(&world.term(self.id).zone).1;
            if let Some((period, start)) = self.begun.last().filter(|(period, _)| event.time < ends(period)) {
                run.open(world, self.id, index, period, *start);
            }
            self.groups.push(run);
        }
        let Some(run) = self.groups.iter_mut().find(|g| g.group == group) else { return };
        let Some(live) = run.instances.last_mut().filter(|l| l.end.is_none()) else { return };
        live.pass(&Moment { case: None, own: &[], ..*moment }, event.time, false, sink);
        let zone = &world.term(self.id).zone;
        if let Some(cancel) = &duty.cancel {
            match live.cancel.step(cancel, happening, moment, zone) {
                Hit::Yes => return live.close(world, End::Cancel, event),
                Hit::Perhaps(gap) => live.could_have_ended(event.time, gap),
                Hit::No => {}
            }
        }
        match live.stop.step(&duty.stop, happening, moment, zone) {
            Hit::Yes => live.close(world, End::Stop, event),
            Hit::Perhaps(gap) => live.could_have_ended(event.time, gap),
            Hit::No => {}
        }
    }

    /// The group that an event speaks of: the value of the field that it, or its case, has.
    fn group_of(&self, moment: &Moment<'_>, event: &Event) -> Option<Value> {
        self.by.iter().find_map(|field| match moment.world.plan.fields[*field].owner {
            Owner::Event(of) if event.event != Some(of) => None,
            _ => moment.field(*field),
        })
    }
}

impl GroupRun {
    fn open(&mut self, world: &World<'_>, id: ObligationId, index: usize, period: &Period, start: Instant) {
        let seq = self.before + self.instances.len() as u32 + 1;
        let live = Live::blank(id, index, None, seq, start);
        self.instances.extend(live.open_period(world, period.from, self.group).map(|live| *live));
    }
}
