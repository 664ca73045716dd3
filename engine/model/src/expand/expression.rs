//! Arithmetic in a text: numbers, names of constants, `+ - * /`, brackets, `min`, `max`, `abs`, `sqrt`, `round`, `floor` and
//! `ceil`. Knows nothing about where the text stands; places are byte offsets into it.

/// Brackets and signs nest at most so deep.
const MAX_DEPTH: usize = 64;

pub const FUNCTIONS: [&str; 7] = ["min", "max", "abs", "sqrt", "round", "floor", "ceil"];

/// Whole as long as nothing makes it otherwise: a count may be computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Whole(i64),
    Real(f64),
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub start: usize,
    pub end: usize,
    pub message: String,
    pub help: Option<String>,
}

impl Problem {
    fn new(start: usize, end: usize, message: impl Into<String>) -> Self {
        Problem { start, end, message: message.into(), help: None }
    }
}

impl Number {
    pub fn real(self) -> f64 {
        match self {
            Number::Whole(value) => value as f64,
            Number::Real(value) => value,
        }
    }
}

/// The value of `text`; `constant` gives that of a name, or what is wrong with it.
pub fn evaluate(text: &str, constant: &mut dyn FnMut(&str) -> Result<Number, String>) -> Result<Number, Problem> {
    let mut parser = Parser { text, at: 0, constant };
    let value = parser.sum(0)?;
    parser.skip_spaces();
    if parser.at < text.len() {
        return Err(parser.unexpected());
    }
    Ok(value)
}

/// The name that `text` consists of, if it is one.
pub fn single_name(text: &str) -> Option<&str> {
    let text = text.trim();
    (is_name(text) && !FUNCTIONS.contains(&text)).then_some(text)
}

pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

struct Parser<'t, 'c> {
    text: &'t str,
    at: usize,
    constant: &'c mut dyn FnMut(&str) -> Result<Number, String>,
}

impl Parser<'_, '_> {
    fn sum(&mut self, depth: usize) -> Result<Number, Problem> {
        let mut left = self.product(depth)?;
        loop {
            let (start, sign) = (self.at, self.next_of("+-"));
            let Some(sign) = sign else { return Ok(left) };
            let right = self.product(depth)?;
            let whole = |a: i64, b: i64| if sign == '+' { a.checked_add(b) } else { a.checked_sub(b) };
            left = self.joined(left, right, start, whole, |a, b| if sign == '+' { a + b } else { a - b })?;
        }
    }

    fn product(&mut self, depth: usize) -> Result<Number, Problem> {
        let mut left = self.signed(depth)?;
        loop {
            self.skip_spaces();
            let start = self.at;
            let Some(sign) = self.next_of("*/") else { return Ok(left) };
            let right = self.signed(depth)?;
            if sign == '/' && right.real() == 0.0 {
                return Err(Problem::new(start, self.at, "this divides by 0"));
            }
            let whole = |a: i64, b: i64| match sign {
                '*' => a.checked_mul(b),
                _ => a.checked_rem(b).filter(|rest| *rest == 0).and_then(|_| a.checked_div(b)),
            };
            left = self.joined(left, right, start, whole, |a, b| if sign == '*' { a * b } else { a / b })?;
        }
    }

    fn joined(
        &self,
        left: Number,
        right: Number,
        start: usize,
        whole: impl Fn(i64, i64) -> Option<i64>,
        real: impl Fn(f64, f64) -> f64,
    ) -> Result<Number, Problem> {
        if let (Number::Whole(left), Number::Whole(right)) = (left, right)
            && let Some(value) = whole(left, right)
        {
            return Ok(Number::Whole(value));
        }
        self.finite(real(left.real(), right.real()), start)
    }

    fn finite(&self, value: f64, start: usize) -> Result<Number, Problem> {
        if value.is_finite() { Ok(Number::Real(value)) } else { Err(Problem::new(start, self.at, "this is no finite number")) }
    }

    fn signed(&mut self, depth: usize) -> Result<Number, Problem> {
        if depth > MAX_DEPTH {
            return Err(Problem::new(self.at, self.text.len(), format!("more than {MAX_DEPTH} brackets and signs are open here")));
        }
        if self.next_of("-").is_some() {
            return Ok(match self.signed(depth + 1)? {
                Number::Whole(value) => value.checked_neg().map_or(Number::Real(-(value as f64)), Number::Whole),
                Number::Real(value) => Number::Real(-value),
            });
        }
        self.atom(depth)
    }

