//! The CSV itself: bytes to lines and back. No store and no HTTP: what a stranger's file can do ends here.
//!
//! A spreadsheet runs a cell that begins with `= + - @` as a formula: such cells leave with a `'` before them,
//! and lose it when they come back. Excel in Vietnam separates by `;` and writes days as 31/01/2026.

use ::csv::{ByteRecord, Position, ReaderBuilder, Trim, WriterBuilder};
use engine::store::{AssetDraft, AssetFields, AssetLine, AssetProblem};

/// The columns, as they are written; they are read in any order.
const COLUMNS: [&str; 10] = [
    "site",
    "address",
    "name",
    "role",
    "criticality",
    "owner",
    "contact",
    "mac",
    "valid_from",
    "valid_to",
];
/// What a spreadsheet takes for UTF-8.
pub(in crate::api) const BOM: &[u8] = b"\xef\xbb\xbf";
/// A cell that begins with one of these is a formula to a spreadsheet.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What a file says.
pub(super) struct Read {
    pub(super) lines: Vec<AssetLine>,
    pub(super) problems: Vec<AssetProblem>,
}

/// A file of more lines than are taken.
#[derive(Debug)]
pub(super) struct TooLong;

/// Reads a file; what is wrong with a line is said of it.
pub(super) fn read(bytes: &[u8], most: usize) -> Result<Read, TooLong> {
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let mut reader = ReaderBuilder::new()
        .delimiter(separator(bytes))
        .has_headers(false)
        .flexible(true)
        .trim(Trim::None)
        .from_reader(bytes);
    let mut read = Read {
        lines: Vec::new(),
        problems: Vec::new(),
    };
    let mut record = ByteRecord::new();
    let mut place = Place {
        bytes,
        byte: 0,
        line: 1,
    };
    let mut columns: Option<Vec<Option<usize>>> = None;
    let unended = unended_quote(bytes, separator(bytes));
    // From a slice nothing fails: a quote that never ends makes one long line, and is found beside it.
    while let Ok(true) = reader.read_byte_record(&mut record) {
        let begin = record.position().map_or(0, Position::byte);
        let line = place.line(begin);
        if let Some(at) = unended.filter(|at| *at < reader.position().byte()) {
            read.problems.push(AssetProblem {
                line: place.line(at),
                message:
                    "a quote (\") begins here and never ends; nothing from this line on is taken: \
                          close it, or write a quote in a cell as \"\""
                        .to_owned(),
            });
            return Ok(read);
        }
        if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
            continue;
        }
        let Some(columns) = &columns else {
            let Some(known) = header(&record, line, &mut read.problems) else {
                return Ok(read);
            };
            columns = Some(known);
            continue;
        };
        if read.lines.len() + read.problems.len() >= most {
            return Err(TooLong);
        }
        match draft(&record, columns) {
            Ok(draft) => read.lines.push(AssetLine { line, draft }),
            Err(message) => read.problems.push(AssetProblem { line, message }),
        }
    }
    if columns.is_none() {
        let message = format!("the file is empty; its first line is {}", COLUMNS.join(","));
        read.problems.push(AssetProblem { line: 1, message });
    }
    Ok(read)
}

/// Which line of a file a byte is in. The reader's own count begins a record with the empty lines before it.
struct Place<'a> {
    bytes: &'a [u8],
    /// Counted up to here.
    byte: usize,
    line: u64,
}

impl Place<'_> {
    /// The line of the record that begins at or behind a byte; bytes only go forward.
    fn line(&mut self, byte: u64) -> u64 {
        let begin = usize::try_from(byte).unwrap_or(usize::MAX);
        for byte in self.bytes.iter().skip(self.byte) {
            if self.byte >= begin && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.byte += 1;
        }
        self.line
    }
}

