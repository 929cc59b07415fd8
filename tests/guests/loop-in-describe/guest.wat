;; Never says who it is. Admission calls `describe` before anything is granted and before the check's own limits are
;; known.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part validate
  ;; @part pass
  ;; @part run

  (func (export "describe") (result i32) (loop $forever (br $forever)) unreachable))
