// Posts an article to the server that sent this page, and shows what came back.
//
// Text enters the page as text nodes only, never as HTML. Nothing is stored but the language chosen.

const TOPICS = ["sovereignty", "military", "economy", "diplomacy"];
const LARGEST_FILE = 2_000_000; // bytes; far beyond any article, and still quick to show
const SHOWN_NGRAMS = 5; // for and against, each
const LEAST_SHARE = 0.15; // of the strongest word: what a word must weigh to carry its number

// ---------------------------------------------------------------------------------------------- strings

/** What the interface says. `{name}` is filled in; `one` and `other` go by the number `n`. */
const STRINGS = {
  nl: {
    title: "Waar gaat dit artikel over?",
    lead: "Plak een Nederlands artikel of sleep een bestand naar deze pagina. Bij elke zin staat welke van vier onderwerpen erin voorkomen: wie er regeert, gewapende macht, geld en goederen, verkeer tussen staten.",
    skip: "Naar de tekst",
    language: "Taal",
    source: "Artikel invoeren of wijzigen",
    text: "Tekst van het artikel",
    placeholder: "Plak hier een artikel …",
    token: "Toegangscode van deze server",
    read: "Lezen",
    file: "Bestand kiezen …",
    example: "Voorbeeld",
    clear: "Wissen",
    privacy: "De tekst blijft op deze server en wordt niet bewaard. Ctrl + Enter leest.",
    overview: "Onderwerpen en verloop",
    reset: "Drempels herstellen",
    json: "Opslaan als JSON",
    csv: "Opslaan als CSV",
    strip: "Verloop van het artikel",
    stripHelp: "Pijltjestoetsen lopen langs de zinnen, Enter springt naar de zin in de tekst.",
    stripCaption: "Een kolom is een zin: hoe voller de kleur, hoe hoger de score. De lijn is het verloop.",
    article: "Artikel",
    articleHelp: "Pijltjestoetsen lopen langs de zinnen, Enter legt een zin uit, Escape sluit de uitleg.",
    hint: "Kies een zin om te zien wat voor en tegen elk onderwerp sprak.",
    sovereignty: "soevereiniteit",
    military: "militair",
    economy: "economie",
    diplomacy: "diplomatie",
    about: "Over {topics}",
    aboutNothing: "Over geen van de vier onderwerpen",
    shares: "Van de zinnen: {shares}.",
    share: "{topic} {share}",
    count: { one: "{n} zin", other: "{n} zinnen" },
    show: "{topic} tonen",
    threshold: "Drempel",
    thresholdOf: "Drempel voor {topic}",
    unreadable: "te weinig bekende woorden",
    boilerplate: "geen artikeltekst",
    place: "Zin {n} van {total}",
    without: "geen onderwerp",
    reading: "Bezig met lezen …",
    done: {
      one: "{n} zin gelezen, {labelled} met een onderwerp.",
      other: "{n} zinnen gelezen, {labelled} met een onderwerp.",
    },
    explaining: "Bezig met uitleggen …",
    explained: "Zin {n} is uitgelegd.",
    previous: "Vorige zin",
    next: "Volgende zin",
    close: "Uitleg sluiten",
    verdicts: "Score en drempel van elk onderwerp",
    given: "ja: {score}, de drempel is {threshold}",
    notGiven: "nee: {score}, de drempel is {threshold}",
    words: "Wat elk woord bijdroeg aan {topic}",
    forWords: "voor",
    againstWords: "tegen",
    sum: "Begint op {intercept}; de woorden tellen op tot {words}. Samen {logit}: een score van {score}.",
    allWords: "Alle woorden op een rij",
    word: "Woord",
    contribution: "Bijdrage",
    ngramsFor: "Sterkst voor",
    ngramsAgainst: "Sterkst tegen",
    nothing: "niets",
    flipOff: "Zonder {words} zou {topic} vervallen: {score}.",
    flipOn: "Zonder {words} zou {topic} erbij komen: {score}.",
    flipShort: "Zonder {words} zou de score {score} zijn.",
    noFlip: "Geen enkel klein groepje woorden geeft de doorslag.",
    nearest: "Lijkt het meest op deze geleerde passages",
    similarity: "gelijkenis {value}",
    and: "en",
    error_empty: "Er is nog geen tekst: plak een artikel, kies een bestand of neem het voorbeeld.",
    error_no_sentence: "In deze tekst staat geen enkele zin.",
    error_too_large: "De tekst is te lang voor deze server. Neem een kleiner stuk.",
    error_unauthorized: "Deze server vraagt een toegangscode.",
    error_offline: "De server is niet te bereiken. Draait hij nog?",
    error_busy: "De server heeft het te druk. Probeer het zo nog eens.",
    error_timeout: "Het lezen duurde te lang. Neem een kleiner stuk.",
    error_bad_answer: "De server gaf een antwoord dat deze pagina niet begrijpt.",
    error_not_utf8: "{name} is geen tekst in UTF-8. Bewaar het als UTF-8 en probeer het opnieuw.",
    error_not_text: "{name} is geen .txt of .md.",
    error_large_file: "{name} is te groot: meer dan 2 MB.",
    error_many_files: "Eén bestand tegelijk, alstublieft.",
  },
  en: {
    title: "What is this article about?",
    lead: "Paste a Dutch article or drop a file on this page. Each sentence is marked with the topics it touches, out of four: who rules, armed force, money and goods, dealings between states.",
    skip: "To the text",
    language: "Language",
    source: "Enter or change the article",
    text: "Text of the article",
    placeholder: "Paste a Dutch article here …",
    token: "Access token of this server",
    read: "Read",
    file: "Choose a file …",
    example: "Example",
    clear: "Clear",
    privacy: "The text stays on this server and is not kept. Ctrl + Enter reads.",
    overview: "Topics and course",
    reset: "Reset thresholds",
    json: "Save as JSON",
    csv: "Save as CSV",
    strip: "Course of the article",
    stripHelp: "Arrow keys move along the sentences, Enter jumps to the sentence in the text.",
    stripCaption:
      "A column is a sentence: the fuller its colour, the higher the score. The line is the course.",
    article: "Article",
    articleHelp:
      "Arrow keys move along the sentences, Enter explains a sentence, Escape closes the explanation.",
    hint: "Choose a sentence to see what spoke for and against each topic.",
    sovereignty: "sovereignty",
    military: "military",
    economy: "economy",
    diplomacy: "diplomacy",
    about: "About {topics}",
    aboutNothing: "About none of the four topics",
    shares: "Of the sentences: {shares}.",
    share: "{topic} {share}",
    count: { one: "{n} sentence", other: "{n} sentences" },
    show: "Show {topic}",
    threshold: "Threshold",
    thresholdOf: "Threshold for {topic}",
    unreadable: "too few known words",
    boilerplate: "not the article",
    place: "Sentence {n} of {total}",
    without: "no topic",
    reading: "Reading …",
    done: {
      one: "{n} sentence read, {labelled} with a topic.",
      other: "{n} sentences read, {labelled} with a topic.",
    },
    explaining: "Explaining …",
    explained: "Sentence {n} is explained.",
    previous: "Previous sentence",
    next: "Next sentence",
    close: "Close the explanation",
    verdicts: "Score and threshold of each topic",
    given: "yes: {score}, the threshold is {threshold}",
    notGiven: "no: {score}, the threshold is {threshold}",
    words: "What each word added to {topic}",
    forWords: "for",
    againstWords: "against",
    sum: "Starts at {intercept}; the words add up to {words}. Together {logit}: a score of {score}.",
    allWords: "All words in a table",
    word: "Word",
    contribution: "Contribution",
    ngramsFor: "Strongest for",
    ngramsAgainst: "Strongest against",
    nothing: "nothing",
    flipOff: "Without {words} it would lose {topic}: {score}.",
    flipOn: "Without {words} it would gain {topic}: {score}.",
    flipShort: "Without {words} the score would be {score}.",
    noFlip: "No small set of words decides it.",
    nearest: "Most like these passages it learnt from",
    similarity: "similarity {value}",
    and: "and",
    error_empty: "There is no text yet: paste an article, choose a file or take the example.",
    error_no_sentence: "There is not one sentence in this text.",
    error_too_large: "The text is too long for this server. Take a smaller piece.",
    error_unauthorized: "This server asks for an access token.",
    error_offline: "The server cannot be reached. Is it still running?",
    error_busy: "The server is too busy. Try again in a moment.",
    error_timeout: "Reading took too long. Take a smaller piece.",
    error_bad_answer: "The server gave an answer that this page does not understand.",
    error_not_utf8: "{name} is not text in UTF-8. Save it as UTF-8 and try again.",
    error_not_text: "{name} is not a .txt or .md file.",
    error_large_file: "{name} is too large: more than 2 MB.",
    error_many_files: "One file at a time, please.",
  },
};

