//! The language of `when` and of rules: `"!weight_ok && (mass_kg > 3 || part == 'carton')"`, `"high.blocked_for > 3"`,
//! `"'belt 1'.parts + rack.level < 8"`. Reads text to a typed [`Condition`], with the place of each problem inside the
//! text. Knows nothing about files, nor about how the line is run.
//!
//! | written | is |
//! |---|---|
//! | `weight_ok`, `grade` | an attribute: a number, and by itself whether it is set and not zero |
//! | `mass_kg`, `length_m`, `width_m`, `height_m` | measures of the part as drawn; its weight with what it holds and what was filled in |
//! | `part == 'carton'` | the part's type |
//! | `order == 'A-17'` | the order of a schedule that the part was made for |
//! | `lane == 'arm 1.side'` | the way that a router chose, by its name |
//! | `loaded`, `empty` | whether the part holds others; a carrier has the attributes and the type of what it holds |
//! | `done(test)` | the station `test` has worked on the part |
//! | `high.blocked`, `high.blocked_for`, `high.clear_for` | a photo-eye, and since when [s] |
//! | `sealer.down`, `sealer.state == 'planned stop'` | an element's state |
//! | `rack.parts` (or `rack.level`) | how many parts are on a conveyor or in a buffer |
//! | `counter.count` | parts counted since time zero |
//! | `'belt 1'.running`, `'belt 1'.speed_mps` | what a conveyor's drive is told |
//! | `encoder.position_m`, `encoder.speed_mps` | what an encoder has counted |
//! | `line.wip` | how many parts are in the line |
//! | `time_s` | simulated time |
//! | `+ - * /`, `min(a, b)`, `max(a, b)`, `abs(a)` | arithmetic |
//!
//! A name that is not one plain word stands in single quotes. `||` binds loosest, then `&&`, `!`, comparisons, `+ -`, `* /`.

mod named;
mod properties;
mod tokens;
mod typed;

use super::views::family;
use crate::condition::{Comparison, Condition, LineFact, Number, Operand};
use crate::report::STATE_NAMES;
use crate::scene::{AttributeId, ElementId};
use crate::spec::ElementSpec;
use crate::words::{either, listed, nearest};
pub use named::ways_of;
use properties::{LINE, OF_LINE, as_written, properties, property_names, property_of, property_of_line};
pub use tokens::renamed;
use tokens::{Kind, Token, describe, tokens};
use typed::{Piece, Typed, Unit, equality, same, unit_of_name};

/// The names that a condition may use beside its own words.
pub struct Names<'a> {
    pub attributes: &'a [String],
    pub part_types: &'a [String],
    /// Of all schedules, by their numbers from 1; `None`: that is not known.
    pub orders: Option<&'a [String]>,
    /// In scene order.
    pub elements: &'a [(&'a str, &'a ElementSpec)],
    /// Whether it is asked of a part; a rule of the line has none.
    pub of_part: bool,
}

/// A problem in the text, by byte offsets.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub start: usize,
    pub end: usize,
    pub message: String,
    pub allowed: Option<String>,
    pub help: Option<String>,
    /// A word could be an attribute that nothing sets.
    pub lacks_attribute: bool,
}

impl Problem {
    fn new(start: usize, end: usize, message: impl Into<String>) -> Self {
        Problem { start, end, message: message.into(), allowed: None, help: None, lacks_attribute: false }
    }
    fn allowed(self, allowed: impl Into<String>) -> Self {
        Problem { allowed: Some(allowed.into()), ..self }
    }
    fn help(self, help: impl Into<String>) -> Self {
        Problem { help: Some(help.into()), ..self }
    }
}

/// Words of the language: no attribute may be called so. (`done`, `min`, `max` and `abs` are such words only before a
/// parenthesis.)
pub const WORDS: [&str; 11] = ["true", "false", "part", "order", "mass_kg", "length_m", "width_m", "height_m", "time_s", "loaded", "empty"];

/// Deeper than any condition that a person writes; keeps a hostile one from exhausting the call stack.
const DEPTH_LIMIT: usize = 64;

/// Whether the part holds others.
fn loaded(operator: Comparison) -> Condition {
    Condition::Compare { left: Number::Operand(Operand::Loaded), operator, right: Number::Constant(0.0) }
}

