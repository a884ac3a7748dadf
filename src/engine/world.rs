//! What does not change while a log is judged: the plan with its calendars laid out.

use crate::event::{TextId, Texts};
use crate::id::{AgreementId, CalendarId, CaseId, ObligationId, Table};
use crate::model::Waiver;
use crate::plan::{Exclusion, Obligation, Plan};
use crate::time::{Calendar, Horizon, Instant, Zone};
use chrono::{Datelike, Days};

/// The plan, ready to be asked.
pub(super) struct World<'p> {
    pub(super) plan: &'p Plan,
    pub(super) texts: &'p Texts,
    pub(super) calendars: Table<CalendarId, Calendar>,
    pub(super) agreements: Table<AgreementId, Term>,
    /// The states that agreements exclude.
    pub(super) exclusions: Vec<&'p Exclusion>,
    /// Of which agreement each is.
    pub(super) exclusion_of: Vec<AgreementId>,
    /// The spans of the plan that are about each kind of case.
    pub(super) spans: Table<CaseId, Vec<usize>>,
}

/// When an agreement is in force.
pub(super) struct Term {
    pub(super) zone: Zone,
    /// First instant.
    pub(super) from: Instant,
    /// One past the last instant.
    pub(super) to: Instant,
}

impl<'p> World<'p> {
    pub(super) fn new(plan: &'p Plan, texts: &'p Texts) -> World<'p> {
        let zone = |name: &str| Zone::named(name).expect("the zones of a plan were checked");
        let agreements: Table<AgreementId, Term> = plan
            .agreements
            .iter()
            .map(|a| {
                let zone = zone(&a.zone);
                let from = zone.midnight(a.from);
                let to = a.to.map_or(Instant::LAST, |to| zone.midnight(to + Days::new(1)));
                Term { zone, from, to }
            })
            .collect();
        // Instances start inside of a term and mostly end soon after it; calendars go on by themselves where one does not.
        let first = plan.agreements.iter().map(|a| a.from.year()).min().unwrap_or(2000);
        let last = plan.agreements.iter().map(|a| a.to.unwrap_or(a.from).year()).max().unwrap_or(2000);
        let open_ended = plan.agreements.iter().any(|a| a.to.is_none());
        let horizon = Horizon { first: first - 1, last: last + if open_ended { 20 } else { 3 } };
        let calendars =
            plan.calendars.iter().map(|c| Calendar::new(&c.recipe, &zone(&c.zone), horizon).expect("the zones of a plan were checked"));
        let calendars = calendars.collect();
        let all = || plan.agreements.enumerate().flat_map(|(id, a)| a.exclusions.iter().map(move |e| (id, e)));
        let exclusions = all().map(|(_, e)| e).collect();
        let exclusion_of = all().map(|(id, _)| id).collect();
        let about = |case: CaseId| plan.spans.iter().enumerate().filter(move |(_, s)| plan.states[s.state].case == case).map(|(i, _)| i);
        let spans = plan.cases.ids().map(|case| about(case).collect()).collect();
        World { plan, texts, calendars, agreements, exclusions, exclusion_of, spans }
    }

    /// Whether an obligation's time is excluded, by which of the exclusions are on.
    pub(super) fn is_excluded(&self, obligation: ObligationId, on: &[bool]) -> bool {
        let agreement = self.plan.services[self.plan.obligations[obligation].service].agreement;
        on.iter().zip(&self.exclusion_of).any(|(on, of)| *on && *of == agreement)
    }

    pub(super) fn obligation(&self, id: ObligationId) -> &'p Obligation {
        &self.plan.obligations[id]
    }

    /// Whether a promise of a case does not count where it is due at this instant.
    pub(super) fn is_waived(&self, obligation: ObligationId, case: Option<(CaseId, TextId)>, due: Option<Instant>) -> bool {
        let waivers = &self.plan.agreement_of(obligation).waivers;
        let (false, Some((kind, key)), Some(due)) = (waivers.is_empty(), case, due) else { return false };
        let date = self.term(obligation).zone.date(due);
        let is_meant = |w: &&Waiver| w.obligation == obligation && w.case == kind && w.key == self.texts.text(key);
        waivers.iter().filter(is_meant).any(|w| (w.from..=w.until).contains(&date))
    }

    pub(super) fn term(&self, id: ObligationId) -> &Term {
        &self.agreements[self.plan.services[self.plan.obligations[id].service].agreement]
    }

    /// The version of an obligation that is in force at an instant.
    pub(super) fn in_force(&self, versions: &[ObligationId], t: Instant) -> Option<ObligationId> {
        versions.iter().copied().find(|id| {
            let term = self.term(*id);
            term.from <= t && t < term.to
        })
    }
}