// Made up, and labelled so in its last line, which is also what a line outside the article looks like.
const EXAMPLE = `Havnevik wil zelf over de zee gaan

Het parlement van de Skarven stemt volgende maand over een grondwet die de eilanden het recht geeft zich van Noordmark af te scheiden. De premier noemde het op de kade van Havnevik een stap naar zelfbestuur en onafhankelijkheid. Het regende, en de blaaskapel speelde er dapper doorheen.

Vis betaalt bijna alles

Negen van de tien kronen die de eilanden met uitvoer verdienen, komen van zalm, makreel en kabeljauw. Vorig jaar daalde de zalmprijs met een vijfde en moesten twee kwekerijen personeel ontslaan. Zonder de jaarlijkse bijdrage uit het moederland zou de begroting een gat van zes procent vertonen.

Een radar op de berg

Boven het dorp bewaakt een radar van de luchtmacht het luchtruim tot aan IJsland. De marine van Noordmark wil er een fregat bij leggen en oefent in mei met Britse en Noorse schepen. Of die basis na een afscheiding onder de NAVO valt of onder een eigen leger, weet niemand.

Londen en Reykjavik aan tafel

De ministers van Buitenlandse Zaken van IJsland en het Verenigd Koninkrijk ontvingen vorige week een delegatie uit Havnevik. Zij onderhandelden over een visserijverdrag dat de invoerheffing op makreel moet schrappen. Noordmark riep de Britse ambassadeur op het matje en eiste uitleg.

Dit artikel is verzonnen. Meld u aan voor onze nieuwsbrief.`;

