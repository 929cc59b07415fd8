;; Computes without end and without a call. Only fuel and the clock can end it, and fuel must end it at the same
;; instruction every time.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (func (export "run") (param $arguments i32) (result i32)
    (loop $forever (br $forever))
    unreachable))
