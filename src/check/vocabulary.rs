//! Parties, cases, events and what they are made of.

use crate::ast::{self, CaseClause, FieldType, Item, Name};
use crate::check::{Checker, Scope};
use crate::diagnostic::{Code, Finding, nearest};
use crate::id::{CaseId, Id};
use crate::model::{
    Case, Condition, ConditionKind, Event, Field, Owner, Party, Scalar, Score, ScoreBy, ScoreRule, Stage, State, StateWhen, Subject, Tier,
    TierRule, Type, Value,
};

impl Checker {
    /// First all names, then what refers to them, so that the order of declarations does not matter.
    pub(super) fn vocabulary(&mut self, files: &[ast::File]) {
        let items = || files.iter().flat_map(|f| &f.items);
        for item in items() {
            match item {
                Item::Party(party) => self.declare_party(party),
                Item::Event(event) => self.declare_event(event),
                _ => {}
            }
        }
        self.calendars(items().filter_map(|i| if let Item::Calendar(c) = i { Some(c) } else { None }).collect());
        let cases: Vec<(CaseId, &ast::Case)> =
            items().filter_map(|i| if let Item::Case(c) = i { self.declare_case(c).map(|id| (id, c)) } else { None }).collect();
        for (id, case) in cases {
            self.case_rules(id, case);
        }
    }

    fn declare_party(&mut self, party: &ast::Party) {
        let contacts = party.contacts.iter().map(|c| c.text.clone()).collect();
        let title = party.title.as_ref().map(|t| t.text.clone());
        let id = self.model.parties.push(Party { span: party.name.span, name: party.name.text.clone(), title, contacts });
        if let Some(first) = Self::enter(&mut self.parties, &party.name, id) {
            self.duplicate(&party.name, "parties", self.model.parties[first].span);
        }
    }

    fn declare_event(&mut self, event: &ast::Event) {
        let id = self.add_event(event, None);
        if let Some(first) = Self::enter(&mut self.events, &event.name, id) {
            self.duplicate(&event.name, "events", self.model.events[first].span);
        }
    }

    fn add_event(&mut self, event: &ast::Event, case: Option<CaseId>) -> crate::id::EventId {
        let title = event.title.as_ref().map(|t| t.text.clone());
        let id = self.model.events.push(Event { span: event.name.span, name: event.name.text.clone(), title, case, fields: Vec::new() });
        let fields = self.fields(event.fields.iter(), Owner::Event(id));
        self.model.events[id].fields = fields;
        id
    }