/** The pieces of a string in the language of the interface, `values` among them; they may be nodes. */
function pieces(key, values = {}) {
  const entry = STRINGS[state.language][key];
  const template = typeof entry === "string" ? entry : entry[plural(values.n)];
  return template.split(/\{(\w+)\}/).map((piece, place) => (place % 2 ? values[piece] : piece));
}

const say = (key, values) => pieces(key, values).join("");
const plural = (n) => new Intl.PluralRules(state.language).select(n);
const list = (items) => new Intl.ListFormat(state.language).format(items);

function number(value, options) {
  return new Intl.NumberFormat(state.language, options).format(value).replace("-", "−");
}
const decimal = (value) => number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const percent = (value) => number(value, { style: "percent" });
const signed = (value) =>
  number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" });

// ------------------------------------------------------------------------------------------------ state

const state = {
  language: "nl",
  token: "",
  article: null, // what /document gave, with `cut` to take pieces of the posted text
  thresholds: {}, // in force, by topic
  shown: new Set(TOPICS),
  current: 0, // the sentence that Tab leads to
  open: false, // whether that sentence is explained
  explanations: new Map(), // by number of the sentence
  topic: TOPICS[0], // explained in detail
  status: null, // [key, values] of a string
  error: null, // the same, or {message} as the server wrote it
};

/** Whether a sentence belongs to the article and can be labelled at all. */
const counts = (sentence) => sentence.readable && sentence.kind !== "boilerplate";

/** Whether a sentence has a topic: by the server's word, and by the score once its slider was moved. */
function has(sentence, topic) {
  const threshold = state.thresholds[topic];
  if (threshold === state.article.thresholds[topic]) return sentence.topics.includes(topic);
  return counts(sentence) && sentence.scores[topic] >= threshold;
}

const topicsOf = (sentence) => TOPICS.filter((topic) => has(sentence, topic));

/** How many sentences `test` holds of. */
const tally = (test) => state.article.sentences.filter(test).length;

/** The share of the sentences of the article of which `test` holds, in [0, 1]. */
function share(test) {
  const total = tally((sentence) => sentence.kind !== "boilerplate");
  return total ? tally(test) / total : 0;
}

/** A function from offsets in code points, as Python counts, to that piece of `text`. */
function cutter(text) {
  const units = [0];
  for (const character of text) units.push(units.at(-1) + character.length);
  return (start, end) => text.slice(units[start], units[end]);
}

// --------------------------------------------------------------------------------------------- elements

const byId = (id) => document.getElementById(id);

/** A new element: functions become properties, other values attributes; strings become text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A new SVG element. */
function draw(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** An element whose style has custom properties set: allowed where style attributes are not. */
function styled(element, properties) {
  for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, value);
  return element;
}

/** The names of topics, each in its colour. */
function topicNames(topics) {
  const names = topics.map((topic) => make("span", { class: `topic ${topic}` }, say(topic)));
  return names.flatMap((name, place) => (place ? [" · ", name] : [name]));
}

const swatch = (topic) => make("span", { class: `swatch ${topic}`, "aria-hidden": "true" });

// --------------------------------------------------------------------------------------------- requests

/** What went wrong: `code` leads to a string `error_…` with its values, or else `message` is the server's. */
class Failure extends Error {
  constructor(code, values = {}) {
    super(values.message ?? "");
    this.code = code;
    this.values = values;
  }
}

/** Ask the server; raises `Failure` unless it gives JSON, and an `AbortError` once `signal` says so. */
async function ask(path, body, signal) {
  const headers = body ? { "Content-Type": "application/json" } : {};
  if (state.token) headers.Authorization = `Bearer ${state.token}`;
  const options = { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal };
  const response = await fetch(path, { ...options, cache: "no-store" }).catch((error) => {
    throw signal.aborted ? error : new Failure("offline");
  });
  const answer = await response.json().catch((error) => {
    throw signal.aborted ? error : new Failure("bad_answer");
  });
  signal.throwIfAborted();
  if (response.status === 401) throw new Failure("unauthorized");
  if (!response.ok) throw new Failure(answer?.error?.code, answer?.error);
  return answer;
}

const controllers = {};

/** Do `work(signal)`, aborting what went on under the same name; shows what failed. */
async function attempt(name, work) {
  controllers[name]?.abort();
  const controller = new AbortController();
  controllers[name] = controller;
  renderBusy();
  try {
    await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) fail(error);
  } finally {
    if (controllers[name] === controller) delete controllers[name];
    renderBusy();
  }
}

