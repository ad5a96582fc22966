// Live cards and the search. The server renders; this only puts cards in their places.
"use strict";

const limit = Number(document.body.dataset.limit);
const search = document.getElementById("q");
const live = document.getElementById("live");
const page = document.createElement("template");

// As cards.plain() on the server: small letters; a number without its gaps.
function plain(words) {
  const text = words.toLowerCase().trim().split(/\s+/).join(" ");
  const compact = text.replace(/[ ()-]/g, "");
  return /^\+?\d+$/.test(compact) ? compact : text;
}

function filter() {
  const words = plain(search.value);
  for (const section of document.querySelectorAll("section[data-kind]")) {
    let seen = 0;
    const cards = section.querySelectorAll(".card");
    for (const card of cards) {
      card.hidden = !card.dataset.search.includes(words);
      seen += card.hidden ? 0 : 1;
    }
    section.querySelector(".grid").classList.toggle("one", seen === 1);
    section.querySelector(".found").textContent = seen === cards.length ? String(seen) : `${seen} of ${cards.length}`;
    const empty = section.querySelector(".empty");
    empty.hidden = seen > 0;
    empty.textContent = words ? "Nothing found." : "Nothing yet.";
  }
}

function put({ id, kind, html }) {
  page.innerHTML = html.trim();
  const card = page.content.firstElementChild;
  const old = document.getElementById(id);
  card.classList.add("fresh");
  if (!old) {
    const grid = document.querySelector(`section[data-kind="${kind}"] .grid`);
    grid.prepend(card);
    if (grid.children.length > limit) grid.lastElementChild.remove();
    return;
  }
  const form = old.querySelector(".reply");
  if (form && form.contains(document.activeElement)) {
    for (const part of [".card-head", ".scroll", ".quick"]) { // somebody is writing: leave the form alone
      old.querySelector(part).replaceWith(card.querySelector(part));
    }
    return;
  }
  const draft = form?.elements.body.value;
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(card);
  if (draft) card.querySelector(".reply").elements.body.value = draft;
  if (hadFocus) (card.querySelector(".scroll") ?? card.querySelector("summary"))?.focus();
}

function count(counts) {
  for (const item of document.querySelectorAll("[data-count]")) {
    const name = item.dataset.count;
    item.querySelector("dd").textContent = counts[name];
    item.classList.toggle("alarm", (name === "undelivered" || name === "twice") && counts[name] > 0);
  }
}

const events = new EventSource(`/events?after=${document.body.dataset.revision}`);
events.onopen = () => { live.textContent = "Live"; live.classList.remove("lost"); };
events.onerror = () => { live.textContent = "Connection lost, trying again"; live.classList.add("lost"); };
events.onmessage = (event) => {
  const { cards, counts } = JSON.parse(event.data);
  cards.forEach(put);
  count(counts);
  filter();
};

search.addEventListener("input", filter);

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.classList.contains("answers")) return;
  event.preventDefault();
  const words = new URLSearchParams(new FormData(form, event.submitter));
  const answer = await fetch(form.action, { method: "POST", body: words, redirect: "manual" }).catch(() => null);
  const taken = answer?.type === "opaqueredirect" || answer?.ok;
  if (taken && form.classList.contains("reply")) form.elements.body.value = "";
  if (!taken) live.textContent = "Not sent: the sandbox does not answer";
});
