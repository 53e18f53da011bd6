//! One flight for many, whoever cannot wait, and whoever panics.

use std::net::Ipv4Addr;
use std::sync::Mutex;

use super::super::failure::{FailureKind, UpstreamFailure};
use super::super::limits::Limits;
use super::super::testing::query;
use super::*;

/// Writes down what it is told.
#[derive(Debug)]
struct Scribe(&'static str, Arc<Mutex<Vec<String>>>);

impl Asker for Scribe {
    fn told(self: Box<Self>, answer: Answer, _hearing: &mut Hearing) {
        assert_ne!(self.0, "fragile", "this one fails where others must not");
        self.1.lock().expect("no panic").push(format!("{} told {}", self.0, answer.is_ok()));
    }

    fn delayed(self: Box<Self>) {
        self.1.lock().expect("no panic").push(format!("{} delayed", self.0));
    }
}

struct Scene {
    askers: Askers,
    question: Arc<Question>,
    limits: Limits,
    said: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    fn new() -> Self {
        let question = Arc::new(Question::of(&query("school.example")));
        Self { askers: Askers::default(), question, limits: Limits::new(10, 10), said: Arc::default() }
    }

    fn asking(&self, name: &'static str) -> Asking {
        let permit = self.limits.client(Ipv4Addr::LOCALHOST.into()).expect("room");
        Asking::Swift(Box::new(Scribe(name, Arc::clone(&self.said))), permit)
    }

    /// Whether a flight was begun.
    fn join(&self, name: &'static str) -> bool {
        self.askers.join(&self.question, self.asking(name), || Ok(())).is_some()
    }

    fn said(&self) -> Vec<String> {
        std::mem::take(&mut *self.said.lock().expect("no panic"))
    }
}

fn nothing() -> Answer {
    Err(UpstreamFailure { kind: FailureKind::Network, rcode: None })
}

#[test]
fn all_are_told_of_the_one_flight_and_the_next_begins_anew() {
    let scene = Scene::new();
    assert_eq!([scene.join("a"), scene.join("b"), scene.join("c")], [true, false, false]);
    scene.askers.land(&scene.question, &nothing(), &mut Hearing::alone());
    assert_eq!(scene.said(), ["a told false", "b told false", "c told false"]);
    assert!(scene.askers.are_none() && scene.join("d"));
}

#[test]
fn what_is_known_is_told_at_once_and_no_flight_begun() {
    let scene = Scene::new();
    let begun = scene.askers.join::<()>(&scene.question, scene.asking("a"), || Err(nothing()));
    assert_eq!((begun, scene.said()), (None, vec!["a told false".to_owned()]));
    assert!(scene.askers.are_none());
}

#[tokio::test]
async fn those_who_cannot_wait_leave_a_flight_that_takes_long_and_tasks_stay() {
    let scene = Scene::new();
    scene.join("a");
    let (task, answer) = oneshot::channel();
    assert!(scene.askers.join(&scene.question, Asking::Task(task), || Ok(())).is_none());
    scene.askers.slow_down(&scene.question);
    assert!(!scene.join("b"));
    assert_eq!(scene.said(), ["a delayed", "b delayed"]);
    scene.askers.land(&scene.question, &nothing(), &mut Hearing::alone());
    assert!(answer.await.is_ok());
    assert_eq!(scene.said(), [""; 0]);
}

#[test]
fn one_who_panics_keeps_no_answer_from_the_others() {
    let scene = Scene::new();
    for name in ["a", "fragile", "b"] {
        scene.join(name);
    }
    scene.askers.land(&scene.question, &nothing(), &mut Hearing::alone());
    assert_eq!(scene.said(), ["a told false", "b told false"]);
    // Nobody's place is kept either.
    let places: Vec<_> = (0..10).map_while(|_| scene.limits.client(Ipv4Addr::LOCALHOST.into())).collect();
    assert_eq!(places.len(), 10);
}
