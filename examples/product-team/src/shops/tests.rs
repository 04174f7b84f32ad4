use crate::cleaning::{Cleaning, Doubt, Reason, clean_sources};
use crate::sofa::{Category, Shop, Sofa};

/// The lines of one shop, under a header with these and no other columns filled.
fn clean_line(shop: Shop, fields: &[(&str, &str)]) -> Cleaning {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(super::needed(shop)).unwrap();
    let value = |name: &&str| {
        fields
            .iter()
            .find(|(field, _)| field == name)
            .map_or(String::new(), |(_, text)| (*text).to_owned())
    };
    writer
        .write_record(super::needed(shop).iter().map(value))
        .unwrap();
    let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
    clean_sources(&[(shop, &text)]).unwrap()
}

#[track_caller]
fn one(shop: Shop, fields: &[(&str, &str)]) -> (Sofa, Vec<Doubt>) {
    let mut cleaning = clean_line(shop, fields);
    assert_eq!(cleaning.rejected, vec![]);
    let doubts = cleaning
        .doubted
        .into_iter()
        .map(|doubted| doubted.doubt)
        .collect();
    (cleaning.rows.remove(0), doubts)
}

#[track_caller]
fn refused(shop: Shop, fields: &[(&str, &str)]) -> Reason {
    let mut cleaning = clean_line(shop, fields);
    assert_eq!(cleaning.rows, vec![]);
    cleaning.rejected.remove(0).reason
}

/// Smallest and largest in millimetres.
fn mm(extent: Option<&crate::Extent>) -> Option<(i128, i128)> {
    extent.map(|extent| (extent.min.units(), extent.max.units()))
}

fn ikea<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = more.to_vec();
    for usual in [
        (
            "url",
            "https://www.ikea.com/no/no/p/kivik-3-seters-sofa-s69305697/",
        ),
        ("title", "KIVIK 3-seters sofa - Hillared beige"),
        ("price", "9.999 NOK"),
        ("typeName", "3-seters sofa"),
        ("other_colors", "[]"),
        ("brand", "KIVIK"),
        ("width_a", "0"),
        ("max_depth_a", "0"),
    ] {
        if !fields.iter().any(|(name, _)| *name == usual.0) {
            fields.push(usual);
        }
    }
    fields
}

#[track_caller]
fn check_footprint(
    fields: &[(&str, &str)],
    width: Option<(i128, i128)>,
    depth: Option<(i128, i128)>,
    doubts: &[&str],
) {
    let (sofa, found) = one(Shop::Ikea, &ikea(fields));
    assert_eq!(mm(sofa.width.as_ref()), width, "width of {fields:?}");
    assert_eq!(mm(sofa.depth.as_ref()), depth, "depth of {fields:?}");
    let found: Vec<&str> = found.iter().map(Doubt::kind).collect();
    assert_eq!(found, doubts, "doubts of {fields:?}");
}

#[test]
fn footprints_of_ikea() {
    let one = |mm: i128| Some((mm, mm));
    check_footprint(
        &[("width", "198 cm"), ("depth", "99 cm")],
        one(1980),
        one(990),
        &[],
    );
    // With a chaise longue.
    check_footprint(
        &[
            ("width", "285 cm"),
            ("depth", "99 cm"),
            ("Dybde sjeselong", "151 cm"),
        ],
        one(2850),
        Some((990, 1510)),
        &[],
    );
    // A corner sofa: the left side stands into the room.
    check_footprint(
        &[
            ("depth", "98 cm"),
            ("Bredde høyre", "235 cm"),
            ("Bredde venstre", "249 cm"),
        ],
        one(2350),
        Some((980, 2490)),
        &[],
    );
    check_footprint(
        &[
            ("Bredde høyre", "387 cm"),
            ("Bredde venstre", "257 cm"),
            ("Dybde sjeselong", "163 cm"),
        ],
        one(3870),
        one(2570),
        &["seat depth not stated, depth of the long side only"],
    );
    // A daybed: the `width` is its short side, the collector believed it.
    check_footprint(
        &[("width", "88 cm"), ("length", "207 cm"), ("width_a", "88")],
        one(2070),
        one(880),
        &["differs from the collector's own figure"],
    );
    check_footprint(
        &[("depth", "151 cm"), ("length", "230 cm")],
        one(2300),
        one(1510),
        &[],
    );
    check_footprint(
        &[
            ("min_depth", "95 cm"),
            ("max_depth", "163 cm"),
            ("max_width", "280 cm"),
        ],
        one(2800),
        Some((950, 1630)),
        &["only the width of the largest set-up stated"],
    );
    check_footprint(
        &[
            ("depth", "88 cm"),
            ("max_width", "243 cm"),
            ("Min. bredde", "243 cm"),
        ],
        one(2430),
        one(880),
        &[],
    );
    check_footprint(&[("Diameter", "45 cm")], one(450), one(450), &[]);
    // 5 cm are the feet.
    check_footprint(
        &[("Diameter", "5 cm")],
        None,
        None,
        &["width not stated", "depth not stated"],
    );
    // Zero is not a width.
    check_footprint(
        &[("width_a", "0")],
        None,
        None,
        &["width not stated", "depth not stated"],
    );
    check_footprint(
        &[("width", "two metres"), ("depth", "99 cm")],
        None,
        one(990),
        &["width not stated", "size not readable"],
    );
}

