;; Gives a cursor back twice: the second time it is not its own, and could be another's.
(module
  ;; @part query
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part ask

  (func (export "run") (param $arguments i32) (result i32)
    (local $cursor i32)
    (local.set $cursor (call $ask_rightly))
    (call $drop (local.get $cursor))
    (call $drop (local.get $cursor))
    (global.get $pass)))
