//! Facts gathered outside the project that the shipped tables are held against, where they lie beside it.
//!
//! They are read from `data/facts` below the folder that `KHIEN_SHARED` names, else from beside the project.

/// The rows of a table of facts, each cut at its tabs; none, and a line that says so, where it is not there.
pub(super) fn rows(table: &str) -> Option<Vec<Vec<String>>> {
    let root = std::env::var("KHIEN_SHARED").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    let path = format!("{root}/data/facts/{table}");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("left out: {path} is not there");
        return None;
    };
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    Some(rows.map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}
