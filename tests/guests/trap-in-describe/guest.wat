;; Traps when asked who it is.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part validate
  ;; @part pass
  ;; @part run

  (func (export "describe") (result i32) unreachable))
