#![expect(
    clippy::single_range_in_vec_init,
    reason = "a list of ranges that happens to hold one"
)]

use super::*;

fn of(rows: &[u64]) -> Deleted {
    Deleted::of(&rows.iter().copied().collect())
}

#[test]
fn what_is_left_is_what_a_filter_leaves() {
    #[track_caller]
    fn check(gone: &[u64], first: u64, ranges: &[Range<usize>]) {
        let deleted = of(gone);
        let expect: Vec<usize> = ranges
            .iter()
            .cloned()
            .flatten()
            .filter(|row| !gone.contains(&(first + *row as u64)))
            .collect();
        let left = deleted.left(first, ranges);
        assert!(left.iter().all(|range| !range.is_empty()));
        assert_eq!(left.into_iter().flatten().collect::<Vec<_>>(), expect);
    }
    check(&[], 0, &[0..10]);
    check(&[0, 9], 0, &[0..10]);
    check(&[3, 4, 5], 0, &[0..4, 5..10]);
    check(&[4], 0, &[0..4, 4..10]);
    check(&[0, 1, 2], 0, &[0..3]);
    check(&[70_000, 70_002, 140_000], 70_000, &[0..1, 1..3, 5..70_001]);
    check(&[5], 10, &[0..10]);
    check(&[u64::from(u32::MAX) + 7], u64::from(u32::MAX), &[0..20]);
}

#[tokio::test]
async fn vectors_are_read_as_they_were_written() {
    let location = crate::Location::parse("memory://vectors").unwrap();
    let storage = location.open().unwrap();
    let all: Vec<Deleted> = vec![
        of(&[0]),
        (0..100_000).step_by(7).fold(of(&[]), |mut all, row| {
            all.insert(row);
            all
        }),
        of(&[1, u64::from(u32::MAX) + 1]),
        (0..9_000).map(|n| n * n).fold(of(&[]), |mut all, row| {
            all.insert(row);
            all
        }),
    ];
    let vectors = write(&storage, &all).await.unwrap();
    let kinds: String = vectors.iter().map(|v| v.storage_type.as_str()).collect();
    assert_eq!(kinds, "iuiu");
    for (vector, deleted) in vectors.iter().zip(&all) {
        assert_eq!(read(&storage, vector).await.unwrap(), *deleted);
    }
    // The second and the fourth share a file.
    assert_eq!(file_of(&vectors[1]).unwrap(), file_of(&vectors[3]).unwrap());
    assert_ne!(unique_id(&vectors[1]), unique_id(&vectors[3]));
}

#[tokio::test]
async fn a_vector_that_makes_no_sense_is_refused() {
    let location = crate::Location::parse("memory://senseless").unwrap();
    let storage = location.open().unwrap();
    let good = write(&storage, &[of(&[1, 2])]).await.unwrap().remove(0);
    let check = async |change: &dyn Fn(&mut DeletionVector), expect: &str| {
        let mut vector = good.clone();
        change(&mut vector);
        let error = read(&storage, &vector).await.unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    };
    check(
        &|vector| vector.cardinality = 3,
        "has 2 rows, the log says 3",
    )
    .await;
    check(&|vector| vector.size_in_bytes = -1, "shorter").await;
    check(&|vector| vector.size_in_bytes = 1000, "shorter").await;
    check(&|vector| vector.size_in_bytes = 3, "too short").await;
    check(
        &|vector| vector.path_or_inline_dv = "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}".to_owned(),
        "deletion vector",
    )
    .await;
    check(&|vector| vector.storage_type = "p".to_owned(), "outside").await;
    check(
        &|vector| vector.storage_type = "u".to_owned(),
        "does not name",
    )
    .await;
    let upward = |vector: &mut DeletionVector| {
        vector.storage_type = "u".to_owned();
        vector.path_or_inline_dv = format!("../{}", z85::encode(Uuid::nil().as_bytes()));
    };
    check(&upward, "does not name").await;
}
