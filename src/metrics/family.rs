//! Metric families built by hand from counters that stand elsewhere.

use std::time::Duration;

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

/// What kind of figure a family holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

/// The families of one scrape.
#[derive(Debug, Default)]
pub(super) struct Families {
    all: Vec<(MetricFamily, Kind)>,
}

/// One family that is being filled.
pub(super) struct Open<'f> {
    family: &'f mut MetricFamily,
    kind: Kind,
}

impl Families {
    /// Begins a family.
    pub(super) fn open(&mut self, name: &str, help: &str, kind: Kind) -> Open<'_> {
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family.set_help(help.to_owned());
        family.set_field_type(match kind {
            Kind::Counter => MetricType::COUNTER,
            Kind::Gauge => MetricType::GAUGE,
            Kind::Histogram => MetricType::HISTOGRAM,
        });
        self.all.push((family, kind));
        let (family, kind) = self.all.last_mut().expect("one was just pushed");
        Open { family, kind: *kind }
    }

    /// The families that have a metric, each with its metrics in the order of their labels, so that scrapes compare well.
    pub(super) fn finish(self) -> Vec<MetricFamily> {
        self.all
            .into_iter()
            .filter(|(family, _)| !family.get_metric().is_empty())
            .map(|(mut family, _)| {
                let mut metrics = family.take_metric();
                metrics.sort_by_cached_key(|metric| {
                    metric.get_label().iter().map(|label| label.value().to_owned()).collect::<Vec<_>>()
                });
                family.set_metric(metrics);
                family
            })
            .collect()
    }
}

impl Open<'_> {
    /// Adds a whole number. Above 2⁵³ it is rounded, as Prometheus' own numbers are.
    #[expect(clippy::cast_precision_loss, reason = "the text format holds doubles")]
    pub(super) fn count(&mut self, labels: &[(&str, &str)], count: u64) {
        self.value(labels, count as f64);
    }

    /// Adds a value.
    pub(super) fn value(&mut self, labels: &[(&str, &str)], value: f64) {
        let mut metric = Metric::from_label(pairs(labels));
        match self.kind {
            Kind::Counter => {
                let mut counter = Counter::default();
                counter.set_value(value);
                metric.set_counter(counter);
            }
            Kind::Gauge => {
                let mut gauge = Gauge::default();
                gauge.set_value(value);
                metric.set_gauge(gauge);
            }
            Kind::Histogram => unreachable!("histograms are added by `histogram`"),
        }
        self.family.mut_metric().push(metric);
    }

    /// Adds a distribution: `counts` holds one more than `bounds`, and none is cumulative.
    pub(super) fn histogram(&mut self, labels: &[(&str, &str)], bounds: &[f64], counts: &[u64], sum: Duration) {
        let mut histogram = Histogram::default();
        let mut below = 0;
        let buckets = bounds
            .iter()
            .zip(counts)
            .map(|(bound, count)| {
                below += count;
                let mut bucket = Bucket::default();
                bucket.set_upper_bound(*bound);
                bucket.set_cumulative_count(below);
                bucket
            })
            .collect();
        histogram.set_bucket(buckets);
        histogram.set_sample_count(counts.iter().sum());
        histogram.set_sample_sum(sum.as_secs_f64());
        let mut metric = Metric::from_label(pairs(labels));
        metric.set_histogram(histogram);
        self.family.mut_metric().push(metric);
    }
}

fn pairs(labels: &[(&str, &str)]) -> Vec<LabelPair> {
    let pair = |(name, value): &(&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    labels.iter().map(pair).collect()
}
