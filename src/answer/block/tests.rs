//! Every mode for every kind of question, and what people read.

use std::time::Duration;

use super::{BlockAnswer, BlockMode, Blocked};
use crate::answer::Language;
use crate::dns::{Ede, Message, Name, Query, Rcode, RecordType, Section, Source, Transport};
use crate::lists::{CategoryEntry, Words};
use crate::policy::Reason;

fn words(vi: &str, en: &str) -> Words {
    Words { vi: vi.into(), en: en.into() }
}

fn entry(name: Words, locked: bool, threat: bool) -> CategoryEntry {
    CategoryEntry { id: "x".into(), name, description: Words::default(), locked, threat }
}

fn school(mode: BlockMode, language: Language) -> BlockAnswer {
    BlockAnswer { mode, ttl: Duration::from_secs(30), language, contact: "mailto:it@truong.edu.vn".into() }
}

fn query(record_type: RecordType) -> Query {
    let address = "127.0.0.1:53".parse().expect("an address");
    Query::new(Name::parse("www.games.example.vn").expect("a name"), record_type, Source::new(address, address, Transport::Udp))
}

/// The reply's rcode, the number of answers, and the SOA record's owner.
fn shape(mode: BlockMode, record_type: RecordType, closed: bool) -> (Rcode, usize, Option<String>) {
    let (tier, closed) = (Words::default(), || closed);
    let blocked = Blocked { reason: Reason::Tier, category: None, tier: &tier, rule_labels: 3, closed: &closed };
    let mut out = Vec::new();
    let rcode = school(mode, Language::English).render(&query(record_type), &blocked, &mut out);
    let message = Message::parse(&out).expect("sound");
    assert_eq!(message.rcode(), rcode);
    assert!(message.all_records().all(|record| record.ttl() == 30));
    let soa = message.records(Section::Authority).next().map(|record| record.owner().to_string());
    (rcode, message.records(Section::Answer).count(), soa)
}

#[test]
fn each_mode_answers_in_its_way() {
    let rule = Some("games.example.vn".to_owned());
    for closed in [true, false] {
        for record_type in [RecordType::A, RecordType::AAAA] {
            assert_eq!(shape(BlockMode::Null, record_type, closed), (Rcode::NOERROR, 1, None));
        }
        for record_type in [RecordType::HTTPS, RecordType::SVCB, RecordType::MX, RecordType::TXT, RecordType::ANY] {
            assert_eq!(shape(BlockMode::Null, record_type, closed), (Rcode::NOERROR, 0, rule.clone()));
        }
        assert_eq!(shape(BlockMode::Refused, RecordType::A, closed), (Rcode::REFUSED, 0, None));
    }
    // RFC 8020: NXDOMAIN only where nothing below is open.
    assert_eq!(shape(BlockMode::Nxdomain, RecordType::A, true), (Rcode::NXDOMAIN, 0, rule.clone()));
    assert_eq!(shape(BlockMode::Nxdomain, RecordType::A, false), (Rcode::NOERROR, 0, rule));
}

#[test]
fn null_addresses_are_all_zero() {
    for (record_type, octets) in [(RecordType::A, 4), (RecordType::AAAA, 16)] {
        let (tier, mut out) = (Words::default(), Vec::new());
        let blocked = Blocked { reason: Reason::Deny, category: None, tier: &tier, rule_labels: 0, closed: &|| true };
        school(BlockMode::Null, Language::English).render(&query(record_type), &blocked, &mut out);
        let message = Message::parse(&out).expect("sound");
        let record = message.records(Section::Answer).next().expect("an address");
        assert_eq!((record.record_type, record.rdata()), (record_type, &vec![0; octets][..]));
        assert!(record.owner() == query(record_type).name && !message.authentic_data());
    }
}

