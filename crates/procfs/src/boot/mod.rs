//! What the kernel logs about memory while it boots: the firmware's map, nodes, zones, and what is available.

mod codec;

use crate::line::codec::{Number, Text};
use crate::line::{Line, line};
use crate::zonelists::LoggedZonelist;
use crate::{grammar, line::FieldError};
use codec::{Address, NameColumn, NodeColumn, ShortAddress};
use std::fmt::{Display, Formatter, Result as FmtResult};

line! {
    /// A range of the firmware's map (`e820__print_table`, arch/x86/kernel/e820.c). Addresses are those of bytes; the last one
    /// belongs to the range.
    pub struct FirmwareRange {
        /// First address.
        "BIOS-e820: [mem " start: u64 = Address,
        /// Last address.
        "-" end: u64 = Address,
        /// What it is: `usable`, `reserved` and others.
        "] " kind: String = Text,
    }
    ""
}

line! {
    /// Memory of a node by the firmware (`acpi_numa_memory_affinity_init`, drivers/acpi/numa/srat.c).
    pub struct AffinityRange {
        /// The node.
        "ACPI: SRAT: Node " node: u32 = Number,
        /// The firmware's number of it.
        " PXM " proximity: u32 = Number,
        /// First address.
        " [mem " start: u64 = ShortAddress,
        /// Last address, and ` hotplug` or ` non-volatile` after it where that is so.
        "-" end: u64 = ShortAddress,
        /// Such words.
        "]" flags: String = Text,
    }
    ""
}

line! {
    /// Where a zone may be (`free_area_init`, mm/page_alloc.c).
    pub struct ZoneRange {
        /// The zone's name.
        "" zone: String = NameColumn,
        /// First address.
        " [mem " start: u64 = Address,
        /// Last address.
        "-" end: u64 = Address,
    }
    "]"
}

line! {
    /// Memory of a node (`free_area_init`).
    pub struct NodeRange {
        /// The node.
        "node " node: u32 = NodeColumn,
        /// First address.
        ": [mem " start: u64 = Address,
        /// Last address.
        "-" end: u64 = Address,
    }
    "]"
}

line! {
    /// What a node spans (`free_area_init_node`).
    pub struct NodeSpan {
        /// The node.
        "Initmem setup node " node: u32 = Number,
        /// First address.
        " [mem " start: u64 = Address,
        /// Last address.
        "-" end: u64 = Address,
    }
    "]"
}

line! {
    /// Pages of a node (`calculate_node_totalpages`).
    pub struct NodePages {
        /// The node.
        "On node " node: u32 = Number,
        /// Pages that exist.
        " totalpages: " pages: u64 = Number,
    }
    ""
}

line! {
    /// Pages of a zone (`free_area_init_core`, `zone_pcp_init`).
    pub struct ZonePages {
        /// The zone's name.
        "" zone: String = Text,
        /// Pages.
        " zone: " pages: u64 = Number,
        /// Which: `, LIFO batch:15`, ` used for memmap`, ` reserved`, ` in unavailable ranges`.
        " pages" which: String = Text,
    }
    ""
}

line! {
    /// Zonelists of all nodes (`build_all_zonelists`).
    pub struct ZonelistsBuilt {
        /// How many nodes.
        "Built " nodes: u32 = Number,
        /// Whether there is memory enough to group pages by mobility: `on` or `off`.
        " zonelists, mobility grouping " grouping: String = Text,
        /// Pages of the buddy allocator.
        ".  Total pages: " pages: u64 = Number,
    }
    ""
}

line! {
    /// What is available (`mem_init_print_info`). In kB.
    pub struct MemoryAvailable {
        /// Free.
        "Memory: " free_kb: u64 = Number,
        /// All.
        "K/" total_kb: u64 = Number,
        /// The kernel's code.
        "K available (" code_kb: u64 = Number,
        /// Its data.
        "K kernel code, " data_kb: u64 = Number,
        /// Its constants.
        "K rwdata, " constants_kb: u64 = Number,
        /// What is freed after the boot.
        "K rodata, " init_kb: u64 = Number,
        /// Data that starts as zeros.
        "K init, " zeros_kb: u64 = Number,
        /// Not the buddy allocator's.
        "K bss, " reserved_kb: u64 = Number,
        /// Areas for contiguous allocations.
        "K reserved, " cma_kb: u64 = Number,
    }
    "K cma-reserved)"
}

line! {
    /// Swap is switched on (`sys_swapon`, mm/swapfile.c). In kB.
    pub struct SwapAdded {
        /// Usable space.
        "Adding " size_kb: u64 = Number,
        /// The file or device.
        "k swap on " file: String = Text,
        /// Priority among swap areas.
        ".  Priority:" priority: i32 = Number,
        /// Stretches of blocks.
        " extents:" extents: u32 = Number,
        /// From the first to the last.
        " across:" across_kb: u64 = Number,
        /// A blank and letters of its properties, such as `SS` for a disk that does not turn.
        "k" flags: String = Text,
    }
    ""
}

/// Declares the kinds of lines, tried in order.
macro_rules! boot_lines {
    ($($(#[$meta:meta])* $name:ident($type:ty) if $fits:expr;)*) => {
        /// A line about memory that the kernel logs while it boots.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum BootLine { $($(#[$meta])* $name($type),)* }

        impl Display for BootLine {
            fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
                match self { $(BootLine::$name(line) => line.fmt(f),)* }
            }
        }

        impl BootLine {
            /// Reads a line without what loggers put before it; `None` for any other line, and where another kernel shows
            /// other values.
            #[must_use]
            pub fn read(text: &str) -> Option<BootLine> {
                $(
                    let fits: fn(&str) -> bool = $fits;
                    if fits(text) {
                        return Line::read_line(text).ok().map(BootLine::$name);
                    }
                )*
                None
            }
        }
    };
}

boot_lines! {
    /// A range of the firmware's map.
    Firmware(FirmwareRange) if |text| text.starts_with("BIOS-e820: ");
    /// Memory of a node by the firmware.
    Affinity(AffinityRange) if |text| text.starts_with("ACPI: SRAT: Node ");
    /// Memory of a node.
    Node(NodeRange) if |text| text.starts_with("node ") && text.contains(": [mem ");
    /// What a node spans.
    Span(NodeSpan) if |text| text.starts_with("Initmem setup node ");
    /// Pages of a node.
    NodePages(NodePages) if |text| text.starts_with("On node ");
    /// Pages of a zone.
    ZonePages(ZonePages) if |text| text.contains(" zone: ") && is_zone(text);
    /// Where a zone may be.
    Zone(ZoneRange) if |text| text.contains(" [mem ") && is_zone(text);
    /// Zonelists of all nodes.
    Built(ZonelistsBuilt) if |text| text.starts_with("Built ");
    /// A zonelist.
    Zonelist(LoggedZonelist) if |text| text.starts_with(LoggedZonelist::START);
    /// What is available.
    Available(MemoryAvailable) if |text| text.starts_with("Memory: ");
    /// Swap is switched on.
    Swap(SwapAdded) if |text| text.starts_with("Adding ");
}

/// Whether a line starts with a zone's name.
fn is_zone(text: &str) -> bool {
    let name = text.split(' ').next().unwrap_or_default();
    ["DMA", "DMA32", "Normal", "HighMem", "Movable", "Device"].contains(&name)
}

impl Line for LoggedZonelist {
    fn read_line(text: &str) -> Result<Self, FieldError> {
        grammar::read(LoggedZonelist::grammar, text, 1)
            .map_err(|error| FieldError::new(text, "", "zonelist", &error.expected))
    }
}
