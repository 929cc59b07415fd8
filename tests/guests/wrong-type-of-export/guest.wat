;; Exports `run` of another type: it cannot say that it could not say.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part run
)
