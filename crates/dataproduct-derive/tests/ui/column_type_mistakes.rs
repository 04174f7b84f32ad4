use dataproduct::row::ColumnType;

#[derive(Clone, Copy, Debug, ColumnType)]
#[column(rename_all = "snakecase")]
enum Status {
    InStock,
    #[column(rename = "in_stock")]
    Available,
    #[column(other)]
    Unknown,
    #[column(other, label = "x")]
    Rest,
}

#[derive(Clone, Copy, Debug, ColumnType)]
enum Empty {}

#[derive(Clone, Debug, ColumnType)]
enum Shape {
    Round { width: i32 },
    Square(i32),
}

#[derive(ColumnType)]
struct Sku(Option<String>);

#[derive(ColumnType)]
struct Pair(i32, i32);

#[derive(ColumnType)]
struct Named {
    width: i32,
}

#[derive(ColumnType)]
#[column(key, length = 1..=64)]
struct Count(i64);

fn main() {}
