//! Races by a clock of their own: how soon which question is answered, to the millisecond, on whatever machine.
//!
//! The rule: order, turns and health are the program's; only the network is made up, as a manner in which each upstream meets
//! questions, and time goes from one thing that happens to the next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::*;
use crate::dns::Reply;

const MS: Duration = Duration::from_millis(1);

/// What a question brings, and after how long.
#[derive(Debug, Clone, Copy)]
struct Bring(Duration, What);

#[derive(Debug, Clone, Copy)]
enum What {
    Answer,
    Rcode(Rcode),
    Fault(Fault),
}

/// How an upstream meets the question that is put to it at a time; nothing comes of it where it is silent.
type Manner = Box<dyn FnMut(Duration) -> Option<Bring>>;

/// An upstream at this address and its manner.
struct Player(SocketAddr, Manner);

/// A question under way or answered.
struct Course {
    race: Race,
    begun: Duration,
    /// Within how long the one whose turn was first nearly always answers, as far as was known then.
    usual: Option<Duration>,
    /// How long it took, and whether it was answered.
    ended: Option<(Duration, bool)>,
    /// To whom it was put, by their numbers, and when after its begin.
    asked: Vec<(usize, Duration)>,
}

/// What happens.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// It is time to look at this question.
    Look(usize),
    /// A runner of this question brings something.
    Brought(usize, usize, What),
    /// A probe of this upstream, put at this time, has come to something.
    Probed(usize, Duration, Result<What, Fault>),
}

struct Clockwork {
    upstreams: Upstreams,
    players: Vec<Player>,
    zero: Instant,
    courses: Vec<Course>,
    /// Who was probed, and when.
    probes: Vec<(usize, Duration)>,
    /// By time, and by order where that is the same.
    events: BinaryHeap<Reverse<(Duration, usize)>>,
    happenings: Vec<Event>,
}

impl Clockwork {
    /// To be called within a runtime, whose tasks have no turn before the test ends.
    fn new(strategy: Strategy, players: Vec<Player>) -> Self {
        let addresses: Vec<_> = players.iter().map(|player| player.0).collect();
        let upstreams = Upstreams::new(&Settings { strategy, ..in_order(&addresses) }).expect("upstreams");
        let (courses, probes, events, happenings) = (Vec::new(), Vec::new(), BinaryHeap::new(), Vec::new());
        Self { upstreams, players, zero: Instant::now(), courses, probes, events, happenings }
    }

    /// Puts a question at each of these times, in their order, and runs until all have ended.
    fn run(&mut self, times: impl IntoIterator<Item = Duration>) {
        let mut times = times.into_iter().peekable();
        loop {
            let next = self.events.peek().map(|Reverse((time, _))| *time);
            match (times.peek().copied(), next) {
                (Some(begin), next) if next.is_none_or(|next| begin <= next) => {
                    times.next();
                    self.begin(begin);
                }
                (_, Some(_)) => self.happen(),
                (_, None) => return,
            }
        }
    }

    fn begin(&mut self, begun: Duration) {
        let pool = Arc::clone(&self.upstreams.pool);
        let (order, now) = (pool.order(), self.zero + begun);
        self.probe(&pool, &order, begun);
        let usual = order[0].health.nearly_all();
        self.courses.push(Course { race: pool.race(order, now), begun, usual, ended: None, asked: Vec::new() });
        self.go_on(self.courses.len() - 1, begun);
    }

    /// As [`Pool::probe`], with a turn in place of chance.
    fn probe(&mut self, pool: &Pool, order: &[Arc<Upstream>], now: Duration) {
        if !order[0].health.is_up() {
            return;
        }
        let turn = self.courses.len() % EXPLORE as usize == EXPLORE as usize - 1;
        let explored = if turn { pool.explored(order) } else { None };
        let instant = self.zero + now;
        for upstream in order.iter().filter(|upstream| upstream.health.may_probe(instant)).chain(explored) {
            let player = self.player(upstream);
            self.probes.push((player, now));
            let (after, what) = match (self.players[player].1)(now) {
                Some(Bring(after, what)) if after < probe::TIME => (after, Ok(what)),
                Some(_) | None => (probe::TIME, Err(Fault::Timeout)),
            };
            self.at(now + after, Event::Probed(player, now, what));
        }
    }

    fn player(&self, upstream: &Upstream) -> usize {
        self.players.iter().position(|player| player.0 == upstream.address.address).expect("a player")
    }

    fn at(&mut self, time: Duration, event: Event) {
        self.happenings.push(event);
        self.events.push(Reverse((time, self.happenings.len() - 1)));
    }

    fn happen(&mut self) {
        let Some(Reverse((now, number))) = self.events.pop() else { return };
        let instant = self.zero + now;
        match self.happenings[number] {
            Event::Look(course) => self.go_on(course, now),
            Event::Brought(course, runner, what) => {
                let Course { race, ended, begun, .. } = &mut self.courses[course];
                if ended.is_none() && race.ended(runner, outcome(what), instant).is_some() {
                    *ended = Some((now - *begun, true));
                }
                self.go_on(course, now);
            }
            Event::Probed(player, put, what) => {
                let upstream = Arc::clone(&self.upstreams.pool.upstreams[player]);
                note(&upstream, &what.and_then(outcome), now - put, instant);
            }
        }
    }

