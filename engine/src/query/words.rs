//! The words of a text: one rule for index and twin.
//!
//! A word is a run of letters and digits, lower case. A Vietnamese word stands in the index as it is written and, at the
//! same place, without its marks: who types `dang nhap` finds `đăng nhập`, who types the marks means them. Marks that
//! a source writes as characters of their own (as macOS does) belong to the letter before them.

/// Each vowel with its tones: none, grave, acute, hook, tilde, dot below. The first of a row is the letter without tone.
const VOWELS: [(char, [char; 6]); 12] = [
    ('a', ['a', 'à', 'á', 'ả', 'ã', 'ạ']),
    ('a', ['ă', 'ằ', 'ắ', 'ẳ', 'ẵ', 'ặ']),
    ('a', ['â', 'ầ', 'ấ', 'ẩ', 'ẫ', 'ậ']),
    ('e', ['e', 'è', 'é', 'ẻ', 'ẽ', 'ẹ']),
    ('e', ['ê', 'ề', 'ế', 'ể', 'ễ', 'ệ']),
    ('i', ['i', 'ì', 'í', 'ỉ', 'ĩ', 'ị']),
    ('o', ['o', 'ò', 'ó', 'ỏ', 'õ', 'ọ']),
    ('o', ['ô', 'ồ', 'ố', 'ổ', 'ỗ', 'ộ']),
    ('o', ['ơ', 'ờ', 'ớ', 'ở', 'ỡ', 'ợ']),
    ('u', ['u', 'ù', 'ú', 'ủ', 'ũ', 'ụ']),
    ('u', ['ư', 'ừ', 'ứ', 'ử', 'ữ', 'ự']),
    ('y', ['y', 'ỳ', 'ý', 'ỷ', 'ỹ', 'ỵ']),
];
/// The tones as marks of their own, in the order of a row.
const TONES: [char; 6] = ['\0', '\u{300}', '\u{301}', '\u{309}', '\u{303}', '\u{323}'];
/// The other marks: from which row a letter goes to which.
const BREVE: char = '\u{306}';
const CIRCUMFLEX: char = '\u{302}';
const HORN: char = '\u{31b}';

/// A word of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// As it is written, lower case.
    pub(crate) written: String,
    /// Without Vietnamese marks; empty where it has none.
    pub(crate) bare: String,
}

impl Word {
    /// Whether somebody who looks for a word, lower case, means this one.
    pub(crate) fn is(&self, wanted: &str) -> bool {
        self.written == wanted || (!self.bare.is_empty() && self.bare == wanted)
    }

    /// Reads a piece that [`belongs`] throughout; keeps the buffers.
    pub(crate) fn read(&mut self, piece: &str) {
        self.written.clear();
        self.bare.clear();
        if piece.is_ascii() {
            self.written.push_str(piece);
            self.written.make_ascii_lowercase();
            return;
        }
        for letter in piece.chars().flat_map(char::to_lowercase) {
            if is_mark(letter)
                && let Some(held) = self.written.pop()
            {
                self.written.push(marked(held, letter).unwrap_or(held));
                if marked(held, letter).is_none() {
                    self.written.push(letter);
                }
                continue;
            }
            self.written.push(letter);
        }
        let plain = self.written.chars().filter(|letter| !is_mark(*letter));
        self.bare.extend(plain.map(bare));
        if self.bare == self.written {
            self.bare.clear();
        }
    }
}

/// The words of a text, one after another.
pub(crate) fn words(text: &str) -> impl Iterator<Item = Word> {
    text.split(|c: char| !belongs(c))
        .filter(|piece| begins(piece))
        .map(|piece| {
            let mut word = Word::default();
            word.read(piece);
            word
        })
}

/// Whether a character is a part of a word.
pub(crate) fn belongs(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c)
}

/// Whether a piece of such characters is a word: marks alone are none.
pub(crate) fn begins(piece: &str) -> bool {
    piece.chars().any(char::is_alphanumeric)
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// A lower-case letter without Vietnamese marks.
fn bare(letter: char) -> char {
    match letter {
        'đ' => 'd',
        // Every letter of the table that is not ASCII lies here.
        '\u{e0}'..='\u{1ef9}' => VOWELS
            .iter()
            .find(|(_, tones)| tones.contains(&letter))
            .map_or(letter, |(bare, _)| *bare),
        _ => letter,
    }
}

/// A lower-case letter with one more mark, if Vietnamese has it.
fn marked(letter: char, mark: char) -> Option<char> {
    let (row, tone) = VOWELS.iter().enumerate().find_map(|(row, (_, tones))| {
        let tone = tones.iter().position(|held| *held == letter)?;
        Some((row, tone))
    })?;
    if let Some(wanted) = TONES.iter().position(|held| *held == mark) {
        let (_, tones) = VOWELS.get(row)?;
        return if tone == 0 {
            tones.get(wanted).copied()
        } else {
            None
        };
    }
    let shaped = match (row, mark) {
        (0, BREVE) => 1,
        (0, CIRCUMFLEX) => 2,
        (3, CIRCUMFLEX) => 4,
        (6, CIRCUMFLEX) => 7,
        (6, HORN) => 8,
        (9, HORN) => 10,
        _ => return None,
    };
    let (_, tones) = VOWELS.get(shaped)?;
    tones.get(tone).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(String, String)> {
        words(text).map(|word| (word.written, word.bare)).collect()
    }

    #[test]
    fn a_word_with_marks_stands_there_without_them_too() {
        let pair = |written: &str, bare: &str| (written.to_owned(), bare.to_owned());
        assert_eq!(
            shown("Đăng nhập: SSH-2 thất bại"),
            [
                pair("đăng", "dang"),
                pair("nhập", "nhap"),
                pair("ssh", ""),
                pair("2", ""),
                pair("thất", "that"),
                pair("bại", "bai"),
            ]
        );
        // Other scripts keep what they have.
        assert_eq!(shown("Москва"), [pair("москва", "")]);
        assert_eq!(shown("\u{301} -"), []);
    }

    #[test]
    fn marks_of_their_own_belong_to_their_letter_in_any_order() {
        for text in [
            "đặng",
            "đ\u{103}\u{323}ng",
            "đa\u{323}\u{306}ng",
            "đa\u{306}\u{323}ng",
        ] {
            assert_eq!(shown(text), [("đặng".to_owned(), "dang".to_owned())]);
        }
        assert_eq!(shown("trươ\u{300}ng")[0].0, "trường");
        assert_eq!(shown("trườ\u{300}ng")[0].1, "truong");
    }

    #[test]
    fn the_table_is_whole() {
        let letters: Vec<char> = VOWELS.iter().flat_map(|(_, tones)| *tones).collect();
        assert_eq!(letters.len(), 72);
        for letter in letters {
            assert!(bare(letter).is_ascii(), "{letter}");
        }
    }
}
