;; Takes a mebibyte after the other and writes to each, so that the host's machine would really have to find them.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (func (export "run") (param $arguments i32) (result i32)
    (local $page i32)
    (loop $more
      (local.set $page (memory.grow (i32.const 16)))
      (memory.fill (i32.mul (local.get $page) (i32.const 65536)) (i32.const 1) (i32.const 1048576))
      (br $more))
    unreachable))
