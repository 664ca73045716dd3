//! From text to tree, whatever the text: syntax errors are reported and stepped over, never thrown. Knows the grammar of
//! RON and JSON, no schema. Recursion is bounded by [`MAX_DEPTH`].

use super::lexer::{Bracket, Notation, Token, TokenKind, tokens};
use super::literal;
use super::tree::{Argument, Entry, Name, Node, NodeKind, Tree};
use crate::diagnostic::{Diagnostic, FileId, Span};

/// Deepest nesting of brackets. A scene needs about eight; deeper text is a mistake or an attack on the stack.
pub const MAX_DEPTH: usize = 128;
/// Longest text [bytes]. A scene of 10,000 elements has two million; offsets are `u32`.
pub const MAX_TEXT_BYTES: usize = 64 << 20;
/// Syntax errors reported for one text; whoever has more sent something that is no scene.
const MAX_ERRORS: usize = 50;

/// Parses `text`. The notation follows from the file's ending, else from the first character.
pub fn parse(file: FileId, file_name: &str, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Tree {
    if text.len() > MAX_TEXT_BYTES {
        let span = Span { file, start: 0, end: 0 };
        diagnostics.push(
            Diagnostic::error("file-too-large", span, format!("the text has {} bytes", text.len()))
                .allowed(format!("at most {MAX_TEXT_BYTES} bytes")),
        );
        let root = Node { span, notation: Notation::Ron, kind: NodeKind::Missing };
        return Tree { file, notation: Notation::Ron, tokens: Vec::new(), root, brackets_broken_at: Some(0) };
    }
    let all = tokens(text);
    let notation = notation_of(file_name, text);
    let significant: Vec<Token> = all.iter().copied().filter(|token| !token.is_trivia()).collect();
    let count = |wanted: fn(TokenKind) -> bool| significant.iter().filter(|token| wanted(token.kind)).count();
    let balanced = count(|kind| matches!(kind, TokenKind::Open(_))) == count(|kind| matches!(kind, TokenKind::Close(_)));
    let mut parser = Parser {
        file,
        notation,
        text,
        tokens: significant,
        at: 0,
        open: Vec::new(),
        balanced,
        brackets_broken_at: None,
        guessed_at: None,
        misaligned: None,
        errors: Vec::new(),
    };
    parser.token_errors(&all);
    let root = parser.document();
    let Parser { errors, mut brackets_broken_at, .. } = parser;
    // A quote or a `*/` that is missing swallows brackets and commas: what follows from that is not said.
    let swallowed = all.iter().find(|token| token.unterminated && token.kind != TokenKind::Char).map(|token| token.start);
    let line_start = swallowed.map(|at| text[..at as usize].rfind('\n').map_or(0, |newline| newline as u32 + 1));
    brackets_broken_at = [brackets_broken_at, line_start].into_iter().flatten().min();
    let says_itself = |error: &Diagnostic| matches!(error.code, "unclosed-string" | "unclosed-comment" | "single-quotes");
    let is_before = |error: &Diagnostic| line_start.is_none_or(|at| error.span.start < at && error.code != "unclosed-bracket");
    diagnostics.extend(errors.into_iter().filter(|error| says_itself(error) || is_before(error)));
    Tree { file, notation, tokens: all, root, brackets_broken_at }
}

fn notation_of(file_name: &str, text: &str) -> Notation {
    match file_name.rsplit('.').next() {
        Some("json") => Notation::Json,
        Some("ron") => Notation::Ron,
        _ if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') => Notation::Json,
        _ => Notation::Ron,
    }
}

struct Parser<'a> {
    file: FileId,
    notation: Notation,
    text: &'a str,
    /// Without spaces and comments.
    tokens: Vec<Token>,
    at: usize,
    /// The brackets around the current place.
    open: Vec<Token>,
    /// As many brackets open as close: then a misfit is a typo in place, else somewhere one is missing.
    balanced: bool,
    brackets_broken_at: Option<u32>,
    /// Where a bracket that was missing was first taken as closed. Right, as long as all later brackets fit.
    guessed_at: Option<u32>,
    /// The first bracket whose partner stands on a line of its own with another indentation: where one is missing at
    /// the end of the text, that one has probably taken another's partner.
    misaligned: Option<Token>,
    errors: Vec<Diagnostic>,
}

