//! Changing a spreadsheet's decisions: the rows that are meant, and no octet of the others.

use std::ops::Range;

use super::{Column, MARK, kind_of, open};
use crate::dns::Name;
use crate::fault::Fault;
use crate::lists::text::normalise;
use crate::office::decisions::{Decision, Kind, Setting};

/// A row as it stands.
struct Row {
    cells: csv::StringRecord,
    name: Option<Name>,
    kind: Option<Kind>,
    /// Where it stands in the text, without the end of its line.
    at: Range<usize>,
}

/// A spreadsheet's text with its columns and rows.
struct Sheet<'b> {
    bytes: &'b [u8],
    columns: Vec<Column>,
    headings: csv::StringRecord,
    delimiter: u8,
    rows: Vec<Row>,
}

impl<'b> Sheet<'b> {
    fn read(bytes: &'b [u8], setting: &Setting<'_>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let Some((columns, mut reader)) = open(bytes, setting, &mut faults) else { return Err(faults) };
        let text = bytes.strip_prefix(MARK).unwrap_or(bytes);
        let shift = bytes.len() - text.len();
        let headings = reader.headers().cloned().unwrap_or_default();
        let cell = |cells: &csv::StringRecord, wanted: Column| {
            columns.iter().position(|column| *column == wanted).and_then(|place| cells.get(place)).map(str::to_owned)
        };
        let mut rows = Vec::new();
        let mut cells = csv::StringRecord::new();
        while reader.read_record(&mut cells).unwrap_or(false) {
            let octet = |position: &csv::Position| usize::try_from(position.byte()).ok().map(|at| at + shift);
            let (Some(begin), Some(end)) = (cells.position().and_then(octet), octet(reader.position())) else { continue };
            let Some(whole) = bytes.get(begin..end) else { continue };
            // The reader leaves the LF of a CR LF to the next row.
            let is_end = |octet: &&u8| matches!(octet, b'\r' | b'\n');
            let (first, last) = (whole.iter().take_while(is_end).count(), whole.iter().rev().take_while(is_end).count());
            let at = begin + first..(end - last).max(begin + first);
            let name = cell(&cells, Column::Name).and_then(|text| normalise(text.trim()).ok());
            let kind = cell(&cells, Column::Kind).and_then(|text| kind_of(&text));
            rows.push(Row { name, kind, at, cells: cells.clone() });
        }
        Ok(Self { bytes, columns, headings, delimiter: super::delimiter(text), rows })
    }

    /// The end of its lines.
    fn line_end(&self) -> &'static str {
        if self.bytes.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" }
    }

    /// A decision as a row of this sheet; `known` is the row that it takes the place of, whose remarks stay.
    fn row(&self, decision: &Decision, known: Option<&Row>, setting: &Setting<'_>) -> Result<Vec<u8>, Fault> {
        let lacks = |wanted: Column| !self.columns.contains(&wanted);
        let wanted = [
            (Column::Kind, true, "quyết định"),
            (Column::Category, decision.category.is_some(), "danh mục"),
            (Column::Reason, true, "lý do"),
            (Column::By, true, "người quyết định"),
            (Column::Made, true, "ngày"),
            (Column::Until, decision.until.is_some(), "đến ngày"),
            (Column::Exam, decision.exam, "thi"),
        ];
        if let Some((.., heading)) = wanted.into_iter().find(|(column, is_needed, _)| *is_needed && lacks(*column)) {
            let what = format!("the spreadsheet has no column `{heading}`, which this decision needs");
            return Err(Fault::error(setting.file, Some(1), what, "add the column, and leave it empty in the other rows"));
        }
        // Words are in the language of the headings.
        let is_english = self.headings.iter().all(str::is_ascii);
        let category = |id: &String| match setting.registry.find(id) {
            Some(category) if !is_english => setting.registry.entry(category).name.vi.clone(),
            Some(_) | None => id.clone(),
        };
        let cells = self.columns.iter().enumerate().map(|(place, column)| match column {
            Column::Name => decision.name.to_string(),
            Column::Kind => if is_english { decision.kind.text() } else { vietnamese(decision.kind) }.to_owned(),
            Column::Category => decision.category.as_ref().map(category).unwrap_or_default(),
            Column::Reason => decision.reason.clone(),
            Column::By => decision.by.clone(),
            Column::Made => day(decision.made, is_english),
            Column::Until => decision.until.map(|until| day(until, is_english)).unwrap_or_default(),
            Column::Exam if decision.exam => if is_english { "yes" } else { "có" }.to_owned(),
            Column::Exam => String::new(),
            Column::Unread => known.and_then(|row| row.cells.get(place)).unwrap_or_default().to_owned(),
        });
        let mut out = csv::WriterBuilder::new().delimiter(self.delimiter).from_writer(Vec::new());
        out.write_record(cells).expect("memory does not fail");
        let mut row = out.into_inner().expect("memory does not fail");
        while row.last().is_some_and(|octet| matches!(octet, b'\r' | b'\n')) {
            row.pop();
        }
        Ok(row)
    }
}

