//! Levels: an agreement that extends another, with what it takes over and what it changes (section 2.7).
//!
//! A level is joined in the tree: what it does not say is its parent's. The rest of the checker sees an agreement like any
//! other; the parts keep the places at which they were written, so that a verdict can name the level that decided it.

use crate::ast::{self, AgreementClause, Clause, Item, ObjectiveClause, ObligationClause};
use crate::check::{Checker, Scope};
use crate::diagnostic::{Code, Finding};
use crate::source::Span;
use std::mem::discriminant;

/// An agreement with everything that it takes over.
pub(super) struct Level {
    /// As if it had been written in full.
    pub(super) tree: ast::Agreement,
    /// The agreement that it extends, by position.
    pub(super) parent: Option<usize>,
    /// What it changes of that.
    pub(super) changes: Vec<LevelChange>,
}

/// `override support.resolve { … }`, or `relax`.
#[derive(Clone, Debug)]
pub(super) struct LevelChange {
    pub(super) span: Span,
    pub(super) service: String,
    pub(super) promise: String,
    pub(super) relaxed: bool,
}

impl Checker {
    /// All agreements in the order of the text, each joined with what it extends.
    pub(super) fn levels(&mut self, files: &[ast::File]) -> Vec<Level> {
        let items = files.iter().flat_map(|f| &f.items);
        let written: Vec<&ast::Agreement> = items.filter_map(|i| if let Item::Agreement(a) = i { Some(a) } else { None }).collect();
        let parents: Vec<Option<usize>> = written.iter().map(|a| self.parent_of(a, &written)).collect();
        let mut levels: Vec<Option<Level>> = written.iter().map(|_| None).collect();
        for (at, agreement) in written.iter().enumerate() {
            // From the top of its chain down, so that each finds its parent joined.
            let mut chain = vec![at];
            while let Some(parent) = parents[*chain.last().expect("it begins with one")] {
                if chain.contains(&parent) {
                    if levels[at].is_some() {
                        break;
                    }
                    let message = format!("agreement `{}` extends itself", agreement.name.text);
                    let span = agreement.extends.as_ref().map_or(agreement.name.span, |e| e.span);
                    self.say(Finding::new(Code::CircularLevels, span, message).help("let the topmost agreement extend none"));
                    break;
                }
                chain.push(parent);
            }
            let circular = chain.last().is_some_and(|top| parents[*top].is_some());
            for at in chain.into_iter().rev() {
                if levels[at].is_none() {
                    let parent = if circular { None } else { parents[at] };
                    let above = parent.and_then(|p| levels[p].as_ref()).map(|p| p.tree.clone());
                    let (tree, changes) = match above {
                        Some(above) => self.joined(written[at], &above),
                        None => (written[at].clone(), Vec::new()),
                    };
                    levels[at] = Some(Level { tree, parent, changes });
                }
            }
        }
        levels.into_iter().flatten().collect()
    }

    /// The agreement that is extended: of several versions the one in force on this one's first day, else the last.
    fn parent_of(&mut self, agreement: &ast::Agreement, all: &[&ast::Agreement]) -> Option<usize> {
        let name = agreement.extends.as_ref()?;
        let versions: Vec<usize> = (0..all.len()).filter(|i| all[*i].name.text == name.text).collect();
        if versions.is_empty() {
            let known: Vec<String> = all.iter().map(|a| a.name.text.clone()).filter(|n| *n != agreement.name.text).collect();
            self.unknown(name, "an agreement", &known, Scope::default());
        }
        let first = effective(agreement).map(|e| e.0);
        let holds = |i: &usize| match (first, effective(all[*i])) {
            (Some(day), Some((from, to))) => from <= day && to.is_none_or(|to| day <= to),
            _ => false,
        };
        versions.iter().copied().find(holds).or(versions.last().copied())
    }

