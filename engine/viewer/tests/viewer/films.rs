//! Frames one after the other: into a folder, an APNG, and through `ffmpeg`.

use crate::program::{Png, assert_rendered, json, render, scene};
use std::process::Command;

const FILM: [&str; 9] = ["--from", "4s", "--to", "4.3s", "--rate", "10", "--size", "96x54", "--software"];

#[test]
fn a_folder_holds_every_frame_and_things_keep_their_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("frames");
    assert_rendered(&scene("belt.ron"), &[&FILM[..], &["--kind", "instances"]].concat(), &out);
    let mut names: Vec<String> = std::fs::read_dir(&out)
        .expect("it is there")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let expected: Vec<String> = (0..4).flat_map(|frame| ["json", "png"].map(|ending| format!("frame_{frame:05}.{ending}"))).collect();
    assert_eq!(names, expected);
    let time = |frame: usize| json(&out.join(format!("frame_{frame:05}.json")))["time_s"].as_f64().expect("a number");
    // The first state at or after the frame's time.
    assert!((0..4).all(|frame| (-1e-6..0.01).contains(&(time(frame) - 4.0 - 0.1 * frame as f64))), "frames are a tenth of a second apart");
}

#[test]
fn an_apng_holds_every_frame_in_its_time_and_something_moves() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("film.apng");
    assert_rendered(&scene("belt.ron"), &FILM, &out);
    let file = std::io::BufReader::new(std::fs::File::open(&out).expect("it is there"));
    let mut reader = png::Decoder::new(file).read_info().expect("it is a PNG");
    assert_eq!(reader.info().animation_control().expect("it moves").num_frames, 4);
    let mut frames = Vec::new();
    for _ in 0..4 {
        let mut bytes = vec![0; reader.output_buffer_size().expect("it fits")];
        reader.next_frame(&mut bytes).expect("it is whole");
        let control = reader.info().frame_control().expect("it is a frame");
        assert_eq!((control.delay_num, control.delay_den), (1, 10));
        frames.push(bytes);
    }
    assert!(frames[0] != frames[3], "the line stands still");
    // A single picture of the same moment is the same.
    let single = folder.path().join("single.png");
    assert_rendered(&scene("belt.ron"), &["--at", "4s", "--size", "96x54", "--software"], &single);
    assert!(Png::read(&single).bytes == frames[0], "a film shows something else than a picture");
}

#[test]
fn other_films_are_made_by_ffmpeg_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("film.mp4");
    if Command::new("ffmpeg").arg("-version").output().is_ok_and(|output| output.status.success()) {
        assert_rendered(&scene("belt.ron"), &FILM, &out);
        let bytes = std::fs::read(&out).expect("it is there");
        assert_eq!(&bytes[4..8], b"ftyp", "an MP4 begins with its type");
        assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 1, "nothing unfinished is left");
    } else {
        println!("SKIPPED: ffmpeg is not installed; that the film is refused is tested instead");
        let output = render(&scene("belt.ron"), &FILM, &out);
        assert_eq!(output.status.code(), Some(3));
        assert!(String::from_utf8_lossy(&output.stderr).contains("apt install ffmpeg"));
        assert!(!out.exists());
    }
}
