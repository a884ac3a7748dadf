//! Findings about text that did not parse.

use super::grammar::{self, Rule};
use super::{scan, words};
use crate::diagnostic::{Code, Finding, nearest};
use crate::source::{FileId, Span};

/// A stretch of text that a safety net caught.
pub(super) struct Broken<'t> {
    pub(super) text: &'t str,
    pub(super) file: FileId,
    /// Where the clause before it begins: what is broken may be its end.
    pub(super) from: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    /// The strict form of the block.
    pub(super) only: Rule,
}

/// What is wrong with it, as a person would say.
pub(super) fn finding(broken: &Broken<'_>) -> Finding {
    let Broken { text, file, start, end, only, .. } = *broken;
    let caught = text[start..end].trim_end();
    let end = start + caught.len();
    if let Some(finding) = brackets(broken, caught) {
        return finding;
    }
    // At its very first byte pest would name the whole block as what was wanted: a blank in front makes it look inside.
    let stop = grammar::read(only, &format!(" {}", &text[broken.from..end])).err();
    let (at, wanted) = stop.map_or((start, Vec::new()), |s| (broken.from + s.at.saturating_sub(1), s.wanted));
    let at = at.max(broken.from).min(end);
    let at = at + (text[at..end].len() - text[at..end].trim_start().len());
    let (token, span) = token(text, file, at, start, end);
    if token.starts_with('"') {
        return Finding::new(Code::UnclosedText, span, "this text has no closing quote").help("a text ends on its line, with `\"`");
    }
    // Where the block could end, what stands there could only be another clause.
    let begins = at <= start && wanted.contains(&Rule::EOI);
    if begins && token.starts_with(|c: char| c.is_alphabetic()) {
        return unknown_clause(token, span, only, &wanted);
    }
    let mut kinds: Vec<String> = Vec::new();
    for kind in wanted.iter().filter_map(|r| words::wanted(*r)) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let near = nearest(token, kinds.iter().filter_map(|k| k.strip_prefix('`')?.strip_suffix('`'))).map(str::to_string);
    let message = match (&near, expected(&kinds)) {
        (Some(near), _) => format!("expected `{near}`, found `{token}`"),
        (None, Some(expected)) if token.is_empty() => format!("expected {expected} here, found the end of the clause"),
        (None, Some(expected)) => format!("expected {expected}, found `{token}`"),
        (None, None) if token.is_empty() => format!("{} is not complete", words::block(only)),
        (None, None) => format!("`{token}` has no place here"),
    };
    let finding = Finding::new(Code::Syntax, span, message);
    let rest = &text[at..];
    match near {
        Some(near) => finding.help(format!("did you mean `{near}`?")).fix(near),
        None => finding.help(advice(token, rest, &text[broken.from..at], &wanted).unwrap_or_else(|| example(only).to_string())),
    }
}

fn brackets(broken: &Broken<'_>, caught: &str) -> Option<Finding> {
    let (file, start) = (broken.file, broken.start);
    if caught.starts_with('}') {
        let finding = Finding::new(Code::StrayBrace, Span::new(file, start, start + 1), "this `}` closes nothing");
        return Some(finding.help("remove it, or add the `{` that it belongs to"));
    }
    let at = scan::unclosed_brace(caught)?;
    let span = Span::new(file, start + at, start + at + 1);
    Some(Finding::new(Code::UnclosedBrace, span, "this `{` is never closed").help("add the `}` where its block ends"))
}

fn unknown_clause(token: &str, span: Span, only: Rule, wanted: &[Rule]) -> Finding {
    let words = wanted.iter().filter_map(|r| words::clause_word(*r).or_else(|| words::keyword(*r)));
    let keywords: Vec<String> = words.collect();
    let message = format!("`{token}` begins no clause of {}", words::block(only));
    let finding = Finding::new(Code::UnknownClause, span, message);
    match nearest(token, keywords.iter().map(String::as_str)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")).fix(near),
        None => finding.help(example(only)),
    }
}

/// The word, text or sign at a place; nothing at the end of what was caught.
fn token(text: &str, file: FileId, at: usize, start: usize, end: usize) -> (&str, Span) {
    let rest = &text[at..end];
    let Some(first) = rest.chars().next() else {
        // At the end of the clause, its last word is what something was expected after.
        let said = text[start..end].trim_end();
        let last = said.rfind(char::is_whitespace).map_or(0, |i| i + 1);
        return ("", Span::new(file, start + last, start + said.len()));
    };
    let length = if first == '"' {
        rest.find('\n').unwrap_or(rest.len())
    } else if first.is_alphanumeric() || first == '_' {
        rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '%')).unwrap_or(rest.len())
    } else {
        first.len_utf8()
    };
    (&rest[..length], Span::new(file, at, at + length))
}

fn expected(kinds: &[String]) -> Option<String> {
    const MOST: usize = 5;
    let shown = &kinds[..kinds.len().min(MOST)];
    let (last, rest) = shown.split_last()?;
    let more = if kinds.len() > MOST { " …" } else { "" };
    Some(if rest.is_empty() { format!("{last}{more}") } else { format!("{} or {last}{more}", rest.join(", ")) })
}

