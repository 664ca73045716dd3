//! From a file to samples: a table with a value in each row, or a machine log, from which times are taken. Knows nothing of
//! distributions.

use super::sample::Sample;
use linetwin_model::Time;
use linetwin_model::machine_log::{LogEvent, MachineLog, is_machine_log};
use linetwin_model::words::{listed, nearest};
use std::collections::BTreeMap;

/// Which columns hold what.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Those to fit; empty: every one that holds numbers.
    pub values: Vec<String>,
    /// Says which values are lower bounds; `None`: `censored`, or `NAME_censored`, where there is one.
    pub censored: Option<String>,
    /// Values of different names in this column are samples of their own.
    pub by: Option<String>,
}

/// Which clock runs towards a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogClock {
    /// While the element is processing.
    Running,
    /// Always, but while it is down.
    Calendar,
}

/// What a file held.
pub struct Samples {
    pub samples: Vec<Sample>,
    /// Elements with stops, from a machine log.
    pub is_log: bool,
    /// Columns and elements without values, and why.
    pub left_out: Vec<String>,
}

pub fn read_samples(text: &str, columns: &Columns, clock: LogClock, hold_out: f64) -> Result<Samples, String> {
    let first = text.lines().find(|line| !line.starts_with('#')).unwrap_or("").trim_start_matches('\u{feff}');
    let headings: Vec<&str> = first.split(',').map(str::trim).collect();
    if is_machine_log(&headings) && columns.values.is_empty() {
        let log = MachineLog::read(text).map_err(|error| error.to_string())?;
        let seen = Time::from_seconds(log.end.as_seconds() * (1.0 - hold_out));
        Ok(of_log(&log.window(Time::ZERO, seen), clock))
    } else {
        of_table(text, columns, hold_out)
    }
}

/// Values, each with whether it is only a lower bound.
type Values = Vec<(f64, bool)>;

fn of_table(text: &str, wanted: &Columns, hold_out: f64) -> Result<Samples, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).comment(Some(b'#')).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(|error| format!("line 1: {error}"))?.clone();
    let names: Vec<&str> = headings.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
    let place = |name: &str| {
        names.iter().position(|known| *known == name).ok_or_else(|| {
            let near = nearest(name, names.iter().copied()).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            format!("there is no column `{name}`: there are {}{near}", listed(names.iter().copied()))
        })
    };
    let records = reader.records().collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    let seen = (records.len() as f64 * (1.0 - hold_out)).round() as usize;
    let records = &records[..seen.min(records.len())];
    let by = wanted.by.as_deref().map(place).transpose()?;
    let common = wanted.censored.as_deref().map(place).transpose()?;
    let is_flag = |name: &str| name == "censored" || name.ends_with("_censored") || Some(name) == wanted.censored.as_deref();
    let chosen: Vec<usize> = if wanted.values.is_empty() {
        let holds_numbers = |column: &usize| {
            let cells = || records.iter().filter_map(|record| record.get(*column)).filter(|cell| !cell.is_empty());
            cells().next().is_some() && cells().all(|cell| number(cell).is_some())
        };
        (0..names.len()).filter(|column| !is_flag(names[*column]) && Some(*column) != by).filter(holds_numbers).collect()
    } else {
        wanted.values.iter().map(|name| place(name)).collect::<Result<_, _>>()?
    };
    if chosen.is_empty() {
        return Err(format!("no column holds numbers alone: there are {}; name one with --column", listed(names.iter().copied())));
    }
    let mut found = Samples { samples: Vec::new(), is_log: false, left_out: Vec::new() };
    for column in chosen {
        let own = names.iter().position(|name| *name == format!("{}_censored", names[column]));
        let flag = common.or(own).or_else(|| names.iter().position(|name| *name == "censored"));
        let mut groups: BTreeMap<&str, Values> = BTreeMap::new();
        for record in records {
            let cell = record.get(column).unwrap_or("");
            if cell.is_empty() {
                continue;
            }
            let line = record.position().map_or(0, csv::Position::line);
            let (value, open) = number(cell).ok_or_else(|| {
                format!("line {line}: `{}` is `{cell}`; a number is wanted, or `12+` for a value of at least 12", names[column])
            })?;
            let flagged = match flag.and_then(|flag| record.get(flag)).unwrap_or("") {
                "" | "0" | "false" | "no" => false,
                "1" | "true" | "yes" => true,
                other => {
                    return Err(format!(
                        "line {line}: `{}` is `{other}`; 1, true or yes, or 0, false, no or nothing, are wanted",
                        names[flag.unwrap_or(0)]
                    ));
                }
            };
            groups.entry(by.and_then(|by| record.get(by)).unwrap_or("")).or_default().push((value, open || flagged));
        }
        for (group, values) in groups {
            let name = if group.is_empty() { names[column].to_owned() } else { format!("{group}.{}", names[column]) };
            found.take(&name, values);
        }
    }
    Ok(found)
}

