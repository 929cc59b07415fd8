;; Wants a clock of WASI, as every component does that a toolchain builds without being asked. A check has no clock.
(module
  (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part run
)
