// Everything works without this file. It only makes menus behave as people with a keyboard expect.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// A part of the page was updated in place: say what it is now to people who do not see it.
document.addEventListener("fragment", (event) => {
  const said = event.target.querySelector("[data-say]");
  document.getElementById("said").textContent = said ? said.textContent : "";
});
