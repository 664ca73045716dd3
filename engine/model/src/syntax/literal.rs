//! What a literal token means: the value of a number, a string, a character. Reports what is wrong as a range within the
//! token and a sentence; knows nothing about files or trees.

use super::lexer::Notation;
use std::ops::Range;

/// What is wrong within a literal: byte range relative to the token's start, message, remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiteralError {
    pub range: Range<usize>,
    pub code: &'static str,
    pub message: String,
    pub help: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Integer(i128),
    Float(f64),
}

pub fn number(token: &str, notation: Notation) -> Result<Number, LiteralError> {
    let fail = |message: String, help| LiteralError { range: 0..token.len(), code: "bad-number", message, help };
    let unsigned = token.strip_prefix(['+', '-']).unwrap_or(token);
    if matches!(unsigned, "inf" | "NaN" | "Infinity" | "nan") {
        return Err(fail(
            format!("`{token}` is not a number that a scene can use"),
            "write a finite number, or leave the field out where \"none\" is meant",
        ));
    }
    if notation == Notation::Json && !is_json_number(token) {
        return Err(fail(format!("`{token}` is not a JSON number"), "JSON numbers look like 12, -0.5 or 1e3"));
    }
    let digits = unsigned.replace('_', "");
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = digits.strip_prefix(prefix) {
            return match i128::from_str_radix(digits, radix) {
                Ok(value) if !digits.starts_with(['+', '-']) => Ok(Number::Integer(if token.starts_with('-') { -value } else { value })),
                _ => Err(fail(format!("`{token}` is not a number in base {radix}"), "decimal numbers need no prefix")),
            };
        }
    }
    let is_decimal = digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    let signed = format!("{}{digits}", if token.starts_with('-') { "-" } else { "" });
    if is_decimal && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return signed
            .parse()
            .map(Number::Integer)
            .map_err(|_| fail(format!("`{token}` is too large"), "no field of a scene holds such a number"));
    }
    match signed.parse::<f64>() {
        Ok(value) if is_decimal && value.is_finite() => Ok(Number::Float(value)),
        Ok(_) if is_decimal => Err(fail(format!("`{token}` is too large"), "no field of a scene holds such a number")),
        _ => Err(fail(format!("`{token}` is not a number"), number_help(unsigned))),
    }
}

/// The remedy for a token that starts like a number and is none.
fn number_help(token: &str) -> &'static str {
    if token.contains(',') || token.matches('.').count() > 1 {
        "use one decimal point and no thousands separator (an underscore may group digits: 10_000)"
    } else if token.ends_with(|last: char| last.is_alphabetic()) {
        "write the bare number: the unit is part of the field's name"
    } else {
        "numbers look like 12, -0.5, 1e3 or 10_000"
    }
}

fn is_json_number(token: &str) -> bool {
    let unsigned = token.strip_prefix('-').unwrap_or(token);
    let leading_zero = unsigned.len() > 1 && unsigned.starts_with('0') && unsigned.as_bytes()[1].is_ascii_digit();
    let point_at_edge = unsigned.starts_with('.') || unsigned.ends_with('.') || unsigned.contains(".e") || unsigned.contains(".E");
    unsigned.starts_with(|first: char| first.is_ascii_digit())
        && !leading_zero
        && !point_at_edge
        && !unsigned.contains('_')
        && !unsigned.contains(['x', 'o', 'b'])
}

/// The value of a quoted string, `token` with its quotes; a missing closing quote has been reported already.
pub fn text(token: &str, notation: Notation) -> (String, Vec<LiteralError>) {
    let body_end = if token.len() >= 2 && token.ends_with(&token[..1]) { token.len() - 1 } else { token.len() };
    let (mut value, mut errors) = (String::with_capacity(token.len()), Vec::new());
    let mut at = 1;
    while at < body_end {
        let next = token[at..].chars().next().expect("before the end");
        if next != '\\' {
            if notation == Notation::Json && next < ' ' {
                errors.push(LiteralError {
                    range: at..at + 1,
                    code: "bad-string",
                    message: "a JSON string holds no line break and no control character".into(),
                    help: "write \\n for a line break, \\t for a tab",
                });
            }
            value.push(next);
            at += next.len_utf8();
            continue;
        }
        match escape(&token[at..body_end], notation) {
            Ok((character, length)) => {
                value.push(character);
                at += length;
            }
            Err(length) => {
                errors.push(LiteralError {
                    range: at..at + length,
                    code: "bad-escape",
                    message: format!("`{}` is not an escape", &token[at..at + length]),
                    help: match notation {
                        Notation::Ron => "a backslash is written \\\\; known are \\n \\r \\t \\0 \\\" \\' \\xNN \\u{...}; a raw string r\"...\" has no escapes",
                        Notation::Json => "a backslash is written \\\\; known are \\n \\r \\t \\b \\f \\/ \\\" \\uNNNN",
                    },
                });
                at += length;
            }
        }
    }
    (value, errors)
}

