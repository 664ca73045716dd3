//! Machine logs: what a plant, or a run, recorded of its machines, as a CSV table with a row for each thing that happened
//! (`docs/machine-logs.md`). Reads and writes the text; knows nothing about scenes, and not what becomes of the record.

use crate::time::Time;
use crate::words::nearest;
use std::fmt::Write;

/// States of the time model as a log writes them; [`LogEvent::State`] holds an index into this.
pub const LOG_STATES: [&str; 10] =
    ["processing", "idle", "starved", "blocked", "held", "setup", "down", "jammed", "planned stop", "not scheduled"];

/// The columns that every log has; `part` is the one that it may have.
const TIME_COLUMNS: [&str; 2] = ["time_s", "timestamp"];
/// A year of a busy line; a table beyond that is another kind of file.
const MOST_ROWS: usize = 50_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogEvent {
    /// A part came into the line here.
    Arrived,
    /// A part left the line here.
    Left,
    /// Work on a part began, or ended.
    Began,
    Ended,
    /// From now on the element is in this state.
    State(u8),
    /// The record ends; of no element.
    End,
}

impl LogEvent {
    pub const DOWN: LogEvent = LogEvent::State(6);

    fn of(word: &str) -> Option<LogEvent> {
        Some(match word {
            "arrived" => LogEvent::Arrived,
            "left" => LogEvent::Left,
            "began" => LogEvent::Began,
            "ended" => LogEvent::Ended,
            "end" => LogEvent::End,
            _ => LogEvent::State(u8::try_from(LOG_STATES.iter().position(|state| *state == word.replace('_', " "))?).ok()?),
        })
    }

    pub fn word(self) -> &'static str {
        match self {
            LogEvent::Arrived => "arrived",
            LogEvent::Left => "left",
            LogEvent::Began => "began",
            LogEvent::Ended => "ended",
            LogEvent::End => "end",
            LogEvent::State(state) => LOG_STATES[usize::from(state)],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// From the beginning of the record.
    pub at: Time,
    /// Index into [`MachineLog::elements`].
    pub element: u32,
    pub event: LogEvent,
}

/// A record from time zero to its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineLog {
    /// In the order of their first rows.
    pub elements: Vec<String>,
    /// In the order of time; what happened at one instant in the order of the rows.
    pub entries: Vec<LogEntry>,
    pub end: Time,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct LogError {
    /// From 1, the heading counted.
    pub line: u64,
    pub message: String,
}

/// Whether a table has the columns of a machine log.
pub fn is_machine_log(headings: &[&str]) -> bool {
    ["element", "event"].iter().all(|wanted| headings.contains(wanted)) && TIME_COLUMNS.iter().any(|time| headings.contains(time))
}

impl MachineLog {
    pub fn read(text: &str) -> Result<MachineLog, LogError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).comment(Some(b'#')).from_reader(text.as_bytes());
        let fail = |line: u64, message: String| LogError { line, message };
        let headings = reader.headers().map_err(|error| fail(1, error.to_string()))?.clone();
        let names: Vec<&str> = headings.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
        let place = |wanted: &str| names.iter().position(|name| *name == wanted);
        let (Some(time), Some(element), Some(event)) =
            (TIME_COLUMNS.iter().find_map(|column| place(column)), place("element"), place("event"))
        else {
            return Err(fail(
                1,
                format!("the columns are {}; a machine log has `time_s` or `timestamp`, `element` and `event`", names.join(", ")),
            ));
        };
        let as_timestamp = names[time] == TIME_COLUMNS[1];
        let mut log = MachineLog::default();
        let mut start: Option<i128> = None;
        let mut ended = None;
        for record in reader.records() {
            let record = record.map_err(|error| fail(error.position().map_or(0, csv::Position::line), error.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            let cell = |column: usize| record.get(column).unwrap_or("");
            let at = if as_timestamp {
                let told = cell(time);
                let at = timestamp_ns(told)
                    .ok_or_else(|| fail(line, format!("`{told}` is no time; write for example 2026-01-31T08:00:00.25")))?;
                let since = at - *start.get_or_insert(at);
                u64::try_from(since).ok().map(Time)
            } else {
                let told = cell(time);
                let seconds = told.parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds < 1e10);
                let seconds = seconds.ok_or_else(|| fail(line, format!("`time_s` is `{told}`; seconds from the beginning are wanted")))?;
                (seconds >= 0.0).then(|| Time::from_seconds(seconds))
            };
            let last = log.entries.last().map_or(Time::ZERO, |entry| entry.at);
            let Some(at) = at.filter(|at| *at >= last && ended.is_none()) else {
                return Err(fail(line, "the row lies before the one above it: sort the log by time, with `end` last".to_owned()));
            };
            let word = cell(event);
            let event = LogEvent::of(word).ok_or_else(|| {
                let words = ["arrived", "left", "began", "ended", "end"].into_iter().chain(LOG_STATES);
                let near = nearest(word, words.clone()).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                fail(line, format!("no event is called `{word}`: there are {}{near}", words.collect::<Vec<_>>().join(", ")))
            })?;
            if event == LogEvent::End {
                ended = Some(at);
                continue;
            }
            let name = cell(element);
            if name.is_empty() {
                return Err(fail(line, format!("the row says `{word}`, but not of which element")));
            }
            let element = log.elements.iter().position(|known| known == name).unwrap_or_else(|| {
                log.elements.push(name.to_owned());
                log.elements.len() - 1
            });
            if log.entries.len() == MOST_ROWS {
                return Err(fail(line, format!("the log has more than {MOST_ROWS} rows")));
            }
            log.entries.push(LogEntry { at, element: element as u32, event });
        }
        let Some(last) = log.entries.last() else { return Err(fail(1, "the log has no rows".to_owned())) };
        log.end = ended.unwrap_or(last.at);
        Ok(log)
    }

