;; Reports numbers that are none, as metrics and in a finding: neither JSON nor the journal has a way to write them, and
;; the result must be kept all the same.
(module
  ;; @part report
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  ;; @part finding
  (data (i32.const 2128) (i32 1 0) (i32 0 0) (f64 nan))
  (data (i32.const 2152) (i32 1 0) (i32 0 0) (f64 -inf))
  (data (i32.const 2300) "rows")
  (func $say (param $value f64)
    (call $metric (i32.const 2300) (i32.const 4) (local.get $value)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
  (func (export "run") (param $arguments i32) (result i32)
    (call $say (f64.const nan))
    (call $say (f64.const inf))
    (call $say (f64.const -inf))
    (drop (call $findings (i32.const 2048) (i32.const 1)))
    (global.get $pass)))
