// A long list of names: a box that narrows it. Without script the whole list stands there.
"use strict";
document.querySelectorAll("[data-people]").forEach((part) => {
  const list = part.querySelector(".picks");
  const picks = list ? [...list.querySelectorAll(".pick")] : [];
  if (picks.length < 12) return;
  const box = document.createElement("input");
  box.type = "search";
  box.className = "form-control";
  box.placeholder = "输名称缩小名单";
  box.setAttribute("aria-label", "输名称缩小名单");
  list.before(box);
  const narrow = () => {
    const word = box.value.trim();
    picks.forEach((pick) => {
      const isChosen = pick.querySelector("input").checked;
      pick.hidden = !isChosen && !pick.textContent.includes(word);
    });
  };
  box.addEventListener("input", narrow);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // looking for a name does not send the form
  });
});
