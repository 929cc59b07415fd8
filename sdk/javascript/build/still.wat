;; What the engine asks the system for while it starts, always answered alike.
(module
  (import "main" "memory" (memory 0))
  ;; Not zeros: the engine draws again until its seed is none.
  (func (export "random_get") (param $at i32) (param $bytes i32) (result i32)
    (memory.fill (local.get $at) (i32.const 0x5a) (local.get $bytes))
    (i32.const 0))
  (func (export "clock_time_get") (param $clock i32) (param $precision i64) (param $at i32) (result i32)
    (i64.store (local.get $at) (i64.const 0))
    (i32.const 0)))