/// A number, and whether a `+` behind it says that it is a lower bound.
fn number(cell: &str) -> Option<(f64, bool)> {
    let (digits, open) = cell.strip_suffix('+').map_or((cell, false), |digits| (digits, true));
    digits.parse::<f64>().ok().filter(|value| value.is_finite()).map(|value| (value, open))
}

/// Times between arrivals, of work, until stops and of stops, of every element that has some.
fn of_log(log: &MachineLog, clock: LogClock) -> Samples {
    let mut found = Samples { samples: Vec::new(), is_log: true, left_out: Vec::new() };
    for (index, name) in log.elements.iter().enumerate() {
        let element = index as u32;
        let down: Vec<(Time, Time)> = log
            .spells(element)
            .into_iter()
            .filter(|spell| LogEvent::State(spell.0) == LogEvent::DOWN)
            .map(|spell| (spell.1, spell.2))
            .collect();
        let arrivals: Vec<Time> = log.times(element, LogEvent::Arrived).collect();
        let mut between: Values = arrivals.windows(2).map(|pair| ((pair[1] - pair[0]).as_seconds(), false)).collect();
        // Since the last one nothing came.
        between.extend(arrivals.last().map(|last| ((log.end - *last).as_seconds(), true)));
        let uptimes = uptimes(log, element, &down, clock);
        let repairs = down.iter().map(|(from, to)| ((*to - *from).as_seconds(), *to == log.end)).collect();
        let kinds =
            [("interarrival_s", between), ("processing_s", works(log, element, &down)), ("uptime_s", uptimes), ("repair_s", repairs)];
        for (kind, values) in kinds {
            if values.iter().any(|(_, open)| !open) {
                found.take(&format!("{name}.{kind}"), values);
            }
        }
    }
    found
}

/// From the beginning of work on a part to its end, without the time in which the element was down; without such events, the
/// spells in which it was processing.
fn works(log: &MachineLog, element: u32, down: &[(Time, Time)]) -> Values {
    let (mut works, mut began): (Values, Option<Time>) = (Vec::new(), None);
    let seconds = |from: Time, to: Time| {
        let lost: u64 = down.iter().map(|(a, b)| (*b).min(to).0.saturating_sub((*a).max(from).0)).sum();
        Time((to - from).0 - lost).as_seconds()
    };
    for entry in log.entries.iter().filter(|entry| entry.element == element) {
        match (entry.event, began) {
            (LogEvent::Began, _) => began = Some(entry.at),
            (LogEvent::Ended, Some(from)) => {
                works.push((seconds(from, entry.at), false));
                began = None;
            }
            _ => {}
        }
    }
    works.extend(began.map(|from| (seconds(from, log.end), true)));
    if works.is_empty() {
        let spells = log.spells(element).into_iter().filter(|spell| spell.0 == 0 && spell.1 > Time::ZERO);
        works.extend(spells.map(|(_, from, to)| ((to - from).as_seconds(), to == log.end)));
    }
    works
}

/// On the clock, from each stop to the next. What came before the first began before the record.
fn uptimes(log: &MachineLog, element: u32, down: &[(Time, Time)], clock: LogClock) -> Values {
    let Some(first) = down.first() else { return Vec::new() };
    let (mut uptimes, mut ran, mut closed) = (Values::new(), 0, true);
    for (state, from, to) in log.spells(element).into_iter().filter(|spell| spell.1 >= first.0) {
        if LogEvent::State(state) == LogEvent::DOWN {
            if from > first.0 {
                uptimes.push((Time(ran).as_seconds(), false));
            }
            (ran, closed) = (0, to == log.end);
        } else if clock == LogClock::Calendar || state == 0 {
            (ran, closed) = (ran + (to - from).0, false);
        }
    }
    if !closed {
        uptimes.push((Time(ran).as_seconds(), true));
    }
    uptimes
}

