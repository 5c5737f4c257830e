// What was typed into a form stays with this tab until the site has taken it: where an answer of 400 or above came
// instead (too large, too many tries, no session), the browser's Back leads to the form as it was left. Most browsers do
// so by themselves, but not for pages that nobody may keep (`Cache-Control: no-store`), as all pages with a session are.
//
// Secrets are not remembered, nor hidden fields but the row's version: a page that was fetched anew has a newer one, and
// with the text of before it would undo what somebody else has written since (CWE-362). So the version goes back with the
// text, also where the browser itself has brought the text, and the site answers with the conflict.
//
// One form at a time, for a quarter of an hour, and never longer than to the next page that the site answers well: so
// nobody who signs in later in this tab meets it. Nothing is sent.
//
// No property of a form or of the document is asked for by name: in a page with a control of that name it would be
// the control.
(() => {
  'use strict';
  const KEY = 'vauban-typed';
  const LIFE = 15 * 60 * 1000;
  const NOT_TYPED = ['hidden', 'password', 'file', 'submit', 'button', 'image', 'reset'];
  const SECRET = /password|one-time-code|cc-/i;

  const attributeOf = Element.prototype.getAttribute;
  const hasAttribute = Element.prototype.hasAttribute;
  const controlsOf = Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, 'elements').get;
  const allOf = Document.prototype.querySelectorAll;

  const here = () => location.pathname + location.search;
  const actionOf = form => attributeOf.call(form, 'action') || '';
  const posts = form => (attributeOf.call(form, 'method') || '').toLowerCase() === 'post';
  const isTick = control => control.type === 'checkbox' || control.type === 'radio';

  const isMany = control => control instanceof HTMLSelectElement && control.multiple;

  const isTyped = control =>
    (control instanceof HTMLTextAreaElement || control instanceof HTMLSelectElement ||
      (control instanceof HTMLInputElement && !NOT_TYPED.includes(control.type))) &&
    control.name !== '' && !SECRET.test(attributeOf.call(control, 'autocomplete') || '');

  const isUntouched = control => {
    if (isTick(control)) return control.checked === control.defaultChecked;
    if (control instanceof HTMLSelectElement) return [...control.options].every((o, i) =>
      o.selected === o.defaultSelected || (i === 0 && o.selected && !isMany(control)));
    return control.value === control.defaultValue;
  };

  const typedInto = control => {
    if (isTick(control)) return control.checked;
    if (isMany(control)) return [...control.options].filter(option => option.selected).map(option => option.value);
    return control.value;
  };

  // A row's version: the form says which field that is.
  const versionIn = form => [...controlsOf.call(form)].find(control =>
    control instanceof HTMLInputElement && control.type === 'hidden' && hasAttribute.call(control, 'data-version'));

  const typedIn = form => [...controlsOf.call(form)].filter(isTyped);

  // A browser may keep no storage: then there is only what it does by itself.
  const read = () => {
    try {
      const entry = JSON.parse(sessionStorage.getItem(KEY));
      return entry && Date.now() - entry.at < LIFE ? entry : null;
    } catch { return null; }
  };
  const write = entry => { try { sessionStorage.setItem(KEY, JSON.stringify(entry)); } catch { forget(); } };
  const forget = () => { try { sessionStorage.removeItem(KEY); } catch { /* There is none. */ } };

  addEventListener('submit', event => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !posts(form)) return;
    const fields = typedIn(form).map(c => [c.name, typedInto(c)]);
    const version = versionIn(form)?.value ?? null;
    if (fields.length > 0) write({ page: here(), action: actionOf(form), at: Date.now(), fields, version });
  });

  // A part of the page came as the answer: what was typed is taken, or stands in it.
  addEventListener('fragment', forget);

  addEventListener('pageshow', event => {
    // From the browser's own memory: it is as it was left.
    if (event.persisted) return;
    const entry = read();
    const [arrival] = performance.getEntriesByType('navigation');
    if (!arrival || arrival.type !== 'back_forward') {
      // An answer that is none of an error has taken it; what cannot be told counts as one.
      if (!entry || !arrival || !(arrival.responseStatus >= 400)) forget();
      return;
    }
    if (!entry || entry.page !== here()) return;
    const form = [...allOf.call(document, 'form')].find(one =>
      posts(one) && actionOf(one) === entry.action && typedIn(one).length === entry.fields.length);
    if (!form) return;
    const version = versionIn(form);
    if (version && typeof entry.version === 'string') version.value = entry.version;
    typedIn(form).forEach((control, nth) => {
      const [name, value] = entry.fields[nth];
      if (control.name !== name || !isUntouched(control)) return;
      if (isTick(control)) control.checked = value === true;
      else if (isMany(control)) {
        const chosen = Array.isArray(value) ? value : [];
        for (const option of control.options) option.selected = chosen.includes(option.value);
      }
      else control.value = String(value);
    });
  });
})();
