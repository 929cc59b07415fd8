;; Everything of the interface `report` that guests call, lowered.
(import "assay:report/report@1.0.0" "findings"
  (func $findings (param $list i32) (param $count i32) (result i32)))
(import "assay:report/report@1.0.0" "metric"
  (func $metric (param $name i32) (param $name_bytes i32) (param $value f64)
    (param $has_unit i32) (param $unit i32) (param $unit_bytes i32)
    (param $attributes i32) (param $attributes_count i32)))
(import "assay:report/report@1.0.0" "log" (func $log (param $level i32) (param $message i32) (param $bytes i32)))
