// Vauban: named parts of a page, updated in place. Works under trusted-types 'none': markup is parsed by
// XMLHttpRequest into a document of its own, its nodes are imported, and no string becomes markup here.
//
//   <div data-fragment="rows">{% fragment rows %}…{% endfragment %}</div>
//   <a href="?page=2" data-update="rows">Next</a>
//   <form method="post" action="…" data-update="rows">…</form>
//   <form method="get" data-update="rows">…</form>
//
// Give what has the focus an `id` that it keeps from answer to answer; else the focus moves to the part. The part is
// `aria-busy` while it is asked for, and then hears the event `fragment`.
// Without script, or where anything is unusual, the link or form works as usual.
(() => {
  "use strict";
  const HEADER = "X-Fragment";

  // CWE-471, DOM clobbering: `<input name="method">` hides its form's method, `<img name="body">` the document's body.
  // Of a form, of a document and of what may be a form, properties and methods come from the prototype.
  const get = (type, name, object) => Object.getOwnPropertyDescriptor(type.prototype, name).get.call(object);
  const call = (type, name, object, ...rest) => type.prototype[name].call(object, ...rest);
  const attribute = (element, name) => call(Element, "getAttribute", element, name);
  const place = (name) => call(Document, "querySelector", document, `[data-fragment="${CSS.escape(name)}"]`);

  // The latest request of each part: an answer that was overtaken is dropped.
  const latest = new WeakMap();
  let shown = location.pathname + location.search;
  // Forms whose POST is under way or waits, and parts whose POST is under way.
  const sending = new WeakSet(), posting = new WeakSet();
  // What is asked of a part meanwhile: its answer would take the place of the POST's, which nobody would see.
  const waiting = new WeakMap();
  // Loads a page; a `#` in its address would make a jump of it. CWE-601: by its whole address, for a path that begins with
  // `//` is, alone, another host.
  const load = (url, how = "assign") => {
    const page = new URL(url, location.href);
    page.hash = "";
    location[how](page.href);
  };

  const update = (name, target, method, url, body, form) => {
    if (posting.has(target)) {
      const before = waiting.get(target);
      if (before?.form) sending.delete(before.form);
      waiting.set(target, { form, ask: () => update(name, target, method, url, body, form) });
      return;
    }
    const post = method === "POST";
    if (post) posting.add(target);
    const request = new XMLHttpRequest();
    latest.set(target, request);
    request.open(method, url);
    request.responseType = "document";
    request.setRequestHeader(HEADER, name);
    call(Element, "setAttribute", target, "aria-busy", "true");
    request.onloadend = () => {
      const next = post && waiting.get(target);
      if (post) {
        sending.delete(form);
        posting.delete(target);
        waiting.delete(target);
      }
      // Behind a refusal nothing more is asked: it stays to be read.
      if (next?.form && request.status !== 200) sending.delete(next.form);
      if (latest.get(target) !== request) return;
      latest.delete(target);
      call(Element, "removeAttribute", target, "aria-busy");
      const answer = request.response;
      // Not this part (a redirect to another page or site; a refusal, an error page): show what the browser would have shown.
      // A form that is shown again (422) is its part.
      if (![200, 422].includes(request.status) || !answer || request.getResponseHeader(HEADER) !== name || !ours(request.responseURL, url)) {
        // CWE-837: what was posted is never sent again. An answer that was lost, or led to another origin, where no script
        // follows, is not known: the page says what is so now.
        if (post) load(request.status === 0 ? location.href : request.responseURL || url);
        else load(url);
        return;
      }
      const active = get(Document, "activeElement", document);
      const inside = active && active !== target && call(Node, "contains", target, active);
      // What can stand in few places came with them round it: rows in a table. Else the parser puts `<style>` into the head.
      const round = call(Document, "querySelector", answer, "[data-fragment-part]");
      const holders = round ? [round] : [get(Document, "head", answer), get(Document, "body", answer)];
      // It was parsed as if there were no script, where what stands in `<noscript>` are elements; here they are none.
      for (const without of call(Document, "querySelectorAll", answer, "noscript")) without.remove();
      const nodes = holders.flatMap((holder) => [...holder.childNodes]).map((node) => call(Document, "importNode", document, node, true));
      call(Element, "replaceChildren", target, ...nodes);
      for (const script of call(Element, "querySelectorAll", target, "script")) script.remove();
      if (inside) {
        const id = attribute(active, "id");
        const again = id && call(Document, "getElementById", document, id);
        if (!again && attribute(target, "tabindex") === null) call(Element, "setAttribute", target, "tabindex", "-1");
        const next = again || target;
        if (next instanceof HTMLElement) call(HTMLElement, "focus", next, { preventScroll: true });
      }
      if (!post && call(Element, "getBoundingClientRect", target).top < 0) call(Element, "scrollIntoView", target);
      call(EventTarget, "dispatchEvent", target, new CustomEvent("fragment", { bubbles: true, detail: name }));
      if (next && request.status === 200) next.ask();
    };
    request.send(body);
    // CWE-598: what is posted stands in no address.
    if (!post) move(url);
  };

  // The address says what is shown: it can be kept, sent to others, loaded anew; `back` leads to what was before.
  const move = (url) => {
    if (url !== location.href) history.pushState(null, "", url);
    shown = location.pathname + location.search;
  };
  const here = (url) => new URL(url, location.href).origin === location.origin;
  // The answer is of the page that was asked, or of this one: another page that a redirect leads to may have a part of the
  // same name, which is none of this page.
  const ours = (url, asked) => {
    const path = (url) => new URL(url, location.href).pathname;
    return here(url) && (path(url) === path(asked) || path(url) === location.pathname);
  };

  call(EventTarget, "addEventListener", document, "click", (event) => {
    const link = event.target instanceof Element && call(Element, "closest", event.target, "a[data-update]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const target = place(link.dataset.update);
    if (!target || !here(link.href) || link.target) return;
    event.preventDefault();
    update(link.dataset.update, target, "GET", link.href, null, null);
  });

  call(EventTarget, "addEventListener", document, "submit", (event) => {
    const form = event.target;
    const name = form instanceof HTMLFormElement && attribute(form, "data-update");
    if (!name || event.defaultPrevented) return;
    const target = place(name);
    const button = event.submitter;
    // The button that was pressed may say it otherwise than the form.
    const says = (what) => button && button.hasAttribute("form" + what);
    const action = (says("action") && button.formAction) || attribute(form, "action") || location.href;
    const method = says("method") ? button.formMethod : get(HTMLFormElement, "method", form);
    const type = says("enctype") ? button.formEnctype : get(HTMLFormElement, "enctype", form);
    const elsewhere = says("target") ? button.formTarget : attribute(form, "target");
    const post = method === "post";
    if (!target || !here(action) || elsewhere || (!post && method !== "get")) return;
    event.preventDefault();
    // A second click does not send the form twice.
    if (post && sending.has(form)) return;
    if (post) sending.add(form);
    const data = new FormData(form, button);
    const query = new URLSearchParams([...data].filter(([, value]) => typeof value === "string"));
    const url = new URL(action, location.href);
    if (!post) url.search = query;
    const body = !post ? null : type === "multipart/form-data" ? data : query;
    update(name, target, post ? "POST" : "GET", url.href, body, post ? form : null);
  });

  // Back and forward; a jump within the page (`#main`) is none of our business.
  addEventListener("popstate", () => {
    // Asked for, not reloaded: what is shown may have been the answer to a POST.
    if (location.pathname + location.search !== shown) load(location.href, "replace");
  });
})();
