//! What a person is told of mistakes in alerting, word by word.

use super::super::{messages, parse, problems_of, rendered};
use super::{ALERTING, with};

/// A source and two checks, for what is said of alerting.
const BASE: &str = r#"
[source.local]
type = "files"
path = "data"
[[check]]
name = "orders"
plugin = "x@1.0.0"
owner = "data"
tags = ["nba"]
sources.local = ["t"]
[[check]]
name = "players"
plugin = "x@1.0.0"
severity = "low"
sources.local = ["t"]
"#;

fn told(text: &str) -> String {
    rendered(&parse(&format!("{text}{BASE}")).expect_err("something is wrong"))
}

#[test]
fn policies() {
    insta::assert_snapshot!(told(
        r#"
[alerts]
operater = "platform"
link = "assay.example.com"
hihg = { repeat = "4h" }
low = "never"
[alerts.policy]
consecutive = 0
failures_of = { failures = 6, results = 5 }
error_consecutive = "2"
warn = "record"
severity_floor = "hihg"
repeat = "0s"
resolve_afer = 1
reopen_within = "-1s"
runbook = "https://wiki.example.com"
[alerts.critical]
failures_of = { failure = 3 }
max_skips = 2000
missing_after = "soon"
escalate_after = "0s"
escalate_to = ["pagr"]
per = "row"
flapping = "yes"
[receiver.pager]
type = "log"
"#
    ));
}

#[test]
fn policies_of_a_check() {
    let check = "[[check]]\nname = \"c\"\nplugin = \"x@1.0.0\"\nsources.local = [\"t\"]\n";
    let alert = "severity_floor = \"high\", failures_of = {}, escalate_to = [\"x\"], runbook = \"wiki\"";
    insta::assert_snapshot!(told(&format!("{check}check_owner = \"\"\nalert = {{ {alert} }}\n")));
}

#[test]
fn types_of_receivers() {
    insta::assert_snapshot!(told(
        r##"
[receiver."a b"]
type = "log"
channel = "#data"
[receiver.type]
send_resolved = "no"
rate = { messages = 0 }
timeout = "0s"
template = ""
[receiver.word]
type = "slak"
channel = "#data"
[receiver.slack]
type = "slack"
channel = "#data"
routing_key = { env = "KEY" }
[receiver.both]
type = "slack"
channel = "#data"
token = { env = "TOKEN" }
url = { env = "URL" }
[receiver.pagerduty]
type = "pagerduty"
api = "events.pagerduty.com"
[receiver.alertmanager]
type = "alertmanager"
url = { env = "URL" }
token = { env = "TOKEN" }
user = "assay"
hold = "5m"
refresh = "5m"
[receiver.email]
type = "email"
host = "smtp://smtp.example.com:25"
port = 70000
tls = "none"
password = { env = "PASSWORD" }
from = "assay"
to = []
[receiver.clear]
type = "email"
host = "smtp.example.com"
tls = "none"
user = "assay"
password = { env = "PASSWORD" }
from = "assay <assay@example.com>"
to = ["data@example.com"]
[receiver.email2]
type = "email"
to = ["a@b, c@d"]
[receiver.webhook]
type = "webhook"
headers = { "a b" = { env = "A" } }
[receiver.webhooks]
type = "webhook"
url = "https://hooks.example.com"
url_secret = { env = "URL" }
[receiver.github]
type = "github"
repository = "https://github.com/example/data"
labels = []
[receiver.command]
type = "command"
command = "page data"
[receiver.empty]
type = "command"
command = []
[receiver.nothing]
type = "command"
[route.all]
receivers = [
    "a b", "type", "word", "slack", "both", "pagerduty", "alertmanager", "email", "clear", "email2", "webhook",
    "webhooks", "github", "command", "empty", "nothing",
]
"##
    ));
}

