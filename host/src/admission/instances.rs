//! How many instances a component unfolds into: a few hundred bytes can nest components so that it is thousands of
//! millions, and a compiler that unfolds before it counts never comes back.

use wasmparser::{BinaryReaderError, ComponentInstance, ComponentTypeRef, Encoding, Instance, Payload};

/// Counts while a component is read, section by section. Never too few: where it is not plain which component is
/// instantiated, the largest is counted.
#[derive(Debug, Default)]
pub(super) struct Instances {
    /// What is being read, the outermost first.
    open: Vec<Part>,
    /// Instances of the largest component that has been read.
    largest: u64,
}

/// A module or component that is being read.
#[derive(Debug, Default)]
struct Part {
    is_component: bool,
    /// Core instances that it makes itself.
    core: u64,
    /// Instances of components that it makes.
    components: u64,
    /// Which components these are may be decided elsewhere.
    is_passed_components: bool,
}

impl Part {
    fn unfolded(&self, largest: u64) -> u64 {
        let each = if self.is_passed_components { u64::MAX } else { largest };
        // An instance of an empty component is one, too.
        self.core.saturating_add(self.components.saturating_mul(each.max(1)))
    }
}

impl Instances {
    /// Takes notice of a section.
    pub(super) fn see(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::Version { encoding, .. } => {
                self.open.push(Part { is_component: *encoding == Encoding::Component, ..Part::default() });
            }
            Payload::InstanceSection(instances) => {
                for instance in instances.clone() {
                    if matches!(instance?, Instance::Instantiate { .. }) {
                        self.part().core += 1;
                    }
                }
            }
            Payload::ComponentInstanceSection(instances) => {
                for instance in instances.clone() {
                    if matches!(instance?, ComponentInstance::Instantiate { .. }) {
                        self.part().components += 1;
                    }
                }
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports.clone() {
                    if matches!(import?.ty, ComponentTypeRef::Component(_)) {
                        self.part().is_passed_components = true;
                    }
                }
            }
            Payload::End(_) => {
                if let Some(part) = self.open.pop().filter(|part| part.is_component) {
                    self.largest = self.largest.max(part.unfolded(self.largest));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The instances of the whole, once it has been read.
    pub(super) fn unfolded(&self) -> u64 {
        self.largest
    }

    /// What is being read; sections outside of everything do not pass the parser.
    fn part(&mut self) -> &mut Part {
        if self.open.is_empty() {
            self.open.push(Part::default());
        }
        self.open.last_mut().expect("just pushed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::Parser;

    fn unfolded(text: &str) -> u64 {
        let bytes = wat::parse_str(text).unwrap();
        let mut instances = Instances::default();
        for payload in Parser::new(0).parse_all(&bytes) {
            instances.see(&payload.unwrap()).unwrap();
        }
        instances.unfolded()
    }

    /// `n` components, one in the other, each of which instantiates the next twice.
    fn doubling(n: usize) -> String {
        let inner = "(component (core module) (core instance (instantiate 0)) (core instance (instantiate 0)))";
        (1..n).fold(inner.to_owned(), |inner, _| {
            format!("(component {inner} (instance (instantiate 0)) (instance (instantiate 0)))")
        })
    }

    #[test]
    fn instances_multiply_with_nesting() {
        assert_eq!(unfolded("(component)"), 0);
        assert_eq!(unfolded(&doubling(1)), 2);
        assert_eq!(unfolded(&doubling(10)), 1 << 10);
        assert_eq!(unfolded(&doubling(80)), u64::MAX, "and stop at the largest number");
    }

    #[test]
    fn what_is_only_defined_is_no_instance() {
        let nested = (0..50).fold("(component)".to_owned(), |inner, _| format!("(component {inner})"));
        assert_eq!(unfolded(&nested), 0);
    }

    #[test]
    fn a_component_that_is_passed_in_counts_as_the_worst() {
        let text = "(component (component (import \"c\" (component $c)) (instance (instantiate $c))))";
        assert_eq!(unfolded(text), u64::MAX);
    }
}
