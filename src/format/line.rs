//! A line as tokens and the blanks between them.

use crate::format::INDENT;

/// A token and the blanks that its writer put before it.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) text: String,
    blanks: usize,
}

/// A line of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) tokens: Vec<Token>,
    /// With its slashes.
    pub(super) comment: Option<String>,
    pub(super) depth: usize,
    /// The word that begins the block in which it stands.
    pub(super) block: String,
    /// Before these tokens stand so many blanks, whatever was written: the columns.
    pub(super) columns: Vec<(usize, usize)>,
    /// The column of the comment behind the tokens.
    pub(super) comment_at: usize,
}

const SIGNS: [&str; 9] = [">=", "<=", "!=", "=>", "=<", "<>", "=", "<", ">"];

impl Line {
    pub(super) fn read(raw: &str) -> Line {
        let mut line = Line::default();
        let mut rest = raw.trim_end();
        loop {
            let blanks = rest.len() - rest.trim_start().len();
            rest = &rest[blanks..];
            if rest.is_empty() {
                return line;
            }
            if rest.starts_with("//") {
                line.comment = Some(rest.to_string());
                return line;
            }
            let length = length_of(rest, line.tokens.last().map(|t| t.text.as_str()));
            line.tokens.push(Token { text: rest[..length].to_string(), blanks });
            rest = &rest[length..];
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.tokens.is_empty() && self.comment.is_none()
    }

    pub(super) fn first(&self) -> &str {
        self.tokens.first().map_or("", |t| t.text.as_str())
    }

    pub(super) fn token(&self, i: usize) -> &str {
        self.tokens.get(i).map_or("", |t| t.text.as_str())
    }

    /// Braces that it opens, less those that it closes.
    pub(super) fn braces(&self) -> isize {
        self.tokens.iter().map(|t| isize::from(t.text == "{") - isize::from(t.text == "}")).sum()
    }

    pub(super) fn closing_braces_first(&self) -> usize {
        self.tokens.iter().take_while(|t| t.text == "}").count()
    }

    pub(super) fn opens_block(&self) -> bool {
        self.tokens.last().is_some_and(|t| t.text == "{")
    }

    /// It goes on with what the line above began.
    pub(super) fn is_continued(&self) -> bool {
        let first = self.first();
        let begins_like_a_clause = first.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_') && !JOINS.contains(&first);
        !self.tokens.is_empty() && first != "}" && !first.starts_with('"') && !begins_like_a_clause
    }

    /// Its tokens without the blanks between them, and its comment.
    pub(super) fn dense(&self) -> String {
        let mut text: String = self.tokens.iter().map(|t| t.text.as_str()).collect();
        text.extend(self.comment.as_deref());
        text
    }

    /// The text up to a token, without indentation.
    pub(super) fn upto(&self, end: usize) -> String {
        let mut text = String::new();
        for i in 0..end.min(self.tokens.len()) {
            if i > 0 {
                let blanks = self.columns.iter().find(|(at, _)| *at == i).map_or_else(|| self.blanks_before(i), |(_, n)| *n);
                text.extend(std::iter::repeat_n(' ', blanks));
            }
            text.push_str(&self.tokens[i].text);
        }
        text
    }

    fn blanks_before(&self, i: usize) -> usize {
        let (before, token) = (self.tokens[i - 1].text.as_str(), &self.tokens[i]);
        match (before, token.text.as_str()) {
            (_, ",") | ("(", _) | (_, ")") | (_, ":") => 0,
            (",", _) => 1,
            (_, "(") => token.blanks.min(1),
            (")", text) if text.starts_with('.') && token.blanks == 0 => 0,
            ("{", _) | (_, "}" | "{") | ("|", _) | (_, "|") => 1,
            (before, text) if SIGNS.contains(&before) || SIGNS.contains(&text) => 1,
            _ => token.blanks.clamp(1, 2),
        }
    }

    pub(super) fn indent(&self) -> usize {
        (self.depth + usize::from(self.is_continued())) * INDENT
    }

    pub(super) fn write(&self, out: &mut String) {
        if self.is_blank() {
            return;
        }
        out.extend(std::iter::repeat_n(' ', self.indent()));
        let text = self.upto(self.tokens.len());
        out.push_str(&text);
        if let Some(comment) = &self.comment {
            if !self.tokens.is_empty() {
                let written = self.indent() + text.chars().count();
                out.extend(std::iter::repeat_n(' ', self.comment_at.saturating_sub(written).max(2)));
            }
            out.push_str(comment);
        }
    }
}

/// Words that join what stands before them, at the beginning of a line.
const JOINS: [&str; 12] = ["and", "or", "not", "in", "when", "where", "if", "for", "per", "on", "by", "of"];

/// How long the token is with which a text begins.
fn length_of(rest: &str, before: Option<&str>) -> usize {
    let first = rest.chars().next().expect("a token has a letter");
    if first == '"' {
        let mut escaped = false;
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => return at + 1,
                _ => {}
            }
        }
        return rest.len();
    }
    if let Some(sign) = SIGNS.iter().find(|s| rest.starts_with(**s)) {
        return sign.len();
    }
    if "{}(),|".contains(first) {
        return first.len_utf8();
    }
    // A colon after the name of a field stands alone; inside of a time it does not.
    if first == ':' && before.is_some() {
        return 1;
    }
    let is_name = first.is_alphabetic() || first == '_';
    let ends = |c: char| c.is_whitespace() || "{}(),|\"=<>".contains(c) || (c == '!') || (c == ':' && is_name);
    let length = rest.char_indices().skip(1).find(|(at, c)| ends(*c) || rest[*at..].starts_with("//")).map_or(rest.len(), |(at, _)| at);
    length.max(first.len_utf8())
}
