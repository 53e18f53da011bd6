//! What is due within the next second or so, to the nearest few milliseconds: a wheel that time turns.
//!
//! The rule: nothing comes out before its time; whoever looks in each tick has it a tick later at most.
//!
//! # Cost
//! Putting something in is a push; taking out touches what is due and nothing else. What has come to its end before its time is
//! not searched for, but found so when that time comes.

use std::time::Duration;

/// How much time one slot covers.
pub(super) const TICK: Duration = Duration::from_millis(4);

/// How many slots there are; what is due later than all of them waits in the last, and goes round again.
const SLOTS: u64 = 256;

/// Things, and when each is due, counted from the wheel's start.
#[derive(Debug)]
pub(super) struct Wheel<T> {
    slots: Vec<Vec<(Duration, T)>>,
    /// The first tick that has not been looked at.
    next: u64,
    count: usize,
}

impl<T> Wheel<T> {
    pub(super) fn new() -> Self {
        Self { slots: (0..SLOTS).map(|_| Vec::new()).collect(), next: 0, count: 0 }
    }

    /// Puts `thing` in at `now`, to come out at `due`.
    pub(super) fn put(&mut self, now: Duration, due: Duration, thing: T) {
        if self.count == 0 {
            self.next = self.next.max(ticks(now) + 1);
        }
        self.count += 1;
        let tick = (ticks(due) + 1).clamp(self.next, self.next + SLOTS - 1);
        self.slot(tick).push((due, thing));
    }

    /// Takes out all that is due at `now`, and appends it to `out`.
    pub(super) fn take(&mut self, now: Duration, out: &mut Vec<T>) {
        let last = ticks(now);
        // After a long sleep each slot is looked at once.
        for tick in (self.next..=last).take(self.slots.len()) {
            let mut slot = std::mem::take(self.slot(tick));
            self.count -= slot.len();
            self.next = tick + 1;
            for (due, thing) in slot.drain(..) {
                if due <= now { out.push(thing) } else { self.put(now, due, thing) }
            }
            // The room stays, unless something was put there meanwhile.
            if self.slot(tick).is_empty() {
                *self.slot(tick) = slot;
            }
        }
        self.next = self.next.max(last + 1);
    }

    /// When there may be something to take out; none where there is nothing.
    pub(super) fn due(&self) -> Option<Duration> {
        if self.count == 0 {
            return None;
        }
        let tick = (self.next..).find(|tick| !self.slots[place(*tick)].is_empty()).expect("something is in one of the slots");
        Some(TICK * u32::try_from(tick).unwrap_or(u32::MAX))
    }

    fn slot(&mut self, tick: u64) -> &mut Vec<(Duration, T)> {
        &mut self.slots[place(tick)]
    }
}

/// How many ticks are over.
fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_nanos() / TICK.as_nanos()).unwrap_or(u64::MAX / 2)
}

fn place(tick: u64) -> usize {
    usize::try_from(tick % SLOTS).expect("a small number")
}

#[cfg(test)]
mod tests;
