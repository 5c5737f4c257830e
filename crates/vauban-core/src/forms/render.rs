//! Forms as HTML: labels, help, errors and controls that belong together for everyone.
//!
//! Each control has a `<label for>`; its help and its errors are named by `aria-describedby`, a wrong value by
//! `aria-invalid`; the summary of errors stands first, takes the focus and links to each control (WCAG 1.3.1, 3.3.1,
//! 3.3.2, 4.1.2). Constraint attributes help while typing; the server decides (CWE-602).
//!
//! Everything that is not a literal here goes through an escaper (CWE-79).

use vauban_template::__private::Ours;
use vauban_template::__private::Trusted;
use vauban_template::RenderContext;
use vauban_template::escape::{self, Text};

use super::bound::BoundField;
use super::form::{Form, FormFields};
use super::offer::MOST_CHOICES;
use super::spec::Widget;
use crate::scalar::read_bool;

/// `{{ form }}` in a template. Markup, because every value in it went through an escaper here.
impl<F: FormFields> Trusted<Text> for Form<F> {
    #[allow(deprecated)]
    const __OURS: Ours<Self> = Ours::__made();
    fn __put_trusted(&self, _: &dyn RenderContext, out: &mut String) {
        form(self, out);
    }
}

/// `{{ form.title }}`: one field with its label, help and errors.
impl Trusted<Text> for BoundField {
    #[allow(deprecated)]
    const __OURS: Ours<Self> = Ours::__made();
    fn __put_trusted(&self, _: &dyn RenderContext, out: &mut String) {
        field(self, out);
    }
}

/// Writes a whole form: the summary of errors and every field. The `<form>` element with its action and its buttons
/// is the template's.
pub(super) fn form<F: FormFields>(form: &Form<F>, out: &mut String) {
    summary(form, out);
    for bound in form.fields() {
        field(bound, out);
    }
}

/// Writes the summary of errors, or nothing if there are none.
pub(super) fn summary<F: FormFields>(form: &Form<F>, out: &mut String) {
    if !form.has_errors() {
        return;
    }
    // `autofocus` on a focusable box: screen readers start here, without script.
    out.push_str("<div class=\"error-summary\" role=\"alert\" tabindex=\"-1\" autofocus>");
    out.push_str("<h2>Please check the form</h2><ul>");
    for problem in form.problems() {
        out.push_str("<li>");
        text(&problem.to_string(), out);
        out.push_str("</li>");
    }
    for bound in form.fields() {
        for problem in bound.errors() {
            out.push_str("<li>");
            if bound.spec().widget == Widget::Hidden {
                text(&problem.to_string(), out);
            } else {
                attribute_start("<a href=\"#id_", bound.name(), out);
                out.push_str("\">");
                text(bound.label(), out);
                out.push_str(": ");
                text(&problem.to_string(), out);
                out.push_str("</a>");
            }
            out.push_str("</li>");
        }
    }
    out.push_str("</ul></div>");
}

/// Writes one field: label, help, errors, control. One that is left out is not there.
pub(super) fn field(bound: &BoundField, out: &mut String) {
    if bound.is_left_out() {
        return;
    }
    match bound.spec().widget {
        Widget::Checkboxes | Widget::Radio => group(bound, out),
        Widget::Hidden => control(bound, out),
        Widget::Checkbox => {
            open(bound, " field--checkbox", out);
            control(bound, out);
            label(bound, out);
            notes(bound, out);
            out.push_str("</div>");
        }
        _ => {
            open(bound, "", out);
            label(bound, out);
            notes(bound, out);
            control(bound, out);
            out.push_str("</div>");
        }
    }
}

/// Boxes to tick, or buttons of which one is chosen: a group with a name of its own (WCAG 1.3.1), which the summary of errors leads to.
fn group(bound: &BoundField, out: &mut String) {
    attribute_start("<fieldset id=\"id_", bound.name(), out);
    out.push_str("\" tabindex=\"-1\" class=\"field field--");
    out.push_str(if bound.spec().widget == Widget::Radio {
        "radios"
    } else {
        "checkboxes"
    });
    out.push_str(if bound.errors().is_empty() {
        "\""
    } else {
        " field--invalid\""
    });
    described_by(bound, out);
    out.push_str("><legend>");
    text(bound.label(), out);
    optional(bound, out);
    out.push_str("</legend>");
    notes(bound, out);
    control(bound, out);
    out.push_str("</fieldset>");
}

/// Whether a request needs at least one value of it.
fn is_needed(bound: &BoundField) -> bool {
    bound.spec().required || bound.spec().min_items > 0
}

