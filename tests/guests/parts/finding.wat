;; A record `finding` at 2048, all of it left out but code and message.
(data (i32.const 2048) (i32 2240 5))
(data (i32.const 2060) (i32 2245 18))
(data (i32.const 2240) "flood" "the same once more")
