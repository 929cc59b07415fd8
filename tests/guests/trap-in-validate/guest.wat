;; Traps when shown its settings: an error of the check, and no verdict on the settings.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part pass
  ;; @part run

  (func (export "validate") (param i32 i32) (result i32) unreachable))
