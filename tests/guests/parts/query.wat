;; Everything of the interface `query` that guests call, lowered.
(import "assay:query/query@1.0.0" "open"
  (func $open (param $source i32) (param $source_bytes i32) (param $sql i32) (param $sql_bytes i32)
    (param $params i32) (param $params_count i32) (param $answer i32)))
(import "assay:query/query@1.0.0" "[method]cursor.columns" (func $columns (param $cursor i32) (param $answer i32)))
(import "assay:query/query@1.0.0" "[method]cursor.next"
  (func $next (param $cursor i32) (param $rows_max i32) (param $answer i32)))
(import "assay:query/query@1.0.0" "[resource-drop]cursor" (func $drop (param $cursor i32)))
