;; Finds 30,000 problems in settings that are fine; they become one message for a person.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part pass
  ;; @part run

  (data (i32.const 2048) "the settings are wrong once more, and again, and again")
  (func (export "validate") (param $settings i32) (param $bytes i32) (result i32)
    (local $at i32)
    (local $left i32)
    (local.set $at (call $room (i32.const 480000)))
    (local.set $left (i32.const 30000))
    (i32.store (i32.const 128) (local.get $at))
    (i32.store (i32.const 132) (local.get $left))
    (loop $next
      (i32.store offset=8 (local.get $at) (i32.const 2048))
      (i32.store offset=12 (local.get $at) (i32.const 54))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $next (local.get $left)))
    (i32.const 128)))
