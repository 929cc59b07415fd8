;; ok(verdict { outcome: pass, summary: "all is well", examined: some(1) }): what a guest says that got away with it.
(data (i32.const 1280)
  (i32 0 0)       ;; ok
  (i32 0)         ;; outcome
  (i32 1320 11 0) ;; summary, and what aligns the next
  (i32 1 0)       ;; some
  (i64 1))        ;; examined
(data (i32.const 1320) "all is well")
(global $pass i32 (i32.const 1280))
