//! What a person is told, word by word, and that it is all of it.

use std::fmt::Write as _;

use super::{GOOD, messages, parse, problems, problems_of, rendered, with};
use crate::config::{ConfigError, Place};

/// Appended to the good configuration: a source and a check to say wrong things in.
fn good_and(more: &str) -> String {
    format!("{GOOD}{more}")
}

fn told(text: &str) -> String {
    rendered(&parse(text).expect_err("something is wrong"))
}

#[test]
fn sections() {
    insta::assert_snapshot!(told(
        "hots = 1\nsource = 3\nschedule.evening = \"UTC\"\n[checks]\nname = \"a\"\n[host]\n[check]\nname = \"a\"\n"
    ));
    insta::assert_snapshot!(told("host = []\ncheck = [1, { name = \"a\" }]\n"));
}

#[test]
fn keys() {
    insta::assert_snapshot!(told(
        r#"
[host]
worker = 2
[host.limits]
memroy = "64 MiB"
[source.local]
type = "files"
path = "data"
colour = "blue"
[schedule.morning]
time_zone = "UTC"
[[check]]
name = "a"
plugn = "row-count@1.0.0"
table = "orders"
schedule = "morning"
sources = { local = ["orders"] }
"#
    ));
}

#[test]
fn kinds() {
    insta::assert_snapshot!(told(
        r#"
[host]
state = 1
workers = "two"
component_max = 64
compile_time = 5
limits = "none"
[source.local]
type = ["files"]
path = true
concurrency = 1.5
[schedule.morning]
timezone = 2026-01-31
[[check]]
name = 1
plugin = {}
schedule = 5
severity = 1
tags = "t"
sources = ["orders"]
settings = "table = 1"
"#
    ));
}

#[test]
fn missing_keys() {
    insta::assert_snapshot!(told("[source.local]\n[schedule.morning]\n[[check]]\nschedule = \"morning\"\n"));
}

#[test]
fn quantities() {
    insta::assert_snapshot!(told(
        r#"
[host]
workers = 0
component_max = "64"
compile_time = "long"
compile_memory = "0 B"
[host.limits]
memory = 64
fuel = 0
rows = "many"
queries = -5
deadline = "soon"
guest_cpu = "0s"
query_deadline = "10us"
bytes_in = "99999999 EiB"
[source.local]
type = "files"
path = "data"
memory = "0 MiB"
spill = "lots"
concurrency = 5000
[[check]]
name = "a"
plugin = "x@1.0.0"
sources = { local = ["t"] }
limits = { deadline = 20 }
"#
    ));
}

#[test]
fn words_and_names() {
    insta::assert_snapshot!(told(
        r#"
[host]
state = ""
[source."my data"]
type = "flies"
path = ""
[schedule."-"]
timezone = "America/New_Yrok"
target = "yesterday"
[schedule.mars]
timezone = "Mars/Olympus"
[[check]]
name = "a b"
plugin = "row-count"
schedule = "-"
severity = "hihg"
owner = " "
tags = ["", "t"]
sources = { "my data" = ["", "a/b", "["] }
[[check]]
name = "b"
plugin = "Row@1.0.0"
schedule = "mars"
severity = "P1"
sources = { "my data" = [] }
[[check]]
name = "c"
plugin = "x@1"
sources = {}
"#
    ));
}

#[test]
fn references() {
    insta::assert_snapshot!(told(&good_and(
        r#"
[[check]]
name = "f"
plugin = "x@1.0.0"
schedule = "mornin"
sources = { locl = ["t"], warehouse = ["t"] }
"#
    )));
    insta::assert_snapshot!(told(
        "[[check]]\nname = \"a\"\nplugin = \"x@1.0.0\"\nschedule = \"daily\"\nsources = { local = [\"t\"] }\n"
    ));
}

#[test]
fn names_that_cannot_be_told_apart() {
    let again = "[[check]]\nname = \"NAME\"\nplugin = \"x@1.0.0\"\nsources.local = [\"t\"]\n";
    insta::assert_snapshot!(told(&good_and(&(again.replace("NAME", "a") + &again.replace("NAME", "evening")))));
}

