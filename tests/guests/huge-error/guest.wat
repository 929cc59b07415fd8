;; Returns an error of 3 MiB.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (func (export "run") (param $arguments i32) (result i32)
    (local $text i32)
    (local.set $text (call $room (i32.const 3145728)))
    (memory.fill (local.get $text) (i32.const 0x78) (i32.const 3145728))
    (i32.store8 (i32.const 1280) (i32.const 1))
    (i32.store (i32.const 1288) (local.get $text))
    (i32.store (i32.const 1292) (i32.const 3145728))
    (global.get $pass)))
