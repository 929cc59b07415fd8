-- Made of schemas/results.yaml by `cargo xtask gen`. Version 1.

-- One execution of a schedule's slot or of a manual request.
CREATE TABLE validation_runs (
    -- Identity of the run, a ULID.
    run_id TEXT NOT NULL,
    -- What made the run happen.
    trigger_source TEXT NOT NULL CHECK (trigger_source IN ('manual', 'schedule', 'catchup', 'backfill', 'api', 'host')),
    -- Who asked for the run, where somebody did and is known.
    requested_by TEXT,
    -- The schedule the run belongs to; NULL when it was asked for by hand.
    schedule_name TEXT,
    -- The instant the run was due.
    scheduled_for TEXT NOT NULL CHECK (scheduled_for GLOB '????-??-??T??:??:??.??????Z'),
    -- That instant as the schedule's pattern says it, which clocks may leave out or show twice; NULL when no schedule does.
    scheduled_local TEXT,
    -- Offset of the schedule's zone at that instant, in seconds east of UTC.
    utc_offset_seconds INTEGER,
    -- What the schedule does where clocks are set, `dst_gap, dst_overlap`.
    dst_policy TEXT,
    -- IANA name of the zone in which the target date counts.
    timezone TEXT NOT NULL,
    -- The day the run is about.
    target_date TEXT NOT NULL CHECK (target_date GLOB '????-??-??'),
    -- First instant of the target date.
    interval_start TEXT NOT NULL CHECK (interval_start GLOB '????-??-??T??:??:??.??????Z'),
    -- First instant of the day after the target date.
    interval_end TEXT NOT NULL CHECK (interval_end GLOB '????-??-??T??:??:??.??????Z'),
    -- When the run began; of a slot that was not run, when that was decided.
    started_at TEXT NOT NULL CHECK (started_at GLOB '????-??-??T??:??:??.??????Z'),
    -- Milliseconds from the instant the slot was due to its start; NULL for a run that is not of a slot.
    lag_ms INTEGER,
    -- How many checks the run selected.
    checks_planned INTEGER NOT NULL,
    -- SHA-256 of the configuration file.
    config_digest TEXT NOT NULL,
    -- Version of assay.
    host_version TEXT NOT NULL,
    -- Version of the sandbox engine; fuel is comparable within one.
    engine_version TEXT NOT NULL,
    -- The host process that runs it, the name of its lock file in `owners/`.
    owner TEXT NOT NULL,
    -- When the run ended; NULL while it is running.
    finished_at TEXT CHECK (finished_at GLOB '????-??-??T??:??:??.??????Z'),
    -- Milliseconds from start to end; NULL while it is running.
    duration_ms INTEGER,
    -- What the results add up to; NULL while it is running.
    status TEXT CHECK (status IN ('ok', 'warning', 'critical', 'error', 'skipped', 'missed', 'cancelled')),
    -- Why nothing was run, when the status is `missed` or `skipped` for that.
    reason TEXT CHECK (reason IN ('catch_up_off', 'superseded', 'catch_up_window', 'catch_up_limit', 'overlap', 'start_deadline', 'paused', 'removed', 'calendar', 'upstream')),
    -- One sentence for a person; NULL while it is running.
    message TEXT,
    -- Checks whose last result is `pass`; NULL while it is running.
    checks_passed INTEGER,
    -- Checks whose last result is `warn`; NULL while it is running.
    checks_warned INTEGER,
    -- Checks whose last result is `fail`; NULL while it is running.
    checks_failed INTEGER,
    -- Checks whose last result is `skip`; NULL while it is running.
    checks_skipped INTEGER,
    -- Checks whose last result is `error`; NULL while it is running.
    checks_errored INTEGER,
    PRIMARY KEY (run_id)
) STRICT;

CREATE INDEX validation_runs_by_started_at ON validation_runs (started_at);

CREATE INDEX validation_runs_by_status ON validation_runs (status);

CREATE INDEX validation_runs_by_schedule_name_scheduled_for ON validation_runs (schedule_name, scheduled_for);

