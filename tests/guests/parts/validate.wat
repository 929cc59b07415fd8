;; Every settings document is fine: an empty list, for there are zeroes at 0.
(func (export "validate") (param $settings i32) (param $bytes i32) (result i32) (i32.const 0))
