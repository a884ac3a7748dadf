//! Lines of JSON: however one is written, and whatever stands beside what is read, it says the same.

use crate::common::{folder, sla, text};
use serde_json::{Value, json};

const SPEC: &str = r#"
party desk "Desk"
party customers "Customers"
case ticket {
    level: number
    agent: text
    event opened
    event closed
    tier high when level >= 2.5
    tier low otherwise
}
source tickets {
    case ticket key "ticket.id"
    time "at"
    event "ticket.change.what"
    field level = "ticket.level"
    field agent = "by"
}
agreement help {
    version "1"
    effective 2026-01-01 to 2026-12-31
    zone "UTC"
    service answers by desk for customers {
        obligation close { start on opened  stop on closed  within 1h for high, 2h for low  clock always }
        objective fast { expect met(close) >= 50% per month by agent }
    }
}
"#;

/// When, what, of which ticket, of which level, by whom.
type Event = (&'static str, &'static str, &'static str, Option<f64>, &'static str);

const EVENTS: [Event; 6] = [
    ("2026-03-02T09:00:00Z", "opened", "Léa \"1\"", Some(2.5), "Zoë 😀"),
    ("2026-03-02T09:10:00Z", "opened", "a/b\\2", Some(2.25), "kim"),
    ("2026-03-02T09:20:00Z", "opened", "plain", Some(1.0), "Zoë 😀"),
    ("2026-03-02T10:00:01Z", "closed", "Léa \"1\"", None, "Zoë 😀"),
    ("2026-03-02T11:00:00Z", "closed", "a/b\\2", None, "kim"),
    ("2026-03-02T11:20:01Z", "closed", "plain", None, "Zoë 😀"),
];

/// A line of an event, with what nobody reads before each of its keys and behind the last one.
fn line((at, what, id, level, by): Event, other: &str, is_turned: bool) -> String {
    let turned = |mut pairs: Vec<String>| {
        if is_turned {
            pairs.reverse();
        }
        format!("{{{other}{}{}}}", pairs.join(&format!(",{other}")), if other.is_empty() { "" } else { ",\"end\":0" })
    };
    let change = format!("\"change\":{}", turned(vec![format!("\"what\":{}", json!(what))]));
    let level = level.map(|level| format!("\"level\":{}", json!(level)));
    let ticket = turned([format!("\"id\":{}", json!(id)), change].into_iter().chain(level).collect());
    turned(vec![format!("\"at\":{}", json!(at)), format!("\"ticket\":{ticket}"), format!("\"by\":{}", json!(by))])
}

/// All signs that are not in ASCII by their numbers, as Python writes them.
fn in_ascii(line: &str) -> String {
    let escaped = |sign: char| sign.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    line.chars().map(|sign| if sign.is_ascii() { sign.to_string() } else { escaped(sign) }).collect()
}

#[test]
fn a_line_says_the_same_however_it_is_written() {
    let folder = folder("json-lines");
    std::fs::write(folder.join("spec.sla"), SPEC).unwrap();
    let found = |lines: String| {
        std::fs::write(folder.join("log.jsonl"), lines).unwrap();
        let output = sla(&folder, &["run", "spec.sla", "--log", "log.jsonl", "-o", "out.jsonl"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let records = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
        let records = records.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        records.filter(|record| record["kind"] != "summary").collect::<Vec<_>>()
    };
    let expected = found(EVENTS.map(|event| line(event, "", false) + "\n").concat());
    // A second late within an hour, ten minutes early within two, and a second late.
    let told = |record: &Value| format!("{} {} {} {}", record["case"], record["tier"], record["verdict"], record["late_s"]);
    let verdicts: Vec<String> = expected.iter().filter(|record| record["kind"] == "verdict").map(told).collect();
    let [first, second, third] = ["Léa \"1\"", "a/b\\2", "plain"].map(|id| json!(id));
    let by_hand =
        [format!("{first} \"high\" \"breached\" 1"), format!("{second} \"low\" \"met\" 0"), format!("{third} \"low\" \"breached\" 1")];
    assert_eq!(verdicts, by_hand);
    let others = [
        "",
        r#""x":1,"#,
        r#""a \"b\"":"c\n\ud83d\ude00","#,
        r#""list":[1,-2.50e3,"x",[],{"at":"y","ticket":{"id":"z"}}],"#,
        r#""what":{"deep":{"by":"x"}},"tickets":{"id":1},"ticket.change":{"what":"x"},"#,
        r#""unit":"\u00B5\/\t","odd": [ "\ud800\udc00" , { } , 12345678901234567890 ] ,"#,
    ];
    for (other, is_turned) in others.iter().flat_map(|other| [(*other, false), (*other, true)]) {
        for line_end in ["\n", "\r\n", "  \n"] {
            let plain = EVENTS.map(|event| line(event, other, is_turned) + line_end).concat();
            assert_eq!(found(plain.clone()), expected, "{plain}");
            assert_eq!(found(in_ascii(&plain)), expected, "{plain}");
            assert_eq!(found(plain.replace("\":", "\": ")), expected, "{plain}");
        }
    }
}

/// The library reads the last of two equal keys, whatever the first one holds; a key that holds dots is found before a path.
#[test]
fn of_two_keys_that_are_equal_the_last_one_counts() {
    let folder = folder("json-twice");
    std::fs::write(folder.join("spec.sla"), SPEC).unwrap();
    let case = |ticket: &str| {
        let log = format!("{{\"at\":\"2026-03-02T09:00:00Z\",\"by\":\"kim\",{ticket}}}\n");
        std::fs::write(folder.join("log.jsonl"), &log).unwrap();
        let output = sla(&folder, &["run", "spec.sla", "--log", "log.jsonl", "-o", "out.jsonl"]);
        assert!(output.status.success(), "{log}: {}", text(&output.stderr));
        let records = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
        let first: Value = serde_json::from_str(records.lines().next().unwrap()).unwrap();
        first["case"].as_str().unwrap().to_string()
    };
    let rest = r#""level":1,"change":{"what":"opened"}"#;
    assert_eq!(case(&format!(r#""ticket":{{"id":"A",{rest},"id":"B"}}"#)), "B");
    assert_eq!(case(&format!(r#""ticket":{{"id":"A",{rest}}},"ticket":{{"id":"B",{rest}}}"#)), "B");
    assert_eq!(case(&format!(r#""ticket":null,"ticket":{{"id":"B",{rest}}}"#)), "B");
    assert_eq!(case(&format!(r#""ticket.id":"B","ticket":{{"id":"A",{rest}}}"#)), "B");
    assert_eq!(case(&format!(r#""ticket":{{"id":"A",{rest}}},"ticket.id":"B""#)), "B");
}
