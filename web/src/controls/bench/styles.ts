/** What only the workbench looks like. */
export const BENCH_STYLES = `
.bench { max-width: 1240px; }
.bench form { margin: 0; }
.bench .ask { flex: 1; display: flex; gap: 8px; min-width: 240px; }
.bench .ask input { flex: 1; min-width: 120px; height: 30px; padding: 0 10px; font: inherit; font-size: 14px; color: var(--ink); background: var(--surface); border: 1px solid var(--edge); border-radius: 6px; }
.bench .ask textarea { flex: 1; min-width: 120px; padding: 4px 10px; font: inherit; font-size: 14px; line-height: 20px; color: var(--ink); background: var(--surface); border: 1px solid var(--edge); border-radius: 6px; resize: vertical; }
.bench .ask { align-items: flex-start; }
.bench textarea:disabled, .bench input:disabled { opacity: .6; }
.act { padding: 3px 10px; border: 1px solid var(--edge); border-radius: 6px; font-size: 12px; line-height: 20px; white-space: nowrap; }
.act:hover:not(:disabled) { background: var(--hover); border-color: var(--muted); }
.act:disabled { opacity: .45; }
.act.primary { background: var(--accent); border-color: var(--accent); color: var(--surface); font-weight: 600; }
.act.primary:hover:not(:disabled) { background: var(--accent); filter: brightness(1.08); }
.act[aria-pressed="true"] { background: var(--hover); border-color: var(--ink); }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 10px; }
.said { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; padding: 10px 2px 2px; font-size: 13px; }
.said .answer { font-size: 17px; font-weight: 600; overflow-wrap: anywhere; }
.score-bar { display: inline-block; width: 120px; height: 8px; border-radius: 4px; background: var(--hover); overflow: hidden; align-self: center; }
.score-bar i { display: block; height: 100%; background: var(--accent); }
.working { display: flex; align-items: center; gap: 10px; padding: 6px 10px; border-radius: 6px; background: var(--hover); font-size: 12px; margin-top: 8px; }
.failure { padding: 8px 12px; border: 1px solid var(--negative); border-radius: 6px; margin-top: 8px; font-size: 13px; display: flex; gap: 12px; align-items: baseline; justify-content: space-between; }

.stage.graph { overflow: auto hidden; padding-bottom: 6px; }
.ground { position: relative; }
.ribbons, .branches { position: absolute; inset: 0; pointer-events: none; }
.ribbons path { fill: none; stroke: var(--accent); stroke-linecap: round; transition: opacity .12s; }
.ribbons path.faint { opacity: .1; }
.weights rect { fill: var(--accent); opacity: .55; }
.weights text { fill: var(--muted); font-size: 9.5px; text-anchor: middle; }
.chip { position: absolute; height: 26px; padding: 0 2px; border-radius: 6px; border: 1px solid var(--edge); background: var(--surface); font-size: 13px; line-height: 22px; white-space: pre; overflow: hidden; text-align: center; }
.chip:hover { border-color: var(--ink); background: var(--hover); }
.chip[aria-pressed="true"] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); background: color-mix(in srgb, var(--accent) 12%, var(--surface)); }
.chip.special { color: var(--muted); font-size: 11px; }
.chip.target { font-weight: 600; }
.chip.forced { border-style: dashed; border-color: var(--negative); }
.chip.edited { border-bottom: 3px solid var(--negative); line-height: 20px; }
.chip.onto { box-shadow: 0 0 0 2px var(--accent); }
.chip.dragged { opacity: .5; }
.strip-row { position: absolute; height: 26px; border: 1px solid var(--edge); border-radius: 6px; background: var(--hover); }
.strip-row span { position: absolute; top: 4px; transform: translateX(-50%); font-size: 10px; color: var(--muted); }
.strip-row span:first-child { transform: none; }
.strip-row span:last-child { transform: translateX(-100%); }
.patches { margin: 8px 2px; align-items: end; }
.patch-map { position: relative; }
.patch-map i { position: absolute; outline: 2px solid var(--accent); pointer-events: none; }
.strip-row svg { position: absolute; inset: -1px; display: block; pointer-events: none; }
.strip-row .wave { stroke: var(--muted); fill: none; }
.strip-row .stretch { fill: color-mix(in srgb, var(--accent) 26%, transparent); stroke: var(--accent); stroke-width: .8; }
.strip-row .here { stroke: var(--accent); stroke-width: 1.5; }
.ground.sounding { margin-top: 18px; }
.ground.sounding .strip-row { touch-action: pan-y; cursor: crosshair; }
.time-axis { position: absolute; top: -18px; height: 52px; pointer-events: none; }
.time-axis span { position: absolute; top: 0; height: 100%; padding-inline-start: 3px; border-inline-start: 1px solid var(--rule); font-size: 10.5px; line-height: 13px; color: var(--muted); white-space: nowrap; }
.time-axis span:last-child { border-inline-start: 0; border-inline-end: 1px solid var(--rule); padding-inline: 0 3px; transform: translateX(-100%); }
.when { position: absolute; padding: 0 4px; border-radius: 4px; background: var(--surface); border: 1px solid var(--rule); font-size: 10.5px; transform: translateX(-50%); pointer-events: none; white-space: nowrap; z-index: 1; }
input.time { width: 74px; }
.top { position: absolute; list-style: none; margin: 0; padding: 0 2px; }
.top button { position: relative; display: flex; justify-content: space-between; gap: 4px; width: 100%; height: 18px; margin-bottom: 1px; padding: 0 5px; border-radius: 3px; font-size: 11px; line-height: 18px; overflow: hidden; }
.top button i { position: absolute; inset: 0 auto 0 0; background: color-mix(in srgb, var(--ink) 11%, transparent); }
.top button i.drawn { inset: auto auto 0 0; height: 2px; background: var(--negative); }
.top button bdi, .top button span { position: relative; white-space: pre; }
.top button bdi { overflow: hidden; text-overflow: ellipsis; }
.top button span { color: var(--muted); font-size: 10px; }
.top .taken { font-weight: 700; box-shadow: inset 0 0 0 1px var(--accent); }
.top .taken i { background: color-mix(in srgb, var(--accent) 24%, transparent); }
.top .taken span { color: var(--ink); font-weight: 400; }
.top button:hover:not(:disabled) { background: var(--hover); box-shadow: inset 0 0 0 1px var(--edge); }

.what-if { margin-top: 8px; padding: 8px 10px; border: 1px solid var(--rule); border-radius: 8px; }
.what-if .row + .row { margin-top: 8px; }
.what-if:empty { display: none; }
.what-if.inline { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 20px; }
.what-if.inline .attention-edits { flex-basis: 100%; }
.what-if.inline select { max-width: 180px; text-align: start; text-align-last: start; }
.generation-stage { grid-area: 1 / 1; min-width: 0; }
.generation-stage .view { max-width: none; padding: 0; }
.generation-stage .view > .bar:first-child { border-top: 0; }
.chances li:has(> button) { padding: 0; }
.chances button { position: relative; display: flex; gap: 8px; width: 100%; padding: 2px 6px; border-radius: 3px; text-align: start; }
.chances button:hover { background: var(--hover); box-shadow: inset 0 0 0 1px var(--edge); }
.chances button .name { flex: 1; }
.readout .marks { font-size: 11px; color: var(--muted); font-style: italic; }
.token-name { padding: 1px 8px; border-radius: 5px; background: var(--hover); font-weight: 600; white-space: pre; }
.attention-edits { margin-top: 8px; display: grid; gap: 8px; }
.attention-edits select { max-width: 160px; text-align: start; text-align-last: start; }
.chip-note { display: inline-flex; align-items: center; gap: 2px; padding-inline-start: 8px; border-radius: 6px; background: var(--hover); font-size: 12px; }
.bench > .tabs { margin-top: 14px; flex-wrap: wrap; }
.panel { padding: 8px 2px; display: grid; gap: 10px; grid-template-columns: minmax(0, 1fr); justify-items: start; }
.scroller { overflow: auto; max-height: 420px; width: 100%; padding: 4px; }
.branches path { fill: none; stroke: var(--edge); stroke-width: 1.2; }
.branches path.pruned { stroke-dasharray: 3 3; }
.branches path.winner { stroke: var(--accent); stroke-width: 3.5; }
.node { position: absolute; height: 19px; padding: 0 5px; border-radius: 4px; border: 1px solid var(--edge); background: var(--surface); font-size: 12px; line-height: 16px; white-space: pre; overflow: hidden; text-align: start; }
.node:hover { border-color: var(--ink); }
.node.winner { border-color: var(--accent); font-weight: 600; }
.node.is-pruned { color: var(--muted); border-style: dashed; }
.node.is-given { border-style: dashed; border-color: var(--negative); }
.node.is-finished { box-shadow: inset -3px 0 0 var(--muted); }
.node[aria-pressed="true"] { background: color-mix(in srgb, var(--accent) 16%, var(--surface)); }
.scored { position: absolute; font-size: 10.5px; color: var(--muted); line-height: 18px; white-space: nowrap; }
.both { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 16px 28px; width: 100%; }
.diffed { margin: 4px 0; overflow-wrap: anywhere; font-size: 14px; }
.diffed .side { display: inline-block; min-width: 56px; }
ins, del { text-decoration: none; border-radius: 3px; padding: 0 2px; }
ins { background: color-mix(in srgb, var(--accent) 22%, transparent); border-bottom: 2px solid var(--accent); }
del { background: color-mix(in srgb, var(--negative) 18%, transparent); border-bottom: 2px dashed var(--negative); }
.pictured { margin-top: 8px; overflow: auto; }
.matrix-frame { display: inline-flex; }
.ylabels { display: flex; flex-direction: column; padding-inline-end: 5px; font-size: 10px; color: var(--muted); text-align: end; }
.xlabels { display: flex; font-size: 10px; color: var(--muted); padding-top: 3px; direction: ltr; }
.xlabels bdi { writing-mode: vertical-rl; white-space: nowrap; max-height: 90px; overflow: hidden; }
canvas.still { position: static; display: block; image-rendering: pixelated; border: 1px solid var(--rule); }
.word-map { border: 1px solid var(--rule); border-radius: 8px; }
.near-word { position: absolute; transform: translate(-50%, -50%); padding: 0 5px; border-radius: 5px; line-height: 22px; white-space: pre; background: color-mix(in srgb, var(--surface) 80%, transparent); border: 1px solid var(--rule); }
.near-word:hover:not(:disabled) { border-color: var(--accent); }
.aligned { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 8px; }
.aligned li { padding: 1px 8px; border-radius: 5px; background: var(--hover); }
.links h2 { margin: 0 0 4px; }
.links.right li { box-shadow: inset 3px 0 0 var(--positive); }
.links.possible li { box-shadow: inset 3px 0 0 var(--edge); }
.links.wrong li { box-shadow: inset 3px 0 0 var(--negative); }
.links.missed li { border: 1px dashed var(--muted); background: none; }
.error-rate { margin: 0; font-variant-numeric: tabular-nums; }
.gold-line { width: min(100%, 720px); }
.find.gold { min-width: 200px; flex: 1; }
.word-links { position: absolute; inset: 0; pointer-events: none; }
.word-links path { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linecap: round; }
.word-links .right { stroke: var(--positive); stroke-width: 3; }
.word-links .possible { stroke: var(--muted); }
.word-links .wrong { stroke: var(--negative); stroke-width: 2.5; stroke-dasharray: 7 4; }
.word-links .missed { stroke: var(--ink); stroke-width: 2.2; stroke-dasharray: .1 5; }
.ribbons.behind { opacity: .25; }
.pharaoh { font: 12px ui-monospace, monospace; overflow-wrap: anywhere; padding: 4px 8px; background: var(--hover); border-radius: 5px; }
.history { list-style: none; margin: 0; padding: 0; width: 100%; display: grid; gap: 3px; }
.history li { display: grid; grid-template-columns: auto minmax(0, 1fr); }
.history li form { grid-column: 2; }
.star { align-self: start; }
.star[aria-pressed="true"] { color: var(--accent); }
.history .entry { display: grid; grid-template-columns: minmax(120px, 240px) minmax(0, 1fr) auto; gap: 12px; width: 100%; text-align: start; padding: 4px 8px; border-radius: 5px; border-inline-start: 3px solid transparent; align-items: baseline; }
.history .entry:hover { background: var(--hover); }
.history .entry[aria-current] { border-inline-start-color: var(--accent); background: var(--hover); font-weight: 600; }
.history .entry .side { overflow: hidden; text-overflow: ellipsis; }
.history bdi { overflow-wrap: anywhere; }
.history .value { color: var(--muted); font-weight: 400; }
.states { display: flex; flex-wrap: wrap; gap: 20px; align-items: flex-start; width: 100%; }
.scatter { margin: 0; flex: 0 1 432px; min-width: 0; }
.stage.plane { overflow: hidden; border: 1px solid var(--rule); border-radius: 8px; touch-action: none; user-select: none; cursor: grab; }
.stage.plane.dragged { cursor: grabbing; }
.stage.plane svg { position: absolute; inset: 0; }
.scatter figcaption { font-size: 12px; color: var(--muted); padding-top: 4px; min-height: 54px; overflow-wrap: anywhere; }
.scatter .path { fill: none; stroke: var(--accent); stroke-width: 1; opacity: .5; }
.scatter .link { stroke: var(--accent); stroke-width: .8; opacity: .55; }
.scatter .other { fill: var(--muted); opacity: .45; }
.scatter .other.near { fill: var(--accent); opacity: .8; }
.scatter .other.marked { fill: var(--negative); opacity: 1; stroke: var(--negative); stroke-width: 4; }
.scatter .own { position: absolute; padding-inline-start: 8px; font-size: 11px; line-height: 12px; transform: translateY(-50%); white-space: pre; }
.scatter .own::before { content: ""; position: absolute; left: -4px; top: 2px; width: 8px; height: 8px; border-radius: 4px; background: var(--accent); }
.scatter .own[aria-pressed="true"] { font-weight: 700; }
.scatter .own[aria-pressed="true"]::before { box-shadow: 0 0 0 2px var(--surface), 0 0 0 4px var(--accent); }
.scatter .hull { fill: color-mix(in srgb, var(--accent) 12%, transparent); stroke: var(--accent); stroke-width: .8; stroke-dasharray: 2 2; }
.closeness { position: absolute; top: 4px; right: 4px; display: flex; background: var(--surface); border: 1px solid var(--rule); border-radius: 6px; }
.small-pictures { list-style: none; display: flex; gap: 4px; margin: 0; padding: 2px; overflow-x: auto; max-width: 100%; }
.small-pictures button { display: grid; justify-items: center; gap: 2px; padding: 2px 3px 3px; border: 1px solid var(--rule); border-radius: 6px; font-size: 11px; line-height: 16px; }
.small-pictures button:hover { border-color: var(--ink); }
.small-pictures button[aria-pressed="true"] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.small-pictures bdi { max-width: 78px; overflow: hidden; white-space: pre; text-overflow: ellipsis; }
.small { display: block; }
.small canvas.still { border: 0; image-rendering: auto; }
.near { flex: 1; min-width: 260px; }
.near ol, .word-list ol { list-style: none; margin: 8px 0 0; padding: 0; max-height: 320px; overflow: auto; }
.near li, .word-list li { border-bottom: 1px solid var(--rule); }
.near li button, .word-list li button { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 12px; width: 100%; padding: 2px 4px; text-align: start; border-radius: 4px; }
.near li button:hover, .word-list li button:hover:not(:disabled) { background: var(--hover); }
.near li button[aria-current] { background: color-mix(in srgb, var(--negative) 16%, transparent); box-shadow: inset 3px 0 0 var(--negative); }
.near li .sentence { flex: 1; }
.word-views { display: flex; flex-wrap: wrap; gap: 16px 24px; width: 100%; align-items: flex-start; }
.word-views .scroller { flex: 0 1 628px; width: auto; min-width: 0; max-width: 100%; }
.word-list { flex: 1; min-width: 280px; }
.word-list li button { display: grid; grid-template-columns: 64px 88px minmax(0, 1fr); align-items: baseline; justify-content: start; }
.word-list li bdi { white-space: pre; overflow: hidden; text-overflow: ellipsis; }
.word-list .change i { display: inline-block; height: 8px; margin-inline-end: 6px; border-radius: 2px; background: var(--accent); }
.word-list .change .side { padding-inline-start: 8px; }
.components { width: 100%; }
.components .scroller { margin-top: 8px; }
svg.lines { display: block; }
.lines path { fill: none; stroke: currentColor; stroke-width: 1.6; }
.lines .beside { stroke-dasharray: 4 3; }
.lines .faint { opacity: .15; }
.lines .lit path { stroke-width: 3; }
.lines rect { fill: transparent; }
.lines .at rect { fill: var(--hover); }
.lines text { font-size: 11px; text-anchor: middle; fill: var(--muted); white-space: pre; }
.lines .tick { text-anchor: start; font-size: 9.5px; }
.lines .zero { stroke: var(--edge); stroke-dasharray: 2 3; }
.dimensions { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 6px; margin: 6px 0 0; padding: 0; max-height: 180px; overflow: auto; font-size: 12px; }
.dimensions button { padding: 0 6px; border-radius: 4px; }
.dimensions button:hover, .dimensions button[aria-pressed="true"] { background: var(--hover); }
.dimensions i { display: inline-block; width: 10px; height: 10px; margin-inline-end: 5px; border-radius: 2px; }
.sentence { white-space: pre-wrap; overflow-wrap: anywhere; }
mark { background: color-mix(in srgb, var(--accent) 30%, transparent); color: inherit; border-radius: 3px; padding: 0 1px; }
@container (max-width: 640px) {
  .history .entry { grid-template-columns: minmax(0, 1fr) auto; }
  .history .entry .side { grid-column: 1 / -1; }
}
`;