#[test]
fn article_numbers_of_ikea() {
    for (url, expected) in [
        (
            "https://www.ikea.com/no/no/p/sandared-puff-gra-00385309/",
            "00385309",
        ),
        (
            "https://www.ikea.com/no/no/p/vimle-1-seters-modul-s19220115/",
            "s19220115",
        ),
        ("https://www.ikea.com/no/no/p/vimle-s19220115", "s19220115"),
    ] {
        assert_eq!(one(Shop::Ikea, &ikea(&[("url", url)])).0.sku, expected);
    }
    for url in [
        "",
        "https://www.ikea.com/no/no/p/puff/",
        "https://x/puff-1234567/",
        "https://x/puff-ss1234567/",
    ] {
        let reason = refused(Shop::Ikea, &ikea(&[("url", url)]));
        assert!(
            matches!(reason, Reason::Unreadable { field: "url", .. }),
            "{url}: {reason}"
        );
    }
}

#[track_caller]
fn check_kind(words: &str, expected: Result<(Category, bool), &str>) {
    let fields = ikea(&[("typeName", words)]);
    match expected {
        Ok(expected) => {
            let sofa = one(Shop::Ikea, &fields).0;
            assert_eq!((sofa.category, sofa.sleeps), expected, "{words}");
        }
        Err(expected) => {
            assert_eq!(
                refused(Shop::Ikea, &fields).to_string(),
                expected,
                "{words}"
            );
        }
    }
}

#[test]
fn kinds_of_ikea() {
    check_kind("3-seters sofa", Ok((Category::Sofa, false)));
    check_kind("Hjørnesofa, 4-seters", Ok((Category::CornerSofa, false)));
    check_kind("U-formet sofa, 7-seters", Ok((Category::CornerSofa, false)));
    check_kind("Hjørnesovesofa, 5-seter", Ok((Category::SofaBed, true)));
    check_kind("2-seters sovesofadel", Ok((Category::Module, true)));
    check_kind(
        "Sovesofamodul med ryggstøtter",
        Ok((Category::Module, true)),
    );
    check_kind(
        "3-seters modulhjørnesofa + seng",
        Ok((Category::ModularSofa, true)),
    );
    check_kind(
        "Dagseng med 2 skuffer/2 madrasser",
        Ok((Category::Daybed, true)),
    );
    check_kind("Sjeselong med armlene", Ok((Category::ChaiseLongue, false)));
    check_kind("Benk", Ok((Category::Bench, false)));
    check_kind("Fotskammel til svingstol", Ok((Category::Stool, false)));
    check_kind(
        "Lenestol med sidebord og lampe",
        Ok((Category::Armchair, false)),
    );
    // What is named after a sofa and is none.
    check_kind("Ben til benk", Err("not a seat: legs"));
    check_kind("Trekk til 3-seters sofa", Err("not a seat: a loose cover"));
    check_kind("Sjeselongtrekk", Err("not a seat: a loose cover"));
    check_kind("Pute til fotskammel", Err("not a seat: a cushion"));
    check_kind("2-seters understell", Err("not a seat: a frame"));
    check_kind(
        "Sengeskuff til 2-seters sovesofa",
        Err("not a seat: storage"),
    );
    check_kind("Hylle", Err("`Hylle` names no known kind of article"));
}

