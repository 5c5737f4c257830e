// Vauban: named parts of a page, updated in place. Works under trusted-types 'none': markup is parsed by
// XMLHttpRequest into a document of its own, its nodes are imported, and no string becomes markup here.
//
//   <div data-fragment="rows">{% fragment rows %}…{% endfragment %}</div>
//   <a href="?page=2" data-update="rows">Next</a>
//   <form method="post" action="…" data-update="rows">…</form>
//
// Give what has the focus an `id` that it keeps from answer to answer; else the focus moves to the part. The part is
// `aria-busy` while it is asked for, and then hears the event `fragment`.
// Without script, or where anything is unusual, the link or form works as usual.
(() => {
  "use strict";
  const HEADER = "X-Fragment";
  const place = (name) => document.querySelector(`[data-fragment="${CSS.escape(name)}"]`);

  // The latest request of each part: an answer that was overtaken is dropped.
  const latest = new WeakMap();
  let shown = location.pathname + location.search;

  const update = (name, target, method, url, body, usual) => {
    const request = new XMLHttpRequest();
    latest.set(target, request);
    request.open(method, url);
    request.responseType = "document";
    request.setRequestHeader(HEADER, name);
    target.setAttribute("aria-busy", "true");
    request.onloadend = () => {
      if (latest.get(target) !== request) return;
      latest.delete(target);
      target.removeAttribute("aria-busy");
      const answer = request.response;
      // Not this part (a redirect, a refusal, an error page): show what the browser would have shown.
      if (request.status !== 200 || !answer || request.getResponseHeader(HEADER) !== name) {
        if (method === "GET" || request.status === 0) usual();
        else location.assign(request.responseURL || url);
        return;
      }
      const active = document.activeElement;
      const inside = active && active !== target && target.contains(active);
      const nodes = [...answer.body.childNodes].map((node) => document.importNode(node, true));
      target.replaceChildren(...nodes);
      for (const script of target.querySelectorAll("script")) script.remove();
      if (inside) {
        const again = active.id && document.getElementById(active.id);
        if (!again && !target.hasAttribute("tabindex")) target.tabIndex = -1;
        (again || target).focus({ preventScroll: true });
      }
      if (method === "GET" && target.getBoundingClientRect().top < 0) target.scrollIntoView();
      target.dispatchEvent(new CustomEvent("fragment", { bubbles: true, detail: name }));
    };
    request.send(body);
  };

  const here = (url) => new URL(url, location.href).origin === location.origin;

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-update]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const target = place(link.dataset.update);
    if (!target || !here(link.href) || link.target) return;
    event.preventDefault();
    update(link.dataset.update, target, "GET", link.href, null, () => location.assign(link.href));
    history.pushState(null, "", link.href);
    shown = location.pathname + location.search;
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset.update || event.defaultPrevented) return;
    const target = place(form.dataset.update);
    const button = event.submitter;
    const action = (button && button.hasAttribute("formaction") && button.formAction) || form.getAttribute("action") || location.href;
    if (!target || !here(action)) return;
    event.preventDefault();
    // A second click does not send the form twice.
    if (form.method === "post" && latest.has(target)) return;
    const data = new FormData(form, button);
    const post = form.method === "post";
    const query = new URLSearchParams([...data].filter(([, value]) => typeof value === "string"));
    const url = new URL(action, location.href);
    if (!post) url.search = query;
    const body = !post ? null : form.enctype === "multipart/form-data" ? data : query;
    update(form.dataset.update, target, post ? "POST" : "GET", url.href, body, () => form.submit());
  });

  // Back and forward; a jump within the page (`#main`) is none of our business.
  addEventListener("popstate", () => {
    if (location.pathname + location.search !== shown) location.reload();
  });
})();