    fn joined(&mut self, own: &ast::Agreement, above: &ast::Agreement) -> (ast::Agreement, Vec<LevelChange>) {
        let mut tree = own.clone();
        let (mut clauses, mut changes) = (Vec::new(), Vec::new());
        let says = |word: &AgreementClause| own.clauses.iter().any(|c| discriminant(&c.kind) == discriminant(word));
        let renames = |of: &ast::Let| own.clauses.iter().any(|c| matches!(&c.kind, AgreementClause::Let(l) if l.name.text == of.name.text));
        for clause in &above.clauses {
            let kept = match &clause.kind {
                // Who it is, and what it is for, each level says of itself.
                AgreementClause::Kind(_)
                | AgreementClause::Version(_)
                | AgreementClause::Effective(..)
                | AgreementClause::Goal(..)
                | AgreementClause::Prose(..)
                | AgreementClause::Level(_)
                | AgreementClause::For(_)
                | AgreementClause::Override(_)
                | AgreementClause::Relax(..) => false,
                AgreementClause::Let(of) => !renames(of),
                AgreementClause::Assert(..)
                | AgreementClause::Exclude(_)
                | AgreementClause::Highest(_)
                | AgreementClause::Waive(_)
                | AgreementClause::Service(_) => true,
                AgreementClause::Zone(_)
                | AgreementClause::Currency(_)
                | AgreementClause::Fiscal(..)
                | AgreementClause::Review(_)
                | AgreementClause::Applies(_)
                | AgreementClause::Clock(_)
                | AgreementClause::Cap(_)
                | AgreementClause::Claim(..) => !says(&clause.kind),
            };
            if kept {
                clauses.push(clause.clone());
            }
        }
        for clause in &own.clauses {
            match &clause.kind {
                AgreementClause::Override(change) => changes.extend(self.change(change, clause.span, None, &mut clauses)),
                AgreementClause::Relax(change, because) => changes.extend(self.change(change, clause.span, Some(because), &mut clauses)),
                // A service of an inherited name adds its promises to the inherited ones.
                AgreementClause::Service(service) => match inherited(&mut clauses, &service.name.text) {
                    Some(above) => {
                        if service.title.is_some() || !service.by.is_empty() || !service.for_.is_empty() {
                            let message = format!("service `{}` is taken over with its title and its parties", service.name.text);
                            let finding =
                                Finding::new(Code::DuplicateClause, service.name.span, message).also(above.name.span, "declared above");
                            self.say(finding.help(format!("write `service {} {{ … }}` to add promises to it", service.name.text)));
                        }
                        above.obligations.extend(service.obligations.iter().cloned());
                        above.objectives.extend(service.objectives.iter().cloned());
                    }
                    None => clauses.push(clause.clone()),
                },
                _ => clauses.push(clause.clone()),
            }
        }
        tree.clauses = clauses;
        (tree, changes)
    }

    fn change(
        &mut self,
        change: &ast::Change,
        span: Span,
        because: Option<&ast::Text>,
        clauses: &mut [Clause<AgreementClause>],
    ) -> Option<LevelChange> {
        if let Some(because) = because.filter(|b| b.text.trim().is_empty()) {
            self.say(Finding::new(Code::MissingClause, because.span, "this gives no reason").help("say why, and who agreed to it"));
        }
        let services: Vec<&mut ast::Service> = clauses
            .iter_mut()
            .filter_map(|c| if let AgreementClause::Service(s) = &mut c.kind { Some(s) } else { None })
            .filter(|s| change.of.service.as_ref().is_none_or(|wanted| s.name.text == wanted.text))
            .collect();
        let mut known = Vec::new();
        for service in services {
            let name = service.name.text.clone();
            let made =
                |promise: &str| Some(LevelChange { span, service: name.clone(), promise: promise.into(), relaxed: because.is_some() });
            if let Some(obligation) = service.obligations.iter_mut().find(|o| o.name.text == change.of.name.text) {
                let locked = obligation.clauses.iter().find(|c| matches!(c.kind, ObligationClause::Locked)).map(|c| c.span);
                if self.may_change(change, locked, change.objective.first().map(|c| c.span), "an obligation") {
                    change_obligation(obligation, change, span);
                }
                return made(&change.of.name.text);
            }
            if let Some(objective) = service.objectives.iter_mut().find(|o| o.name.text == change.of.name.text) {
                let locked = objective.clauses.iter().find(|c| matches!(c.kind, ObjectiveClause::Locked)).map(|c| c.span);
                let stray = change.obligation.iter().find(|c| !matches!(c.kind, ObligationClause::Locked)).map(|c| c.span);
                if self.may_change(change, locked, stray, "an objective") {
                    change_objective(objective, change, span);
                }
                return made(&change.of.name.text);
            }
            known.extend(service.obligations.iter().map(|o| o.name.text.clone()));
            known.extend(service.objectives.iter().map(|o| o.name.text.clone()));
        }
        self.unknown(&change.of.name, "a promise of the extended agreement", &known, Scope::default());
        None
    }

