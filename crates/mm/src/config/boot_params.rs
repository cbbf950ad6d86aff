//! The kernel command line, as far as it shapes memory.

use super::size::{split_number, split_size};
use super::{ByteRange, ConfigError, parse_size};

/// Kind of an entry of the firmware memory map (`enum e820_type`, arch/x86/include/asm/e820/types.h, v5.10).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct MapType(pub u32);

impl MapType {
    /// Usable memory.
    pub const RAM: MapType = MapType(1);
    /// Not for the kernel.
    pub const RESERVED: MapType = MapType(2);
    /// ACPI tables.
    pub const ACPI: MapType = MapType(3);
    /// Persistent memory that is to be used as a disk.
    pub const PRAM: MapType = MapType(12);
}

/// One change that `mem=` or `memmap=` makes to the firmware memory map. Units are bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MapEdit {
    /// `memmap=exactmap`: forget the firmware map.
    Exact,
    /// `mem=` or `memmap=nn`: drop memory at and above this address.
    Limit(u64),
    /// `memmap=nn@ss`, `nn#ss`, `nn$ss`, `nn!ss`: add an entry.
    Add(ByteRange, MapType),
    /// `memmap=nn%ss-from+to`: change the type of what lies there; no `from` means every type, no `to` means drop.
    Change {
        /// Where.
        range: ByteRange,
        /// Only entries of this type.
        from: Option<MapType>,
        /// Their new type.
        to: Option<MapType>,
    },
}

/// Value of `kernelcore=` or `movablecore=`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CoreSize {
    /// Pages: the bytes given, rounded down.
    Pages(u64),
    /// Percent of all memory.
    Percent(u64),
}

/// `cma=size[@base[-limit]]`. Units are bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CmaRequest {
    /// Size of the area.
    pub size: u64,
    /// Lowest address it may have.
    pub base: u64,
    /// End of where it may be; 0 means anywhere.
    pub limit: u64,
}

impl CmaRequest {
    /// Whether only one place will do: a base without a limit.
    #[must_use]
    pub fn is_fixed(self) -> bool {
        self.base != 0 && self.base.checked_add(self.size) == Some(self.limit)
    }
}

/// Transparent huge pages; only machines of 512 MiB and more have them at boot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Thp {
    /// For every large anonymous mapping.
    #[default]
    Always,
    /// For mappings that ask.
    Madvise,
    /// Off.
    Never,
}

/// Boot parameters that shape memory; others are kept in [`BootParams::other`] and change nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BootParams {
    /// `mem=` and `memmap=`, in the order given.
    pub map_edits: Vec<MapEdit>,
    /// `kernelcore=`: memory that stays out of the Movable zone.
    pub kernelcore: Option<CoreSize>,
    /// `kernelcore=mirror`: memory without a mirror goes to the Movable zone.
    pub kernelcore_mirror: bool,
    /// `movablecore=`: memory for the Movable zone.
    pub movablecore: Option<CoreSize>,
    /// `movable_node`: hot-pluggable memory goes to the Movable zone.
    pub movable_node: bool,
    /// `cma=`: the contiguous memory area.
    pub cma: Option<CmaRequest>,
    /// `transparent_hugepage=`.
    pub thp: Thp,
    /// `numa=off`: one node for everything.
    pub numa_off: bool,
    /// The kernel is built with `CONFIG_DEFERRED_STRUCT_PAGE_INIT`; not a word of the command line.
    pub deferred_struct_pages: bool,
    /// Words that do not concern this model, as given.
    pub other: Vec<String>,
}

impl BootParams {
    /// Reads a kernel command line. A word after `--` belongs to init and is kept with the others.
    ///
    /// # Errors
    ///
    /// [`ConfigError::BootParam`] for a parameter the model knows with a value it cannot have. (The kernel would
    /// print a warning and go on without it.)
    pub fn parse(command_line: &str) -> Result<BootParams, ConfigError> {
        let mut params = BootParams::default();
        let mut for_init = false;
        for word in split_words(command_line) {
            for_init |= word == "--";
            if for_init || !params.apply(&word)? {
                params.other.push(word);
            }
        }
        Ok(params)
    }