#[test]
fn colours_and_variants_of_ikea() {
    let others = "[{'productId': 's49194407', 'colors': [{'name': 'beige'}]}, \
                  {'productId': 's69305697', 'colors': [{'name': 'grå'}, {'name': 'mørk blå'}]}, \
                  {'productId': 's49194407', 'colors': []}]";
    let (sofa, _) = one(Shop::Ikea, &ikea(&[("other_colors", others)]));
    assert_eq!(sofa.variants, ["s49194407"]);
    assert_eq!(sofa.product_group_id.as_deref(), Some("s49194407"));
    assert_eq!(sofa.colours, [crate::Colour::Grey, crate::Colour::Blue]);
    let reason = refused(Shop::Ikea, &ikea(&[("other_colors", "[{'productId': 1}]")]));
    assert!(
        matches!(
            reason,
            Reason::Unreadable {
                field: "other_colors",
                ..
            }
        ),
        "{reason}"
    );
}

#[test]
fn a_price_that_cannot_be_read_refuses_the_line() {
    let reason = refused(Shop::Ikea, &ikea(&[("price", "9.99 NOK")]));
    assert!(
        matches!(reason, Reason::Unreadable { field: "price", .. }),
        "{reason}"
    );
}

fn mobelringen<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = more.to_vec();
    for usual in [
        ("model", "Easy modulsofa"),
        ("url", "https://www.mobelringen.no/easy"),
        ("price", "35599 NOK"),
        ("sku", "185695045"),
        ("brand", "HJELLEGJERDE AS"),
        ("sleep", "False"),
        ("width", "325"),
        ("depth", "95"),
    ] {
        if !fields.iter().any(|(name, _)| *name == usual.0) {
            fields.push(usual);
        }
    }
    fields
}

#[test]
fn sizes_of_mobelringen() {
    let (sofa, doubts) = one(
        Shop::Mobelringen,
        &mobelringen(&[
            ("width", "240-259"),
            ("depth", "95/154"),
            ("length", "260"),
            ("height", "87/92"),
        ]),
    );
    assert_eq!(mm(sofa.width.as_ref()), Some((2400, 2590)));
    assert_eq!(mm(sofa.depth.as_ref()), Some((950, 2600)));
    assert_eq!(mm(sofa.height.as_ref()), Some((870, 920)));
    assert_eq!(doubts, []);
    // The length of a footstool is its depth, the length of a corner sofa only its longest.
    let stool = [("model", "Embla pall"), ("depth", ""), ("length", "66")];
    let (sofa, doubts) = one(Shop::Mobelringen, &mobelringen(&stool));
    assert_eq!(
        (mm(sofa.depth.as_ref()), doubts),
        (Some((660, 660)), vec![])
    );
    let (_, doubts) = one(
        Shop::Mobelringen,
        &mobelringen(&[("depth", ""), ("length", "240")]),
    );
    assert_eq!(doubts, [Doubt::SeatDepthUnknown]);
}

#[test]
fn words_of_mobelringen() {
    let check = |model: &str,
                 description: &str,
                 category,
                 seats: Option<i128>,
                 finish: Option<&str>,
                 kind: &str| {
        let (sofa, _) = one(
            Shop::Mobelringen,
            &mobelringen(&[("model", model), ("description", description)]),
        );
        assert_eq!(sofa.category, category, "{model}");
        assert_eq!(sofa.seats.map(|seats| seats.units()), seats, "{model}");
        assert_eq!(sofa.finish.as_deref(), finish, "{description}");
        assert_eq!(sofa.shop_category, kind, "{model}");
    };
    check(
        "HØDNEBØ® Tromøya 1,5-seter",
        "Tekstil Laguna Velvet Chanel, ben pyramide sort.",
        Category::Sofa,
        Some(15),
        Some("Laguna Velvet Chanel"),
        "1,5-seter",
    );
    check(
        "Nordicline 1-seter stol",
        "Hud Paloma new cognac",
        Category::Armchair,
        Some(10),
        Some("Paloma new cognac"),
        "1-seter stol",
    );
    check(
        "System + sofagruppe 3 + 2 seter",
        "Modell Malin. Tekstil: Cabana sand.",
        Category::SofaSet,
        Some(50),
        Some("Cabana sand"),
        "sofagruppe 3 + 2 seter",
    );
    check(
        "Verona sovesofa",
        "2,5 seter. Tekstil Amadeus petrol. Sorte ben.",
        Category::SofaBed,
        Some(25),
        Some("Amadeus petrol"),
        "sovesofa",
    );
    // Parts of a set-up are not its seats.
    check(
        "Happy hjørnesofa",
        "Oppsett: 2-seter, hjørne, 2-seter. Tekstil Shadow pewter.",
        Category::CornerSofa,
        None,
        Some("Shadow pewter"),
        "hjørnesofa",
    );
    check(
        "Neptun 2-seter",
        "Hud/pvc, sorte ben.",
        Category::Sofa,
        Some(20),
        Some("Hud/pvc"),
        "2-seter",
    );
    check(
        "Anne 2,5-seter",
        "Marie, sorte ben.",
        Category::Sofa,
        Some(25),
        None,
        "2,5-seter",
    );
}

