//! The tutorial is exactly the program that is compiled and run here.

use std::process::Command;

const PROGRAM: &str = include_str!("../../src/main.rs");
const TUTORIAL: &str = include_str!("../../../../docs/tutorial.md");

#[test]
fn the_tutorial_shows_the_program_whole_and_it_is_short() {
    assert!(TUTORIAL.contains(&format!("```rust\n{PROGRAM}```\n")));
    let lines = PROGRAM.lines().count();
    assert!(lines <= 40, "the program has {lines} lines");
}

#[test]
fn the_program_prints_a_fresh_parcel() -> Result<(), std::io::Error> {
    let folder = std::env::temp_dir().join(format!("tutorial-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let output = Command::new(env!("CARGO_BIN_EXE_tutorial"))
        .current_dir(&folder)
        .output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        printed.contains("number: \"NO12345678\"") && printed.ends_with("fresh\n"),
        "{printed}"
    );
    assert!(
        folder
            .join("target/tutorial/logistics/parcels/v1/_delta_log")
            .is_dir()
    );
    std::fs::remove_dir_all(&folder)
}
