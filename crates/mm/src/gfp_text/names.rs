//! Names of request flags: those of 5.10 and what other versions' names mean here.

use crate::gfp::Gfp;

/// Every single flag with its kernel name, by bit.
pub const FLAG_NAMES: [(&str, Gfp); 23] = [
    ("__GFP_DMA", Gfp::DMA),
    ("__GFP_HIGHMEM", Gfp::HIGHMEM),
    ("__GFP_DMA32", Gfp::DMA32),
    ("__GFP_MOVABLE", Gfp::MOVABLE),
    ("__GFP_RECLAIMABLE", Gfp::RECLAIMABLE),
    ("__GFP_HIGH", Gfp::HIGH),
    ("__GFP_IO", Gfp::IO),
    ("__GFP_FS", Gfp::FS),
    ("__GFP_ZERO", Gfp::ZERO),
    ("__GFP_ATOMIC", Gfp::ATOMIC),
    ("__GFP_DIRECT_RECLAIM", Gfp::DIRECT_RECLAIM),
    ("__GFP_KSWAPD_RECLAIM", Gfp::KSWAPD_RECLAIM),
    ("__GFP_WRITE", Gfp::WRITE),
    ("__GFP_NOWARN", Gfp::NOWARN),
    ("__GFP_RETRY_MAYFAIL", Gfp::RETRY_MAYFAIL),
    ("__GFP_NOFAIL", Gfp::NOFAIL),
    ("__GFP_NORETRY", Gfp::NORETRY),
    ("__GFP_MEMALLOC", Gfp::MEMALLOC),
    ("__GFP_COMP", Gfp::COMP),
    ("__GFP_NOMEMALLOC", Gfp::NOMEMALLOC),
    ("__GFP_HARDWALL", Gfp::HARDWALL),
    ("__GFP_THISNODE", Gfp::THISNODE),
    ("__GFP_ACCOUNT", Gfp::ACCOUNT),
];

/// Names in the order in which printing tries them (`__def_gfpflag_names`, include/trace/events/mmflags.h, v5.10).
pub(super) const PRINT_ORDER: &[(&str, Gfp)] = &[
    ("GFP_TRANSHUGE", Gfp::GFP_TRANSHUGE),
    ("GFP_TRANSHUGE_LIGHT", Gfp::GFP_TRANSHUGE_LIGHT),
    ("GFP_HIGHUSER_MOVABLE", Gfp::GFP_HIGHUSER_MOVABLE),
    ("GFP_HIGHUSER", Gfp::GFP_HIGHUSER),
    ("GFP_USER", Gfp::GFP_USER),
    ("GFP_KERNEL_ACCOUNT", Gfp::GFP_KERNEL_ACCOUNT),
    ("GFP_KERNEL", Gfp::GFP_KERNEL),
    ("GFP_NOFS", Gfp::GFP_NOFS),
    ("GFP_ATOMIC", Gfp::GFP_ATOMIC),
    ("GFP_NOIO", Gfp::GFP_NOIO),
    ("GFP_NOWAIT", Gfp::GFP_NOWAIT),
    ("GFP_DMA", Gfp::GFP_DMA),
    ("__GFP_HIGHMEM", Gfp::HIGHMEM),
    ("GFP_DMA32", Gfp::GFP_DMA32),
    ("__GFP_HIGH", Gfp::HIGH),
    ("__GFP_ATOMIC", Gfp::ATOMIC),
    ("__GFP_IO", Gfp::IO),
    ("__GFP_FS", Gfp::FS),
    ("__GFP_NOWARN", Gfp::NOWARN),
    ("__GFP_RETRY_MAYFAIL", Gfp::RETRY_MAYFAIL),
    ("__GFP_NOFAIL", Gfp::NOFAIL),
    ("__GFP_NORETRY", Gfp::NORETRY),
    ("__GFP_COMP", Gfp::COMP),
    ("__GFP_ZERO", Gfp::ZERO),
    ("__GFP_NOMEMALLOC", Gfp::NOMEMALLOC),
    ("__GFP_MEMALLOC", Gfp::MEMALLOC),
    ("__GFP_HARDWALL", Gfp::HARDWALL),
    ("__GFP_THISNODE", Gfp::THISNODE),
    ("__GFP_RECLAIMABLE", Gfp::RECLAIMABLE),
    ("__GFP_MOVABLE", Gfp::MOVABLE),
    ("__GFP_ACCOUNT", Gfp::ACCOUNT),
    ("__GFP_WRITE", Gfp::WRITE),
    ("__GFP_RECLAIM", Gfp::RECLAIM),
    ("__GFP_DIRECT_RECLAIM", Gfp::DIRECT_RECLAIM),
    ("__GFP_KSWAPD_RECLAIM", Gfp::KSWAPD_RECLAIM),
];

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    /// These flags.
    Set(Gfp),
    /// The absence of these flags.
    Clear(Gfp),
    /// Nothing in this version, for the reason given.
    Ignored(&'static str),
}

