//! The tokens of a text that parses, grouped by its brackets and commas, with every comment and the line breaks that the
//! author chose: what `format` lays out. Knows neither values nor columns.

use super::lexer::{Bracket, Token, TokenKind};

/// What stands between two brackets, or in a whole file.
#[derive(Debug, Default)]
pub struct Group<'a> {
    pub items: Vec<Item<'a>>,
    /// Before the closing bracket, after the last item.
    pub last_comments: Vec<Comment<'a>>,
    /// The closing bracket stands on a line of its own.
    pub closes_on_new_line: bool,
    /// A comma stands after the last item.
    pub trailing_comma: bool,
}

/// A value, with its name where it has one.
#[derive(Debug, Default)]
pub struct Item<'a> {
    /// Before it.
    pub comments: Vec<Comment<'a>>,
    /// It begins a line.
    pub on_new_line: bool,
    pub after_blank_line: bool,
    pub pieces: Vec<Piece<'a>>,
    /// After it and its comma, on its last line.
    pub last_comment: Option<Comment<'a>>,
}

#[derive(Debug)]
pub enum Piece<'a> {
    Plain { kind: TokenKind, text: &'a str },
    Comment(Comment<'a>),
    Bracketed(Bracket, Group<'a>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment<'a> {
    pub text: &'a str,
    /// It begins a line.
    pub on_new_line: bool,
    pub after_blank_line: bool,
}

impl Comment<'_> {
    /// `// ...`: nothing can follow on its line.
    pub fn to_line_end(self) -> bool {
        self.text.starts_with("//")
    }
}

impl<'a> Item<'a> {
    fn is_empty(&self) -> bool {
        self.comments.is_empty() && self.pieces.is_empty()
    }

    /// Comments behind its value, where a comma follows or nothing: the first is its own if it stands on its line, the
    /// others are returned.
    fn take_last_comments(&mut self) -> Vec<Comment<'a>> {
        let mut comments = Vec::new();
        while let Some(Piece::Comment(comment)) = self.pieces.last() {
            comments.insert(0, *comment);
            self.pieces.pop();
        }
        if comments.first().is_some_and(|comment| !comment.on_new_line) {
            self.last_comment = Some(comments.remove(0));
        }
        comments
    }
}

/// The outline of `text`, which has no syntax errors.
pub fn outline<'a>(tokens: &[Token], text: &'a str) -> Group<'a> {
    Outliner { tokens, text, at: 0, breaks: 0, started: false }.group(None)
}

struct Outliner<'t, 'a> {
    tokens: &'t [Token],
    text: &'a str,
    at: usize,
    /// Line breaks since the last token that is no space.
    breaks: usize,
    /// Something came before: the first line of a file is no new line.
    started: bool,
}

impl<'a> Outliner<'_, 'a> {
    /// Up to the closing bracket, which is consumed, or to the end.
    fn group(&mut self, closing: Option<Bracket>) -> Group<'a> {
        let mut group = Group::default();
        let mut item = Item::default();
        let mut comma = false;
        while let Some(token) = self.next() {
            let (new_line, blank) = (self.breaks > 0, self.breaks > 1);
            match token.kind {
                TokenKind::Comment => {
                    let text = self.slice(token).trim_end();
                    let comment = Comment { text, on_new_line: new_line || !self.started, after_blank_line: blank };
                    match group.items.last_mut() {
                        // `a, // about a`; a comment that more of its line follows is about that.
                        Some(before) if item.is_empty() && !new_line && before.last_comment.is_none() && self.line_ends() => {
                            before.last_comment = Some(comment);
                        }
                        _ if item.pieces.is_empty() => item.comments.push(comment),
                        _ => item.pieces.push(Piece::Comment(comment)),
                    }
                }
                TokenKind::Comma => {
                    let comments = item.take_last_comments();
                    group.items.push(std::mem::replace(&mut item, Item { comments, ..Item::default() }));
                    comma = true;
                }
                TokenKind::Close(bracket) if Some(bracket) == closing => {
                    group.closes_on_new_line = new_line;
                    self.seen();
                    break;
                }
                kind => {
                    if item.pieces.is_empty() {
                        (item.on_new_line, item.after_blank_line, comma) = (new_line, blank, false);
                    }
                    self.seen();
                    item.pieces.push(match kind {
                        TokenKind::Open(bracket) => Piece::Bracketed(bracket, self.group(Some(bracket))),
                        _ => Piece::Plain { kind, text: self.slice(token) },
                    });
                }
            }
            self.seen();
        }
        if item.pieces.is_empty() {
            group.last_comments = item.comments;
        } else {
            group.last_comments = item.take_last_comments();
            group.items.push(item);
        }
        group.trailing_comma = comma;
        group
    }

    /// The next token that is no space.
    fn next(&mut self) -> Option<Token> {
        loop {
            let token = *self.tokens.get(self.at)?;
            self.at += 1;
            if token.kind != TokenKind::Space {
                return Some(token);
            }
            self.breaks += self.slice(token).matches('\n').count();
        }
    }

    fn seen(&mut self) {
        (self.breaks, self.started) = (0, true);
    }

    /// Whether nothing follows on the line.
    fn line_ends(&self) -> bool {
        self.tokens.get(self.at).is_none_or(|token| token.kind == TokenKind::Space && self.slice(*token).contains('\n'))
    }

    fn slice(&self, token: Token) -> &'a str {
        &self.text[token.start as usize..token.end as usize]
    }
}
