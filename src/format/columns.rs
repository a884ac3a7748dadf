//! Columns: what stands in lines that follow each other stands under each other.

use crate::format::line::Line;

/// What a line declares, where its lines are set in columns.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    /// `score: number`
    Field,
    /// `tier A "Hot" when …`: the word, the name, the title, the rest.
    Declaration(String),
    /// `"Demo request" = demo`
    Mapping,
    /// `within 4h`: the word, the rest.
    Clause,
}

const DECLARATIONS: [&str; 13] =
    ["party", "event", "state", "tier", "stage", "score", "let", "goal", "objective", "obligation", "calendar", "field", "table"];

/// Lines that stand as they are: each is a sentence of its own.
const SENTENCES: [&str; 19] = [
    "import",
    "case",
    "agreement",
    "service",
    "test",
    "source",
    "at",
    "as",
    "expect",
    "assert",
    "waive",
    "override",
    "relax",
    "exclude",
    "ignore",
    "missing",
    "encoding",
    "delimiter",
    "id",
];

pub(super) fn align(lines: &mut [Line]) {
    let mut shapes: Vec<Option<Shape>> = lines.iter().map(shape).collect();
    // A clause that goes on in the next line does not end its table.
    for i in 1..lines.len() {
        if lines[i].is_continued() {
            shapes[i] = shapes[i - 1].clone();
        }
    }
    let mut from = 0;
    while from < lines.len() {
        let alike =
            |i: usize| shapes[i].is_some() && shapes[i] == shapes[from] && (lines[i].is_continued() || lines[i].depth == lines[from].depth);
        let to = (from + 1..lines.len()).find(|i| !alike(*i)).unwrap_or(lines.len());
        if let Some(shape) = &shapes[from] {
            let mut rows: Vec<&mut Line> = lines[from..to].iter_mut().filter(|l| !l.is_continued()).collect();
            group(&mut rows, shape);
        }
        from = to;
    }
    comments(lines);
}

fn shape(line: &Line) -> Option<Shape> {
    let (first, second) = (line.first(), line.token(1));
    // How a log speaks: the first words of its clauses stand above each other, whatever follows.
    if line.block == "source" && ["case", "time", "event"].contains(&first) && line.tokens.len() > 1 {
        return Some(Shape::Clause);
    }
    // A block of several lines is no row of a table.
    if line.opens_block() || line.tokens.len() < 2 || first.starts_with('}') || line.braces() != 0 {
        return None;
    }
    if second == ":" {
        return Some(Shape::Field);
    }
    if first.starts_with('"') {
        return (second == "=").then_some(Shape::Mapping);
    }
    if SENTENCES.contains(&first) || second == "=" || second == "{" || second.starts_with('"') && line.token(2) == "{" {
        return None;
    }
    // `tier from priority`, `event "Activity" { … }`: the second token is no name.
    if DECLARATIONS.contains(&first) && !second.starts_with('"') && second != "from" {
        return Some(Shape::Declaration(first.to_string()));
    }
    first.chars().all(|c| c.is_alphabetic()).then_some(Shape::Clause)
}

fn group(lines: &mut [&mut Line], shape: &Shape) {
    let Shape::Declaration(word) = shape else {
        // One column behind the first word, or behind the colon of a field.
        return column(lines, if *shape == Shape::Field { |_| 2 } else { |_| 1 });
    };
    lines.iter_mut().for_each(|l| l.columns.push((1, 1)));
    column(lines, |_| 2);
    // Titles are a column of their own; a line without one leaves it empty.
    let has_title = |l: &Line| l.token(2).starts_with('"');
    if word != "goal" && word != "event" && lines.iter().any(|l| has_title(l)) {
        let end = lines.iter().filter(|l| has_title(l)).map(|l| width(l, 3)).max().unwrap_or(0);
        for line in lines.iter_mut() {
            let at = if has_title(line) { 3 } else { 2 };
            line.columns.retain(|(column, _)| *column != at);
            let blanks = (end + 1).saturating_sub(width(line, at)).max(1);
            line.columns.push((at, blanks));
        }
    }
}

/// Sets the token that stands at a place of each line under each other, where a line reaches so far.
fn column(lines: &mut [&mut Line], at: fn(&Line) -> usize) {
    let reaches = |l: &Line| l.tokens.len() > at(l);
    let end = lines.iter().filter(|l| reaches(l)).map(|l| width(l, at(l))).max().unwrap_or(0);
    for line in lines.iter_mut().filter(|l| reaches(l)) {
        let blanks = end + 1 - width(line, at(line));
        line.columns.push((at(line), blanks));
    }
}

fn width(line: &Line, tokens: usize) -> usize {
    line.upto(tokens).chars().count()
}

/// Comments behind lines that follow each other.
fn comments(lines: &mut [Line]) {
    let trailing = |l: &Line| l.comment.is_some() && !l.tokens.is_empty();
    let mut from = 0;
    while from < lines.len() {
        let to = (from..lines.len()).find(|i| !trailing(&lines[*i])).unwrap_or(lines.len());
        let end = lines[from..to].iter().map(|l| l.indent() + width(l, l.tokens.len())).max().unwrap_or(0);
        lines[from..to].iter_mut().for_each(|l| l.comment_at = end + 2);
        from = to.max(from + 1);
    }
}
