;; Says who it is and what is wrong with settings, and cannot be run.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
)
