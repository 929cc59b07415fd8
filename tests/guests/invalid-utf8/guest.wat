;; Hands over bytes that are no text as text.
(module
  ;; @part report
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (data (i32.const 2048) "\c3\28\ff\fe")
  (func (export "run") (param $arguments i32) (result i32)
    (call $log (i32.const 1) (i32.const 2048) (i32.const 4))
    (global.get $pass)))
