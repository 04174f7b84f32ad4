use proptest::prelude::*;

use super::ast::{Arithmetic, Comparison, Function, Kind, Literal, Node};
use super::{DAYS, Expression, MAX_EXPRESSION_BYTES, MICROS};

fn node(kind: Kind) -> Node {
    Node { kind, at: 1 }
}

fn boxed(node: Node) -> Box<Node> {
    Box::new(node)
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        prop_oneof![any::<i64>(), -3..3_i64].prop_map(Literal::Integer),
        (-10_i128.pow(20)..10_i128.pow(20), 1..=38_u8)
            .prop_map(|(unscaled, scale)| Literal::Decimal { unscaled, scale }),
        (10_i128.pow(20)..10_i128.pow(38), any::<bool>()).prop_map(|(n, minus)| Literal::Decimal {
            unscaled: if minus { -n } else { n },
            scale: 0
        }),
        any::<f64>()
            .prop_filter("a literal is finite", |v| v.is_finite())
            .prop_map(Literal::Float),
        "[ -~é日'`]{0,8}".prop_map(Literal::Text),
        DAYS.prop_map(Literal::Date),
        MICROS.prop_map(Literal::Timestamp),
        MICROS.prop_map(Literal::LocalTimestamp),
        prop_oneof![
            any::<i64>(),
            (-90..90_i64).prop_map(|n| n * 3_600_000_000),
            (-90..90_i64).prop_map(|n| n * 1_000_000),
        ]
        .prop_map(Literal::Duration),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z_][a-zA-Z0-9_]{0,6}",
        "[ -~é'`.]{1,6}",
        Just("between".to_owned()),
        Just("date".to_owned()),
        Just("days".to_owned()),
        Just("if".to_owned()),
        Just("NULL".to_owned()),
    ]
}

fn tree() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        literal().prop_map(|l| node(Kind::Literal(l))),
        prop::collection::vec(name(), 1..3).prop_map(|path| node(Kind::Column(path))),
    ];
    leaf.prop_recursive(6, 40, 4, |inner| {
        let some = |least| prop::collection::vec(inner.clone(), least..4);
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            inner.clone().prop_map(|v| node(Kind::Negate(boxed(v)))),
            inner.clone().prop_map(|v| node(Kind::Not(boxed(v)))),
            (
                prop::sample::select(vec![
                    Arithmetic::Add,
                    Arithmetic::Subtract,
                    Arithmetic::Multiply,
                    Arithmetic::Divide,
                    Arithmetic::Remainder
                ]),
                two.clone()
            )
                .prop_map(|(op, (l, r))| node(Kind::Arithmetic(
                    op,
                    boxed(l),
                    boxed(r)
                ))),
            (
                prop::sample::select(vec![
                    Comparison::Equal,
                    Comparison::NotEqual,
                    Comparison::Less,
                    Comparison::LessOrEqual,
                    Comparison::Greater,
                    Comparison::GreaterOrEqual,
                    Comparison::Distinct,
                    Comparison::NotDistinct
                ]),
                two.clone()
            )
                .prop_map(|(op, (l, r))| node(Kind::Compare(op, boxed(l), boxed(r)))),
            some(2).prop_map(|parts| node(Kind::And(parts))),
            some(2).prop_map(|parts| node(Kind::Or(parts))),
            (any::<bool>(), inner.clone(), two.clone()).prop_map(|(is_not, v, (l, h))| node(
                Kind::Between {
                    is_not,
                    value: boxed(v),
                    low: boxed(l),
                    high: boxed(h)
                }
            )),
            (any::<bool>(), inner.clone(), some(1)).prop_map(|(is_not, v, list)| node(Kind::In {
                is_not,
                value: boxed(v),
                list
            })),
            (any::<bool>(), inner.clone()).prop_map(|(is_not, v)| node(Kind::IsNull {
                is_not,
                value: boxed(v)
            })),
            (
                prop::collection::vec(two, 1..3),
                prop::option::of(inner.clone())
            )
                .prop_map(|(branches, otherwise)| node(Kind::Case {
                    branches,
                    otherwise: otherwise.map(Box::new)
                })),
            prop::sample::select(Function::ALL.to_vec())
                .prop_flat_map(move |function| {
                    let (least, most) = function.arguments();
                    let list = prop::collection::vec(inner.clone(), least..=most.min(least + 2));
                    (Just(function), list)
                })
                .prop_map(|(function, arguments)| node(Kind::Call(function, arguments))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_canonical_text_reads_as_an_equal_expression(root in tree()) {
        let expression = Expression { root };
        let text = expression.to_string();
        prop_assume!(text.len() <= MAX_EXPRESSION_BYTES);
        let read = Expression::parse(&text);
        prop_assert_eq!(read.as_ref(), Ok(&expression), "{}", text);
        prop_assert_eq!(read.map(|read| read.to_string()), Ok(text));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[-a-c0-9 '`().,<>=!+*/%\"é]{0,60}") {
        if let Ok(expression) = Expression::parse(&text) {
            let again = Expression::parse(&expression.to_string());
            prop_assert_eq!(again, Ok(expression));
        }
    }
}