#[test]
fn nothing_to_run() {
    insta::assert_snapshot!(told("[source.local]\ntype = \"files\"\npath = \"data\"\n"));
    insta::assert_snapshot!(told(&with("schedule = \"evening\"\n", "")));
    assert_eq!(messages(""), ["there are no checks"]);
    assert_eq!(messages("check = []"), ["there are no checks"]);
}

#[test]
fn settings_that_json_cannot_say() {
    insta::assert_snapshot!(told(&with("table = \"x\"", "rules = [{ min = -inf, max = 1.5 }, { max = nan }]")));
}

#[test]
fn syntax() {
    insta::assert_snapshot!(told("[host]\nstate = .assay\nworkers = 2\nworkers = 3\n[source.local\n"));
}

#[test]
fn settings_that_a_plugin_refuses() {
    let text = with("table = \"x\"", "table = \"x\"\nrules = [{ column = \"n\", min = 1, max = 0 }]");
    let config = parse(&text).unwrap();
    let [a, b, ..] = config.checks.as_slice() else { panic!("{:?}", config.checks) };
    let settings = |pointer: &str| Place::Settings(pointer.to_owned());
    let problems = vec![
        config.problem_at(&b.name, settings("/table"), "`table` is missing", Some("name the table".to_owned())),
        config.problem_at(&a.name, settings("/rules/0/max"), "`max` is less than `min`", None),
        config.problem_at(&a.name, Place::Plugin, "the plugin is not there", None),
        config.problem_at(&a.name, Place::Sources, "a source cannot be read", None),
        config.problem_at(&"gone".parse().unwrap(), Place::Plugin, "no place", None),
    ];
    let places: Vec<_> = problems.iter().map(|problem| problem.place().and_then(|place| text.get(place))).collect();
    assert_eq!(
        places,
        [Some("[[check]]"), Some("max"), Some("\"row-count@1.0.0\""), Some("{ local = [\"x_*\"] }"), None]
    );
    insta::assert_snapshot!(rendered(&ConfigError::from_problems(&config, problems)));
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = with("workers = 3", "workers = -1")
        .replace("America/New_York", "Mars/Olympus")
        .replace("severity = \"high\"", "severity = 5\nowener = \"o\"")
        + "[[check]]\nname = \"f\"\nplugin = \"nope\"\nsources = {}\n";
    assert_eq!(
        messages(&text),
        [
            "`workers` cannot be -1",
            "there is no time zone `Mars/Olympus`",
            "`severity` must be text, not a whole number",
            "unknown key `owener` in `[[check]]`",
            "`nope` is not a plugin reference: `id@version` with a semantic version, for example `row-count@1.0.0`",
            "the check is granted no source",
        ]
    );
}

#[test]
fn one_mistake_is_told_once() {
    for (piece, instead, message) in [
        ("schedule = \"evening\"", "schedule = \"evenin\"", "there is no schedule `evenin`"),
        ("schedule = \"evening\"", "schedule = 5", "`schedule` must be text, not a whole number"),
        ("schedule = \"evening\"", "scedule = \"evening\"", "unknown key `scedule` in `[[check]]`"),
        ("timezone = \"UTC\"", "timezone = \"UCT2\"", "there is no time zone `UCT2`"),
        ("timezone = \"UTC\"", "", "`[schedule.evening]` has no `timezone`"),
        (
            "[schedule.evening]\ntimezone = \"UTC\"",
            "[schedule]\nevening = 1",
            "`[schedule.evening]` must be a table, not a whole number",
        ),
        ("path = \"data\"", "path = 1", "`path` must be text, not a whole number"),
        ("[source.local]", "[sources.local]", "unknown key `sources` at the top of the file"),
        ("[source.local]\ntype", "[source.local]\ntyp", "unknown key `typ` in `[source.local]`"),
        ("[calendar.season]", "[calender.season]", "unknown key `calender` at the top of the file"),
        ("calendar = \"season\"\ndepends", "calendar = 1\ndepends", "`calendar` must be text, not a whole number"),
        ("cron = \"0 6 * * *\"", "cron = 6", "`cron` must be text, not a whole number"),
        ("cron = \"0 6 * * *\"", "corn = \"0 6 * * *\"", "unknown key `corn` in `[schedule.morning]`"),
        ("depends_on = [\"evening\"]", "depend_on = [\"evening\"]", "unknown key `depend_on` in `[schedule.morning]`"),
        ("depends_on = [\"e\"]", "depends_on = [\"x1\"]", "there is no check `x1`"),
        ("schedule = \"noon\"", "schedule = \"noom\"", "there is no schedule `noom`"),
        ("schedule = \"noon\"", "schedule = 5", "`schedule` must be text, not a whole number"),
        ("name = \"e\"", "nam = \"e\"", "unknown key `nam` in `[[check]]`"),
        ("url = \"https", "ur = \"https", "unknown key `ur` in `heartbeat`"),
        ("name = \"ci\"", "nme = \"ci\"", "unknown key `nme` in `tokens`"),
        ("tags = [\"t\"]", "tags = [1]", "cannot read `tags`: invalid type: integer `1`, expected a string"),
    ] {
        assert_eq!(messages(&with(piece, instead)), [message], "{instead}");
    }
    let renamed = GOOD.replace("[[check]]", "[[checks]]").replace("[check.", "[checks.");
    assert_eq!(messages(&renamed), ["unknown key `checks` at the top of the file"]);
}

