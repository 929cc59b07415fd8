;; Asks 5,000 questions of 64 KiB, no two the same, and goes on long after its queries are spent. The host remembers
;; what it could not answer: what it remembers must have an end, and looking it up must not become dearer with each
;; question.
(module
  ;; @part query
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part ask

  (data (i32.const 2048) "SELECT id FROM allowed --")
  (func (export "run") (param $arguments i32) (result i32)
    (local $sql i32)
    (local $count i32)
    (local.set $sql (call $room (i32.const 65536)))
    (memory.fill (local.get $sql) (i32.const 0x78) (i32.const 65536))
    (memory.copy (local.get $sql) (i32.const 2048) (i32.const 25))
    (loop $again
      ;; Only the last bytes differ: a letter for each four bits of the count.
      (i32.store offset=65532 (local.get $sql)
        (i32.add
          (i32.const 0x61616161)
          (i32.or
            (i32.or
              (i32.and (local.get $count) (i32.const 15))
              (i32.shl (i32.and (local.get $count) (i32.const 0xf0)) (i32.const 4)))
            (i32.or
              (i32.shl (i32.and (local.get $count) (i32.const 0xf00)) (i32.const 8))
              (i32.shl (i32.and (local.get $count) (i32.const 0xf000)) (i32.const 12))))))
      (drop (call $ask (local.get $sql) (i32.const 65536)))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $count) (i32.const 5000))))
    (global.get $pass)))
