//! Whether counts are as chance makes them.
//!
//! It stands on nothing of the program, so that unit tests use it too.

/// Above this many standard deviations p is below 0.01.
pub const ONE_IN_A_HUNDRED: f64 = 2.326;

/// How far counts are from being equally likely.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChiSquared {
    sum: f64,
    free: f64,
}

impl ChiSquared {
    /// Of these counts.
    pub fn of(counts: impl ExactSizeIterator<Item = u64> + Clone) -> Self {
        let places = counts.len() as f64;
        let mean = counts.clone().sum::<u64>() as f64 / places;
        Self { sum: counts.map(|count| (count as f64 - mean).powi(2) / mean).sum(), free: places - 1.0 }
    }

    /// Of two samples that have nothing to do with each other, together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { sum: self.sum + other.sum, free: self.free + other.free }
    }

    /// By how many standard deviations it is more than chance makes it (Wilson and Hilferty, 1931).
    pub fn deviation(self) -> f64 {
        let spread = 2.0 / (9.0 * self.free);
        ((self.sum / self.free).cbrt() - (1.0 - spread)) / spread.sqrt()
    }
}

/// Asserts that of several samples the one in the middle has p > 0.01: chance alone fails that once in 10⁵ runs where there are
/// five, and what is not chance fails it every time.
pub fn assert_chance(what: &str, samples: impl IntoIterator<Item = ChiSquared>) {
    let mut deviations: Vec<f64> = samples.into_iter().map(ChiSquared::deviation).collect();
    assert!(deviations.len() >= 5, "{what}: too few samples");
    deviations.sort_by(f64::total_cmp);
    let middle = deviations[deviations.len() / 2];
    println!("{what}: {deviations:.2?} standard deviations, {middle:+.2} in the middle");
    // What is more even than chance is foreseen as easily as what is less.
    assert!((-3.1..=ONE_IN_A_HUNDRED).contains(&middle), "{what}: {deviations:.2?}");
}
