;; Is a good component, and no check.
(module
  ;; @part memory

  (data (i32.const 8) (i32 16 5) "hello")
  (func (export "greet") (result i32) (i32.const 8)))
