//! Merkle trees as RFC 9162, section 2.1, defines them: roots, inclusion proofs and consistency proofs.
//!
//! The tree's complete subtrees are kept as [`NodeId`]s by whoever stores the log: appending writes one or a few nodes, and every root and
//! proof is put together from about log₂ n of them. Reading a node is a function argument, so that this file does no I/O.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A node's SHA-256 hash; written in JSON as base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

/// What a log was at one moment: how many entries, under which root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    pub size: u64,
    pub root: Hash,
}

/// A complete subtree: the `index`-th one of 2^`level` leaves. Level 0 are the leaves themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    pub level: u32,
    pub index: u64,
}

/// A proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("entry {index} cannot be in a log of {size} entries")]
    OutOfRange { index: u64, size: u64 },
    #[error("a log of {later} entries cannot continue one of {earlier} entries")]
    Shrunk { earlier: u64, later: u64 },
    #[error("the proof has the wrong length")]
    Length,
    #[error("the proof leads to another root")]
    Root,
}

/// The hash of an entry's bytes as a leaf.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The nodes that become complete when `leaf` is appended to a log of `size` entries, the leaf itself first.
pub fn append<E>(size: u64, leaf: Hash, read: &mut impl FnMut(NodeId) -> Result<Hash, E>) -> Result<Vec<(NodeId, Hash)>, E> {
    let mut node = NodeId { level: 0, index: size };
    let mut hash = leaf;
    let mut added = vec![(node, hash)];
    while node.index % 2 == 1 {
        let left = read(NodeId { level: node.level, index: node.index - 1 })?;
        node = NodeId { level: node.level + 1, index: node.index / 2 };
        hash = node_hash(&left, &hash);
        added.push((node, hash));
    }
    Ok(added)
}

/// The root of the first `size` entries.
pub fn root<E>(size: u64, read: &mut impl FnMut(NodeId) -> Result<Hash, E>) -> Result<Hash, E> {
    match size {
        0 => Ok(Hash(Sha256::digest([]).into())),
        _ => range(0, size, read),
    }
}

