-- What do queries cost? One row for each journal, day (UTC) whose budgets paid, source, check and owner.
-- `billed_bytes` is what is known, and `billed_tib` the same in TiB, which is what prices are for. Of
-- `queries_unknown` queries it is not known yet: `bytes_set_aside` is the most that they may come to, and is not part
-- of `billed_bytes`.
SELECT
  journal_id,
  DATE(recorded_at) AS day,
  source_name,
  check_name,
  owner,
  COUNT(*) AS queries,
  COUNTIF(cache_hit) AS cache_hits,
  COUNTIF(billed_bytes IS NULL) AS queries_unknown,
  SUM(IFNULL(billed_bytes, 0)) AS billed_bytes,
  SUM(IFNULL(billed_bytes, 0)) / POW(1024, 4) AS billed_tib,
  SUM(IF(billed_bytes IS NULL, set_aside_bytes, 0)) AS bytes_set_aside
FROM `${dataset}.query_costs`
GROUP BY journal_id, day, source_name, check_name, owner
