#pragma once

namespace fpanet {

/// The style sheet of the report, with colours for light and dark mode.
inline constexpr const char* kReportStyle = R"css(
:root { color-scheme: light dark; --ink: #1d2733; --soft: #5b6b7c; --page: #f6f8fa; --card: #fff;
  --line: #dfe5eb; --train: #2f6fb3; --val: #d9730d; --accent: 47,111,179; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4eaf1; --soft: #93a3b5; --page: #11161c;
  --card: #1a2129; --line: #2c3742; --train: #6aa9ec; --val: #f3a455; --accent: 106,169,236; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 48px; }
h1 { margin: 0; font-size: 26px; }
h2 { margin: 36px 0 12px; font-size: 18px; }
.soft, footer, caption { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
  margin-top: 20px; }
.tiles div { padding: 12px 16px; }
.tiles b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 12px; }
.charts .card { padding: 10px; }
svg { display: block; width: 100%; height: auto; font-family: inherit; }
svg .name { font-size: 13px; font-weight: 600; fill: var(--ink); }
svg .axis { font-size: 10px; fill: var(--soft); }
svg .grid { stroke: var(--line); }
svg .best { stroke: var(--soft); stroke-dasharray: 3 3; }
svg path { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
svg .train path { stroke: var(--train); } svg .train circle { fill: var(--train); }
svg .val path { stroke: var(--val); } svg .val circle { fill: var(--val); }
.legend { display: flex; gap: 18px; margin: 0 0 10px; font-size: 13px; color: var(--soft); }
.legend i { display: inline-block; width: 18px; height: 3px; margin-right: 6px;
  vertical-align: middle; border-radius: 2px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 12px; text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: 13px; }
th:first-child, td:first-child { text-align: left; font-weight: 500; }
.swatch { display: inline-block; width: 13px; height: 13px; margin-right: 8px; border-radius: 3px;
  border: 1px solid var(--soft); vertical-align: -2px; }
.bar { display: inline-block; width: 90px; height: 7px; margin-right: 8px; border-radius: 4px;
  background: var(--line); overflow: hidden; vertical-align: middle; }
.bar + b { display: inline-block; min-width: 42px; font-weight: inherit; }
.bar i { display: block; height: 100%; background: rgb(var(--accent)); }
.matrix td { text-align: center; border: 2px solid var(--card); border-radius: 4px; }
.matrix thead th { text-align: center; }
.matrix td:first-child, .matrix th:first-child { text-align: left; }
.matrix .strong { color: var(--card); }
.samples { display: grid; gap: 12px; }
.samples figure { margin: 0; padding: 12px; }
.samples .three { display: grid; grid-template-columns: repeat(3, 1fr); gap: 10px; }
.samples img { display: block; width: 100%; border-radius: 6px; }
.samples span, figcaption { font-size: 13px; color: var(--soft); }
figcaption { margin-bottom: 6px; }
.classes { display: flex; flex-wrap: wrap; gap: 6px 18px; margin: 0 0 12px; font-size: 13px; }
.settings { columns: 320px; padding: 10px 16px; }
.settings div { display: flex; justify-content: space-between; gap: 16px; break-inside: avoid;
  padding: 3px 0; }
.settings code { overflow-wrap: anywhere; text-align: right; }
footer { margin-top: 36px; font-size: 13px; }
)css";

}  // namespace fpanet
