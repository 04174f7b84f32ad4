use std::sync::Arc;

use arrow_array::StringArray;
use proptest::prelude::*;

use super::super::testing::*;
use super::*;

#[track_caller]
fn check(format: Format, good: &[&str], bad: &[&str]) {
    for name in format.names() {
        let bound = FormatCheck::bind(name, &DataType::Utf8).unwrap();
        assert_eq!(bound.format(), format);
        let texts: Vec<Option<&str>> = good.iter().map(|text| Some(*text)).chain([None]).collect();
        let array: ArrayRef = Arc::new(StringArray::from(texts));
        let failing: Vec<&str> = rows(&bound.failing(&array))
            .iter()
            .map(|row| good[*row])
            .collect();
        assert_eq!(failing, [""; 0], "{name} refuses");
        for text in bad.iter().chain(&["", " ", "é", "\0"]) {
            let array: ArrayRef = Arc::new(StringArray::from(vec![*text]));
            assert_eq!(bound.failing(&array).count(), 1, "{name} takes {text:?}");
        }
    }
}

#[test]
fn addresses_and_names() {
    let long = format!("{}@example.com", "a".repeat(65));
    let label = format!("{}.com", "a".repeat(64));
    check(
        Format::Email,
        &[
            "a@b.no",
            "first.last+tag@sub.example.com",
            "o'neil@example.org",
        ],
        &[
            "a",
            "a@",
            "@b.no",
            "a@b",
            "a..b@c.no",
            ".a@b.no",
            "a b@c.no",
            "a@b@c.no",
            "a@-b.no",
            " a@b.no",
            "a@b.no.",
            &long,
            "å@b.no",
        ],
    );
    check(
        Format::Uri,
        &[
            "https://example.com/a?b=c#d",
            "urn:isbn:0",
            "mailto:a@b.no",
            "http://u:p@[::1]:80/%C3%A5",
            "file:///x",
            "a:",
            "s3://b/k?x=?/",
        ],
        &[
            "example.com",
            "//a/b",
            "1a:b",
            "http://a b",
            "http://a/%zz",
            "http://a/%4",
            "http://[::1",
            "http://[x]",
            "http://a:b/",
            "http://å.no",
            "a:b#c#d",
            "a:[",
            "http://a/<b>",
        ],
    );
    check(
        Format::Uuid,
        &[
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "67E55044-10B1-426F-9247-BB680E5FE0C8",
        ],
        &[
            "67e5504410b1426f9247bb680e5fe0c8",
            "67e55044-10b1-426f-9247-bb680e5fe0cg",
            "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
        ],
    );
    check(
        Format::Ipv4,
        &["0.0.0.0", "255.255.255.255"],
        &["256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4/8"],
    );
    check(
        Format::Ipv6,
        &["::", "fe80::1", "::ffff:1.2.3.4"],
        &["1::2::3", "fe80::1%eth0", "1.2.3.4", "12345::"],
    );
    check(
        Format::Hostname,
        &["localhost", "a-1.example.com"],
        &["-a.com", "a-.com", "a..b", "a_b", "a.", &label],
    );
    check(
        Format::Slug,
        &["a", "red-sofa-2"],
        &["-a", "a-", "a--b", "A", "a_b"],
    );
    check(
        Format::Semver,
        &["0.0.0", "1.2.3-rc.1+5", "1.0.0--", "1.0.0+001", "1.0.0-0a"],
        &[
            "1",
            "1.2",
            "1.2.3.4",
            "01.2.3",
            "1.2.3-01",
            "1.2.3-",
            "1.2.3+",
            "v1.2.3",
            "1.2.3-a..b",
            "1.2.3+a+b",
        ],
    );
}

#[test]
fn days_and_times() {
    check(
        Format::Date,
        &["2026-01-31", "2024-02-29", "2000-02-29", "0000-01-01"],
        &[
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "2026-04-31",
            "2026-1-1",
            "26-01-01",
            "20260101",
            "12026-01-01",
            "2026-01-01T00:00:00Z",
        ],
    );
    check(
        Format::DateTime,
        &[
            "2026-01-31T12:00:00Z",
            "2026-01-31t12:00:00.123+01:30",
            "1998-12-31T23:59:60Z",
            "1998-12-31T15:59:60.1-08:00",
            "1999-01-01T00:59:60+01:00",
        ],
        &[
            "2026-01-31",
            "2026-01-31T12:00:00",
            "2026-01-31 12:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T12:60:00Z",
            "2026-01-31T12:00:60Z",
            "2026-01-31T12:00:00.Z",
            "2026-01-31T12:00:00+24:00",
            "2026-01-31T12:00:00+01",
            "2026-02-30T12:00:00Z",
        ],
    );
    check(
        Format::Time,
        &[
            "00:00:00",
            "23:59:59.9",
            "12:00:00Z",
            "12:00:00-01:00",
            "23:59:60",
        ],
        &["24:00:00", "12:00", "1:00:00", "12:00:60", "12:00:00Zz"],
    );
    check(
        Format::TimeZone,
        &["Europe/Oslo", "UTC", "America/Argentina/Ushuaia"],
        &["Europe/Nowhere", "europe", "+01:00"],
    );
}

