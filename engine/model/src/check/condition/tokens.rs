//! The words of a condition, each with its place. Knows nothing about what they mean together.

use super::Problem;

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Word(String),
    /// In single or double quotes.
    Text(String),
    Number(f64),
    Sign(&'static str),
}

#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// Longest first, so that `<=` is not read as `<`.
const SIGNS: [&str; 17] = ["&&", "||", "<=", ">=", "==", "!=", "<", ">", "!", "(", ")", "+", "-", "*", "/", ".", ","];

pub fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = if first.is_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            (Kind::Word(rest[..length].to_owned()), length)
        } else if first.is_ascii_digit() || first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
            let length = number_length(rest);
            let value =
                rest[..length].parse().map_err(|_| Problem::new(at, at + length, format!("`{}` is not a number", &rest[..length])))?;
            (Kind::Number(value), length)
        } else if first == '"' || first == '\'' {
            let unclosed = || Problem::new(at, text.len(), format!("the text that begins here has no closing {first}"));
            let inner = rest[1..].find(first).ok_or_else(unclosed)?;
            (Kind::Text(rest[1..=inner].to_owned()), inner + 2)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Kind::Sign(sign), sign.len())
        } else {
            let help = match first {
                '&' | '|' => Some(format!("write `{first}{first}`")),
                '=' => Some("write `==`".to_owned()),
                _ => None,
            };
            let problem = Problem::new(at, at + first.len_utf8(), format!("`{first}` means nothing in a condition"));
            let allowed = "names, numbers, `!`, `&&`, `||`, `( )`, `<`, `<=`, `==`, `!=`, `>=`, `>`, `+`, `-`, `*`, `/`";
            return Err(Problem { allowed: Some(allowed.to_owned()), help, ..problem });
        };
        tokens.push(Token { kind, start: at, end: at + length });
        at += length;
    }
    Ok(tokens)
}

/// Letters belong to it, so that `3m` is told as one wrong number; a sign only behind the `e` of an exponent.
fn number_length(rest: &str) -> usize {
    let mut length = 0;
    for c in rest.chars() {
        let exponent_sign = matches!(c, '-' | '+') && length > 0 && matches!(rest.as_bytes()[length - 1], b'e' | b'E');
        if !(c.is_ascii_alphanumeric() || c == '.' || exponent_sign) {
            break;
        }
        length += 1;
    }
    length
}

pub fn describe(kind: &Kind) -> String {
    match kind {
        Kind::Word(word) => format!("`{word}`"),
        Kind::Text(text) => format!("the text '{text}'"),
        Kind::Number(value) => format!("the number {value}"),
        Kind::Sign(sign) => format!("`{sign}`"),
    }
}

/// The text with other names for these elements. One that is no condition stays as it is: that is told later.
pub fn renamed(text: &str, names: &[String], to: impl Fn(&str) -> String) -> String {
    let Ok(tokens) = tokens(text) else { return text.to_owned() };
    let mut renamed = text.to_owned();
    for (index, token) in tokens.iter().enumerate().rev() {
        let (Kind::Word(name) | Kind::Text(name)) = &token.kind else { continue };
        // Behind a dot stands what is asked of an element, before a bracket a function.
        let of_element = index > 0 && tokens[index - 1].kind == Kind::Sign(".");
        let called = tokens.get(index + 1).is_some_and(|next| next.kind == Kind::Sign("("));
        // The way of a router is a port: `'arm 1.side'`.
        let port = if let Kind::Text(text) = &token.kind { text.rsplit_once('.') } else { None };
        let meant = names.contains(name) || port.is_some_and(|(element, _)| names.iter().any(|name| name == element));
        if !of_element && !called && meant {
            renamed.replace_range(token.start..token.end, &format!("'{}'", to(name)));
        }
    }
    renamed
}
