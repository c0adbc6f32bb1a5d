/** The look of a report's page: light and dark by the reader's preference, nothing loaded from anywhere. */

export const style = `
:root { color-scheme: light dark; --ground: #fcfcfb; --ink: #1d2126; --soft: #5d6670; --line: #d9dce0; --panel: #f2f3f4;
  --old: #3566b8; --new: #b26a00; --good: #1d7a46; --bad: #c02626; --calm: #8aa0b4; }
@media (prefers-color-scheme: dark) { :root { --ground: #15181b; --ink: #e8eaec; --soft: #a1a9b2; --line: #363c43; --panel: #1e2226;
  --old: #7da7ee; --new: #eda844; --good: #55c486; --bad: #ff7b72; --calm: #667788; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem clamp(1rem, 4vw, 3rem); background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
main { max-width: 68rem; margin: 0 auto; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; }
p { margin: .3rem 0; } .soft { color: var(--soft); }
.verdict { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; font-weight: 600; color: var(--ground); }
.verdict.pass { background: var(--good); } .verdict.fail { background: var(--bad); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .9rem .25rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 500; } th:first-child, td:first-child { text-align: left; }
td.worse, li.failure { color: var(--bad); } td.better { color: var(--good); }
figure { margin: .6rem 0; padding: .8rem; background: var(--panel); border-radius: .5rem; }
svg { display: block; width: 100%; min-width: 40rem; height: auto; font: 11px system-ui, "DejaVu Sans", sans-serif; }
svg text { fill: var(--ink); } svg .soft { fill: var(--soft); } svg .rule { stroke: var(--line); } svg .fault { stroke: var(--bad); stroke-dasharray: 4 3; }
svg .old { fill: var(--old); } svg .new { fill: var(--new); } svg .none { fill: none; stroke: var(--bad); }
svg .lost { fill: var(--bad); } svg .calm { fill: var(--calm); } svg .mark { stroke: var(--soft); }
svg .detected { stroke: var(--bad); } svg .decided { stroke: var(--new); } svg .lease { stroke: var(--good); } svg .announced { stroke: var(--old); }
ol.events { padding-left: 0; list-style: none; font-variant-numeric: tabular-nums; }
ol.events span { display: inline-block; min-width: 6.5rem; text-align: right; margin-right: .8rem; color: var(--soft); }
ul { padding-left: 1.2rem; }
details { margin-top: .6rem; } summary { cursor: pointer; color: var(--soft); }
`;
