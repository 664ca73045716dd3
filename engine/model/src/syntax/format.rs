//! The canonical layout of a RON text: every comment and every line break inside an element stays, spaces and indentation
//! follow from the brackets. Knows the tokens, no value: what a text means cannot change.
//!
//! * The scene's fields stand one to a line, and so do the entries of its maps; values in a map stand below each other.
//! * What the author broke stays broken, what fits on a line stays there; beyond [`WIDTH`] a line breaks between fields.
//! * Behind a bracket that ends its line the content is indented by four spaces; else it goes on below its beginning:
//!
//! ```text
//! "weigher": Checkweigher(on: "belt", at_m: 0.9,
//!                         failures: [
//!                             Failure(mode: "drift", ...),
//!                         ]),
//! ```

use super::lexer::{Bracket, Notation, Token, TokenKind};
use super::outline::{Comment, Group, Item, Piece, outline};
use super::parser::parse;
use super::tree::Tree;
use crate::diagnostic::{Diagnostic, Sources};

/// Longest line, where it can be broken [characters].
pub const WIDTH: usize = 160;
const INDENT: usize = 4;
/// Behind a bracket further right what does not fit begins on the next line [characters].
const RIGHTMOST: usize = 100;
/// A name that is longer than the shortest by more is not waited for by the values of the others [characters].
const MOST_PADDING: usize = 12;

/// `text` in its canonical layout, or what keeps it from being laid out: its syntax errors.
pub fn format(name: &str, text: &str, sources: &mut Sources) -> Result<String, Vec<Diagnostic>> {
    let file = sources.add(name, text);
    let mut diagnostics = Vec::new();
    let tree = parse(file, name, text, &mut diagnostics);
    if tree.notation == Notation::Json {
        let problem = Diagnostic::error("not-ron", tree.root.span, "this is JSON: only RON has a layout of its own here");
        diagnostics.push(problem.help("any JSON tool lays it out"));
    }
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let laid_out = lay_out(&tree, text);
    assert_eq!(words(&laid_out), words(text), "the layout has the same words and comments");
    Ok(laid_out)
}

/// Everything but spaces and commas.
fn words(text: &str) -> Vec<&str> {
    let all = super::lexer::tokens(text).into_iter();
    let kept = all.filter(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comma));
    kept.map(|token| text[token.start as usize..token.end as usize].trim_end()).collect()
}

fn lay_out(tree: &Tree, text: &str) -> String {
    let start = tree.tokens.iter().position(|token| token.start == tree.root.span.start).unwrap_or(tree.tokens.len());
    let mut page = Page::default();
    page.head(&tree.tokens[..start], text);
    let whole = outline(&tree.tokens[start..], text);
    for item in &whole.items {
        page.line(0, page.after_blank_line);
        page.pieces(item, Depth::Scene, 0, 0);
        page.last_comment(item.last_comment);
    }
    page.comments(&whole.last_comments, 0, true);
    page.text.push('\n');
    page.text
}

/// How far in: the scene's own brackets, those of its fields, or any deeper.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Scene,
    Field,
    Deeper,
}

impl Depth {
    fn next(self) -> Depth {
        if self == Depth::Scene { Depth::Field } else { Depth::Deeper }
    }

    /// Whether what stands in these brackets stands one to a line, however it was written.
    fn is_listed(self, bracket: Bracket) -> bool {
        match self {
            Depth::Scene => true,
            Depth::Field => bracket == Bracket::Curly,
            Depth::Deeper => false,
        }
    }
}

#[derive(Default)]
struct Page {
    text: String,
    /// Characters on the last line.
    column: usize,
    /// Spaces that begin the last line.
    indent: usize,
    /// `// ...` stands at the end of the last line.
    line_is_done: bool,
    /// In the head of the text.
    after_blank_line: bool,
}

