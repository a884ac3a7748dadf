//! Verdicts to what people and machines read.
//!
//! [`records`] are the stable JSON Lines, [`table`] is CSV, [`page`] gathers what a person wants to know, and [`text`] and
//! [`markdown`] show it. [`findings`] shows findings about a spec.

pub mod findings;
mod grid;
mod lines;
pub mod markdown;
pub mod page;
pub mod proofs;
pub mod records;
pub mod table;
pub mod text;
mod turns;
mod words;

use crate::engine::{Judgement, ObjectiveRecord, Outcome, Verdict};
use crate::event::{Origin, TextTable, Value};
use crate::id::{AgreementId, ObligationId};
use crate::log::Found;
use crate::model::Type;
use crate::plan::{Agreement, Duty, Obligation, Plan, Service, Start};
use crate::time::{Instant, Zone};

/// Everything that a report is made of.
pub struct Report<'a> {
    plan: &'a Plan,
    texts: &'a TextTable,
    judgement: &'a Judgement,
    log: Found,
    digest: String,
    zones: Vec<Zone>,
    only: Option<Vec<Verdict>>,
}

impl<'a> Report<'a> {
    /// A report on a judgement.
    pub fn new(plan: &'a Plan, texts: &'a TextTable, judgement: &'a Judgement, log: Found) -> Report<'a> {
        let zones = plan.agreements.iter().map(|a| Zone::named(&a.zone).unwrap_or_else(Zone::utc)).collect();
        Report { plan, texts, judgement, log, digest: plan.digest(), zones, only: None }
    }

    /// Narrows the verdict records to these.
    pub fn only(mut self, verdicts: Option<Vec<Verdict>>) -> Report<'a> {
        self.only = verdicts;
        self
    }

    /// Which of the outcomes were asked for.
    fn asked(&self) -> &[Verdict] {
        self.only.as_deref().unwrap_or(&Verdict::ALL)
    }

    /// The outcomes that were asked for.
    fn outcomes(&self) -> impl Iterator<Item = Outcome> {
        self.judgement.outcomes.of(self.asked())
    }

    fn objectives(&self) -> &'a [ObjectiveRecord] {
        &self.judgement.objectives
    }

    fn obligation(&self, id: ObligationId) -> &'a Obligation {
        &self.plan.obligations[id]
    }

    /// A name with its agreement before it, where the report is about several.
    fn among_agreements(&self, id: AgreementId, name: String) -> String {
        let agreement = self.agreement(id);
        if self.plan.agreements.iter().all(|a| a.name == agreement.name) {
            return name;
        }
        let title = crate::model::called(agreement.title.as_ref(), &agreement.name);
        format!("{title}: {name}")
    }

    /// The clause that decided an outcome: the row of a level that changes the promise, else the promise.
    fn clause(&self, o: &Outcome) -> &'a crate::source::Place {
        let obligation = self.obligation(o.obligation);
        let row = match &obligation.duty {
            Duty::Clock(clocked) => o.row.and_then(|row| clocked.rows[row].spec.as_ref()),
            Duty::Rule(_) => None,
        };
        row.unwrap_or(&obligation.spec)
    }

    fn service_of(&self, id: ObligationId) -> &'a Service {
        &self.plan.services[self.plan.obligations[id].service]
    }

    fn agreement(&self, id: AgreementId) -> &'a Agreement {
        &self.plan.agreements[id]
    }

    fn zone(&self, id: AgreementId) -> &Zone {
        &self.zones[crate::id::Id::index(id)]
    }

    /// RFC 3339 with the agreement's offset.
    fn time(&self, agreement: AgreementId, t: Instant) -> String {
        words::rfc3339(self.zone(agreement), t)
    }

    fn case<'o>(&self, outcome: &'o Outcome) -> Option<&'o str> {
        outcome.case.as_ref().map(|c| c.1.text())
    }

    fn file(&self, origin: Origin) -> &str {
        self.log.files.get(origin.file as usize).map_or("", |f| f.name.as_str())
    }

    /// A field's value in words.
    fn value(&self, ty: &Type, agreement: AgreementId, value: Value) -> String {
        match (value, ty) {
            (Value::Text(text), _) => self.texts.text(text).to_string(),
            (Value::Member(m), Type::Members(names)) => names.get(m as usize).cloned().unwrap_or_default(),
            (Value::Member(m), _) => m.to_string(),
            (Value::Number(_) | Value::Long(_), _) => value.as_number(self.texts).map_or_else(String::new, |n| n.short(9)),
            (Value::Bool(b), _) => b.to_string(),
            (Value::Duration(d), _) => d.to_string(),
            (Value::Date(d), _) => d.to_string(),
            (Value::Time(t), _) => self.time(agreement, t),
        }
    }

    /// The keys of an outcome with their values, the group of a duty of each period first.
    fn keys<'o>(&self, outcome: &'o Outcome) -> impl Iterator<Item = (&'a str, Option<(&'a Type, Value)>)> + use<'a, 'o> {
        let (plan, obligation) = (self.plan, self.obligation(outcome.obligation));
        let group = outcome.group.zip(match &obligation.duty {
            Duty::Clock(clocked) => Some(clocked),
            Duty::Rule(_) => None,
        });
        let group = group.and_then(|(group, clocked)| match &clocked.start {
            Start::Each { by, name: Some(name), .. } => {
                let ty = by.first().map_or(&Type::Text, |f| &plan.fields[*f].ty);
                Some((name.as_str(), group.map(|v| (ty, v))))
            }
            Start::Each { .. } | Start::On { .. } => None,
        });
        let keys = obligation.keys.iter().zip(&outcome.keys).map(|(field, value)| {
            let field = &plan.fields[*field];
            (field.name.as_str(), value.map(|v| (&field.ty, v)))
        });
        group.into_iter().chain(keys)
    }

    /// The same in words.
    fn by(&self, outcome: &Outcome) -> Vec<(&'a str, Option<String>)> {
        let agreement = self.service_of(outcome.obligation).agreement;
        self.keys(outcome).map(|(key, value)| (key, value.map(|(ty, v)| self.value(ty, agreement, v)))).collect()
    }

    /// Who is to blame for a breach, if the obligation says.
    fn blame(&self, outcome: &Outcome) -> Option<String> {
        if outcome.verdict == Verdict::Breached { self.owner_in_words(outcome) } else { None }
    }

    /// The value of the field that would be blamed.
    fn owner(&self, outcome: &Outcome) -> Option<(&'a Type, Value)> {
        let obligation = self.obligation(outcome.obligation);
        let at = obligation.blame?;
        let value = outcome.keys.get(at).copied().flatten()?;
        Some((&self.plan.fields[obligation.keys[at]].ty, value))
    }

    /// The same in words.
    fn owner_in_words(&self, outcome: &Outcome) -> Option<String> {
        let agreement = self.service_of(outcome.obligation).agreement;
        self.owner(outcome).map(|(ty, v)| self.value(ty, agreement, v))
    }

    /// How many instances have each verdict, in the order of [`Verdict::ALL`](crate::engine::Verdict::ALL).
    fn totals(&self) -> [u64; 5] {
        self.judgement.totals.iter().fold([0; 5], |mut all, of_track| {
            all.iter_mut().zip(of_track).for_each(|(all, n)| *all += n);
            all
        })
    }

    /// Whether something happened that `--fail-on` names.
    pub fn has(&self, word: &str) -> bool {
        let verdict = crate::engine::Verdict::ALL.iter().zip(self.totals()).any(|(verdict, n)| verdict.word() == word && n > 0);
        verdict || self.judgement.objectives.iter().any(|o| o.verdict.word() == word)
    }
}