/// The value of a raw string, `token` from `r` to the last `#`.
pub fn raw_text(token: &str) -> String {
    let hashes = token[1..].bytes().take_while(|&byte| byte == b'#').count();
    let body = &token[(2 + hashes).min(token.len())..];
    let closing = format!("\"{}", "#".repeat(hashes));
    body.strip_suffix(closing.as_str()).unwrap_or(body).to_owned()
}

/// The escape at the start of `text`: its character and length in bytes, or the length of what is wrong.
fn escape(text: &str, notation: Notation) -> Result<(char, usize), usize> {
    let Some(kind) = text[1..].chars().next() else { return Err(1) };
    let simple = match kind {
        '"' | '\\' => Some(kind),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        '\'' if notation == Notation::Ron => Some('\''),
        '0' if notation == Notation::Ron => Some('\0'),
        '/' if notation == Notation::Json => Some('/'),
        'b' if notation == Notation::Json => Some('\u{8}'),
        'f' if notation == Notation::Json => Some('\u{c}'),
        _ => None,
    };
    if let Some(character) = simple {
        return Ok((character, 2));
    }
    let wrong = 1 + kind.len_utf8();
    match (kind, notation) {
        ('x', Notation::Ron) => {
            let code = hex(text, 2, 2).filter(|&code| code < 0x80).ok_or(wrong)?;
            Ok((char::from_u32(code).ok_or(wrong)?, 4))
        }
        ('u', Notation::Ron) => {
            let digits = text[2..].strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(digits, _)| digits).ok_or(wrong)?;
            let length = 4 + digits.len();
            let valid = (1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let code = if valid { u32::from_str_radix(digits, 16).ok() } else { None };
            Ok((code.and_then(char::from_u32).ok_or(length)?, length))
        }
        ('u', Notation::Json) => {
            let high = hex(text, 2, 4).ok_or(wrong)?;
            if let Some(character) = char::from_u32(high) {
                return Ok((character, 6));
            }
            // Beyond the basic plane JSON writes two surrogates.
            let low = text.get(6..8).filter(|&next| next == "\\u").and_then(|_| hex(text, 8, 4)).ok_or(6_usize)?;
            if !(0xd800..0xdc00).contains(&high) || !(0xdc00..0xe000).contains(&low) {
                return Err(6);
            }
            Ok((char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)).ok_or(12_usize)?, 12))
        }
        _ => Err(wrong),
    }
}

fn hex(text: &str, start: usize, count: usize) -> Option<u32> {
    let digits = text.get(start..start + count)?;
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) { u32::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_ron_writes_them() {
        let cases = [
            ("12", Number::Integer(12)),
            ("-0.5", Number::Float(-0.5)),
            ("+3", Number::Integer(3)),
            ("1e3", Number::Float(1000.0)),
            ("2.5E-3", Number::Float(0.0025)),
            ("10_000", Number::Integer(10_000)),
            ("0x1F", Number::Integer(31)),
            ("-0b101", Number::Integer(-5)),
            (".5", Number::Float(0.5)),
            ("5.", Number::Float(5.0)),
        ];
        for (text, expected) in cases {
            assert_eq!(number(text, Notation::Ron), Ok(expected), "{text}");
        }
        for text in ["1.2.3", "5mm", "1e", "0xZ", "0x+1", "-", ".", "-inf", "NaN", "1e999", "99999999999999999999999999999999999999999"] {
            assert!(number(text, Notation::Ron).is_err(), "{text}");
        }
        for text in ["+3", ".5", "5.", "0x1F", "10_000", "007"] {
            assert!(number(text, Notation::Json).is_err(), "{text}");
        }
    }

    #[test]
    fn escapes_of_both_notations() {
        assert_eq!(text(r#""a\n\x41\u{e9}\'\\""#, Notation::Ron), ("a\nAé'\\".into(), vec![]));
        assert_eq!(text(r#""\u00e9\ud83d\ude00\/""#, Notation::Json), ("é😀/".into(), vec![]));
        for bad in [r#""C:\goods""#, r#""\x8""#, r#""\u{110000}""#, r#""\u{}""#, r#""\ué""#, "\"\\"] {
            assert_eq!(text(bad, Notation::Ron).1.len(), 1, "{bad}");
        }
        for bad in [r#""\ud83d""#, r#""\u12""#, r#""\'""#, r#""\ude00\ud83d""#] {
            assert!(!text(bad, Notation::Json).1.is_empty(), "{bad}");
        }
        assert_eq!(raw_text("r#\"a\\\"b\"#"), "a\\\"b");
        assert_eq!(raw_text("r\"open"), "open");
    }
}
