-- How long until somebody knew, looked after it, and it was right again? One row for each incident, times in seconds.
-- `wrong_since` is the end of the day that the first bad result is about, or when that result began if the day was
-- not over then; NULL where there is no such result, as for what is missing. `seconds_to_detect` is from then until
-- the alert fired, `seconds_to_acknowledge` from when it fired until somebody first looked after it,
-- `seconds_to_repair` from when it fired until it was over, the last time if it was reopened. That is NULL while it
-- is open, and where it was closed because the check was taken away: nobody knows whether that was ever repaired.
WITH acks AS (
  SELECT
    alert_id,
    MIN(notifications.`at`) AS first_told_at
  FROM `${dataset}.validation_notifications` AS notifications
  WHERE kind = 'ack'
  GROUP BY alert_id
),
incidents AS (
  SELECT
    alerts.journal_id,
    alerts.alert_id,
    alerts.check_name,
    alerts.kind,
    alerts.segment,
    alerts.severity,
    alerts.owner,
    alerts.state,
    alerts.reopened,
    runs.target_date,
    IF(runs.interval_end < begun.started_at, runs.interval_end, begun.started_at) AS wrong_since,
    alerts.opened_at,
    -- An incident that is over does not say any more who looked after it; what was told of that does.
    COALESCE(LEAST(alerts.acked_at, acks.first_told_at), alerts.acked_at, acks.first_told_at) AS acked_at,
    alerts.ended_at,
    alerts.resolution
  FROM `${dataset}.validation_alerts` AS alerts
  LEFT JOIN `${dataset}.validation_results` AS begun ON begun.result_id = alerts.first_result_id
  LEFT JOIN `${dataset}.validation_runs` AS runs ON runs.run_id = begun.run_id
  LEFT JOIN acks ON acks.alert_id = alerts.alert_id
)
SELECT
  journal_id,
  alert_id,
  check_name,
  kind,
  segment,
  severity,
  owner,
  state,
  reopened,
  target_date,
  wrong_since,
  opened_at,
  acked_at,
  ended_at,
  resolution,
  TIMESTAMP_DIFF(opened_at, wrong_since, SECOND) AS seconds_to_detect,
  TIMESTAMP_DIFF(acked_at, opened_at, SECOND) AS seconds_to_acknowledge,
  IF(state = 'closed', NULL, TIMESTAMP_DIFF(ended_at, opened_at, SECOND)) AS seconds_to_repair
FROM incidents
