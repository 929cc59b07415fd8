;; Asks a question that takes for ever: seven tables multiplied. The guest itself computes nothing meanwhile, so that
;; neither fuel nor its time ends it.
(module
  ;; @part query
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part ask

  (data (i32.const 2048)
    "SELECT COUNT(*) AS n FROM allowed a, allowed b, allowed c, allowed d, allowed e, allowed f, allowed g")
  (func (export "run") (param $arguments i32) (result i32)
    (call $next (call $ask (i32.const 2048) (i32.const 101)) (i32.const 10) (i32.const 192))
    (global.get $pass)))