    /// Does what the race says.
    fn go_on(&mut self, number: usize, now: Duration) {
        while self.courses[number].ended.is_none() {
            match self.courses[number].race.turn(self.zero + now) {
                Turn::Ask(runner, upstream) => {
                    let player = self.player(&upstream);
                    let course = &mut self.courses[number];
                    course.asked.push((player, now - course.begun));
                    let brought = (self.players[player].1)(now);
                    // What reaches nobody costs nothing.
                    if !matches!(brought, Some(Bring(_, What::Fault(Fault::Unreachable)))) {
                        course.race.effort().spend().expect("the race asks no more than may be asked");
                    }
                    if let Some(Bring(after, what)) = brought {
                        self.at(now + after, Event::Brought(number, runner, what));
                    }
                }
                Turn::Wait(until) => return self.at(until - self.zero, Event::Look(number)),
                Turn::Over => {
                    let course = &mut self.courses[number];
                    course.ended = Some((now - course.begun, false));
                }
            }
        }
    }

    /// How long those that begun from then on took, in order; all have to be answered.
    fn took(&self, from: Duration) -> Vec<Duration> {
        let courses = self.courses.iter().filter(|course| course.begun >= from);
        let mut took: Vec<_> = courses
            .map(|course| match course.ended {
                Some((took, true)) => took,
                other => panic!("the question of {:?} ended so: {other:?}", course.begun),
            })
            .collect();
        took.sort_unstable();
        took
    }

    fn is_up(&self, player: usize) -> bool {
        self.upstreams.stats()[player].up
    }
}

fn outcome(what: What) -> Result<Outcome, Fault> {
    let asked = query("school.example");
    let mut bytes = Vec::new();
    match what {
        What::Answer => Reply::new(&asked, &mut bytes).address(SECOND, RIGHT.into()).finish(),
        What::Rcode(rcode) => Reply::new(&asked, &mut bytes).rcode(rcode).finish(),
        What::Fault(fault) => return Err(fault),
    };
    Ok(Outcome::Message(Relayed::read(&bytes).expect("our own message")))
}

/// An upstream that answers after so long.
fn answers(address: &str, after: Duration) -> Player {
    Player(address.parse().expect("an address"), Box::new(move |_| Some(Bring(after, What::Answer))))
}

fn silent(address: &str) -> Player {
    Player(address.parse().expect("an address"), Box::new(|_| None))
}

/// One each so many milliseconds, from one time to another.
fn every(pause: Duration, from: Duration, until: Duration) -> impl Iterator<Item = Duration> {
    (0..).map(move |number| from + pause * number).take_while(move |time| *time < until)
}

/// What comes of a question once an upstream is dead in this way, sent again and asked by TCP where the program does so: see
/// `dying.rs` for the same with sockets.
fn death(number: usize) -> (&'static str, Option<Bring>) {
    [
        ("silence", None),
        ("a closed port", Some(Bring(MS, What::Fault(Fault::Unreachable)))),
        ("SERVFAIL", Some(Bring(2 * MS, What::Rcode(Rcode::SERVFAIL)))),
        ("REFUSED", Some(Bring(2 * MS, What::Rcode(Rcode::REFUSED)))),
        ("garbage, which is as if nothing came", None),
        ("slowness", Some(Bring(3 * SECOND, What::Answer))),
        ("wrong ids: the third moves the question to TCP", Some(Bring(750 * MS, What::Fault(Fault::Unreachable)))),
        ("truncation without TCP", Some(Bring(3 * MS, What::Fault(Fault::Unreachable)))),
    ][number]
}

#[tokio::test]
async fn whatever_one_of_two_dies_of_the_last_hundredth_waits_half_a_second_at_most() {
    for strategy in [Strategy::Fastest, Strategy::Parallel, Strategy::InOrder] {
        for (way, pause, live) in (0..8).flat_map(|way| [(way, 10 * MS, 4 * MS), (way, MS, 40 * MS), (way, 100 * MS, 4 * MS)]) {
            let (what, brought) = death(way);
            let dies = 2 * SECOND;
            let mortal = move |now| if now < dies { Some(Bring(2 * MS, What::Answer)) } else { brought };
            let first = Player("192.0.2.1:53".parse().expect("an address"), Box::new(mortal));
            let mut clockwork = Clockwork::new(strategy, vec![first, answers("192.0.2.2:53", live)]);
            clockwork.run(every(pause, Duration::ZERO, dies + 5 * SECOND));
            let took = clockwork.took(dies);
            let (median, late) = (took[took.len() / 2], took[took.len() * 99 / 100]);
            println!("{strategy:?}, {what}, one each {pause:?}: all {} answered, median {median:?}, p99 {late:?}", took.len());
            assert!(late <= SECOND / 2, "{strategy:?}, {what}, one each {pause:?}: {late:?}");
            // What is dead is found out, and then costs nothing.
            let after = clockwork.took(dies + 3 * SECOND);
            assert!(after[after.len() * 99 / 100] <= live + 12 * MS, "{strategy:?}, {what}: {:?}", after.last());
        }
    }
}