/// The text with decisions put into it: where a row of the same kind and name stands, in its place, else below the last row. An
/// empty text becomes a sheet as [`write()`] makes it.
///
/// # Errors
/// Where it is no spreadsheet, or lacks a column that a decision needs.
pub fn put(bytes: &[u8], decisions: &[Decision], setting: &Setting<'_>) -> Result<Vec<u8>, Vec<Fault>> {
    if bytes.strip_prefix(MARK).unwrap_or(bytes).trim_ascii().is_empty() {
        return Ok(write(decisions));
    }
    let mut text = bytes.to_vec();
    for decision in decisions {
        let sheet = Sheet::read(&text, setting)?;
        let known = sheet.rows.iter().find(|row| (row.kind, row.name.as_ref()) == (Some(decision.kind), Some(&decision.name)));
        let row = sheet.row(decision, known, setting).map_err(|fault| vec![fault])?;
        let mut next = Vec::new();
        if let Some(known) = known {
            next.extend_from_slice(&text[..known.at.start]);
            next.extend(row);
            next.extend_from_slice(&text[known.at.end..]);
        } else {
            let ends = text.iter().rev().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
            next.extend_from_slice(&text[..text.len() - ends]);
            next.extend_from_slice(sheet.line_end().as_bytes());
            next.extend(row);
            next.extend_from_slice(sheet.line_end().as_bytes());
        }
        text = next;
        let is_there = |row: &Row| (row.kind, row.name.as_ref()) == (Some(decision.kind), Some(&decision.name));
        if !Sheet::read(&text, setting)?.rows.iter().any(is_there) {
            let hint = "a quote that begins a cell has to end it: open the file in the spreadsheet and save it anew";
            return Err(vec![Fault::error(setting.file, None, "its last row does not end", hint)]);
        }
    }
    Ok(text)
}

/// The text without the rows for `name`, and what they decided. All other lines stay as they are.
///
/// # Errors
/// Where it is no spreadsheet of decisions.
pub fn remove(bytes: &[u8], name: &Name, setting: &Setting<'_>) -> Result<(Vec<u8>, Vec<Kind>), Vec<Fault>> {
    let sheet = Sheet::read(bytes, setting)?;
    let (mut kept, mut copied, mut removed) = (Vec::new(), 0, Vec::new());
    for row in sheet.rows.iter().filter(|row| row.name.as_ref() == Some(name)) {
        kept.extend_from_slice(&bytes[copied..row.at.start]);
        let rest = &bytes[row.at.end..];
        let end = [b"\r\n".as_slice(), b"\n", b"\r"].into_iter().find(|end| rest.starts_with(end)).map_or(0, <[u8]>::len);
        copied = row.at.end + end;
        removed.push(row.kind.unwrap_or(Kind::Lock));
    }
    kept.extend_from_slice(&bytes[copied..]);
    Ok((kept, removed))
}

const fn vietnamese(kind: Kind) -> &'static str {
    match kind {
        Kind::Lock => "khóa",
        Kind::Guarantee => "bảo đảm",
        Kind::Allow => "cho phép",
    }
}

/// A day as people write it who write their headings so.
fn day(day: jiff::civil::Date, is_english: bool) -> String {
    if is_english { day.to_string() } else { day.strftime("%d/%m/%Y").to_string() }
}

/// Decisions as a spreadsheet opens them: with the mark of UTF-8, headings in Vietnamese, days as people there write them.
pub fn write(decisions: &[Decision]) -> Vec<u8> {
    let mut out =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    let headings = ["tên miền", "quyết định", "danh mục", "lý do", "người quyết định", "ngày", "đến ngày", "thi"];
    let rows = decisions.iter().map(|decision| {
        [
            decision.name.to_string(),
            vietnamese(decision.kind).to_owned(),
            decision.category.clone().unwrap_or_default(),
            decision.reason.clone(),
            decision.by.clone(),
            day(decision.made, false),
            decision.until.map(|until| day(until, false)).unwrap_or_default(),
            if decision.exam { "có".to_owned() } else { String::new() },
        ]
    });
    out.write_record(headings).expect("memory does not fail");
    for row in rows {
        out.write_record(row).expect("memory does not fail");
    }
    out.into_inner().expect("memory does not fail")
}
