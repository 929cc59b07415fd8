;; Reports 1,500 metrics, of which 100 are kept. A check with too many numbers can still pass.
(module
  ;; @part report
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (data (i32.const 2048) "rows")
  (func (export "run") (param $arguments i32) (result i32)
    (local $count i32)
    (loop $again
      (call $metric (i32.const 2048) (i32.const 4) (f64.const 1)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $count) (i32.const 1500))))
    (global.get $pass)))
