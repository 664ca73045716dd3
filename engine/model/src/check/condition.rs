//! The language of `when`: `"!weight_ok && (mass_kg > 3 || part == 'carton')"`. Reads text to a [`Condition`], with the
//! place of each problem inside the text. Knows nothing about files or elements.

use crate::condition::{Comparison, Condition, Operand};
use crate::scene::{AttributeId, PartTypeId};
use crate::words::nearest;

/// The names that a condition may use beside its own words.
pub struct Names<'a> {
    pub attributes: &'a [String],
    pub part_types: &'a [String],
}

/// A problem in the text, by byte offsets.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub start: usize,
    pub end: usize,
    pub message: String,
    pub allowed: Option<String>,
    pub help: Option<String>,
}

/// Words of the language: no attribute may be called so.
pub const WORDS: [&str; 7] = ["true", "false", "part", "mass_kg", "length_m", "width_m", "height_m"];

/// Deeper than any condition that a person writes; keeps a hostile one from exhausting the call stack.
const DEPTH_LIMIT: usize = 64;

pub fn parse(text: &str, names: &Names<'_>) -> Result<Condition, Vec<Problem>> {
    let tokens = match tokens(text) {
        Ok(tokens) => tokens,
        Err(problem) => return Err(vec![problem]),
    };
    let mut parser = Parser { tokens, next: 0, end: text.len(), names, problems: Vec::new() };
    let condition = parser.any(0).and_then(|condition| match parser.peek() {
        None => Ok(condition),
        Some(token) => Err(parser.unexpected(Some(token), "`&&`, `||` or the end")),
    });
    match condition {
        Ok(condition) if parser.problems.is_empty() => Ok(condition),
        Ok(_) => Err(parser.problems),
        Err(problem) => {
            parser.problems.push(problem);
            Err(parser.problems)
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Word(String),
    Text(String),
    Number(f64),
    Sign(&'static str),
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// Longest first, so that `<=` is not read as `<`.
const SIGNS: [&str; 11] = ["&&", "||", "<=", ">=", "==", "!=", "<", ">", "!", "(", ")"];

fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let run = |accept: &dyn Fn(char) -> bool| rest.find(|c| !accept(c)).unwrap_or(rest.len());
        let (kind, length) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first.is_alphabetic() || first == '_' {
            let length = run(&|c| c.is_alphanumeric() || c == '_');
            (Kind::Word(rest[..length].to_owned()), length)
        } else if first.is_ascii_digit() || matches!(first, '.' | '-' | '+') {
            let mut length = first.len_utf8();
            for c in rest[length..].chars() {
                let exponent_sign = matches!(c, '-' | '+') && matches!(rest.as_bytes()[length - 1], b'e' | b'E');
                if !(c.is_ascii_alphanumeric() || c == '.' || exponent_sign) {
                    break;
                }
                length += 1;
            }
            let value: f64 = rest[..length].parse().map_err(|_| Problem {
                start: at,
                end: at + length,
                message: format!("`{}` is not a number", &rest[..length]),
                allowed: None,
                help: None,
            })?;
            (Kind::Number(value), length)
        } else if first == '"' || first == '\'' {
            let inner = rest[1..].find(first).ok_or_else(|| Problem {
                start: at,
                end: text.len(),
                message: format!("the text that begins here has no closing {first}"),
                allowed: None,
                help: None,
            })?;
            (Kind::Text(rest[1..=inner].to_owned()), inner + 2)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Kind::Sign(sign), sign.len())
        } else {
            let help = match first {
                '&' | '|' => Some(format!("write `{first}{first}`")),
                '=' => Some("write `==`".to_owned()),
                _ => None,
            };
            return Err(Problem {
                start: at,
                end: at + first.len_utf8(),
                message: format!("`{first}` means nothing in a condition"),
                allowed: Some("attributes, numbers, `!`, `&&`, `||`, `( )`, `<`, `<=`, `==`, `!=`, `>=`, `>`".to_owned()),
                help,
            });
        };
        tokens.push(Token { kind, start: at, end: at + length });
        at += length;
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    next: usize,
    /// Length of the text.
    end: usize,
    names: &'a Names<'a>,
    /// Names that nobody knows: reading goes on behind them.
    problems: Vec<Problem>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.next).cloned()
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.next), Some(Token { kind: Kind::Sign(found), .. }) if *found == sign);
        self.next += usize::from(found);
        found
    }

    fn unexpected(&self, token: Option<Token>, allowed: &str) -> Problem {
        let (start, end, message) = match token {
            Some(token) => (token.start, token.end, format!("{} is out of place", describe(&token.kind))),
            None => (self.end, self.end, "the condition ends too early".to_owned()),
        };
        Problem { start, end, message, allowed: Some(allowed.to_owned()), help: None }
    }

    fn any(&mut self, depth: usize) -> Result<Condition, Problem> {
        let mut operands = vec![self.all(depth)?];
        while self.take("||") {
            operands.push(self.all(depth)?);
        }
        Ok(if operands.len() == 1 { operands.remove(0) } else { Condition::Any(operands) })
    }

    fn all(&mut self, depth: usize) -> Result<Condition, Problem> {
        let mut operands = vec![self.one(depth)?];
        while self.take("&&") {
            operands.push(self.one(depth)?);
        }
        Ok(if operands.len() == 1 { operands.remove(0) } else { Condition::All(operands) })
    }

    fn one(&mut self, depth: usize) -> Result<Condition, Problem> {
        if depth > DEPTH_LIMIT {
            let mut problem = self.unexpected(self.peek(), "a flatter condition");
            problem.message = format!("the condition is nested more than {DEPTH_LIMIT} deep");
            return Err(problem);
        }
        if self.take("!") {
            return Ok(Condition::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take("(") {
            let inner = self.any(depth + 1)?;
            return if self.take(")") { Ok(inner) } else { Err(self.unexpected(self.peek(), "`)`")) };
        }
        self.test()
    }

    /// An attribute by itself, or a comparison.
    fn test(&mut self) -> Result<Condition, Problem> {
        let token = self.peek().ok_or_else(|| self.unexpected(None, "an attribute, a number, `!` or `(`"))?;
        self.next += 1;
        if let Kind::Word(word) = &token.kind {
            match word.as_str() {
                "true" => return Ok(Condition::Constant(true)),
                "false" => return Ok(Condition::Constant(false)),
                "part" => return self.part_test(&token),
                _ => {}
            }
        }
        let left = self.operand(&token)?;
        let Some(operator) = self.comparison() else {
            return match left {
                Operand::Attribute(attribute) => Ok(Condition::IsSet(attribute)),
                _ => Err(Problem {
                    start: token.start,
                    end: token.end,
                    message: format!("{} is a number, not a yes or no", describe(&token.kind)),
                    allowed: None,
                    help: Some("compare it: `mass_kg > 3`".to_owned()),
                }),
            };
        };
        let token = self.peek().ok_or_else(|| self.unexpected(None, "a number or an attribute"))?;
        self.next += 1;
        let right = self.operand(&token)?;
        Ok(Condition::Compare { left, operator, right })
    }

    /// `part == 'carton'`, the word `part` being read already.
    fn part_test(&mut self, word: &Token) -> Result<Condition, Problem> {
        let equal = match self.comparison() {
            Some(Comparison::Equal) => true,
            Some(Comparison::NotEqual) => false,
            _ => {
                return Err(Problem {
                    start: word.start,
                    end: word.end,
                    message: "`part` can only be compared with a name".to_owned(),
                    allowed: Some("`part == 'NAME'`, `part != 'NAME'`".to_owned()),
                    help: None,
                });
            }
        };
        let token = self.peek().ok_or_else(|| self.unexpected(None, "a part's name in quotes"))?;
        self.next += 1;
        let Kind::Text(name) = &token.kind else { return Err(self.unexpected(Some(token), "a part's name in quotes")) };
        let found = self.names.part_types.iter().position(|part_type| part_type == name);
        let index = found.unwrap_or_else(|| {
            self.unknown(&token, format!("no part is called `{name}`"), name, self.names.part_types);
            0
        });
        let is = Condition::PartIs(PartTypeId::from_index(index));
        Ok(if equal { is } else { Condition::Not(Box::new(is)) })
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let signs = [
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        signs.into_iter().find(|(sign, _)| self.take(sign)).map(|(_, comparison)| comparison)
    }

    fn operand(&mut self, token: &Token) -> Result<Operand, Problem> {
        match &token.kind {
            Kind::Number(value) => Ok(Operand::Number(*value)),
            Kind::Word(word) => Ok(match word.as_str() {
                "mass_kg" => Operand::MassKg,
                "length_m" => Operand::LengthM,
                "width_m" => Operand::WidthM,
                "height_m" => Operand::HeightM,
                "true" => Operand::Number(1.0),
                "false" => Operand::Number(0.0),
                _ => match self.names.attributes.iter().position(|attribute| attribute == word) {
                    Some(index) => Operand::Attribute(AttributeId::from_index(index)),
                    None => {
                        self.unknown(token, format!("nothing sets an attribute `{word}`"), word, self.names.attributes);
                        Operand::Attribute(AttributeId(0))
                    }
                },
            }),
            _ => Err(self.unexpected(Some(token.clone()), "an attribute, a number, `!` or `(`")),
        }
    }

    fn unknown(&mut self, token: &Token, message: String, word: &str, known: &[String]) {
        let known_words = known.iter().map(String::as_str).chain(WORDS);
        let help = nearest(word, known_words).map(|near| format!("did you mean `{near}`?"));
        let listed = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let allowed = if listed.is_empty() { "no element of this scene sets an attribute (`sets:`)".to_owned() } else { listed };
        self.problems.push(Problem { start: token.start, end: token.end, message, allowed: Some(allowed), help });
    }
}

fn describe(kind: &Kind) -> String {
    match kind {
        Kind::Word(word) => format!("`{word}`"),
        Kind::Text(text) => format!("the text '{text}'"),
        Kind::Number(value) => format!("the number {value}"),
        Kind::Sign(sign) => format!("`{sign}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> (Vec<String>, Vec<String>) {
        (vec!["weight_ok".to_owned(), "grade".to_owned()], vec!["carton".to_owned(), "tote".to_owned()])
    }

    fn read(text: &str) -> Result<Condition, Vec<Problem>> {
        let (attributes, part_types) = names();
        parse(text, &Names { attributes: &attributes, part_types: &part_types })
    }

    /// The truth of `text` for a tote of 4 kg with grade 2 whose weight is not set.
    fn holds(text: &str) -> bool {
        read(text).expect("a good condition").holds(PartTypeId(1), &|operand| match operand {
            Operand::Number(value) => Some(value),
            Operand::Attribute(AttributeId(1)) => Some(2.0),
            Operand::MassKg => Some(4.0),
            _ => None,
        })
    }

    #[test]
    fn conditions_mean_what_they_say() {
        for text in ["!weight_ok", "grade", "mass_kg>3", "grade >= 2 && grade <= 2e0", "part == 'tote'", "part != \"carton\"", "true"] {
            assert!(holds(text), "{text}");
        }
        for text in ["weight_ok", "mass_kg < -3.5", "!grade", "part == 'carton'", "weight_ok == 0", "!(grade || weight_ok)"] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn and_binds_stronger_than_or_and_not_strongest() {
        assert!(holds("grade || weight_ok && weight_ok"));
        assert!(!holds("(grade || weight_ok) && weight_ok"));
        assert!(holds("!weight_ok && grade"));
        assert!(!holds("!(!weight_ok && grade)"));
    }

    #[test]
    fn every_unknown_name_is_reported_with_its_place() {
        let problems = read("wieght_ok && part == 'catron'").unwrap_err();
        assert_eq!(problems.len(), 2);
        assert_eq!((problems[0].start, problems[0].end), (0, 9));
        assert_eq!(problems[0].help.as_deref(), Some("did you mean `weight_ok`?"));
        assert_eq!(problems[1].help.as_deref(), Some("did you mean `carton`?"));
        assert_eq!((problems[1].start, problems[1].end), (21, 29));
    }

    #[test]
    fn what_is_no_condition_is_refused_and_nothing_panics() {
        let deep = "(".repeat(10_000);
        let texts = [
            "",
            "!",
            "a &",
            "weight_ok &&",
            "mass_kg",
            "3",
            "3 <",
            "(grade",
            "grade)",
            "'x",
            "part",
            "part > 'tote'",
            "part == grade",
            "grade = 2",
            "1.2.3 < 2",
            "é",
            "grade é",
            "- < 2",
            "grade grade",
            &deep,
        ];
        for text in texts {
            let problems = read(text).expect_err(text);
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(text.is_char_boundary(problem.start) && text.is_char_boundary(problem.end), "{text}: {problem:?}");
            }
        }
    }
}