    fn fields<'a>(&mut self, fields: impl Iterator<Item = &'a ast::Field>, owner: Owner) -> Vec<crate::id::FieldId> {
        let mut ids: Vec<crate::id::FieldId> = Vec::new();
        for field in fields {
            if let Some(first) = ids.iter().find(|f| self.model.fields[**f].name == field.name.text) {
                self.duplicate(&field.name, "fields", self.model.fields[*first].span);
                continue;
            }
            let ty = self.field_type(&field.ty);
            let (span, name) = (field.name.span, field.name.text.clone());
            ids.push(self.model.fields.push(Field { span, name, owner, ty, optional: field.optional, calculated: false }));
        }
        ids
    }

    pub(super) fn field_type(&mut self, ty: &FieldType) -> Type {
        match ty {
            FieldType::Text => Type::Text,
            FieldType::Number => Type::Number,
            FieldType::Money => Type::Money,
            FieldType::Bool => Type::Bool,
            FieldType::Duration => Type::Duration,
            FieldType::Date => Type::Date,
            FieldType::Time => Type::Time,
            FieldType::Members(members) => {
                if let [only] = members.as_slice() {
                    let right = match only.text.to_lowercase().as_str() {
                        "string" | "str" | "varchar" | "char" => Some("text"),
                        "int" | "integer" | "float" | "decimal" | "double" | "numeric" => Some("number"),
                        "boolean" | "flag" | "yesno" => Some("bool"),
                        "datetime" | "timestamp" | "instant" => Some("time"),
                        "currency" | "amount" => Some("money"),
                        "day" => Some("date"),
                        "interval" | "timespan" => Some("duration"),
                        other => nearest(other, ["text", "number", "money", "bool", "duration", "date", "time"]),
                    };
                    let finding = Finding::new(Code::UnknownType, only.span, format!("`{}` is no type", only.text));
                    self.say(finding.help(match right {
                        Some(right) => format!("write `{right}`"),
                        None => "an enumeration has two members or more, joined by `|`".to_string(),
                    }));
                }
                let mut names: Vec<String> = Vec::new();
                for member in members {
                    if names.contains(&member.text) {
                        self.say(Finding::new(Code::DuplicateName, member.span, format!("there are two members `{}`", member.text)));
                    } else {
                        names.push(member.text.clone());
                    }
                }
                Type::Members(names)
            }
        }
    }

    /// Names and fields of a case; what refers to them comes later.
    fn declare_case(&mut self, case: &ast::Case) -> Option<CaseId> {
        let title = case.title.as_ref().map(|t| t.text.clone());
        let (span, name) = (case.name.span, case.name.text.clone());
        let empty = Case {
            span,
            name,
            title,
            fields: Vec::new(),
            events: Vec::new(),
            states: Vec::new(),
            tiers: Vec::new(),
            scores: Vec::new(),
            stages: Vec::new(),
        };
        let id = CaseId::from_index(self.model.cases.len());
        if let Some(first) = Self::enter(&mut self.cases, &case.name, id) {
            self.duplicate(&case.name, "kinds of case", self.model.cases[first].span);
            return None;
        }
        self.model.cases.push(empty);
        let fields = case.clauses.iter().filter_map(|c| if let CaseClause::Field(f) = c { Some(f) } else { None });
        self.model.cases[id].fields = self.fields(fields, Owner::Case(id));
        for clause in &case.clauses {
            match clause {
                CaseClause::Event(event) => {
                    let known = self.model.cases[id].events.iter().find(|e| self.model.events[**e].name == event.name.text);
                    if let Some(first) = known {
                        self.duplicate(&event.name, "events", self.model.events[*first].span);
                    } else {
                        let event = self.add_event(event, Some(id));
                        self.model.cases[id].events.push(event);
                    }
                }
                CaseClause::State(state) => {
                    let known = self.model.cases[id].states.iter().find(|s| self.model.states[**s].name == state.name.text);
                    if let Some(first) = known {
                        self.duplicate(&state.name, "states", self.model.states[*first].span);
                        continue;
                    }
                    let title = state.title.as_ref().map(|t| t.text.clone());
                    // Its condition is resolved once every name of the case is known.
                    let never = Condition { span: state.span, kind: ConditionKind::Any(Vec::new()) };
                    let (span, name) = (state.name.span, state.name.text.clone());
                    let state = self.model.states.push(State { span, name, title, case: id, when: StateWhen::Holds(never) });
                    self.model.cases[id].states.push(state);
                }
                CaseClause::Field(_) | CaseClause::Tier(_) | CaseClause::TierFrom(..) => {}
                CaseClause::Score(score) => self.declare_score(id, score),
                // Its events may be declared further down.
                CaseClause::Stage(_) => {}
            }
        }
        Some(id)
    }

    fn case_rules(&mut self, id: CaseId, case: &ast::Case) {
        let scope = Scope { case: Some(id), ..Scope::default() };
        let mut otherwise: Option<&ast::Tier> = None;
        let mut from: Option<crate::source::Span> = None;
        for clause in &case.clauses {
            match clause {
                CaseClause::Tier(tier) => {
                    if let Some(last) = otherwise {
                        let message = format!("no case reaches tier `{}`: the tier before it takes all that are left", tier.name.text);
                        let finding = Finding::new(Code::TierAfterOtherwise, tier.name.span, message);
                        self.say(finding.also(last.span, "everything else").help("move `otherwise` to the last tier"));
                    }
                    if tier.when.is_none() {
                        otherwise = otherwise.or(Some(tier));
                    }
                    self.mixed_tiers(tier.span, from);
                    self.add_tier(id, &tier.name, tier.title.as_ref().map(|t| t.text.clone()), |c| match &tier.when {
                        Some(when) => c.condition(when, scope).map(TierRule::When),
                        None => Some(TierRule::Otherwise),
                    });
                }
                CaseClause::TierFrom(field, span) => {
                    if let Some(first) = self.model.cases[id].tiers.first().map(|t| self.model.tiers[*t].span) {
                        self.mixed_tiers(*span, Some(first));
                    }
                    from = Some(*span);
                    self.tiers_from(id, field, scope);
                }
                _ => {}
            }
        }
        for clause in &case.clauses {
            match clause {
                CaseClause::Score(score) => self.score_rules(id, score, scope),
                CaseClause::Stage(stage) => self.stage(id, stage, scope),
                _ => {}
            }
        }
        let states: Vec<&ast::State> =
            case.clauses.iter().filter_map(|c| if let CaseClause::State(s) = c { Some(s) } else { None }).collect();
        for state in states {
            let known = self.model.cases[id].states.iter().copied().find(|s| self.model.states[*s].span == state.name.span);
            let when = match &state.when {
                ast::StateWhen::Holds(condition) => self.condition(condition, scope).map(StateWhen::Holds),
                ast::StateWhen::Between(from, to) => {
                    let (from, to) = (self.pattern(from, scope), self.pattern(to, scope));
                    from.zip(to).map(|(from, to)| StateWhen::Between(from, to))
                }
            };
            if let (Some(known), Some(when)) = (known, when) {
                self.model.states[known].when = when;
            }
        }
        self.circular_states(id);
    }

    /// A score is a field that no log holds.
    fn declare_score(&mut self, id: CaseId, score: &ast::Score) {
        let known = self.model.cases[id].fields.iter().find(|f| self.model.fields[**f].name == score.name.text);
        if let Some(first) = known {
            return self.duplicate(&score.name, "fields", self.model.fields[*first].span);
        }
        let (span, name) = (score.name.span, score.name.text.clone());
        let field = Field { span, name, owner: Owner::Case(id), ty: Type::Number, optional: false, calculated: true };
        let field = self.model.fields.push(field);
        self.model.cases[id].fields.push(field);
    }

    fn score_rules(&mut self, id: CaseId, written: &ast::Score, scope: Scope) {
        let fields = &self.model.cases[id].fields;
        let Some(field) = fields.iter().copied().find(|f| self.model.fields[*f].span == written.name.span) else { return };
        let mut rules = Vec::new();
        for rule in &written.rules {
            if rule.points.is_zero() {
                self.say(Finding::new(Code::OutOfRange, rule.span, "this rule gives no points"));
            }
            let by = match &rule.by {
                ast::ScoreBy::When(condition) => {
                    let found = self.condition(condition, scope);
                    if let Some(circle) = found.as_ref().and_then(|c| asks_of(c, field)) {
                        let message = format!("score `{}` depends on {circle}", written.name.text);
                        let finding = Finding::new(Code::CircularState, condition.span, message);
                        self.say(finding.help("ask for the case's own fields; its tier may then ask for the score"));
                        continue;
                    }
                    found.map(ScoreBy::When)
                }
                ast::ScoreBy::On(pattern) => self.pattern(pattern, scope).map(ScoreBy::On),
            };
            rules.extend(by.map(|by| ScoreRule { points: rule.points, by, at_most: rule.at_most }));
        }
        self.model.cases[id].scores.push(Score { field, rules });
    }

    fn stage(&mut self, id: CaseId, written: &ast::Stage, scope: Scope) {
        if let Some(first) = self.model.cases[id].stages.iter().find(|s| s.name == written.name.text).map(|s| s.span) {
            return self.duplicate(&written.name, "stages", first);
        }
        if let Some(on) = self.pattern(&written.on, scope) {
            let title = written.title.as_ref().map(|t| t.text.clone());
            self.model.cases[id].stages.push(Stage { span: written.name.span, name: written.name.text.clone(), title, on });
        }
    }

    /// A state that waits for itself could never be told apart from one that does not.
    fn circular_states(&mut self, case: CaseId) {
        let mut said = Vec::new();
        for state in self.model.cases[case].states.clone() {
            if said.contains(&state) {
                continue;
            }
            let (mut reached, mut next) = (Vec::new(), self.model.states_before(state));
            while let Some(before) = next.pop() {
                if !reached.contains(&before) {
                    reached.push(before);
                    next.extend(self.model.states_before(before));
                }
            }
            if reached.contains(&state) {
                let State { span, name, .. } = &self.model.states[state];
                let mut finding = Finding::new(Code::CircularState, *span, format!("state `{name}` depends on itself"));
                for through in reached.iter().filter(|s| **s != state) {
                    finding = finding.also(self.model.states[*through].span, "through this one");
                }
                said.extend(reached);
                self.say(finding.help("let one of the states of the circle begin and end with events alone"));
            }
        }
    }

    fn mixed_tiers(&mut self, span: crate::source::Span, other: Option<crate::source::Span>) {
        if let Some(other) = other {
            let finding = Finding::new(Code::DuplicateClause, span, "tiers come from conditions or from a field, not from both");
            self.say(finding.also(other, "the other way"));
        }
    }

    fn add_tier(&mut self, case: CaseId, name: &Name, title: Option<String>, rule: impl FnOnce(&mut Self) -> Option<TierRule>) {
        let known = self.model.cases[case].tiers.iter().find(|t| self.model.tiers[**t].name == name.text);
        if let Some(first) = known {
            self.duplicate(name, "tiers", self.model.tiers[*first].span);
            return;
        }
        let rule = rule(self);
        if rule.is_none() {
            self.poisoned.insert(name.text.clone());
        }
        if let Some(rule) = rule {
            let tier = self.model.tiers.push(Tier { span: name.span, name: name.text.clone(), title, case, rule });
            self.model.cases[case].tiers.push(tier);
        }
    }

    /// `tier from priority`: a tier for each member, in the members' order.
    fn tiers_from(&mut self, case: CaseId, name: &Name, scope: Scope) {
        let Some(field) = self.field(name, scope) else { return };
        let Type::Members(members) = self.model.fields[field].ty.clone() else {
            let ty = self.model.fields[field].ty.word();
            let finding = Finding::new(Code::TypeMismatch, name.span, format!("tiers come from an enumeration; `{}` is {ty}", name.text));
            return self.say(finding.help(format!("declare it as `{}: P1 | P2 | P3`", name.text)));
        };
        for (i, member) in members.into_iter().enumerate() {
            let kind = ConditionKind::Is(Subject::Field(field), vec![Scalar::Member(i as u32)]);
            let rule = TierRule::When(Condition { span: name.span, kind });
            let tier = Tier { span: name.span, name: member, title: None, case, rule };
            let tier = self.model.tiers.push(tier);
            self.model.cases[case].tiers.push(tier);
        }
    }
}

/// What a score's condition asks for that the score decides: the tier, or the score itself.
fn asks_of(condition: &Condition, score: crate::id::FieldId) -> Option<&'static str> {
    fn in_value(value: &Value, score: crate::id::FieldId) -> bool {
        match value {
            Value::Field(field) => *field == score,
            Value::Arithmetic(a, _, b) => in_value(a, score) || in_value(b, score),
            Value::Fixed(_) | Value::Since(_) => false,
        }
    }
    let mut asks = None;
    condition.each(&mut |c| {
        asks = asks.or(match &c.kind {
            ConditionKind::Is(Subject::Tier, _) => Some("the tier"),
            ConditionKind::Compare(a, _, b) if in_value(a, score) || in_value(b, score) => Some("itself"),
            _ => None,
        });
    });
    asks
}
