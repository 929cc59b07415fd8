;; Asks the source `local`; gives the cursor, or -1 when the host answers with a problem, which lies at 132 then.
(data (i32.const 1400) "local")
(func $ask (param $sql i32) (param $bytes i32) (result i32)
  (call $open
    (i32.const 1400) (i32.const 5) (local.get $sql) (local.get $bytes) (i32.const 0) (i32.const 0) (i32.const 128))
  (if (result i32) (i32.load8_u (i32.const 128))
    (then (i32.const -1))
    (else (i32.load (i32.const 132)))))
;; Asks what can be answered.
(data (i32.const 1408) "SELECT id FROM allowed")
(func $ask_rightly (result i32)
  (local $cursor i32)
  (local.set $cursor (call $ask (i32.const 1408) (i32.const 22)))
  (if (i32.eq (local.get $cursor) (i32.const -1)) (then unreachable))
  (local.get $cursor))
