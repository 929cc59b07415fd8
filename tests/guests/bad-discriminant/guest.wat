;; Returns an outcome that does not exist: neither pass nor anything else, and it must not be taken for the first of
;; them.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (func (export "run") (param $arguments i32) (result i32)
    (i32.store8 (i32.const 1288) (i32.const 250))
    (global.get $pass)))
