// The menu of a message, with what the program offers there: SimCord's page has none. A right click opens it, or the
// message's "…" button. The shell draws it over the frame, and asks the preview to do what is chosen.
const menu = document.getElementById("menu");
let opened = null;

function close() {
  if (menu.hidden) return;
  menu.hidden = true;
  if (menu.contains(document.activeElement)) opened.frame.contentWindow.focus();
}

async function open(frame, key, message, x, y) {
  const headers = { "X-Simcord-Capability": key };
  const offered = await (await fetch("/menus", { headers })).json();
  opened = { frame };
  const items = Object.entries(offered).map(([name, label]) => {
    const item = document.createElement("button");
    item.setAttribute("role", "menuitem");
    item.append(Object.assign(document.createElement("img"), { src: "/avatars/heatline.png", alt: "" }), label);
    item.addEventListener("click", async () => {
      close();
      const body = JSON.stringify({ name, message: message.dataset.messageId });
      const answer = await fetch("/menus", { method: "POST", headers, body });
      if (!answer.ok) window.alert("Not done: the message is gone, or it is not for you to do.");
    });
    return item;
  });
  if (!items.length) return;
  menu.replaceChildren(Object.assign(document.createElement("h2"), { textContent: "Apps" }), ...items);
  menu.hidden = false;
  const place = frame.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(place.x + x, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(place.y + y, innerHeight - menu.offsetHeight - 8))}px`;
  items[0].focus();
}

// Lets the messages in a frame have menus; `key` is the frame's.
export function menus(frame, key) {
  frame.addEventListener("load", () => {
    const page = frame.contentDocument;
    page.addEventListener("contextmenu", (event) => {
      const message = event.target.closest("[data-message-id]");
      // Discord has none on what only one person sees. Who has selected a text wants to copy it.
      if (!message || message.querySelector(".message-ephemeral-note") || !page.getSelection().isCollapsed) return;
      event.preventDefault();
      open(frame, key, message, event.clientX, event.clientY);
    });
    page.addEventListener("click", (event) => {
      const button = event.target.closest('[data-control-key$=":action:more"]');
      if (!button) return;
      const { left, bottom } = button.getBoundingClientRect();
      open(frame, key, button.closest("[data-message-id]"), left, bottom + 4);
    });
    page.addEventListener("pointerdown", close);
    page.addEventListener("scroll", close, true);
  });
}

document.addEventListener("pointerdown", (event) => { if (!menu.contains(event.target)) close(); });
window.addEventListener("resize", close);
menu.addEventListener("keydown", (event) => {
  const items = [...menu.querySelectorAll("button")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape" || event.key === "Tab") close();
  else if (step) items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  else return;
  event.preventDefault();
});
