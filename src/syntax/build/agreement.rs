//! Agreements, services, obligations and objectives.

use super::grammar::has;
use super::{Builder, Node, Parts, Rule, unreachable_rule};
use crate::ast::{
    Agreement, AgreementClause, Band, BandUnit, Cap, Chain, Change, Chronic, Clause, CountedBy, Exclude, Expect, Expr, ExprKind, Let,
    NoticeKind, NoticePoint, Objective, ObjectiveClause, Obligation, ObligationClause, Recipient, Review, Rounding, Service, Target,
    TargetKind, TargetPath, TargetRow, Waive, WindowKind, WindowUnit,
};
use crate::diagnostic::Code;
use crate::time::Unit;

impl Builder<'_> {
    pub(super) fn agreement(&mut self, node: Node<'_>) -> Agreement {
        let (span, doc) = (self.span(&node), self.doc(&node));
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        let title = self.title(&mut parts);
        let extends = parts.take(Rule::extends).map(|n| self.name(Parts::of(n).need(Rule::name)));
        let body = parts.need(Rule::agreement_body);
        let broken = broken_words(&body, Rule::broken_in_agreement);
        let clauses = self.body(body, Rule::broken_in_agreement, Rule::only_agreement, Self::agreement_clause);
        Agreement { span, doc, name, title, extends, clauses, broken }
    }

    fn agreement_clause(&mut self, node: Node<'_>) -> Option<Clause<AgreementClause>> {
        let (span, doc, rule) = (self.span(&node), self.doc(&node), node.as_rule());
        if rule == Rule::service {
            return Some(Clause { span, kind: AgreementClause::Service(self.service(node, doc)) });
        }
        let during = has(&node, Rule::during);
        let mut parts = Parts::of(node);
        let kind = match rule {
            Rule::kind => AgreementClause::Kind(self.name(parts.need(Rule::kind_word))),
            Rule::version => AgreementClause::Version(self.text(parts.need(Rule::string))),
            Rule::effective => {
                let from = self.date(parts.need(Rule::date));
                let to = parts.take(Rule::date).map(|n| self.date(n));
                if to.is_some_and(|to| to < from) {
                    self.backward(span, "the agreement ends before it begins");
                }
                AgreementClause::Effective(from, to)
            }
            Rule::zone => AgreementClause::Zone(self.text(parts.need(Rule::string))),
            Rule::agreement_currency => AgreementClause::Currency(self.currency(parts.need(Rule::currency))),
            Rule::fiscal => {
                let (month, day) = self.month_day(parts.need(Rule::month_day))?;
                AgreementClause::Fiscal(month, day)
            }
            Rule::review => match parts.take(Rule::period_unit) {
                Some(unit) => AgreementClause::Review(Review::Every(unit_of(&unit))),
                None => AgreementClause::Review(Review::On(parts.all(Rule::date).into_iter().map(|n| self.date(n)).collect())),
            },
            Rule::applies => AgreementClause::Applies(self.expr(parts.need(Rule::expr))),
            Rule::clock => AgreementClause::Clock(self.name(parts.need(Rule::name))),
            Rule::goal => AgreementClause::Goal(self.name(parts.need(Rule::name)), self.text(parts.need(Rule::string))),
            Rule::let_ => {
                let name = self.name(parts.need(Rule::name));
                let title = self.title(&mut parts);
                let value = self.expr(parts.need(Rule::expr));
                let measured = parts.take(Rule::measured).map(|n| {
                    let mut parts = Parts::of(n);
                    (self.expr(parts.need(Rule::expr)), unit_of(&parts.need(Rule::period_unit)))
                });
                AgreementClause::Let(Let { name, title, value, measured })
            }
            Rule::assert => {
                let condition = self.expr(parts.need(Rule::expr));
                AgreementClause::Assert(condition, parts.take(Rule::string).map(|n| self.text(n)))
            }
            Rule::exclude => {
                let what = parts.next().expect("something is excluded");
                let what = if during { self.name(Parts::of(what).need(Rule::name)) } else { self.name(what) };
                let up_to = parts.take(Rule::up_to).map(|n| {
                    let mut parts = Parts::of(n);
                    (self.duration(parts.need(Rule::duration)), self.window_unit(parts.need(Rule::window_unit)))
                });
                let filter = parts.take(Rule::expr).map(|n| self.expr(n));
                AgreementClause::Exclude(Exclude { what, during, up_to, filter, title: self.title(&mut parts) })
            }
            Rule::cap => AgreementClause::Cap(self.cap(parts)),
            Rule::claim => {
                let within = parts.next().expect("a claim has a limit");
                let target = self.target_of(within);
                AgreementClause::Claim(target, parts.take(Rule::event_ref).map(|n| self.event_ref(n)))
            }
            Rule::highest => AgreementClause::Highest(parts.all(Rule::name).into_iter().map(|n| self.name(n)).collect()),
            Rule::prose => AgreementClause::Prose(self.text(parts.need(Rule::string)), self.text(parts.need(Rule::string))),
            Rule::waive => AgreementClause::Waive(Waive {
                case: self.name(parts.need(Rule::name)),
                key: self.text(parts.need(Rule::string)),
                of: self.target_path(parts.need(Rule::target_path)),
                from: self.date(parts.need(Rule::date)),
                until: self.date(parts.need(Rule::date)),
                because: parts.take(Rule::string).map(|n| self.text(n)),
            }),
            Rule::level => AgreementClause::Level(self.name(parts.need(Rule::name))),
            Rule::for_party => AgreementClause::For(self.name(parts.need(Rule::name))),
            Rule::override_ => AgreementClause::Override(self.change(&mut parts)),
            Rule::relax => {
                let change = self.change(&mut parts);
                AgreementClause::Relax(change, self.text(parts.need(Rule::string)))
            }
            other => unreachable_rule(other),
        };
        Some(Clause { span, kind })
    }

    fn target_path(&mut self, node: Node<'_>) -> TargetPath {
        let mut names: Vec<_> = Parts::of(node).all_nodes().into_iter().map(|n| self.name(n)).collect();
        let name = names.pop().expect("a path has a name");
        TargetPath { service: names.pop(), name }
    }

    fn change(&mut self, parts: &mut Parts<'_>) -> Change {
        let of = self.target_path(parts.need(Rule::target_path));
        let (mut obligation, mut objective) = (Vec::new(), Vec::new());
        let body = parts.need(Rule::change_body);
        self.body(body, Rule::broken_in_change, Rule::only_change, |b, n| {
            if is_objective_clause(n.as_rule()) {
                objective.push(b.objective_clause(n))
            } else {
                obligation.push(b.obligation_clause(n))
            }
            None::<()>
        });
        Change { of, obligation, objective }
    }

    fn cap(&mut self, mut parts: Parts<'_>) -> Cap {
        let amount = self.expr(parts.need(Rule::expr));
        Cap { amount, per: parts.take(Rule::window_unit).map(|n| self.window_unit(n)) }
    }

    fn service(&mut self, node: Node<'_>, doc: Option<String>) -> Service {
        let (mut by, mut for_, mut owes) = (Vec::new(), Vec::new(), true);
        let mut parts = Parts::of(node.clone());
        let name = self.name(parts.need(Rule::name));
        let title = self.title(&mut parts);
        for part in node.into_inner().skip_while(|n| n.as_rule() != Rule::kw_by && n.as_rule() != Rule::kw_for) {
            match part.as_rule() {
                Rule::kw_by => owes = true,
                Rule::kw_for => owes = false,
                Rule::name if owes => by.push(self.name(part)),
                Rule::name => for_.push(self.name(part)),
                _ => {}
            }
        }
        parts.all(Rule::name);
        let (mut obligations, mut objectives) = (Vec::new(), Vec::new());
        self.body(parts.need(Rule::service_body), Rule::broken_in_service, Rule::only_service, |b, n| {
            match n.as_rule() {
                Rule::obligation => obligations.push(b.obligation(n)),
                _ => objectives.push(b.objective(n)),
            }
            None::<()>
        });
        Service { doc, name, title, by, for_, obligations, objectives }
    }

    fn obligation(&mut self, node: Node<'_>) -> Obligation {
        let (span, doc) = (self.span(&node), self.doc(&node));
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        let title = self.title(&mut parts);
        let body = parts.need(Rule::obligation_body);
        let broken = broken_words(&body, Rule::broken_in_obligation);
        let clauses = self.body(body, Rule::broken_in_obligation, Rule::only_obligation, |b, n| Some(b.obligation_clause(n)));
        Obligation { span, doc, name, title, clauses, broken }
    }

    fn obligation_clause(&mut self, node: Node<'_>) -> Clause<ObligationClause> {
        let (span, rule) = (self.span(&node), node.as_rule());
        let chain = if has(&node, Rule::kw_then) { Chain::Then } else { Chain::And };
        let mut parts = Parts::of(node);
        let kind = match rule {
            Rule::applies => ObligationClause::Applies(self.expr(parts.need(Rule::expr))),
            Rule::start => match parts.take(Rule::period_unit) {
                Some(unit) => {
                    let by = parts.take(Rule::group_by).map(|n| self.names(n)).unwrap_or_default();
                    ObligationClause::Each(unit_of(&unit), by)
                }
                None => {
                    let once = parts.take(Rule::once).is_some();
                    ObligationClause::Start { once, on: self.pattern(parts.need(Rule::pattern)) }
                }
            },
            Rule::stop => ObligationClause::Stop(self.pattern(parts.need(Rule::pattern))),
            Rule::pause => {
                let mut states = vec![self.name(parts.need(Rule::name))];
                while parts.take(Rule::or).is_some() {
                    states.push(self.name(parts.need(Rule::name)));
                }
                ObligationClause::Pause(states)
            }
            Rule::cancel => ObligationClause::Cancel(self.pattern(parts.need(Rule::pattern))),
            Rule::reset => ObligationClause::Reset(self.pattern(parts.need(Rule::pattern))),
            Rule::reopen => ObligationClause::Reopen(self.pattern(parts.need(Rule::pattern))),
            Rule::retier => ObligationClause::Retier(self.name(parts.need(Rule::retier_word))),
            Rule::within => ObligationClause::Within(parts.all(Rule::target_row).into_iter().map(|n| self.target_row(n)).collect()),
            Rule::clock => ObligationClause::Clock(self.name(parts.need(Rule::name))),
            Rule::warn => ObligationClause::Warn(parts.all(Rule::notice_point).into_iter().map(|n| self.notice_point(n)).collect()),
            Rule::escalate => ObligationClause::Escalate(parts.all(Rule::escalation).into_iter().map(|n| self.escalation(n)).collect()),
            Rule::blame => ObligationClause::Blame(self.name(parts.need(Rule::name))),
            Rule::require => {
                let condition = self.expr(parts.need(Rule::expr));
                let on = self.event_ref(parts.need(Rule::event_ref));
                ObligationClause::Require(condition, on, parts.take(Rule::expr).map(|n| self.expr(n)))
            }
            Rule::forbid => {
                let on = self.event_ref(parts.need(Rule::event_ref));
                let state = parts.take(Rule::name).map(|n| self.name(n));
                ObligationClause::Forbid(on, state, parts.take(Rule::expr).map(|n| self.expr(n)))
            }
            Rule::penalty => {
                let amount = self.expr(parts.need(Rule::expr));
                let rounding = self.rounding(&mut parts);
                ObligationClause::Penalty(amount, parts.take(Rule::duration).map(|n| (rounding, self.duration(n))))
            }
            Rule::backed => {
                let paths = parts.all_nodes().into_iter().filter(|n| n.as_rule() == Rule::target_path);
                ObligationClause::Backed(paths.map(|n| self.target_path(n)).collect(), chain)
            }
            Rule::locked => ObligationClause::Locked,
            other => unreachable_rule(other),
        };
        Clause { span, kind }
    }

    fn rounding(&mut self, parts: &mut Parts<'_>) -> Rounding {
        match parts.take(Rule::rounding).map(|n| n.as_str().trim().to_string()).as_deref() {
            Some("started") => Rounding::Started,
            Some(_) => Rounding::Full,
            None => Rounding::Exact,
        }
    }

    fn target_row(&mut self, node: Node<'_>) -> TargetRow {
        let span = self.span(&node);
        let named_calendar = has(&node, Rule::kw_on);
        let mut parts = Parts::of(node);
        let target = Parts::of(parts.need(Rule::target)).next().expect("a target has a form");
        let target = self.target_of(target);
        let mut tiers: Vec<_> = parts.all(Rule::name).into_iter().map(|n| self.name(n)).collect();
        // The calendar's name follows the tiers' names; its `on` tells that it is there.
        let on = if named_calendar { tiers.pop() } else { None };
        let condition = match parts.take(Rule::during) {
            Some(node) => {
                let span = self.span(&node);
                Some(Expr { span, kind: ExprKind::During(self.name(Parts::of(node).need(Rule::name))) })
            }
            None => parts.take(Rule::expr).map(|n| self.expr(n)),
        };
        TargetRow { span, target, tiers, on, condition }
    }

    fn target_of(&mut self, node: Node<'_>) -> Target {
        let span = self.span(&node);
        let rule = node.as_rule();
        let kind = match rule {
            Rule::none => TargetKind::None,
            Rule::duration => TargetKind::Duration(self.duration(node).value),
            Rule::near_duration => TargetKind::Duration(self.near_duration(node)),
            Rule::near_day | Rule::near_days => {
                self.bare_day(&node);
                TargetKind::Duration(crate::time::Duration::seconds(86_400))
            }
            Rule::calendar_span => TargetKind::Calendar(self.calendar_span(node)),
            Rule::working_span => TargetKind::WorkingDays(self.integer(Parts::of(node).need(Rule::integer))),
            Rule::close_of => TargetKind::Close(self.integer(Parts::of(node).need(Rule::integer))),
            Rule::time_of => {
                let mut parts = Parts::of(node);
                TargetKind::Clock(self.clock(parts.need(Rule::clock_time)), self.integer(parts.need(Rule::integer)))
            }
            other => unreachable_rule(other),
        };
        Target { span, kind }
    }

    fn notice_point(&mut self, node: Node<'_>) -> NoticePoint {
        let span = self.span(&node);
        let before = has(&node, Rule::kw_before);
        let inner = Parts::of(node).next().expect("a notice has a time");
        let kind = match inner.as_rule() {
            Rule::duration if before => NoticeKind::Before(self.duration(inner).value),
            Rule::duration => NoticeKind::After(self.duration(inner).value),
            _ => NoticeKind::Share(self.percent(inner)),
        };
        NoticePoint { span, kind }
    }

    fn escalation(&mut self, node: Node<'_>) -> (NoticePoint, Recipient) {
        let mut parts = Parts::of(node);
        let point = self.notice_point(parts.need(Rule::notice_point));
        let to = parts.next().expect("an escalation goes to somebody");
        let to = if to.as_rule() == Rule::name { Recipient::Name(self.name(to)) } else { Recipient::Text(self.text(to)) };
        (point, to)
    }

    fn objective(&mut self, node: Node<'_>) -> Objective {
        let (span, doc) = (self.span(&node), self.doc(&node));
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        let title = self.title(&mut parts);
        let body = parts.need(Rule::objective_body);
        let broken = broken_words(&body, Rule::broken_in_objective);
        let clauses = self.body(body, Rule::broken_in_objective, Rule::only_objective, |b, n| Some(b.objective_clause(n)));
        Objective { span, doc, name, title, clauses, broken }
    }

    fn objective_clause(&mut self, node: Node<'_>) -> Clause<ObjectiveClause> {
        let (span, rule) = (self.span(&node), node.as_rule());
        let (met, due) = (has(&node, Rule::kw_met), has(&node, Rule::kw_due));
        let mut parts = Parts::of(node);
        let kind = match rule {
            Rule::expect => ObjectiveClause::Expect(self.expect(parts)),
            Rule::minimum => {
                let sign = self.compare(&parts.need(Rule::compare));
                ObjectiveClause::Minimum(sign, self.expr(parts.need(Rule::expr)))
            }
            Rule::credit => ObjectiveClause::Credit(parts.all(Rule::band).into_iter().map(|n| self.band(n)).collect()),
            Rule::objective_penalty => ObjectiveClause::Penalty(parts.all(Rule::band).into_iter().map(|n| self.band(n)).collect()),
            Rule::cap => ObjectiveClause::Cap(self.cap(parts)),
            Rule::chronic => ObjectiveClause::Chronic(parts.all(Rule::chronic_rule).into_iter().map(|n| self.chronic(n)).collect()),
            Rule::earned => ObjectiveClause::Earned(self.name(parts.need(Rule::name))),
            Rule::no_data => ObjectiveClause::NoData(met),
            Rule::sample => ObjectiveClause::Sample(self.integer(parts.need(Rule::integer))),
            Rule::counted_by => ObjectiveClause::CountedBy(if due { CountedBy::Due } else { CountedBy::Stop }),
            Rule::pace => ObjectiveClause::Pace(self.percent(parts.need(Rule::percent)), parts.take(Rule::name).map(|n| self.name(n))),
            Rule::carry => ObjectiveClause::Carry,
            Rule::locked => ObjectiveClause::Locked,
            other => unreachable_rule(other),
        };
        Clause { span, kind }
    }

    fn expect(&mut self, mut parts: Parts<'_>) -> Expect {
        let condition = self.expr(parts.need(Rule::expr));
        let per = self.window_unit(parts.need(Rule::window_unit));
        let mut expect = Expect { condition, per, by: Vec::new(), filter: None };
        while let Some(part) = parts.next() {
            let span = self.span(&part);
            let again = match part.as_rule() {
                Rule::group_by => !std::mem::replace(&mut expect.by, self.names(part)).is_empty(),
                _ => expect.filter.replace(self.expr(Parts::of(part).need(Rule::expr))).is_some(),
            };
            if again {
                self.say(Code::DuplicateClause, span, "this is said twice of the same objective");
            }
        }
        expect
    }

    pub(super) fn names(&mut self, node: Node<'_>) -> Vec<crate::ast::Name> {
        Parts::of(node).all_nodes().into_iter().map(|n| self.name(n)).collect()
    }

    pub(super) fn window_unit(&mut self, node: Node<'_>) -> WindowUnit {
        let span = self.span(&node);
        let inner = Parts::of(node).next().expect("a window has a form");
        let kind = match inner.as_rule() {
            Rule::rolling => WindowKind::Rolling(self.integer(Parts::of(inner).need(Rule::integer))),
            Rule::duration => WindowKind::Every(self.duration(inner).value),
            _ => WindowKind::Unit(unit_of(&inner)),
        };
        WindowUnit { span, kind }
    }

    fn band(&mut self, node: Node<'_>) -> Band {
        let span = self.span(&node);
        let (above, point, linear) = (has(&node, Rule::kw_above), has(&node, Rule::kw_point), has(&node, Rule::kw_per));
        let mut parts = Parts::of(node);
        let amount = self.expr(parts.need(Rule::expr));
        let rounding = self.rounding(&mut parts);
        let per = if point {
            Some((rounding, BandUnit::Point))
        } else if linear {
            let unit = parts.next().expect("a linear amount has a unit");
            let span = self.span(&unit);
            Some((rounding, BandUnit::Value(Expr { span, kind: ExprKind::Literal(self.literal(unit)) })))
        } else {
            None
        };
        let bound = self.expr(parts.need(Rule::expr));
        Band { span, amount, per, above, bound }
    }

    fn chronic(&mut self, node: Node<'_>) -> Chronic {
        let span = self.span(&node);
        let below_minimum = has(&node, Rule::kw_minimum);
        let mut parts = Parts::of(node);
        let count = self.integer(parts.need(Rule::integer));
        let among = parts.take(Rule::integer).map(|n| self.integer(n));
        let right = parts.take(Rule::string).map(|n| self.text(n));
        Chronic { span, count, below_minimum, among, right }
    }
}

fn unit_of(node: &Node<'_>) -> Unit {
    match node.as_str().trim() {
        "day" => Unit::Day,
        "week" => Unit::Week,
        "month" => Unit::Month,
        "quarter" => Unit::Quarter,
        _ => Unit::Year,
    }
}

fn is_objective_clause(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::expect
            | Rule::minimum
            | Rule::credit
            | Rule::objective_penalty
            | Rule::cap
            | Rule::chronic
            | Rule::earned
            | Rule::no_data
            | Rule::sample
            | Rule::counted_by
            | Rule::pace
            | Rule::carry
    )
}

/// The words with which the clauses of a body begin that its safety net caught.
fn broken_words(body: &Node<'_>, net: Rule) -> Vec<String> {
    let caught = body.clone().into_inner().filter(|n| n.as_rule() == net);
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    caught.map(|n| word(n.as_str().trim_start())).collect()
}
