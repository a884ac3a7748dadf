//! The kinds of mistakes. Each is a pattern over the text of a spec and what a person might have written instead.

use regex_lite::Captures;

/// A kind of mistake.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Whether the broken text contradicts itself or its calendar, so that no test is needed to see it.
    pub(crate) contradicts: bool,
    pub(crate) pattern: &'static str,
    pub(crate) instead: fn(&Captures<'_>) -> Option<String>,
    /// Whether quoted words may be changed.
    pub(crate) in_texts: bool,
}

const fn contradiction(name: &'static str, pattern: &'static str, instead: fn(&Captures<'_>) -> Option<String>) -> Kind {
    Kind { name, contradicts: true, pattern, instead, in_texts: false }
}

const fn plausible(name: &'static str, pattern: &'static str, instead: fn(&Captures<'_>) -> Option<String>) -> Kind {
    Kind { name, contradicts: false, pattern, instead, in_texts: false }
}

const fn in_texts(kind: Kind) -> Kind {
    Kind { in_texts: true, ..kind }
}

fn number(text: &str) -> f64 {
    text.replace('_', "").parse().unwrap()
}

/// Two letters in the wrong order.
fn misspelt(word: &str) -> String {
    let at = word.len() / 2;
    format!("{}{}{}{}", &word[..at - 1], &word[at..=at], &word[at - 1..at], &word[at + 1..])
}

macro_rules! gives {
    ($c:ident: $($text:tt)*) => { |$c| Some(format!($($text)*)) };
}

pub(crate) const KINDS: &[Kind] = &[
    // Words.
    contradiction(
        "an event or state is misspelt",
        r"\b(stop|cancel|start|reset|reopen)(\s+)(on|on entering|once on)(\s+)([a-z_]{5,})",
        |c| Some(format!("{}{}{}{}{}", &c[1], &c[2], &c[3], &c[4], misspelt(&c[5]))),
    ),
    contradiction(
        "a promise is misspelt in an objective",
        r"\b(met|misses|p90|median)\(([a-z_]{5,})",
        gives!(c: "{}({}", &c[1], misspelt(&c[2])),
    ),
    contradiction(
        "a calendar is misspelt",
        r"\bclock(\s+)(office|business|calling|works|working|house|roads|booth)\b",
        gives!(c: "clock{}{}", &c[1], misspelt(&c[2])),
    ),
    contradiction("a field is misspelt", r"\bblame(\s+)([a-z_]{4,})", gives!(c: "blame{}{}", &c[1], misspelt(&c[2]))),
    contradiction("a member is misspelt", r"(= |\()([a-z]{5,})(\)|,| and)", gives!(c: "{}{}{}", &c[1], misspelt(&c[2]), &c[3])),
    contradiction("a party is misspelt", r"\b(by|for) ([a-z_]{5,})( for| \{)", gives!(c: "{} {}{}", &c[1], misspelt(&c[2]), &c[3])),
    contradiction("a type is misspelt", r": (\s*)(number|money|text)\b", gives!(c: ": {}{}", &c[1], misspelt(&c[2]))),
    in_texts(contradiction(
        "a zone is misspelt",
        r#"zone(\s+)"([A-Z][a-z]+)/([A-Za-z_]+)""#,
        gives!(c: "zone{}\"{}/{}\"", &c[1], &c[2], misspelt(&c[3])),
    )),
    contradiction("a tier of a row is misspelt", r"for ([a-z]{4,})(,|\n| on)", gives!(c: "for {}{}", misspelt(&c[1]), &c[2])),
    contradiction(
        "a keyword is misspelt",
        r"\b(within|escalate|cancel|objective|obligation|effective|pause)\b(\s)",
        gives!(c: "{}{}", misspelt(&c[1]), &c[2]),
    ),
    contradiction("a brace is lost", r"\n( *)\}\n", |_| Some("\n\n".into())),
    in_texts(contradiction("a quote is lost", r#"(zone|version)(\s+)("[^"\n]+)"\n"#, gives!(c: "{}{}{}\n", &c[1], &c[2], &c[3]))),
    // Units.
    contradiction("days without saying which", r"(\d+) working days", gives!(c: "{}d", &c[1])),
    contradiction("a unit stands apart", r"within(\s+)(\d+)h", gives!(c: "within{}{} h", &c[1], &c[2])),
    contradiction("a unit is spelled out", r"within(\s+)(\d+)m\b", gives!(c: "within{}{} minutes", &c[1], &c[2])),
    contradiction("another currency", r"(\d) (USD|EUR|GBP)\b", |c| {
        Some(format!("{} {}", &c[1], if &c[2] == "USD" { "EUR" } else { "USD" }))
    }),
    contradiction("a share without its per cent sign", r"(met\([a-z_ ]+\)) (>=|<=) (\d+)%", gives!(c: "{} {} {}", &c[1], &c[2], &c[3])),
    contradiction(
        "money without its currency",
        r"(credit|penalty|cap)(\s+)([\d_.]+) (USD|EUR|GBP)",
        gives!(c: "{}{}{}", &c[1], &c[2], &c[3]),
    ),
    contradiction("signs of another language", r" (>=|<=) (\d)", |c| {
        Some(format!(" {} {}", if &c[1] == ">=" { "=>" } else { "=<" }, &c[2]))
    }),
    // Days and hours.
    contradiction(
        "the last day before the first",
        r"effective (\d{4}-\d\d-\d\d) to (\d{4}-\d\d-\d\d)",
        gives!(c: "effective {} to {}", &c[2], &c[1]),
    ),
    contradiction("a calendar without hours", r"\n    open [^\n]*(\n    open [^\n]*)*", |c| Some("\n".repeat(c[0].matches('\n').count()))),
    contradiction(
        "hours that overlap",
        r"(open\s+[a-z]{3}-[a-z]{3} )(\d\d)(:\d\d)-(\d\d)(:\d\d)",
        gives!(c: "{}{}{}-{}{}, {}{}-{}{}", &c[1], &c[2], &c[3], &c[4], &c[5], number(&c[4]) - 1.0, &c[5], &c[4], &c[5]),
    ),
    contradiction("a day that does not exist", r"closed yearly 01-01", |_| Some("closed yearly 13-01".into())),
    contradiction(
        "holidays that are not known for long enough",
        r"known(\s+)to (\d{4})",
        gives!(c: "known{}to {}", &c[1], number(&c[2]) - 2.0),
    ),
    contradiction("more working days than the term holds", r"(\d+) working days", gives!(c: "{}0 working days", number(&c[1]) * 100.0)),
    contradiction("no clock", r"\n    clock +[a-z_]+\n", |_| Some("\n\n".into())),
    contradiction("no zone", r"\n    zone [^\n]+\n    (currency|clock|fiscal|review)", gives!(c: "\n\n    {}", &c[1])),
    contradiction("no currency", r"\n    currency +[A-Z]{3}\n", |_| Some("\n\n".into())),
    // Tiers and rows.
    contradiction("the last tier is lost", r"\n    tier [A-Za-z0-9]+ [^\n]*otherwise", |_| Some("\n".into())),
    contradiction("the last target is lost", r"(within [^\n]*), [^,\n]+ for [A-Za-z0-9]+(\n|  )", gives!(c: "{}{}", &c[1], &c[2])),
    contradiction(
        "the first target is everybody's",
        r"within(\s+)(\d+[mh])( for [A-Za-z0-9]+)( on always)?,",
        gives!(c: "within{}{}{},", &c[1], &c[2], c.get(4).map_or("", |m| m.as_str())),
    ),
    contradiction(
        "targets of ranked tiers are swapped",
        r"within(\s+)(\d+[mh]) for (A|P1|hot)( on always)?, (\d+[mh]) for (B|P2|warm)",
        gives!(c: "within{}{} for {}{}, {} for {}", &c[1], &c[5], &c[3], c.get(4).map_or("", |m| m.as_str()), &c[2], &c[6]),
    ),
    contradiction(
        "a bound above another",
        r"when ([a-z]+) >= (\d+) and",
        gives!(c: "when {} >= {} and {} < {} and", &c[1], &c[2], &c[1], number(&c[2]) - 20.0),
    ),
    contradiction("and for or between values of one field", r"\b([a-z]+) = ([a-z]+) or ([a-z]+) = ([a-z]+)\b", |c| {
        (c[1] == c[3]).then(|| format!("{} = {} and {} = {}", &c[1], &c[2], &c[3], &c[4]))
    }),
    contradiction(
        "or for and between what is left out",
        r"([a-z]+) != ([a-z_]+) and ([a-z]+) != ([a-z_]+)",
        gives!(c: "{} != {} or {} != {}", &c[1], &c[2], &c[3], &c[4]),
    ),
    contradiction("more channels than there are", r"across (\d+)", gives!(c: "across {}", number(&c[1]) + 7.0)),
    contradiction("attempts too far apart for the target", r"spaced (\d+)h", gives!(c: "spaced {}00h", &c[1])),
    // Clauses in each other's way.
    contradiction("what stops it cancels it", r"(stop\s+on) ([a-z_]+)\n", gives!(c: "{} {}  cancel on {}\n", &c[1], &c[2], &c[2])),
    contradiction(
        "what starts it stops it",
        r"(start\s+on) ([a-z_]+)(\s+stop\s+on) ([a-z_]+)( |\n)",
        gives!(c: "{} {}{} {}{}", &c[1], &c[2], &c[3], &c[2], &c[5]),
    ),
    contradiction(
        "a state is left by what begins it",
        r"from ([a-z_]+) to [a-z_]+( or [a-z_]+)*",
        gives!(c: "from {} to {}", &c[1], &c[1]),
    ),
    contradiction("a warning after the escalation", r"warn(\s+)at \d+%(\s+)escalate", gives!(c: "warn{}at 350%{}escalate", &c[1], &c[2])),
    contradiction(
        "a warning before the start",
        r"(within\s+\d+[mh](?: on always)?\n\s+)((?:clock [a-z]+\n\s+)?)warn(\s+)at \d+%",
        gives!(c: "{}{}warn{}900h before", &c[1], &c[2], &c[3]),
    ),
    contradiction("two promises of one name", r"obligation ([a-z_]+)( +)\x22[^\x22]*\x22 \{", |c| {
        Some(format!("obligation twice{}\"\" {{ start on opened }} obligation twice \"\" {{", &c[2]).replace("\"\" {{ start", "{ start"))
    }),
    contradiction(
        "a clause twice",
        r"\n( +)(stop|start|within)( +)([^\n{}]+)\n",
        gives!(c: "\n{0}{1}{2}{3}\n{0}{1}{2}{3}\n", &c[1], &c[2], &c[3], &c[4]),
    ),
    // Money.
    contradiction(
        "bands whose amounts are swapped",
        r"credit (\d+% of [a-z_]+|[\d_]+ [A-Z]{3}) below ([\d.]+%), (\d+% of [a-z_]+|[\d_]+ [A-Z]{3}) below",
        gives!(c: "credit {} below {}, {} below", &c[3], &c[2], &c[1]),
    ),
    contradiction("a credit on the wrong side", r"(credit[^\n]*?) (below|above) ([\d.]+)", |c| {
        Some(format!("{} {} {}", &c[1], if &c[2] == "below" { "above" } else { "below" }, &c[3]))
    }),
    contradiction("a band where the goal is kept", r"(credit[^\n]*?) below (\d+)%", |c| {
        (number(&c[2]) < 99.0).then(|| format!("{} below {}%", &c[1], number(&c[2]) + (100.0 - number(&c[2])) / 2.0))
    }),
    contradiction(
        "two bands at one bound",
        r"below ([\d.]+%), ([^,\n]+) below ([\d.]+%)",
        gives!(c: "below {}, {} below {}", &c[1], &c[2], &c[1]),
    ),
    contradiction(
        "a minimum above the goal",
        r"(>= )([\d.]+)(%[^\n]*\n\s+minimum >= )([\d.]+)",
        gives!(c: "{}{}{}{}", &c[1], &c[4], &c[3], &c[2]),
    ),
    contradiction("a goal of more than all", r"(met|uptime)(\([a-z_ ]+\)) >= (\d)", gives!(c: "{}{} >= 1{}", &c[1], &c[2], &c[3])),
    // Levels.
    contradiction(
        "an override that weakens",
        r"override ([a-z_.]+) \{ within (\d+)(h| working)",
        gives!(c: "override {} {{ within {}{}", &c[1], number(&c[2]) * 9.0, &c[3]),
    ),
    contradiction(
        "an override of what is locked",
        r"override support\.solve \{ within \S+( working day)? for (\w+)( on always)? \}",
        gives!(c: "override support.answer {{ within 5m for {}{} }}", &c[2], c.get(3).map_or("", |m| m.as_str())),
    ),
    contradiction(
        "internal promises that do not fit",
        r"(stop on (?:repaired|triaged or refused)  within) (\d+)h",
        gives!(c: "{} {}h", &c[1], number(&c[2]) + 4.0),
    ),
    contradiction("a relaxing without a reason", r"(relax [^}]*\}) because \x22[^\x22]*\x22", gives!(c: "{}", &c[1])),
    // What only a test can know.
    plausible("twice the hours", r"(within[^\n]*?)\b(\d+)(m|h)\b", gives!(c: "{}{}{}", &c[1], number(&c[2]) * 2.0, &c[3])),
    plausible("an hour more for the second tier", r"(within[^\n]*?, )(\d+)(m|h)\b", gives!(c: "{}{}{}", &c[1], number(&c[2]) + 1.0, &c[3])),
    plausible("a working day more", r"(\d+) working day", gives!(c: "{} working day", number(&c[1]) + 1.0)),
    plausible("calendar days for working days", r"(\d+) working days", gives!(c: "{} calendar days", &c[1])),
    plausible("a day more for a named time", r"of working day (\d)", gives!(c: "of working day {}", number(&c[1]) + 1.0)),
    plausible("another clock", r"(\n +clock +)(office|business|calling|works|working)\n", gives!(c: "{}always\n", &c[1])),
    plausible(
        "a calendar that closes an hour earlier",
        r"(open\s+(?:[a-z]{3}-)?[a-z]{3} \d\d:\d\d-)(\d\d)",
        gives!(c: "{}{:02}", &c[1], number(&c[2]) - 1.0),
    ),
    plausible(
        "a calendar that opens an hour later",
        r"(open\s+(?:[a-z]{3}-)?[a-z]{3} )(\d\d)",
        gives!(c: "{}{:02}", &c[1], number(&c[2]) + 1.0),
    ),
    plausible("a goal of five points less", r"(met\([a-z_ ]+\)) >= (\d\d)%", gives!(c: "{} >= {}%", &c[1], number(&c[2]) - 5.0)),
    plausible(
        "a credit of twice as much",
        r"(credit[^\n]*?)\b([\d_]+)(%| USD| EUR| GBP)",
        gives!(c: "{}{}{}", &c[1], number(&c[2]) * 2.0, &c[3]),
    ),
    plausible("a penalty of twice as much", r"(penalty\s+)([\d_.]+)", gives!(c: "{}{}", &c[1], number(&c[2]) * 2.0)),
    plausible("another bound of a tier", r"(tier [^\n]*>= )(\d+)", gives!(c: "{}{}", &c[1], number(&c[2]) + 7.0)),
    plausible("and for or in a tier", r"(tier [^\n]*) or ", gives!(c: "{} and ", &c[1])),
    plausible("or for and in a tier", r"(tier [^\n]*) and ", gives!(c: "{} or ", &c[1])),
    plausible("no pause", r"\n\s+pause +while [a-z_]+\n", |_| Some("\n\n".into())),
    plausible("no cancel", r"\n\s+cancel +on [a-z_]+\n", |_| Some("\n\n".into())),
    plausible("nothing reopens or carries", r"\n\s+(reopen|retier) +[a-z ]+\n", |_| Some("\n\n".into())),
    plausible("any event rather than this one", r"(stop\s+on [a-z_]+)\([a-z_ =]+\)", gives!(c: "{}", &c[1])),
    plausible("one of the events that stop is lost", r"(stop\s+on [a-z_() =]+) or [a-z_]+", gives!(c: "{}", &c[1])),
    plausible("not only the first", r"start(\s+)once on", gives!(c: "start{}on", &c[1])),
    plausible("a warning at another time", r"warn(\s+)at (\d+)%", gives!(c: "warn{}at {}%", &c[1], number(&c[2]) / 2.0)),
    plausible("nothing is excluded", r"\n    exclude [^\n]*\n", |_| Some("\n\n".into())),
    plausible("a cap of half as much", r"cap(\s+)([\d_]+)(%| USD| EUR)", gives!(c: "cap{}{}{}", &c[1], number(&c[2]) / 2.0, &c[3])),
    plausible(
        "a named value of a tenth more",
        r"(let [a-z_]+\s+= )([\d_]+)( |%|\n)",
        gives!(c: "{}{}{}", &c[1], number(&c[2]) * 1.5, &c[3]),
    ),
    plausible("longer to claim", r"claim(\s+)within (\d+)", gives!(c: "claim{}within {}", &c[1], number(&c[2]) + 10.0)),
    plausible("fewer attempts", r"stop(\s+)on (\d+) attempted", gives!(c: "stop{}on {} attempted", &c[1], number(&c[2]) - 1.0)),
    plausible("nearer attempts", r"spaced (\d+)h", gives!(c: "spaced {}m", &c[1])),
];
