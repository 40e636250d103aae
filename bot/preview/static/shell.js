// The shell around SimCord's channel frames: which channel, as whom, and what is new elsewhere. The frames come from the
// same origin, so that the shell can write a hint into a frame's composer and see that a frame has lost its page.
import { menus } from "./menu.js";

const config = JSON.parse(document.getElementById("config").textContent);
const $ = (id) => document.getElementById(id);
const HASH = '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M10 4 8 20M16 4l-2 16M5 9h15M4 15h15"/></svg>';
const HORN = '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M4 10v4h4l9 5V5L8 10H4Zm4 4 1 6h3l-1-4.5M20 10v4"/></svg>';

document.cookie = `tz=${encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone)}; SameSite=Strict; path=/`;

const remembered = (name) => sessionStorage.getItem(name);
let channel = config.channels.find((item) => `#${item.name}` === location.hash) || config.channels[0];
let person = config.people.find((item) => item.id === remembered("person")) || config.people[0];
let unread = JSON.parse(remembered(`unread ${config.start}`) || "{}");
const frames = new Map();

function frame() {
  return frames.get(`${channel.id}/${person.id}`);
}

function open() {
  const key = `${channel.id}/${person.id}`;
  if (!frames.has(key)) {
    const element = document.createElement("iframe");
    element.title = `#${channel.name}`;
    element.allow = "clipboard-write";
    element.src = config.frames[key];
    menus(element, config.frames[key].split("#")[1]);
    frames.set(key, element);
    $("frames").append(element);
  }
  for (const [name, element] of frames) element.classList.toggle("on", name === key);
  delete unread[channel.id];
  render();
}

function render() {
  sessionStorage.setItem(`unread ${config.start}`, JSON.stringify(unread));
  for (const item of config.channels) {
    const button = $(`channel-${item.id}`);
    const count = unread[item.id] || 0;
    button.toggleAttribute("aria-current", item === channel);
    button.classList.toggle("unread", count > 0);
    button.querySelector(".count").hidden = !count;
    button.querySelector(".count").textContent = count > 99 ? "99+" : count;
    button.querySelector(".count").setAttribute("aria-label", `${count} new`);
  }
  for (const item of config.people) $(`person-${item.id}`).setAttribute("aria-checked", String(item === person));
}

for (const item of config.channels) {
  const button = document.createElement("button");
  button.id = `channel-${item.id}`;
  button.innerHTML = item.announcement ? HORN : HASH;
  button.append(Object.assign(document.createElement("span"), { textContent: item.name }),
    Object.assign(document.createElement("span"), { className: "count", hidden: true }));
  button.addEventListener("click", () => { location.hash = item.name; enter(item); });
  $("channels").append(button);
}
function enter(item) {
  if (item === channel) return;
  channel = item;
  open();
}
window.addEventListener("hashchange", () => {  // also the browser's Back
  enter(config.channels.find((item) => `#${item.name}` === location.hash) || channel);
});

for (const item of config.people) {
  const button = document.createElement("button");
  button.id = `person-${item.id}`;
  button.setAttribute("role", "radio");
  button.append(Object.assign(document.createElement("img"), { src: `/avatars/${item.name.toLowerCase()}.png`, alt: "" }),
    Object.assign(document.createElement("span"), { textContent: item.name }),
    Object.assign(document.createElement("small"), { textContent: item.role }));
  button.addEventListener("click", () => {
    if (item === person) return;
    person = item;
    sessionStorage.setItem("person", item.id);
    for (const element of frames.values()) element.remove();  // each asks twice a second: keep one person's only
    frames.clear();
    open();
  });
  $("people").append(button);
}

// Fills in a command with one option, or a message, in the channel that is on, as if typed: what is left to do is Enter.
async function suggest({ command, option, value, text }) {
  const view = frame().contentWindow;
  const page = view.document;
  const until = async (ready) => {
    for (let tries = 60; tries && frame()?.contentWindow === view; tries -= 1) {
      const found = ready();
      if (found) return found;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    return null;
  };
  const type = (field, text) => {
    field.focus();
    field.value = text;
    field.dispatchEvent(new view.InputEvent("input", { bubbles: true }));
  };
  if (!await until(() => view.simcordPreview?.ready)) return;
  page.querySelector(".command-context-close")?.click();
  const composer = page.getElementById("channel-composer-input");
  if (!composer?.checkVisibility()) return;
  view.focus();
  type(composer, text || command);
  if (text) return;
  if (!await until(() => view.simcordPreview.commandPicker.activeEntryKey)) return;
  composer.dispatchEvent(new view.KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  const field = () => page.querySelector(`.command-option-input[data-option="${option}"]`);
  const optional = () => [...page.querySelectorAll(".command-suggestion")]
    .find((item) => item.querySelector(".command-suggestion-label")?.textContent === option);
  const next = await until(() => field() || optional());
  if (next && next !== field()) next.click();
  if (await until(field)) type(field(), value);
}
for (const button of document.querySelectorAll("[data-command], [data-text]")) {
  button.addEventListener("click", () => suggest(button.dataset));
}

$("story").addEventListener("click", async () => {
  $("story").disabled = true;
  try {
    const story = await (await fetch("/story", { method: "POST" })).json();
    $("story-result").hidden = false;
    $("story-result").textContent = story
      ? `“${story.title}” is out: it arrives where ${story.topics.join(" or ")} is subscribed to.`
      : "That was the last one. Drop a file of yours into the news folder.";
    $("story").disabled = !story;
  } catch {
    $("story").disabled = false;
  }
});

const live = new EventSource("/live");
live.addEventListener("message", (event) => {
  const data = JSON.parse(event.data);
  $("gone").hidden = true;
  if (data.start && data.start !== config.start) location.reload();
  if (data.channel && data.channel !== channel.id) {
    unread[data.channel] = (unread[data.channel] || 0) + 1;
    render();
  }
});
live.addEventListener("error", () => { $("gone").hidden = false; });

// A frame whose page is gone (the machine slept, the preview restarted) opens a new one.
const lost = new Map();
setInterval(() => {
  const status = frame()?.contentWindow?.simcordPreview;
  const dead = status && !status.authorized && status.transport.lastSuccessfulRead;
  const since = dead ? lost.get(frame()) || Date.now() : 0;
  lost.clear();
  if (!dead) return;
  lost.set(frame(), since);
  if (Date.now() - since > 3000) frame().contentWindow.location.reload();
}, 1000);

open();