function renderBusy() {
  byId("form").ariaBusy = String("read" in controllers);
}

/** Show a failure; anything else is a mistake in this file, and goes on to the console as well. */
function fail(error) {
  const { code, values, message } = error instanceof Failure ? error : new Failure("bad_answer");
  const known = STRINGS.nl[`error_${code}`] ? code : message ? null : "bad_answer";
  setMessages(null, known ? [`error_${known}`, values] : error);
  if (code === "unauthorized") askToken();
  if (!(error instanceof Failure)) throw error;
}

function askToken() {
  byId("authorization").hidden = false;
  byId("source").open = true;
  byId("token").focus();
}

function setMessages(status, error) {
  state.status = status;
  state.error = error;
  renderMessages();
}

function renderMessages() {
  byId("status").textContent = state.status ? say(...state.status) : "";
  byId("error").textContent = errorText();
  if (state.open && !state.explanations.has(state.current)) byId("detail").textContent = errorText();
}

function errorText() {
  return Array.isArray(state.error) ? say(...state.error) : (state.error?.message ?? "");
}

// ---------------------------------------------------------------------------------------------- reading

function read() {
  const text = byId("text").value.toWellFormed();
  state.token = byId("token").value.trim();
  if (!text.trim()) {
    setMessages(null, ["error_empty"]);
    byId("text").focus();
    return;
  }
  setMessages(["reading"], null);
  attempt("read", async (signal) => {
    const answer = await ask("document", { text, explain: false }, signal);
    if (!answer.sentences.length) throw new Failure("no_sentence");
    showArticle({ ...answer, text, cut: cutter(text) });
  });
}

function showArticle(article) {
  controllers.explain?.abort();
  Object.assign(state, { article, thresholds: { ...article.thresholds }, current: 0, open: false });
  state.explanations.clear();
  byId("source").open = false;
  byId("skip").hash = "#article";
  renderResult();
  const labelled = tally((sentence) => sentence.topics.length);
  setMessages(["done", { n: article.sentences.length, labelled }], null);
  byId("about").focus();
}

/** Draw all that depends on the article or the language. */
function renderResult() {
  byId("result").hidden = !state.article;
  if (!state.article) return;
  renderLegend();
  renderStrip();
  renderArticle();
  relabel();
}

/** Bring labels, counts and colours in line with the thresholds and the topics shown. */
function relabel() {
  renderSummary();
  for (const topic of TOPICS) updateLegend(topic);
  sentenceElements().forEach((element, place) => label(element, state.article.sentences[place]));
  updateStrip();
  renderPanel();
}

function renderSummary() {
  const names = state.article.topics.map((topic) => say(topic));
  byId("about").textContent = names.length ? say("about", { topics: list(names) }) : say("aboutNothing");
  const shares = TOPICS.map((topic) => [topic, share((sentence) => has(sentence, topic))])
    .filter(([, value]) => value > 0)
    .sort(([, one], [, other]) => other - one)
    .map(([topic, value]) => say("share", { topic: say(topic), share: percent(value) }));
  const none = share((sentence) => sentence.kind !== "boilerplate" && !topicsOf(sentence).length);
  if (none) shares.push(say("share", { topic: say("without"), share: percent(none) }));
  byId("shares").textContent = say("shares", { shares: shares.join(", ") });
}

// ---------------------------------------------------------------------------------------------- article

const sentenceElements = () => [...byId("article").querySelectorAll(".sentence")];
const sentenceElement = (place) => byId("article").querySelector(`[data-place="${place}"]`);

/** Fill the article: a paragraph for each blank line, or for each line where there is no blank one. */
function renderArticle() {
  const { text, cut, sentences } = state.article;
  const ends = /\n\s*\n/.test(text.trim()) ? /\n\s*\n/ : /\n/;
  const blocks = [make("p")];
  let place = 0;
  let heading = false;
  sentences.forEach((sentence, n) => {
    const between = cut(place, sentence.start);
    blocks.at(-1).append(between);
    const turns = heading !== (sentence.kind === "heading");
    if (turns || ends.test(between)) {
      heading = sentence.kind === "heading";
      blocks.push(make(heading ? "h3" : "p"));
    }
    blocks.at(-1).append(newSentence(sentence, n));
    place = sentence.end;
  });
  blocks.at(-1).append(cut(place));
  byId("article").replaceChildren(...blocks.filter((block) => block.textContent.trim()));
}

function newSentence(sentence, place) {
  const attributes = {
    class: `sentence ${sentence.kind}`,
    role: "button",
    tabindex: place === state.current ? "0" : "-1",
    "aria-controls": "panel",
    "aria-expanded": String(state.open && place === state.current),
    "data-place": place,
  };
  const said = make("span", { class: "said" }, state.article.cut(sentence.start, sentence.end));
  return make("span", attributes, said, make("span", { class: "labels", lang: state.language }));
}

