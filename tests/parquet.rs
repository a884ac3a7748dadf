//! A log in Parquet gives what the same log gives as CSV.

use crate::common::{folder, sla, text};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type, Int96, Int96Type};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

const SPEC: &str = r#"party us { contact "us@example.com" }
case lead {
    score: number
    rate:  number
    value: money
    owner: text
    born:  date
    event created
    event contacted { human: bool }
    tier A when score >= 80
    tier B otherwise
}
agreement a { version "1" effective 2026-01-01 zone "America/New_York" currency USD clock always
    service s by us for us {
        obligation o { start on created  stop on contacted(human)  within 1h for A, 4h for B  blame owner }
        objective worth { expect sum(created.value) >= 100 USD per month }
        objective old   { expect count(created(born < 2000-01-01)) <= 9 per month by owner }
        objective rates { expect mean(created.rate) >= 0.5 per month }
    }
}
source crm { case lead key "id"  time "at" format "%d.%m.%Y" zone "America/New_York"  event "what" { "created" = created  "contacted" = contacted }
    field score = "score"  field rate = "rate"  field value = "value"  field owner = "owner"  field born = "born"  field human = "human" }
"#;

/// Instants, in microseconds since 1970 or as the type of their column has it; the rest as the columns hold it.
struct Columns {
    at: Vec<i64>,
    what: Vec<&'static str>,
    id: Vec<&'static str>,
    score: Vec<Option<i32>>,
    rate: Vec<Option<f64>>,
    cents: Vec<Option<i64>>,
    owner: Vec<Option<&'static str>>,
    born: Vec<Option<i32>>,
    human: Vec<Option<bool>>,
}

/// Two row groups; columns that are required and optional, and one that nothing asks for.
fn write(path: &Path, c: &Columns, at: &str) {
    write_as(path, c, at, WriterProperties::builder());
}

fn write_as(path: &Path, c: &Columns, at: &str, properties: WriterPropertiesBuilder) {
    // The oldest form of an instant has no name: 96 bits, of which the first 64 are nanoseconds of a day and the others its Julian number.
    let type_of_at = if at == "INT96" { "int96 at".to_string() } else { format!("int64 at ({at})") };
    let schema = format!(
        "message log {{ required {type_of_at}; required binary what (STRING); required binary id (STRING); optional int32 score;
           optional double rate; optional int64 value (DECIMAL(18,2)); optional binary owner (STRING); optional int32 born (DATE);
           optional boolean human; required int32 idle; }}"
    );
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut file = SerializedFileWriter::new(File::create(path).unwrap(), schema, Arc::new(properties.build())).unwrap();
    let half = c.at.len() / 2;
    for rows in [0..half, half..c.at.len()] {
        let mut group = file.next_row_group().unwrap();
        macro_rules! column {
            ($ty:ty, $values:expr) => {{
                let mut column = group.next_column().unwrap().unwrap();
                column.typed::<$ty>().write_batch($values, None, None).unwrap();
                column.close().unwrap();
            }};
            ($ty:ty, optional $values:expr) => {{
                let levels: Vec<i16> = $values.iter().map(|v| i16::from(v.is_some())).collect();
                let there: Vec<_> = $values.iter().flatten().cloned().collect();
                let mut column = group.next_column().unwrap().unwrap();
                column.typed::<$ty>().write_batch(&there, Some(&levels), None).unwrap();
                column.close().unwrap();
            }};
        }
        let bytes = |texts: &[&str]| texts.iter().map(|t| ByteArray::from(*t)).collect::<Vec<_>>();
        let owners: Vec<Option<ByteArray>> = c.owner[rows.clone()].iter().map(|o| o.map(ByteArray::from)).collect();
        let of_day = |us: &i64| {
            let (day, nanos) = ((us.div_euclid(86_400_000_000) + 2_440_588) as u32, us.rem_euclid(86_400_000_000) * 1_000);
            let mut number = Int96::new();
            number.set_data(nanos as u32, (nanos >> 32) as u32, day);
            number
        };
        match at {
            "INT96" => column!(Int96Type, &c.at[rows.clone()].iter().map(of_day).collect::<Vec<_>>()),
            _ => column!(Int64Type, &c.at[rows.clone()]),
        }
        column!(ByteArrayType, &bytes(&c.what[rows.clone()]));
        column!(ByteArrayType, &bytes(&c.id[rows.clone()]));
        column!(Int32Type, optional c.score[rows.clone()]);
        column!(DoubleType, optional c.rate[rows.clone()]);
        column!(Int64Type, optional c.cents[rows.clone()]);
        column!(ByteArrayType, optional owners);
        column!(Int32Type, optional c.born[rows.clone()]);
        column!(BoolType, optional c.human[rows.clone()]);
        column!(Int32Type, &vec![0; rows.len()]);
        group.close().unwrap();
    }
    file.close().unwrap();
}