impl Samples {
    fn take(&mut self, name: &str, values: Values) {
        let of = |open: bool| values.iter().filter(|(_, is_open)| *is_open == open).map(|(value, _)| *value).collect::<Vec<_>>();
        let (observed, censored) = (of(false), of(true));
        let count = observed.len();
        match Sample::new(name, observed, censored).filter(|_| count >= super::sample::LEAST_VALUES) {
            Some(sample) => self.samples.push(sample),
            None => self.left_out.push(format!("`{name}` has {count} values; {} at least are needed", super::sample::LEAST_VALUES)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(text: &str, columns: &Columns, hold_out: f64) -> Result<Samples, String> {
        read_samples(text, columns, LogClock::Running, hold_out)
    }

    #[test]
    fn a_table_gives_a_sample_for_each_column_of_numbers() {
        let text = "machine,work_s,life_s,life_s_censored\na,1,10,\na,2,20,1\nb,3,30+,0\na,4,40,\na,5,50,\nb,6,60,no\na,7,70,\nb,,80,\n";
        let found = samples(text, &Columns::default(), 0.0).expect("a table");
        let [work, life] = &found.samples[..] else { panic!("two samples") };
        assert_eq!((work.name.as_str(), work.observed(), work.censored().len()), ("work_s", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0][..], 0));
        assert_eq!((life.name.as_str(), life.observed().len(), life.censored()), ("life_s", 6, &[20.0, 30.0][..]));
        let half = samples(text, &Columns::default(), 0.25).expect("a table");
        assert_eq!(half.samples[0].observed(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let by = Columns { values: vec!["work_s".into()], by: Some("machine".into()), ..Columns::default() };
        let grouped = samples(text, &by, 0.0).expect("a table");
        assert_eq!((grouped.samples[0].name.as_str(), grouped.samples[0].observed().len()), ("a.work_s", 5));
        assert_eq!(grouped.left_out, ["`b.work_s` has 2 values; 5 at least are needed"]);
        for (columns, told) in [("wrok_s", "did you mean `work_s`?"), ("machine", "line 2: `machine` is `a`")] {
            let named = Columns { values: vec![columns.into()], ..Columns::default() };
            let error = samples(text, &named, 0.0).err().expect("it is wrong");
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn a_log_gives_the_times_of_each_element() {
        let mut text = "time_s,element,event\n0,in,arrived\n".to_owned();
        // Six times: works 3 s, of which it is down for 1; runs 2 s between stops.
        for k in 0..6 {
            let at = 10 * k;
            text +=
                &format!("{},m,processing\n{},m,began\n{},m,down\n{},m,processing\n{},m,ended\n", at + 1, at + 1, at + 2, at + 3, at + 4);
            text += &format!("{},m,idle\n{},in,arrived\n", at + 4, at + 5 + k);
        }
        text += "70,,end\n";
        let found = samples(&text, &Columns::default(), 0.0).expect("a log");
        let told: Vec<(&str, &[f64], &[f64])> =
            found.samples.iter().map(|sample| (sample.name.as_str(), sample.observed(), sample.censored())).collect();
        assert_eq!(
            told,
            [
                ("in.interarrival_s", &[5.0, 11.0, 11.0, 11.0, 11.0, 11.0][..], &[10.0][..]),
                ("m.processing_s", &[2.0; 6][..], &[][..]),
                ("m.uptime_s", &[2.0; 5][..], &[1.0][..]),
                ("m.repair_s", &[1.0; 6][..], &[][..]),
            ]
        );
        let calendar = read_samples(&text, &Columns::default(), LogClock::Calendar, 0.0).expect("a log");
        assert_eq!((calendar.samples[2].observed(), calendar.samples[2].censored()), (&[9.0; 5][..], &[17.0][..]));
    }
}