/** Give a sentence its topics, in lines under it and in words after it. */
function label(element, sentence) {
  const topics = topicsOf(sentence).filter((topic) => state.shown.has(topic));
  element.style.backgroundImage = topics.map((topic) => `var(--line-${topic})`).join(", ");
  element.style.setProperty("--lines", topics.length);
  element.classList.toggle("crowded", topics.length > 2);
  element.lastChild.replaceChildren(...(topics.length ? topicNames(topics) : remark(sentence)));
}

/** Why a sentence can have no topic, if that is so. */
function remark(sentence) {
  if (sentence.kind === "boilerplate") return [say("boilerplate")];
  return sentence.readable ? [] : [say("unreadable")];
}

/** Make a sentence the one that Tab leads to, and say so in the strip. */
function setCurrent(place) {
  sentenceElement(state.current).tabIndex = -1;
  state.current = place;
  const element = sentenceElement(state.current);
  element.tabIndex = 0;
  updateStrip();
  return element;
}

/** Lead to a sentence, and put it where `block` says. */
function moveTo(place, block) {
  const element = setCurrent(place);
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block });
}

/** The place that a key leads to from `place`, or null. */
function stepped(key, place) {
  const last = state.article.sentences.length - 1;
  const [before, after] = [place - 1, place + 1];
  const places = {
    ArrowLeft: before,
    ArrowUp: before,
    ArrowRight: after,
    ArrowDown: after,
    Home: 0,
    End: last,
  };
  return key in places ? Math.max(0, Math.min(places[key], last)) : null;
}

function onArticleKey(event) {
  if (!event.target.matches(".sentence") || event.ctrlKey || event.metaKey || event.altKey) return;
  const place = stepped(event.key, state.current);
  if (place !== null) moveTo(place, "nearest");
  else if (event.key === "Enter" || event.key === " ") explain(state.current);
  else return;
  event.preventDefault();
}

function onArticleClick(event) {
  const element = event.target.closest(".sentence");
  const selecting = !getSelection().isCollapsed; // text was marked, to copy it
  if (element && !selecting) explain(Number(element.dataset.place));
}

// ----------------------------------------------------------------------------------------------- legend

function renderLegend() {
  byId("legend").replaceChildren(...TOPICS.map(legendOf));
}

/** A topic in the legend: whether to show it, in how many sentences it is, and its threshold. */
function legendOf(topic) {
  const box = make("input", {
    type: "checkbox",
    "aria-label": say("show", { topic: say(topic) }),
    onchange: (event) => {
      state.shown[event.target.checked ? "add" : "delete"](topic);
      relabel();
    },
  });
  box.checked = state.shown.has(topic);
  const slider = make("input", {
    type: "range",
    min: "0",
    max: "1",
    step: "0.01",
    "aria-label": say("thresholdOf", { topic: say(topic) }),
    oninput: (event) => {
      state.thresholds[topic] = Number(event.target.value);
      relabel();
    },
  });
  const name = make("span", { class: "topic" }, say(topic));
  const count = make("span", { class: "count" });
  const word = make("span", { "aria-hidden": "true" }, say("threshold"));
  return make(
    "div",
    { class: `legend-topic ${topic}`, id: `legend-${topic}` },
    make("label", {}, box, swatch(topic), name, count),
    make("div", { class: "threshold" }, word, slider, make("output")),
  );
}

function updateLegend(topic) {
  const element = byId(`legend-${topic}`);
  const value = state.thresholds[topic];
  const n = tally((sentence) => has(sentence, topic));
  element.querySelector(".count").textContent = say("count", { n });
  const slider = element.querySelector("[type=range]");
  slider.value = value;
  slider.ariaValueText = decimal(value);
  element.querySelector("output").textContent = decimal(value);
}

function resetThresholds() {
  state.thresholds = { ...state.article.thresholds };
  relabel();
}

// ------------------------------------------------------------------------------------------------ strip

const ROW = 10; // height of a topic's row in the drawing; a sentence is 1 wide
const DENSE = 300; // sentences from which the line would hide what is under it

/** Draw the course: a row for each topic, a cell for each sentence, and the smoothed line over it. */
function renderStrip() {
  const { sentences, course } = state.article;
  const size = { viewBox: `0 0 ${sentences.length} ${ROW * TOPICS.length}`, preserveAspectRatio: "none" };
  const svg = draw("svg", { ...size, "aria-hidden": "true", class: sentences.length < DENSE ? "" : "dense" });
  TOPICS.forEach((topic, row) => {
    const group = draw("g", { class: `row ${topic}`, transform: `translate(0 ${row * ROW})` });
    group.append(draw("rect", { class: "ground", width: sentences.length, height: ROW - 1 }));
    sentences.forEach((sentence, x) => {
      const opacity = counts(sentence) ? sentence.scores[topic] : 0;
      group.append(draw("rect", { class: "cell", x, width: 1, height: ROW - 1, "fill-opacity": opacity }));
    });
    const points = course[topic].map((value, x) => `${x + 0.5},${(ROW - 1) * (1 - value)}`).join(" ");
    group.append(draw("polyline", { class: "halo", points }), draw("polyline", { class: "course", points }));
    svg.append(group);
  });
  svg.append(draw("rect", { class: "cursor", width: 1, height: ROW * TOPICS.length - 1 }));
  byId("strip").replaceChildren(svg);
  byId("strip").ariaValueMax = sentences.length;
  byId("strip-names").replaceChildren(...TOPICS.flatMap((topic) => topicNames([topic])));
}

