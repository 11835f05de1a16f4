// A classified value leaves the screen by itself; without script the page says so and has a way back.
"use strict";
(() => {
  const value = document.querySelector("[data-hide-after]");
  if (!value) return;
  const hide = () => {
    value.textContent = "已隐去";
    const note = document.querySelector("[data-hidden-note]");
    if (note) note.textContent = "已过 30 秒，内容已隐去。还要看的，请回到名册重新查看。";
  };
  setTimeout(hide, Number(value.dataset.hideAfter) * 1000);
  addEventListener("pagehide", hide);
})();
