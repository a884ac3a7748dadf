//! Random choices that are the same in every run, and random agreements made of them.

// An example that is held against what is kept has it too.
#[allow(clippy::duplicate_mod)]
#[path = "../../examples/shared/dice.rs"]
mod dice;

/// A stream of choices from a seed.
pub(crate) struct Random(dice::Dice);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(dice::Dice(seed))
    }

    /// One of `0..n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0.below(n as u64) as usize
    }

    /// True once in `n` times.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of some.
    pub(crate) fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        self.0.one(of)
    }
}

/// A condition on `n` (a number), `kind` (one of a, b, c), `flag` (a truth).
pub(crate) fn condition(r: &mut Random, depth: usize) -> String {
    if depth > 0 && !r.once_in(3) {
        let (a, b) = (condition(r, depth - 1), condition(r, depth - 1));
        return match r.below(5) {
            0 | 1 => format!("({a} and {b})"),
            2 | 3 => format!("({a} or {b})"),
            _ => format!("not ({a})"),
        };
    }
    match r.below(4) {
        0 | 1 => format!("n {} {}", r.one(&[">=", "<", ">", "<=", "=", "!="]), r.below(8)),
        2 => format!("kind in ({})", r.one(&["a", "b", "c", "a, b", "b, c"])),
        _ => format!("flag = {}", r.one(&["true", "false"])),
    }
}

/// Hours, with lunch or over midnight, and days that are closed.
pub(crate) fn calendar(r: &mut Random, name: &str) -> String {
    let hours = r.one(&["09:00-17:00", "08:00-12:00, 13:00-18:00", "22:00-06:00", "06:30-14:45", "00:00-24:00"]);
    let days = r.one(&["mon-fri", "mon-sat", "tue-thu", "daily"]);
    let zone = r.one(&["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]);
    let closed = r.one(&["", "closed yearly 12-25, 12-26, 01-01", "closed 2026-03-27 to 2026-03-30", "closed yearly easter + 1, 05-01"]);
    format!("calendar {name} {{ zone \"{zone}\"  open {days} {hours}  {closed} }}\n")
}

/// A length of open time or a day by name.
pub(crate) fn target(r: &mut Random) -> String {
    match r.below(6) {
        0 | 1 => format!("{}m", 15 * (1 + r.below(40))),
        2 => format!("{}h", 1 + r.below(30)),
        3 => format!("{} working days", 1 + r.below(4)),
        4 => format!("close of working day {}", r.below(4)),
        _ => format!("{} calendar days", 1 + r.below(4)),
    }
}

/// A whole agreement. It reads, and what it says may be nonsense.
pub(crate) fn agreement(r: &mut Random) -> String {
    let mut text = String::from("party us \"Us\" { contact \"us@example.com\" }\n");
    if r.once_in(2) {
        text += "// Somebody else.\nparty them { contact \"them@example.com\" }\n\n";
    } else {
        text += "party them { contact \"them@example.com\" }\n";
    }
    text += &calendar(r, "office");
    text += "case item {\n    n: number\n    kind: a | b | c\n    flag: bool  // may be either\n    who: text?\n";
    text += "    event opened  event parked event woken\n    event closed { how: well | badly }\n";
    if r.once_in(2) {
        text += "    state waiting \"Waits\" from parked to woken or closed\n";
    } else {
        text += "    state waiting from parked(flag) to woken or closed\n";
    }
    for tier in 0..r.below(4) {
        text += &format!("    tier t{tier} when {}\n", condition(r, 2));
    }
    text += "    tier rest \"The rest\" otherwise\n}\n";
    text += "/// The agreement.\nagreement all {\n    version \"1\"\n    effective 2026-01-01 to 2026-12-31\n    zone \"Europe/Berlin\"\n    currency EUR\n    clock office\n";
    for n in 0..r.below(3) {
        text += &format!("    let v{n} = {} * {}\n", 1 + r.below(9), r.one(&["2", "10 EUR", "3h", "5%"]));
    }
    if r.once_in(3) {
        text += "    exclude waiting up to 4h per month \"Not ours\"\n";
    }
    text += "    service s \"S\" by us for them {\n";
    for n in 0..1 + r.below(3) {
        text += &format!("        obligation o{n} {{\n            start on opened  stop on closed\n");
        if r.once_in(2) {
            text += "            pause while waiting // until it wakes\n";
        }
        text += &format!("            within {} for rest, {}\n", target(r), target(r));
        if r.once_in(3) {
            text += "            warn at 50%  escalate at 100% to them, 2h after to \"Boss <boss@example.com>\"\n";
        }
        text += "        }\n";
        if r.once_in(2) {
            let goal = 80 + r.below(19);
            text += &format!("        objective q{n} {{ expect met(o{n}) >= {goal}% per {}", r.one(&["month", "week", "quarter by kind"]));
            text += r.one(&[" }\n", "  credit 10 EUR below 50% }\n", "\n            // never mind\n            sample 3 }\n"]);
        }
    }
    text += "    }\n    clause \"Cancellation\" \"On {} days' notice.\"\n}\n";
    text
}