#[test]
fn codes_of_standards() {
    check(Format::Country, &["NO", "SE"], &["XX", "no", "NOR"]);
    check(Format::CountryAlpha3, &["NOR"], &["NO", "XXX"]);
    check(Format::Currency, &["NOK", "EUR"], &["nok", "XXX", "KGM"]);
    check(Format::Language, &["nb", "sv"], &["NB", "nob", "xx"]);
    check(
        Format::Unlocode,
        &["NOOSL", "NO OSL", "SE2AB", "XZ2AB"],
        &["XXOSL", "NOOS", "NO0SL", "NO1SL", "NO  OSL", "noosl"],
    );
    check(
        Format::Bic,
        &["DNBANOKK", "DNBANOKKXXX", "1234XK22"],
        &["DNBAXXKK", "DNBANOK", "dnbanokk", "DNBANOKKXX"],
    );
    check(
        Format::E164,
        &["+4712345678", "+123456789012345", "+12"],
        &[
            "4712345678",
            "+0712345678",
            "+1234567890123456",
            "+1",
            "+47 123",
            "++47",
        ],
    );
}

#[test]
fn check_digits() {
    check(
        Format::Gtin,
        &[
            "4006381333931",
            "73513537",
            "036000291452",
            "10614141000415",
        ],
        &[
            "4006381333930",
            "400638133393",
            "4006381333931 ",
            "40063813339310",
            "400638133393X",
            "73513536",
        ],
    );
    check(
        Format::Gln,
        &["7080000000005", "4006381333931"],
        &["7080000000006", "73513537"],
    );
    check(
        Format::Sscc,
        &["106141412345678908"],
        &["106141412345678907", "4006381333931"],
    );
    check(
        Format::Isbn,
        &[
            "978-3-16-148410-0",
            "9783161484100",
            "0-306-40615-2",
            "0306406152",
            "080442957X",
            "979 10 90636 07 1",
        ],
        &[
            "978-3-16-148410-1",
            "977-3-16-148410-0",
            "0-306-40615-3",
            "080442957x",
            "X804429570",
            "0--306406152",
            "-0306406152",
            "0306406152-",
            "0-306 40615-2",
            "97831614841000",
        ],
    );
    check(
        Format::Iban,
        &[
            "GB82WEST12345698765432",
            "NO9386011117947",
            "DE89370400440532013000",
        ],
        &[
            "GB82WEST12345698765433",
            "GB82 WEST 1234 5698 7654 32",
            "gb82west12345698765432",
            "GB",
            "NO93860111179",
            "1282WEST12345698765432",
        ],
    );
}

#[test]
fn an_unknown_format_is_told_which_there_are() {
    let reason = FormatCheck::bind("barcode", &DataType::Utf8).unwrap_err();
    assert!(
        reason.contains("`barcode` is not a format") && reason.contains("gtin"),
        "{reason}"
    );
    assert!(FormatCheck::bind("email", &DataType::Int8).is_err());
    for format in Format::ALL {
        assert!(
            FormatCheck::bind(format.as_str(), &DataType::Utf8).is_ok(),
            "{format}"
        );
    }
}

#[test]
fn long_texts_take_bounded_time() {
    let long: Vec<String> = ["a.", "a@", "%41", "1-", "1", "::", "é"]
        .iter()
        .map(|text| text.repeat(1 << 19))
        .collect();
    let array: ArrayRef = Arc::new(StringArray::from(long));
    for format in Format::ALL {
        let failed = FormatCheck::bind(format.as_str(), &DataType::Utf8)
            .unwrap()
            .failing(&array);
        // Only a slug may be as long as it likes.
        assert!(failed.count() >= 6, "{format}");
    }
}

proptest! {
    #[test]
    fn one_wrong_digit_is_always_noticed(digits in prop::collection::vec(0_u8..10, 7..18), place in any::<prop::sample::Index>(), other in 1_u8..10) {
        let weighted: u32 = digits.iter().rev().enumerate().map(|(i, d)| u32::from(*d) * if i % 2 == 0 { 3 } else { 1 }).sum();
        let mut all = digits;
        all.push(((10 - weighted % 10) % 10) as u8);
        let text = |digits: &[u8]| digits.iter().map(|d| (d + b'0') as char).collect::<String>();
        prop_assert!(trade::is_gs1(text(&all).as_bytes()));
        let place = place.index(all.len());
        all[place] = (all[place] + other) % 10;
        prop_assert!(!trade::is_gs1(text(&all).as_bytes()));
    }

    #[test]
    fn days_agree_with_the_calendar(year in 1_u32..=9999, month in 0_u32..14, day in 0_u32..33) {
        let exists = chrono::NaiveDate::from_ymd_opt(year as i32, month, day).is_some();
        prop_assert_eq!(moment::is_date(&format!("{year:04}-{month:02}-{day:02}")), exists);
    }

    #[test]
    fn no_text_makes_a_format_panic(text in "\\PC{0,40}|[0-9A-Za-z:/.@+-]{0,40}") {
        let array: ArrayRef = Arc::new(StringArray::from(vec![text]));
        for format in Format::ALL {
            prop_assert!(FormatCheck::bind(format.as_str(), &DataType::Utf8).unwrap().failing(&array).count() <= 1);
        }
    }
}
