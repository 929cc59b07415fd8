-- What came of each check in each run, for Looker Studio and the like: one row for the last attempt of a check in a
-- run, without JSON and arrays. Filter on `started_at`, so that wide columns are read of those days only. Runs that
-- have not ended have NULL in `run_status`, and a later attempt may take the place of the row. `due_date` and
-- `due_hour` are as clocks of the run's zone show them. `first_` is the first finding that the check reported.
-- `verdict` is the last that was said of the result, or of an incident that began with it: so an incident has its
-- verdict once, on its first row.
WITH last_attempts AS (
  -- QUALIFY in the SELECT below would keep a filter on `started_at` from reaching the table. This reads all days, but
  -- three narrow columns only.
  SELECT run_id, check_name, MAX(attempt) AS attempt
  FROM `${dataset}.validation_results`
  GROUP BY run_id, check_name
),
finding_counts AS (
  SELECT
    result_id,
    started_at,
    COUNT(*) AS findings,
    COUNTIF(severity = 'critical') AS findings_critical,
    COUNTIF(severity = 'high') AS findings_high,
    COUNTIF(severity = 'medium') AS findings_medium,
    COUNTIF(severity = 'low') AS findings_low
  FROM `${dataset}.validation_findings`
  GROUP BY result_id, started_at
),
verdicts AS (
  SELECT
    COALESCE(feedback.result_id, alerts.first_result_id) AS result_id,
    feedback.verdict,
    feedback.`at` AS said_at,
    feedback.said_by
  FROM `${dataset}.verdict_feedback` AS feedback
  LEFT JOIN `${dataset}.validation_alerts` AS alerts ON alerts.alert_id = feedback.alert_id
  WHERE COALESCE(feedback.result_id, alerts.first_result_id) IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY COALESCE(feedback.result_id, alerts.first_result_id)
    ORDER BY feedback.`at` DESC, feedback.feedback_id DESC
  ) = 1
)
SELECT
  results.started_at,
  results.journal_id,
  results.result_id,
  results.run_id,
  results.check_name,
  results.attempt,
  results.status,
  results.reason,
  results.severity,
  results.message,
  results.hint,
  results.plugin,
  results.owner,
  ARRAY_TO_STRING(JSON_VALUE_ARRAY(results.tags), ',') AS tags,
  results.partial,
  results.duration_ms,
  results.rows_evaluated,
  results.query_count,
  results.rows_read,
  results.bytes_read,
  results.fuel_used,
  results.guest_cpu_us,
  results.host_time_us,
  results.peak_memory_bytes,
  runs.schedule_name,
  runs.trigger_source,
  runs.requested_by,
  runs.target_date,
  runs.timezone,
  runs.scheduled_for,
  DATE(runs.scheduled_for, runs.timezone) AS due_date,
  EXTRACT(HOUR FROM runs.scheduled_for AT TIME ZONE runs.timezone) AS due_hour,
  runs.started_at AS run_started_at,
  runs.finished_at AS run_finished_at,
  runs.status AS run_status,
  IFNULL(finding_counts.findings, 0) AS findings,
  IFNULL(finding_counts.findings_critical, 0) AS findings_critical,
  IFNULL(finding_counts.findings_high, 0) AS findings_high,
  IFNULL(finding_counts.findings_medium, 0) AS findings_medium,
  IFNULL(finding_counts.findings_low, 0) AS findings_low,
  results.findings_dropped,
  first_finding.code AS first_code,
  first_finding.severity AS first_severity,
  first_finding.message AS first_message,
  first_finding.target_table AS first_target_table,
  first_finding.target_column AS first_target_column,
  first_finding.target_date AS first_target_date,
  first_finding.observed_value AS first_observed_value,
  first_finding.observed_text AS first_observed_text,
  first_finding.expected_value AS first_expected_value,
  first_finding.expected_text AS first_expected_text,
  first_finding.unit AS first_unit,
  verdicts.verdict,
  verdicts.said_at AS verdict_at,
  verdicts.said_by AS verdict_by
FROM `${dataset}.validation_results` AS results
JOIN last_attempts
  ON last_attempts.run_id = results.run_id
  AND last_attempts.check_name = results.check_name
  AND last_attempts.attempt = results.attempt
LEFT JOIN `${dataset}.validation_runs` AS runs ON runs.run_id = results.run_id
LEFT JOIN finding_counts
  ON finding_counts.result_id = results.result_id
  AND finding_counts.started_at = results.started_at
LEFT JOIN `${dataset}.validation_findings` AS first_finding
  ON first_finding.result_id = results.result_id
  AND first_finding.started_at = results.started_at
  AND first_finding.ordinal = 0
LEFT JOIN verdicts ON verdicts.result_id = results.result_id
