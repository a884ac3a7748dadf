//! What an event can do to a promise, found out before a log is read: most events can do one thing to it, and surely do.

use crate::engine::Happening;
use crate::engine::classes::{Classes, Fulfils};
use crate::engine::clock::Halt;
use crate::engine::live::End;
use crate::engine::matcher::{Hit, Matcher, is_stateless};
use crate::engine::target::{self, Choice};
use crate::engine::truth::{Moment, Tiered, Truth, place_of};
use crate::engine::world::Term;
use crate::id::{AgreementId, CaseId, ClassId, EventId, ObligationId, Table};
use crate::model::{Retier, Trigger};
use crate::plan::{Clocked, Duty, Obligation, Pattern, Plan, Track};
use crate::time::{Instant, Zone};

/// A part of a promise that events may fulfil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Its start; of a rule, what the rule is about.
    Start,
    Stop,
    Cancel,
    Reset,
    Reopen,
}

impl Role {
    pub(super) const ALL: [Role; 5] = [Role::Start, Role::Stop, Role::Cancel, Role::Reset, Role::Reopen];

    /// What an event must fulfil for it, if the obligation has it.
    pub(super) fn of(self, obligation: &Obligation) -> Option<&Pattern> {
        match (&obligation.duty, self) {
            (Duty::Rule(rule), Role::Start) => Some(&rule.on),
            (Duty::Rule(_), _) => None,
            (Duty::Clock(_), Role::Start) => obligation.start(),
            (Duty::Clock(clocked), Role::Stop) => Some(&clocked.stop),
            (Duty::Clock(clocked), Role::Cancel) => clocked.cancel.as_ref(),
            (Duty::Clock(clocked), Role::Reset) => clocked.reset.as_ref(),
            (Duty::Clock(clocked), Role::Reopen) => clocked.reopen.as_ref(),
        }
    }

    #[inline]
    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The parts of a promise that an event can reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Roles {
    may: u8,
    /// Those that the event alone fulfils, whatever else holds.
    surely: u8,
}

impl Roles {
    /// What each event does to all versions of a promise, whatever its own values are.
    pub(super) fn by_event(plan: &Plan, classes: &Classes, track: &Track) -> Table<EventId, Roles> {
        let mut all: Table<EventId, Option<Roles>> = plan.events.iter().map(|_| None).collect();
        for (class, roles) in Roles::by_class(plan, classes, track).enumerate() {
            let known = all[classes.event(class)].get_or_insert(*roles);
            *known = Roles { may: known.may | roles.may, surely: known.surely & roles.surely };
        }
        all.iter().map(|roles| roles.unwrap_or_default()).collect()
    }

    /// What each class of events does to all versions of a promise.
    pub(super) fn by_class(plan: &Plan, classes: &Classes, track: &Track) -> Table<ClassId, Roles> {
        let mut all: Table<ClassId, Roles> = classes.ids().map(|_| Roles::default()).collect();
        for role in Role::ALL {
            let mut versions: Table<ClassId, usize> = classes.ids().map(|_| 0).collect();
            for pattern in track.0.iter().filter_map(|id| role.of(&plan.obligations[*id])) {
                for (class, fulfils) in classes.that_may(plan, pattern) {
                    all[class].may |= role.bit();
                    versions[class] += usize::from(fulfils == Fulfils::Surely);
                }
            }
            for (class, _) in versions.enumerate().filter(|(_, count)| **count == track.0.len()) {
                all[class].surely |= role.bit();
            }
        }
        all
    }

    /// What states that are entered or left can do to a promise.
    pub(super) fn by_states(plan: &Plan, track: &Track) -> Roles {
        let is_of_state = |p: &Pattern| p.any.iter().flatten().any(|atom| !matches!(atom.on, Trigger::Event(_)));
        let asks = |role: &Role| track.0.iter().filter_map(|id| role.of(&plan.obligations[*id])).any(is_of_state);
        let may = Role::ALL.iter().filter(|role| asks(role)).fold(0, |may, role| may | role.bit());
        Roles { may, surely: 0 }
    }

    pub(super) fn or(self, other: Roles) -> Roles {
        Roles { may: self.may | other.may, surely: self.surely | other.surely }
    }

    #[inline]
    pub(super) fn is_none(self) -> bool {
        self.may == 0
    }

    #[inline]
    pub(super) fn may(self, role: Role) -> bool {
        self.may & role.bit() != 0
    }

    /// Whether the event alone fulfils the part.
    #[inline]
    pub(super) fn surely(self, role: Role) -> bool {
        self.surely & role.bit() != 0
    }