/// What a condition can begin with.
const A_VALUE: &str = "a name, a number, `!` or `(`";

/// The attribute that a station writes where a condition asks whether it is done with a part.
pub fn done_attribute(station: &str) -> String {
    format!("done({station})")
}

/// The stations of which a text asks `done(...)`, as far as it can be read.
pub fn done_in(text: &str) -> Vec<String> {
    let Ok(tokens) = tokens(text) else { return Vec::new() };
    let names = tokens.windows(3).filter_map(|window| match (&window[0].kind, &window[1].kind, &window[2].kind) {
        (Kind::Word(done), Kind::Sign("("), Kind::Word(name) | Kind::Text(name)) if done == "done" => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

pub fn parse(text: &str, names: &Names<'_>) -> Result<Condition, Vec<Problem>> {
    let tokens = match tokens(text) {
        Ok(tokens) => tokens,
        Err(problem) => return Err(vec![problem]),
    };
    let mut parser = Parser { text, tokens, next: 0, names, problems: Vec::new() };
    let condition = parser.any(0).and_then(|piece| match parser.peek() {
        None => parser.truth(&piece),
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

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    names: &'a Names<'a>,
    /// Names that nobody knows: reading goes on behind them.
    problems: Vec<Problem>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.next).cloned()
    }

    fn sees(&self, ahead: usize, sign: &str) -> bool {
        matches!(self.tokens.get(self.next + ahead), Some(Token { kind: Kind::Sign(found), .. }) if *found == sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.sees(0, sign);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<usize, Problem> {
        if self.take(sign) { Ok(self.tokens[self.next - 1].end) } else { Err(self.unexpected(self.peek(), &format!("`{sign}`"))) }
    }

    fn unexpected(&self, token: Option<Token>, allowed: &str) -> Problem {
        let problem = match token {
            Some(token) => Problem::new(token.start, token.end, format!("{} is out of place", describe(&token.kind))),
            None => Problem::new(self.text.len(), self.text.len(), "the condition ends too early"),
        };
        problem.allowed(allowed)
    }

    fn written(&self, piece: &Piece) -> String {
        format!("`{}`", &self.text[piece.start..piece.end])
    }

    /// The piece as a yes or no.
    fn truth(&self, piece: &Piece) -> Result<Condition, Problem> {
        piece.typed.truth().ok_or_else(|| {
            let message = format!("{} is {}, not a yes or no", self.written(piece), piece.typed.describe());
            let written = &self.text[piece.start..piece.end];
            Problem::new(piece.start, piece.end, message).help(match piece.typed {
                Typed::Number(..) => format!("compare it: `{written} > 3`"),
                Typed::State(_) => format!("compare it: `{written} == 'blocked'`"),
                Typed::Part => "compare it: `part == 'NAME'`".to_owned(),
                Typed::Order => "compare it: `order == 'NAME'`".to_owned(),
                _ => "an attribute is written without quotes".to_owned(),
            })
        })
    }

    fn number(&self, piece: &Piece) -> Result<(Number, Unit), Problem> {
        piece.typed.number().ok_or_else(|| {
            let message = format!("{} is {}, and here must be a number", self.written(piece), piece.typed.describe());
            Problem::new(piece.start, piece.end, message)
        })
    }

    fn any(&mut self, depth: usize) -> Result<Piece, Problem> {
        self.joined("||", depth, Parser::all, Condition::Any)
    }

    fn all(&mut self, depth: usize) -> Result<Piece, Problem> {
        self.joined("&&", depth, Parser::one, Condition::All)
    }

    fn joined(
        &mut self,
        sign: &str,
        depth: usize,
        inner: fn(&mut Self, usize) -> Result<Piece, Problem>,
        join: fn(Vec<Condition>) -> Condition,
    ) -> Result<Piece, Problem> {
        let first = inner(self, depth)?;
        if !self.sees(0, sign) {
            return Ok(first);
        }
        let (mut operands, mut end) = (vec![self.truth(&first)?], first.end);
        while self.take(sign) {
            let next = inner(self, depth)?;
            operands.push(self.truth(&next)?);
            end = next.end;
        }
        Ok(Piece { typed: Typed::Bool(join(operands)), start: first.start, end })
    }

    fn one(&mut self, depth: usize) -> Result<Piece, Problem> {
        self.not_deeper(depth)?;
        let start = self.peek().map_or(self.text.len(), |token| token.start);
        if self.take("!") {
            let inner = self.one(depth + 1)?;
            return Ok(Piece { typed: Typed::Bool(Condition::Not(Box::new(self.truth(&inner)?))), start, end: inner.end });
        }
        let left = self.sum(depth)?;
        let Some((operator, sign)) = self.comparison() else { return Ok(left) };
        let right = self.sum(depth)?;
        let condition = self.compared(&left, operator, sign, &right)?;
        if let Some((_, next)) = self.comparison() {
            let token = self.tokens[self.next - 1].clone();
            let problem = Problem::new(token.start, token.end, format!("`{next}` compares what is a comparison already"));
            return Err(problem.help("write `a < b && b < c`"));
        }
        Ok(Piece { typed: Typed::Bool(condition), start: left.start, end: right.end })
    }

    fn not_deeper(&self, depth: usize) -> Result<(), Problem> {
        if depth <= DEPTH_LIMIT {
            return Ok(());
        }
        let problem = self.unexpected(self.peek(), "a flatter condition");
        Err(Problem { message: format!("the condition is nested more than {DEPTH_LIMIT} deep"), ..problem })
    }

    fn comparison(&mut self) -> Option<(Comparison, &'static str)> {
        let signs = [
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        signs.into_iter().find(|(sign, _)| self.take(sign)).map(|(sign, comparison)| (comparison, sign))
    }

    fn compared(&mut self, left: &Piece, operator: Comparison, sign: &str, right: &Piece) -> Result<Condition, Problem> {
        let whole = |message: String| Problem::new(left.start, right.end, message);
        let unordered = || whole(format!("`{sign}` does not compare {}", left.typed.describe())).allowed("`==`, `!=`");
        match (&left.typed, &right.typed) {
            (Typed::Part, Typed::Text(name)) => {
                let is = Condition::PartIs(self.part_named(right, name));
                equality(operator, is).ok_or_else(unordered)
            }
            (Typed::Part, _) => {
                let problem = Problem::new(right.start, right.end, "`part` can only be compared with a name");
                Err(problem.allowed("`part == 'NAME'`, `part != 'NAME'`"))
            }
            (Typed::Order, Typed::Text(name)) => {
                let right = Number::Constant(self.order_named(right, name));
                let is = Condition::Compare { left: Number::Operand(Operand::Order), operator: Comparison::Equal, right };
                equality(operator, is).ok_or_else(unordered)
            }
            (Typed::Order, _) => {
                let problem = Problem::new(right.start, right.end, "`order` can only be compared with a name");
                Err(problem.allowed("`order == 'NAME'`, `order != 'NAME'`"))
            }
            (Typed::State(element), Typed::Text(name)) => {
                let is = Condition::Line(LineFact::State { element: *element, state: self.state_named(right, name) });
                equality(operator, is).ok_or_else(unordered)
            }
            (Typed::State(_), _) => {
                let message = format!("{} is a state, and {} is {}", self.written(left), self.written(right), right.typed.describe());
                Err(whole(message).allowed(format!("a state in quotes: {}", states())))
            }
            (Typed::Attribute(attribute, _), Typed::Text(name)) => {
                let (way, number) = (self.way_named(*attribute, left, right, name)?, self.number(left)?.0);
                let is = Condition::Compare { left: number, operator: Comparison::Equal, right: Number::Constant(way) };
                equality(operator, is).ok_or_else(unordered)
            }
            // An attribute is a number, and so is what it is compared with: `ok == true` is `ok == 1`.
            (Typed::Attribute(..), Typed::Bool(Condition::Constant(value))) => {
                let (left, _) = self.number(left)?;
                Ok(Condition::Compare { left, operator, right: Number::Constant(f64::from(u8::from(*value))) })
            }
            (Typed::Bool(_), Typed::Bool(_) | Typed::Attribute(..)) | (Typed::Attribute(..), Typed::Bool(_)) => {
                let both = same(self.truth(left)?, self.truth(right)?);
                equality(operator, both).ok_or_else(unordered)
            }
            (a, b) => match (a.number(), b.number()) {
                (Some((a, unit_a)), Some((b, unit_b))) => {
                    self.one_unit(left, unit_a, right, unit_b, "compared")?;
                    Ok(Condition::Compare { left: a, operator, right: b })
                }
                _ => {
                    let message = format!(
                        "{} is {} and {} is {}: they cannot be compared",
                        self.written(left),
                        a.describe(),
                        self.written(right),
                        b.describe()
                    );
                    Err(whole(message))
                }
            },
        }
    }

    /// The unit of two numbers that are added or compared.
    fn one_unit(&self, left: &Piece, a: Unit, right: &Piece, b: Unit, what: &str) -> Result<Unit, Problem> {
        match (a, b) {
            (Some(a), Some(b)) if a != b => {
                let message = format!("{} is in {a} and {} in {b}: they cannot be {what}", self.written(left), self.written(right));
                Err(Problem::new(left.start, right.end, message).allowed("numbers of one unit"))
            }
            (a, b) => Ok(a.or(b)),
        }
    }

    fn sum(&mut self, depth: usize) -> Result<Piece, Problem> {
        let mut left = self.product(depth)?;
        loop {
            let join = match () {
                () if self.take("+") => Number::Sum,
                () if self.take("-") => Number::Difference,
                () => return Ok(left),
            };
            let right = self.product(depth)?;
            let ((a, unit_a), (b, unit_b)) = (self.number(&left)?, self.number(&right)?);
            let unit = self.one_unit(&left, unit_a, &right, unit_b, "added")?;
            left = Piece { typed: Typed::Number(join(Box::new(a), Box::new(b)), unit), start: left.start, end: right.end };
        }
    }

    fn product(&mut self, depth: usize) -> Result<Piece, Problem> {
        let mut left = self.signed(depth)?;
        loop {
            let times = self.take("*");
            if !times && !self.take("/") {
                return Ok(left);
            }
            let right = self.signed(depth)?;
            let ((a, unit_a), (b, unit_b)) = (self.number(&left)?, self.number(&right)?);
            if !self.names.of_part && b.changes() && (a.changes() || !times) {
                let message = format!("{} changes with time, and no rule can tell when such a curve is met", self.written(&right));
                return Err(Problem::new(left.start, right.end, message).help("multiply or divide times by what stays"));
            }
            // A plain factor leaves the unit; beyond that no unit is worked out, and none is checked.
            let unit = match (unit_a, unit_b) {
                (unit, None) => unit,
                (None, unit) if times => unit,
                _ => None,
            };
            let join = if times { Number::Product } else { Number::Quotient };
            left = Piece { typed: Typed::Number(join(Box::new(a), Box::new(b)), unit), start: left.start, end: right.end };
        }
    }

    fn signed(&mut self, depth: usize) -> Result<Piece, Problem> {
        self.not_deeper(depth)?;
        let start = self.peek().map_or(self.text.len(), |token| token.start);
        if self.take("-") {
            let inner = self.signed(depth + 1)?;
            let (number, unit) = self.number(&inner)?;
            let negative = match number {
                Number::Constant(value) => Number::Constant(-value),
                other => Number::Negative(Box::new(other)),
            };
            return Ok(Piece { typed: Typed::Number(negative, unit), start, end: inner.end });
        }
        self.atom(depth)
    }

    fn atom(&mut self, depth: usize) -> Result<Piece, Problem> {
        let token = self.peek().ok_or_else(|| self.unexpected(None, A_VALUE))?;
        self.next += 1;
        let piece = |typed| Piece { typed, start: token.start, end: token.end };
        match &token.kind {
            Kind::Sign("(") => {
                let inner = self.any(depth + 1)?;
                let end = self.expect(")")?;
                Ok(Piece { start: token.start, end, ..inner })
            }
            Kind::Number(value) => Ok(piece(Typed::Number(Number::Constant(*value), None))),
            Kind::Word(name) | Kind::Text(name) if self.sees(0, ".") => self.property(&token, name),
            Kind::Text(text) => Ok(piece(Typed::Text(text.clone()))),
            Kind::Word(word) if self.sees(0, "(") && ["done", "min", "max", "abs"].contains(&word.as_str()) => {
                self.function(&token, word, depth)
            }
            Kind::Word(word) => Ok(piece(self.word(&token, word))),
            Kind::Sign(_) => Err(self.unexpected(Some(token), A_VALUE)),
        }
    }

    fn word(&mut self, token: &Token, word: &str) -> Typed {
        let of_part = |operand, unit| Typed::Number(Number::Operand(operand), Some(unit));
        let typed = match word {
            "true" => return Typed::Bool(Condition::Constant(true)),
            "false" => return Typed::Bool(Condition::Constant(false)),
            "time_s" => return of_part(Operand::TimeS, "s"),
            "part" => Typed::Part,
            "order" => Typed::Order,
            "mass_kg" => of_part(Operand::MassKg, "kg"),
            "length_m" => of_part(Operand::LengthM, "m"),
            "width_m" => of_part(Operand::WidthM, "m"),
            "height_m" => of_part(Operand::HeightM, "m"),
            "loaded" => Typed::Bool(loaded(Comparison::Greater)),
            "empty" => Typed::Bool(loaded(Comparison::Equal)),
            _ => match self.names.attributes.iter().position(|attribute| attribute == word) {
                Some(index) => Typed::Attribute(AttributeId::from_index(index), unit_of_name(word)),
                None => {
                    self.unknown_word(token, word);
                    return Typed::Attribute(AttributeId(0), None);
                }
            },
        };
        if !self.names.of_part {
            let problem = Problem::new(token.start, token.end, format!("`{word}` is of a part, and a rule of the line has none"));
            self.problems.push(problem.allowed("photo-eyes, states, levels, counters, drives and `time_s`"));
        }
        typed
    }

    fn unknown_word(&mut self, token: &Token, word: &str) {
        if let Some((name, spec)) = self.names.elements.iter().find(|(name, _)| *name == word) {
            let problem = Problem::new(token.start, token.end, format!("`{name}` ({}) is an element: what of it is meant?", family(spec)));
            self.problems.push(problem.allowed(either(&properties(name, spec))));
            return;
        }
        let attributes = self.names.attributes.iter().filter(|name| !name.starts_with("done("));
        let known: Vec<&str> = attributes.map(String::as_str).collect();
        let of_part = self.names.of_part;
        let (message, allowed) = match (of_part, known.is_empty()) {
            (false, _) => (format!("`{word}` means nothing in a rule"), "`ELEMENT.PROPERTY`, `time_s`, numbers".to_owned()),
            (true, true) => {
                (format!("nothing sets an attribute `{word}`"), "no element of this scene sets an attribute (`sets:`)".to_owned())
            }
            (true, false) => (format!("nothing sets an attribute `{word}`"), listed(known.iter().copied())),
        };
        let words: Vec<&str> = if of_part { known.into_iter().chain(WORDS).collect() } else { vec!["time_s"] };
        let help = nearest(word, words).map(|near| format!("did you mean `{near}`?"));
        self.problems.push(Problem { help, lacks_attribute: of_part, ..Problem::new(token.start, token.end, message).allowed(allowed) });
    }

    /// `done(test)`, `min(a, b)`; the word is read.
    fn function(&mut self, word: &Token, name: &str, depth: usize) -> Result<Piece, Problem> {
        self.expect("(")?;
        if name == "done" {
            let token = self.peek().ok_or_else(|| self.unexpected(None, "a station's name"))?;
            let (Kind::Word(station) | Kind::Text(station)) = &token.kind else {
                return Err(self.unexpected(Some(token), "a station's name"));
            };
            self.next += 1;
            let typed = self.done(&token, station);
            let end = self.expect(")")?;
            return Ok(Piece { typed, start: word.start, end });
        }
        let (mut numbers, mut unit) = (Vec::new(), None);
        let mut before: Option<Piece> = None;
        loop {
            let argument = self.sum(depth + 1)?;
            let (number, own) = self.number(&argument)?;
            unit = self.one_unit(before.as_ref().unwrap_or(&argument), unit, &argument, own, "compared")?;
            numbers.push(number);
            before = Some(argument);
            if !self.take(",") {
                break;
            }
        }
        let end = self.expect(")")?;
        let wrong = |allowed: &str| Problem::new(word.start, end, format!("`{name}` has {} numbers", numbers.len())).allowed(allowed);
        let number = match (name, numbers.len()) {
            ("abs", 1) => Number::Magnitude(Box::new(numbers.remove(0))),
            ("abs", _) => return Err(wrong("one number: `abs(a)`")),
            (_, 1) => return Err(wrong(&format!("two or more: `{name}(a, b)`"))),
            ("min", _) => Number::Least(numbers),
            _ => Number::Greatest(numbers),
        };
        Ok(Piece { typed: Typed::Number(number, unit), start: word.start, end })
    }

    fn done(&mut self, token: &Token, station: &str) -> Typed {
        let stations: Vec<&str> = self.names.elements.iter().filter(|(_, spec)| family(spec) == "Station").map(|(name, _)| *name).collect();
        let attribute = self.names.attributes.iter().position(|attribute| *attribute == done_attribute(station));
        match attribute.filter(|_| stations.contains(&station)) {
            Some(_) if !self.names.of_part => {
                let problem = Problem::new(token.start, token.end, "`done` is of a part, and a rule of the line has none");
                self.problems.push(problem.allowed("photo-eyes, states, levels, counters, drives and `time_s`"));
            }
            Some(index) => return Typed::Bool(Condition::IsSet(AttributeId::from_index(index))),
            None => {
                let problem = Problem::new(token.start, token.end, format!("no Station is called `{station}`"));
                let help = nearest(station, stations.iter().copied()).map(|near| format!("did you mean `{near}`?"));
                self.problems.push(Problem { help, ..problem.allowed(listed(stations)) });
            }
        }
        Typed::Bool(Condition::Constant(true))
    }

    /// `high.blocked_for`; the name is read, the dot comes.
    fn property(&mut self, name_token: &Token, name: &str) -> Result<Piece, Problem> {
        self.expect(".")?;
        let token = self.peek().ok_or_else(|| self.unexpected(None, "what of the element is meant"))?;
        let Kind::Word(property) = &token.kind else { return Err(self.unexpected(Some(token), "what of the element is meant")) };
        self.next += 1;
        let piece = |typed| Ok(Piece { typed, start: name_token.start, end: token.end });
        if name == LINE {
            let typed = property_of_line(property).unwrap_or_else(|| {
                let problem = Problem::new(token.start, token.end, format!("the line has no `{property}`"));
                self.problems.push(problem.allowed(listed(OF_LINE.map(|known| format!("line.{known}")).iter().map(String::as_str))));
                Typed::Attribute(AttributeId(0), None)
            });
            return piece(typed);
        }
        let Some(index) = self.names.elements.iter().position(|(known, _)| *known == name) else {
            let known = self.names.elements.iter().map(|(name, _)| *name);
            let problem = Problem::new(name_token.start, name_token.end, format!("no element is called `{name}`"));
            let help = nearest(name, known.clone()).map(|near| format!("did you mean `{}`?", as_written(near)));
            self.problems.push(Problem { help, ..problem.allowed(listed(known)) });
            return piece(Typed::Attribute(AttributeId(0), None));
        };
        let spec = self.names.elements[index].1;
        if let Some(typed) = property_of(spec, ElementId::from_index(index), property) {
            return piece(typed);
        }
        let known = properties(name, spec);
        let problem = Problem::new(token.start, token.end, format!("`{name}` ({}) has no `{property}`", family(spec)));
        let plain: Vec<&str> = property_names(spec);
        let help = nearest(property, plain.iter().copied()).map(|near| format!("did you mean `{}.{near}`?", as_written(name)));
        let allowed = if known.is_empty() { "another element: a condition can ask nothing of this one".to_owned() } else { either(&known) };
        self.problems.push(Problem { help, ..problem.allowed(allowed) });
        piece(Typed::Attribute(AttributeId(0), None))
    }
}

fn states() -> String {
    STATE_NAMES.map(|state| format!("'{state}'")).join(", ")
}

#[cfg(test)]
mod tests;