#[test]
fn many_mistakes_are_counted_and_the_first_are_shown() {
    let mut text = String::new();
    for number in 0..60 {
        writeln!(text, "key{number} = 1").unwrap();
    }
    let error = parse(&good_and("").replacen("\n[host]", &format!("{text}[host]"), 1)).expect_err("unknown keys");
    assert_eq!(error.to_string(), "the configuration `/etc/assay/assay.toml` has 60 problems (the first 50 are shown)");
    assert!(matches!(error, ConfigError::Invalid { problems, omitted: 10, .. } if problems.len() == 50));
}

#[test]
fn no_damage_to_a_file_makes_a_panic_or_a_problem_without_a_hint() {
    let ends: Vec<_> = GOOD.char_indices().map(|(at, c)| (at, at + c.len_utf8())).collect();
    for (start, end) in ends {
        let (before, after) = (GOOD.get(..start).unwrap(), GOOD.get(end..).unwrap());
        for text in [before.to_owned(), format!("{before}{after}"), format!("{before}\u{0}\"é{after}")] {
            if let Err(error) = parse(&text) {
                assert!(!rendered(&error).is_empty());
                // Every place lies within the text and every hint is there, or this panics.
                assert!(!problems_of(error, &text).is_empty(), "{text}");
            }
        }
    }
}

#[test]
fn instants_of_rows() {
    insta::assert_snapshot!(told(
        "[source.a]\ntype = \"files\"\npath = \"a\"\nas_of_until = \"b\"\n[source.c]\ntype = \"files\"\npath = \"c\"\nas_of_from = \"\"\nas_of_until = \"\"\n"
    ));
}

#[test]
fn times_of_schedules() {
    insta::assert_snapshot!(told(&good_and("[schedule.never]\ntimezone = \"UTC\"\ncron = \"0 6 * *\"\n")));
}

#[test]
fn a_source_has_the_keys_of_its_type_only() {
    insta::assert_snapshot!(told(
        "[source.warehouse]\ntype = \"bigquery\"\npath = \"data\"\nmemory = \"1 GiB\"\n\
         [source.local]\ntype = \"files\"\ndataset = \"d\"\ncredentials = \"none\"\n\
         [[check]]\nname = \"a\"\nplugin = \"x@1.0.0\"\nsources.local = [\"t\"]\n"
    ));
}

#[test]
fn what_is_wrong_with_bigquery_is_told_at_once() {
    insta::assert_snapshot!(told(
        "[source.a]\ntype = \"bigquery\"\nproject = \"a b\"\ndataset = \"p.d.t\"\nlocation = \"?\"\ncredentials = \"key\"\n\
         impersonate = \"a/b\"\nendpoint = \"http://h/bigquery/v2\"\ndaily_budget = \"much\"\n\
         [source.b]\ntype = \"bigquery\"\nproject = \"p\"\ncredentials = \"none\"\n\
         [source.c]\ntype = \"bigquery\"\nproject = \"p\"\ncredentials = \"file\"\n\
         [source.d]\ntype = \"bigquery\"\nproject = \"p\"\ncredentials = \"adc\"\ncredentials_file = \"k.json\"\n\
         [[check]]\nname = \"a\"\nplugin = \"x@1.0.0\"\nsources.b = [\"t\"]\ndaily_budget = 5\n"
    ));
}