-- The due instants of schedules. Each has one run, or a run that says why there is none.
CREATE TABLE schedule_slots (
    -- The schedule.
    schedule_name TEXT NOT NULL,
    -- The instant.
    scheduled_for TEXT NOT NULL CHECK (scheduled_for GLOB '????-??-??T??:??:??.??????Z'),
    -- Its run; NULL while it waits for one.
    run_id TEXT,
    PRIMARY KEY (schedule_name, scheduled_for),
    FOREIGN KEY (run_id) REFERENCES validation_runs (run_id)
) STRICT;

CREATE INDEX schedule_slots_by_run_id ON schedule_slots (run_id);

-- What the host knows of a schedule beside its configuration.
CREATE TABLE schedule_states (
    -- The schedule.
    schedule_name TEXT NOT NULL,
    -- Every due instant up to here is a slot; at first, when the host first knew of the schedule.
    watermark TEXT NOT NULL CHECK (watermark GLOB '????-??-??T??:??:??.??????Z'),
    -- Since when it is paused; NULL when it is not.
    paused_at TEXT CHECK (paused_at GLOB '????-??-??T??:??:??.??????Z'),
    -- Who paused it.
    paused_by TEXT,
    -- Why it is paused.
    pause_reason TEXT,
    -- When it goes on by itself; NULL for not before somebody says so.
    paused_until TEXT CHECK (paused_until GLOB '????-??-??T??:??:??.??????Z'),
    PRIMARY KEY (schedule_name)
) STRICT;

-- What queries were billed by sources that bill, and what is set aside for those of which it is not known yet.
CREATE TABLE query_costs (
    -- Identity of the query.
    cost_id TEXT NOT NULL,
    -- The day, in UTC, whose budget pays for it.
    cost_date TEXT NOT NULL CHECK (cost_date GLOB '????-??-??'),
    -- The source that bills.
    source_name TEXT NOT NULL,
    -- The check that asked, or `assay/host` for the host itself.
    check_name TEXT NOT NULL,
    -- Owner of the check's data at that time.
    owner TEXT,
    -- When bytes were set aside for it.
    recorded_at TEXT NOT NULL CHECK (recorded_at GLOB '????-??-??T??:??:??.??????Z'),
    -- The most that it could be billed, as the source was told.
    set_aside_bytes INTEGER NOT NULL,
    -- What it was billed; NULL while that is not known, and what is set aside counts.
    billed_bytes INTEGER,
    -- Whether a cache of results answered it; NULL while that is not known.
    cache_hit INTEGER CHECK (cache_hit IN (0, 1)),
    PRIMARY KEY (cost_id)
) STRICT;

CREATE INDEX query_costs_by_cost_date_source_name ON query_costs (cost_date, source_name);

-- The checks that a run selected when it began; each has a result by the time the run has a status.
CREATE TABLE run_checks (
    -- The run.
    run_id TEXT NOT NULL,
    -- The check.
    check_name TEXT NOT NULL,
    -- Place in the run's order, from 0.
    ordinal INTEGER NOT NULL,
    -- `id@version` as configured.
    plugin TEXT NOT NULL,
    -- How bad it is if the check fails.
    severity TEXT NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low')),
    -- Who owns the data.
    owner TEXT,
    -- Labels of the check, an array of strings.
    tags TEXT NOT NULL CHECK (json_valid(tags)),
    -- The settings document, thresholds included.
    settings TEXT NOT NULL CHECK (json_valid(settings)),
    PRIMARY KEY (run_id, check_name),
    FOREIGN KEY (run_id) REFERENCES validation_runs (run_id)
) STRICT;

