//! Links between the pages, and from the pages into the sources, lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|end| end == "md") {
            found.push(path);
        }
    }
}

/// What stands between `](` and `)`, unless it leads out of the repository.
fn local_links(page: &str) -> Vec<&str> {
    page.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| !link.contains("://") && !link.starts_with('#'))
        .map(|link| link.split('#').next().unwrap())
        .collect()
}

#[test]
fn every_local_link_leads_to_a_file() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    pages(&repository.join("docs"), &mut found);
    found.extend(
        [repository.join("README.md")]
            .into_iter()
            .filter(|page| page.exists()),
    );
    let mut links = 0;
    for page in found {
        let text = fs::read_to_string(&page).unwrap();
        for link in local_links(&text) {
            let target = page.parent().unwrap().join(link);
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
            links += 1;
        }
    }
    assert!(links > 50, "found {links} links");
}
