// What is typed is kept on this device until it is saved: a lost signal loses nothing. No files and no names of persons.
"use strict";
(() => {
  const PREFIX = "draft:";
  const SENT = "draft-sent"; // of this tab: the key of the form that was sent last
  const DAYS = 7;
  const form = document.querySelector("form[data-device-draft]");
  let store;
  try {
    store = window.localStorage;
    for (const key of Object.keys(store)) {
      if (!key.startsWith(PREFIX)) continue;
      const kept = JSON.parse(store.getItem(key));
      if (!kept || Date.now() - kept.at > DAYS * 86400000) store.removeItem(key);
    }
  } catch {
    return; // the browser keeps nothing: the form works as before
  }

  // The page after a form was sent: unless it is the same form again, what was kept is saved now.
  const sent = sessionStorage.getItem(SENT);
  if (sent && document.querySelector("[data-device-saved]")) store.removeItem(sent);
  sessionStorage.removeItem(SENT);
  if (!form) return;

  const key = `${PREFIX}${form.dataset.deviceDraft}:${location.pathname}`;
  const note = document.getElementById("device");
  const text = note.querySelector("[data-device-text]");
  const acts = note.querySelector("[data-device-acts]");
  const state = document.querySelector("[data-device-state]");
  const clock = (at) => new Date(at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  const day = (at) => {
    const then = new Date(at);
    return then.toDateString() === new Date().toDateString() ? "" : `${then.getMonth() + 1} 月 ${then.getDate()} 日 `;
  };
  const fields = () =>
    [...form.elements].filter(
      (field) => field.name && !["hidden", "file", "submit", "button"].includes(field.type)
        && field.nodeName !== "FIELDSET" && !field.hasAttribute("data-draft-off")
    );

  const read = () => {
    const values = {};
    fields().forEach((field) => {
      if (field.type === "checkbox" || field.type === "radio") {
        if (field.checked) (values[field.name] = values[field.name] || []).push(field.value);
      } else if (field.value) values[field.name] = [field.value];
    });
    return values;
  };
  const opened = JSON.stringify(read());
  let changed = false;

  const keep = () => {
    const at = Date.now();
    try {
      store.setItem(key, JSON.stringify({ at, values: read() }));
      state.textContent = `已存在本机 ${clock(at)}，还没有提交${navigator.onLine ? "" : "（现在没有网络）"}`;
    } catch {
      state.textContent = "本机存不下，请尽快保存";
    }
  };
  let waiting;
  const later = () => {
    changed = true;
    clearTimeout(waiting);
    waiting = setTimeout(keep, 400);
  };

  const restore = (values) => {
    fields().forEach((field) => {
      const kept = values[field.name] || [];
      if (field.type === "checkbox" || field.type === "radio") field.checked = kept.includes(field.value);
      else field.value = kept[0] || "";
    });
    document.querySelectorAll("details.fold").forEach((part) => {
      if ([...part.querySelectorAll('input[type="text"], textarea')].some((field) => field.value.trim())) part.open = true;
    });
    form.querySelectorAll("input, textarea").forEach((field) => field.dispatchEvent(new Event("input")));
    form.dispatchEvent(new Event("change"));
    form.querySelectorAll("[data-roll]").forEach((roll) => roll.dispatchEvent(new Event("change")));
  };

  // On return there is a choice; what the server shows stays until somebody decides.
  const kept = JSON.parse(store.getItem(key) || "null");
  if (kept && "deviceShown" in form.dataset) {
    state.textContent = `已存在本机 ${clock(kept.at)}，还没有提交`;
  } else if (kept && JSON.stringify(kept.values) !== opened) {
    text.textContent = `本机存有 ${day(kept.at)}${clock(kept.at)} 填的内容，还没有提交。姓名和文件不存在本机，恢复后请补上。`;
    acts.hidden = note.hidden = false;
    const settle = () => {
      note.hidden = true;
      const first = form.querySelector("#id_topic");
      if (first) first.focus();
    };
    note.querySelector("[data-device-restore]").addEventListener("click", () => {
      restore(kept.values);
      settle();
      keep();
    });
    note.querySelector("[data-device-drop]").addEventListener("click", () => {
      store.removeItem(key);
      settle();
    });
  }

  form.addEventListener("input", later);
  form.addEventListener("change", (event) => event.target !== form && later());

  // Without a line nothing is sent: it is kept, said, and offered again when the line is back.
  let asked = null;
  form.addEventListener("submit", (event) => {
    clearTimeout(waiting);
    if (changed) keep();
    if (navigator.onLine) {
      sessionStorage.setItem(SENT, key);
      return;
    }
    event.preventDefault();
    asked = event.submitter;
    keep();
    acts.hidden = true;
    text.textContent = "现在没有网络，没有交上去。填写的内容已存在本机，选好的文件还在这个页面上；网络恢复后再交，请先不要关掉这个页面。";
    note.hidden = false;
    note.scrollIntoView({ block: "center" });
  });
  addEventListener("offline", () => (state.textContent = "现在没有网络，填写的内容存在本机"));
  addEventListener("online", () => {
    if (!asked) {
      state.textContent = "";
      return;
    }
    text.textContent = "网络恢复了，可以交了。";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-primary mt-2";
    button.textContent = `现在${asked.textContent.trim()}`;
    button.addEventListener("click", () => form.requestSubmit(asked));
    text.append(document.createElement("br"), button);
  });
})();