-- One check's outcome in a run.
CREATE TABLE validation_results (
    -- `run_id/check_name/attempt`; the same result always has the same.
    result_id TEXT NOT NULL,
    -- The run.
    run_id TEXT NOT NULL,
    -- The check.
    check_name TEXT NOT NULL,
    -- 1 for the first attempt.
    attempt INTEGER NOT NULL,
    -- `id@version` as configured.
    plugin TEXT NOT NULL,
    -- SHA-256 of the component that ran; NULL when none was admitted.
    component_digest TEXT,
    -- Who owns the data.
    owner TEXT,
    -- Labels of the check, an array of strings.
    tags TEXT NOT NULL CHECK (json_valid(tags)),
    -- The settings document, thresholds included.
    settings TEXT NOT NULL CHECK (json_valid(settings)),
    -- How the check ended; `error` means that it could not say.
    status TEXT NOT NULL CHECK (status IN ('pass', 'warn', 'fail', 'skip', 'error')),
    -- Why the status is `error`, or `skip` for `upstream`; NULL otherwise.
    reason TEXT CHECK (reason IN ('check_error', 'trap', 'fuel_exhausted', 'cpu_timeout', 'deadline', 'memory_limit', 'denied', 'query_failed', 'bad_settings', 'missing_plugin', 'interrupted', 'cancelled', 'host_error', 'upstream')),
    -- The worst severity of the findings; the check's own when there are none.
    severity TEXT NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low')),
    -- One sentence for a person.
    message TEXT NOT NULL,
    -- What would help.
    hint TEXT,
    -- A guest backtrace or other detail of several lines.
    detail TEXT,
    -- How many rows the conclusion rests on, if the check counts them.
    rows_evaluated INTEGER,
    -- The check broke after it had reported findings, so there may be more.
    partial INTEGER NOT NULL CHECK (partial IN (0, 1)),
    -- Fuel the guest burnt.
    fuel_used INTEGER NOT NULL,
    -- Microseconds the guest computed, host calls excluded.
    guest_cpu_us INTEGER NOT NULL,
    -- Microseconds spent in host calls, queries mostly.
    host_time_us INTEGER NOT NULL,
    -- Most linear memory held at once, summed over memories.
    peak_memory_bytes INTEGER NOT NULL,
    -- Queries asked, estimates included.
    query_count INTEGER NOT NULL,
    -- Rows handed to the guest.
    rows_read INTEGER NOT NULL,
    -- Bytes of column data handed to the guest.
    bytes_read INTEGER NOT NULL,
    -- Version of the engine that ran it; null when no guest ran. Fuel is comparable within one version only.
    engine_version TEXT,
    -- Findings that were over a limit and not kept.
    findings_dropped INTEGER NOT NULL,
    -- Metrics that were over a limit and not kept.
    metrics_dropped INTEGER NOT NULL,
    -- Log lines that were over a limit and not kept.
    log_lines_dropped INTEGER NOT NULL,
    -- When the execution began; the start of the run for a check that was interrupted.
    started_at TEXT NOT NULL CHECK (started_at GLOB '????-??-??T??:??:??.??????Z'),
    -- How long it took in milliseconds, waiting included; 0 for a check that was interrupted.
    duration_ms INTEGER NOT NULL,
    PRIMARY KEY (result_id),
    FOREIGN KEY (run_id, check_name) REFERENCES run_checks (run_id, check_name)
) STRICT;

CREATE INDEX validation_results_by_run_id_check_name_attempt ON validation_results (run_id, check_name, attempt);

CREATE INDEX validation_results_by_check_name_started_at ON validation_results (check_name, started_at);

CREATE INDEX validation_results_by_started_at ON validation_results (started_at);

CREATE INDEX validation_results_by_status_started_at ON validation_results (status, started_at);

-- One observation that is not as it should be.
CREATE TABLE validation_findings (
    -- The result it belongs to.
    result_id TEXT NOT NULL,
    -- Place in the order in which the check reported, from 0.
    ordinal INTEGER NOT NULL,
    -- Stable machine-readable code.
    code TEXT NOT NULL,
    -- How bad it is; never more than the severity of the check.
    severity TEXT NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low')),
    -- The severity that the check asked for; NULL when it left that to the configuration.
    requested_severity TEXT CHECK (requested_severity IN ('critical', 'high', 'medium', 'low')),
    -- One sentence for a person.
    message TEXT NOT NULL,
    -- Source the finding is about.
    target_source TEXT,
    -- Table the finding is about, as the check names it.
    target_table TEXT,
    -- Column the finding is about.
    target_column TEXT,
    -- Day the finding is about, ISO 8601, as the check writes it.
    target_date TEXT,
    -- Partition, segment or key the finding is about.
    target_partition TEXT,
    -- What was seen, when it is a number.
    observed_value REAL,
    -- What was seen, when it is anything else; `NaN` for what is not a number.
    observed_text TEXT,
    -- What should have been, when it is a number.
    expected_value REAL,
    -- What should have been, when it is anything else; `NaN` for what is not a number.
    expected_text TEXT,
    -- Unit of observed and expected.
    unit TEXT,
    -- Rows or things affected.
    affected_records INTEGER,
    -- A few rows that show it, an array of rows, each an array of `{name, value}`.
    samples TEXT NOT NULL CHECK (json_valid(samples)),
    -- What a person could do about it.
    remediation TEXT,
    -- More details, an array of `{key, value}`.
    attributes TEXT NOT NULL CHECK (json_valid(attributes)),
    PRIMARY KEY (result_id, ordinal),
    FOREIGN KEY (result_id) REFERENCES validation_results (result_id)
) STRICT;

