//! Values that contradict each other are found, and those that agree mean what the manual says.

use crate::config::{Program, Severity, Surroundings, read};
use crate::dns::Name;
use crate::policy::{Effect, Only, Origin, Scope, YouTube};
use std::path::{Path, PathBuf};

fn surroundings() -> Surroundings {
    Surroundings { state: PathBuf::from("/state"), now: "2026-11-23T02:00:00Z".parse().expect("a time") }
}

/// The program that a text without errors means, and what is doubtful about it.
fn program(text: &str) -> (Program, Vec<String>) {
    let (program, doubts) = read(text, Some(Path::new("/etc/khien/k.toml")), &surroundings()).expect("free of errors");
    assert!(doubts.iter().all(|fault| fault.severity == Severity::Warning));
    (program, doubts.iter().map(|fault| fault.what.clone()).collect())
}

#[track_caller]
fn errs(text: &str, words: &[&str]) {
    let faults = read(text, Some(Path::new("k.toml")), &surroundings()).expect_err("faulty");
    let errors: Vec<_> = faults.iter().filter(|fault| fault.severity == Severity::Error).map(ToString::to_string).collect();
    assert_eq!(errors.len(), words.len(), "{errors:#?}");
    for (error, words) in errors.iter().zip(words) {
        assert!(error.contains(words), "{error} does not say {words}");
    }
}

#[track_caller]
fn warns(text: &str, words: &str) {
    let (_, doubts) = program(text);
    assert!(doubts.len() == 1 && doubts[0].contains(words), "{doubts:#?}");
}

const GROUP: &str = "[[group]]\nid = 'a'\ntier = 'primary'\nsubnets = ['10.1.0.0/16']\n";

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

#[test]
fn an_empty_file_means_the_embedded_default() {
    let (program, doubts) = program("");
    assert_eq!(doubts, Vec::<String>::new());
    assert_eq!(program.policies.all().len(), 1);
    assert_eq!(program.shared.tiers.all().len(), 5);
    let cache = crate::answer::CacheRules {
        bytes: 64 << 20,
        serve_stale: std::time::Duration::from_secs(86_400),
        prefetch: crate::answer::Prefetch::On,
    };
    assert_eq!(program.cache, cache);
}

#[test]
fn what_is_switched_off_is_not_missed() {
    let text = "[cache]\nserve_stale = '0'\nprefetch = false\n[clients]\ndefault_group = 'staff'\n\
                [[group]]\nid = 'staff'\ntier = 'staff'\n";
    assert_eq!(program(text).1, Vec::<String>::new());
}

#[test]
fn a_group_has_its_clients_and_its_policy() {
    let (program, _) = program(&format!("{GROUP}allow = ['olm.vn', 'youtube']\ndeny = ['zalo']\nrate_limit = '5/s'\n"));
    let group = program.clients.find("a").expect("the group");
    let policy = program.policies.of(group);
    assert_eq!(policy.allow.exact(&name("olm.vn")), Some(&Origin::Written));
    assert_eq!(policy.allow.exact(&name("googlevideo.com")), Some(&Origin::Service("youtube".to_owned())));
    assert!(policy.deny.exact(&name("zalo.me")).is_some());
    assert_eq!(policy.scope, Scope::Everything);
    assert_eq!(program.clients.group(group).rate_limit.to_string(), "5/s");
    assert_eq!(program.clients.group(group).name, "a");
}

#[test]
fn a_window_puts_an_exam_in_force() {
    let text = format!(
        "{GROUP}[[group.schedule]]\ndays = ['mon']\nfrom = '08:00'\nto = '10:00'\nallow_only = true\nonly = ['thi.truong.edu.vn']\n"
    );
    let (program, doubts) = program(&text);
    assert_eq!(doubts, Vec::<String>::new());
    let windows = program.policies.all()[0].schedule.windows();
    let [window] = windows else { panic!("one window: {windows:?}") };
    assert!(matches!(&window.effect, Effect::Exam(Only::Names(names)) if names.exact(&name("thi.truong.edu.vn")).is_some()));
}

