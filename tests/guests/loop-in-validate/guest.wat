;; Never says whether its settings are good. That is asked at load, before any check runs: the others must not wait.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part pass
  ;; @part run

  (func (export "validate") (param i32 i32) (result i32) (loop $forever (br $forever)) unreachable))
