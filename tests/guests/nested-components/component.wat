;; A component in a component in a component, a thousand deep. Whatever walks it must not do so by recursion, for the
;; depth is the author's to choose.
;; @nest 1000
(component)
