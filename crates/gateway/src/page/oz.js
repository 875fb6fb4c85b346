// The plain page: the feed, search, suggestions and tasks over the public API. Text only ever goes in as text.
"use strict";

const $ = (id) => document.getElementById(id);
const say = (text) => { $("status").textContent = text; };

async function call(path, method = "GET", body) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  if (method === "POST") headers["Idempotency-Key"] = crypto.randomUUID();
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (answer.status === 401) { location.href = "/signin"; throw new Error("signed out"); }
  if (answer.status === 204) return null;
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.detail || value.title);
  return value;
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// Only web addresses become links: what a provider sent could say anything.
function linked(text, url) {
  if (!/^https?:\/\//i.test(url || "")) return element("span", text);
  return element("a", text, { href: url, rel: "noopener noreferrer", target: "_blank" });
}

function when(time) {
  return element("time", new Date(time).toLocaleString(), { datetime: time });
}

function card(title, url, ...lines) {
  const item = element("li", "", { class: "card" });
  const heading = element("h3");
  heading.append(linked(title || "(untitled)", url));
  item.append(heading);
  for (const line of lines) if (line) item.append(line);
  return item;
}

function paragraph(className, ...parts) {
  const made = element("p", "", className ? { class: className } : {});
  made.append(...parts);
  return made;
}

// A person whose name is not known is somebody all the same.
const named = (person, nobody) => (person ? person.name || "somebody" : nobody);
const between = (...parts) => parts.filter(Boolean).join(" · ");

function storyCard(story) {
  const who = story.actors.map((actor) => actor.name).filter(Boolean).join(", ");
  const from = story.source ? `${story.source.provider} ${story.source.key} · ` : "";
  const why = story.why.map((reason) => reason.text).join("; ");
  const item = card(story.title, story.url, story.summary && story.summary !== story.title ? paragraph("", story.summary) : null,
    paragraph("quiet", from, who ? `${who} · ` : "", when(story.updated_at)),
    why ? paragraph("quiet", `Why: ${why}`) : null);
  item.dataset.id = story.id;
  if (!story.seen) item.classList.add("unseen");
  return item;
}

let cursor = null;
let events = null;

async function loadFeed(older) {
  const scope = $("scope").value;
  const query = new URLSearchParams({ scope, limit: "30" });
  if (older && cursor) query.set("cursor", cursor);
  const page = await call(`/api/v1/feed?${query}`);
  if (!older) $("feed").replaceChildren();
  $("feed").append(...page.items.map(storyCard));
  if (!older && page.items.length === 0) say("No stories yet. Connect a provider or import an archive.");
  cursor = page.next_cursor;
  $("more").hidden = !cursor;
  if (!older) follow(scope, page.position);
}

function find(id) {
  return [...$("feed").children].find((item) => item.dataset.id === id);
}

function follow(scope, position) {
  if (events) events.close();
  events = new EventSource(`/api/v1/feed/stream?${new URLSearchParams({ scope, after: String(position) })}`);
  events.addEventListener("story", (event) => {
    const story = JSON.parse(event.data);
    find(story.id)?.remove();
    $("feed").prepend(storyCard(story));
    loadSuggestions().catch(() => {});
  });
  events.addEventListener("removed", (event) => find(JSON.parse(event.data).id)?.remove());
}

function button(text, act) {
  const made = element("button", text, { type: "button" });
  made.addEventListener("click", () => act().catch((error) => say(error.message)));
  return made;
}

function suggestionCard(suggestion) {
  const due = suggestion.due_on ? `due ${suggestion.due_on}` : "no date";
  const why = suggestion.reasons.map((reason) => reason.text).join("; ");
  const item = card(suggestion.title, null, paragraph("", element("q", suggestion.quote)),
    paragraph("quiet", between(named(suggestion.assignee, "nobody yet"), due)), paragraph("quiet", why));
  const made = suggestion.change === "create" ? "Made a task." : "Changed the task.";
  const settle = (verb, done) => async () => {
    await call(`/api/v1/suggestions/${suggestion.id}/${verb}`, "POST", {});
    say(done);
    await Promise.all([loadSuggestions(), loadTasks()]);
  };
  item.append(button("Accept", settle("accept", made)), " ", button("Reject", settle("reject", "Put aside.")));
  return item;
}

async function loadSuggestions() {
  const page = await call("/api/v1/suggestions?limit=20");
  $("suggestions").replaceChildren(...page.items.map(suggestionCard));
}

async function loadTasks() {
  const page = await call("/api/v1/tasks?state=open&limit=30");
  $("tasks").replaceChildren(...page.items.map((task) => {
    const due = task.due_on && `due ${task.due_on}`;
    const item = card(task.title, task.links[0]?.url, paragraph("quiet", between(named(task.assignee, "nobody"), due)));
    item.append(button("Done", async () => {
      await call(`/api/v1/tasks/${task.id}`, "PATCH", { state: "done" });
      await loadTasks();
    }));
    return item;
  }));
}

// The server sends escaped text with <mark> around matches; it is taken apart here all the same.
function snippet(html) {
  const made = paragraph("");
  const parsed = new DOMParser().parseFromString(html, "text/html");
  for (const node of parsed.body.childNodes) {
    made.append(node.nodeName === "MARK" ? element("mark", node.textContent) : node.textContent);
  }
  return made;
}

async function search(event) {
  event.preventDefault();
  const q = $("q").value.trim();
  if (!q) return;
  const page = await call(`/api/v1/search?${new URLSearchParams({ q, limit: "30" })}`);
  $("hits").replaceChildren(...page.items.map((hit) => card(hit.title || hit.kind, hit.url, snippet(hit.snippet),
    paragraph("quiet", `${between(hit.kind, hit.source?.key, hit.author?.name)} · `, when(hit.occurred_at)))));
  $("total").textContent = `${page.total}${page.total_is_lower_bound ? " or more" : ""} found`;
  $("results").hidden = false;
  $("results-heading").focus();
}

async function start() {
  const me = await call("/api/v1/me");
  $("org").textContent = me.org.name;
  $("who").textContent = me.member.name || me.member.email;
  await Promise.all([loadFeed(false), loadSuggestions(), loadTasks()]);
}

const shown = (promise) => promise.catch((error) => say(error.message));
$("search").addEventListener("submit", (event) => shown(search(event)));
$("scope").addEventListener("change", () => shown(loadFeed(false)));
$("more").addEventListener("click", () => shown(loadFeed(true)));
$("close").addEventListener("click", () => { $("results").hidden = true; $("q").focus(); });
$("out").addEventListener("click", () => shown(call("/api/v1/session", "DELETE").then(() => { location.href = "/signin"; })));
shown(start());
