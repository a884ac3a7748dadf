//! Exclusions: calendars become part of the clocks that they stop, states are followed by the engine.

use crate::id::{CalendarId, CaseId, Id, ServiceId};
use crate::model::{self, Excluded};
use crate::plan::from_model::Compiler;
use crate::plan::{Calendar, Condition, Exclusion};
use crate::time::Recipe;

impl Compiler<'_> {
    pub(super) fn exclusions(&mut self, a: &model::Agreement) -> Vec<Exclusion> {
        let states = a.excludes.iter().filter_map(|e| match &e.what {
            Excluded::State(state, during) => Some((*state, during.as_ref(), e.up_to)),
            Excluded::Calendar(..) => None,
        });
        states.map(|(state, during, up_to)| Exclusion { state, during: during.map(|c| self.condition(c)), up_to }).collect()
    }

    /// The calendars that an agreement excludes for a kind of case: under which condition, if under one.
    fn excluded(&self, service: ServiceId, case: Option<CaseId>) -> Vec<(Recipe, Option<&model::Condition>)> {
        let agreement = &self.model.agreements[self.model.services[service].agreement];
        let mut found = Vec::new();
        for exclude in &agreement.excludes {
            let Excluded::Calendar(calendar, filter) = &exclude.what else { continue };
            let condition = match filter {
                None => None,
                // A condition that says nothing of this kind of case excludes nothing of it.
                Some(conditions) => match conditions.iter().find(|(c, _)| Some(*c) == case) {
                    Some((_, condition)) => Some(condition),
                    None => continue,
                },
            };
            let recipe = self.model.calendars[*calendar].recipe.in_zone(self.zone.name());
            let recipe = match exclude.up_to {
                Some((most, unit)) => Recipe::Earliest(Box::new(recipe), most, unit, agreement.fiscal),
                None => recipe,
            };
            found.push((recipe, condition));
        }
        found
    }

    pub(super) fn excluded_if(&mut self, service: ServiceId, case: Option<CaseId>) -> Vec<Condition> {
        let conditions: Vec<model::Condition> = self.excluded(service, case).into_iter().filter_map(|(_, c)| c.cloned()).collect();
        conditions.iter().map(|c| self.condition(c)).collect()
    }

    /// What is excluded by each set of conditions that holds, numbered by its bits.
    fn unions(&self, service: ServiceId, case: Option<CaseId>) -> Vec<Option<Recipe>> {
        let all = self.excluded(service, case);
        let conditional = all.iter().filter(|(_, c)| c.is_some()).count();
        let sets = 0..1usize << conditional;
        let union = |set: usize| {
            let mut bit = 0;
            let counts = all.iter().filter(|(_, condition)| {
                let on = condition.is_none() || set >> bit & 1 == 1;
                bit += usize::from(condition.is_some());
                on
            });
            counts.map(|(recipe, _)| recipe.clone()).reduce(|a, b| Recipe::Or(Box::new(a), Box::new(b)))
        };
        sets.map(union).collect()
    }

    /// A clock's calendar without what is excluded.
    pub(super) fn running(&mut self, clock: CalendarId, of: &model::Obligation) -> Vec<CalendarId> {
        let whole = self.calendar(clock);
        let unions = self.unions(of.service, of.case);
        let without = unions.into_iter().map(|union| match union {
            None => whole,
            Some(union) => {
                let Calendar { name, title, zone, recipe } = self.calendars[whole.index()].clone();
                self.laid(Calendar { name, title, zone, recipe: Recipe::Except(Box::new(recipe), Box::new(union)) })
            }
        });
        without.collect()
    }

    /// The calendars that are excluded from time in a state; none where nothing is.
    pub(super) fn closed(&mut self, service: ServiceId, case: CaseId) -> Vec<CalendarId> {
        let unions = self.unions(service, Some(case));
        if unions.iter().all(Option::is_none) {
            return Vec::new();
        }
        let never = || Recipe::Except(Box::new(Recipe::Always), Box::new(Recipe::Always));
        let zone = self.zone.name().to_string();
        let laid = unions.into_iter().map(|union| {
            let recipe = union.unwrap_or_else(never);
            self.laid(Calendar { name: "excluded".into(), title: None, zone: zone.clone(), recipe })
        });
        laid.collect()
    }
}
