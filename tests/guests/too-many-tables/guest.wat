;; Has more tables than the host's pool has places for one guest.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part run

  ;; @repeat 65 (table 0 funcref)
)
