;; Reads from a cursor that it was never given, in the hope that it is somebody else's.
(module
  ;; @part query
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (func (export "run") (param $arguments i32) (result i32)
    (call $next (i32.const 1) (i32.const 10) (i32.const 192))
    (global.get $pass)))
