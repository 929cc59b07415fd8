;; Loops in the start function of its core module: guest code runs before the host has called anything.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part run

  (func $forever (loop $forever (br $forever)))
  (start $forever))
