//! Sources: which columns of a log stand for what.

use crate::ast::{self, Item, Name, SourceClause, TestValue, TestValueKind};
use crate::check::{Checker, Scope};
use crate::diagnostic::{Code, Finding};
use crate::id::FieldId;
use crate::model::{EventMapping, FieldColumn, Milestone, Scalar, Source, TimeForm, Type};

impl Checker {
    pub(super) fn sources(&mut self, files: &[ast::File]) {
        for item in files.iter().flat_map(|f| &f.items) {
            if let Item::Source(source) = item {
                self.source(source);
            }
        }
    }

    fn source(&mut self, written: &ast::Source) {
        if let Some(first) = self.model.sources.iter().find(|s| s.name == written.name.text).map(|s| s.span) {
            return self.duplicate(&written.name, "sources", first);
        }
        let case = written.clauses.iter().find_map(|c| match &c.kind {
            SourceClause::Case(name, key) => Some((name, key)),
            _ => None,
        });
        let case = case.and_then(|(name, key)| Some((self.case(name)?, key.text.clone())));
        // Without a `case` clause the events tell which kind of case is meant.
        let meant = case.as_ref().map(|c| c.0).or_else(|| self.case_of_source(written));
        let scope = Scope { case: meant, ..Scope::default() };
        let mut source = Source {
            span: written.name.span,
            name: written.name.text.clone(),
            case,
            time: None,
            milestones: Vec::new(),
            event_columns: Vec::new(),
            events: Vec::new(),
            fields: Vec::new(),
            ignore: Vec::new(),
            missing: Vec::new(),
            id: None,
            encoding: None,
            delimiter: None,
            empty_clears: false,
        };
        let mut common = ast::TimeForm::default();
        for clause in &written.clauses {
            match &clause.kind {
                SourceClause::Zone(zone) => common.zone = Some(zone.clone()),
                SourceClause::Format(format) => common.format = Some(format.clone()),
                _ => {}
            }
        }
        let common = self.time_form(&common, &TimeForm::default());
        for clause in &written.clauses {
            self.source_clause(&mut source, clause, &common, scope);
        }
        if source.time.is_some() && !source.milestones.is_empty() {
            let message = format!("source `{}` is both long (`time`) and wide (`event … at`)", source.name);
            let finding = Finding::new(Code::DuplicateClause, source.span, message);
            self.say(finding.help("a long log has one time column, a wide one a column for each milestone: keep one of them"));
        }
        self.model.sources.push(source);
    }

    fn case_of_source(&self, written: &ast::Source) -> Option<crate::id::CaseId> {
        let named = written.clauses.iter().flat_map(|c| match &c.kind {
            SourceClause::Event(_, mappings) => mappings.iter().map(|m| &m.event).collect(),
            SourceClause::Milestone(event, ..) => vec![event],
            _ => Vec::new(),
        });
        named.into_iter().find_map(|event| self.case_with_event(&event.text))
    }

