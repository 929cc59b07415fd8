;; Has nine memories. Each takes a place in the host's pool even while it is empty, so that many small ones would keep
;; other guests out.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part run

  ;; @repeat 8 (memory 0)
)
