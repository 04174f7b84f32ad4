//! The language of conditions between columns.

use dataproduct_contract::{
    AllowedValue, Column, DataType, ExprType, Expression, MAX_EXPRESSION_BYTES,
};

fn columns() -> Vec<Column> {
    let decimal = |scale| DataType::Decimal {
        precision: 12,
        scale,
    };
    vec![
        Column::new("on_hand", DataType::Int64),
        Column::new("reserved", DataType::Int64),
        Column::new("seats", DataType::Int8),
        Column::new("price", decimal(2)),
        Column::new("rate", decimal(4)),
        Column::new("weight", DataType::Float64),
        Column::new("share", DataType::Float32),
        Column::new("sku", DataType::String),
        Column::new("state", DataType::String)
            .with_allowed(AllowedValue::from("open"))
            .with_allowed(AllowedValue::from("shut")),
        Column::new("ordered", DataType::Date),
        Column::new("shipped", DataType::Timestamp),
        Column::new("opens", DataType::TimestampNtz),
        Column::new("sold", DataType::Boolean),
        Column::new("photo", DataType::Binary),
        Column::new("tags", DataType::list(DataType::String, false)),
        Column::new(
            "box",
            DataType::Struct(vec![
                Column::new("width", DataType::Int32),
                Column::new("odd name", DataType::Int32),
            ]),
        ),
    ]
}

#[test]
fn text_has_one_canonical_form() {
    for (text, expected) in [
        ("reserved<=on_hand", "reserved <= on_hand"),
        ("A != 1 AND Not B", "A <> 1 and not B"),
        ("((a)) + (b * c)", "a + b * c"),
        ("(a + b) * c", "(a + b) * c"),
        ("a - (b - c) - d", "a - (b - c) - d"),
        ("a or (b and c)", "a or b and c"),
        ("(a or b) and c", "(a or b) and c"),
        ("not (a or b)", "not (a or b)"),
        ("(not a) = b", "(not a) = b"),
        ("- 5 + -(5)", "-5 + -(5)"),
        ("-a - -b", "-a - -b"),
        ("1.50 < 1e3", "1.50 < 1e3"),
        ("x = 'it''s'", "x = 'it''s'"),
        (
            "`odd name` > `between` + a.`b.c`",
            "`odd name` > `between` + a.`b.c`",
        ),
        ("`plain` = 1", "plain = 1"),
        ("a NOT IN (1,2)", "a not in (1, 2)"),
        ("a is not distinct from null", "a is not distinct from null"),
        (
            "if(a > 1, b, c) > 0",
            "case when a > 1 then b else c end > 0",
        ),
        ("b - a <= 2 weeks", "b - a <= 14 days"),
        ("b - a <= 90 minutes", "b - a <= 90 minutes"),
        ("b - a <= 120 MINUTE", "b - a <= 2 hours"),
        ("b - a > -1 day", "b - a > -1 days"),
        (
            "a > timestamp '2026-01-31T11:00:00+01:00'",
            "a > timestamp '2026-01-31T10:00:00Z'",
        ),
        (
            "a > timestamp '2026-01-31T10:00:00.5'",
            "a > timestamp '2026-01-31T10:00:00.500'",
        ),
        ("Date = DATE '2026-01-31'", "Date = date '2026-01-31'"),
        (
            "year(a) = -9223372036854775808",
            "year(a) = -9223372036854775808",
        ),
        ("a = 18446744073709551615", "a = 18446744073709551615"),
    ] {
        let expression = Expression::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(expression.to_string(), expected, "{text}");
        assert_eq!(
            Expression::parse(expected).as_ref(),
            Ok(&expression),
            "{text}"
        );
    }
}

