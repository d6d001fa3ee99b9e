import { FONT } from "../engine/measure";

/** The style sheet of all views; colours come as variables from the theme. */
export const STYLES = `
:host { all: initial; display: block; }
.regard {
  color: var(--ink); background: var(--surface);
  font: 13px/1.45 ${FONT};
  font-variant-numeric: tabular-nums; -webkit-font-smoothing: antialiased; text-align: start;
}
.regard[data-theme="dark"] { color-scheme: dark; }
.regard[data-theme="light"] { color-scheme: light; }
.framed { padding: 6px 16px; border-radius: 10px; }
*, *::before, *::after { box-sizing: border-box; }
.view { margin: 0; padding: 4px 0 8px; max-width: 960px; }
h2, h3 { margin: 0; font-size: 12px; font-weight: 600; }
p { margin: 0; }

.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; padding: 4px 2px 10px; border-bottom: 1px solid var(--rule); }
.many .ends { order: 1; }
.many .field:has(.squares) { order: 2; flex-basis: 100%; }
.field { display: flex; align-items: center; gap: 8px; min-width: 0; }
.label { color: var(--muted); font-size: 12px; }
.ends { display: flex; gap: 4px; margin-inline-start: auto; }

button, select { font: inherit; color: inherit; margin: 0; cursor: pointer; }
button { border: 0; background: none; padding: 0; }
button:disabled { cursor: default; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.quiet { padding: 3px 8px; border-radius: 5px; font-size: 12px; color: var(--muted); }
.quiet:hover:not(:disabled) { background: var(--hover); color: var(--ink); }
.quiet[aria-pressed="true"] { background: var(--hover); color: var(--ink); }
.quiet:disabled { opacity: .45; }
.icon { width: 24px; height: 24px; border-radius: 5px; line-height: 1; font-size: 16px; color: var(--muted); }
.icon:hover:not(:disabled) { background: var(--hover); color: var(--ink); }
.icon:disabled { opacity: .35; }
.stepper { display: flex; align-items: center; gap: 1px; }
select { appearance: none; min-width: 36px; height: 26px; padding: 0 8px; text-align: center; text-align-last: center; border: 1px solid var(--edge); border-radius: 6px; background: var(--surface); }
select:hover { border-color: var(--muted); }
.segments { display: inline-flex; border: 1px solid var(--edge); border-radius: 6px; overflow: hidden; }
.segments button { padding: 2px 9px; font-size: 12px; line-height: 20px; color: var(--muted); border-inline-start: 1px solid var(--rule); }
.segments button:first-child { border-inline-start: 0; }
.segments button:hover { color: var(--ink); }
.segments button[aria-pressed="true"] { background: var(--hover); color: var(--ink); font-weight: 600; }
.segments button:focus-visible { outline-offset: -2px; }

.squares { display: flex; flex-wrap: wrap; gap: 2px; align-items: center; }
.square {
  width: 23px; height: 22px; border-radius: 4px; font-size: 11px; line-height: 1; font-weight: 600;
  color: var(--muted); background: color-mix(in srgb, var(--hue) 10%, transparent);
  box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--hue) 45%, transparent);
}
.square[aria-pressed="true"] { color: var(--on); background: var(--hue); box-shadow: none; }
.square:hover { box-shadow: inset 0 0 0 2px color-mix(in srgb, var(--ink) 35%, transparent); }

.body { position: relative; padding-top: 4px; min-height: 64px; }
.body[data-state="loading"] .stage canvas { opacity: .55; }
.picture { display: grid; grid-template-columns: minmax(0, 1fr) 208px; gap: 24px; align-items: start; }
.stage { position: relative; overflow: hidden auto; min-width: 0; border-radius: 4px; }
.stage:focus-visible { outline-offset: -2px; }
.stage.scrolls { border-bottom: 1px solid var(--rule); scrollbar-width: thin; }
.content { position: relative; }
.content.pointing { cursor: pointer; }
canvas { position: absolute; left: 0; top: 0; display: block; }
canvas.lines { transition: opacity .12s; }
canvas.lines.faded { opacity: 0; }

.wide { max-width: 1120px; }
.stage.grid { overflow: auto hidden; padding: 4px; margin: 0 -4px; }
.stage.grid.behind { opacity: .28; pointer-events: none; }
.body[data-state="loading"] .stage.grid canvas { opacity: 1; }
.ring, .cursor { position: absolute; left: 0; top: 0; border-radius: 5px; pointer-events: none; }
.ring { border: 2px solid color-mix(in srgb, var(--ink) 55%, transparent); }
.cursor { border: 2px solid var(--accent); opacity: 0; }
.stage:focus-visible .cursor { opacity: 1; }
.stage.grid:focus-visible { outline: none; }
.pointed { color: var(--muted); font-size: 12px; align-self: center; white-space: nowrap; }
.wide > .body { display: grid; grid-template-columns: minmax(0, 1fr); }
.wide > .body > .stage, .opened { grid-area: 1 / 1; align-self: start; }
.opened { position: relative; z-index: 2; padding: 4px 16px 12px; background: var(--raised); border: 1px solid var(--edge); border-radius: 10px; box-shadow: 0 12px 40px rgb(0 0 0 / .18); }
.opened:focus { outline: none; }
.opened strong { min-width: 56px; text-align: center; font-weight: 600; }
.opened .field { gap: 4px; }
.caption { margin-top: 6px; color: var(--muted); font-size: 12px; }
.legend { display: flex; align-items: center; gap: 8px; }
.scale { position: relative; width: 180px; height: 26px; }
.ramp { height: 8px; border-radius: 2px; margin-top: 3px; box-shadow: 0 0 0 1px var(--rule); }
.mark { position: absolute; top: 12px; transform: translateX(-50%); font-size: 10px; color: var(--muted); }

.readout { position: sticky; top: 8px; padding-top: 3px; font-size: 12px; }
.readout h2 { display: flex; flex-direction: column; gap: 2px; min-height: 22px; padding-bottom: 5px; border-bottom: 1px solid var(--rule); }
.readout .token { display: flex; gap: 8px; align-items: baseline; min-width: 0; }
.token bdi { overflow-wrap: anywhere; max-height: 4.4em; overflow: hidden; }
.side { color: var(--muted); font-weight: 400; white-space: nowrap; font-size: 11px; }
.links { list-style: none; margin: 4px 0 0; padding: 0; }
.links button { display: flex; align-items: center; gap: 8px; width: 100%; padding: 2px 4px; margin-inline-start: -4px; border-radius: 4px; text-align: start; }
.links button:hover { background: var(--hover); }
.swatch { flex: none; position: relative; min-width: 22px; padding-inline-start: 10px; font-size: 11px; color: var(--muted); }
.swatch::before { content: ""; position: absolute; left: 0; top: 50%; width: 7px; height: 12px; margin-top: -6px; border-radius: 2px; background: var(--hue); }
.name { flex: 1; text-align: left; direction: ltr; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.hint { display: flex; justify-content: space-between; gap: 8px; margin-top: 6px; color: var(--muted); font-size: 11px; }
.precision { margin-inline-start: auto; white-space: nowrap; }

.square.plain { --hue: var(--ink); --on: var(--surface); background: var(--hover); box-shadow: none; }
.square.plain[aria-pressed="true"] { background: var(--ink); }
.bar.second { padding-top: 8px; }
.bar.second .ends { align-items: center; gap: 12px; }
.find { font: inherit; font-size: 12px; width: 190px; height: 26px; padding: 0 8px; color: var(--ink); background: var(--surface); border: 1px solid var(--edge); border-radius: 6px; }
.find::placeholder { color: var(--muted); }
.note { color: var(--muted); font-size: 12px; }
.map.wide .picture { grid-template-columns: minmax(0, 1fr) 224px; gap: 20px; }
.mapped { position: relative; min-width: 0; }
.stage.map { overflow: hidden; cursor: crosshair; touch-action: none; user-select: none; }
.stage.map:focus-visible { outline-offset: 3px; }
.stage.map canvas { opacity: 1 !important; }
.stage.map .dragged { cursor: grabbing; }
.corner { position: absolute; left: 0; top: 6px; width: 162px; display: flex; flex-direction: column; gap: 3px; align-items: flex-start; color: var(--muted); font-size: 11px; pointer-events: none; }
.chip { padding: 0 6px; border-radius: 8px; background: var(--hover); font-size: 10.5px; line-height: 17px; white-space: nowrap; }
.chip.sampled { color: var(--accent); }
.chip.failed { pointer-events: auto; color: var(--ink); border: 1px solid var(--edge); }
.minimap { position: absolute; top: 72px; right: 8px; border: 1px solid var(--edge); border-radius: 3px; background: var(--surface); box-shadow: 0 2px 10px rgb(0 0 0 / .14); cursor: pointer; overflow: hidden; }
.minimap .frame { position: absolute; border: 1.5px solid var(--accent); min-width: 6px; min-height: 6px; pointer-events: none; }
.handled .ramp { height: 10px; }
.handled input { position: absolute; inset: -2px 0 auto; width: 100%; height: 18px; margin: 0; appearance: none; background: none; cursor: ew-resize; }
.handled input::-webkit-slider-thumb { appearance: none; width: 9px; height: 18px; border-radius: 3px; background: var(--surface); border: 1.5px solid var(--ink); }
.handled input::-moz-range-thumb { width: 6px; height: 15px; border-radius: 3px; background: var(--surface); border: 1.5px solid var(--ink); }
.handled .mark { top: 16px; }
.scale.handled { height: 30px; width: 200px; }
.masked { display: flex; align-items: center; gap: 5px; font-size: 11px; color: var(--muted); }
.masked i { width: 14px; height: 10px; border-radius: 2px; background: repeating-linear-gradient(135deg, var(--hover) 0 3px, var(--edge) 3px 4px); }
.readout.map h3 { margin: 10px 0 2px; font-size: 11px; font-weight: 600; color: var(--muted); }
.readout.map .side { min-width: 34px; text-align: end; }
.readout h2 .side { text-align: start; }
.exact { display: flex; align-items: baseline; gap: 8px; padding-top: 6px; color: var(--muted); font-size: 11px; }
.exact strong { font-size: 20px; font-weight: 600; color: var(--ink); }
.each { display: flex; flex-wrap: wrap; gap: 0 10px; color: var(--muted); font-size: 11px; }
.each b { font-weight: 500; color: var(--ink); }
.around { margin-top: 4px; line-height: 1.75; font-size: 11.5px; overflow-wrap: anywhere; }
.around bdi { padding: 1px 0; }
.around .here { outline: 1.5px solid var(--accent); outline-offset: -1px; border-radius: 2px; }
.brushed { margin-top: 12px; padding-top: 8px; border-top: 1px solid var(--rule); font-size: 12px; }
.brushed .quiet { padding-inline-start: 0; }

.texts .picture { grid-template-columns: minmax(0, 1fr) 224px; gap: 24px; }
.pages.two { display: grid; grid-template-columns: 1fr 1fr; gap: 20px; }
.page { position: relative; }
.page .text { max-height: 620px; overflow-y: auto; scrollbar-width: none; padding-inline-end: 30px; overflow-anchor: none; }
.page .strip { left: auto; right: 0; cursor: pointer; border-radius: 2px; }
.text .content { position: relative; }
.text .block { position: absolute; left: 0; right: 0; margin: 0; font-size: 15px; line-height: 26px; overflow-wrap: break-word; direction: ltr; }
.text bdi { padding: 3px 0; border-radius: 2px; cursor: pointer; }
.text bdi:hover { outline: 1px solid color-mix(in srgb, var(--ink) 45%, transparent); }
.text .special { color: var(--muted); font-size: 12px; }
.text bdi.source { outline: 2px solid var(--accent); outline-offset: 0; }
.text bdi.kept { outline-style: double; outline-width: 4px; }
.text bdi.other { outline: 2px solid var(--ink); }

.stage.rows { overflow: hidden auto; }
.stage.rows:focus-visible { outline-offset: 3px; }
.stage.rows canvas { opacity: 1 !important; }
.stage.rows canvas.over { pointer-events: none; }
.find.short { width: 130px; }
.neuron .field { flex-wrap: wrap; }
.sum { margin-top: 8px; padding: 10px 12px; border: 1px solid var(--rule); border-radius: 8px; min-height: 92px; }
.sum .terms { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 4px 10px; margin-top: 6px; }
.term { display: inline-flex; flex-direction: column; align-items: center; }
.term b { font-size: 15px; font-weight: 500; }
.term.strong b { font-weight: 700; }
.sign { color: var(--muted); font-size: 15px; line-height: 22px; }
.sign.apart { padding-inline-start: 14px; margin-inline-start: 4px; border-inline-start: 1px solid var(--rule); }
.dims { display: flex; flex-wrap: wrap; gap: 2px 12px; margin-top: 6px; font-size: 12px; }
.dim { white-space: nowrap; }
.dim.positive, .signs .positive { --sign: var(--positive); }
.dim.negative, .signs .negative { --sign: var(--negative); }
.dim { border-bottom: 2px solid var(--sign); }
.signs { display: inline-flex; align-items: center; gap: 4px; margin-inline-end: 8px; }
.signs i { width: 14px; height: 10px; border-radius: 2px; background: var(--sign); }

.text bdi.later { color: var(--muted); font-style: italic; }
.generation .text { max-height: 300px; }
.generation .stage.steps { margin-top: 14px; }
.stage.steps canvas { opacity: 1 !important; }
.stage.steps:focus-visible { outline-offset: 3px; }
.table th.others:nth-child(n), .table td.others:nth-child(n) { text-align: start; }
.stage.steps canvas.present { pointer-events: none; }
.player input { flex: 1; min-width: 120px; max-width: 420px; accent-color: var(--accent); }
.player .note { min-width: 92px; }
.player svg { width: 12px; height: 12px; fill: currentColor; vertical-align: -1px; }
.chances { list-style: none; margin: 4px 0 0; padding: 0; }
.chances li { position: relative; display: flex; gap: 8px; padding: 2px 6px; margin-bottom: 2px; border-radius: 3px; overflow: hidden; }
.chances .bar-of { position: absolute; inset: 0 auto 0 0; background: color-mix(in srgb, var(--accent) 18%, transparent); border-radius: 3px; }
.chances .name, .chances .value { position: relative; }
.chances .chosen { font-weight: 600; box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--accent) 60%, transparent); }
.links .plain { display: flex; gap: 8px; padding: 2px 0; }

.colours { padding: 6px 2px; max-width: 1120px; border-bottom: 0; }
.colours { gap: 4px 16px; }
.colours .masked i { box-shadow: 0 0 0 1px var(--rule); }
.colours .masked { color: var(--muted); font-size: 12px; display: inline-flex; align-items: center; gap: 6px; }
.scale.signed { width: 200px; margin-inline: 12px; }
.colours input[type="range"] { width: 110px; accent-color: var(--accent); }
.note.least { min-width: 56px; }
.effect { min-width: 56px; text-align: end; white-space: nowrap; }
.effect.noise { color: var(--muted); }
.bench { max-width: 960px; margin-bottom: 6px; }
.bar.try { border: 0; padding: 6px 0; gap: 4px 12px; }
button.test { padding: 3px 12px; border: 1px solid var(--accent); border-radius: 6px; color: var(--accent); font-weight: 600; }
button.test:hover:not(:disabled) { background: color-mix(in srgb, var(--accent) 12%, transparent); }
button.test:disabled { opacity: .45; }
.what { min-width: 0; overflow-wrap: anywhere; font-size: 12px; }
.result { border: 1px solid var(--rule); border-radius: 8px; padding: 6px 12px; margin-bottom: 6px; font-size: 12px; }
.result .head { display: flex; flex-wrap: wrap; gap: 2px 12px; align-items: center; overflow-wrap: anywhere; }
.result progress { width: 120px; accent-color: var(--accent); }
table.findings { width: auto; margin-top: 2px; }
.findings th:nth-child(n), .findings td:nth-child(n) { padding: 2px 18px 2px 0; text-align: end; border: 0; }
.findings th[scope="row"] { text-align: start; color: var(--muted); }
.findings th:first-letter { text-transform: none; }
.findings .noise { color: var(--muted); }
.evidence { max-width: 1120px; padding: 0 0 8px; color: var(--muted); font-size: 12px; }
figcaption { margin-top: 8px; color: var(--muted); font-size: 12px; }
.message { padding: 24px 8px; color: var(--muted); display: flex; gap: 12px; align-items: center; flex-wrap: wrap; }
.message strong { color: var(--ink); }
.message button { padding: 3px 10px; border: 1px solid var(--edge); border-radius: 6px; color: var(--ink); }
.message button:hover { background: var(--hover); }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.shortcuts { position: absolute; z-index: 3; top: 8px; right: 0; width: 292px; padding: 12px 14px; background: var(--raised); border: 1px solid var(--edge); border-radius: 8px; box-shadow: 0 8px 28px rgb(0 0 0 / .16); }
.title { display: flex; align-items: center; justify-content: space-between; }
.shortcuts dl { margin: 6px 0 0; }
.shortcuts dl div { display: flex; gap: 12px; padding: 2px 0; font-size: 12px; }
.shortcuts dt { flex: none; width: 76px; }
.shortcuts dd { margin: 0; color: var(--muted); }
kbd { font: inherit; font-size: 11px; padding: 1px 5px; border: 1px solid var(--edge); border-radius: 4px; white-space: pre; }

.table { margin-top: 12px; max-height: 320px; overflow: auto; border: 1px solid var(--rule); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: 12px; }
caption { text-align: start; padding: 8px 12px 4px; font-weight: 600; }
th, td { padding: 3px 12px; text-align: start; font-weight: 400; overflow-wrap: anywhere; }
th { color: var(--muted); border-bottom: 1px solid var(--rule); }
th:first-letter { text-transform: uppercase; }
.parts th:first-letter { text-transform: none; }
th:nth-child(n+3), td:nth-child(n+3) { text-align: end; }
.numbers th:nth-child(n), .numbers td:nth-child(n) { text-align: end; padding: 3px 10px; white-space: nowrap; }
tbody th { border: 0; }
tbody tr:hover { background: var(--hover); }

.explore .view { padding-top: 0; }
.overview { display: flex; flex-wrap: wrap; gap: 2px 28px; margin: 0 0 14px; padding: 8px 12px; border-radius: 8px; background: var(--hover); font-size: 12px; }
.overview div { display: flex; gap: 8px; min-width: 0; max-width: 100%; }
.overview dt { color: var(--muted); white-space: nowrap; }
.overview dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.panes { display: grid; grid-template-columns: minmax(0, 1fr); gap: 20px 28px; }
.pane { container-type: inline-size; min-width: 0; }
.tabs { display: flex; gap: 2px; border-bottom: 1px solid var(--edge); margin-bottom: 6px; }
.tabs button { padding: 5px 14px; border-radius: 6px 6px 0 0; color: var(--muted); margin-bottom: -1px; border-bottom: 2px solid transparent; }
.tabs button:hover { color: var(--ink); background: var(--hover); }
.tabs button[aria-selected="true"] { color: var(--ink); font-weight: 600; border-bottom-color: var(--accent); }
.tabs button:focus-visible { outline-offset: -2px; }
.pane.model_view .stage.grid { overflow: auto; max-height: 300px; }
.chosen { position: absolute; left: 0; top: 0; border: 2px solid var(--accent); border-radius: 5px; pointer-events: none; }
@container regard (min-width: 900px) {
  .panes { grid-template-columns: minmax(330px, 2fr) minmax(0, 3fr); align-items: start; }
  .pane.model_view .stage.grid { max-height: max(300px, min(78vh, 860px)); }
  .pane.model_view { position: sticky; top: 8px; }
}

@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@container (max-width: 640px) {
  .picture, .map.wide .picture, .texts .picture { grid-template-columns: minmax(0, 1fr); gap: 8px; }
  .readout { position: static; min-height: 96px; border-top: 1px solid var(--rule); padding-top: 8px; }
  .links { columns: 2; column-gap: 16px; }
}
.regard { container: regard / inline-size; }
`;
