/** The report as a page: verdict, text, each token's tests, other rows, what was asked and found. */

import type { DisplayList, Item } from "../engine/display_list";
import { type Domain, domainOf, effectsPlot, movedPlot } from "../engine/reliability/plots";
import { nameOf, unitOf } from "../engine/reliability/sheet";
import { said, shown, words } from "../engine/reliability/words";
import type { JudgedSpec, ReliabilitySpec, ReliabilityViewSpec } from "../spec";

const PLOT = 380;

export function ReliabilityFrame({ spec }: { spec: ReliabilityViewSpec }) {
  const { reliability: report } = spec;
  const domain = domainOf(report);
  return (
    <figure class="view report" aria-label={words().name}>
      <header class="verdict">
        <h2>{spec.title}</h2>
        <p class="word">{said(report.word)}</p>
        <p>{said(report.sentence)}</p>
      </header>
      <section>
        <Text report={report} />
        <p class="note">{words().text}</p>
      </section>
      {report.judged.map((judged) => (
        <Judged key={judged.tokens.join()} {...{ judged, report, domain }} />
      ))}
      <p class="note">{words().legend(words().effects[report.effect] ?? report.effect)}</p>
      {report.moved.length > 0 && (
        <section>
          <Plot list={movedPlot(report, PLOT)} name={words().movedPlot(report.moved.length, shown(report.even))} />
          <p class="note">{words().movedHint(unitOf(report))}</p>
        </section>
      )}
      <h3>{words().answers}</h3>
      <dl>
        {report.findings.map(({ question, asked, state, sentence }) => (
          <div key={question} class={state === "measured" ? "finding" : "finding missing"}>
            <dt>
              {question} · {said(asked)}
            </dt>
            <dd>{said(sentence)}</dd>
          </div>
        ))}
      </dl>
      <figcaption>
        {report.notes.map((note) => (
          <p key={said(note)}>{said(note)}</p>
        ))}
        <p>{said(report.basis)}</p>
      </figcaption>
    </figure>
  );
}

/** The tokens, shaded by the row; what was tested is framed, what is parked struck through. */
function Text({ report }: { report: ReliabilitySpec }) {
  const tested = new Set(report.judged.flatMap(({ tokens }) => tokens));
  const parked = new Set(report.parked);
  const most = Math.max(1e-12, ...report.row.filter((_, key) => !parked.has(key)));
  return (
    <p class="shaded" title={words().text}>
      {report.labels.map((label, key) => {
        const share = Math.min(1, report.row[key] / most);
        const kind = `${tested.has(key) ? "tested" : ""} ${parked.has(key) ? "parked" : ""}`;
        return (
          <bdi key={key} class={kind} style={{ "--share": `${Math.round(55 * share)}%` }}>
            {label}
          </bdi>
        );
      })}
    </p>
  );
}

function Judged({ judged, report, domain }: { judged: JudgedSpec; report: ReliabilitySpec; domain: Domain }) {
  const name = nameOf(judged, report);
  const alone = report.judged.length > 1 || judged.role === "together";
  return (
    <section class="judged">
      <div>
        <h3>
          <bdi>{name}</bdi> <span class="label">{words().weight(judged.weight)}</span>
        </h3>
        {alone && <p class="word small">{said(judged.word)}</p>}
        {judged.role !== "together" && alone && <p>{said(judged.sentence)}</p>}
      </div>
      <Plot
        list={effectsPlot(judged, domain, report.small, PLOT)}
        name={words().plot(name, shown(judged.effect), shown(judged.value.view), shown(judged.value.all))}
      />
    </section>
  );
}

function Plot({ list, name }: { list: DisplayList; name: string }) {
  const items = Object.values(list.layers).flat();
  return (
    <svg class="plot" viewBox={`0 0 ${list.width} ${list.height}`} role="img" aria-label={name}>
      {items.map((item, i) => (
        <Shape key={i} item={item} />
      ))}
    </svg>
  );
}

function Shape({ item }: { item: Item }) {
  const colour = (name: string | undefined) => (name ? `var(--${name})` : "none");
  if (item.kind === "rect") {
    const { x, y, width, height, radius, fill, stroke } = item;
    return <rect {...{ x, y, width, height }} rx={radius} fill={colour(fill)} stroke={colour(stroke)} />;
  }
  if (item.kind !== "text") return null;
  return (
    <text
      x={item.x}
      y={item.y + 0.35 * item.size}
      font-size={item.size}
      text-anchor={ANCHORS[item.align]}
      fill={colour(item.colour)}
    >
      {item.text}
    </text>
  );
}

const ANCHORS = { left: "start", center: "middle", right: "end" } as const;
