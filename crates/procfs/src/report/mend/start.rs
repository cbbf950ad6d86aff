//! The starts of lines, as 5.10 has them.

use super::Origin;

/// Zones of any machine.
pub(super) const ZONES: [&str; 6] = ["DMA", "DMA32", "Normal", "HighMem", "Movable", "Device"];

/// A line that stands for a request which failed, and what became of it really.
pub(super) fn as_failure(said: &str) -> Option<(String, Origin)> {
    stall(said).or_else(|| vmalloc(said))
}

/// What kernels 4.10 to 4.14 say of a request that goes on trying (`warn_alloc`).
fn stall(said: &str) -> Option<(String, Origin)> {
    let (comm, rest) = said.split_once(": page allocation stalls for ")?;
    let (time, request) = rest.split_once("ms, ")?;
    Some((format!("{comm}: page allocation failure: {request}"), Origin::Stall { ms: time.parse().ok()? }))
}

/// What vmalloc says of pages or of addresses that it did not get, as the request for pages would say it
/// (`__vmalloc_node_range`, `__vmalloc_area_node`).
fn vmalloc(said: &str) -> Option<(String, Origin)> {
    let (comm, rest) = said.split_once(": vmalloc")?;
    let (what, mode) = rest.split_once(", mode:")?;
    let (order, origin) = match what.split_once("page order ") {
        Some((_, order)) => (order.split(',').next()?.parse::<u32>().ok()?, Origin::Vmalloc),
        None if what.contains("allocation failure, allocated ") => (0, Origin::Vmalloc),
        None => (0, Origin::Addresses { bytes: bytes(what)? }),
    };
    Some((format!("{comm}: page allocation failure: order:{order}, mode:{mode}"), origin))
}

/// Bytes for which there was no range of addresses. Others of vmalloc's messages tell how many it got.
fn bytes(what: &str) -> Option<u64> {
    let number = match what.strip_prefix(": allocation failure: ") {
        Some(rest) => rest.strip_suffix(" bytes")?,
        None => {
            let (size, why) = what.split_once("size ")?.1.split_once(", ")?;
            (why.contains("vm_struct") || why.contains("exceeds total pages")).then_some(size)?
        }
    };
    number.parse().ok()
}

/// A line's usual start: with the node, and with the heading's usual letters.
pub(super) fn started(said: &str) -> String {
    let zone = said.split([' ', ':']).next().unwrap_or_default();
    let rest = said.get(zone.len()..).unwrap_or_default();
    let lists = rest.strip_prefix(": ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if ZONES.contains(&zone) && (rest.starts_with(" free:") || lists) {
        return format!("Node 0 {said}");
    }
    // A stack trace may end in the line of the heading.
    let heading = said == "Mem-info:" || said.ends_with("> Mem-Info:");
    if heading { "Mem-Info:".to_owned() } else { said.to_owned() }
}

/// A line about a zone of a machine with HighMem.
pub(super) fn renamed(line: &str) -> String {
    let mut words = line.splitn(4, ' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some("Node"), Some(node), Some(zone), Some(rest)) => {
            let (name, colon) = zone.strip_suffix(':').map_or((zone, ""), |name| (name, ":"));
            let name = match name {
                "Normal" => "DMA32",
                "HighMem" => "Normal",
                other => other,
            };
            format!("Node {node} {name}{colon} {rest}")
        }
        _ => line.to_owned(),
    }
}

/// A line about a node or zone without blanks that were put into its values.
pub(super) fn without_blanks(line: &str) -> String {
    line.replace("k B", "kB").replace(") :", "):").replace("* ", "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vmalloc_did_not_get_is_told_apart() {
        let origin = |what: &str| as_failure(&format!("x: {what}, mode:0xcc0(GFP_KERNEL)")).map(|(_, origin)| origin);
        assert_eq!(origin("vmalloc: allocation failure, allocated 8192 of 12288 bytes"), Some(Origin::Vmalloc));
        assert_eq!(origin("vmalloc error: size 1, page order 0, failed to allocate pages"), Some(Origin::Vmalloc));
        let no_range = |bytes| Some(Origin::Addresses { bytes });
        assert_eq!(origin("vmalloc: allocation failure: 64 bytes"), no_range(64));
        assert_eq!(origin("vmalloc error: size 65536, vm_struct allocation failed"), no_range(65536));
        assert_eq!(origin("vmalloc error: size 8, failed to map pages"), None);
    }

    #[test]
    fn a_stall_is_a_request_that_waits() {
        let said = "x: page allocation stalls for 510002ms, order:0, mode:0x1";
        let text = "x: page allocation failure: order:0, mode:0x1".to_owned();
        assert_eq!(as_failure(said), Some((text, Origin::Stall { ms: 510_002 })));
    }

    #[test]
    fn a_machine_with_highmem_is_read_with_the_names_of_the_next_lower_zones() {
        assert_eq!(renamed("Node 0 HighMem free:4kB min:8kB"), "Node 0 Normal free:4kB min:8kB");
        assert_eq!(renamed("Node 0 Normal: 1*4kB = 4kB"), "Node 0 DMA32: 1*4kB = 4kB");
        assert_eq!(renamed("Node 0 DMA: 1*4kB = 4kB"), "Node 0 DMA: 1*4kB = 4kB");
    }
}
