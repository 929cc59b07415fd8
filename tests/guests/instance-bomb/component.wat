;; Thirty components, each in the other, and each instantiates the one inside it twice: a few hundred bytes of text, a
;; thousand million core instances. Whoever unfolds it before counting never comes back.
(component
  ;; @repeat 30 (component
    (core module)
    (core instance (instantiate 0))
  ;; @repeat 30 ) (instance (instantiate 0)) (instance (instantiate 0))
)
