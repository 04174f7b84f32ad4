//! The gate over whole sources: against an oracle that judges rows one by one, and under hostile rules and data.

mod beyond;
mod cases;
mod driver;
mod hostile;
mod model;
mod nested;
mod oracle;
mod repairs;
