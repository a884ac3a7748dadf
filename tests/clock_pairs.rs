//! Clocks of every kind of target, with every kind of pause, reset, reopening and change of tier, all of them together.
//!
//! What is expected is calculated here, minute by minute, from the text of section 2.2 and 2.3 and from nothing else: an
//! instant is a number of minutes since Monday 2026-03-02 00:00 UTC, open time is counted by looking at every minute, and
//! a due is the first minute that fulfils its definition.

use crate::common::{self, compile, run};
use sla::log::Input;
use std::fmt::Write;

const DAY: i64 = 24 * 60;

const fn at(day: i64, hour: i64, minute: i64) -> i64 {
    day * DAY + hour * 60 + minute
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Calendar {
    /// Monday to Friday 09:00 to 17:00.
    Office,
    Always,
}

impl Calendar {
    fn is_open(self, minute: i64) -> bool {
        self == Calendar::Always || (minute / DAY % 7 < 5 && (9 * 60..17 * 60).contains(&(minute % DAY)))
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Target {
    Hours(i64, Calendar),
    CalendarDays(i64, Calendar),
    WorkingDays(i64),
    Close(i64),
    Four(i64),
}

impl Target {
    fn written(self) -> String {
        let on = |calendar| if calendar == Calendar::Office { "office" } else { "always" };
        match self {
            Target::Hours(h, calendar) => format!("{h}h for TIER on {}", on(calendar)),
            Target::CalendarDays(n, calendar) => format!("{n} calendar days for TIER on {}", on(calendar)),
            Target::WorkingDays(n) => format!("{n} working days for TIER on office"),
            Target::Close(n) => format!("close of working day {n} for TIER on office"),
            Target::Four(n) => format!("16:00 of working day {n} for TIER on office"),
        }
    }

    fn calendar(self) -> Calendar {
        match self {
            Target::Hours(_, calendar) | Target::CalendarDays(_, calendar) => calendar,
            Target::WorkingDays(_) | Target::Close(_) | Target::Four(_) => Calendar::Office,
        }
    }

    /// The instant that it names from a start. All starts here lie in office hours, from Monday to Wednesday.
    fn named(self, start: i64) -> Option<i64> {
        match self {
            Target::Hours(..) => None,
            Target::CalendarDays(n, _) | Target::WorkingDays(n) => Some(start + n * DAY),
            Target::Close(n) => Some(at(start / DAY + n, 17, 0)),
            Target::Four(n) => Some(at(start / DAY + n, 16, 0)),
        }
    }
}

/// An instance as far as it has come.
#[derive(Clone)]
struct Instance {
    start: i64,
    tier: &'static str,
    first: Target,
    /// The target that was carried over to, and since when.
    carried: Option<(Target, i64)>,
    /// In which the clock stands still, but for the case's own pause.
    stopped: Vec<(i64, i64)>,
    /// A target that was used up at the stop is breached at the reopening.
    used_up: bool,
}

#[derive(Debug, PartialEq)]
struct Expected {
    verdict: &'static str,
    reason: Option<&'static str>,
    tier: &'static str,
    due: i64,
    elapsed: i64,
    paused: i64,
}

impl Instance {
    /// The calendar that counts a minute: the old one before a carried target, the new one after it.
    fn calendar(&self, minute: i64) -> Calendar {
        match self.carried {
            Some((target, since)) if minute >= since => target.calendar(),
            _ => self.first.calendar(),
        }
    }

    fn is_paused(&self, minute: i64, pause: (i64, i64)) -> bool {
        self.stopped.iter().chain([&pause]).any(|(from, to)| (*from..*to).contains(&minute))
    }

    /// Running minutes before `t`, with the case's pause cut at `end`.
    fn elapsed(&self, t: i64, pause: (i64, i64), end: i64) -> i64 {
        let pause = (pause.0, pause.1.min(end));
        (self.start..t).filter(|m| self.calendar(*m).is_open(*m) && !self.is_paused(*m, pause)).count() as i64
    }

    /// The due of section 2.2, as known at `end`.
    fn due(&self, pause: (i64, i64), end: i64) -> i64 {
        let cut = (pause.0, pause.1.min(end));
        let runs = |calendar: Calendar, m: i64| calendar.is_open(m) && !self.is_paused(m, cut);
        let (target, since) = self.carried.unwrap_or((self.first, self.start));
        let (mut need, mut not_before) = (0, since);
        match (target, target.named(self.start)) {
            // The earliest instant with so much elapsed, and never before a change of tier.
            (Target::Hours(h, _), _) => need = h * 60,
            // The instant itself, moved by the open time that pauses took.
            (_, Some(named)) => {
                need += (self.start..named).filter(|m| target.calendar().is_open(*m)).count() as i64;
                not_before = not_before.max(named);
            }
            (_, None) => unreachable!("only hours name no instant"),
        }
        let (mut t, mut counted) = (self.start, 0);
        while t < not_before || counted < need {
            let calendar = if target.named(self.start).is_some() { target.calendar() } else { self.calendar(t) };
            counted += i64::from(runs(calendar, t));
            t += 1;
        }
        t
    }

    fn result(&self, verdict: &'static str, reason: Option<&'static str>, pause: (i64, i64), end: i64) -> Expected {
        let cut = (pause.0, pause.1.min(end));
        let paused = (self.start..end).filter(|m| self.calendar(*m).is_open(*m) && self.is_paused(*m, cut)).count() as i64;
        Expected { verdict, reason, tier: self.tier, due: self.due(pause, end), elapsed: self.elapsed(end, pause, end), paused }
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Retier {
    Keep,
    Carry,
    Restart,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Happens {
    Raised,
    Reset,
    Stop,
    Reopen,
}

/// The law, case by case: events in order, each acting on the open instance.
fn expected(targets: [Target; 2], pause: (i64, i64), retier: Retier, events: &[(i64, Happens)]) -> Vec<Expected> {
    let [low, high] = targets;
    let begun = |start: i64, tier: &'static str| Instance {
        start,
        tier,
        first: if tier == "low" { low } else { high },
        carried: None,
        stopped: Vec::new(),
        used_up: false,
    };
    let mut results = Vec::new();
    let mut tier = "low";
    let mut open = Some(begun(at(0, 10, 0), tier));
    let mut stopped: Option<(Instance, i64)> = None;
    for (t, happens) in events {
        let late = |i: &Instance| i.used_up || i.due(pause, *t) < *t;
        match happens {
            Happens::Raised => tier = "high",
            Happens::Stop => stopped = open.take().map(|i| (i, *t)).or(stopped),
            Happens::Reopen => {
                if let (None, Some((mut instance, stop))) = (&open, stopped.take()) {
                    let running = !instance.is_paused(stop, pause);
                    instance.used_up |= instance.due(pause, stop) <= stop && running;
                    instance.stopped.push((stop, *t));
                    open = Some(instance);
                }
            }
            Happens::Reset => {}
        }
        let Some(mut instance) = open.take() else { continue };
        let resets = *happens == Happens::Reset;
        // A breached instance keeps its target, and its tier.
        let changes = tier != instance.tier && retier != Retier::Keep && !late(&instance);
        if resets || (changes && retier == Retier::Restart) {
            let breached = late(&instance);
            results.push(if breached {
                instance.result("breached", None, pause, *t)
            } else {
                instance.result("void", Some("reset"), pause, *t)
            });
            open = Some(begun(*t, tier));
            continue;
        }
        if changes {
            instance.carried = Some((high, *t));
            instance.tier = tier;
        }
        open = Some(instance);
    }
    if let Some((instance, stop)) = stopped {
        let breached = instance.used_up || instance.due(pause, stop) < stop;
        results.push(instance.result(if breached { "breached" } else { "met" }, None, pause, stop));
    }
    assert!(open.is_none(), "every case here ends with a stop");
    results
}

fn spec(targets: [Target; 2], retier: Retier) -> String {
    let row = |target: Target, tier: &str| target.written().replace("TIER", tier);
    format!(
        r#"party us party them
        calendar office {{ zone "UTC"  open mon-fri 09:00-17:00 }}
        case item {{ level: low | high
            event began event slept event woke event raised event again event ended event reopened
            state asleep from slept to woke
            tier from level }}
        agreement a {{ version "1" effective 2026-01-01 zone "UTC"
            service s by us for them {{ obligation o {{ start on began  stop on ended  pause while asleep  reset on again
                reopen on reopened  retier {}  within {}, {} }} }} }}"#,
        format!("{retier:?}").to_lowercase(),
        row(targets[0], "low"),
        row(targets[1], "high"),
    )
}

fn wall(minute: i64) -> String {
    format!("2026-03-{:02}T{:02}:{:02}:00Z", 2 + minute / DAY, minute % DAY / 60, minute % 60)
}

fn log(pause: (i64, i64), events: &[(i64, Happens)]) -> String {
    let mut rows: Vec<(i64, &str, &str)> = vec![(at(0, 10, 0), "began", "low")];
    if pause.0 < pause.1 {
        rows.extend([(pause.0, "slept", ""), (pause.1, "woke", "")]);
    }
    rows.extend(events.iter().map(|(t, happens)| match happens {
        Happens::Raised => (*t, "raised", "high"),
        Happens::Reset => (*t, "again", ""),
        Happens::Stop => (*t, "ended", ""),
        Happens::Reopen => (*t, "reopened", ""),
    }));
    rows.sort();
    let mut text = String::from("time,case,event,level\n");
    for (t, event, level) in rows {
        writeln!(text, "{},1,{event},{level}", wall(t)).unwrap();
    }
    text
}

#[test]
fn every_target_with_every_pause_reset_reopening_and_change_of_tier() {
    use Calendar::{Always, Office};
    // Each first target with one of another kind for the higher tier.
    let targets = [
        [Target::Hours(4, Office), Target::Hours(2, Office)],
        [Target::Hours(10, Office), Target::Close(1)],
        [Target::Hours(4, Always), Target::Hours(2, Office)],
        [Target::CalendarDays(1, Always), Target::Hours(6, Office)],
        [Target::WorkingDays(1), Target::Hours(6, Office)],
        [Target::Close(1), Target::Hours(12, Always)],
        [Target::Four(1), Target::WorkingDays(1)],
    ];
    // No pause, one in open hours, one over the night.
    let pauses = [(0, 0), (at(0, 11, 0), at(0, 12, 30)), (at(0, 16, 0), at(1, 10, 0))];
    // No reset, one before most dues, one after them.
    let resets = [None, Some(at(0, 12, 10)), Some(at(2, 9, 30))];
    // Stopped for good; stopped at 14:00 and reopened an hour later, or two days later.
    let ends: [&[(i64, Happens)]; 4] = [
        &[(at(1, 11, 20), Happens::Stop)],
        &[(at(0, 14, 0), Happens::Stop), (at(0, 15, 0), Happens::Reopen), (at(1, 11, 20), Happens::Stop)],
        &[(at(0, 14, 0), Happens::Stop), (at(2, 12, 0), Happens::Reopen), (at(2, 13, 0), Happens::Stop)],
        &[(at(2, 14, 0), Happens::Stop)],
    ];
    let (mut cases, mut instances) = (0, 0);
    for targets in targets {
        for retier in [Retier::Keep, Retier::Carry, Retier::Restart] {
            let plan = compile(&spec(targets, retier));
            for pause in pauses {
                for reset in resets {
                    for end in ends {
                        let mut events = end.to_vec();
                        events.push((at(0, 13, 0), Happens::Raised));
                        events.extend(reset.map(|t| (t, Happens::Reset)));
                        events.sort_by_key(|e| e.0);
                        let expected = expected(targets, pause, retier, &events);
                        let input = Input::of("log.csv", log(pause, &events).into_bytes());
                        let records = run(&plan, vec![input], None);
                        let found: Vec<_> = common::verdicts(&records).collect();
                        let case = format!("{targets:?} {retier:?} {pause:?} {events:?}\n{}", log(pause, &events));
                        assert_eq!(found.len(), expected.len(), "{case}{found:#?}");
                        for (record, expected) in found.iter().zip(&expected) {
                            let minutes = |key: &str| record[key].as_f64().unwrap() / 60.0;
                            let due = record["due"].as_str().unwrap().replace("+00:00", "Z");
                            let was = (
                                record["verdict"].as_str().unwrap(),
                                record["reason"].as_str(),
                                record["tier"].as_str().unwrap(),
                                due.as_str(),
                                minutes("elapsed_s"),
                                minutes("paused_s"),
                            );
                            let wanted_due = wall(expected.due);
                            let wanted = (
                                expected.verdict,
                                expected.reason,
                                expected.tier,
                                wanted_due.as_str(),
                                expected.elapsed as f64,
                                expected.paused as f64,
                            );
                            assert_eq!(was, wanted, "{case}");
                        }
                        cases += 1;
                        instances += expected.len();
                    }
                }
            }
        }
    }
    println!("{cases} cases, {instances} instances");
    assert!(cases >= 120);
}