    /// Applies one word; whether the model knows it.
    fn apply(&mut self, word: &str) -> Result<bool, ConfigError> {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let expected = match name.replace('-', "_").as_str() {
            "mem" => self.set_mem(value),
            "memmap" => self.set_memmap(value),
            "kernelcore" => self.set_kernelcore(value),
            "movablecore" => set_core(&mut self.movablecore, value),
            "movable_node" => {
                self.movable_node = true;
                Ok(())
            }
            "cma" => self.set_cma(value),
            "transparent_hugepage" => self.set_thp(value),
            "numa" if value.starts_with("off") => {
                self.numa_off = true;
                Ok(())
            }
            _ => return Ok(false),
        };
        let error = |expected| ConfigError::BootParam { name: name.to_owned(), value: value.to_owned(), expected };
        expected.map(|()| true).map_err(error)
    }

    /// `parse_memopt`.
    fn set_mem(&mut self, value: &str) -> Result<(), &'static str> {
        let size = parse_size(value).filter(|&size| size != 0).ok_or("a size above 0, such as 700M")?;
        self.map_edits.push(MapEdit::Limit(size));
        Ok(())
    }

    /// `parse_memmap_opt`.
    fn set_memmap(&mut self, value: &str) -> Result<(), &'static str> {
        for part in value.split(',') {
            let edit = parse_memmap_one(part).ok_or("nn[@#$!%]ss, nn or exactmap, with sizes such as 64M$256M")?;
            self.map_edits.push(edit);
        }
        Ok(())
    }

    /// `cmdline_parse_kernelcore`.
    fn set_kernelcore(&mut self, value: &str) -> Result<(), &'static str> {
        if value.split(',').any(|option| option == "mirror") {
            self.kernelcore_mirror = true;
            return Ok(());
        }
        set_core(&mut self.kernelcore, value)
    }

    /// `early_cma`.
    fn set_cma(&mut self, value: &str) -> Result<(), &'static str> {
        self.cma = Some(parse_cma(value).ok_or("size[@base[-limit]], such as 64M@1G")?);
        Ok(())
    }

    /// `setup_transparent_hugepage`.
    fn set_thp(&mut self, value: &str) -> Result<(), &'static str> {
        self.thp = match value {
            "always" => Thp::Always,
            "madvise" => Thp::Madvise,
            "never" => Thp::Never,
            _ => return Err("always, madvise or never"),
        };
        Ok(())
    }
}

/// Words between blanks; a part in double quotes may hold blanks (`next_arg`).
fn split_words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => words.push(String::new()),
            c => {
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `parse_memmap_one`.
fn parse_memmap_one(text: &str) -> Option<MapEdit> {
    if text == "exactmap" {
        return Some(MapEdit::Exact);
    }
    let (size, rest) = split_size(text)?;
    let Some(sign) = rest.chars().next() else { return Some(MapEdit::Limit(size)) };
    let (start, rest) = split_size(rest.get(sign.len_utf8()..)?)?;
    let range = ByteRange { start, end: start.checked_add(size)? };
    let kind = match sign {
        '@' => MapType::RAM,
        '#' => MapType::ACPI,
        '$' => MapType::RESERVED,
        '!' => MapType::PRAM,
        '%' => return parse_memmap_change(range, rest),
        _ => return None,
    };
    rest.is_empty().then_some(MapEdit::Add(range, kind))
}

fn parse_memmap_change(range: ByteRange, rest: &str) -> Option<MapEdit> {
    let (from, rest) = parse_map_type(rest, '-')?;
    let (to, rest) = parse_map_type(rest, '+')?;
    rest.is_empty().then_some(MapEdit::Change { range, from, to })
}

/// The type after `sign`, if the text starts with it; type 0 means none.
fn parse_map_type(text: &str, sign: char) -> Option<(Option<MapType>, &str)> {
    let Some(number) = text.strip_prefix(sign) else { return Some((None, text)) };
    let (value, rest) = split_number(number)?;
    let kind = MapType(u32::try_from(value).ok()?);
    Some(((kind.0 != 0).then_some(kind), rest))
}

/// `cmdline_parse_core`.
fn set_core(core: &mut Option<CoreSize>, value: &str) -> Result<(), &'static str> {
    let percent = split_number(value).filter(|(_, rest)| *rest == "%");
    let size = match percent {
        Some((percent, _)) => Some(percent).filter(|&p| p <= 100).map(CoreSize::Percent),
        None => parse_size(value).map(|bytes| CoreSize::Pages(bytes >> crate::pfn::PAGE_SHIFT)),
    };
    *core = Some(size.ok_or("a size such as 512M, or 0..=100 percent such as 25%")?);
    Ok(())
}

