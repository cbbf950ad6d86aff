//! Reading `trace.txt`.

use super::moment::CUT;
use super::{Entry, LoadEvent, Moment, Trace, What, Why};
use crate::recording::RecordingError;
use crate::recording::cursor::{Cursor, Read};

impl Trace {
    /// Reads a file; `file` is the name that errors give.
    ///
    /// # Errors
    /// [`RecordingError`] with line and field for anything that is not as it should be.
    pub(crate) fn read(bytes: &[u8], file: &str) -> Result<Trace, RecordingError> {
        let mut reader = Reader::default();
        let mut cursor = Cursor::new(bytes);
        let mut line = 0;
        while !cursor.rest().is_empty() {
            line += 1;
            let mut this = Cursor::new(cursor.rest_of_line());
            if let Err(expected) = reader.line(&mut this) {
                return Err(this.error(expected, file, line));
            }
        }
        if reader.open.is_empty() {
            Ok(reader.trace)
        } else {
            Err(RecordingError::in_line(file, line, "the last sample has no E line"))
        }
    }
}

#[derive(Default)]
struct Reader {
    trace: Trace,
    /// Samples of which lines are still to come, by their place. Two CPUs may take one each at the same time.
    open: Vec<usize>,
}

impl Reader {
    fn line(&mut self, c: &mut Cursor<'_>) -> Read<()> {
        if c.rest().is_empty() {
            return Ok(());
        }
        let text = core::str::from_utf8(c.rest()).map_err(|_| c.back_to(0, "line", "UTF-8 text"))?;
        if !text.trim().contains(' ') {
            // Such a line has no time; it was written just after the one before.
            let micros = self.trace.entries.last().map_or(0, |entry| entry.micros);
            self.trace.entries.push(Entry { micros, what: What::Note(text.trim().to_owned()) });
            return Ok(());
        }
        let micros = c.decimal("time")?;
        c.expect(" ")?;
        if let Some(kind @ (b'N' | b'Z' | b'E')) = c.peek() {
            c.skip(1);
            c.expect(" ")?;
            let why = Why::read(c)?;
            return self.sample(micros, why, kind, c, text);
        }
        let cpu = c.cpu("c")?;
        let pid = c.number(" p")?;
        c.expect(" ")?;
        let event = LoadEvent::read(c)?;
        self.trace.entries.push(Entry { micros, what: What::Event { cpu, pid, event } });
        Ok(())
    }

    fn sample(&mut self, micros: u64, why: Why, kind: u8, c: &mut Cursor<'_>, text: &str) -> Read<()> {
        let entries = &mut self.trace.entries;
        let known = self.open.iter().position(|&at| {
            let entry = &entries[at];
            entry.micros == micros && matches!(&entry.what, What::Moment(moment) if moment.why == why)
        });
        let slot = known.unwrap_or(self.open.len());
        if known.is_none() {
            if kind != b'N' {
                return Err(CUT);
            }
            self.open.push(entries.len());
            entries.push(Entry { micros, what: What::Moment(Moment::new(why)) });
        }
        if let What::Moment(moment) = &mut entries[self.open[slot]].what {
            moment.read_line(kind, c, text)?;
        }
        if kind == b'E' {
            self.open.remove(slot);
        }
        Ok(())
    }
}
