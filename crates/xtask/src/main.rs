//! `cargo run -p xtask` writes `schemas/` anew.

fn main() -> Result<(), xtask::Error> {
    let folder = xtask::folder();
    for (path, text) in xtask::files()? {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            std::fs::write(&path, text)?;
            println!("wrote {}", path.display());
        }
    }
    Ok(())
}