function updateStrip() {
  const strip = byId("strip");
  for (const topic of TOPICS) {
    strip.querySelector(`.row.${topic}`).classList.toggle("off", !state.shown.has(topic));
  }
  strip.querySelector(".cursor").setAttribute("x", state.current);
  strip.ariaValueNow = state.current + 1;
  strip.ariaValueText = placeInWords(state.current);
  byId("strip-caption").textContent = say("stripCaption");
}

/** Where a sentence stands and what it is about, in words. */
function placeInWords(place) {
  const { sentences } = state.article;
  const topics = topicsOf(sentences[place]).map((topic) => say(topic));
  return `${say("place", { n: place + 1, total: sentences.length })}: ${topics.join(", ") || say("without")}`;
}

/** The sentence under the pointer. */
function pointed(event) {
  const { left, width } = byId("strip").getBoundingClientRect();
  const { length } = state.article.sentences;
  return Math.max(0, Math.min(Math.floor(((event.clientX - left) / width) * length), length - 1));
}

function onStripKey(event) {
  const place = stepped(event.key, state.current);
  if (place !== null) {
    setCurrent(place);
    byId("strip-caption").textContent = placeInWords(place);
  } else if (event.key === "Enter") moveTo(state.current, "center");
  else return;
  event.preventDefault();
}

// ------------------------------------------------------------------------------------------ explanation

/** Open the panel on a sentence, and ask what spoke for and against its topics. */
function explain(place, focused = "panel-title") {
  sentenceElement(state.current).ariaExpanded = "false";
  const element = setCurrent(place);
  element.ariaExpanded = "true";
  state.open = true;
  const known = state.explanations.get(place);
  if (known) state.topic = strongest(known);
  else {
    setMessages(["explaining"], null);
    attempt("explain", (signal) => askExplanation(place, signal));
  }
  renderPanel();
  element.scrollIntoView({ block: "nearest" });
  byId(focused).focus({ preventScroll: true });
}

async function askExplanation(place, signal) {
  const { text } = state.article.sentences[place];
  const answer = await ask("predict", { text, explain: true }, signal);
  const explained = { ...answer.explanation, cut: cutter(text) };
  state.explanations.set(place, explained);
  state.topic = strongest(explained);
  setMessages(["explained", { n: place + 1 }], null);
  renderPanel();
}

/** The topic to explain first. */
function strongest({ topics }) {
  return TOPICS.reduce((best, topic) => (topics[topic].score > topics[best].score ? topic : best));
}

function closePanel() {
  if (!state.open) return;
  controllers.explain?.abort();
  state.open = false;
  renderPanel();
  const element = sentenceElement(state.current);
  element.ariaExpanded = "false";
  element.focus();
}

function renderPanel() {
  byId("panel").classList.toggle("open", state.open);
  byId("explanation").hidden = !state.open;
  if (!state.open) return;
  const { length } = state.article.sentences;
  byId("panel-title").textContent = say("place", { n: state.current + 1, total: length });
  byId("previous").disabled = state.current === 0;
  byId("next").disabled = state.current === length - 1;
  const explained = state.explanations.get(state.current);
  byId("verdicts").hidden = !explained;
  if (explained) {
    byId("verdicts").replaceChildren(
      make("legend", { class: "unseen" }, say("verdicts")),
      ...TOPICS.map((topic) => verdict(topic, explained.topics[topic])),
    );
    renderDetail(explained);
  } else byId("detail").textContent = errorText() || say("explaining");
}

/** A topic to choose: its score beside its threshold. */
function verdict(topic, { score }) {
  const threshold = state.thresholds[topic];
  const given = has(state.article.sentences[state.current], topic);
  const choose = make("input", {
    type: "radio",
    name: "topic",
    value: topic,
    onchange: () => {
      state.topic = topic;
      renderDetail(state.explanations.get(state.current));
    },
  });
  choose.checked = topic === state.topic;
  const bar = styled(make("span", { class: "bar", "aria-hidden": "true" }), {
    "--score": score,
    "--threshold": threshold,
  });
  const values = { score: decimal(score), threshold: decimal(threshold) };
  return make(
    "label",
    { class: `verdict ${topic}` },
    choose,
    make("span", { class: "topic" }, say(topic)),
    bar,
    make("span", { class: "small" }, say(given ? "given" : "notGiven", values)),
  );
}

