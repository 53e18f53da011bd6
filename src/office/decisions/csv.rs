//! Decisions as a spreadsheet writes them: a line each, headings in Vietnamese or English, `,`, `;` or tabs between the cells.
//!
//! The rule: a heading or a word that is not understood is a fault, never passed over: it may have been what mattered.

mod change;

pub use change::{put, remove, write};

use super::{Kind, Placed, Setting, Written, day, folded};
use crate::fault::{Fault, Shown as _};

/// What a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Kind,
    Name,
    Category,
    Reason,
    By,
    Made,
    Until,
    Exam,
    /// Numbers of rows and remarks: read by people only.
    Unread,
}

/// The headings, without marks and in lower case; the first of each is the one that is written.
const HEADINGS: [(Column, &[&str]); 9] = [
    (Column::Name, &["ten mien", "ten", "trang", "trang web", "dia chi", "name", "domain", "site", "website"]),
    (Column::Kind, &["quyet dinh", "loai", "loai quyet dinh", "kind", "decision", "type"]),
    (Column::Category, &["danh muc", "nhom", "the loai", "category"]),
    (Column::Reason, &["ly do", "li do", "reason", "why"]),
    (Column::By, &["nguoi quyet dinh", "nguoi", "nguoi lap", "nguoi yeu cau", "by", "person", "who"]),
    (Column::Made, &["ngay", "ngay quyet dinh", "ngay lap", "made", "date"]),
    (Column::Until, &["den ngay", "den het ngay", "het han", "ngay het han", "hieu luc den", "until", "end", "expires"]),
    (Column::Exam, &["thi", "khi thi", "ca khi thi", "phong thi", "exam"]),
    (Column::Unread, &["stt", "so thu tu", "ghi chu", "no", "no.", "#", "remark", "remarks", "note"]),
];

/// The words for each kind.
const KINDS: [(Kind, &[&str]); 3] = [
    (Kind::Lock, &["lock", "khoa", "chan", "cam", "block"]),
    (Kind::Guarantee, &["guarantee", "bao dam", "dam bao"]),
    (Kind::Allow, &["allow", "cho phep", "mo", "open"]),
];

const YES: [&str; 6] = ["co", "x", "yes", "true", "1", "dung"];
const NO: [&str; 6] = ["", "khong", "no", "false", "0", "-"];

/// Reads decisions; what is faulty is left out, and said.
pub fn read(bytes: &[u8], setting: &Setting<'_>) -> (Vec<Placed>, Vec<Fault>) {
    let mut faults = Vec::new();
    let Some((columns, mut rows)) = open(bytes, setting, &mut faults) else { return (Vec::new(), faults) };
    let mut placed = Vec::new();
    let mut record = csv::StringRecord::new();
    let mut place = Place { text: bytes.strip_prefix(MARK).unwrap_or(bytes), at: 0, line: 1 };
    loop {
        match rows.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let line = error.position().and_then(|position| u32::try_from(position.line()).ok());
                faults.push(Fault::error(
                    setting.file,
                    line,
                    format!("this line cannot be read: {error}"),
                    "save the file as CSV in UTF-8",
                ));
                break;
            }
        }
        let line = place.line(record.position());
        // Spreadsheets leave rows of nothing but separators.
        if record.iter().all(str::is_empty) {
            continue;
        }
        if let Some(written) = row(&columns, &record, line, setting, &mut faults) {
            placed.extend(setting.understand(written, &mut faults));
        }
    }
    (placed, faults)
}

type Rows<'b> = csv::Reader<&'b [u8]>;

/// The mark that spreadsheets put before text in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Where in the text a row begins. The reader leaves the LF of a CR LF to the next row, and so counts one line too few.
struct Place<'b> {
    text: &'b [u8],
    at: usize,
    line: u32,
}

impl Place<'_> {
    fn line(&mut self, position: Option<&csv::Position>) -> u32 {
        let begin = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.at);
        let ends = self.text[begin..].iter().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
        let passed = self.text[self.at..begin + ends].iter().filter(|octet| **octet == b'\n').count();
        self.line += u32::try_from(passed).unwrap_or(u32::MAX);
        self.at = begin + ends;
        self.line
    }
}