/// What people write who mean something else. `rest` begins with the word, `before` ends where it begins.
fn advice(token: &str, rest: &str, before: &str, wanted: &[Rule]) -> Option<String> {
    let word = rest.split(|c: char| c.is_whitespace() || c == '{' || c == '}' || c == ',').next().unwrap_or(token);
    let wants = |rule: Rule| wanted.contains(&rule);
    if rest.starts_with('#') || rest.starts_with("/*") || rest.starts_with("--") {
        return Some("comments begin with `//`".into());
    }
    if word.contains('-') && word.starts_with(char::is_alphabetic) && wants(Rule::name) {
        return Some(format!("names have no `-`: write `{}`", word.replace('-', "_")));
    }
    if wants(Rule::name) && grammar::read(Rule::reserved, token).is_ok() {
        return Some(format!("`{token}` is a word of the language; choose another name"));
    }
    // A word for another one that would be right here.
    let meant = [
        ("if", Rule::kw_when, "when"),
        ("when", Rule::kw_while, "while"),
        ("on", Rule::kw_while, "while"),
        ("until", Rule::kw_to, "to"),
        ("till", Rule::kw_to, "to"),
        ("and", Rule::bar, "|"),
        ("or", Rule::bar, "|"),
        (",", Rule::bar, "|"),
    ];
    if let Some((_, _, right)) = meant.iter().find(|(written, rule, _)| *written == token && wants(*rule)) {
        return Some(format!("write `{right}`"));
    }
    let number = before.split_whitespace().next_back().filter(|n| n.chars().all(|c| c.is_ascii_digit() || c == '_'));
    if let Some(n) = number.filter(|_| wants(Rule::kw_working)) {
        return Some(format!("`{n}` has no unit: write `{n}h`, `{n}m` or `{n} working days`"));
    }
    if (wants(Rule::string) || wants(Rule::quoted)) && word.starts_with(char::is_alphanumeric) {
        return Some(format!("put it in quotes: `\"{word}\"`"));
    }
    if wants(Rule::kw_on) && token.starts_with(char::is_alphabetic) {
        return Some(format!("write `on {token}`"));
    }
    if ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].iter().any(|d| word.to_lowercase().starts_with(d)) {
        return Some("weekdays are `mon`, `tue`, `wed`, `thu`, `fri`, `sat` and `sun`: `open mon-fri 09:00-17:00`".into());
    }
    if wants(Rule::date) && word.starts_with(|c: char| c.is_ascii_digit()) {
        return Some("dates are written year, month, day: `2026-12-31`".into());
    }
    let advice = match token {
        ":" => "no `:` follows the word that begins a clause",
        ";" => "clauses need no `;`: a new clause begins with its keyword",
        "then" | "else" => "write one clause for each case, each with its own condition",
        "[" | "]" => "lists stand in parentheses: `source in (demo, webinar)`",
        "'" | "`" => "texts stand in double quotes: `\"Support\"`",
        "$" | "€" | "£" => "amounts are written with their currency behind: `500 USD`",
        "=" => "a value follows `=`",
        _ => return None,
    };
    Some(advice.to_string())
}

/// A line that can be typed in the block.
fn example(only: Rule) -> &'static str {
    match only {
        Rule::only_file => "at the top level stand `import`, `party`, `calendar`, `event`, `case`, `agreement`, `source` and `test`",
        Rule::only_party => "for example: `contact \"Service desk <desk@example.com>\"`",
        Rule::only_calendar => "for example: `open mon-fri 09:00-17:00` or `closed yearly 12-25`",
        Rule::only_event => "for example: `channel: phone | email`",
        Rule::only_case => {
            "for example: `score: number`, `event created`, `state waiting from snoozed to woken` or `tier A when score >= 80`"
        }
        Rule::only_score => "for example: `add 20 when impact = high`",
        Rule::only_agreement => {
            "for example: `version \"1\"`, `effective 2026-01-01 to 2026-12-31` or `service support by us for them { … }`"
        }
        Rule::only_service => "a service holds `obligation name { … }` and `objective name { … }`",
        Rule::only_obligation => "for example: `start on created`, `stop on contacted`, `within 4h`, `clock office`",
        Rule::only_objective => "for example: `expect met(first_contact) >= 95% per month by tier`",
        Rule::only_test => "for example: `lead \"L1\" { … }` or `expect first_contact met elapsed 45m`",
        Rule::only_entry => "for example: `score = 90` or `at 2026-03-06 16:45 created`",
        Rule::only_source => "for example: `case lead key \"Lead ID\"`, `time \"Timestamp\" zone \"UTC\"` or `field score = \"Score\"`",
        Rule::only_mapping => "for example: `\"Call Logged\" = attempted(channel = phone)`",
        _ => "see the language reference",
    }
}
