/** What only the reliability view looks like. */
export const RELIABILITY_STYLES = `
.report { max-width: 960px; display: grid; gap: 14px; }
.report > * { min-width: 0; }
.report p, .report dd { overflow-wrap: anywhere; }
.report .word { font-size: 17px; font-weight: 700; letter-spacing: .01em; margin: 2px 0 4px; }
.report .word.small { font-size: 13px; margin: 2px 0; }
.report .verdict { padding: 10px 12px; border: 1px solid var(--edge); border-radius: 8px; }
.report .shaded { font-size: 14px; line-height: 2; }
.report .shaded bdi { display: inline-block; line-height: 1.4; max-width: 100%; white-space: pre-wrap; padding: 2px; margin-inline-end: 2px; border-radius: 3px; background: color-mix(in srgb, var(--accent) var(--share), transparent); }
.report .shaded .tested { box-shadow: 0 0 0 2px var(--ink); }
.report .shaded .parked { text-decoration: line-through; background: none; color: var(--muted); }
.report .judged { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 430px); gap: 8px 20px; padding-top: 12px; border-top: 1px solid var(--rule); align-items: start; }
.report .plot { width: 100%; max-width: 430px; height: auto; display: block; }
.report .note { color: var(--muted); font-size: 12px; }
.report dl { margin: 0; display: grid; gap: 8px; }
.report dt { font-weight: 600; }
.report dd { margin: 0; }
.report .finding { padding-inline-start: 10px; border-inline-start: 3px solid var(--edge); }
.report .missing { border-inline-start-style: dashed; color: var(--muted); }
.report figcaption { color: var(--muted); font-size: 12px; }
@media (max-width: 640px) { .report .judged { grid-template-columns: minmax(0, 1fr); } }
`;
