// Vauban: named parts of a page, updated in place. Works under trusted-types 'none': markup is parsed by
// XMLHttpRequest into a document of its own, its nodes are imported, and no string becomes markup here.
//
//   <div data-fragment="rows">{% fragment rows %}…{% endfragment %}</div>
//   <a href="?page=2" data-update="rows">Next</a>
//   <form method="post" action="…" data-update="rows">…</form>
//
// Without script, or where anything is unusual, the link or form works as usual.
(() => {
  "use strict";
  const HEADER = "X-Fragment";
  const place = (name) => document.querySelector(`[data-fragment="${CSS.escape(name)}"]`);

  const update = (name, target, method, url, body, usual) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.responseType = "document";
    request.setRequestHeader(HEADER, name);
    target.setAttribute("aria-busy", "true");
    request.onloadend = () => {
      target.removeAttribute("aria-busy");
      const answer = request.response;
      // Not this part (a redirect, a refusal, an error page): show what the browser would have shown.
      if (request.status !== 200 || !answer || request.getResponseHeader(HEADER) !== name) {
        if (method === "GET" || request.status === 0) usual();
        else location.assign(request.responseURL || url);
        return;
      }
      const focused = document.activeElement && document.activeElement.id;
      const nodes = [...answer.body.childNodes].map((node) => document.importNode(node, true));
      target.replaceChildren(...nodes);
      for (const script of target.querySelectorAll("script")) script.remove();
      const again = focused && document.getElementById(focused);
      if (again) again.focus();
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
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset.update || event.defaultPrevented) return;
    const target = place(form.dataset.update);
    const button = event.submitter;
    const action = (button && button.hasAttribute("formaction") && button.formAction) || form.getAttribute("action") || location.href;
    if (!target || !here(action)) return;
    event.preventDefault();
    const data = new FormData(form, button);
    const post = form.method === "post";
    const query = new URLSearchParams([...data].filter(([, value]) => typeof value === "string"));
    const url = new URL(action, location.href);
    if (!post) url.search = query;
    const body = !post ? null : form.enctype === "multipart/form-data" ? data : query;
    update(form.dataset.update, target, post ? "POST" : "GET", url.href, body, () => form.submit());
  });

  addEventListener("popstate", () => location.reload());
})();
