"use strict";
const buttons = [...document.querySelectorAll(".filter button")];
for (const button of buttons) {
  button.addEventListener("click", () => {
    const severity = button.dataset.severity;
    for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    for (const card of document.querySelectorAll("[data-of]")) card.hidden = severity !== "" && card.dataset.of !== severity;
    for (const section of document.querySelectorAll("section")) {
      section.hidden = !section.querySelector("[data-of]:not([hidden])");
    }
  });
}
