//! Cuts a scene text into tokens that tile it: every byte belongs to exactly one token, comments and spaces included.
//! Knows neither what a token means in its place nor what a literal's value is.

/// RON or JSON. They share tokens and tree; what JSON lacks is an error there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    Ron,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Space,
    Comment,
    Word,
    Number,
    /// `"..."`
    Text,
    /// `r"..."` with any number of `#`
    RawText,
    /// `'...'`
    Char,
    Open(Bracket),
    Close(Bracket),
    Colon,
    Comma,
    Equals,
    Hash,
    Bang,
    Unknown,
    /// After the last byte; never stored.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bracket {
    /// `( )`
    Round,
    /// `[ ]`
    Square,
    /// `{ }`
    Curly,
}

impl Bracket {
    pub fn opening(self) -> char {
        match self {
            Bracket::Round => '(',
            Bracket::Square => '[',
            Bracket::Curly => '{',
        }
    }
    pub fn closing(self) -> char {
        match self {
            Bracket::Round => ')',
            Bracket::Square => ']',
            Bracket::Curly => '}',
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    /// Byte offsets, on character boundaries.
    pub start: u32,
    pub end: u32,
    /// The closing quote or `*/` is missing.
    pub unterminated: bool,
}

impl Token {
    pub fn is_trivia(self) -> bool {
        matches!(self.kind, TokenKind::Space | TokenKind::Comment)
    }
}

/// The tokens of `text`, which is shorter than 4 GiB.
pub fn tokens(text: &str) -> Vec<Token> {
    let tokens = Lexer { text, at: 0, quotes_end_with_line: false }.run();
    // A forgotten quote turns the rest of the file inside out: every later string opens where it should close. So where
    // the last string does not end, strings are read once more as if none spanned lines, which finds the culprit.
    let quote_missing = |token: &Token| token.unterminated && matches!(token.kind, TokenKind::Text | TokenKind::Char);
    if tokens.iter().any(quote_missing) { Lexer { text, at: 0, quotes_end_with_line: true }.run() } else { tokens }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    quotes_end_with_line: bool,
}

impl Lexer<'_> {
    fn run(mut self) -> Vec<Token> {
        let mut tokens = Vec::new();
        while self.at < self.text.len() {
            let start = self.at;
            let (kind, terminated) = self.token();
            assert!(self.at > start, "the lexer moves forward");
            tokens.push(Token { kind, start: start as u32, end: self.at as u32, unterminated: !terminated });
        }
        tokens
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) {
        while let Some(next) = self.peek().filter(|&next| accept(next)) {
            self.at += next.len_utf8();
        }
    }

    fn token(&mut self) -> (TokenKind, bool) {
        let rest = self.rest();
        let first = self.peek().expect("called before the end");
        if is_space(first) {
            self.take_while(is_space);
            return (TokenKind::Space, true);
        }
        if rest.starts_with("//") {
            self.take_while(|next| next != '\n');
            return (TokenKind::Comment, true);
        }
        if rest.starts_with("/*") {
            return (TokenKind::Comment, self.block_comment());
        }
        if first == '"' {
            return (TokenKind::Text, self.quoted('"'));
        }
        if first == '\'' {
            return (TokenKind::Char, self.char_or_text());
        }
        if let Some(hashes) = raw_text_hashes(rest) {
            return (TokenKind::RawText, self.raw_text(hashes));
        }
        if first.is_ascii_digit() || matches!(first, '+' | '-' | '.') {
            self.number();
            return (TokenKind::Number, true);
        }
        if let Some(after) = rest.strip_prefix("r#")
            && after.starts_with(is_word_start)
        {
            self.at += 2;
            self.take_while(is_word);
            return (TokenKind::Word, true);
        }
        if is_word_start(first) {
            self.take_while(is_word);
            return (TokenKind::Word, true);
        }
        self.at += first.len_utf8();
        let kind = match first {
            '(' => TokenKind::Open(Bracket::Round),
            ')' => TokenKind::Close(Bracket::Round),
            '[' => TokenKind::Open(Bracket::Square),
            ']' => TokenKind::Close(Bracket::Square),
            '{' => TokenKind::Open(Bracket::Curly),
            '}' => TokenKind::Close(Bracket::Curly),
            ':' => TokenKind::Colon,
            ',' => TokenKind::Comma,
            '=' => TokenKind::Equals,
            '#' => TokenKind::Hash,
            '!' => TokenKind::Bang,
            _ => TokenKind::Unknown,
        };
        (kind, true)
    }

    /// Block comments nest, as in Rust.
    fn block_comment(&mut self) -> bool {
        let mut depth = 0_u32;
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() {
            if bytes[self.at..].starts_with(b"/*") {
                depth += 1;
                self.at += 2;
            } else if bytes[self.at..].starts_with(b"*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return true;
                }
            } else {
                self.at += 1;
            }
        }
        false
    }

