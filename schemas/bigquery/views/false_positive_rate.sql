-- Which checks raise false alarms? One row for each journal and check that ever had an incident. The latest verdict
-- on an incident counts. `share_false_positive` is false_positive / (true_positive + false_positive), and NULL where
-- nobody has said either; `judged` is how many incidents it rests on. Incidents of which somebody said that nobody
-- knows (`unknown`) or nobody said anything (`no_verdict`) are neither, nor are `expected`, `no_action` and
-- `duplicate`.
WITH verdicts AS (
  SELECT
    alert_id,
    verdict
  FROM `${dataset}.verdict_feedback` AS feedback
  WHERE alert_id IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (PARTITION BY alert_id ORDER BY feedback.`at` DESC, feedback_id DESC) = 1
)
SELECT
  alerts.journal_id,
  alerts.check_name,
  COUNT(*) AS incidents,
  COUNTIF(verdicts.verdict = 'true_positive') AS true_positive,
  COUNTIF(verdicts.verdict = 'false_positive') AS false_positive,
  COUNTIF(verdicts.verdict = 'expected') AS expected,
  COUNTIF(verdicts.verdict = 'no_action') AS no_action,
  COUNTIF(verdicts.verdict = 'duplicate') AS duplicate,
  COUNTIF(verdicts.verdict = 'unknown') AS unknown,
  COUNTIF(verdicts.verdict IS NULL) AS no_verdict,
  COUNTIF(verdicts.verdict IN ('true_positive', 'false_positive')) AS judged,
  SAFE_DIVIDE(
    COUNTIF(verdicts.verdict = 'false_positive'),
    COUNTIF(verdicts.verdict IN ('true_positive', 'false_positive'))
  ) AS share_false_positive,
  MIN(alerts.opened_at) AS first_opened_at,
  MAX(alerts.opened_at) AS last_opened_at
FROM `${dataset}.validation_alerts` AS alerts
LEFT JOIN verdicts ON verdicts.alert_id = alerts.alert_id
GROUP BY alerts.journal_id, alerts.check_name
