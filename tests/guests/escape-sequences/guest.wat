;; Returns a summary full of what a terminal obeys, and of zero bytes: whoever looks at results must not lose their
;; screen to a check.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (data (i32.const 2048) "\1b[2J\1b]0;owned\07\00\0d\c2\9b31m\e2\80\aeall is well")
  (func (export "run") (param $arguments i32) (result i32)
    (i32.store (i32.const 1292) (i32.const 2048))
    (i32.store (i32.const 1296) (i32.const 35))
    (global.get $pass)))
