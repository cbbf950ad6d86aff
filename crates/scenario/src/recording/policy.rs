//! Policy slots of a recording (`POL` lines).

use super::cursor::{Cursor, Read};
use buddyscope_mm::pfn::{NodeId, NodeMask};
use buddyscope_mm::task::mempolicy::{Binding, Mempolicy, Placement, PolicyFlags};

/// `POL`: what a policy slot holds at this point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyLine {
    /// Number of the slot.
    pub slot: u32,
    /// The policy; `None` for the default one, also where the kernel refused what was asked for.
    pub policy: Option<Mempolicy>,
    /// The task's `il_prev`; not printed with the default policy.
    pub il_prev: Option<u8>,
    /// The task's allowed nodes.
    pub mems: NodeMask,
}

impl PolicyLine {
    /// Reads a line up to its end.
    pub(super) fn read(c: &mut Cursor<'_>) -> Read<PolicyLine> {
        let slot = c.number("POL n=")?;
        if c.eat(" mode=default") {
            return Ok(PolicyLine { slot, policy: None, il_prev: None, mems: c.nodes(" mems=")? });
        }
        let policy = Some(read_policy(c)?);
        let il_prev = Some(c.number(" il_prev=")?);
        Ok(PolicyLine { slot, policy, il_prev, mems: c.nodes(" mems=")? })
    }
}

fn read_policy(c: &mut Cursor<'_>) -> Read<Mempolicy> {
    c.expect(" mode=")?;
    let mode_at = c.position();
    let mode = c.decimal("mode")?;
    let flags = PolicyFlags::from_bits_truncate(c.hex32(" flags=")? as u16);
    let preferred_at = c.position();
    let preferred = c.signed_number(" preferred=")?;
    let nodes = c.nodes(" nodes=")?;
    let user = c.nodes(" user=")?;
    let placement = match mode {
        1 if flags.contains(PolicyFlags::LOCAL) => Placement::Local,
        1 => match u8::try_from(preferred) {
            Ok(node) if node < 64 => Placement::Preferred(NodeId(node)),
            _ => return Err(c.back_to(preferred_at, "preferred", "a node id below 64")),
        },
        2 => Placement::Bind(nodes),
        3 => Placement::Interleave(nodes),
        _ => return Err(c.back_to(mode_at, "mode", "1 preferred, 2 bind or 3 interleave")),
    };
    let binding = if flags.contains(PolicyFlags::STATIC_NODES) {
        Binding::Static(user)
    } else if flags.contains(PolicyFlags::RELATIVE_NODES) {
        Binding::Relative(user)
    } else {
        Binding::Follows(user)
    };
    Ok(Mempolicy { placement, binding })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_read_in_all_modes() {
        let read = |text: &str| PolicyLine::read(&mut Cursor::new(text.as_bytes())).ok();
        let slot = |slot, policy, il_prev, mems| Some(PolicyLine { slot, policy, il_prev, mems: NodeMask(mems) });
        assert_eq!(read("POL n=0 mode=default mems=0x5"), slot(0, None, None, 5));
        let preferred =
            Mempolicy { placement: Placement::Preferred(NodeId(2)), binding: Binding::Follows(NodeMask(0xf)) };
        let text = "POL n=1 mode=1 flags=0x0 preferred=2 nodes=0x0 user=0xf il_prev=15 mems=0xf";
        assert_eq!(read(text), slot(1, Some(preferred), Some(15), 0xf));
        let relative =
            Mempolicy { placement: Placement::Interleave(NodeMask(5)), binding: Binding::Relative(NodeMask(5)) };
        let text = "POL n=11 mode=3 flags=0x4000 preferred=-1 nodes=0x5 user=0x5 il_prev=3 mems=0xf";
        assert_eq!(read(text), slot(11, Some(relative), Some(3), 0xf));
        assert_eq!(read("POL n=1 mode=7 flags=0x0 preferred=2 nodes=0x0 user=0xf il_prev=15 mems=0xf"), None);
        assert_eq!(read("POL n=1 mode=1 flags=0x0 preferred=-1 nodes=0x0 user=0xf il_prev=15 mems=0xf"), None);
    }
}
