//! What it costs to read a pattern, known before it is paid.

use regex_syntax::ast::{self, Ast, ClassSet, ClassSetItem, Flag, FlagsItem, FlagsItemKind};

/// The deepest nesting of groups within a pattern.
pub const MAX_NESTING: u32 = 50;

/// The longest pattern that is read, in bytes: parsing one takes a hundred times its length in memory.
pub const MAX_PATTERN_BYTES: usize = 16 << 10;

/// What folding the case of all characters costs.
const ALL_CHARACTERS: usize = 4_500;

/// About how many microseconds it takes to expand the classes of a pattern, such as `\w` or `[a-z]`, to
/// tables of characters, in an optimised build.
///
/// A class is a few bytes of a pattern and up to thousands of ranges once it is expanded, and where case
/// is ignored every character of it is looked up. Patterns come from documents of strangers, so this is
/// asked before a pattern is compiled: a text of some kilobytes can otherwise take minutes.
///
/// ```
/// use dataproduct_contract::pattern::expansion_cost;
///
/// assert!(expansion_cost(r"(?i)^[a-z.]+@[a-z.]+$")? < 50);
/// assert!(expansion_cost(&r"(?i)[\x{0}-\x{10FFFF}]".repeat(100))? > 100_000);
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// Why the text is no regular expression in the syntax of the `regex` crate, as far as that shows before
/// its classes are expanded.
pub fn expansion_cost(pattern: &str) -> Result<usize, String> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(format!("it is longer than {MAX_PATTERN_BYTES} bytes"));
    }
    let ast = ast::parse::ParserBuilder::new()
        .nest_limit(MAX_NESTING)
        .build()
        .parse(pattern)
        .map_err(|error| error.kind().to_string())?;
    let mut flags = IgnoresCase(false);
    let Ok(()) = ast::visit(&ast, &mut flags);
    let mut cost = Cost {
        ignores_case: flags.0,
        total: 0,
    };
    let Ok(()) = ast::visit(&ast, &mut cost);
    Ok(cost.total)
}

/// Whether a pattern ignores case anywhere.
struct IgnoresCase(bool);

impl IgnoresCase {
    fn note(&mut self, items: &[FlagsItem]) {
        self.0 |= items
            .iter()
            .any(|item| item.kind == FlagsItemKind::Flag(Flag::CaseInsensitive));
    }
}

impl ast::Visitor for &mut IgnoresCase {
    type Output = ();
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<(), Self::Err> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::Flags(set) => self.note(&set.flags.items),
            Ast::Group(group) => {
                if let Some(flags) = group.flags() {
                    self.note(&flags.items);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

struct Cost {
    ignores_case: bool,
    total: usize,
}

impl Cost {
    /// Adds what a class costs as it is, and what it costs where case is ignored.
    fn add(&mut self, plain: usize, folded: usize) {
        self.total = self
            .total
            .saturating_add(if self.ignores_case { folded } else { plain });
    }
}

impl ast::Visitor for &mut Cost {
    type Output = ();
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<(), Self::Err> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::ClassUnicode(_) => self.add(20, ALL_CHARACTERS / 3),
            // Digits, spaces and words ignore case as they are.
            Ast::ClassPerl(_) => self.add(20, 20),
            Ast::ClassBracketed(class) => {
                let operation = matches!(class.kind, ClassSet::BinaryOp(_));
                self.add(2, if operation { ALL_CHARACTERS } else { 2 });
            }
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        match item {
            ClassSetItem::Range(range) => {
                let (first, last) = (range.start.c as usize, range.end.c as usize);
                self.add(1, 1 + last.saturating_sub(first) / 256);
            }
            // What is negated within brackets has nearly all characters.
            ClassSetItem::Unicode(_) | ClassSetItem::Bracketed(_) => self.add(20, ALL_CHARACTERS),
            ClassSetItem::Perl(class) => self.add(
                20,
                if class.negated {
                    ALL_CHARACTERS
                } else {
                    ALL_CHARACTERS / 8
                },
            ),
            ClassSetItem::Ascii(class) => {
                self.add(2, if class.negated { ALL_CHARACTERS } else { 2 })
            }
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_binary_op_pre(
        &mut self,
        _: &ast::ClassSetBinaryOp,
    ) -> Result<(), Self::Err> {
        self.add(4, 2 * ALL_CHARACTERS);
        Ok(())
    }
}
