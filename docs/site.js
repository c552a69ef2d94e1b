// What the theme leaves for keyboards and screen readers: scrolling regions that can be focused, and
// labels that act as buttons and say so.

function mend() {
  for (const region of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code")) {
    region.tabIndex = 0;
  }
  for (const label of document.querySelectorAll("label[aria-label]")) {
    label.setAttribute("role", "button");
  }
}

new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
mend();
