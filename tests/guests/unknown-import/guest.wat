;; Wants an interface that nobody here has heard of, to read files with.
(module
  (import "acme:files/disk@1.0.0" "read" (func $read (param i32 i32 i32)))
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part run
)
