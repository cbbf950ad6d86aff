//! The decisions inside a block, line by line: the kernel's beside the model's.

use crate::recording::RecordingError;
use crate::recording::cursor::Cursor;
use crate::recording::vm_events::read_vm_events;

/// The first line in which kernel and model differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The kernel's line, counted from 1; its last one if the model has more.
    pub line: u32,
    /// What the kernel did; `None` if it did nothing more.
    pub kernel: Option<String>,
    /// What the model did; `None` if it did nothing more.
    pub model: Option<String>,
}

/// Pairs the lines of a recording with those of a model, in order, and finds the first pair that differs.
pub fn first_difference<'a>(
    recorded: impl Iterator<Item = (u32, &'a str)>,
    mut model: impl Iterator<Item = String>,
) -> Option<Difference> {
    let mut last = 0;
    for (line, kernel) in recorded {
        let own = model.next();
        if own.as_deref() != Some(kernel) {
            return Some(Difference { line, kernel: Some(kernel.to_owned()), model: own });
        }
        last = line;
    }
    model.next().map(|own| Difference { line: last, kernel: None, model: Some(own) })
}

/// Reads a `v` line: the vm events counted in a block, by name. `file` and `line` are what errors give.
///
/// # Errors
/// [`RecordingError`] if it is not such a line.
pub fn event_deltas<'a>(text: &'a str, file: &str, line: u32) -> Result<Vec<(&'a str, i64)>, RecordingError> {
    let mut cursor = Cursor::new(text.as_bytes());
    let read = cursor.expect("v").and_then(|()| read_vm_events(&mut cursor, text));
    read.map_err(|expected| cursor.error(expected, file, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(kernel: &str, model: &str) -> Option<Difference> {
        first_difference((7..).zip(kernel.lines()), model.lines().map(str::to_owned))
    }

    #[test]
    fn equal_lines_have_no_difference() {
        assert_eq!(difference("e a\nf 1 0", "e a\nf 1 0"), None);
        assert_eq!(difference("", ""), None);
    }

    #[test]
    fn the_first_differing_line_is_told() {
        let told = |line, kernel: Option<&str>, model: Option<&str>| {
            Some(Difference { line, kernel: kernel.map(str::to_owned), model: model.map(str::to_owned) })
        };
        assert_eq!(difference("a\nb\nc", "a\nx\ny"), told(8, Some("b"), Some("x")));
        assert_eq!(difference("a\nb", "a"), told(8, Some("b"), None));
        assert_eq!(difference("a\nb", "a\nb\nc"), told(8, None, Some("c")));
        assert_eq!(difference("", "c"), told(0, None, Some("c")));
    }

    #[test]
    fn event_deltas_are_read_by_name() {
        let line = "v pgalloc_dma32=2 pgfree=600 balloon=-1";
        assert_eq!(event_deltas(line, "ops.txt", 1), Ok(vec![("pgalloc_dma32", 2), ("pgfree", 600), ("balloon", -1)]));
        assert_eq!(event_deltas("v", "ops.txt", 1), Ok(vec![]));
        assert_eq!(event_deltas("v ", "ops.txt", 1), Ok(vec![]));
        for bad in ["", "w a=1", "v a", "v a=", "v a=1,b=2", "v  a=1"] {
            assert!(event_deltas(bad, "ops.txt", 1).is_err(), "{bad}");
        }
        let Err(error) = event_deltas("v pgfree=x", "ops.txt", 9) else { panic!("read") };
        assert!(error.to_string().starts_with("ops.txt, line 9"), "{error}");
    }
}