/// The columns, and the rows below the headings.
fn open<'b>(bytes: &'b [u8], setting: &Setting<'_>, faults: &mut Vec<Fault>) -> Option<(Vec<Column>, Rows<'b>)> {
    let mut fault = |line, what: String, hint: &str| faults.push(Fault::error(setting.file, Some(line), what, hint));
    let text = bytes.strip_prefix(MARK).unwrap_or(bytes);
    if let Err(error) = std::str::from_utf8(text) {
        let line = 1 + text[..error.valid_up_to()].iter().filter(|octet| **octet == b'\n').count();
        let hint = "in the spreadsheet choose \"CSV UTF-8\" when saving (Lưu dưới dạng: CSV UTF-8)";
        fault(u32::try_from(line).unwrap_or(u32::MAX), "the file is not UTF-8".to_owned(), hint);
        return None;
    }
    let delimiter = delimiter(text);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text);
    let headings = match reader.headers() {
        Ok(headings) if !headings.is_empty() => headings.clone(),
        Ok(_) | Err(_) => {
            fault(
                1,
                "the file has no headings".to_owned(),
                "the first line names the columns: tên miền, quyết định, danh mục, lý do, …",
            );
            return None;
        }
    };
    let mut columns = Vec::new();
    for heading in &headings {
        let word = folded(heading);
        let known = HEADINGS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(column, _)| *column);
        match known {
            Some(column) if column != Column::Unread && columns.contains(&column) => {
                fault(1, format!("the column {} stands twice", heading.quoted()), "keep one of both");
            }
            Some(_) => {}
            None if word.is_empty() => {}
            None => {
                let hint = "known are: tên miền, quyết định, danh mục, lý do, người quyết định, ngày, đến ngày, thi, ghi chú";
                fault(1, format!("the column {} is not known", heading.quoted()), hint);
            }
        }
        columns.push(known.unwrap_or(Column::Unread));
    }
    if !columns.contains(&Column::Name) {
        fault(1, "there is no column of names".to_owned(), "call it \"tên miền\" or \"name\"");
        return None;
    }
    Some((columns, reader))
}

/// What stands between the cells of the headings.
fn delimiter(text: &[u8]) -> u8 {
    let first = text.split(|octet| *octet == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| first.iter().filter(|octet| **octet == wanted).count();
    [b',', b';', b'\t'].into_iter().max_by_key(|octet| (count(*octet), *octet == b',')).unwrap_or(b',')
}

/// What a row says.
fn row(
    columns: &[Column],
    record: &csv::StringRecord,
    line: u32,
    setting: &Setting<'_>,
    faults: &mut Vec<Fault>,
) -> Option<Written> {
    let mut written = Written { line, ..Written::default() };
    let before = faults.len();
    let mut fault = |what: String, hint: &str| faults.push(Fault::error(setting.file, Some(line), what, hint));
    if record.len() > columns.len() && record.iter().skip(columns.len()).any(|cell| !cell.is_empty()) {
        fault("more cells than headings".to_owned(), "put quotes around text that has the separator in it");
    }
    for (column, cell) in columns.iter().zip(record).filter(|(_, cell)| !cell.is_empty()) {
        let mut date = || {
            let read = day(cell);
            if read.is_none() {
                fault(format!("{} is no day", cell.quoted()), "write it as 26/11/2026 or 2026-11-26");
            }
            read
        };
        match column {
            Column::Name => written.name = Some(cell.to_owned()),
            Column::Category => written.category = Some(cell.to_owned()),
            Column::Reason => written.reason = Some(cell.to_owned()),
            Column::By => written.by = Some(cell.to_owned()),
            Column::Made => written.made = date(),
            Column::Until => written.until = date(),
            Column::Kind => {
                written.kind = kind_of(cell);
                if written.kind.is_none() {
                    fault(
                        format!("{} is no decision", cell.quoted()),
                        "write khóa, bảo đảm or cho phép (lock, guarantee, allow)",
                    );
                }
            }
            Column::Exam => {
                let word = folded(cell);
                written.exam = YES.contains(&word.as_str());
                if !written.exam && !NO.contains(&word.as_str()) {
                    fault(format!("{} is neither yes nor no", cell.quoted()), "write có or không");
                }
            }
            Column::Unread => {}
        }
    }
    (faults.len() == before).then_some(written)
}

/// The kind that a cell says.
fn kind_of(cell: &str) -> Option<Kind> {
    let word = folded(cell);
    KINDS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(kind, _)| *kind)
}