#[test]
fn lists_stand_beside_the_file() {
    let (program, _) = program("[[list]]\nid = 'x'\ncategory = 'adult'\nsource = 'lists/x.txt'\n");
    assert_eq!(program.lists[0].path(), Path::new("/etc/khien/lists/x.txt"));
    assert_eq!(program.lists[0].parts.len(), 1);
}

#[test]
fn a_tree_of_folders_is_many_lists() {
    let (program, _) =
        program("[[list]]\nid = 'ut1'\nformat = 'ut1'\nsource = 'ut1'\ncategories = { adult = 'adult', drogue = 'drugs' }\n");
    let ids: Vec<_> = program.lists[0].parts.iter().map(|part| part.list.id.to_string()).collect();
    assert_eq!(ids, ["ut1/adult", "ut1/drogue"]);
}

#[test]
fn the_same_prefix_in_two_groups_is_a_fault() {
    errs(&format!("{GROUP}[[group]]\nid = 'b'\ntier = 'staff'\nsubnets = ['10.1.0.0/16']\n"), &["is in group `a` too"]);
    warns("[[group]]\nid = 'a'\ntier = 'primary'\nsubnets = ['10.1.0.0/16', '10.1.0.0/16']\n", "stands twice in group");
}

#[test]
fn what_is_named_must_be_defined() {
    errs(
        "[[group]]\nid = 'a'\ntier = 'primery'\nsubnets = ['10.1.0.0/16']\n",
        &["tier `primery` is not defined\nhint: did you mean `primary`?"],
    );
    errs("[clients]\ndefault_group = 'gusts'\n[[group]]\nid = 'guests'\ntier = 'staff'\n", &["did you mean `guests`?"]);
    errs("[[list]]\nid = 'x'\ncategory = 'adlut'\nsource = 'x'\n", &["did you mean `adult`?"]);
    errs(&format!("{GROUP}allow = ['youtub']\n"), &["service `youtub` is not defined\nhint: did you mean `youtube`?"]);
}

#[test]
fn a_faulty_section_is_not_missed_where_it_is_named() {
    errs(
        "[[tier]]\nname = { vi = 'Lớp' }\n[[group]]\nid = 'a'\ntier = 'lop'\nsubnets = ['10.1.0.0/16']\n",
        &["[[tier]] without `id`"],
    );
}

#[test]
fn ids_stand_once() {
    errs(&format!("{GROUP}[[group]]\nid = 'a'\ntier = 'staff'\nsubnets = ['10.2.0.0/16']\n"), &["group `a` stands twice"]);
    errs("[[tier]]\nid = 'x'\n[[tier]]\nid = 'x'\n", &["the tier `x` is defined twice"]);
    errs("[[category]]\nid = 'social'\n[[category]]\nid = 'social'\n", &["category `social` stands twice"]);
    let list = "[[list]]\nid = 'x'\ncategory = 'adult'\nsource = 'x'\n";
    errs(&format!("{list}{list}"), &["list `x` stands twice"]);
    errs("[[group]]\nid = 'default'\ntier = 'staff'\nsubnets = ['10.2.0.0/16']\n", &["built-in group"]);
}

#[test]
fn the_law_is_not_unlocked() {
    errs("[[category]]\nid = 'gambling'\nlocked = false\n", &["is locked by law"]);
    let (program, _) = program("[[category]]\nid = 'social'\nlocked = true\n");
    assert!(program.registry.locked().contains(program.registry.find("social").expect("shipped")));
}