const KASAN: &str = "a KASAN flag of later versions";
const REMOVED: &str = "removed before 5.10, where every page counts as hot";

/// Names that 5.10 does not print: masks of its headers and names of other versions.
const ALIASES: &[(&str, Meaning)] = &[
    ("none", Meaning::Set(Gfp::empty())),
    ("__GFP_NOLOCKDEP", Meaning::Set(Gfp::empty())),
    ("__GFP_BITS_MASK", Meaning::Set(Gfp::BITS_MASK)),
    ("GFP_BOOT_MASK", Meaning::Set(Gfp::BOOT_MASK)),
    ("GFP_RECLAIM_MASK", Meaning::Set(Gfp::RECLAIM_MASK)),
    ("GFP_CONSTRAINT_MASK", Meaning::Set(Gfp::CONSTRAINT_MASK)),
    ("GFP_MOVABLE_MASK", Meaning::Set(Gfp::MOBILITY_MASK)),
    ("GFP_ZONEMASK", Meaning::Set(Gfp::ZONE_MASK)),
    ("GFP_PGTABLE_KERNEL", Meaning::Set(Gfp::GFP_KERNEL.union(Gfp::ZERO))),
    ("GFP_PGTABLE_USER", Meaning::Set(Gfp::GFP_KERNEL_ACCOUNT.union(Gfp::ZERO))),
    ("GFP_TEMPORARY", Meaning::Set(Gfp::GFP_KERNEL.union(Gfp::RECLAIMABLE))),
    ("GFP_IOFS", Meaning::Set(Gfp::IO.union(Gfp::FS))),
    ("__GFP_WAIT", Meaning::Set(Gfp::RECLAIM)),
    ("__GFP_REPEAT", Meaning::Set(Gfp::RETRY_MAYFAIL)),
    ("__GFP_KMEMCG", Meaning::Set(Gfp::ACCOUNT)),
    ("__GFP_NO_KSWAPD", Meaning::Clear(Gfp::KSWAPD_RECLAIM)),
    ("__GFP_COLD", Meaning::Ignored(REMOVED)),
    ("__GFP_NOTRACK", Meaning::Ignored("a kmemcheck flag, removed before 5.10")),
    ("__GFP_OTHER_NODE", Meaning::Ignored("removed before 5.10, which counts local pages by the CPU's node")),
    ("__GFP_NOACCOUNT", Meaning::Ignored("removed before 5.10, which charges only with __GFP_ACCOUNT")),
    ("__GFP_NO_OBJ_EXT", Meaning::Ignored("a profiling flag of later versions")),
    ("__GFP_ZEROTAGS", Meaning::Ignored("a memory tagging flag of later versions")),
    ("__GFP_SKIP_ZERO", Meaning::Ignored("a memory tagging flag of later versions")),
    ("__GFP_SKIP_KASAN", Meaning::Ignored(KASAN)),
    ("__GFP_SKIP_KASAN_POISON", Meaning::Ignored(KASAN)),
    ("__GFP_SKIP_KASAN_UNPOISON", Meaning::Ignored(KASAN)),
];

