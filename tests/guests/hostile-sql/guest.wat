;; Sends everything that a single read statement is not: statements that define, write, export, set and execute, several
;; at once, functions that read files, tables that are not granted, names that lead out of the folder, text that never
;; ends, 10,000 parentheses, 10 MB. It swallows every problem and says pass. If a single one is answered it says fail,
;; and which: nothing but an answer can make it.
(module
  ;; @part query
  ;; @part report
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part ask

  ;; One statement a line; the last line is empty.
  (data (i32.const 4096)
    "DROP TABLE allowed\n"
    "CREATE TABLE stolen AS SELECT * FROM allowed\n"
    "CREATE OR REPLACE VIEW allowed AS SELECT 1 AS id\n"
    "CREATE EXTERNAL TABLE passwords STORED AS CSV LOCATION '/etc/passwd'\n"
    "ALTER TABLE allowed RENAME TO gone\n"
    "TRUNCATE TABLE allowed\n"
    "INSERT INTO allowed VALUES (1)\n"
    "UPDATE allowed SET id = 0\n"
    "DELETE FROM allowed WHERE TRUE\n"
    "MERGE INTO allowed USING allowed AS other ON FALSE WHEN NOT MATCHED THEN INSERT VALUES (1)\n"
    "WITH new AS (INSERT INTO allowed VALUES (1) RETURNING id) SELECT id FROM new\n"
    "COPY allowed TO 'stolen.csv'\n"
    "COPY (SELECT * FROM allowed) TO '/tmp/stolen.parquet' STORED AS PARQUET\n"
    "EXPORT DATA OPTIONS (uri = 'gs://stolen/*.csv', format = 'CSV') AS SELECT * FROM allowed\n"
    "LOAD DATA INTO allowed FROM FILES (format = 'CSV', uris = ['/etc/passwd'])\n"
    "SET datafusion.execution.target_partitions = 1000000\n"
    "RESET ALL\n"
    "CALL steal()\n"
    "EXECUTE IMMEDIATE 'SELECT id FROM allowed'\n"
    "EXPLAIN ANALYZE SELECT id FROM allowed\n"
    "SHOW TABLES\n"
    "DESCRIBE allowed\n"
    "SELECT id FROM allowed; DROP TABLE allowed\n"
    "SELECT id FROM allowed; SELECT id FROM allowed\n"
    "SELECT * FROM read_csv('/etc/passwd')\n"
    "SELECT * FROM read_csv_auto('/etc/passwd')\n"
    "SELECT * FROM parquet_scan('secret.parquet')\n"
    "SELECT * FROM parquet_metadata('data/allowed.csv')\n"
    "SELECT * FROM '/etc/passwd'\n"
    "SELECT * FROM `/etc/passwd`\n"
    "SELECT * FROM `../assay.toml`\n"
    "SELECT * FROM `file:///etc/passwd`\n"
    "SELECT * FROM TABLE(generate_series(1, 1000000000))\n"
    "SELECT * FROM generate_series(1, 1000000000)\n"
    "SELECT * FROM UNNEST(GENERATE_ARRAY(1, 100000000000))\n"
    "SELECT * FROM information_schema.tables\n"
    "SELECT * FROM INFORMATION_SCHEMA.TABLES\n"
    "SELECT * FROM EXTERNAL_QUERY('us.connection', 'SELECT 1')\n"
    "SELECT * FROM secret\n"
    "SELECT (SELECT MAX(id) FROM secret) AS id FROM allowed\n"
    "SELECT id FROM allowed WHERE EXISTS (SELECT 1 FROM secret)\n"
    "SELECT id FROM allowed UNION ALL SELECT id FROM secret\n"
    "WITH allowed AS (SELECT id FROM secret) SELECT id FROM allowed\n"
    "SELECT id INTO stolen FROM allowed\n"
    "SELECT id FROM allowed FOR UPDATE\n"
    "SELECT pg_sleep(1000) FROM allowed\n"
    "SELECT version() FROM allowed\n"
    "SELECT SESSION_USER() AS x FROM allowed\n"
    "SELECT CURRENT_TIMESTAMP() AS x FROM allowed\n"
    "SELECT RAND() AS x FROM allowed\n"
    "WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) AS c FROM n\n"
    "FROM allowed |> DROP id\n"
    "SELECT @@version\n"
    "SELECT 'unended\n"
    "SELECT /* unended\n"
    "\n")
  ;; Tries a statement; when there is an answer, the verdict becomes fail with the statement as its summary. Statement
  ;; and problem go to the log, for whoever looks.
  (func $try (param $sql i32) (param $bytes i32)
    (local $cursor i32)
    (local.set $cursor (call $ask (local.get $sql) (local.get $bytes)))
    (if (i32.ne (local.get $cursor) (i32.const -1))
      (then
        (call $next (local.get $cursor) (i32.const 10) (i32.const 128))
        (call $drop (local.get $cursor))))
    (call $log (i32.const 1) (local.get $sql) (local.get $bytes))
    (if (i32.load8_u (i32.const 128))
      (then (call $log (i32.const 1) (i32.load (i32.const 140)) (i32.load (i32.const 144))))
      (else
        (i32.store8 (i32.const 1288) (i32.const 2))
        (i32.store (i32.const 1292) (local.get $sql))
        (i32.store (i32.const 1296)
          (select (local.get $bytes) (i32.const 200) (i32.lt_u (local.get $bytes) (i32.const 200)))))))

  (func $try_lines
    (local $begin i32)
    (local $end i32)
    (local.set $begin (i32.const 4096))
    (loop $line
      (local.set $end (local.get $begin))
      (loop $byte
        (if (i32.ne (i32.load8_u (local.get $end)) (i32.const 10))
          (then
            (local.set $end (i32.add (local.get $end) (i32.const 1)))
            (br $byte))))
      (if (i32.ne (local.get $begin) (local.get $end))
        (then
          (call $try (local.get $begin) (i32.sub (local.get $end) (local.get $begin)))
          (local.set $begin (i32.add (local.get $end) (i32.const 1)))
          (br $line)))))

  (data (i32.const 3072) "SELECT ")
  (func $try_parentheses
    (local $sql i32)
    (local.set $sql (call $room (i32.const 20008)))
    (memory.copy (local.get $sql) (i32.const 3072) (i32.const 7))
    (memory.fill (i32.add (local.get $sql) (i32.const 7)) (i32.const 0x28) (i32.const 10000))
    (i32.store8 offset=10007 (local.get $sql) (i32.const 0x31))
    (memory.fill (i32.add (local.get $sql) (i32.const 10008)) (i32.const 0x29) (i32.const 10000))
    (call $try (local.get $sql) (i32.const 20008)))

  ;; SELECT -+-+-+...1
  (func $try_signs
    (local $sql i32)
    (local $at i32)
    (local.set $sql (call $room (i32.const 20008)))
    (memory.copy (local.get $sql) (i32.const 3072) (i32.const 7))
    (loop $sign
      (i32.store16 offset=7 (i32.add (local.get $sql) (local.get $at)) (i32.const 0x2b2d))
      (local.set $at (i32.add (local.get $at) (i32.const 2)))
      (br_if $sign (i32.lt_u (local.get $at) (i32.const 20000))))
    (i32.store8 offset=20007 (local.get $sql) (i32.const 0x31))
    (call $try (local.get $sql) (i32.const 20008)))

  ;; SELECT 1,1,1,... of 10 MB
  (func $try_megabytes
    (local $sql i32)
    (local $at i32)
    (local.set $sql (call $room (i32.const 10000008)))
    (memory.copy (local.get $sql) (i32.const 3072) (i32.const 7))
    (loop $column
      (i32.store16 offset=7 (i32.add (local.get $sql) (local.get $at)) (i32.const 0x2c31))
      (local.set $at (i32.add (local.get $at) (i32.const 2)))
      (br_if $column (i32.lt_u (local.get $at) (i32.const 10000000))))
    (i32.store8 offset=10000007 (local.get $sql) (i32.const 0x31))
    (call $try (local.get $sql) (i32.const 10000008))
    ;; Within what the host reads at all, and still 520,000 columns.
    (i32.store8 offset=1040007 (local.get $sql) (i32.const 0x31))
    (call $try (local.get $sql) (i32.const 1040008)))

  (func (export "run") (param $arguments i32) (result i32)
    (call $try_lines)
    (call $try_parentheses)
    (call $try_signs)
    (call $try_megabytes)
    (global.get $pass)))
