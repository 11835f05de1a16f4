// Comforts only: every page works without this file.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // What must be put right takes the focus, so that keyboard and screen reader begin there.
  const focusErrors = (root) => {
    const errors = root.querySelector("[data-errors]");
    if (errors) errors.focus();
  };

  // The menu sheet of the phone is a link target; script adds Escape and a sensible focus.
  const menu = document.getElementById("menu");
  let cameFrom = null;
  const closeMenu = () => {
    if (location.hash !== "#menu") return;
    location.hash = "main";
    if (cameFrom) cameFrom.focus();
  };
  addEventListener("hashchange", () => {
    if (location.hash === "#menu" && menu) {
      const close = menu.querySelector(".sheet-h a");
      if (close) close.focus();
    }
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a, button");
    if (link && link.getAttribute("href") === "#menu") cameFrom = link;

    // 筛选 unfolds on the first tap and folds on the second.
    if (link && link.hasAttribute("data-unfold") && location.hash === link.getAttribute("href")) {
      event.preventDefault();
      location.hash = "main";
    }

    // A question opens over the page instead of on a page of its own.
    const dialog = link && link.dataset.dialog && document.getElementById(link.dataset.dialog);
    if (dialog && dialog.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
    if (link && link.hasAttribute("data-close") && link.closest("dialog")) {
      event.preventDefault();
      link.closest("dialog").close();
    }
    if (event.target.nodeName === "DIALOG") event.target.close(); // a click beside it

    // Copying a text (a notice for the group) and saying so.
    if (link && link.dataset.copy) {
      const source = document.querySelector(link.dataset.copy);
      if (source && navigator.clipboard) {
        event.preventDefault();
        navigator.clipboard.writeText(source.value || source.textContent.trim()).then(() => say("已复制"));
      }
    }
    if (link && link.hasAttribute("data-print")) print();

    all("details[data-menu][open]").forEach((open) => {
      if (!open.contains(event.target)) open.open = false;
    });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    closeMenu();
    all("details[data-menu][open]").forEach((open) => {
      open.open = false;
      open.querySelector("summary").focus();
    });
  });

  // “/” goes to the search box of the page, Escape leaves it; whoever types something is left alone.
  const typing = (node) => node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.nodeName);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.matches("[data-find]")) event.target.blur();
    if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const box = all("[data-find]").find((found) => found.offsetParent);
    const link = document.querySelector("a.finder-link");
    if (!box && !link) return;
    event.preventDefault();
    if (box) {
      box.focus();
      box.select();
    } else link.click();
  });

  // A second tap on a slow line must not send a form twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    const button = event.submitter;
    if (button) button.setAttribute("aria-busy", "true");
    setTimeout(() => settle(form), 8000); // a download leaves the page where it is
  });
  const settle = (form) => {
    delete form.dataset.sent;
    all("[aria-busy]", form).concat(all(`[form="${form.id}"][aria-busy]`)).forEach((b) => b.removeAttribute("aria-busy"));
  };
  addEventListener("pageshow", () => all("form[data-sent]").forEach(settle)); // back from the next page

  // What a form kept on this device goes when its person signs out.
  document.addEventListener("submit", (event) => {
    if (!event.target.action.endsWith("/sign-out/")) return;
    Object.keys(localStorage).filter((key) => key.startsWith("draft:")).forEach((key) => localStorage.removeItem(key));
  });

  // Short messages: closed by hand, or gone by themselves when nobody looks at them.
  const dress = (toast) => {
    const close = document.createElement("button");
    close.type = "button";
    close.setAttribute("aria-label", "关上提示");
    close.textContent = "×";
    close.addEventListener("click", () => toast.remove());
    toast.append(close);
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 3000) : toast.remove());
    setTimeout(leave, 10000);
  };
  const say = (text) => {
    const area = document.getElementById("toasts");
    if (!area) return;
    const toast = document.createElement("div");
    toast.className = "t-msg";
    toast.textContent = text;
    area.append(toast);
    dress(toast);
  };
  all("[data-toast]").forEach(dress);

  // A filter that changed shows its result at once where the form says so.
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && form.hasAttribute("data-auto") && event.target.nodeName === "SELECT") form.requestSubmit();
  });

  // htmx: say when the line is down instead of doing nothing.
  document.addEventListener("htmx:sendError", () => say("网络不通，没有办成，请稍后再试"));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    say(status === 403 ? "没有权限，或页面打开太久，请刷新后再试" : status === 404 ? "这条记录已不在" : "没有办成，请稍后再试");
  });
  document.addEventListener("htmx:afterSwap", (event) => focusErrors(event.target));

  // What was pressed is gone with the old piece: the keyboard goes on at the same button of the new one, or at the piece.
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const { target } = detail;
    const { elt } = detail.requestConfig; // what was pressed; detail.elt is by now what stood around it
    if (elt.isConnected || document.activeElement !== document.body) return;
    const same = elt.name && all(`button[name="${CSS.escape(elt.name)}"]`);
    const next = (same && (same.find((button) => button.value === elt.value) || same[0])) || (target.isConnected && target);
    if (!next) return;
    if (next === target) target.tabIndex = -1;
    next.focus({ preventScroll: true });
  });

  // On paper everything stands open; browsers before 131 do not print what is folded.
  addEventListener("beforeprint", () => {
    all("details.chapter:not([open]), details.dim:not([open]), details.item:not([open])").forEach((part) => {
      part.open = true;
      part.dataset.shut = "1";
    });
  });
  addEventListener("afterprint", () => {
    all("details[data-shut]").forEach((part) => {
      part.open = false;
      delete part.dataset.shut;
    });
  });

  // 全选: one box for all the boxes of its form; it shows only where script runs.
  all("[data-every]").forEach((every) => {
    every.closest("label").hidden = false;
    all("[data-without-script]", every.form).forEach((button) => (button.hidden = true));
    every.addEventListener("change", () => {
      all('input[type="checkbox"][name]', every.form).forEach((box) => (box.checked = every.checked));
    });
  });

  focusErrors(document);
})();
