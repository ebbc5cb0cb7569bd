/** The page's style sheet: light and dark by the reader's own setting, one column on a narrow screen, ink-saving in print. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --paper: #fff; --panel: #f5f7fa; --line: #d9dfe7;
  --first: #2563c9; --second: #c2570c; --right: #1f8a55; --wrong: #c8372d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9f0; --soft: #9aa6b6; --paper: #12161c; --panel: #1a2029;
  --line: #313a47; --first: #6ea2ff; --second: #ff9a52; --right: #3fb87c; --wrong: #f0685d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.75rem 0 .5rem; }
p { margin: .25rem 0 .75rem; max-width: 48rem; }
.under { max-width: none; }
.under { color: var(--soft); overflow-wrap: anywhere; }
.notes { border-left: 3px solid var(--second); padding: .25rem 0 .25rem .9rem; margin: 1rem 0; }
.notes p { margin: .15rem 0; overflow-wrap: anywhere; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.6rem, 1fr)); gap: .6rem; margin: 1.5rem 0; padding: 0; }
.numbers div { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
.numbers dt { color: var(--soft); font-size: .85rem; }
.numbers dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.numbers dd small { display: block; font-size: .8rem; color: var(--soft); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); font-size: .9rem; padding-bottom: .4rem; }
th, td { white-space: nowrap; padding: .35rem .8rem; border-bottom: 1px solid var(--line); text-align: right; }
th[scope=row], thead th:first-child { text-align: left; font-weight: 600; }
th { white-space: normal; min-width: 4rem; max-width: 16rem; overflow-wrap: break-word; }
.scroll table { min-width: min(100%, 26rem); }
thead th { color: var(--soft); font-weight: 600; font-size: .9rem; }
.matrix td { min-width: 3.5rem; text-align: center; }
.matrix thead th { text-align: center; max-width: 8rem; }
.matrix .right { background: color-mix(in srgb, var(--right) calc(12% + 50% * var(--share)), transparent); }
.matrix .wrong { background: color-mix(in srgb, var(--wrong) calc(12% + 60% * var(--share)), transparent); }
.matrix .none { color: var(--soft); }
.scroll { overflow-x: auto; margin: .5rem 0 1rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
.chart { margin: 0; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; max-width: 32rem; }
.chart figcaption { font-weight: 600; font-size: .95rem; overflow-wrap: anywhere; }
.chart svg { width: 100%; height: auto; display: block; }
.grid { stroke: var(--line); stroke-width: 1; } .axis { stroke: var(--soft); stroke-width: 1; }
.mark, .name { fill: var(--soft); font-size: 11px; } .marker { stroke: var(--soft); stroke-dasharray: 2 3; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; } .line.first { stroke: var(--first); }
.line.second { stroke: var(--second); stroke-dasharray: 6 3; } .line.reference { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 4 4; }
.dot.first { fill: var(--first); } .dot.second { fill: var(--second); } .bar { fill: var(--first); opacity: .18; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .25rem 0 0; font-size: .85rem; color: var(--soft); }
.key::before { content: ""; display: inline-block; width: 1.4em; margin-right: .45em; vertical-align: middle; border-top: 2px solid var(--first); }
.key.second::before { border-top: 2px dashed var(--second); }
.cards, .groups { list-style: none; margin: .75rem 0; padding: 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.6rem, auto)); gap: 1rem; }
.cards:has(.pair > :nth-child(2)) { grid-template-columns: repeat(auto-fill, minmax(min(100%, 18.8rem), 1fr)); }
.card { min-width: 0; font-size: .85rem; } .card p { margin: .15rem 0; overflow-wrap: anywhere; } .card .path { color: var(--soft); font-size: .78rem; }
.pair { display: flex; gap: .25rem; } .pair img { width: 9rem; height: 9rem; min-width: 0; flex: 0 1 9rem; object-fit: cover; border-radius: .25rem; background: var(--panel); }
.missing { width: 9rem; height: 9rem; display: grid; place-content: center; background: var(--panel); color: var(--soft); border-radius: .25rem; }
.group { border-top: 1px solid var(--line); padding-top: .4rem; } .warn { color: var(--wrong); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; margin: .5rem 0; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 34rem) { .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: .4rem; } body { padding-top: 1.25rem; } }
@media print { body { max-width: none; } .card, .chart { break-inside: avoid; } }
`;
