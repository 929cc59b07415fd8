;; Passes, without having looked at anything.
(func (export "run") (param $arguments i32) (result i32) (global.get $pass))
