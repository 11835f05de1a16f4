// Attendance: plain radio buttons att-<member> = present | leave | absent | excused; this file only saves taps.
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
    const number = (what) => values.filter((value) => value === what).length;
    const put = (what, found) => {
      const place = roll.querySelector(`[data-count="${what}"]`);
      if (place && place.textContent !== String(found)) place.textContent = found;
    };
    put("due", values.length - number("excused"));
    ["present", "leave", "absent", "excused"].forEach((what) => put(what, number(what)));

    if (!rest) return;
    const folded = [...new Set([...rest.querySelectorAll('input[type="radio"]')].map((radio) => radio.name))].map(chosen);
    const open = folded.filter((value) => !value).length;
    const excused = folded.filter((value) => value === "excused").length;
    const away = folded.filter((value) => value && value !== "present" && value !== "excused").length;
    const parts = [open && `${open} 位未定`, away && `${away} 位未到会`, excused && `${excused} 位免于考勤`].filter(Boolean);
    restText.textContent = `其余 ${folded.length} 位同志，${parts.length ? parts.join("，") : "均到会"}`;
  };

  // 全体到会: one tap, then only those who are not there are marked. Who is excused from coming stays excused.
  const allIn = roll.querySelector("[data-allin]");
  if (allIn) {
    allIn.addEventListener("click", (event) => {
      event.preventDefault();
      roll.querySelectorAll('input[type="radio"][value="present"]').forEach((radio) => {
        if (chosen(radio.name) !== "excused") radio.checked = true;
      });
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

// Who presides follows the kind of meeting, never over what somebody has just typed.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target } = event.detail;
  const offered = document.getElementById("host-offered");
  if (target.id === "id_host" && (target === document.activeElement || target.value !== offered.value)) event.preventDefault();
});

// Fields that belong to one choice show when it is made: <div data-when="kinds=party_lecture">; data-unless is the reverse.
const follow = (part) => {
  if (part.dataset.followed) return;
  part.dataset.followed = "1";
  const form = part.closest("form");
  if (!form) return;
  const [name, value] = (part.dataset.when || part.dataset.unless).split("=");
  const show = () => {
    const is = [...form.elements].some(
      (field) => field.name === name && field.value === value && (field.checked || field.nodeName === "SELECT")
    );
    const wrong = [...part.querySelectorAll("input, select, textarea")].some((field) => field.getAttribute("aria-invalid"));
    part.hidden = is === Boolean(part.dataset.unless) && !wrong;
  };
  form.addEventListener("change", show);
  show();
};

const dress = (root) => {
  root.querySelectorAll("[data-roll]").forEach(tally);
  root.querySelectorAll("[data-when], [data-unless]").forEach(follow);
  // Buttons that ask the server for what script brings by itself are not needed.
  if (window.htmx) root.querySelectorAll("[data-without-script]").forEach((part) => (part.hidden = true));
};
dress(document);
// htmx brings a new roll when the day or the kinds change, and new rows when they are asked for.
document.addEventListener("htmx:load", (event) => dress(event.detail.elt.parentNode || document));

// 四项都做了: one tap ticks them all.
document.querySelectorAll("[data-four]").forEach((button) => {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const boxes = [...button.form.elements].filter((field) => field.name === button.dataset.four);
    boxes.forEach((box) => (box.checked = true));
    button.form.dispatchEvent(new Event("change"));
  });
});

// The agenda opens with the kinds of meeting that need one; its first lines are the ones that the rule puts first.
const agenda = document.querySelector("details[data-opens]");
if (agenda) {
  const kinds = agenda.dataset.opens.split(" ");
  agenda.closest("form").addEventListener("change", (event) => {
    if (event.target.name !== "kinds" || !event.target.checked || !kinds.includes(event.target.value)) return;
    agenda.open = true;
    const filled = [...agenda.querySelectorAll('input[type="text"]')].some((field) => field.value.trim());
    const lines = [...agenda.querySelectorAll(".lines > li select[name$='-kind']")];
    if (!filled && lines.length > 1) [lines[0].value, lines[1].value] = ["first", "second"];
  });
}

// How long the minutes are, for whoever wants to know; there is no lower limit.
document.querySelectorAll("[data-length-of]").forEach((place) => {
  const text = document.getElementById(place.dataset.lengthOf);
  if (!text) return;
  const show = () => (place.textContent = `${text.value.replace(/\s/g, "").length} 字`);
  text.addEventListener("input", show);
  show();
});
