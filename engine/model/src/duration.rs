//! Spans of time as people write and read them: `90s`, `10min`, `1h30min`. Exact in integer nanoseconds. Knows nothing
//! about which argument it reads.

use crate::Time;

/// Longest unit first: the order in which a span is written.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000)];

/// Reads a span such as `90s`, `2.5h` or `1h30min`. A number without a unit is refused, because minutes and seconds
/// would be a guess; so is a span of nothing.
pub fn parse_duration(text: &str) -> Result<Time, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("a duration is missing; write for example `10min`".into());
    }
    let mut rest = text;
    let mut total_ns: u128 = 0;
    let mut smallest_so_far = u64::MAX;
    while !rest.is_empty() {
        let number_length = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, after_number) = rest.split_at(number_length);
        let unit_length = after_number.find(|c: char| !c.is_alphabetic()).unwrap_or(after_number.len());
        let (unit, after_unit) = after_number.split_at(unit_length);
        if number.is_empty() {
            return Err(format!("`{text}` is not a duration; write for example `90s`, `10min` or `1h30min`"));
        }
        if unit.is_empty() {
            return Err(format!("`{text}` has no unit; write `{number}s`, `{number}min` or `{number}h`"));
        }
        let unit_ns = nanoseconds_of(unit).ok_or_else(|| format!("`{unit}` is not a unit of time; use d, h, min, s or ms"))?;
        if unit_ns >= smallest_so_far {
            return Err(format!("`{text}` does not go from the longest unit to the shortest; write for example `1h30min`"));
        }
        smallest_so_far = unit_ns;
        total_ns += scale_exactly(number, unit_ns).ok_or_else(|| format!("`{number}` in `{text}` is not a number that fits"))?;
        rest = after_unit.trim_start();
    }
    match u64::try_from(total_ns) {
        Ok(0) => Err(format!("`{text}` is no time at all; it must be longer than zero")),
        Ok(nanoseconds) => Ok(Time(nanoseconds)),
        Err(_) => Err(format!("`{text}` is longer than the 584 years that simulated time can hold")),
    }
}

fn nanoseconds_of(unit: &str) -> Option<u64> {
    UNITS.iter().find(|(name, _)| *name == unit).map(|&(_, nanoseconds)| nanoseconds)
}

/// `number` (digits with at most one point) times `unit_ns`, in whole nanoseconds; digits beyond them are cut off.
fn scale_exactly(number: &str, unit_ns: u64) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()? };
    // Eighteen decimal places times the longest unit still fit u128, and lie far below a nanosecond.
    if fraction.contains('.') || fraction.len() > 18 || (fraction.is_empty() && number.ends_with('.')) {
        return None;
    }
    let fraction_value = if fraction.is_empty() { 0 } else { fraction.parse::<u128>().ok()? };
    let fraction_ns = fraction_value * u128::from(unit_ns) / 10u128.pow(u32::try_from(fraction.len()).ok()?);
    Some(u128::from(whole) * u128::from(unit_ns) + fraction_ns)
}

/// The way back: `1h 30min`, `4min 10s`, `12.5s`. Below a minute one decimal is shown, above it whole seconds.
pub fn format_duration(span: Time) -> String {
    if span.0 < 60_000_000_000 {
        let tenths = span.0 / 100_000_000;
        return if tenths.is_multiple_of(10) { format!("{}s", tenths / 10) } else { format!("{}.{}s", tenths / 10, tenths % 10) };
    }
    let mut rest_s = span.0 / 1_000_000_000;
    let mut words = Vec::new();
    for (name, unit_ns) in &UNITS[..4] {
        let unit_s = unit_ns / 1_000_000_000;
        if rest_s >= unit_s {
            words.push(format!("{}{name}", rest_s / unit_s));
            rest_s %= unit_s;
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_s_spellings_are_read_exactly() {
        for (text, nanoseconds) in [
            ("90s", 90_000_000_000),
            ("10min", 600_000_000_000),
            ("1h", 3_600_000_000_000),
            ("1h30min", 5_400_000_000_000),
            ("1h 30min", 5_400_000_000_000),
            ("2.5h", 9_000_000_000_000),
            (".5s", 500_000_000),
            ("1d", 86_400_000_000_000),
            ("250ms", 250_000_000),
            ("0.1s", 100_000_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Time(nanoseconds)), "{text}");
        }
    }

    #[test]
    fn a_plain_number_is_refused_with_the_remedy() {
        let message = parse_duration("600").expect_err("no unit");
        assert!(message.contains("600s") && message.contains("600min"), "{message}");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "min", "-5s", "1m", "1e3s", "1..5s", "5.s", "30min1h", "1h1h", "0s", "99999999999999d", "10 minutes"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_printed_reads_back_as_the_same_span() {
        for seconds in [1, 59, 60, 61, 600, 3_600, 5_400, 86_400, 90_061] {
            let span = Time(seconds * 1_000_000_000);
            assert_eq!(parse_duration(&format_duration(span)), Ok(span), "{seconds} s");
        }
        assert_eq!(format_duration(Time(12_500_000_000)), "12.5s");
    }
}
