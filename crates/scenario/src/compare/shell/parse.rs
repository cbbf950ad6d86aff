//! Commands, lists and loops.

use super::lex::{Piece, Token};

/// A list of commands.
pub(super) type Script = Vec<Item>;

/// A command of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) node: Node,
    /// Whether `&` follows it.
    pub(super) background: bool,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// Words, and where what it prints goes.
    Simple { words: Vec<Vec<Piece>>, output: Option<Vec<Piece>> },
    /// `a && b`.
    And(Box<Node>, Box<Node>),
    /// `while condition; do body; done`.
    While { condition: Box<Node>, body: Script },
    /// `for name in words; do body; done`.
    For { name: String, words: Vec<Vec<Piece>>, body: Script },
}

type Result<T> = core::result::Result<T, String>;

/// Reads a line's commands.
pub(super) fn script(tokens: &[Token]) -> Result<Script> {
    let mut parser = Parser { tokens };
    let script = parser.list(None)?;
    match parser.tokens {
        [] => Ok(script),
        [token, ..] => Err(format!("{token:?} is not expected here")),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
}

impl Parser<'_> {
    fn eat_operator(&mut self, text: &str) -> bool {
        match self.tokens {
            [Token::Operator(operator), rest @ ..] if *operator == text => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    /// The next token if it is a word without variables.
    fn plain_word(&self) -> Option<&str> {
        match self.tokens {
            [Token::Word(word), ..] => match &word[..] {
                [Piece::Text(text)] => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    fn eat_word(&mut self, text: &str) -> bool {
        let found = self.plain_word() == Some(text);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    fn expect_word(&mut self, text: &str) -> Result<()> {
        if self.eat_word(text) { Ok(()) } else { Err(format!("`{text}` is missing")) }
    }

    /// Commands up to the end or to a word, which is stepped over.
    fn list(&mut self, end: Option<&str>) -> Result<Script> {
        let mut items = Vec::new();
        loop {
            if end.is_some_and(|end| self.eat_word(end)) {
                return Ok(items);
            }
            if self.tokens.is_empty() {
                return end.map_or(Ok(items), |end| Err(format!("`{end}` is missing")));
            }
            let node = self.and()?;
            let background = self.eat_operator("&");
            if !background {
                self.eat_operator(";");
            }
            items.push(Item { node, background });
        }
    }

    fn and(&mut self) -> Result<Node> {
        let first = self.command()?;
        if self.eat_operator("&&") { Ok(Node::And(Box::new(first), Box::new(self.and()?))) } else { Ok(first) }
    }

    fn command(&mut self) -> Result<Node> {
        if self.eat_word("while") {
            let condition = Box::new(self.and()?);
            self.eat_operator(";");
            self.expect_word("do")?;
            return Ok(Node::While { condition, body: self.list(Some("done"))? });
        }
        if self.eat_word("for") {
            let name = self.plain_word().ok_or("`for` has no name")?.to_owned();
            self.tokens = &self.tokens[1..];
            self.expect_word("in")?;
            let words = self.words();
            self.eat_operator(";");
            self.expect_word("do")?;
            return Ok(Node::For { name, words, body: self.list(Some("done"))? });
        }
        self.simple()
    }

    fn words(&mut self) -> Vec<Vec<Piece>> {
        let mut words = Vec::new();
        while let [Token::Word(word), rest @ ..] = self.tokens {
            words.push(word.clone());
            self.tokens = rest;
        }
        words
    }

    fn simple(&mut self) -> Result<Node> {
        let mut words = self.words();
        let mut output = None;
        while let [Token::Redirect { from }, rest @ ..] = self.tokens {
            let [Token::Word(target), rest @ ..] = rest else { return Err("`>` has no target".to_owned()) };
            if *from == 1 {
                output = Some(target.clone());
            }
            self.tokens = rest;
            words.extend(self.words());
        }
        if words.is_empty() { Err("a command is missing".to_owned()) } else { Ok(Node::Simple { words, output }) }
    }
}