impl Parser<'_> {
    fn document(&mut self) -> Node {
        self.header();
        if self.kind() == TokenKind::End {
            self.error(
                Diagnostic::error("empty-file", self.span(self.current()), "the file holds no scene")
                    .help("`linetwin new NAME` writes a small scene to start from"),
            );
            return self.missing();
        }
        let root = self.value();
        if self.kind() != TokenKind::End {
            let first = self.span(self.current());
            if let Some(guessed) = self.guessed_at {
                self.brackets_broken(guessed);
            }
            let help = "one file holds one scene: a bracket may close too early, or this text is left over";
            self.error(Diagnostic::error("text-after-scene", first, "the scene has ended before this text").help(help));
        }
        root
    }

    /// `#![enable(implicit_some)]`, `#![schema = "..."]`: other tools want them; here the text reads the same without.
    fn header(&mut self) {
        while self.kind() == TokenKind::Hash {
            let start = self.advance();
            let shape = [TokenKind::Bang, TokenKind::Open(Bracket::Square), TokenKind::Word];
            let mut well_formed = self.notation == Notation::Ron;
            for kind in shape {
                well_formed &= self.kind() == kind;
                if self.kind() == kind {
                    self.advance();
                }
            }
            let known = matches!(self.slice(self.previous()), "enable" | "type" | "schema");
            while !matches!(self.kind(), TokenKind::Close(Bracket::Square) | TokenKind::End) && self.still_header(start) {
                self.advance();
            }
            if self.kind() == TokenKind::Close(Bracket::Square) && self.still_header(start) {
                self.advance();
            } else {
                well_formed = false;
            }
            if !(well_formed && known) {
                let span = Span { end: self.previous().end, ..self.span(start) };
                self.error(
                    Diagnostic::error("bad-header", span, "this header line is not understood")
                        .allowed("#![enable(...)], #![type = \"...\"], #![schema = \"...\"]")
                        .help("a scene needs no header: remove the line"),
                );
            }
        }
    }

    /// A header that is not closed ends with its line.
    fn still_header(&self, start: Token) -> bool {
        !self.text[start.start as usize..self.current().start as usize].contains('\n')
    }

    fn value(&mut self) -> Node {
        let token = self.current();
        match token.kind {
            TokenKind::Word => self.word_or_group(),
            TokenKind::Open(bracket) => self.bracketed(bracket, None),
            TokenKind::Number => self.number(),
            TokenKind::Text | TokenKind::RawText => self.text_value(),
            TokenKind::Char => self.char_value(),
            TokenKind::Comma | TokenKind::Close(_) | TokenKind::End | TokenKind::Colon | TokenKind::Equals => {
                let found = self.describe(token);
                let error = Diagnostic::error("expected-value", self.span(token), format!("a value is missing before {found}"));
                self.error(error);
                self.missing()
            }
            TokenKind::Hash | TokenKind::Bang | TokenKind::Unknown | TokenKind::Space | TokenKind::Comment => {
                let found = self.describe(token);
                let error = Diagnostic::error("unexpected-character", self.span(token), format!("{found} does not belong here"));
                self.error(error.allowed("a number, a \"string\", true, false, a name, ( ), [ ] or { }"));
                self.advance();
                self.missing()
            }
        }
    }

    fn word_or_group(&mut self) -> Node {
        let token = self.advance();
        let word = self.slice(token).trim_start_matches("r#").to_owned();
        let span = self.span(token);
        if self.notation == Notation::Json && !matches!(word.as_str(), "true" | "false" | "null") {
            let error = Diagnostic::error("not-json", span, format!("`{word}` is not JSON"));
            self.error(error.help("write text and variants in quotes; JSON's bare words are true, false and null"));
        }
        if self.kind() == TokenKind::Open(Bracket::Round) {
            return self.bracketed(Bracket::Round, Some(Name { text: word, span }));
        }
        let kind = match word.as_str() {
            "true" => NodeKind::Bool(true),
            "false" => NodeKind::Bool(false),
            "null" if self.notation == Notation::Json => NodeKind::Null,
            "inf" | "NaN" => {
                let error = literal::number(&word, self.notation).expect_err("neither is finite");
                self.literal_error(token, error);
                NodeKind::Missing
            }
            _ => NodeKind::Word(word),
        };
        Node { span, notation: self.notation, kind }
    }

    fn number(&mut self) -> Node {
        let token = self.advance();
        let kind = match literal::number(self.slice(token), self.notation) {
            Ok(literal::Number::Integer(value)) => NodeKind::Integer(value),
            Ok(literal::Number::Float(value)) => NodeKind::Float(value),
            Err(error) => {
                self.literal_error(token, error);
                NodeKind::Missing
            }
        };
        Node { span: self.span(token), notation: self.notation, kind }
    }

    fn text_value(&mut self) -> Node {
        let token = self.advance();
        let span = self.span(token);
        let kind = if token.unterminated {
            // Reported with the tokens, since the parser may never come here.
            NodeKind::Missing
        } else if token.kind == TokenKind::RawText {
            if self.notation == Notation::Json {
                self.error(Diagnostic::error("not-json", span, "JSON has no raw strings").help("write \"...\" and escape backslashes"));
            }
            NodeKind::Text(literal::raw_text(self.slice(token)))
        } else {
            let (value, errors) = literal::text(self.slice(token), self.notation);
            errors.into_iter().for_each(|error| self.literal_error(token, error));
            NodeKind::Text(value)
        };
        Node { span, notation: self.notation, kind }
    }

    /// No field of a scene is a single character; `'carton'` is a habit from other languages, and its meaning is clear.
    fn char_value(&mut self) -> Node {
        let token = self.advance();
        let span = self.span(token);
        let error = Diagnostic::error("single-quotes", span, "text stands in double quotes");
        self.error(error.help(format!("write \"{}\"", self.slice(token).trim_matches('\''))));
        Node { span, notation: self.notation, kind: NodeKind::Missing }
    }

    fn bracketed(&mut self, bracket: Bracket, name: Option<Name>) -> Node {
        let open = self.advance();
        let start = name.as_ref().map_or(open.start, |name| name.span.start);
        if self.open.len() >= MAX_DEPTH {
            return self.too_deep(open, start);
        }
        if self.notation == Notation::Json && bracket == Bracket::Round && name.is_none() {
            let error = Diagnostic::error("not-json", self.span(open), "JSON has no `(`");
            self.error(error.help("a tuple is a list [...], named fields are an object {...}"));
        }
        let line_start_of_open = self.indentation(start);
        self.open.push(open);
        let kind = match bracket {
            Bracket::Round => {
                let mut arguments = Vec::new();
                self.items(open, bracket, line_start_of_open, &mut |parser| parser.argument(&mut arguments));
                NodeKind::Group { name, arguments }
            }
            Bracket::Square => {
                let mut items = Vec::new();
                self.items(open, bracket, line_start_of_open, &mut |parser| items.push(parser.value()));
                NodeKind::List(items)
            }
            Bracket::Curly => {
                let mut entries = Vec::new();
                self.items(open, bracket, line_start_of_open, &mut |parser| parser.entry(&mut entries));
                NodeKind::Map(entries)
            }
        };
        self.open.pop();
        Node { span: Span { file: self.file, start, end: self.previous().end }, notation: self.notation, kind }
    }

    /// Everything between a bracket and its partner, which is consumed where it stands.
    fn items(&mut self, open: Token, bracket: Bracket, indentation: usize, item: &mut dyn FnMut(&mut Self)) {
        loop {
            let token = self.current();
            match token.kind {
                TokenKind::End => return self.unclosed(open, bracket, None),
                TokenKind::Close(closing) if closing == bracket => {
                    self.trailing_comma(token);
                    if self.starts_line(token.start) && self.indentation(token.start) != indentation {
                        self.misaligned.get_or_insert(open);
                    }
                    self.advance();
                    return;
                }
                TokenKind::Close(closing) => {
                    let belongs_outside = self.open[..self.open.len() - 1].iter().any(|outer| outer.kind == TokenKind::Open(closing));
                    if belongs_outside && !self.balanced {
                        return self.unclosed(open, bracket, Some(token));
                    }
                    let (found, expected) = (closing.closing(), bracket.closing());
                    self.error(
                        Diagnostic::error("wrong-bracket", self.span(token), format!("`{found}` closes `{}`", bracket.opening()))
                            .help(format!("write `{expected}`"))
                            .related(self.span(open), "opened here"),
                    );
                    if let Some(guessed) = self.guessed_at {
                        self.brackets_broken(guessed);
                    }
                    self.advance();
                    // As many closing as opening: this one stands for the right one. Else it is one too many.
                    if self.balanced {
                        return;
                    }
                }
                TokenKind::Comma => {
                    self.error(Diagnostic::error("expected-value", self.span(token), "a value is missing before `,`"));
                    self.advance();
                }
                _ if !self.balanced && self.belongs_outside(bracket, indentation) => return self.unclosed(open, bracket, Some(token)),
                _ => {
                    let before = self.at;
                    item(self);
                    if self.at == before {
                        // What no item wants (`:` without a name) was reported by the item.
                        self.advance();
                    }
                    self.separator(bracket, indentation);
                }
            }
        }
    }

    fn separator(&mut self, bracket: Bracket, indentation: usize) {
        match self.kind() {
            TokenKind::Comma => {
                self.advance();
            }
            TokenKind::Close(_) | TokenKind::End => {}
            // It will be reported itself.
            TokenKind::Unknown => {}
            // An inner bracket that was never closed has taken it.
            _ if self.previous().kind == TokenKind::Comma => {}
            _ if !self.balanced && self.belongs_outside(bracket, indentation) => {}
            _ => {
                let after = self.previous();
                let span = Span { file: self.file, start: after.start, end: after.end };
                let error = Diagnostic::error("missing-comma", span, format!("a comma is missing after `{}`", self.slice(after)));
                self.error(error.related(self.span(self.current()), "the next value begins here"));
            }
        }
    }

    /// Whether what comes next can only belong to a bracket further out, so that the current one was never closed.
    fn belongs_outside(&self, bracket: Bracket, indentation: usize) -> bool {
        let is_field = self.kind() == TokenKind::Word && self.kind_after(1) == TokenKind::Colon;
        let is_entry = self.kind() == TokenKind::Text && self.kind_after(1) == TokenKind::Colon;
        let outer = |wanted| self.open[..self.open.len() - 1].iter().any(|token| token.kind == TokenKind::Open(wanted));
        match bracket {
            Bracket::Round if self.notation == Notation::Json => false,
            // `(6, 0, 0.8, width_m: 0.6` in a struct's parentheses: a tuple that goes on with the struct's next field.
            Bracket::Round => (is_entry && outer(Bracket::Curly)) || (is_field && self.is_tuple_in_struct()),
            Bracket::Square => (is_entry && outer(Bracket::Curly)) || (is_field && outer(Bracket::Round)),
            // A field on a new line, not further in than the line that opened the map, is the struct's next one.
            Bracket::Curly if self.notation == Notation::Ron => {
                let start = self.current().start;
                is_field && outer(Bracket::Round) && self.starts_line(start) && self.indentation(start) <= indentation
            }
            Bracket::Curly => false,
        }
    }

    /// Whether the innermost bracket began with a bare value, and the one around it with a named one.
    fn is_tuple_in_struct(&self) -> bool {
        let begins_named = |open: Token| {
            let first = self.tokens.partition_point(|token| token.start <= open.start);
            let kind = |index: usize| self.tokens.get(index).map(|token| token.kind);
            kind(first) == Some(TokenKind::Word) && kind(first + 1) == Some(TokenKind::Colon)
        };
        match self.open[..] {
            [.., outer, inner] => outer.kind == inner.kind && begins_named(outer) && !begins_named(inner),
            _ => false,
        }
    }

    fn argument(&mut self, arguments: &mut Vec<Argument>) {
        let token = self.current();
        let label = match (token.kind, self.kind_after(1)) {
            (TokenKind::Word, TokenKind::Colon | TokenKind::Equals) => {
                Some(Name { text: self.slice(token).trim_start_matches("r#").to_owned(), span: self.span(token) })
            }
            (TokenKind::Text, TokenKind::Colon) => {
                let (text, _) = literal::text(self.slice(token), self.notation);
                self.error(
                    Diagnostic::error("quoted-field", self.span(token), format!("the field name \"{text}\" is in quotes"))
                        .help(format!("inside ( ) write `{text}:`; names in quotes belong into {{ }}")),
                );
                Some(Name { text, span: self.span(token) })
            }
            _ => None,
        };
        if label.is_some() {
            self.advance();
            self.colon();
        }
        let value = self.value();
        // A stray character is no positional argument.
        if label.is_some() || value.kind != NodeKind::Missing {
            arguments.push(Argument { label, value });
        }
    }

    fn entry(&mut self, entries: &mut Vec<Entry>) {
        let token = self.current();
        let bare_name = token.kind == TokenKind::Word && matches!(self.kind_after(1), TokenKind::Colon | TokenKind::Equals);
        let key = if bare_name {
            self.advance();
            let text = self.slice(token).to_owned();
            let error = Diagnostic::error("unquoted-name", self.span(token), format!("the name `{text}` stands without quotes"));
            self.error(error.help(format!("inside {{ }} write \"{text}\":")));
            Node { span: self.span(token), notation: self.notation, kind: NodeKind::Text(text) }
        } else {
            self.value()
        };
        if matches!(self.kind(), TokenKind::Colon | TokenKind::Equals) {
            self.colon();
            let value = self.value();
            entries.push(Entry { key, value });
        } else if key.kind != NodeKind::Missing {
            let help = "entries of { } are written \"name\": value";
            let follows = matches!(self.kind(), TokenKind::Word | TokenKind::Number | TokenKind::Open(_));
            let what = if follows { "a `:` is missing after this name" } else { "a `:` and a value are missing after this name" };
            self.error(Diagnostic::error("expected-colon", key.span, what).help(help));
            // The name is known, whatever was to stand behind it.
            if matches!(key.kind, NodeKind::Text(_)) {
                let value = if follows { self.value() } else { self.missing() };
                entries.push(Entry { key, value });
            }
        }
    }

    fn colon(&mut self) {
        let token = self.advance();
        if token.kind == TokenKind::Equals {
            self.error(Diagnostic::error("expected-colon", self.span(token), "`=` stands where `:` belongs").help("write `:`"));
        }
    }

    fn trailing_comma(&mut self, close: Token) {
        let comma = self.previous();
        if self.notation == Notation::Json && comma.kind == TokenKind::Comma && comma.end <= close.start {
            self.error(Diagnostic::error("not-json", self.span(comma), "JSON allows no comma after the last value").help("remove it"));
        }
    }

    fn unclosed(&mut self, open: Token, bracket: Bracket, found: Option<Token>) {
        let at = found.unwrap_or_else(|| self.current());
        let first_at_end = found.is_some() || self.brackets_broken_at.is_none_or(|broken| broken < at.start);
        if found.is_some() {
            self.guessed_at.get_or_insert(at.start);
        } else {
            self.brackets_broken(at.start);
        }
        // At the end of the text every open bracket is unclosed; the innermost says it for all.
        if !first_at_end {
            return;
        }
        let open = self.misaligned.filter(|_| found.is_none()).unwrap_or(open);
        let bracket = if let TokenKind::Open(bracket) = open.kind { bracket } else { bracket };
        let error = Diagnostic::error("unclosed-bracket", self.span(open), format!("`{}` is never closed", bracket.opening()));
        let error = error.help(format!("add `{}`", bracket.closing()));
        let label = if found.is_some() { "it must be closed before this" } else { "the text ends here" };
        self.error(error.related(self.span(at), label));
    }

    /// From here on, or from where a missing bracket was guessed before, nobody knows what belongs to what.
    fn brackets_broken(&mut self, at: u32) {
        self.brackets_broken_at = [self.brackets_broken_at, self.guessed_at, Some(at)].into_iter().flatten().min();
    }

    /// Steps over everything up to the partner of `open` without recursion.
    fn too_deep(&mut self, open: Token, start: u32) -> Node {
        let mut depth = 1_usize;
        while depth > 0 && self.kind() != TokenKind::End {
            match self.advance().kind {
                TokenKind::Open(_) => depth += 1,
                TokenKind::Close(_) => depth -= 1,
                _ => {}
            }
        }
        let error = Diagnostic::error("nested-too-deep", self.span(open), format!("more than {MAX_DEPTH} brackets are open here"));
        self.error(error.allowed(format!("{MAX_DEPTH} levels; a scene needs about eight")));
        Node { span: Span { file: self.file, start, end: self.previous().end }, notation: self.notation, kind: NodeKind::Missing }
    }

    fn token_errors(&mut self, all: &[Token]) {
        for token in all.iter().filter(|token| token.unterminated && matches!(token.kind, TokenKind::Text | TokenKind::RawText)) {
            let error = Diagnostic::error("unclosed-string", self.span(*token), "a string on this line has no closing quote");
            self.error(error.help("follow the quotes from the left: the first string that runs on too far lacks its `\"`"));
        }
        for token in all.iter().filter(|token| token.kind == TokenKind::Comment) {
            if token.unterminated {
                let span = Span { file: self.file, start: token.start, end: token.start + 2 };
                self.error(Diagnostic::error("unclosed-comment", span, "this comment is never closed").help("add `*/` (comments nest)"));
            } else if self.notation == Notation::Json {
                let error = Diagnostic::error("not-json", self.span(*token), "JSON has no comments");
                self.error(error.help("write the scene as RON (.ron) to keep comments"));
            }
        }
    }

    fn literal_error(&mut self, token: Token, error: literal::LiteralError) {
        let span = Span { file: self.file, start: token.start + error.range.start as u32, end: token.start + error.range.end as u32 };
        self.error(Diagnostic::error(error.code, span, error.message).help(error.help));
    }

    fn error(&mut self, error: Diagnostic) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
    }

    fn current(&self) -> Token {
        self.token_after(0)
    }

    fn token_after(&self, count: usize) -> Token {
        let end = self.text.len() as u32;
        let after_last = Token { kind: TokenKind::End, start: end, end, unterminated: false };
        self.tokens.get(self.at + count).copied().unwrap_or(after_last)
    }

    fn kind(&self) -> TokenKind {
        self.current().kind
    }

    fn kind_after(&self, count: usize) -> TokenKind {
        self.token_after(count).kind
    }

    /// The token before the current one; at the start, the current one.
    fn previous(&self) -> Token {
        self.tokens.get(self.at.saturating_sub(1)).copied().unwrap_or_else(|| self.current())
    }

    fn advance(&mut self) -> Token {
        let token = self.current();
        if token.kind != TokenKind::End {
            self.at += 1;
        }
        token
    }

    fn span(&self, token: Token) -> Span {
        Span { file: self.file, start: token.start, end: token.end }
    }

    fn slice(&self, token: Token) -> &str {
        &self.text[token.start as usize..token.end as usize]
    }

    fn describe(&self, token: Token) -> String {
        if token.kind == TokenKind::End { "the end of the text".into() } else { format!("`{}`", self.slice(token)) }
    }

    /// An empty place just before the current token.
    fn missing(&self) -> Node {
        let at = self.current().start;
        Node { span: Span { file: self.file, start: at, end: at }, notation: self.notation, kind: NodeKind::Missing }
    }

    fn line_start(&self, offset: u32) -> usize {
        self.text[..offset as usize].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Spaces before the first character of the line of `offset`.
    fn indentation(&self, offset: u32) -> usize {
        let line = &self.text[self.line_start(offset)..];
        line.len() - line.trim_start_matches([' ', '\t']).len()
    }

    fn starts_line(&self, offset: u32) -> bool {
        self.text[self.line_start(offset)..offset as usize].trim().is_empty()
    }
}

#[cfg(test)]
#[path = "parser_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "differential_tests.rs"]
mod differential_tests;
