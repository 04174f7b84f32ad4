use super::*;

#[track_caller]
fn round_trip(json: &str) {
    let value: Value = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&value).unwrap(), json);
}

#[test]
fn values_are_written_as_they_were_read() {
    for json in [
        "null",
        "true",
        "-9223372036854775808",
        "9223372036854775807",
        "1.0",
        "-0.0",
        "1e+300",
        r#""NO""#,
        "[]",
        "{}",
        r#"{"a":[null,{"b":1.5}],"z":1}"#,
    ] {
        round_trip(json);
    }
}

#[test]
fn a_whole_number_is_not_a_float() {
    assert_ne!(Value::from(1), Value::try_from(1.0).unwrap());
}

#[test]
fn what_is_equal_is_written_alike() {
    let a: Map = [("x", 1), ("y", 2)].into_iter().collect();
    let b: Map = [("y", 2), ("x", 1)].into_iter().collect();
    assert_eq!(a, b);
    assert_eq!(
        serde_json::to_string(&a).unwrap(),
        serde_json::to_string(&b).unwrap()
    );
    assert_ne!(
        Value::try_from(0.0).unwrap(),
        Value::try_from(-0.0).unwrap()
    );
}

#[test]
fn numbers_out_of_range_are_refused() {
    for json in ["9223372036854775808", "18446744073709551615", "1e999"] {
        assert!(serde_json::from_str::<Value>(json).is_err(), "{json}");
    }
    assert_eq!(Value::try_from(f64::NAN), Err(NumberError::NotFinite));
    assert_eq!(Value::try_from(u64::MAX), Err(NumberError::OutOfRange));
}

#[test]
fn a_repeated_name_is_refused() {
    let error = serde_json::from_str::<Value>(r#"{"a":1,"a":2}"#).unwrap_err();
    assert!(error.to_string().contains("`a` occurs twice"), "{error}");
}

#[test]
fn a_map_is_in_the_order_of_its_names() {
    let mut map: Map = [("c", 3), ("a", 1), ("b", 2), ("a", 4)]
        .into_iter()
        .collect();
    assert_eq!(
        serde_json::to_string(&map).unwrap(),
        r#"{"a":4,"b":2,"c":3}"#
    );
    assert_eq!(map.remove("b"), Some(Value::from(2)));
    assert_eq!(map.remove("b"), None);
    assert_eq!(map.insert("a", 5), Some(Value::from(4)));
    assert_eq!(map.insert("b", 6), None);
    assert_eq!(map.get("c"), Some(&Value::from(3)));
    let read: Map = serde_json::from_str(r#"{"c":3,"b":6,"a":5}"#).unwrap();
    assert_eq!(read, map);
}