    fn source_clause(&mut self, source: &mut Source, clause: &ast::Clause<SourceClause>, common: &TimeForm, scope: Scope) {
        match &clause.kind {
            SourceClause::Case(..) | SourceClause::Zone(_) | SourceClause::Format(_) => {}
            SourceClause::Time(column, form) => {
                let form = self.time_form(form, common);
                if source.time.replace((column.text.clone(), form)).is_some() {
                    self.say(Finding::new(Code::DuplicateClause, clause.span, "a log has one time column"));
                }
            }
            SourceClause::Milestone(event, column, form) => {
                let form = self.time_form(form, common);
                if let Some(event) = self.event(event, scope) {
                    source.milestones.push(Milestone { event, column: column.text.clone(), form });
                }
            }
            SourceClause::Event(columns, mappings) => {
                if !source.event_columns.is_empty() {
                    self.say(
                        Finding::new(Code::DuplicateClause, clause.span, "a log has one `event` clause")
                            .help("several columns are joined by commas"),
                    );
                    return;
                }
                source.event_columns = columns.iter().map(|c| c.text.clone()).collect();
                for mapping in mappings {
                    self.event_mapping(source, mapping, scope);
                }
            }
            SourceClause::Field(mapping) => self.field_column(source, mapping, common, scope),
            SourceClause::Ignore(words) => source.ignore.extend(words.iter().map(|w| w.text.clone())),
            SourceClause::Missing(words) => source.missing.extend(words.iter().map(|w| w.text.clone())),
            SourceClause::Id(column) => source.id = Some(column.text.clone()),
            SourceClause::Encoding(name) => match encoding(&name.text) {
                Some(known) => source.encoding = Some(known.to_string()),
                None => {
                    let finding = Finding::new(Code::BadFormat, name.span, format!("there is no encoding `{}`", name.text));
                    self.say(finding.did_you_mean(&name.text, ENCODINGS));
                }
            },
            SourceClause::Delimiter(text) => match text.text.as_bytes() {
                [one] if one.is_ascii() && *one != b'"' && *one != b'\n' => source.delimiter = Some(*one),
                _ => {
                    let finding = Finding::new(Code::BadFormat, text.span, "a delimiter is one ASCII character");
                    self.say(finding.help("write `\";\"`, `\",\"`, `\"|\"` or `\"\\t\"`"));
                }
            },
            SourceClause::EmptyClears => source.empty_clears = true,
        }
    }

    fn time_form(&mut self, form: &ast::TimeForm, common: &TimeForm) -> TimeForm {
        if let Some(zone) = &form.zone {
            self.zone(zone);
        }
        if let Some(format) = &form.format
            && !is_time_format(&format.text)
        {
            let finding = Finding::new(Code::BadFormat, format.span, format!("`{}` is no time format", format.text));
            self.say(finding.help("write a strftime pattern such as `%d/%m/%Y %H:%M`, or `rfc3339`, `epoch`, `epoch ms`"));
        }
        let text = |t: &Option<ast::Text>| t.as_ref().map(|t| t.text.clone());
        TimeForm { format: text(&form.format).or_else(|| common.format.clone()), zone: text(&form.zone).or_else(|| common.zone.clone()) }
    }

    fn event_mapping(&mut self, source: &mut Source, mapping: &ast::EventMapping, scope: Scope) {
        if mapping.words.len() != source.event_columns.len() {
            let message = format!("{} words stand for an event that {} columns make", mapping.words.len(), source.event_columns.len());
            return self.say(Finding::new(Code::BadArgument, mapping.span, message));
        }
        let Some(event) = self.event(&mapping.event, scope) else { return };
        let words: Vec<String> = mapping.words.iter().map(|w| w.text.clone()).collect();
        if source.events.iter().any(|m| m.words == words) {
            self.say(Finding::new(Code::DuplicateName, mapping.span, format!("\"{}\" is mapped twice", words.join("\", \""))));
        }
        let own = Scope { event: Some(event), ..Scope::default() };
        let mut fields = Vec::new();
        for assignment in &mapping.fields {
            let Some(field) = self.field(&assignment.field, own) else { continue };
            if let Some(Some(value)) = self.scalar_for(field, &assignment.value) {
                fields.push((field, value));
            }
        }
        source.events.push(EventMapping { words, event, fields });
    }

    fn field_column(&mut self, source: &mut Source, mapping: &ast::FieldMapping, common: &TimeForm, scope: Scope) {
        let form = self.time_form(&mapping.form, common);
        let fields = self.fields_of_name(&mapping.field, scope);
        let Some(&first) = fields.first() else {
            let known: Vec<String> = self.model.fields.iter().map(|f| f.name.clone()).collect();
            return self.unknown(&mapping.field, "a field", &known, scope);
        };
        if self.model.fields[first].calculated {
            let finding = Finding::new(Code::WrongKind, mapping.field.span, format!("`{}` is calculated, not read", mapping.field.text));
            return self.say(finding.help("remove the line, or declare a field of another name for the column"));
        }
        if source.fields.iter().any(|f| f.fields.contains(&first)) {
            let finding = Finding::new(Code::DuplicateName, mapping.field.span, format!("field `{}` is mapped twice", mapping.field.text));
            self.say(finding.help("a field has one column: remove one of the two"));
        }
        let mut values = Vec::new();
        for (word, value) in &mapping.values {
            if let Some(value) = self.scalar_for(first, value) {
                values.push((word.text.clone(), value));
            }
        }
        source.fields.push(FieldColumn { fields, column: mapping.column.text.clone(), form, values });
    }