    fn atom(&mut self, depth: usize) -> Result<Number, Problem> {
        self.skip_spaces();
        let start = self.at;
        if self.next_of("(").is_some() {
            let value = self.sum(depth + 1)?;
            self.expect(')')?;
            return Ok(value);
        }
        let word = self.take_while(|c| c.is_alphanumeric() || c == '_' || c == '.').to_owned();
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return self.number(start, word);
        }
        if !is_name(&word) {
            self.at = start;
            return Err(self.unexpected());
        }
        if FUNCTIONS.contains(&word.as_str()) && self.next_of("(").is_some() {
            return self.function(start, &word, depth);
        }
        (self.constant)(&word).map_err(|message| Problem::new(start, start + word.len(), message))
    }

    fn number(&mut self, start: usize, mut word: String) -> Result<Number, Problem> {
        // `1e-3`: the sign belongs to the number.
        if word.ends_with(['e', 'E']) && self.text[self.at..].starts_with(['-', '+']) {
            self.at += 1;
            self.take_while(|c| c.is_ascii_digit());
            word = self.text[start..self.at].to_owned();
        }
        if let Ok(value) = word.parse::<i64>() {
            return Ok(Number::Whole(value));
        }
        match word.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Number::Real(value)),
            _ => Err(Problem::new(start, self.at, format!("`{word}` is no number"))),
        }
    }

    fn function(&mut self, start: usize, name: &str, depth: usize) -> Result<Number, Problem> {
        let mut values = vec![self.sum(depth + 1)?];
        while self.next_of(",").is_some() {
            values.push(self.sum(depth + 1)?);
        }
        self.expect(')')?;
        let many = matches!(name, "min" | "max");
        if many != (values.len() > 1) {
            let wanted = if many { "two or more numbers" } else { "one number" };
            return Err(Problem::new(start, self.at, format!("`{name}` takes {wanted}, found {}", values.len())));
        }
        let first = values[0];
        let rounded = |value: f64| if value.abs() < 9e15 { Number::Whole(value as i64) } else { Number::Real(value) };
        Ok(match name {
            "min" => values.into_iter().reduce(|a, b| if b.real() < a.real() { b } else { a }).expect("there are two"),
            "max" => values.into_iter().reduce(|a, b| if b.real() > a.real() { b } else { a }).expect("there are two"),
            "abs" if first.real() < 0.0 => match first {
                Number::Whole(value) => value.checked_neg().map_or(Number::Real(-(value as f64)), Number::Whole),
                Number::Real(value) => Number::Real(-value),
            },
            "abs" => first,
            "round" => rounded(libm::round(first.real())),
            "floor" => rounded(libm::floor(first.real())),
            "ceil" => rounded(libm::ceil(first.real())),
            _ => self.finite(libm::sqrt(first.real()), start)?,
        })
    }

    fn expect(&mut self, bracket: char) -> Result<(), Problem> {
        match self.next_of(bracket.encode_utf8(&mut [0; 4])) {
            Some(_) => Ok(()),
            None => Err(self.unexpected()),
        }
    }

    fn unexpected(&mut self) -> Problem {
        self.skip_spaces();
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else {
            return Problem::new(self.at, self.at, "the expression ends too early");
        };
        let end = self.at + first.len_utf8();
        let mut problem = Problem::new(self.at, end, format!("`{first}` does not belong here"));
        problem.help = Some(format!("numbers, names of constants, + - * / ( ) and {}", FUNCTIONS.join(", ")));
        problem
    }

    /// The next character that is no space, if it is one of these; taken.
    fn next_of(&mut self, wanted: &str) -> Option<char> {
        self.skip_spaces();
        let next = self.text[self.at..].chars().next().filter(|next| wanted.contains(*next))?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn skip_spaces(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &str {
        let start = self.at;
        let rest = &self.text[start..];
        self.at += rest.find(|c| !accept(c)).unwrap_or(rest.len());
        &self.text[start..self.at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<Number, Problem> {
        evaluate(text, &mut |name| match name {
            "pitch_m" => Ok(Number::Real(1.5)),
            "n" => Ok(Number::Whole(3)),
            _ => Err(format!("no `{name}`")),
        })
    }

    #[test]
    fn arithmetic_as_in_school() {
        let whole = [("1 + 2 * 3", 7), ("(1 + 2) * n", 9), ("8 / 4 / 2", 1), ("-n - -2", -1), ("round(2.5)", 3), ("min(4, n, 5)", 3)];
        for (text, expected) in whole {
            assert_eq!(value(text), Ok(Number::Whole(expected)), "{text}");
        }
        let real = [
            ("pitch_m * 2", 3.0),
            ("7 / 2", 3.5),
            ("1e-3 * 2", 0.002),
            ("sqrt(16)", 4.0),
            ("abs(-pitch_m)", 1.5),
            (" max(n,pitch_m*3) ", 4.5),
        ];
        for (text, expected) in real {
            assert_eq!(value(text), Ok(Number::Real(expected)), "{text}");
        }
        assert_eq!(value("9223372036854775807 + 1"), Ok(Number::Real(9_223_372_036_854_775_808.0)));
    }

    #[test]
    fn what_makes_no_sense_is_found_in_its_place() {
        let cases = [
            ("1 + ", 4, 4, "the expression ends too early"),
            ("2 * pich", 4, 8, "no `pich`"),
            ("n / (n - 3)", 2, 11, "this divides by 0"),
            ("1 $ 2", 2, 3, "`$` does not belong here"),
            ("(1", 2, 2, "the expression ends too early"),
            ("sqrt(-1)", 0, 8, "this is no finite number"),
            ("min(1)", 0, 6, "`min` takes two or more numbers, found 1"),
            ("1.2.3", 0, 5, "`1.2.3` is no number"),
            ("", 0, 0, "the expression ends too early"),
        ];
        for (text, start, end, message) in cases {
            let problem = value(text).expect_err(text);
            assert_eq!((problem.start, problem.end, problem.message.as_str()), (start, end, message), "{text}");
        }
        assert!(value(&"(".repeat(10_000)).is_err() && value(&"-".repeat(10_000)).is_err());
    }
}