    /// As a table that [`MachineLog::read`] reads to the same log, to the nanosecond.
    pub fn text(&self) -> String {
        let mut text = "time_s,element,event\n".to_owned();
        let seconds = |at: Time| format!("{}.{:09}", at.0 / Time::NANOS_PER_SECOND, at.0 % Time::NANOS_PER_SECOND);
        for entry in &self.entries {
            let name = &self.elements[entry.element as usize];
            let name = if name.contains([',', '"', '\n']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.clone() };
            writeln!(text, "{},{name},{}", seconds(entry.at), entry.event.word()).expect("writing into a string");
        }
        writeln!(text, "{},,end", seconds(self.end)).expect("writing into a string");
        text
    }

    /// What lies between two instants, as a record of its own that begins at zero; each element begins in the state that it is in.
    pub fn window(&self, from: Time, to: Time) -> MachineLog {
        let mut states: Vec<Option<LogEntry>> = vec![None; self.elements.len()];
        let (before, rest) = self.entries.split_at(self.entries.partition_point(|entry| entry.at < from));
        for entry in before.iter().filter(|entry| matches!(entry.event, LogEvent::State(_))) {
            states[entry.element as usize] = Some(LogEntry { at: Time::ZERO, ..*entry });
        }
        let within = rest.iter().take_while(|entry| entry.at < to).map(|entry| LogEntry { at: entry.at - from, ..*entry });
        let entries = states.into_iter().flatten().chain(within).collect();
        MachineLog { elements: self.elements.clone(), entries, end: to.min(self.end.max(from)) - from }
    }

    pub fn element(&self, name: &str) -> Option<u32> {
        self.elements.iter().position(|known| known == name).map(|index| index as u32)
    }

    /// When something of this kind happened at an element.
    pub fn times(&self, element: u32, event: LogEvent) -> impl Iterator<Item = Time> {
        self.entries.iter().filter(move |entry| entry.element == element && entry.event == event).map(|entry| entry.at)
    }

    /// The spells that an element spent in its states, in order: state, from, to. The last one is open: it lasts to the end of
    /// the record. Neighbours in the same state are one spell.
    pub fn spells(&self, element: u32) -> Vec<(u8, Time, Time)> {
        let mut spells: Vec<(u8, Time, Time)> = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.element == element) {
            let LogEvent::State(state) = entry.event else { continue };
            if let Some(last) = spells.last_mut() {
                last.2 = entry.at;
                if last.0 == state {
                    last.2 = self.end;
                    continue;
                }
            }
            spells.push((state, entry.at, self.end));
        }
        spells
    }
}