    /// The case's field of this name and those of its events.
    fn fields_of_name(&self, name: &Name, scope: Scope) -> Vec<FieldId> {
        let in_scope = |owner: crate::model::Owner| match (owner, scope.case) {
            (_, None) => true,
            (crate::model::Owner::Case(case), Some(wanted)) => case == wanted,
            (crate::model::Owner::Event(event), wanted) => {
                self.model.events[event].case == wanted || self.model.events[event].case.is_none()
            }
        };
        self.model.fields.enumerate().filter(|(_, f)| f.name == name.text && in_scope(f.owner)).map(|(id, _)| id).collect()
    }

    /// A written value as a field's; the inner option is empty for `missing`.
    pub(super) fn scalar_for(&mut self, field: FieldId, value: &TestValue) -> Option<Option<Scalar>> {
        let TestValue { span, kind } = value;
        let ty = self.model.fields[field].ty.clone();
        let scalar = match (&ty, kind) {
            (_, TestValueKind::Missing) => return Some(None),
            (Type::Members(members), TestValueKind::Word(word)) => return self.member(members, word, *span).map(Some),
            (Type::Members(members), TestValueKind::Literal(ast::Literal::Text(word))) => {
                return self.member(members, word, *span).map(Some);
            }
            (Type::Bool, TestValueKind::Word(word)) if word == "true" || word == "false" => Scalar::Bool(word == "true"),
            (Type::Text, TestValueKind::Literal(ast::Literal::Text(text))) => Scalar::Text(text.clone()),
            (Type::Number, TestValueKind::Literal(ast::Literal::Number(n) | ast::Literal::Percent(n))) => Scalar::Number(*n),
            (Type::Money, TestValueKind::Literal(ast::Literal::Number(n) | ast::Literal::Money(n, _))) => Scalar::Number(*n),
            (Type::Duration, TestValueKind::Literal(ast::Literal::Duration(d))) => Scalar::Duration(*d),
            (Type::Date, TestValueKind::Literal(ast::Literal::Date(d))) => Scalar::Date(*d),
            (Type::Time, TestValueKind::Literal(ast::Literal::DateTime(t))) => Scalar::Wall(*t),
            _ => {
                let name = self.model.fields[field].name.clone();
                let finding = Finding::new(Code::TypeMismatch, *span, format!("`{name}` is {}, and this is none", ty.word()));
                self.say(finding.help(format!("write {}", example_of(&ty))));
                return None;
            }
        };
        Some(Some(scalar))
    }
}

const ENCODINGS: [&str; 4] = ["utf-8", "windows-1252", "iso-8859-1", "utf-16"];

fn encoding(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    Some(match name.as_str() {
        "utf-8" | "utf8" => "utf-8",
        "windows-1252" | "cp1252" | "latin1" | "iso-8859-1" => "windows-1252",
        "utf-16" | "utf-16le" => "utf-16le",
        _ => return None,
    })
}

/// Whether a time can be read by this format.
pub(super) fn is_time_format(format: &str) -> bool {
    if ["rfc3339", "epoch", "epoch ms"].contains(&format) {
        return true;
    }
    use chrono::format::{Item as Part, StrftimeItems};
    let parts: Vec<Part<'_>> = StrftimeItems::new(format).collect();
    !parts.iter().any(|p| matches!(p, Part::Error)) && parts.iter().any(|p| !matches!(p, Part::Literal(_) | Part::Space(_)))
}

fn example_of(ty: &Type) -> &'static str {
    match ty {
        Type::Text => "a text in quotes: `\"web\"`",
        Type::Number => "a number: `90`",
        Type::Money => "an amount: `500 USD`",
        Type::Bool => "`true` or `false`",
        Type::Duration => "a duration: `45m`",
        Type::Date => "a date: `2026-03-06`",
        Type::Time => "a time: `2026-03-06 16:45`",
        Type::Members(_) => "one of its members",
    }
}
