;; Reports 1,500 findings and says pass. What is over the limit is counted, not kept; and findings are not a pass.
(module
  ;; @part report
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  ;; @part finding

  (func (export "run") (param $arguments i32) (result i32)
    (local $count i32)
    (loop $again
      (drop (call $findings (i32.const 2048) (i32.const 1)))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $count) (i32.const 1500))))
    (global.get $pass)))