#[tokio::test]
async fn a_dead_family_costs_three_tenths_of_a_second_at_most_wherever_the_live_one_stands() {
    let casts: [&[&str]; 5] = [
        &["[2001:db8::1]:53", "192.0.2.1:53"],
        &["[2001:db8::1]:53", "[2001:db8::2]:53", "192.0.2.1:53"],
        &["[2001:db8::1]:53", "[2001:db8::2]:53", "[2001:db8::3]:53", "192.0.2.1:53"],
        &["192.0.2.1:53", "192.0.2.2:53", "[2001:db8::1]:53"],
        &["[2001:db8::1]:53", "[2001:db8::2]:53", "192.0.2.1:53", "192.0.2.2:53"],
    ];
    for strategy in [Strategy::Fastest, Strategy::Parallel, Strategy::InOrder] {
        for cast in casts {
            let dead_family = cast[0].starts_with('[');
            let player = |address: &&str| match address.starts_with('[') == dead_family {
                true => silent(address),
                false => answers(address, 40 * MS),
            };
            let mut clockwork = Clockwork::new(strategy, cast.iter().map(player).collect());
            clockwork.run(every(20 * MS, Duration::ZERO, 10 * SECOND));
            let took = clockwork.took(Duration::ZERO);
            let longest = *took.last().expect("questions");
            println!("{strategy:?} {cast:?}: the longest took {longest:?}");
            assert!(longest <= 300 * MS, "{strategy:?} {cast:?}: {longest:?}");
            let after = clockwork.took(5 * SECOND);
            assert_eq!(after.last(), Some(&(40 * MS)), "{strategy:?} {cast:?}: the dead are left alone");
        }
    }
}

#[tokio::test]
async fn a_dead_family_is_left_alone_but_for_probes() {
    for strategy in [Strategy::Fastest, Strategy::Parallel, Strategy::InOrder] {
        let mut clockwork = Clockwork::new(strategy, vec![silent("[2001:db8::1]:53"), answers("192.0.2.1:53", 20 * MS)]);
        // Twenty minutes, and some seconds before in which it is found out.
        let (known, end) = (40 * SECOND, 1240 * SECOND);
        clockwork.run(every(50 * MS, Duration::ZERO, end));
        assert!(!clockwork.is_up(0) && clockwork.is_up(1), "{strategy:?}");
        let asked = clockwork.courses.iter().filter(|course| course.begun >= known).flat_map(|course| &course.asked);
        assert_eq!(asked.filter(|(player, _)| *player == 0).count(), 0, "{strategy:?}: in its turn it is not asked");
        let probes = clockwork.probes.iter().filter(|(_, time)| *time >= known).count();
        assert!((1100..=1200).contains(&probes), "{strategy:?}: {probes} probes in 1,200 seconds");
    }
}

#[tokio::test]
async fn the_next_one_is_asked_when_the_first_would_nearly_always_have_answered() {
    // From 20 to 119 ms, each as often, in a scattered order.
    let mut number = 0_u64;
    let scattered = move |_| {
        number = (number * 1_103_515_245 + 12_345) % (1 << 31);
        Some(Bring(MS * (20 + u32::try_from((number >> 8) % 100).expect("small")), What::Answer))
    };
    let first = Player("192.0.2.1:53".parse().expect("an address"), Box::new(scattered));
    let mut clockwork = Clockwork::new(Strategy::Fastest, vec![first, answers("192.0.2.2:53", 200 * MS)]);
    let known = 100 * SECOND;
    clockwork.run(every(50 * MS, Duration::ZERO, 1100 * SECOND));
    let courses: Vec<_> = clockwork.courses.iter().filter(|course| course.begun >= known).collect();
    for course in &courses {
        assert_eq!(course.asked[0], (0, Duration::ZERO), "the quicker one first");
        if let Some(next) = course.asked.get(1) {
            assert_eq!(Some(next.1), course.usual, "not before, and not after");
        }
    }
    let hedged = courses.iter().filter(|course| course.asked.len() > 1).count();
    let explored = clockwork.probes.iter().filter(|(_, time)| *time >= known).count();
    let (share, total) = (hedged as f64 / courses.len() as f64, (hedged + explored) as f64 / courses.len() as f64);
    println!("{hedged} of {} asked of the next one too, {explored} to learn of it: {:.2} % more", courses.len(), 100.0 * total);
    assert!((0.03..=0.055).contains(&share), "{share}");
    assert!(total <= 0.06, "{total}");
    assert!(clockwork.is_up(0) && clockwork.is_up(1));
}