    fn may_change(&mut self, change: &ast::Change, locked: Option<Span>, stray: Option<Span>, kind: &str) -> bool {
        if let Some(locked) = locked {
            let message = format!("`{}` is locked: no level may change it", change.of.name.text);
            let finding = Finding::new(Code::LockedClause, change.of.name.span, message).also(locked, "locked here");
            self.say(finding.help("remove the change, or agree with the owner of the upper level to unlock it"));
        }
        if let Some(stray) = stray {
            let message = format!("this clause says nothing of {kind}");
            self.say(Finding::new(Code::WrongKind, stray, message).also(change.of.name.span, format!("this is {kind}")));
        }
        locked.is_none() && stray.is_none()
    }
}

fn effective(agreement: &ast::Agreement) -> Option<(chrono::NaiveDate, Option<chrono::NaiveDate>)> {
    agreement.clauses.iter().find_map(|c| if let AgreementClause::Effective(from, to) = c.kind { Some((from, to)) } else { None })
}

fn inherited<'c>(clauses: &'c mut [Clause<AgreementClause>], name: &str) -> Option<&'c mut ast::Service> {
    clauses.iter_mut().find_map(|c| match &mut c.kind {
        AgreementClause::Service(s) if s.name.text == name => Some(s),
        _ => None,
    })
}

/// New rows of `within` stand before the old ones; every other clause takes the place of its like. Where more than rows
/// changes, the promise as a whole is the level's.
fn change_obligation(obligation: &mut ast::Obligation, change: &ast::Change, span: Span) {
    let inherited = obligation.clauses.clone();
    for clause in &change.obligation {
        if let ObligationClause::Within(rows) = &clause.kind
            && let Some(ObligationClause::Within(old)) =
                obligation.clauses.iter_mut().map(|c| &mut c.kind).find(|k| matches!(k, ObligationClause::Within(_)))
        {
            old.splice(0..0, rows.iter().cloned());
            continue;
        }
        let begins = |kind: &ObligationClause| matches!(kind, ObligationClause::Start { .. } | ObligationClause::Each(..));
        let replaced =
            |c: &Clause<ObligationClause>| discriminant(&c.kind) == discriminant(&clause.kind) || (begins(&c.kind) && begins(&clause.kind));
        obligation.clauses.retain(|c| !(replaced(c) && inherited.contains(c)));
        obligation.clauses.push(clause.clone());
        obligation.span = span;
    }
}

fn change_objective(objective: &mut ast::Objective, change: &ast::Change, span: Span) {
    let costs = |kind: &ObjectiveClause| matches!(kind, ObjectiveClause::Credit(_) | ObjectiveClause::Penalty(_));
    let inherited = objective.clauses.clone();
    for clause in &change.objective {
        let replaced =
            |c: &Clause<ObjectiveClause>| discriminant(&c.kind) == discriminant(&clause.kind) || (costs(&c.kind) && costs(&clause.kind));
        objective.clauses.retain(|c| !(replaced(c) && inherited.contains(c)));
        objective.clauses.push(clause.clone());
        objective.span = span;
    }
    // `locked` reads the same in both kinds of promises.
    for clause in change.obligation.iter().filter(|c| matches!(c.kind, ObligationClause::Locked)) {
        objective.clauses.push(Clause { span: clause.span, kind: ObjectiveClause::Locked });
    }
}