#[test]
fn secrets() {
    let told = told(
        r#"
[receiver.slack]
type = "slack"
token = "xoxb-HUSH"
channel = "data"
[receiver.hook]
type = "slack"
url = "https://hooks.slack.com/services/HUSH"
[receiver.number]
type = "email"
user = "assay"
password = 4711
[receiver.pager]
type = "pagerduty"
routing_key = { env = "pa55-HUSH" }
[receiver.webhook]
type = "webhook"
url_secret = { file = "", env = "A" }
signing_key = { credential = "../HUSH" }
headers = { Authorization = "Bearer HUSH", X-Team = { evn = "TEAM" }, X-More = {} }
[receiver.line]
type = "log"
token = "HUSH"
[receiver.issues]
type = "github"
token = { env = 3 }
[receiver.list]
type = "pagerduty"
routing_key = ["HUSH"]
[receiver.hooks]
type = "slack"
url = { env = "HOOK" }
token = "HUSH"
[receiver.both]
type = "webhook"
url = "https://assay:HUSH@hooks.example.com"
url_secret = "HUSH"
[receiver.address]
type = "webhook"
url = "https://assay:HUSH@hooks.example.com"
[route.all]
receivers = [
    "slack", "hook", "number", "pager", "webhook", "line", "issues", "list", "hooks", "both", "address",
]
"#,
    );
    for secret in ["HUSH", "4711"] {
        assert!(!told.contains(secret), "{secret} is shown: {told}");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn routes() {
    insta::assert_snapshot!(told(
        r#"
[receiver.bot]
type = "log"
[route.nobody]
match = ["severity>=hihg", "ownr=data", "owner=dat", "tag=nbb", "kind=eror", "nothing", "check~\"[\"", "tag>=nba"]
group_by = ["ownr"]
group_wait = "-1s"
group_interval = "0s"
repeat = "0s"
quiet = ["night"]
[route.unknown]
within = "nobdy"
match = ["check=order", "source=warehouse", "schedule=morning"]
receivers = ["bt"]
[route.all]
receivers = ["bot"]
[route.behind]
receivers = ["bot"]
[route.also]
receivers = ["bot"]
continue = 1
[quiet.nights]
timezone = "UTC"
from = "22:00"
until = "07:00"
"#
    ));
}

#[test]
fn routes_within_each_other() {
    let routes = "[route.a]\nwithin = \"b\"\n[route.b]\nwithin = \"a\"\n[route.c]\nwithin = \"c\"\n";
    insta::assert_snapshot!(told(routes));
    let mut deep = "[route.0]\nreceivers = []\n".to_owned();
    deep.extend((1..40).map(|depth| format!("[route.{depth}]\nwithin = \"{}\"\n", depth - 1)));
    assert_eq!(messages(&format!("{deep}{BASE}")), ["the route `17` is too deep down"]);
}

#[test]
fn what_keeps_alerts_from_being_told() {
    insta::assert_snapshot!(told(
        r#"
[inhibit.a]
source = []
equal = ["ownr"]
[inhibit.b]
source = ["tag=nbb"]
target = "nba"
[quiet.nights]
timezone = "Europe/Berln"
days = ["sat", "sunday"]
from = "22"
until = "24:00"
[quiet.never]
days = []
[maintenance.move]
from = "2026-12-01T22:00"
until = 2026-12-02T06:00:00Z
match = ["source=wharehouse"]
reason = ""
[maintenance.past]
from = "2026-12-02T22:00Z"
until = "2026-12-01T22:00Z"
"#
    ));
}

#[test]
fn a_time_without_length_is_no_maintenance() {
    let until = "until = \"2026-12-02T06:00Z\"";
    assert_eq!(
        messages(&with(until, "until = \"2026-12-01T21:00Z\"")),
        ["the maintenance would be over before it begins"]
    );
    assert!(parse(&with(until, "until = \"2026-12-01T21:01Z\"")).is_ok());
}

#[test]
fn a_password_may_go_in_the_clear_where_it_does_not_leave_the_machine() {
    let plain = with("tls = \"tls\"", "tls = \"none\"");
    assert_eq!(messages(&plain), ["everybody on the way to `smtp.example.com` could read the password"]);
    for host in ["localhost", "127.0.0.1", "::1"] {
        assert!(parse(&plain.replace("smtp.example.com", host)).is_ok(), "{host}");
    }
}

#[test]
fn a_secret_of_many_lines_is_starred_on_each() {
    let text = with("{ env = \"BOT\" }", "\"\"\"\nfirst\nsécond\"\"\"");
    let error = parse(&text).expect_err("a secret is written out");
    let told = rendered(&error);
    assert!(told.contains("*****") && !told.contains("first") && !told.contains("cond"), "{told}");
    assert_eq!(problems_of(error, &text).len(), 1);
}

#[test]
fn digests() {
    insta::assert_snapshot!(told(
        r#"
[receiver.manager]
type = "alertmanager"
url = "http://127.0.0.1:9093"
[digest.a]
cron = "0 8 * *"
timezone = "Mars"
receivers = []
[digest.b]
match = ["owner=nobody"]
receivers = ["manager", "manger"]
"#
    ));
}

#[test]
fn what_is_not_used() {
    insta::assert_snapshot!(told(
        r#"
[receiver.bot]
type = "log"
[quiet.nights]
timezone = "UTC"
from = "22:00"
until = "07:00"
"#
    ));
}

#[test]
fn one_mistake_is_told_once() {
    for (piece, instead, message) in [
        ("[receiver.hook]", "[receiver.hoook]", "there is no receiver `hook`"),
        ("[receiver.line]", "[recever.line]", "unknown key `recever` at the top of the file"),
        ("[route.rest]", "[route.rset]", "there is no route `rest`"),
        ("[quiet.nights]", "[quiet.night]", "there is no set of quiet hours `nights`"),
        ("receivers = [\"pager\", \"mail\"]", "receivers = 1", "`receivers` must be a list, not a whole number"),
        ("receivers = [\"pager\", \"mail\"]", "reciever = []", "unknown key `reciever` in `[route.loud]`"),
        ("receivers = [\"bot\"]", "receivers = []", "the digest is for nobody"),
        (
            "escalate_to = [\"program\"]",
            "escalate_to = 1",
            "`escalate_to` in `alert` must be a list, not a whole number",
        ),
        ("escalate_to = [\"program\"]", "escalat_to = [\"program\"]", "unknown key `escalat_to` in `alert`"),
        ("[check.alert]", "[check.alrt]", "unknown key `alrt` in `[[check]]`"),
        ("owner = \"data\"", "owner = 1", "`owner` must be text, not a whole number"),
        ("tags = [\"nba\"]", "tag = [\"nba\"]", "unknown key `tag` in `[[check]]`"),
        ("quiet = [\"nights\"]", "quit = [\"nights\"]", "unknown key `quit` in `[route.loud]`"),
        ("failures = 3", "failurs = 3", "unknown key `failurs` in `failures_of`"),
        ("failures = 3, ", "", "`failures_of` has no `failures`"),
        ("messages = 10", "messages = \"10\"", "`messages` in `rate` must be a whole number, not text"),
        ("type = \"log\"", "typ = \"log\"", "unknown key `typ` in `[receiver.line]`"),
        (
            "url = \"https://hooks.example.com/open\"",
            "url = 1",
            "cannot read `url`: invalid type: integer `1`, expected text, or a table of `env`, `file` or `credential`",
        ),
        ("{ env = \"HIDDEN\" }", "{ evn = \"HIDDEN\" }", "unknown key `evn` in `url_secret`"),
        ("{ env = \"TEAM\" }", "{ evn = \"TEAM\" }", "unknown key `evn` in `X-Team`"),
        ("operator = ", "operatr = ", "unknown key `operatr` in `[alerts]`"),
        (
            "match = [\"tag=nba\"]\n\n[route.late]",
            "matches = [\"tag=nba\"]\n\n[route.late]",
            "unknown key `matches` in `[route.nba]`",
        ),
        ("[route.loud]\nmatch", "[route.loud]\nmach", "unknown key `mach` in `[route.loud]`"),
        ("[route.loud]", "[[route.loud]]", "`[route.loud]` must be a table, not a list"),
        ("[alerts]", "[alert]", "unknown key `alert` at the top of the file"),
    ] {
        assert_eq!(messages(&with(piece, instead)), [message], "{instead}");
    }
    let of_operator = with("operator = ", "operatr = ").replacen("tag=nba", "owner=platform", 1);
    let may_be_told = with("[route.loud]\nmatch", "[route.loud]\nmach").replacen("continue = true\n", "", 1);
    assert_eq!(messages(&may_be_told), ["unknown key `mach` in `[route.loud]`"], "it need not take everything");
    assert_eq!(messages(&of_operator), ["unknown key `operatr` in `[alerts]`"], "the owner may be the operator");
}

#[test]
fn no_damage_makes_a_panic_or_a_problem_without_a_hint() {
    // Every character would take minutes.
    let ends = ALERTING.char_indices().map(|(at, c)| (at, at + c.len_utf8())).step_by(17);
    for (start, end) in ends {
        let (before, after) = (ALERTING.get(..start).unwrap(), ALERTING.get(end..).unwrap());
        for text in [before.to_owned(), format!("{before}{after}")] {
            if let Err(error) = parse(&text) {
                assert!(!rendered(&error).is_empty());
                assert!(!problems_of(error, &text).is_empty(), "{text}");
            }
        }
    }
}
