;; Is built against a later version of the same contract and uses a function that it added. Its author did nothing
;; wrong: the host says what it lacks.
(module
  (import "assay:query/query@1.1.0" "cancel" (func $cancel))
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part run
)
