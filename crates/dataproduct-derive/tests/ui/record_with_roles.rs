use dataproduct::row::Record;

#[derive(Record)]
#[record(name = "size")]
struct Size {
    #[column(key)]
    width: i32,
    #[column(event_time, sort)]
    at: chrono::DateTime<chrono::Utc>,
}

fn main() {}
