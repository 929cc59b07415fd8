;; Asks for the sum over a product of six tables: nothing comes back before all of it is computed, and nothing but rows
;; coming back would give the source an occasion to look at the clock. After its deadline it must not go on computing in
;; the way of other checks and of the end of the program.
(module
  ;; @part query
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part ask

  (data (i32.const 2048)
    "SELECT SUM(f.id) AS x FROM allowed a, allowed b, allowed c, allowed d, allowed e, allowed f")
  (func (export "run") (param $arguments i32) (result i32)
    (call $next (call $ask (i32.const 2048) (i32.const 91)) (i32.const 10) (i32.const 192))
    (global.get $pass)))
