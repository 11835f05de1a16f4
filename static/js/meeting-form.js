// Attendance: plain radio buttons att-<member> = present | leave | absent; this file only saves taps.
"use strict";
const tally = (roll) => {
  if (roll.dataset.ready) return;
  roll.dataset.ready = "1";
  const names = () => [...new Set([...roll.querySelectorAll('input[type="radio"]')].map((radio) => radio.name))];
  const chosen = (name) => {
    const radio = roll.querySelector(`input[name="${name}"]:checked`);
    return radio ? radio.value : "";
  };
  const rest = roll.querySelector("[data-rest]");
  const restText = roll.querySelector("[data-rest-text]");

  const count = () => {
    const values = names().map(chosen);
    const put = (what, number) => {
      const place = roll.querySelector(`[data-count="${what}"]`);
      if (place && place.textContent !== String(number)) place.textContent = number;
    };
    put("due", values.length);
    ["present", "leave", "absent"].forEach((what) => put(what, values.filter((value) => value === what).length));

    if (!rest) return;
    const folded = [...new Set([...rest.querySelectorAll('input[type="radio"]')].map((radio) => radio.name))].map(chosen);
    const open = folded.filter((value) => !value).length;
    const away = folded.filter((value) => value && value !== "present").length;
    const parts = [open && `${open} 位未定`, away && `${away} 位未到会`].filter(Boolean);
    restText.textContent = `其余 ${folded.length} 位同志，${parts.length ? parts.join("，") : "均到会"}`;
  };

  // 全体到会: one tap, then only those who are not there are marked.
  const allIn = roll.querySelector("[data-allin]");
  if (allIn) {
    allIn.addEventListener("click", (event) => {
      event.preventDefault();
      roll.querySelectorAll('input[type="radio"][value="present"]').forEach((radio) => (radio.checked = true));
      if (rest) rest.open = false;
      count();
      roll.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  roll.addEventListener("change", count);

  // Nobody undecided stays hidden when the form comes back.
  const form = roll.closest("form");
  if (form) {
    form.addEventListener("submit", () => {
      if (rest && rest.querySelector('input[type="radio"]') && restText.textContent.includes("未定")) rest.open = true;
    });
  }
  count();
};
document.querySelectorAll("[data-roll]").forEach(tally);
// htmx brings a new roll when the day or the kinds change; then the button that asks for it is not needed.
document.addEventListener("htmx:load", (event) => event.detail.elt.querySelectorAll("[data-roll]").forEach(tally));
if (window.htmx) document.querySelectorAll("[data-without-script]").forEach((part) => (part.hidden = true));

// Fields that belong to one kind of meeting show when that kind is ticked: <div data-when="kinds=lecture">.
document.querySelectorAll("[data-when]").forEach((part) => {
  const [name, value] = part.dataset.when.split("=");
  const form = part.closest("form");
  if (!form) return;
  const follow = () => {
    const ticked = [...form.elements].some((field) => field.name === name && field.value === value && field.checked);
    const filled = [...part.querySelectorAll("input, select, textarea")].some((field) => field.getAttribute("aria-invalid"));
    part.hidden = !ticked && !filled;
  };
  form.addEventListener("change", follow);
  follow();
});

// How long the minutes are, for whoever wants to know; there is no lower limit.
document.querySelectorAll("[data-length-of]").forEach((place) => {
  const text = document.getElementById(place.dataset.lengthOf);
  if (!text) return;
  const show = () => (place.textContent = `${text.value.replace(/\s/g, "").length} 字`);
  text.addEventListener("input", show);
  show();
});
