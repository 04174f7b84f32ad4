use dataproduct::prelude::*;

/// One parcel on its way to a customer.
#[derive(Debug, DataProduct)]
#[product(name = "logistics.parcels", version = "1.0.0")]
#[product(owner = "parcel-team", fresh_within = "1 hour")]
struct Parcel {
    #[column(key, length = 8..=20)]
    number: String,
    postal_code: String,
    #[column(unit = "KGM", range = 0.0..=1000.0)]
    weight: f64,
    pieces: i32,
    price: i64,
    due: Option<NaiveDate>,
    notes: Vec<String>,
    #[column(event_time)]
    seen_at: DateTime<Utc>,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mesh = Mesh::builder().with_root("target/tutorial").build()?;
    let parcel = Parcel {
        number: "NO12345678".into(),
        postal_code: "0170".into(),
        weight: 2.5,
        pieces: 1,
        price: 9_900,
        due: None,
        notes: vec!["Leave at the door".into()],
        seen_at: Utc::now(),
    };
    let publisher = mesh.publisher::<Parcel>()?;
    publisher.publish([parcel], Publish::replace()).await?;
    let parcels = mesh.product("logistics.parcels@^1").await?;
    let rows = parcels.read().rows::<Parcel>().await?;
    println!("{rows:#?}\n{}", parcels.freshness().state());
    Ok(())
}
