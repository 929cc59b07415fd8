;; Calls itself without end. The guest's stack is the host's memory: its end must be a trap, and not a fault of the
;; host.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (func $deeper (param $depth i32) (result i32)
    (i32.add (call $deeper (i32.add (local.get $depth) (i32.const 1))) (i32.const 1)))
  (func (export "run") (param $arguments i32) (result i32)
    (drop (call $deeper (i32.const 0)))
    (global.get $pass)))