/// The inclusion proof of entry `index` in the log of the first `size` entries, which must hold it.
pub fn inclusion_proof<E>(index: u64, size: u64, read: &mut impl FnMut(NodeId) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(range(middle, end, read)?);
            end = middle;
        } else {
            proof.push(range(start, middle, read)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the first `later` entries begin with the first `earlier` ones, where 0 < `earlier` ≤ `later`.
pub fn consistency_proof<E>(earlier: u64, later: u64, read: &mut impl FnMut(NodeId) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
    let (mut start, mut end) = (0, later);
    let mut proof = Vec::new();
    while end != earlier {
        let middle = start + split(end - start);
        if earlier <= middle {
            proof.push(range(middle, end, read)?);
            end = middle;
        } else {
            proof.push(range(start, middle, read)?);
            start = middle;
        }
    }
    // The verifier knows the earlier root itself; any smaller subtree it must be told.
    if start > 0 {
        proof.push(range(start, end, read)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Checks that `leaf` is entry `index` of the log with this head.
///
/// # Errors
/// Any deviation, including a proof that is longer than it must be.
pub fn verify_inclusion(leaf: Hash, index: u64, head: &TreeHead, proof: &[Hash]) -> Result<(), Error> {
    if index >= head.size {
        return Err(Error::OutOfRange { index, size: head.size });
    }
    let (mut place, mut last, mut hash) = (index, head.size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err(Error::Length);
        }
        if place % 2 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            while place.is_multiple_of(2) && place != 0 {
                place /= 2;
                last /= 2;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        place /= 2;
        last /= 2;
    }
    match (last, hash == head.root) {
        (0, true) => Ok(()),
        (0, false) => Err(Error::Root),
        _ => Err(Error::Length),
    }
}

/// Checks that the log with the later head begins with the log of the earlier one.
///
/// # Errors
/// Any deviation: a shrunk log, a rewritten one, or a proof that is longer than it must be.
pub fn verify_consistency(earlier: &TreeHead, later: &TreeHead, proof: &[Hash]) -> Result<(), Error> {
    if earlier.size > later.size {
        return Err(Error::Shrunk { earlier: earlier.size, later: later.size });
    }
    if earlier.size == later.size || earlier.size == 0 {
        return match (proof.is_empty(), earlier.size == 0 || earlier.root == later.root) {
            (true, true) => Ok(()),
            (false, _) => Err(Error::Length),
            (true, false) => Err(Error::Root),
        };
    }
    let (mut place, mut last) = (earlier.size - 1, later.size - 1);
    while place % 2 == 1 {
        place /= 2;
        last /= 2;
    }
    let mut rest = proof.iter();
    // Where the earlier size is a power of two, its root is itself a node of the later tree and not repeated.
    let first = if place == 0 { earlier.root } else { *rest.next().ok_or(Error::Length)? };
    let (mut old, mut new) = (first, first);
    for sibling in rest {
        if last == 0 {
            return Err(Error::Length);
        }
        if place % 2 == 1 || place == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            while place.is_multiple_of(2) && place != 0 {
                place /= 2;
                last /= 2;
            }
        } else {
            new = node_hash(&new, sibling);
        }
        place /= 2;
        last /= 2;
    }
    match (last, old == earlier.root && new == later.root) {
        (0, true) => Ok(()),
        (0, false) => Err(Error::Root),
        _ => Err(Error::Length),
    }
}

/// The largest power of two below `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The root over the leaves `start..end`, a range that a tree of RFC 9162 can be split into: its left parts are complete subtrees.
fn range<E>(start: u64, end: u64, read: &mut impl FnMut(NodeId) -> Result<Hash, E>) -> Result<Hash, E> {
    let size = end - start;
    if size.is_power_of_two() {
        let level = size.ilog2();
        return read(NodeId { level, index: start >> level });
    }
    let middle = start + split(size);
    let left = range(start, middle, read)?;
    let right = range(middle, end, read)?;
    Ok(node_hash(&left, &right))
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Hash {
    /// Reads the base64 form; `None` for anything that does not write back to the same text.
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_base64(&text).ok_or_else(|| serde::de::Error::custom("a hash is 32 bytes in base64"))
    }
}

impl schemars::JsonSchema for Hash {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hash".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "32 bytes in base64.", "pattern": "^[A-Za-z0-9+/]{43}=$" })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use ct_merkle::mem_backed_tree::MemoryBackedTree;

    use super::*;
    use crate::digest::hex;

    /// A log in memory with the nodes that a store would keep.
    #[derive(Default)]
    struct Log {
        size: u64,
        nodes: BTreeMap<NodeId, Hash>,
    }

    impl Log {
        fn of(entries: impl IntoIterator<Item = Vec<u8>>) -> Self {
            let mut log = Self::default();
            for entry in entries {
                let added = append(log.size, leaf_hash(&entry), &mut |node| log.read(node)).unwrap();
                log.nodes.extend(added);
                log.size += 1;
            }
            log
        }

        fn read(&self, node: NodeId) -> Result<Hash, Infallible> {
            Ok(self.nodes[&node])
        }

        fn head(&self, size: u64) -> TreeHead {
            TreeHead { size, root: root(size, &mut |node| self.read(node)).unwrap() }
        }
    }

    /// The eight entries and roots that implementations of certificate transparency test with.
    const ENTRIES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn numbered(count: u64) -> Log {
        Log::of((0..count).map(|number| number.to_be_bytes().to_vec()))
    }

    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let log = Log::of(ENTRIES.map(<[u8]>::to_vec));
        for (size, want) in ROOTS.iter().enumerate() {
            assert_eq!(hex(&log.head(size as u64).root.0), *want, "{size} entries");
        }
    }

    #[test]
    fn inclusion_proof_is_that_of_certificate_transparency() {
        let log = Log::of(ENTRIES.map(<[u8]>::to_vec));
        let got = inclusion_proof(5, 8, &mut |node| log.read(node)).unwrap();
        let want = [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ];
        assert_eq!(got.iter().map(|hash| hex(&hash.0)).collect::<Vec<_>>(), want);
    }

    #[test]
    fn roots_and_proofs_are_those_of_another_implementation() {
        let mut want = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        let log = numbered(40);
        for number in 0..40u64 {
            want.push(number.to_be_bytes().to_vec());
            let size = number + 1;
            assert_eq!(log.head(size).root.0.as_slice(), want.root().as_bytes().as_slice());
            for index in 0..size {
                let got = inclusion_proof(index, size, &mut |node| log.read(node)).unwrap();
                let got = got.iter().flat_map(|hash| hash.0).collect::<Vec<_>>();
                assert_eq!(got, want.prove_inclusion(index as usize).as_bytes());
            }
            for earlier in 1..size {
                let got = consistency_proof(earlier, size, &mut |node| log.read(node)).unwrap();
                let got = got.iter().flat_map(|hash| hash.0).collect::<Vec<_>>();
                assert_eq!(got, want.prove_consistency((size - earlier) as usize).as_bytes());
            }
        }
    }

    #[test]
    fn every_proof_holds_for_its_own_place_and_no_other() {
        let log = numbered(21);
        for size in 1..=21 {
            let head = log.head(size);
            for index in 0..size {
                let proof = inclusion_proof(index, size, &mut |node| log.read(node)).unwrap();
                for other in 0..size + 1 {
                    let got = verify_inclusion(leaf_hash(&index.to_be_bytes()), other, &head, &proof);
                    assert_eq!(got.is_ok(), other == index, "{index} of {size} as {other}");
                }
                for place in 0..proof.len() {
                    let mut forged = proof.clone();
                    forged[place].0[7] ^= 4;
                    assert!(verify_inclusion(leaf_hash(&index.to_be_bytes()), index, &head, &forged).is_err());
                }
                let longer = [proof.as_slice(), &[Hash([0; 32])]].concat();
                assert!(verify_inclusion(leaf_hash(&index.to_be_bytes()), index, &head, &longer).is_err());
            }
        }
    }

    #[test]
    fn a_log_that_grew_is_consistent_and_a_forked_one_is_not() {
        let log = numbered(21);
        let forked = Log::of((0..21u64).map(|number| if number == 3 { vec![9] } else { number.to_be_bytes().to_vec() }));
        for later in 1..=21 {
            for earlier in 1..=later {
                let proof = consistency_proof(earlier, later, &mut |node| log.read(node)).unwrap();
                assert_eq!(verify_consistency(&log.head(earlier), &log.head(later), &proof), Ok(()));
                let fork = consistency_proof(earlier, later, &mut |node| forked.read(node)).unwrap();
                let got = verify_consistency(&log.head(earlier), &forked.head(later), &fork);
                assert_eq!(got.is_ok(), earlier <= 3, "{earlier} to {later}");
                for place in 0..proof.len() {
                    let mut bent = proof.clone();
                    bent[place].0[0] ^= 1;
                    assert!(verify_consistency(&log.head(earlier), &log.head(later), &bent).is_err());
                }
                let longer = [proof.as_slice(), &[Hash([0; 32])]].concat();
                assert!(verify_consistency(&log.head(earlier), &log.head(later), &longer).is_err());
                assert_eq!(verify_consistency(&log.head(later), &log.head(earlier), &proof).is_ok(), earlier == later);
            }
        }
    }
}