fn optional(bound: &BoundField, out: &mut String) {
    // What the control asks for is nowhere else to be seen.
    if bound.spec().widget == Widget::DateTime {
        out.push_str(" <span class=\"zone\">(UTC)</span>");
    }
    if !is_needed(bound) && bound.spec().widget != Widget::Checkbox {
        out.push_str(" <span class=\"optional\">(optional)</span>");
    }
}

fn open(bound: &BoundField, kind: &str, out: &mut String) {
    out.push_str("<div class=\"field");
    out.push_str(kind);
    out.push_str(if bound.errors().is_empty() {
        "\">"
    } else {
        " field--invalid\">"
    });
}

fn label(bound: &BoundField, out: &mut String) {
    attribute_start("<label for=\"id_", bound.name(), out);
    out.push_str("\">");
    text(bound.label(), out);
    optional(bound, out);
    out.push_str("</label>");
}

/// Help and errors, each with the id that the control names.
fn notes(bound: &BoundField, out: &mut String) {
    if !bound.help().is_empty() {
        attribute_start("<p class=\"help\" id=\"id_", bound.name(), out);
        out.push_str("_help\">");
        text(bound.help(), out);
        out.push_str("</p>");
    }
    if bound.is_cut() {
        attribute_start("<p class=\"help\" id=\"id_", bound.name(), out);
        out.push_str("_cut\">");
        text(&format!("The list shows the first {MOST_CHOICES} only."), out);
        out.push_str("</p>");
    }
    if !bound.errors().is_empty() {
        attribute_start("<p class=\"errors\" id=\"id_", bound.name(), out);
        out.push_str("_errors\">");
        for (nth, problem) in bound.errors().iter().enumerate() {
            if nth > 0 {
                out.push(' ');
            }
            text(&problem.to_string(), out);
        }
        out.push_str("</p>");
    }
    if let Some(stored) = bound.stored() {
        attribute_start("<div class=\"stored\" id=\"id_", bound.name(), out);
        out.push_str("_stored\"><p>Stored now:</p><pre>\n");
        text(stored, out);
        out.push_str("</pre></div>");
    }
}

/// What an entry is called that leaves the choice open.
fn nothing(bound: &BoundField) -> &'static str {
    if bound.spec().searches { "Any" } else { "None" }
}

/// Writes the control alone.
pub(super) fn control(bound: &BoundField, out: &mut String) {
    let spec = bound.spec();
    match spec.widget {
        _ if bound.is_left_out() => {}
        Widget::Textarea => {
            out.push_str("<textarea rows=\"12\"");
            attributes(bound, out);
            // The parser drops one line break after the tag: this one, never the first one that was typed.
            out.push_str(">\n");
            text(bound.value(), out);
            out.push_str("</textarea>");
        }
        Widget::Select => {
            out.push_str("<select");
            attributes(bound, out);
            out.push('>');
            // With a first entry that is empty `required` means "choose one"; without, nothing can be taken back.
            option(
                "",
                if spec.required {
                    "Choose…"
                } else {
                    nothing(bound)
                },
                bound.value().is_empty(),
                out,
            );
            for choice in bound.choices() {
                option(&choice.value, &choice.label, choice.value == bound.value(), out);
            }
            out.push_str("</select>");
        }
        Widget::MultiSelect => {
            out.push_str("<select multiple");
            attributes(bound, out);
            out.push('>');
            for choice in bound.choices() {
                option(&choice.value, &choice.label, bound.has(&choice.value), out);
            }
            out.push_str("</select>");
        }
        Widget::Radio => {
            let choices = bound.choices();
            for (nth, choice) in choices.iter().enumerate() {
                tick(bound, nth, &choice.value, &choice.label, out);
            }
            // What was chosen can be taken back.
            if !is_needed(bound) {
                tick(bound, choices.len(), "", nothing(bound), out);
            }
        }
        Widget::Checkboxes => {
            for (nth, choice) in bound.choices().iter().enumerate() {
                tick(bound, nth, &choice.value, &choice.label, out);
            }
        }
        widget => {
            out.push_str("<input type=\"");
            out.push_str(widget.input_type().unwrap_or("text"));
            out.push('"');
            attributes(bound, out);
            match widget {
                Widget::Checkbox => {
                    if read_bool(bound.value()) != Some(false) {
                        out.push_str(" checked");
                    }
                }
                // CWE-549: a secret goes to the server, never back.
                Widget::Password => {}
                _ => {
                    attribute_start(" value=\"", bound.value(), out);
                    out.push('"');
                    // By this `typed.js` finds it, whatever the field is called.
                    if bound.is_version() {
                        out.push_str(" data-version");
                    }
                }
            }
            out.push('>');
        }
    }
}