#[test]
fn a_rule_without_a_name_is_about_the_asked_one() {
    let (tier, mut out) = (Words::default(), Vec::new());
    let blocked = Blocked { reason: Reason::AllowOnly, category: None, tier: &tier, rule_labels: 0, closed: &|| true };
    school(BlockMode::Null, Language::English).render(&query(RecordType::TXT), &blocked, &mut out);
    let message = Message::parse(&out).expect("sound");
    assert_eq!(message.records(Section::Authority).next().map(|soa| soa.owner()), Some(query(RecordType::TXT).name));
}

/// The extended error of a block for this reason.
fn ede(reason: Reason, category: Option<&CategoryEntry>, language: Language) -> (Ede, String) {
    let tier = words("Tiểu học", "Primary");
    let blocked = Blocked { reason, category, tier: &tier, rule_labels: 2, closed: &|| true };
    let mut out = Vec::new();
    school(BlockMode::Null, language).render(&query(RecordType::A), &blocked, &mut out);
    let message = Message::parse(&out).expect("sound");
    let (code, text) = message.ede().next().expect("an extended error");
    assert!(text.len() <= 120, "{text}");
    (code, text.to_owned())
}

#[test]
fn texts_name_category_tier_and_contact() {
    use Language::{English, Vietnamese};
    let social = entry(words("Mạng xã hội", "Social networks"), false, false);
    let gambling = entry(words("Cờ bạc, cá độ", "Gambling"), true, false);
    let malware = entry(words("Mã độc", "Malware"), true, true);
    let table = [
        (Reason::Tier, Some(&social), Vietnamese, 15, "Đã chặn cho Tiểu học: Mạng xã hội. Liên hệ: it@truong.edu.vn"),
        (Reason::Tier, Some(&social), English, 15, "Blocked for Primary: Social networks. Contact: it@truong.edu.vn"),
        (Reason::Locked, Some(&gambling), Vietnamese, 16, "Bị cấm: Cờ bạc, cá độ. Liên hệ: it@truong.edu.vn"),
        (Reason::Locked, Some(&gambling), English, 16, "Forbidden: Gambling. Contact: it@truong.edu.vn"),
        (Reason::Locked, Some(&malware), Vietnamese, 16, "Nguy hiểm, đã chặn để bảo vệ bạn: Mã độc. Liên hệ: it@truong.edu.vn"),
        (Reason::Locked, Some(&malware), English, 16, "Dangerous, blocked to protect you: Malware. Contact: it@truong.edu.vn"),
        (Reason::Tier, Some(&malware), English, 15, "Dangerous, blocked to protect you: Malware. Contact: it@truong.edu.vn"),
        (Reason::Deny, None, Vietnamese, 15, "Nhà trường đã chặn. Liên hệ: it@truong.edu.vn"),
        (Reason::Deny, None, English, 15, "Blocked by the school. Contact: it@truong.edu.vn"),
        (Reason::AllowOnly, None, Vietnamese, 15, "Đang thi: chỉ mở các trang được phép. Liên hệ: it@truong.edu.vn"),
        (Reason::AllowOnly, None, English, 15, "Exam: only named sites are open. Contact: it@truong.edu.vn"),
    ];
    for (reason, category, language, code, text) in table {
        assert_eq!(ede(reason, category, language), (Ede(code), text.to_owned()));
    }
}

#[test]
fn a_long_text_is_cut_at_a_character() {
    for letters in 1..80 {
        let long = entry(words(&"ộ".repeat(letters), ""), false, false);
        let (_, text) = ede(Reason::Tier, Some(&long), Language::Vietnamese);
        let whole = format!("Đã chặn cho Tiểu học: {}. Liên hệ: it@truong.edu.vn", "ộ".repeat(letters));
        assert!(whole.starts_with(&text));
        assert!(text.len() == whole.len() || text.len() > 117, "nothing is cut that fits: {text}");
    }
}

#[test]
fn every_shipped_text_fits() {
    for language in [Language::Vietnamese, Language::English] {
        let school = school(BlockMode::Null, language);
        assert!(school.not_ready().len() <= 120 && school.not_served().len() <= 120);
        for reason in Reason::ALL {
            ede(reason, None, language);
        }
    }
}
