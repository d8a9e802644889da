//! Files that rows name and that are not in their store.
//!
//! A few are ordinary: the platform lost them, or a restored database names what is long gone. Where not one is there, the store itself is
//! most likely another one: not mounted, or under another root.

use std::collections::BTreeMap;

use exeunt_model::names::SourceName;

/// Not one of the files that rows name is in this store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of the {} in {files} is there", match named { 1 => "1 file that rows name".to_owned(), named => format!("{named} files that rows name") })]
pub struct NoneThere {
    pub files: SourceName,
    pub named: u64,
}

/// The first store, by name, in which files are looked for and none is there. Of each file: its store, and whether it is there.
pub(crate) fn none_there<'a, E>(files: impl Iterator<Item = (&'a SourceName, Result<bool, E>)>) -> Result<Option<NoneThere>, E> {
    let mut stores: BTreeMap<&SourceName, (u64, bool)> = BTreeMap::new();
    for (store, present) in files {
        let (named, any) = stores.entry(store).or_default();
        *named += 1;
        *any |= present?;
    }
    let none = stores.into_iter().find(|(_, (_, any))| !any);
    Ok(none.map(|(files, (named, _))| NoneThere { files: files.clone(), named }))
}
