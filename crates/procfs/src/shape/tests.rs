use super::Shape;
use std::fmt::{Display, Formatter, Result};

struct Shaped<'a>(&'a Shape, &'a str);

impl Display for Shaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.0.write(self.1, f)
    }
}

const PRINTED: &str = "zone DMA\n  free     3\n  low      4\nzone Normal\n  free     3\n  low      5\n";

fn kept(text: &str) -> Vec<(usize, String)> {
    let shape = Shape::of(text, PRINTED);
    assert_eq!(Shaped(&shape, PRINTED).to_string(), text);
    shape.kept().map(|(number, line)| (number, line.to_owned())).collect()
}

#[test]
fn equal_texts_have_no_shape() {
    assert!(Shape::of(PRINTED, PRINTED).is_plain());
    assert!(kept(PRINTED).is_empty());
}

#[test]
fn order_blanks_and_line_ends_may_differ() {
    assert!(kept("zone DMA\n  low 4\n  free\t3  \nzone Normal\n  free     3\n").is_empty());
    assert!(kept(&PRINTED.replace('\n', "\r\n")).is_empty());
    assert!(kept(PRINTED.trim_end()).is_empty());
}

#[test]
fn what_no_value_prints_is_kept() {
    let more = PRINTED.replacen("  low      5\n", "  boost    0\n  low      5\n", 1);
    assert_eq!(kept(&more), [(6, "  boost    0".to_owned())]);
    assert_eq!(kept("zone Normal\n  free 3\n  low 4\n"), [(3, "  low 4".to_owned())]);
}

#[test]
fn lines_that_the_text_lacks_are_named() {
    let less = PRINTED.replacen("  low      4\n", "", 1);
    assert_eq!(Shape::of(&less, PRINTED).missing(PRINTED), ["  low      4"]);
}

#[test]
fn values_print_where_the_text_had_them() {
    let shape = Shape::of_line("page=p pfn=0x1f  order=0 extra=1\n", "page=p pfn=31 order=0\n");
    assert_eq!(shape.kept_words().collect::<Vec<_>>(), ["extra=1"]);
    assert_eq!(Shaped(&shape, "page=q pfn=32 order=1\n").to_string(), "page=q pfn=0x20  order=1 extra=1\n");
}
