;; Asks for a memory of 4 GiB before it has executed a single instruction.
(module
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part run

  (memory (export "memory") 65536))
