//! Decompressing `.gz` and `.xz` files, never to more than a limit.

use std::io::Read;

/// Why a file could not be decompressed.
pub(super) type Unpacked = Result<Vec<u8>, String>;

/// Decompresses a gzip file to at most `limit` bytes.
pub(super) fn gunzip(packed: &[u8], limit: u64) -> Unpacked {
    let mut out = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(packed).take(limit + 1);
    reader.read_to_end(&mut out).map_err(|error| format!("not a sound gzip file: {error}"))?;
    if out.len() as u64 > limit { Err(too_large(limit)) } else { Ok(out) }
}

/// Decompresses an xz file to at most `limit` bytes. Its size is added up beforehand from the chunk headers, which the
/// decoder holds the data to, because the decoder itself takes no limit.
pub(super) fn unxz(packed: &[u8], limit: u64) -> Unpacked {
    let size = unpacked_size(packed).ok_or("not a sound xz file: cut short, or not plain LZMA2")?;
    if size > limit {
        return Err(too_large(limit));
    }
    let mut out = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    lzma_rs::xz_decompress(&mut &*packed, &mut out).map_err(|error| format!("not a sound xz file: {error:?}"))?;
    Ok(out)
}

fn too_large(limit: u64) -> String {
    format!("more than {} MiB when decompressed", limit >> 20)
}

/// What the blocks of an xz stream decompress to, by their chunk headers; `None` if they cannot be followed.
fn unpacked_size(packed: &[u8]) -> Option<u64> {
    const STREAM_HEADER: usize = 12;
    // The low bits of the second flag byte name the check behind each block.
    let check = match packed.get(7)? & 0xf {
        0 => 0,
        1 => 4,
        4 => 8,
        10 => 32,
        _ => return None,
    };
    let (mut at, mut total) = (STREAM_HEADER, 0u64);
    loop {
        // A zero in place of a block header's size begins the index.
        let header = match *packed.get(at)? {
            0 => return Some(total),
            quarter => (usize::from(quarter) + 1) * 4,
        };
        let (size, end) = chunks(packed, at + header)?;
        total = total.checked_add(size)?;
        // Blocks are padded to a multiple of four.
        at = end.next_multiple_of(4) + check;
    }
}

/// Unpacked size of the LZMA2 chunks from a position on, and where they end.
fn chunks(packed: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut total = 0u64;
    let two_bytes = |at: usize| Some(usize::from(*packed.get(at)?) << 8 | usize::from(*packed.get(at + 1)?));
    loop {
        let control = *packed.get(at)?;
        let (size, next) = match control {
            0 => return Some((total, at + 1)),
            1 | 2 => {
                let size = two_bytes(at + 1)? + 1;
                (size, at + 3 + size)
            }
            3..=0x7f => return None,
            _ => {
                let size = (usize::from(control & 0x1f) << 16 | two_bytes(at + 1)?) + 1;
                let properties = usize::from(control >= 0xc0);
                (size, at + 5 + properties + two_bytes(at + 3)? + 1)
            }
        };
        total += size as u64;
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// `hello\n` ten times, as `xz` packs it.
    fn packed_xz() -> Vec<u8> {
        let mut out = Vec::new();
        let packed = lzma_rs::xz_compress(&mut "hello\n".repeat(10).as_bytes(), &mut out);
        assert!(packed.is_ok());
        out
    }

    fn packed_gz(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        assert!(encoder.write_all(text).is_ok());
        encoder.finish().unwrap_or_default()
    }

    #[test]
    fn files_unpack_to_what_was_packed() {
        let text = "hello\n".repeat(10).into_bytes();
        assert_eq!(gunzip(&packed_gz(&text), 60), Ok(text.clone()));
        assert_eq!(unxz(&packed_xz(), 60), Ok(text));
    }

    #[test]
    fn files_that_grow_beyond_the_limit_are_refused() {
        assert!(gunzip(&packed_gz(&vec![0; 1 << 22]), 1 << 20).is_err_and(|e| e.contains("more than 1 MiB")));
        assert!(unxz(&packed_xz(), 59).is_err_and(|e| e.contains("more than")));
    }

    #[test]
    fn cut_and_garbled_files_are_errors_not_panics() {
        for (packed, unpack) in [(packed_xz(), unxz as fn(&[u8], u64) -> Unpacked), (packed_gz(b"hello hello"), gunzip)]
        {
            for at in 0..packed.len() {
                assert!(unpack(&packed[..at], 1 << 20).is_err(), "cut at {at}");
                let mut garbled = packed.clone();
                garbled[at] ^= 0x55;
                _ = unpack(&garbled, 1 << 20);
            }
        }
    }
}
