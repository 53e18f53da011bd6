//! Decisions as a spreadsheet saves them: one a line below a line of headings, Vietnamese or English, in any order.
//!
//! The rule: what a spreadsheet does to a file (a mark at its start, semicolons, quotes, lines within a cell, days with the day first,
//! empty lines at the end) is understood; what it is asked to lose (letters of another encoding) is told.

use csv::{ReaderBuilder, StringRecord, Writer};

use super::{Placed, Setting, Written, day, folded};
use crate::fault::{Fault, Shown as _};
use crate::office::decisions::{Decision, Kind};

/// What a column is about.
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
}

/// Headings, without marks and in lower case; the first of each column is how it is called in messages.
const HEADINGS: [(Column, &[&str]); 8] = [
    (Column::Kind, &["loai", "kind", "loai quyet dinh", "quyet dinh", "hinh thuc"]),
    (Column::Name, &["ten mien", "name", "domain", "trang", "trang web", "website"]),
    (Column::Category, &["danh muc", "category", "nhom", "phan loai"]),
    (Column::Reason, &["ly do", "reason", "li do"]),
    (Column::By, &["nguoi quyet dinh", "by", "nguoi", "can bo", "person"]),
    (Column::Made, &["ngay", "made", "date", "ngay quyet dinh", "tu ngay"]),
    (Column::Until, &["den ngay", "until", "het han", "den het ngay", "ngay het han"]),
    (Column::Exam, &["ky thi", "exam", "thi", "trong ky thi", "ca khi thi"]),
];

/// The headings of a file that we write.
const WRITTEN: [&str; 8] = ["loại", "tên miền", "danh mục", "lý do", "người quyết định", "ngày", "đến ngày", "kỳ thi"];

const KINDS: [(Kind, &[&str]); 3] = [
    (Kind::Lock, &["khoa", "lock", "chan"]),
    (Kind::Guarantee, &["bao dam", "guarantee", "dam bao"]),
    (Kind::Allow, &["cho phep", "allow", "mo"]),
];

const YES: [&str; 6] = ["co", "yes", "true", "x", "1", "dung"];
const NO: [&str; 5] = ["khong", "no", "false", "", "0"];

/// Reads the decisions of a file, and notes every fault of it.
pub fn read(bytes: &[u8], setting: &Setting<'_>, faults: &mut Vec<Fault>) -> Vec<Placed> {
    let mut fault = |line: Option<u32>, what: String, hint: String| faults.push(Fault::error(setting.file, line, what, hint));
    const SAVE: &str = "save it again as \"CSV UTF-8\" (lưu lại với kiểu \"CSV UTF-8\")";
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        let at = std::str::from_utf8(bytes).err().map_or(0, |error| error.valid_up_to());
        let line = bytes[..at].iter().filter(|octet| **octet == b'\n').count() + 1;
        fault(u32::try_from(line).ok(), "these letters are not UTF-8".to_owned(), SAVE.to_owned());
        return Vec::new();
    };
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |sign: char| first.matches(sign).count();
    let delimiter = [';', '\t', ','].into_iter().rev().max_by_key(|sign| count(*sign)).unwrap_or(',');
    let delimiter = u8::try_from(delimiter).expect("each of them is an ASCII sign");
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut columns: Option<Vec<Option<Column>>> = None;
    let mut placed = Vec::new();
    let mut lines = LineCount { text: text.as_bytes(), seen: 0, line: 1 };
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().and_then(|position| u32::try_from(position.line()).ok());
                let hint = "a quote that opens a cell closes it too; save the table again".to_owned();
                faults.push(Fault::error(setting.file, line, "this line cannot be read", hint));
                continue;
            }
        };
        let line = lines.at(record.position().map_or(0, csv::Position::byte));
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        match &columns {
            None => columns = Some(headings(&record, line, setting, faults)),
            Some(columns) => {
                if placed.len() >= super::MOST {
                    let hint = "names by the hundred thousand belong into a list".to_owned();
                    faults.push(Fault::error(setting.file, Some(line), format!("more than {} decisions", super::MOST), hint));
                    break;
                }
                let before = faults.len();
                let written = row(&record, line, columns, setting, faults);
                placed.extend(setting.understand_after(written, before, faults));
            }
        }
    }
    placed
}

/// Counts lines on the way through a text. A record's place is told as the end of the one before it, line break not counted.
struct LineCount<'t> {
    text: &'t [u8],
    seen: usize,
    line: u32,
}