/// What a name means, in any letter case and with or without underscores and the `GFP` prefix. `ATOMIC` is the
/// composite unless an underscore leads it, because that is what people mean by it.
pub(super) fn lookup(name: &str) -> Option<Meaning> {
    if name.starts_with('_') {
        let bit = FLAG_NAMES.iter().find(|(known, _)| same_name(known, name));
        if let Some(&(_, bits)) = bit {
            return Some(Meaning::Set(bits));
        }
    }
    let printed = PRINT_ORDER.iter().find(|(known, _)| same_name(known, name));
    let bit = || FLAG_NAMES.iter().find(|(known, _)| same_name(known, name));
    if let Some(&(_, bits)) = printed.or_else(bit) {
        return Some(Meaning::Set(bits));
    }
    ALIASES.iter().find(|(known, _)| same_name(known, name)).map(|&(_, meaning)| meaning)
}

/// The known name that differs least from this one, if any is near.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let key: Vec<u8> = key(name).collect();
    if key.len() > 40 {
        return None;
    }
    let near_enough = 1 + key.len() / 4;
    let printed = PRINT_ORDER.iter().chain(&FLAG_NAMES).map(|&(known, _)| known);
    let known = printed.chain(ALIASES.iter().map(|&(known, _)| known));
    let distances = known.map(|known| (edit_distance(&key, &known_key(known)), known));
    distances.filter(|&(distance, _)| distance <= near_enough).min_by_key(|&(distance, _)| distance).map(|(_, k)| k)
}

fn known_key(name: &str) -> Vec<u8> {
    key(name).collect()
}

/// Whether two names are the same but for letter case, underscores and the `GFP` prefix.
fn same_name(known: &str, name: &str) -> bool {
    key(known).eq(key(name))
}

/// The letters and digits that tell a name from others.
fn key(name: &str) -> impl Iterator<Item = u8> {
    let name = name.trim_start_matches('_');
    let rest = match name.split_at_checked(3) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("gfp") && !rest.is_empty() => rest,
        _ => name,
    };
    rest.bytes().filter(|&b| b != b'_').map(|b| b.to_ascii_uppercase())
}

/// Least number of letters inserted, removed or changed to get from one word to the other.
fn edit_distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_in_any_case_and_with_missing_underscores() {
        for name in ["GFP_KERNEL", "gfp_kernel", "GFPKERNEL", "kernel", "__GFP_KERNEL"] {
            assert_eq!(lookup(name), Some(Meaning::Set(Gfp::GFP_KERNEL)), "{name}");
        }
        for name in ["__GFP_RETRY_MAYFAIL", "___GFP_RETRY_MAYFAIL", "gfp_retrymayfail", "RETRY_MAY_FAIL"] {
            assert_eq!(lookup(name), Some(Meaning::Set(Gfp::RETRY_MAYFAIL)), "{name}");
        }
    }

    #[test]
    fn an_underscore_tells_the_atomic_bit_from_the_composite() {
        assert_eq!(lookup("__GFP_ATOMIC"), Some(Meaning::Set(Gfp::ATOMIC)));
        assert_eq!(lookup("GFP_ATOMIC"), Some(Meaning::Set(Gfp::GFP_ATOMIC)));
        assert_eq!(lookup("atomic"), Some(Meaning::Set(Gfp::GFP_ATOMIC)));
    }

    #[test]
    fn the_nearest_name_is_suggested_only_if_it_is_near() {
        assert_eq!(nearest("GFP_KERNLE"), Some("GFP_KERNEL"));
        assert_eq!(nearest("__GFP_NOWARM"), Some("__GFP_NOWARN"));
        assert_eq!(nearest("PANCAKE"), None);
        assert_eq!(nearest(&"x".repeat(1000)), None);
    }
}
