;; Asks for the rows of a product of six tables in another order than they come in: the source would have to hold all
;; 729,000,000 of them at once. It asks a source of its own, for what the queries of a source share is its memory.
(module
  ;; @part query
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (data (i32.const 2048) "crowded")
  (data (i32.const 2064)
    "SELECT a.id AS x FROM allowed a, allowed b, allowed c, allowed d, allowed e, allowed f "
    "ORDER BY f.id, e.id, d.id, c.id, b.id")
  (func (export "run") (param $arguments i32) (result i32)
    (call $open
      (i32.const 2048) (i32.const 7) (i32.const 2064) (i32.const 124) (i32.const 0) (i32.const 0) (i32.const 128))
    (if (i32.eqz (i32.load8_u (i32.const 128)))
      (then (call $next (i32.load (i32.const 132)) (i32.const 10) (i32.const 192))))
    (global.get $pass)))
