//! Words and operators.

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it is.
    Text(String),
    /// `$name`, or `${name#prefix}` with the prefix taken away.
    Variable { name: String, prefix: String },
    /// `$((…))`.
    Arithmetic(String),
}

/// A word or an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word.
    Word(Vec<Piece>),
    /// `;`, `&`, `&&`, or `>` with the number of what is redirected.
    Operator(&'static str),
    /// `2>`: error messages go elsewhere.
    Redirect { from: u8 },
}

type Result<T> = core::result::Result<T, String>;

/// Reads a line.
pub(super) fn tokens(line: &str) -> Result<Vec<Token>> {
    let mut lexer = Lexer { rest: line, word: None, tokens: Vec::new() };
    while !lexer.rest.is_empty() {
        lexer.step()?;
    }
    lexer.end_word();
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    rest: &'a str,
    /// The word under way.
    word: Option<Vec<Piece>>,
    tokens: Vec<Token>,
}

impl<'a> Lexer<'a> {
    fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take() {
            self.tokens.push(Token::Word(word));
        }
    }

    fn push(&mut self, piece: Piece) {
        let word = self.word.get_or_insert_default();
        match (word.last_mut(), piece) {
            (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
            (_, piece) => word.push(piece),
        }
    }

    fn step(&mut self) -> Result<()> {
        if self.eat(" ") {
            self.end_word();
            return Ok(());
        }
        for operator in ["&&", ";", "&"] {
            if self.eat(operator) {
                self.end_word();
                self.tokens.push(Token::Operator(operator));
                return Ok(());
            }
        }
        if self.eat(">") {
            return self.redirect();
        }
        if self.eat("\"") { self.quoted() } else { self.piece("") }
    }

    /// `>`: a digit right before it is what is redirected, not a word.
    fn redirect(&mut self) -> Result<()> {
        let from = match self.word.as_deref() {
            Some([Piece::Text(digit)]) if digit == "2" => {
                self.word = None;
                2
            }
            _ => 1,
        };
        self.end_word();
        self.tokens.push(Token::Redirect { from });
        Ok(())
    }

    /// Up to the closing quotation mark; blanks and operators are text there.
    fn quoted(&mut self) -> Result<()> {
        self.push(Piece::Text(String::new()));
        while !self.eat("\"") {
            if self.rest.is_empty() {
                return Err("a quotation mark has no end".to_owned());
            }
            self.piece(" ;&>")?;
        }
        Ok(())
    }

    /// A variable, an escaped character or text; `plain` are characters that are text here.
    fn piece(&mut self, plain: &str) -> Result<()> {
        if self.eat("\\") {
            let escaped = self.take(1)?;
            self.push(Piece::Text(escaped.to_owned()));
        } else if self.eat("$((") {
            let end = self.rest.find("))").ok_or("`$((` has no end")?;
            let sum = self.take(end)?;
            self.push(Piece::Arithmetic(sum.to_owned()));
            self.eat("))");
        } else if self.eat("${") {
            let end = self.rest.find('}').ok_or("`${` has no end")?;
            let (name, prefix) = self.take(end).map(|text| text.split_once('#').unwrap_or((text, "")))?;
            self.push(Piece::Variable { name: name.to_owned(), prefix: prefix.to_owned() });
            self.eat("}");
        } else if self.eat("$") {
            let letters = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
            let name = self.take(letters.max(1))?;
            self.push(Piece::Variable { name: name.to_owned(), prefix: String::new() });
        } else {
            let stops = |c: char| "\"\\$".contains(c) || " ;&>".contains(c) && !plain.contains(c);
            let end = self.rest.find(stops).unwrap_or(self.rest.len());
            let text = self.take(end.max(1))?;
            self.push(Piece::Text(text.to_owned()));
        }
        Ok(())
    }

    fn take(&mut self, bytes: usize) -> Result<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(bytes).ok_or("ends in the middle of a word")?;
        self.rest = rest;
        Ok(taken)
    }
}