#[test]
fn windows_are_checked() {
    let window = |text: &str| format!("{GROUP}[[group.schedule]]\ndays = ['mon']\n{text}");
    errs(
        &window("from = '10:30'\nto = '09:00'\ntier = 'preschool'\n"),
        &["ends before it starts (10:30 to 09:00)\nhint: for a window past midnight write two windows"],
    );
    errs(&window("from = '09:00'\nto = '10:00'\n"), &["changes nothing"]);
    errs(
        &window("from = '09:00'\nto = '10:00'\nopens = ['games']\nallow_only = true\n"),
        &["more than one of", "leaves nothing open"],
    );
    errs(&window("from = '09:00'\nto = '10:00'\nopens = ['gambling']\n"), &["which is locked"]);
    errs(&window("from = '09:00'\nto = '10:00'\nallow_only = true\n"), &["leaves nothing open"]);
    errs(&window("from = '09:00'\nto = '10:00'\nopens = ['games']\nonly = ['a.vn']\n"), &["`only` without `allow_only = true`"]);
    warns(&window("from = '09:00'\nto = '10:00'\ntier = 'staff'\n"), "is older than `primary`");
    let second = "[[group.schedule]]\ndays = ['mon', 'tue']\nfrom = '09:30'\nto = '11:00'\nopens = ['games']\n";
    warns(&format!("{}{second}", window("from = '09:00'\nto = '10:00'\nopens = ['games']\n")), "overlap");
}

#[test]
fn help_is_not_denied_and_connectivity_hardly() {
    errs(&format!("{GROUP}deny = ['app.tongdai111.vn']\n"), &["nothing closes it"; 1]);
    warns(&format!("{GROUP}deny = ['connectivitycheck.gstatic.com']\n"), "which devices need");
    warns(&format!("{GROUP}allow = ['olm.vn']\ndeny = ['olm.vn']\n"), "both allows and denies");
}

#[test]
fn a_standing_exam_names_what_is_open() {
    errs(&format!("{GROUP}allow_only = true\n"), &["its `allow` leaves nothing open"]);
}

#[test]
fn exceptions_have_a_reason_and_an_end() {
    errs("[[exception]]\nname = 'example.org'\n", &["without `reason`", "without `until`"]);
    errs("[[exception]]\nname = 'example.org'\nreason = ' '\nuntil = '2026-12-31'\n", &["without a reason"]);
    warns("[[exception]]\nname = 'example.org'\nreason = 'wrongly listed'\nuntil = '2026-11-22'\n", "ended on 2026-11-22");
    let (program, doubts) = program("[[exception]]\nname = 'example.org'\nreason = 'wrongly listed'\nuntil = '2026-11-23'\n");
    assert_eq!(doubts, Vec::<String>::new(), "09:00 in Hà Nội on the last day");
    assert!(!program.shared.exceptions.is_empty());
}

#[test]
fn listeners_and_upstreams_are_not_in_each_others_way() {
    errs("[listen]\ndns = ['127.0.0.1:53', '0.0.0.0:53']\n", &["two listeners on"]);
    errs("[upstream]\nservers = ['udp://127.0.0.1:5300']\n", &["own listener"]);
    errs("[listen]\ndns = ['127.0.0.1:8080']\n", &["two listeners on 127.0.0.1:8080"]);
    warns("[listen]\ndns = ['0.0.0.0:53']\n[clients]\nallowed = ['any']\n", "is an open resolver");
    let (_, doubts) = program("[listen]\ndns = ['127.0.0.1:0', '127.0.0.1:0']\n[clients]\nallowed = ['any']\n");
    assert_eq!(doubts, Vec::<String>::new());
}

#[test]
fn an_unknown_time_zone_names_the_nearest() {
    errs("[schedule]\ntime_zone = 'Asia/Ho_Chi_Min'\n", &["time zone `Asia/Ho_Chi_Min` is not known"]);
}