/// Nanoseconds since 1970 of `2026-01-31T08:00:00.25`, with a blank for the `T` and with or without a `Z`.
fn timestamp_ns(text: &str) -> Option<i128> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, clock) = text.split_once(['T', ' '])?;
    let whole = |text: &str, digits: usize| {
        (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<i64>().ok())?
    };
    let mut parts = date.split('-');
    let (year, month, day) = (whole(parts.next()?, 4)?, whole(parts.next()?, 2)?, whole(parts.next()?, 2)?);
    let mut parts = clock.split(':');
    let (hour, minute, seconds) = (whole(parts.next()?, 2)?, whole(parts.next()?, 2)?, parts.next()?);
    let (second, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let second = whole(second, 2)?;
    let nanos = whole(&format!("{fraction:0<9}").chars().take(9).collect::<String>(), 9)?;
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    // Days since 1970 by years that begin in March: Hinnant, chrono-compatible low-level date algorithms.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    in_range.then(|| i128::from(days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000_000_000 + i128::from(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "time_s,element,event\n0,press,starved\n1.5,infeed,arrived\n2,press,processing\n2,press,began\n5.25,press,down\n\
                       9,press,processing\n9,\"belt, 2\",blocked\n12,press,processing\n20,,end\n";

    #[test]
    fn what_is_written_is_what_is_read() {
        let log = MachineLog::read(LOG).expect("a log");
        assert_eq!(log.elements, ["press", "infeed", "belt, 2"]);
        assert_eq!((log.entries.len(), log.end), (8, Time::from_seconds(20.0)));
        assert_eq!(MachineLog::read(&log.text()), Ok(log.clone()));
        let seconds = |(state, from, to): (u8, Time, Time)| (LOG_STATES[usize::from(state)], from.as_seconds(), to.as_seconds());
        let spells: Vec<_> = log.spells(0).into_iter().map(seconds).collect();
        assert_eq!(spells, [("starved", 0.0, 2.0), ("processing", 2.0, 5.25), ("down", 5.25, 9.0), ("processing", 9.0, 20.0)]);
        assert_eq!(log.times(1, LogEvent::Arrived).collect::<Vec<_>>(), [Time::from_seconds(1.5)]);
    }

    #[test]
    fn a_window_begins_in_the_states_that_were() {
        let log = MachineLog::read(LOG).expect("a log");
        let window = log.window(Time::from_seconds(4.0), Time::from_seconds(10.0));
        assert_eq!(window.end, Time::from_seconds(6.0));
        let spells: Vec<_> = window.spells(0).iter().map(|spell| (spell.0, spell.1.as_seconds(), spell.2.as_seconds())).collect();
        assert_eq!(spells, [(0, 0.0, 1.25), (6, 1.25, 5.0), (0, 5.0, 6.0)]);
        assert_eq!(window.times(1, LogEvent::Arrived).count(), 0);
    }

    #[test]
    fn times_of_day_count_from_the_first() {
        let log = MachineLog::read("timestamp,event,element\n2024-02-28T23:59:59.5,idle,a\n2024-03-01 00:00:01Z,down,a\n").expect("a log");
        assert_eq!(log.end, Time::from_seconds(86_401.5));
        // 29 February 2000 to 1 March 2100, which is no leap year.
        assert_eq!(timestamp_ns("1970-01-01T00:00:00"), Some(0));
        assert_eq!(timestamp_ns("2000-03-01T00:00:00"), Some(951_868_800_000_000_000));
        assert_eq!(timestamp_ns("2100-03-01T00:00:00.000000001"), Some(4_107_542_400_000_000_001));
        assert_eq!((timestamp_ns("2024-13-01T00:00:00"), timestamp_ns("yesterday"), timestamp_ns("2024-1-1T0:0:0")), (None, None, None));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, told) in [
            ("time,element,event\n", "line 1: the columns are time, element, event"),
            ("time_s,element,event\n", "line 1: the log has no rows"),
            ("time_s,element,event\n1,a,idle\n0.5,a,down\n", "line 3: the row lies before"),
            ("time_s,element,event\n1,a,idel\n", "did you mean `idle`?"),
            ("time_s,element,event\nnoon,a,idle\n", "line 2: `time_s` is `noon`"),
            ("time_s,element,event\n1,,idle\n", "not of which element"),
            ("timestamp,element,event\n12:00,a,idle\n", "write for example 2026-01-31T08:00:00.25"),
        ] {
            let error = MachineLog::read(text).expect_err("it is wrong").to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
