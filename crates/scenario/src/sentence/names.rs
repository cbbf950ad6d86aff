//! Flags and node sets as the kernel writes them.

use buddyscope_mm::gfp::AllocFlags;
use buddyscope_mm::pfn::NodeMask;

/// `ALLOC_WMARK_LOW|ALLOC_KSWAPD`.
pub(crate) fn alloc_flags(flags: AllocFlags) -> String {
    let mut text = String::from(match flags.wmark() {
        0 => "ALLOC_WMARK_MIN",
        1 => "ALLOC_WMARK_LOW",
        _ => "ALLOC_WMARK_HIGH",
    });
    if flags.contains(AllocFlags::NO_WATERMARKS) {
        text = "ALLOC_NO_WATERMARKS".into();
    }
    let rest = flags - AllocFlags::WMARK_MASK - AllocFlags::NO_WATERMARKS;
    for (name, _) in rest.iter_names() {
        text.push_str("|ALLOC_");
        text.push_str(name);
    }
    text
}

/// `0,2-3`, as `%*pbl` prints a mask.
pub(crate) fn nodes(mask: NodeMask) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut node = 0;
    while node < 64 {
        let ones = (!(mask.0 >> node)).trailing_zeros();
        match ones {
            0 => node += 1,
            1 => parts.push(node.to_string()),
            _ => parts.push(format!("{node}-{}", node + ones - 1)),
        }
        node += ones;
    }
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_read_as_the_kernel_prints_them() {
        assert_eq!(nodes(NodeMask(0b1101)), "0,2-3");
        assert_eq!(nodes(NodeMask::EMPTY), "");
        assert_eq!(nodes(NodeMask::ALL), "0-63");
        assert_eq!(alloc_flags(AllocFlags::WMARK_LOW | AllocFlags::CMA), "ALLOC_WMARK_LOW|ALLOC_CMA");
        assert_eq!(alloc_flags(AllocFlags::NO_WATERMARKS), "ALLOC_NO_WATERMARKS");
    }
}
