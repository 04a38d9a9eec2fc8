/** The style of the report: light and dark, on paper, from 320 pixels on. */
export const pageStyle = `
:root { color-scheme: light dark; --paper: #ffffff; --raised: #f5f6f8; --ink: #1b1f27; --soft: #4d5563; --line: #d5d9e0; --link: #0b57d0; --met: #0f6b3a; --missed: #a8201a; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171c; --raised: #1e2229; --ink: #e8eaee; --soft: #b0b7c3; --line: #3a414d; --link: #9bbcff; --met: #7fd6a2; --missed: #ff9d94; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: break-word; }
main, header, nav, footer { max-width: 58rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; }
h1, h2, h3, h4 { line-height: 1.25; text-wrap: balance; }
h1 { font-size: 2rem; margin: 0 0 .5rem; }
h2 { font-size: 1.55rem; margin: 3.5rem 0 1rem; padding-top: 1rem; border-top: 2px solid var(--line); }
h3 { font-size: 1.2rem; margin: 2.25rem 0 .75rem; }
a { color: var(--link); }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; background: var(--raised); padding: .1em .3em; border-radius: 4px; overflow-wrap: anywhere; }
.facts { color: var(--soft); margin: 0 0 1rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: .75rem 0; margin: 1rem 0 0; list-style: none; border-block: 1px solid var(--line); }
figure { margin: 1.75rem 0; }
img { display: block; max-width: 100%; height: auto; margin: 0 auto; border-radius: 6px; background: #ffffff; }
figcaption { margin-top: .5rem; color: var(--soft); font-size: .95rem; text-align: center; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .65rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
.number { text-align: right; white-space: nowrap; }
.verdict { font-weight: 600; white-space: nowrap; }
.met .verdict { color: var(--met); } .met .verdict::before { content: "✓ "; }
.missed .verdict, td strong { color: var(--missed); } .missed .verdict::before { content: "✗ "; }
.note { border-left: 4px solid var(--line); background: var(--raised); padding: .75rem 1rem; border-radius: 0 6px 6px 0; }
sub, sup { line-height: 0; font-size: .75em; }
.absent { color: var(--missed); }
.none { color: var(--soft); }
dl { margin: 0; } dl > div { display: grid; grid-template-columns: minmax(7rem, 11rem) 1fr; gap: .25rem 1rem; padding: .3rem 0; border-bottom: 1px solid var(--line); }
dl dl > div { border: 0; padding: 0; } dt { color: var(--soft); overflow-wrap: anywhere; } dd { margin: 0; overflow-wrap: anywhere; }
details { margin: 1rem 0; } summary { cursor: pointer; color: var(--link); } details td:last-child code { overflow-wrap: normal; }
.katex-display { overflow: auto hidden; padding: .25rem 0; } .katex { font-size: 1.12em; }
footer { color: var(--soft); padding-top: 2rem; padding-bottom: 3rem; font-size: .95rem; }
@media (max-width: 40rem) { body { font-size: 1rem; } h1 { font-size: 1.6rem; } h2 { font-size: 1.35rem; } dl > div { grid-template-columns: 1fr; gap: 0; } dl dl { padding-left: 1rem; }
  .bars, .bars tbody { display: block; } .bars thead { display: none; } .bars tr { display: grid; grid-template-columns: 1.25rem 1fr 1.2fr 5.5rem; gap: 0 .5rem; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .bars td { border: 0; padding: 0; } .bars td:nth-child(2) { grid-column: 2 / 5; } .bars td:nth-child(3) { grid-column: 2; text-align: left; } }
@media print {
  :root { color-scheme: light; --paper: #ffffff; --raised: #f5f6f8; --ink: #000000; --soft: #3d4450; --line: #c4c9d1; --link: #0b57d0; --met: #0f6b3a; --missed: #a8201a; }
  @page { margin: 16mm 14mm; }
  body { font-size: 10pt; } main, header, footer { max-width: none; padding: 0; } nav, details { display: none; }
  h2 { break-before: page; border-top: 0; margin-top: 0; } h2, h3, h4 { break-after: avoid; } figure, tr, .katex-display { break-inside: avoid; } .scroll, .katex-display { overflow: visible; }
  table { font-size: 8.5pt; } th, td { padding: 2pt 4pt; } img { max-height: 190mm; width: auto; } a { color: inherit; }
}
`