function renderDetail({ topics, nearest, cut }) {
  const detail = topics[state.topic];
  const forAndAgainst = [ngramList("ngramsFor", detail, 1), ngramList("ngramsAgainst", detail, -1)];
  byId("detail").replaceChildren(
    make("h3", {}, say("words", { topic: say(state.topic) })),
    shades(),
    shadedWords(detail.words, cut),
    make("p", { class: "small" }, sumOf(detail)),
    make("p", { class: "flip" }, ...flipOf(detail)),
    make("div", { class: "ngrams" }, ...forAndAgainst),
    wordTable(detail.words),
    make("h3", {}, say("nearest")),
    make("ul", { class: "nearest" }, ...nearest.map(neighbour)),
  );
}

/** What the two shades of words mean. */
function shades() {
  const sample = (name) => make("span", { class: `word ${name}` }, say(`${name}Words`));
  return make("p", { class: "key small", "aria-hidden": "true" }, sample("for"), " ", sample("against"));
}

/** The sentence, each word shaded by what it added; the strongest carry the number. */
function shadedWords(words, cut) {
  const most = Math.max(...words.map((word) => Math.abs(word.contribution)), Number.EPSILON);
  const paragraph = make("p", { class: "shaded", lang: "nl" });
  let place = 0;
  for (const word of words) {
    paragraph.append(cut(place, word.start), shadedWord(word, Math.abs(word.contribution) / most));
    place = word.end;
  }
  paragraph.append(cut(place));
  return paragraph;
}

function shadedWord({ text, contribution }, weight) {
  const attributes = { class: `word ${contribution < 0 ? "against" : "for"}`, title: signed(contribution) };
  const number = make("rt", {}, signed(contribution));
  const word = weight < LEAST_SHARE ? make("span", attributes, text) : make("ruby", attributes, text, number);
  return styled(word, { "--weight": Math.sqrt(weight) });
}

function sumOf({ words, intercept, logit, score }) {
  const total = words.reduce((sum, word) => sum + word.contribution, 0);
  return say("sum", {
    intercept: signed(intercept),
    words: signed(total),
    logit: signed(logit),
    score: decimal(score),
  });
}

/** What would change the verdict, in a sentence. */
function flipOf({ flip, score }) {
  if (!flip) return [say("noFlip")];
  const words = make("span", { lang: "nl" });
  flip.left_out.forEach(({ text }, place) => words.append(...(place ? [" + "] : []), make("q", {}, text)));
  const threshold = state.thresholds[state.topic];
  const [before, after] = [score >= threshold, flip.score >= threshold];
  const key = before === after ? "flipShort" : before ? "flipOff" : "flipOn";
  return pieces(key, { words, topic: say(state.topic), score: decimal(flip.score) });
}

/** The strongest n-grams whose contribution has a `sign`. */
function ngramList(title, { ngrams }, sign) {
  const found = ngrams.filter(({ contribution }) => contribution * sign > 0).slice(0, SHOWN_NGRAMS);
  const most = Math.max(...ngrams.map(({ contribution }) => Math.abs(contribution)));
  const items = found.map(({ part, ngram, contribution }) =>
    styled(
      make(
        "li",
        { class: sign > 0 ? "for" : "against" },
        make("span", { class: part, lang: "nl" }, part === "characters" ? ellipsed(ngram) : ngram),
        make("span", { class: "value" }, signed(contribution)),
      ),
      { "--weight": Math.abs(contribution) / most },
    ),
  );
  return make(
    "div",
    {},
    make("h4", {}, say(title)),
    items.length ? make("ul", {}, ...items) : make("p", { class: "small" }, say("nothing")),
  );
}

/** Letters out of a word, with dots where the word goes on. */
function ellipsed(ngram) {
  const before = ngram.startsWith(" ") ? "" : "…";
  const after = ngram.endsWith(" ") ? "" : "…";
  return `${before}${ngram.trim()}${after}`;
}

function wordTable(words) {
  const rows = words.map(({ text, contribution }) =>
    make("tr", {}, make("td", { lang: "nl" }, text), make("td", { class: "value" }, signed(contribution))),
  );
  const head = ["word", "contribution"].map((name) => make("th", { scope: "col" }, say(name)));
  return make(
    "details",
    {},
    make("summary", {}, say("allWords")),
    make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)),
  );
}

function neighbour({ text, topics, similarity }) {
  return make(
    "li",
    {},
    make("q", { lang: "nl" }, text),
    " ",
    make(
      "span",
      { class: "labels" },
      ...(topics.length ? topicNames(topics) : [say("without")]),
      ` · ${say("similarity", { value: decimal(similarity) })}`,
    ),
  );
}

// ------------------------------------------------------------------------------------------ downloads

/** The article as the page shows it: with the thresholds in force. */
function labelledArticle() {
  const { cut: _, ...article } = state.article;
  const sentences = article.sentences.map((sentence) => ({ ...sentence, topics: topicsOf(sentence) }));
  const profile = TOPICS.map((topic) => [topic, share((sentence) => has(sentence, topic))]);
  return { ...article, profile: Object.fromEntries(profile), thresholds: state.thresholds, sentences };
}