/// The byte of a quote that begins a cell and never ends.
fn unended_quote(bytes: &[u8], separator: u8) -> Option<u64> {
    /// Where in a cell a byte is.
    enum In {
        Begin,
        Bare,
        /// In quotes that began at this byte.
        Quotes(u64),
        /// Behind a quote in quotes that began at this byte: their end, or the first of two.
        Quote(u64),
    }
    let mut state = In::Begin;
    for (byte, at) in bytes.iter().zip(0_u64..) {
        let ends = *byte == separator || matches!(byte, b'\r' | b'\n');
        state = match state {
            In::Quotes(begun) if *byte == b'"' => In::Quote(begun),
            In::Quotes(begun) => In::Quotes(begun),
            In::Quote(begun) if *byte == b'"' => In::Quotes(begun),
            In::Begin if *byte == b'"' => In::Quotes(at),
            _ if ends => In::Begin,
            _ => In::Bare,
        };
    }
    match state {
        In::Quotes(begun) => Some(begun),
        _ => None,
    }
}

/// What stands between the cells: no column's name has any of these.
fn separator(bytes: &[u8]) -> u8 {
    let first = bytes
        .split(|byte| *byte == b'\n')
        .find(|line| !line.trim_ascii().is_empty());
    let first = first.unwrap_or_default();
    let count = |separator: u8| first.iter().filter(|byte| **byte == separator).count();
    let mut best = b',';
    for other in [b';', b'\t'] {
        if count(other) > count(best) {
            best = other;
        }
    }
    best
}

/// Which column of ours each cell is of; none when the file cannot be used.
fn header(
    record: &ByteRecord,
    line: u64,
    problems: &mut Vec<AssetProblem>,
) -> Option<Vec<Option<usize>>> {
    let mut problem = |message| problems.push(AssetProblem { line, message });
    let mut columns: Vec<Option<usize>> = Vec::new();
    for cell in record {
        let name = String::from_utf8_lossy(cell).trim().to_ascii_lowercase();
        let place = COLUMNS.iter().position(|column| *column == name);
        let shown: String = name.chars().take(60).collect();
        match place {
            // Excel writes empty columns behind the last.
            None if name.is_empty() => columns.push(None),
            None => {
                problem(format!(
                    "the column {shown:?} is none of {}; it is left out",
                    COLUMNS.join(",")
                ));
                columns.push(None);
            }
            Some(_) if columns.contains(&place) => {
                problem(format!(
                    "the column {shown:?} stands there twice; the first counts"
                ));
                columns.push(None);
            }
            Some(_) => columns.push(place),
        }
        if columns.len() > 4 * COLUMNS.len() {
            problem("there are too many columns".to_owned());
            return None;
        }
    }
    let missing = COLUMNS.iter().take(2).enumerate();
    let mut missing = missing.filter(|(place, _)| !columns.contains(&Some(*place)));
    if let Some((_, name)) = missing.next() {
        problem(format!(
            "there is no column {name}; the first line names the columns: {}",
            COLUMNS.join(",")
        ));
        return None;
    }
    Some(columns)
}

/// What a line says.
fn draft(record: &ByteRecord, columns: &[Option<usize>]) -> Result<AssetDraft, String> {
    let beyond = record.iter().skip(columns.len());
    if beyond.into_iter().any(|cell| !cell.trim_ascii().is_empty()) {
        return Err(format!(
            "the line has {} cells, the first line {}; put a text with a separator in quotes",
            record.len(),
            columns.len()
        ));
    }
    let mut draft = AssetDraft::default();
    for (cell, column) in record.iter().zip(columns) {
        let Some(column) = column else { continue };
        let name = COLUMNS.get(*column).copied().unwrap_or_default();
        let text = std::str::from_utf8(cell)
            .map_err(|_| format!("{name} is not UTF-8; save the file as \"CSV UTF-8\""))?;
        let text = Some(unguarded(text));
        match name {
            "site" => draft.site = text,
            "address" => draft.address = text,
            "name" => draft.name = text,
            "role" => draft.role = text,
            "criticality" => draft.criticality = text,
            "owner" => draft.owner = text,
            "contact" => draft.contact = text,
            "mac" => draft.mac = text,
            "valid_from" => draft.valid_from = text.map(day),
            _ => draft.valid_to = text.map(day),
        }
    }
    Ok(draft)
}