/// One box or button of many, with its label.
fn tick(bound: &BoundField, nth: usize, value: &str, shown: &str, out: &mut String) {
    let mut nth_of = itoa::Buffer::new();
    let nth = nth_of.format(nth);
    let radio = bound.spec().widget == Widget::Radio;
    let kind = if radio { "radio" } else { "checkbox" };
    out.push_str("<div><input type=\"");
    out.push_str(kind);
    attribute_start("\" id=\"id_", bound.name(), out);
    out.push('_');
    out.push_str(nth);
    attribute_start("\" name=\"", bound.name(), out);
    attribute_start("\" value=\"", value, out);
    let chosen = bound.has(value) || (radio && value.is_empty() && bound.value().is_empty());
    out.push_str(if chosen { "\" checked" } else { "\"" });
    if radio && bound.spec().required {
        out.push_str(" required");
    }
    // A button says nothing of itself (ARIA 1.2): the group does, by its description.
    if !radio && !bound.errors().is_empty() {
        out.push_str(" aria-invalid=\"true\"");
    }
    attribute_start("> <label for=\"id_", bound.name(), out);
    out.push('_');
    out.push_str(nth);
    out.push_str("\">");
    text(shown, out);
    out.push_str("</label></div>");
}

fn option(value: &str, shown: &str, selected: bool, out: &mut String) {
    attribute_start("<option value=\"", value, out);
    out.push_str(if selected { "\" selected>" } else { "\">" });
    text(shown, out);
    out.push_str("</option>");
}

/// The attributes that every control has.
fn attributes(bound: &BoundField, out: &mut String) {
    let spec = bound.spec();
    attribute_start(" id=\"id_", bound.name(), out);
    attribute_start("\" name=\"", bound.name(), out);
    out.push('"');
    if spec.widget == Widget::Hidden {
        return;
    }
    if spec.required {
        out.push_str(" required");
    }
    let typed = matches!(
        spec.widget,
        Widget::Text | Widget::Textarea | Widget::Password | Widget::Email | Widget::Url
    );
    if typed && spec.min_length > 0 {
        number(
            " minlength=\"",
            i64::try_from(spec.min_length).unwrap_or(i64::MAX),
            out,
        );
    }
    if typed {
        number(
            " maxlength=\"",
            i64::try_from(spec.max_length).unwrap_or(i64::MAX),
            out,
        );
    }
    match (spec.widget, bound.places()) {
        (Widget::Decimal, Some(0)) => out.push_str(" step=\"1\""),
        (Widget::Decimal, Some(places)) => {
            out.push_str(" step=\"0.");
            (1..places).for_each(|_| out.push('0'));
            out.push_str("1\"");
        }
        (Widget::Decimal | Widget::Time | Widget::DateTime, _) => out.push_str(" step=\"any\""),
        _ => {}
    }
    if matches!(spec.widget, Widget::Number | Widget::Decimal) {
        if let Some(min) = spec.min {
            number(" min=\"", min, out);
        }
        if let Some(max) = spec.max {
            number(" max=\"", max, out);
        }
    }
    if !spec.autocomplete.is_empty() {
        attribute_start(" autocomplete=\"", spec.autocomplete, out);
        out.push('"');
    }
    described_by(bound, out);
}

fn described_by(bound: &BoundField, out: &mut String) {
    // Each box of a group says it of itself.
    if !bound.errors().is_empty() && !bound.spec().widget.is_group() {
        out.push_str(" aria-invalid=\"true\"");
    }
    let notes = [
        (!bound.help().is_empty(), "_help"),
        (bound.is_cut(), "_cut"),
        (!bound.errors().is_empty(), "_errors"),
        (bound.stored().is_some(), "_stored"),
    ];
    let mut before = " aria-describedby=\"id_";
    for (_, note) in notes.iter().filter(|(there, _)| *there) {
        attribute_start(before, bound.name(), out);
        out.push_str(note);
        before = " id_";
    }
    if before == " id_" {
        out.push('"');
    }
}

fn number(before: &str, value: i64, out: &mut String) {
    out.push_str(before);
    out.push_str(itoa::Buffer::new().format(value));
    out.push('"');
}

/// A literal, then a value escaped for a double-quoted attribute.
fn attribute_start(before: &'static str, value: &str, out: &mut String) {
    out.push_str(before);
    escape::attribute(value, out);
}

fn text(value: &str, out: &mut String) {
    escape::text(value, out);
}
