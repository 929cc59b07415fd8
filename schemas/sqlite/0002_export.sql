-- Made of schemas/results.yaml by `cargo xtask gen`. Version 2.

-- Where rows are exported to, and how that goes. There is one row once a host was told to export.
CREATE TABLE export_state (
    -- There is one.
    exporter TEXT NOT NULL CHECK (exporter IN ('sink')),
    -- What it exports to, `project.dataset`; NULL while nothing is exported.
    target TEXT,
    -- The last revision that was given to a row.
    revision INTEGER NOT NULL,
    -- When rows last arrived.
    last_success_at TEXT CHECK (last_success_at GLOB '????-??-??T??:??:??.??????Z'),
    -- Since when every attempt has failed; NULL when the last one did not.
    failing_since TEXT CHECK (failing_since GLOB '????-??-??T??:??:??.??????Z'),
    -- Attempts that failed since rows last arrived.
    failures INTEGER NOT NULL,
    -- Jobs that ended in an error since rows last arrived; part of the names of the next ones.
    failed_jobs INTEGER NOT NULL,
    -- What the last attempt came to, where it failed.
    last_error TEXT,
    PRIMARY KEY (exporter)
) STRICT;

-- Rows that are still to be exported, written by triggers in the transaction that writes the row.
CREATE TABLE export_queue (
    -- The table.
    table_name TEXT NOT NULL,
    -- The row's key.
    row_key TEXT NOT NULL,
    -- The place in the order of changes; of two exports of a row the one with the greater revision holds.
    revision INTEGER NOT NULL,
    -- The day of the row's partition.
    row_day TEXT NOT NULL CHECK (row_day GLOB '????-??-??'),
    -- When the row changed; NULL for one that is exported again because somebody wants it.
    changed_at TEXT CHECK (changed_at GLOB '????-??-??T??:??:??.??????Z'),
    PRIMARY KEY (table_name, row_key)
) STRICT;

CREATE INDEX export_queue_by_revision ON export_queue (revision);

-- Days that are still to be exported whole, for there was no room for their rows in the queue or somebody wants it.
CREATE TABLE export_days (
    -- The table.
    table_name TEXT NOT NULL,
    -- The day of the partition.
    row_day TEXT NOT NULL CHECK (row_day GLOB '????-??-??'),
    -- The earliest change of a row that is not exported; NULL when there is none.
    changed_at TEXT CHECK (changed_at GLOB '????-??-??T??:??:??.??????Z'),
    PRIMARY KEY (table_name, row_day)
) STRICT;

CREATE TRIGGER validation_runs_queued_on_insert AFTER insert ON validation_runs
WHEN EXISTS (SELECT 1 FROM export_state WHERE target IS NOT NULL)
BEGIN
    UPDATE export_state SET revision = revision + 1;
    INSERT INTO export_queue (table_name, row_key, revision, row_day, changed_at)
    SELECT 'validation_runs', NEW.run_id, revision, substr(NEW.started_at, 1, 10), coalesce(NEW.finished_at, NEW.started_at) FROM export_state WHERE true
    ON CONFLICT (table_name, row_key) DO UPDATE
    SET revision = excluded.revision, changed_at = coalesce(changed_at, excluded.changed_at);
END;

CREATE TRIGGER validation_runs_queued_on_update AFTER update ON validation_runs
WHEN EXISTS (SELECT 1 FROM export_state WHERE target IS NOT NULL)
BEGIN
    UPDATE export_state SET revision = revision + 1;
    INSERT INTO export_queue (table_name, row_key, revision, row_day, changed_at)
    SELECT 'validation_runs', NEW.run_id, revision, substr(NEW.started_at, 1, 10), coalesce(NEW.finished_at, NEW.started_at) FROM export_state WHERE true
    ON CONFLICT (table_name, row_key) DO UPDATE
    SET revision = excluded.revision, changed_at = coalesce(changed_at, excluded.changed_at);
END;

CREATE TRIGGER query_costs_queued_on_insert AFTER insert ON query_costs
WHEN EXISTS (SELECT 1 FROM export_state WHERE target IS NOT NULL)
BEGIN
    UPDATE export_state SET revision = revision + 1;
    INSERT INTO export_queue (table_name, row_key, revision, row_day, changed_at)
    SELECT 'query_costs', NEW.cost_id, revision, substr(NEW.recorded_at, 1, 10), NEW.recorded_at FROM export_state WHERE true
    ON CONFLICT (table_name, row_key) DO UPDATE
    SET revision = excluded.revision, changed_at = coalesce(changed_at, excluded.changed_at);
END;

CREATE TRIGGER query_costs_queued_on_update AFTER update ON query_costs
WHEN EXISTS (SELECT 1 FROM export_state WHERE target IS NOT NULL)
BEGIN
    UPDATE export_state SET revision = revision + 1;
    INSERT INTO export_queue (table_name, row_key, revision, row_day, changed_at)
    SELECT 'query_costs', NEW.cost_id, revision, substr(NEW.recorded_at, 1, 10), NEW.recorded_at FROM export_state WHERE true
    ON CONFLICT (table_name, row_key) DO UPDATE
    SET revision = excluded.revision, changed_at = coalesce(changed_at, excluded.changed_at);
END;