fn parse_cma(value: &str) -> Option<CmaRequest> {
    let (size, rest) = split_size(value)?;
    let Some(place) = rest.strip_prefix('@') else {
        return rest.is_empty().then_some(CmaRequest { size, base: 0, limit: 0 });
    };
    let (base, rest) = split_size(place)?;
    let limit = match rest.strip_prefix('-') {
        Some(limit) => parse_size(limit)?,
        None if rest.is_empty() => base.checked_add(size)?,
        None => return None,
    };
    Some(CmaRequest { size, base, limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> BootParams {
        BootParams::parse(line).expect("a good command line")
    }

    #[test]
    fn known_words_are_read_and_others_kept() {
        let params = parse("console=ttyS0 quiet kernelcore=25% movablecore=256M movable-node numa=off -- mem=1M");
        assert_eq!(params.kernelcore, Some(CoreSize::Percent(25)));
        assert_eq!(params.movablecore, Some(CoreSize::Pages(65536)));
        assert!(params.movable_node && params.numa_off && params.map_edits.is_empty());
        assert_eq!(params.other, ["console=ttyS0", "quiet", "--", "mem=1M"]);
    }

    #[test]
    fn memory_map_edits_keep_their_order() {
        let params = parse("mem=700M memmap=64M$256M,1M@2G,4K#8K memmap=exactmap memmap=1M%16M-1+2");
        let range = |start, size| ByteRange { start, end: start + size };
        let change =
            MapEdit::Change { range: range(16 << 20, 1 << 20), from: Some(MapType::RAM), to: Some(MapType::RESERVED) };
        assert_eq!(
            params.map_edits,
            [
                MapEdit::Limit(700 << 20),
                MapEdit::Add(range(256 << 20, 64 << 20), MapType::RESERVED),
                MapEdit::Add(range(2 << 30, 1 << 20), MapType::RAM),
                MapEdit::Add(range(8 << 10, 4 << 10), MapType::ACPI),
                MapEdit::Exact,
                change,
            ]
        );
    }

    #[test]
    fn cma_forms() {
        let cma = |line| parse(line).cma.expect("cma");
        assert_eq!(cma("cma=16M"), CmaRequest { size: 16 << 20, base: 0, limit: 0 });
        assert!(cma("cma=16M@256M").is_fixed());
        assert!(!cma("cma=16M@256M-1G").is_fixed());
        assert!(!cma("cma=16M@0").is_fixed());
    }

    #[test]
    fn the_last_of_two_sizes_counts_and_mirror_stays() {
        let params = parse("kernelcore=mirror kernelcore=1G kernelcore=10%");
        assert!(params.kernelcore_mirror);
        assert_eq!(params.kernelcore, Some(CoreSize::Percent(10)));
    }

    #[test]
    fn bad_values_name_the_parameter() {
        for word in [
            "mem=0",
            "mem=nopentium",
            "memmap=x",
            "memmap=1M?2M",
            "kernelcore=",
            "movablecore=101%",
            "cma=1M@",
            "transparent_hugepage=maybe",
        ] {
            let error = BootParams::parse(word).expect_err(word).to_string();
            assert!(error.starts_with(&format!("boot parameter {word}: expected ")), "{error}");
        }
    }

    #[test]
    fn quotes_hold_words_together() {
        assert_eq!(parse("a=\"b c\"  d").other, ["a=b c", "d"]);
    }
}