#[test]
fn what_is_not_in_the_grammar_is_named_with_its_place_and_a_way_out() {
    for (text, expected) in [
        (
            "",
            "character 1: expected a value, found the end [expression-syntax]; write a value",
        ),
        (
            "a == b",
            "character 3: `==` means nothing here [expression-syntax]; write `=`",
        ),
        (
            "é = 1",
            "character 1: `é` means nothing here [expression-syntax]; remove it, or put the name of a column in back-quotes",
        ),
        (
            "a && b",
            "character 3: `&&` means nothing here [expression-syntax]; write `and`",
        ),
        (
            "!a",
            "character 1: `!` means nothing here [expression-syntax]; write `not`",
        ),
        (
            "a = \"b\"",
            "character 5: `\"` means nothing here [expression-syntax]; write text in single quotes and names in back-quotes",
        ),
        (
            "a < b < c",
            "character 7: expected an operator or the end, found `<` [expression-syntax]; compare two values at a time: `a < b and b < c`",
        ),
        (
            "a like 'x%'",
            "character 3: expected an operator or the end, found `like` [expression-syntax]; write `starts_with(a, 'x')`, `contains(a, 'x')` or `matches(a, 'x.*')`",
        ),
        (
            "a is 5",
            "character 6: expected `null` or `distinct from`, found `5` [expression-syntax]; write `null` or `distinct from`",
        ),
        (
            "a in ()",
            "character 7: expected a value, found `)` [expression-syntax]; write a value",
        ),
        (
            "(a",
            "character 3: expected `)`, found the end [expression-syntax]; write `)`",
        ),
        (
            "'ab",
            "character 1: the ' has no partner [expression-syntax]; end it with '; write a ' within it twice",
        ),
        (
            "a > .5",
            "character 5: a number does not begin with a point [expression-syntax]; write `0.5`",
        ),
        (
            "b - a < 3 months",
            "character 9: `months` is no unit of time [expression-syntax]; months differ in length: write days, or compare `month(a)`",
        ),
        (
            "b - a < 1.5 hours",
            "character 9: 1.5 is no whole number of a unit [expression-syntax]; write a whole number of a smaller unit",
        ),
        (
            "b - a < 9000000000 hours",
            "character 9: 9000000000 hours are too long [out-of-range]; write less than 292,000 years",
        ),
        (
            "a = 1e999",
            "character 5: 1e999 is too large [out-of-range]; write a number of at most 1.7e308",
        ),
        (
            "a = date '2026-02-30'",
            "character 5: '2026-02-30' is not a day of the years 1 to 9999 [expression-syntax]; write date '2026-01-31'",
        ),
        (
            "lenght(a) > 1",
            "character 1: there is no function `lenght` [expression-syntax]; did you mean `length`? Allowed are `abs`, `round`, `floor`, `ceil`, `length`, `lower`, `upper`, `trim`, `starts_with`, `ends_with`, `contains`, `substring`, `concat`, `coalesce`, `nullif`, `least`, `greatest`, `year`, `month`, `day`, `hour`, `weekday`, `date`, `days_between`, `seconds_between`, `matches`, `if`",
        ),
        (
            "substring(a)",
            "character 1: `substring` is given 1 [expression-syntax]; write 2 or 3 arguments",
        ),
        (
            "a > now()",
            "character 5: `now` is not known here [expression-syntax]; compare columns of the row: a rule gives the same answer whenever it is asked",
        ),
        (
            "case a when 1 then 2 end",
            "character 6: expected `when`, found `a` [expression-syntax]; write `case when a = 1 then ... end`",
        ),
        (
            "a = end",
            "character 5: expected a value, found `end` [expression-syntax]; write a value; a column named `end` stands in back-quotes",
        ),
    ] {
        let error = Expression::parse(text).map(|e| e.to_string()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

#[test]
fn every_part_has_a_type() {
    use ExprType::{Boolean, Date, Duration, Float, Integer, LocalTimestamp, Text, Timestamp};
    let decimal = |scale| ExprType::Decimal { scale };
    for (text, expected) in [
        ("reserved <= on_hand", Boolean),
        ("on_hand + seats", Integer),
        ("on_hand / seats", Float),
        ("price + rate", decimal(4)),
        ("price * rate", decimal(6)),
        ("price * 2", decimal(2)),
        ("price % 0.5", decimal(2)),
        ("price + weight", Float),
        ("-price", decimal(2)),
        ("round(rate, 2)", decimal(2)),
        ("round(price, 9)", decimal(2)),
        ("ceil(price)", decimal(0)),
        ("ordered + 3 days", Date),
        ("ordered - seats", Date),
        ("ordered - date '2026-01-01'", Integer),
        ("shipped + 90 minutes", Timestamp),
        ("15 minutes + opens", LocalTimestamp),
        ("shipped - shipped", Duration),
        ("seats * 1 hour", Duration),
        ("abs(shipped - shipped)", Duration),
        ("date(shipped)", Date),
        ("seconds_between(opens, opens)", Integer),
        ("concat(sku, '-', state)", Text),
        ("coalesce(trim(sku), 'x')", Text),
        (
            "case when sold then 1 when not sold then price else null end",
            decimal(2),
        ),
        ("if(sold, 1, weight)", Float),
        ("least(price, rate, 1)", decimal(4)),
        ("nullif(seats, 0)", Integer),
        ("box.width > box.`odd name`", Boolean),
        (
            "photo is not null and tags is null and box is null",
            Boolean,
        ),
        ("tags is distinct from null", Boolean),
        ("state in ('open', 'shut')", Boolean),
        ("price between 0 and 1.999", Boolean),
        ("price = 1.500", Boolean),
        ("on_hand <= 1.5", Boolean),
        ("share <= 0.1", Boolean),
        ("matches(sku, '[A-Z]+[0-9]*')", Boolean),
        ("sold = (on_hand = 0)", Boolean),
    ] {
        let expression = Expression::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(expression.check(&columns()), Ok(expected), "{text}");
    }
}

#[test]
fn what_does_not_fit_the_columns_is_named_with_its_place_and_a_way_out() {
    for (text, expected) in [
        (
            "reservd <= on_hand",
            "character 1: there is no column `reservd` [unknown-column]; did you mean `reserved`?",
        ),
        (
            "box.widht > 0",
            "character 1: there is no field `widht` in `box` [unknown-column]; did you mean `width`?",
        ),
        (
            "box.height > 0",
            "character 1: there is no field `height` in `box` [unknown-column]; write one of `width`, `odd name`",
        ),
        (
            "sku.x = 1",
            "character 1: `sku` is text [expression-type]; only structs have fields: `a.b`",
        ),
        (
            "tags.element = 'x'",
            "character 1: `tags` is a list, of which a row has many values [expression-type]; only structs have fields: `a.b`",
        ),
        (
            "box = 1",
            "character 1: `box` is a struct [expression-type]; name one of its fields: `a.b`",
        ),
        (
            "length(photo) > 1",
            "character 8: `photo` is bytes, which expressions do not look into [expression-type]; ask only whether it `is null`",
        ),
        (
            "sku < 5",
            "character 7: text cannot be compared with an integer [expression-type]; compare text with text",
        ),
        (
            "on_hand < '5'",
            "character 11: an integer cannot be compared with text [expression-type]; write a number without quotes",
        ),
        (
            "ordered < '2026-01-31'",
            "character 11: a date cannot be compared with text [expression-type]; write a date as `date '2026-01-31'`",
        ),
        (
            "shipped >= ordered",
            "character 12: an instant cannot be compared with a date [expression-type]; write `date(a)` for the day of a time",
        ),
        (
            "shipped >= opens",
            "character 12: an instant cannot be compared with a local time [expression-type]; write a literal with `Z` for an instant and without for a local time; a column of the one is never one of the other",
        ),
        (
            "shipped - shipped < 5",
            "character 21: a duration cannot be compared with an integer [expression-type]; write a duration, such as `3 days`, or `seconds_between(a, b)`",
        ),
        (
            "sku + 'x' = 'y'",
            "character 7: `+` does not take text and text [expression-type]; write `concat(a, b)` to join text",
        ),
        (
            "sku * 2 > 1",
            "character 7: `*` does not take text and an integer [expression-type]; text has no arithmetic; use a column of numbers",
        ),
        (
            "ordered + 3 hours > ordered",
            "character 11: `+` does not take a date and a duration [expression-type]; add whole days to a date: `a + 3 days`, or an integer of days",
        ),
        (
            "shipped + 3 > shipped",
            "character 11: `+` does not take an instant and an integer [expression-type]; add a duration to a time: `a + 2 hours`, `a + b * 1 day`",
        ),
        (
            "sold < true",
            "character 8: conditions have no order [expression-type]; compare them by `=`, or write `and`, `or` and `not`",
        ),
        (
            "on_hand and sold",
            "character 1: expected a condition, found an integer [expression-type]; compare it with something: `a > 0`",
        ),
        (
            "on_hand = null",
            "character 11: the result is null whatever the rows hold [expression-type]; write `a is null`, or leave the part out",
        ),
        (
            "coalesce(sku, null) = 'x'",
            "character 15: null changes nothing in `coalesce` [expression-type]; leave it out",
        ),
        (
            "if(sold, null, null) = 1",
            "character 10: every value is null [expression-type]; write a value that is not null",
        ),
        (
            "if(sold, 1, 'x') = 1",
            "character 13: an integer and text are no values of one type [expression-type]; write an integer",
        ),
        (
            "seats < 300",
            "character 9: `seats` has no value near 300 [out-of-range]; write a number from -128 to 127",
        ),
        (
            "on_hand < 9223372036854775808",
            "character 11: `on_hand` has no value near 9223372036854775808 [out-of-range]; write a number of 64 bits with sign",
        ),
        (
            "price = 1.999",
            "character 9: `price` never equals 1.999: it has 2 digits after the point [out-of-range]; write at most 2 digits after the point",
        ),
        (
            "on_hand in (1, 2.5)",
            "character 16: `on_hand` never equals 2.5: it has 0 digits after the point [out-of-range]; write at most 0 digits after the point",
        ),
        (
            "state = 'opne'",
            "character 9: `state` is never 'opne' [unknown-value]; did you mean `open`? Allowed are `open`, `shut`",
        ),
        (
            "matches(sku, '(')",
            "character 14: '(' is not accepted as a pattern: unclosed group [bad-pattern]; write a small one in the syntax of Rust's `regex`: no look-around, no back-references",
        ),
        (
            "matches(sku, state)",
            "character 14: a pattern is not computed [expression-type]; write the regular expression in single quotes",
        ),
        (
            "substring(sku, 0) = 'x'",
            "character 16: expected a whole number, written down [out-of-range]; write a number of 1 or more",
        ),
        (
            "hour(ordered) = 1",
            "character 6: expected a timestamp, found a date [expression-type]; write a timestamp",
        ),
        (
            "days_between(ordered, shipped) > 1",
            "character 1: there is no such time between a date and an instant [expression-type]; write two dates, two instants or two local times",
        ),
        (
            "abs(rate * rate * rate * rate * rate * rate * rate * rate * rate * rate) > 0",
            "character 68: the product has 40 digits after the point [expression-type]; `round` a factor, so that there are at most 38",
        ),
    ] {
        let expression = Expression::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        let problems = expression.check(&columns()).unwrap_err();
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems, [expected], "{text}");
    }
}

#[test]
fn all_problems_are_named_at_once_in_the_order_of_the_text() {
    let expression = Expression::parse("x > 1 and sku > 1 and sold and y < 'a'").unwrap();
    let problems = expression.check(&columns()).unwrap_err();
    let places: Vec<_> = problems.iter().map(|p| (p.at, p.code)).collect();
    let expected = [
        (1, "unknown-column"),
        (17, "expression-type"),
        (32, "unknown-column"),
    ];
    assert_eq!(places, expected);
}

#[test]
fn columns_and_patterns_are_listed_once_in_the_order_of_the_text() {
    let text = "matches(sku, 'a+') and box.width > 0 and sku <> 'b' or matches(state, 'c') is null";
    let expression = Expression::parse(text).unwrap();
    assert_eq!(expression.columns(), ["sku", "box.width", "state"]);
    assert_eq!(expression.patterns(), ["a+", "c"]);
}

#[test]
fn hostile_text_is_refused_by_budget() {
    let million = 1_000_000;
    let list = |n| format!("a in ({})", vec!["1"; n].join(","));
    for (name, text) in [
        (
            "brackets",
            format!("{}a{}", "(".repeat(million), ")".repeat(million)),
        ),
        ("open brackets", "(".repeat(MAX_EXPRESSION_BYTES)),
        ("signs", format!("{}a", "- ".repeat(2_000))),
        ("nots", format!("{}a", "not ".repeat(1_000))),
        ("cases", "case when ".repeat(400)),
        ("calls", "abs(".repeat(1_000)),
        ("sums", vec!["a"; 1_000].join("+")),
        ("a list of a million", list(million)),
        ("a list of a thousand", list(1_001)),
        (
            "brackets in turn",
            format!("{}a{}", "(".repeat(65), ")".repeat(65)),
        ),
    ] {
        let error = Expression::parse(&text).unwrap_err();
        assert_eq!(error.code, "expression-too-large", "{name}: {error}");
    }
    for text in [
        vec!["a"; 600].join(" or "),
        list(998),
        format!("{}a{}", "(".repeat(63), ")".repeat(63)),
    ] {
        assert!(Expression::parse(&text).is_ok(), "{text}");
    }
}

#[test]
fn hostile_patterns_are_refused_before_they_cost_anything() {
    for (pattern, code) in [
        ("(a{1000}){1000}{100}", "bad-pattern"),
        (&r"(?i)[\x{0}-\x{10FFFF}]".repeat(100), "pattern-budget"),
        (&"(".repeat(60), "bad-pattern"),
    ] {
        let expression = Expression::parse(&format!("matches(sku, '{pattern}')")).unwrap();
        let start = std::time::Instant::now();
        let problems = expression.check(&columns()).unwrap_err();
        assert_eq!(problems[0].code, code, "{pattern}: {}", problems[0]);
        assert!(start.elapsed().as_secs() < 5, "{pattern}");
    }
    // Many patterns share one budget.
    let many: Vec<_> = (10..40)
        .map(|n| format!(r"matches(sku, '\w{{{n}}}')"))
        .collect();
    let expression = Expression::parse(&many.join(" and ")).unwrap();
    let problems = expression.check(&columns()).unwrap_err();
    assert!(
        problems.iter().all(|p| p.code == "pattern-budget"),
        "{problems:?}"
    );
}

#[test]
fn many_unknown_columns_cost_little() {
    let columns: Vec<Column> = (0..10_000)
        .map(|n| Column::new(format!("{n:0>60}"), DataType::Int64))
        .collect();
    let text: Vec<_> = (0..60)
        .map(|n| format!("{:x<60}", format!("c{n}")))
        .collect();
    let expression = Expression::parse(&text.join(" = 1 or ")[..3_600]);
    let problems = expression.unwrap().check(&columns).unwrap_err();
    assert_eq!(problems.len(), 20);
}