/// A source and a check.
pub(super) const ONE: &str = r#"
[source.local]
type = "files"
path = "data"
[[check]]
name = "a"
plugin = "x@1.0.0"
sources.local = ["t"]
"#;

/// A source, and checks on the schedules `a`, `b` and `c`.
const THREE: &str = r#"
[source.local]
type = "files"
path = "data"
[[check]]
name = "on-a"
plugin = "x@1.0.0"
schedule = "a"
sources.local = ["t"]
[[check]]
name = "on-b"
plugin = "x@1.0.0"
schedule = "b"
sources.local = ["t"]
[[check]]
name = "on-c"
plugin = "x@1.0.0"
schedule = "c"
sources.local = ["t"]
"#;

#[test]
fn days_of_calendars() {
    insta::assert_snapshot!(told(&format!(
        r#"
[calendar."-"]
active = ["2025-10-21", "2026-02-29", "2025-10-21..2026-06", "2026-06-30..2025-10-21", "2025-10-21..2025-10-21"]
blackout = ["soon", {{ days = "2026-02-18..2026-02-13" }}, {{ reason = "Pi" }}, {{ days = "2025-12-25", reason = "" }}]
file = ""
query = {{ source = "locl", sql = " " }}
[calendar.empty]
[calendar.nothing]
active = []
blackout = []
[calendar.keys]
actve = ["2025-10-21"]
blackout = [{{ day = "2025-12-25" }}, "2025-12-26"]
query = {{ source = "local", sqll = "SELECT 1", limit = 1 }}
[calendar.dates]
active = [2025-10-21]
blackout = [{{ days = 2025-12-25 }}]
query = {{ source = "local" }}
[calendar.kinds]
active = "2025-10-21"
blackout = [3]
query = "SELECT 1"
[schedule.a]
timezone = "UTC"
cron = "0 6 * * *"
calendar = "key"
[schedule.b]
timezone = "UTC"
[schedule.c]
timezone = "UTC"
{THREE}"#
    )));
    insta::assert_snapshot!(told(&with("[schedule.morning]", "[calendar.unused]\nfile = \"f\"\n[schedule.morning]")));
}

#[test]
fn slots_of_schedules() {
    insta::assert_snapshot!(told(&format!(
        r#"
[schedule.a]
timezone = "UTC"
cron = "0 6 * * *"
dst_gap = "run_at_transision"
dst_overlap = "frist"
catch_up = "lastest"
catch_up_window = "0s"
catch_up_limit = 0
overlap = "skipp"
jitter = "-1s"
start_deadline = "0s"
deadline = "0s"
calendar = "season"
depends_on = ["bb", "evening"]
depends_within = "0s"
[schedule.b]
timezone = "UTC"
dst_gap = "skip"
dst_overlap = "both"
catch_up = "none"
catch_up_window = "1d"
catch_up_limit = 1
overlap = "skip"
jitter = "1s"
start_deadline = "1m"
deadline = "1 month"
depends_on = ["a"]
[schedule.c]
timezone = "UTC"
cron = "0 6 * * *"
depends_within = "1h"
{THREE}"#
    )));
}

#[test]
fn circles_of_schedules() {
    let schedule = |name: &str, depends_on: &str| {
        format!("[schedule.{name}]\ntimezone = \"UTC\"\ncron = \"0 6 * * *\"\ndepends_on = {depends_on}\n")
    };
    let good = schedule("a", "[]") + &schedule("b", "[\"a\"]") + &schedule("c", "[\"a\", \"b\"]") + THREE;
    assert_eq!(parse(&good).unwrap().schedules[2].depends_on.len(), 2, "two ways to the same one are no circle");
    insta::assert_snapshot!(told(
        &(schedule("a", "[\"b\"]") + &schedule("b", "[\"c\", \"b\"]") + &schedule("c", "[\"a\"]") + THREE)
    ));
}

