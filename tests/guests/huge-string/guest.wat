;; Hands over 16 MiB in one call. The host copies what it is given: it must refuse before it has.
(module
  ;; @part report
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (func (export "run") (param $arguments i32) (result i32)
    (drop (memory.grow (i32.const 256)))
    (call $log (i32.const 1) (i32.const 65536) (i32.const 16777216))
    (global.get $pass)))