-- A number that a check reported for trends.
CREATE TABLE validation_metrics (
    -- The result it belongs to.
    result_id TEXT NOT NULL,
    -- Place in the order in which the check reported, from 0.
    ordinal INTEGER NOT NULL,
    -- Name of the number.
    metric_name TEXT NOT NULL,
    -- The number; NULL for what is not a number.
    value REAL,
    -- Its unit.
    unit TEXT,
    -- More details, an array of `{key, value}`.
    attributes TEXT NOT NULL CHECK (json_valid(attributes)),
    PRIMARY KEY (result_id, ordinal),
    FOREIGN KEY (result_id) REFERENCES validation_results (result_id)
) STRICT;

-- A line that a check wrote.
CREATE TABLE validation_logs (
    -- The result it belongs to.
    result_id TEXT NOT NULL,
    -- Place in the order in which the check wrote, from 0.
    ordinal INTEGER NOT NULL,
    -- How much it matters.
    level TEXT NOT NULL CHECK (level IN ('debug', 'info', 'warn', 'error')),
    -- The text, cut at the limit.
    message TEXT NOT NULL,
    PRIMARY KEY (result_id, ordinal),
    FOREIGN KEY (result_id) REFERENCES validation_results (result_id)
) STRICT;

-- How each alert stands, and what it was before. There is a row once something was wrong.
CREATE TABLE alert_states (
    -- SHA-256 of check, kind and segment, 64 hexadecimal digits.
    fingerprint TEXT NOT NULL,
    -- The check.
    check_name TEXT NOT NULL,
    -- What is said of the check.
    kind TEXT NOT NULL CHECK (kind IN ('data', 'error', 'stale', 'missing')),
    -- The part of the data; NULL for all of it.
    segment TEXT,
    -- How it stands.
    phase TEXT NOT NULL CHECK (phase IN ('inactive', 'pending', 'firing', 'acked', 'resolved', 'closed')),
    -- Whether it is to be looked at when time has passed.
    unsettled INTEGER NOT NULL CHECK (unsettled IN (0, 1)),
    -- Owners, tags, sources and schedule of the check as they were last seen.
    subject TEXT NOT NULL CHECK (json_valid(subject)),
    -- All that the next step rests on.
    document TEXT NOT NULL CHECK (json_valid(document)),
    -- When it last changed.
    updated_at TEXT NOT NULL CHECK (updated_at GLOB '????-??-??T??:??:??.??????Z'),
    PRIMARY KEY (fingerprint)
) STRICT;

CREATE INDEX alert_states_by_check_name ON alert_states (check_name);

CREATE INDEX alert_states_by_unsettled ON alert_states (unsettled);