CREATE TRIGGER validation_results_queued_on_insert AFTER insert ON validation_results
WHEN EXISTS (SELECT 1 FROM export_state WHERE target IS NOT NULL)
BEGIN
    UPDATE export_state SET revision = revision + 1;
    INSERT INTO export_queue (table_name, row_key, revision, row_day, changed_at)
    SELECT 'validation_results', NEW.result_id, revision, substr(NEW.started_at, 1, 10), NEW.started_at FROM export_state WHERE true
    ON CONFLICT (table_name, row_key) DO UPDATE
    SET revision = excluded.revision, changed_at = coalesce(changed_at, excluded.changed_at);
END;

CREATE TRIGGER validation_results_queued_on_update AFTER update ON validation_results
WHEN EXISTS (SELECT 1 FROM export_state WHERE target IS NOT NULL)
BEGIN
    UPDATE export_state SET revision = revision + 1;
    INSERT INTO export_queue (table_name, row_key, revision, row_day, changed_at)
    SELECT 'validation_results', NEW.result_id, revision, substr(NEW.started_at, 1, 10), NEW.started_at FROM export_state WHERE true
    ON CONFLICT (table_name, row_key) DO UPDATE
    SET revision = excluded.revision, changed_at = coalesce(changed_at, excluded.changed_at);
END;

CREATE TRIGGER validation_alerts_queued_on_insert AFTER insert ON validation_alerts
WHEN EXISTS (SELECT 1 FROM export_state WHERE target IS NOT NULL)
BEGIN
    UPDATE export_state SET revision = revision + 1;
    INSERT INTO export_queue (table_name, row_key, revision, row_day, changed_at)
    SELECT 'validation_alerts', NEW.alert_id, revision, substr(NEW.opened_at, 1, 10), NEW.updated_at FROM export_state WHERE true
    ON CONFLICT (table_name, row_key) DO UPDATE
    SET revision = excluded.revision, changed_at = coalesce(changed_at, excluded.changed_at);
END;

CREATE TRIGGER validation_alerts_queued_on_update AFTER update ON validation_alerts
WHEN EXISTS (SELECT 1 FROM export_state WHERE target IS NOT NULL)
BEGIN
    UPDATE export_state SET revision = revision + 1;
    INSERT INTO export_queue (table_name, row_key, revision, row_day, changed_at)
    SELECT 'validation_alerts', NEW.alert_id, revision, substr(NEW.opened_at, 1, 10), NEW.updated_at FROM export_state WHERE true
    ON CONFLICT (table_name, row_key) DO UPDATE
    SET revision = excluded.revision, changed_at = coalesce(changed_at, excluded.changed_at);
END;

CREATE TRIGGER validation_notifications_queued_on_insert AFTER insert ON validation_notifications
WHEN EXISTS (SELECT 1 FROM export_state WHERE target IS NOT NULL)
BEGIN
    UPDATE export_state SET revision = revision + 1;
    INSERT INTO export_queue (table_name, row_key, revision, row_day, changed_at)
    SELECT 'validation_notifications', NEW.notification_id, revision, substr(NEW.at, 1, 10), NEW.at FROM export_state WHERE true
    ON CONFLICT (table_name, row_key) DO UPDATE
    SET revision = excluded.revision, changed_at = coalesce(changed_at, excluded.changed_at);
END;

CREATE TRIGGER validation_notifications_queued_on_update AFTER update ON validation_notifications
WHEN EXISTS (SELECT 1 FROM export_state WHERE target IS NOT NULL)
BEGIN
    UPDATE export_state SET revision = revision + 1;
    INSERT INTO export_queue (table_name, row_key, revision, row_day, changed_at)
    SELECT 'validation_notifications', NEW.notification_id, revision, substr(NEW.at, 1, 10), NEW.at FROM export_state WHERE true
    ON CONFLICT (table_name, row_key) DO UPDATE
    SET revision = excluded.revision, changed_at = coalesce(changed_at, excluded.changed_at);
END;

CREATE TRIGGER verdict_feedback_queued_on_insert AFTER insert ON verdict_feedback
WHEN EXISTS (SELECT 1 FROM export_state WHERE target IS NOT NULL)
BEGIN
    UPDATE export_state SET revision = revision + 1;
    INSERT INTO export_queue (table_name, row_key, revision, row_day, changed_at)
    SELECT 'verdict_feedback', NEW.feedback_id, revision, substr(NEW.at, 1, 10), NEW.at FROM export_state WHERE true
    ON CONFLICT (table_name, row_key) DO UPDATE
    SET revision = excluded.revision, changed_at = coalesce(changed_at, excluded.changed_at);
END;

CREATE TRIGGER verdict_feedback_queued_on_update AFTER update ON verdict_feedback
WHEN EXISTS (SELECT 1 FROM export_state WHERE target IS NOT NULL)
BEGIN
    UPDATE export_state SET revision = revision + 1;
    INSERT INTO export_queue (table_name, row_key, revision, row_day, changed_at)
    SELECT 'verdict_feedback', NEW.feedback_id, revision, substr(NEW.at, 1, 10), NEW.at FROM export_state WHERE true
    ON CONFLICT (table_name, row_key) DO UPDATE
    SET revision = excluded.revision, changed_at = coalesce(changed_at, excluded.changed_at);
END;
