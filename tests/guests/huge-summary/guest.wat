;; Returns a verdict whose one sentence is 3 MiB long: it goes into the journal, into logs and onto screens.
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
    (i32.store (i32.const 1292) (local.get $text))
    (i32.store (i32.const 1296) (i32.const 3145728))
    (global.get $pass)))
