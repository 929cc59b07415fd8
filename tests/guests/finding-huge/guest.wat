;; Reports one finding of 1 MiB, which is not kept, and says pass: what it saw is not a pass because it was too long.
(module
  ;; @part report
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  ;; @part finding

  (func (export "run") (param $arguments i32) (result i32)
    (local $text i32)
    (local.set $text (call $room (i32.const 1048576)))
    (memory.fill (local.get $text) (i32.const 0x78) (i32.const 1048576))
    (i32.store (i32.const 2060) (local.get $text))
    (i32.store (i32.const 2064) (i32.const 1048576))
    (drop (call $findings (i32.const 2048) (i32.const 1)))
    (global.get $pass)))
