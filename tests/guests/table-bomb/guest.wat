;; Makes a table larger and larger: tables are the host's memory too, and no limit of linear memory covers them.
(module
  ;; @part memory
  ;; @part allocator
  ;; @part describe
  ;; @part validate
  ;; @part pass

  (table $table 0 funcref)
  (func (export "run") (param $arguments i32) (result i32)
    (loop $more
      (drop (table.grow $table (ref.null func) (i32.const 1000)))
      (br $more))
    unreachable))
