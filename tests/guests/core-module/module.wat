;; A core module with the exports of a check, as a compiler leaves it: it says nothing of types and imports.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part run
)
