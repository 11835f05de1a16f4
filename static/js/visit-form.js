// A visit is judged where the signal is weak: each change stays on this device until the portal has it, and goes there by itself.
"use strict";
(() => {
  const PREFIX = "draft:"; // portal.js clears what begins so when its person signs out
  const WAIT = 2500; // of quiet before what changed is sent
  const AGAIN = 20000; // before it is tried again
  const DAYS = 14;
  const SENT = "visit-sent"; // of this tab: the key of the form that was sent last
  const form = document.querySelector("form[data-visit-draft]");
  try {
    const sent = sessionStorage.getItem(SENT);
    if (sent && document.querySelector("[data-visit-saved]")) localStorage.removeItem(sent);
    sessionStorage.removeItem(SENT);
  } catch {
    return; // the browser keeps nothing: the form works as before
  }
  if (!form) return;
  const state = document.querySelector("[data-visit-state]");
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // --- how far it is

  const isJudged = (line) => {
    const choice = line.querySelector('input[type="radio"]:checked');
    if (!choice) return false;
    return choice.value !== "other" || line.querySelector('input[type="number"]').value !== "";
  };
  const count = () => {
    let judged = 0, whole = 0;
    for (const part of all("[data-part]")) {
      const lines = all("[data-line]", part);
      const done = lines.filter(isJudged).length;
      const end = part.querySelector("[data-part-count]");
      end.textContent = `已判 ${done}/${lines.length}`;
      end.classList.toggle("is-all", done === lines.length);
      judged += done;
      whole += lines.length;
    }
    const sum = document.querySelector("[data-visit-count]");
    if (sum) sum.textContent = `已判 ${judged}/${whole}`;
  };
  form.addEventListener("input", count);
  count();

  // --- what this device keeps

  const me = `${PREFIX}${form.dataset.visitDraft}:`;
  const key = me + location.pathname;
  const store = window.localStorage;
  try {
    for (const name of Object.keys(store)) {
      if (!name.startsWith(PREFIX)) continue;
      const kept = JSON.parse(store.getItem(name));
      if (!name.startsWith(me) || !kept || Date.now() - kept.at > DAYS * 86400000) store.removeItem(name); // nobody else's
    }
  } catch {
    return;
  }
  const version = form.elements.namedItem("version");
  const fields = () =>
    [...form.elements].filter((field) => field.name && !["hidden", "submit", "button"].includes(field.type) && field.nodeName !== "FIELDSET");
  const read = () => {
    const values = {};
    for (const field of fields()) {
      if (field.type === "checkbox" || field.type === "radio") {
        if (field.checked) values[field.name] = field.value;
      } else if (field.value) values[field.name] = field.value;
    }
    return values;
  };
  const restore = (values) => {
    for (const field of fields()) {
      const kept = values[field.name];
      if (field.type === "checkbox" || field.type === "radio") field.checked = kept === field.value;
      else field.value = kept || "";
    }
    count();
  };
  const say = (words) => (state.textContent = words);
  const clock = (at) => new Date(at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  const same = (one, other) => JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
  const ENDS = "visitEnd" in form.dataset; // the summing up is sent by its buttons only
  let serial = 0; // goes up with each change, so that an answer knows whether it speaks of the last one

  const keep = () => {
    try {
      store.setItem(key, JSON.stringify({ at: Date.now(), version: version.value, values: read() }));
      if (ENDS) say("已存在本机，还没有提交");
      else say(navigator.onLine ? "已存在本机，正在提交" : "没有网络，已存在本机，联网后自动提交");
    } catch {
      say("本机存不下，请尽快暂存");
    }
  };
  // --- sending in between

  let timer, sending = null, blocked = false;
  const later = (wait) => {
    clearTimeout(timer);
    if (!blocked && !ENDS) timer = setTimeout(send, wait);
  };
  const send = () => {
    if (blocked || sending || !store.getItem(key)) return sending;
    if (!navigator.onLine) return say("没有网络，已存在本机，联网后自动提交");
    const now = serial;
    sending = fetch(location.href, {
      method: "POST", body: new FormData(form), headers: { "x-visit": "1" }, redirect: "manual", credentials: "same-origin",
    })
      .then((answer) => settle(answer, now))
      .catch(() => {
        say("没有网络，已存在本机，联网后自动提交");
        later(AGAIN);
      })
      .finally(() => (sending = null));
    return sending;
  };
  const settle = async (answer, now) => {
    const told = (answer.headers.get("content-type") || "").includes("json") ? await answer.json() : {};
    if (answer.status === 200 && told.version) {
      version.value = told.version;
      if (now === serial) {
        store.removeItem(key);
        say(`已提交到系统 ${clock(Date.now())}`);
      } else {
        keep();
        later(WAIT);
      }
      return;
    }
    if (answer.status === 422) {
      const first = Object.values(told.faults || {})[0] || "有一项要改";
      say(`已存在本机，还没有提交：${first}`);
      return;
    }
    blocked = answer.status === 409 || answer.type === "opaqueredirect" || [403, 404].includes(answer.status);
    if (answer.status === 409) say("这份研判刚在别处改过，请刷新页面核对；您填的内容存在本机");
    else if (blocked) say("登录已过期或任务已收回，请刷新页面；填写的内容存在本机");
    else later(AGAIN);
  };

  // --- on return

  const note = document.getElementById("device");
  const kept = JSON.parse(store.getItem(key) || "null");
  if (kept && same(kept.values, read())) store.removeItem(key);
  else if (kept && !("visitShown" in form.dataset)) {
    if (kept.version === version.value) {
      restore(kept.values);
      say(`已恢复本机 ${clock(kept.at)} 填的内容，正在提交`);
      later(300);
    } else {
      note.querySelector("[data-device-text]").textContent = `本机存有 ${clock(kept.at)} 填的内容，与系统里的不同；系统里的在那以后改过。`;
      note.querySelector("[data-device-acts]").hidden = note.hidden = false;
      note.querySelector("[data-device-restore]").addEventListener("click", () => {
        restore(kept.values);
        note.hidden = true;
        changed();
      });
      note.querySelector("[data-device-drop]").addEventListener("click", () => {
        store.removeItem(key);
        note.hidden = true;
      });
    }
  }

  const changed = () => {
    serial += 1;
    keep();
    later(WAIT);
  };
  form.addEventListener("input", changed);
  addEventListener("online", () => {
    if (store.getItem(key)) later(200);
  });
  addEventListener("offline", () => say("没有网络，填写的内容存在本机，联网后自动提交"));

  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    const button = event.submitter;
    if (!navigator.onLine) {
      event.preventDefault();
      keep();
      if (ENDS) say("没有网络，没有交上去；填写的内容已存在本机，联网后再交");
      return;
    }
    if (!sending) {
      sessionStorage.setItem(SENT, key);
      return;
    }
    event.preventDefault(); // one at a time, or the second would come with an old version
    sending.finally(() => form.requestSubmit(button));
  });
})();
