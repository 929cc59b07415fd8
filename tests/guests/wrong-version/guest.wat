;; Is built against a contract that breaks with this one: what `open` of 2.0.0 means the host cannot know.
(module
  (import "assay:query/query@2.0.0" "open" (func $open (param i32 i32) (result i32)))
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass
  ;; @part run
)
