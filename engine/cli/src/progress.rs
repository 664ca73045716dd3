//! How far a run is: a bar on a terminal, otherwise a line per 10 %. Knows simulated and wall time, nothing about what
//! is simulated.

use crate::console::Console;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use linetwin_model::Time;
use linetwin_model::duration::format_duration;
use linetwin_run::Progress;
use std::io::IsTerminal;

/// Shows the progress of one run or replay.
pub struct ProgressDisplay {
    console: Console,
    bar: Option<ProgressBar>,
    /// Tenths of the run that a line was printed for.
    tenths_said: u64,
}

/// The bar counts milliseconds of simulated time: its unit only has to be finer than a redraw.
const NANOS_PER_BAR_UNIT: u64 = 1_000_000;

impl ProgressDisplay {
    pub fn new(console: Console) -> Self {
        let bar = (!console.is_quiet() && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            let template = "{bar:32} {percent:>3} %  {msg}";
            bar.set_style(ProgressStyle::with_template(template).expect("the template is constant").progress_chars("━╸─"));
            bar
        });
        ProgressDisplay { console, bar, tenths_said: 0 }
    }

    pub fn show(&mut self, progress: &Progress) {
        let line = describe(progress);
        if let Some(bar) = &self.bar {
            bar.set_length(progress.duration.0 / NANOS_PER_BAR_UNIT);
            bar.set_position(progress.simulated.0 / NANOS_PER_BAR_UNIT);
            bar.set_message(line);
            return;
        }
        let tenths = tenths_done(progress.simulated, progress.duration);
        if tenths > self.tenths_said {
            self.tenths_said = tenths;
            self.console.note(&format!("{:>3} %  {line}", tenths * 10));
        }
    }

    /// Takes the bar off the screen: what follows is the result.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn tenths_done(simulated: Time, duration: Time) -> u64 {
    let tenths = u128::from(simulated.0) * 10 / u128::from(duration.0.max(1));
    u64::try_from(tenths.min(10)).expect("at most ten")
}

/// `4min 10s of 10min  37.2 x real time  152 parts in  140 out`
fn describe(progress: &Progress) -> String {
    // A resumed run does not start at zero; its speed is that of this session.
    let advanced = progress.simulated.since(progress.began_at);
    let wall_s = progress.wall.as_secs_f64();
    let speed = if wall_s > 0.0 && advanced > Time::ZERO {
        format!("{:.1} x real time", advanced.as_seconds() / wall_s)
    } else {
        "starting".into()
    };
    format!(
        "{} of {}  {speed}  {} parts in  {} out",
        format_duration(progress.simulated),
        format_duration(progress.duration),
        progress.parts_in,
        progress.parts_out
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn progress(began_at_s: f64) -> Progress {
        Progress {
            simulated: Time::from_seconds(250.0),
            duration: Time::from_seconds(600.0),
            began_at: Time::from_seconds(began_at_s),
            wall: Duration::from_secs(10),
            parts_in: 152,
            parts_out: 140,
            parts_inside: 12,
        }
    }

    #[test]
    fn a_line_tells_time_speed_and_parts() {
        let line = describe(&progress(0.0));
        assert_eq!(line, "4min 10s of 10min  25.0 x real time  152 parts in  140 out");
    }

    #[test]
    fn the_speed_of_a_resumed_run_counts_only_what_this_call_did() {
        let line = describe(&progress(150.0));
        assert!(line.contains("10.0 x real time"), "{line}");
    }

    #[test]
    fn tenths_never_pass_ten() {
        assert_eq!(tenths_done(Time(59), Time(600)), 0);
        assert_eq!(tenths_done(Time(60), Time(600)), 1);
        assert_eq!(tenths_done(Time(700), Time(600)), 10);
    }
}
