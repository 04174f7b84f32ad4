use super::*;
use crate::sofa::Colour::{self, *};

#[track_caller]
fn check_price(text: &str, expected: Option<i64>) {
    assert_eq!(
        price(text).ok().map(|money| money.amount_minor),
        expected,
        "{text}"
    );
}

#[test]
fn prices() {
    // As the three shops write them.
    check_price("9.999 NOK", Some(999_900));
    check_price("999 NOK", Some(99_900));
    check_price("17.980 NOK", Some(1_798_000));
    check_price("35599 NOK", Some(3_559_900));
    check_price("8999 NOK", Some(899_900));
    check_price("1.234.567 NOK", Some(123_456_700));
    // What must not be guessed.
    check_price("9.99 NOK", None);
    check_price("9.9999 NOK", None);
    check_price("1234.567 NOK", None);
    check_price("0.999 NOK", None);
    check_price(".999 NOK", None);
    check_price("9,999 NOK", None);
    check_price("9999", None);
    check_price("9999 JPY", None);
    check_price("-9999 NOK", None);
    check_price("9 999 NOK", None);
    check_price("", None);
    check_price("99999999999999999999 NOK", None);
    check_price("9223372036854775807 NOK", None);
}

#[test]
fn a_price_keeps_its_currency() {
    assert_eq!(price("100 SEK").unwrap().currency.0, "SEK");
}

#[track_caller]
fn check_length(text: &str, expected: Option<(i32, i32)>) {
    let found = length(text).unwrap().map(|span| (span.min, span.max));
    assert_eq!(found, expected, "{text}");
}

#[test]
fn lengths() {
    check_length("198 cm", Some((1980, 1980)));
    check_length("76cm", Some((760, 760)));
    check_length("308", Some((3080, 3080)));
    check_length("198.0", Some((1980, 1980)));
    check_length("65.5 cm", Some((655, 655)));
    check_length("95/154", Some((950, 1540)));
    check_length("226/165", Some((1650, 2260)));
    check_length("240-259", Some((2400, 2590)));
    check_length("", None);
    check_length("0", None);
    check_length("0.0", None);
}

#[test]
fn lengths_not_understood_are_refused() {
    for text in [
        "2 m",
        "1980 mm",
        "259-240",
        "95/",
        "/154",
        "-95",
        "ca. 90 cm",
        "1e3",
        "90,5",
        "65.55 cm",
        "0-90",
        "cm",
        "2000",
        "99999999999",
        "95/154/200",
    ] {
        assert!(length(text).is_err(), "{text}");
    }
}

#[test]
fn flags() {
    for (text, expected) in [("True", true), ("False", false), ("n", false), ("y", true)] {
        assert_eq!(flag(text), Ok(expected));
    }
    for text in ["", "true", "N", "0", "no"] {
        assert!(flag(text).is_err(), "{text}");
    }
}

#[track_caller]
fn check_seats(text: &str, expected: Option<i32>) {
    assert_eq!(seats(text), expected, "{text}");
}

#[test]
fn numbers_of_seats() {
    check_seats("3-seters sofa", Some(30));
    check_seats("Hjørnesofa, 5-seters", Some(50));
    check_seats("Hjørnesovesofa, 6-seter", Some(60));
    check_seats("U-formet 6-seters sofa", Some(60));
    check_seats("HØDNEBØ® Tromøya 3,5-seter", Some(35));
    check_seats("System + 2,5-seter (modulsofa)", Some(25));
    check_seats("Nordicline 3 + 2,5-seter", Some(55));
    check_seats("System + sofagruppe 3 + 2 seter", Some(50));
    check_seats("2,5 seter. Tekstil Amadeus petrol.", Some(25));
    check_seats("paula-3-seater-sofa", Some(30));
    check_seats("Sovesofa", None);
    check_seats("-seters sofa", None);
    check_seats("ø3-seters", Some(30));
}

#[track_caller]
fn check_colours(text: &str, expected: &[Colour]) {
    assert_eq!(colours(text), expected, "{text}");
}

#[test]
fn colours_named() {
    check_colours("Viarp beige/brun", &[Beige, Brown]);
    check_colours("Gunnared mellomgrå", &[Grey]);
    check_colours("olivengrønn/svart", &[Green, Black]);
    check_colours("planet-grey-green", &[Grey, Green]);
    check_colours("Unite apple/winered", &[Red]);
    check_colours("Dark Plum", &[Purple]);
    check_colours("grå, lys grå", &[Grey]);
    check_colours("textured sorted prose", &[]);
    check_colours("Shadow pewter", &[]);
    check_colours("", &[]);
}

#[test]
fn python_literals() {
    let text = "[{'productId': 's69305697', 'selected': True, 'colors': [{'name': 'grå', 'id': '10028'}]}]";
    let read = literal(text).unwrap();
    let first = &read.elements()[0];
    assert_eq!(
        first.get("productId").and_then(Literal::text),
        Some("s69305697")
    );
    assert_eq!(first.get("selected"), Some(&Literal::Bool(true)));
    let colour = &first.get("colors").unwrap().elements()[0];
    assert_eq!(colour.get("name").and_then(Literal::text), Some("grå"));
    assert_eq!(literal("[]"), Ok(Literal::List(vec![])));
    assert_eq!(literal("None"), Ok(Literal::None));
    assert_eq!(literal(r#""it's""#), Ok(Literal::Text("it's".to_owned())));
    assert_eq!(literal(r"'it\'s'"), Ok(Literal::Text("it's".to_owned())));
    assert_eq!(literal("['a',]").unwrap().elements().len(), 1);
}

#[test]
fn python_literals_not_understood_are_refused() {
    for text in [
        "", "[", "[}", "{'a'}", "{'a': }", "'a", "[1]", "(1,)", "true", "[] []", "{1: 2}", r"'\n'",
    ] {
        assert!(literal(text).is_err(), "{text}");
    }
    assert!(literal(&"[".repeat(100_000)).is_err());
    assert!(literal(&format!("{}{}", "[".repeat(17), "]".repeat(17))).is_ok());
    assert!(literal(&format!("{}{}", "[".repeat(18), "]".repeat(18))).is_err());
}
