;; Has four memories of which each stays under the limit; their sum does not.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (memory $second 1)
  (memory $third 1)
  (memory $fourth 1)
  (func (export "run") (param $arguments i32) (result i32)
    (drop (memory.grow (i32.const 320)))
    (drop (memory.grow $second (i32.const 320)))
    (drop (memory.grow $third (i32.const 320)))
    (drop (memory.grow $fourth (i32.const 320)))
    (global.get $pass)))
