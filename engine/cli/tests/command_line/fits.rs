//! `fit`: what is printed can be pasted, what is wrong is told.

use super::program::Program;
use std::fmt::Write;

/// A machine that works 3 to 5 s on each part, stops after about a minute of work, and is repaired in 10 to 20 s.
fn log() -> String {
    let mut text = "time_s,element,event\n".to_owned();
    let mut at = 0.0;
    for part in 0..120 {
        let work = 3.0 + f64::from((part * 7) % 20) / 10.0;
        writeln!(text, "{at},infeed,arrived\n{at},press,processing\n{at},press,began").expect("text");
        at += work;
        writeln!(text, "{at},press,ended\n{at},press,idle").expect("text");
        if part % 15 == 14 {
            writeln!(text, "{at},press,down").expect("text");
            at += 10.0 + f64::from(part % 11);
            writeln!(text, "{at},press,idle").expect("text");
        }
        at += 0.5;
    }
    writeln!(text, "{at},,end").expect("text");
    text
}

#[test]
fn a_machine_log_gives_the_lines_of_a_scene() {
    let program = Program::new();
    program.write("log.csv", &log());
    let output = program.run(&["fit", "log.csv", "--out", "fit"]).expect_code(0);
    for told in [
        "infeed.interarrival_s",
        "press.processing_s  120 values",
        "\"press\": processing_s: ",
        "failures: [Failure(mode: \"stop\", clock: Running",
    ] {
        assert!(output.stdout.contains(told), "{told}: {}", output.stdout);
    }
    assert_eq!(program.files(), ["fit", "log.csv"]);
    let half = program.run(&["fit", "log.csv", "--out", "fit", "--hold-out", "50%", "--format", "json"]).expect_code(0);
    let found: serde_json::Value = serde_json::from_str(&half.stdout).expect("JSON");
    let press = found["fits"].as_array().expect("fits").iter().find(|fit| fit["name"] == "press.processing_s").expect("a fit");
    assert!((55..=65).contains(&press["observed"].as_u64().expect("a number")), "{press}");
    assert_eq!(
        program.run(&["fit", "log.csv", "--out", "again", "--hold-out", "50%", "--format", "json"]).stdout,
        half.stdout,
        "no chance in it"
    );
}

#[test]
fn what_is_no_record_is_told() {
    let program = Program::new();
    program.write("log.csv", "time_s,element,event\n1,press,idel\n");
    program.write("words.csv", "a,b\nx,y\n");
    program.write("few.csv", "a\n1\n2\n");
    for (arguments, told) in [
        (&["fit", "log.csv"][..], "did you mean `idle`?"),
        (&["fit", "words.csv"], "no column holds numbers"),
        (&["fit", "words.csv", "--column", "c"], "there is no column `c`"),
        (&["fit", "few.csv"], "5 at least are needed"),
        (&["fit", "few.csv", "--hold-out", "3"], "write for example"),
    ] {
        let output = program.run(arguments).expect_code(2);
        assert!(output.stderr.contains(told), "{arguments:?}: {}", output.stderr);
    }
    assert_eq!(program.files(), ["few.csv", "log.csv", "words.csv"]);
}
