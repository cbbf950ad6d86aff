//! The `format` file of a trace event: its fields in the order of the raw record, and how it prints.

use crate::error::LogError;
use crate::grammar::{Part, Wanted, end, number, read, word};
use crate::shape::Shape;
use std::fmt::{Display, Formatter, Result as FmtResult};
use std::str::FromStr;
use winnow::Parser;
use winnow::ascii::space0;
use winnow::combinator::{alt, delimited, preceded, terminated};
use winnow::token::{rest, take_until};

/// A trace event's format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFormat {
    /// The event.
    pub name: String,
    /// Its number in this kernel.
    pub id: u32,
    /// Fields of every event, then its own.
    pub fields: [Vec<EventField>; 2],
    /// How it prints, in C.
    pub print: String,
    /// What the text has besides.
    pub shape: Shape,
}

/// A field of an event's raw record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventField {
    /// Type and name in C.
    pub declaration: String,
    /// Where it starts, in bytes.
    pub offset: u32,
    /// Bytes.
    pub size: u32,
    /// Whether it is signed.
    pub signed: bool,
}

/// A line, taken apart.
enum Row<'a> {
    Name(&'a str),
    Id(u32),
    Fields,
    Field(EventField),
    Print(&'a str),
    Blank,
}

fn row<'a>(line: &mut &'a str) -> Part<Row<'a>> {
    alt((
        end.map(|_| Row::Blank),
        terminated(preceded("name: ", word("name")), end).map(Row::Name),
        terminated(preceded("ID: ", number("ID")), end).map(Row::Id),
        ("format:", end).map(|_| Row::Fields),
        preceded("print fmt: ", rest).map(Row::Print),
        field.map(Row::Field),
    ))
    .parse_next(line)
}

fn field(input: &mut &str) -> Part<EventField> {
    let declaration = delimited((space0, "field:"), take_until(0.., ";"), ";");
    let declaration = declaration.context(Wanted("field", "`field:`, a declaration and a semicolon"));
    let value = |name: &'static str| delimited((space0, name, ":"), number::<u32>(name), ";");
    let (declaration, offset, size, signed, _) =
        (declaration, value("offset"), value("size"), value("signed"), end).parse_next(input)?;
    Ok(EventField { declaration: declaration.to_owned(), offset, size, signed: signed != 0 })
}

impl EventFormat {
    fn printed(&self) -> String {
        let mut text = format!("name: {}\nID: {}\nformat:\n", self.name, self.id);
        for fields in &self.fields {
            for EventField { declaration, offset, size, signed } in fields {
                let signed = u8::from(*signed);
                text += &format!("\tfield:{declaration};\toffset:{offset};\tsize:{size};\tsigned:{signed};\n");
            }
            text.push('\n');
        }
        text + &format!("print fmt: {}\n", self.print)
    }
}

impl Display for EventFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        self.shape.write(&self.printed(), f)
    }
}

impl FromStr for EventFormat {
    type Err = LogError;

    fn from_str(text: &str) -> Result<EventFormat, LogError> {
        let mut format = EventFormat::default();
        let mut own = 0;
        for (line, number) in text.lines().zip(1..) {
            match read(row, line, number)? {
                Row::Name(name) => name.clone_into(&mut format.name),
                Row::Id(id) => format.id = id,
                Row::Print(print) => print.clone_into(&mut format.print),
                Row::Field(field) => format.fields[own].push(field),
                Row::Blank => own = 1,
                Row::Fields => {}
            }
        }
        format.shape = Shape::of(text, &format.printed());
        Ok(format)
    }
}
