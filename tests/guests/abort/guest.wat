;; Executes `unreachable`, as `abort` of every language ends, without a word before.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (func (export "run") (param $arguments i32) (result i32)
    unreachable))
