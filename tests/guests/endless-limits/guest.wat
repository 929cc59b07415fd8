;; Asks for 4,000,000 limits. Each is small in the guest and larger in the host, where it has a text of its own.
(module
  (memory (export "memory") 1024)
  ;; @part allocator
  ;; @part validate
  ;; @part pass
  ;; @part run

  (data (i32.const 1024)
    (i32 1100 14) (i32 1088 5) (i32 1100 14) (i32 0 0) (i32 1093 5) (i32 1098 2) (i32 65536 4000000))
  (data (i32.const 1088) "1.0.0" "assay" "{}" "{{id}}")
  (func (export "describe") (result i32) (i32.const 1024)))