#[test]
fn safe_search_and_youtube_are_a_tiers_and_before_that_a_groups() {
    let (program, _) = program(&format!("{GROUP}safe_search = false\nyoutube = 'moderate'\n"));
    let policy = &program.policies.all()[0];
    assert_eq!((policy.safe_search, policy.youtube), (Some(false), Some(YouTube::Moderate)));
    let tiers = program.shared.tiers.all();
    let shipped: Vec<_> = tiers.iter().map(|tier| (tier.settings.safe_search, tier.settings.youtube)).collect();
    let strict = (true, YouTube::Strict);
    assert_eq!(shipped, [strict, strict, strict, (true, YouTube::Moderate), (false, YouTube::Off)]);
}

/// Two tiers of a file, the younger one first.
fn two_tiers(younger: &str, older: &str) -> String {
    format!("[[tier]]\nid = 'young'\n{younger}\n[[tier]]\nid = 'old'\n{older}\n")
}

#[test]
fn a_tier_restricts_a_service_with_all_that_it_needs() {
    let (program, doubts) = program(&two_tiers("blocks = ['video']\nrestricted = ['youtube']", "blocks = ['social']"));
    assert_eq!(doubts, Vec::<String>::new());
    let [young, old] = program.shared.tiers.all() else { panic!("two tiers") };
    assert_eq!(young.services, ["youtube"]);
    assert!(young.restricted.covering(&name("i.ytimg.com")).is_some() && young.restricted.exact(&name("youtu.be")).is_some());
    assert_eq!((old.services.len(), old.restricted.len()), (0, 0));
}

#[test]
fn what_is_restricted_has_a_restricted_form_and_it_is_on() {
    errs(&two_tiers("restricted = ['zalo']", ""), &["`restricted` names `zalo`, which has no restricted form"]);
    errs(&two_tiers("restricted = ['youtub']", ""), &["did you mean `youtube`?"]);
    errs(&two_tiers("restricted = ['youtube']\nyoutube = 'off'", ""), &["write `youtube = \"strict\"`"]);
    errs(&two_tiers("restricted = ['bing']\nsafe_search = false", ""), &["write `safe_search = true`"]);
}

#[test]
fn what_a_tier_restricts_no_older_one_blocks() {
    let younger = "blocks = ['social']\nrestricted = ['youtube']";
    errs(&two_tiers(younger, "blocks = ['video']"), &["the tier `old` blocks `youtube`, which the younger tier `young`"]);
    program(&two_tiers(younger, "blocks = ['video']\nrestricted = ['youtube']"));
    program(&two_tiers("blocks = ['video']", younger));
}

#[test]
fn a_country_is_no_mistyped_service() {
    errs(&format!("{GROUP}deny = ['vn']\n"), &["service `vn` is not defined\nhint: for every name below `vn` write \"vn.\""]);
    let (program, _) = program(&format!("{GROUP}deny = ['vn.']\n"));
    assert!(program.policies.all()[0].deny.covering(&name("a.vn")).is_some());
    errs(&format!("{GROUP}deny = ['games']\n"), &["the known ones are"]);
}

#[test]
fn tiers_out_of_order_are_doubtful() {
    warns("[[tier]]\nid = 'staff'\n[[tier]]\nid = 'primary'\n", "which is older");
}

#[test]
fn exact_lists_of_locked_categories_are_doubtful() {
    warns("[[list]]\nid = 'x'\ncategory = 'adult'\nsource = 'x'\nformat = 'hosts'\n", "one host at a time");
    let (_, doubts) = program("[[list]]\nid = 'x'\ncategory = 'adult'\nsource = 'x'\nformat = 'hosts'\nmatch = 'subtree'\n");
    assert_eq!(doubts, Vec::<String>::new());
}

#[test]
fn folders_of_a_tree_lead_nowhere_else() {
    let list =
        |folder: &str| format!("[[list]]\nid = 'x'\nsource = 'x'\nformat = 'ut1'\ncategories = {{ '{folder}' = 'adult' }}\n");
    for folder in ["../etc", "/etc", "..", ".", "a/b", "", "a/", "a/."] {
        errs(&list(folder), &["is no name of a folder"]);
    }
    program(&list("adult"));
}
