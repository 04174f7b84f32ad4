use dataproduct::row::ColumnType;

#[derive(Debug, ColumnType)]
enum Status {
    InStock,
    SoldOut,
}

fn main() {}
