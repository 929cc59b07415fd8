;; Wants a function of `query` 1.0.0 that this version never had. It offers nothing: what it asks for is looked at
;; first.
(component
  (import "assay:query/query@1.0.0" (instance (export "write" (func (param "table" string))))))