impl Page {
    fn write(&mut self, text: &str) {
        self.text.push_str(text);
        match text.rfind('\n') {
            Some(at) => self.column = text[at + 1..].chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    /// Begins a line.
    fn line(&mut self, indent: usize, after_blank_line: bool) {
        if !self.text.is_empty() {
            self.text.push_str(if after_blank_line { "\n\n" } else { "\n" });
        }
        self.text.extend(std::iter::repeat_n(' ', indent));
        (self.column, self.indent, self.line_is_done) = (indent, indent, false);
    }

    fn comment(&mut self, comment: Comment) {
        self.write(comment.text);
        self.line_is_done = comment.to_line_end();
    }

    /// Comments and headers before the scene.
    fn head(&mut self, tokens: &[Token], text: &str) {
        let (mut breaks, mut last) = (0, TokenKind::Space);
        for token in tokens {
            let slice = &text[token.start as usize..token.end as usize];
            if token.kind == TokenKind::Space {
                breaks += slice.matches('\n').count();
                continue;
            }
            if breaks > 0 || self.text.is_empty() {
                self.line(0, breaks > 1 && !self.text.is_empty());
            } else if last == TokenKind::Comment || token.kind == TokenKind::Comment || last == TokenKind::Equals {
                self.write(" ");
            }
            self.write(slice.trim_end());
            (breaks, last) = (0, token.kind);
        }
        self.after_blank_line = breaks > 1 && !self.text.is_empty();
    }

    /// Comments that stand before something in a group; `first`: nothing stands before them.
    fn comments(&mut self, comments: &[Comment], indent: usize, mut first: bool) {
        for comment in comments {
            if comment.on_new_line || self.line_is_done {
                self.line(indent, comment.after_blank_line && !first);
            } else {
                self.write(" ");
            }
            self.comment(*comment);
            first = false;
        }
    }

    fn last_comment(&mut self, comment: Option<Comment>) {
        if let Some(comment) = comment {
            self.write(" ");
            self.comment(comment);
        }
    }

    /// One item; its value begins at `value_column` or later, and `reserve` characters follow it in any case.
    fn pieces(&mut self, item: &Item, depth: Depth, value_column: usize, reserve: usize) {
        let mut before: Option<&Piece> = None;
        for piece in &item.pieces {
            if self.line_is_done {
                self.line(self.indent + INDENT, false);
            } else if before.is_some_and(|before| is_spaced(before, piece)) {
                self.write(" ");
                while is_colon(before) && self.column < value_column {
                    self.write(" ");
                }
            }
            match piece {
                Piece::Plain { text, .. } => self.write(text),
                Piece::Comment(comment) => self.comment(*comment),
                Piece::Bracketed(bracket, group) => self.group(*bracket, group, depth, reserve),
            }
            before = Some(piece);
        }
    }

    fn group(&mut self, bracket: Bracket, group: &Group, depth: Depth, reserve: usize) {
        self.write(bracket.opening().encode_utf8(&mut [0; 4]));
        let too_far_right = self.column > RIGHTMOST && self.column + group.width() + 1 + reserve > WIDTH;
        let in_block = group.begins_with_line() || (too_far_right || depth.is_listed(bracket)) && !group.items.is_empty();
        let listed = in_block && (depth.is_listed(bracket) || bracket == Bracket::Curly);
        let outside = self.indent;
        let inside = if in_block { outside + INDENT } else { self.column };
        let value_column = if listed && bracket == Bracket::Curly { inside + group.name_width() } else { 0 };
        for (index, item) in group.items.iter().enumerate() {
            let is_first = index == 0;
            self.comments(&item.comments, inside, is_first);
            let alone = is_first && item.comments.is_empty();
            // A comment behind the bracket leaves the item the first of its lines.
            let is_first_line = is_first && item.comments.iter().all(|comment| !comment.on_new_line);
            let follows = if index + 1 == group.items.len() { 1 + reserve } else { 1 };
            let fits = self.column + 1 + item.width_on_first_line() + follows <= WIDTH;
            let begins_line = match alone {
                true => in_block,
                false => listed || item.on_new_line || !(fits || is_first),
            };
            if begins_line || self.line_is_done {
                self.line(inside, item.after_blank_line && !is_first_line);
            } else if !alone {
                self.write(" ");
            }
            self.pieces(item, depth.next(), value_column, follows);
            if index + 1 < group.items.len() || in_block || group.is_tuple_of_one(bracket) {
                self.write(",");
            }
            self.last_comment(item.last_comment);
        }
        self.comments(&group.last_comments, inside, group.items.is_empty());
        if in_block || self.line_is_done {
            self.line(outside, false);
        }
        self.write(bracket.closing().encode_utf8(&mut [0; 4]));
    }
}

impl Group<'_> {
    /// Its opening bracket ends a line.
    fn begins_with_line(&self) -> bool {
        let first = self.items.first();
        let comments = first.map_or(&self.last_comments, |item| &item.comments);
        match comments.first() {
            Some(comment) => comment.on_new_line || comment.to_line_end(),
            None => first.is_some_and(|item| item.on_new_line),
        }
    }

    /// Without line breaks, with its closing bracket.
    fn width(&self) -> usize {
        let items: usize = self.items.iter().map(Item::width).sum();
        items + 2 * self.items.len().saturating_sub(1) + 1
    }

    /// From the beginning of an entry to its value, so that all values stand below each other but those behind long names.
    fn name_width(&self) -> usize {
        let names = || self.items.iter().filter_map(Item::name_width);
        let limit = names().min().unwrap_or(0) + MOST_PADDING;
        // `: ` follows the name.
        names().filter(|width| *width <= limit).max().map_or(0, |width| width + 2)
    }

    /// `(x,)`: some tools tell it from `(x)`.
    fn is_tuple_of_one(&self, bracket: Bracket) -> bool {
        let [item] = self.items.as_slice() else { return false };
        self.trailing_comma && bracket == Bracket::Round && !item.pieces.iter().any(|piece| is_colon(Some(piece)))
    }
}

impl Item<'_> {
    fn name_width(&self) -> Option<usize> {
        match self.pieces.as_slice() {
            [Piece::Plain { text, .. }, Piece::Plain { kind: TokenKind::Colon, .. }, ..] => Some(text.chars().count()),
            _ => None,
        }
    }

