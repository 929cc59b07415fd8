;; Never says whether its settings are good, and its check asks for all the time and fuel there is. `validate` answers
;; promptly or not at all, whatever the check may take when it runs.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part pass
  ;; @part run

  (func (export "validate") (param i32 i32) (result i32) (loop $forever (br $forever)) unreachable))
