;; Writes 1,500 lines of 3,000 bytes to the log. A log has an end, and a chatty check can still pass.
(module
  ;; @part report
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (func (export "run") (param $arguments i32) (result i32)
    (local $count i32)
    (memory.fill (i32.const 4096) (i32.const 0x78) (i32.const 3000))
    (loop $again
      (call $log (i32.const 1) (i32.const 4096) (i32.const 3000))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $count) (i32.const 1500))))
    (global.get $pass)))
