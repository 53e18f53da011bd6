//! How much, how fast? The rooms' own counters in Prometheus' text format; base units, and no name or client is ever a label.
//!
//! The rule: rooms count for themselves and do not know of this file. At every scrape at rest queries = responses + rate-limited,
//! and the blocks add up to the responses with verdict `blocked`.

mod family;
mod office;

use std::time::Duration;

use jiff::Timestamp;
use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::{Encoder, TextEncoder};

use crate::answer::CacheCounts;
use crate::answer::upstream::{BUCKETS, UpstreamStats};
use crate::dns::Transport;
use crate::journal;
use crate::policy::Outcome;
use crate::tally::{BOUNDS, Histogram, Label, Sheet, Tally};

pub use office::OfficeReading;

use family::{Families, Kind};

/// What one list brought to the index in force.
#[derive(Debug, Clone)]
pub struct ListReading {
    /// The list's id.
    pub list: String,
    /// Names and patterns taken from it.
    pub entries: u64,
    /// When it was last read without a fault.
    pub last_success: Option<Timestamp>,
    /// How often it could not be read, by reason.
    pub failures: Vec<(&'static str, u64)>,
}

/// Everything that a scrape shows, read at one time.
#[derive(Debug)]
pub struct Reading<'a> {
    /// The sum of the workers' counts, and the words of their labels.
    pub sheet: Sheet,
    /// Where the labels' words and the panics stand.
    pub tally: &'a Tally,
    /// The cache's counters.
    pub cache: CacheCounts,
    /// The journal's counters.
    pub journal: journal::Tally,
    /// Each upstream's counters.
    pub upstreams: Vec<UpstreamStats>,
    /// Each list.
    pub lists: Vec<ListReading>,
    /// The education office; none where the school follows none.
    pub office: Option<OfficeReading>,
    /// Names in the index in force.
    pub index_names: u64,
    /// Octets of the mapped images.
    pub index_bytes: u64,
    /// The serial of lists and configuration in force.
    pub snapshot: u64,
    /// Whether a verified index filters.
    pub ready: bool,
    /// Reloads that succeeded and that failed.
    pub reloads: (u64, u64),
    /// When a reload, or the start, last succeeded.
    pub last_reload: Option<Timestamp>,
    /// TCP connections open now.
    pub connections: u64,
    /// Whether one address asked nearly everything of late, though there are several groups.
    pub single_source: bool,
}

/// The text of a scrape.
pub fn render(reading: &Reading<'_>) -> String {
    let mut families = Families::default();
    traffic(&mut families, reading);
    caching(&mut families, reading);
    upstreams(&mut families, &reading.upstreams);
    lists(&mut families, reading);
    if let Some(reading) = &reading.office {
        office::office(&mut families, reading);
    }
    journaling(&mut families, &reading.journal);
    let mut all = families.finish();
    all.extend(ProcessCollector::for_self().collect());
    let mut text = Vec::new();
    TextEncoder::new()
        .encode(&all, &mut text)
        .expect("every family has a name and a metric, and a Vec takes all that is written");
    String::from_utf8(text).expect("the encoder writes UTF-8")
}

fn traffic(families: &mut Families, reading: &Reading<'_>) {
    let Reading { sheet, tally, .. } = reading;
    let word = |label: &Label| tally.word(*label);
    let group = |label: &Option<Label>| label.as_ref().map_or_else(|| "none".into(), word);

    let revision = option_env!("KHIEN_REVISION").unwrap_or("unknown");
    families
        .open("khien_build_info", "The program that runs; always 1.", Kind::Gauge)
        .value(&[("version", env!("CARGO_PKG_VERSION")), ("revision", revision)], 1.0);

    let mut queries = families.open("khien_queries_total", "Queries that came in.", Kind::Counter);
    for ((transport, record_type), count) in &sheet.queries {
        queries.count(&[("transport", transport.text()), ("type", record_type)], *count);
    }
    let mut responses = families.open("khien_responses_total", "Responses rendered.", Kind::Counter);
    for ((who, outcome, rcode), count) in &sheet.responses {
        responses.count(&[("group", &group(who)), ("verdict", outcome.text()), ("rcode", rcode.text())], *count);
    }
    let mut blocked = families.open("khien_blocked_total", "Blocked queries by deciding category.", Kind::Counter);
    for ((who, tier, category), count) in &sheet.blocked {
        blocked.count(&[("group", &word(who)), ("tier", &word(tier)), ("category", &group(category))], *count);
    }
    let mut durations = families.open("khien_request_duration_seconds", "From a query's arrival to its answer.", Kind::Histogram);
    for (outcome, Histogram { counts, sum }) in Outcome::ALL.iter().zip(&sheet.durations) {
        // A series is made on first use.
        if counts.iter().any(|count| *count > 0) {
            durations.histogram(&[("verdict", outcome.text())], &BOUNDS, counts, *sum);
        }
    }
    let mut limited = families.open("khien_rate_limited_total", "Queries dropped by the rate limit.", Kind::Counter);
    for (who, count) in &sheet.rate_limited {
        limited.count(&[("group", &group(who))], *count);
    }
    families
        .open("khien_single_source", "1 where one address asks nearly everything, though there are several groups.", Kind::Gauge)
        .count(&[], reading.single_source.into());
    let mut ignored = families.open("khien_ignored_total", "Packets that were no query and got no reply.", Kind::Counter);
    for (reason, count) in &sheet.ignored {
        ignored.count(&[("reason", reason.text())], *count);
    }
    let mut rebindings = families.open("khien_rebindings_total", "Private addresses in answers for public names.", Kind::Counter);
    for (outcome, count) in &sheet.rebindings {
        rebindings.count(&[("verdict", outcome.text())], *count);
    }
    let mut observed = families.open("khien_observed_total", "Queries for names of lists that only observe.", Kind::Counter);
    for (list, count) in &sheet.observed {
        observed.count(&[("list", &word(list))], *count);
    }
    families.open("khien_panics_total", "Panics, each of which cost one query.", Kind::Counter).count(&[], tally.panics());
    families
        .open("khien_connections", "Connections open now.", Kind::Gauge)
        .count(&[("transport", Transport::Tcp.text())], reading.connections);
}

