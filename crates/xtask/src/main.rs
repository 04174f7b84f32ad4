//! `cargo run -p xtask` brings `schemas/` up to date; what is recorded stays as it is.

fn main() -> Result<(), xtask::Error> {
    let folder = xtask::folder();
    for (path, text) in xtask::files()? {
        let path = folder.join(path);
        if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            std::fs::write(&path, text)?;
            println!("wrote {}", path.display());
        }
    }
    let record = xtask::record()?;
    for declared in xtask::declared() {
        if let Some(refusal) = declared.check(&record, "xtask", true)? {
            return Err(refusal.into());
        }
    }
    Ok(())
}
