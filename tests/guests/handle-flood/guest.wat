;; Opens one cursor after the other and keeps them all. A cursor is state of the host: there is a limit on how many.
(module
  ;; @part query
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part ask

  (func (export "run") (param $arguments i32) (result i32)
    (local $count i32)
    (loop $again
      (drop (call $ask_rightly))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $count) (i32.const 20))))
    (global.get $pass)))