    /// Takes an event for a part.
    #[inline]
    pub(super) fn step(
        self,
        role: Role,
        pattern: &Pattern,
        matcher: Option<&mut Matcher>,
        happening: Happening<'_>,
        moment: &Moment<'_>,
        zone: &Zone,
    ) -> Hit {
        if self.surely(role) {
            return Hit::Yes;
        }
        if !self.may(role) {
            return Hit::No;
        }
        matcher.unwrap_or(&mut Matcher::default()).step(pattern, happening, moment, zone)
    }
}

fn rows_by_tier(plan: &Plan, clocked: &Clocked) -> Option<Box<[Option<u32>]>> {
    let row = |tier: Tiered| match target::choose(&clocked.rows, |_| Truth::True, tier) {
        Choice::Row(row) => u32::try_from(row).ok(),
        Choice::Nothing | Choice::Waits(_) | Choice::Unknown(_) => None,
    };
    let tiers = std::iter::once(Tiered::InNone).chain(plan.tiers.ids().map(Tiered::In));
    clocked.rows.iter().all(|row| row.condition.is_none()).then(|| tiers.map(row).collect())
}

/// What an event does to one of the promises of its case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Act {
    /// Which, by its place among them.
    pub(super) at: u32,
    pub(super) roles: Roles,
    /// All that the event can do is to end the instance so, and it surely does.
    pub(super) ends: Option<End>,
}

impl Act {
    pub(super) fn new(at: usize, roles: Roles) -> Act {
        let ends = [(Role::Stop, End::Stop), (Role::Cancel, End::Cancel)];
        let alone = |role: Role| Roles { may: role.bit(), surely: role.bit() } == roles;
        let ends = ends.into_iter().find(|(role, _)| alone(*role)).map(|(_, end)| end);
        Act { at: u32::try_from(at).expect("a spec is limited to far fewer obligations"), roles, ends }
    }
}

/// One version of a promise, with what is asked of it at every event.
pub(super) struct Promise<'p> {
    pub(super) obligation: &'p Obligation,
    /// Nothing for a rule.
    pub(super) clocked: Option<&'p Clocked>,
    pub(super) agreement: AgreementId,
    /// Every case is one that it is about.
    pub(super) is_about_all: bool,
    /// An instance of it has to count events.
    pub(super) counts: bool,
    /// Something may stop its clock on the way.
    pub(super) halts: bool,
    /// The states in which it pauses: of which kind of case each is, and its slot.
    pauses: Box<[(CaseId, u16)]>,
    /// A change of tier changes its target, or begins it anew.
    pub(super) retiers: bool,
    /// A stop may be withdrawn.
    pub(super) reopens: bool,
    /// The first instant of its agreement's term, and the first after it.
    pub(super) term: (Instant, Instant),
    /// Where no row has a condition: the row of each tier, behind that of no tier.
    pub(super) row_of: Option<Box<[Option<u32>]>>,
}

impl<'p> Promise<'p> {
    pub(super) fn new(plan: &'p Plan, id: ObligationId, agreements: &Table<AgreementId, Term>) -> Promise<'p> {
        let obligation = &plan.obligations[id];
        let clocked = match &obligation.duty {
            Duty::Clock(clocked) => Some(&**clocked),
            Duty::Rule(_) => None,
        };
        let agreement = plan.services[obligation.service].agreement;
        let later = [Role::Stop, Role::Cancel, Role::Reset, Role::Reopen];
        Promise {
            obligation,
            clocked,
            agreement,
            is_about_all: obligation.about.applies.is_none() && obligation.about.unless.is_empty(),
            counts: later.iter().filter_map(|role| role.of(obligation)).any(|p| !is_stateless(p)),
            halts: clocked.is_some_and(|c| !c.pause.is_empty()) || !plan.agreements[agreement].exclusions.is_empty(),
            pauses: clocked.iter().flat_map(|c| &c.pause).map(|s| (plan.states[*s].case, plan.states[*s].slot)).collect(),
            retiers: clocked.is_some_and(|c| c.retier != Retier::Keep),
            reopens: clocked.is_some_and(|c| c.reopen.is_some()),
            term: (agreements[agreement].from, agreements[agreement].to),
            row_of: clocked.and_then(|c| rows_by_tier(plan, c)),
        }
    }

    /// The states of a kind of case in which it pauses, by their slots.
    pub(super) fn pauses_of(&self, kind: CaseId) -> impl Iterator<Item = u16> {
        self.pauses.iter().filter(move |(of, _)| *of == kind).map(|(_, slot)| *slot)
    }

    /// Of a tier that is known, where no row has a condition: its row, if it has one.
    #[inline]
    pub(super) fn row_of(&self, tier: Tiered) -> Option<Option<u32>> {
        self.row_of.as_deref()?.get(place_of(tier.known()?)).copied()
    }
}

/// Whether the clock of a case's instance runs now.
#[inline]
pub(super) fn halt(moment: &Moment<'_>, id: ObligationId) -> Halt {
    let (world, Some(case)) = (moment.world, moment.case) else { return Halt::Runs };
    let promise = &world.promises[id];
    if !promise.halts {
        Halt::Runs
    } else if world.is_excluded(id, case.excluded()) {
        Halt::Excluded
    } else if promise.pauses.iter().any(|(kind, slot)| *kind == case.kind && case.is_on_at(*slot)) {
        Halt::Paused
    } else {
        Halt::Runs
    }
}