-- Incidents. An alert that fires again later than its policy reopens it is another incident.
CREATE TABLE validation_alerts (
    -- Identity of the incident, a ULID.
    alert_id TEXT NOT NULL,
    -- Identity of the alert over all its incidents.
    fingerprint TEXT NOT NULL,
    -- The check.
    check_name TEXT NOT NULL,
    -- What is said of the check.
    kind TEXT NOT NULL CHECK (kind IN ('data', 'error', 'stale', 'missing')),
    -- The part of the data; NULL for all of it.
    segment TEXT,
    -- The worst it was.
    severity TEXT NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low')),
    -- How it stands.
    state TEXT NOT NULL CHECK (state IN ('firing', 'acked', 'resolved', 'closed')),
    -- Who is to look after it.
    owner TEXT,
    -- When it fired.
    opened_at TEXT NOT NULL CHECK (opened_at GLOB '????-??-??T??:??:??.??????Z'),
    -- The result that made it fire; NULL where there was none.
    first_result_id TEXT,
    -- The last result that it took notice of.
    last_result_id TEXT,
    -- Results that were not good.
    occurrences INTEGER NOT NULL,
    -- How often it was reopened.
    reopened INTEGER NOT NULL,
    -- Who looks after it.
    acked_by TEXT,
    -- Since when.
    acked_at TEXT CHECK (acked_at GLOB '????-??-??T??:??:??.??????Z'),
    -- Until when; NULL for until it is over.
    acked_until TEXT CHECK (acked_until GLOB '????-??-??T??:??:??.??????Z'),
    -- When it was over; NULL while it is open.
    ended_at TEXT CHECK (ended_at GLOB '????-??-??T??:??:??.??????Z'),
    -- How it ended.
    resolution TEXT,
    -- When the row last changed.
    updated_at TEXT NOT NULL CHECK (updated_at GLOB '????-??-??T??:??:??.??????Z'),
    PRIMARY KEY (alert_id)
) STRICT;

CREATE INDEX validation_alerts_by_fingerprint ON validation_alerts (fingerprint);

CREATE INDEX validation_alerts_by_state ON validation_alerts (state);

-- What happened to alerts, in order.
CREATE TABLE alert_changes (
    -- The alert.
    fingerprint TEXT NOT NULL,
    -- Place in the order, from 1.
    sequence INTEGER NOT NULL,
    -- The incident; NULL while there is none.
    alert_id TEXT,
    -- When.
    at TEXT NOT NULL CHECK (at GLOB '????-??-??T??:??:??.??????Z'),
    -- What.
    change TEXT NOT NULL,
    -- More, for a person.
    detail TEXT,
    PRIMARY KEY (fingerprint, sequence)
) STRICT;

CREATE INDEX alert_changes_by_alert_id ON alert_changes (alert_id);

-- What each receiver was last told of each alert.
CREATE TABLE alert_told (
    -- The alert.
    fingerprint TEXT NOT NULL,
    -- The receiver.
    receiver TEXT NOT NULL,
    -- What it was told, and when.
    document TEXT NOT NULL CHECK (json_valid(document)),
    PRIMARY KEY (fingerprint, receiver)
) STRICT;

-- Where the messages of each receiver stand.
CREATE TABLE alert_desks (
    -- The receiver.
    receiver TEXT NOT NULL,
    -- Its groups, when they were last told of, and how many messages there were.
    document TEXT NOT NULL CHECK (json_valid(document)),
    PRIMARY KEY (receiver)
) STRICT;

-- What receivers were told of alerts, and what was held back.
CREATE TABLE validation_notifications (
    -- Identity, a ULID.
    notification_id TEXT NOT NULL,
    -- The incident.
    alert_id TEXT NOT NULL,
    -- The alert.
    fingerprint TEXT NOT NULL,
    -- The receiver.
    receiver TEXT NOT NULL,
    -- Why the receiver is told.
    kind TEXT NOT NULL CHECK (kind IN ('open', 'reopened', 'repeat', 'escalate', 'ack', 'flapping_start', 'flapping_end', 'resolved', 'closed')),
    -- When there was something to tell.
    at TEXT NOT NULL CHECK (at GLOB '????-??-??T??:??:??.??????Z'),
    -- Whether it is part of a delivery, or was held back.
    status TEXT NOT NULL CHECK (status IN ('told', 'suppressed')),
    -- What held it back.
    suppressed_by TEXT,
    -- The delivery it is part of.
    delivery_id TEXT,
    PRIMARY KEY (notification_id)
) STRICT;

CREATE INDEX validation_notifications_by_alert_id ON validation_notifications (alert_id);

CREATE INDEX validation_notifications_by_delivery_id ON validation_notifications (delivery_id);

