//! Digests of zones in `ops.txt`: counters and hashes to compare a replay with on the way.

use super::cursor::{Cursor, Read};
use super::error::RecordingError;
use buddyscope_mm::pfn::{MAX_ORDER, ZoneId};

/// NUMA counters in the order of recordings: hit, miss, foreign, interleave, local, other.
pub const NUMA_COUNTERS: usize = 6;

/// An `S` line that has not been read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestLine<'a>(&'a [u8]);

/// One CPU's pages of a zone, in a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PcpDigest {
    /// Pages on the lists.
    pub count: u32,
    /// This CPU's part of the free pages counter.
    pub free_delta: i64,
    /// This CPU's part of the free CMA pages counter.
    pub free_cma_delta: i64,
}

/// The state of one zone at one point of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Operations counted so far.
    pub operations: u64,
    /// The zone.
    pub zone: ZoneId,
    /// Free pages by the global counter.
    pub free: i64,
    /// Free CMA pages by the global counter.
    pub free_cma: i64,
    /// Watermark boost, pages.
    pub boost: u64,
    /// Pages in high-atomic blocks.
    pub highatomic: u64,
    /// Zone flags.
    pub flags: u32,
    /// Each online CPU, ascending.
    pub pcp: Vec<PcpDigest>,
    /// Free blocks by order.
    pub nr_free: [u64; MAX_ORDER],
    /// Hash of the free lists.
    pub hash_free: u64,
    /// Hash of the per-CPU lists.
    pub hash_pcp: u64,
    /// Hash of the pageblock types.
    pub hash_blocks: u64,
    /// NUMA counters, where the recording has them.
    pub numa: Option<[u64; NUMA_COUNTERS]>,
}

impl<'a> DigestLine<'a> {
    pub(super) fn new(line: &'a [u8]) -> DigestLine<'a> {
        DigestLine(line)
    }

    /// Reads the line; `file` and `line` are for the error.
    ///
    /// # Errors
    /// [`RecordingError`] with the field that could not be read.
    pub fn read(&self, file: &str, line: u32) -> Result<Digest, RecordingError> {
        let mut cursor = Cursor::new(self.0);
        read_digest(&mut cursor).map_err(|expected| cursor.error(expected, file, line))
    }
}

fn read_digest(c: &mut Cursor<'_>) -> Read<Digest> {
    let operations = c.number("S ")?;
    c.expect(" zone=")?;
    let digest = Digest {
        operations,
        zone: c.zone_id("zone")?,
        free: c.signed_number(" free=")?,
        free_cma: c.signed_number(" cma=")?,
        boost: c.number(" boost=")?,
        highatomic: c.number(" ha=")?,
        flags: c.hex32(" zf=")?,
        pcp: read_pcp(c)?,
        nr_free: read_row(c, " nr=")?,
        hash_free: read_hash(c, " hf=")?,
        hash_pcp: read_hash(c, " hp=")?,
        hash_blocks: read_hash(c, " hb=")?,
        numa: if c.eat(" numa") { Some(read_row(c, "=")?) } else { None },
    };
    c.end_of_line()?;
    Ok(digest)
}

/// `count/dfree/dcma` of each CPU.
fn read_pcp(c: &mut Cursor<'_>) -> Read<Vec<PcpDigest>> {
    c.expect(" pcp=")?;
    let mut all = Vec::new();
    loop {
        let count = c.fitting("pcp")?;
        let free_delta = c.signed_number("/")?;
        let free_cma_delta = c.signed_number("/")?;
        all.push(PcpDigest { count, free_delta, free_cma_delta });
        if !c.eat(",") {
            return Ok(all);
        }
    }
}

/// Exactly `N` numbers with commas between them.
pub(super) fn read_row<const N: usize>(c: &mut Cursor<'_>, key: &'static str) -> Read<[u64; N]> {
    let mut row = [0; N];
    for (i, value) in row.iter_mut().enumerate() {
        *value = c.number(if i == 0 { key } else { "," })?;
    }
    Ok(row)
}

fn read_hash(c: &mut Cursor<'_>, key: &'static str) -> Read<u64> {
    c.expect(key)?;
    c.hex_digits(key)
}

/// The NUMA counters that one allocation changed, not read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumaChanges<'a>(&'a [u8]);

/// One NUMA counter that an allocation changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumaChange {
    /// The zone.
    pub zone: ZoneId,
    /// The counter, an index below [`NUMA_COUNTERS`].
    pub counter: usize,
    /// By how much.
    pub by: u64,
}