/// A day as a spreadsheet in Vietnam writes it: 31/1/2026.
fn day(text: String) -> String {
    let parts: Vec<&str> = text.trim().split('/').collect();
    match parts.as_slice() {
        [day, month, year] if year.len() == 4 && day.len() <= 2 && month.len() <= 2 => {
            format!("{year}-{month:0>2}-{day:0>2}")
        }
        _ => text,
    }
}

/// Whether a spreadsheet would run a cell, or one that we guarded.
fn is_guarded(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA)
}

/// A cell that nothing runs.
pub(in crate::api) fn guarded(text: &str) -> String {
    if is_guarded(text) {
        return format!("'{text}");
    }
    text.to_owned()
}

/// A cell as it was.
fn unguarded(text: &str) -> String {
    let bare = text.strip_prefix('\'').filter(|bare| is_guarded(bare));
    bare.unwrap_or(text).to_owned()
}

/// A file that is written.
pub(super) struct Sheet(::csv::Writer<Vec<u8>>);

impl Sheet {
    /// The header.
    pub(super) fn new() -> Self {
        let mut sheet = Self(WriterBuilder::new().from_writer(BOM.to_vec()));
        sheet.line(COLUMNS.map(str::to_owned));
        sheet
    }

    pub(super) fn add(&mut self, fields: &AssetFields) {
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        let cells = [
            fields.site.clone(),
            fields.address.to_string(),
            fields.name.clone(),
            fields.role.clone(),
            fields.criticality.name().to_owned(),
            fields.owner.clone(),
            fields.contact.clone(),
            or_empty(&fields.mac),
            or_empty(&fields.valid_from),
            or_empty(&fields.valid_to),
        ];
        self.line(cells.map(|cell| guarded(&cell)));
    }

    fn line(&mut self, cells: [String; 10]) {
        if let Err(error) = self.0.write_record(&cells) {
            // Into memory, and always as many cells: it does not happen.
            tracing::error!(%error, "a line of a CSV could not be written");
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0.into_inner().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: &str) -> AssetFields {
        let text = |text: &str| Some(text.to_owned());
        let draft = AssetDraft {
            site: text("xa"),
            address: text("10.60.31.7"),
            name: text(name),
            criticality: text("high"),
            mac: text("00:1a:2b:3c:4d:5e"),
            valid_to: text("2026-12-31"),
            ..AssetDraft::default()
        };
        draft.apply(None).unwrap()
    }

    /// Lines, and what they say.
    type Numbered = Vec<(u64, String)>;

    fn lines(text: &str) -> (Numbered, Numbered) {
        let read = read(text.as_bytes(), 100).unwrap();
        let lines = read.lines.into_iter();
        let name = |line: AssetLine| (line.line, line.draft.name.unwrap_or_default());
        let problems = read.problems.into_iter();
        (
            lines.map(name).collect(),
            problems
                .map(|problem| (problem.line, problem.message))
                .collect(),
        )
    }

    #[test]
    fn what_is_written_is_read_and_nothing_in_it_runs() {
        let names = [
            "Máy chủ; \"chính\", tầng 2\nphòng 3",
            "=HYPERLINK(\"http://x\")",
            "+84 912 345 678",
            "-1+1",
            "@SUM(A1)",
            "'quoted",
            "'=once",
            "''=twice",
        ];
        let mut sheet = Sheet::new();
        names.iter().for_each(|name| sheet.add(&fields(name)));
        let bytes = sheet.finish();
        assert!(bytes.starts_with(BOM));
        let text = String::from_utf8(bytes.clone()).unwrap();
        for cell in text.split([',', '\n']) {
            let bare = cell.trim_start_matches('"');
            assert!(!bare.starts_with(FORMULA), "{cell}");
        }
        let back = read(&bytes, 100).unwrap();
        assert_eq!(back.problems, []);
        let back = back
            .lines
            .into_iter()
            .map(|line| line.draft.apply(None).unwrap());
        assert!(back.eq(names.map(fields)));
    }

    #[test]
    fn excel_in_vietnam_is_understood() {
        let text =
            "\u{feff}Address;SITE;name;valid_from;;\r\n10.0.0.1;xa;\"a;b\";1/7/2025;;\r\n;;;;;\r\n";
        let read = read(text.as_bytes(), 100).unwrap();
        assert_eq!(read.problems, []);
        let [AssetLine { line: 2, draft }] = read.lines.as_slice() else {
            panic!("{:?}", read.lines);
        };
        assert_eq!(draft.name.as_deref(), Some("a;b"));
        assert_eq!(draft.valid_from.as_deref(), Some("2025-07-01"));
        assert_eq!(
            draft.owner, None,
            "a column that is not there changes nothing"
        );
    }

    #[test]
    fn a_bad_line_costs_itself() {
        let head = "site,address,name\n";
        let (good, bad) = lines(&format!(
            "{head}xa,1,a\nxa,2,b,c\n\nxa,3,\"d\ne\"\nxa,4,f,,\n"
        ));
        let named = |line: u64, name: &str| (line, name.to_owned());
        assert_eq!(good, [named(2, "a"), named(5, "d\ne"), named(7, "f")]);
        assert_eq!(bad.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3]);
        let mut bytes = format!("{head}xa,1,").into_bytes();
        bytes.extend(b"\xd0\xff\nxa,2,ok\n");
        let read = read(&bytes, 100).unwrap();
        assert_eq!((read.lines.len(), read.problems[0].line), (1, 2));
        assert!(read.problems[0].message.contains("UTF-8"));
        // A quote that never ends is one line, and the file ends.
        let (good, bad) = lines(&format!("{head}xa,1,\"a\nxa,2,b\n"));
        assert_eq!(good.len() + bad.len(), 1);
    }