/// 2026-03-02 10:00 in New York is 15:00 UTC; L1 is answered within its hour, L2 after its four, and a chatbot is no answer.
fn log() -> Columns {
    let ten = 1_772_463_600_000_000;
    let minutes = |m: i64| ten + m * 60_000_000;
    Columns {
        at: vec![minutes(0), minutes(5), minutes(30), minutes(60), minutes(246)],
        what: vec!["created", "created", "contacted", "contacted", "contacted"],
        id: vec!["L1", "L2", "L2", "L1", "L2"],
        score: vec![Some(80), Some(79), None, None, None],
        rate: vec![Some(0.25), Some(0.75), None, None, None],
        cents: vec![Some(9_950), Some(50), None, None, None],
        owner: vec![Some("kim"), Some("jo"), None, Some("kim"), None],
        born: vec![Some(10_956), Some(10_957), None, None, None],
        human: vec![None, None, Some(false), Some(true), Some(true)],
    }
}

/// The records of a run, without the places in the log's files.
fn records(folder: &Path, log: &str) -> Vec<String> {
    let run = sla(folder, &["run", "spec.sla", "--log", log, "-o", "out.jsonl"]);
    assert!(run.status.success(), "{log}: {}", text(&run.stderr));
    let records = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
    let place = regex_lite::Regex::new(r#""file":"log[^"]*","(line|bytes)":\d+"#).unwrap();
    records.lines().map(|l| place.replace_all(l, "").into_owned()).collect()
}

#[test]
fn typed_columns_give_what_their_texts_give() {
    let folder = folder("parquet");
    std::fs::write(folder.join("spec.sla"), SPEC.replace(r#" format "%d.%m.%Y""#, "")).unwrap();
    // 10,956 days after 1970 are 1999-12-31.
    let csv = "at,what,id,score,rate,value,owner,born,human\n\
        2026-03-02 10:00:00,created,L1,80,0.25,99.50,kim,1999-12-31,\n\
        2026-03-02 10:05:00,created,L2,79,0.75,0.50,jo,2000-01-01,\n\
        2026-03-02 10:30:00,contacted,L2,,,,,,false\n\
        2026-03-02 11:00:00,contacted,L1,,,,kim,,true\n\
        2026-03-02 14:06:00,contacted,L2,,,,,,true\n";
    std::fs::write(folder.join("log.csv"), csv).unwrap();
    let expected = records(&folder, "log.csv");
    assert!(expected.iter().any(|r| r.contains(r#""case":"L1""#) && r.contains(r#""verdict":"met""#)), "{expected:#?}");
    assert!(expected.iter().any(|r| r.contains(r#""case":"L2""#) && r.contains(r#""late_s":60"#)), "{expected:#?}");
    // A wall clock's times, five hours earlier on the paper, are in the source's zone.
    for (behind_utc, kind) in [(0, "true"), (5 * 3_600_000_000, "false")] {
        for (unit, in_unit) in [("MILLIS", (|us| us / 1_000) as fn(i64) -> i64), ("MICROS", |us| us), ("NANOS", |us| us * 1_000)] {
            let mut typed = log();
            typed.at.iter_mut().for_each(|us| *us = in_unit(*us - behind_utc));
            write(&folder.join("log.parquet"), &typed, &format!("TIMESTAMP({unit},{kind})"));
            assert_eq!(records(&folder, "log.parquet"), expected, "{unit}, {kind}");
        }
    }
    write(&folder.join("log.parquet"), &log(), "INT96");
    assert_eq!(records(&folder, "log.parquet"), expected);
    // A source may say how its other exports write times: a typed column needs no form.
    std::fs::write(folder.join("spec.sla"), SPEC).unwrap();
    let formed = records(&folder, "log.parquet");
    let but_the_plan = |records: &[String]| records[..records.len() - 1].to_vec();
    assert_eq!(but_the_plan(&formed), but_the_plan(&expected));
}

#[test]
fn pages_are_read_whatever_packed_them() {
    let folder = folder("parquet-packed");
    std::fs::write(folder.join("spec.sla"), SPEC.replace(r#" format "%d.%m.%Y""#, "")).unwrap();
    let packed = |codec, version, dictionary| {
        let properties = WriterProperties::builder().set_compression(codec).set_writer_version(version);
        write_as(&folder.join("log.parquet"), &log(), "TIMESTAMP(MICROS,true)", properties.set_dictionary_enabled(dictionary));
    };
    packed(Compression::UNCOMPRESSED, WriterVersion::PARQUET_1_0, true);
    let expected = records(&folder, "log.parquet");
    assert!(expected.iter().any(|r| r.contains(r#""case":"L2""#) && r.contains(r#""late_s":60"#)), "{expected:#?}");
    let (gzip, zstd) = (Compression::GZIP(GzipLevel::default()), Compression::ZSTD(ZstdLevel::default()));
    for codec in [Compression::UNCOMPRESSED, Compression::SNAPPY, gzip, zstd] {
        // The levels of a page of the second version stand before what is packed; without a dictionary values are told as differences.
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for dictionary in [true, false] {
                packed(codec, version, dictionary);
                assert_eq!(records(&folder, "log.parquet"), expected, "{codec} {version:?} {dictionary}");
            }
        }
    }
    packed(Compression::LZ4_RAW, WriterVersion::PARQUET_1_0, true);
    let run = sla(&folder, &["run", "spec.sla", "--log", "log.parquet"]);
    let said = text(&run.stderr);
    let says_what_to_do = said.contains("packed with LZ4_RAW") && said.contains("write it with Snappy, gzip or Zstandard");
    assert!(run.status.code() == Some(2) && says_what_to_do && !said.contains("damaged"), "{said}");
}

/// On 1 November 2026 New York's clocks show 1:30 twice: it is the first, 45 minutes after 0:45, and is counted as one
/// of two. On 8 March they never show 2:30: that is refused.
#[test]
fn a_time_that_a_wall_clock_shows_twice_or_never_is_that_of_a_table() {
    let folder = folder("parquet-twice");
    std::fs::write(folder.join("spec.sla"), SPEC.replace(r#" format "%d.%m.%Y""#, "")).unwrap();
    let header = "at,what,id,score,rate,value,owner,born,human\n";
    let rows = "2026-11-01 00:45:00,created,L1,80,0.25,99.50,kim,1999-12-31,\n2026-11-01 01:30:00,contacted,L1,,,,,,true\n";
    std::fs::write(folder.join("log.csv"), format!("{header}{rows}")).unwrap();
    let expected = records(&folder, "log.csv");
    assert!(expected.iter().any(|r| r.contains(r#""elapsed_s":2700"#) && r.contains(r#""verdict":"met""#)), "{expected:#?}");
    assert!(expected.iter().any(|r| r.contains(r#""times_ambiguous":1"#)), "{expected:#?}");
    let typed = |at: [i64; 2]| Columns {
        at: at.to_vec(),
        what: vec!["created", "contacted"],
        id: vec!["L1", "L1"],
        score: vec![Some(80), None],
        rate: vec![Some(0.25), None],
        cents: vec![Some(9_950), None],
        owner: vec![Some("kim"), None],
        born: vec![Some(10_956), None],
        human: vec![None, Some(true)],
    };
    // As if it were UTC's clock: 20,758 days after 1970 are 2026-11-01.
    let shown = |minutes: i64| (20_758 * 1_440 + minutes) * 60_000_000;
    write(&folder.join("log.parquet"), &typed([shown(45), shown(90)]), "TIMESTAMP(MICROS,false)");
    assert_eq!(records(&folder, "log.parquet"), expected);
    // 2026-03-08 is 238 days before, and has no 2:30.
    write(&folder.join("log.parquet"), &typed([shown(150 - 238 * 1_440), shown(90)]), "TIMESTAMP(MICROS,false)");
    let run = sla(&folder, &["run", "spec.sla", "--log", "log.parquet"]);
    let said = text(&run.stderr);
    assert!(run.status.code() == Some(2) && said.contains("2026-03-08T02:30:00") && said.contains("skipped"), "{said}");
}

/// `2026-02-03` is the second of March where a source says that the day comes first, in a column of texts as in a table.
#[test]
fn the_form_of_a_source_is_that_of_texts() {
    let folder = folder("parquet-form");
    let spec = SPEC
        .replace(
            r#"time "at" format "%d.%m.%Y" zone "America/New_York""#,
            r#"time "owner" format "%Y-%d-%m %H:%M" zone "America/New_York""#,
        )
        .replace(r#"  field owner = "owner""#, "");
    std::fs::write(folder.join("spec.sla"), &spec).unwrap();
    let csv = "owner,what,id,score,rate,value,born,human\n\
        2026-02-03 10:00,created,L1,80,0.25,99.50,1999-12-31,\n\
        2026-02-03 10:05,created,L2,79,0.75,0.50,2000-01-01,\n\
        2026-02-03 10:30,contacted,L2,,,,,false\n\
        2026-02-03 11:00,contacted,L1,,,,,true\n\
        2026-02-03 14:06,contacted,L2,,,,,true\n";
    std::fs::write(folder.join("log.csv"), csv).unwrap();
    let expected = records(&folder, "log.csv");
    assert!(expected.iter().any(|r| r.contains(r#""start":"2026-03-02T10:00:00-05:00""#)), "{expected:#?}");
    let mut texts = log();
    let written = ["2026-02-03 10:00", "2026-02-03 10:05", "2026-02-03 10:30", "2026-02-03 11:00", "2026-02-03 14:06"];
    texts.owner = written.map(Some).to_vec();
    write(&folder.join("log.parquet"), &texts, "TIMESTAMP(MICROS,true)");
    assert_eq!(records(&folder, "log.parquet"), expected);
    // A typed date needs no form either, whatever that of other exports is.
    let formed = spec.replace(r#"field born = "born""#, r#"field born = "born" format "%Y-%d-%m""#);
    std::fs::write(folder.join("spec.sla"), formed).unwrap();
    let formed = records(&folder, "log.parquet");
    assert_eq!(formed[..formed.len() - 1], expected[..expected.len() - 1]);
}

/// The second group begins with L2's chatbot at 10:30, a statistic that the file keeps. As of 10:29 all of it is later: its rows
/// are counted and not opened, so that what is broken in one of them is not seen either; as of 10:30 it is.
#[test]
fn a_row_group_after_as_of_is_counted_and_not_opened() {
    let folder = folder("parquet-later");
    std::fs::write(folder.join("spec.sla"), SPEC.replace(r#" format "%d.%m.%Y""#, "")).unwrap();
    let mut broken = log();
    broken.what[4] = "nothing that the vocabulary holds";
    write(&folder.join("log.parquet"), &broken, "TIMESTAMP(MICROS,true)");
    let summary = |as_of: &str| {
        let run =
            sla(&folder, &["run", "spec.sla", "--log", "log.parquet", "--as-of", as_of, "--deny", "unknown-events", "-o", "out.jsonl"]);
        let records = std::fs::read_to_string(folder.join("out.jsonl")).unwrap_or_default();
        (run.status.code(), records.lines().last().unwrap_or_default().to_string(), text(&run.stderr))
    };
    let (code, records, said) = summary("2026-03-02T10:29:00-05:00");
    assert_eq!(code, Some(0), "{said}");
    assert!(records.contains(r#""events":2,"#) && records.contains(r#""rows":5"#), "{records}");
    let (code, _, said) = summary("2026-03-02T10:30:00-05:00");
    assert!(code == Some(2) && said.contains("nothing that the vocabulary holds"), "{said}");
}

#[test]
fn a_wall_clock_without_a_zone_is_refused_with_the_number_of_its_row() {
    let folder = folder("parquet-wall");
    let spec = SPEC.split("source crm").next().unwrap();
    std::fs::write(folder.join("spec.sla"), spec.replace("case lead {", "case lead {\n    idle: number?")).unwrap();
    write(&folder.join("log.parquet"), &log(), "TIMESTAMP(MICROS,false)");
    let run = sla(&folder, &["run", "spec.sla", "--log", "log.parquet"]);
    assert_eq!(run.status.code(), Some(2));
    let said = text(&run.stderr);
    assert!(said.contains("log.parquet") && !said.contains("damaged"), "{said}");
    std::fs::write(folder.join("cut.parquet"), &std::fs::read(folder.join("log.parquet")).unwrap()[..200]).unwrap();
    let cut = sla(&folder, &["run", "spec.sla", "--log", "cut.parquet"]);
    assert_eq!((cut.status.code(), text(&cut.stderr).contains("the Parquet data is damaged")), (Some(2), true), "{}", text(&cut.stderr));
}
