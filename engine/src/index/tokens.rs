//! The tokenizer of the `words` field: [`crate::query::words`] is the same by hand.
//!
//! A word with Vietnamese marks gives two tokens at one place, so that a phrase without marks finds it too.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::query::{Word, begins, belongs};

/// Keeps its buffers from text to text.
#[derive(Clone, Default)]
pub(super) struct Words {
    token: Token,
    word: Word,
}

/// The words of one text.
pub(super) struct WordStream<'a> {
    text: &'a str,
    /// What is not read yet begins here.
    at: usize,
    token: &'a mut Token,
    word: &'a mut Word,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        self.word.bare.clear();
        WordStream {
            text,
            at: 0,
            token: &mut self.token,
            word: &mut self.word,
        }
    }
}

impl WordStream<'_> {
    /// The next run of letters and digits.
    fn next(&mut self) -> Option<(usize, usize)> {
        loop {
            let rest = self.text.get(self.at..)?;
            let begin = self.at + rest.find(belongs)?;
            let rest = self.text.get(begin..)?;
            let end = begin + rest.find(|c| !belongs(c)).unwrap_or(rest.len());
            self.at = end;
            if self.text.get(begin..end).is_some_and(begins) {
                return Some((begin, end));
            }
        }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        if !self.word.bare.is_empty() {
            std::mem::swap(&mut self.token.text, &mut self.word.bare);
            self.word.bare.clear();
            return true;
        }
        let Some((begin, end)) = self.next() else {
            return false;
        };
        self.word
            .read(self.text.get(begin..end).unwrap_or_default());
        self.token.position = self.token.position.wrapping_add(1);
        (self.token.offset_from, self.token.offset_to) = (begin, end);
        std::mem::swap(&mut self.token.text, &mut self.word.written);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}