#[test]
fn a_flag_that_is_neither_refuses_the_line() {
    let reason = refused(Shop::Mobelringen, &mobelringen(&[("sleep", "")]));
    assert!(
        matches!(reason, Reason::Unreadable { field: "sleep", .. }),
        "{reason}"
    );
}

fn sofacompany<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = more.to_vec();
    for usual in [
        ("model", "Evelyn"),
        (
            "url",
            "https://no.sofacompany.com/evelyn-daybed-bench-elliot-light-grey-oak-f-24-cm-206124228229227320",
        ),
        ("price", "6499 NOK"),
        ("width", "207cm"),
        ("depth", "81cm"),
        ("legs", "Oak, F, 24 cm"),
        ("SKU", "206124228229227320"),
        ("sleep", "n"),
    ] {
        if !fields.iter().any(|(name, _)| *name == usual.0) {
            fields.push(usual);
        }
    }
    fields
}

#[test]
fn links_of_sofacompany() {
    let (sofa, _) = one(Shop::Sofacompany, &sofacompany(&[]));
    // As a floating-point number this would be 206124228229227330.
    assert_eq!(sofa.sku, "206124228229227320");
    assert_eq!(sofa.product_group_id, None);
    assert_eq!(sofa.category, Category::Daybed);
    assert_eq!(
        sofa.finish.as_deref(),
        Some("elliot light grey; legs Oak, F, 24 cm")
    );
    let (sofa, _) = one(
        Shop::Sofacompany,
        &sofacompany(&[
            ("model", "Paula "),
            (
                "url",
                "https://no.sofacompany.com/paula-3-seater-sofa-planet-grey-green-adjustable-224903242111",
            ),
            ("legs", "Adjustable "),
            ("SKU", "224903242111"),
            ("max_depth", "163.0"),
        ]),
    );
    assert_eq!(
        (sofa.name.as_str(), sofa.category),
        ("Paula 3 seater sofa", Category::Sofa)
    );
    assert_eq!(sofa.product_group_id.as_deref(), Some("224903"));
    assert_eq!(sofa.seats.map(|seats| seats.units()), Some(30));
    assert_eq!(mm(sofa.depth.as_ref()), Some((810, 1630)));
    assert_eq!(
        sofa.finish.as_deref(),
        Some("planet grey green; legs Adjustable")
    );
}

#[test]
fn article_numbers_that_went_through_a_spreadsheet_are_refused() {
    for sku in ["2.06124E+17", "2061242282292273.0", "", "12345"] {
        let reason = refused(Shop::Sofacompany, &sofacompany(&[("SKU", sku)]));
        assert!(
            matches!(reason, Reason::Unreadable { field: "SKU", .. }),
            "{sku}: {reason}"
        );
    }
}

#[test]
fn the_second_line_with_a_number_is_rejected() {
    let header = super::needed(Shop::Sofacompany);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).unwrap();
    let fields = sofacompany(&[]);
    for _ in 0..2 {
        let value = |name: &&str| {
            fields
                .iter()
                .find(|(field, _)| field == name)
                .map_or("", |(_, text)| text)
        };
        writer.write_record(header.iter().map(value)).unwrap();
    }
    let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
    let cleaning = clean_sources(&[(Shop::Sofacompany, &text)]).unwrap();
    assert_eq!((cleaning.lines, cleaning.rows.len()), (2, 1));
    assert_eq!(cleaning.rejected[0].line, 2);
    assert!(matches!(
        cleaning.rejected[0].reason,
        Reason::Duplicate { .. }
    ));
}

#[test]
fn a_file_without_a_needed_column_is_an_error() {
    let error = clean_sources(&[(Shop::Ikea, "title,url\na,b\n")]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("ikea") && text.contains("no column `price`"),
        "{text}"
    );
}
