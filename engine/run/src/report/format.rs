//! Numbers as a person reads them: three significant digits or so, units that fit the size, thin spaces between
//! thousands. Never used where a machine reads.

const NARROW_SPACE: char = '\u{202f}';

/// A plain number.
pub fn number(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 1_000.0 {
        grouped(value)
    } else if magnitude >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else if magnitude >= 10.0 {
        format!("{value:.1}")
    } else if magnitude >= 0.1 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    }
}

/// Whole, with a narrow space between thousands.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::from(if value < 0.0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(NARROW_SPACE);
        }
        text.push(digit);
    }
    text
}

pub fn count(value: u64) -> String {
    grouped(value as f64)
}

pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent.abs() >= 99.95 || percent == 0.0 { format!("{percent:.0} %") } else { format!("{percent:.1} %") }
}

/// A span of time, in the largest unit that keeps it above one.
pub fn span(seconds: f64) -> String {
    let magnitude = seconds.abs();
    if magnitude < 120.0 {
        format!("{} s", number(seconds))
    } else if magnitude < 7_200.0 {
        format!("{:.1} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3_600.0)
    }
}

/// Energy that is paid for.
pub fn electrical(joules: f64) -> String {
    let watt_hours = joules / 3_600.0;
    if watt_hours.abs() >= 1_000.0 { format!("{} kWh", number(watt_hours / 1_000.0)) } else { format!("{} Wh", number(watt_hours)) }
}

/// Work done on parts.
pub fn mechanical(joules: f64) -> String {
    if joules.abs() >= 1_000.0 { format!("{} kJ", number(joules / 1_000.0)) } else { format!("{} J", number(joules)) }
}

/// What stands where a figure cannot be given.
pub const NONE: &str = "\u{2013}";

pub fn or_none(value: Option<f64>, format: impl Fn(f64) -> String) -> String {
    value.map_or(NONE.to_string(), format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(number(1_234_567.2), "1\u{202f}234\u{202f}567");
        assert_eq!((number(-1_000.0), number(999.4), number(42.04)), ("-1\u{202f}000".into(), "999".into(), "42.0".into()));
        assert_eq!((number(3.0), number(0.5), number(0.0), number(0.0123)), ("3".into(), "0.50".into(), "0".into(), "0.0123".into()));
        assert_eq!((percent(0.834), percent(1.0), percent(0.0)), ("83.4 %".into(), "100 %".into(), "0 %".into()));
        assert_eq!((span(59.5), span(600.0), span(9_000.0)), ("59.5 s".into(), "10.0 min".into(), "2.5 h".into()));
        assert_eq!((electrical(3.6e6), electrical(1_800.0), mechanical(2_500.0)), ("1 kWh".into(), "0.50 Wh".into(), "2.50 kJ".into()));
    }
}