    #[test]
    fn the_header_says_what_is_missing() {
        for (text, line, named) in [
            ("", 1, "empty"),
            ("\n\n", 1, "empty"),
            ("site,name\nxa,a\n", 1, "no column address"),
            ("10.0.0.1,xa\n", 1, "none of"),
        ] {
            let (good, bad) = lines(text);
            assert!(good.is_empty());
            let (at, said) = &bad[0];
            assert!(*at == line && said.contains(named), "{text:?}: {bad:?}");
        }
        let (good, bad) = lines("site,address,ghi chú,site\nxa,1,x,so\n");
        assert_eq!((good.len(), bad.len()), (1, 2), "{bad:?}");
        assert!(read(b"site,address\na,b\na,b\n", 1).is_err());
        let wide = ",".repeat(100_000);
        assert!(lines(&wide).0.is_empty());
    }

    #[test]
    fn a_quote_that_never_ends_is_named_and_takes_nothing_with_it() {
        let text = "site,address,name\na,10.0.0.1,\"one \"\"two\"\"\"\na,10.0.0.2,x\n\
                    a,10.0.0.3,\"open\na,10.0.0.4,y\na,10.0.0.5,z\n";
        let read = super::read(text.as_bytes(), 100).unwrap();
        let lines: Vec<u64> = read.lines.iter().map(|line| line.line).collect();
        assert_eq!(lines, [2, 3]);
        let problems: Vec<_> = read.problems.iter().map(|own| own.line).collect();
        assert_eq!(problems, [4]);
        assert!(read.problems[0].message.contains("never ends"));
        // Of a cell over two lines, the line of the quote.
        let text = "site,address,name\n\"a\n\",10.0.0.1,\"open";
        let read = super::read(text.as_bytes(), 100).unwrap();
        assert_eq!((read.lines.len(), read.problems[0].line), (0, 3));
        assert_eq!(super::unended_quote(b"a,\"b\"c\"d\n", b','), None);
    }
}