impl<'a> NumaChanges<'a> {
    pub(super) fn new(text: &'a [u8]) -> NumaChanges<'a> {
        NumaChanges(text)
    }

    /// The changes in order of zone and counter; `Err` holds what is wrong with the text, and is the last item.
    pub fn iter(&self) -> impl Iterator<Item = Result<NumaChange, String>> + use<'a> {
        let mut cursor = Cursor::new(self.0);
        let mut failed = false;
        core::iter::from_fn(move || {
            if failed || cursor.rest().is_empty() {
                return None;
            }
            let change = read_change(&mut cursor);
            failed = change.is_err();
            Some(change.map_err(|expected| cursor.error(expected, "numa", 1).problem))
        })
    }
}

fn read_change(c: &mut Cursor<'_>) -> Read<NumaChange> {
    let zone = c.zone_id("numa")?;
    let start = c.position();
    let counter: usize = c.number(".")?;
    if counter >= NUMA_COUNTERS {
        return Err(c.back_to(start, "numa", "a counter from .0 to .5"));
    }
    let by = c.number("+")?;
    if !c.eat(",") {
        c.end_of_line()?;
    }
    Ok(NumaChange { zone, counter, by })
}

#[cfg(test)]
mod tests {
    use super::*;
    use buddyscope_mm::pfn::{NodeId, ZoneType};

    const LINE: &str = "S 500 zone=0:1 free=17753 cma=3 boost=512 ha=1024 zf=0x1 pcp=14/-4/0,5/0/1 \
                        nr=1,2,2,2,6,9,9,7,4,3,13 hf=67707d62b10f11cf hp=f87820434291fd85 hb=2adf9b951a818201";

    #[test]
    fn a_digest_is_read_with_all_fields() {
        let expected = Digest {
            operations: 500,
            zone: ZoneId::new(NodeId(0), ZoneType::Dma32),
            free: 17753,
            free_cma: 3,
            boost: 512,
            highatomic: 1024,
            flags: 1,
            pcp: vec![
                PcpDigest { count: 14, free_delta: -4, free_cma_delta: 0 },
                PcpDigest { count: 5, free_delta: 0, free_cma_delta: 1 },
            ],
            nr_free: [1, 2, 2, 2, 6, 9, 9, 7, 4, 3, 13],
            hash_free: 0x6770_7d62_b10f_11cf,
            hash_pcp: 0xf878_2043_4291_fd85,
            hash_blocks: 0x2adf_9b95_1a81_8201,
            numa: None,
        };
        assert_eq!(DigestLine(LINE.as_bytes()).read("ops.txt", 1), Ok(expected.clone()));
        let with_numa = format!("{LINE} numa=1,2,3,4,5,6");
        let read = DigestLine(with_numa.as_bytes()).read("ops.txt", 1);
        assert_eq!(read, Ok(Digest { numa: Some([1, 2, 3, 4, 5, 6]), ..expected }));
    }

    #[test]
    fn cut_digests_are_errors_with_the_field() {
        for end in 0..LINE.len() {
            // A hash that lost digits is still a number; everything else is missed.
            let read = DigestLine(&LINE.as_bytes()[..end]).read("ops.txt", 3);
            assert_eq!(read.is_err(), end < LINE.len() - 15, "{end}");
        }
        let Err(error) = DigestLine(b"S 500 zone=0:1 free=x").read("ops.txt", 3) else { panic!("read") };
        assert_eq!((error.line, error.field), (Some(3), Some("free")));
    }

    #[test]
    fn numa_changes_are_read_one_by_one() {
        let zone = ZoneId::new(NodeId(1), ZoneType::Normal);
        let changes: Vec<_> = NumaChanges(b"1:2.0+1,1:2.4+2").iter().collect();
        assert_eq!(changes, [Ok(NumaChange { zone, counter: 0, by: 1 }), Ok(NumaChange { zone, counter: 4, by: 2 })]);
        for bad in ["1:2.6+1", "1:2.0", "1:2.0+1;", "x"] {
            let last = NumaChanges(bad.as_bytes()).iter().last();
            assert!(matches!(last, Some(Err(_))), "{bad}: {last:?}");
        }
    }
}
