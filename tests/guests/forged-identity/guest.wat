;; Says that it is `row-count`, a check that people trust.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part validate
  ;; @part pass
  ;; @part run

  (data (i32.const 1024) (i32 1088 9) (i32 1097 5) (i32 1088 9) (i32 0 0) (i32 1102 5) (i32 1107 2) (i32 0 0))
  (data (i32.const 1088) "row-count" "1.0.0" "assay" "{}")
  (func (export "describe") (result i32) (i32.const 1024)))
