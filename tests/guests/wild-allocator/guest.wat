;; Answers the host's request for memory with an address at the very end of the address space, for the host to write to.
(module
  ;; @part query
  ;; @part memory
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part ask

  (global $armed (mut i32) (i32.const 0))
  (global $free (mut i32) (i32.const 65536))
  (func $allocate (export "cabi_realloc") (param i32 i32 i32) (param $bytes i32) (result i32)
    (local $block i32)
    (if (global.get $armed) (then (return (i32.const 0xfffffff8))))
    (local.set $block (global.get $free))
    (global.set $free (i32.and (i32.add (i32.add (local.get $block) (local.get $bytes)) (i32.const 7)) (i32.const -8)))
    (local.get $block))
  (func (export "run") (param $arguments i32) (result i32)
    (local $cursor i32)
    (local.set $cursor (call $ask_rightly))
    (global.set $armed (i32.const 1))
    (call $columns (local.get $cursor) (i32.const 192))
    (global.get $pass)))