#[test]
fn a_long_way_is_followed_to_its_end() {
    let mut text = "[source.local]\ntype = \"files\"\npath = \"data\"\n".to_owned();
    let mut add = |name: usize, first: usize| {
        writeln!(
            text,
            "[[check]]\nname = \"{name}\"\nplugin = \"x@1.0.0\"\nsources.local = [\"t\"]\ndepends_on = [\"{first}\"]"
        )
        .unwrap();
    };
    (0..5_000).for_each(|name| add(name, name + 1));
    add(5_000, 0);
    let problems = problems(&text);
    let [(message, place, _)] = problems.as_slice() else { panic!("one circle, not {}", problems.len()) };
    let circle = "`0` -> `1` -> `2` -> `3` -> `4` -> ... -> `4997` -> `4998` -> `4999` -> `5000` -> `0`";
    assert_eq!(*message, format!("checks depend on each other in a circle: {circle}"));
    assert_eq!(place, "\"0\"");
}

#[test]
fn checks_that_come_first_or_again() {
    insta::assert_snapshot!(told(&good_and(
        r#"
[[check]]
name = "assay/host"
plugin = "x@1.0.0"
sources.local = ["t"]
[[check]]
name = "f"
plugin = "x@1.0.0"
schedule = "noon"
sources.local = ["t"]
depends_on = ["f", "g", "a", "nobody", "h"]
attempts = 0
confirm = { times = 0, after = "-1s" }
[[check]]
name = "g"
plugin = "x@1.0.0"
schedule = "noon"
sources.local = ["t"]
depends_on = ["f"]
attempts = 11
confirm = { times = 11 }
[[check]]
name = "h"
plugin = "x@1.0.0"
sources.local = ["t"]
depends_on = ["i", "a"]
confirm = { time = 1, after = "5m" }
[[check]]
name = "i"
plugin = "x@1.0.0"
sources.local = ["t"]
confirm = { times = "1", after = "5m" }
"#
    )));
}

#[test]
fn hosts_that_keep_running() {
    let serve = |keys: &str| told(&format!("[serve]\n{keys}\n{ONE}"));
    insta::assert_snapshot!(serve(
        r#"
listen = "localhost:8750"
tokens = [
    { name = "ci", sha256 = "secret", role = "reader" },
    { name = "ci", sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", role = "admin" },
    { name = " ", sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
    { sha256 = "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF", role = "read" },
    { name = "you", role = "read" },
]
drain = "-1s"
self_check = "500ms"
keep = "0d"
disk_free_min = "1"
heartbeat = { url = "h.example", every = "0s" }
traces = "ftp://t.example"
"#
    ));
    insta::assert_snapshot!(serve(
        r#"
lisen = "127.0.0.1:1"
tokens = [{ nme = "ci", role = "read" }, { name = 3 }]
heartbeat = { every = "1 fortnight", urls = [], even = 1 }
keep = "long"
"#
    ));
    insta::assert_snapshot!(serve("listen = \"0.0.0.0:8750\"\nheartbeat = {}"));
}

#[test]
fn beyond_the_machine_itself_there_must_be_tokens() {
    let digest = "0123456789abcdef".repeat(4);
    let tokens = format!("tokens = [{{ name = \"a\", sha256 = \"{digest}\", role = \"read\" }}]");
    for (address, is_open) in [
        ("127.0.0.1:0", false),
        ("127.8.0.1:1", false),
        ("[::1]:1", false),
        ("[::ffff:127.0.0.1]:1", false),
        ("0.0.0.0:1", true),
        ("[::]:1", true),
        ("192.168.1.1:1", true),
        ("[::ffff:10.0.0.1]:1", true),
    ] {
        let with = |tokens: &str| format!("[serve]\nlisten = \"{address}\"\n{tokens}\n{ONE}");
        for none in ["", "tokens = []"] {
            let refused = parse(&with(none)).err().map(|_| messages(&with(none)));
            let expected = format!("everybody who reaches `{address}` could do everything: there are no `tokens`");
            assert_eq!(refused, is_open.then(|| vec![expected]), "{address} with `{none}`");
        }
        assert_eq!(parse(&with(&tokens)).unwrap().serve.tokens.len(), 1, "{address}");
        assert_eq!(messages(&with("tokens = 1")), ["`tokens` must be a list, not a whole number"], "{address}");
    }
}
