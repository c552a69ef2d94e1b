// What the theme leaves for keyboards and screen readers: scrolling regions that can be focused, and
// labels that act as buttons and say so. And consoles of which the commands are copied, not the prompts.

function mend() {
  for (const region of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code")) {
    region.tabIndex = 0;
  }
  for (const label of document.querySelectorAll("label[aria-label]")) {
    label.setAttribute("role", "button");
  }
  for (const code of document.querySelectorAll(".md-typeset pre > code:not([data-copy]):has(.gp)")) {
    const typed = code.cloneNode(true);
    for (const prompt of typed.querySelectorAll(".gp")) prompt.remove();
    code.dataset.copy = typed.textContent;
  }
}

new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
mend();
