//! Text with separators, whose types are guessed from its first rows.
//!
//! A guess errs towards text: a number with a leading zero is text, so that postal codes survive, and a
//! column of a few words stays text without a list of allowed values.

use std::io::Read;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use csv::{ReaderBuilder, StringRecord};
use dataproduct::Column;
use dataproduct::contract::DataType;
use dataproduct::draft::Names;

use super::{Draft, Error, Notes, name_fits};

const FORM: &str = "text with separators";
/// The most bytes that are read.
pub const MAX_BYTES: u64 = 64 << 20;
/// The most rows that types are guessed from.
pub const MAX_ROWS: usize = 100_000;
/// The most columns.
pub const MAX_CSV_COLUMNS: usize = 4_096;
/// What may stand between values; the one that the first line has most of does.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A draft from the first line and the first rows.
///
/// # Errors
/// [`Error::Malformed`] for text that is not UTF-8, has no rows or rows of different lengths,
/// [`Error::TooMuch`] beyond the limits, [`Error::Io`] when reading fails.
pub fn draft(input: impl Read) -> Result<Draft, Error> {
    let mut bytes = Vec::new();
    input.take(MAX_BYTES).read_to_end(&mut bytes)?;
    let is_cut = bytes.len() as u64 == MAX_BYTES;
    let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = ReaderBuilder::new()
        .delimiter(separator(body))
        .from_reader(body);
    let head = reader
        .headers()
        .map_err(|e| Error::malformed(FORM, e))?
        .clone();
    if head.len() > MAX_CSV_COLUMNS {
        return Err(Error::TooMuch {
            path: "line 1".to_owned(),
            limit: MAX_CSV_COLUMNS,
            what: "columns",
        });
    }
    let mut guesses = vec![Guess::default(); head.len()];
    let mut record = StringRecord::new();
    let mut rows = 0;
    while rows < MAX_ROWS {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            // The last row of what was cut off is none.
            Err(_) if is_cut && reader.is_done() => break,
            Err(error) => return Err(Error::malformed(FORM, error)),
        }
        rows += 1;
        for (guess, value) in guesses.iter_mut().zip(&record) {
            guess.see(value.trim());
        }
    }
    if rows == 0 {
        return Err(Error::malformed(FORM, "it has no rows to guess types from"));
    }
    let mut draft = Draft::default();
    let mut notes = Notes::default();
    let mut names = Names::new();
    for (i, (name, guess)) in head.iter().zip(guesses).enumerate() {
        let name = name.trim();
        name_fits(&format!("column {}", i + 1), name)?;
        let own = column_name(i, name, &mut names, &mut notes);
        let column = Column::new(&own, guess.data_type()).with_nullable(guess.empty);
        draft.columns.push(match own == name || name.is_empty() {
            true => column,
            false => column.with_business_name(name),
        });
    }
    let message = format!("types and missing values are guessed from {rows} rows");
    notes.push("", message);
    draft.notes = notes.into_vec();
    Ok(draft)
}

fn separator(body: &[u8]) -> u8 {
    let line = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |separator: &u8| line.iter().filter(|byte| *byte == separator).count();
    // Of several that are there as often, the first of the list.
    let most = SEPARATORS.iter().rev().max_by_key(|s| count(s));
    most.copied().unwrap_or(b',')
}

/// A name that tables can store and that no other column has.
fn column_name(index: usize, name: &str, names: &mut Names, notes: &mut Notes) -> String {
    let own = names.give(index, name);
    if own != name {
        let why = if name.is_empty() {
            "has no name".to_owned()
        } else {
            format!("is called `{name}`, which tables cannot store or another column is called")
        };
        notes.push(&own, format!("column {} {why}", index + 1));
    }
    own
}

/// Which types every value so far has been of.
#[derive(Clone, Debug)]
struct Guess {
    seen: bool,
    empty: bool,
    fits: [bool; KINDS.len()],
}

impl Default for Guess {
    fn default() -> Self {
        Self {
            seen: false,
            empty: false,
            fits: [true; KINDS.len()],
        }
    }
}

/// A type, and whether a value is of it.
type Kind = (DataType, fn(&str) -> bool);

/// From the narrowest to the widest.
const KINDS: [Kind; 7] = [
    (DataType::Boolean, |v| {
        v.eq_ignore_ascii_case("true") || v.eq_ignore_ascii_case("false")
    }),
    (DataType::Int64, is_integer),
    (DataType::Float64, is_number),
    (DataType::Date, |v| {
        v.len() == 10 && NaiveDate::parse_from_str(v, "%Y-%m-%d").is_ok()
    }),
    (DataType::Timestamp, |v| {
        DateTime::parse_from_rfc3339(v).is_ok()
    }),
    (DataType::TimestampNtz, |v| {
        let time = v.replacen(' ', "T", 1);
        NaiveDateTime::parse_from_str(&time, "%Y-%m-%dT%H:%M:%S%.f").is_ok()
    }),
    (DataType::Uuid, is_uuid),
];

impl Guess {
    fn see(&mut self, value: &str) {
        if value.is_empty() {
            self.empty = true;
            return;
        }
        self.seen = true;
        for (fits, (_, is)) in self.fits.iter_mut().zip(&KINDS) {
            *fits = *fits && is(value);
        }
    }

    fn data_type(&self) -> DataType {
        let mut fitting = self.fits.iter().zip(KINDS);
        let narrowest = fitting.find(|(fits, _)| **fits && self.seen);
        narrowest.map_or(DataType::String, |(_, (data_type, _))| data_type)
    }
}

/// A whole number of 64 bits as one writes it, without plus and leading zeros.
fn is_integer(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let plain = digits == "0" || !digits.starts_with('0');
    plain && digits.bytes().all(|b| b.is_ascii_digit()) && value.parse::<i64>().is_ok()
}

/// A number with or without a fraction; words such as `inf` are none, nor are whole numbers beyond 64 bits:
/// they are identifiers, whose last digits a float would lose.
fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let leading_zeros =
        digits.starts_with('0') && digits[1..].starts_with(|c: char| c.is_ascii_digit());
    let is_whole = digits.bytes().all(|b| b.is_ascii_digit());
    !leading_zeros
        && (!is_whole || value.parse::<i64>().is_ok())
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && value.parse::<f64>().is_ok_and(f64::is_finite)
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