CREATE INDEX validation_notifications_by_status_at ON validation_notifications (status, at);

-- The outbox, messages to receivers, written once and sent until they arrive or are given up.
CREATE TABLE alert_deliveries (
    -- Identity, the same for every attempt.
    delivery_id TEXT NOT NULL,
    -- The receiver.
    receiver TEXT NOT NULL,
    -- The group of alerts; NULL for a digest and a test.
    group_key TEXT,
    -- What the receiver tells incidents apart by.
    dedup_key TEXT NOT NULL,
    -- What it is about.
    content TEXT NOT NULL CHECK (content IN ('firing', 'resolved', 'digest', 'test')),
    -- Of how many alerts it tells.
    notices INTEGER NOT NULL,
    -- Media type of the body.
    content_type TEXT NOT NULL,
    -- What is sent, byte for byte.
    body TEXT NOT NULL,
    -- How it stands.
    status TEXT NOT NULL CHECK (status IN ('queued', 'delivered', 'dead')),
    -- How often it was tried.
    attempts INTEGER NOT NULL,
    -- When it is tried next; NULL when it is not.
    next_attempt_at TEXT CHECK (next_attempt_at GLOB '????-??-??T??:??:??.??????Z'),
    -- When it was written.
    created_at TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    -- When it arrived or was given up.
    ended_at TEXT CHECK (ended_at GLOB '????-??-??T??:??:??.??????Z'),
    -- What the last attempt came to, where it failed.
    error TEXT,
    -- What the receiver answered.
    receipt TEXT,
    PRIMARY KEY (delivery_id)
) STRICT;

CREATE INDEX alert_deliveries_by_status_next_attempt_at ON alert_deliveries (status, next_attempt_at);

CREATE INDEX alert_deliveries_by_receiver_created_at ON alert_deliveries (receiver, created_at);

-- What nobody wants to be told of for a time.
CREATE TABLE alert_silences (
    -- Identity, a ULID.
    silence_id TEXT NOT NULL,
    -- Which alerts, an array of matchers that must all hold.
    matchers TEXT NOT NULL CHECK (json_valid(matchers)),
    -- From when.
    starts_at TEXT NOT NULL CHECK (starts_at GLOB '????-??-??T??:??:??.??????Z'),
    -- Until when.
    ends_at TEXT NOT NULL CHECK (ends_at GLOB '????-??-??T??:??:??.??????Z'),
    -- Who wants it so.
    created_by TEXT NOT NULL,
    -- Why.
    comment TEXT NOT NULL,
    -- When it was said.
    created_at TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    PRIMARY KEY (silence_id)
) STRICT;

-- What people said of alerts and results.
CREATE TABLE verdict_feedback (
    -- Identity, a ULID.
    feedback_id TEXT NOT NULL,
    -- The incident; NULL for a single result.
    alert_id TEXT,
    -- The result; NULL for an incident.
    result_id TEXT,
    -- The check.
    check_name TEXT NOT NULL,
    -- What it was.
    verdict TEXT NOT NULL CHECK (verdict IN ('true_positive', 'expected', 'no_action', 'false_positive', 'duplicate', 'unknown')),
    -- When it was said.
    at TEXT NOT NULL CHECK (at GLOB '????-??-??T??:??:??.??????Z'),
    -- Who said it.
    said_by TEXT NOT NULL,
    -- Why.
    reason TEXT,
    PRIMARY KEY (feedback_id)
) STRICT;

CREATE INDEX verdict_feedback_by_alert_id ON verdict_feedback (alert_id);

CREATE INDEX verdict_feedback_by_check_name_at ON verdict_feedback (check_name, at);

-- What tells this journal from others, in what it sends.
CREATE TABLE journal_identity (
    -- A ULID.
    identity TEXT NOT NULL,
    PRIMARY KEY (identity)
) STRICT;

-- Up to when digests were sent.
CREATE TABLE alert_digests (
    -- Its name in the configuration.
    name TEXT NOT NULL,
    -- The last instant that was part of one.
    until TEXT NOT NULL CHECK (until GLOB '????-??-??T??:??:??.??????Z'),
    PRIMARY KEY (name)
) STRICT;
