//! `doctor`: whether a store keeps what tables with several writers need.

use serde_json::json;

use super::wait;
use crate::args::{CheckFormat, Doctor};
use crate::command::{EXIT_FINDINGS, EXIT_OK, Failure, print};

pub(crate) fn run(doctor: &Doctor) -> Result<u8, Failure> {
    let diagnosis = wait(dataproduct::doctor(&doctor.location)).map_err(super::test::unusable)?;
    let text = match doctor.format {
        CheckFormat::Text => diagnosis.to_string(),
        CheckFormat::Json => {
            let trials = diagnosis.trials.iter();
            let trials = trials.map(|trial| json!({"need": trial.need, "failure": trial.failure}));
            let whole = json!({
                "form": 1,
                "version": env!("CARGO_PKG_VERSION"),
                "verb": "doctor",
                "ok": diagnosis.is_safe(),
                "trials": trials.collect::<Vec<_>>(),
            });
            format!("{whole:#}\n")
        }
    };
    print(text.as_bytes())?;
    Ok(match diagnosis.is_safe() {
        true => EXIT_OK,
        false => EXIT_FINDINGS,
    })
}