impl LineCount<'_> {
    /// The line in which the first sign stands that is at `byte` or behind it and is no line break.
    fn at(&mut self, byte: u64) -> u32 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while self.seen < self.text.len() && (self.seen < byte || matches!(self.text[self.seen], b'\r' | b'\n')) {
            self.line += u32::from(self.text[self.seen] == b'\n');
            self.seen += 1;
        }
        self.line
    }
}

fn headings(record: &StringRecord, line: u32, setting: &Setting<'_>, faults: &mut Vec<Fault>) -> Vec<Option<Column>> {
    let means = |heading: &str| HEADINGS.iter().find(|(_, known)| known.contains(&heading)).map(|(column, _)| *column);
    let mut columns = Vec::new();
    for cell in record {
        let heading = folded(cell);
        let column = means(&heading);
        if column.is_none() && !heading.is_empty() {
            let hint = format!("the headings are {}; remove a column for notes, or leave its heading empty", WRITTEN.join(", "));
            faults.push(Fault::error(setting.file, Some(line), format!("there is no heading {}", cell.trim().quoted()), hint));
        }
        if column.is_some() && columns.contains(&column) {
            let what = format!("the heading {} stands twice", cell.trim().quoted());
            faults.push(Fault::error(setting.file, Some(line), what, "remove one of both columns"));
        }
        columns.push(column);
    }
    for (column, wanted) in [(Column::Kind, WRITTEN[0]), (Column::Name, WRITTEN[1]), (Column::Reason, WRITTEN[3])] {
        if !columns.contains(&Some(column)) {
            let hint = format!("the first line says what the columns are: {}", WRITTEN.join(", "));
            faults.push(Fault::error(setting.file, Some(line), format!("there is no column \"{wanted}\""), hint));
        }
    }
    columns
}

fn row(record: &StringRecord, line: u32, columns: &[Option<Column>], setting: &Setting<'_>, faults: &mut Vec<Fault>) -> Written {
    let mut written = Written { line, ..Written::default() };
    for (cell, column) in record.iter().zip(columns) {
        let (Some(column), text) = (column, cell.trim()) else { continue };
        let mut fault = |what: String, hint: &str| faults.push(Fault::error(setting.file, Some(line), what, hint));
        let said = || Some(text.to_owned()).filter(|text| !text.is_empty());
        match column {
            Column::Kind => {
                let word = folded(text);
                written.kind = KINDS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(kind, _)| *kind);
                if written.kind.is_none() && !text.is_empty() {
                    fault(
                        format!("{} is no kind of decision", text.quoted()),
                        "say khóa, bảo đảm or cho phép (lock, guarantee, allow)",
                    );
                }
            }
            Column::Name => written.name = said(),
            Column::Category => written.category = said(),
            Column::Reason => written.reason = said(),
            Column::By => written.by = said(),
            Column::Made | Column::Until => {
                let date = day(text);
                if date.is_none() && !text.is_empty() {
                    fault(format!("{} is no day", text.quoted()), "write the day as 26/11/2026 or 2026-11-26");
                }
                if *column == Column::Made {
                    written.made = date;
                } else {
                    written.until = date;
                }
            }
            Column::Exam => {
                let word = folded(text);
                written.exam = YES.contains(&word.as_str());
                if !written.exam && !NO.contains(&word.as_str()) {
                    fault(format!("{} is neither yes nor no", text.quoted()), "write có or không (yes, no)");
                }
            }
        }
    }
    written
}

/// The decisions as a file that a spreadsheet opens: with its mark for UTF-8, semicolons, and days with the day first.
///
/// # Panics
/// Never: memory takes what is written.
pub fn write(decisions: &[Decision]) -> Vec<u8> {
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    let mut writer: Writer<&mut Vec<u8>> = csv::WriterBuilder::new().delimiter(b';').from_writer(&mut bytes);
    writer.write_record(WRITTEN).expect("memory takes what is written");
    for decision in decisions {
        let Decision { kind, name, category, owner: _, by, reason, made, until, exam } = decision;
        let kind = match kind {
            Kind::Lock => "khóa",
            Kind::Guarantee => "bảo đảm",
            Kind::Allow => "cho phép",
        };
        let shown = |date: &jiff::civil::Date| format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year());
        let (made, until) = (shown(made), until.as_ref().map(shown).unwrap_or_default());
        let exam = if *exam { "có" } else { "" };
        let cells = [kind, &name.to_string(), category.as_deref().unwrap_or_default(), reason, by, &made, &until, exam];
        writer.write_record(cells).expect("memory takes what is written");
    }
    drop(writer);
    bytes
}