    fn width(&self) -> usize {
        let mut width = 0;
        for (index, piece) in self.pieces.iter().enumerate() {
            width += usize::from(index > 0 && is_spaced(&self.pieces[index - 1], piece));
            width += match piece {
                Piece::Plain { text, .. } => text.chars().count(),
                Piece::Comment(comment) => comment.text.chars().count(),
                Piece::Bracketed(_, group) => 1 + group.width(),
            };
        }
        width
    }

    /// Up to the first line break that stays.
    fn width_on_first_line(&self) -> usize {
        let mut width = 0;
        for (index, piece) in self.pieces.iter().enumerate() {
            width += usize::from(index > 0 && is_spaced(&self.pieces[index - 1], piece));
            match piece {
                Piece::Plain { text, .. } => width += text.chars().count(),
                Piece::Comment(comment) => width += comment.text.chars().count(),
                Piece::Bracketed(_, group) => {
                    width += 1;
                    if group.begins_with_line() {
                        return width;
                    }
                    for (index, item) in group.items.iter().enumerate() {
                        if index > 0 && item.on_new_line {
                            return width;
                        }
                        width += item.width_on_first_line() + 2;
                        if item.breaks() {
                            return width - 2;
                        }
                    }
                    width = width + 1 - if group.items.is_empty() { 0 } else { 2 };
                }
            }
        }
        width
    }

    /// A line break stands in it.
    fn breaks(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Bracketed(_, group) => {
                let inner = |(index, item): (usize, &Item)| (index > 0 && item.on_new_line) || item.breaks();
                group.begins_with_line() || group.items.iter().enumerate().any(inner)
            }
            Piece::Comment(comment) => comment.to_line_end(),
            Piece::Plain { .. } => false,
        })
    }
}

fn is_colon(piece: Option<&Piece>) -> bool {
    matches!(piece, Some(Piece::Plain { kind: TokenKind::Colon, .. }))
}

/// Whether a space stands between two pieces of an item.
fn is_spaced(before: &Piece, piece: &Piece) -> bool {
    let names = matches!(before, Piece::Plain { kind: TokenKind::Word, .. }) && matches!(piece, Piece::Bracketed(..));
    !names && !is_colon(Some(piece))
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