const asJson = (article) => `${JSON.stringify(article, null, 2)}\n`;

/** A row for each sentence; begins with a byte order mark, or Excel would not read it as UTF-8. */
function asCsv({ sentences }) {
  const header = ["number", "start", "end", "kind", "text", "topics", ...TOPICS, "readable", "coverage"];
  const rows = sentences.map((sentence, place) => [
    place + 1,
    sentence.start,
    sentence.end,
    sentence.kind,
    sentence.text,
    sentence.topics.join(","),
    ...TOPICS.map((topic) => sentence.scores[topic]),
    sentence.readable,
    sentence.coverage,
  ]);
  return `\ufeff${[header, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("")}`;
}

/** A cell of CSV; an apostrophe keeps a spreadsheet from taking text for a formula. */
function cell(value) {
  const text = String(value).replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function download(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// ------------------------------------------------------------------------------------------------ input

function readText(text) {
  byId("text").value = text;
  read();
}

function clear() {
  for (const controller of Object.values(controllers)) controller.abort();
  state.article = null;
  state.open = false;
  byId("text").value = "";
  byId("skip").hash = "#text";
  setMessages(null, null);
  renderResult();
  byId("text").focus();
}

/** The text of the one file dropped or chosen; raises `Failure` where it cannot be read. */
async function textOf(files) {
  if (files.length > 1) throw new Failure("many_files");
  const [file] = files;
  const refuse = (code) => new Failure(code, { name: file.name });
  if (!/\.(txt|text|md|markdown)$/i.test(file.name)) throw refuse("not_text");
  if (file.size > LARGEST_FILE) throw refuse("large_file");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw refuse("not_utf8");
  }
}

function readFiles(files) {
  attempt("file", async (signal) => {
    const text = await textOf(files);
    signal.throwIfAborted();
    readText(text);
  });
}

function onDrag(event) {
  if (!event.dataTransfer.types.includes("Files")) return; // marked text, which the field takes itself
  event.preventDefault();
  document.body.classList.toggle("dropping", event.type === "dragover");
  if (event.type === "drop") readFiles(event.dataTransfer.files);
}

// --------------------------------------------------------------------------------------------- language

/** The language asked for in the address, chosen before, or preferred in the browser. */
function preferredLanguage() {
  const asked = new URLSearchParams(location.search).get("lang");
  const wishes = [asked, remembered(), navigator.language.slice(0, 2)];
  return wishes.find((wish) => Object.hasOwn(STRINGS, wish ?? "")) ?? "en";
}

function remembered() {
  try {
    return localStorage.getItem("language");
  } catch {
    return null; // storage is forbidden here
  }
}

function chooseLanguage(language) {
  setLanguage(language);
  history.replaceState(null, "", location.pathname); // or ?lang= would overrule the choice
  try {
    localStorage.setItem("language", language);
  } catch {
    // storage is forbidden here: the choice holds until the page is closed
  }
}

function setLanguage(language) {
  state.language = language;
  document.documentElement.lang = language;
  document.title = `${say("title")} · dutch-topics`;
  for (const element of document.querySelectorAll("[data-say]")) {
    element.textContent = say(element.dataset.say);
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.ariaLabel = say(element.dataset.label);
  }
  byId("text").placeholder = say(byId("text").dataset.placeholder);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.ariaPressed = String(button.dataset.language === language);
  }
  renderMessages();
  renderResult();
}

// ------------------------------------------------------------------------------------------------ start

function listen() {
  const on = (id, type, listener) => byId(id).addEventListener(type, listener);
  on("form", "submit", (event) => {
    event.preventDefault();
    read();
  });
  on("text", "keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) read();
  });
  on("file", "change", (event) => {
    if (event.target.files.length) readFiles(event.target.files);
    event.target.value = ""; // so that the same file can be chosen again
  });
  on("example", "click", () => readText(EXAMPLE));
  on("clear", "click", clear);
  on("reset", "click", resetThresholds);
  on("json", "click", () => download("dutch-topics.json", "application/json", asJson(labelledArticle())));
  on("csv", "click", () => download("dutch-topics.csv", "text/csv", asCsv(labelledArticle())));
  on("article", "click", onArticleClick);
  on("article", "keydown", onArticleKey);
  on("strip", "keydown", onStripKey);
  on("strip", "click", (event) => moveTo(pointed(event), "center"));
  on("strip", "pointermove", (event) => {
    byId("strip-caption").textContent = placeInWords(pointed(event));
  });
  on("strip", "pointerleave", updateStrip);
  on("previous", "click", () => explain(state.current - 1, "previous"));
  on("next", "click", () => explain(state.current + 1, "next"));
  on("close", "click", closePanel);
  for (const type of ["dragover", "dragleave", "drop"]) document.addEventListener(type, onDrag);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closePanel();
  });
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => chooseLanguage(button.dataset.language));
  }
}

listen();
setLanguage(preferredLanguage());
attempt("model", async (signal) => {
  byId("version").textContent = (await ask("model", null, signal)).version;
});
