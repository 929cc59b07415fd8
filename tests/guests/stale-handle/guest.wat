;; Uses a cursor that it has given back.
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
    (call $next (local.get $cursor) (i32.const 10) (i32.const 192))
    (global.get $pass)))