fn caching(families: &mut Families, reading: &Reading<'_>) {
    let CacheCounts { entries, bytes, hits, misses, stale, prefetches } = reading.cache;
    families.open("khien_cache_entries", "Messages in the cache.", Kind::Gauge).count(&[], entries);
    families.open("khien_cache_bytes", "Octets that the cache takes.", Kind::Gauge).count(&[], bytes);
    families.open("khien_cache_hits_total", "Queries answered from the cache.", Kind::Counter).count(&[], hits);
    families.open("khien_cache_misses_total", "Queries that the cache had no answer for.", Kind::Counter).count(&[], misses);
    families.open("khien_cache_stale_total", "Answers given after their TTL.", Kind::Counter).count(&[], stale);
    families
        .open("khien_cache_prefetches_total", "Answers fetched before their TTL ended.", Kind::Counter)
        .count(&[], prefetches);
}

fn upstreams(families: &mut Families, upstreams: &[UpstreamStats]) {
    let mut durations =
        families.open("khien_upstream_request_duration_seconds", "From a question to an upstream's answer.", Kind::Histogram);
    let bounds = BUCKETS.map(|bound| bound.as_secs_f64());
    for upstream in upstreams {
        let mut counts = upstream.latency.buckets.to_vec();
        counts.push(upstream.latency.count.saturating_sub(counts.iter().sum()));
        durations.histogram(&[("upstream", &upstream.upstream)], &bounds, &counts, upstream.latency.sum);
    }
    let mut failures = families.open("khien_upstream_failures_total", "Attempts that brought no answer.", Kind::Counter);
    for upstream in upstreams {
        for (fault, count) in upstream.failures {
            failures.count(&[("upstream", &upstream.upstream), ("reason", fault.text())], count);
        }
    }
    let mut up =
        families.open("khien_upstream_up", "1 where the upstream is asked in its turn, 0 where it is set back.", Kind::Gauge);
    for upstream in upstreams {
        up.count(&[("upstream", &upstream.upstream)], upstream.up.into());
    }
}

fn lists(families: &mut Families, reading: &Reading<'_>) {
    let mut entries = families.open("khien_list_entries", "Names and patterns taken from a list.", Kind::Gauge);
    for list in &reading.lists {
        entries.count(&[("list", &list.list)], list.entries);
    }
    let mut success =
        families.open("khien_list_last_success_timestamp_seconds", "When a list was last read without a fault.", Kind::Gauge);
    for list in &reading.lists {
        if let Some(at) = list.last_success {
            success.value(&[("list", &list.list)], seconds(at));
        }
    }
    let mut failures =
        families.open("khien_list_failures_total", "How often a list could not be fetched or read.", Kind::Counter);
    for list in &reading.lists {
        for (reason, count) in &list.failures {
            failures.count(&[("list", &list.list), ("reason", reason)], *count);
        }
    }
    families.open("khien_index_names", "Names in the index.", Kind::Gauge).count(&[], reading.index_names);
    families.open("khien_index_bytes", "Octets of the index's images.", Kind::Gauge).count(&[], reading.index_bytes);
    families
        .open("khien_snapshot_serial", "The serial of lists and configuration in force.", Kind::Gauge)
        .count(&[], reading.snapshot);
    families.open("khien_ready", "1 where a verified index filters.", Kind::Gauge).count(&[], reading.ready.into());
    let mut reloads = families.open("khien_reloads_total", "Reloads of configuration and lists.", Kind::Counter);
    reloads.count(&[("result", "success")], reading.reloads.0);
    reloads.count(&[("result", "failed")], reading.reloads.1);
    if let Some(at) = reading.last_reload {
        families
            .open("khien_last_reload_success_timestamp_seconds", "When a reload, or the start, last succeeded.", Kind::Gauge)
            .value(&[], seconds(at));
    }
}

fn journaling(families: &mut Families, tally: &journal::Tally) {
    let journal::Tally { noted: _, written, folded, dropped, withheld, store_errors, json_errors, mismatches } = *tally;
    families.open("khien_journal_entries_total", "Entries written.", Kind::Counter).count(&[], written);
    families
        .open("khien_journal_folded_total", "Queries added to an entry that stood already.", Kind::Counter)
        .count(&[], folded);
    families.open("khien_journal_dropped_total", "Queries that the journal could not keep.", Kind::Counter).count(&[], dropped);
    families
        .open("khien_journal_withheld_total", "Queries for help names, of which no record is kept.", Kind::Counter)
        .count(&[], withheld);
    let mut errors = families.open("khien_journal_errors_total", "Failures to write.", Kind::Counter);
    errors.count(&[("sink", "store")], store_errors);
    errors.count(&[("sink", "json")], json_errors);
    families
        .open("khien_index_mismatches_total", "Names found to have the hash of a listed one.", Kind::Counter)
        .count(&[], mismatches);
}

fn seconds(at: Timestamp) -> f64 {
    Duration::from_millis(u64::try_from(at.as_millisecond()).unwrap_or(0)).as_secs_f64()
}
