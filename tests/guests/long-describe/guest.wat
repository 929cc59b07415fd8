;; Says of itself a settings schema of 2 MiB: less than can be handed over at once, and more than anybody would read or
;; a host should keep for each plugin.
(module
  (memory (export "memory") 64)
  ;; @part allocator
  ;; @part validate
  ;; @part pass
  ;; @part run

  (data (i32.const 1024)
    (i32 1100 13) (i32 1088 5) (i32 1100 13) (i32 0 0) (i32 1093 5) (i32 65536 2097152) (i32 0 0))
  (data (i32.const 1088) "1.0.0" "assay" "{}" "{{id}}")
  (func (export "describe") (result i32)
    (memory.fill (i32.const 65536) (i32.const 0x20) (i32.const 2097152))
    (i32.const 1024)))
