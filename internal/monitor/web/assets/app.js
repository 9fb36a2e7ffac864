// SPDX-License-Identifier: Apache-2.0
"use strict";

// The page: /api once for the history, then /api/events. All text goes in as text, never as markup.
const byId = (id) => document.getElementById(id);
const places = ["consumer", "socket", "limit", "sender", "order", "way"]; // as in a point's "lost"
const path = [ // along the data's way
  ["sender", "Sender"], ["way", "Network"], ["socket", "Socket buffer"], ["order", "Reassembly"], ["limit", "Limits"], ["consumer", "Consumer"],
];
const words = {
  "ok": ["✔", "All is well"], "losing": ["✖", "Losing data"], "stopped": ["✖", "Data has stopped"],
  "silent": ["…", "Nothing has come yet"], "ended": ["■", "Ended"], "has lost": ["!", "Lost data before"],
};
let snap = null, chosen = null, span = 300, contact = false;
const history = new Map(); // points by the place of the stream

function make(tag, attributes, ...children) {
  const svg = ["path", "line", "rect", "text", "g", "title"].includes(tag);
  const e = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
  e.append(...children);
  return e;
}
function number(n) { return Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f"); }
function scaled(n, unit) {
  const steps = ["", "k", "M", "G", "T"];
  let i = 0;
  while (n >= 999.5 && i < steps.length - 1) { n /= 1000; i++; }
  return (n >= 100 || n === 0 || (i === 0 && Number.isInteger(n)) ? n.toFixed(0) : Number(n.toPrecision(3))) + " " + steps[i] + unit;
}
const perSecond = (n) => n >= 100 || n === 0 ? number(n) : n.toPrecision(2);
function duration(s) {
  if (s < 0) return "never";
  if (s === 0) return "0 s";
  if (s < 1e-3) return (s * 1e6).toPrecision(2).replace(/\.0$/, "") + " µs";
  if (s < 1) return Number((s * 1e3).toPrecision(3)) + " ms";
  if (s < 120) return Number(s.toPrecision(3)) + " s";
  return Number((s / 60).toPrecision(3)) + " min";
}

function rows(id, list, cells, each) {
  byId(id).tBodies[0].replaceChildren(...list.map((item, i) => {
    const tr = make("tr", {});
    for (const [j, c] of cells(item, i).entries()) {
      const numeric = byId(id).tHead.rows[0].cells[j].classList.contains("n");
      const td = make("td", numeric ? { class: "n" } : {});
      td.append(...(Array.isArray(c) ? c : [c]));
      tr.append(td);
    }
    if (each) each(tr, item, i);
    return tr;
  }));
}
const harmful = (s) => s.losses.filter((l) => !l.harmless);
const counted = (losses) => losses.some((l) => !l.follows) ? losses.filter((l) => !l.follows) : losses;
function summed(losses, which) { // in the units that there are: packets and heaps don't add up
  const sums = {};
  for (const l of counted(losses)) if (l[which] > 0) sums[l.unit] = (sums[l.unit] || 0) + l[which];
  return Object.entries(sums).map(([unit, n]) => number(n) + " " + (n === 1 ? unit.slice(0, -1) : unit)).join(", ") || "0";
}
const alarming = (text, isBad) => [make("span", isBad ? { class: "bad" } : {}, text)];

function showBanner() {
  const health = contact ? snap.health : "silent";
  const [sign, word] = contact ? words[snap.health] : ["?", "No contact with the monitor"];
  byId("banner").dataset.health = health;
  byId("sign").textContent = sign;
  byId("word").textContent = word;
  byId("verdict").textContent = contact ? snap.verdict : "what is shown is of " + new Date(snap.time).toLocaleTimeString();
  document.title = sign + " " + word + " – spead monitor";
  const total = (f) => snap.streams.reduce((sum, s) => sum + f(s.now), 0);
  byId("sums").replaceChildren(...[
    [snap.streams.length === 1 ? "stream" : "streams", String(snap.streams.length)], ["payload", scaled(total((p) => p.bits), "b/s")], ["packets/s", number(total((p) => p.packets))],
  ].map(([k, v]) => make("div", {}, make("dt", {}, k), make("dd", {}, v))));
  byId("clock").textContent = "as of " + new Date(snap.time).toLocaleTimeString() + ", watching since " + new Date(snap.started).toLocaleString();
  byId("recent-head").textContent = "lost in " + duration(snap.recent);
}
function showStreams() {
  rows("streams", snap.streams, (s) => [
    s.name, [make("span", { class: "tag", "data-health": s.health }, s.health)], scaled(s.now.bits, "b/s"), perSecond(s.now.packets), perSecond(s.now.heaps),
    alarming(summed(harmful(s), "recent"), harmful(s).some((l) => l.recent > 0)), summed(harmful(s), "total"),
  ], (tr, s, i) => {
    tr.setAttribute("aria-selected", i === chosen);
    tr.tabIndex = 0;
    tr.onclick = () => { chosen = i; show(); };
    tr.onkeydown = (e) => { if (e.key === "Enter") tr.onclick(); };
  });
}
function showPath(s) {
  byId("name").textContent = s.name;
  byId("state").textContent = s.verdict;
  byId("path").replaceChildren(...path.map(([place, title]) => {
    const here = harmful(s).filter((l) => l.where === place);
    const now = here.some((l) => l.recent > 0), ever = here.length > 0;
    const nothing = s.health === "silent";
    return make("li", { class: now ? "now" : ever ? "was" : nothing ? "unknown" : "" }, make("b", {}, title),
      make("small", {}, now ? "lost " + summed(here, "recent") : ever ? "before: " + summed(here, "total") : nothing ? "nothing came" : "nothing lost"));
  }));
}
function showLosses(s) {
  rows("losses", s.losses, (l) => [l.harmless ? "–" : path.find((p) => p[0] === l.where)[1], l.says,
    alarming(number(l.recent), l.recent > 0 && !l.harmless), number(l.total), l.helps]);
  if (s.losses.length === 0) rows("losses", [0], () => ["–", "nothing was lost", "0", "0", "–"]);
  byId("notes").replaceChildren(...s.notes.map((n) => make("li", {}, n)));
}
function showFigures(s) {
  const st = s.stats, m = st.memory;
  byId("figures").replaceChildren(...[
    ["queue", st.heaps_queued + " of " + s.queue_limit + " heaps"], ["in progress", number(st.heaps_live) + " heaps"],
    ["reading stopped by a full queue", number(st.worker_blocked) + " times"], ["socket buffer", scaled(st.receive_buffer, "B") + (st.receive_buffer_missing ? " (" + scaled(st.receive_buffer_missing, "B") + " missing)" : "")],
    ["dropped at the socket", number(st.kernel_drops) + " packets"], ["payload memory", scaled(m.held, "B") + ", at most " + scaled(m.held_max, "B")],
    ["packets", number(st.packets_seen) + ", refused " + number(st.packets_seen - st.packets_accepted)], ["heaps taken", number(s.tally.heaps) + ", incomplete " + number(s.tally.incomplete)],
    ["out of order", number(st.packets_out_of_order) + " packets"], ["packets per read", st.batches ? (st.packets_seen / st.batches).toFixed(1) + ", at most " + st.max_batch : "–"],
  ].map(([k, v]) => make("div", {}, make("dt", {}, k), make("dd", {}, v))));
}
function showTables(s) {
  const latest = (t) => t.silence < 0 ? "never" : duration(Math.round(t.silence)) + " ago";
  rows("sources", s.sources, (t) => [t.addr, scaled(t.bits_per_second, "b/s"), perSecond(t.packets_per_second), number(t.refused), alarming(number(t.kernel_drops), t.kernel_drops > 0), latest(t)]);
  rows("senders", s.senders, (t) => [t.addr, scaled(t.bits_per_second, "b/s"), perSecond(t.packets_per_second), alarming(number(t.refused), t.refused > 0), latest(t)]);
  rows("substreams", s.substreams, (t, i) => [String(i), scaled(t.bits_per_second, "b/s"), perSecond(t.heaps_per_second), number(t.heaps), alarming(number(t.incomplete), t.incomplete > 0), number(t.missing_bytes), String(t.last_cnt)]);
}

// A frame for a plot: a grid with the maximum, and times below. x and y turn values into places.
function frame(svg, most, label, end) {
  const width = svg.clientWidth || 600, height = svg.clientHeight || 110, left = 62, bottom = 16;
  svg.replaceChildren();
  svg.setAttribute("viewBox", "0 0 " + width + " " + height);
  const y = (v) => 8 + (height - bottom - 8) * (1 - v / (most || 1));
  const x = (t) => left + (width - left - 4) * (1 - (end - t) / (span * 1000));
  for (const v of most > 0 ? [0, most / 2, most] : [0]) {
    svg.append(make("line", { class: "grid", x1: left, x2: width, y1: y(v), y2: y(v) }), make("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, label(v)));
  }
  for (const share of [1, 0.5, 0]) {
    const t = end - share * span * 1000;
    svg.append(make("text", { x: x(t), y: height - 2, "text-anchor": share === 1 ? "start" : share ? "middle" : "end" }, share ? "–" + duration(share * span) : "now"));
  }
  return { svg, x, y, width, left };
}
function rounded(most) { // up to 1, 2 or 5 of something
  if (most <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((f) => f * power).find((v) => v >= most);
}
function line(f, points, value, kind) {
  if (points.length === 0) return;
  const d = points.map((p, i) => (i ? "L" : "M") + f.x(p.t).toFixed(1) + " " + f.y(value(p)).toFixed(1)).join("");
  if (!kind) f.svg.append(make("path", { class: "area", d: d + "L" + f.x(points.at(-1).t).toFixed(1) + " " + f.y(0) + "L" + f.x(points[0].t).toFixed(1) + " " + f.y(0) + "Z" }));
  f.svg.append(make("path", { class: "line " + (kind || ""), d }));
}
function showPlots() {
  const end = Date.parse(snap.time);
  const points = (history.get(chosen) || []).filter((p) => p.t > end - span * 1000);
  const most = (value) => rounded(points.reduce((m, p) => Math.max(m, value(p)), 0));
  line(frame(byId("rate"), most((p) => p.bits), (v) => scaled(v, "b/s"), end), points, (p) => p.bits);
  const sum = (p) => p.lost.reduce((a, b) => a + b, 0);
  const f = frame(byId("lost"), most(sum), (v) => scaled(v, ""), end);
  const wide = Math.max(1.5, (f.width - f.left) * snap.interval / span - 0.5);
  const seen = new Set();
  for (const p of points) {
    let base = 0;
    p.lost.forEach((n, i) => {
      if (n === 0) return;
      seen.add(i);
      f.svg.append(make("rect", { x: f.x(p.t) - wide, width: wide, y: f.y(base + n), height: f.y(base) - f.y(base + n) }, make("title", {}, number(n) + " at: " + places[i])));
      f.svg.lastChild.style.fill = "var(--" + places[i] + ")";
      base += n;
    });
  }
  byId("legend").replaceChildren(...[...seen].sort().map((i) => {
    const mark = make("i", {});
    mark.style.background = "var(--" + places[i] + ")";
    return make("span", {}, mark, path.find((p) => p[0] === places[i])[1].toLowerCase() + (places[i] === "way" ? " (heaps)" : places[i] === "consumer" ? "" : " (packets)"));
  }));
  const q = frame(byId("queue"), most((p) => Math.max(p.queued, p.live)), (v) => scaled(v, ""), end);
  line(q, points, (p) => p.live);
  line(q, points, (p) => p.queued, "second");
}
function showGaps(s) {
  const svg = byId("gaps"), width = svg.clientWidth || 500, height = svg.clientHeight || 150;
  const most = Math.max(1, ...s.gaps.map((g) => g.count)), each = (width - 4) / s.gaps.length;
  svg.replaceChildren();
  svg.setAttribute("viewBox", "0 0 " + width + " " + height);
  s.gaps.forEach((g, i) => {
    const h = (height - 34) * Math.log2(g.count + 1) / Math.log2(most + 1); // one long gap has to show
    const label = g.most ? "≤ " + duration(g.most) : "longer";
    svg.append(make("rect", { class: "bar", x: 2 + i * each, width: each - 2, y: height - 18 - h, height: h }, make("title", {}, number(g.count) + ": " + label)));
    if (g.most && i % 3 === 0) svg.append(make("text", { x: 2 + (i + 0.5) * each, y: height - 4, "text-anchor": "middle" }, duration(g.most)));
  });
  svg.append(make("line", { class: "grid", x1: 0, x2: width, y1: height - 18, y2: height - 18 }));
  byId("gap-words").textContent = "median " + duration(s.gap_median) + ", 99 % " + duration(s.gap_p99) + ", longest ever " + duration(s.gap_longest);
}

function show() {
  if (!snap) return;
  showBanner();
  if (chosen === null) { // the one that is worst off, to begin with
    const order = Object.keys({ "losing": 0, "stopped": 0, "silent": 0, "ended": 0, "has lost": 0, "ok": 0 });
    chosen = snap.streams.reduce((best, s, i) => order.indexOf(s.health) < order.indexOf(snap.streams[best].health) ? i : best, 0);
  }
  showStreams();
  const s = snap.streams[chosen];
  showPath(s);
  showLosses(s);
  showFigures(s);
  showTables(s);
  showPlots();
  showGaps(s);
}
function take(next) {
  snap = next;
  contact = true;
  next.streams.forEach((s, i) => {
    const points = history.get(i) || [];
    if (points.length === 0 || points.at(-1).t < s.now.t) points.push(s.now);
    if (points.length > 900) points.shift();
    history.set(i, points);
  });
  show();
}
const retry = 2000; // milliseconds
function lost(why) {
  contact = false;
  if (snap) show(); else byId("verdict").textContent = "the monitor doesn't answer: " + why;
}
async function begin() {
  try {
    const answer = await fetch("api");
    if (!answer.ok) throw new Error(await answer.text());
    const report = await answer.json();
    report.history.forEach((points, i) => history.set(i, points));
    take(report.snapshot);
  } catch (e) {
    lost(e.message);
    setTimeout(begin, retry);
    return;
  }
  const events = new EventSource("api/events");
  events.onmessage = (e) => take(JSON.parse(e.data));
  events.onerror = () => { events.close(); lost("no events"); setTimeout(begin, retry); };
}
for (const button of byId("spans").children) {
  button.onclick = () => {
    span = Number(button.dataset.span);
    for (const b of byId("spans").children) b.setAttribute("aria-pressed", b === button);
    show();
  };
}
addEventListener("resize", show);
begin();
