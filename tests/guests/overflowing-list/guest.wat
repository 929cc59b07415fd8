;; Hands over a list so long that its size in bytes is over what 32 bits can hold, and small again when it is cut to
;; them.
(module
  ;; @part report
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (func (export "run") (param $arguments i32) (result i32)
    ;; 22,369,622 findings of 192 bytes are 4 GiB and 128 bytes.
    (drop (call $findings (i32.const 2048) (i32.const 22369622)))
    (global.get $pass)))