    fn quoted(&mut self, quote: char) -> bool {
        self.at += 1;
        while let Some(next) = self.peek() {
            if next == '\n' && self.quotes_end_with_line {
                return false;
            }
            self.at += next.len_utf8();
            if next == quote {
                return true;
            }
            if next == '\\'
                && let Some(escaped) = self.peek().filter(|&escaped| !(escaped == '\n' && self.quotes_end_with_line))
            {
                self.at += escaped.len_utf8();
            }
        }
        false
    }

    /// `'a'`, and what people from other languages mean by `'carton'`: ends on its line at the latest.
    fn char_or_text(&mut self) -> bool {
        let outer = std::mem::replace(&mut self.quotes_end_with_line, true);
        let terminated = self.quoted('\'');
        self.quotes_end_with_line = outer;
        terminated
    }

    fn raw_text(&mut self, hashes: usize) -> bool {
        let closing = format!("\"{}", "#".repeat(hashes));
        let body = self.at + 1 + hashes + 1;
        match self.text[body..].find(&closing) {
            Some(found) => {
                self.at = body + found + closing.len();
                true
            }
            None => {
                self.at = self.text.len();
                false
            }
        }
    }

    /// Takes everything that looks like a number's part, so that `1.2.3` or `5mm` is one token with one error.
    fn number(&mut self) {
        let mut previous = self.peek().expect("called on a number's first character");
        self.at += 1;
        while let Some(next) = self.peek() {
            let sign_of_exponent = matches!(next, '+' | '-') && matches!(previous, 'e' | 'E');
            if !(is_word(next) || next == '.' || sign_of_exponent) {
                break;
            }
            self.at += next.len_utf8();
            previous = next;
        }
    }
}

/// `Some(n)` for the start of a raw string with `n` hashes.
fn raw_text_hashes(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.bytes().take_while(|&byte| byte == b'#').count();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// A byte-order mark is a space: editors write it, nobody sees it.
fn is_space(character: char) -> bool {
    character.is_whitespace() || character == '\u{feff}'
}

fn is_word_start(character: char) -> bool {
    character == '_' || character.is_alphabetic()
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_tile_every_text() {
        for text in ["", "Scene(a: 1)", "/* /* */ open", "\"open", "'x", "r#\"a\"", "\u{feff}é§ 1.2.3-4 'ab' r#type", "\"a\n\"b\"", "/"] {
            let mut at = 0;
            for token in tokens(text) {
                assert_eq!(token.start, at, "{text}");
                assert!(text.is_char_boundary(token.end as usize), "{text}");
                at = token.end;
            }
            assert_eq!(at as usize, text.len(), "{text}");
        }
    }

    #[test]
    fn a_forgotten_quote_is_found_on_its_own_line() {
        let text = "a: \"one,\nb: \"two\",\nc: \"three\"";
        let open: Vec<_> = tokens(text).into_iter().filter(|token| token.unterminated).collect();
        assert_eq!(open.len(), 1);
        assert_eq!(&text[open[0].start as usize..open[0].end as usize], "\"one,");
    }
}
